"""Groups of sorted columns: as Python rows for operations that want them, or aggregated as columns.

Neither holds a group: of one that crosses from slice to slice, rows are handed on as they are made,
or the state so far is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, repeat
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import (
    Columns,
    NotColumns,
    Row,
    RowLists,
    Rows,
    column_names,
    values_of,
)
from cascade2spark.batch.column_aggregate import joined, laid_out
from cascade2spark.batch.every import EveryRun
from cascade2spark.batch.group_runs import GroupRun, GroupRuns
from cascade2spark.batch.kept import KeptColumns
from cascade2spark.batch.kernels.aggregates import AggregateKernel, aggregate_kernel
from cascade2spark.batch.kernels.extremes import EndKernel
from cascade2spark.batch.kernels.keys import Codes
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.selected_rows import Selection
from cascade2spark.batch.specs import EverySpec
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.pausing import CollectorPaused
from cascade2spark.selection import NO_COLUMN, Pick

__all__ = ["aggregated_groups", "column_groups", "group_kernels"]

Arrays = list[pa.Array]
Numbers = npt.NDArray[np.int64]

# Rows made at once.
_MADE_ROWS = 2048
# Groups whose results are made at once.
_FINISHED_ROWS = 65_536


def column_groups(
    slices: Iterable[Columns],
    key_places: Sequence[int],
    order: AnyKeyOrder,
    *,
    places: Sequence[int] | None = None,
) -> GroupRuns:
    """Return the groups of sorted columns.

    Args:
        slices: sorted by key, all of one schema, none empty.
        key_places: the columns of the key.
        order: what the key means; natural, whatever its directions.
        places: the columns that the rows are to have, see `narrowed.narrowed_run`: None stands in
            each place of NO_COLUMN. Without it all.
    Returns:
        (key of the group's first row, its rows): a list, or for a large group or one that crosses
        slices `RowLists`, read before the next group; what is left unread is skipped.
    """
    return GroupRuns(_runs(slices, key_places, order, places))


def _runs(
    slices: Iterable[Columns],
    key_places: Sequence[int],
    order: AnyKeyOrder,
    places: Sequence[int] | None,
) -> Iterator[GroupRun]:
    ahead = iter(slices)
    columns = next(ahead, None)
    while columns is not None:
        starts = _starts(columns, key_places)
        keys = _keys(columns, key_places, starts)
        yield from _inner_runs(columns, starts, keys, places)
        last = columns.slice(int(starts[-1]))
        columns = next(ahead, None)
        following = _Following(keys[-1], columns, ahead, order, key_places, places)
        if following.size or last.num_rows > _MADE_ROWS:
            whole = RowLists(chain(_row_lists(last, places), following))
            yield GroupRun(keys[-1:], None, whole)
        else:
            again = partial(_row_iterator, last, places)
            yield GroupRun(keys[-1:], (last.num_rows,), again(), again)
        columns = following.skip()


def _inner_runs(
    columns: Columns, starts: Numbers, keys: list[Row], places: Sequence[int] | None
) -> Iterator[GroupRun]:
    """Yield the groups of a slice but for the last one.

    Rows are made for some groups at a time, so that they still lie in the cache when they are
    used: 94 ns a row of two values by 2,048 rows, 151 by 65,536.
    """
    at, last = 0, len(starts) - 1
    while at < last:
        end = int(np.searchsorted(starts, starts[at] + _MADE_ROWS))
        end = min(max(end, at + 1), last)
        first, behind = int(starts[at]), int(starts[end])
        again = partial(_row_iterator, columns.slice(first, behind - first), places)
        yield GroupRun(keys[at:end], np.diff(starts[at : end + 1]).tolist(), again(), again)
        at = end


class _Following:
    """What later slices hold of the group that a slice ends with, as lists of rows.

    Args:
        key: of the group.
        columns: the next slice.
        ahead: the slices after it.
        order, key_places, places: as for `column_groups`.
    """

    def __init__(
        self,
        key: Row,
        columns: Columns | None,
        ahead: Iterator[Columns],
        order: AnyKeyOrder,
        key_places: Sequence[int],
        places: Sequence[int] | None,
    ) -> None:
        self._columns, self._ahead = columns, ahead
        self._key, self._same = key, order.same()
        self._key_places, self._places = key_places, places
        self.size = self._leading()

    def __iter__(self) -> _Following:
        return self

    def __next__(self) -> Rows:
        if not self.size:
            raise StopIteration
        return _rows(self._taken(_MADE_ROWS), self._places)

    def skip(self) -> Columns | None:
        """Leave the group; return what is left of the slice it ends in, or the one after it."""
        while self.size:
            self._taken(self.size)
        return self._columns

    def _taken(self, most: int) -> Columns:
        columns, size = self._columns, min(self.size, most)
        assert columns is not None
        if size < columns.num_rows:
            self._columns, self.size = columns.slice(size), self.size - size
        else:
            self._columns = next(self._ahead, None)
            self.size = self._leading()
        return columns.slice(0, size)

    def _leading(self) -> int:
        """Return the number of rows that the slice begins with and that are of the group."""
        columns = self._columns
        if columns is None:
            return 0
        starts = _starts(columns, self._key_places)
        (first,) = _keys(columns, self._key_places, starts[:1])
        if not self._same(self._key, first):
            return 0
        return int(starts[1]) if len(starts) > 1 else columns.num_rows


def _starts(columns: Columns | Selection, key_places: Sequence[int]) -> Numbers:
    """Return the rows at which sorted columns have another key than before."""
    changes = np.zeros(columns.num_rows, dtype=bool)
    changes[0] = True
    for place in key_places:
        numbers = columns.numbers(place) if isinstance(columns, Selection) else None
        if numbers is not None:
            changes[1:] |= numbers[1:] != numbers[:-1]
            continue
        column = columns.column(place)
        if len(column) > 1 and not pa.types.is_null(column.type):
            changes[1:] |= _changes(column)
    return np.flatnonzero(changes)


def _changes(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Tell for each value but the first whether it is another one than that before it."""
    if pa.types.is_floating(column.type):
        numbers = pc.fill_null(column, 0.0).to_numpy()
        odd = np.isnan(numbers)
        changed = (numbers[1:] != numbers[:-1]) & ~(odd[1:] & odd[:-1])
    elif pa.types.is_integer(column.type) and not column.null_count:
        numbers = column.to_numpy()
        changed = numbers[1:] != numbers[:-1]
    else:
        differ = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1))
        changed = pc.fill_null(differ, False).to_numpy(zero_copy_only=False)
    if column.null_count:
        present = column.is_valid().to_numpy(zero_copy_only=False)
        both = present[1:] & present[:-1]
        changed = (changed & both) | (present[1:] != present[:-1])
    return cast("npt.NDArray[np.bool_]", changed)


def _keys(columns: Columns, key_places: Sequence[int], starts: Numbers) -> list[Row]:
    wanted = place_array(starts)
    firsts = [columns.column(place).take(wanted) for place in key_places]
    return _zipped(firsts, len(starts))


def _row_iterator(columns: Columns, places: Sequence[int] | None) -> Iterator[Row]:
    rows = columns.num_rows
    if places is None:
        places = range(columns.num_columns)
    if not places:
        return repeat((), rows)
    # A loop that unpacks each row is given the same tuple over and over, see CPython's zip.
    with CollectorPaused():
        return zip(
            *[
                repeat(None, rows) if place == NO_COLUMN else values_of(columns.column(place))
                for place in places
            ],
            strict=True,
        )


def _rows(columns: Columns, places: Sequence[int] | None) -> Rows:
    rows = _row_iterator(columns, places)
    with CollectorPaused():
        return list(rows)


def _row_lists(columns: Columns, places: Sequence[int] | None) -> Iterator[Rows]:
    for start in range(0, columns.num_rows, _MADE_ROWS):
        yield _rows(columns.slice(start, _MADE_ROWS), places)


def _zipped(columns: Sequence[pa.Array], rows: int) -> Rows:
    if not columns:
        return [()] * rows
    with CollectorPaused():
        return list(zip(*map(values_of, columns), strict=True))


# -- aggregated as columns -------------------------------------------------------------------------


def group_kernels(everys: Sequence[EverySpec]) -> list[AggregateKernel] | None:
    """Return a kernel for each Every of a group, or None when `aggregated_groups` cannot do it."""
    found: list[AggregateKernel] = []
    for every in everys:
        kernel = aggregate_kernel(every) if every.kind == "aggregator" else None
        layout = every.layout
        if kernel is None or every.arguments.positions is None:
            return None
        if layout is None or not layout.positions:
            return None
        found.append(kernel)
    return found or None


def aggregated_groups(
    slices: Iterable[Columns | Selection],
    run: EveryRun,
    key: Pick,
    order: AnyKeyOrder,
    task: TaskContext,
) -> Iterator[Columns]:
    """Yield the results of aggregators over the groups of sorted columns, in key order.

    All is aggregated before anything is given; results beyond a quarter of the memory limit wait
    on disk.

    Args:
        slices: sorted by key, all of one schema, none empty.
        run: the Everys; `group_kernels` has kernels for them.
        key, order: the key of a row, and what it means; natural, whatever its directions.
        task: the task at work.
    Raises:
        NotColumns: a result has no exact column form. Nothing has been given or counted then.
    """
    kernels = group_kernels(run.everys)
    if kernels is None or key.positions is None:
        raise NotColumns("an operation without a column form")
    aggregation = _Aggregation(run.everys, kernels, key.positions, order, task.spill)
    for columns in slices:
        aggregation.add(columns)
    aggregation.finish()
    report = task.report
    if run.site is not None:
        report.count_rows(run.site.key, 0, aggregation.rows)
    for every in run.everys:
        report.count_rows(every.site.key, aggregation.rows, aggregation.groups)
        report.forms[every.site.key] = "columns"
    yield from aggregation.results.batches()


def _arguments(
    columns: Columns | Selection, every: EverySpec, kernel: AggregateKernel
) -> list[Any]:
    """Return the columns that an aggregator is given; of those that only take rows, uncopied."""
    wanted = every.arguments.positions or ()
    if isinstance(kernel, EndKernel) and isinstance(columns, Selection):
        return [columns.uncopied(place) for place in wanted]
    return [columns.column(place) for place in wanted]


class _Aggregation:
    """The groups so far: results of those that are complete, and the state of the last one."""

    def __init__(
        self,
        everys: Sequence[EverySpec],
        kernels: Sequence[AggregateKernel],
        key_places: Sequence[int],
        order: AnyKeyOrder,
        spill: SpillSpace,
    ) -> None:
        self._everys, self._kernels = everys, kernels
        self._key_places, self._same = key_places, order.same()
        self._complete: list[Columns] = []
        self._complete_rows = 0
        self._last: Columns | None = None
        self.results = KeptColumns(spill)
        self.rows = self.groups = 0

    def add(self, columns: Columns | Selection) -> None:
        """Add the next slice."""
        self.rows += columns.num_rows
        starts = _starts(columns, self._key_places)
        firsts = place_array(starts)
        if isinstance(columns, Selection):
            keys = [columns.uncopied(place).take(firsts) for place in self._key_places]
        else:
            keys = [columns.column(place).take(firsts) for place in self._key_places]
        last = self._last
        if last is not None and not self._goes_on(last, keys):
            self._keep(last)
            last = None
        sizes = np.diff(starts, append=columns.num_rows)
        codes = Codes(np.repeat(np.arange(len(starts)), sizes), len(starts), tuple(keys))
        made = self._states(codes, columns, last)
        self._keep(made.slice(0, made.num_rows - 1))
        self._last = made.slice(made.num_rows - 1)

    def finish(self) -> None:
        """Complete the last group."""
        if self._last is not None:
            self._keep(self._last)
        self._flush()

    def _goes_on(self, last: Columns, keys: Arrays) -> bool:
        width = len(keys)
        (before,) = _zipped(last.columns[:width], 1)
        (now,) = _zipped([column.slice(0, 1) for column in keys], 1)
        return self._same(before, now)

    def _states(self, codes: Codes, columns: Columns | Selection, last: Columns | None) -> Columns:
        """Return key and states of each group; the first one goes on from `last`."""
        width = len(codes.keys)
        made: Arrays = list(codes.keys)
        if last is not None:  # a group is called by its first row
            made = [
                pa.concat_arrays([last.column(place), column.slice(1)])
                for place, column in enumerate(made)
            ]
        at = width
        for kernel, every in zip(self._kernels, self._everys, strict=True):
            arguments = _arguments(columns, every, kernel)
            if last is None:
                made += kernel.partial(codes, arguments)
            else:
                start = last.columns[at : at + kernel.width]
                made += kernel.resume(codes, arguments, start)
            at += kernel.width
        return pa.record_batch(made, column_names(len(made)))

    def _keep(self, complete: Columns) -> None:
        self._complete.append(complete)
        self._complete_rows += complete.num_rows
        if self._complete_rows >= _FINISHED_ROWS:
            self._flush()

    def _flush(self) -> None:
        held, self._complete = self._complete, []
        self.groups += self._complete_rows
        if self._complete_rows:
            width = len(self._key_places)
            self.results.add(laid_out(joined(held), width, self._everys, self._kernels))
        self._complete_rows = 0
