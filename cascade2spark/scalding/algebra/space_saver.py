"""SpaceSaver: the most frequent items, with room for a fixed number of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import attrs

from cascade2spark.errors import OperationError
from cascade2spark.scalding.algebra.approximate import Approximate
from cascade2spark.scalding.algebra.base import Semigroup, refused
from cascade2spark.scalding.algebra.collecting import check_at_least

__all__ = ["SpaceSaver", "SpaceSaverSemigroup"]


@attrs.frozen
class SpaceSaver:
    """Counts of the most frequent items.

    A count is never below the truth, and above it by no more than its error; an item without a
    count occurs at most `floor` times. For one stream of n items floor is at most n / capacity.

    Args:
        capacity: most items counted, at least 2.
        counters: item -> (count, how much of it may be too many).
        floor: no item that is not counted occurs more often.
    """

    capacity: int
    counters: dict[Any, tuple[int, int]]
    floor: int = 0

    @staticmethod
    def of(capacity: int, item: Hashable, count: int = 1) -> SpaceSaver:
        """Return the counts of one item."""
        check_at_least("The capacity of a SpaceSaver", capacity, 2)
        return SpaceSaver(capacity, {item: (count, 0)})

    def frequency(self, item: Hashable) -> Approximate:
        """Return how often an item occurs; the bounds are certain."""
        if item not in self.counters:
            return Approximate(0, self.floor, self.floor, 1.0)
        count, error = self.counters[item]
        return Approximate(count - error, count, count, 1.0)

    def top_k(self, k: int) -> list[tuple[Any, Approximate, bool]]:
        """Return the k items of the largest counts, and whether each is sure to be among them."""
        ranked = self._ranked()
        beyond = ranked[k][1][0] if len(ranked) > k else self.floor
        return [
            (item, self.frequency(item), count - error >= beyond)
            for item, (count, error) in ranked[:k]
        ]

    def most_frequent(self, threshold: int) -> list[tuple[Any, Approximate, bool]]:
        """Return the items that may occur `threshold` times, and whether each is sure to."""
        return [
            (item, self.frequency(item), count - error >= threshold)
            for item, (count, error) in self._ranked()
            if count >= threshold
        ]

    def _ranked(self) -> list[tuple[Any, tuple[int, int]]]:
        return sorted(self.counters.items(), key=lambda entry: (-entry[1][0], entry[1][1]))

    def plus(self, other: SpaceSaver) -> SpaceSaver:
        """Return the counts of both, cut to the capacity."""
        return SpaceSaverSemigroup().plus(self, other)


@attrs.frozen
class SpaceSaverSemigroup(Semigroup):
    """Adds `SpaceSaver` counts of one capacity.

    Which items stay depends on the order of adding, and the errors of merged counts add up; what
    counts promise holds in any order.

    Source:
        Metwally, Agrawal and El Abbadi, 2005; merging: Cafaro, Pulimeno and Tempesta, 2016.
    """

    def plus(self, left: Any, right: Any) -> SpaceSaver:
        added: SpaceSaver = self.sum_or((left, right), None)
        return added

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        iterator = iter(values)
        for first in iterator:
            if not isinstance(first, SpaceSaver):
                raise refused(self, first)
            making = _Making(first)
            for value in iterator:
                if not isinstance(value, SpaceSaver):
                    raise refused(self, value)
                making.add(value)
            return making.done()
        return default


class _Making:
    """Counts in the making; cut when they are twice too many, which keeps adding one item quick."""

    def __init__(self, first: SpaceSaver) -> None:
        self.capacity = first.capacity
        self.counters = dict(first.counters)
        self.floor = first.floor

    def add(self, value: SpaceSaver) -> None:
        if value.capacity != self.capacity:
            raise OperationError(
                f"A SpaceSaver of capacity {self.capacity} cannot take in one of {value.capacity}",
                fix="make both with the same capacity",
            )
        counters = self.counters
        if value.floor:  # what the other one no longer counts may have occurred so often
            for item in counters.keys() - value.counters.keys():
                count, error = counters[item]
                counters[item] = count + value.floor, error + value.floor
        unseen = self.floor, self.floor
        for item, (count, error) in value.counters.items():
            old_count, old_error = counters.get(item, unseen)
            counters[item] = old_count + count, old_error + error
        self.floor += value.floor
        if len(counters) > 2 * self.capacity:
            self._cut()

    def _cut(self) -> None:
        # No item that goes, and none seen later for the first time, occurred more often than the
        # largest count that goes. All counts are at least the floor, so their sum stays within n.
        ranked = sorted(self.counters.items(), key=lambda entry: -entry[1][0])
        self.counters = dict(ranked[: self.capacity])
        self.floor = max([self.floor, *(count for _, (count, _) in ranked[self.capacity :])])

    def done(self) -> SpaceSaver:
        if len(self.counters) > self.capacity:
            self._cut()
        return SpaceSaver(self.capacity, self.counters, self.floor)
