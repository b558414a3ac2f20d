"""From a type, or from what a user passes, to its structure.

`any_values.ANY` finds it at run time, of each value; `semigroup_of` answers for a type, and knows
more, such as the zero.
"""

from __future__ import annotations

import inspect
import types
import typing
from array import array
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.scalding.algebra.any_values import ANY, BY_TYPE, structure_of
from cascade2spark.scalding.algebra.base import (
    Monoid,
    Ring,
    Semigroup,
    name_of,
    shown,
)
from cascade2spark.scalding.algebra.containers import (
    ArrayMonoid,
    EitherSemigroup,
    FunctionMonoid,
    Left,
    OptionMonoid,
    Right,
    map_of,
)
from cascade2spark.scalding.algebra.products import field_names_of, record_of, tuple_of

__all__ = ["as_monoid", "as_ring", "as_semigroup", "semigroup_of"]


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
    return structure_of(subject)


def _of_value(value: Any) -> Semigroup:
    if type(value) is tuple:
        return tuple_of(map(_of_value, value))
    if isinstance(value, array):
        return ArrayMonoid(value.typecode)
    return ANY if value is None else structure_of(type(value))


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
    if inspect.isclass(origin) and issubclass(origin, Sequence) and origin not in BY_TYPE:
        return BY_TYPE[list]
    if origin is AbstractSet:
        return BY_TYPE[frozenset]
    if inspect.isclass(origin) and origin in BY_TYPE:
        return BY_TYPE[origin]
    if callable(origin) and getattr(origin, "__name__", "") == "Callable":
        return FunctionMonoid()
    return semigroup_of(origin)


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
