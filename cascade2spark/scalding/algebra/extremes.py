"""The larger, the smaller, the first, the last: of bare values and as wrappers.

`Max`, `Min`, `First` and `Last` wrap a value so that a plain sum picks instead of adds. The
structures below them do the same to bare values. Of two that compare equal the left one stays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from cascade2spark.errors import OperationError, shown_value
from cascade2spark.scalding.algebra.base import Monoid, Semigroup, name_of

__all__ = [
    "First",
    "FirstSemigroup",
    "Largest",
    "Last",
    "LastSemigroup",
    "Max",
    "MaxMonoid",
    "Min",
    "MinMonoid",
    "Smallest",
]


def _incomparable(values: Iterable[Any]) -> OperationError:
    shown = " and ".join(f"{shown_value(v, 60)} ({name_of(type(v))})" for v in values)
    return OperationError(f"There is no order between {shown}")


@attrs.frozen
class Max:
    """A value that adds by keeping the larger; of equal ones the left."""

    get: Any

    def plus(self, other: Max) -> Max:
        return other if _is_less(self.get, other.get) else self


@attrs.frozen
class Min:
    """A value that adds by keeping the smaller; of equal ones the left."""

    get: Any

    def plus(self, other: Min) -> Min:
        return other if _is_less(other.get, self.get) else self


@attrs.frozen
class First:
    """A value that adds by keeping the left one."""

    get: Any

    def plus(self, other: First) -> First:
        return self


@attrs.frozen
class Last:
    """A value that adds by keeping the right one."""

    get: Any

    def plus(self, other: Last) -> Last:
        return other


def _is_less(left: Any, right: Any) -> bool:
    try:
        return bool(left < right)
    except TypeError as broken:
        raise _incomparable((left, right)) from broken


@attrs.frozen
class MaxMonoid(Monoid):
    """`Max` with a zero: what no value is smaller than.

    Args:
        lowest: that value, such as ``float("-inf")``; for Scala's Int ``-2**31``.
    """

    lowest: Any

    @property
    def zero(self) -> Max:
        return Max(self.lowest)

    def plus(self, left: Any, right: Any) -> Any:
        return left.plus(right)


@attrs.frozen
class MinMonoid(Monoid):
    """`Min` with a zero: what no value is larger than.

    Args:
        highest: that value, such as ``float("inf")``; for Scala's Int ``2**31 - 1``.
    """

    highest: Any

    @property
    def zero(self) -> Min:
        return Min(self.highest)

    def plus(self, left: Any, right: Any) -> Any:
        return left.plus(right)


@attrs.frozen
class Largest(Semigroup):
    """Bare values: plus keeps the larger, of equal ones the left.

    Args:
        key: what to compare instead of the value itself.
    """

    key: Callable[[Any], Any] | None = None

    def plus(self, left: Any, right: Any) -> Any:
        return self.sum_or((left, right), None)

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        try:
            return max(values, key=self.key, default=default)
        except TypeError as broken:
            raise _unordered("largest", broken) from broken


@attrs.frozen
class Smallest(Semigroup):
    """Bare values: plus keeps the smaller, of equal ones the left.

    Args:
        key: what to compare instead of the value itself.
    """

    key: Callable[[Any], Any] | None = None

    def plus(self, left: Any, right: Any) -> Any:
        return self.sum_or((left, right), None)

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        try:
            return min(values, key=self.key, default=default)
        except TypeError as broken:
            raise _unordered("smallest", broken) from broken


def _unordered(what: str, broken: TypeError) -> OperationError:
    return OperationError(
        f"The {what} value cannot be found: {broken}",
        fix="compare by a key: max_by, min_by",
    )


@attrs.frozen
class FirstSemigroup(Semigroup):
    """Bare values: plus keeps the left one."""

    def plus(self, left: Any, right: Any) -> Any:
        return left

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        # All are taken: an iterator of a group must be left at its end.
        iterator = iter(values)
        first = next(iterator, default)
        deque(iterator, maxlen=0)
        return first


@attrs.frozen
class LastSemigroup(Semigroup):
    """Bare values: plus keeps the right one."""

    def plus(self, left: Any, right: Any) -> Any:
        return right

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        last = deque(values, maxlen=1)
        return last[0] if last else default
