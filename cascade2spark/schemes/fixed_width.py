"""FixedWidth: a line is a row of values, each in columns of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

import attrs

from cascade2spark.errors import BuildError, RunError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files import LineBlock, block_charset, canonical_charset
from cascade2spark.schemes import base
from cascade2spark.schemes.base import (
    OnBad,
    Row,
    RowReader,
    RowWriter,
    SourceInfo,
    as_compression,
    as_typed,
    check_width,
)
from cascade2spark.schemes.lines import DecodedBlock, LineScheme, bad_line, check_line_charset
from cascade2spark.types import Boolean, Object, String, Type, boolean_, coercion, text_writer

__all__ = ["FixedWidth"]

_TEXTS = frozenset({None, String, Object})
_NEVER_FAIL = _TEXTS | {Boolean, boolean_}


@attrs.frozen(init=False)
class FixedWidth(LineScheme):
    """Lines in which each field has a fixed number of characters.

    Reading: a line is cut at the widths; blanks around a value go (`trim`), and an empty value is
    null. A line must have as many characters as the widths together (strict), or what is missing is
    null and what is too much is dropped (not strict). Types apply as in TextDelimited.

    Writing: numbers stand to the right, everything else to the left, blanks fill the rest; null is
    blanks. A value that is too long, or holds a line end, cannot be written: nothing is cut.

    Args:
        fields: declared fields.
        widths: characters of each.
        types: a type for each field.
        strict: whether a line of another length is a bad record.
        trim: whether blanks around values are no part of them.
        safe: whether a value that cannot be coerced becomes null, or makes a bad record.
        charset: Java's or Python's name. Default UTF-8.
        compression: `Compress.ENABLE`, or a codec's name, for writing.
        num_sink_parts: part files to write; 0 for one a partition.
    Raises:
        BuildError: arguments that do not go together.
    Example:
        >>> scheme = FixedWidth(Fields("user", "visits"), [5, 3], types=[str, int])
        >>> scheme.writer(scheme.sink_fields).encode([("ann", 3), (None, 40)])
        b'ann    3\\n      40\\n'
    """

    fields: Fields
    widths: tuple[int, ...]
    strict: bool
    trim: bool
    safe: bool
    charset: str
    compression: str | None
    num_sink_parts: int

    def __init__(
        self,
        fields: Any,
        widths: Sequence[int],
        *,
        types: Sequence[Any] | None = None,
        strict: bool = True,
        trim: bool = True,
        safe: bool = True,
        charset: str = "UTF-8",
        compression: base.Compress | str | None = None,
        num_sink_parts: int = 0,
    ) -> None:
        named = as_fields(fields)
        if not isinstance(widths, (list, tuple, range)):
            raise BuildError("FixedWidth needs a list of widths", asked=[widths])
        if not named.is_defined() or len(named) != len(widths):
            raise BuildError(
                f"FixedWidth needs a width for each field, and has {len(widths)} widths",
                asked=list(widths),
                available=[str(name) for name in named],
            )
        if any(not isinstance(width, int) or width < 1 for width in widths):
            raise BuildError("a width is a number of characters, 1 or more", asked=list(widths))
        self.__attrs_init__(
            as_typed(named, types),
            tuple(widths),
            strict,
            trim,
            safe,
            canonical_charset(charset),
            as_compression(compression),
            num_sink_parts,
        )

    @property
    def source_fields(self) -> Fields:
        return self.fields

    @property
    def sink_fields(self) -> Fields:
        return self.fields

    @property
    def ends(self) -> tuple[int, ...]:
        """Where each field ends in a line, in characters."""
        return tuple(accumulate(self.widths))

    def reader(self, source: SourceInfo) -> RowReader[LineBlock]:
        return _CuttingReader(self, source)

    def writer(self, fields: Fields) -> RowWriter:
        check_line_charset(self)
        return _PaddingWriter(self)


class _CuttingReader(RowReader[LineBlock]):
    def __init__(self, scheme: FixedWidth, source: SourceInfo) -> None:
        width = len(scheme.widths)
        types: Sequence[Type | None] = source.fields.get_types() or (None,) * width
        wanted = tuple(range(width)) if source.wanted is None else source.wanted
        self._scheme = scheme
        self._charset = block_charset(scheme.charset)
        self._length = scheme.ends[-1]
        cuts = [slice(start, end) for start, end in pairwise((0, *scheme.ends))]
        self._kept = [(cuts[at], _convert_of(types[at])) for at in wanted]
        # A field that is dropped is converted only to see whether that fails.
        self._checked = [
            (cuts[at], convert)
            for at in range(width)
            if at not in wanted
            and not scheme.safe
            and types[at] not in _NEVER_FAIL
            and (convert := _convert_of(types[at])) is not None
        ]

    def rows(self, blocks: Iterable[LineBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        for block in blocks:
            decoded = DecodedBlock(block, self._charset, on_bad, skip_first=False)
            for first, piece in decoded.pieces():
                found: list[Row] = []
                for index, line in enumerate(piece.split("\n")):
                    if len(line) != self._length and self._scheme.strict:
                        on_bad(self._wrong_length(decoded, first + index, line))
                        continue
                    try:
                        found.append(self._row(line))
                    except Exception as failed:  # a user's own type may raise anything
                        what = f"a value cannot become its type: {failed}"
                        error = bad_line(decoded, first + index, line, what)
                        error.__cause__ = failed
                        on_bad(error)
                if found:
                    yield found

    def _row(self, line: str) -> Row:
        for cut, convert in self._checked:
            convert(self._text(line[cut]))
        return tuple([self._value(line[cut], convert) for cut, convert in self._kept])

    def _value(self, text: str, convert: Callable[[Any], Any] | None) -> Any:
        value = self._text(text)
        if convert is None:
            return value
        try:
            return convert(value)
        except Exception:  # a user's own type may raise anything
            if not self._scheme.safe:
                raise
            return None

    def _text(self, text: str) -> str | None:
        return (text.strip(" ") if self._scheme.trim else text) or None

    def _wrong_length(self, decoded: DecodedBlock, index: int, line: str) -> Any:
        return bad_line(
            decoded,
            index,
            line,
            "a line has the wrong number of characters",
            expected=self._length,
            found=len(line),
        )


class _PaddingWriter(RowWriter):
    def __init__(self, scheme: FixedWidth) -> None:
        self._scheme = scheme
        types: Sequence[Type | None] = scheme.fields.get_types() or (None,) * len(scheme.widths)
        self._columns = list(
            zip(scheme.fields, scheme.widths, map(text_writer, types), strict=True)
        )

    def encode(self, rows: Sequence[Row]) -> bytes:
        return b"".join([self._line(row) for row in rows])

    def _line(self, row: Row) -> bytes:
        check_width(row, self._scheme.fields)
        try:
            texts = [
                _padded(value, name, width, write)
                for value, (name, width, write) in zip(row, self._columns, strict=True)
            ]
            return ("".join(texts) + "\n").encode(self._scheme.charset)
        except Exception as failed:
            raise RunError(
                f"a row cannot be written: {failed}", row=row, fields=self._scheme.fields.print_()
            ) from failed


def _padded(value: Any, name: Any, width: int, write: Callable[[Any], str | None]) -> str:
    text = write(value) or ""
    if len(text) > width:
        raise ValueError(f"{text!r} has {len(text)} characters, {str(name)!r} has room for {width}")
    if "\n" in text or "\r" in text:
        raise ValueError(f"{str(name)!r} holds a line end")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return text.rjust(width) if is_number else text.ljust(width)


def _convert_of(type_: Type | None) -> Callable[[Any], Any] | None:
    return None if type_ in _TEXTS or type_ is None else coercion(type_)
