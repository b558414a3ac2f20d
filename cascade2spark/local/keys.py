"""Bringing rows of equal keys together: by sorting, and by a table for joins in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from cascade2spark.operations.base import Row
from cascade2spark.ordering import AnyKeyOrder, insert_in_order

__all__ = ["KeyTable", "Keyed", "groups_of", "sorted_rows"]

OnBad = Callable[[Exception, "Keyed"], None]


@attrs.frozen
class Keyed:
    """A row with its key, and the side of a join it came by."""

    key: Row
    row: Row
    side: int = 0


def sorted_rows(
    rows: Sequence[Keyed], order: Callable[[Keyed], Any], on_bad: OnBad
) -> Sequence[Keyed]:
    """Return the rows in order, equal ones as they came.

    A comparator of the user's may fail on some pair. Then rows are put in place one by one, and
    each row that cannot be placed is handed to `on_bad`, which raises or lets it go.
    """
    try:
        return sorted(rows, key=order)
    except Exception:
        placed: list[Keyed] = []
        for entry in rows:
            for error, bad in insert_in_order(placed, entry, order):
                on_bad(error, bad)
        return placed


def groups_of(rows: Sequence[Keyed], order: AnyKeyOrder) -> Iterator[list[Keyed]]:
    """Yield runs of equal keys of sorted rows."""
    same = order.same()
    group: list[Keyed] = []
    for entry in rows:
        if group and not same(group[-1].key, entry.key):
            yield group
            group = []
        group.append(entry)
    if group:
        yield group


@attrs.define
class TableEntry:
    """The rows of one key, side by side, and whether a streamed row met them."""

    key: Row
    sides: list[list[Row]]
    is_matched: bool = False


class KeyTable:
    """The held sides of a join in memory, found by key; entries stay in order of first arrival."""

    def __init__(self, order: AnyKeyOrder, sides: int) -> None:
        self._same = order.same()
        self._group_key = order.group_key() if order.has_group_key else None
        self._sides = sides
        self._found: dict[Any, TableEntry] = {}
        self.entries: list[TableEntry] = []

    def add(self, side: int, key: Row, row: Row) -> None:
        """Hold one row of a side."""
        entry = self.find(key)
        if entry is None:
            entry = TableEntry(key, [[] for _ in range(self._sides)])
            self.entries.append(entry)
            if self._group_key is not None:
                self._found[self._group_key(key)] = entry
        entry.sides[side].append(row)

    def find(self, key: Row) -> TableEntry | None:
        """Return the rows of a key, None when no side has it, or when it equals nothing."""
        if self._group_key is not None:
            return self._found.get(self._group_key(key))
        # A comparator without a hash: every key is asked.
        return next((entry for entry in self.entries if self._same(entry.key, key)), None)
