"""The scheme contract: how the bytes of a file become rows, and rows bytes.

A scheme is frozen data. On the driver it answers questions: which fields, how a file is cut, what
part files are called. In a task it reads a range as blocks of its own kind, which its `RowReader`
and its column kernel take, and gives a `RowWriter` for each file that is written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

import attrs

from cascade2spark.errors import BadRecord, BuildError, RunError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files import FileInfo, Split, check_compression, cut_file

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
    "as_typed",
    "check_width",
    "encoded",
]

Row = tuple[Any, ...]
OnBad = Callable[[BadRecord], None]
Block = TypeVar("Block")


class Compress(Enum):
    """Java's three-way choice for sinks; ENABLE is gzip, DEFAULT is what the job says: none.

    Source:
        cascading.scheme.hadoop.TextLine.Compress
    Example:
        >>> Compress.ENABLE.value
        'gzip'
    """

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
    Source:
        cascading.scheme.SourceCall, what of it is known before a file is opened.
    Example:
        >>> SourceInfo(Fields("num", "line"), wanted=(1,)).wanted
        (1,)
    """

    fields: Fields
    wanted: tuple[int, ...] | None = None
    counts_lines: bool = False
    name: str = ""


class RowReader(ABC, Generic[Block]):
    """Turns the blocks of a scheme into rows.

    Source:
        cascading.scheme.Scheme.source
    Example:
        >>> from cascade2spark.schemes import RowReader, SourceInfo, TextLine
        >>> reader = TextLine("line").reader(SourceInfo(Fields("line")))
        >>> isinstance(reader, RowReader)
        True
    """

    @abstractmethod
    def rows(self, blocks: Iterable[Block], on_bad: OnBad) -> Iterator[list[Row]]:
        """Yield batches of rows, a thousand or two each, in the order of the file.

        Args:
            blocks: the blocks of one or several files, those of a file in order.
            on_bad: called for each record that cannot be read, which is then left out; it raises,
                or hands the error's payload to a trap.
        """


class RowWriter(ABC):
    r"""Turns the rows of one file into bytes.

    The file is what `start`, `encode` as often as there are rows, and `finish` return, end to end.
    A column kernel that shares the writer may stand in for `encode` wherever it likes.

    Source:
        cascading.scheme.Scheme.sink
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> TextLine("line").writer(Fields("a", "b")).encode([("x", 1), (None, 2)])
        b'x\t1\nnull\t2\n'
    """

    def start(self) -> bytes:
        """Return what every file begins with, also one without rows."""
        return b""

    def header(self) -> bytes | None:
        """Return what stands before the first row of a file that has rows.

        Files that are laid end to end to one get it once, from the driver, which has no rows: only
        schemes whose files `can_join` may have one.
        """
        return None

    @abstractmethod
    def encode(self, rows: Sequence[Row]) -> bytes:
        """Take a batch of rows; return the bytes that are ready, of these rows or of earlier ones.

        Raises:
            RunError: a row cannot be written; it carries the row, and nothing was consumed, so
                that the rows may be given again one by one.
        """

    def finish(self) -> bytes:
        """Return the rest of the file: rows that were held back, and what stands behind them."""
        return b""


class Scheme(ABC):
    """How records are stored in a file, whatever the place the file is in.

    Source:
        cascading.scheme.Scheme
    Example:
        >>> from cascade2spark.schemes import Scheme, TextLine
        >>> isinstance(TextLine(), Scheme), TextLine("line").get_source_fields()
        (True, Fields('line'))
    """

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
    def num_sink_parts(self) -> int:
        """Part files to write, 0 for as many as there are partitions."""

    @property
    @abstractmethod
    def extension(self) -> str:
        """Extension, without a dot, of files of this kind."""

    @property
    def part_suffix(self) -> str:
        """What the names of part files end in, as `.parquet`; text has nothing there."""
        return ""

    @property
    def can_join(self) -> bool:
        """Whether files laid end to end are a file of this kind, as lines are."""
        return False

    def part_compression(self, default: str | None = None) -> str | None:
        """Return the codec of part files as a whole; None where the format compresses inside.

        Args:
            default: what the properties say, for schemes that name no codec.
        """
        return None

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
        return False

    def splits(self, file: FileInfo, target_bytes: int, source: SourceInfo) -> list[Split]:
        """Return the ranges a file is read in, each about `target_bytes`; 0 is one range."""
        return cut_file(file, target_bytes if self.can_split(source) else 0)

    @abstractmethod
    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Iterator[Any]:
        """Yield the blocks of a range, of the kind that `reader` wants.

        They stay in the task, so a block may be anything. What cannot be read at all fails here;
        one record that cannot be is the reader's, which has an `on_bad`.

        Args:
            split: one of those that `splits` gave, or its beginning.
            source: the same as for `reader`.
            block_bytes: about how large a block is.
        Raises:
            TapError: the file is gone, damaged, or of another kind.
        """

    @abstractmethod
    def reader(self, source: SourceInfo) -> RowReader[Any]:
        """Return the reader for a source; build one per task."""

    @abstractmethod
    def writer(self, fields: Fields) -> RowWriter:
        """Return the writer for one file of rows of these fields, the sink fields as resolved.

        The driver makes one while planning, for its header.

        Raises:
            PlanError: rows of these fields cannot be written.
        """

    def empty_file(self, fields: Fields) -> bytes:
        """Return a file that nobody wrote a row to; UNKNOWN if nobody named fields."""
        writer = self.writer(fields)
        return writer.start() + writer.finish()

    def trap_writer(self, fields: Fields) -> RowWriter:
        """Return the writer for the rows of a trap; UNKNOWN if its tap declares no fields."""
        return self.writer(fields)


def encoded(
    writer: RowWriter, rows: Sequence[Row], on_failure: Callable[[Exception, Row], None]
) -> tuple[bytes, int]:
    """Return what `writer` has ready after some rows, and how many of them it took.

    Args:
        writer: of the file.
        rows: a batch.
        on_failure: called for each row that cannot be written, which is then left out; it raises,
            or hands the row to a trap.
    """
    try:
        return writer.encode(rows), len(rows)
    except RunError as error:
        if len(rows) == 1:
            on_failure(error, rows[0])
            return b"", 0
    # By halves: one bad row of a million costs twenty looks at some, not a million at one.
    middle = len(rows) // 2
    data, taken = encoded(writer, rows[:middle], on_failure)
    rest, others = encoded(writer, rows[middle:], on_failure)
    return data + rest, taken + others


def check_width(row: Row, fields: Fields) -> None:
    """Raise RunError when a row has not one value for each field."""
    if len(row) != len(fields):
        raise RunError(
            f"a row of {len(row)} values cannot be written to {len(fields)} fields",
            row=row,
            fields=fields.print_(),
        )


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


def as_typed(fields: Fields, types: Sequence[Any] | None) -> Fields:
    """Return declared fields with the types a scheme was given for them."""
    if types is None:
        return fields
    if not fields.is_defined():
        raise BuildError("types cannot be given for undeclared fields", asked=len(types))
    if len(types) != len(fields):
        raise BuildError(
            f"{len(types)} types were given for {len(fields)} fields",
            available=[str(name) for name in fields],
        )
    return fields.apply_types(*types)


def _checked(fields: Fields, what: str) -> Fields:
    if not (fields.is_defined() or fields.is_none() or fields.is_unknown()):
        raise BuildError(f"{fields!r} cannot be the fields of {what}")
    return fields
