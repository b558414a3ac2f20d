"""What does the typed API cost, against the same jobs written by hand in PySpark?

    python -m benchmarks.bench_typed [rows]

Lines of (user, page, time) are read from a file and results written as text, by both sides, on
``local[2]`` with four partitions. Runs take turns; the best of three counts.
"""

from __future__ import annotations

import operator
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from pyspark import RDD, SparkConf, SparkContext
from pyspark.rdd import portable_hash

from cascade2spark.connectors import SparkFlowConnector
from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.flow_state import FlowState, state_of
from cascade2spark.scalding.sources import TextLine
from cascade2spark.scalding.typed import TypedPipe

__all__: list[str] = []

_ROWS = 500_000
_TASKS = 4
_TURNS = 3
_GAP = 1000
_SETTINGS = {"cascade2spark.partitions": _TASKS, "cascade2spark.progress": "off"}


def event(line: str) -> tuple[str, tuple[str, int]]:
    """Return (user, (page, time))."""
    user, page, at = line.split("\t")
    return user, (page, int(at))


def named(line: str) -> tuple[str, str]:
    """Return (user, name)."""
    user, name = line.split("\t")
    return user, name


def sessions(user: str, visits: Any) -> Iterator[int]:
    """Yield the number of sessions in visits that are sorted by time."""
    count, last = 0, -_GAP - 1
    for _, at in visits:
        count += at - last > _GAP
        last = at
    yield count


def sessions_of(rows: Any) -> Iterator[tuple[str, int]]:
    """Yield the sessions of the users of a sorted partition."""
    for user, some in groupby(rows, key=lambda row: row[0][0]):
        for count in sessions(user, (visit for _, visit in some)):
            yield user, count


class Jobs:
    """Each job twice: ``<name>_ours`` gives a pipe, ``<name>_theirs`` an RDD."""

    def __init__(self, sc: SparkContext, events: str, users: str) -> None:
        self.sc, self.events_at, self.users_at = sc, events, users

    def pipe(self) -> TypedPipe[Any]:
        return TypedPipe.from_(TextLine(self.events_at)).map(event)

    def names(self) -> TypedPipe[Any]:
        return TypedPipe.from_(TextLine(self.users_at)).map(named)

    def rdd(self) -> RDD[Any]:
        return self.sc.textFile(self.events_at, _TASKS).map(event)

    def name_rdd(self) -> RDD[Any]:
        return self.sc.textFile(self.users_at, _TASKS).map(named)

    def map_ours(self) -> Any:
        return self.pipe().filter(lambda row: row[1][1] > 500_000).map(lambda row: row[1][0])

    def map_theirs(self) -> Any:
        return self.rdd().filter(lambda row: row[1][1] > 500_000).map(lambda row: row[1][0])

    def sum_ours(self) -> Any:
        return self.pipe().map_values(lambda visit: visit[1]).sum_by_key().map(str)

    def sum_theirs(self) -> Any:
        times = self.rdd().mapValues(lambda visit: visit[1])
        return times.reduceByKey(operator.add, _TASKS).map(str)

    def words_ours(self) -> Any:
        words = TypedPipe.from_(TextLine(self.events_at)).flat_map(str.split)
        return words.map(lambda word: (word, 1)).sum_by_key().map(str)

    def words_theirs(self) -> Any:
        words = self.sc.textFile(self.events_at, _TASKS).flatMap(str.split)
        return words.map(lambda word: (word, 1)).reduceByKey(operator.add, _TASKS).map(str)

    def sorted_ours(self) -> Any:
        return self.pipe().group().sort_by(lambda visit: visit[1]).map_group(sessions).map(str)

    def sorted_theirs(self) -> Any:
        keyed = self.rdd().map(lambda row: ((row[0], row[1][1]), row[1]))
        spread = keyed.repartitionAndSortWithinPartitions(_TASKS, lambda key: portable_hash(key[0]))
        return spread.mapPartitions(sessions_of).map(str)

    def group_ours(self) -> Any:
        return self.pipe().group().map_group(lambda user, visits: [len(set(visits))]).map(str)

    def group_theirs(self) -> Any:
        return self.rdd().groupByKey(_TASKS).mapValues(lambda visits: len(set(visits))).map(str)

    def join_ours(self) -> Any:
        return self.pipe().group().join(self.names()).map(str)

    def join_theirs(self) -> Any:
        return self.rdd().join(self.name_rdd(), _TASKS).map(str)

    def hash_join_ours(self) -> Any:
        return self.pipe().hash_join(self.names()).map(str)

    def hash_join_theirs(self) -> Any:
        held: dict[str, list[str]] = {}
        for user, name in self.name_rdd().collect():
            held.setdefault(user, []).append(name)
        small = self.sc.broadcast(held)
        joined = self.rdd().flatMap(
            lambda row: [(row[0], (row[1], name)) for name in small.value.get(row[0], ())]
        )
        return joined.map(str)


def seconds(run: Callable[[], Any]) -> float:
    """Return how long a run takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def run_ours(sc: SparkContext, build: Callable[[], Any], path: str) -> None:
    """Build a pipe, write it and run the flow."""
    state = FlowState()
    with state_of(state):
        build().write(TextLine(path))
    state.connect(Mode(SparkFlowConnector(sc, _SETTINGS)), "bench").complete()


def run_theirs(build: Callable[[], Any], path: str) -> None:
    """Build an RDD and write it."""
    build().saveAsTextFile(path)


def main(rows: int) -> None:
    """Run all jobs and print a line for each."""
    conf = SparkConf().setMaster("local[2]").set("spark.ui.enabled", "false")
    conf.set("spark.python.unix.domain.socket.enabled", "true")
    conf.set("spark.ui.showConsoleProgress", "false")
    sc = SparkContext(conf=conf)
    with tempfile.TemporaryDirectory() as folder:
        events, users = Path(folder, "events.txt"), Path(folder, "users.txt")
        rng = random.Random(1)
        with events.open("w") as file:
            for _ in range(rows):
                user = int(rng.random() ** 2 * rows / 10)
                file.write(f"user{user}\t/page/{rng.randrange(1000)}\t{rng.randrange(10**6)}\n")
        users.write_text("".join(f"user{n}\tname{n}\n" for n in range(rows // 10)))
        jobs = Jobs(sc, str(events), str(users))
        print(f"{'job':12}{'ours':>8}{'PySpark':>9}{'ratio':>7}   seconds, {rows:,} rows")
        number = iter(range(1_000_000))
        for name in ("map", "sum", "words", "sorted", "group", "join", "hash_join"):
            ours, theirs = getattr(jobs, f"{name}_ours"), getattr(jobs, f"{name}_theirs")
            best = [float("inf"), float("inf")]
            for _ in range(_TURNS):
                out = [f"{folder}/out{next(number)}" for _ in best]
                best[0] = min(best[0], seconds(partial(run_ours, sc, ours, out[0])))
                best[1] = min(best[1], seconds(partial(run_theirs, theirs, out[1])))
            print(f"{name:12}{best[0]:8.2f}{best[1]:9.2f}{best[1] / best[0]:7.1f}", flush=True)
    sc.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS)
