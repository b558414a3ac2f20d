"""Reading byte ranges and writing part files inside tasks.

The JVM hands over a line for five times the price of reading its bytes, so a task opens its own
ranges; only file systems that Python has no direct way to go through Hadoop's formats (`hadoop`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import attrs

from cascade2spark.batch.batches import Batch, Columns, NotColumns, Row, Rows
from cascade2spark.batch.batches import rows_of as rows_of_columns
from cascade2spark.batch.blocks import arrival_order, decode_all
from cascade2spark.batch.forms import with_columns
from cascade2spark.batch.kernels.each import selected
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.batch.kernels.writing import writer_kernel
from cascade2spark.batch.lifecycle import COLUMNS_TO_ROWS, TaskContext
from cascade2spark.batch.sink_cut import SinkCut
from cascade2spark.batch.specs import SiteSpec
from cascade2spark.counters import StepCounters, counter_name
from cascade2spark.errors import BadRecord
from cascade2spark.fields import Fields
from cascade2spark.files import Manifest, PartPlace, Split
from cascade2spark.operations.failures import located_error
from cascade2spark.schemes.base import Scheme, SourceInfo, encoded
from cascade2spark.selection import Pick

__all__ = [
    "BlockSource",
    "ColumnSource",
    "FileSource",
    "HeldSource",
    "PartSink",
    "RowSource",
    "SinkWriter",
    "counted",
    "on_bad",
]

_READ = counter_name(StepCounters.Tuples_Read)
_WRITTEN = counter_name(StepCounters.Tuples_Written)


class FileSpec(Protocol):
    """A source whose records may be bad."""

    @property
    def site(self) -> SiteSpec: ...
    @property
    def trap(self) -> int | None: ...


@attrs.frozen
class FileSource:
    """Reads packs of byte ranges through a scheme.

    Args:
        scheme: how records become rows.
        info: the fields, and which of them are wanted.
        site: the source, for errors and statistics.
        trap: number of the trap for records that cannot be read, None without one.
        block_bytes: size of the blocks handed to the reader.
        as_columns: read columns where the scheme's rules allow it.
    """

    scheme: Scheme
    info: SourceInfo
    site: SiteSpec
    trap: int | None
    block_bytes: int
    as_columns: bool = False

    has_traps = False
    is_read = True

    def batches(
        self, elements: Iterable[tuple[Split, ...]], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield the rows of this task's ranges."""
        blocks = (
            block
            for pack in elements
            for split in pack
            for block in self.scheme.blocks(split, self.info, self.block_bytes)
        )
        return counted(self._read(blocks, task), self.site, task)

    def _read(self, blocks: Iterator[Any], task: TaskContext) -> Iterator[Batch]:
        reader, handle = self.scheme.reader(self.info), on_bad(self, task)
        kernel = reader_kernel(self.scheme, self.info) if self.as_columns else None
        if kernel is None:
            yield from reader.rows(blocks, handle)
            return
        task.report.forms[self.site.key] = "columns"
        for block in blocks:
            try:
                columns = kernel(block)
            except NotColumns as reason:
                task.report.count_fallback(self.site.key, str(reason))
                yield from reader.rows([block], handle)
            else:
                if columns.num_rows:
                    yield columns


@attrs.frozen
class RowSource:
    """Takes the elements of an RDD of the user's as rows, or rows held by the driver.

    Args:
        columns: positions kept, None for all.
    """

    site: SiteSpec
    columns: tuple[int, ...] | None
    batch_rows: int

    has_traps = False
    is_read = True

    def batches(
        self, elements: Iterable[Any], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield the elements in batches of tuples."""
        return counted(self._batches(elements), self.site, task)

    def _batches(self, elements: Iterable[Any]) -> Iterator[Rows]:
        cut = None if self.columns is None else Pick(self.columns).of()
        held: list[Row] = []
        for element in elements:
            row = element if type(element) is tuple else tuple(element)
            held.append(row if cut is None else cut(row))
            if len(held) >= self.batch_rows:
                yield held
                held = []
        if held:
            yield held


@attrs.frozen
class BlockSource:
    """Takes persisted blocks: rows that another task chain left."""

    has_traps = False

    def batches(
        self, elements: Iterable[bytes], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield the batches of the blocks, in arrival order."""
        return decode_all(arrival_order(elements))


@attrs.frozen
class HeldSource:
    """Takes blocks of rows that the driver held."""

    site: SiteSpec
    batch_rows: int

    has_traps = False
    is_read = True

    def batches(
        self, elements: Iterable[tuple[bytes, ...]], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield the rows in batches."""
        blocks = (block for pack in elements for block in pack)
        return counted(self._batches(blocks), self.site, task)

    def _batches(self, blocks: Iterable[bytes]) -> Iterator[Rows]:
        for batch in decode_all(blocks):
            rows = batch if isinstance(batch, list) else rows_of_columns(batch)
            for start in range(0, len(rows), self.batch_rows):
                yield rows[start : start + self.batch_rows]


class _RowsSource(Protocol):
    @property
    def has_traps(self) -> bool: ...
    def batches(
        self, elements: Iterable[Any], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]: ...


@attrs.frozen
class ColumnSource:
    """Turns the rows of another source into columns, where they have an exact column form.

    Args:
        rows: the other source.
        fields: of its rows.
    """

    rows: _RowsSource
    fields: Fields
    site: SiteSpec

    @property
    def has_traps(self) -> bool:
        """Whether the other source has traps."""
        return self.rows.has_traps

    @property
    def is_read(self) -> bool:
        """Whether the other source reads from a tap."""
        return bool(getattr(self.rows, "is_read", False))

    def batches(
        self, elements: Iterable[Any], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield the batches as columns, or as they are."""
        batches = self.rows.batches(elements, task, is_immediate=is_immediate)
        return with_columns(batches, self.fields, self.site, task)


def on_bad(source: FileSpec, task: TaskContext) -> Callable[[BadRecord], None]:
    """Return what to do with a record that cannot be read: trap it, or stop."""

    def handle(error: BadRecord) -> None:
        if source.trap is None:
            raise located_error(error, source.site, None, None)
        task.trap(source.trap, error.payload, error, source.site)

    return handle


def counted(batches: Iterable[Batch], site: SiteSpec, task: TaskContext) -> Iterator[Batch]:
    """Hand on what a source reads, and count it; what fails is given its place."""
    task.report.counters.increment(_READ, 0)
    try:
        for batch in batches:
            size = len(batch) if isinstance(batch, list) else batch.num_rows
            task.report.count_rows(site.key, size, size)
            task.report.counters.increment(_READ, size)
            yield batch
    except Exception as error:
        located = located_error(error, site, None, None)
        raise located from located.__cause__


@attrs.frozen
class PartSink:
    """Writes a part file for each task; the driver publishes the winners.

    Args:
        scheme: how rows become bytes.
        fields: the sink fields, as resolved.
        pick: selects and orders them out of a row.
        place: where part files are written.
        first_part: number of the first part file of this lineage, so that several may feed a sink.
    """

    scheme: Scheme
    fields: Fields
    pick: Pick
    place: PartPlace
    site: SiteSpec
    trap: int | None
    first_part: int = 0

    def open(self, task: TaskContext) -> SinkWriter:
        """Return the writer of one task attempt."""
        return SinkWriter(self, task)


class SinkWriter:
    """One part file under construction."""

    def __init__(self, sink: PartSink, task: TaskContext) -> None:
        self._sink = sink
        self._task = task
        self._writer = sink.scheme.writer(sink.fields)
        self._kernel = writer_kernel(sink.scheme, sink.fields, self._writer)
        self._cut = SinkCut(sink.pick, sink.site, sink.trap, task)
        part = sink.first_part + task.flow_process.get_current_slice_num()
        self._file = sink.place.open_part(part)
        self._file.write(self._writer.start(), 0)
        task.report.counters.increment(_WRITTEN, 0)
        task.report.count_rows(sink.site.key, 0, 0)

    def push(self, batch: Batch) -> Iterator[Any]:
        """Write a batch."""
        if not isinstance(batch, list) and self._wrote_columns(batch):
            return iter(())
        given = batch if isinstance(batch, list) else rows_of_columns(batch)
        rows = self._cut.rows(given)
        data, written = encoded(self._writer, rows, self._failed)
        self._file.write(data, written)
        self._task.report.count_rows(self._sink.site.key, len(given), written)
        self._task.report.counters.increment(_WRITTEN, written)
        return iter(())

    def finish(self) -> Iterator[Manifest]:
        """Close the file and yield its manifest."""
        self._file.write(self._writer.finish(), 0)
        yield self._file.close()

    def close(self, *, is_failing: bool) -> None:
        """Delete the file of a task that fails."""
        if is_failing:
            self._file.abort()

    def _wrote_columns(self, batch: Columns) -> bool:
        """Write columns as they are, where the scheme's rules allow it."""
        report, key = self._task.report, self._sink.site.key
        positions = self._sink.pick.positions
        if self._kernel is None or positions is None:
            report.count_conversion(key, COLUMNS_TO_ROWS)
            return False
        try:
            chosen = batch if self._cut.is_all else selected(batch, positions)
            data = self._kernel(chosen)
        except NotColumns as reason:
            report.count_fallback(key, str(reason))
            return False
        self._file.write(data, batch.num_rows)
        report.forms[key] = "columns"
        report.count_rows(key, batch.num_rows, batch.num_rows)
        report.counters.increment(_WRITTEN, batch.num_rows)
        return True

    def _failed(self, error: Exception, row: Row) -> None:
        self._cut.refuse(error, row, self._sink.fields)
