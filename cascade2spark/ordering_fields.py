"""One field of a key: what a comparator or natural order, up or down, means for its values.

Several fields make the key, in `ordering`. What a value means without a comparator is in `kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cmp_to_key
from typing import Any

import attrs

from cascade2spark.comparators import (
    Comparator,
    Hasher,
    KeyComparator,
    NaturalOrder,
    NullNotEquivalentComparator,
    ReverseOrder,
)
from cascade2spark.kinds import (
    MASK,
    SEED,
    Kind,
    hash_round,
    is_same,
    value_group_key,
    value_hash,
    value_key,
)

__all__ = ["FieldOrder", "field_order"]


def field_order(comparator: Comparator | None, descends: bool) -> FieldOrder:
    """Return the order of a field; reversed comparators become directions."""
    while isinstance(comparator, ReverseOrder):
        comparator, descends = comparator.comparator, not descends
    if isinstance(comparator, NaturalOrder):
        comparator = None
    return FieldOrder(comparator, descends)


@attrs.frozen
class FieldOrder:
    """One field of a key: a comparator that is not reversed, and a direction."""

    comparator: Any
    descends: bool

    @property
    def is_natural(self) -> bool:
        """Whether the values are ordered by `kinds`."""
        return self.comparator is None

    @property
    def is_hashed(self) -> bool:
        """Whether same values have equal hashes."""
        return self.comparator is None or isinstance(self.comparator, Hasher)

    @property
    def has_lonely_nulls(self) -> bool:
        """Whether a null equals nothing."""
        return isinstance(self.comparator, NullNotEquivalentComparator)

    def sort_key(self) -> Callable[[Any], Any]:
        """Return the function from a value to something ordered as the values are."""
        comparator = self.comparator
        natural = _descending_key if self.descends else value_key
        if comparator is None or self.has_lonely_nulls:
            return natural
        if isinstance(comparator, KeyComparator):
            return lambda value: natural(comparator.key_of(value))
        if self.descends:
            return cmp_to_key(lambda left, right: comparator.compare(right, left))
        return cmp_to_key(comparator.compare)

    def same(self) -> Callable[[Any, Any], bool]:
        """Return the function that tells whether two values are the same."""
        comparator = self.comparator
        if comparator is None:
            return is_same
        if self.has_lonely_nulls:
            return lambda left, right: left is not None and is_same(left, right)
        return lambda left, right: comparator.compare(left, right) == 0

    def group_key(self) -> Callable[[Any], Hashable]:
        """Return the function to something hashable, equal exactly for same values."""
        comparator = self.comparator
        if comparator is None:
            return value_group_key
        if self.has_lonely_nulls:
            return lambda value: object() if value is None else value_group_key(value)
        if isinstance(comparator, KeyComparator):
            return lambda value: value_group_key(comparator.key_of(value))
        return lambda value: _Bucketed(value, comparator)

    def hash(self) -> Callable[[Any], int]:
        """Return the function from a value to its hash."""
        comparator = self.comparator
        if comparator is None or isinstance(
            comparator, (KeyComparator, NullNotEquivalentComparator)
        ):
            return value_hash if comparator is None else comparator.hash_code
        return lambda value: hash_round(SEED[Kind.HASHED], comparator.hash_code(value) & MASK)


class _Bucketed:
    """A value as a dict sees it through a comparator with a hash."""

    __slots__ = ("comparator", "value")

    def __init__(self, value: Any, comparator: Any) -> None:
        self.value = value
        self.comparator = comparator

    def __hash__(self) -> int:
        return hash(self.comparator.hash_code(self.value))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Bucketed) and self.comparator.compare(self.value, other.value) == 0
        )


class _Descending:
    """A payload whose order is turned around."""

    __slots__ = ("payload",)

    def __init__(self, payload: Any) -> None:
        self.payload = payload

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.payload < self.payload)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.payload == other.payload


def _descending_key(value: Any) -> tuple[int, Any]:
    kind, payload = value_key(value)
    if isinstance(payload, (int, float)):
        return -kind, -payload
    return -kind, _Descending(payload)
