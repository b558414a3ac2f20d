"""Moving blocks between tasks: ``(partition, block)`` pairs through `partitionBy`.

A record never crosses the shuffle by itself. The map side gathers rows, finds the partition of all
of them at once, and hands out one block for each partition; the reduce side puts its blocks in
arrival order — (source, map partition, sequence) — before it decodes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import pyarrow as pa
from pyspark import RDD, SparkContext

from cascade2spark.batch.batches import Batch, Columns, Rows
from cascade2spark.batch.blocks import arrival_order, encode_block
from cascade2spark.batch.split import OnBad, split_batch
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick

__all__ = ["Exchange", "ExchangeWriter", "exchanged", "ordered_blocks", "reduce_partitions"]

# PySpark's partitionBy holds min(10 * partitions, 1000) elements before it looks at memory.
_HELD_ELEMENTS = 1000
_BYTES_A_ROW = 24
_BYTES_A_VALUE = 16
_SAMPLED_ROWS = 8
_MIB = 1 << 20


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
    """

    key: Pick
    order: KeyOrder
    partitions: int
    source: int
    block_bytes: int
    map_bytes: int

    @property
    def target_bytes(self) -> int:
        """Return the block size that keeps a map task within its budget."""
        held = min(10 * self.partitions, _HELD_ELEMENTS)
        return max(4096, min(self.block_bytes, self.map_bytes // held))


class ExchangeWriter:
    """Turns the batches of one map task into ``(partition, block)`` pairs.

    Args:
        exchange: where rows go.
        map_partition: number of the map task within its source.
        on_bad: called with the error and the row for a row that has no key, or one that cannot be
            hashed; it raises, or the row is left out.
    """

    def __init__(self, exchange: Exchange, map_partition: int, on_bad: OnBad | None = None) -> None:
        self._on_bad = on_bad
        self._exchange = exchange
        self._map_partition = map_partition
        self._sequence = 0
        self._rows: Rows = []
        self._columns: list[Columns] = []
        self._held_bytes = 0
        self._limit = exchange.target_bytes * min(exchange.partitions, 64)

    def push(self, batch: Batch) -> Iterator[tuple[int, bytes]]:
        """Take a batch; yield the blocks that are full."""
        if isinstance(batch, list):
            if not batch:
                return
            if self._columns:
                yield from self._drain()
            self._rows.extend(batch)
            self._held_bytes += _bytes_in(batch)
        else:
            # A column that is all null in one batch has another type there: no block holds both.
            if self._rows or (self._columns and self._columns[0].schema != batch.schema):
                yield from self._drain()
            self._columns.append(batch)
            self._held_bytes += batch.nbytes
        if self._held_bytes >= self._limit:
            yield from self._drain()

    def finish(self) -> Iterator[tuple[int, bytes]]:
        """Yield the blocks that remain."""
        yield from self._drain()

    def _drain(self) -> Iterator[tuple[int, bytes]]:
        rows, self._rows = self._rows, []
        columns, self._columns = self._columns, []
        self._held_bytes = 0
        exchange = self._exchange
        whole: Batch = rows
        if columns:
            whole = columns[0] if len(columns) == 1 else pa.concat_batches(columns)
        elif not rows:
            return
        parts = split_batch(whole, exchange.key, exchange.order, exchange.partitions, self._on_bad)
        for partition, part in parts:
            block = encode_block(part, exchange.source, self._map_partition, self._sequence)
            self._sequence += 1
            yield partition, block


def _bytes_in(rows: Rows) -> int:
    """Return about how much memory some rows take, judged by a few of them."""
    some = rows[:: max(1, len(rows) // _SAMPLED_ROWS)]
    held = 0
    for row in some:
        texts = sum([len(value) for value in row if isinstance(value, (str, bytes))])
        held += _BYTES_A_ROW + _BYTES_A_VALUE * len(row) + texts
    return held * len(rows) // len(some)


def exchanged(context: SparkContext, pairs: list[RDD[Any]], partitions: int) -> RDD[Any]:
    """Return an RDD of ``(partition, block)`` pairs where each block lies in its partition.

    Args:
        pairs: one RDD of pairs for each lineage that feeds the exchange.
        partitions: number of reduce partitions.
    """
    united = pairs[0] if len(pairs) == 1 else context.union(pairs)
    return united.partitionBy(partitions, _identity)


def ordered_blocks(pairs: Iterable[tuple[int, bytes]]) -> list[bytes]:
    """Return the blocks of one reduce partition in arrival order."""
    return arrival_order(block for _, block in pairs)


def reduce_partitions(input_bytes: int | None, cores: int) -> int:
    """Return how many reduce partitions an exchange gets when nobody says.

    A task costs 20 to 50 ms whatever it does, so small inputs get few and middling ones one wave;
    beyond 256 MiB for each core the size of a partition decides.

    Args:
        input_bytes: size of everything read below the exchange, None when it cannot be told.
        cores: the context's default parallelism.
    """
    if input_bytes is None:
        return cores
    if input_bytes <= 4 * _MIB:
        return 1
    one_wave = min(cores, -(-input_bytes // (8 * _MIB)))
    return max(one_wave, -(-input_bytes // (256 * _MIB)))


def _identity(partition: int) -> int:
    return partition
