"""The examples of the fields API give what their first comment says, from the shell and as jobs."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.scalding.job import Mode

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "scalding").glob("fields_*.py"))
JOBS = {"fields_word_count": "WordCount", "fields_top_pages": "TopPages"}
VISITS = str(ROOT / "examples" / "data" / "visits.tsv")


def promised(path: Path) -> list[str]:
    """Return the lines that the first comment of an example shows, tabs for its spaces."""
    comment = path.read_text().split("then holds", 1)[1].split("\n\n", 1)[0]
    lines = [line[1:].strip() for line in comment.splitlines()[1:]]
    return ["\t".join(re.split(r" {2,}", line)) for line in lines if line]


def module_of(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_gives_what_it_says(path: Path, tmp_path: Path) -> None:
    job = getattr(module_of(path), JOBS[path.stem])
    out = tmp_path / "out"
    assert job(["--input", VISITS, "--output", str(out)]).run(Mode.local())
    lines = out.read_text().splitlines()
    assert promised(path) and set(promised(path)) <= set(lines)
    assert path.stem != "fields_top_pages" or lines == promised(path)


def test_an_example_runs_from_the_shell(tmp_path: Path) -> None:
    out = tmp_path / "out"
    path = ROOT / "examples" / "scalding" / "fields_top_pages.py"
    command = [sys.executable, str(path), "--input", VISITS, "--output", str(out), "--count", "1"]
    subprocess.run(command, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
    assert out.read_text() == "ann\t183\t/tides\nbob\t66\t/map\ncyd\t285\t/tides\neve\t54\t/map\n"
