"""Where the data of a task goes that does not fit in memory.

Spill files have no name: they are unlinked as soon as they are open, so that the space is free
again when the task ends, however it ends, a killed process included.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import attrs

from cascade2spark.errors import FlowError

__all__ = ["SpillFile", "SpillPlace", "SpillShare", "SpillSpace"]

_MIB = 1 << 20
_DEFAULT_LIMIT = 256 * _MIB


@attrs.frozen
class SpillPlace:
    """Where in a spill file a piece lies, in bytes."""

    offset: int
    size: int


class SpillSpace:
    """The memory limit of one task, and the files it may open beyond it.

    Args:
        limit_bytes: most bytes of rows, columns and blocks that the task may hold in memory.
        folders: where files are made, used in turn; without any, the system's temporary folder.
    """

    def __init__(self, limit_bytes: int = _DEFAULT_LIMIT, folders: Sequence[str] = ()) -> None:
        self.limit_bytes = limit_bytes
        self.spilled_bytes = 0
        self._folders = tuple(folders) or (tempfile.gettempdir(),)
        self._opened = 0
        self._files: list[SpillFile] = []

    def open(self) -> SpillFile:
        """Return a new, empty file.

        Raises:
            FlowError: no file can be made in the folder.
        """
        folder = self._folders[(os.getpid() + self._opened) % len(self._folders)]
        self._opened += 1
        found = SpillFile(self, folder)
        self._files.append(found)
        return found

    def close(self) -> None:
        """Give back the space of every file."""
        for file in list(self._files):
            file.close()

    def forget(self, file: SpillFile) -> None:
        """Hold a file no longer: a task may open one for each of very many groups."""
        if file in self._files:
            self._files.remove(file)


class SpillShare(SpillSpace):
    """The files of a task, and a part of its memory: several sorts are at work at once."""

    def __init__(self, whole: SpillSpace, parts: int) -> None:
        super().__init__(whole.limit_bytes // parts)
        self._whole = whole

    def open(self) -> SpillFile:
        """Return a new, empty file of the whole."""
        return self._whole.open()


class SpillFile:
    """An unnamed file of pieces, appended to and read back in any order.

    Args:
        space: counts what is written.
        folder: where it lies.
    """

    def __init__(self, space: SpillSpace, folder: str) -> None:
        self._space, self._folder = space, folder
        self.places: list[SpillPlace] = []
        self._end = 0
        try:
            self._file: BinaryIO = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        except OSError as refused:
            raise self._failed(refused) from refused

    def append(self, piece: bytes | memoryview) -> SpillPlace:
        """Write one piece at the end; return where it lies.

        Raises:
            FlowError: the disk is full, or cannot be written for another reason.
        """
        size = len(piece)
        rest = memoryview(piece)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as refused:
            raise self._failed(refused) from refused
        place = SpillPlace(self._end, size)
        self._end += size
        self._space.spilled_bytes += size
        self.places.append(place)
        return place

    def read(self, place: SpillPlace) -> bytes:
        """Return one piece.

        Raises:
            FlowError: it cannot be read whole.
        """
        try:
            piece = os.pread(self._file.fileno(), place.size, place.offset)
            while len(piece) < place.size:  # one call reads 2 GiB at most
                at, missing = place.offset + len(piece), place.size - len(piece)
                more = os.pread(self._file.fileno(), missing, at)
                if not more:
                    raise OSError(errno.EIO, "the file is shorter than what was written")
                piece += more
        except OSError as refused:
            raise self._failed(refused) from refused
        return piece

    def pieces(self) -> Iterator[bytes]:
        """Yield all pieces in the order of writing; several may read at once."""
        for place in list(self.places):
            yield self.read(place)

    def close(self) -> None:
        """Give back the space."""
        self._file.close()
        self.places = []
        self._space.forget(self)

    def _failed(self, refused: OSError) -> FlowError:
        is_full = refused.errno in (errno.ENOSPC, errno.EDQUOT)
        return FlowError(
            "the disk is full: a task has no room for what does not fit in its memory"
            if is_full
            else "a task cannot keep on disk what does not fit in its memory",
            details={
                "folder": self._folder,
                "spilled so far": f"{self._space.spilled_bytes / _MIB:.1f} MiB by this task",
                "because": refused.strerror or str(refused),
            },
            fix="give Spark larger disks (spark.local.dir), more partitions, or more memory "
            "(cascade2spark.memory.bytes)",
        )
