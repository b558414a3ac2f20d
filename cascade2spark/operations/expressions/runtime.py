"""What compiled expressions call: Java's arithmetic on Python numbers, casts and null checks.

A call costs 50 to 150 ns; the code generator writes the usual cases in line instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NoReturn

from cascade2spark.errors import Cascade2SparkError, OperationError
from cascade2spark.fields import Fields
from cascade2spark.java_numbers import to_float32
from cascade2spark.types import Float, text_of

__all__ = [
    "box_equals",
    "cased",
    "cast_object",
    "compared",
    "cube_root",
    "decimal_equals",
    "decimal_of",
    "divide_real",
    "divide_whole",
    "double_to_whole",
    "failed",
    "floor_div",
    "floor_mod",
    "is_a",
    "is_java_space",
    "is_true",
    "joined",
    "joined_float",
    "natural_log",
    "never_equals",
    "null_failure",
    "number_to_float",
    "numeric_value",
    "object_equals",
    "power",
    "real_extreme",
    "remainder_real",
    "remainder_whole",
    "round_real",
    "rounded_to_real",
    "same_value",
    "sign",
    "square_root",
    "to_power_of_e",
    "unboxed_value",
    "wave",
    "wrap_byte",
    "wrap_int",
    "wrap_long",
    "wrap_short",
]

_ROUNDINGS: dict[str, Callable[[float], int]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "rint": round,
}
_NULL = "null where a value is needed"
_CLASSES: dict[str, type | tuple[type, ...]] = {
    "String": str,
    "Integer": int,
    "Byte": int,
    "Short": int,
    "Long": int,
    "Float": float,
    "Double": float,
    "Boolean": bool,
    "BigDecimal": Decimal,
    "Object": object,
    "Character": str,
}


def failed(
    error: Exception, expression: str, names: tuple[str, ...], row: Any, noun: str = "an expression"
) -> OperationError:
    """Return the error for a row that broke an expression, or a script."""
    if isinstance(error, Cascade2SparkError):
        reason = error.headline
    elif isinstance(error, (TypeError, AttributeError)) and (
        any(value is None for value in row) or "NoneType" in str(error)
    ):
        reason = _NULL
    else:
        reason = f"{type(error).__name__}: {error}"
    return OperationError(
        f"{noun} failed: {reason}",
        row=row,
        fields=Fields(*names),
        details={noun.split()[-1]: expression},
    )


def null_failure() -> NoReturn:
    raise OperationError(_NULL)


def unboxed_value(value: Any) -> Any:
    """Return a value that Java would take out of its box: null fails."""
    if value is None:
        null_failure()
    return value


def wrap_byte(number: int) -> int:
    return ((number + 0x80) & 0xFF) - 0x80


def wrap_short(number: int) -> int:
    return ((number + 0x8000) & 0xFFFF) - 0x8000


def wrap_int(number: int) -> int:
    return ((number + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def wrap_long(number: int) -> int:
    return ((number + 0x8000000000000000) & 0xFFFFFFFFFFFFFFFF) - 0x8000000000000000


def divide_whole(left: int, right: int) -> int:
    """Return the quotient cut towards zero, not yet wrapped."""
    if right == 0:
        raise OperationError("/ by zero")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def remainder_whole(left: int, right: int) -> int:
    """Return the remainder with the sign of `left`."""
    if right == 0:
        raise OperationError("/ by zero")
    remainder = abs(left) % abs(right)
    return remainder if left >= 0 else -remainder


def divide_real(left: float, right: float) -> float:
    try:
        return left / right
    except ZeroDivisionError:
        if left == 0 or left != left:
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder_real(left: float, right: float) -> float:
    try:
        return math.fmod(left, right)
    except ValueError:  # an infinite dividend or a zero divisor
        return math.nan


def double_to_whole(number: float, bits: int) -> int:
    """Java's cast: towards zero, held at the ends, NaN is 0."""
    high = (1 << (bits - 1)) - 1
    if -high - 1 <= number <= high:
        return int(number)
    if number != number:
        return 0
    return high if number > 0 else -high - 1


def number_to_float(number: float) -> float:
    return to_float32(float(number))


def compared(left: Any, right: Any) -> int:
    """Java's compareTo of numbers: NaN is the largest and -0.0 is below 0.0."""
    if left < right:
        return -1
    if left > right:
        return 1
    if isinstance(left, float):
        one, other = _order_of(left), _order_of(float(right))
        return (one > other) - (one < other)
    return 0


def _order_of(number: float) -> tuple[bool, float]:
    return number != number, 0.0 if number != number else math.copysign(1.0, number)


def box_equals(left: Any, right: Any) -> bool:
    """Java's equals of two boxes of one class."""
    if left is None:
        null_failure()
    return right is not None and compared(left, right) == 0


def never_equals(left: Any) -> bool:
    """Java's equals of a box and what is not of its class."""
    if left is None:
        null_failure()
    return False


def decimal_equals(left: Decimal, right: Any) -> bool:
    """BigDecimal.equals, which tells 1.0 from 1.00."""
    return left.compare_total(right) == 0 if isinstance(right, Decimal) else never_equals(left)


def object_equals(left: Any, right: Any) -> bool:
    """Java's equals of what may be anything: no value equals one of another class."""
    if left is None:
        null_failure()
    return same_value(left, right)


def same_value(left: Any, right: Any) -> bool:
    """``==`` between values that may be anything: by value, never across classes."""
    return left is right or (type(left) is type(right) and bool(left == right))


def joined(value: Any) -> str:
    """Return the text that a value adds to a string."""
    text = text_of(value)
    return "null" if text is None else text


def joined_float(value: Any) -> str:
    """Return the text that a 32-bit float adds to a string."""
    text = text_of(value, Float)
    return "null" if text is None else text


def cast_object(value: Any, name: str) -> Any:
    """Return `value` when it is null or of the Java class `name`."""
    if value is not None and not is_a(value, name):
        raise OperationError(f"a value of type {type(value).__name__} cannot be cast to {name}")
    return value


def is_a(value: Any, name: str) -> bool:
    is_number = name in ("Integer", "Long", "Short", "Byte")
    return isinstance(value, _CLASSES[name]) and not (is_number and isinstance(value, bool))


def real_extreme(left: float, right: float, *, is_max: bool) -> float:
    """Math.max and Math.min: NaN wins, -0.0 is below 0.0."""
    if left != left or right != right:
        return math.nan
    is_left = (compared(left, right) > 0) == is_max
    return left if is_left else right


def power(base: float, exponent: float) -> float:
    if exponent != exponent or (base != base and exponent != 0):
        return math.nan
    if abs(base) == 1 and math.isinf(exponent):  # C says 1 here, Java says NaN
        return math.nan
    try:
        return math.pow(base, exponent)
    except OverflowError:
        is_negative = base < 0 and exponent % 2 == 1
        return -math.inf if is_negative else math.inf
    except ValueError:
        if base == 0:  # to a negative power
            is_odd = exponent % 2 == 1
            return math.copysign(math.inf, base) if is_odd else math.inf
        return math.nan


def natural_log(number: float, base: float | None = None) -> float:
    if number > 0:
        return math.log10(number) if base == 10 else math.log(number)
    return -math.inf if number == 0 else math.nan


def square_root(number: float) -> float:
    return math.sqrt(number) if number >= 0 else math.nan


def to_power_of_e(number: float) -> float:
    try:
        return math.exp(number)
    except OverflowError:
        return math.inf


def round_real(number: float, bits: int) -> int:
    """Math.round: to the nearest, halves upwards, held at the ends."""
    if number != number or math.isinf(number) or abs(number) >= 2.0**62:
        return double_to_whole(number, bits)
    below = math.floor(number)
    return double_to_whole(below + (number - below >= 0.5), bits)


def cube_root(number: float) -> float:
    return math.cbrt(number)


def rounded_to_real(number: float, way: str) -> float:
    """Math.floor, ceil and rint: the result is a double and keeps its sign."""
    if number != number or math.isinf(number) or abs(number) >= 2.0**52:
        return float(number)
    return math.copysign(_ROUNDINGS[way](number), number)


def wave(name: str, number: float) -> float:
    """A trigonometric function; NaN where Python raises."""
    try:
        result: float = getattr(math, name)(number)
    except ValueError:
        return math.nan
    return result


def floor_div(left: int, right: int) -> int:
    if right == 0:
        raise OperationError("/ by zero")
    return left // right


def floor_mod(left: int, right: int) -> int:
    if right == 0:
        raise OperationError("/ by zero")
    return left % right


def decimal_of(number: float) -> Decimal:
    """BigDecimal.valueOf, which goes by the text of a double."""
    return Decimal(number) if isinstance(number, int) else Decimal(repr(number))


def is_true(text: str | None) -> bool:
    return text is not None and text.lower() == "true"


def is_java_space(character: str) -> bool:
    """Character.isWhitespace: no-break spaces are none."""
    is_control = "\t" <= character <= "\r" or "\x1c" <= character <= "\x1f"
    return is_control or (character.isspace() and character not in "\x85\xa0\u2007\u202f")


def cased(character: str, *, is_upper: bool) -> str:
    """Character.toUpperCase and toLowerCase, which never make two characters of one."""
    changed = character.upper() if is_upper else character.lower()
    return changed if len(changed) == 1 else character


def numeric_value(character: str) -> int:
    """Character.getNumericValue of digits and Latin letters; -1 for others."""
    if character.isdecimal():
        return int(character)
    is_latin = character.isascii() and character.isalpha()
    return ord(character.lower()) - ord("a") + 10 if is_latin else -1


def sign(number: float) -> float:
    return number if number == 0 or number != number else math.copysign(1.0, number)
