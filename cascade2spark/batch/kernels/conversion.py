"""Columns of one type as another, value for value what `types.coercion` and `text_of` give.

Arrow's own casts are taken where they are exact; other values go one by one through the functions
that rows go through. What these refuse raises NotColumns: the rows tell which value it is.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import (
    NotColumns,
    TooLarge,
    array_as,
    array_of,
    text_bytes,
    values_of,
)
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.types import (
    Boolean,
    DateType,
    Double,
    Float,
    Integer,
    Long,
    Object,
    String,
    Type,
    boolean_,
    coercion,
    double_,
    float_,
    int_,
    long_,
    text_writer,
)

__all__ = [
    "WHOLE_TYPES",
    "by_value",
    "converted",
    "cut_to_whole",
    "is_ascii",
    "is_within_int32",
    "numbers_of",
    "repeats",
    "texts_of",
    "trusted",
    "wrapped_int32",
]

WHOLE_TYPES = frozenset({Long, long_, Integer, int_})
_REAL_TYPES = frozenset({Double, double_})
_NARROW = frozenset({Integer, int_})
_FLOATS = (Float, float_)  # their texts have the digits of 32 bits
_SAMPLED_ROWS = 512
_REPEATS = 4
_INT32 = (-(2**31), 2**31 - 1)
# Doubles of this size Java writes without an exponent, and Arrow with the same digits.
_PLAIN_REALS = (1e-3, 1e7)


def trusted(kind: Type | None) -> bool:
    """Tell whether a type is none of the user's own, whose methods may do anything."""
    return kind is None or type(kind) in (type(Long), DateType)


def converted(column: pa.Array, to: Type | None, declared: Type | None = None) -> pa.Array:
    """Return a column as a type.

    Args:
        to: the type asked for; None changes nothing.
        declared: type of the field that the column is taken from.
    Raises:
        NotColumns: a value cannot become one, or the results have no column form.
    """
    if to is None:
        return column
    if type(declared) is not DateType and not (to is String and declared in _FLOATS):
        made = _cast(column, to)
        if made is not None:
            return made
    convert = coercion(to, declared)
    try:
        values = list(map(convert, values_of(column)))
    except Exception as refused:
        raise NotColumns("values that cannot be converted") from refused
    return array_of(values)


def _cast(column: pa.Array, to: Type) -> pa.Array | None:
    """Return the cast that Arrow does exactly; None leaves it to the values."""
    kind = column.type
    if to is Object:
        return column
    if to is String:
        return column if pa.types.is_null(kind) else _plain_texts(column)
    if to in (Boolean, boolean_):
        if not pa.types.is_boolean(kind):
            return None
        return pc.fill_null(column, False) if to.is_primitive and column.null_count else column
    null = 0 if to in (long_, int_) else 0.0
    if to in WHOLE_TYPES and pa.types.is_int64(kind):
        if to in _NARROW and not is_within_int32(column):
            column = wrapped_int32(column)
    elif to in WHOLE_TYPES and pa.types.is_float64(kind):
        column = _cut_reals(column, 32 if to in _NARROW else 64)
    elif to in _REAL_TYPES and (pa.types.is_int64(kind) or pa.types.is_float64(kind)):
        column = column.cast(pa.float64(), safe=False)
    elif to in WHOLE_TYPES | _REAL_TYPES and pa.types.is_string(kind):
        try:
            return numbers_of(_without_empty(column), to)
        except NotColumns:
            return None
    else:
        return None
    return pc.fill_null(column, null) if to.is_primitive and column.null_count else column


def numbers_of(column: pa.Array, kind: Type) -> pa.Array:
    """Return a column of texts, none of them empty, as numbers.

    Raises:
        NotColumns: a text is no number, or one in a spelling that Arrow may read otherwise.
    """
    is_whole = kind in WHOLE_TYPES
    try:
        numbers = column.cast(pa.int64() if is_whole else pa.float64())
    except pa.ArrowInvalid as refused:
        raise NotColumns("numbers in another spelling") from refused
    # Arrow reads 0x1F as 31, and nan and inf in any case; Java reads neither.
    odd = (b"x", b"X") if is_whole else (b"n", b"N")
    data = text_bytes(column) if len(column) else b""
    if any(sign in data for sign in odd):
        raise NotColumns("numbers in another spelling")
    if kind in _NARROW and not is_within_int32(numbers):
        raise NotColumns("whole numbers beyond 32 bits")
    return pc.fill_null(numbers, 0) if kind.is_primitive and numbers.null_count else numbers


def texts_of(column: pa.Array, kind: Type | None) -> pa.Array:
    """Return the texts of a column's values; null stays null.

    Args:
        kind: type of its field.
    Raises:
        NotColumns: a value has no text.
    """
    write = text_writer(kind)
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    if write is text_writer():  # the value alone gives its text, whatever the type
        texts = _plain_texts(column)
        if texts is not None:
            return texts
    return by_value(write, pa.string(), column)


def by_value(call: Callable[..., Any], kind: pa.DataType, *columns: pa.Array) -> pa.Array:
    """Return what the row form's own function gives for each row, for what Arrow has no exact form.

    Where texts repeat it is called once for each different one: a search by a regular expression
    then costs 20 to 50 ns a row instead of 400.

    Raises:
        NotColumns: it fails; the rows tell which value it is.
    """
    try:
        if len(columns) == 1 and repeats(columns[0]):
            encoded = columns[0].dictionary_encode("encode")
            return by_value(call, kind, encoded.dictionary).take(encoded.indices)
        return array_as(list(map(call, *map(values_of, columns))), kind)
    except TooLarge:
        raise
    except Exception as refused:
        raise NotColumns("values that an operation refuses") from refused


def repeats(column: pa.Array, times: int = _REPEATS) -> bool:
    """Tell, judged by some rows, whether the texts of a column come so many times each."""
    rows = len(column)
    if not pa.types.is_string(column.type) or rows < _SAMPLED_ROWS:
        return False
    # Drawn at random: texts in turn would all be different in a row, or at even distances.
    some = column.take(place_array(_draws() * rows))
    most = rows / times
    # So many different ones are to be expected in a draw out of that many.
    return bool(len(some.unique()) <= most * -math.expm1(-len(some) / most))


@lru_cache(maxsize=1)
def _draws() -> Any:
    # Not numpy's, which are loaded when they are first asked for: 17 ms.
    draw = random.Random(7).random
    return np.array([draw() for _ in range(_SAMPLED_ROWS)])


def is_within_int32(column: pa.Array) -> bool:
    """Tell whether whole numbers fit 32 bits."""
    ends: Any = pc.min_max(column).as_py()
    return ends["min"] is None or (_INT32[0] <= ends["min"] and ends["max"] <= _INT32[1])


def wrapped_int32(column: pa.Array) -> pa.Array:
    """Return whole numbers wrapped around as Java's cast to int does."""
    return column.cast(pa.int32(), safe=False).cast(pa.int64())


def cut_to_whole(numbers: Any, bits: int) -> Any:
    """Return doubles as Java casts them: towards zero, held at the ends, NaN is 0.

    Args:
        numbers: a numpy array.
        bits: width of the whole numbers.
    """
    end = 2.0 ** (bits - 1)
    is_high = numbers >= end
    is_inside = ~is_high & (numbers >= -end)  # NaN is nowhere
    whole = np.where(is_inside, numbers, 0.0).astype(np.int64)
    whole[is_high] = 2 ** (bits - 1) - 1
    whole[numbers < -end] = -(2 ** (bits - 1))
    return whole


def is_ascii(texts: pa.Array) -> bool:
    """Tell whether all texts are ASCII."""
    return text_bytes(texts).isascii() if len(texts) else True


def _cut_reals(column: pa.Array, bits: int) -> pa.Array:
    whole = cut_to_whole(pc.fill_null(column, 0.0).to_numpy(), bits)
    absent = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
    return pa.array(whole, mask=absent)


def _plain_texts(column: pa.Array) -> pa.Array | None:
    """Return the texts of values that Arrow writes as Java does, None for other types."""
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_int64(kind) or pa.types.is_boolean(kind):
        return column.cast(pa.string())
    return _real_texts(column) if pa.types.is_float64(kind) else None


def _real_texts(column: pa.Array) -> pa.Array | None:
    """Return doubles in Java's digits, None where one of them has an exponent or is no number."""
    numbers = pc.fill_null(column, 0.0).to_numpy()
    size = np.abs(numbers)
    if not (((size >= _PLAIN_REALS[0]) & (size < _PLAIN_REALS[1])) | (size == 0)).all():
        return None
    texts = column.cast(pa.string())
    is_whole = numbers == np.trunc(numbers)
    if not is_whole.any():
        return texts
    # Arrow leaves out the ".0".
    return pc.if_else(pa.array(is_whole), pc.binary_join_element_wise(texts, "0", "."), texts)


def _without_empty(texts: pa.Array) -> pa.Array:
    """Return texts with null for the empty ones: that is what they are as numbers."""
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
