"""Some rows of a batch of columns, not copied yet.

To tell which rows a filter keeps takes 5 ns a row, to copy eight columns of them 10 to 25. So a
filter hands on a selection: the columns as they were, and which rows stay. A column is copied when
somebody reads it, once, and an exchange copies straight into the order of its partitions.

A selection holds the columns it was made of. Where few rows stay, or rows are held for long, they
are gathered: stages and leaves that do not say `takes_selections` only ever see gathered columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cascade2spark.batch.batches import MOST_COLUMN_BYTES, Batch, Columns, column_names
from cascade2spark.batch.kernels.places import place_array

__all__ = ["AnyBatch", "Selection", "Uncopied", "gathered", "joined_selections"]

Places = npt.NDArray[np.integer[Any]]

# Fewer rows than this share are copied at once: that costs little, and holding all costs memory.
_LEAST_SHARE = 0.5


class _Rows:
    """Which rows of an array are meant; never changed.

    Args:
        size: of the array.
        count: how many rows are meant.
        mask: which, without nulls; None where only their numbers are known.
        places: their numbers, in any order; None until they are needed.
    """

    __slots__ = ("_mask", "_places", "count", "size")

    def __init__(
        self, size: int, count: int, mask: pa.Array | None = None, places: Places | None = None
    ) -> None:
        self.size, self.count, self._mask, self._places = size, count, mask, places

    @property
    def places(self) -> Places:
        """The numbers of the rows."""
        if self._places is None:
            self._places = np.flatnonzero(_bits(self._mask))
        return self._places

    def of(self, columns: Columns) -> Columns:
        """Return what is meant of some columns: at once, which is cheaper than one by one."""
        if self._places is None:
            return columns.filter(self._mask)
        return columns.take(place_array(self._places))

    def only(self, mask: pa.Array) -> _Rows:
        """Return those of the rows where a mask, one value for each, is true."""
        places = self.places[_bits(mask)]
        return _Rows(self.size, len(places), places=places)


def _bits(mask: pa.Array | None) -> npt.NDArray[np.bool_]:
    assert mask is not None
    bits: npt.NDArray[np.bool_] = mask.to_numpy(zero_copy_only=False)
    return bits


class Uncopied:
    """A column of a selection: nothing but taking rows of it."""

    __slots__ = ("_column", "_rows")

    def __init__(self, column: pa.Array, rows: _Rows | None) -> None:
        self._column, self._rows = column, rows

    def take(self, places: pa.Array) -> pa.Array:
        """Return rows by their numbers, copied."""
        if self._rows is not None:
            places = place_array(self._rows.places[places.to_numpy()])
        return self._column.take(places)


class Selection:
    """A batch of columns of which only some rows are meant; in use like a `RecordBatch`.

    Args:
        columns: arrays.
        rows: of each column the rows that are meant, None where all are.
        num_rows: how many are.
    """

    __slots__ = ("_columns", "_distinct", "_made", "_rows", "num_rows")

    def __init__(
        self, columns: Sequence[pa.Array], rows: Sequence[_Rows | None], num_rows: int
    ) -> None:
        self._columns, self._rows, self.num_rows = columns, rows, num_rows
        self._made: dict[int, pa.Array] = {}
        self._distinct: frozenset[int] = frozenset()

    @classmethod
    def of(cls, batch: Columns | Selection) -> Selection:
        """Return a batch as a selection of all its rows."""
        if isinstance(batch, Selection):
            return batch
        return cls(batch.columns, [None] * batch.num_columns, batch.num_rows)

    @classmethod
    def at(
        cls,
        columns: Sequence[pa.Array],
        places: Sequence[Places],
        rows: int,
        distinct: Collection[int] = (),
    ) -> Selection:
        """Return rows of columns.

        Args:
            columns: arrays.
            places: for each column the numbers of the rows.
            rows: how many these are.
            distinct: the columns of which no two values are equal.
        """
        known: dict[int, _Rows] = {}
        meant = [
            known.setdefault(id(some), _Rows(len(column), rows, places=some))
            for column, some in zip(columns, places, strict=True)
        ]
        made = cls(columns, meant, rows)
        made._distinct = frozenset(distinct)
        return made

    @property
    def num_columns(self) -> int:
        """Number of columns."""
        return len(self._columns)

    @property
    def columns(self) -> list[pa.Array]:
        """The columns, gathered."""
        self._gather(range(len(self._columns)))
        return [self.column(at) for at in range(len(self._columns))]

    @property
    def schema(self) -> pa.Schema:
        """What the gathered columns have."""
        names = column_names(len(self._columns))
        return pa.schema(list(zip(names, [one.type for one in self._columns], strict=True)))

    @property
    def nbytes(self) -> int:
        """The bytes that are held: of all rows."""
        return sum([column.nbytes for column in self._columns])

    def column(self, at: int) -> pa.Array:
        """Return the rows of one column; copied when it is asked for first."""
        rows = self._rows[at]
        if rows is None:
            return self._columns[at]
        made = self._made.get(at)
        if made is None:
            self._gather([at])
            made = self._made[at]
        return made

    def uncopied(self, at: int) -> Uncopied:
        """Return one column for those who take a few of its rows."""
        columns, rows = self._parts()
        return Uncopied(columns[at], rows[at])

    def numbers(self, at: int) -> Places | None:
        """Return a number for each row, equal where its values are; None where none are known."""
        rows = self._rows[at]
        return None if rows is None or at not in self._distinct else rows.places

    def select(self, positions: Sequence[int]) -> Selection:
        """Return some columns, in the order given."""
        columns, rows = self._parts()
        return Selection(
            [columns[at] for at in positions], [rows[at] for at in positions], self.num_rows
        )

    def filter(self, mask: pa.Array) -> Selection:
        """Return the rows for which a mask is true."""
        if mask.null_count:
            mask = mask.fill_null(False)
        fresh = _Rows(self.num_rows, mask.true_count, mask)
        if fresh.count == self.num_rows:
            return self
        columns, rows = self._parts()
        composed = {id(one): one.only(mask) for one in rows if one is not None}
        narrowed = [fresh if one is None else composed[id(one)] for one in rows]
        return Selection(columns, narrowed, fresh.count)

    def take(self, places: Any) -> Columns:
        """Return rows by their numbers, copied."""
        columns, rows = self._parts()
        wanted = np.asarray(places)
        taken: list[pa.Array] = [None] * len(columns)
        for one, ats in _alike(rows, range(len(columns))):
            some = pa.record_batch([columns[at] for at in ats], column_names(len(ats)))
            found = some.take(place_array(wanted if one is None else one.places[wanted]))
            for at, column in zip(ats, found.columns, strict=True):
                taken[at] = column
        return pa.record_batch(taken, column_names(len(taken)))

    def slice(self, start: int, length: int | None = None) -> Columns:
        """Return a stretch of the rows, copied."""
        return self.gathered().slice(start, length)

    def laid_out(
        self, positions: Sequence[int], width: int, results: Sequence[pa.Array], parents: Any = None
    ) -> Selection:
        """Return columns of these, and what a function made of them.

        Args:
            positions: of these columns below `width`, from there on of the results.
            results: the function's columns.
            parents: for each result row the row it comes from; None when there is one for each.
        """
        if parents is None:
            columns, rows = self._parts()
            size = self.num_rows
        else:
            passing = sorted({at for at in positions if at < width})
            taken = self.select(passing).take(parents)
            columns = [None] * width
            for number, at in enumerate(passing):
                columns[at] = taken.column(number)
            rows, size = [None] * width, len(parents)
        return Selection(
            [columns[at] if at < width else results[at - width] for at in positions],
            [rows[at] if at < width else None for at in positions],
            size,
        )

    def gathered(self) -> Columns:
        """Return the rows as columns of their own."""
        return pa.record_batch(self.columns, column_names(len(self._columns)))

    def most(self) -> Selection | Columns:
        """Return this as it may be held: gathered, unless most rows of the columns are meant."""
        held = [one.size for one in self._rows if one is not None]
        if not held or self.num_rows < max(held) * _LEAST_SHARE:
            return self.gathered()
        is_large = any(column.nbytes > MOST_COLUMN_BYTES for column in self._columns)
        return self.gathered() if is_large else self

    def _gather(self, wanted: Iterable[int]) -> None:
        missing = [at for at in wanted if at not in self._made]
        for rows, ats in _alike(self._rows, missing):
            if rows is not None:
                columns = [self._columns[at] for at in ats]
                found = rows.of(pa.record_batch(columns, column_names(len(ats))))
                self._made.update(zip(ats, found.columns, strict=True))

    def _parts(self) -> tuple[list[Any], list[_Rows | None]]:
        """Return the columns and which rows of them are meant: all, of those that are gathered."""
        columns, rows = list(self._columns), list(self._rows)
        for at, made in self._made.items():
            columns[at], rows[at] = made, None
        return columns, rows


def _alike(
    rows: Sequence[_Rows | None], wanted: Iterable[int]
) -> Iterable[tuple[_Rows | None, list[int]]]:
    """Return some columns, those together of which the same rows are meant."""
    found: dict[int, tuple[_Rows | None, list[int]]] = {}
    for at in wanted:
        found.setdefault(id(rows[at]), (rows[at], []))[1].append(at)
    return found.values()


AnyBatch: TypeAlias = "Batch | Selection"


def gathered(batch: Any) -> Any:
    """Return a batch of any form as rows or columns of its own."""
    return batch.gathered() if isinstance(batch, Selection) else batch


def joined_selections(batches: Sequence[Columns | Selection]) -> Selection:
    """Return batches as one; their columns are of the same types."""
    whole = [Selection.of(batch) for batch in batches]
    parts = [one._parts() for one in whole]
    sizes = [one.num_rows for one in whole]
    columns: list[pa.Array] = []
    meant: list[_Rows | None] = []
    found: dict[tuple[int, ...], _Rows | None] = {}
    for at in range(whole[0].num_columns):
        columns.append(pa.concat_arrays([arrays[at] for arrays, _ in parts]))
        rows = [ours[at] for _, ours in parts]
        name = tuple(map(id, rows))
        if name not in found:
            found[name] = _joined_rows(rows, sizes)
        meant.append(found[name])
    return Selection(columns, meant, sum(sizes))


def _joined_rows(rows: Sequence[_Rows | None], sizes: Sequence[int]) -> _Rows | None:
    if all(one is None for one in rows):
        return None
    places, start = [], 0
    for one, size in zip(rows, sizes, strict=True):
        places.append((np.arange(size) if one is None else one.places) + start)
        start += size if one is None else one.size
    return _Rows(start, sum(map(len, places)), places=np.concatenate(places))
