"""Thrift structs as rows, and rows as structs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import attrs

from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.thrift import ThriftCodec
from cascade2spark.codecs.writables import BytesWritable
from cascade2spark.errors import BuildError, Cascade2SparkError, RunError
from cascade2spark.fields import Fields
from cascade2spark.schemes.base import OnBad, Row, RowReader, RowWriter
from cascade2spark.schemes.thrift_blocks import ThriftBlock, block_parts, thrift_values
from cascade2spark.types import Boolean, Type, coercion

__all__ = ["ThriftReader", "ThriftWriter"]

_TRUTHS = frozenset({bool, type(None)})


class ThriftReader(RowReader[ThriftBlock]):
    """Structs of blocks as rows, or as records.

    Args:
        codec: reads them.
        paths: of the fields; none for whole records.
        wanted: places of the fields to give, the key's among them.
        has_key: the first of all fields is the key.
    """

    def __init__(
        self, codec: ThriftCodec, paths: tuple[str, ...], wanted: Sequence[int], has_key: bool
    ) -> None:
        shift = int(has_key)
        inner = [place - shift for place in wanted if place >= shift]
        self._key_at = wanted.index(0) if shift and 0 in wanted else None
        self._is_object = not paths and bool(inner)
        if self._is_object:
            # A record that is bytes still is one that can be read: bad ones are found here.
            self._decode: Callable[[list[bytes]], list[Any]] = codec.unread_decoder()
        else:
            few = [paths[at] for at in inner]
            self._decode = attrs.evolve(codec, fields=few).row_decoder()
        self._null = None if self._is_object else (None,) * len(inner)

    def rows(self, blocks: Iterable[ThriftBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        at = self._key_at
        for found, keys in self._found(blocks, on_bad):
            rows = [(one,) for one in found] if self._is_object else found
            if at is not None and keys is not None:
                rows = [(*row[:at], key, *row[at:]) for row, key in zip(rows, keys, strict=True)]
            if rows:
                yield rows

    def values(self, blocks: Iterable[ThriftBlock], on_bad: OnBad) -> Iterator[list[Any]]:
        """Yield records, or rows without keys, some at a time."""
        for found, _ in self._found(blocks, on_bad):
            yield found

    def _found(
        self, blocks: Iterable[ThriftBlock], on_bad: OnBad
    ) -> Iterator[tuple[list[Any], list[Any] | None]]:
        for block in blocks:
            for part in block_parts(block):
                yield thrift_values(part, self._decode, self._null, on_bad)


class ThriftWriter(RowWriter):
    """Rows, or records, as the structs of one file.

    Args:
        fields: of the rows.
        file: takes keys and values.
        key_at: place of the key, None for none.
        codec: writes the structs.
        types: of their fields; None for whole records.
        bits: that the whole numbers of each field have, 0 where it holds something else.
    """

    def __init__(
        self,
        fields: Fields,
        file: SequenceFileWriter,
        key_at: int | None,
        codec: ThriftCodec,
        types: list[Type] | None,
        bits: Sequence[int] = (),
    ) -> None:
        self._fields = fields
        self._file = file
        self._key_at = key_at
        self._types = types
        self._codec = codec
        self._encode: Callable[[Sequence[Any]], list[bytes]] = (
            codec.encoder() if types is None else codec.row_encoder()
        )
        self._convert = [
            _within(coercion(kind), most) if most else coercion(kind)
            for kind, most in zip(types or (), bits, strict=True)
        ]
        # Any value is true or false to the codecs, and the text "false" is not false to them.
        self._truths = [at for at, kind in enumerate(types or ()) if kind is Boolean]
        self._is_nullable = file.header.value_class != BytesWritable().class_name

    def start(self) -> bytes:
        return self._file.start()

    def encode(self, rows: Sequence[Row]) -> bytes:
        at = self._key_at
        keys: list[Any] = [None] * len(rows)
        inner: Sequence[Row] = rows
        if at is not None:
            keys = [row[at] for row in rows]
            inner = [(*row[:at], *row[at + 1 :]) for row in rows]
        values = self._values(inner)
        if values is None:
            values = [self._value(row, given) for row, given in zip(inner, rows, strict=True)]
        try:
            return self._file.encode(keys, values)
        except ValueError as refused:
            raise RunError(
                f"a key that LongWritable has no place for: {refused}",
                row=next(iter(rows)),
                fields=self._fields.print_(),
            ) from refused

    def finish(self) -> bytes:
        return self._file.finish()

    def encode_records(self, records: list[Any]) -> bytes:
        """Return the bytes of whole records, where there is no key."""
        try:
            values = self._structs(records)
        except Cascade2SparkError:
            return self.encode([(one,) for one in records])  # it finds out which, and says why
        return self._file.encode([None] * len(records), values)

    def _values(self, rows: Sequence[Row]) -> list[bytes] | None:
        """Return the structs of many rows; None when one of them needs a closer look."""
        try:
            if self._types is None:
                return self._structs([one for (one,) in rows])
            for at in self._truths:
                if not {row[at].__class__ for row in rows} <= _TRUTHS:
                    return None
            return self._encode(rows)
        except Cascade2SparkError:
            return None

    def _structs(self, records: list[Any]) -> list[bytes]:
        if not self._is_nullable or type(None) not in set(map(type, records)):
            return self._encode(records)
        return [b"" if one is None else self._codec.encode(one) for one in records]

    def _value(self, row: Row, given: Row) -> bytes:
        try:
            if self._types is None:
                if row[0] is None and self._is_nullable:
                    return b""
                return self._codec.encode(row[0])
            for at in self._truths:
                if row[at] is not None and row[at].__class__ is not bool:
                    return self._codec.encode_row(self._converted(row))
            try:
                return self._codec.encode_row(row)
            except BuildError as refused:
                try:
                    return self._codec.encode_row(self._converted(row))
                except Cascade2SparkError:
                    raise refused from None  # it names the field
        except Cascade2SparkError as refused:
            raise RunError(
                refused.headline,
                row=given,
                fields=self._fields.print_(),
                details=refused.details,
            ) from refused

    def _converted(self, row: Row) -> Row:
        return tuple([call(one) for call, one in zip(self._convert, row, strict=True)])


def _within(convert: Callable[[Any], Any], bits: int) -> Callable[[Any], Any]:
    """Return a conversion that leaves numbers as they are which a field has no room for.

    Coercion wraps them, as Java does; what writes thrift refuses them, in every language.
    """
    least, most = -1 << bits - 1, 1 << bits - 1

    def converted(value: Any) -> Any:
        if isinstance(value, Decimal) and not value.is_finite():
            return value
        if isinstance(value, (int, float, Decimal)) and not least <= value < most:
            return value
        return convert(value)

    return converted
