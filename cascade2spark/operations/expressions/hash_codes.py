"""Java's hash codes of numbers and booleans, as compiled expressions call them; null fails."""

from __future__ import annotations

import struct

from cascade2spark.operations.expressions.runtime import unboxed_value, wrap_int

__all__ = ["hash_of_boolean", "hash_of_double", "hash_of_float", "hash_of_long"]

_NAN_64, _NAN_32 = 0x7FF8000000000000, 0x7FC00000


def hash_of_boolean(value: bool) -> int:
    return 1231 if unboxed_value(value) else 1237


def hash_of_long(number: int) -> int:
    bits = number & 0xFFFFFFFFFFFFFFFF
    return wrap_int((bits ^ (bits >> 32)) & 0xFFFFFFFF)


def hash_of_double(number: float) -> int:
    # Java knows one NaN here, whatever its bits were.
    return hash_of_long(_bits(number, ">d", ">Q") if number == number else _NAN_64)


def hash_of_float(number: float) -> int:
    return wrap_int(_bits(number, ">f", ">I") if number == number else _NAN_32)


def _bits(number: float, real: str, whole: str) -> int:
    bits: int = struct.unpack(whole, struct.pack(real, unboxed_value(number)))[0]
    return bits
