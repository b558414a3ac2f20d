"""Where rows leave a task chain on Spark: into an exchange, a persisted RDD, or the driver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import attrs

from cascade2spark.batch.batches import Batch, Row, batch_rows
from cascade2spark.batch.batches import rows_of as rows_of_columns
from cascade2spark.batch.blocks import encode_block
from cascade2spark.batch.lifecycle import COLUMNS_TO_ROWS, TaskContext
from cascade2spark.batch.sink_cut import SinkCut
from cascade2spark.batch.specs import SiteSpec
from cascade2spark.counters import StepCounters, counter_name
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.operations.failures import located_error
from cascade2spark.selection import Pick
from cascade2spark.spark.shuffle import Exchange, ExchangeWriter

__all__ = ["BlockLeaf", "ExchangeLeaf", "Maker", "RowsSink"]

_Item = TypeVar("_Item")

_WRITTEN = counter_name(StepCounters.Tuples_Written)
_BLOCK_ROWS = 8_000


@attrs.frozen
class Maker:
    """The last pipe that worked on the rows that leave a chain, and what their values are called.

    Args:
        fields: None where rows are states of aggregators.
    """

    site: SiteSpec
    fields: Fields | None

    def sending(self, blocks: Iterator[_Item]) -> Iterator[_Item]:
        """Pass blocks on as they are made; complete the error of a value that cannot travel."""
        try:
            yield from blocks
        except RunError as error:
            if error.fields is None and error.row is not None:
                error.fields = self.fields
            located = located_error(error, self.site, None, None)
            raise located from located.__cause__


@attrs.frozen
class ExchangeLeaf:
    """Hands out ``(partition, block)`` pairs.

    Args:
        exchange: where rows go.
        first_partition: number of the first map task of this lineage, so that the arrival order
            of several lineages of one input is fixed.
        site: the group that receives the rows, for statistics and errors.
        trap: number of its trap, for rows whose key cannot be told; None without one.
        maker: who made the rows, for values that cannot travel.
        fields: of the rows, for errors.
    """

    exchange: Exchange
    first_partition: int
    site: SiteSpec
    trap: int | None
    maker: Maker
    fields: Fields | None = None

    def open(self, task: TaskContext) -> _ExchangeLeafWriter:
        """Return the writer of one task."""
        return _ExchangeLeafWriter(self, task)


class _ExchangeLeafWriter:
    takes_selections = True

    def __init__(self, leaf: ExchangeLeaf, task: TaskContext) -> None:
        slice_num = task.flow_process.get_current_slice_num()
        self._site, self._trap, self._task = leaf.site, leaf.trap, task
        self._fields = leaf.fields
        self._sending = leaf.maker.sending
        map_partition = leaf.first_partition + slice_num
        self._writer = ExchangeWriter(
            leaf.exchange, map_partition, self._refuse, task.report, leaf.site.key
        )

    def _refuse(self, error: Exception, row: Row) -> None:
        """Trap a row that has no key, or fail."""
        located = located_error(error, self._site, row, self._fields)
        if self._trap is None:
            raise located from located.__cause__
        self._task.report.count_rows(self._site.key, 1, 0)
        self._task.trap(self._trap, row, located, self._site)

    def push(self, batch: Batch) -> Iterator[tuple[int, bytes]]:
        return self._sending(self._writer.push(batch))

    def finish(self) -> Iterator[tuple[int, bytes]]:
        return self._sending(self._writer.finish())

    def close(self, *, is_failing: bool) -> None:
        """Nothing to let go of."""


@attrs.frozen
class BlockLeaf:
    """Hands out blocks: rows to be persisted, or broadcast.

    Args:
        first_partition, maker: as in `ExchangeLeaf`.
        site: what keeps the rows, where that is a step of its own; it counts them.
    """

    first_partition: int
    maker: Maker
    site: SiteSpec | None = None

    def open(self, task: TaskContext) -> _BlockWriter:
        """Return the writer of one task."""
        return _BlockWriter(self, task)


class _BlockWriter:
    def __init__(self, leaf: BlockLeaf, task: TaskContext) -> None:
        self._partition = leaf.first_partition + task.flow_process.get_current_slice_num()
        self._sequence = 0
        self._rows: list[Any] = []
        self._sending = leaf.maker.sending
        self._site, self._report = leaf.site, task.report

    def push(self, batch: Batch) -> Iterator[bytes]:
        if self._site is not None:
            rows = batch_rows(batch)
            self._report.count_rows(self._site.key, rows, rows)
            if not isinstance(batch, list):
                self._report.forms[self._site.key] = "columns"
        return self._sending(self._pushed(batch))

    def finish(self) -> Iterator[bytes]:
        return self._sending(self._drain())

    def _pushed(self, batch: Batch) -> Iterator[bytes]:
        if isinstance(batch, list):
            self._rows.extend(batch)
            if len(self._rows) >= _BLOCK_ROWS:
                yield from self._drain()
        elif batch.num_rows:
            yield from self._drain()
            yield self._encoded(batch)

    def close(self, *, is_failing: bool) -> None:
        """Nothing to let go of."""

    def _drain(self) -> Iterator[bytes]:
        if self._rows:
            rows, self._rows = self._rows, []
            yield self._encoded(rows)

    def _encoded(self, batch: Batch) -> bytes:
        block = encode_block(batch, 0, self._partition, self._sequence)
        self._sequence += 1
        return block


@attrs.frozen
class RowsSink:
    """Hands out blocks of the rows of a sink that lies in memory: on the driver, or as an RDD.

    Args:
        blocks: how they leave the task.
        pick, site, trap: as for `SinkCut`.
    """

    blocks: BlockLeaf
    pick: Pick
    site: SiteSpec
    trap: int | None

    def open(self, task: TaskContext) -> _RowsSinkWriter:
        """Return the writer of one task."""
        return _RowsSinkWriter(self, task)


class _RowsSinkWriter:
    def __init__(self, sink: RowsSink, task: TaskContext) -> None:
        self._writer = sink.blocks.open(task)
        self._cut = SinkCut(sink.pick, sink.site, sink.trap, task)
        self._site = sink.site
        self._report = task.report
        self._report.counters.increment(_WRITTEN, 0)
        self._report.count_rows(self._site.key, 0, 0)

    def push(self, batch: Batch) -> Iterator[bytes]:
        kept = batch
        if not isinstance(batch, list):
            self._report.count_conversion(self._site.key, COLUMNS_TO_ROWS)  # or at the driver
        if not self._cut.is_all:
            kept = self._cut.rows(batch if isinstance(batch, list) else rows_of_columns(batch))
        written = batch_rows(kept)
        self._report.count_rows(self._site.key, batch_rows(batch), written)
        self._report.counters.increment(_WRITTEN, written)
        return self._writer.push(kept)

    def finish(self) -> Iterator[bytes]:
        return self._writer.finish()

    def close(self, *, is_failing: bool) -> None:
        """Nothing to let go of."""
