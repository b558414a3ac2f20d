"""What does each function for plain RDDs cost, against PySpark by hand, and against the pipes?

    python -m benchmarks.bench_rdd_toolkit [rows]

Events of (user, time, page) come from a cached RDD, for both sides alike; reading it alone is shown
too, because all pay for it. Runs take turns, on ``local[2]`` with four partitions; all sides must
give the same answer. Files hold the same events, those of thrift a tenth of them. Pipes take the
same RDDs and files, and their time includes planning. They call the same Python function where
there is one; "built in" is their own operation in its place.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from io import StringIO
from operator import add, itemgetter
from pathlib import Path
from typing import Any

import attrs
import pyspark
from pyspark import RDD, SparkConf, SparkContext

from benchmarks.rdd_toolkit import (
    IDL,
    PAIR,
    TASKS,
    VISIT,
    copied,
    counted,
    decoded,
    encoded,
    events,
    joined,
    joined_alike,
    joined_by_pipes,
    noted,
    piped,
    saved_by_hand,
    sessions,
    sessions_by_hand,
    sessions_by_pipes,
    summed,
    totals,
    totals_by_hand,
    totals_by_pipes,
    watched,
)
from cascade2spark import CoGroup, Fields, HashJoin, Pipe
from cascade2spark.rdd import (
    TaskCounters,
    co_group,
    group_sorted,
    hash_join,
    map_partitions_with,
    read_sequence_file,
    read_text,
    read_thrift,
    write_sequence_file,
    write_text,
    write_thrift,
)
from cascade2spark.schemes import TextLine, ThriftSequenceFile, WritableSequenceFile
from cascade2spark.taps import Hfs, SinkMode

__all__: list[str] = []

_ROWS = 1_000_000
_TURNS = 3


@attrs.frozen
class Inputs:
    """What all jobs read: cached RDDs, and files of the same events."""

    sc: SparkContext
    events: RDD[Any]
    users: RDD[Any]
    pairs: RDD[Any]
    few: RDD[Any]
    folder: Path

    @property
    def text(self) -> str:
        return str(self.folder / "text")

    @property
    def sequence(self) -> str:
        return str(self.folder / "sequence")

    @property
    def thrift(self) -> str:
        return str(self.folder / "thrift")


# The sides of each job: the toolkit, by hand, pipes, pipes with what is built in.
Jobs = dict[str, tuple[Callable[[], Any], ...]]


def context() -> SparkContext:
    """Start Spark, as all sides have it."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    conf = SparkConf().setMaster("local[2]").setAppName("bench_rdd_toolkit")
    conf.set("spark.python.unix.domain.socket.enabled", "true").set("spark.ui.enabled", "false")
    conf.set("spark.ui.showConsoleProgress", "false").set("spark.driver.host", "127.0.0.1")
    conf.set("spark.driver.bindAddress", "127.0.0.1")
    conf.setExecutorEnv("PYTHONPATH", str(Path(__file__).parents[1]))
    sc = SparkContext(conf=conf)
    sc.setLogLevel("ERROR")
    return sc


def inputs(sc: SparkContext, rows: int) -> Inputs:
    """Make the events, and write them."""
    rdd = sc.parallelize(range(TASKS), TASKS).flatMap(lambda part: events(rows, part)).cache()
    users = sc.parallelize([(f"user{n}", n) for n in range(20_000)], TASKS).cache()
    pairs = rdd.map(lambda event: (event[0], event[1])).cache()
    (rdd.count(), users.count(), pairs.count())
    few = rdd.filter(lambda event: event[1] % 10 == 0).cache()
    made = Inputs(sc, rdd, users, pairs, few, Path(tempfile.mkdtemp()))
    write_text(rdd.map(lambda event: "\t".join(map(str, event))), made.text)
    write_sequence_file(pairs, made.sequence, "Text", "LongWritable")
    write_thrift(few, made.thrift, IDL, fields=VISIT)
    return made


def grouping_jobs(given: Inputs) -> Jobs:
    """Return the jobs that group events."""
    rdd = given.events

    def by_key(key: Any, sort: Any) -> tuple[Callable[[], Any], ...]:
        def ours() -> int:
            found = group_sorted(rdd, sessions, key=key, sort=sort, partitions=TASKS)
            return int(found.map(itemgetter(1)).sum())

        return ours, lambda: sessions_by_hand(rdd), lambda: sessions_by_pipes(rdd)

    return {
        "group_sorted, positions": by_key(0, 1),
        "group_sorted, functions": by_key(lambda event: event[0], lambda event: event[1]),
        "group_sorted, called": by_key(lambda event: event[0].lower(), lambda event: +event[1]),
        "aggregate_by": (
            lambda: totals(rdd),
            lambda: totals_by_hand(rdd),
            lambda: totals_by_pipes(rdd),
        ),
    }


def joining_jobs(given: Inputs) -> Jobs:
    """Return the jobs that join the users with their times."""
    pairs, users = given.pairs, given.users

    def held_by_hand() -> int:
        table = given.sc.broadcast(dict(users.collect()))
        return pairs.flatMap(
            lambda pair: (
                [(pair[0], (pair[1], table.value[pair[0]]))] if pair[0] in table.value else []
            )
        ).count()

    return {
        "co_group": (
            lambda: co_group([pairs, users], joined, keys=0, partitions=TASKS).reduce(add),
            lambda: pairs.join(users, TASKS).count(),
            lambda: joined_alike(pairs, users),
            lambda: joined_by_pipes(CoGroup, pairs, users),
        ),
        "hash_join": (
            lambda: hash_join(pairs, users).count(),
            held_by_hand,
            lambda: joined_by_pipes(HashJoin, pairs, users),
        ),
    }


def task_jobs(given: Inputs) -> Jobs:
    """Return the jobs that do something beside the rows of a task."""
    rdd = given.events

    def counters() -> int:
        found = TaskCounters(given.sc)
        found.map_partitions(rdd, watched).count()
        return found.value("even")

    def accumulator() -> int:
        seen = given.sc.accumulator(0)
        rdd.mapPartitions(lambda rows: watched(rows, lambda name: seen.add(1))).count()
        return int(seen.value)

    return {
        "map_partitions_with": (
            lambda: map_partitions_with(rdd, noted, setup=StringIO, cleanup=StringIO.close).sum(),
            lambda: rdd.mapPartitions(lambda rows: noted(rows, StringIO())).sum(),
        ),
        "TaskCounters": (counters, accumulator),
    }


def text_jobs(given: Inputs) -> Jobs:
    """Return the jobs that read and write lines."""
    sc, text, folder = given.sc, given.text, given.folder
    pages, line = given.events.map(itemgetter(2)), Fields("line")
    return {
        "read_text": (
            lambda: read_text(sc, text).count(),
            lambda: sc.textFile(text).count(),
            lambda: counted(lines=Hfs(TextLine(line), text)),
        ),
        "write_text": (
            lambda: write_text(pages, folder / "lines", mode="REPLACE") * 0,
            lambda: saved_by_hand(pages, folder, "saveAsTextFile"),
            lambda: copied(
                pages.map(lambda page: (page,)),
                Hfs(TextLine(line), str(folder / "piped"), SinkMode.REPLACE),
                line,
            ),
        ),
    }


def sequence_jobs(given: Inputs) -> Jobs:
    """Return the jobs that read and write sequence files of writables."""
    sc, pairs, folder = given.sc, given.pairs, given.folder
    source = Hfs(WritableSequenceFile(PAIR, "Text", "LongWritable"), given.sequence)

    def written() -> int:
        write_sequence_file(pairs, folder / "pairs", "Text", "LongWritable", mode="REPLACE")
        return 0

    return {
        "read_sequence_file": (
            lambda: read_sequence_file(sc, given.sequence).count(),
            lambda: sc.sequenceFile(given.sequence).count(),
            lambda: counted(pairs=source),
        ),
        "write_sequence_file": (
            written,
            lambda: saved_by_hand(pairs, folder, "saveAsSequenceFile"),
        ),
    }


def thrift_jobs(given: Inputs) -> Jobs:
    """Return the jobs that read and write sequence files of thrift structs."""
    sc, few, folder = given.sc, given.few, given.folder
    source = Hfs(ThriftSequenceFile(IDL, fields=["at"]), given.thrift)
    sink = Hfs(ThriftSequenceFile(IDL, fields=VISIT), str(folder / "put"), SinkMode.REPLACE)

    def read_by_hand() -> Any:
        structs = sc.sequenceFile(given.thrift).values().map(decoded)
        return structs.map(lambda one: one.at).sum()

    return {
        "read_thrift": (
            lambda: read_thrift(sc, given.thrift, IDL, fields=["at"]).map(itemgetter(0)).sum(),
            read_by_hand,
            lambda: piped(summed(Pipe("visits"), "at"), visits=source),
        ),
        "write_thrift": (
            lambda: write_thrift(few, folder / "structs", IDL, fields=VISIT, mode="REPLACE") * 0,
            lambda: saved_by_hand(few.map(encoded), folder, "saveAsSequenceFile"),
            lambda: copied(few, sink, Fields(*VISIT)),
        ),
    }


def main(rows: int) -> None:
    """Run every pair of jobs in turns and print a table."""
    sc = context()
    given = inputs(sc, rows)
    jobs: Jobs = {"read the cached events": (given.events.count, given.events.count)}
    for some in (grouping_jobs, joining_jobs, task_jobs, text_jobs, sequence_jobs, thrift_jobs):
        jobs.update(some(given))
    print(f"{rows:,} events, PySpark {pyspark.__version__}, Python {platform.python_version()}")
    titles = ("by hand s", "ratio", "pipes s", "ratio", "built in s", "ratio")
    print(f"{'':25}{'ours s':>8}", *(f"{title:>11}" for title in titles))
    for name, sides in jobs.items():
        ours, *others = _seconds(name, sides)
        told = [f"{part:11.2f}" for other in others for part in (other, other / ours)]
        print(f"{name:25}{ours:8.2f}", *told, flush=True)
    sc.stop()


def _seconds(name: str, sides: tuple[Callable[[], Any], ...]) -> list[float]:
    """Return the least time of each side, the runs in turns."""
    spent: list[list[float]] = [[] for _ in sides]
    answers: list[Any] = [None for _ in sides]
    for _ in range(_TURNS):
        for side, job in enumerate(sides):
            began = time.perf_counter()
            answers[side] = job()
            spent[side].append(time.perf_counter() - began)
    if len(set(answers)) > 1:
        raise SystemExit(f"{name}: the sides differ: {answers}")
    return list(map(min, spent))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS)
