"""Hadoop's Writables of Writables: arrays are lists, maps are dicts."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.codecs.vints import FormatError
from cascade2spark.codecs.writables import (
    HADOOP_IO,
    NULL,
    BooleanWritable,
    BytesWritable,
    ByteWritable,
    DoubleWritable,
    FloatWritable,
    IntWritable,
    LongWritable,
    ShortWritable,
    Text,
    VIntWritable,
    VLongWritable,
    Writable,
    refused,
)

__all__ = ["ArrayWritable", "MapWritable"]

_MOST_EMPTY_ELEMENTS = 1 << 20
_int32 = struct.Struct(">i")
_uint16 = struct.Struct(">H")


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
            raise refused(self, value)
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
            raise refused(self, value)
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
        raise refused(of, value)
    return found


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
