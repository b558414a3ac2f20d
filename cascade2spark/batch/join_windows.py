"""Joins of sorted streams that memory does not hold: window by window.

A window is what is held of every stream. Keys before the least of the last keys are complete in
it, and are joined as if there were nothing else. Where there is none such, one key fills all that
is held of a stream: its first side streams, its other sides are held, on disk if they must.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from cascade2spark.batch.batches import Columns, Row
from cascade2spark.batch.heavy_keys import HeavyKey
from cascade2spark.batch.join_parts import HeavyPart, JoinPart, JoinPlan, matched_part
from cascade2spark.batch.join_tables import BlockTable, MemoryTable, held_table
from cascade2spark.batch.spill import SpillSpace

__all__ = ["SortedStream", "heavy_part", "window_parts"]

SortKey = Callable[[Row], Any]


class SortedStream:
    """One sorted input of a join, as far as it is held.

    Args:
        slices: rows in order of key, then of arrival; slices of one schema.
        width: number of columns; needed when there is no slice.
        key_places: the columns of the key.
        sort_key: orders keys.
        heavy: a key whose rows are not in the slices.
    """

    def __init__(
        self,
        slices: Iterator[Columns],
        width: int,
        key_places: Sequence[int],
        sort_key: SortKey,
        heavy: HeavyKey | None = None,
    ) -> None:
        self._slices, self._key_places, self._sort_key = slices, key_places, sort_key
        self._held: list[Columns] = []
        self._heavy = heavy
        self.heavy_place = None if heavy is None else sort_key(heavy.key)
        self.is_done = False
        self.kinds: list[pa.DataType] = [pa.null()] * width
        if self._load_one():
            self.kinds = list(self._held[0].schema.types)
        if heavy is not None:
            self.kinds = heavy.kinds

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return not self._held

    def load(self, share_bytes: int) -> None:
        """Hold rows up to a share of memory, but one slice at least, if there is another."""
        size = sum(batch.nbytes for batch in self._held)
        while (size < share_bytes or not self._held) and self._load_one():
            size += self._held[-1].nbytes

    def last_place(self) -> Any:
        """Return the place in key order of the last row held."""
        last = self._held[-1]
        return self._place(last, last.num_rows - 1)

    def before(self, place: Any) -> list[Columns]:
        """Let go of the rows before a key, and return them."""
        return self._cut(place, bisect_left)

    def rest(self) -> list[Columns]:
        """Let go of all rows held, and return them."""
        held, self._held = self._held, []
        return held

    def during(self, place: Any) -> Iterator[Columns]:
        """Let go of the rows of a key that is the least, yielding them; load as it takes."""
        if self._heavy is not None and not (place < self.heavy_place or self.heavy_place < place):
            yield from self._heavy.rows()
            return
        while True:
            yield from self._cut(place, bisect_right)
            if self._held or not self._load_one():
                return

    def _cut(self, place: Any, bisect: Callable[..., int]) -> list[Columns]:
        found: list[Columns] = []
        while self._held:
            first = self._held[0]
            rows = first.num_rows
            # Often all rows of a slice are on one side.
            cut = bisect([self._place(first, rows - 1)], place) * rows
            if not cut:
                at = range(rows)
                cut = bisect(at, place, key=lambda row, batch=first: self._place(batch, row))
            if cut:
                found.append(first.slice(0, cut))
            if cut < rows:
                self._held[0] = first.slice(cut)
                break
            del self._held[0]
        return found

    def _place(self, batch: Columns, row: int) -> Any:
        key = tuple([batch.column(place)[row].as_py() for place in self._key_places])
        return self._sort_key(key)

    def _load_one(self) -> bool:
        for batch in self._slices:
            if batch.num_rows:
                self._held.append(batch)
                return True
        self.is_done = True
        return False


def window_parts(
    plan: JoinPlan, streams: Sequence[SortedStream], spill: SpillSpace
) -> Iterator[JoinPart]:
    """Yield the parts of a join of sorted streams, in key order; each is used up before the next.

    Args:
        streams: as the plan numbers them.
        spill: the memory limit, and where heavy keys go.
    """
    share = spill.limit_bytes // 4
    kinds = [stream.kinds for stream in streams]
    heavy = [stream.heavy_place for stream in streams if stream.heavy_place is not None]
    while True:
        for stream in streams:
            stream.load(share // len(streams))
        ends = [stream.last_place() for stream in streams if not stream.is_done] + heavy
        if not ends:
            window = [stream.rest() for stream in streams]
            if any(window):
                yield _matched_part(plan, window, kinds)
            return
        least = min(ends)
        window = [stream.before(least) for stream in streams]
        if any(window):
            yield _matched_part(plan, window, kinds)
        else:
            yield from _heavy_part(plan, streams, least, spill)
            heavy = [place for place in heavy if least < place]


def _matched_part(
    plan: JoinPlan, window: list[list[Columns]], kinds: Sequence[Sequence[pa.DataType]]
) -> JoinPart:
    part = matched_part(plan, window, kinds)
    window.clear()  # the part has copies
    return part


def _heavy_part(
    plan: JoinPlan, streams: Sequence[SortedStream], place: Any, spill: SpillSpace
) -> Iterator[JoinPart]:
    rows = [partial(stream.during, place) for stream in streams]
    return heavy_part(plan, rows, [stream.kinds for stream in streams], spill)


def heavy_part(
    plan: JoinPlan,
    rows: Sequence[Callable[[], Iterator[Columns]]],
    kinds: Sequence[Sequence[pa.DataType]],
    spill: SpillSpace,
) -> Iterator[JoinPart]:
    """Yield the join of one key; what it holds is given back when the next part is asked for.

    Args:
        rows: give the rows of each stream, and are called once at most.
        kinds: the types of the columns of each stream.
        spill: the memory limit, and where held sides go.
    """
    first, *others = plan.streams
    share = spill.limit_bytes // (4 * len(rows))
    tables: dict[int, MemoryTable | BlockTable] = {}
    try:
        for number in dict.fromkeys(others):
            tables[number] = held_table(rows[number](), kinds[number], spill, share)
        # In a self join the first side has gone where the others are.
        left = tables[first].batches() if first in tables else rows[first]()
        yield HeavyPart(plan, left, kinds[first], [tables[number] for number in others])
    finally:
        for table in tables.values():
            table.close()
