"""The held sides of a HashJoin: collected as blocks, broadcast, one table for each worker process.

The side's rows stay on the executors until their size is known; what would not fit is refused with
the figure, before anything is collected. A worker process builds a table once and keeps it for its
later tasks.

When memory is given back
    A table goes when PySpark lets go of the broadcast it was made from: when the worker process
    begins a task that does not need it, one of another chain or of the flow after this one. It goes
    two seconds after the last task that used it, too, so that a worker without work holds none.
    Tasks of two joins that take turns on a worker, as those of flows run at the same time may, make
    PySpark send the broadcast again and us build its table again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

import attrs
from pyspark import RDD, Broadcast, SparkContext

from cascade2spark.batch.batches import NotColumns, Rows
from cascade2spark.batch.batches import rows_of as rows_of_columns
from cascade2spark.batch.blocks import arrival_order, decode_all, read_header
from cascade2spark.batch.column_table import ColumnTable
from cascade2spark.batch.hash_join import JoinTable
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.specs import SiteSpec
from cascade2spark.batch.table_cache import TableCache
from cascade2spark.context_settings import bytes_of
from cascade2spark.errors import FlowError
from cascade2spark.fields import Fields
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.selection import Pick
from cascade2spark.value_text import size_text

__all__ = ["BroadcastSide", "BroadcastTables", "HeldSide", "broadcast_side"]

_KIB = 1 << 10
# Python rows in a dict take so many times the bytes of their blocks (measured: 7.4).
_ROWS_FACTOR = 8
# What Spark counts besides the blocks: a few hundred bytes around each, metrics of each task.
_BLOCK_EXTRA_BYTES = 128
_TASK_EXTRA_BYTES = 8 * _KIB


@attrs.frozen(eq=False)
class BroadcastSide:
    """One held side, on the driver.

    Args:
        blocks: the broadcast blocks, in arrival order.
        size_bytes: their size.
        rows: rows in them.
    """

    blocks: Broadcast[list[bytes]]
    size_bytes: int
    rows: int

    def release(self, *, is_final: bool = True) -> None:
        """Drop the executors' copies, and if it is final the driver's."""
        if is_final:
            self.blocks.destroy()
        else:
            self.blocks.unpersist()


_cache = TableCache()


@attrs.frozen(eq=False)
class HeldSide:
    """What a task needs to know of a held side; picklable.

    Args:
        blocks: the broadcast blocks, in arrival order.
        key: cuts the key out of a row.
        fields: the side's fields.
    """

    blocks: Broadcast[list[bytes]]
    key: Pick
    fields: Fields


@attrs.frozen(eq=False)
class BroadcastTables:
    """Gives tasks the tables of the held sides; picklable.

    Args:
        sides: the held sides.
        order: the key order of the join.
        limit_bytes: most bytes of tables that a process keeps for later tasks.
    """

    sides: tuple[HeldSide, ...]
    order: AnyKeyOrder
    limit_bytes: int

    def tables(self, task: TaskContext) -> Sequence[JoinTable]:
        """Return a table of rows for each held side, built at most once in this process."""
        return [self._table("rows", side, self._of_rows, task) for side in self.sides]

    def column_tables(self, task: TaskContext) -> Sequence[ColumnTable]:
        """Return a table of columns for each held side, built at most once in this process.

        Raises:
            NotColumns: a side has no exact column form.
        """
        found: list[ColumnTable] = []
        for side in self.sides:
            table = self._table("columns", side, self._of_columns, task)
            if isinstance(table, NotColumns):
                raise NotColumns(str(table))
            found.append(table)
        return found

    def _table(
        self, form: str, side: HeldSide, build: Callable[[HeldSide], Any], task: TaskContext
    ) -> Any:
        # Sides of one stream may share a broadcast, and differ in their keys.
        name = form, side.key.positions or self.sides.index(side)
        return _cache.table(side.blocks, name, partial(build, side), task, self.limit_bytes)

    def _of_rows(self, side: HeldSide) -> tuple[JoinTable, int]:
        with _value_of(side.blocks) as blocks:
            table = JoinTable(_rows_of(blocks), side.key, self.order)
            return table, _ROWS_FACTOR * _size_of(blocks)

    def _of_columns(self, side: HeldSide) -> tuple[ColumnTable | NotColumns, int]:
        with _value_of(side.blocks) as blocks:
            try:
                table = ColumnTable(decode_all(blocks), len(side.fields), side.key.positions or ())
            except NotColumns as reason:
                # Kept as well: no later task has to find out again.
                return NotColumns(str(reason)), 0
            return table, table.size_bytes


@contextmanager
def _value_of(blocks: Broadcast[list[bytes]]) -> Iterator[list[bytes]]:
    """Give the blocks for a while: what is made of them is kept, and they can be read again."""
    yield blocks.value
    if getattr(blocks, "_path", None) is not None:
        vars(blocks).pop("_value", None)


def broadcast_side(
    context: SparkContext,
    blocks: RDD[Any] | Sequence[bytes],
    site: SiteSpec,
    held: SiteSpec,
    fields: Fields,
    limit_bytes: int,
    result_bytes: int | None = None,
) -> BroadcastSide:
    """Collect and broadcast one held side.

    Args:
        blocks: persisted blocks of the side, or all of them where the driver has them.
        site: the join, for the message.
        held: the pipe that makes the side, for the message.
        fields: the side's fields, for the message.
        limit_bytes: most serialised bytes.
        result_bytes: most bytes that Spark lets the driver collect, 0 for any number; None for what
            the context says.
    Raises:
        FlowError: the side is larger than a limit. No more than that limit was collected then.
    """
    found: list[bytes] | None
    if isinstance(blocks, RDD):
        size, found, limit = _collected(context, blocks, limit_bytes, result_bytes)
    else:
        size, found, limit = _size_of(blocks), list(blocks), None
    if size > limit_bytes:
        found, limit = None, f"{size_text(limit_bytes)} (cascade2spark.broadcast.max.bytes)"
    if found is None:
        raise FlowError(
            f"{site.label}: the side of {held.label} is too large to hold in every task",
            details={
                "size": f"{size_text(size)} serialised",
                "limit": limit,
                "fields": fields,
                "side": held.branch or held.label,
            },
            origin=site.origin,
            branch=site.branch,
            fix="use CoGroup, which does the same with an exchange",
        )
    found = arrival_order(found)
    rows = sum(read_header(block).rows for block in found)
    return BroadcastSide(context.broadcast(found), size, rows)


def _collected(
    context: SparkContext, blocks: RDD[Any], limit_bytes: int, result_bytes: int | None
) -> tuple[int, list[bytes] | None, str | None]:
    """Return the size of persisted blocks and themselves, or the limit beyond which they are."""
    if result_bytes is None:
        text = context._conf.get("spark.driver.maxResultSize") or "1g"
        result_bytes = bytes_of(text, "b")
    partitions = max(blocks.getNumPartitions(), 1)
    # Partitions that are small come along with their size, which mostly saves a second job.
    share = min(limit_bytes, result_bytes // 2 or limit_bytes) // partitions
    parts = blocks.mapPartitions(_Weighing(share)).collect()
    size = sum(part for part, _, _ in parts)
    count = sum(number for _, number, _ in parts)
    collected = size + count * _BLOCK_EXTRA_BYTES + len(parts) * _TASK_EXTRA_BYTES
    if size > limit_bytes:
        return size, None, None
    if 0 < result_bytes < collected:
        return size, None, f"{size_text(result_bytes)} to the driver (spark.driver.maxResultSize)"
    came = [own for _, _, own in parts if own is not None]
    whole = chain.from_iterable(came) if len(came) == len(parts) else blocks.collect()
    return size, list(whole), None


@attrs.frozen
class _Weighing:
    """Tells bytes and number of a partition's blocks, with the blocks themselves if they are few.

    Args:
        most_bytes: what few is.
    """

    most_bytes: int

    def __call__(self, blocks: Any) -> Iterator[tuple[int, int, list[bytes] | None]]:
        size = count = 0
        found: list[bytes] = []
        for block in blocks:
            size, count = size + read_header(block).size, count + 1
            if size <= self.most_bytes:
                found.append(block)
        yield size, count, found if size <= self.most_bytes else None


def _size_of(blocks: Iterable[bytes]) -> int:
    """Return the size of blocks, before they were packed."""
    return sum(read_header(block).size for block in blocks)


def _rows_of(blocks: Any) -> Iterator[Rows]:
    for batch in decode_all(blocks):
        yield batch if isinstance(batch, list) else rows_of_columns(batch)
