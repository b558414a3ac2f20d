"""The six ported jobs, against plain Python and against what the originals gave."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from cascade2spark.flow import StepCounters
from examples.porting import (
    e1_copy,
    e2_word_count,
    e3_custom_function,
    e4_stop_words,
    e5_tf_idf,
    e6_safe,
)
from tests.examples import reference
from tests.examples.running import ENGINES, Runner, lines_in, rows_in

ROOT = Path(__file__).parents[2]
OURS = ROOT / "examples" / "data"
# The inputs of the originals, and digests of what they gave, where they have been put beside us.
THEIRS = ROOT.parent / "shared" / "reference" / "porting-data"
needs_theirs = pytest.mark.skipif(not THEIRS.is_dir(), reason="the originals' data is not here")


@attrs.frozen
class Texts:
    """A document file and a stop list, and what the jobs must make of them."""

    documents: Path
    stop: Path

    def scrubbed(self) -> reference.Pairs:
        return reference.scrubbed(reference.tokens_of(reference.documents_in(self.documents)))

    def kept(self) -> reference.Pairs:
        return reference.without_stop_words(self.scrubbed(), reference.stop_words_in(self.stop))


TIDES = Texts(OURS / "tides.txt", OURS / "stop.txt")
RAIN = Texts(THEIRS / "rain.txt", THEIRS / "en.stop")


@pytest.fixture(params=ENGINES)
def run(request) -> Runner:
    spark = request.getfixturevalue("sc") if request.param == "spark" else None
    return Runner(request.param, spark)


def run_e5(run, texts: Texts, out: Path, partitions: int | None = None) -> tuple[list, list]:
    """Return the lines of the word count and of the weights."""
    paths = [texts.documents, texts.stop, out / "wc", out / "tfidf"]
    run(e5_tf_idf.job(*map(str, paths)), partitions)
    return lines_in(out / "wc"), lines_in(out / "tfidf")


def run_e6(run, texts: Texts, out: Path, **options) -> None:
    outputs = [out / name for name in ("wc", "tfidf", "trap", "check")]
    run(e6_safe.job(*map(str, [texts.documents, texts.stop, *outputs]), **options))


def with_windows_ends(path: Path, folder: Path) -> Path:
    copy = folder / path.name
    copy.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    return copy


def gzipped(path: Path, folder: Path) -> Path:
    copy = folder / f"{path.name}.gz"
    copy.write_bytes(gzip.compress(path.read_bytes()))
    return copy


def header_of(path: Path, folder: Path) -> Path:
    copy = folder / path.name
    copy.write_text(path.read_text().split("\n")[0] + "\n")
    return copy


def test_e1_copies(run, tmp_path) -> None:
    run(e1_copy.job(str(TIDES.documents), str(tmp_path / "out")), partitions=7)
    header, *rows = TIDES.documents.read_text().splitlines()
    assert reference.with_header(header, rows) == lines_in(tmp_path / "out")


def test_e2_counts_words(run, tmp_path) -> None:
    run(e2_word_count.job(str(TIDES.documents), str(tmp_path / "wc")), partitions=7)
    tokens = reference.tokens_of(reference.documents_in(TIDES.documents))
    assert reference.word_count(tokens) == lines_in(tmp_path / "wc")


def test_e2_counts_rows_read_and_written(run, tmp_path) -> None:
    flow = run(e2_word_count.job(str(TIDES.documents), str(tmp_path / "wc")))
    statistics = flow.get_flow_stats()
    tokens = reference.tokens_of(reference.documents_in(TIDES.documents))
    written = len(reference.word_count(tokens)) - 1
    assert 5 == statistics.get_counter_value(StepCounters.Tuples_Read)
    assert written == statistics.get_counter_value(StepCounters.Tuples_Written)


def test_e3_scrubs_with_a_function_of_its_own(run, tmp_path) -> None:
    run(e3_custom_function.job(str(TIDES.documents), str(tmp_path / "wc")))
    assert reference.word_count(TIDES.scrubbed()) == lines_in(tmp_path / "wc")


def test_e4_leaves_out_stop_words(run, tmp_path) -> None:
    paths = [TIDES.documents, TIDES.stop, tmp_path / "wc"]
    run(e4_stop_words.job(*map(str, paths)))
    assert reference.word_count(TIDES.kept()) == lines_in(tmp_path / "wc")


@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_e5_weighs_words(run, tmp_path, partitions) -> None:
    counted, weighed = run_e5(run, TIDES, tmp_path, partitions)
    assert reference.count_first(TIDES.kept()) == counted
    assert reference.weights(TIDES.kept()) == weighed


def test_e5_with_one_partition_sorts_by_count(run, tmp_path) -> None:
    run_e5(run, TIDES, tmp_path, partitions=1)
    parts = [part for part in sorted((tmp_path / "wc").glob("part-*")) if part.stat().st_size]
    counts = [int(line.split("\t")[0]) for line in parts[0].read_text().splitlines()[1:]]
    assert 1 == len(parts) and sorted(counts) == counts


def test_e6_traps_what_breaks_the_assertion(run, tmp_path) -> None:
    run_e6(run, Texts(OURS / "tides_zoink.txt", TIDES.stop), tmp_path)
    kept = TIDES.kept()
    assert reference.count_first(kept) == lines_in(tmp_path / "wc")
    assert reference.weights(kept) == lines_in(tmp_path / "tfidf")
    assert reference.checkpoint(kept) == lines_in(tmp_path / "check")
    assert ["zoink\tnull"] == rows_in(tmp_path / "trap")


def test_e6_without_assertions_has_a_sixth_document(run, tmp_path) -> None:
    texts = Texts(OURS / "tides_zoink.txt", TIDES.stop)
    run_e6(run, texts, tmp_path, assertion_level="NONE")
    assert reference.weights(texts.kept()) == lines_in(tmp_path / "tfidf")
    assert reference.weights(texts.kept()) != reference.weights(TIDES.kept())
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("changed", [with_windows_ends, gzipped])
def test_other_forms_of_the_same_text_give_the_same(run, tmp_path, changed) -> None:
    texts = Texts(changed(TIDES.documents, tmp_path), changed(TIDES.stop, tmp_path))
    counted, weighed = run_e5(run, texts, tmp_path)
    assert reference.count_first(TIDES.kept()) == counted
    assert reference.weights(TIDES.kept()) == weighed


def test_an_empty_stop_list_leaves_every_word(run, tmp_path) -> None:
    texts = Texts(TIDES.documents, header_of(TIDES.stop, tmp_path))
    _, weighed = run_e5(run, texts, tmp_path)
    assert reference.weights(TIDES.scrubbed()) == weighed


def test_no_document_gives_no_row_and_no_header(run, tmp_path) -> None:
    texts = Texts(header_of(TIDES.documents, tmp_path), TIDES.stop)
    assert ([], []) == run_e5(run, texts, tmp_path)
    run(e4_stop_words.job(*map(str, [texts.documents, texts.stop, tmp_path / "e4"])))
    assert [] == lines_in(tmp_path / "e4")


@needs_theirs
@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_the_originals_gave_the_same(run, tmp_path, partitions) -> None:
    rain, stop = str(RAIN.documents), str(RAIN.stop)
    out = {name: tmp_path / name for name in ("e1", "e2", "e3", "e4")}
    run(e1_copy.job(rain, str(out["e1"])), partitions)
    run(e2_word_count.job(rain, str(out["e2"])), partitions)
    run(e3_custom_function.job(rain, str(out["e3"])), partitions)
    run(e4_stop_words.job(rain, stop, str(out["e4"])), partitions)
    counted, weighed = run_e5(run, RAIN, tmp_path, partitions)
    found = {name: reference.digest(lines_in(folder)) for name, folder in out.items()}
    found |= {"wc": reference.digest(counted), "tfidf": reference.digest(weighed)}
    assert found == {
        "e1": "2f8a28b1c55e942a",
        "e2": "077a591d73551bb2",
        "e3": "27655532f9bd21f5",
        "e4": "1a7048aec5bd2052",
        "wc": "0a19651fb239b2f9",
        "tfidf": "f3b577c9ff41f1f2",
    }


@needs_theirs
def test_the_original_made_safe_gave_the_same(run, tmp_path) -> None:
    run_e6(run, Texts(THEIRS / "rain_zoink.txt", RAIN.stop), tmp_path)
    found = {name: reference.digest(lines_in(tmp_path / name)) for name in ("wc", "tfidf", "check")}
    assert found == {
        "wc": "0a19651fb239b2f9",
        "tfidf": "f3b577c9ff41f1f2",
        "check": "cccb1f79cfc2aacb",
    }
    assert ["zoink\tnull"] == rows_in(tmp_path / "trap")


@needs_theirs
def test_the_original_counted_5_rows_read_and_50_written(run, tmp_path) -> None:
    flow = run(e2_word_count.job(str(RAIN.documents), str(tmp_path / "wc")))
    statistics = flow.get_flow_stats()
    assert 5 == statistics.get_counter_value(StepCounters.Tuples_Read)
    assert 50 == statistics.get_counter_value(StepCounters.Tuples_Written)


RETRIED = """
import sys
from pyspark import SparkContext, TaskContext
from cascade2spark import Each, SparkFlowConnector, keep_if
from cascade2spark.flow import StepCounters
from examples.porting import e2_word_count

def second_attempt(token, count):
    if TaskContext.get().attemptNumber() == 0:
        raise OSError("a first attempt fails")
    return True

with SparkContext("local[2,3]", "retried") as sc:
    definition = e2_word_count.job(*sys.argv[1:])
    definition.add_assembly_planner(
        lambda given: [Each(tail, keep_if(second_attempt)) for tail in given.get_tails()]
    )
    flow = SparkFlowConnector(sc).connect(definition)
    flow.complete()
names = StepCounters.Tuples_Read, StepCounters.Tuples_Written
print(*(flow.get_flow_stats().get_counter_value(name) for name in names))
"""


@pytest.mark.spark
def test_e2_counts_once_what_is_tried_twice(tmp_path) -> None:
    command = [sys.executable, "-c", RETRIED, str(TIDES.documents), str(tmp_path / "wc")]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300)
    assert 0 == done.returncode, done.stderr[-3000:]
    assert "a first attempt fails" in done.stderr
    tokens = reference.tokens_of(reference.documents_in(TIDES.documents))
    expected = reference.word_count(tokens)
    assert f"5 {len(expected) - 1}" == done.stdout.strip()
    assert expected == lines_in(tmp_path / "wc")


@pytest.mark.parametrize(
    ("name", "outputs"), [("e4_stop_words", 1), ("e5_tf_idf", 2), ("e6_safe", 4)]
)
def test_a_job_runs_from_any_folder(tmp_path, name, outputs) -> None:
    words = [str(TIDES.documents), str(TIDES.stop), *(f"out{n}" for n in range(outputs))]
    job = str(ROOT / "examples" / "porting" / f"{name}.py")
    command = [sys.executable, "-m", "cascade2spark", "run", "--local", job, "--", *words]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert 0 == done.returncode, done.stderr
    assert (tmp_path / "out0" / "_SUCCESS").exists()
