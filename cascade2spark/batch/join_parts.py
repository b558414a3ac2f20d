"""Parts of a join over columns: groups that are complete in memory, or one group that is not.

A part gives its joined rows either as columns, or group by group as rows for Everys.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Protocol

import attrs
import numpy as np
import pyarrow as pa

from cascade2spark.batch.batches import Columns, Row, Rows, column_names, rows_of, values_of
from cascade2spark.batch.join_tables import JoinedOutput, MemoryTable, Table
from cascade2spark.batch.kernels.join_groups import grouped_rows
from cascade2spark.batch.kernels.products import Numbers, Product
from cascade2spark.pausing import CollectorPaused

__all__ = ["HeavyPart", "JoinPart", "JoinPlan", "MatchedPart", "matched_part"]

# Groups whose names are made at once.
_NAMED_GROUPS = 4096

Group = tuple[Row, Iterable[Row]]


@attrs.frozen(eq=False)
class JoinPlan:
    """What a join over columns has to know of its sides.

    A stream is what several sides of a self join have in common: rows and key.

    Args:
        streams: for each side, the number of its stream, from 0.
        key_places: for each stream, the columns of its key.
        required: for each side, whether a key without rows of it has no output.
        descending: for each field of the key, whether it descends.
        group_width: how many values of the keys of all sides make the group tuple.
        slice_bytes: most bytes of a slice of output that has more than one row.
    """

    streams: tuple[int, ...]
    key_places: tuple[tuple[int, ...], ...]
    required: tuple[bool, ...]
    descending: tuple[bool, ...]
    group_width: int
    slice_bytes: int


class JoinPart(Protocol):
    """Some groups of a join, in key order; either method is used, once."""

    rows: int  # joined rows, once the part is done

    def slices(self, most_rows: int) -> Iterator[Columns]:
        """Yield the joined rows as columns."""
        ...

    def groups(self, most_rows: int) -> Iterator[Group]:
        """Yield (group tuple, joined rows); what is left unread of these is skipped.

        Args:
            most_rows: rows made at once.
        """
        ...


def matched_part(
    plan: JoinPlan, streams: Sequence[Sequence[Columns]], kinds: Sequence[Sequence[pa.DataType]]
) -> MatchedPart:
    """Return the join of rows that are all there.

    Args:
        streams: the rows of each stream, in arrival order within a key.
        kinds: the types of the columns of each stream.
    Raises:
        NotColumns: a key has no order as columns.
    """
    sizes = [sum(batch.num_rows for batch in batches) for batches in streams]
    keys = [
        [[batch.column(place) for batch in batches] for place in places]
        for batches, places in zip(streams, plan.key_places, strict=True)
    ]
    found = grouped_rows(keys, sizes, plan.descending)
    offsets = np.cumsum([0, *sizes]).tolist()
    tables = [
        MemoryTable(batches, types, found.order, offset)
        for batches, types, offset in zip(streams, kinds, offsets[:-1], strict=True)
    ]
    return MatchedPart(
        plan,
        [tables[stream] for stream in plan.streams],
        [found.counts[stream] for stream in plan.streams],
        [found.starts[stream] for stream in plan.streams],
    )


class MatchedPart:
    """Groups whose rows are all in memory.

    Args:
        tables: the rows of each side.
        counts, starts: for each side, where the rows of each group lie in its table.
    """

    def __init__(
        self,
        plan: JoinPlan,
        tables: Sequence[Table],
        counts: Sequence[Numbers],
        starts: Sequence[Numbers],
    ) -> None:
        self._plan, self._tables = plan, tables
        self._counts, self._starts = counts, starts
        self._product = Product(counts, starts, plan.required)
        self._output = JoinedOutput(self._product, tables, plan.slice_bytes)
        self.rows = self._product.rows

    def cut(self, place: Any, sort_key: Callable[[Row], Any]) -> tuple[MatchedPart, MatchedPart]:
        """Return the groups before a key that is in none of them, and those behind it.

        Args:
            place: of the key, among those that `sort_key` gives.
        """
        numbers = range(len(self._counts[0]))
        at = bisect_left(numbers, place, key=lambda group: sort_key(self._key(group)))
        before, behind = (
            MatchedPart(
                self._plan,
                self._tables,
                [counts[some] for counts in self._counts],
                [starts[some] for starts in self._starts],
            )
            for some in (slice(0, at), slice(at, None))
        )
        return before, behind

    def slices(self, most_rows: int) -> Iterator[Columns]:
        """Yield the joined rows as columns."""
        return self._output.slices(most_rows)

    def groups(self, most_rows: int) -> Iterator[Group]:
        """Yield (group tuple, joined rows): a list, or an iterator for a group of many rows."""
        ends = self._product.group_ends
        begins = np.concatenate([[0], ends[:-1]])
        joined = np.flatnonzero(ends > begins)
        made = _Made(self._output, ends, most_rows)
        for first in range(0, len(joined), _NAMED_GROUPS):
            some = joined[first : first + _NAMED_GROUPS]
            names = self._names(some)
            for name, start, stop in zip(
                names, begins[some].tolist(), ends[some].tolist(), strict=True
            ):
                yield name, made.rows(start, stop)

    def _key(self, group: int) -> Row:
        """Return the key of a group, as the first side that has rows of it says."""
        for table, counts, starts, places in self._by_side():
            if counts[group]:
                values = table.gather((starts[group : group + 1], None), places)
                return tuple([value[0].as_py() for value in values])
        raise AssertionError("a group without rows")

    def _names(self, groups: Numbers) -> list[Row]:
        found = []
        for table, counts, starts, places in self._by_side():
            absent = counts[groups] == 0
            at = (starts[groups], absent if absent.any() else None)
            found.append(table.gather(at, places))
        return _names(chain.from_iterable(found), len(groups), self._plan.group_width)

    def _by_side(self) -> Iterator[tuple[Table, Numbers, Numbers, tuple[int, ...]]]:
        places = [self._plan.key_places[stream] for stream in self._plan.streams]
        return zip(self._tables, self._counts, self._starts, places, strict=True)


class _Made:
    """Rows made of an output, a slice at a time, for groups that are asked for in order."""

    def __init__(self, output: JoinedOutput, ends: Numbers, most_rows: int) -> None:
        self._output, self._ends, self._most_rows = output, ends, most_rows
        self._rows: Rows = []
        self._begin = self._end = 0

    def rows(self, start: int, stop: int) -> Iterable[Row]:
        """Return the rows of a group: a list if they fit a slice, else an iterator."""
        if stop > self._end:
            if start < self._end and stop - start > self._most_rows:
                return self._spread(start, stop)
            self._load(start)
            if stop > self._end:
                return self._spread(start, stop)
        return self._rows[start - self._begin : stop - self._begin]

    def _spread(self, start: int, stop: int) -> Iterator[Row]:
        while start < stop:
            if start >= self._end:
                self._load(start)
            rows = self._rows[start - self._begin : stop - self._begin]
            start += len(rows)
            yield from rows

    def _load(self, start: int) -> None:
        """Make rows from a position on: whole groups, or a part of a group of many rows."""
        stop = start + self._most_rows
        last = int(np.searchsorted(self._ends, stop, side="right")) - 1
        if last >= 0 and self._ends[last] > start:
            stop = int(self._ends[last])
        self._rows = []  # let go of these before there are others
        self._rows = rows_of(self._output.slice(start, stop))
        self._begin, self._end = start, start + len(self._rows)


class HeavyPart:
    """One group that memory does not hold: its first side streams.

    Args:
        left: rows of the first side as they come; the part reads them to their end.
        kinds: the types of that side's columns.
        held: the rows of the other sides.
    """

    def __init__(
        self,
        plan: JoinPlan,
        left: Iterator[Columns],
        kinds: Sequence[pa.DataType],
        held: Sequence[Table],
    ) -> None:
        self._plan, self._left, self._kinds, self._held = plan, left, kinds, held
        self._singles = _SingleRows.of(held)
        self.rows = 0

    def slices(self, most_rows: int) -> Iterator[Columns]:
        """Yield the joined rows as columns."""
        for _, output in self._outputs():
            yield from output.slices(most_rows)

    def groups(self, most_rows: int) -> Iterator[Group]:
        """Yield the group, if it has rows."""
        outputs = self._outputs()
        for first, output in outputs:
            yield self._name(first), _rows(chain([output], (one for _, one in outputs)), most_rows)
            for _ in outputs:
                pass

    def _outputs(self) -> Iterator[tuple[MemoryTable, JoinedOutput | _WidenedOutput]]:
        """Yield, for each batch of the first side, its table and what it is joined to."""
        required = self._plan.required
        is_found = False
        is_joined = all(
            table.rows or not must for table, must in zip(self._held, required[1:], strict=True)
        )
        for batch in self._left:
            is_found = True
            if is_joined:
                yield self._output([batch])
        if is_joined and not is_found and not required[0]:
            yield self._output([])

    def _output(self, left: Sequence[Columns]) -> tuple[MemoryTable, JoinedOutput | _WidenedOutput]:
        first = MemoryTable(left, self._kinds)
        if self._singles is not None and left:
            (batch,) = left
            widened = self._singles.beside(batch, self._plan.slice_bytes)
            if widened is not None:
                self.rows += batch.num_rows
                return first, widened
        tables: list[Table] = [first, *self._held]
        counts = [[table.rows] for table in tables]
        product = Product(counts, [[0]] * len(tables), self._plan.required)
        self.rows += product.rows
        return first, JoinedOutput(product, tables, self._plan.slice_bytes)

    def _name(self, first: MemoryTable) -> Row:
        found = []
        tables: list[Table] = [first, *self._held]
        for table, stream in zip(tables, self._plan.streams, strict=True):
            at = np.zeros(1, dtype=np.int64)
            places = (at, None) if table.rows else (at, np.ones(1, dtype=bool))
            found.append(table.gather(places, self._plan.key_places[stream]))
        return _names(chain.from_iterable(found), 1, self._plan.group_width)[0]


class _SingleRows:
    """The one row of each held side, for whatever number of rows of the first side.

    Args:
        tables: of one row at most each; where there is none, nulls stand in.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        at, nowhere = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.bool_)
        self._one: list[pa.Array] = []
        for table in tables:
            self._one += table.gather((at, None if table.rows else nowhere))
        self._row_bytes = sum(table.widest_bytes for table in tables)
        self._repeated: list[pa.Array] = self._one

    @classmethod
    def of(cls, tables: Sequence[Table]) -> _SingleRows | None:
        """Return them, None if there are more."""
        return cls(tables) if all(table.rows <= 1 for table in tables) else None

    def beside(self, left: Columns, most_bytes: int) -> _WidenedOutput | None:
        """Return rows with these behind each; None if that takes more memory."""
        rows = left.num_rows
        if left.nbytes + rows * self._row_bytes > most_bytes:
            return None
        if self._repeated and len(self._repeated[0]) < rows:
            # Rows of one key come in batches of about one size: seldom made anew.
            self._repeated = [pa.repeat(column[0], rows) for column in self._one]
        columns = [*left.columns, *(column.slice(0, rows) for column in self._repeated)]
        return _WidenedOutput(pa.record_batch(columns, column_names(len(columns))))


class _WidenedOutput:
    """Joined rows that are made already."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def slices(self, most_rows: int) -> Iterator[Columns]:
        """Yield all rows, in slices of so many rows at most."""
        for start in range(0, self._columns.num_rows, most_rows):
            yield self._columns.slice(start, most_rows)


def _rows(outputs: Iterable[JoinedOutput | _WidenedOutput], most_rows: int) -> Iterator[Row]:
    for output in outputs:
        for columns in output.slices(most_rows):
            yield from rows_of(columns)


def _names(columns: Iterable[pa.Array], groups: int, width: int) -> list[Row]:
    values = [values_of(column) for column, _ in zip(columns, range(width), strict=False)]
    with CollectorPaused():
        return list(zip(*values, strict=True)) if values else [()] * groups
