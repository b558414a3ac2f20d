"""Column forms of DateParser and DateFormatter.

Texts that all have the very layout of a pattern of numbers in UTC are read digit by digit, a column
of digits at a time; all others once for each distinct value, by the function that rows go through.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import text_bytes
from cascade2spark.batch.kernels.conversion import by_value, converted, texts_of, trusted
from cascade2spark.batch.kernels.results import FunctionKernel, Results
from cascade2spark.batch.specs import EachSpec
from cascade2spark.date_patterns import DatePattern
from cascade2spark.java_zones import as_zone
from cascade2spark.operations.arguments import type_at
from cascade2spark.operations.date_operations import DateFormatter, DateParser
from cascade2spark.types import long_

__all__ = ["date_formatter", "date_parser"]

# Letters that stand for a number, with the width at which it fills its place.
_WIDTHS = {"y": 4, "M": 2, "d": 2, "H": 2, "m": 2, "s": 2, "S": 3}
_UNITS = {"H": 3_600_000, "m": 60_000, "s": 1000, "S": 1}
_DAY_MS = 86_400_000
# Before 1583 Java's calendar is the Julian one; from 10000 on a year has five digits.
_FIRST_YEAR, _FIRST_MS, _END_MS = 1583, -12_212_553_600_000, 253_402_300_800_000


@attrs.frozen
class _Layout:
    """A pattern of numbers of fixed widths.

    Args:
        pattern: the pattern.
        places: first place and letter of each number.
        signs: (place, sign) of what stands between them.
        width: length of every text.
    """

    pattern: DatePattern
    places: tuple[tuple[int, str], ...]
    signs: tuple[tuple[int, int], ...]
    width: int

    @classmethod
    def of(cls, pattern: DatePattern) -> _Layout | None:
        """Return the layout of a pattern, None where it has none."""
        places: list[tuple[int, str]] = []
        signs: list[tuple[int, int]] = []
        at = 0
        for item in pattern.items:
            if isinstance(item, str):
                if not item.isascii() or any(sign.isdigit() for sign in item):
                    return None
                signs += [(at + place, ord(sign)) for place, sign in enumerate(item)]
                at += len(item)
                continue
            letter, width = item
            if _WIDTHS.get(letter) != width or letter in [known for _, known in places]:
                return None
            places.append((at, letter))
            at += width
        if not places or as_zone(pattern.zone) is not UTC:
            return None
        return cls(pattern, tuple(places), tuple(signs), at)

    def parsed(self, texts: pa.Array) -> pa.Array | None:
        """Return the moments of texts, None unless all of them have this layout."""
        whole = pc.fill_null(texts, self.pattern.format(0)) if texts.null_count else texts
        sizes = pc.min_max(pc.binary_length(whole)).as_py()
        if sizes["min"] != self.width or sizes["max"] != self.width:
            return None
        grid = np.frombuffer(text_bytes(whole), np.uint8).reshape(len(whole), self.width)
        if not all((grid[:, at] == sign).all() for at, sign in self.signs):
            return None
        numbers = {}
        for at, letter in self.places:
            digits = grid[:, at : at + _WIDTHS[letter]] - ord("0")
            if digits.max() > 9:  # what is below a zero went round
                return None
            powers = 10 ** np.arange(_WIDTHS[letter])[::-1]
            numbers[letter] = digits.astype(np.int64) @ powers
        millis = _moments(numbers)
        if millis is None:
            return None
        absent = texts.is_null().to_numpy(zero_copy_only=False) if texts.null_count else None
        return pa.array(millis, mask=absent)

    def written(self, moments: pa.Array) -> pa.Array | None:
        """Return the texts of moments, None unless all of them have years of four digits."""
        millis = moments.to_numpy()
        if not len(millis) or millis.min() < _FIRST_MS or millis.max() >= _END_MS:
            return None
        days = np.floor_divide(millis, _DAY_MS)
        of_day, dates = millis - days * _DAY_MS, days.astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        numbers = {
            "y": months.astype("datetime64[Y]").astype(np.int64) + 1970,
            "M": months.astype(np.int64) % 12 + 1,
            "d": (dates - months.astype("datetime64[D]")).astype(np.int64) + 1,
            "H": of_day // 3_600_000,
            "m": of_day // 60_000 % 60,
            "s": of_day // 1000 % 60,
            "S": of_day % 1000,
        }
        grid = np.empty((len(millis), self.width), np.uint8)
        for at, sign in self.signs:
            grid[:, at] = sign
        for at, letter in self.places:
            rest = numbers[letter]
            for place in range(at + _WIDTHS[letter] - 1, at - 1, -1):
                grid[:, place] = rest % 10 + ord("0")
                rest = rest // 10
        ends = np.arange(0, grid.size + 1, self.width, dtype=np.int32)
        return pa.StringArray.from_buffers(len(millis), pa.py_buffer(ends), pa.py_buffer(grid))


def date_parser(operation: DateParser, spec: EachSpec) -> FunctionKernel | None:
    """Return the moment of each text, or parts of it."""
    kind = type_at(spec.argument_fields, 0)
    if len(spec.argument_fields) != 1 or not trusted(kind):
        return None
    read = operation.bind(spec.argument_fields, spec.declared)
    parts = len(operation.calendar_fields)
    layout = None if parts else _Layout.of(operation.pattern)

    def parsed(arguments: list[pa.Array], rows: int) -> Results:
        texts = texts_of(arguments[0], kind)
        if parts:
            lists = _by_distinct(read, pa.list_(pa.int64(), parts), texts)
            return Results([pc.list_element(lists, at) for at in range(parts)])
        made = None if layout is None or not rows else layout.parsed(texts)
        return Results([_by_distinct(read, pa.int64(), texts) if made is None else made])

    return parsed


def date_formatter(operation: DateFormatter, spec: EachSpec) -> FunctionKernel | None:
    """Return the text of each moment."""
    kind = type_at(spec.argument_fields, 0)
    if len(spec.argument_fields) != 1 or not trusted(kind):
        return None
    write, layout = operation.pattern.format, _Layout.of(operation.pattern)

    def written(arguments: list[pa.Array], rows: int) -> Results:
        moments = converted(arguments[0], long_, kind).cast(pa.int64())
        made = None if layout is None else layout.written(moments)
        return Results([_by_distinct(write, pa.string(), moments) if made is None else made])

    return written


def _moments(numbers: dict[str, Any]) -> Any | None:
    """Return epoch milliseconds; None for what Java's calendar rolls over by months, or Julian."""
    years, months = numbers.get("y"), numbers.get("M")
    if years is not None and years.min() < _FIRST_YEAR:
        return None
    if months is not None and not (months.min() >= 1 and months.max() <= 12):
        return None
    first = (0 if years is None else (years - 1970) * 12) + (0 if months is None else months - 1)
    days: Any = np.asarray(first).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    millis = (days + numbers.get("d", 1) - 1) * _DAY_MS
    for letter, unit in _UNITS.items():
        if letter in numbers:
            millis = millis + numbers[letter] * unit
    return millis


def _by_distinct(call: Callable[..., Any], kind: pa.DataType, column: pa.Array) -> pa.Array:
    """Return what a function gives for each value, calling it once for each distinct one."""
    encoded = column.dictionary_encode()
    return by_value(call, kind, encoded.dictionary).take(encoded.indices)
