"""Rows to lines of delimited text, shared by the schemes that write text."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from cascade2spark.errors import PlanError, RunError
from cascade2spark.fields import Fields
from cascade2spark.json_trees import json_text
from cascade2spark.schemes.base import Row, RowWriter, check_width
from cascade2spark.types import CoercibleType, JSONCoercibleType, Type, text_writer

__all__ = ["JoiningWriter", "TrapWriter"]

# Values whose text needs no look at the field's type.
_PLAIN = frozenset({str, int})


class JoiningWriter(RowWriter):
    """Writes each row as its values' texts with a delimiter between.

    Args:
        fields: fields of the rows; UNKNOWN takes rows of any width.
        charset: charset of the bytes.
        delimiter: put between values.
        null: text of null.
        quote: put around values that hold the delimiter, and doubled inside values; None for none.
        has_header: whether files begin with the field names.
        prints_types: whether a field's own type, such as a DateType, gives the text; else only
            the value does.
    """

    def __init__(
        self,
        fields: Fields,
        charset: str,
        delimiter: str,
        *,
        null: str,
        quote: str | None = None,
        has_header: bool = False,
        prints_types: bool = True,
    ) -> None:
        if has_header and not fields.is_defined():
            raise PlanError("a header cannot be written: the names of the fields are not known")
        self._fields = fields
        self._width = len(fields) if fields.is_defined() or fields.is_none() else None
        self._delimiter = delimiter
        self._null = null
        self._quote = quote
        self._has_header = has_header
        # Java's UTF-16 writes one mark, then big-endian; Python's would write a mark a batch.
        self._has_mark = codecs.lookup(charset).name in ("utf-16", "utf-32")
        self._charset = codecs.lookup(charset).name + ("-be" if self._has_mark else "")
        types: Sequence[Type | None] = fields.get_types() or (None,) * len(fields)
        self._writers = [_writer_of(type_, prints_types) for type_ in types]
        self._plain_writer = text_writer()
        self._template: str | None = None
        if self._width and quote is None and not any(self._writers):
            self._template = delimiter.replace("%", "%%").join(["%s"] * self._width) + "\n"

    def header(self) -> bytes | None:
        names = self._line([str(name) for name in self._fields]) if self._has_header else ""
        text = ("\ufeff" if self._has_mark else "") + names
        return text.encode(self._charset) if text else None

    def encode(self, rows: Sequence[Row]) -> bytes:
        if not rows:
            return b""
        try:
            return self._joined(rows).encode(self._charset)
        except Exception:
            # Which row it was is only looked for now.
            for row in rows:
                self._check_one(row)
            raise

    def _joined(self, rows: Sequence[Row]) -> str:
        if self._width is None or self._width == 0:
            return "".join([self._row_line(row) for row in rows])
        if set(map(len, rows)) != {self._width}:
            raise ValueError("rows of another width")
        if self._template is not None:
            # One formatting of all values: 245 ns a row of five, column by column it is 415.
            flat = tuple(chain.from_iterable(rows))
            if _PLAIN.issuperset(map(type, flat)):
                return self._template * len(rows) % flat
        columns = [
            self._column(values, writer)
            for values, writer in zip(zip(*rows, strict=True), self._writers, strict=True)
        ]
        lines = columns[0] if len(columns) == 1 else map(self._delimiter.join, zip(*columns))  # noqa: B905
        return "\n".join(lines) + "\n"

    def _column(
        self, values: tuple[Any, ...], writer: Callable[[Any], str | None] | None
    ) -> Sequence[str]:
        kinds = set(map(type, values))
        texts: Sequence[str]
        if writer is None and kinds <= _PLAIN:
            texts = values if kinds == {str} else list(map(str, values))
        else:
            write, null = writer or self._plain_writer, self._null
            texts = [null if (text := write(value)) is None else text for value in values]
        quote = self._quote
        if quote is not None and kinds != {int}:
            together = "".join(texts)
            if quote in together or self._delimiter in together:
                texts = [self._quoted(text) for text in texts]
        return texts

    def _row_line(self, row: Row) -> str:
        if self._width is not None and len(row) != self._width:
            raise ValueError("a row of another width")
        writers = self._writers if self._width is not None else [None] * len(row)
        texts: list[str] = []
        for value, writer in zip(row, writers, strict=True):
            text = (writer or self._plain_writer)(value)
            texts.append(self._null if text is None else text)
        return self._line(texts)

    def _line(self, texts: Sequence[str]) -> str:
        if self._quote is not None:
            texts = [self._quoted(text) for text in texts]
        return self._delimiter.join(texts) + "\n"

    def _quoted(self, text: str) -> str:
        quote = self._quote or ""
        if quote in text:
            text = text.replace(quote, quote * 2)
        return f"{quote}{text}{quote}" if self._delimiter in text else text

    def _check_one(self, row: Row) -> None:
        if self._width is not None:
            check_width(row, self._fields)
        try:
            self._row_line(row).encode(self._charset)
        except Exception as failed:
            raise RunError(
                f"a row cannot be written: {failed}", row=row, fields=self._fields.print_()
            ) from failed


class TrapWriter(JoiningWriter):
    """A JoiningWriter for traps: a line that could not be decoded is written as it was read.

    Such a line is the last value of its row, behind what the trap says about it. So the file can be
    mended and read again.
    """

    def encode(self, rows: Sequence[Row]) -> bytes:
        if not any(map(self._is_raw, rows)):
            return super().encode(rows)
        lines: list[bytes] = []
        for row in rows:
            if self._is_raw(row):
                told = self._row_line((*row[:-1], None)).removesuffix(self._null + "\n")
                lines.append(told.encode(self._charset) + row[-1] + b"\n")
            else:
                lines.append(super().encode([row]))
        return b"".join(lines)

    def _is_raw(self, row: Row) -> bool:
        if not row or not isinstance(row[-1], bytes) or "\n".encode(self._charset) != b"\n":
            return False
        is_line = b"\n" not in row[-1] and b"\r" not in row[-1]
        is_fit = self._width is None or self._width == len(row)
        return is_line and is_fit and not any(isinstance(value, bytes) for value in row[:-1])


def _writer_of(type_: Type | None, prints_types: bool) -> Callable[[Any], str | None] | None:
    """Return the function a type needs; None when the value alone gives its text."""
    if isinstance(type_, JSONCoercibleType) and not prints_types:
        # The text that a tree itself has in Java: JSON, so that strings have quotes.
        return lambda tree: None if tree is None else json_text(tree)
    if type_ is None or (isinstance(type_, CoercibleType) and not prints_types):
        return None
    writer = text_writer(type_)
    return None if writer is text_writer() else writer
