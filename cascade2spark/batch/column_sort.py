"""Sorting a partition that is all columns: in memory, or by runs on disk and a merge of them.

Every order here is that of `kernels.keys`: rows become numbers that are ordered as `KeyOrder`
orders their keys, and the numbers are sorted. Nothing compares rows one by one, the merge neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TypeVar, cast

import attrs
import numpy as np
import pyarrow as pa

from cascade2spark.batch.batches import (
    Columns,
    NotColumns,
    column_names,
    gathered_kind,
    in_parts,
    is_within_column,
)
from cascade2spark.batch.blocks import decode_block, encode_block
from cascade2spark.batch.kernels.keys import (
    Distinct,
    Numbers,
    has_negative_zero,
    ordered_rows,
    ranked_rows,
)
from cascade2spark.batch.selected_rows import Selection
from cascade2spark.batch.spill import SpillFile, SpillPlace, SpillSpace
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.selection import Pick

__all__ = ["ColumnOrder", "sorted_columns", "sorted_selections"]

Slice = TypeVar("Slice", bound="Columns | Selection")

# Rows of a slice: at 8,192, five columns take 30 to 50 ns a row more.
_SLICE_ROWS = 65_536
_SLICE_BYTES = 16 << 20
# Runs merged at once; more are merged in several passes.
_FAN_IN = 64
# Blocks of a run are not made smaller than this, however small the limit.
_LEAST_BLOCK_BYTES = 8192


@attrs.frozen
class ColumnOrder:
    """The order of the rows of a group: by the fields of the key, then by those it is sorted by.

    Args:
        places: the columns to compare, from left to right.
        descending: whether each descends.
        key_width: how many of them are the key.
    """

    places: tuple[int, ...]
    descending: tuple[bool, ...]
    key_width: int

    @classmethod
    def of(
        cls,
        key: Pick,
        key_order: AnyKeyOrder,
        sort: Pick | None = None,
        sort_order: AnyKeyOrder | None = None,
    ) -> ColumnOrder | None:
        """Return the order over columns, or None when rows have to be compared."""
        places, descending = key.positions, key_order.descending
        if places is None or descending is None:
            return None
        if sort is None or sort_order is None:
            return cls(places, descending, len(places))
        if sort.positions is None or sort_order.descending is None:
            return None
        all_places = (*places, *sort.positions)
        return cls(all_places, (*descending, *sort_order.descending), len(places))

    @property
    def key_places(self) -> tuple[int, ...]:
        """The columns of the key."""
        return self.places[: self.key_width]


def sorted_columns(
    batches: Iterable[Columns],
    order: ColumnOrder,
    spill: SpillSpace,
    *,
    slice_rows: int = _SLICE_ROWS,
) -> Iterator[Columns]:
    """Yield rows in order of key, sort values and arrival, in slices of one schema.

    A quarter of the memory limit is sorted at once; what is more goes to disk as sorted runs.

    Args:
        batches: in arrival order; all are read before the first slice is given.
        order: what is compared.
        spill: the limit, and where runs go.
        slice_rows: most rows of a slice, a count.
    Raises:
        NotColumns: the batches have no order as columns: types differ, or the rows of a group may
            call it by different keys. Raised before anything is given.
    """
    return _in_order(batches, order, spill, slice_rows, _sorted_slices)


def sorted_selections(
    batches: Iterable[Columns],
    order: ColumnOrder,
    spill: SpillSpace,
    *,
    slice_rows: int = _SLICE_ROWS,
) -> Iterator[Columns | Selection]:
    """Do the same, but leave columns uncopied until somebody reads them, where that can be.

    Args, Raises:
        As for `sorted_columns`.
    """
    return _in_order(batches, order, spill, slice_rows, _sorted_selections)


def _in_order(
    batches: Iterable[Columns],
    order: ColumnOrder,
    spill: SpillSpace,
    slice_rows: int,
    whole: Callable[[list[Columns], _Cut], Iterator[Slice]],
) -> Iterator[Columns | Slice]:
    """Yield rows in order; `whole` gives those of the batches that it is given."""
    schema = _Schema(order, spill.limit_bytes // 4, slice_rows)
    runs: list[_Run] = []
    held: list[Columns] = []
    held_bytes = 0
    with ExitStack() as files:
        for batch in batches:
            schema.see(batch)
            if not batch.num_rows:
                continue
            if held and held_bytes + batch.nbytes > schema.share:
                file = runs[0].file if runs else _opened(spill, files)
                runs.append(_Run(file, _sorted_slices(held, schema.cut()), schema.share))
                held_bytes = 0
            held.append(batch)
            held_bytes += batch.nbytes
            del batch
        cut = schema.cut()
        if not runs:
            yield from whole(held, cut)
            return
        runs.append(_Run(runs[0].file, _sorted_slices(held, cut), cut.share))
        while len(runs) > _FAN_IN:
            before, file = runs[0].file, _opened(spill, files)
            parts = [runs[start : start + _FAN_IN] for start in range(0, len(runs), _FAN_IN)]
            runs = [_Run(file, _merged(part, cut), cut.share) for part in parts]
            before.close()
        yield from _merged(runs, cut)


def _opened(spill: SpillSpace, files: ExitStack) -> SpillFile:
    file = spill.open()
    files.callback(file.close)
    return file


@attrs.frozen
class _Cut:
    """How rows are compared and cut up.

    Args:
        order: what is compared.
        kinds: the types of all columns.
        share: bytes that may be sorted, or merged, at once.
        slice_rows: most rows of a slice, a count.
    """

    order: ColumnOrder
    kinds: tuple[pa.DataType, ...]
    share: int
    slice_rows: int

    def rows_of(self, row_bytes: int) -> int:
        """Return the rows of a slice, for rows of so many bytes."""
        most_bytes = min(_SLICE_BYTES, max(self.share // 4, _LEAST_BLOCK_BYTES))
        return min(self.slice_rows, max(most_bytes // row_bytes, 1))


class _Sorted:
    """Columns with the order of their rows.

    Args:
        columns: end to end; the list is emptied, to let go of columns early.
        cut: how rows are compared and cut up.
    Raises:
        NotColumns: a column has no order.
    """

    def __init__(self, columns: list[pa.Array], cut: _Cut) -> None:
        self._cut = cut
        rows, size = len(columns[0]), sum(column.nbytes for column in columns)
        self._row_bytes = max(size // max(rows, 1), 1)
        order = cut.order
        ranks = ranked_rows([columns[at] for at in order.places], order.descending, rows)
        self.places = ordered_rows(ranks.of_rows, ranks.bound)
        # Rows taken of a column, each once, are not larger than that.
        self.can_select = is_within_column(size) and all(
            column.type == kind for column, kind in zip(columns, cut.kinds, strict=True)
        )
        self._columns: list[pa.Array | Distinct] = columns.copy()
        columns.clear()
        for at, distinct in zip(order.places, ranks.distinct, strict=False):
            self._columns[at] = distinct or self._columns[at]

    def slices(self, places: Numbers) -> Iterator[Columns]:
        """Yield rows."""
        step = self._cut.rows_of(self._row_bytes)
        names = column_names(len(self._columns))

        def make(start: int, stop: int) -> Columns:
            some = places[start:stop]
            taken = [column.take(some) for column in self._columns]
            exact = [_cast(one, kind) for one, kind in zip(taken, self._cut.kinds, strict=True)]
            return pa.record_batch(exact, names)

        for start in range(0, len(places), step):
            # Rows next to each other may all be far longer than the average.
            yield from in_parts(make, start, min(start + step, len(places)))

    def selections(self) -> Iterator[Selection]:
        """Yield all rows, none of them copied yet."""
        step = self._cut.rows_of(self._row_bytes)
        columns: list[pa.Array] = []
        distinct: list[int] = []
        for at, column in enumerate(self._columns):
            if isinstance(column, Distinct):
                distinct.append(at)
            columns.append(column.values if isinstance(column, Distinct) else column)
        for start in range(0, len(self.places), step):
            some = self.places[start : start + step]
            places = [
                one.places[some] if isinstance(one, Distinct) else some for one in self._columns
            ]
            yield Selection.at(columns, places, len(some), distinct)


class _Schema:
    """The types of columns, as far as batches have told them; the rest is as of `_Cut`."""

    def __init__(self, order: ColumnOrder, share: int, slice_rows: int) -> None:
        self._order, self.share, self._slice_rows = order, share, slice_rows
        self._kinds: list[pa.DataType] | None = None

    def see(self, batch: Columns) -> None:
        """Take note of a batch.

        Raises:
            NotColumns: it does not fit the others.
        """
        kinds = list(batch.schema.types)
        if self._kinds is None:
            self._kinds = kinds
        elif len(kinds) != len(self._kinds):
            raise NotColumns("rows of different widths")
        elif kinds != self._kinds:
            for place, (kind, before) in enumerate(zip(kinds, self._kinds, strict=True)):
                if pa.types.is_null(before):
                    self._kinds[place] = kind
                elif kind != before and not pa.types.is_null(kind):
                    raise NotColumns(f"parts of different types: {before}, {kind}")
        if len(self._order.places) > self._order.key_width:
            # A group is called by its first row to arrive, which need not be its first in order.
            for place in self._order.key_places:
                if has_negative_zero(batch.column(place)):
                    raise NotColumns("a negative zero in the key of sorted groups")

    def cut(self) -> _Cut:
        """Return how to cut up what was seen; a type is null where no batch had a value."""
        return _Cut(self._order, tuple(self._kinds or ()), self.share, self._slice_rows)


def _sorted_slices(held: list[Columns], cut: _Cut) -> Iterator[Columns]:
    """Yield batches as one, in order; the list is emptied, to let go of them early."""
    if held:
        found = _sorted(held, cut)
        yield from found.slices(found.places)


def _sorted_selections(held: list[Columns], cut: _Cut) -> Iterator[Columns | Selection]:
    """Do the same, uncopied where that can be."""
    if held:
        found = _sorted(held, cut)
        yield from found.selections() if found.can_select else found.slices(found.places)


def _sorted(held: list[Columns], cut: _Cut) -> _Sorted:
    parts = [batch.columns for batch in held]
    held.clear()
    return _Sorted(_joined(parts, cut.kinds), cut)


def _joined(parts: list[list[pa.Array]], kinds: Sequence[pa.DataType]) -> list[pa.Array]:
    """Return columns end to end, letting go of their parts one after another."""
    columns: list[pa.Array] = []
    for place, kind in enumerate(kinds):
        chunks = [part[place] for part in parts]
        for part in parts:
            part[place] = None
        exact = gathered_kind(kind, chunks)
        chunks = [_cast(chunk, exact) for chunk in chunks]
        columns.append(chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks))
    return columns


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column if column.type == kind else column.cast(kind)


# -- runs on disk ----------------------------------------------------------------------------------


class _Run:
    """A sorted run in a file, where others may lie too.

    Args:
        file: where blocks are written.
        batches: sorted.
        share: bytes that as many runs as can be merged may take in memory.
    """

    def __init__(self, file: SpillFile, batches: Iterable[Columns], share: int) -> None:
        self.file = file
        self._places: list[SpillPlace] = []
        # Half as large as what is held of each run.
        block_bytes = max(share // (2 * _FAN_IN), _LEAST_BLOCK_BYTES)
        for batch in batches:
            rows = batch.num_rows
            step = max(block_bytes * rows // max(batch.nbytes, 1), 1)
            for start in range(0, rows, step):
                self._places.append(file.append(encode_block(batch.slice(start, step))))

    def block(self, number: int) -> list[pa.Array] | None:
        """Read the columns of a block; None behind the last one."""
        if number >= len(self._places):
            return None
        batch = cast(Columns, decode_block(self.file.read(self._places[number])))
        return list(batch.columns)


class _Head:
    """What is in memory of a run that is merged.

    Half of its share at least, or the run that ends first would let the others give only a few
    rows at a time.

    Args:
        run: where blocks come from.
        kinds: the types that columns are to have.
        share: bytes to be held, or a block.
    """

    def __init__(self, run: _Run, kinds: Sequence[pa.DataType], share: int) -> None:
        self._run, self._kinds, self._share = run, kinds, share
        self._number = self._most_rows = 0
        self.columns: list[pa.Array] = []
        self.rows = 0
        self.is_last = False

    def top_up(self) -> None:
        """Read blocks, when less than half of the share is left."""
        if self.is_last or self.rows > self._most_rows // 2:
            return
        parts = [self.columns] if self.rows else []
        while self.rows <= self._most_rows:
            block = self._run.block(self._number)
            if block is None:
                self.is_last = True
                break
            self._number += 1
            if self._number == 1:
                size = max(sum(column.nbytes for column in block), 1)
                self._most_rows = len(block[0]) * self._share // size
            self.rows += len(block[0])
            parts.append(block)
        if parts:
            self.columns = _joined(parts, self._kinds)

    def ends(self) -> list[list[pa.Array]]:
        """Return the first row and the last."""
        last = self.rows - 1
        return [[column.slice(at, 1) for column in self.columns] for at in (0, last)]

    def drop(self, rows: int) -> None:
        """Let go of so many rows from the front."""
        self.rows -= rows
        self.columns = [column.slice(rows) for column in self.columns]


def _merged(runs: Sequence[_Run], cut: _Cut) -> Iterator[Columns]:
    """Yield the rows of sorted runs, which are in arrival order, as one.

    Of what is in memory, all rows up to the first that is the last of its run can be given: what
    is still to be read comes behind it. The order is stable and the runs are put in arrival order,
    so that this holds for equal rows too.

    Args:
        runs: at least one.
        cut: how rows are compared and cut up; the heads of runs together take its share.
    """
    heads = [_Head(run, cut.kinds, cut.share // len(runs)) for run in runs]
    while True:
        for head in heads:
            head.top_up()
        heads = [head for head in heads if head.rows]
        if not heads:
            return
        taking, limiting = _taking(heads, cut)
        behind = np.cumsum([head.rows for head in taking])
        found = _Sorted(_joined([list(head.columns) for head in taking], cut.kinds), cut)
        places = found.places
        if limiting is not None:
            last = behind[taking.index(limiting)] - 1
            places = places[: int(np.flatnonzero(places == last)[0]) + 1]
        yield from found.slices(places)
        of_head = np.searchsorted(behind, places, side="right")
        for head, taken in zip(taking, np.bincount(of_head, minlength=len(taking)), strict=True):
            head.drop(int(taken))


def _taking(heads: list[_Head], cut: _Cut) -> tuple[list[_Head], _Head | None]:
    """Return the heads whose rows come next, and the one whose last row ends them, if any."""
    unfinished = [number for number, head in enumerate(heads) if not head.is_last]
    if not unfinished:
        return heads, None
    ends = _joined([end for head in heads for end in head.ends()], cut.kinds)
    ranks = np.empty(2 * len(heads), dtype=np.int64)
    ranks[_Sorted(ends, cut).places] = np.arange(2 * len(heads))
    limiting = min(unfinished, key=lambda number: ranks[2 * number + 1])
    limit = ranks[2 * limiting + 1]
    taking = [head for number, head in enumerate(heads) if ranks[2 * number] <= limit]
    return taking, heads[limiting]
