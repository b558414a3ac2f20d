"""Results that wait until all of them are certain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from cascade2spark.batch.batches import Columns
from cascade2spark.batch.blocks import decode_block, encode_block
from cascade2spark.batch.spill import SpillFile, SpillSpace

__all__ = ["KeptColumns"]


class KeptColumns:
    """Batches kept until all are there; on disk beyond a quarter of the memory limit.

    Args:
        spill: the limit and the files.
    """

    def __init__(self, spill: SpillSpace) -> None:
        self.rows = 0
        self._spill = spill
        self._file: SpillFile | None = None
        self._held: list[Columns] = []
        self._held_bytes = 0

    def add(self, batch: Columns) -> None:
        """Keep a batch."""
        self.rows += batch.num_rows
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
