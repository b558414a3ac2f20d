"""The text of a Parquet schema, `message m { required int32 a; optional binary b (UTF8); }`."""

from __future__ import annotations

import re
from typing import Any

from cascade2spark.errors import BuildError

__all__ = ["parse_message"]

_WORDS = re.compile(r"[A-Za-z_][\w.]*|\d+|[{}();=,]|(?P<other>\S)")
_REPETITIONS = ("required", "optional", "repeated")


def parse_message(text: str) -> Any:
    """Return the Arrow schema that the text of a Parquet message describes.

    Raises:
        BuildError: it does not, with the word that is not understood.
    Example:
        >>> parse_message("message m { required int64 id; optional binary name (UTF8); }").names
        ['id', 'name']
    """
    return _Parser(text).message()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._words = [match.group() for match in _WORDS.finditer(text)]
        self._at = 0

    def message(self) -> Any:
        import pyarrow as pa

        self._take("message")
        self._next()
        fields = self._fields()
        if self._at != len(self._words):
            raise self._error("the end of the text")
        return pa.schema(fields)

    def _fields(self) -> list[Any]:
        self._take("{")
        found = []
        while not self._has("}"):
            found.append(self._field())
        if not found:
            raise self._error("a field")
        self._take("}")
        return found

    def _field(self) -> Any:
        import pyarrow as pa

        repetition = self._one_of(_REPETITIONS, "required, optional or repeated")
        primitive = self._next()
        length = None
        if self._has("("):
            length = int(self._arguments()[0])
        name = self._next()
        annotation = self._annotation()
        if self._has("="):
            self._next()
            self._next()
        if primitive == "group":
            kind = _group_type(self._fields(), annotation)
            if self._has(";"):
                self._next()
        else:
            kind = _primitive_type(primitive, annotation, length)
            if kind is None:
                self._at -= 1
                raise self._error("a type of Parquet", f"{primitive} {' '.join(annotation)}")
            self._take(";")
        if repetition == "repeated":
            kind = pa.list_(pa.field("element", kind, nullable=False))
        return pa.field(name, kind, nullable=repetition == "optional")

    def _annotation(self) -> list[str]:
        if not self._has("("):
            return []
        self._take("(")
        found = [self._next()]
        if self._has("("):
            found += self._arguments()
        self._take(")")
        return found

    def _arguments(self) -> list[str]:
        self._take("(")
        found = []
        while not self._has(")"):
            word = self._next()
            if word != ",":
                found.append(word)
        self._take(")")
        return found

    def _has(self, word: str) -> bool:
        return self._at < len(self._words) and self._words[self._at] == word

    def _next(self) -> str:
        if self._at >= len(self._words):
            raise self._error("more")
        self._at += 1
        return self._words[self._at - 1]

    def _take(self, word: str) -> None:
        if not self._has(word):
            raise self._error(repr(word))
        self._at += 1

    def _one_of(self, words: tuple[str, ...], what: str) -> str:
        if self._at >= len(self._words) or self._words[self._at] not in words:
            raise self._error(what)
        return self._next()

    def _error(self, expected: str, found: str | None = None) -> BuildError:
        at = self._words[self._at] if self._at < len(self._words) else "the end"
        return BuildError(
            f"the text of a Parquet schema has {found or at!r} where {expected} is expected",
            asked=self._text,
        )


def _primitive_type(name: str, annotation: list[str], length: int | None) -> Any:
    import pyarrow as pa

    marked = annotation[0].upper() if annotation else ""
    if marked == "DECIMAL":
        precision, scale = (int(one) for one in [*annotation[1:], "0"][:2])
        return pa.decimal128(precision, scale)
    if marked == "TIMESTAMP" and len(annotation) > 1:
        unit = {"MILLIS": "ms", "MICROS": "us"}.get(annotation[1].upper(), "ns")
        return pa.timestamp(unit, "UTC" if annotation[-1].lower() == "true" else None)
    of_mark: dict[tuple[str, str], Any] = {
        ("int32", "INT_8"): pa.int8(),
        ("int32", "INT_16"): pa.int16(),
        ("int32", "DATE"): pa.date32(),
        ("int32", "TIME_MILLIS"): pa.time32("ms"),
        ("int64", "TIME_MICROS"): pa.time64("us"),
        ("int64", "TIMESTAMP_MILLIS"): pa.timestamp("ms", "UTC"),
        ("int64", "TIMESTAMP_MICROS"): pa.timestamp("us", "UTC"),
        ("binary", "UTF8"): pa.string(),
        ("binary", "STRING"): pa.string(),
        ("binary", "ENUM"): pa.string(),
        ("binary", "JSON"): pa.string(),
    }
    plain: dict[str, Any] = {
        "boolean": pa.bool_(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "int96": pa.timestamp("us"),
        "float": pa.float32(),
        "double": pa.float64(),
        "binary": pa.binary(),
    }
    if name == "fixed_len_byte_array" and length:
        return pa.binary(length)
    return of_mark.get((name, marked)) or plain.get(name)


def _group_type(fields: list[Any], annotation: list[str]) -> Any:
    import pyarrow as pa

    marked = annotation[0].upper() if annotation else ""
    inner = fields[0]
    if marked in ("MAP", "MAP_KEY_VALUE") and pa.types.is_list(inner.type):
        entry = inner.type.value_type
        return pa.map_(entry.field(0).type, entry.field(1).type)
    if marked == "LIST" and pa.types.is_list(inner.type):
        entry = inner.type.value_type
        is_wrapped = pa.types.is_struct(entry) and entry.num_fields == 1
        return pa.list_(entry.field(0) if is_wrapped else entry)
    return pa.struct(fields)
