"""PythonKeyOrder: what equality, order and hash mean for keys of plain Python objects.

Pipes keep 1, 1.0 and True apart, as Java does (`ordering`). Who works with Python objects expects
``==``, so here values are equal when Python says so, and the hash follows; `kinds_python` has it
value by value.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import attrs

from cascade2spark.kinds import hash_round
from cascade2spark.kinds_python import (
    PLAIN,
    check_hashable,
    group_key_of,
    hash_of,
    is_same,
    order_key,
    turned_key,
)
from cascade2spark.ordering import KEY_SEED, AnyKeyOrder, KeyOrder, finished_hash

__all__ = [
    "PythonKeyOrder",
    "PythonOrder",
    "are_ordered_plainly",
    "key_order_of",
    "python_group_keys",
]

Key = tuple[Any, ...]

_REAL = frozenset({int, bool, float})


@attrs.frozen
class PythonKeyOrder:
    """Equality, order and hash of keys of `width` values, by Python's ``==``.

    Steps take it as `AnyKeyOrder`. It is never `is_natural` nor `is_directional`: column forms made
    for the kinds of pipes do not fit, unless a column has one type throughout. Then it is ordered
    alike, in the direction that `descending` tells.

    Args:
        width: number of values in a key.
        reverse: invert the order of every value, so that None comes last.
        hashable_from: what makes the keys, and what uses them, each with its place, if keys must
            be hashable: then lists, sets and dicts are refused, and the message names both.
    Raises:
        RunError: (its functions) a value is of a class whose equality is not known here.
    Laws:
        1. Values that are ``==`` are the same key, and have equal hashes; so has NaN.
        2. `same` keys tie and have equal `group_key`s; others have different ones, and do not tie.
    Source:
        the Python reference: value comparisons, hashing of numeric types
    Example:
        >>> sorted([("b",), (2,), (None,), (1.5,)], key=PythonKeyOrder(1).sort_key())
        [(None,), (1.5,), (2,), ('b',)]
    """

    width: int
    reverse: bool = False
    hashable_from: tuple[str, str] | None = attrs.field(default=None, eq=False)

    is_natural = False
    is_directional = False
    comparators = ()
    has_group_key = True
    is_partitionable = True

    @property
    def descending(self) -> tuple[bool, ...]:
        """Whether each field descends."""
        return (self.reverse,) * self.width

    def sort_key(self) -> Callable[[Key], Any]:
        """Return the function from a key to something ordered by ``<`` as the keys are."""
        part = self._checked(turned_key if self.reverse else order_key)
        if self.width == 1:
            return lambda key: part(key[0])
        return lambda key: tuple(map(part, key))

    def sort_key_among(self, keys: Sequence[Key]) -> Callable[[Key], Any]:
        """Return a sort key that orders just these keys, quicker when their classes allow it."""
        if self.reverse:
            return self.sort_key()
        for place in range(self.width):
            if not are_ordered_plainly(partial(map, itemgetter(place), keys)):
                return self.sort_key()
        return itemgetter(0) if self.width == 1 else _itself

    def same(self) -> Callable[[Key, Key], bool]:
        """Return the function that tells whether two keys are the same."""
        if self.width == 1:
            return lambda left, right: is_same(left[0], right[0])
        return lambda left, right: all(map(is_same, left, right))

    def group_key(self) -> Callable[[Key], Hashable]:
        """Return the function from a key to something hashable, equal exactly for same keys.

        It is made for dicts within one process: neither its hash nor its order means anything.
        """
        part = self._checked(group_key_of)
        if self.width == 1:
            return lambda key: part(key[0])
        return part

    def _checked(self, part: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a function of a value, or of a key, which refuses what is not hashable."""
        places = self.hashable_from
        if places is None:
            return part

        def checked(value: Any) -> Any:
            if value.__class__ not in PLAIN:
                check_hashable(value, places)
            return part(value)

        return checked

    def hasher(self) -> Callable[[Key], int]:
        """Return the function from a key to its hash, an unsigned 64-bit number."""
        part = self._checked(hash_of)
        if self.width == 1:
            return lambda key: finished_hash(hash_round(KEY_SEED, part(key[0])))

        def hash_key(key: Key) -> int:
            state = KEY_SEED
            for value in key:
                state = hash_round(state, part(value))
            return finished_hash(state)

        return hash_key

    def hash_of(self, key: Key) -> int:
        """Return the hash of one key; `hasher` is quicker for many."""
        return self.hasher()(key)

    def partition_of(self, key: Key, partitions: int) -> int:
        """Return the partition of one key, from 0."""
        return self.hash_of(key) % partitions

    def partitioner(self, partitions: int) -> Callable[[Key], int]:
        """Return the function from a key to its partition, from 0."""
        if partitions == 1:
            return lambda key: 0
        hash_key = self.hasher()
        return lambda key: hash_key(key) % partitions


@attrs.frozen
class PythonOrder:
    """As the comparator of a field: its values are compared by Python's ``==``.

    Where all fields of a key have it, steps take a `PythonKeyOrder`; see `key_order_of`.

    Args:
        reverse: the greatest first, None last.
        hashable_from: as of `PythonKeyOrder`.
    """

    reverse: bool = False
    hashable_from: tuple[str, str] | None = attrs.field(default=None, eq=False)

    def compare(self, left: Any, right: Any) -> int:
        """Return less than, equal to or more than 0."""
        part = turned_key if self.reverse else order_key
        one, other = part(left), part(right)
        return 0 if one == other else -1 if one < other else 1

    def hash_code(self, value: Any) -> int:
        """Return the hash of a value, equal for equal ones."""
        return hash_of(value)


def key_order_of(width: int, comparators: Sequence[Any], reverse: bool = False) -> AnyKeyOrder:
    """Return the order of a key by the comparators of its fields."""
    is_python = comparators and all(isinstance(one, PythonOrder) for one in comparators)
    if is_python and len({one.reverse for one in comparators}) == 1:
        places = [one.hashable_from for one in comparators if one.hashable_from is not None]
        return PythonKeyOrder(
            width, comparators[0].reverse is not reverse, places[0] if places else None
        )
    return KeyOrder(width, tuple(comparators), reverse)


def python_group_keys(values: list[Any]) -> list[Any]:
    """Return for each value something hashable, equal exactly for values that are the same key.

    30 ns a value for a list of text or whole numbers, which is returned as it is.
    """
    if PLAIN.issuperset(map(type, values)):
        return values
    return list(map(group_key_of, values))


def are_ordered_plainly(values: Callable[[], Iterator[Any]]) -> bool:
    """Tell whether Python's own ``<`` orders values as `PythonKeyOrder` does, ties included.

    True for values of one plain class, for numbers without NaN, and for tuples of one length of
    such: they are sorted in a quarter of the time.

    Args:
        values: gives them, as often as they are asked for.
    """
    kinds = set(map(type, values()))
    if kinds <= _REAL:
        return float not in kinds or all(value == value for value in values())
    if kinds != {tuple}:
        return len(kinds) == 1 and kinds <= PLAIN - {type(None)}
    widths = set(map(len, values()))
    return len(widths) == 1 and all(
        are_ordered_plainly(partial(_values_at, place, values)) for place in range(min(widths))
    )


def _values_at(place: int, values: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    return map(itemgetter(place), values())


def _itself(key: Key) -> Key:
    return key
