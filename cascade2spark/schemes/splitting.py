"""Lines of delimited text to rows: the hot path of TextDelimited."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from cascade2spark.errors import BadRecord
from cascade2spark.files import LineBlock
from cascade2spark.schemes.base import OnBad, Row, RowReader, SourceInfo
from cascade2spark.schemes.lines import DecodedBlock, bad_line
from cascade2spark.types import Boolean, Object, String, Type, boolean_, coercion

__all__ = ["SplittingReader", "line_splitter", "unquoted"]

Convert = Callable[[Any], Any]
Values = Sequence[Any]


def line_splitter(delimiter: str, quote: str | None) -> Callable[[str], list[str]]:
    """Return the function that cuts a line at its delimiters, quotes left as they are.

    A delimiter splits when an even number of quotes comes after it, so that in a line with one
    quote too many what stands before that quote is taken as quoted.
    """
    if quote is None:
        return operator.methodcaller("split", delimiter)

    def split(line: str) -> list[str]:
        parts = line.split(delimiter)
        after = line.count(quote)
        if not after or len(parts) == 1:
            return parts
        values: list[str] = []
        held: list[str] = []
        for part in parts:
            held.append(part)
            after -= part.count(quote)
            if after % 2 == 0:
                values.append(delimiter.join(held))
                held = []
        return values

    return split


def unquoted(value: str, quote: str | None) -> str:
    """Return a value without surrounding quotes, doubled quotes made one."""
    if quote is None or quote not in value:
        return value
    size = len(quote)
    if len(value) >= 2 * size and value.startswith(quote) and value.endswith(quote):
        value = value[size:-size]
    return value.replace(quote * 2, quote)


class SplittingReader(RowReader[LineBlock]):
    """Reads delimited lines.

    Works on batches: one split per line, then one pass per column that needs one.

    Args:
        source: fields, and the positions wanted.
        charset: charset of the blocks.
        delimiter, quote, skip_header, strict, safe: as in TextDelimited.
    """

    def __init__(
        self,
        source: SourceInfo,
        *,
        charset: str,
        delimiter: str,
        quote: str | None,
        skip_header: bool,
        strict: bool,
        safe: bool,
    ) -> None:
        self._charset = charset
        self._delimiter = delimiter
        self._quote = quote
        self._skip_header = skip_header
        self._strict = strict
        self._safe = safe
        self._split = line_splitter(delimiter, quote)
        fields = source.fields
        self._width = len(fields) if fields.is_defined() else None
        self._wanted = source.wanted
        types: Sequence[Type | None] = fields.get_types() or (None,) * len(fields)
        self._converts = [_convert_of(type_) for type_ in types]
        if source.wanted is not None:
            is_kept = [position in source.wanted for position in range(len(fields))]
            # A dropped column is converted only to see whether that fails.
            self._converts = [
                convert if kept or (not safe and not _cannot_fail(type_)) else None
                for convert, kept, type_ in zip(self._converts, is_kept, types, strict=True)
            ]
        self._is_typed = any(self._converts)
        self._pick = _picker(source.wanted)

    def rows(self, blocks: Iterable[LineBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        for block in blocks:
            skip_first = self._skip_header and block.starts_file
            decoded = DecodedBlock(block, self._charset, on_bad, skip_first)
            for first, piece in decoded.pieces():
                rows = self._piece_rows(decoded, first, piece, on_bad)
                if rows:
                    yield rows

    def _piece_rows(
        self, decoded: DecodedBlock, first: int, piece: str, on_bad: OnBad
    ) -> list[Row]:
        lines = piece.split("\n")
        if self._width is None:
            return [self._ragged(line) for line in lines]
        values: list[Values] = list(map(self._split, lines))
        report = _Report(decoded, first, lines, on_bad)
        quote = self._quote
        has_quotes = quote is not None and quote in piece
        if has_quotes:
            values = [[unquoted(value, quote) for value in row] for row in values]
        if set(map(len, values)) != {self._width}:
            values = self._even(values, report)
        if has_quotes:
            values = [_with_nulls(row) for row in values]
        elif _may_have_empty(piece, self._delimiter):
            values = [_with_nulls(row) if "" in row else row for row in values]
        if self._is_typed and values:
            return self._typed(values, report)
        return list(map(self._pick, values))

    def _ragged(self, line: str) -> Row:
        values = self._split(line)
        # Java's split drops trailing empty values, but gives an empty line one value.
        if len(values) > 1:
            while values and not values[-1]:
                values.pop()
        cleaned = _with_nulls([unquoted(value, self._quote) for value in values])
        return self._pick(cleaned)

    def _even(self, values: list[Values], report: _Report) -> list[Values]:
        """Return rows of the declared width: others are reported, or filled and cut."""
        width = self._width or 0
        if not self._strict:
            padding = [None] * width
            return [
                row if len(row) == width else [*row[:width], *padding[len(row) :]] for row in values
            ]
        kept: list[Values] = []
        for index, row in enumerate(values):
            if len(row) == width:
                kept.append(row)
                report.kept.append(index)
            else:
                report.bad(
                    index, "a line has the wrong number of values", expected=width, found=len(row)
                )
        report.is_partial = True
        return kept

    def _typed(self, values: list[Values], report: _Report) -> list[Row]:
        columns: list[Any] = list(zip(*values, strict=True))
        try:
            for position, convert in enumerate(self._converts):
                if convert is not None:
                    columns[position] = list(map(convert, columns[position]))
        except Exception:
            return self._typed_singly(values, report)
        if self._wanted is not None:
            columns = [columns[position] for position in self._wanted]
        return list(zip(*columns, strict=True)) if columns else [()] * len(values)

    def _typed_singly(self, values: list[Values], report: _Report) -> list[Row]:
        rows: list[Row] = []
        for number, row in enumerate(values):
            converted = list(row)
            try:
                for position, convert in enumerate(self._converts):
                    if convert is not None:
                        converted[position] = self._converted(convert, row[position])
            except Exception as failed:  # a user's own type may raise anything
                index = report.kept[number] if report.is_partial else number
                report.bad(index, f"a value cannot become its type: {failed}", cause=failed)
                continue
            rows.append(self._pick(converted))
        return rows

    def _converted(self, convert: Convert, value: Any) -> Any:
        if not self._safe:
            return convert(value)
        try:
            return convert(value)
        except Exception:  # a user's own type may raise anything
            return None


class _Report:
    """Knows which line of the file a row of a batch came from."""

    def __init__(
        self, decoded: DecodedBlock, first: int, lines: Sequence[str], on_bad: OnBad
    ) -> None:
        self._decoded = decoded
        self._first = first
        self._lines = lines
        self._on_bad = on_bad
        self.kept: list[int] = []
        self.is_partial = False

    def bad(self, index: int, what: str, cause: Exception | None = None, **details: object) -> None:
        error: BadRecord = bad_line(
            self._decoded, self._first + index, self._lines[index], what, **details
        )
        error.__cause__ = cause
        self._on_bad(error)


def _with_nulls(row: Values) -> list[Any]:
    return [value or None for value in row]


def _may_have_empty(piece: str, delimiter: str) -> bool:
    """Tell whether some value of some line may be empty; five searches beat a look at each row."""
    return (
        delimiter * 2 in piece
        or f"{delimiter}\n" in piece
        or f"\n{delimiter}" in piece
        or "\n\n" in piece
        or not piece
        or piece[0] == "\n"
        or piece[-1] == "\n"
        or piece.startswith(delimiter)
        or piece.endswith(delimiter)
    )


def _convert_of(type_: Type | None) -> Convert | None:
    return None if type_ is None or type_ in (String, Object) else coercion(type_)


def _cannot_fail(type_: Type | None) -> bool:
    return type_ is None or type_ in (String, Object, Boolean, boolean_)


def _picker(wanted: tuple[int, ...] | None) -> Callable[[Values], Row]:
    if wanted is None:
        return tuple
    if not wanted:
        return lambda _: ()
    if len(wanted) == 1:
        (only,) = wanted
        return lambda row: (row[only],)
    return operator.itemgetter(*wanted)
