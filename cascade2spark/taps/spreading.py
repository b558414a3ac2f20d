"""Writing the rows of one task into a folder for each partition value, few files open at a time.

While the folders are no more than may be open, rows go straight to their files. From then on they
are held, up to a number of bytes, so that what is written to a folder at once is worth a file.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import Any

from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.files import Manifest, PartPlace, PartWriter
from cascade2spark.files.parts import WrittenFile
from cascade2spark.schemes.base import Row, RowWriter, encoded
from cascade2spark.selection import pick_for
from cascade2spark.taps.partition import folder_maker
from cascade2spark.taps.partition_scheme import PartitionScheme

__all__ = ["OpenFile", "PartitionFiles"]

_HELD_BYTES = 32 << 20
_COMPRESSING_BYTES = 128 << 20
_BUFFER_BYTES = 64 << 10
_SAMPLED_ROWS = 8
_BYTES_A_ROW = 64
# What an open compressor of each codec holds; they have no small setting.
_COMPRESSOR_BYTES = {"bz2": 8 << 20, "xz": 94 << 20, "zstd": 4 << 20}

OnFailure = Callable[[Exception, Row], None]


class OpenFile:
    """A file under construction, with the writer of its rows.

    Attributes:
        held_bytes: about how large the rows are that the writer holds back.
    """

    def __init__(self, part: PartWriter, writer: RowWriter) -> None:
        self.part = part
        self.writer = writer
        self.held_bytes = 0
        part.write(writer.start(), 0)

    def put(self, data: bytes, rows: int, size: int) -> None:
        """Append what the writer has ready after some rows of about `size` bytes."""
        self.part.write(data, rows)
        self.held_bytes = 0 if data else self.held_bytes + size

    def close(self) -> Manifest:
        """Finish the file."""
        self.part.write(self.writer.finish(), 0)
        return self.part.close()


class PartitionFiles:
    """The files of one task attempt at a partitioned sink.

    Args:
        scheme: of the tap.
        fields: of the rows, the sink fields as resolved.
        place: where part files are written.
        part: number of the task's part files.
        on_failure: called for each row that cannot be written, which is then left out.
        held_bytes: most bytes of rows held while there are more folders than may be open.
    """

    def __init__(
        self,
        scheme: PartitionScheme,
        fields: Fields,
        place: PartPlace,
        part: int,
        on_failure: OnFailure,
        held_bytes: int = _HELD_BYTES,
    ) -> None:
        partition = scheme.partition_for(fields)
        self._scheme, self._fields, self._place, self._part = scheme, fields, place, part
        self._on_failure, self._most_bytes = on_failure, held_bytes
        self._limit = _limit_of(scheme.open_limit, place.compression)
        self._folder_of = folder_maker(partition)
        self._key_of = pick_for(partition.get_partition_fields(), fields).of()
        self._cut = pick_for(scheme.file_fields(fields), fields).of()
        self._open: OrderedDict[str, OpenFile] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._written: list[WrittenFile] = []
        self._held: dict[str, list[Row]] = {}
        self._held_bytes = 0
        self._in_files = 0

    def write(self, rows: Sequence[Row]) -> int:
        """Take some rows; return how many, those left out not counted."""
        by_folder: dict[str, list[Row]] = {}
        for row in rows:
            try:
                folder = self._folder_of(self._key_of(row))
            except Exception as error:
                self._on_failure(error, row)
                continue
            by_folder.setdefault(folder, []).append(row)
        is_crowded = self.is_crowded(by_folder)
        taken = 0
        for folder, own in by_folder.items():
            if is_crowded:
                taken += self._hold(folder, own)
            else:
                taken += self._write(folder, own)
        if self._held_bytes > self._most_bytes:
            taken += self._drain()
        return taken

    def folders(self, keys: Sequence[Row]) -> list[str] | None:
        """Return the folder for each of some partition values; None where one has none."""
        try:
            return list(map(self._folder_of, keys))
        except RunError:
            return None

    def is_crowded(self, folders: Collection[str]) -> bool:
        """Tell whether there are, with these, more folders than may be open: rows are held."""
        if self._held:
            return True
        new = sum(folder not in self._numbers for folder in folders)
        return len(self._numbers) + new > self._limit

    def file_of(self, folder: str) -> OpenFile:
        """Return the open file of a folder, for columns; held rows must go before."""
        found = self._open.get(folder)
        if found is not None:
            self._open.move_to_end(folder)
            return found
        if len(self._open) >= self._limit:
            for _ in range(max(1, self._limit // 10)):
                self._close_oldest()
        number = self._numbers.get(folder, -1) + 1
        part = self._place.open_part(
            self._part, subfolder=folder, number=number, buffer_bytes=_BUFFER_BYTES
        )
        try:
            opened = OpenFile(part, self._scheme.writer(self._fields))
        except BaseException:
            part.abort()
            raise
        self._numbers[folder] = number
        self._open[folder] = opened
        return opened

    def finish(self) -> int:
        """Write what is held; return the rows that were, for `close` to be called next."""
        return self._drain()

    def close(self) -> Manifest:
        """Finish every file and return the manifest for the driver."""
        self._drain()
        while self._open:
            self._close_oldest()
        return Manifest(self._part, "", tuple(sorted(self._written, key=_final_name)))

    def abort(self) -> None:
        """Delete what was written."""
        for opened in self._open.values():
            opened.part.abort()
        for file in self._written:
            with contextlib.suppress(OSError):  # the rest goes with the folder of all attempts
                os.unlink(os.path.join(self._place.folder, file.written))

    def _hold(self, folder: str, rows: list[Row]) -> int:
        self._held.setdefault(folder, []).extend(rows)
        self._held_bytes += _size_of(rows)
        return 0

    def _drain(self) -> int:
        """Write the held rows: first into files that are open, as opening others closes them."""
        held, self._held, self._held_bytes = self._held, {}, 0
        order = sorted(held, key=lambda folder: folder not in self._open)
        return sum(self._write(folder, held[folder]) for folder in order)

    def _write(self, folder: str, rows: list[Row]) -> int:
        file = self.file_of(folder)
        cut = list(map(self._cut, rows))

        def failed(error: Exception, row: Row) -> None:
            # A trap takes the row as it came, its partition values too.
            at = next(place for place, one in enumerate(cut) if one is row)
            self._on_failure(error, rows[at])

        data, taken = encoded(file.writer, cut, failed)
        self.put(file, data, taken, _size_of(cut))
        return taken

    def put(self, file: OpenFile, data: bytes, rows: int, size: int) -> None:
        """Append to a file; close the oldest ones while writers hold too many rows back.

        A format such as Parquet writes when it has many rows: as many for each open file.
        """
        before = file.held_bytes
        file.put(data, rows, size)
        self._in_files += file.held_bytes - before
        if self._in_files > self._most_bytes:
            while self._in_files > self._most_bytes // 2:
                self._close_oldest()

    def _close_oldest(self) -> None:
        folder, opened = next(iter(self._open.items()))
        self._written.extend(opened.close().files)
        self._in_files -= opened.held_bytes
        del self._open[folder]


def _limit_of(asked: int, compression: str | None) -> int:
    """Return how many files may be open: compressors of some codecs are large.

    Half of what the system allows this process is left to everything else.
    """
    asked = min(asked, _open_allowed() // 2)
    each = _COMPRESSOR_BYTES.get(compression or "")
    return max(1, asked if each is None else min(asked, _COMPRESSING_BYTES // each))


def _open_allowed() -> int:
    """Return how many files the system lets this process open."""
    try:
        import resource
    except ImportError:  # Windows, whose limit is this
        return 8192
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if allowed == resource.RLIM_INFINITY else allowed


def _size_of(rows: Sequence[Row]) -> int:
    """Return about how many bytes some rows take in memory."""
    some = rows[:: max(1, len(rows) // _SAMPLED_ROWS)]
    held = sum(_BYTES_A_ROW + sum(map(sys.getsizeof, row)) for row in some)
    return held * len(rows) // len(some) if some else 0


def _final_name(file: WrittenFile) -> Any:
    return file.name
