"""The porting tables of Scalding: every Python cell builds, and every public name is there."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cascade2spark
from cascade2spark.fields import Fields
from cascade2spark.scalding import fields, job, typed
from cascade2spark.scalding.fields import GroupBuilder
from cascade2spark.scalding.sources import Tsv
from cascade2spark.scalding.typed import Elements, ValuePipe

PAGE = Path(cascade2spark.__file__).parents[1] / "docs" / "how-to" / "port-a-scalding-job.md"
TEXT = PAGE.read_text("utf-8")


class Section:
    """One part of the page, with what its tables assume."""

    def __init__(self, title: str) -> None:
        text = (
            TEXT.partition(f"## {title}")[2].partition("\n## ")[0].partition("\n### The Matrix")[0]
        )
        assumed = re.search(r"[Tt]he tables assume:\n\n```python\n(.*?)```", text, re.DOTALL)
        assert assumed is not None
        self.assumed = assumed[1]
        self.cells = [
            code
            for row in re.findall(r"^\| .* \|$", text, re.MULTILINE)
            for code in re.findall(r"`([^`]+)`", re.split(r"(?<!\|) \| ", row[2:-2], maxsplit=1)[1])
        ]

    def names(self) -> dict[str, Any]:
        """Return what a cell may use."""
        found: dict[str, Any] = {"Tsv": Tsv}
        exec(compile(self.assumed, PAGE.name, "exec", dont_inherit=True), found)
        return found


FIELDS, TYPED = Section("The fields API"), Section("The typed API")
IS_WORD = re.compile(r"[A-Za-z]+|[a-z_]+\(\)|==")  # a name in the prose of a cell


@pytest.fixture(scope="module")
def fields_names() -> dict[str, Any]:
    return FIELDS.names()


@pytest.fixture(scope="module")
def typed_names() -> dict[str, Any]:
    return TYPED.names()


def test_there_are_tables() -> None:
    assert len(FIELDS.cells) > 90
    assert len(TYPED.cells) > 120


@pytest.mark.parametrize("code", FIELDS.cells)
def test_a_cell_of_the_fields_api_builds(code: str, fields_names: dict[str, Any]) -> None:
    if IS_WORD.fullmatch(code):
        return
    group = GroupBuilder(Fields("k"))
    made = eval(code, {**fields_names, "g": group})
    if code.startswith("g."):
        assert made is group
        group.schedule(fields_names["pipe"].pipe)


@pytest.mark.parametrize("code", TYPED.cells)
def test_a_cell_of_the_typed_api_builds(code: str, typed_names: dict[str, Any]) -> None:
    if IS_WORD.fullmatch(code):
        return
    made = eval(code, dict(typed_names))
    for one in made if isinstance(made, tuple) else (made,):
        assert isinstance(one, (Elements, ValuePipe))


def methods_of(*classes: type) -> Iterator[str]:
    for kind in classes:
        for base in kind.__mro__[:-1]:
            for name, held in vars(base).items():
                if not name.startswith("_") and getattr(held, "__doc__", None):
                    yield name


# Ours, for what surrounds the operators: no porter looks for them.
INNER = {"as_right_side", "made_by", "node", "pipe_for", "schedule", "plan", "mode", "work"}
INNER |= {"default_tz", "flow", "state", "result", "cascade", "pipe", "get"}
OPERATORS = {
    *methods_of(typed.TypedPipe, typed.Grouped, typed.SortedGrouped, typed.CoGrouped),
    *methods_of(typed.Sketched, typed.ValuePipe, fields.RichPipe, fields.CoGroupBuilder),
    *methods_of(job.Job, job.Execution, job.JobTest, job.Args),
} - INNER


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_an_operator_has_its_place_in_the_tables(name: str) -> None:
    assert re.search(rf"\b{name}\b", TEXT)


# Classes that users hold in their hands without writing them.
HELD = {"CoGrouped", "Elements", "Grouped", "KeyedList", "Sketched", "SortedGrouped"}
HELD |= {"UnsortedGrouped", "CoGroupBuilder", "GroupBuilder", "JoinMode", "InvalidJoinMode"}
HELD |= {"ArgsError", "InvalidSource", "Source", "DelimitedSource", "TypedDelimitedSource"}
HELD |= {"AbsoluteDuration", "CalendarDuration", "Duration"}
DOORS = ("typed", "fields", "job", "sources", "dates")
NAMES = sorted(
    {
        name
        for door in DOORS
        for name in importlib.import_module(f"{typed.__package__[:-6]}.{door}").__all__
    }
    - HELD
)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_in_the_guide(name: str) -> None:
    tail = re.sub("^(Partitioned|Typed|Templated)", "…", name)  # "also …Csv, …Psv"
    assert re.search(rf"\b{name}\b", TEXT) or f"`{tail}`" in TEXT
