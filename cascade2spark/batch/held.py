"""Rows held to be read again, in memory while they are few and on disk beyond that."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, cast

from cascade2spark.batch.batches import rows_memory
from cascade2spark.batch.blocks import decode_block, encode_block
from cascade2spark.batch.spill import SpillFile, SpillSpace
from cascade2spark.errors import RunError

__all__ = ["HeldRows", "sized_lists"]

Row = tuple[Any, ...]

# All that a join holds of one key may take an eighth of the limit, and every pass over rows on disk
# has one block of them in memory.
_SHARE = 8
_BLOCKS_A_SHARE = 8
_MOST_ROWS = 4096


class HeldRows:
    """An append-only sequence of rows that spills beyond its share of the memory limit.

    It may be iterated any number of times, several at once too; whether an iteration sees rows that
    are appended meanwhile is open. Rows that were on disk are equal copies of those appended.

    Args:
        spill: the limit, and the files.
        sides: how many such sequences are held at once: each gets its part of the share.
    """

    def __init__(self, spill: SpillSpace, sides: int = 1) -> None:
        self._spill = spill
        self._most_bytes = max(1, spill.limit_bytes // (_SHARE * sides))
        self._file: SpillFile | None = None
        self._stored_rows = 0
        self._tail: list[Row] = []
        self._tail_bytes = self._measured_rows = 0
        self._look_at = 1  # rows of the tail at which it is measured again

    @property
    def is_spilled(self) -> bool:
        """Whether some of the rows are on disk."""
        return self._file is not None

    def __len__(self) -> int:
        return self._stored_rows + len(self._tail)

    def __iter__(self) -> Iterator[Row]:
        if self._file is None:
            return iter(self._tail)
        blocks = map(decode_block, self._file.pieces())
        return chain(chain.from_iterable(cast("Iterator[list[Row]]", blocks)), self._tail)

    def in_memory(self) -> list[Row] | None:
        """Return the rows as the list they are held in, None when some are on disk."""
        return self._tail if self._file is None else None

    def append(self, row: Row) -> None:
        """Add one row at the end.

        Raises:
            FlowError: the disk is full.
        """
        self._tail.append(row)
        if len(self._tail) >= self._look_at:
            self._look()

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows at the end.

        Raises:
            FlowError: the disk is full.
        """
        for some in sized_lists(rows, self._most_bytes // 4):
            self._tail += some
            self._look()

    def close(self) -> None:
        """Forget all rows and give back their space."""
        self._tail, self._tail_bytes, self._measured_rows = [], 0, 0
        self._stored_rows, self._look_at = 0, 1
        if self._file is not None:
            self._file.close()
            self._file = None

    def _look(self) -> None:
        """Measure what is new in memory; store all of it when it is too much."""
        fresh = self._tail[self._measured_rows :]
        size = rows_memory(fresh)
        self._tail_bytes += size
        self._measured_rows = len(self._tail)
        if self._tail_bytes > self._most_bytes:
            self._store()
        fitting = (self._most_bytes - self._tail_bytes) * len(fresh) // (size or 1)
        step = max(1, min(fitting, 4 * len(fresh), _MOST_ROWS))
        self._look_at = len(self._tail) + step

    def _store(self) -> None:
        if self._file is None:
            self._file = self._spill.open()
        tail, self._tail = self._tail, []
        before = self._stored_rows
        self._tail_bytes = self._measured_rows = 0
        for some in sized_lists(tail, self._most_bytes // _BLOCKS_A_SHARE):
            try:
                block = encode_block(some)
            except RunError:
                # Results of an operation may hold anything that goes no further than this task.
                self._tail = tail[self._stored_rows - before :]
                self._most_bytes = sys.maxsize
                break
            self._file.append(block)
            self._stored_rows += len(some)


def sized_lists(rows: Iterable[Row], most_bytes: int) -> Iterator[list[Row]]:
    """Yield rows in lists of about as many bytes of memory each, the first ones smaller.

    Args:
        most_bytes: what a list should take; one row is the least.
    """
    left = iter(rows)
    size = 1  # until it is known how large a row is
    while some := list(islice(left, size)):
        yield some
        fitting = most_bytes * len(some) // (rows_memory(some) or 1)
        size = max(1, min(fitting, 4 * size, _MOST_ROWS))
