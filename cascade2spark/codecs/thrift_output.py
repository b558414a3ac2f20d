"""Writing the binary and the compact protocol, value by value."""

from __future__ import annotations

import struct as layout
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from cascade2spark.codecs.thrift_schema import BOOL, BYTE, I16, I32, I64
from cascade2spark.codecs.thrift_wire import FIXED_WIDTHS, TO_COMPACT, ThriftFault

__all__ = ["OUTPUTS", "BinaryOutput", "CompactOutput", "Output"]

_I16 = layout.Struct(">h")
_I32 = layout.Struct(">i")
_DOUBLE = layout.Struct(">d")
_LITTLE_DOUBLE = layout.Struct("<d")
_RANGES = {BYTE: 1 << 7, I16: 1 << 15, I32: 1 << 31, I64: 1 << 63}


class Output(ABC):
    """A record that is written from front to back."""

    __slots__ = ("parts",)
    protocol: ClassVar[str]

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    @abstractmethod
    def field(self, wire: int, number: int, last: int, truth: bool) -> None:
        """Begin a field; the compact protocol puts the value of a boolean one right here."""

    @abstractmethod
    def stop(self) -> None: ...
    @abstractmethod
    def number(self, wire: int, value: int) -> None: ...
    @abstractmethod
    def boolean(self, value: bool, in_field: bool) -> None: ...
    @abstractmethod
    def double(self, value: float) -> None: ...
    @abstractmethod
    def blob(self, value: bytes) -> None: ...
    @abstractmethod
    def list_head(self, wire: int, count: int) -> None: ...
    @abstractmethod
    def map_head(self, key: int, value: int, count: int) -> None: ...

    @staticmethod
    def checked(wire: int, value: Any) -> int:
        """Return a whole number that its type can hold."""
        if value.__class__ is not int and not hasattr(value, "__index__"):
            raise ThriftFault(f"a {type(value).__name__} where a whole number belongs")
        number = int(value)
        if not -_RANGES[wire] <= number < _RANGES[wire]:
            raise ThriftFault(f"{number} does not fit {_RANGES[wire].bit_length()} bits")
        return number


class BinaryOutput(Output):
    """The binary protocol."""

    __slots__ = ()
    protocol = "binary"

    def field(self, wire: int, number: int, last: int, truth: bool) -> None:
        self.parts.append(bytes((wire,)) + _I16.pack(number))

    def stop(self) -> None:
        self.parts.append(b"\0")

    def number(self, wire: int, value: int) -> None:
        number = self.checked(wire, value)
        self.parts.append(number.to_bytes(FIXED_WIDTHS[wire], "big", signed=True))

    def boolean(self, value: bool, in_field: bool) -> None:
        self.parts.append(b"\1" if value else b"\0")

    def double(self, value: float) -> None:
        self.parts.append(_DOUBLE.pack(value))

    def blob(self, value: bytes) -> None:
        self.parts.append(_I32.pack(len(value)) + value)

    def list_head(self, wire: int, count: int) -> None:
        self.parts.append(bytes((wire,)) + _I32.pack(count))

    def map_head(self, key: int, value: int, count: int) -> None:
        self.parts.append(bytes((key, value)) + _I32.pack(count))


class CompactOutput(Output):
    """The compact protocol."""

    __slots__ = ()
    protocol = "compact"

    def field(self, wire: int, number: int, last: int, truth: bool) -> None:
        short = (1 if truth else 2) if wire == BOOL else TO_COMPACT[wire]
        step = number - last
        if 0 < step <= 15:
            self.parts.append(bytes((step << 4 | short,)))
        else:
            self.parts.append(bytes((short,)) + _varint(number << 1 ^ number >> 15))

    def stop(self) -> None:
        self.parts.append(b"\0")

    def number(self, wire: int, value: int) -> None:
        number = self.checked(wire, value)
        if wire == BYTE:
            self.parts.append(bytes((number & 255,)))
        else:
            self.parts.append(_varint(number << 1 ^ number >> 63))

    def boolean(self, value: bool, in_field: bool) -> None:
        if not in_field:
            self.parts.append(b"\1" if value else b"\2")

    def double(self, value: float) -> None:
        self.parts.append(_LITTLE_DOUBLE.pack(value))

    def blob(self, value: bytes) -> None:
        self.parts.append(_varint(len(value)) + value)

    def list_head(self, wire: int, count: int) -> None:
        short = TO_COMPACT[wire]
        head = bytes((count << 4 | short,)) if count < 15 else bytes((240 | short,))
        self.parts.append(head if count < 15 else head + _varint(count))

    def map_head(self, key: int, value: int, count: int) -> None:
        types = bytes((TO_COMPACT[key] << 4 | TO_COMPACT[value],)) if count else b""
        self.parts.append(_varint(count) + types)


def _varint(number: int) -> bytes:
    number &= 0xFFFFFFFFFFFFFFFF
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


OUTPUTS: dict[str, type[Output]] = {"binary": BinaryOutput, "compact": CompactOutput}
