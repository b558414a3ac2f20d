"""The rows of one group after another as a Buffer asks for them: how many, and which came last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from cascade2spark.batch.batches import RowLists

__all__ = ["GivenRows"]

Row = tuple[Any, ...]


class GivenRows:
    """Counts rows as they are given; knows the last one of the group at work without noting each.

    `count` is that of all groups: of a list as soon as it is begun, of others as far as they were
    read.
    """

    def __init__(self) -> None:
        self.count = 0
        # What was begun last: a list and what reads it, or, of a stream, the row itself.
        self._list: list[Row] = []
        self._reader: Any = iter(())
        self._streamed: Row | None = None

    def begun(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Return the rows of another group."""
        self._list, self._reader, self._streamed = [], iter(()), None
        if isinstance(rows, list):
            return self._of_list(rows)
        if isinstance(rows, RowLists):
            return chain.from_iterable(map(self._of_list, rows.lists))
        return self._of_stream(rows)

    def last(self) -> Row | None:
        """Return the row of the group at work that was given last, None before the first."""
        given = len(self._list) - self._reader.__length_hint__()
        return self._list[given - 1] if given else self._streamed

    def _of_list(self, rows: list[Row]) -> Iterator[Row]:
        self.count += len(rows)
        reader = iter(rows)
        self._list, self._reader = rows, reader
        return reader

    def _of_stream(self, rows: Iterable[Row]) -> Iterator[Row]:
        size = 0
        try:
            for row in rows:
                size += 1
                self._streamed = row
                yield row
        finally:
            self.count += size
