"""Hadoop's Writables: the bytes of keys and values, one at a time and by the thousand.

A `Writable` object stands for one Java class. Values are plain Python: bytes for BytesWritable, str
for Text, int, float, bool, None for NullWritable, list for ArrayWritable and dict for MapWritable.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from operator import add
from typing import Any, ClassVar

import attrs

from cascade2spark.codecs.vints import (
    FormatError,
    encode_length,
    encode_text,
    encode_vint,
    read_text,
    read_vint,
)

__all__ = [
    "HADOOP_IO",
    "NULL",
    "ArrayWritable",
    "BooleanWritable",
    "ByteWritable",
    "BytesWritable",
    "DoubleWritable",
    "FloatWritable",
    "IntWritable",
    "LongWritable",
    "MapWritable",
    "NullWritable",
    "RawWritable",
    "ShortWritable",
    "Text",
    "VIntWritable",
    "VLongWritable",
    "Writable",
    "slices",
]

HADOOP_IO = "org.apache.hadoop.io."
_MOST_EMPTY_ELEMENTS = 1 << 20
_int32 = struct.Struct(">i")
_uint16 = struct.Struct(">H")


class Writable(ABC):
    """One Java class of values: how they become bytes and back.

    Attributes:
        class_name: full name of the Java class.
        letter: the struct letter of every value, for values of one size; "" for no bytes.
    """

    class_name: str
    letter: ClassVar[str | None] = None

    @abstractmethod
    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        """Return the value that begins at a place, and the place behind it.

        Raises:
            FormatError: there is none.
        """

    @abstractmethod
    def encode(self, value: Any) -> bytes:
        """Return the bytes of a value.

        Raises:
            FormatError: the class has no such value.
        """

    def decode(self, data: bytes) -> Any:
        """Return the value that fills some bytes.

        Raises:
            FormatError: they hold no value, or more than one.
        """
        try:
            value, end = self.read(data, 0)
        except RecursionError:
            raise FormatError("values are nested too deeply") from None
        if end != len(data):
            raise FormatError(f"{_short(self.class_name)} of {end} bytes in {len(data)} bytes")
        return value

    def decode_all(self, parts: Sequence[bytes]) -> list[Any]:
        """Return the value of each part; raises as `decode` does, for any of them."""
        return list(map(self.decode, parts))

    def decode_run(self, data: bytes, lengths: Sequence[int]) -> list[Any]:
        """Return the values laid end to end in `data`; raises as `decode` does."""
        return self.decode_all(slices(data, lengths))

    def encode_all(self, values: Sequence[Any]) -> list[bytes]:
        """Return the bytes of each value; raises as `encode` does, for any of them."""
        return list(map(self.encode, values))


def slices(data: bytes, lengths: Sequence[int]) -> list[bytes]:
    """Return pieces of `data` of some lengths, which lie end to end and fill it."""
    return [data[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]


class _Number(Writable):
    """A class whose values all have one size and one struct letter."""

    _struct: ClassVar[struct.Struct]

    def __init_subclass__(cls) -> None:
        cls._struct = struct.Struct(f">{cls.letter}")

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        end = at + self._struct.size
        if end > len(data):
            raise FormatError(f"{_short(self.class_name)} needs {self._struct.size} bytes")
        return self._struct.unpack_from(data, at)[0], end

    def decode_all(self, parts: Sequence[bytes]) -> list[Any]:
        return self.decode_run(b"".join(parts), list(map(len, parts)))

    def decode_run(self, data: bytes, lengths: Sequence[int]) -> list[Any]:
        if lengths.count(self._struct.size) != len(lengths):
            raise FormatError(f"a {_short(self.class_name)} not of {self._struct.size} bytes")
        return list(struct.unpack(f">{len(lengths)}{self.letter}", data))

    def encode(self, value: Any) -> bytes:
        try:
            return self._struct.pack(value)
        except (struct.error, OverflowError, TypeError):
            raise _refused(self, value) from None

    def encode_all(self, values: Sequence[Any]) -> list[bytes]:
        try:
            return list(map(self._struct.pack, values))
        except (struct.error, OverflowError, TypeError):
            return super().encode_all(values)


@attrs.frozen
class IntWritable(_Number):
    """32 bits."""

    letter = "i"
    class_name: str = HADOOP_IO + "IntWritable"


@attrs.frozen
class LongWritable(_Number):
    """64 bits."""

    letter = "q"
    class_name: str = HADOOP_IO + "LongWritable"


@attrs.frozen
class ShortWritable(_Number):
    """16 bits."""

    letter = "h"
    class_name: str = HADOOP_IO + "ShortWritable"


@attrs.frozen
class ByteWritable(_Number):
    """8 bits with a sign."""

    letter = "b"
    class_name: str = HADOOP_IO + "ByteWritable"


@attrs.frozen
class FloatWritable(_Number):
    """A real number of 32 bits."""

    letter = "f"
    class_name: str = HADOOP_IO + "FloatWritable"


@attrs.frozen
class DoubleWritable(_Number):
    """A real number of 64 bits."""

    letter = "d"
    class_name: str = HADOOP_IO + "DoubleWritable"


@attrs.frozen
class BooleanWritable(_Number):
    """One byte; any but 0 is true."""

    letter = "?"
    class_name: str = HADOOP_IO + "BooleanWritable"

    def encode(self, value: Any) -> bytes:
        if value is not True and value is not False:
            raise _refused(self, value)
        return b"\1" if value else b"\0"

    def encode_all(self, values: Sequence[Any]) -> list[bytes]:
        return list(map(self.encode, values))


@attrs.frozen
class NullWritable(Writable):
    """No bytes, and None."""

    letter = ""
    class_name: str = HADOOP_IO + "NullWritable"

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        return None, at

    def decode_run(self, data: bytes, lengths: Sequence[int]) -> list[Any]:
        return self.decode_all([data] * len(lengths)) if data else [None] * len(lengths)

    def encode(self, value: Any) -> bytes:
        if value is not None:
            raise _refused(self, value)
        return b""


@attrs.frozen
class BytesWritable(Writable):
    """Bytes behind their count. Classes of one's own that store the same have their own name."""

    class_name: str = HADOOP_IO + "BytesWritable"

    def read(self, data: bytes, at: int) -> tuple[bytes, int]:
        start = at + 4
        if start > len(data):
            raise FormatError("the data ends inside a byte count")
        size = _int32.unpack_from(data, at)[0]
        if not 0 <= size <= len(data) - start:
            raise FormatError(f"{size} bytes are said to follow where {len(data) - start} do")
        return data[start : start + size], start + size

    def decode_all(self, parts: Sequence[bytes]) -> list[bytes]:
        return self.decode_run(b"".join(parts), list(map(len, parts)))

    def decode_run(self, data: bytes, lengths: Sequence[int]) -> list[bytes]:
        at, counted = 0, _int32.unpack_from
        values: list[bytes] = []
        add = values.append
        for length in lengths:
            if length < 4 or counted(data, at)[0] + 4 != length:
                raise FormatError("a byte count that differs from the bytes there")
            add(data[at + 4 : (at := at + length)])
        return values

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise _refused(self, value)
        data = bytes(value)
        return _int32.pack(len(data)) + data

    def encode_all(self, values: Sequence[Any]) -> list[bytes]:
        if set(map(type, values)) != {bytes}:
            return super().encode_all(values)
        pack = _int32.pack
        return [pack(len(value)) + value for value in values]


@attrs.frozen
class Text(Writable):
    """Text as UTF-8 behind its byte count; bytes that are no UTF-8 are read as U+FFFD."""

    class_name: str = HADOOP_IO + "Text"

    def read(self, data: bytes, at: int) -> tuple[str, int]:
        return read_text(data, at)

    def decode_all(self, parts: Sequence[bytes]) -> list[str]:
        decode = self.decode
        return [
            # Nearly all counts take one byte, or two behind 8F.
            str(part[1:], "utf-8", "replace")
            if part and part[0] == len(part) - 1 < 128
            else str(part[2:], "utf-8", "replace")
            if len(part) > 2 and part[0] == 0x8F and part[1] == len(part) - 2
            else decode(part)
            for part in parts
        ]

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise _refused(self, value)
        try:
            return encode_text(value)
        except UnicodeEncodeError:
            raise _refused(self, value) from None

    def encode_all(self, values: Sequence[Any]) -> list[bytes]:
        try:
            encoded = list(map(str.encode, values))
        except (TypeError, UnicodeEncodeError):
            return super().encode_all(values)
        return list(map(add, map(encode_length, map(len, encoded)), encoded))


@attrs.frozen
class VLongWritable(Writable):
    """A number of up to 64 bits in as few bytes as it needs."""

    class_name: str = HADOOP_IO + "VLongWritable"
    bits: int = attrs.field(default=64, init=False)

    def read(self, data: bytes, at: int) -> tuple[int, int]:
        number, at = read_vint(data, at)
        if (number if number >= 0 else ~number) >> (self.bits - 1):
            raise FormatError(f"{number} does not fit {self.bits} bits")
        return number, at

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, int) or (value if value >= 0 else ~value) >> (self.bits - 1):
            raise _refused(self, value)
        return encode_vint(value)


@attrs.frozen
class VIntWritable(VLongWritable):
    """A number of up to 32 bits in as few bytes as it needs."""

    class_name: str = HADOOP_IO + "VIntWritable"
    bits: int = attrs.field(default=32, init=False)


@attrs.frozen
class RawWritable(Writable):
    """Any class: its bytes as they are stored, which only fill a whole key or value."""

    class_name: str

    def read(self, data: bytes, at: int) -> tuple[bytes, int]:
        return data[at:], len(data)

    def decode_all(self, parts: Sequence[bytes]) -> list[bytes]:
        return list(parts)

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise _refused(self, value)
        return bytes(value)


@attrs.frozen
class ArrayWritable(Writable):
    """Values of one class behind their number.

    The bytes do not tell which class: it is known by the name of a subclass, or from who wrote it.
    """

    element: Writable
    class_name: str = HADOOP_IO + "ArrayWritable"

    def read(self, data: bytes, at: int) -> tuple[list[Any], int]:
        count, at = _read_count(data, at, 0 if self.element.letter == "" else 1)
        values = []
        for _ in range(count):
            value, at = self.element.read(data, at)
            values.append(value)
        return values, at

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, (list, tuple)):
            raise _refused(self, value)
        return _int32.pack(len(value)) + b"".join(self.element.encode_all(value))


@attrs.frozen
class MapWritable(Writable):
    """Pairs of any of these classes, each behind a byte that stands for its class."""

    class_name: str = HADOOP_IO + "MapWritable"

    def read(self, data: bytes, at: int) -> tuple[dict[Any, Any], int]:
        classes = dict(_CLASS_IDS)
        count, at = _read_byte(data, at)
        for _ in range(count):
            number, at = _read_byte(data, at)
            name, at = _read_utf(data, at)
            known = _IN_MAPS.get(name)
            if known is None:
                raise FormatError(f"a map holds values of {name}, of which nothing is known")
            classes[number] = known
        count, at = _read_count(data, at, 2)
        pairs = {}
        for _ in range(count):
            key, at = _read_classed(data, at, classes)
            try:
                hash(key)
            except TypeError:
                raise FormatError(f"a map has a key that is a {type(key).__name__}") from None
            pairs[key], at = _read_classed(data, at, classes)
        return pairs, at

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, dict):
            raise _refused(self, value)
        extra: dict[str, int] = {}
        parts = []
        for entry in (entry for pair in value.items() for entry in pair):
            writable = _writable_in_map(self, entry)
            number = _IDS_OF_CLASSES.get(writable.class_name)
            if number is None:
                number = extra.setdefault(writable.class_name, len(extra) + 1)
            parts.append(bytes([number]) + writable.encode(entry))
        names = [
            bytes([number]) + _uint16.pack(len(name)) + name.encode()
            for name, number in extra.items()
        ]
        return b"".join([bytes([len(extra)]), *names, _int32.pack(len(value)), *parts])


def _read_byte(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise FormatError("the data ends where a byte should be")
    return data[at], at + 1


def _read_utf(data: bytes, at: int) -> tuple[str, int]:
    """Return a class name as Java's writeUTF stores it."""
    start = at + 2
    end = start + (_uint16.unpack_from(data, at)[0] if start <= len(data) else 0)
    if not start <= end <= len(data):
        raise FormatError("the data ends inside a class name")
    return str(data[start:end], "utf-8", "replace"), end


def _read_count(data: bytes, at: int, least_bytes: int) -> tuple[int, int]:
    """Return a number of elements, each of at least some bytes, that the data has room for."""
    start = at + 4
    if start > len(data):
        raise FormatError("the data ends inside a count")
    count = _int32.unpack_from(data, at)[0]
    room = (len(data) - start) // least_bytes if least_bytes else _MOST_EMPTY_ELEMENTS
    if not 0 <= count <= room:
        raise FormatError(f"{count} elements are said to follow in {len(data) - start} bytes")
    return count, start


def _read_classed(data: bytes, at: int, classes: dict[int, Writable]) -> tuple[Any, int]:
    number, at = _read_byte(data, at)
    if number not in classes:
        raise FormatError(f"a map names no class for the number {number}")
    return classes[number].read(data, at)


def _writable_in_map(of: Writable, value: Any) -> Writable:
    """Return the class that PySpark too takes for a Python value."""
    if isinstance(value, int) and not isinstance(value, bool):
        return IntWritable() if -(1 << 31) <= value < 1 << 31 else LongWritable()
    found = _BY_PYTHON_TYPE.get(type(value))
    if found is None:
        raise _refused(of, value)
    return found


def _refused(writable: Writable, value: Any) -> FormatError:
    shown = repr(value) if isinstance(value, (int, float, str, type(None))) else ""
    said = f"{type(value).__name__} {shown[:60]}".strip()
    return FormatError(f"{_short(writable.class_name)} has no value for {said}")


def _short(class_name: str) -> str:
    return class_name.rpartition(".")[2]


NULL = NullWritable()
# The numbers that Hadoop's maps give classes without naming them.
_CLASS_IDS: dict[int, Writable] = {
    130: BooleanWritable(),
    131: BytesWritable(),
    132: FloatWritable(),
    133: IntWritable(),
    134: LongWritable(),
    135: MapWritable(),
    137: NULL,
    140: Text(),
    143: VIntWritable(),
    144: VLongWritable(),
}
_IDS_OF_CLASSES = {writable.class_name: number for number, writable in _CLASS_IDS.items()}
_IN_MAPS = {
    writable.class_name: writable
    for writable in (*_CLASS_IDS.values(), DoubleWritable(), ShortWritable(), ByteWritable())
}
_BY_PYTHON_TYPE: dict[Callable[..., Any], Writable] = {
    type(None): NULL,
    bool: BooleanWritable(),
    float: DoubleWritable(),
    str: Text(),
    bytes: BytesWritable(),
    bytearray: BytesWritable(),
    dict: MapWritable(),
}
