"""Hand-written PySpark RDD code: `sequenceFile`, thriftpy2's Cython protocol on a buffer that is
used again, whole partitions at a time, `saveAsNewAPIHadoopFile`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import add
from typing import Any

import thriftpy2
from pyspark import RDD, SparkContext
from pyspark.rdd import portable_hash
from thriftpy2.protocol.compact import TCompactProtocol
from thriftpy2.protocol.cybin import TCyBinaryProtocol
from thriftpy2.transport import TMemoryBuffer
from thriftpy2.transport.memory import TCyMemoryBuffer

from benchmarks.application import PARTITIONS, serve
from benchmarks.thrift.shared import Inputs, records, stored, write_answer
from examples.thrift_etl.data import IDL

__all__: list[str] = []

_HADOOP = "org.apache.hadoop."
_COMPRESS = "mapreduce.output.fileoutputformat.compress"
GAP_MS = 30 * 60_000


def module() -> Any:
    """Return the classes of the IDL; thriftpy2 loads them once in a worker."""
    return thriftpy2.load(IDL, module_name="events_thrift")


def decoder() -> Callable[[bytes], Any]:
    """Return what decodes an event."""
    event, buffer = module().Event, TCyMemoryBuffer()
    read = TCyBinaryProtocol(buffer).read_struct

    def decode(data: bytes) -> Any:
        buffer.setvalue(bytes(data))
        return read(event())

    return decode


def encoder() -> Callable[[Any], bytearray]:
    """Return what encodes a struct."""
    buffer = TCyMemoryBuffer()
    protocol = TCyBinaryProtocol(buffer)

    def encode(record: Any) -> bytearray:
        buffer.clean()
        protocol.write_struct(record)
        protocol.write_message_end()
        return bytearray(buffer.getvalue())

    return encode


def decoded(values: Iterable[Any]) -> Iterator[Any]:
    """Decode the events of a partition."""
    return map(decoder(), values)


def encoded(found: Iterable[Any]) -> Iterator[tuple[None, bytearray]]:
    """Encode the structs of a partition, as pairs to save."""
    encode = encoder()
    return ((None, encode(one)) for one in found)


def _values(sc: SparkContext, path: str) -> RDD[Any]:
    return sc.sequenceFile(path, minSplits=PARTITIONS).values()


def _save(pairs: RDD[Any], output: str, compression: str) -> None:
    pairs.saveAsNewAPIHadoopFile(
        output,
        _HADOOP + "mapreduce.lib.output.SequenceFileOutputFormat",
        _HADOOP + "io.NullWritable",
        _HADOOP + "io.BytesWritable",
        conf={
            _COMPRESS: str(compression != "none").lower(),
            f"{_COMPRESS}.type": compression.upper(),
            f"{_COMPRESS}.codec": _HADOOP + "io.compress.DefaultCodec",
        },
    )


def count(sc: SparkContext, inputs: Inputs, output: str) -> None:
    write_answer(output, sc.sequenceFile(inputs["events"], minSplits=PARTITIONS).count())


count_structs = count


def _weight(event: Any) -> int:
    size = event.id + len(event.user) + len(event.params) + len(event.place.city)
    return int(size + event.items[-1].sku + event.retries)


def rows(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _values(sc, inputs["events"]).mapPartitions(decoded)
    write_answer(output, events.map(_weight).sum())


def three(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _values(sc, inputs["events"]).mapPartitions(decoded)
    found = events.map(lambda event: len(event.url) + event.kind + event.cents)
    write_answer(output, found.sum())


def three_sums(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _values(sc, inputs["events"]).mapPartitions(decoded)
    pairs = events.map(lambda event: ((event.url, event.kind), event.cents))
    sums = pairs.reduceByKey(add, PARTITIONS)
    sums.map(lambda pair: f"{pair[0][0]}\t{pair[0][1]}\t{pair[1]}").saveAsTextFile(output)


def copy(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _values(sc, inputs["events"]).mapPartitions(decoded)
    kept = events.filter(lambda event: event.kind != 1)
    _save(kept.mapPartitions(encoded), output, inputs["compression"])


def write(sc: SparkContext, inputs: Inputs, output: str) -> None:
    tasks = sc.parallelize(list(range(PARTITIONS)), PARTITIONS)
    total = int(inputs["count"])

    def make(parts: Any) -> Iterator[Any]:
        kinds = {"Item": module().Item, "Place": module().Place}
        (part,) = parts  # all of it is taken: Spark ends a worker that leaves some
        return encoded(records(module().Event, kinds, part, total))

    _save(tasks.mapPartitions(make), output, inputs["compression"])


def write_bytes(sc: SparkContext, inputs: Inputs, output: str) -> None:
    tasks = sc.parallelize(list(range(PARTITIONS)), PARTITIONS)
    total = int(inputs["count"])

    def make(parts: Any) -> Iterator[Any]:
        (part,) = parts
        return ((None, bytearray(one)) for one in stored(part, total))

    _save(tasks.mapPartitions(make), output, inputs["compression"])


def _keyed(values: Iterable[Any]) -> Iterator[Any]:
    for event in decoded(values):
        yield (event.user, event.ms), (event.cents, event.place.country)


def _sessions(pairs: Iterable[Any]) -> Iterator[Any]:
    for user, group in groupby(pairs, key=lambda pair: pair[0][0]):
        country, first, last, events, cents = None, 0, 0, 0, 0
        for (_, ms), (amount, place) in group:
            if events and ms - last > GAP_MS:
                yield user, (country, events, cents, last - first)
                events = cents = 0
            if not events:
                country, first = place, ms
            last = ms
            events += 1
            cents += amount
        yield user, (country, events, cents, last - first)


def _profiles(values: Iterable[Any]) -> Iterator[tuple[str, str]]:
    profile = module().Profile
    for data in values:
        found = profile()
        found.read(TCompactProtocol(TMemoryBuffer(bytes(data))))
        yield found.user, found.plan


def _totals(one: Any, other: Any) -> Any:
    sums = [mine + others for mine, others in zip(one[:4], other[:4], strict=True)]
    return (*sums, max(one[4], other[4]))


def etl(sc: SparkContext, inputs: Inputs, output: str) -> None:
    events = _values(sc, inputs["events"]).mapPartitions(_keyed)
    in_order = events.repartitionAndSortWithinPartitions(
        PARTITIONS, lambda key: portable_hash(key[0])
    )
    found = in_order.mapPartitions(_sessions)
    plans = _values(sc, inputs["profiles"]).mapPartitions(_profiles)
    joined = found.leftOuterJoin(plans, PARTITIONS).values()
    keyed = joined.map(
        lambda pair: ((pair[0][0], pair[1]), (1, pair[0][1], pair[0][2], pair[0][3], pair[0][3]))
    )
    totals = keyed.reduceByKey(_totals, 1)

    def structs(pairs: Any) -> Iterator[Any]:
        total = module().Total
        names = ("sessions", "events", "cents", "ms", "longest")
        for (country, plan), sums in pairs:
            yield total(country=country, plan=plan, **dict(zip(names, sums, strict=True)))

    _save(totals.mapPartitions(structs).mapPartitions(encoded), output, "none")


if __name__ == "__main__":
    serve(sys.modules[__name__], "three_sums")
