"""What does the toolkit for plain RDDs cost, against PySpark by hand, and against the pipes?

    python -m benchmarks.bench_rdd_toolkit [rows]

Events of (user, time, page) come from a cached RDD, for both sides alike; reading it alone is shown
too, because all pay for it. Runs take turns, on ``local[2]`` with four partitions; all sides must
give the same answer. Text is counted from a file of the same events. Pipes take the same RDDs, and
their time includes planning.
"""

from __future__ import annotations

import itertools
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from operator import add, itemgetter
from pathlib import Path
from typing import Any

import pyspark
from pyspark import RDD, SparkConf, SparkContext
from pyspark.rdd import portable_hash

from cascade2spark import CoGroup, Fields, HashJoin, Pipe, SparkFlowConnector, aggregator, buffer
from cascade2spark.operations import Count, Sum
from cascade2spark.rdd import (
    aggregate_by,
    co_group,
    group_sorted,
    hash_join,
    read_text,
    write_text,
)
from cascade2spark.taps import MemoryTap, RDDTap

__all__: list[str] = []

_ROWS = 1_000_000
_TASKS = 4
_TURNS = 3
_GAP_S = 1_000_000


def events(rows: int, part: int) -> Iterator[tuple[str, int, str]]:
    """Yield the events of one partition: users with few events and users with many."""
    rng = random.Random(part)
    for _ in range(rows // _TASKS):
        user = int(20_000 * rng.random() ** 2)
        yield f"user{user}", rng.randrange(10**9), f"/page/{rng.randrange(77)}"


def sessions(user: str, rows: Any) -> Iterator[tuple[str, int]]:
    """Yield the number of sessions of a user whose events come sorted by time."""
    count, last = 0, -_GAP_S - 1
    for _, at, _ in rows:
        count += at - last > _GAP_S
        last = at
    yield user, count


def sessions_by_hand(rdd: RDD[Any]) -> int:
    """Secondary sort as it is written in PySpark."""

    def walk(pairs: Any) -> Iterator[tuple[str, int]]:
        for user, group in itertools.groupby(pairs, key=lambda pair: pair[0][0]):
            yield from sessions(user, (event for _, event in group))

    keyed = rdd.map(lambda event: ((event[0], event[1]), event))
    found = keyed.repartitionAndSortWithinPartitions(_TASKS, lambda key: portable_hash(key[0]))
    return int(found.mapPartitions(walk).map(itemgetter(1)).sum())


def totals(rdd: RDD[Any]) -> int:
    """Sum and count for each user, by the toolkit."""
    found = aggregate_by(
        rdd,
        key=0,
        zero=(0, 0),
        step=lambda state, event: (state[0] + event[1], state[1] + 1),
        merge=lambda left, right: (left[0] + right[0], left[1] + right[1]),
        finish=lambda state: state[0] // state[1],
        partitions=_TASKS,
    )
    return int(found.map(itemgetter(1)).sum())


def totals_by_hand(rdd: RDD[Any]) -> int:
    """Sum and count for each user, by `aggregateByKey`."""
    found = rdd.map(lambda event: (event[0], event[1])).aggregateByKey(
        (0, 0),
        lambda state, at: (state[0] + at, state[1] + 1),
        lambda left, right: (left[0] + right[0], left[1] + right[1]),
        _TASKS,
    )
    return int(found.map(lambda pair: pair[1][0] // pair[1][1]).sum())


def joined(key: str, sides: Any) -> Iterator[int]:
    """Yield the number of pairs of one key."""
    yield len(sides[1]) * sum(1 for _ in sides[0])


EVENT = Fields("user", "at", "page")
PAIR, USER = Fields("user", "at"), Fields("id", "n")


def piped(tail: Pipe, **sources: RDDTap) -> int:
    """Run a flow that ends in one number; return it."""
    sink = MemoryTap(Fields.ALL)
    settings = {"cascade2spark.partitions": _TASKS, "cascade2spark.progress": "off"}
    (context, *_) = [tap.rdd.context for tap in sources.values()]
    SparkFlowConnector(context, settings).connect(sources, sink, tail).complete()
    ((answer,),) = sink.rows
    return int(answer)


def summed(pipe: Pipe, field: str) -> Pipe:
    """Return the sum of a field of whole numbers over all rows."""
    return pipe.group_by(Fields.NONE).every(field, Sum(Fields("sum", int)))


def sessions_by_pipes(rdd: RDD[Any]) -> int:
    """Secondary sort with a buffer of one's own."""

    @buffer("count")
    def counted(key: Any, rows: Any) -> Iterator[int]:
        yield next(sessions(*key, rows))[1]

    by_user = Pipe("events").group_by("user", sort="at")
    every = by_user.every(Fields.ALL, counted, Fields("count"))
    return piped(summed(every, "count"), events=RDDTap(rdd, EVENT))


def totals_by_pipes(rdd: RDD[Any]) -> int:
    """Sum and count for each user, by an aggregator of one's own."""
    mean = aggregator(
        "mean",
        zero=(0, 0),
        step=lambda state, at: (state[0] + at, state[1] + 1),
        merge=lambda left, right: (left[0] + right[0], left[1] + right[1]),
        finish=lambda state: state[0] // state[1],
    )
    tail = Pipe("events").group_by("user").every("at", mean)
    return piped(summed(tail, "mean"), events=RDDTap(rdd, EVENT))


def joined_by_pipes(join: Any, pairs: RDD[Any], users: RDD[Any]) -> int:
    """Count what a join gives."""
    both = join(Pipe("pairs"), "user", Pipe("users"), "id")
    tail = both.group_by(Fields.NONE).every(Count(Fields("rows")))
    return piped(tail, pairs=RDDTap(pairs, PAIR), users=RDDTap(users, USER))


def main(rows: int) -> None:
    """Run every pair of jobs in turns and print a table."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    conf = SparkConf().setMaster("local[2]").setAppName("bench_rdd_toolkit")
    conf.set("spark.python.unix.domain.socket.enabled", "true").set("spark.ui.enabled", "false")
    conf.set("spark.ui.showConsoleProgress", "false").set("spark.driver.host", "127.0.0.1")
    conf.set("spark.driver.bindAddress", "127.0.0.1")
    conf.setExecutorEnv("PYTHONPATH", str(Path(__file__).parents[1]))
    sc = SparkContext(conf=conf)
    sc.setLogLevel("ERROR")
    rdd = sc.parallelize(range(_TASKS), _TASKS).flatMap(lambda part: events(rows, part)).cache()
    users = sc.parallelize([(f"user{n}", n) for n in range(20_000)], _TASKS).cache()
    pairs = rdd.map(lambda event: (event[0], event[1])).cache()
    (rdd.count(), users.count(), pairs.count())
    folder = Path(tempfile.mkdtemp())
    write_text(rdd.map(lambda event: "\t".join(map(str, event))), folder / "text")
    text = str(folder / "text")

    def by_position(key: Any, sort: Any) -> int:
        found = group_sorted(rdd, sessions, key=key, sort=sort, partitions=_TASKS)
        return int(found.map(itemgetter(1)).sum())

    def held_by_hand() -> int:
        table = sc.broadcast(dict(users.collect()))
        return pairs.flatMap(
            lambda pair: (
                [(pair[0], (pair[1], table.value[pair[0]]))] if pair[0] in table.value else []
            )
        ).count()

    def by_pipes() -> int:
        return sessions_by_pipes(rdd)

    jobs: dict[str, tuple[Callable[[], Any], ...]] = {
        "read the cached events": (rdd.count, rdd.count),
        "secondary sort, positions": (
            lambda: by_position(0, 1),
            lambda: sessions_by_hand(rdd),
            by_pipes,
        ),
        "secondary sort, functions": (
            lambda: by_position(lambda event: event[0], lambda event: event[1]),
            lambda: sessions_by_hand(rdd),
            by_pipes,
        ),
        "fold by key": (
            lambda: totals(rdd),
            lambda: totals_by_hand(rdd),
            lambda: totals_by_pipes(rdd),
        ),
        "join through an exchange": (
            lambda: co_group([pairs, users], joined, keys=0, partitions=_TASKS).reduce(add),
            lambda: pairs.join(users, _TASKS).count(),
            lambda: joined_by_pipes(CoGroup, pairs, users),
        ),
        "join with a held side": (
            lambda: hash_join(pairs, users).count(),
            held_by_hand,
            lambda: joined_by_pipes(HashJoin, pairs, users),
        ),
        "count lines": (lambda: read_text(sc, text).count(), lambda: sc.textFile(text).count()),
        "write lines": (
            lambda: write_text(rdd.map(itemgetter(2)), folder / "ours", mode="REPLACE"),
            lambda: saved_by_hand(rdd.map(itemgetter(2)), folder, rows),
        ),
    }
    print(f"{rows:,} events, PySpark {pyspark.__version__}, Python {platform.python_version()}")
    print(f"{'':28}{'ours s':>8}{'by hand s':>11}{'ratio':>7}{'pipes s':>9}{'ratio':>7}")
    for name, sides in jobs.items():
        ours, *others = _seconds(name, sides)
        told = "".join(
            f"{other:{width}.2f}{other / ours:7.1f}"
            for other, width in zip(others, (11, 9), strict=False)
        )
        print(f"{name:28}{ours:8.2f}{told}", flush=True)
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


def saved_by_hand(lines: RDD[str], folder: Path, rows: int) -> int:
    """Write lines by `saveAsTextFile`, which needs a folder of its own each time."""
    lines.saveAsTextFile(str(Path(tempfile.mkdtemp(dir=folder), "out")))
    return rows


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS)
