"""Jobs: building, running, chaining, and JobTest."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from cascade2spark.cli import main
from cascade2spark.errors import BuildError, Cascade2SparkError, TapError
from cascade2spark.operations import Count, function
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.scalding.counting import CUSTOM_GROUP
from cascade2spark.scalding.job import (
    CascadeJob,
    DefaultDateRangeJob,
    Execution,
    ExecutionApp,
    ExecutionJob,
    Job,
    JobTest,
    Mode,
    Stat,
    TypedPipeChecker,
    UtcDateRangeJob,
    run_jobs,
)
from cascade2spark.scalding.sources import IterableSource, TextLine, Tsv, TypedTsv
from cascade2spark.scalding.typed import TypedPipe

QUIET = Mode.local({"cascade2spark.progress": "off"})


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


# -- kinds of jobs ---------------------------------------------------------------------------------


class Daily(UtcDateRangeJob):
    def build(self):
        out = f"out-{self.date_range.start.format('%1$tY%1$tm%1$td', self.tz())}"
        self.write(self.read(IterableSource([(str(self.date_range),)], "range")), Tsv(out, "range"))


def run_of_dates(text, kind=Daily):
    """Return the ranges of a job and of those after it, as texts."""
    found, job = [], kind(text)
    while job is not None:
        tz = job.tz()
        found.append((job.date_range.start.to_string(tz), job.date_range.end.to_string(tz)))
        job = job.next()
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--date 2011-01-01", [("2011-01-01T00:00:00", "2011-01-01T23:59:59")]),
        ("--date 2011-01-01 2011-01-03", [("2011-01-01T00:00:00", "2011-01-03T23:59:59")]),
        (
            "--date 2011-01-01 2011-01-02 --daily",
            [
                ("2011-01-01T00:00:00", "2011-01-01T23:59:59"),
                ("2011-01-02T00:00:00", "2011-01-02T23:59:59"),
            ],
        ),
        (  # the fifth day is no whole period
            "--date 2011-01-01 2011-01-05 --period 2",
            [
                ("2011-01-01T00:00:00", "2011-01-02T23:59:59"),
                ("2011-01-03T00:00:00", "2011-01-04T23:59:59"),
            ],
        ),
        ("--date 2011-01-01 --weekly", [("2011-01-01T00:00:00", "2011-01-07T23:59:59")]),
    ],
)
def test_a_date_range_is_cut_into_periods(text, expected) -> None:
    assert run_of_dates(text) == expected


def test_the_default_zone_is_pacific() -> None:
    day = DefaultDateRangeJob("--date 2011-03-13").date_range  # clocks are put forward
    assert day.length.millis == 23 * 3_600_000
    assert UtcDateRangeJob("--date 2011-03-13 --tz America/Los_Angeles").date_range == day


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "please provide one date or two for --date"),
        ("--date a b c", "please provide one date or two for --date"),
        ("--date soon", "this is not a date"),
        ("--date 2011-01-02 2011-01-01", "ends before it starts"),
        ("--date 2011-01-02 --period 0", "not a number of days"),
        ("--date 2011-01-02 --tz Mars", "no time zone"),
    ],
)
def test_dates_that_are_missing_or_wrong_are_told(text, message) -> None:
    with pytest.raises(BuildError, match=message):
        UtcDateRangeJob(text).next()
        UtcDateRangeJob(text).date_range  # noqa: B018


class Copied(Job):
    def build(self):
        self.write(self.read(Tsv("middle", "word")), Tsv("end", "word"))


class First(Job):
    def build(self):
        self.write(self.read(IterableSource([("a",)], "word")), Tsv("middle", "word"))


class Both(CascadeJob):
    def jobs(self):
        return [Copied(), First()]


class Counting(ExecutionJob):
    def execution(self):
        seen = Stat("seen")

        def count(value):
            seen.inc()
            return value

        numbers = TypedPipe.from_(range(int(self.args["n"]))).map(count)
        return numbers.sum().get_or_else_execution(0)


def test_a_cascade_runs_jobs_in_the_order_of_their_data(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "middle").write_text("old\n")
    assert Both("").run(QUIET)
    assert (tmp_path / "end").read_text() == "a\n"


def test_an_execution_job_has_a_result_and_counters() -> None:
    job = Counting("--n 5")
    assert run_jobs(job, QUIET) == [job]
    assert job.result == 10
    assert job.counters()[CUSTOM_GROUP, "seen"] == 5
    JobTest(Counting).arg("n", 3).counter("seen", 3).run()


def test_counters_of_a_test_are_compared() -> None:
    with pytest.raises(AssertionError, match="seen is 3, not 4"):
        JobTest(Counting).arg("n", 3).counter("seen", 4).run()
    JobTest(Counting).arg("n", 3).counters(lambda found: found[CUSTOM_GROUP, "seen"]).run()


class Failing(Job):
    def run(self, mode):
        return False


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: run_jobs(Failing(), QUIET), "job failed to run: Failing"),
        (lambda: CascadeJob().run(QUIET), "does not say which jobs"),
        (lambda: ExecutionJob().run(QUIET), "does not say what it runs"),
        (lambda: Counting("--n 1").result, "has no result until it has run"),
        (lambda: ExecutionApp().main(["--local"]), "does not say what it runs"),
        (lambda: ExecutionApp().main([]), "please say where the job runs"),
        (lambda: ExecutionApp().main(["--local", "--hdfs"]), "a job has one mode"),
        (lambda: Job().mode, "has no mode until it runs"),
        (lambda: JobTest(Job).source("in", []), "gives rows to a source"),
        (lambda: JobTest(Job).sink("out", []), "looks at a source"),
        (lambda: First().write(First().read(Tsv("a")), "out"), "written to a source"),
        (lambda: TypedPipe.from_([1]).write(Tsv("out")), "needs a Job that is being built"),
    ],
)
def test_misuse_is_told(call, message) -> None:
    with pytest.raises(Cascade2SparkError, match=message):
        call()


class App(ExecutionApp):
    def job(self):
        return Execution.get_config_mode().map(
            lambda both: (both[0].get("who"), both[0].args["x"], both[1].is_strict)
        )


def test_an_app_takes_properties_mode_and_arguments() -> None:
    assert App().main(["-Dwho=ada", "--local", "--x", "1"]) == ("ada", "1", True)
    assert App().main(["--local", "--x", "1", "--tool.partialok"]) == (None, "1", False)


# -- the command line ------------------------------------------------------------------------------

JOBS = """
from cascade2spark.scalding.job import ArgHelp, Job
from cascade2spark.scalding.sources import TextLine, TypedTsv
from cascade2spark.scalding.typed import TypedPipe

class Words(Job):
    arguments = (ArgHelp("input", "lines"), ArgHelp("output", "counts"))

    def build(self):
        words = TypedPipe.from_(TextLine(self.args["input"])).flat_map(str.split)
        words.map(lambda word: (word, 1)).sum_by_key().write(
            TypedTsv(self.args["output"], (str, int))
        )
"""


@pytest.fixture
def _jobs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("PYTHONPATH", "")
    (tmp_path / "scalding_jobs_here.py").write_text(JOBS)
    (tmp_path / "in.txt").write_text("a b\na\n")


def call(*words):
    return CliRunner().invoke(main, ["run", *words])


WHERE = ("--input", "in.txt", "--output", "out.tsv")


@pytest.mark.parametrize(
    "words",
    [
        ("scalding_jobs_here.Words", "--local", *WHERE),
        ("scalding_jobs_here.py", *WHERE, "--local"),
        ("scalding_jobs_here.py:Words", "--local", "--", *WHERE),
    ],
)
@pytest.mark.usefixtures("_jobs")
def test_a_job_runs_from_the_command_line(words, tmp_path) -> None:
    done = call(*words)
    assert (0, "") == (done.exit_code, done.stderr), done.output
    assert (tmp_path / "out.tsv").read_text() == "a\t2\nb\t1\n"
    assert "Words" in done.output


@pytest.mark.usefixtures("_jobs")
def test_flags_of_the_tool(tmp_path) -> None:
    job = ("scalding_jobs_here.Words", "--local", *WHERE)
    done = call(*job, "--tool.graph")
    assert done.output.split() == ["Words0.dot", "Words0_steps.dot"]
    assert "digraph" in (tmp_path / "Words0.dot").read_text()
    assert not (tmp_path / "out.tsv").exists()
    done = call(*job, "--scalding.nocounters", "--scalding.flowstats", "stats.json")
    assert (done.exit_code, done.output) == (0, "")
    counters = json.loads((tmp_path / "stats.json").read_text())["counters"]
    assert counters["StepCounters"]["Tuples_Read"] == 2
    assert call("scalding_jobs_here.Words", "--help-me", "--local").exit_code == 3
    done = call("scalding_jobs_here.Words", "--local", "--", "--help")
    assert done.output.startswith("Words takes:\n  --input VALUE :: lines")
    partial = ("scalding_jobs_here.Words", "--local", "--input", "gone.txt", "--output", "o")
    assert "data is missing" in call(*partial).stderr
    assert "no path of" in call(*partial, "--tool.partialok").stderr


@pytest.mark.usefixtures("_jobs")
def test_what_the_command_line_lacks_is_told(tmp_path) -> None:
    done = call("scalding_jobs_here.Words", "--local")
    assert (3, True) == (done.exit_code, "please provide a value for --input" in done.stderr)
    done = call("scalding_jobs_here.Wrods", "--local")
    assert (2, True) == (done.exit_code, "Nearest: scalding_jobs_here:Words" in done.stderr)
    (tmp_path / "flows.py").write_text("def flow(): pass\n")
    done = call("flows.py", "--locall")
    assert (2, True) == (done.exit_code, "--locall" in done.stderr)
    done = call("scalding_jobs_here.Words", "--local", "--spark")
    assert (2, True) == (done.exit_code, "cannot have --spark" in done.stderr)


def test_typed_pipes_are_checked_in_memory() -> None:
    checked = []
    TypedPipeChecker.check_output([1, 2], lambda pipe: pipe.map(str), checked.extend)
    assert checked == ["1", "2"]
    assert TypedPipeChecker.in_memory_to_list(TypedPipe.from_([3])) == [3]
