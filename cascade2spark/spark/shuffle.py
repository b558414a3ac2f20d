"""Moving blocks between tasks: ``(partition, block)`` pairs through Spark's shuffle.

A record never crosses the shuffle by itself. The map side gathers rows, finds the partition of all
of them at once, and hands out one block for each partition; the reduce side puts its blocks in
arrival order — (source, map partition, sequence) — before it decodes them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, cast

import attrs
from py4j.protocol import Py4JError
from pyspark import RDD, SparkContext
from pyspark.core.rdd import Partitioner
from pyspark.serializers import BatchedSerializer

from cascade2spark.batch.batches import (
    Batch,
    Columns,
    NotColumns,
    Rows,
    batch_rows,
    column_parts,
    is_within_column,
    rows_memory,
)
from cascade2spark.batch.blocks import encode_block
from cascade2spark.batch.key_counts import KeyCounter
from cascade2spark.batch.lifecycle import ROWS_TO_COLUMNS, TaskReport
from cascade2spark.batch.split import OnBad, common_schema, split_batch, united
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.selection import Pick
from cascade2spark.spark.end_to_end import end_to_end
from cascade2spark.spark.task_groups import TaskGroups

__all__ = ["Exchange", "ExchangeWriter", "exchanged", "reduce_partitions"]

# So many times what a map task cuts up at once lies in memory meanwhile.
_DRAINS = 4
# Up to so many partitions Spark's map tasks write a file for each, then one after a sort.
_MANY_FILES = "spark.shuffle.sort.bypassMergeThreshold"
_LEAST_BYTES = 1 << 16
# A block of so many times the target is left whole: near it, fewer blocks are worth more.
_MOST_TARGETS = 2
# Rows that become columns at once: more make no faster columns, and rows take five times the room.
_GATHERED_ROWS = 8_192
_GATHERED_BYTES = 1 << 21
_MIB = 1 << 20
_MANY_PARTITIONS = 1000  # partitions
# What several pairs that travel as one hold at most.
_FRAME_BYTES = 1 << 17


@attrs.frozen
class Exchange:
    """How one input of a grouping step is spread over partitions.

    Args:
        key: cuts the key out of a row.
        order: whose hash decides the partition.
        partitions: number of reduce partitions.
        source: which input of the step this is, the first part of the arrival order.
        block_bytes: target size of a block.
        map_bytes: most bytes that a map task may hold in rows and blocks.
        to_columns: the reduce side groups columns: rows that have an exact column form travel in
            it, be they ever so few, because one block of rows makes rows of a whole partition.
    """

    key: Pick
    order: AnyKeyOrder
    partitions: int
    source: int
    block_bytes: int
    map_bytes: int
    to_columns: bool = False

    @property
    def drain_bytes(self) -> int:
        """Return how much a map task gathers before it cuts it up into a block per partition.

        Of that much there are at once: what is cut up, the same again as it lies in its new order,
        once for hashes and what the allocators keep, and blocks on their way out. Gathering for as
        long as the budget allows makes blocks as large as can be where there are many partitions.
        """
        return max(_LEAST_BYTES, min(self.block_bytes * self.partitions, self.map_bytes // _DRAINS))


class ExchangeWriter:
    """Turns the batches of one map task into ``(partition, block)`` pairs.

    Args:
        exchange: where rows go.
        map_partition: number of the map task within its source.
        on_bad: called with the error and the row for a row that has no key, or one that cannot be
            hashed; it raises, or the row is left out.
        report: takes conversions and fall-backs, and the heaviest keys when all was written.
        site: key of the group that receives the rows, under which the report has them.
    """

    def __init__(
        self,
        exchange: Exchange,
        map_partition: int,
        on_bad: OnBad | None = None,
        report: TaskReport | None = None,
        site: int = 0,
    ) -> None:
        self._on_bad = on_bad
        self._exchange = exchange
        self._map_partition = map_partition
        self._report = report or TaskReport()
        self._site = site
        self._keys = KeyCounter(exchange.key, exchange.order)
        self._sequence = 0
        self._rows: Rows = []
        self._columns: list[Columns] = []
        self._schema: Any = None
        self._row_bytes = 0
        self._column_bytes = 0
        self._limit = exchange.drain_bytes
        self._refusal: str | None = None

    @property
    def _converts(self) -> bool:
        # After one refusal every partition has a block of rows: columns would be of no use.
        return self._exchange.to_columns and self._refusal is None

    def push(self, batch: Batch) -> Iterator[tuple[int, bytes]]:
        """Take a batch; yield the blocks that are full."""
        if isinstance(batch, list):
            yield from self._push_rows(batch)
        else:
            if self._rows and self._converts:
                yield from self._convert()
            if self._rows:
                yield from self._drain()
            yield from self._push_columns(batch)
        if self._column_bytes >= self._limit or (
            self._row_bytes >= self._limit and not self._converts
        ):
            yield from self._drain()

    def finish(self) -> Iterator[tuple[int, bytes]]:
        """Yield the blocks that remain, and report which keys were the heaviest."""
        yield from self._drain()
        place = self._site, self._exchange.source
        self._report.keys.setdefault(place, []).append(self._keys.record())

    def _push_rows(self, batch: Rows) -> Iterator[tuple[int, bytes]]:
        if not batch:
            return
        if self._columns and not self._converts:
            yield from self._drain()
        self._rows.extend(batch)
        self._row_bytes += rows_memory(batch)
        is_many = len(self._rows) >= _GATHERED_ROWS or self._row_bytes >= _GATHERED_BYTES
        if is_many and self._converts:
            yield from self._convert()

    def _push_columns(self, batch: Columns) -> Iterator[tuple[int, bytes]]:
        if not batch.num_rows:
            return
        schema = batch.schema if not self._columns else common_schema(self._schema, batch.schema)
        if schema is None or not is_within_column(self._column_bytes + batch.nbytes):
            yield from self._drain()
            schema = batch.schema
        self._schema = schema
        self._columns.append(batch)
        self._column_bytes += batch.nbytes

    def _convert(self) -> Iterator[tuple[int, bytes]]:
        """Turn the rows that are held into columns; where they have none they stay rows."""
        rows, self._rows = self._rows, []
        row_bytes, self._row_bytes = self._row_bytes, 0
        try:
            made = column_parts(rows, len(rows[0]))
        except NotColumns as reason:
            self._refusal = str(reason)
            yield from self._drain()
            self._rows, self._row_bytes = rows, row_bytes
        else:
            self._report.count_conversion(self._site, ROWS_TO_COLUMNS)
            for part in made:
                yield from self._push_columns(part)

    def _drain(self) -> Iterator[tuple[int, bytes]]:
        if self._rows and self._converts:
            yield from self._convert()
        rows, self._rows = self._rows, []
        columns, self._columns = self._columns, []
        self._row_bytes = self._column_bytes = 0
        if columns:
            whole = united(columns, self._schema)
            columns.clear()  # or they would be held until the last block has left
            yield from self._blocks(whole)
        if rows:
            if self._refusal is not None:
                self._report.count_fallback(self._site, self._refusal)
            yield from self._blocks(rows)

    def _blocks(self, batch: Batch) -> Iterator[tuple[int, bytes]]:
        exchange = self._exchange
        parts = split_batch(
            batch,
            exchange.key,
            exchange.order,
            exchange.partitions,
            self._on_bad,
            self._keys.add,
        )
        for partition, part in parts:
            if batch_rows(part):
                for piece in _of_size(part, exchange.block_bytes):
                    yield partition, self._encoded(piece)

    def _encoded(self, part: Batch) -> bytes:
        block = encode_block(part, self._exchange.source, self._map_partition, self._sequence)
        self._sequence += 1
        return block


def _of_size(part: Batch, block_bytes: int) -> Iterator[Batch]:
    """Cut columns that are far above the target: of a heavy key, or where the target is small.

    A batch that was read is gathered whole, whatever the target. Rows come in small batches.
    """
    if isinstance(part, list) or part.nbytes <= _MOST_TARGETS * block_bytes:
        yield part
        return
    step = -(-part.num_rows // -(-part.nbytes // block_bytes))
    for start in range(0, part.num_rows, step):
        yield part.slice(start, step)


def exchanged(
    context: SparkContext,
    pairs: list[RDD[Any]],
    partitions: int,
    groups: TaskGroups | None = None,
) -> RDD[Any]:
    """Return an RDD of ``(partition, block)`` pairs where each block lies in its partition.

    Args:
        pairs: one RDD of pairs for each lineage that feeds the exchange.
        partitions: number of reduce partitions.
        groups: which of them one partition of the RDD has; each has one without.
    """
    groups = groups or TaskGroups(partitions, partitions)
    together = end_to_end(context, pairs)
    with contextlib.suppress(AttributeError, TypeError, Py4JError):  # another Spark inside
        return _streamed(context, together, groups)
    # partitionBy holds more and more elements while its chunks are below 1 MiB, and looks at this
    # limit only at every 1000th: with none left, that is where it always hands them on.
    together._memory_limit = _no_memory  # type: ignore[method-assign]
    return together.partitionBy(groups.tasks, _TaskOf(groups))


def _streamed(context: SparkContext, pairs: RDD[Any], groups: TaskGroups) -> RDD[Any]:
    """Do what partitionBy does, but hand on each block as soon as it is made.

    So Spark writes a block while the next one is made, and no worker holds blocks that are done.
    """
    partitions = groups.tasks
    jvm, identity = cast(Any, context._jvm), _TaskOf(groups)
    framing = _Framing(context._unbatched_serializer, groups)
    framed = pairs.mapPartitions(framing, True)
    framed._bypass_serializer = True  # type: ignore[attr-defined]
    numbered = jvm.PairwiseRDD(framed._jrdd.rdd())
    if partitions > int(context._conf.get(_MANY_FILES) or 200):
        keyed = numbered.asJavaPairRDD()
    else:
        # As pairs of anything: of a number and bytes Spark takes Kryo, whatever it is told, and
        # while it writes a file for each partition makes a Kryo for each, of 2 to 6 ms each.
        keyed = jvm.JavaPairRDD.fromJavaRDD(numbered.toJavaRDD())
    moved = keyed.partitionBy(jvm.PythonPartitioner(partitions, id(identity)))
    reading = BatchedSerializer(context._unbatched_serializer)  # type: ignore[no-untyped-call]
    found: RDD[Any] = RDD(jvm.PythonRDD.valueOfPair(moved), context, reading)
    # Spark knows the partitioner by where it lies in memory: nothing else may come to lie there.
    found.partitioner = Partitioner(partitions, identity)
    return found


def reduce_partitions(
    input_bytes: int, cores: int, unknown_partitions: int = 0, memory_bytes: int = 512 * _MIB
) -> int:
    """Return how many reduce partitions an exchange gets when nobody says.

    A task costs 20 to 50 ms whatever it does, so small inputs get few and middling ones one wave.
    Of large ones each gets a fifth of a task's memory: a task holds a quarter before it spills,
    which costs two to three times as much as not to spill. Of an RDD that was given only the
    number of partitions is known: whoever cut it up so far had data for as many, up to a number
    beyond which blocks would be tiny.

    Args:
        input_bytes: size of everything read below the exchange, as far as it can be told.
        cores: the context's default parallelism.
        unknown_partitions: the most partitions of an input whose size cannot be told, 0 if there
            is none.
        memory_bytes: a task's limit.
    """
    by_size = 1
    if input_bytes > 4 * _MIB:
        one_wave = min(cores, -(-input_bytes // (8 * _MIB)))
        by_memory = -(-input_bytes // (memory_bytes // 5))
        # Beyond a thousand of them blocks would be tiny, which costs more than to spill.
        by_size = max(
            one_wave, min(by_memory, max(_MANY_PARTITIONS, -(-input_bytes // (256 * _MIB))))
        )
    if not unknown_partitions:
        return by_size
    return max(cores, by_size, min(unknown_partitions, _MANY_PARTITIONS))


@attrs.frozen
class _Framing:
    """Makes two things for Spark of a pair: the number of its task, and it, pickled.

    Where a task has several partitions, small pairs for it travel as one: Spark handles each thing
    by itself, in 10 to 20 microseconds.
    """

    serializer: Any
    groups: TaskGroups

    def __call__(self, pairs: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
        dumps = self.serializer.dumps
        if self.groups.are_single:
            for pair in pairs:
                yield pair[0].to_bytes(8, "big")
                yield dumps([pair])
            return
        for task, together in self._together(pairs):
            yield task.to_bytes(8, "big")
            yield dumps(together)

    def _together(
        self, pairs: Iterable[tuple[int, bytes]]
    ) -> Iterator[tuple[int, list[tuple[int, bytes]]]]:
        task_of = self.groups.task_of
        held: list[tuple[int, bytes]] = []
        task = size = 0
        for pair in pairs:
            its_task = task_of(pair[0])
            if held and (its_task != task or size + len(pair[1]) > _FRAME_BYTES):
                yield task, held
                held, size = [], 0
            task = its_task
            held.append(pair)
            size += len(pair[1])
        if held:
            yield task, held


class _TaskOf:
    """Says which task does the partition that a pair names.

    Each exchange has one of its own: Spark tells partitioners apart by it, and lays what has one
    partitioner on top of each other where it should go end to end.
    """

    def __init__(self, groups: TaskGroups) -> None:
        self._groups = groups

    def __call__(self, partition: int) -> int:
        return self._groups.task_of(partition)


def _no_memory() -> int:
    return 0
