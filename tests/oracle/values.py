"""Values and constructor arguments as JSON, the form that `src/.../Values.java` reads and writes.

Null, boolean, text and Long are JSON's own; every other class is an object of one member whose name
tells the class. Python's int stands for a Long, unless the type of its field says otherwise.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from cascade2spark.types import Type

__all__ = ["NotExportable", "decode_row", "decode_value", "encode_row", "encode_value"]

INTEGERS = {"Integer": "int", "int_": "int", "Short": "short", "short_": "short"}
BITS = {"int": 32, "short": 16}


class NotExportable(Exception):
    """A part of a case that only Python has; the message is the reason."""


def encode_value(value: Any, type_: Type | None = None) -> Any:
    """Return a value of a row as JSON."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if type(value) is int:
        tag = INTEGERS.get(type_.name) if type_ is not None else None
        bits = BITS.get(tag or "", 64)
        if not -(1 << bits - 1) <= value < 1 << bits - 1:
            raise NotExportable(f"a whole number of more than {bits} bits")
        return value if tag is None else {tag: value}
    if type(value) is float:
        is_float = type_ is not None and type_.name in ("Float", "float_")
        return {"float" if is_float else "double": _double_text(value)}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, (dict, list)):
        return {"json": value}
    if isinstance(value, tuple):
        return {"tuple": [encode_value(one) for one in value]}
    raise NotExportable(f"a value of class {type(value).__name__}")


def encode_row(row: Sequence[Any], types: Sequence[Type] | None = None) -> list[Any]:
    """Return a row as JSON; the types of its fields choose among Java's classes."""
    if types is None or len(types) != len(row):
        return [encode_value(value) for value in row]
    return [encode_value(value, type_) for value, type_ in zip(row, types, strict=True)]


def decode_value(held: Any) -> Any:
    """Return what Python has for one of Java's values; Long and Integer are both int."""
    if not isinstance(held, dict):
        return held
    ((tag, inner),) = held.items()
    if tag in ("int", "short", "char"):
        return inner
    if tag == "double":
        return float(inner)
    if tag == "float":
        # The shortest text of 32 bits, so the real number that these 32 bits are.
        return struct.unpack("f", struct.pack("f", float(inner)))[0]
    if tag == "decimal":
        return Decimal(inner)
    if tag == "bytes":
        return bytes.fromhex(inner)
    if tag == "json":
        return inner
    if tag == "tuple":
        return decode_row(inner)
    return held  # a class of Java's that Python does not have: equal to nothing expected


def decode_row(held: Sequence[Any]) -> tuple[Any, ...]:
    """Return a row of Java's values."""
    return tuple(decode_value(one) for one in held)


def _double_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)
