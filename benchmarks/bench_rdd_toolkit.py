"""What does the toolkit for plain RDDs cost, against the same jobs written by hand in PySpark?

    python -m benchmarks.bench_rdd_toolkit [rows]

Events of (user, time, page) come from a cached RDD, for both sides alike; reading it alone is shown
too, because both pay for it. Runs take turns, on ``local[2]`` with four partitions; both sides must
give the same answer. Text is counted from a file of the same events.
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

from cascade2spark.rdd import (
    aggregate_by,
    co_group,
    group_sorted,
    hash_join,
    read_text,
    write_text,
)

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

    jobs: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "read the cached events": (rdd.count, rdd.count),
        "secondary sort, positions": (lambda: by_position(0, 1), lambda: sessions_by_hand(rdd)),
        "secondary sort, functions": (
            lambda: by_position(lambda event: event[0], lambda event: event[1]),
            lambda: sessions_by_hand(rdd),
        ),
        "fold by key": (lambda: totals(rdd), lambda: totals_by_hand(rdd)),
        "join through an exchange": (
            lambda: co_group([pairs, users], joined, keys=0, partitions=_TASKS).reduce(add),
            lambda: pairs.join(users, _TASKS).count(),
        ),
        "join with a held side": (lambda: hash_join(pairs, users).count(), held_by_hand),
        "count lines": (lambda: read_text(sc, text).count(), lambda: sc.textFile(text).count()),
        "write lines": (
            lambda: write_text(rdd.map(itemgetter(2)), folder / "ours", mode="REPLACE"),
            lambda: saved_by_hand(rdd.map(itemgetter(2)), folder, rows),
        ),
    }
    print(f"{rows:,} events, PySpark {pyspark.__version__}, Python {platform.python_version()}")
    print(f"{'':28}{'ours s':>8}{'by hand s':>11}{'ratio':>7}")
    for name, sides in jobs.items():
        spent: list[list[float]] = [[], []]
        answers: list[Any] = [None, None]
        for _ in range(_TURNS):
            for side, job in enumerate(sides):
                began = time.perf_counter()
                answers[side] = job()
                spent[side].append(time.perf_counter() - began)
        if answers[0] != answers[1]:
            raise SystemExit(f"{name}: {answers[0]} here, {answers[1]} by hand")
        ours, hand = min(spent[0]), min(spent[1])
        print(f"{name:28}{ours:8.2f}{hand:11.2f}{hand / ours:7.1f}", flush=True)
    sc.stop()


def saved_by_hand(lines: RDD[str], folder: Path, rows: int) -> int:
    """Write lines by `saveAsTextFile`, which needs a folder of its own each time."""
    lines.saveAsTextFile(str(Path(tempfile.mkdtemp(dir=folder), "out")))
    return rows


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS)
