"""ANY: adds whatever it meets by the values' own types, found once per process and kept."""

from __future__ import annotations

import functools
import types
from array import array
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Number
from operator import add
from typing import Any

import attrs

from cascade2spark.errors import BuildError, OperationError, nearest_match, shown_value
from cascade2spark.scalding.algebra.base import (
    Group,
    Monoid,
    Ring,
    Semigroup,
    name_of,
    refused,
    summed_in_chunks,
)
from cascade2spark.scalding.algebra.containers import (
    ArrayMonoid,
    Composed,
    EitherSemigroup,
    FunctionMonoid,
    Left,
    ListMonoid,
    OptionMonoid,
    Right,
    SetMonoid,
    TextMonoid,
    map_of,
)
from cascade2spark.scalding.algebra.numeric import (
    BoolRing,
    DecimalRing,
    FloatRing,
    FractionRing,
    IntRing,
)
from cascade2spark.scalding.algebra.products import field_names_of, record_of, tuple_of

__all__ = [
    "ANY",
    "BY_TYPE",
    "AnyMonoid",
    "ValueGroup",
    "ValueMonoid",
    "ValueRing",
    "ValueSemigroup",
    "structure_of",
]


@attrs.frozen
class ValueSemigroup(Semigroup):
    """Values of a class with a method ``plus(other)``.

    Args:
        kind: the class; with a classmethod ``zero()`` it has a zero, with ``negate()`` it forms a
            group, with ``times(other)`` and a classmethod ``one()`` a ring. A staticmethod
            ``sum_all(values)``, over at least one value, is used where there are many.
    """

    kind: Any

    def plus(self, left: Any, right: Any) -> Any:
        if not (isinstance(left, self.kind) and isinstance(right, self.kind)):
            raise refused(self, left, right)
        return self.kind.plus(left, right)

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        sum_all = getattr(self.kind, "sum_all", None)
        if sum_all is None:
            return super().sum_or(values, default)
        return summed_in_chunks(values, default, sum_all)


@attrs.frozen
class ValueMonoid(ValueSemigroup, Monoid):
    """Values of a class with plus and zero."""

    @property
    def zero(self) -> Any:
        return self.kind.zero()


@attrs.frozen
class ValueGroup(ValueMonoid, Group):
    """Values of a class with plus, zero and negate."""

    def negate(self, value: Any) -> Any:
        return value.negate()


@attrs.frozen
class ValueRing(ValueGroup, Ring):
    """Values of a class with plus, zero, negate, times and one."""

    @property
    def one(self) -> Any:
        return self.kind.one()

    def times(self, left: Any, right: Any) -> Any:
        return left.times(right)


@attrs.frozen
class AnyMonoid(Monoid):
    """Whatever can be added, by the type of the values met; None is the zero.

    Numbers of different types add as Python adds them; a truth value only to a truth value.
    What a type means is found once per process and kept.

    Example:
        >>> ANY.plus((1, "a"), (2, "b")), ANY.plus({"x": 1}, {"x": -1}), ANY.plus(True, True)
        ((3, 'ab'), {}, False)
    """

    @property
    def zero(self) -> None:
        return None

    def plus(self, left: Any, right: Any) -> Any:
        kind = type(left)
        if kind is type(right):
            try:
                plus = _PLUS[kind]
            except KeyError:
                plus = _PLUS.setdefault(kind, _plus_of(kind))
            return plus(left, right)
        if left is None:
            return right
        return left if right is None else _plus_mixed(left, right)

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._sum_chunk)

    def _sum_chunk(self, values: list[Any]) -> Any:
        kinds = set(map(type, values))
        if len(kinds) > 1 and types.NoneType in kinds:
            kinds.remove(types.NoneType)
            values = [value for value in values if value is not None]
        if len(kinds) > 1 or len(values) == 1:
            return functools.reduce(self.plus, values)
        return structure_of(kinds.pop()).sum_or(values, None)

    def is_non_zero(self, value: Any) -> bool:
        if value is None:
            return False
        structure = structure_of(type(value))
        return not isinstance(structure, Monoid | _AnyTuple) or structure.is_non_zero(value)


ANY = AnyMonoid()


@attrs.frozen
class _AnyTuple(Semigroup):
    """Tuples of whatever can be added, place by place; how many places there are is not known."""

    def plus(self, left: Any, right: Any) -> Any:
        return _tuples_of(len(left)).plus(left, right)

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._sum_chunk)

    def _sum_chunk(self, values: list[Any]) -> Any:
        return _tuples_of(len(values[0])).sum_or(values, None)

    def is_non_zero(self, value: Any) -> bool:
        return any(map(ANY.is_non_zero, value))


@functools.lru_cache(maxsize=64)
def _tuples_of(length: int) -> Semigroup:
    return tuple_of((ANY,) * length)


BY_TYPE: dict[type, Semigroup] = {
    int: IntRing(),
    float: FloatRing(),
    bool: BoolRing(),
    Decimal: DecimalRing(),
    Fraction: FractionRing(),
    str: TextMonoid(str),
    bytes: TextMonoid(bytes),
    list: ListMonoid(),
    set: SetMonoid(set),
    frozenset: SetMonoid(frozenset),
    dict: map_of(ANY),
    tuple: _AnyTuple(),
    array: ArrayMonoid("d"),
    types.NoneType: OptionMonoid(ANY),
    types.FunctionType: FunctionMonoid(),
    types.BuiltinFunctionType: FunctionMonoid(),
    Composed: FunctionMonoid(),
    Left: EitherSemigroup(ANY, ANY),
    Right: EitherSemigroup(ANY, ANY),
}
_SHOWN = (int, float, bool, Decimal, str, bytes, list, set, frozenset, dict, tuple)
_NUMBERS = (int, float, Decimal, Fraction)

# How two values of one type are added, found once per type.
_PLUS: dict[type, Callable[[Any, Any], Any]] = {int: add, float: add, str: add, list: add}


def _plus_of(kind: type) -> Callable[[Any, Any], Any]:
    return structure_of(kind).plus


def _plus_mixed(left: Any, right: Any) -> Any:
    """Add values of two types: numbers, a subclass and its base, the two sides of an either."""
    added = _added_numbers(left, right)
    if added is not None:
        return added
    structure = structure_of(type(left))
    families = (Left | Right, set | frozenset)
    if any(isinstance(left, kinds) and isinstance(right, kinds) for kinds in families):
        return structure.plus(left, right)
    if isinstance(right, type(left)):
        return structure.plus(left, right)
    if isinstance(left, type(right)):
        return structure_of(type(right)).plus(left, right)
    if callable(left) and callable(right):
        return FunctionMonoid().plus(left, right)
    raise _no_sum(left, right)


def _added_numbers(left: Any, right: Any) -> Any:
    """Return the sum of two numbers, None when they are no numbers."""
    if isinstance(left, bool) or isinstance(right, bool):
        raise _no_sum(left, right)
    if not (isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS)):
        return None
    try:
        return add(left, right)
    except TypeError as broken:
        raise _no_sum(left, right) from broken


def structure_of(kind: type) -> Semigroup:
    """Return the structure of a class; what it holds is added by its own type."""
    found = BY_TYPE.get(kind)
    return found if found is not None else _looked_up(kind)


@functools.lru_cache(maxsize=1024)
def _looked_up(kind: Any) -> Semigroup:
    if callable(getattr(kind, "plus", None)):
        return _value_structure(kind)
    fields = field_names_of(kind)
    if fields is not None:
        return record_of(kind, (ANY,) * len(fields))
    for base in kind.__mro__[1:-1]:
        if base in BY_TYPE:
            return BY_TYPE[base]
    if issubclass(kind, Number):  # those of other libraries, numpy's for one
        return BY_TYPE[int if issubclass(kind, Integral) else float]
    if issubclass(kind, Callable):  # type: ignore[arg-type]
        return FunctionMonoid()
    raise no_semigroup(kind)


def _value_structure(kind: type) -> ValueSemigroup:
    """Return the strongest structure that the methods of a class allow."""
    has = [callable(getattr(kind, name, None)) for name in ("zero", "negate", "times", "one")]
    if all(has):
        return ValueRing(kind)
    if has[0]:
        return ValueGroup(kind) if has[1] else ValueMonoid(kind)
    return ValueSemigroup(kind)


def _no_sum(left: Any, right: Any) -> OperationError:
    what = " and ".join(f"{shown_value(v, 60)} ({name_of(type(v))})" for v in (left, right))
    return OperationError(f"There is no sum of {what}")


def no_semigroup(kind: type) -> BuildError:
    names = [name_of(known) for known in _SHOWN]
    return BuildError(
        f"There is no semigroup for {kind.__module__}.{kind.__qualname__}",
        asked=kind.__qualname__,
        available=names,
        nearest=_nearest_type(kind, names),
        fix="give the class a method plus(other), or pass a semigroup",
    )


def _nearest_type(kind: type, names: list[str]) -> str | None:
    """Return the type that can be added and is most like this one: by what it can do, by name."""
    likes = (("keys", "dict"), ("union", "set"), ("append", "list"), ("__float__", "float"))
    for method, name in likes:
        if hasattr(kind, method):
            return name
    return nearest_match(kind.__qualname__, names) or (
        "list" if hasattr(kind, "__iter__") else None
    )
