"""GroupSortIterator: sorted pairs in, groups out, one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from cascade2spark.errors import UnsortedInput
from cascade2spark.ordering import KeyOrder

__all__ = ["GroupSortIterator"]

Value = TypeVar("Value")


class GroupSortIterator(Generic[Value]):
    """The groups of a sorted iterator, one pass, without holding a group in memory.

    The values of a group come from the same pass as the groups: a group is dead, and its iterator
    empty, once the next group is asked for. Values left unread are skipped. How the values of a
    group are sorted is the caller's business; they come in input order.

    Args:
        items: iterator of (key, value), sorted by key; or of values, when `key` is given.
        order: decides where a group ends; the same object that sorted. Its keys are tuples of
            `order.width` values. Without it a key is any one value, in natural order.
        key: function from a value to its key, for `items` that are no pairs.
    Yields:
        (key, iterator of values), in key order; the key is that of the group's first value.
    Raises:
        UnsortedInput: a key is smaller than the one before it.
    Laws:
        1. Concatenating the groups gives back the input.  2. No key appears twice (keys with a
        null under NullNotEquivalentComparator are each a group of their own).
    Source:
        Cascading GroupBy with sort fields (Hadoop's secondary sort).
    Example:
        >>> pairs = [("a", 1), ("a", 2), ("b", 3)]
        >>> [(key, list(values)) for key, values in GroupSortIterator(pairs)]
        [('a', [1, 2]), ('b', [3])]
    """

    def __init__(
        self,
        items: Iterable[Any],
        order: KeyOrder | None = None,
        *,
        key: Callable[[Value], Any] | None = None,
    ) -> None:
        pairs = iter(items) if key is None else ((key(item), item) for item in items)
        self._pairs: Iterator[tuple[Any, Value]] = pairs
        self._same, self._sort_key = _functions(order)
        self._first: tuple[Any, Value] | None = None
        self._is_started = False
        self._last: Any = None
        self._values: Iterator[Value] = iter(())

    def __iter__(self) -> GroupSortIterator[Value]:
        return self

    def __next__(self) -> tuple[Any, Iterator[Value]]:
        if not self._is_started:
            self._first = next(self._pairs, None)
        for _ in self._values:  # what the caller left
            pass
        if self._first is None:
            raise StopIteration
        key = self._first[0]
        place = self._sort_key(key)
        if self._is_started and place < self._last:
            raise UnsortedInput(
                "a group's key is smaller than the one before it",
                row=key,
                fix="sort the input by the same order first",
            )
        self._is_started, self._last = True, place
        self._values = self._group(*self._first)
        return key, self._values

    def _group(self, key: Any, first: Value) -> Iterator[Value]:
        same = self._same
        yield first
        for pair in self._pairs:
            if not same(key, pair[0]):
                self._first = pair
                return
            yield pair[1]
        self._first = None


def _functions(
    order: KeyOrder | None,
) -> tuple[Callable[[Any, Any], bool], Callable[[Any], Any]]:
    if order is not None:
        return order.same(), order.sort_key()
    same, sort_key = KeyOrder(1).same(), KeyOrder(1).sort_key()
    return (lambda left, right: same((left,), (right,))), (lambda key: sort_key((key,)))
