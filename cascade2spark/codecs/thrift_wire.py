"""Reading the binary and the compact protocol, every length checked before it is believed.

Each element of a container takes at least one byte, so a count that is larger than what is left
of the record is refused before anything is allocated or looped over.
"""

from __future__ import annotations

import struct as layout
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from cascade2spark.codecs.thrift_schema import (
    BOOL,
    BYTE,
    DOUBLE,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    SET,
    STRING,
    STRUCT,
)

__all__ = [
    "FIXED_WIDTHS",
    "INPUTS",
    "MOST_DEPTH",
    "STRUCT_DEPTH",
    "TO_COMPACT",
    "BinaryInput",
    "CompactInput",
    "Input",
    "ThriftFault",
    "check_depth",
]

# The C codec's own limit for structs, so that no record depends on which codec read it. It counts
# containers when it passes over them, and not when it reads them: their limit is far off.
MOST_DEPTH = 63
_MOST_CONTAINERS = 191
# Both are counted in one number, where a container is 1.
STRUCT_DEPTH = 256
_I16 = layout.Struct(">h")
_I32 = layout.Struct(">i")
_I64 = layout.Struct(">q")
_DOUBLE = layout.Struct(">d")
_LITTLE_DOUBLE = layout.Struct("<d")
_UUID = 16  # of newer IDLs: thriftpy2 has none, so it is only ever passed over
FIXED_WIDTHS = {BOOL: 1, BYTE: 1, I16: 2, I32: 4, I64: 8, DOUBLE: 8}


class ThriftFault(Exception):
    """Bytes or a value that thrift has no place for; `path` grows on the way out.

    Args:
        problem: what is wrong.
        at: offset of it in the record, None when writing.
    """

    def __init__(self, problem: str, at: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.at = at
        self.path: list[str] = []

    def within(self, part: str) -> ThriftFault:
        """Say that it happened inside of a field or an element."""
        self.path.insert(0, part)
        return self


def check_depth(depth: int, at: int | None = None) -> None:
    """Raise ThriftFault where structs or containers are nested too deep.

    Args:
        depth: structs around a place, by STRUCT_DEPTH each, and containers around it.
        at: offset in the record, None when writing.
    """
    if depth >= (MOST_DEPTH + 1) * STRUCT_DEPTH or depth % STRUCT_DEPTH > _MOST_CONTAINERS:
        raise ThriftFault(f"nested deeper than {MOST_DEPTH} levels", at)


class Input(ABC):
    """A record that is read from front to back.

    Args:
        data: its bytes.
    """

    __slots__ = ("at", "data", "end")
    protocol: ClassVar[str]

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.end = len(data)

    @abstractmethod
    def field(self, last: int) -> tuple[int, int]:
        """Return type and number of the next field; type 0 ends the struct."""

    @abstractmethod
    def boolean(self) -> bool: ...
    @abstractmethod
    def byte(self) -> int: ...
    @abstractmethod
    def i16(self) -> int: ...
    @abstractmethod
    def i32(self) -> int: ...
    @abstractmethod
    def i64(self) -> int: ...
    @abstractmethod
    def double(self) -> float: ...
    @abstractmethod
    def blob(self) -> bytes: ...
    @abstractmethod
    def list_head(self) -> tuple[int, int]:
        """Return type and number of the elements of a list or a set."""

    @abstractmethod
    def map_head(self) -> tuple[int, int, int]:
        """Return the types of keys and values, and the number of entries."""

    def take(self, size: int) -> int:
        """Pass over some bytes and return where they begin."""
        start = self.at
        if size > self.end - start:
            missing = _bytes(size - self.end + start)
            raise ThriftFault(f"the record ends {missing} too early", start)
        self.at = start + size
        return start

    def counted(self, count: int, start: int, what: str) -> int:
        """Return a number of elements, refused when the record has no room for so many."""
        if not 0 <= count <= self.end - self.at:
            left = _bytes(self.end - self.at)
            raise ThriftFault(f"{what} of {count} in a record with {left} left", start)
        return count

    def skip(self, wire: int, depth: int) -> None:
        """Pass over a value of any type.

        Args:
            depth: structs and containers around it; see `check_depth`.
        """
        if wire == STRUCT:
            depth += STRUCT_DEPTH
            check_depth(depth, self.at)
            last = 0
            while True:
                inner, last = self.field(last)
                if not inner:
                    return
                self.skip(inner, depth)
        if wire in (LIST, SET):
            check_depth(depth + 1, self.at)
            inner, count = self.list_head()
            self._skip_many((inner,), count, depth + 1)
        elif wire == MAP:
            check_depth(depth + 1, self.at)
            key, value, count = self.map_head()
            self._skip_many((key, value), count, depth + 1)
        else:
            self._skip_plain(wire)

    def _skip_many(self, wires: tuple[int, ...], count: int, depth: int) -> None:
        for _ in range(count):
            for wire in wires:
                self.skip(wire, depth)

    def _skip_plain(self, wire: int) -> None:
        if wire == BOOL:
            self.boolean()
        elif wire == STRING:
            self.blob()
        elif wire == _UUID:
            self.take(16)
        elif wire in FIXED_WIDTHS:
            self.read(wire)()
        else:
            raise ThriftFault(f"there is no type {wire}", self.at)

    def read(self, wire: int) -> Callable[[], Any]:
        """Return the method that reads a number of a type."""
        methods: dict[int, Callable[[], Any]] = {
            BOOL: self.boolean,
            BYTE: self.byte,
            I16: self.i16,
            I32: self.i32,
            I64: self.i64,
            DOUBLE: self.double,
        }
        return methods[wire]


class BinaryInput(Input):
    """The binary protocol: fixed widths, big-endian."""

    __slots__ = ()
    protocol = "binary"

    def field(self, last: int) -> tuple[int, int]:
        wire = self.data[self.take(1)]
        return (wire, self.i16()) if wire else (0, 0)

    def boolean(self) -> bool:
        return self.data[self.take(1)] == 1

    def byte(self) -> int:
        value = self.data[self.take(1)]
        return value - 256 if value > 127 else value

    def i16(self) -> int:
        value: int = _I16.unpack_from(self.data, self.take(2))[0]
        return value

    def i32(self) -> int:
        value: int = _I32.unpack_from(self.data, self.take(4))[0]
        return value

    def i64(self) -> int:
        value: int = _I64.unpack_from(self.data, self.take(8))[0]
        return value

    def double(self) -> float:
        value: float = _DOUBLE.unpack_from(self.data, self.take(8))[0]
        return value

    def blob(self) -> bytes:
        start = self.at
        start = self.take(self.counted(self.i32(), start, "a length"))
        return self.data[start : self.at]

    def list_head(self) -> tuple[int, int]:
        start = self.at
        wire = self.data[self.take(1)]
        return wire, self.counted(self.i32(), start, "a list or set")

    def map_head(self) -> tuple[int, int, int]:
        start = self.take(2)
        key, value = self.data[start], self.data[start + 1]
        return key, value, self.counted(self.i32(), start, "a map")

    def _skip_many(self, wires: tuple[int, ...], count: int, depth: int) -> None:
        if len(wires) == 1 and wires[0] in FIXED_WIDTHS:
            self.take(count * FIXED_WIDTHS[wires[0]])
        else:
            super()._skip_many(wires, count, depth)


# Types of the compact protocol by ours; true is 1, false 2, in a container both are a byte.
TO_COMPACT = {
    BOOL: 1,
    BYTE: 3,
    I16: 4,
    I32: 5,
    I64: 6,
    DOUBLE: 7,
    STRING: 8,
    LIST: 9,
    SET: 10,
    MAP: 11,
    STRUCT: 12,
    _UUID: 13,
}
_FROM_COMPACT = {0: 0, 2: BOOL, **{short: wire for wire, short in TO_COMPACT.items()}}


class CompactInput(Input):
    """The compact protocol: zigzag varints, types and number differences in one byte."""

    __slots__ = ("_field_truth",)
    protocol = "compact"

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._field_truth: bool | None = None

    def field(self, last: int) -> tuple[int, int]:
        start = self.take(1)
        head = self.data[start]
        short = head & 15
        if not short:
            return 0, 0
        number = last + (head >> 4) if head >> 4 else self.i16()
        wire = _FROM_COMPACT.get(short, 0)
        if not wire:
            raise ThriftFault(f"there is no type {short}", start)
        if wire == BOOL:
            self._field_truth = short == 1
        return wire, number

    def boolean(self) -> bool:
        truth, self._field_truth = self._field_truth, None
        return self.data[self.take(1)] == 1 if truth is None else truth

    def byte(self) -> int:
        value = self.data[self.take(1)]
        return value - 256 if value > 127 else value

    def i16(self) -> int:
        return self._zigzag(16)

    def i32(self) -> int:
        return self._zigzag(32)

    def i64(self) -> int:
        return self._zigzag(64)

    def double(self) -> float:
        value: float = _LITTLE_DOUBLE.unpack_from(self.data, self.take(8))[0]
        return value

    def blob(self) -> bytes:
        start = self.at
        start = self.take(self.counted(self._varint(), start, "a length"))
        return self.data[start : self.at]

    def list_head(self) -> tuple[int, int]:
        start = self.take(1)
        head = self.data[start]
        count = head >> 4 if head >> 4 != 15 else self._varint()
        return self._element(head & 15, count, start), self.counted(count, start, "a list or set")

    def map_head(self) -> tuple[int, int, int]:
        start = self.at
        count = self._varint()
        if not count:
            return 0, 0, 0
        types = self.data[self.take(1)]
        key = self._element(types >> 4, count, start)
        value = self._element(types & 15, count, start)
        return key, value, self.counted(count, start, "a map")

    def _element(self, short: int, count: int, start: int) -> int:
        wire = _FROM_COMPACT.get(short, 0)
        if not wire and count:
            raise ThriftFault(f"there is no type {short}", start)
        return wire

    def _varint(self) -> int:
        value = shift = 0
        start = self.at
        while True:
            byte = self.data[self.take(1)]
            value |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
            if shift > 63:
                raise ThriftFault("a number of more than ten bytes", start)
        return value & 0xFFFFFFFFFFFFFFFF

    def _zigzag(self, bits: int) -> int:
        # What is too long for its type loses its upper bits, as it does in C.
        value = self._varint() & ((1 << bits) - 1)
        return (value >> 1) ^ -(value & 1)


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


INPUTS: dict[str, type[Input]] = {"binary": BinaryInput, "compact": CompactInput}
