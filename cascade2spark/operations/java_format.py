"""Java's ``String.format``: a format text compiled once, applied to the values of each row."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import attrs

from cascade2spark.errors import BuildError, OperationError, shown_value
from cascade2spark.operations.source_marks import marked
from cascade2spark.types import text_of

__all__ = ["compile_format", "format_java", "sample_values"]

_ITEM = re.compile(r"%(?:(\d+)\$|(<))?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")
_ACCEPTED = "bBsScCdoxXeEfn%"
_FLAGS = {"s": "-", "b": "-", "c": "-", "d": "-+ 0,(", "x": "-#0", "o": "-#0", "f": "-+ 0,(#"}
_FLAGS |= {"e": "-+ 0(#", "n": "", "%": "-"}
_DIGITS = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX, rounding=ROUND_HALF_UP)
_BITS = 64
_SAMPLES = {**dict.fromkeys("sbc", "x"), **dict.fromkeys("dxo", 1), **dict.fromkeys("fe", 1.0)}


@attrs.frozen
class _Item:
    """One ``%…`` of a format; `place` is the position of its value, None where it takes none."""

    place: int | None
    flags: str
    width: int
    precision: int | None
    letter: str

    def written(self, values: Sequence[Any]) -> str:
        if self.place is None:
            return self._padded("\n" if self.letter == "n" else "%")
        if self.place >= len(values):
            raise OperationError(f"the format has no value for its item {self.place + 1}")
        value = values[self.place]
        text = _WRITERS[self.letter.lower()](self, value)
        return self._padded(text.upper() if self.letter.isupper() else text)

    def _padded(self, text: str) -> str:
        if "-" in self.flags:
            return text.ljust(self.width)
        return text.rjust(self.width)

    def refusal(self, value: Any) -> OperationError:
        what = f"%{self.letter} cannot write a value of type {type(value).__name__}"
        return OperationError(f"{what}: {shown_value(value)}")


@functools.lru_cache(maxsize=256)
def compile_format(text: str) -> Callable[[Sequence[Any]], str]:
    """Return the function that writes values by a Java format.

    Known are ``%s %b %c %d %x %o %f %e %n %%`` with flags, width, precision, ``%2$s`` and ``%<s``.

    Raises:
        BuildError: a malformed format, or one with ``%t``, ``%g``, ``%a``, ``%h``.
    """
    pieces = _items(text)

    def write(values: Sequence[Any]) -> str:
        return "".join([p if isinstance(p, str) else p.written(values) for p in pieces])

    return write


def _items(text: str) -> list[str | _Item]:
    """Return the items of a format and the texts between them."""
    pieces: list[str | _Item] = []
    at = 0
    ordinary = 0
    last = -1
    while (start := text.find("%", at)) >= 0:
        found = _ITEM.match(text, start)
        if found is None:
            raise _problem("an item that is not complete", text, start, start + 1)
        number, again, flags, width, precision, letter = found.groups()
        if letter not in _ACCEPTED:
            raise _problem(f"%{letter} is not supported", text, start, found.end())
        if wrong := _wrong_item(letter.lower(), flags, width, precision):
            raise _problem(f"%{letter} {wrong}", text, start, found.end())
        place: int | None = None
        if letter not in "n%":
            if again:
                place = last
            elif number:
                place = int(number) - 1
            else:
                place, ordinary = ordinary, ordinary + 1
            if place < 0:
                raise _problem("'%<' with nothing before it", text, start, found.end())
            last = place
        digits = None if precision is None else int(precision)
        pieces += [text[at:start], _Item(place, flags, int(width or 0), digits, letter)]
        at = found.end()
    pieces.append(text[at:])
    return pieces


def sample_values(text: str) -> list[Any]:
    """Return values that a Java format can write, as many as it asks for."""
    values: dict[int, Any] = {}
    for item in _items(text):
        if isinstance(item, _Item) and item.place is not None:
            sample = _SAMPLES[item.letter.lower()]
            # Everything can be written as text: another item of the value decides.
            if values.get(item.place, "x") == "x":
                values[item.place] = sample
    return [values.get(place, "x") for place in range(max(values, default=-1) + 1)]


def format_java(text: str, *values: Any) -> str:
    """Return ``String.format(text, values…)``; see `compile_format`."""
    return compile_format(text)(values)


def _wrong_item(letter: str, flags: str, width: str | None, precision: str | None) -> str | None:
    """Return what Java has against an item, None when nothing."""
    if wrong := set(flags) - set(_FLAGS[letter]):
        return f"does not take the flag {min(wrong)!r}"
    if set(flags) & set("-0") and not width:
        return "needs a width for its flag"
    if {"-", "0"} <= set(flags) or {"+", " "} <= set(flags):
        return f"has flags that exclude each other: {flags!r}"
    if precision is not None and letter in "cdxon%":
        return "takes no precision"
    return "takes no width" if width and letter == "n" else None


def _problem(what: str, text: str, start: int, end: int) -> BuildError:
    return BuildError(f"not a format: {what}", details={"format": marked(text, start, end)})


def _write_text(item: _Item, value: Any) -> str:
    text = text_of(value)
    return ("null" if text is None else text)[: item.precision]


def _write_boolean(item: _Item, value: Any) -> str:
    is_true = value if isinstance(value, bool) else value is not None
    return ("true" if is_true else "false")[: item.precision]


def _write_character(item: _Item, value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str) and len(value) == 1:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0x10FFFF:
        return chr(value)
    raise item.refusal(value)


def _write_whole(item: _Item, value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool) or not isinstance(value, int):
        raise item.refusal(value)
    return _signed(item, value < 0, _grouped(item, str(abs(value))))


def _write_based(item: _Item, value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool) or not isinstance(value, int):
        raise item.refusal(value)
    base = item.letter.lower()
    digits = format(value % (1 << _BITS), base)
    prefix = {"x": "0x", "o": "0"}[base] if "#" in item.flags else ""
    fill = item.width - len(prefix) if "0" in item.flags else 0
    return prefix + digits.rjust(fill, "0")


def _write_fixed(item: _Item, value: Any) -> str:
    number = _decimal_of(item, value)
    if isinstance(number, str):
        return number
    places = 6 if item.precision is None else item.precision
    rounded = abs(number).quantize(Decimal(1).scaleb(-places), context=_DIGITS)
    whole, _, fraction = format(rounded, "f").partition(".")
    text = _grouped(item, whole) + (f".{fraction}" if fraction else "")
    return _signed(item, number.is_signed(), text)


def _write_scientific(item: _Item, value: Any) -> str:
    number = _decimal_of(item, value)
    if isinstance(number, str):
        return number
    places = 6 if item.precision is None else item.precision
    rounder = Context(prec=places + 1, Emin=MIN_EMIN, Emax=MAX_EMAX, rounding=ROUND_HALF_UP)
    rounded = rounder.plus(abs(number))
    exponent = rounded.adjusted() if rounded else 0
    digits = "".join(map(str, rounded.as_tuple().digits)).ljust(places + 1, "0")[: places + 1]
    fraction = f".{digits[1:]}" if places else ""
    sign = "-" if exponent < 0 else "+"
    return _signed(item, number.is_signed(), f"{digits[0]}{fraction}e{sign}{abs(exponent):02}")


def _decimal_of(item: _Item, value: Any) -> Decimal | str:
    """The digits to round (Java rounds those it would print), or the text of a special value."""
    if value is None:
        return "null"[: item.precision]
    if isinstance(value, float):
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return _bracketed(item, value < 0, "Infinity")
        return Decimal(repr(value))
    if isinstance(value, Decimal):
        return value
    raise item.refusal(value)


def _grouped(item: _Item, digits: str) -> str:
    return f"{int(digits):,}" if "," in item.flags else digits


def _signed(item: _Item, is_negative: bool, digits: str) -> str:
    if "0" in item.flags:
        taken = len(_bracketed(item, is_negative, ""))
        digits = digits.rjust(item.width - taken, "0")
    return _bracketed(item, is_negative, digits)


def _bracketed(item: _Item, is_negative: bool, digits: str) -> str:
    if is_negative:
        return f"({digits})" if "(" in item.flags else f"-{digits}"
    if "+" in item.flags:
        return f"+{digits}"
    return f" {digits}" if " " in item.flags else digits


_WRITERS: dict[str, Callable[[_Item, Any], str]] = {
    "s": _write_text,
    "b": _write_boolean,
    "c": _write_character,
    "d": _write_whole,
    "x": _write_based,
    "o": _write_based,
    "f": _write_fixed,
    "e": _write_scientific,
}
