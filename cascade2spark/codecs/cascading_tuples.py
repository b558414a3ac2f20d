"""Cascading's own encoding of a tuple, which its scheme SequenceFile and its shuffles store.

A tuple is { vint number of values; per value a vint token and the value }. Which bytes a token
means was taken from files that Cascading 4.5 wrote (tests/data/cascading_tuples_*.seq).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs

from cascade2spark.codecs.vints import FormatError, encode_vint, read_vint
from cascade2spark.codecs.writable_types import KNOWN_WRITABLES
from cascade2spark.codecs.writables import BytesWritable, Writable
from cascade2spark.tuples import Tuple

__all__ = [
    "BOOLEAN",
    "CASCADING_TUPLE_CLASS",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "INT",
    "LONG",
    "SHORT",
    "STRING",
    "THRIFT_WRITABLE",
    "CascadingTuple",
]

CASCADING_TUPLE_CLASS = "cascading.tuple.Tuple"
# The class of elephant-bird, whose bytes are those of BytesWritable; its subclasses alike.
THRIFT_WRITABLE = "com.twitter.elephantbird.mapreduce.io.ThriftWritable"
NULL, STRING, FLOAT, DOUBLE, INT, LONG, BOOLEAN, SHORT = range(8)
TUPLE, TUPLE_PAIR, INDEX_TUPLE = 8, 9, 10
NAMED_CLASS = 32
DECIMAL, BYTE_ARRAY, BYTES = 125, 126, 127
_int32 = struct.Struct(">i")
_short = struct.Struct(">h")
_float = struct.Struct(">f")
_double = struct.Struct(">d")
_text_head = struct.Struct(">bi")
_double_head = struct.Struct(">bd")
_Read = Callable[[bytes, int], tuple[Any, int]]


@attrs.frozen
class CascadingTuple(Writable):
    """The class cascading.tuple.Tuple; its values are Python tuples.

    Read are null, String, Float, Double, Integer, Long, Boolean, Short, Tuple, byte[], BigDecimal,
    and Hadoop's Writables as their Python values; a ThriftWritable is its bytes. A pair of tuples
    is a tuple of two, and an IndexTuple (number, tuple).

    Attributes:
        tokens: the token each value is written with, None to choose one by the value: a Python int
            is a Long, a float a Double, bytes are a BytesWritable, which every flow can read.
    """

    tokens: tuple[int | None, ...] = ()
    class_name: str = CASCADING_TUPLE_CLASS

    def read(self, data: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        return _read_tuple(data, at)

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, (tuple, list)):
            if not isinstance(value, Tuple):
                raise FormatError(f"a tuple is needed, not {type(value).__name__}")
            value = tuple(value)
        tokens = self.tokens
        if not tokens:
            return encode_vint(len(value)) + b"".join(map(_encode_any, value))
        if len(tokens) != len(value):
            raise FormatError(f"a tuple of {len(value)} values where {len(tokens)} are declared")
        return encode_vint(len(value)) + b"".join(map(_encode_element, value, tokens))


def _read_tuple(data: bytes, at: int) -> tuple[tuple[Any, ...], int]:
    count, at = read_vint(data, at)
    if not 0 <= count <= len(data) - at:
        raise FormatError(f"a tuple of {count} values in {len(data) - at} bytes")
    values: list[Any] = []
    add = values.append
    try:
        for _ in range(count):
            # The usual kinds without a call: a fifth of a microsecond a value, in place of a half.
            token = data[at]
            if token == STRING:
                start = at + 5
                size = _int32.unpack_from(data, at + 1)[0]
                if 0 <= size <= len(data) - start:
                    at = start + size
                    add(str(data[start:at], "utf-8", "replace"))
                    continue
            elif token in (LONG, INT):
                first = data[at + 1]
                if first < 128:
                    add(first)
                    at += 2
                    continue
                # As many bytes follow as surely fit, of a number that is not negative.
                if (137 if token == LONG else 141) <= first < 144:
                    start = at + 2
                    at += 146 - first
                    if at <= len(data):
                        add(int.from_bytes(data[start:at], "big"))
                        continue
                    break
            elif token == DOUBLE:
                add(_double.unpack_from(data, at + 1)[0])
                at += 9
                continue
            elif token == NULL:
                add(None)
                at += 1
                continue
            value, at = _read_element(data, at)
            add(value)
    except (IndexError, struct.error):
        raise FormatError("the data ends inside a value") from None
    if len(values) != count:
        raise FormatError("the data ends inside a number")
    return tuple(values), at


def _read_element(data: bytes, at: int) -> tuple[Any, int]:
    token, at = read_vint(data, at)
    read = _READERS.get(token)
    if read is None:
        raise FormatError(f"a value with the token {token}, which is not known")
    return read(data, at)


def _read_null(data: bytes, at: int) -> tuple[None, int]:
    return None, at


def _read_counted(data: bytes, at: int) -> tuple[bytes | None, int]:
    """Return bytes behind their int32 count; None for -1."""
    count, at = _read_struct(_int32, data, at)
    if count == -1:
        return None, at
    if not 0 <= count <= len(data) - at:
        raise FormatError(f"{count} bytes are said to follow where {len(data) - at} do")
    return data[at : at + count], at + count


def _read_string(data: bytes, at: int) -> tuple[str | None, int]:
    raw, at = _read_counted(data, at)
    return None if raw is None else str(raw, "utf-8", "replace"), at


def _read_struct(one: struct.Struct, data: bytes, at: int) -> tuple[Any, int]:
    end = at + one.size
    if end > len(data):
        raise FormatError("the data ends inside a value")
    return one.unpack_from(data, at)[0], end


def _of_struct(one: struct.Struct) -> _Read:
    return lambda data, at: _read_struct(one, data, at)


def _read_boolean(data: bytes, at: int) -> tuple[bool, int]:
    if at >= len(data):
        raise FormatError("the data ends inside a value")
    return data[at] != 0, at + 1


def _of_bits(bits: int) -> _Read:
    def read(data: bytes, at: int) -> tuple[int, int]:
        number, at = read_vint(data, at)
        if (number if number >= 0 else ~number) >> (bits - 1):
            raise FormatError(f"{number} does not fit {bits} bits")
        return number, at

    return read


def _read_pair(data: bytes, at: int) -> tuple[tuple[Any, Any], int]:
    left, at = _read_tuple(data, at)
    right, at = _read_tuple(data, at)
    return (left, right), at


def _read_index_tuple(data: bytes, at: int) -> tuple[tuple[int, Any], int]:
    index, at = read_vint(data, at)
    values, at = _read_tuple(data, at)
    return (index, values), at


def _read_decimal(data: bytes, at: int) -> tuple[Decimal, int]:
    raw, at = _read_counted(data, at)
    scale, at = _read_struct(_int32, data, at)
    if not raw:
        raise FormatError("a BigDecimal without digits")
    if abs(scale) > _MOST_SCALE:
        raise FormatError(f"a BigDecimal of scale {scale}")
    number = int.from_bytes(raw, "big", signed=True)
    sign, digits = int(number < 0), tuple(map(int, _digits(abs(number))))
    return Decimal((sign, digits, -scale)), at


def _digits(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # Python's own bound on the digits of a number
        raise FormatError("a BigDecimal with too many digits") from None


def _read_named(data: bytes, at: int) -> tuple[Any, int]:
    name, at = _read_string(data, at)
    known = KNOWN_WRITABLES.get(name or "")
    if name == THRIFT_WRITABLE:
        known = BytesWritable(THRIFT_WRITABLE)
    if known is None:
        raise FormatError(f"a value of class {name!r}, of which nothing is known")
    return known.read(data, at)


def _encode_any(value: Any) -> bytes:
    """Return a value with the token that its Python class has."""
    return _encode_element(value, None)


def _encode_element(value: Any, token: int | None) -> bytes:
    if value is None:
        return b"\0"
    own = _TOKEN_BY_TYPE.get(type(value))
    if token is None or token == own:
        try:
            if own == STRING:
                raw: bytes = value.encode()
                return _text_head.pack(STRING, len(raw)) + raw
            if own == DOUBLE:
                return _double_head.pack(DOUBLE, value)
            if own == LONG and 127 < value < 1 << 56:
                size: int = (value.bit_length() + 7) >> 3
                digits: bytes = value.to_bytes(size, "big")
                return _LONG_HEADS[size] + digits
        except ValueError:
            pass  # told below
        token = own
    if token is None:
        raise FormatError(f"a tuple cannot store a {type(value).__name__}")
    try:
        return _TOKEN_BYTES[token] + _ENCODERS[token](value)
    except (struct.error, OverflowError, TypeError, ValueError, AttributeError):
        name = _NAMES[token]
        raise FormatError(f"{type(value).__name__} {value!r:.60} is no {name}") from None


def _encode_string(value: Any) -> bytes:
    return _encode_counted(str.encode(value))


def _encode_counted(value: Any) -> bytes:
    return _int32.pack(len(value)) + bytes(memoryview(value))


def _of_range(bits: int) -> Callable[[Any], bytes]:
    def encode(value: Any) -> bytes:
        if not isinstance(value, int) or (value if value >= 0 else ~value) >> (bits - 1):
            raise OverflowError
        return encode_vint(value)

    return encode


def _encode_boolean(value: Any) -> bytes:
    if value is not True and value is not False:
        raise TypeError
    return b"\1" if value else b"\0"


def _encode_tuple(value: Any) -> bytes:
    return CascadingTuple().encode(value)


def _encode_decimal(value: Any) -> bytes:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError
    number = int("".join(map(str, digits)))
    number = -number if sign else number
    size = ((number if number >= 0 else ~number).bit_length() + 8) // 8
    return _encode_counted(number.to_bytes(size, "big", signed=True)) + _int32.pack(-exponent)


# Beyond this nothing of use can be done with a decimal, and little with its text.
_MOST_SCALE = 1 << 20
_READERS: dict[int, _Read] = {
    NULL: _read_null,
    STRING: _read_string,
    FLOAT: _of_struct(_float),
    DOUBLE: _of_struct(_double),
    INT: _of_bits(32),
    LONG: _of_bits(64),
    BOOLEAN: _read_boolean,
    SHORT: _of_struct(_short),
    TUPLE: _read_tuple,
    TUPLE_PAIR: _read_pair,
    INDEX_TUPLE: _read_index_tuple,
    NAMED_CLASS: _read_named,
    DECIMAL: _read_decimal,
    BYTE_ARRAY: _read_counted,
    BYTES: _read_counted,
}
_ENCODERS: dict[int, Callable[[Any], bytes]] = {
    STRING: _encode_string,
    FLOAT: _float.pack,
    DOUBLE: _double.pack,
    INT: _of_range(32),
    LONG: _of_range(64),
    BOOLEAN: _encode_boolean,
    SHORT: _short.pack,
    TUPLE: _encode_tuple,
    DECIMAL: _encode_decimal,
    BYTES: _encode_counted,
}
# What a Long that is not negative begins with, by the bytes that it needs.
_LONG_HEADS = [bytes([LONG, 144 - size]) for size in range(8)]
_TOKEN_BYTES = {token: encode_vint(token) for token in _ENCODERS}
_NAMES = {
    STRING: "String",
    FLOAT: "Float",
    DOUBLE: "Double",
    INT: "Integer",
    LONG: "Long",
    BOOLEAN: "Boolean",
    SHORT: "Short",
    TUPLE: "Tuple",
    DECIMAL: "BigDecimal",
    BYTES: "BytesWritable",
}
_TOKEN_BY_TYPE: dict[type, int] = {
    str: STRING,
    float: DOUBLE,
    int: LONG,
    bool: BOOLEAN,
    tuple: TUPLE,
    list: TUPLE,
    Tuple: TUPLE,
    Decimal: DECIMAL,
    bytes: BYTES,
    bytearray: BYTES,
}
