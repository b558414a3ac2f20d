"""Part files: what one task attempt writes, aside and under a name of its own."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any

import attrs

from cascade2spark.errors import TapError
from cascade2spark.files.compression import extension_of, new_compressor
from cascade2spark.files.syncing import sync_with_others

__all__ = ["Manifest", "PartPlace", "PartWriter", "WrittenFile"]

_BUFFER_BYTES = 1 << 20
# Whenever so much was written, the disk is told to begin with it.
_BEGIN_BYTES = 4 << 20
_SYNC_FILE_RANGE_WRITE = 2


@attrs.frozen
class WrittenFile:
    """One file of a task attempt.

    Attributes:
        written: its name in the attempts folder.
        name: the name it gets if this attempt wins, below the target folder.
        rows: rows in it, the header not counted.
        size_bytes: its size on disk.
    """

    written: str
    name: str
    rows: int
    size_bytes: int


@attrs.frozen
class Manifest:
    """What one task attempt wrote: the driver is given one per partition and trusts only these."""

    part: int
    attempt: str
    files: tuple[WrittenFile, ...]

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)

    def renumbered(self, part: int) -> Manifest:
        """Return the same files as those of partition `part`, with its number in their names."""
        old, new = f"part-{self.part:05d}", f"part-{part:05d}"

        def renamed(name: str) -> str:
            above, slash, last = name.rpartition("/")
            return above + slash + last.replace(old, new, 1)

        files = tuple(attrs.evolve(file, name=renamed(file.name)) for file in self.files)
        return attrs.evolve(self, part=part, files=files)


@attrs.frozen
class PartPlace:
    """Where tasks write; small and picklable.

    Attributes:
        folder: the attempts folder.
        compression: codec, None for plain bytes.
        header: bytes written before the first row of each file, in files that have rows.
        is_durable: whether a closed file survives a power cut, which costs one fsync.
        suffix: what names end in, before what the codec adds.
    """

    folder: str
    compression: str | None = None
    header: bytes | None = None
    is_durable: bool = True
    suffix: str = ""

    def open_part(
        self,
        part: int,
        attempt: str | None = None,
        subfolder: str = "",
        number: int | None = None,
        buffer_bytes: int = _BUFFER_BYTES,
    ) -> PartWriter:
        """Return a writer for the part file of one attempt at partition `part`.

        Args:
            part: number of the partition.
            attempt: anything unique to the attempt, such as Spark's task attempt id.
            subfolder: folder below the target, for taps that spread rows over folders.
            number: of the file, where an attempt may write several into one folder.
            buffer_bytes: held before the disk is asked; less where many files are open.
        """
        return PartWriter(self, part, attempt or "", subfolder, number, buffer_bytes)


class PartWriter:
    """Writes one part file. Use as a context manager: leaving it by an error deletes the file."""

    def __init__(
        self,
        place: PartPlace,
        part: int,
        attempt: str,
        subfolder: str,
        number: int | None = None,
        buffer_bytes: int = _BUFFER_BYTES,
    ) -> None:
        self._place = place
        self._part = part
        # A retried attempt may reuse its id after a lost executor: never write into the same file.
        self._attempt = f"{attempt}-{uuid.uuid4().hex[:12]}".lstrip("-")
        self._buffer_bytes = buffer_bytes
        numbers = f"{part:05d}" if number is None else f"{part:05d}-{number:05d}"
        self._name = f"part-{numbers}{place.suffix}{extension_of(place.compression)}"
        self._written = f"{self._name}.{self._attempt}"
        self._final = f"{subfolder}/{self._name}" if subfolder else self._name
        self._path = os.path.join(place.folder, self._written)
        self._rows = 0
        self._put_bytes = self._begun_bytes = 0
        self._compressor = new_compressor(place.compression) if place.compression else None
        self._file: Any = self._guarded(self._open)

    def write(self, data: bytes, rows: int) -> None:
        """Append encoded rows; `rows` says how many they are."""
        if rows and not self._rows and self._place.header:
            self._put(self._place.header)
        self._rows += rows
        self._put(data)

    def close(self) -> Manifest:
        """Finish the file and return the manifest for the driver."""
        self._guarded(self._finish)
        size = os.stat(self._path).st_size
        written = WrittenFile(self._written, self._final, self._rows, size)
        return Manifest(self._part, self._attempt, (written,))

    def abort(self) -> None:
        """Close and delete the file; harmless when it is closed or gone."""
        try:
            self._file.close()
        except OSError:
            # A full disk makes closing fail too; the file is given up either way.
            self._file = None
        if os.path.lexists(self._path):
            os.unlink(self._path)

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.abort()

    def _open(self) -> Any:
        return open(self._path, "xb", buffering=self._buffer_bytes)

    def _put(self, data: bytes) -> None:
        if self._compressor is not None:
            data = self._compressor.compress(data)
        self._guarded(lambda: self._file.write(data))
        self._put_bytes += len(data)
        if self._place.is_durable and self._put_bytes - self._begun_bytes >= _BEGIN_BYTES:
            self._guarded(self._begin_sync)

    def _begin_sync(self) -> None:
        """Let the disk work while rows are made: what is left to wait for at the end is little."""
        self._file.flush()
        if (begin := _begin_writing()) is not None:
            # What it cannot do, such as in some file systems, is left to fsync.
            begin(self._file.fileno(), self._begun_bytes, 0, _SYNC_FILE_RANGE_WRITE)
        self._begun_bytes = self._put_bytes

    def _finish(self) -> None:
        if self._compressor is not None:
            self._file.write(self._compressor.flush())
        self._file.flush()
        if self._place.is_durable:
            self._begin_sync()
            handle = self._file.fileno()
            if not sync_with_others(handle, self._sync):
                self._sync(handle)
        self._file.close()

    def _sync(self, handle: int) -> None:
        self._guarded(lambda: os.fsync(handle))

    def _guarded(self, call: Any) -> Any:
        try:
            return call()
        except OSError as failed:
            raise TapError(f"cannot write {self._path}: {failed.strerror or failed}") from failed


@functools.cache
def _begin_writing() -> Callable[[int, int, int, int], int] | None:
    """Return Linux's call that begins to write a range of a file to the disk, and does not wait."""
    if sys.platform != "linux":
        return None
    try:
        call = ctypes.CDLL(None).sync_file_range
    except (OSError, AttributeError):
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    call.restype = ctypes.c_int
    return call
