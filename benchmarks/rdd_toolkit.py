"""The jobs of bench_rdd_toolkit: by the toolkit, as they are written in PySpark, and in pipes."""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Iterator
from io import StringIO
from operator import itemgetter
from pathlib import Path
from typing import Any

import thriftpy2
from pyspark import RDD
from pyspark.rdd import portable_hash
from thriftpy2.utils import deserialize, serialize

from cascade2spark import (
    BaseOperation,
    Buffer,
    CoGroup,
    Every,
    Fields,
    Pipe,
    SparkFlowConnector,
    aggregator,
    buffer,
)
from cascade2spark.joiners import BufferJoin
from cascade2spark.operations import Count, Sum
from cascade2spark.rdd import aggregate_by
from cascade2spark.taps import MemoryTap, RDDTap

__all__ = [
    "IDL",
    "PAIR",
    "TASKS",
    "VISIT",
    "copied",
    "counted",
    "decoded",
    "encoded",
    "events",
    "joined",
    "joined_alike",
    "joined_by_pipes",
    "noted",
    "piped",
    "saved_by_hand",
    "sessions",
    "sessions_by_hand",
    "sessions_by_pipes",
    "summed",
    "totals",
    "totals_by_hand",
    "totals_by_pipes",
    "watched",
]

TASKS = 4
_GAP_S = 1_000_000


def events(rows: int, part: int) -> Iterator[tuple[str, int, str]]:
    """Yield the events of one partition: users with few events and users with many."""
    rng = random.Random(part)
    for _ in range(rows // TASKS):
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
    found = keyed.repartitionAndSortWithinPartitions(TASKS, lambda key: portable_hash(key[0]))
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
        partitions=TASKS,
    )
    return int(found.map(itemgetter(1)).sum())


def totals_by_hand(rdd: RDD[Any]) -> int:
    """Sum and count for each user, by `aggregateByKey`."""
    found = rdd.map(lambda event: (event[0], event[1])).aggregateByKey(
        (0, 0),
        lambda state, at: (state[0] + at, state[1] + 1),
        lambda left, right: (left[0] + right[0], left[1] + right[1]),
        TASKS,
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
VISIT = ["user", "at", "page"]


def visit() -> Any:
    """Return thriftpy2's class of the IDL, which it keeps by name."""
    return thriftpy2.load_fp(StringIO(IDL), "visits_thrift").Visit


def decoded(data: bytes) -> Any:
    """Read a struct as it is done by hand."""
    return deserialize(visit()(), bytes(data))


def encoded(event: Any) -> tuple[None, bytearray]:
    """Write a struct as it is done by hand."""
    return None, bytearray(serialize(visit()(**dict(zip(VISIT, event, strict=True)))))


EVENT = Fields("user", "at", "page")
PAIR, USER = Fields("user", "at"), Fields("id", "n")


SETTINGS = {"cascade2spark.partitions": TASKS, "cascade2spark.progress": "off"}


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


def saved_by_hand(rdd: RDD[Any], folder: Path, method: str) -> int:
    """Save an RDD by one of PySpark's own ways, which need a folder of their own each time."""
    getattr(rdd, method)(str(Path(tempfile.mkdtemp(dir=folder), "out")))
    return 0
