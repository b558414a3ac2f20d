"""Every Python cell of the porting tables of the fields API builds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import cascade2spark
from cascade2spark.fields import Fields
from cascade2spark.scalding.fields import GroupBuilder
from cascade2spark.scalding.sources import Tsv

PAGE = Path(cascade2spark.__file__).parents[1] / "docs" / "how-to" / "port-a-scalding-job.md"
SECTION = PAGE.read_text("utf-8").partition("## The fields API")[2].partition("\n## ")[0]
ASSUMED = SECTION.partition("The tables assume:\n\n```python\n")[2].partition("```")[0]
CELLS = [
    code
    for row in re.findall(r"^\| .* \|$", SECTION, re.MULTILINE)
    for code in re.findall(r"`([^`]+)`", re.split(r"(?<!\|) \| ", row[2:-2], maxsplit=1)[1])
]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    found: dict[str, Any] = {"Tsv": Tsv}
    exec(compile(ASSUMED, PAGE.name, "exec", dont_inherit=True), found)
    return found


def test_there_are_tables() -> None:
    assert len(CELLS) > 90


@pytest.mark.parametrize("code", CELLS)
def test_a_cell_builds(code: str, names: dict[str, Any]) -> None:
    group = GroupBuilder(Fields("k"))
    if re.fullmatch(r"[a-z]+", code):
        return  # a name in the prose of a cell
    made = eval(code, {**names, "g": group})
    if code.startswith("g."):
        assert made is group
        group.schedule(names["pipe"].pipe)
