"""The sink of a PartitionTap: the part files of one task, in a folder for each partition value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from cascade2spark.batch.batches import Batch, Row
from cascade2spark.batch.batches import rows_of as rows_of_columns
from cascade2spark.batch.chain import COLUMNS_TO_ROWS
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.sink_cut import SinkCut
from cascade2spark.batch.specs import SiteSpec
from cascade2spark.counters import StepCounters, counter_name
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.files import Manifest, PartPlace
from cascade2spark.selection import Pick
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.spreading import PartitionFiles

__all__ = ["PartitionSink"]

_WRITTEN = counter_name(StepCounters.Tuples_Written)


@attrs.frozen
class PartitionSink:
    """Writes part files into folders by value; the driver publishes the winners.

    Args:
        scheme: of the tap.
        fields, pick, place, site, trap, first_part: as of `PartSink`.
    """

    scheme: PartitionScheme
    fields: Fields
    pick: Pick
    place: PartPlace
    site: SiteSpec
    trap: int | None
    first_part: int = 0

    def open(self, task: TaskContext) -> _PartitionSinkWriter:
        """Return the writer of one task attempt."""
        return _PartitionSinkWriter(self, task)


class _PartitionSinkWriter:
    def __init__(self, sink: PartitionSink, task: TaskContext) -> None:
        self._sink, self._task = sink, task
        self._cut = SinkCut(sink.pick, sink.site, sink.trap, task)
        part = sink.first_part + task.flow_process.get_current_slice_num()
        self._files = PartitionFiles(sink.scheme, sink.fields, sink.place, part, self._failed)
        task.report.counters.increment(_WRITTEN, 0)
        task.report.count_rows(sink.site.key, 0, 0)

    def push(self, batch: Batch) -> Iterator[Any]:
        """Write a batch."""
        if not isinstance(batch, list):
            self._task.report.count_conversion(self._sink.site.key, COLUMNS_TO_ROWS)
        given = batch if isinstance(batch, list) else rows_of_columns(batch)
        self._count(len(given), self._files.write(self._cut.rows(given)))
        return iter(())

    def finish(self) -> Iterator[Manifest]:
        """Close the files and yield their manifest."""
        self._count(0, self._files.finish())
        yield self._files.close()

    def close(self, *, is_failing: bool) -> None:
        """Delete the files of a task that fails."""
        if is_failing:
            self._files.abort()

    def _count(self, entered: int, written: int) -> None:
        self._task.report.count_rows(self._sink.site.key, entered, written)
        self._task.report.counters.increment(_WRITTEN, written)

    def _failed(self, error: Exception, row: Row) -> None:
        if self._sink.trap is not None:
            self._task.trap(self._sink.trap, row, error, self._sink.site)
            return
        if isinstance(error, RunError):
            error.origin = error.origin or self._sink.site.origin
            error.branch = error.branch or self._sink.site.branch
        raise error from error.__cause__
