"""Groups of sorted columns: as Python rows for operations that want them, or aggregated as columns.

Neither holds a group: of one that crosses from slice to slice, rows are handed on as they are made,
or the state so far is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, cast

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Columns, NotColumns, Row, Rows, column_names, values_of
from cascade2spark.batch.blocks import decode_block, encode_block
from cascade2spark.batch.column_aggregate import joined
from cascade2spark.batch.every import EveryRun
from cascade2spark.batch.kernels.aggregates import AggregateKernel, aggregate_kernel
from cascade2spark.batch.kernels.keys import Codes
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.specs import EverySpec
from cascade2spark.batch.spill import SpillFile, SpillSpace
from cascade2spark.fields import Fields
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Layout, Pick

__all__ = ["aggregated_groups", "column_groups", "group_kernels", "narrowed_run"]

Arrays = list[pa.Array]
Numbers = npt.NDArray[np.int64]

# Rows made at once.
_MADE_ROWS = 2048
# Groups whose results are made at once.
_FINISHED_ROWS = 65_536


def column_groups(
    slices: Iterable[Columns],
    key_places: Sequence[int],
    order: KeyOrder,
    *,
    places: Sequence[int] | None = None,
) -> Iterator[tuple[Row, Iterable[Row]]]:
    """Yield the groups of sorted columns.

    Args:
        slices: sorted by key, all of one schema, none empty.
        key_places: the columns of the key.
        order: what the key means; natural, whatever its directions.
        places: the columns that the rows are to have, see `narrowed_run`; without it all.
    Yields:
        (key of the group's first row, its rows): a list when the group lies in one slice, else an
        iterator, to be read once and before the next group; what is left unread is skipped.
    """
    ahead = iter(slices)
    columns = next(ahead, None)
    while columns is not None:
        starts = _starts(columns, key_places)
        keys = _keys(columns, key_places, starts)
        yield from _inner_groups(columns, starts, keys, places)
        last = _rows(columns.slice(int(starts[-1])), places)
        columns = next(ahead, None)
        following = _Following(keys[-1], columns, ahead, order, key_places, places)
        rows = chain(last, chain.from_iterable(following)) if following.size else last
        yield keys[-1], rows
        columns = following.skip()


def _inner_groups(
    columns: Columns, starts: Numbers, keys: list[Row], places: Sequence[int] | None
) -> Iterator[tuple[Row, Rows]]:
    """Yield the groups of a slice but for the last one.

    Rows are made for some groups at a time, so that they still lie in the cache when they are
    used: 94 ns a row of two values by 2,048 rows, 151 by 65,536.
    """
    at, last = 0, len(starts) - 1
    while at < last:
        end = int(np.searchsorted(starts, starts[at] + _MADE_ROWS))
        end = min(max(end, at + 1), last)
        first, behind = int(starts[at]), int(starts[end])
        rows = _rows(columns.slice(first, behind - first), places)
        bounds = (starts[at : end + 1] - first).tolist()
        for key, start, stop in zip(keys[at:end], bounds, bounds[1:], strict=False):
            yield key, rows[start:stop]
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
        order: KeyOrder,
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
        return _rows(self._taken(), self._places)

    def skip(self) -> Columns | None:
        """Leave the group; return what is left of the slice it ends in, or the one after it."""
        while self.size:
            self._taken()
        return self._columns

    def _taken(self) -> Columns:
        columns, size = self._columns, self.size
        assert columns is not None
        if size < columns.num_rows:
            self._columns, self.size = columns.slice(size), 0
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


def _starts(columns: Columns, key_places: Sequence[int]) -> Numbers:
    """Return the rows at which sorted columns have another key than before."""
    changes = np.zeros(columns.num_rows, dtype=bool)
    changes[0] = True
    for place in key_places:
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
    wanted = pa.array(starts)
    firsts = [columns.column(place).take(wanted) for place in key_places]
    return _zipped(firsts, len(starts))


def _rows(columns: Columns, places: Sequence[int] | None) -> Rows:
    chosen = columns.columns if places is None else [columns.column(place) for place in places]
    return _zipped(chosen, columns.num_rows)


def _zipped(columns: Sequence[pa.Array], rows: int) -> Rows:
    if not columns:
        return [()] * rows
    return list(zip(*map(values_of, columns), strict=True))


# -- only what the operations read -----------------------------------------------------------------


def narrowed_run(run: EveryRun) -> tuple[tuple[int, ...], EveryRun] | None:
    """Return the columns that the Everys of a group read, and the Everys over just these.

    Rows made of these columns give the same results, errors and trapped rows. A single Every then
    takes its arguments as the rows are.

    Returns:
        None when all columns are read, or which ones depends on each row.
    """
    if run.merges or not run.everys:
        return None
    reads = [_read_places(every) for every in run.everys]
    if any(one is None for one in reads):
        return None
    places = tuple(dict.fromkeys(chain.from_iterable(one or () for one in reads)))
    width = run.everys[0].arguments.width
    if width is not None and places == tuple(range(width)):
        return None
    everys = tuple(_narrowed(every, places) for every in run.everys)
    return places, attrs.evolve(run, everys=everys)


def _read_places(every: EverySpec) -> tuple[int, ...] | None:
    """Return the places of a group's rows that an Every reads; None where they vary."""
    arguments, layout = every.arguments.positions, every.layout
    if arguments is None:
        return None
    if every.kind != "buffer" or layout is None or layout.is_results:
        return arguments  # what passes an aggregator is the group tuple, no row
    if layout.positions is None or layout.incoming_width is None:
        return None
    passed = (place for place in layout.positions if place < layout.incoming_width)
    return (*arguments, *passed)


def _narrowed(every: EverySpec, places: tuple[int, ...]) -> EverySpec:
    at = {place: number for number, place in enumerate(places)}
    arguments = Pick(tuple(at[place] for place in every.arguments.positions or ()), len(places))
    spec = cast(Any, every)  # any attrs class with the parts of an EverySpec
    if every.kind != "buffer" or every.layout is None or every.layout.is_results:
        return cast(EverySpec, attrs.evolve(spec, arguments=arguments))
    passed = every.passed.select(Fields(*places))
    layout = _narrowed_layout(every.layout, at)
    return cast(EverySpec, attrs.evolve(spec, arguments=arguments, passed=passed, layout=layout))


def _narrowed_layout(layout: Layout, at: Mapping[int, int]) -> Layout:
    width = layout.incoming_width or 0
    positions = tuple(
        at[place] if place < width else place - width + len(at) for place in layout.positions or ()
    )
    return attrs.evolve(layout, incoming_width=len(at), positions=positions)


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
    slices: Iterable[Columns], run: EveryRun, key: Pick, order: KeyOrder, task: TaskContext
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


class _Aggregation:
    """The groups so far: results of those that are complete, and the state of the last one."""

    def __init__(
        self,
        everys: Sequence[EverySpec],
        kernels: Sequence[AggregateKernel],
        key_places: Sequence[int],
        order: KeyOrder,
        spill: SpillSpace,
    ) -> None:
        self._everys, self._kernels = everys, kernels
        self._key_places, self._same = key_places, order.same()
        self._complete: list[Columns] = []
        self._complete_rows = 0
        self._last: Columns | None = None
        self.results = _Results(spill)
        self.rows = self.groups = 0

    def add(self, columns: Columns) -> None:
        """Add the next slice."""
        self.rows += columns.num_rows
        starts = _starts(columns, self._key_places)
        keys = [columns.column(place).take(pa.array(starts)) for place in self._key_places]
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

    def _states(self, codes: Codes, columns: Columns, last: Columns | None) -> Columns:
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
            arguments = [columns.column(place) for place in every.arguments.positions or ()]
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
            self.results.add(self._laid_out(joined(held)))
        self._complete_rows = 0

    def _laid_out(self, states: Columns) -> Columns:
        at = len(self._key_places)
        passed = states.columns[:at]
        for every, kernel in zip(self._everys, self._kernels, strict=True):
            results = kernel.finish(states.columns[at : at + kernel.width])
            at += kernel.width
            together = [*passed, *results]
            assert every.layout is not None and every.layout.positions is not None
            passed = [together[place] for place in every.layout.positions]
        return pa.record_batch(passed, column_names(len(passed)))


class _Results:
    """Batches kept until all are there; on disk beyond a quarter of the limit."""

    def __init__(self, spill: SpillSpace) -> None:
        self._spill = spill
        self._file: SpillFile | None = None
        self._held: list[Columns] = []
        self._held_bytes = 0

    def add(self, batch: Columns) -> None:
        """Keep a batch."""
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes > self._spill.limit_bytes // 4:
            self._file = self._file or self._spill.open()
            for held in self._held:
                self._file.append(encode_block(held))
            self._held, self._held_bytes = [], 0

    def batches(self) -> Iterator[Columns]:
        """Yield all, once."""
        if self._file is not None:
            for piece in self._file.pieces():
                yield cast(Columns, decode_block(piece))
            self._file.close()
        yield from self._held
