"""Reading Hadoop sequence files by byte ranges, in lists of some thousand records.

A range [start, end) owns what lies between the first sync marker in it and the first one at or
behind its end; the beginning of the records, behind the header, counts as a marker. So each record
belongs to one range of any cut of a file, and to the one Hadoop's readers give it to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import attrs

from cascade2spark.codecs.cascading_tuples import CASCADING_TUPLE_CLASS, CascadingTuple
from cascade2spark.codecs.sequence_blocks import read_block_lists
from cascade2spark.codecs.sequence_header import SequenceHeader, read_header
from cascade2spark.codecs.sequence_records import Wanted, read_record_lists
from cascade2spark.codecs.sequence_window import (
    DEFAULT_MOST_BYTES,
    DEFAULT_PIECE_BYTES,
    OnBad,
    Window,
)
from cascade2spark.codecs.writable_types import KNOWN_WRITABLES
from cascade2spark.codecs.writables import RawWritable, Writable

__all__ = ["RecordChunk", "SequenceFileReader"]


@attrs.frozen
class RecordChunk:
    """Some neighbouring records.

    Attributes:
        count: how many, without the bad ones.
        keys: decoded keys; None when not asked for.
        values: decoded values; None when not asked for.
        offset: where in the file the first of them, or their block, begins.
    """

    count: int
    keys: list[Any] | None
    values: list[Any] | None
    offset: int


class SequenceFileReader:
    """A sequence file, or a byte range of one.

    Args:
        file: seekable bytes; it is not closed here.
        path: what messages call the file.
        start: first byte of the range.
        end: byte after the last; None is the end of the file.
        key_type: class of the keys; None is the one the file names. Classes that are not known
            give bytes as they are stored; a class of one's own that stores what BytesWritable
            stores is read as `BytesWritable()`.
        value_type: class of the values, likewise.
        on_bad: takes a BadRecord for each record that is left out; None: it is raised. Reading goes
            on at the next record where its place is known, else at the next sync marker.
        most_bytes: most bytes of one record or block, packed or unpacked. Default 256 MiB.
        piece_bytes: how much is read at a time, and so about how large a chunk is, before it is
            unpacked. Default 1 MiB; where each read costs a request, more is better.
    Raises:
        TapError: it is no sequence file, or of an unknown version.
        Unsupported: its codec is not known.
    Example:
        >>> import io
        >>> from cascade2spark.codecs.sequence_writer import SequenceFileWriter
        >>> from cascade2spark.codecs.writables import LongWritable, Text
        >>> writer = SequenceFileWriter(LongWritable(), Text())
        >>> data = writer.start() + writer.encode([1, 2], ["a", "b"]) + writer.finish()
        >>> list(SequenceFileReader(io.BytesIO(data), "x").records())
        [(1, 'a'), (2, 'b')]
    """

    def __init__(
        self,
        file: BinaryIO,
        path: str = "",
        *,
        start: int = 0,
        end: int | None = None,
        key_type: Writable | None = None,
        value_type: Writable | None = None,
        on_bad: OnBad | None = None,
        most_bytes: int = DEFAULT_MOST_BYTES,
        piece_bytes: int = DEFAULT_PIECE_BYTES,
    ) -> None:
        self.path = path
        self.size = file.seek(0, 2)
        self.header: SequenceHeader = read_header(file, path)
        self.key_type = key_type or _type_of(self.header.key_class)
        self.value_type = value_type or _type_of(self.header.value_class)
        self._file = file
        self._start = start
        self._end = self.size if end is None else end
        self._codec = self.header.codec(path)
        self._on_bad = on_bad
        self._most_bytes = most_bytes
        self._piece_bytes = piece_bytes

    def chunks(self, *, keys: bool = True, values: bool = True) -> Iterator[RecordChunk]:
        """Yield the records of the range, in order; each call reads from the beginning.

        What is not asked for is neither decoded nor checked. A chunk may be empty.

        Raises:
            BadRecord: damage, with the file, the offset, the record's number in the range and its
                bytes as payload; nobody asked for bad records.
            TapError: the file became shorter.
        """
        window = self._window()
        if window is None:
            return
        wanted = Wanted(self.key_type, self.value_type, keys, values, self._codec)
        is_block = self.header.compression == "block"
        read = read_block_lists if is_block else read_record_lists
        for some_keys, some_values, count, offset in read(window, self._end, wanted):
            yield RecordChunk(count, some_keys, some_values, offset)

    def records(self) -> Iterator[tuple[Any, Any]]:
        """Yield the pairs of key and value of the range."""
        for chunk in self.chunks():
            yield from zip(chunk.keys or (), chunk.values or (), strict=True)

    def count(self) -> int:
        """Return the number of records, decoding none."""
        return sum(chunk.count for chunk in self.chunks(keys=False, values=False))

    def _window(self) -> Window | None:
        """Return what the range begins with; None when it owns nothing."""
        header_end = self.header.size_bytes
        is_first = self._start <= header_end
        window = Window(
            self._file,
            self.path,
            self.size,
            self.header.sync,
            header_end if is_first else self._start,
            self._most_bytes,
            self._on_bad,
            self._piece_bytes,
        )
        if not is_first:
            found = window.seek_sync(0)
            if found is None:
                return None
            window.fill(found)
        return window if window.base < self._end else None


def _type_of(class_name: str) -> Writable:
    if class_name == CASCADING_TUPLE_CLASS:
        return CascadingTuple()
    # What a file calls its classes is no more than a name, whatever `writable_of` could make of it.
    return KNOWN_WRITABLES.get(class_name) or RawWritable(class_name)
