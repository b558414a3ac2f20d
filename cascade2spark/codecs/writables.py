"""Hadoop's Writables: the bytes of keys and values, one at a time and by the thousand.

A `Writable` object stands for one Java class. Values are plain Python: bytes for BytesWritable, str
for Text, int, float, bool, and None for NullWritable. `writable_containers` has lists and dicts.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import add, sub
from typing import Any, ClassVar

import attrs

from cascade2spark.codecs.counted_bytes import cut_counted
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
    "BooleanWritable",
    "ByteWritable",
    "BytesWritable",
    "DoubleWritable",
    "FloatWritable",
    "IntWritable",
    "LongWritable",
    "NullWritable",
    "RawWritable",
    "ShortWritable",
    "Text",
    "VIntWritable",
    "VLongWritable",
    "Writable",
    "refused",
    "short_name",
    "slices",
]

HADOOP_IO = "org.apache.hadoop.io."
_int32 = struct.Struct(">i")
_MANY = 16  # values that are worth a call of C


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
            raise FormatError(f"{short_name(self.class_name)} of {end} bytes in {len(data)} bytes")
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
            raise FormatError(f"{short_name(self.class_name)} needs {self._struct.size} bytes")
        return self._struct.unpack_from(data, at)[0], end

    def decode_all(self, parts: Sequence[bytes]) -> list[Any]:
        return self.decode_run(b"".join(parts), list(map(len, parts)))

    def decode_run(self, data: bytes, lengths: Sequence[int]) -> list[Any]:
        if lengths.count(self._struct.size) != len(lengths):
            raise FormatError(f"a {short_name(self.class_name)} not of {self._struct.size} bytes")
        return list(struct.unpack(f">{len(lengths)}{self.letter}", data))

    def encode(self, value: Any) -> bytes:
        try:
            return self._struct.pack(value)
        except (struct.error, OverflowError, TypeError):
            raise refused(self, value) from None

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
            raise refused(self, value)
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
            raise refused(self, value)
        return b""

    def encode_all(self, values: Sequence[Any]) -> list[bytes]:
        is_null = values.count(None) == len(values)
        return [b""] * len(values) if is_null else list(map(self.encode, values))


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
        found = cut_counted(data, len(lengths)) if len(lengths) >= _MANY else None
        if found is not None and set(map(sub, lengths, map(len, found))) == {4}:
            return found
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
            raise refused(self, value)
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
            raise refused(self, value)
        try:
            return encode_text(value)
        except UnicodeEncodeError:
            raise refused(self, value) from None

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
            raise refused(self, value)
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
            raise refused(self, value)
        return bytes(value)


def refused(writable: Writable, value: Any) -> FormatError:
    """Return the error for a value that a class does not have."""
    shown = repr(value) if isinstance(value, (int, float, str, type(None))) else ""
    said = f"{type(value).__name__} {shown[:60]}".strip()
    return FormatError(f"{short_name(writable.class_name)} has no value for {said}")


def short_name(class_name: str) -> str:
    """Return the name of a class without its package."""
    return class_name.rpartition(".")[2]


NULL = NullWritable()
