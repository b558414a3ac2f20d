"""Scalding's jobs and executions on Spark: what is pickled, counted, held and written there."""

from __future__ import annotations

import pytest
from pyspark import TaskContext

from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.dates import UTC, DateRange
from cascade2spark.scalding.fields import from_typed
from cascade2spark.scalding.job import Execution, ExecutionJob, Job, JobTest, Stat
from cascade2spark.scalding.sources import (
    InvalidSource,
    IterableSource,
    NullSource,
    TextLine,
    TypedTsv,
    VersionedKeyValSource,
    daily_suffix,
)
from cascade2spark.scalding.typed import TypedPipe

pytestmark = pytest.mark.spark

COUNTS = TypedTsv("out", (str, int))


class WordCount(Job):
    """Uses its own arguments in a function, which is sent to the workers with the job."""

    def build(self):
        seen = Stat("words")

        def wanted(word):
            seen.inc()
            return len(word) >= self.args.int("least", 1)

        lines = TypedPipe.from_(TextLine(self.args["input"]))
        words = lines.flat_map(str.split).filter(wanted)
        words.map(lambda word: (word, 1)).sum_by_key().write(
            TypedTsv(self.args["output"], (str, int))
        )


def test_a_job_runs_on_spark_and_counts_rows_once(sc) -> None:
    test = JobTest(WordCount).arg("input", "in").arg("output", "out").arg("least", 2)
    test.source(TextLine("in"), ["aa b aa", "cc"]).sink(COUNTS, [("aa", 2), ("cc", 1)])
    test.counter("words", 4).run().run_spark(sc).finish()


def test_executions_hold_values_and_write_files(sc, tmp_path) -> None:
    thrown_away = tmp_path / "tmp"
    properties = {"cascade2spark.progress": "off", "hadoop.tmp.dir": str(thrown_away)}
    mode = Mode.spark(sc, properties)
    (tmp_path / "names").write_text("ada\nbo\n")
    seen = Stat("seen")

    def count(value):
        seen.inc()
        return value, {"n": value}  # of a kind that no file format knows

    store = VersionedKeyValSource(str(tmp_path / "store"))

    def loop(file):
        held = TypedPipe.from_(IterableSource(range(4))).map(count).force_to_disk_execution()
        return held.flat_map(
            lambda pipe: (
                pipe.map(lambda pair: pair[1]["n"])
                .sum()
                .get_execution()
                .zip(
                    pipe.map(lambda pair: (str(pair[0]), len(file.file.read_text().split())))
                    .write_execution(store)
                    .zip(pipe.write_execution(NullSource()))
                )
            )
        ).get_counters()

    (total, _), counters = Execution.with_cached_file(str(tmp_path / "names"), loop).wait_for(
        mode=mode
    )
    assert total == 6
    assert counters["seen"] == 4
    assert [path for path in thrown_away.rglob("*") if path.is_file()] == []
    stored = TypedPipe.from_(store).to_iterable_execution().wait_for(mode=mode)
    assert sorted(stored) == [(str(n), 2) for n in range(4)]


class DailyLines(ExecutionJob):
    def execution(self):
        days = DateRange.parse(self.args.list("date"), tz=UTC)
        lines = TypedPipe.from_(daily_suffix(TextLine, self.args["input"], days))
        return lines.map(lambda _: 1).sum().get_or_else_execution(0)


def test_days_of_files_are_read(sc, tmp_path) -> None:
    for day in ("01", "02"):
        folder = tmp_path / "2011/12" / day
        folder.mkdir(parents=True)
        (folder / "part-00000").write_text("a\nb\n")
    job = DailyLines(["--input", str(tmp_path), "--date", "2011-12-01", "2011-12-02"])
    assert job.run(Mode.spark(sc, {"cascade2spark.progress": "off"}))
    assert job.result == 4


def test_input_is_looked_at_where_spark_reads_it(sc, tmp_path) -> None:
    """Through Hadoop's file system, as where the default is not this machine's disk."""
    folders = [tmp_path / day for day in ("01", "02", "03")]
    for folder in folders:
        folder.mkdir()
        (folder / "part-00000").write_text("a\n")
    (folders[1] / "_SUCCESS").write_text("")
    (folders[2] / "part-00000").rename(folders[2] / "_hidden")
    configuration = sc._jsc.hadoopConfiguration()
    before = configuration.get("fs.defaultFS")
    # A path without a scheme is Hadoop's then; its own view of this disk stands for a cluster's.
    configuration.set("fs.defaultFS", "viewfs:///")
    configuration.set("fs.viewfs.mounttable.default.link./seen", f"file://{tmp_path}")
    try:
        strict, partial = Mode.spark(sc), Mode.spark(sc, is_strict=False)
        good = TextLine("/seen/01/*")
        assert ("/seen/01/*",) == good.good_paths(strict)
        assert not (tmp_path.parent / "seen").exists()
        assert strict.file_exists("/seen/03") and not strict.file_exists("/seen/04")
        both = TextLine(["/seen/01/*", "/seen/03/*", "/seen/04/*"])
        assert ("/seen/01/*",) == both.good_paths(partial)
        with pytest.raises(InvalidSource, match="data is missing") as caught:
            both.good_paths(strict)
        assert "/seen/03/*, /seen/04/*" in str(caught.value)
        complete = TextLine(["/seen/01/*", "/seen/02/*"], needs_success_file=True)
        assert ("/seen/02/*",) == complete.good_paths(partial)
    finally:
        configuration.set("fs.defaultFS", before or "file:///")


def test_what_an_execution_forces_is_computed_once_and_let_go(sc) -> None:
    seen = Stat("seen")
    before = set(sc._jsc.getPersistentRDDs())

    def numbered(number):
        seen.inc()
        return number + 1

    def twice(pipe):
        return pipe.sum().get_execution().zip(pipe.map(str).to_iterable_execution())

    forced = TypedPipe.from_([1, 2, 3]).map(numbered).force_to_disk_execution()
    (total, texts), counters = forced.flat_map(twice).get_counters().wait_for(mode=Mode.spark(sc))
    assert (9, ["2", "3", "4"], 3) == (total, sorted(texts), counters["seen"])

    failing = forced.flat_map(lambda pipe: Execution.from_(lambda: 1 // 0))
    with pytest.raises(ZeroDivisionError):
        failing.wait_for(mode=Mode.spark(sc))
    assert before >= set(sc._jsc.getPersistentRDDs())


def test_descriptions_show_in_the_ui_of_spark(sc) -> None:
    pairs = TypedPipe.from_([("a", 1), ("b", 2)]).map_values(abs).with_description("all the pairs")
    pairs.group().sum().with_description("summed").to_iterable_execution().wait_for(
        mode=Mode.spark(sc)
    )
    jobs = sc._jsc.sc().statusStore().jobsList(None)
    newest = max((jobs.apply(number) for number in range(jobs.size())), key=lambda job: job.jobId())
    assert "summed" in newest.description().get()


def part_files(folder) -> int:
    return len(list(folder.glob("part-*")))


def test_a_pipe_with_two_readers_counts_and_completes_once_per_task(sc, tmp_path) -> None:
    """A row is counted once, `on_complete` called once in each task before and after the group."""
    marks, seen = tmp_path / "marks", Stat("seen")
    marks.mkdir()

    def mark(name):
        def left():
            task = TaskContext.get()
            with open(marks / f"{name}-{task.partitionId()}", "a") as file:
                file.write("x")

        return left

    def paired(number):
        seen.inc()
        return number % 5, number

    forked = TypedPipe.from_(range(12)).shard(2).map(paired).tally_all("g", "all")
    pairs = forked.tally_by("key", lambda pair: str(pair[0])).on_complete(mark("map"))
    sums = pairs.group().with_reducers(3).sum().on_complete(mark("reduce"))
    both = sums.write_execution(TypedTsv(str(tmp_path / "sums"), (int, int))).zip(
        pairs.write_execution(TypedTsv(str(tmp_path / "pairs"), (int, int)))
    )
    _, counters = both.get_counters().wait_for(
        mode=Mode.spark(sc, {"cascade2spark.progress": "off"})
    )
    assert counters["seen"] == 12
    found = {(one.counter, one.group): counters[one] for one in counters.keys}
    assert found["all", "g"] == 12
    assert [found[str(key), "key"] for key in range(5)] == [3, 3, 2, 2, 2]
    assert {path.name: path.read_text() for path in marks.iterdir()} == {
        **{f"map-{number}": "x" for number in range(2)},
        **{f"reduce-{number}": "x" for number in range(3)},
    }
    assert (2, 3) == (part_files(tmp_path / "pairs"), part_files(tmp_path / "sums"))


def test_reducers_are_the_part_files(sc, tmp_path) -> None:
    pairs = TypedPipe.from_([(number % 7, number) for number in range(20)])
    rows = from_typed(pairs, "k", "n")
    wanted = {
        "sorted": (4, pairs.group().sorted().with_reducers(4)),
        "later": (2, pairs.group().with_reducers(6).size().with_reducers(2)),
        "joined": (5, pairs.group().with_reducers(5).join(pairs.group().with_reducers(2)).size()),
        "all": (1, pairs.group_all().size().swap().map(lambda pair: (pair[0], 0))),
        "ordered": (3, pairs.group_with(lambda key: -key).with_reducers(3).sum()),
        "fields": (
            4,
            rows.group_by("k", lambda group: group.sum("n").reducers(4)).to_typed_pipe("k", "n"),
        ),
    }
    writes = [
        pipe.map(str).write_execution(TypedTsv(str(tmp_path / name), str))
        for name, (_, pipe) in wanted.items()
    ]
    mode = Mode.spark(sc, {"cascade2spark.progress": "off", "cascade2spark.partitions": 7})
    Execution.sequence(writes).wait_for(mode=mode)
    found = {name: part_files(tmp_path / name) for name in wanted}
    assert found == {name: count for name, (count, _) in wanted.items()}


def test_reduces_know_on_every_worker_what_no_value_is(sc) -> None:
    mode = Mode.spark(sc, {"cascade2spark.progress": "off"})
    values = [("a", 1), ("b", 2), ("a", 3), ("a", 2)]
    group = TypedPipe.from_(values).group()
    found = {
        "most": group.max(),
        "least": group.min_by(lambda value: value),
        "sum": group.reduce(lambda left, right: left + right),
        "product": group.product(),
    }
    wanted = {"most": (3, 2), "least": (1, 2), "sum": (6, 2), "product": (6, 2)}
    for name, reduced in found.items():
        rows = reduced.to_typed_pipe().to_iterable_execution().wait_for(mode=mode)
        assert wanted[name] == tuple(value for _, value in sorted(rows)), name
