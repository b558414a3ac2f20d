"""Sorted runs of rows on disk, and the groups that merging them gives.

Runs are merged in lumps, not row by row: of the blocks at the head of every run, the one that ends
first says up to where rows are sure to be complete; they are put together and sorted as one list,
which finds the runs in it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any, cast

import attrs

from cascade2spark.batch.blocks import decode_block, encode_block
from cascade2spark.batch.held import sized_lists
from cascade2spark.batch.spill import SpillFile, SpillPlace, SpillSpace
from cascade2spark.comparators import NullNotEquivalentComparator, ReverseOrder
from cascade2spark.ordering import AnyKeyOrder, insert_in_order
from cascade2spark.selection import Pick

__all__ = ["RowRuns"]

Row = tuple[Any, ...]
OnBad = Callable[[Exception, Row], None]
Groups = Iterable[tuple[Row, Iterable[Row]]]
# Where an item stands: (place of its key,), or with a second part that says what it is.
Place = tuple[Any, ...]
Lump = tuple[list[Place], list[Row]]
_NAME, _ROW, _LONELY = 0, 1, 2

# More runs than this are merged in passes, so that all blocks at their heads, each of which has a
# 64th of a quarter of the limit, fit in memory.
_FAN_IN = 64
_HEADS_SHARE = 4
_IN_MEMORY = 8  # blocks at a time
# Marks a row of a class of its own, such as a named tuple, among marked items.
_WHOLE = 2
# Keys of these classes that are the same look the same.
_LOOK_ALIKE = frozenset({str, int, bytes, bool, type(None)})


@attrs.frozen
class _Run:
    """Where the blocks of a run lie, in order, and whether it says how it calls its groups."""

    file: SpillFile
    places: list[SpillPlace]
    is_named: bool


class RowRuns:
    """Sorted runs, written one after another in arrival order, and merged at the end.

    Args:
        spill: where runs go; its limit decides the size of their blocks.
        key, key_order, sort, sort_order, on_bad: as for `sorted_groups`.
        sides: how many sorts are at work at once: each has its part of the limit.
    """

    def __init__(
        self,
        spill: SpillSpace,
        key: Pick,
        key_order: AnyKeyOrder,
        sort: Pick | None,
        sort_order: AnyKeyOrder | None,
        on_bad: OnBad,
        sides: int = 1,
    ) -> None:
        self._spill, self._on_bad = spill, on_bad
        self._order, self._sorts = key_order, sort is not None and sort_order is not None
        self._key_of, self._key_place = key.of(), key_order.sort_key()
        self._sort_of: Callable[[Row], Row] = _itself
        self._sort_place: Callable[[Row], Any] = _itself
        if sort is not None and sort_order is not None:
            self._sort_of, self._sort_place = sort.of(), sort_order.sort_key()
        self._has_lonely = _has_lonely_nulls(key_order)
        self._same = key_order.same()
        # A group is called by its first row to arrive. Where sorting moves that row and keys that
        # are the same may look different, each run says how it called the group: items then are
        # (False, *key) ahead of the group's rows and (True, *row), or (_WHOLE, row).
        self._is_named = self._sorts and not key_order.is_natural
        self._block_bytes = spill.limit_bytes // (_HEADS_SHARE * _FAN_IN * sides)
        self._runs: list[_Run] = []
        self._files: list[SpillFile] = []

    @property
    def has_any(self) -> bool:
        """Whether a run was written."""
        return bool(self._runs)

    def write(self, groups: Groups) -> None:
        """Write one run.

        Args:
            groups: (key of the first row to arrive, rows in order), in key order.
        Raises:
            FlowError: the disk is full.
        """
        if self._sorts and not self._is_named:
            groups = list(groups)
            keys = [key for key, _ in groups] + [self._key_of(next(iter(g))) for _, g in groups]
            if not _LOOK_ALIKE.issuperset(map(type, chain.from_iterable(keys))):
                self._is_named = True
                self._merge_pass()  # writes the names of the groups so far, which look alike
        self._runs.append(self._written(groups))

    def merged(self, last: Groups) -> Iterator[tuple[Row, Iterable[Row]]]:
        """Yield the groups of all runs and of one more that is in memory.

        Yields:
            (key of the group's first row to arrive, its rows: a list, or an iterator that is read
            once and that is empty when the next group was asked for).
        """
        while len(self._runs) > _FAN_IN:
            self._merge_pass()
        # The rows are held in any case, but their places are not.
        blocks = sized_lists(self._items(last), _IN_MEMORY * self._block_bytes)
        in_memory = (self._placed(items, self._is_named) for items in blocks)
        yield from self._groups([*map(self._read, self._runs), in_memory])

    def close(self) -> None:
        """Give back the space of the runs."""
        files, self._files = self._files, []
        for file in files:
            file.close()

    # -- writing and reading -------------------------------------------------------------------

    def _merge_pass(self) -> None:
        """Merge neighbouring runs to longer ones."""
        runs, self._runs = self._runs, []
        files, self._files = self._files, []
        try:
            for start in range(0, len(runs), _FAN_IN):
                some = [self._read(run) for run in runs[start : start + _FAN_IN]]
                self._runs.append(self._written(self._groups(some)))
        finally:
            for file in files:
                file.close()

    def _written(self, groups: Groups) -> _Run:
        if not self._files:
            self._files.append(self._spill.open())
        file, is_named = self._files[-1], self._is_named
        blocks = sized_lists(self._items(groups), self._block_bytes)
        return _Run(file, [file.append(encode_block(items)) for items in blocks], is_named)

    def _read(self, run: _Run) -> Iterator[Lump]:
        for place in run.places:
            yield self._placed(cast("list[Row]", decode_block(run.file.read(place))), run.is_named)

    def _items(self, groups: Groups) -> Iterator[Row]:
        """Return what is written of groups: their rows, with their names where these are needed."""
        if not self._is_named:
            return chain.from_iterable(rows for _, rows in groups)
        return self._named_items(groups)

    def _named_items(self, groups: Groups) -> Iterator[Row]:
        for key, rows in groups:
            if not self._is_lonely(key):
                yield (False, *key)
            for row in rows:
                yield (True, *row) if row.__class__ is tuple else (_WHOLE, row)

    def _placed(self, items: list[Row], is_named: bool) -> Lump:
        """Return the places of items, and the items without the mark that tells names from rows."""
        key_of, key_place = self._key_of, self._key_place
        if not self._sorts:
            keys = list(map(key_of, items))
            if self._has_lonely:
                return [self._place(key, ()) for key in keys], items
            return list(zip(map(key_place, keys))), items
        rows = list(map(_unmarked, items)) if is_named else items
        sort_of, sort_place = self._sort_of, self._sort_place
        if is_named:
            places = [
                self._place(key_of(row), (_ROW, sort_place(sort_of(row))))
                if item[0]
                else (key_place(row), _NAME)
                for item, row in zip(items, rows, strict=True)
            ]
        else:
            # Composed of maps: 100 ns a row less than a comprehension.
            found = map(key_place, map(key_of, rows))
            places = list(zip(found, repeat(_ROW), map(sort_place, map(sort_of, rows))))
        return places, rows

    def _place(self, key: Row, rest: Row) -> Place:
        return (self._key_place(key), *((_LONELY,) if self._is_lonely(key) else rest))

    def _is_lonely(self, key: Row) -> bool:
        return self._has_lonely and not self._same(key, key)

    # -- merging -------------------------------------------------------------------------------

    def _groups(self, runs: Sequence[Iterator[Lump]]) -> Iterator[tuple[Row, Iterable[Row]]]:
        """Yield the groups of merged runs, which come in order of arrival."""
        at = _Cursor(_merged(runs, self._on_bad))
        while at.has_item():
            place, first = at.place(), at.item()
            key: Row | None = None
            if place[1:] == (_NAME,):
                key = first
                while at.has_item() and at.place() == place:
                    at.step()
                if not at.has_item() or at.place()[0] != place[0]:
                    continue  # every row of it was bad
                place, first = at.place(), at.item()
            if key is None:
                key = self._key_of(first)
            if place[1:] == (_LONELY,):
                at.step()
                yield key, [first]
                continue
            rows = at.rows_before_next(place[0])
            if rows is not None:
                yield key, rows
                continue
            rest = at.rows_of(place[0])
            yield key, rest
            for _ in rest:  # what the caller left
                pass


class _Cursor:
    """A position in merged lumps."""

    def __init__(self, lumps: Iterator[Lump]) -> None:
        self._lumps = lumps
        self._places: list[Place] = []
        self._items: list[Row] = []
        self._at = 0

    def has_item(self) -> bool:
        while self._at >= len(self._items):
            lump = next(self._lumps, None)
            if lump is None:
                return False
            self._places, self._items = lump
            self._at = 0
        return True

    def place(self) -> Place:
        return self._places[self._at]

    def item(self) -> Row:
        return self._items[self._at]

    def step(self) -> None:
        self._at += 1

    def rows_before_next(self, key: Any) -> list[Row] | None:
        """Return the rows of a key and go past them; None if they may go on in the next lump."""
        end = self._end(key)
        if end == len(self._items):
            return None
        rows, self._at = self._items[self._at : end], end
        return rows

    def rows_of(self, key: Any) -> Iterator[Row]:
        """Yield the rows of a key, in this lump and the next ones."""
        while self.has_item() and self._places[self._at][0] == key:
            end = self._end(key)
            some, self._at = self._items[self._at : end], end
            yield from some

    def _end(self, key: Any) -> int:
        places, end = self._places, self._at + 1
        if places[-1][0] == key:
            return len(places)
        while places[end][0] == key:
            end += 1
        return end


class _Head:
    """The first block of a run that is not used up."""

    def __init__(self, number: int, blocks: Iterator[Lump]) -> None:
        self.number = number
        self.places: list[Place] = []
        self.items: list[Row] = []
        self.at = 0
        self._blocks = blocks

    def has_item(self) -> bool:
        while self.at >= len(self.items):
            block = next(self._blocks, None)
            if block is None:
                return False
            self.places, self.items = block
            self.at = 0
        return True

    def standing(self) -> tuple[Place, int]:
        return self.places[self.at], self.number


def _merged(runs: Sequence[Iterator[Lump]], on_bad: OnBad) -> Iterator[Lump]:
    """Yield what the runs hold, in order; of equal places the earlier run's first."""
    heads = [head for head in map(_Head, range(len(runs)), runs) if head.has_item()]
    while len(heads) > 1:
        try:
            ends = _complete_ends(heads)
            lump = _sorted_together(heads, ends)
        except Exception:
            # A comparator of the user's fails on items of different runs: nothing was taken yet.
            yield from _merged_one_by_one(heads, on_bad)
            return
        for head, end in zip(heads, ends, strict=True):
            head.at = end
        yield lump
        heads = [head for head in heads if head.has_item()]
    for head in heads:
        while head.has_item():
            lump = head.places[head.at :], head.items[head.at :]
            head.at = len(head.items)
            yield lump


def _complete_ends(heads: Sequence[_Head]) -> list[int]:
    """Return for each head the end of the items behind which no run has any to come."""
    first = min(range(len(heads)), key=lambda number: heads[number].places[-1])
    bound = heads[first].places[-1]
    return [
        (bisect_right if number <= first else bisect_left)(head.places, bound, head.at)
        for number, head in enumerate(heads)
    ]


def _sorted_together(heads: Sequence[_Head], ends: Sequence[int]) -> Lump:
    parts = [(head, end) for head, end in zip(heads, ends, strict=True) if end > head.at]
    if len(parts) == 1:
        ((head, end),) = parts
        return head.places[head.at : end], head.items[head.at : end]
    places: list[Place] = []
    items: list[Row] = []
    for head, end in parts:
        places += head.places[head.at : end]
        items += head.items[head.at : end]
    order = sorted(range(len(places)), key=places.__getitem__)
    return [places[at] for at in order], [items[at] for at in order]


def _merged_one_by_one(heads: Iterable[_Head], on_bad: OnBad) -> Iterator[Lump]:
    """Merge item by item; leave out those that cannot be compared."""
    placed: list[_Head] = []
    waiting = list(heads)
    while waiting or placed:
        while waiting:
            for error, bad in insert_in_order(placed, waiting.pop(0), _Head.standing):
                if bad.places[bad.at][1:] != (_NAME,):
                    on_bad(error, bad.items[bad.at])
                bad.at += 1
                if bad.has_item():
                    waiting.append(bad)
        if placed:
            head = placed.pop(0)
            yield [head.places[head.at]], [head.items[head.at]]
            head.at += 1
            if head.has_item():
                waiting.append(head)


def _has_lonely_nulls(order: AnyKeyOrder) -> bool:
    comparators: list[Any] = list(order.comparators)
    while any(isinstance(one, ReverseOrder) for one in comparators):
        comparators = [getattr(one, "comparator", None) for one in comparators]
    return any(isinstance(one, NullNotEquivalentComparator) for one in comparators)


def _unmarked(item: Row) -> Row:
    found: Row = item[1] if item[0] == _WHOLE else item[1:]
    return found


def _itself(row: Row) -> Row:
    return row
