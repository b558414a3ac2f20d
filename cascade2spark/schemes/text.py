"""TextLine: a line is a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import attrs

from cascade2spark.errors import BuildError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import LineBlock, block_charset, canonical_charset
from cascade2spark.schemes import base
from cascade2spark.schemes.base import (
    OnBad,
    Row,
    RowReader,
    RowWriter,
    SourceFiles,
    SourceInfo,
    as_compression,
    as_sink_fields,
    as_source_fields,
)
from cascade2spark.schemes.joining import JoiningWriter, TrapWriter
from cascade2spark.schemes.lines import DecodedBlock, LineScheme

__all__ = ["TextLine"]


@attrs.frozen(init=False)
class TextLine(LineScheme):
    r"""Lines of text: read as (line) or (number, line), written as values joined by TAB.

    The number is the line's byte offset in its file under Hfs, Lfs and Dfs, and its 0-based line
    number under FileTap and DirTap, whatever the field is called; undeclared fields are named
    accordingly, ('offset', 'line') or ('num', 'line'). Null is written as the word ``null``.

    Args:
        args: as in Java: source fields, sink fields, charset, compression, number of sink parts.
            A str in first place is a field, later it is the charset.
        source_fields: one field for the line, or two for number and line.
        sink_fields: what is written; ALL if undeclared.
        charset: Java's or Python's name. Default UTF-8.
        compression: `Compress.ENABLE`, or a codec's name, for writing.
        num_sink_parts: part files to write; 0 for one a partition.
    Raises:
        BuildError: another number of source fields, or an argument nothing takes.
    Source:
        cascading.scheme.hadoop.TextLine, cascading.scheme.local.TextLine
    Example:
        >>> lines = TextLine("line", ("user", "visits"))
        >>> lines.writer(lines.sink_fields).encode([("ann", 3), (None, 4)])
        b'ann\t3\nnull\t4\n'
    """

    Compress: ClassVar[type[base.Compress]] = base.Compress
    DEFAULT_SOURCE_FIELDS: ClassVar[Fields] = Fields("offset", "line")
    DEFAULT_CHARSET: ClassVar[str] = "UTF-8"

    source_fields: Fields
    sink_fields: Fields
    charset: str
    compression: str | None
    num_sink_parts: int
    has_declared_fields: bool

    def __init__(
        self,
        *args: Any,
        source_fields: Any = None,
        sink_fields: Any = None,
        charset: str | None = None,
        compression: base.Compress | str | None = None,
        num_sink_parts: int | None = None,
    ) -> None:
        given = _sorted_arguments(args)
        keywords = {
            "source_fields": source_fields,
            "sink_fields": sink_fields,
            "charset": charset,
            "compression": compression,
            "num_sink_parts": num_sink_parts,
        }
        for name, value in keywords.items():
            if value is not None and given.setdefault(name, value) is not value:
                raise BuildError(f"TextLine was given {name} twice", asked=[given[name], value])
        source = as_source_fields(given.get("source_fields", self.DEFAULT_SOURCE_FIELDS))
        if not source.is_defined() or len(source) not in (1, 2):
            raise BuildError(
                "TextLine reads one field, the line, or two, the number and the line",
                asked=source.print_(),
            )
        self.__attrs_init__(
            source,
            as_sink_fields(given.get("sink_fields", Fields.ALL)),
            canonical_charset(given.get("charset", self.DEFAULT_CHARSET)),
            as_compression(given.get("compression")),
            given.get("num_sink_parts", 0),
            "source_fields" in given,
        )

    def retrieve_source_fields(self, tap: SourceFiles) -> Fields:
        if self.has_declared_fields or not tap.counts_lines:
            return self.source_fields
        return Fields("num", "line")

    def can_split(self, source: SourceInfo) -> bool:
        # A line's number is known only to who has read all lines before it.
        return super().can_split(source) and not (source.counts_lines and _wants_number(source))

    def reader(self, source: SourceInfo) -> RowReader[LineBlock]:
        return _LineReader(source, block_charset(self.charset))

    def writer(self, fields: Fields) -> RowWriter:
        return JoiningWriter(fields, self.charset, "\t", null="null", prints_types=False)

    def trap_writer(self, fields: Fields) -> RowWriter:
        return TrapWriter(fields, self.charset, "\t", null="null", prints_types=False)


class _LineReader(RowReader[LineBlock]):
    def __init__(self, source: SourceInfo, charset: str) -> None:
        width = len(source.fields)
        wanted = source.wanted if source.wanted is not None else tuple(range(width))
        self._source = source
        self._charset = charset
        # True stands for the number, False for the line.
        self._columns = [width == 2 and position == 0 for position in wanted]
        self._is_line_alone = self._columns == [False]
        self._next_number: int | None = None

    def rows(self, blocks: Iterable[LineBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        counts = self._source.counts_lines and True in self._columns
        for block in blocks:
            decoded = DecodedBlock(block, self._charset, on_bad, skip_first=False)
            start = self._first_number(block) if counts else 0
            for first, piece in decoded.pieces():
                lines = piece.split("\n")
                if self._is_line_alone:
                    yield list(zip(lines))
                    continue
                numbers = self._numbers(decoded, first, len(lines), start)
                columns = [numbers if is_number else lines for is_number in self._columns]
                yield list(zip(*columns, strict=True)) if columns else [()] * len(lines)
            if counts:
                self._next_number = start + decoded.count

    def _first_number(self, block: LineBlock) -> int:
        if block.starts_file:
            return 0
        if self._next_number is None:
            raise TapError(
                f"the lines of {block.path} cannot be counted from the middle",
                details={"offset": block.offset},
            )
        return self._next_number

    def _numbers(self, decoded: DecodedBlock, first: int, count: int, start: int) -> list[int]:
        if True not in self._columns:
            return []
        indices = decoded.indices(first, count)
        if self._source.counts_lines:
            return [start + index for index in indices]
        offsets = decoded.offsets
        if isinstance(indices, range):
            return offsets[indices.start : indices.stop]
        return [offsets[index] for index in indices]


def _wants_number(source: SourceInfo) -> bool:
    return len(source.fields) == 2 and (source.wanted is None or 0 in source.wanted)


def _sorted_arguments(args: tuple[Any, ...]) -> dict[str, Any]:
    """Return Java's positional arguments by name: each is told by its type."""
    given: dict[str, Any] = {}
    for index, argument in enumerate(args):
        name = _name_of_argument(argument, index, given)
        if name is None or name in given:
            raise BuildError(
                f"TextLine cannot take {argument!r} as argument {index + 1}",
                details={
                    "forms": "TextLine([source_fields[, sink_fields]][, charset][, compression]"
                    "[, num_sink_parts])"
                },
                fix="a sink field given by its bare name needs sink_fields="
                if isinstance(argument, str)
                else None,
            )
        if name == "charset":
            _check_charset(args, argument)
        given[name] = argument
    return given


def _check_charset(args: tuple[Any, ...], argument: str) -> None:
    try:
        canonical_charset(argument)
    except BuildError as unknown:
        if isinstance(args[0], str) and argument.isidentifier():
            unknown.details["or else"] = f"sink_fields={argument!r}, if that is to be written"
            unknown.fix = f"field names go together: TextLine(({args[0]!r}, {argument!r}))"
        raise


def _name_of_argument(argument: Any, index: int, given: dict[str, Any]) -> str | None:
    if isinstance(argument, base.Compress):
        return "compression"
    if isinstance(argument, int) and not isinstance(argument, bool):
        return "num_sink_parts"
    if isinstance(argument, str) and index > 0:
        return "charset"
    if isinstance(argument, (Fields, str, tuple, list)):
        return "sink_fields" if "source_fields" in given else "source_fields"
    return None
