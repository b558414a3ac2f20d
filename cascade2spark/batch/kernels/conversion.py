"""Columns of one type as another, value for value what `types.coercion` and `text_of` give.

Arrow's own casts are taken where they are exact; other values go one by one through the functions
that rows go through. What these refuse raises NotColumns: the rows tell which value it is.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns, array_of, text_bytes, values_of
from cascade2spark.types import (
    DateType,
    Double,
    Integer,
    Long,
    Object,
    String,
    Type,
    coercion,
    double_,
    int_,
    long_,
    text_writer,
)

__all__ = ["WHOLE_TYPES", "converted", "is_within_int32", "numbers_of", "texts_of", "trusted"]

WHOLE_TYPES = frozenset({Long, long_, Integer, int_})
_REAL_TYPES = frozenset({Double, double_})
_NARROW = frozenset({Integer, int_})
_INT32 = (-(2**31), 2**31 - 1)


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
    if type(declared) is not DateType:
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
        if pa.types.is_null(kind):
            return column
        return column.cast(pa.string()) if _has_plain_text(kind) else None
    null = 0 if to in (long_, int_) else 0.0
    if to in WHOLE_TYPES and pa.types.is_int64(kind):
        if to in _NARROW and not is_within_int32(column):
            return None
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
    is_plain = write is text_writer()  # the value alone gives its text, whatever the type
    if pa.types.is_string(column.type) and is_plain:
        return column
    if pa.types.is_null(column.type) or (is_plain and _has_plain_text(column.type)):
        return column.cast(pa.string())
    # Java's digits are written in one place only, a value at a time.
    try:
        return pa.array(list(map(write, values_of(column))), pa.string())
    except Exception as refused:  # the rows tell which value it is
        raise NotColumns("values that cannot be written") from refused


def is_within_int32(column: pa.Array) -> bool:
    """Tell whether whole numbers fit 32 bits."""
    ends: Any = pc.min_max(column).as_py()
    return ends["min"] is None or (_INT32[0] <= ends["min"] and ends["max"] <= _INT32[1])


def _has_plain_text(kind: pa.DataType) -> bool:
    """Tell whether Arrow writes values of a type as Java does."""
    return bool(pa.types.is_int64(kind) or pa.types.is_boolean(kind) or pa.types.is_string(kind))


def _without_empty(texts: pa.Array) -> pa.Array:
    """Return texts with null for the empty ones: that is what they are as numbers."""
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
