"""What becomes of a value that is to be a number, truth, character or decimal of Java's.

The functions here are those of the stock types; `types` says which type has which.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NoReturn

from cascade2spark.errors import CoercionError, shown_value
from cascade2spark.java_numbers import (
    parse_decimal,
    parse_double,
    parse_float,
    parse_whole,
    to_float32,
)
from cascade2spark.value_text import plain_text

__all__ = ["Convert", "refusal", "to_char", "to_decimal", "to_real", "to_truth", "to_whole"]

Convert = Callable[[Any], Any]


def refusal(value: Any, label: str, declared: str | None = None) -> CoercionError:
    """Return the error for a value that cannot become one of a type.

    Args:
        label: what messages call the type.
        declared: what they call the type that the value has.
    """
    kind = "null" if value is None else f"{type(value).__name__} {shown_value(value)}"
    declared_part = f" of type {declared}" if declared else ""
    return CoercionError(
        f"{kind}{declared_part} cannot become {label}",
        details={"value": shown_value(value), "type": label},
    )


def to_whole(label: str, bits: int, null: int | None) -> Convert:
    """Return the function to whole numbers of so many bits, which wrap around.

    Args:
        label: what messages call the type.
        bits: of the type.
        null: what null becomes.
    """
    high = (1 << (bits - 1)) - 1
    low = -high - 1

    def wrap(number: int) -> int:
        return ((number - low) & ((1 << bits) - 1)) + low

    def convert(value: Any) -> Any:
        kind = value.__class__
        if kind is int:
            return value if low <= value <= high else wrap(value)
        if kind is str and value.isdecimal() and len(value) < 19:
            number = int(value)
            return number if number <= high else refuse(value)
        if value is None:
            return null
        return convert_slowly(value)

    def convert_slowly(value: Any) -> Any:
        if isinstance(value, str):
            if value == "":
                return null
            try:
                number = parse_whole(value)
            except ValueError:
                refuse(value)
            return number if low <= number <= high else refuse(value)
        if isinstance(value, numbers.Integral):
            return wrap(int(value))
        if isinstance(value, Decimal):
            return wrap(int(value)) if value.is_finite() else refuse(value)
        if isinstance(value, numbers.Real):
            return wrap(_cut(float(value), max(bits, 32)))
        refuse(value)

    def refuse(value: Any) -> NoReturn:
        raise refusal(value, label)

    return convert


def _cut(number: float, bits: int) -> int:
    """Java's cast of a double to int or long: towards zero, held at the ends, NaN is 0."""
    if number != number:
        return 0
    high = (1 << (bits - 1)) - 1
    if abs(number) >= high:
        return high if number > 0 else -high - 1
    return int(number)


def to_real(label: str, bits: int, null: float | None) -> Convert:
    """Return the function to floats of 32 or 64 bits; the arguments are as for `to_whole`."""
    is_narrow = bits == 32
    parse = parse_float if is_narrow else parse_double

    def convert(value: Any) -> Any:
        kind = value.__class__
        if kind is float:
            return to_float32(value) if is_narrow else value
        if value is None or value == "":
            return null
        if isinstance(value, str):
            try:
                return parse(value)
            except ValueError:
                raise refusal(value, label) from None
        if isinstance(value, (numbers.Real, Decimal)):
            number = _double(value)
            return to_float32(number) if is_narrow else number
        raise refusal(value, label)

    return convert


def _double(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond the doubles
        return math.inf if value > 0 else -math.inf


def to_truth(null: bool | None) -> Convert:
    """Return the function to booleans: the text ``true`` in any case is true, all else is not."""

    def convert(value: Any) -> Any:
        if value is True or value is False:
            return value
        if value is None or value == "":
            return null
        return isinstance(value, str) and value.lower() == "true"

    return convert


def to_char(label: str) -> Convert:
    """Return the function to one character: the first of the text, NUL for null."""

    def convert(value: Any) -> str:
        text = plain_text(value)
        if text is None:
            return "\0"
        if not text:
            raise refusal(value, label)
        return text[0]

    return convert


def to_decimal(label: str) -> Convert:
    """Return the function to exact decimals; blank text is null."""

    def convert(value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        if isinstance(value, Decimal):
            return value
        is_readable = isinstance(value, (str, numbers.Real)) and not isinstance(value, bool)
        try:
            if is_readable:
                return parse_decimal(plain_text(value) or "")
        except ValueError:
            pass  # the refusal below says more
        raise refusal(value, label)

    return convert
