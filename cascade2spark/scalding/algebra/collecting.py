"""Structures that collect: the k first of an order, random samples, distinct values."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.scalding.algebra.base import Monoid, refused, summed_in_chunks
from cascade2spark.scalding.algebra.hashing import hash64

__all__ = [
    "DEFAULT_SEED",
    "BernoulliDraw",
    "PriorityDraw",
    "PriorityQueueMonoid",
    "ReservoirMonoid",
    "TopK",
    "TopKMonoid",
    "check_at_least",
    "values_of",
]

# The seed of Algebird's samples, so that a run can be repeated without naming one.
DEFAULT_SEED = 471312384


def check_at_least(what: str, given: Any, least: int) -> int:
    """Return a count; BuildError when it is none or too small."""
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise BuildError(f"{what} must be a whole number of at least {least}", asked=given)
    return given


@attrs.frozen
class PriorityQueueMonoid(Monoid):
    """Sorted lists of at most k values: the sum keeps the k first of both.

    The operands stay as they are, and of equal values the left list's come first.

    Args:
        k: most values kept, at least 1.
        key: what to order by instead of the values.
        is_descending: keep the k largest, largest first, instead of the k smallest.
    Example:
        >>> PriorityQueueMonoid(2).plus([1, 5], [3])
        [1, 3]
    """

    k: int
    key: Callable[[Any], Any] | None = None
    is_descending: bool = False

    def __attrs_post_init__(self) -> None:
        check_at_least("The number of values to keep", self.k, 1)

    @property
    def zero(self) -> list[Any]:
        return []

    def build(self, values: Iterable[Any]) -> list[Any]:
        """Return the list of the k first of any number of values."""
        pick = heapq.nlargest if self.is_descending else heapq.nsmallest
        try:
            return pick(self.k, values, key=self.key)
        except TypeError as broken:
            raise OperationError(
                f"Values cannot be put in order: {broken}", fix="order by a key: sort_by_take"
            ) from broken

    def plus(self, left: Any, right: Any) -> list[Any]:
        return self.build(itertools.chain(left, right))

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        # One pass with one queue of k; only the values that get in cost more than a comparison.
        iterator = iter(values)
        for first in iterator:
            every = itertools.chain((first,), iterator)
            return self.build(itertools.chain.from_iterable(every))
        return default


@attrs.frozen
class TopK:
    """The k smallest of some values.

    Args:
        size: how many there may be.
        items: those there are, smallest first.
    """

    size: int
    items: tuple[Any, ...]

    def plus(self, other: TopK) -> TopK:
        """Return the smallest of both."""
        return TopKMonoid(self.size).plus(self, other)


@attrs.frozen
class TopKMonoid(Monoid):
    """`TopK` values: the sum keeps the k smallest of both.

    Args:
        k: most values kept, at least 1.
    """

    k: int

    def __attrs_post_init__(self) -> None:
        check_at_least("The number of values to keep", self.k, 1)

    @property
    def zero(self) -> TopK:
        return TopK(self.k, ())

    def build(self, *values: Any) -> TopK:
        """Return the k smallest of the values."""
        return self._of(values)

    def _of(self, values: Iterable[Any]) -> TopK:
        return TopK(self.k, tuple(PriorityQueueMonoid(self.k).build(values)))

    def plus(self, left: Any, right: Any) -> TopK:
        if not (isinstance(left, TopK) and isinstance(right, TopK)):
            raise refused(self, left, right)
        return self._of((*left.items, *right.items))

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(
            values,
            default,
            lambda chunk: self._of(itertools.chain.from_iterable(one.items for one in chunk)),
        )


class _Draws:
    """A repeatable stream of numbers from 0 to 1 that a value shifts.

    A shipped copy starts anew, so that a task that is run again draws alike; the shift keeps two
    tasks, which start alike, from picking the same places.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._random = random.Random(seed)

    def draw(self, value: Any) -> float:
        """Return the next number, from 0 up to but without 1."""
        shift = hash64(repr(value).encode("utf-8", "surrogatepass")) / 2**64
        return (self._random.random() + shift) % 1.0

    def __reduce__(self) -> Any:
        return type(self), (self.seed,)


@attrs.frozen(eq=False)
class BernoulliDraw:
    """Gives [value] with some probability, else [].

    Args:
        probability: from 0 to 1.
        draws: the chances.
    """

    probability: float
    draws: _Draws = attrs.field(converter=_Draws)

    def __call__(self, value: Any) -> list[Any]:
        return [value] if self.draws.draw(value) < self.probability else []


@attrs.frozen(eq=False)
class PriorityDraw:
    """Gives [(random priority, value)], what `ReservoirMonoid` adds.

    Args:
        draws: the priorities.
    """

    draws: _Draws = attrs.field(converter=_Draws)

    def __call__(self, value: Any) -> list[tuple[float, Any]]:
        return [(self.draws.draw(value), value)]


@attrs.frozen
class ReservoirMonoid(Monoid):
    """Samples without replacement: lists of (priority, value), the smallest priorities kept.

    Each value gets a random priority; the n smallest of all are a uniform sample however the
    values were split, which is what makes the sum associative.

    Args:
        n: most values kept, at least 1.
    """

    n: int

    def __attrs_post_init__(self) -> None:
        check_at_least("The size of a sample", self.n, 1)

    @property
    def zero(self) -> list[Any]:
        return []

    def plus(self, left: Any, right: Any) -> list[Any]:
        return heapq.nsmallest(self.n, [*left, *right], key=_priority)

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        iterator = iter(values)
        for first in iterator:
            every = itertools.chain.from_iterable(itertools.chain((first,), iterator))
            return heapq.nsmallest(self.n, every, key=_priority)
        return default


def _priority(entry: tuple[float, Any]) -> float:
    return entry[0]


def values_of(entries: list[tuple[float, Any]]) -> list[Any]:
    """Return the values of a sample without their priorities."""
    return [value for _, value in entries]
