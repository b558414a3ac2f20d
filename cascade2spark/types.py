"""The types a field may have, what becomes of a value under each, and the text of a value.

Values in rows are plain Python values. A type says how Java would hold the value: boxed types may
be null, for primitives null becomes 0, False or NUL; 32-bit and 16-bit types wrap around. Python's
``int float bool str Decimal object`` stand for Long, Double, Boolean, String, BigDecimal, Object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cascade2spark.coercions import Convert
from cascade2spark.date_type import DateType
from cascade2spark.json_type import JSONCoercibleType
from cascade2spark.name_hints import unknown_name as _unknown_name
from cascade2spark.stock_types import (
    BigDecimal,
    Boolean,
    CoercibleType,
    Double,
    Float,
    Integer,
    Long,
    Object,
    Short,
    StockType,
    String,
    Type,
    as_type,
    boolean_,
    char_,
    conversion,
    double_,
    float_,
    int_,
    long_,
    short_,
    unchanged,
)
from cascade2spark.value_text import float32_text, plain_text

__all__ = [
    "BigDecimal",
    "Boolean",
    "CoercibleType",
    "DateType",
    "Double",
    "Float",
    "Integer",
    "JSONCoercibleType",
    "Long",
    "Object",
    "Short",
    "String",
    "Type",
    "as_type",
    "boolean_",
    "char_",
    "coerce",
    "coercion",
    "double_",
    "float_",
    "int_",
    "long_",
    "same_canonical",
    "short_",
    "text_of",
    "text_writer",
]


def same_canonical(left: Any, right: Any) -> bool:
    """Tell whether two types may meet as keys: a primitive is its box, a date type is a Long.

    None, the type of an untyped field, meets every type.
    """
    if left is None or right is None:
        return True
    one, other = as_type(left), as_type(right)
    return one == other or one.canonical_type is other.canonical_type


def coerce(value: Any, to: Any, declared: Any = None) -> Any:
    """Return `value` as the type `to`; see `coercion`."""
    return coercion(to, declared)(value)


def coercion(to: Any, declared: Any = None) -> Convert:
    """Return the function that makes a value one of type `to`; build it once, call it per value.

    Args:
        to: the type asked for, or None for no change.
        declared: type of the field that the value is taken from; None goes by the value itself.
    Raises:
        CoercionError: (the function) the value cannot become one, with value and type.
    """
    if to is None:
        return unchanged
    target, source = as_type(to), None if declared is None else as_type(declared)
    if isinstance(source, JSONCoercibleType) and isinstance(target, StockType):
        return source.writer(target)
    if source is not None and not isinstance(source, StockType):
        if source == target:
            return source.own if isinstance(source, CoercibleType) else source.canonical
        if isinstance(target, StockType):
            return lambda value: source.coerce(value, target)
        return lambda value: target.canonical(source.coerce(value, source.canonical_type))
    return conversion(target, source)


def text_of(value: Any, type: Any = None) -> str | None:
    """Return the text of a value as Java prints it; None for None, the caller says how null looks.

    Numbers have Java's digits (``1.0E10``), booleans are ``true`` and ``false``, bytes are pairs of
    hexadecimal digits as Hadoop's BytesWritable prints them, dates and times are ISO 8601, a nested
    tuple is joined with tabs.

    Args:
        value: any value of a row.
        type: type of its field: Float prints the digits of 32 bits, DateType by its pattern.
    """
    return text_writer(type)(value)


def text_writer(type: Any = None) -> Callable[[Any], str | None]:
    """Return the function that gives the text of a value of this type; see `text_of`."""
    kind = Object if type is None else as_type(type)
    if isinstance(kind, StockType):
        return float32_text if kind in (Float, float_) else plain_text
    return lambda value: None if value is None else kind.coerce(value, String)


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        raise _unknown_name(__name__, name)
