"""The sink of a PartitionTap: the part files of one task, in a folder for each partition value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pyarrow as pa

from cascade2spark.batch.batches import Batch, Columns, NotColumns, Row
from cascade2spark.batch.batches import rows_of as rows_of_columns
from cascade2spark.batch.kernels.each import selected
from cascade2spark.batch.kernels.writing import writer_kernel
from cascade2spark.batch.lifecycle import COLUMNS_TO_ROWS, TaskContext
from cascade2spark.batch.sink_cut import SinkCut
from cascade2spark.batch.specs import SiteSpec
from cascade2spark.counters import StepCounters, counter_name
from cascade2spark.fields import Fields
from cascade2spark.files import Manifest, PartPlace
from cascade2spark.selection import Pick, pick_for
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.spreading import PartitionFiles

__all__ = ["PartitionSink"]

_WRITTEN = counter_name(StepCounters.Tuples_Written)
# Of what a task may hold: rows that wait for their folder's turn.
_HELD_SHARE = 4
# Fewer rows than these in a folder are written faster as rows than as columns of their own.
_LEAST_ROWS = 32


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
        held_bytes = task.spill.limit_bytes // _HELD_SHARE
        self._files = PartitionFiles(
            sink.scheme, sink.fields, sink.place, part, self._failed, held_bytes
        )
        fields, scheme = sink.fields, sink.scheme
        self._file_fields = scheme.file_fields(fields)
        self._has_kernel = (
            writer_kernel(scheme.inner, self._file_fields, scheme.writer(fields)) is not None
        )
        keys = scheme.partition_for(fields).get_partition_fields()
        self._key_positions = pick_for(keys, fields).positions or ()
        self._file_positions = pick_for(self._file_fields, fields).positions or ()
        task.report.counters.increment(_WRITTEN, 0)
        task.report.count_rows(sink.site.key, 0, 0)

    def push(self, batch: Batch) -> Iterator[Any]:
        """Write a batch."""
        if not isinstance(batch, list) and self._wrote_columns(batch):
            return iter(())
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

    def _wrote_columns(self, batch: Columns) -> bool:
        """Write columns as they are, where they go to few folders and the scheme allows it."""
        report, key = self._task.report, self._sink.site.key
        positions = self._sink.pick.positions
        if positions is None or not self._has_kernel:
            report.count_conversion(key, COLUMNS_TO_ROWS)
            return False
        chosen = batch if self._cut.is_all else selected(batch, positions)
        places = self._places(chosen)
        if places is None:
            report.count_conversion(key, COLUMNS_TO_ROWS)
            return False
        for folder, at in places.items():
            own = chosen.take(pa.array(at)) if len(places) > 1 else chosen
            self._count(own.num_rows, self._write_to(folder, own))
        report.forms[key] = "columns"
        return True

    def _places(self, chosen: Columns) -> dict[str, list[int]] | None:
        """Return which rows go to which folder; None where rows are the better form."""
        keys = self._files.folders(rows_of_columns(selected(chosen, self._key_positions)))
        if keys is None:
            return None
        places: dict[str, list[int]] = {}
        for at, folder in enumerate(keys):
            places.setdefault(folder, []).append(at)
        is_spread = len(places) * _LEAST_ROWS > chosen.num_rows and len(places) > 1
        return None if is_spread or self._files.is_crowded(places) else places

    def _write_to(self, folder: str, own: Columns) -> int:
        file = self._files.file_of(folder)
        scheme = self._sink.scheme
        kernel = writer_kernel(scheme.inner, self._file_fields, file.writer)
        assert kernel is not None
        try:
            data = kernel(selected(own, self._file_positions))
        except NotColumns as reason:
            self._task.report.count_fallback(self._sink.site.key, str(reason))
            return self._files.write(rows_of_columns(own))
        self._files.put(file, data, own.num_rows, own.nbytes)
        return int(own.num_rows)

    def _count(self, entered: int, written: int) -> None:
        self._task.report.count_rows(self._sink.site.key, entered, written)
        self._task.report.counters.increment(_WRITTEN, written)

    def _failed(self, error: Exception, row: Row) -> None:
        self._cut.refuse(error, row, self._sink.fields)
