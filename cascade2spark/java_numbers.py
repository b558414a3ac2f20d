"""How Java writes numbers as text, and which texts it reads as numbers.

The syntax is Java's and not Python's: ``1_0``, ``0x1F`` and ``inf`` are no numbers, ``1d`` is one;
1e10 is written ``1.0E10``. Python's own reader and writer are tried first where they agree.
"""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal
from fractions import Fraction

__all__ = [
    "decimal_text",
    "double_text",
    "float_text",
    "parse_decimal",
    "parse_double",
    "parse_float",
    "parse_whole",
    "to_float32",
]

_BLANKS = "".join(map(chr, range(0x21)))  # what Java's String.trim() removes
_NUMBER = r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_DOUBLE = re.compile(rf"[+-]?{_NUMBER}[fFdD]?", re.ASCII)
_SPECIAL = re.compile(r"[+-]?(NaN|Infinity)")
_HEX = re.compile(r"[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+[fFdD]?")
_DECIMAL = re.compile(rf"[+-]?{_NUMBER}")
_FLOAT32 = struct.Struct("<f")
_HALF_WAY = 1 << 28  # the bits of a double below float32, when it lies between two of them
_LOWER_BITS = (1 << 29) - 1


def parse_whole(text: str) -> int:
    """Return the whole number of `text` in the syntax of Long.parseLong; the width is not checked.

    Raises:
        ValueError: no such number.
    """
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits.isdecimal():
        raise ValueError("not a whole number")
    return int(text)


def parse_double(text: str) -> float:
    """Return the number of `text` in the syntax of Double.parseDouble, outer blanks trimmed.

    Raises:
        ValueError: no such number.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if number - number == 0.0 and "_" not in text and text.isascii():
        return number
    trimmed = text.strip(_BLANKS)
    if _DOUBLE.fullmatch(trimmed):
        return float(trimmed.rstrip("fFdD"))
    if _SPECIAL.fullmatch(trimmed):
        return float(trimmed)
    if _HEX.fullmatch(trimmed):
        return _hex_double(trimmed)
    raise ValueError("not a number")


def parse_float(text: str) -> float:
    """Return `text` as a 32-bit float, rounded once, from the text and not from the double."""
    number = parse_double(text)
    bits = int.from_bytes(struct.pack("<d", number), "little")
    if bits & _LOWER_BITS != _HALF_WAY or math.isinf(number):
        return to_float32(number)
    exact = _exact(text.strip(_BLANKS).rstrip("fFdD"))
    if exact > Fraction(number):
        return to_float32(math.nextafter(number, math.inf))
    if exact < Fraction(number):
        return to_float32(math.nextafter(number, -math.inf))
    return to_float32(number)


def parse_decimal(text: str) -> Decimal:
    """Return the number of `text` in the syntax of Java's BigDecimal, which has no negative zero.

    Raises:
        ValueError: no such number.
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError("not a decimal number")
    number = Decimal(text)
    return number if number else number.copy_abs()


def to_float32(number: float) -> float:
    """Return the 32-bit float nearest to `number`; too large becomes an infinity, as in Java."""
    try:
        return float(_FLOAT32.unpack(_FLOAT32.pack(number))[0])
    except OverflowError:
        return math.copysign(math.inf, number)


def double_text(number: float) -> str:
    """Return Double.toString of `number`, in the fewest digits that read back the same."""
    if 1e-3 <= number < 1e7 or -1e7 < number <= -1e-3 or number == 0.0:
        return repr(number)
    return _special_text(number) or _shaped(_two_digits(repr(number), number))


def float_text(number: float) -> str:
    """Return Float.toString of the 32-bit float nearest to `number`."""
    number = to_float32(number)
    if number == 0.0:
        return repr(number)
    return _special_text(number) or _shaped(_shortest_float32(number))


def decimal_text(number: Decimal) -> str:
    """Return BigDecimal.toString: plain digits, or ``1.2E+3`` by the rules Python shares."""
    if not number:
        number = number.copy_abs()  # Java has no negative zero here
    return str(number)


def _hex_double(text: str) -> float:
    try:
        return float.fromhex(_without_hex_suffix(text))
    except OverflowError:
        return -math.inf if text.startswith("-") else math.inf


def _without_hex_suffix(text: str) -> str:
    return text[:-1] if text[-1] in "fFdD" else text  # after p the exponent is decimal


def _exact(text: str) -> Fraction:
    return Fraction(float.fromhex(text)) if "x" in text or "X" in text else Fraction(text)


def _special_text(number: float) -> str | None:
    if number != number:
        return "NaN"
    if number in (math.inf, -math.inf):
        return "Infinity" if number > 0 else "-Infinity"
    return None


def _two_digits(shortest: str, number: float) -> str:
    """Java takes the nearest of the two-digit texts where one digit would do: 4.9E-324."""
    mantissa = shortest.lstrip("-").partition("e")[0]
    return f"{number:.1e}" if len(mantissa) == 1 else shortest


def _shortest_float32(number: float) -> str:
    for digits in range(1, 8):
        text = f"{number:.{digits}e}"
        if to_float32(float(text)) == number:
            return text
    return f"{number:.8e}"


def _shaped(text: str) -> str:
    """Return Python's digits and exponent in Java's notation for that magnitude."""
    sign, digits, exponent = Decimal(text).as_tuple()
    ones = "".join(map(str, digits))
    point = len(ones) + int(exponent)  # digits before the decimal point
    ones = ones.rstrip("0")
    minus = "-" if sign else ""
    if -3 < point <= 7:
        whole = ones[: max(point, 0)].ljust(point, "0") or "0"
        part = "0" * -point + ones[max(point, 0) :]
        return f"{minus}{whole}.{part or '0'}"
    return f"{minus}{ones[0]}.{ones[1:] or '0'}E{point - 1}"
