"""JSONTextLine: a line is a JSON tree, and one field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import attrs

from cascade2spark.errors import BuildError, CoercionError, PlanError, RunError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files import LineBlock, block_charset, canonical_charset
from cascade2spark.json_trees import json_parser, json_text
from cascade2spark.schemes import base
from cascade2spark.schemes.base import (
    OnBad,
    Row,
    RowReader,
    RowWriter,
    SourceInfo,
    as_compression,
    check_width,
)
from cascade2spark.schemes.lines import DecodedBlock, LineScheme, bad_line, check_line_charset
from cascade2spark.types import JSONCoercibleType, coercion

__all__ = ["JSONTextLine"]


@attrs.frozen(init=False)
class JSONTextLine(LineScheme):
    """Lines of JSON, each one value of one field; an empty line is null.

    Reading: a line that is not JSON, or has a key twice in one object, is a bad record. Types other
    than JSON apply. Writing: a text is parsed as `JSONCoercibleType` does, so that a text that is
    no JSON becomes a JSON string; in a field of that type it is a string already.

    Args:
        args: as in Java: field, compression, charset.
        fields: the one field. Default ``json``.
        charset: Java's or Python's name. Default UTF-8.
        compression: `Compress.ENABLE`, or a codec's name, for writing.
        num_sink_parts: part files to write; 0 for one a partition.
    Raises:
        BuildError: more than one field, or an argument nothing takes.
    Source:
        cascading.nested.json.hadoop3.JSONTextLine, cascading.nested.json.local.JSONTextLine
    Example:
        >>> scheme = JSONTextLine("event")
        >>> scheme.writer(scheme.sink_fields).encode([({"n": 1.0},), (None,), ("x",)])
        b'{"n":1.0}\\n\\n"x"\\n'
    """

    Compress: ClassVar[type[base.Compress]] = base.Compress
    DEFAULT_FIELDS: ClassVar[Fields] = Fields("json", JSONCoercibleType.TYPE)

    fields: Fields
    charset: str
    compression: str | None
    num_sink_parts: int

    def __init__(
        self,
        *args: Any,
        fields: Any = None,
        charset: str = "UTF-8",
        compression: base.Compress | str | None = None,
        num_sink_parts: int = 0,
    ) -> None:
        rest = list(args[1:] if args and isinstance(args[0], JSONCoercibleType) else args)
        if rest and isinstance(rest[0], (Fields, str, tuple, list)):
            fields = rest.pop(0)
        if rest and isinstance(rest[0], base.Compress):
            compression = rest.pop(0)
        if rest and isinstance(rest[0], str):
            charset = rest.pop(0)
        if rest:
            raise BuildError(
                "JSONTextLine does not take this argument",
                asked=rest[0],
                details={"accepted": "([field][, compression][, charset])"},
            )
        declared = self.DEFAULT_FIELDS if fields is None else as_fields(fields)
        if not declared.is_defined() or len(declared) != 1:
            raise BuildError("JSONTextLine has one field, the tree", asked=declared.print_())
        if declared.get_types() is None:
            declared = declared.apply_types(JSONCoercibleType.TYPE)
        self.__attrs_init__(
            declared, canonical_charset(charset), as_compression(compression), num_sink_parts
        )

    @property
    def source_fields(self) -> Fields:
        return self.fields

    @property
    def sink_fields(self) -> Fields:
        return self.fields

    @property
    def extension(self) -> str:
        return "json"

    def reader(self, source: SourceInfo) -> RowReader[LineBlock]:
        return _TreeReader(source, block_charset(self.charset))

    def writer(self, fields: Fields) -> RowWriter:
        if not fields.is_defined() or len(fields) != 1:
            raise PlanError(
                "JSONTextLine writes one field, the tree",
                asked=fields.print_(),
                fix="make one tree of them, with JSONCreateFunction or JSONBuildAsFunction",
            )
        check_line_charset(self)
        return _TreeWriter(fields, self.charset)


class _TreeReader(RowReader[LineBlock]):
    def __init__(self, source: SourceInfo, charset: str) -> None:
        types = source.fields.get_types()
        self._convert = coercion(types[0] if types else None, JSONCoercibleType.TYPE)
        self._is_wanted = source.wanted != ()
        self._charset = charset

    def rows(self, blocks: Iterable[LineBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        parse, convert = json_parser(), self._convert
        for block in blocks:
            decoded = DecodedBlock(block, self._charset, on_bad, skip_first=False)
            for first, piece in decoded.pieces():
                found: list[Row] = []
                for index, line in enumerate(piece.split("\n")):
                    try:
                        tree = parse(line)
                        if tree is line and line:
                            # What is not JSON is given back as it is; a JSON string never is.
                            raise CoercionError("a line is not JSON")
                        found.append((convert(tree),) if self._is_wanted else ())
                    except Exception as failed:  # a user's own type may raise anything
                        what = getattr(failed, "headline", str(failed))
                        error = bad_line(decoded, first + index, line, what)
                        error.__cause__ = failed
                        on_bad(error)
                if found:
                    yield found


class _TreeWriter(RowWriter):
    def __init__(self, fields: Fields, charset: str) -> None:
        types = fields.get_types()
        self._fields = fields
        self._tree_of = coercion(JSONCoercibleType.TYPE, types[0] if types else None)
        self._charset = charset

    def encode(self, rows: Sequence[Row]) -> bytes:
        return b"".join([self._line(row) for row in rows])

    def _line(self, row: Row) -> bytes:
        check_width(row, self._fields)
        try:
            tree = None if row[0] is None else self._tree_of(row[0])
            return b"\n" if tree is None else json_text(tree).encode(self._charset) + b"\n"
        except Exception as failed:
            raise RunError(
                f"a row cannot be written as JSON: {failed}",
                row=row,
                fields=self._fields.print_(),
            ) from failed
