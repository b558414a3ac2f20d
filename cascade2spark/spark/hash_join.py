"""The held sides of a HashJoin: collected as blocks, broadcast, one table for each worker process.

The side's rows stay on the executors until their size is known; what would not fit is refused with
the figure. A worker builds a table once and keeps it for its later tasks, by broadcast id, within
a limit; tables of other runs go first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from pyspark import RDD, Broadcast, SparkContext

from cascade2spark.batch.batches import Rows
from cascade2spark.batch.batches import rows_of as rows_of_columns
from cascade2spark.batch.blocks import arrival_order, decode_all, read_header
from cascade2spark.batch.hash_join import JoinTable
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.specs import SiteSpec
from cascade2spark.errors import FlowError
from cascade2spark.fields import Fields
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick

__all__ = ["BroadcastSide", "BroadcastTables", "broadcast_side"]

_MIB = 1 << 20
# Most tables that one worker process keeps; flows hold few sides at a time.
_MOST_TABLES = 16
_tables: OrderedDict[tuple[str, int, int], JoinTable] = OrderedDict()


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


@attrs.frozen(eq=False)
class BroadcastTables:
    """Gives tasks the tables of the held sides; picklable.

    Args:
        token: unique to the RDDs of one run, whose tables a worker keeps.
        step: number of the join's step.
        sides: for each held side its blocks and its key.
        order: the key order of the join.
    """

    token: str
    step: int
    sides: tuple[tuple[Broadcast[list[bytes]], Pick], ...]
    order: KeyOrder

    def tables(self, task: TaskContext) -> Sequence[JoinTable]:
        """Return a table for each held side, built at most once in this process."""
        return [self._table(place, *side) for place, side in enumerate(self.sides)]

    def _table(self, place: int, blocks: Broadcast[list[bytes]], key: Pick) -> JoinTable:
        name = (self.token, self.step, place)
        table = _tables.get(name)
        if table is None:
            for other in [held for held in _tables if held[0] != self.token]:
                del _tables[other]
            table = _tables[name] = JoinTable(_rows_of(blocks.value), key, self.order)
            while len(_tables) > _MOST_TABLES:
                _tables.popitem(last=False)
        return table


def broadcast_side(
    context: SparkContext, blocks: RDD[Any], site: SiteSpec, fields: Fields, limit_bytes: int
) -> BroadcastSide:
    """Collect and broadcast one held side.

    Args:
        blocks: persisted blocks of the side.
        site: the join, for the message.
        fields: the side's fields, for the message.
        limit_bytes: most serialised bytes.
    Raises:
        FlowError: the side is larger than the limit.
    """
    size = int(blocks.map(len).sum())
    if size > limit_bytes:
        raise FlowError(
            f"{site.label}: a side is too large to hold in every task",
            details={
                "size": f"{size / _MIB:.1f} MiB serialised",
                "limit": f"{limit_bytes / _MIB:.1f} MiB (cascade2spark.broadcast.max.bytes)",
                "fields": fields,
            },
            origin=site.origin,
            branch=site.branch,
            fix="use CoGroup, which does the same with an exchange",
        )
    held = arrival_order(blocks.collect())
    rows = sum(read_header(block).rows for block in held)
    return BroadcastSide(context.broadcast(held), size, rows)


def _rows_of(blocks: Any) -> Iterator[Rows]:
    for batch in decode_all(blocks):
        yield batch if isinstance(batch, list) else rows_of_columns(batch)
