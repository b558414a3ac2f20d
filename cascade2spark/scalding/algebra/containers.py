"""Structures of texts, lists, sets, maps, arrays, options, either and functions."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from cascade2spark.scalding.algebra.base import (
    NOTHING,
    Group,
    Monoid,
    Semigroup,
    identity,
    refused,
    summed_in_chunks,
)

__all__ = [
    "ArrayMonoid",
    "Composed",
    "EitherSemigroup",
    "FunctionMonoid",
    "Left",
    "ListMonoid",
    "MapGroup",
    "MapMonoid",
    "OptionMonoid",
    "Right",
    "SetMonoid",
    "TextMonoid",
    "map_of",
]


@attrs.frozen
class TextMonoid(Monoid):
    """Texts, bytes: plus puts the right one behind, so the answer depends on the order.

    Args:
        kind: str or bytes.
    """

    kind: type = str

    @property
    def zero(self) -> Any:
        return self.kind()

    def plus(self, left: Any, right: Any) -> Any:
        try:
            return left + right
        except TypeError as broken:
            raise refused(self, left, right) from broken

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._joined)

    def _joined(self, values: list[Any]) -> Any:
        try:
            return self.zero.join(values)
        except TypeError as broken:
            raise refused(self, *values[:2]) from broken


@attrs.frozen
class ListMonoid(Monoid):
    """Lists: plus puts the right one behind, so the answer depends on the order."""

    @property
    def zero(self) -> list[Any]:
        return []

    def plus(self, left: Any, right: Any) -> Any:
        try:
            return left + right
        except TypeError as broken:
            raise refused(self, left, right) from broken

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._joined)

    def _joined(self, values: list[Any]) -> list[Any]:
        try:
            return list(itertools.chain.from_iterable(values))
        except TypeError as broken:
            raise refused(self, *values[:2]) from broken


@attrs.frozen
class SetMonoid(Monoid):
    """Sets: plus is union.

    Args:
        kind: set or frozenset; of two different ones the left one's kind results.
    """

    kind: type = set

    @property
    def zero(self) -> Any:
        return self.kind()

    def plus(self, left: Any, right: Any) -> Any:
        try:
            return left | right
        except TypeError as broken:
            raise refused(self, left, right) from broken

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        iterator = iter(values)
        for first in iterator:
            found = set(first)
            second = None
            for second in iterator:
                if not isinstance(second, set | frozenset):
                    raise refused(self, first, second)
                found |= second
            # One set alone is handed on; a sum is a new one of the same kind.
            return first if second is None else found if type(first) is set else type(first)(found)
        return default


@attrs.frozen
class MapMonoid(Monoid):
    """Maps: union of the keys, values of a key added.

    Where values have a zero, a sum keeps no entry that is zero; a map that was never added to
    another keeps its zeros.

    Args:
        values: how values of one key are added.
    Example:
        >>> from cascade2spark.scalding.algebra.numeric import IntRing
        >>> MapMonoid(IntRing()).plus({"a": 1, "b": 2}, {"b": -2, "c": 3})
        {'a': 1, 'c': 3}
    """

    values: Semigroup

    @property
    def zero(self) -> dict[Any, Any]:
        return {}

    def is_non_zero(self, value: Any) -> bool:
        if not isinstance(self.values, Monoid):
            return bool(value)
        return any(map(self.values.is_non_zero, value.values()))

    def plus(self, left: Any, right: Any) -> Any:
        return self._sum_all((left, right))

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        iterator = iter(values)
        first = next(iterator, NOTHING)
        second = next(iterator, NOTHING)
        if second is NOTHING:
            return default if first is NOTHING else first
        return self._sum_all(itertools.chain((first, second), iterator))

    def _sum_all(self, maps: Iterable[Any]) -> dict[Any, Any]:
        total: dict[Any, Any] = {}
        plus = self.values.plus
        try:
            for one in maps:
                for key, value in one.items():
                    total[key] = plus(total[key], value) if key in total else value
        except AttributeError as broken:
            if isinstance(one, dict):
                raise
            raise refused(self, one) from broken
        if isinstance(self.values, Monoid):
            keeps = self.values.is_non_zero
            return {key: value for key, value in total.items() if keeps(value)}
        return total


@attrs.frozen
class MapGroup(MapMonoid, Group):
    """Maps whose values form a group."""

    def negate(self, value: Any) -> dict[Any, Any]:
        assert isinstance(self.values, Group)
        return {key: self.values.negate(one) for key, one in value.items()}


def map_of(values: Semigroup) -> MapMonoid:
    """Return the strongest structure of maps with such values."""
    return MapGroup(values) if isinstance(values, Group) else MapMonoid(values)


@attrs.frozen
class OptionMonoid(Monoid):
    """Values that may be missing: None adds nothing, two that are there are added.

    Args:
        values: how two values that are there are added.
        missing: what stands for no value; another than None where None is a value.
    """

    values: Semigroup
    missing: Any = None

    @property
    def zero(self) -> Any:
        return self.missing

    def is_non_zero(self, value: Any) -> bool:
        return value is not self.missing

    def plus(self, left: Any, right: Any) -> Any:
        if left is self.missing:
            return right
        return left if right is self.missing else self.values.plus(left, right)

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        iterator = iter(values)
        for first in iterator:
            every = itertools.chain((first,), iterator)
            present = (value for value in every if value is not self.missing)
            return self.values.sum_or(present, self.missing)
        return default


@attrs.frozen
class ArrayMonoid(Monoid):
    """Arrays of the array module: pointwise; the shorter one counts as filled up with zeros.

    Args:
        typecode: that of the zero. Two added arrays need the same one, unless one is empty.
    """

    typecode: str

    @property
    def zero(self) -> array[Any]:
        return array(self.typecode)

    def plus(self, left: Any, right: Any) -> Any:
        if not (isinstance(left, array) and isinstance(right, array)):
            raise refused(self, left, right)
        if not left or not right:
            return left or right
        if left.typecode != right.typecode:
            raise refused(self, left, right)
        longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
        total = longer[:]
        for place, value in enumerate(shorter):
            total[place] += value
        return total


@attrs.frozen
class Left:
    """The one of two things that stands for a failure or an odd case."""

    value: Any


@attrs.frozen
class Right:
    """The one of two things that stands for the usual case."""

    value: Any


@attrs.frozen
class EitherSemigroup(Semigroup):
    """Left or Right: a Left wins over a Right; two of a side are added.

    Args:
        left: how the values of two Lefts are added.
        right: how the values of two Rights are added.
    """

    left: Semigroup
    right: Semigroup

    def plus(self, left: Any, right: Any) -> Any:
        if not (isinstance(left, Left | Right) and isinstance(right, Left | Right)):
            raise refused(self, left, right)
        if isinstance(left, Left):
            if isinstance(right, Right):
                return left
            return Left(self.left.plus(left.value, right.value))
        if isinstance(right, Left):
            return right
        return Right(self.right.plus(left.value, right.value))


@attrs.frozen
class Composed:
    """Functions of one argument, called one after another."""

    functions: tuple[Callable[[Any], Any], ...]

    def __call__(self, value: Any) -> Any:
        for function in self.functions:
            value = function(value)
        return value


@attrs.frozen
class FunctionMonoid(Monoid):
    """Functions of one argument: the sum calls the left one first.

    Example:
        >>> FunctionMonoid().plus(str.strip, str.upper)(" a ")
        'A'
    """

    @property
    def zero(self) -> Callable[[Any], Any]:
        return identity

    def plus(self, left: Any, right: Any) -> Any:
        if not (callable(left) and callable(right)):
            raise refused(self, left, right)
        return self._composed((left, right))

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._composed)

    def _composed(self, functions: Iterable[Any]) -> Any:
        flat: list[Any] = []
        for function in functions:
            flat += function.functions if isinstance(function, Composed) else (function,)
        flat = [function for function in flat if function is not identity]
        return Composed(tuple(flat)) if len(flat) > 1 else (flat or [identity])[0]
