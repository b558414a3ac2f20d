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
from tests.examples import reference
from tests.examples.running import ENGINES, rows_in
from tests.examples.test_porting import RAIN, TIDES, Texts, needs_theirs

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "scalding"
JOBS = {"fields_word_count": "WordCount", "fields_top_pages": "TopPages"}
EXAMPLES = [FOLDER / f"{name}.py" for name in JOBS]
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
    path = FOLDER / "fields_top_pages.py"
    command = [sys.executable, str(path), "--input", VISITS, "--output", str(out), "--count", "1"]
    subprocess.run(command, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
    assert out.read_text() == "ann\t183\t/tides\nbob\t66\t/map\ncyd\t285\t/tides\neve\t54\t/map\n"


def weighed(texts: Texts, mode: Mode, out: Path) -> tuple[list[str], list[str]]:
    """Return the sorted lines of the weights and of the word count."""
    job = module_of(FOLDER / "fields_tf_idf.py").TfIdf
    outputs = [out / "weights", out / "words"]
    given = zip(("docs", "stop"), (texts.documents, texts.stop), strict=True)
    named = [*given, *((path.name, path) for path in outputs)]
    assert job([part for name, path in named for part in (f"--{name}", str(path))]).run(mode)
    weights, words = map(lines_of, outputs)
    return weights, words


def lines_of(path: Path) -> list[str]:
    return rows_in(path) if path.is_dir() else sorted(path.read_text().splitlines())


@pytest.mark.parametrize("engine", ENGINES)
def test_words_are_weighed_alike_by_plain_python(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    is_local = engine == "local"
    mode = Mode.local() if is_local else Mode.spark(request.getfixturevalue("sc"))
    weights, words = weighed(TIDES, mode, tmp_path)
    assert reference.weights(TIDES.kept())[1:] == weights
    assert reference.count_first(TIDES.kept())[1:] == words


@needs_theirs
def test_words_are_weighed_as_the_original_did(tmp_path: Path) -> None:
    weights, words = weighed(RAIN, Mode.local(), tmp_path)
    assert reference.digest(["doc_id\ttfidf\ttoken", *weights]) == "f3b577c9ff41f1f2"
    assert reference.digest(["count\ttoken", *words]) == "0a19651fb239b2f9"
