"""Java's hash codes of values that are no texts, as compiled expressions call them; null fails."""

from __future__ import annotations

import struct
from decimal import Decimal

from cascade2spark.operations.expressions.runtime import unboxed_value, wrap_int

__all__ = [
    "hash_of_boolean",
    "hash_of_char",
    "hash_of_decimal",
    "hash_of_double",
    "hash_of_float",
    "hash_of_long",
]

_NAN_64, _NAN_32 = 0x7FF8000000000000, 0x7FC00000


def hash_of_boolean(value: bool) -> int:
    return 1231 if unboxed_value(value) else 1237


def hash_of_char(value: str) -> int:
    return ord(unboxed_value(value))


def hash_of_decimal(value: Decimal) -> int:
    # Scale and all: 1.0 and 1.00 differ, as they do to equals().
    sign, digits, exponent = unboxed_value(value).as_tuple()
    unscaled = int("".join(map(str, digits)))
    words = [unscaled >> 32 * at for at in reversed(range(-(-unscaled.bit_length() // 32)))]
    code = 0
    for word in words:
        code = 31 * code + (word & 0xFFFFFFFF)
    return wrap_int(31 * wrap_int(-code if sign else code) - exponent)


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
