"""Java's types, the base of all types, and what becomes of a value under each.

There is one instance of each in a process: ``int float bool str Decimal object`` stand for Long,
Double, Boolean, String, BigDecimal, Object. Who writes jobs finds all types in `types`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any

import attrs

from cascade2spark.coercions import (
    Convert,
    to_char,
    to_decimal,
    to_real,
    to_truth,
    to_whole,
)
from cascade2spark.errors import BuildError, shown_value
from cascade2spark.value_text import float32_text, plain_text

__all__ = [
    "CONVERT",
    "BigDecimal",
    "Boolean",
    "CoercibleType",
    "Double",
    "Float",
    "Integer",
    "Long",
    "Object",
    "Short",
    "StockType",
    "String",
    "Type",
    "as_type",
    "boolean_",
    "char_",
    "conversion",
    "double_",
    "float_",
    "int_",
    "long_",
    "short_",
    "unchanged",
]


class Type(ABC):
    """Base of every type of a field; frozen, hashable, equal after pickling.

    Attributes:
        name: Java's name, ``Long`` or ``int_``.
        is_primitive: null becomes 0, False or NUL.
        python_type: class of the values in a row.
        bits: width of a whole or 32-bit number, else None.
    """

    name: str
    is_primitive: bool = False
    python_type: type = object
    bits: int | None = None

    @property
    def label(self) -> str:
        """How messages and printed Fields name this type."""
        return self.name

    @property
    def canonical_type(self) -> Type:
        """The boxed stock type of the values as they lie in a row."""
        return Object

    def get_canonical_type(self) -> Type:
        return self.canonical_type

    @abstractmethod
    def canonical(self, value: Any) -> Any:
        """Return `value` as it lies in a row under this type.

        Raises:
            CoercionError: it cannot become one.
        """

    @abstractmethod
    def coerce(self, value: Any, to: Any) -> Any:
        """Return a canonical value of this type as the type `to`.

        Raises:
            CoercionError: it cannot become one.
        """


@attrs.frozen(eq=False, repr=False, slots=False)
class StockType(Type):
    """One of Java's types. There is one instance of each in a process, so `is` may compare."""

    name: str
    python_type: type
    is_primitive: bool = False
    bits: int | None = None

    @property
    def canonical_type(self) -> Type:
        return _BOXES.get(self, self)

    def canonical(self, value: Any) -> Any:
        return CONVERT[self](value)

    def coerce(self, value: Any, to: Any) -> Any:
        return value if to is None else conversion(as_type(to), self)(value)

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[Any, ...]:
        return _stock_type, (self.name,)


class CoercibleType(Type):
    """A type of your own: subclass, and define `canonical` and `coerce`.

    Make it picklable, and equal to its like (an attrs class is both); define `canonical_type` when
    the values in rows are of a stock type, so that keys and columns can be typed by it.
    """

    name = "CoercibleType"

    @property
    def label(self) -> str:
        return type(self).__name__

    def own(self, value: Any) -> Any:
        """Return a value of a field of this type as it lies in a row; by default `canonical`."""
        return self.canonical(value)


Integer = StockType("Integer", int, bits=32)
Long = StockType("Long", int, bits=64)
Short = StockType("Short", int, bits=16)
Float = StockType("Float", float, bits=32)
Double = StockType("Double", float, bits=64)
Boolean = StockType("Boolean", bool)
String = StockType("String", str)
BigDecimal = StockType("BigDecimal", Decimal)
Object = StockType("Object", object)
int_ = StockType("int_", int, is_primitive=True, bits=32)
long_ = StockType("long_", int, is_primitive=True, bits=64)
short_ = StockType("short_", int, is_primitive=True, bits=16)
float_ = StockType("float_", float, is_primitive=True, bits=32)
double_ = StockType("double_", float, is_primitive=True, bits=64)
boolean_ = StockType("boolean_", bool, is_primitive=True)
char_ = StockType("char_", str, is_primitive=True)

_BOXES: dict[Type, Type] = {
    int_: Integer,
    long_: Long,
    short_: Short,
    float_: Float,
    double_: Double,
    boolean_: Boolean,
}
_PYTHON_TYPES: dict[Any, Type] = {
    int: Long,
    float: Double,
    bool: Boolean,
    str: String,
    Decimal: BigDecimal,
    object: Object,
}


def as_type(given: Any) -> Type:
    """Return the type that `given` stands for: a Type, or one of Python's own.

    Raises:
        BuildError: it stands for none.
    """
    if isinstance(given, Type):
        return given
    try:
        return _PYTHON_TYPES[given]
    except (KeyError, TypeError):
        is_class = isinstance(given, type) and issubclass(given, Type)
        fix = "give an instance of it" if is_class else None
        if isinstance(given, str) and given.endswith(".class"):  # as Java writes it
            name = {"Character": "char_"}.get(given[:-6], given[:-6].rpartition(".")[2])
            name = name if name in _STOCK_TYPES else f"{name}_"
            fix = f"write {name}, without quotes" if name in _STOCK_TYPES else None
        raise BuildError(
            "this is not a type of a field",
            asked=shown_value(given),
            available=[*(kind.__name__ for kind in _PYTHON_TYPES), *_STOCK_TYPES, "DateType(...)"],
            fix=fix,
        ) from None


def conversion(target: Type, source: Type | None = None) -> Convert:
    """Return the function that makes a value one of a type.

    Args:
        source: the stock type of the value; None goes by the value itself.
    """
    if source in (Float, float_) and target is String:
        return float32_text
    if source in (Float, float_) and target is BigDecimal:
        return lambda value: CONVERT[BigDecimal](float32_text(value))
    return CONVERT.get(target, target.canonical)


def _stock_type(name: str) -> Type:
    return _STOCK_TYPES[name]


def unchanged(value: Any) -> Any:
    """Return the value: a conversion that is none."""
    return value


CONVERT: dict[Type, Convert] = {
    **{box: to_whole(box.label, box.bits or 64, None) for box in (Integer, Long, Short)},
    **{one: to_whole(one.label, one.bits or 64, 0) for one in (int_, long_, short_)},
    **{box: to_real(box.label, box.bits or 64, None) for box in (Float, Double)},
    **{one: to_real(one.label, one.bits or 64, 0.0) for one in (float_, double_)},
    Boolean: to_truth(None),
    boolean_: to_truth(False),
    String: plain_text,
    char_: to_char(char_.label),
    BigDecimal: to_decimal(BigDecimal.label),
    Object: unchanged,
}
_STOCK_TYPES: dict[str, Type] = {kind.name: kind for kind in CONVERT}
