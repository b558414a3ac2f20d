"""From a type or a value to its structure, at run time.

`ANY` adds whatever it meets by the values' own types; a pipe's `sum` without a semigroup uses it.
`semigroup_of` answers for a type: it knows more, such as the zero.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
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
    shown,
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
    "AnyMonoid",
    "ValueGroup",
    "ValueMonoid",
    "ValueRing",
    "ValueSemigroup",
    "as_monoid",
    "as_ring",
    "as_semigroup",
    "semigroup_of",
]


@attrs.frozen
class ValueSemigroup(Semigroup):
    """Values of a class with a method ``plus(other)``.

    Args:
        kind: the class; with a classmethod ``zero()`` it has a zero, with ``negate()`` it forms a
            group, with ``times(other)`` and a classmethod ``one()`` a ring. A staticmethod
            ``sum_all(values)``, over at least one value, is used where there are many.
    """

    kind: type

    def plus(self, left: Any, right: Any) -> Any:
        if not (isinstance(left, self.kind) and isinstance(right, self.kind)):
            raise refused(self, left, right)
        return self.kind.plus(left, right)  # type: ignore[attr-defined]

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
        return self.kind.zero()  # type: ignore[attr-defined]


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
        return self.kind.one()  # type: ignore[attr-defined]

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
        return _structure_of(kinds.pop()).sum_or(values, None)

    def is_non_zero(self, value: Any) -> bool:
        if value is None:
            return False
        structure = _structure_of(type(value))
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


_BY_TYPE: dict[type, Semigroup] = {
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
    return _structure_of(kind).plus


def _plus_mixed(left: Any, right: Any) -> Any:
    """Add values of two types: numbers, a subclass and its base, the two sides of an either."""
    added = _added_numbers(left, right)
    if added is not None:
        return added
    structure = _structure_of(type(left))
    families = (Left | Right, set | frozenset)
    if any(isinstance(left, kinds) and isinstance(right, kinds) for kinds in families):
        return structure.plus(left, right)
    if isinstance(right, type(left)):
        return structure.plus(left, right)
    if isinstance(left, type(right)):
        return _structure_of(type(right)).plus(left, right)
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


def _structure_of(kind: type) -> Semigroup:
    """Return the structure of a class; what it holds is added by its own type."""
    found = _BY_TYPE.get(kind)
    return found if found is not None else _looked_up(kind)


@functools.lru_cache(maxsize=1024)
def _looked_up(kind: Any) -> Semigroup:
    if callable(getattr(kind, "plus", None)):
        return _value_structure(kind)
    fields = field_names_of(kind)
    if fields is not None:
        return record_of(kind, (ANY,) * len(fields))
    for base in kind.__mro__[1:-1]:
        if base in _BY_TYPE:
            return _BY_TYPE[base]
    if issubclass(kind, Number):  # those of other libraries, numpy's for one
        return _BY_TYPE[int if issubclass(kind, Integral) else float]
    if issubclass(kind, Callable):  # type: ignore[arg-type]
        return FunctionMonoid()
    raise _no_semigroup(kind)


def _value_structure(kind: type) -> ValueSemigroup:
    """Return the strongest structure that the methods of a class allow."""
    has = [callable(getattr(kind, name, None)) for name in ("zero", "negate", "times", "one")]
    if all(has):
        return ValueRing(kind)
    if has[0]:
        return ValueGroup(kind) if has[1] else ValueMonoid(kind)
    return ValueSemigroup(kind)


def semigroup_of(subject: Any) -> Semigroup:
    """Return how values of a type, or like a value, are added; the strongest structure there is.

    Args:
        subject: a class; a type with arguments, such as ``dict[str, int]``, ``tuple[int, str]`` or
            ``int | None``; or a value, of which a tuple tells the types of its places. What a
            container is not said to hold is added by the values' own types (`ANY`).
    Raises:
        BuildError: nothing says how such values are added; names the nearest type that can.
    Example:
        >>> semigroup_of(tuple[int, str]).zero, semigroup_of(dict[str, int]).plus({"a": 1}, {})
        ((0, ''), {'a': 1})
    """
    if subject is Any:
        return ANY
    origin = typing.get_origin(subject)
    if origin is not None:
        return _of_alias(subject, origin, typing.get_args(subject))
    if not isinstance(subject, type):
        return _of_value(subject)
    fields = field_names_of(subject)
    if fields is not None and not callable(getattr(subject, "plus", None)):
        return _of_record(subject, fields)
    return _structure_of(subject)


def _of_value(value: Any) -> Semigroup:
    if type(value) is tuple:
        return tuple_of(map(_of_value, value))
    if isinstance(value, array):
        return ArrayMonoid(value.typecode)
    return ANY if value is None else _structure_of(type(value))


def _of_record(kind: type, fields: tuple[str, ...]) -> Semigroup:
    try:
        hints = typing.get_type_hints(kind)
    except (NameError, TypeError):  # annotations that cannot be read where the class was made
        hints = {}
    found = []
    for name in fields:
        hint = hints.get(name, Any)
        try:
            found.append(semigroup_of(hint))
        except BuildError as cause:
            raise BuildError(
                f"The field {name!r} of {kind.__qualname__} cannot be added: {cause.headline}",
                asked=cause.asked,
                available=cause.available,
                nearest=cause.nearest,
                fix=cause.fix,
            ) from cause
    return record_of(kind, found)


def _of_alias(subject: Any, origin: Any, arguments: tuple[Any, ...]) -> Semigroup:
    """Return the structure of a type with arguments."""
    if origin in (typing.Union, types.UnionType):
        present = [kind for kind in arguments if kind is not types.NoneType]
        if len(present) < len(arguments):
            return OptionMonoid(semigroup_of(present[0]) if len(present) == 1 else ANY)
        if set(present) == {Left, Right}:
            return EitherSemigroup(ANY, ANY)
        raise BuildError(
            f"{subject} names several types, which have no semigroup together",
            fix="pass a semigroup",
        )
    if inspect.isclass(origin) and issubclass(origin, Mapping):  # a Counter says no values
        return map_of(semigroup_of(arguments[1] if len(arguments) > 1 else int))
    if origin is tuple and arguments[-1:] != (Ellipsis,):
        return tuple_of(map(semigroup_of, arguments))
    if origin is typing.Annotated:
        return semigroup_of(arguments[0])
    if inspect.isclass(origin) and issubclass(origin, Sequence) and origin not in _BY_TYPE:
        return _BY_TYPE[list]
    if origin is AbstractSet:
        return _BY_TYPE[frozenset]
    if inspect.isclass(origin) and origin in _BY_TYPE:
        return _BY_TYPE[origin]
    if callable(origin) and getattr(origin, "__name__", "") == "Callable":
        return FunctionMonoid()
    return semigroup_of(origin)


def _no_sum(left: Any, right: Any) -> OperationError:
    what = " and ".join(f"{shown_value(v, 60)} ({name_of(type(v))})" for v in (left, right))
    return OperationError(f"There is no sum of {what}")


def _no_semigroup(kind: type) -> BuildError:
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


def as_semigroup(given: Any = None) -> Semigroup:
    """Return a semigroup from what users pass for one: itself, a type, or nothing (`ANY`).

    Raises:
        BuildError: it is neither; a function of two values belongs into `FunctionSemigroup`.
    """
    if given is None:
        return ANY
    if isinstance(given, Semigroup):
        return given
    if isinstance(given, type) and issubclass(given, Semigroup):
        raise BuildError(
            f"{given.__name__} is the class of a semigroup, not a semigroup",
            fix=f"call it: {given.__name__}()",
        )
    if isinstance(given, type) or typing.get_origin(given) is not None:
        return semigroup_of(given)
    raise BuildError(
        f"A semigroup or a type is needed, not {shown(given)}",
        fix="wrap a function of two values: FunctionSemigroup(function)"
        if callable(given)
        else None,
    )


def as_monoid(given: Any) -> Monoid:
    """Return a monoid from what users pass for one: itself or a type that has a zero."""
    found = as_semigroup(given)
    if isinstance(found, Monoid):
        return found
    raise BuildError(
        f"{_shown(given, found)} has no zero, so it is no monoid",
        fix="use what needs only a semigroup, or a monoid such as MaxMonoid(lowest)",
    )


def as_ring(given: Any) -> Ring:
    """Return a ring from what users pass for one: itself or a type that can be multiplied."""
    found = as_semigroup(given)
    if isinstance(found, Ring):
        return found
    raise BuildError(f"{_shown(given, found)} has no product, so it is no ring")


def _shown(given: Any, found: Semigroup) -> str:
    return str(found) if given is found or given is None else name_of(given)
