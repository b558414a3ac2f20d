"""The examples of jobs give what their first comment says, by the command it shows."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cascade2spark.cli import main

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "scalding"
NAMES = ["word_count", "daily_totals", "k_means", "page_rank", "top_pages"]


def comment_of(name: str) -> str:
    lines = (FOLDER / f"{name}.py").read_text().splitlines()
    return "\n".join(line.removeprefix("#").rstrip() for line in lines if line.startswith("#"))


def command_of(name: str, out: str) -> list[str]:
    """Return the words after the program's name, with another folder for what is written."""
    text = comment_of(name).split("cascade2spark ", 1)[1].split("\n\n", 1)[0].replace("\\\n", " ")
    return shlex.split(
        text.replace("build/examples", out).replace("examples/", f"{ROOT}/examples/")
    )


def promised(name: str, out: str) -> tuple[Path, set[str]]:
    """Return the file or folder that a comment names, and the lines that it shows."""
    before, shown = comment_of(name).split("then holds", 1)
    place = re.findall(r"build/examples/[\w./-]*\w", before)[-1].replace("build/examples", out)
    lines = [line.strip() for line in shown.splitlines()[1:] if line.startswith("   ")]
    return Path(place), {"\t".join(re.split(r" {2,}", line)) for line in lines}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_gives_what_it_says(name, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("PYTHONPATH", "")
    out = str(tmp_path)
    done = CliRunner().invoke(main, command_of(name, out))
    assert (0, "") == (done.exit_code, done.stderr), done.output
    place, lines = promised(name, out)
    files = [place] if place.is_file() else list(place.glob("part-*"))
    found = {line for file in files for line in file.read_text().splitlines()}
    assert lines and lines <= found
    assert found == lines or name == "word_count"


TESTS = {"word_count": "test_words_are_counted", "top_pages": "test_the_longest_visits_come_first"}


@pytest.mark.parametrize("name", TESTS)
def test_the_test_of_an_example_passes(name) -> None:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    getattr(module, TESTS[name])()
