"""The text of a value as Java prints it, decided here alone, for rows and for columns alike.

``types.text_of`` and ``types.text_writer`` are the public doors; they know the types as well.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from cascade2spark.errors import TupleError
from cascade2spark.java_numbers import decimal_text, double_text, float_text

__all__ = ["float32_text", "plain_text", "size_text"]


def plain_text(value: Any) -> str | None:
    """Return the text of a value of any type but Float and the coercible ones; None for None."""
    writer = _WRITERS.get(value.__class__)
    return writer(value) if writer is not None else _other_text(value)


def size_text(size_bytes: int) -> str:
    """Return a number of bytes as people read it."""
    if size_bytes >= 1 << 20:
        return f"{size_bytes / (1 << 20):,.1f} MiB"
    return f"{size_bytes / 1024:.1f} KiB"


def float32_text(value: Any) -> str | None:
    """Return the text of a value of type Float: a float prints the digits of 32 bits."""
    return float_text(value) if value.__class__ is float else plain_text(value)


def _shown(value: Any) -> str:
    text = plain_text(value)
    return "null" if text is None else text


def _other_text(value: Any) -> str:
    for kind, writer in _WRITERS.items():
        if isinstance(value, kind):
            return str(writer(value))
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return double_text(float(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_shown(key)}={_shown(value[key])}" for key in value) + "}"
    if isinstance(value, Iterator):  # its text would be an address, and its values lost
        raise TupleError(
            "an iterator is no value that can be written",
            asked=type(value).__name__,
            fix="return a list of the values, or declare many=True for a row of each",
        )
    return str(value)


# bool stands before int, and datetime before date: subclasses are looked up in this order.
_WRITERS: dict[type, Callable[[Any], str | None]] = {
    str: str.__str__,
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
    float: double_text,
    type(None): lambda value: None,
    Decimal: decimal_text,
    bytes: lambda value: value.hex(" "),
    bytearray: lambda value: value.hex(" "),
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    tuple: lambda value: "\t".join(map(_shown, value)),
    list: lambda value: "[" + ", ".join(map(_shown, value)) + "]",
}
