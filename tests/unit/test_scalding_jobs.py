"""Jobs: building, running, chaining, and JobTest."""

from __future__ import annotations

import pytest

from cascade2spark.errors import BuildError, TapError
from cascade2spark.operations import Count, function
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.scalding.job import Job, JobTest, Mode, run_jobs
from cascade2spark.scalding.sources import IterableSource, TextLine, Tsv, TypedTsv


class WordCount(Job):
    def build(self):
        lines = self.read(TextLine(self.args["input"]))
        words = Each(lines, "line", function("word", many=True)(str.split))
        counted = Every(GroupBy(words, "word"), Count("count"))
        self.write(counted, TypedTsv(self.args["output"], (str, int), ("word", "count")))


def word_count_test(rows):
    return JobTest(WordCount).arg("input", "in").arg("output", "out").source(TextLine("in"), rows)


@pytest.mark.parametrize("rows", [[(0, "a b"), (4, "a")], ["a b", "a"]])
def test_a_job_runs_on_the_rows_of_a_test(rows) -> None:
    sink = TypedTsv("out", (str, int), ("word", "count"))
    word_count_test(rows).sink(sink, [("a", 2), ("b", 1)]).run().finish()


def test_a_wrong_expectation_fails() -> None:
    sink = TypedTsv("out", (str, int), ("word", "count"))
    with pytest.raises(AssertionError, match="too many"):
        word_count_test(["a"]).sink(sink, [("a", 2)]).run()


def test_a_source_that_the_test_does_not_know_is_told() -> None:
    with pytest.raises(TapError, match="does not say what TextLine") as told:
        JobTest(WordCount).arg("input", "other").arg("output", "out").source(
            TextLine("in"), []
        ).sink(TypedTsv("out", (str, int), ("word", "count")), []).run()
    assert "TextLine('in')" in str(told.value)


def test_a_job_runs_on_files(tmp_path) -> None:
    (tmp_path / "in.txt").write_text("a b\na\n")
    (tmp_path / "out.tsv").write_text("old\n")
    job = WordCount(["--input", str(tmp_path / "in.txt"), "--output", str(tmp_path / "out.tsv")])
    assert job.run(Mode.local({"cascade2spark.progress": "off"}))
    assert (tmp_path / "out.tsv").read_text() == "a\t2\nb\t1\n"


class InConstructor(Job):
    def __init__(self, args):
        super().__init__(args)
        self.write(self.read(IterableSource([("a",)], "word")), Tsv("out", "word"))


class Two(InConstructor):
    def next(self):
        return Second(self.args)


class Second(Job):
    def build(self):
        self.write(self.read(Tsv("out", "word")), Tsv("end"))


def test_what_a_constructor_writes_belongs_to_the_job() -> None:
    JobTest(InConstructor).sink(Tsv("out", "word"), ["a"]).run()


def test_the_next_job_reads_what_the_first_one_wrote(tmp_path, monkeypatch) -> None:
    JobTest(Two).sink(Tsv("out", "word"), ["a"]).sink(Tsv("end"), ["a"]).run()
    monkeypatch.chdir(tmp_path)
    done = run_jobs(Two(""), Mode.local({"cascade2spark.progress": "off"}))
    assert [type(job) for job in done] == [Two, Second]
    assert (tmp_path / "end").read_text() == "a\n"


def test_run_without_next_stops_after_the_first() -> None:
    JobTest(Two).sink(Tsv("out", "word"), ["a"]).sink(Tsv("end"), []).run_without_next()


def test_a_job_that_writes_nothing_is_told() -> None:
    with pytest.raises(BuildError, match="Job writes nothing"):
        Job().run(Mode.local())
