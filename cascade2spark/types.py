"""The types a field may have, what becomes of a value under each, and the text of a value.

Values in rows are plain Python values. A type says how Java would hold the value: boxed types may
be null, for primitives null becomes 0, False or NUL; 32-bit and 16-bit types wrap around. Python's
``int float bool str Decimal object`` stand for Long, Double, Boolean, String, BigDecimal, Object.
"""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from cascade2spark.coercions import (
    Convert,
    refusal,
    to_char,
    to_decimal,
    to_real,
    to_truth,
    to_whole,
)
from cascade2spark.date_patterns import DatePattern, as_zone
from cascade2spark.errors import BuildError, shown_value
from cascade2spark.json_trees import json_text, parse_json, tree_of
from cascade2spark.name_hints import unknown_name as _unknown_name
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
class _StockType(Type):
    """One of Java's types. There is one instance of each in a process, so `is` may compare."""

    name: str
    python_type: type
    is_primitive: bool = False
    bits: int | None = None

    @property
    def canonical_type(self) -> Type:
        return _BOXES.get(self, self)

    def canonical(self, value: Any) -> Any:
        return _CONVERT[self](value)

    def coerce(self, value: Any, to: Any) -> Any:
        return coercion(to, self)(value)

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


@attrs.frozen(repr=False)
class DateType(CoercibleType):
    """A moment as text outside and as epoch milliseconds (a Long) in rows.

    Texts are read and written by a pattern in the letters of Java's SimpleDateFormat. A Python
    date or datetime is accepted as well, a naive one in the type's own zone. None stays None.

    Args:
        format: the pattern, such as ``yyyy-MM-dd HH:mm:ss``.
        zone: time zone id.
        locale: locale of names; English ones are known.
    Example:
        >>> DateType("yyyy-MM-dd").canonical("1970-01-02")
        86400000
    """

    format: str
    zone: str = "UTC"
    locale: str | None = None
    _pattern: DatePattern = attrs.field(init=False, eq=False, repr=False)

    name = "DateType"
    python_type = int

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_pattern", DatePattern(self.format, self.zone, self.locale))

    @property
    def label(self) -> str:
        return repr(self)

    @property
    def canonical_type(self) -> Type:
        return Long

    def canonical(self, value: Any) -> Any:
        if value is None or value.__class__ is int:
            return value
        if isinstance(value, str):
            try:
                return self._pattern.parse(value)
            except ValueError as error:
                raise refusal(value, self.label) from error
        if isinstance(value, date):
            return self._moment_millis(value)
        if value is True or value is False or not isinstance(value, numbers.Integral):
            raise refusal(value, self.label)
        return int(value)

    def coerce(self, value: Any, to: Any) -> Any:
        to = as_type(to)
        millis = self.canonical(value)
        if to.canonical_type in (Long, Object):
            return 0 if millis is None and to.is_primitive else millis
        if to is String:
            return None if millis is None else self._pattern.format(millis)
        if millis is None:
            return _CONVERT[to](None) if to in _CONVERT else to.canonical(None)
        raise refusal(value, to.label, self.label)

    def _moment_millis(self, moment: date) -> int:
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=as_zone(self.zone))
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000

    def __repr__(self) -> str:
        parts = [self.format, *([self.zone] if self.zone != "UTC" or self.locale else [])]
        return f"DateType({', '.join(map(repr, [*parts, *filter(None, [self.locale])]))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return DateType, (self.format, self.zone, self.locale)


@attrs.frozen(repr=False)
class JSONCoercibleType(CoercibleType):
    """A JSON tree in rows: dict, list, str, int, float, bool or None; and JSON text outside.

    Text that is JSON is parsed, any other text is a JSON string; a blank text is null. Numbers,
    booleans, mappings and lists are taken as they are. As text, a string has no quotes and anything
    else is JSON. Null stays null, for primitive types too. Whole numbers are exact at any size,
    others are floats; a Decimal stays one.

    A value of a field of this type is a tree already: a text in it is a string, not parsed again.

    Raises:
        CoercionError: (running) an object has a key twice, or the tree cannot become that type.
    Source:
        cascading.nested.json.JSONCoercibleType
    Example:
        >>> JSONCoercibleType.TYPE.canonical('{"a": [1, 2.50]}')
        {'a': [1, 2.5]}
        >>> JSONCoercibleType.TYPE.coerce({"a": [1, None]}, String)
        '{"a":[1,null]}'
    """

    name = "JSONCoercibleType"
    TYPE: ClassVar[JSONCoercibleType]

    def canonical(self, value: Any) -> Any:
        return parse_json(value) if value.__class__ is str else tree_of(value)

    def own(self, value: Any) -> Any:
        return value

    def coerce(self, value: Any, to: Any) -> Any:
        return self.writer(to)(value)

    def writer(self, to: Any) -> Convert:
        """Return the function that makes a tree one of type `to`; build it once."""
        target = as_type(to)
        if target is Object or isinstance(target, JSONCoercibleType):
            return _unchanged
        return _tree_text if target is String else _tree_converter(target)

    def __repr__(self) -> str:
        return "JSONCoercibleType"


JSONCoercibleType.TYPE = JSONCoercibleType()

Integer = _StockType("Integer", int, bits=32)
Long = _StockType("Long", int, bits=64)
Short = _StockType("Short", int, bits=16)
Float = _StockType("Float", float, bits=32)
Double = _StockType("Double", float, bits=64)
Boolean = _StockType("Boolean", bool)
String = _StockType("String", str)
BigDecimal = _StockType("BigDecimal", Decimal)
Object = _StockType("Object", object)
int_ = _StockType("int_", int, is_primitive=True, bits=32)
long_ = _StockType("long_", int, is_primitive=True, bits=64)
short_ = _StockType("short_", int, is_primitive=True, bits=16)
float_ = _StockType("float_", float, is_primitive=True, bits=32)
double_ = _StockType("double_", float, is_primitive=True, bits=64)
boolean_ = _StockType("boolean_", bool, is_primitive=True)
char_ = _StockType("char_", str, is_primitive=True)

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
        return _unchanged
    target, source = as_type(to), None if declared is None else as_type(declared)
    if isinstance(source, JSONCoercibleType) and isinstance(target, _StockType):
        return source.writer(target)
    if source is not None and not isinstance(source, _StockType):
        if source == target:
            return source.own if isinstance(source, CoercibleType) else source.canonical
        if isinstance(target, _StockType):
            return lambda value: source.coerce(value, target)
        return lambda value: target.canonical(source.coerce(value, source.canonical_type))
    if target is String and source in (Float, float_):
        return float32_text
    return _CONVERT.get(target, target.canonical)


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
    if isinstance(kind, _StockType):
        return float32_text if kind in (Float, float_) else plain_text
    return lambda value: None if value is None else kind.coerce(value, String)


def _tree_text(tree: Any) -> str | None:
    if tree.__class__ is str:
        return tree
    return json_text(tree) if tree.__class__ in (dict, list) else plain_text(tree)


def _tree_converter(target: Type) -> Convert:
    """Return the function that makes a leaf of a tree a value of a type."""
    convert = _CONVERT.get(target, target.canonical)
    is_truth = target.canonical_type is Boolean

    def of_tree(tree: Any) -> Any:
        if tree.__class__ is int or tree.__class__ is float:
            return False if is_truth else convert(tree)
        if tree is None:
            return None
        if is_truth:
            return tree is True or (tree.__class__ is str and convert(tree))
        if tree.__class__ in (dict, list) or (tree.__class__ is bool and target is not char_):
            raise refusal(json_text(tree), target.label, JSONCoercibleType.TYPE.label)
        return convert(tree)

    return of_tree


def _stock_type(name: str) -> Type:
    return _STOCK_TYPES[name]


def _unchanged(value: Any) -> Any:
    return value


_CONVERT: dict[Type, Convert] = {
    **{box: to_whole(box.label, box.bits or 64, None) for box in (Integer, Long, Short)},
    **{one: to_whole(one.label, one.bits or 64, 0) for one in (int_, long_, short_)},
    **{box: to_real(box.label, box.bits or 64, None) for box in (Float, Double)},
    **{one: to_real(one.label, one.bits or 64, 0.0) for one in (float_, double_)},
    Boolean: to_truth(None),
    boolean_: to_truth(False),
    String: plain_text,
    char_: to_char(char_.label),
    BigDecimal: to_decimal(BigDecimal.label),
    Object: _unchanged,
}
_STOCK_TYPES: dict[str, Type] = {kind.name: kind for kind in _CONVERT}


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        raise _unknown_name(__name__, name)
