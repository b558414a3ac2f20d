"""What does each function for plain RDDs cost, against PySpark by hand, and against the pipes?

    python -m benchmarks.bench_rdd_toolkit [rows]

Events of (user, time, page) come from a cached RDD, for both sides alike; reading it alone is shown
too, because all pay for it. Runs take turns, on ``local[2]`` with four partitions; all sides must
give the same answer. Files hold the same events, those of thrift a tenth of them. Pipes take the
same RDDs and files, and their time includes planning. They call the same Python function where
there is one; "built in" is their own operation in its place.
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
from io import StringIO
from operator import add, itemgetter
from pathlib import Path
from typing import Any

import pyspark
import thriftpy2
from pyspark import RDD, SparkConf, SparkContext
from pyspark.rdd import portable_hash
from thriftpy2.utils import deserialize, serialize

from cascade2spark import (
    BaseOperation,
    Buffer,
    CoGroup,
    Every,
    Fields,
    HashJoin,
    Pipe,
    SparkFlowConnector,
    aggregator,
    buffer,
)
from cascade2spark.joiners import BufferJoin
from cascade2spark.operations import Count, Sum
from cascade2spark.rdd import (
    TaskCounters,
    aggregate_by,
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
from cascade2spark.taps import Hfs, MemoryTap, RDDTap, SinkMode

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


class Joined(BaseOperation, Buffer):
    """The same function in pipes."""

    def operate(self, flow_process: Any, call: Any) -> None:
        closure = call.get_joiner_closure()
        sides = closure.get_iterator(0), list(closure.get_iterator(1))
        for found in joined("", sides):
            call.get_output_collector().add((found,))


IDL = "struct Visit { 1: string user, 2: i64 at, 3: string page }"
_VISIT = ["user", "at", "page"]


def visit() -> Any:
    """Return thriftpy2's class of the IDL, which it keeps by name."""
    return thriftpy2.load_fp(StringIO(IDL), "visits_thrift").Visit


def decoded(data: bytes) -> Any:
    """Read a struct as it is done by hand."""
    return deserialize(visit()(), bytes(data))


def encoded(event: Any) -> tuple[None, bytearray]:
    """Write a struct as it is done by hand."""
    return None, bytearray(serialize(visit()(**dict(zip(_VISIT, event, strict=True)))))


EVENT = Fields("user", "at", "page")
PAIR, USER = Fields("user", "at"), Fields("id", "n")


SETTINGS = {"cascade2spark.partitions": _TASKS, "cascade2spark.progress": "off"}


def piped(tail: Pipe, **sources: Any) -> int:
    """Run a flow that ends in one number; return it."""
    sink = MemoryTap(Fields.ALL)
    SparkFlowConnector(None, SETTINGS).connect(sources, sink, tail).complete()
    ((answer,),) = sink.rows
    return int(answer)


def counted(**source: Any) -> int:
    """Count the rows of a tap by pipes."""
    (name,) = source
    return piped(Pipe(name).group_by(Fields.NONE).every(Count(Fields("rows"))), **source)


def copied(rdd: RDD[Any], sink: Any, fields: Fields) -> int:
    """Write an RDD of tuples by pipes; return 0."""
    SparkFlowConnector(None, SETTINGS).connect(RDDTap(rdd, fields), sink, Pipe("copy")).complete()
    return 0


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


def joined_alike(pairs: RDD[Any], users: RDD[Any]) -> int:
    """Join by pipes with the function that the toolkit is given."""
    both = CoGroup(Pipe("pairs"), "user", Pipe("users"), "id", BufferJoin())
    every = Every(both, Joined(Fields("rows")), Fields.RESULTS)
    return piped(summed(every, "rows"), pairs=RDDTap(pairs, PAIR), users=RDDTap(users, USER))


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
    text, sequence, thrift = (str(folder / name) for name in ("text", "sequence", "thrift"))
    write_sequence_file(pairs, sequence, "Text", "LongWritable")
    few = rdd.filter(lambda event: event[1] % 10 == 0).cache()
    write_thrift(few, thrift, IDL, fields=_VISIT)

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

    def counters() -> int:
        found = TaskCounters(sc)
        found.map_partitions(rdd, watched).count()
        return found.value("even")

    def accumulator() -> int:
        seen = sc.accumulator(0)
        rdd.mapPartitions(lambda rows: watched(rows, lambda name: seen.add(1))).count()
        return int(seen.value)

    def in_java(path: str) -> RDD[Any]:
        return sc.sequenceFile(path)

    pages = rdd.map(itemgetter(2))
    fields = Fields(*_VISIT)
    structs = Hfs(ThriftSequenceFile(IDL, fields=["at"]), thrift)
    jobs: dict[str, tuple[Callable[[], Any], ...]] = {
        "read the cached events": (rdd.count, rdd.count),
        "group_sorted, positions": (
            lambda: by_position(0, 1),
            lambda: sessions_by_hand(rdd),
            by_pipes,
        ),
        "group_sorted, functions": (
            lambda: by_position(lambda event: event[0], lambda event: event[1]),
            lambda: sessions_by_hand(rdd),
            by_pipes,
        ),
        "group_sorted, called": (
            lambda: by_position(lambda event: event[0].lower(), lambda event: +event[1]),
            lambda: sessions_by_hand(rdd),
            by_pipes,
        ),
        "aggregate_by": (
            lambda: totals(rdd),
            lambda: totals_by_hand(rdd),
            lambda: totals_by_pipes(rdd),
        ),
        "co_group": (
            lambda: co_group([pairs, users], joined, keys=0, partitions=_TASKS).reduce(add),
            lambda: pairs.join(users, _TASKS).count(),
            lambda: joined_alike(pairs, users),
            lambda: joined_by_pipes(CoGroup, pairs, users),
        ),
        "hash_join": (
            lambda: hash_join(pairs, users).count(),
            held_by_hand,
            lambda: joined_by_pipes(HashJoin, pairs, users),
        ),
        "map_partitions_with": (
            lambda: map_partitions_with(rdd, noted, setup=StringIO, cleanup=StringIO.close).sum(),
            lambda: rdd.mapPartitions(lambda rows: noted(rows, StringIO())).sum(),
        ),
        "TaskCounters": (counters, accumulator),
        "read_text": (
            lambda: read_text(sc, text).count(),
            lambda: sc.textFile(text).count(),
            lambda: counted(lines=Hfs(TextLine(Fields("line")), text)),
        ),
        "write_text": (
            lambda: write_text(pages, folder / "lines", mode="REPLACE") * 0,
            lambda: saved_by_hand(pages, folder, "saveAsTextFile"),
            lambda: copied(
                pages.map(lambda page: (page,)),
                Hfs(TextLine(Fields("line")), str(folder / "piped"), SinkMode.REPLACE),
                Fields("line"),
            ),
        ),
        "read_sequence_file": (
            lambda: read_sequence_file(sc, sequence).count(),
            lambda: in_java(sequence).count(),
            lambda: counted(
                pairs=Hfs(WritableSequenceFile(PAIR, "Text", "LongWritable"), sequence)
            ),
        ),
        "write_sequence_file": (
            lambda: (
                write_sequence_file(pairs, folder / "pairs", "Text", "LongWritable", mode="REPLACE")
                * 0
            ),
            lambda: saved_by_hand(pairs, folder, "saveAsSequenceFile"),
        ),
        "read_thrift": (
            lambda: read_thrift(sc, thrift, IDL, fields=["at"]).map(itemgetter(0)).sum(),
            lambda: in_java(thrift).values().map(decoded).map(lambda one: one.at).sum(),
            lambda: piped(summed(Pipe("visits"), "at"), visits=structs),
        ),
        "write_thrift": (
            lambda: write_thrift(few, folder / "structs", IDL, fields=_VISIT, mode="REPLACE") * 0,
            lambda: saved_by_hand(few.map(encoded), folder, "saveAsSequenceFile"),
            lambda: copied(
                few,
                Hfs(ThriftSequenceFile(IDL, fields=_VISIT), str(folder / "put"), SinkMode.REPLACE),
                fields,
            ),
        ),
    }
    print(f"{rows:,} events, PySpark {pyspark.__version__}, Python {platform.python_version()}")
    titles = ("by hand s", "ratio", "pipes s", "ratio", "built in s", "ratio")
    print(f"{'':25}{'ours s':>8}", *(f"{title:>11}" for title in titles))
    for name, sides in jobs.items():
        ours, *others = _seconds(name, sides)
        told = [f"{part:11.2f}" for other in others for part in (other, other / ours)]
        print(f"{name:25}{ours:8.2f}", *told, flush=True)
    sc.stop()


def watched(rows: Any, count: Any) -> Iterator[Any]:
    """Count some of the rows on the side."""
    for row in rows:
        if row[1] % 2 == 0:
            count("even")
        yield row


def noted(rows: Any, log: Any) -> Iterator[int]:
    """Use something that was set up."""
    for row in rows:
        yield log.write(row[2])
        log.seek(0)


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


def saved_by_hand(rdd: RDD[Any], folder: Path, method: str) -> int:
    """Save an RDD by one of PySpark's own ways, which need a folder of their own each time."""
    getattr(rdd, method)(str(Path(tempfile.mkdtemp(dir=folder), "out")))
    return 0


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS)
