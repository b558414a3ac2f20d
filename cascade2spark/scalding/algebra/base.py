"""What can be added: semigroup, monoid, group, ring, and what all of them share.

A structure is an object without state: it can be compared, pickled and shipped. It never changes
its operands, so that a value may be in use elsewhere while it is summed.
"""

from __future__ import annotations

import abc
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from cascade2spark.errors import OperationError, shown_value

__all__ = [
    "CHUNK",
    "NOTHING",
    "BulkMonoid",
    "FunctionSemigroup",
    "Group",
    "Monoid",
    "Ring",
    "Semigroup",
    "chunks_of",
    "identity",
    "name_of",
    "refused",
    "shown",
    "summed_in_chunks",
]

# Values are summed so many at a time: few enough to hold, enough to make one C call worth it.
CHUNK = 1024

# What says "no value was seen" where None is a value.
NOTHING: Any = attrs.NOTHING


def identity(value: Any) -> Any:
    """Return the value; engines may skip a `prepare` or `present` that is this function."""
    return value


class Semigroup(abc.ABC):
    """A way to add two values of one type.

    Laws:
        1. `plus` is associative.  2. Where values arrive in no promised order it should be
        commutative too, else the answer depends on that order.
    Source:
        Algebird's Semigroup; `sum_option` agrees with adding from the left.
    """

    @abc.abstractmethod
    def plus(self, left: Any, right: Any) -> Any:
        """Return left + right; neither is changed."""

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        """Return the sum of `values`, or `default` when there are none.

        Unlike `sum_option` it tells an empty input from a sum that is None.
        """
        iterator = iter(values)
        for total in iterator:
            for value in iterator:
                total = self.plus(total, value)
            return total
        return default

    def sum_option(self, values: Iterable[Any]) -> Any:
        """Return the sum of `values`, None when there are none."""
        return self.sum_or(values, None)


class Monoid(Semigroup):
    """A semigroup with a zero, which adds nothing."""

    @property
    @abc.abstractmethod
    def zero(self) -> Any:
        """The value that changes nothing when added; a new one each time if it can be changed."""

    def sum(self, values: Iterable[Any]) -> Any:
        """Return the sum of `values`, zero when there are none."""
        total = self.sum_or(values, NOTHING)
        return self.zero if total is NOTHING else total

    def is_non_zero(self, value: Any) -> bool:
        """Whether a value differs from zero; maps drop entries that do not."""
        return bool(value != self.zero)


class BulkMonoid(Monoid):
    """A monoid that adds many values in one go, which costs less than two by two."""

    @abc.abstractmethod
    def sum_of(self, values: Iterable[Any]) -> Any:
        """Return the sum of any number of values."""

    def plus(self, left: Any, right: Any) -> Any:
        return self.sum_of((left, right))

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        iterator = iter(values)
        for first in iterator:
            second = next(iterator, None)
            if second is None:
                return first
            return self.sum_of(itertools.chain((first, second), iterator))
        return default


class Group(Monoid):
    """A monoid in which what was added can be taken away."""

    @abc.abstractmethod
    def negate(self, value: Any) -> Any:
        """Return what added to `value` gives zero."""

    def minus(self, left: Any, right: Any) -> Any:
        """Return left - right."""
        return self.plus(left, self.negate(right))


class Ring(Group):
    """A group with a product that distributes over the sum."""

    @property
    @abc.abstractmethod
    def one(self) -> Any:
        """The value that changes nothing when multiplied by."""

    @abc.abstractmethod
    def times(self, left: Any, right: Any) -> Any:
        """Return left * right."""

    def product(self, values: Iterable[Any]) -> Any:
        """Return the product of `values`, one when there are none."""
        total = self.one
        for value in values:
            total = self.times(total, value)
        return total


@attrs.frozen
class FunctionSemigroup(Semigroup):
    """A semigroup by a function of two values, which must be associative.

    Example:
        >>> FunctionSemigroup(max).sum_option([3, 5, 4])
        5
    """

    function: Callable[[Any, Any], Any]

    def plus(self, left: Any, right: Any) -> Any:
        return self.function(left, right)


def chunks_of(values: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Yield the values in lists of `size`, the last one shorter, none empty."""
    iterator = iter(values)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


def summed_in_chunks(
    values: Iterable[Any], default: Any, sum_chunk: Callable[[list[Any]], Any]
) -> Any:
    """Return the sum by a function that sums lists, holding few values at a time.

    The sums of chunks are summed in turn once there are `CHUNK` of them, so that a sum whose parts
    grow, as lists do, is copied a few times and not once per chunk.
    """
    sums: list[Any] = []
    for chunk in chunks_of(values):
        sums.append(sum_chunk(chunk) if len(chunk) > 1 else chunk[0])
        if len(sums) == CHUNK:
            sums = [sum_chunk(sums)]
    if not sums:
        return default
    return sum_chunk(sums) if len(sums) > 1 else sums[0]


def name_of(kind: Any) -> str:
    """Return how users write a type: int, dict[str, int], Max."""
    return getattr(kind, "__qualname__", None) or str(kind) if isinstance(kind, type) else str(kind)


def shown(value: Any) -> str:
    """Return a value as messages show it: a function by its name."""
    name = getattr(value, "__qualname__", None)
    if name is None or isinstance(value, type):
        return shown_value(value, 80)
    return f"the function {name}"


def refused(structure: Semigroup, *values: Any) -> OperationError:
    """Return the error of values that a structure cannot add."""
    what = " and ".join(f"{shown_value(v, 60)} ({name_of(type(v))})" for v in values)
    return OperationError(f"{type(structure).__name__} cannot add {what}")
