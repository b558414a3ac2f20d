"""The scheme contract: how the bytes of a file become rows, and rows bytes.

A scheme is frozen data. On the driver it answers questions (which fields, may files be cut); in a
task it gives a `RowReader`, fed with blocks of whole lines, or a `RowWriter`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, Protocol

import attrs

from cascade2spark.errors import BadRecord, BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files import (
    FileInfo,
    LineBlock,
    Split,
    can_split_charset,
    check_compression,
    read_line_blocks,
)

__all__ = [
    "Compress",
    "OnBad",
    "Row",
    "RowReader",
    "RowWriter",
    "Scheme",
    "SourceFiles",
    "SourceInfo",
    "as_compression",
    "as_sink_fields",
    "as_source_fields",
]

Row = tuple[Any, ...]
OnBad = Callable[[BadRecord], None]


class Compress(Enum):
    """Java's three-way choice for sinks; ENABLE is gzip, DEFAULT is what the job says: none."""

    DEFAULT = None
    ENABLE = "gzip"
    DISABLE = ""


class SourceFiles(Protocol):
    """What a scheme asks of its tap while planning."""

    @property
    def counts_lines(self) -> bool:
        """Whether the tap numbers lines (local taps), instead of giving byte offsets."""
        ...

    def get_identifier(self) -> str: ...
    def list_files(self) -> tuple[FileInfo, ...]: ...


@attrs.frozen
class SourceInfo:
    """What a reader must know of the source it reads.

    Attributes:
        fields: the source fields as the tap resolved them; UNKNOWN if nobody declared any.
        wanted: positions to return, in this order, the others being dropped; None is all. What can
            fail in a position that is dropped is still checked.
        counts_lines: whether a line number is asked for, instead of a byte offset.
        name: the tap's identifier, for messages.
    """

    fields: Fields
    wanted: tuple[int, ...] | None = None
    counts_lines: bool = False
    name: str = ""


class RowReader(ABC):
    """Turns blocks of lines into rows."""

    @abstractmethod
    def rows(self, blocks: Iterable[LineBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        """Yield batches of rows, a thousand or two each, in the order of the lines.

        Args:
            blocks: the blocks of one or several files, those of a file in order.
            on_bad: called for each record that cannot be read, which is then left out; it raises,
                or hands the error's payload to a trap.
        """


class RowWriter(ABC):
    """Turns rows into bytes."""

    @abstractmethod
    def header(self) -> bytes | None:
        """Return what stands before the first row of a file that has rows."""

    @abstractmethod
    def encode(self, rows: Sequence[Row]) -> bytes:
        """Return the bytes of a batch of rows.

        Raises:
            RunError: a row cannot be written; it carries the row, and nothing was consumed, so
                that the rows may be given again one by one.
        """


class Scheme(ABC):
    """How records are stored in a file, whatever the place the file is in."""

    @property
    @abstractmethod
    def source_fields(self) -> Fields:
        """Fields read from a file; UNKNOWN if undeclared."""

    @property
    @abstractmethod
    def sink_fields(self) -> Fields:
        """Fields that are selected for writing; ALL if undeclared."""

    @property
    @abstractmethod
    def charset(self) -> str:
        """Charset of the text."""

    @property
    @abstractmethod
    def compression(self) -> str | None:
        """Codec of files that are written; files are read by their extension."""

    @property
    @abstractmethod
    def num_sink_parts(self) -> int:
        """Part files to write, 0 for as many as there are partitions."""

    @property
    def extension(self) -> str:
        """Extension, without a dot, of files of this kind."""
        return "txt"

    def get_source_fields(self) -> Fields:
        """Return `source_fields`."""
        return self.source_fields

    def get_sink_fields(self) -> Fields:
        """Return `sink_fields`."""
        return self.sink_fields

    def retrieve_source_fields(self, tap: SourceFiles) -> Fields:
        """Return the source fields for a tap, while planning; may look into the first file."""
        return self.source_fields

    def can_split(self, source: SourceInfo) -> bool:
        """Tell whether a file may be read in several ranges."""
        return can_split_charset(self.charset)

    def blocks(self, split: Split, block_bytes: int) -> Iterator[LineBlock]:
        """Yield the blocks of a range, as `reader` wants them."""
        return read_line_blocks(split, block_bytes=block_bytes, charset=self.charset)

    @abstractmethod
    def reader(self, source: SourceInfo) -> RowReader:
        """Return the reader for a source; build one per task."""

    @abstractmethod
    def writer(self, fields: Fields) -> RowWriter:
        """Return the writer for rows of these fields, the sink fields as they were resolved."""

    def trap_writer(self, fields: Fields) -> RowWriter:
        """Return the writer for the rows of a trap; UNKNOWN if its tap declares no fields."""
        return self.writer(fields)


def as_compression(given: Compress | str | None) -> str | None:
    """Return the codec for a sink, given by Java's enumeration or by name."""
    name = given.value if isinstance(given, Compress) else given
    return check_compression(name or None)


def as_source_fields(given: Any) -> Fields:
    """Return fields as a source declares them: ALL means UNKNOWN."""
    fields = as_fields(given)
    if fields.is_all():
        return Fields.UNKNOWN
    return _checked(fields, "a source")


def as_sink_fields(given: Any) -> Fields:
    """Return fields as a sink declares them: UNKNOWN means ALL."""
    fields = as_fields(given)
    if fields.is_unknown():
        return Fields.ALL
    return fields if fields.is_all() else _checked(fields, "a sink")


def _checked(fields: Fields, what: str) -> Fields:
    if not (fields.is_defined() or fields.is_none() or fields.is_unknown()):
        raise BuildError(f"{fields!r} cannot be the fields of {what}")
    return fields
