"""JsonLine: a line is a JSON object, its keys are fields."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import attrs

from cascade2spark.errors import BadRecord, BuildError, PlanError, RunError
from cascade2spark.fields import Fields, as_fields
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
    as_typed,
    check_width,
)
from cascade2spark.schemes.lines import DecodedBlock, LineScheme, bad_line, check_line_charset
from cascade2spark.types import (
    CoercibleType,
    JSONCoercibleType,
    Object,
    Type,
    coercion,
    text_writer,
)

__all__ = ["JsonLine"]

_MISSING = object()
_MARKED = re.compile(r'"\\u0000([-+.0-9E]+)\\u0000"')


@attrs.frozen(init=False)
class JsonLine(LineScheme):
    """Lines of JSON: each is one object, read and written by field names.

    Reading: a field is the value of its key; a missing key is null. A name with dots, ``a.b``, goes
    into objects inside, unless the object has that very key. Objects are dicts, arrays are lists,
    numbers are int or float. Declared types apply; a line that is no object, or holds a value that
    cannot become its type, is a bad record.

    Writing: one object a line, its keys the sink fields in their order. A null is written as such,
    a decimal as a number, a date or time as ISO 8601 text.

    Args:
        fields: the keys to read; sinks may leave them undeclared, which writes all fields.
        types: a type for each field.
        fail_on_empty_lines: whether a line of blanks is a bad record, or is skipped.
        charset: Java's or Python's name. Default UTF-8.
        compression: `Compress.ENABLE`, or a codec's name, for writing.
        num_sink_parts: part files to write; 0 for one a partition.
    Raises:
        BuildError: arguments that do not go together.
    Source:
        com.twitter.scalding.JsonLine
    Example:
        >>> scheme = JsonLine(Fields("user", "visits"))
        >>> scheme.writer(scheme.sink_fields).encode([("ann", 3), (None, 4)])
        b'{"user":"ann","visits":3}\\n{"user":null,"visits":4}\\n'
    """

    fields: Fields
    fail_on_empty_lines: bool
    charset: str
    compression: str | None
    num_sink_parts: int

    def __init__(
        self,
        fields: Any = Fields.ALL,
        *,
        types: Sequence[Any] | None = None,
        fail_on_empty_lines: bool = True,
        charset: str = "UTF-8",
        compression: base.Compress | str | None = None,
        num_sink_parts: int = 0,
    ) -> None:
        self.__attrs_init__(
            as_typed(as_fields(fields), types),
            fail_on_empty_lines,
            canonical_charset(charset),
            as_compression(compression),
            num_sink_parts,
        )

    @property
    def source_fields(self) -> Fields:
        return as_source_fields(self.fields)

    @property
    def sink_fields(self) -> Fields:
        return as_sink_fields(self.fields)

    @property
    def extension(self) -> str:
        return "json"

    def retrieve_source_fields(self, tap: SourceFiles) -> Fields:
        """Return the declared fields.

        Raises:
            BuildError: there are none: no line tells which keys the others have.
        """
        if not self.source_fields.is_defined():
            raise BuildError(
                f"JsonLine reads {tap.get_identifier()} by field names, and none are declared",
                fix='declare the keys to read, as JsonLine(Fields("a", "b"))',
            )
        return self.source_fields

    def reader(self, source: SourceInfo) -> RowReader[LineBlock]:
        return _JsonReader(source, block_charset(self.charset), self.fail_on_empty_lines)

    def writer(self, fields: Fields) -> RowWriter:
        if not fields.is_defined():
            raise PlanError(
                "JsonLine writes field names, and here rows of any width are written",
                asked=fields.print_(),
                fix="declare fields in the scheme, or use TextLine",
            )
        check_line_charset(self)
        return _JsonWriter(fields, self.charset)


class _JsonReader(RowReader[LineBlock]):
    def __init__(self, source: SourceInfo, charset: str, fail_on_empty_lines: bool) -> None:
        names = [str(name) for name in source.fields]
        types: Sequence[Type | None] = source.fields.get_types() or (None,) * len(names)
        wanted = tuple(range(len(names))) if source.wanted is None else source.wanted
        self._charset = charset
        self._fails_on_empty = fail_on_empty_lines
        self._kept = [(names[at], _convert_of(types[at])) for at in wanted]
        # A field that is dropped is converted only to see whether that fails.
        self._checked = [
            (names[at], convert)
            for at, type_ in enumerate(types)
            if at not in wanted and (convert := _convert_of(type_)) is not None
        ]
        self._plain_names = None
        if not self._checked and all(
            convert is None and "." not in name for name, convert in self._kept
        ):
            self._plain_names = [name for name, _ in self._kept]

    def rows(self, blocks: Iterable[LineBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        decode = json.JSONDecoder().decode
        for block in blocks:
            decoded = DecodedBlock(block, self._charset, on_bad, skip_first=False)
            for first, piece in decoded.pieces():
                found: list[Row] = []
                for index, line in enumerate(piece.split("\n")):
                    try:
                        found.append(self._row(decode(line)))
                    except Exception as failed:  # a user's own type may raise anything
                        if line.strip() or self._fails_on_empty:
                            on_bad(_bad(decoded, first + index, line, failed))
                if found:
                    yield found

    def _row(self, found: Any) -> Row:
        if type(found) is not dict:
            raise ValueError("it is no object")
        if self._plain_names is not None:
            return tuple([found.get(name) for name in self._plain_names])
        for name, convert in self._checked:
            assert convert is not None
            convert(_value_at(found, name))
        return tuple(
            [
                _value_at(found, name) if convert is None else convert(_value_at(found, name))
                for name, convert in self._kept
            ]
        )


def _value_at(found: dict[str, Any], name: str) -> Any:
    value = found.get(name, _MISSING)
    if value is not _MISSING or "." not in name:
        return None if value is _MISSING else value
    inner: Any = found
    for part in name.split("."):
        if not isinstance(inner, dict):
            return None
        inner = inner.get(part)
    return inner


def _convert_of(type_: Type | None) -> Callable[[Any], Any] | None:
    is_as_read = type_ is None or type_ is Object or isinstance(type_, JSONCoercibleType)
    return None if is_as_read else coercion(type_)


def _bad(decoded: DecodedBlock, index: int, line: str, failed: Exception) -> BadRecord:
    is_json = not isinstance(failed, json.JSONDecodeError)
    what = "a value cannot become its type" if is_json else "a line is not JSON"
    if str(failed) == "it is no object":
        what = "a line is not a JSON object"
        error = bad_line(decoded, index, line, what)
    else:
        error = bad_line(decoded, index, line, f"{what}: {failed}")
    error.__cause__ = failed
    return error


class _JsonWriter(RowWriter):
    def __init__(self, fields: Fields, charset: str) -> None:
        self._fields = fields
        self._names = [str(name) for name in fields]
        self._charset = charset
        self._has_digits = False
        types: Sequence[Type | None] = fields.get_types() or ()
        # A type of its own, such as a DateType, has a text of its own.
        self._texts = {
            at: text_writer(type_)
            for at, type_ in enumerate(types)
            if isinstance(type_, CoercibleType) and not isinstance(type_, JSONCoercibleType)
        }
        self._encode = json.JSONEncoder(
            ensure_ascii=charset != "utf-8",
            separators=(",", ":"),
            allow_nan=False,
            default=self._plain,
        ).encode

    def encode(self, rows: Sequence[Row]) -> bytes:
        return b"".join([self._line(row) for row in rows])

    def _line(self, row: Row) -> bytes:
        check_width(row, self._fields)
        try:
            values: Sequence[Any] = row
            if self._texts:
                values = [
                    self._texts[at](value) if at in self._texts else value
                    for at, value in enumerate(row)
                ]
            self._has_digits = False
            text = self._encode(dict(zip(self._names, values, strict=True)))
            if self._has_digits:
                text = _MARKED.sub(r"\1", text)
            return text.encode(self._charset) + b"\n"
        except Exception as failed:
            raise RunError(
                f"a row cannot be written as JSON: {failed}",
                row=row,
                fields=self._fields.print_(),
            ) from failed

    def _plain(self, value: Any) -> Any:
        """Return what JSON has for a value that its encoder does not know."""
        if isinstance(value, Decimal) and value.is_finite():
            # All its digits, as a number: the encoder knows no number that keeps them.
            self._has_digits = True
            return f"\0{value}\0"
        if isinstance(value, (datetime.date, datetime.time)):
            return value.isoformat()
        raise TypeError(f"JSON has nothing for a {type(value).__name__}")
