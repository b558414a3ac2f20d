"""The part of a sequence file in memory, and how damage in it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import attrs

from cascade2spark.codecs.sequence_header import ESCAPE
from cascade2spark.errors import BadRecord, TapError

__all__ = ["DEFAULT_MOST_BYTES", "DEFAULT_PIECE_BYTES", "OnBad", "Window"]

DEFAULT_MOST_BYTES = 256 << 20
DEFAULT_PIECE_BYTES = 1 << 20
_MOST_PAYLOAD_BYTES = 64 << 10
OnBad = Callable[[BadRecord], None]


@attrs.define(eq=False)
class Window:
    """Some bytes of a file, which move towards its end; and the count of records so far.

    Attributes:
        file: seekable bytes.
        path: what messages call the file.
        size: bytes of the file.
        sync: the file's 16 bytes.
        base: where `data` begins in the file.
        data: the bytes in memory.
        records: records met so far, bad ones too.
        most_bytes: most bytes of one record or block, packed or unpacked.
        on_bad: takes a bad record; None: it is raised.
        piece_bytes: how much is read at a time.
    """

    file: BinaryIO
    path: str
    size: int
    sync: bytes
    base: int
    most_bytes: int = DEFAULT_MOST_BYTES
    on_bad: OnBad | None = None
    piece_bytes: int = DEFAULT_PIECE_BYTES
    data: bytes = b""
    records: int = 0

    def __attrs_post_init__(self) -> None:
        self.file.seek(self.base)

    @property
    def is_at_end(self) -> bool:
        """Whether `data` reaches the end of the file."""
        return self.base + len(self.data) >= self.size

    def left(self, at: int) -> int:
        """Return how many bytes of the file lie behind a place of `data`."""
        return self.size - self.base - at

    def fill(self, at: int, least_bytes: int = 0) -> None:
        """Drop what lies before a place, and read on until at least some bytes lie behind it.

        The place becomes 0.
        """
        parts = [self.data[at:]]
        self.base += at
        held = len(parts[0])
        # Reading in pieces of the same size, so that a large record is not copied again and again.
        wanted = min(max(least_bytes, held + self.piece_bytes), self.size - self.base)
        while held < wanted:
            part = self.file.read(wanted - held)
            if not part:
                raise TapError(f"{self.path} became shorter while the job ran")
            parts.append(part)
            held += len(part)
        self.data = b"".join(parts)

    def seek_sync(self, at: int) -> int | None:
        """Return the place of the first escape at or behind a place; None: the file has no more.

        The window may move.
        """
        mark = ESCAPE + self.sync
        while True:
            found = self.data.find(mark, at)
            if found >= 0:
                return found
            if self.is_at_end:
                return None
            self.fill(max(at, len(self.data) - len(mark) + 1))
            at = 0

    def report(
        self,
        reason: object,
        at: int,
        end: int,
        *,
        records: int | None = 1,
        payload: bytes | None = None,
    ) -> None:
        """Hand a bad record to `on_bad`, or raise it.

        Args:
            reason: what is wrong.
            at: place in `data` where it begins.
            end: place where it ends, as far as that is known.
            records: how many records are lost; None when nobody can know.
            payload: the record, when those bytes do not show it.
        """
        if payload is None:
            payload = self.data[at:end]
        shown = {1: "a record", None: "records"}.get(records, f"a block of {records} records")
        bad = BadRecord(
            f"{shown} of {self.path} cannot be read: {reason}",
            payload=(payload[:_MOST_PAYLOAD_BYTES],),
            details={"offset": self.base + at, "record number": self.records},
        )
        if self.on_bad is None:
            raise bad
        self.on_bad(bad)
        self.records += records or 0
