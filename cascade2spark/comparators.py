"""Comparators: an order, and with it an equality, of one's own for a field of a key.

A comparator is an object with ``compare(left, right)`` that returns a negative number, zero or a
positive one. It receives nulls (None) and must cope. One that finds different values equal should
also have ``hash_code(value)``, equal for equal values, else rows cannot be spread over partitions
by that field. Plain functions are wrapped: ``comparing(len)``, ``comparator_of(two_arguments)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import attrs

from cascade2spark.errors import BuildError, shown_value
from cascade2spark.kinds import value_hash, value_key
from cascade2spark.name_hints import unknown_name as _unknown_name

__all__ = [
    "Comparator",
    "FunctionComparator",
    "Hasher",
    "KeyComparator",
    "NaturalOrder",
    "NullNotEquivalentComparator",
    "ReverseHasher",
    "ReverseOrder",
    "StringInsensitive",
    "comparator_of",
    "compare_naturally",
    "comparing",
    "natural_order",
    "reverse_order",
]


@runtime_checkable
class Comparator(Protocol):
    """What a field of a key may be ordered by."""

    def compare(self, left: Any, right: Any) -> int:
        """Return less than, equal to or more than 0; both sides may be None."""
        ...


@runtime_checkable
class Hasher(Protocol):
    """A comparator that also says into which bucket a value goes."""

    def compare(self, left: Any, right: Any) -> int: ...

    def hash_code(self, value: Any) -> int:
        """Return a whole number, the same for values that `compare` finds equal, everywhere.

        Python's own `hash` of a str differs between processes, so it does not do.
        """
        ...


def compare_naturally(left: Any, right: Any) -> int:
    """Compare as keys without a comparator do: null first, kinds apart, NaN last."""
    one, other = value_key(left), value_key(right)
    return (one > other) - (one < other)


@attrs.frozen
class NaturalOrder:
    """The order that fields without a comparator have."""

    def compare(self, left: Any, right: Any) -> int:
        return compare_naturally(left, right)

    def hash_code(self, value: Any) -> int:
        return value_hash(value)


@attrs.frozen
class ReverseOrder:
    """The reverse of a comparator, or of natural order (None); nulls come last then."""

    comparator: Comparator | None = None

    def compare(self, left: Any, right: Any) -> int:
        if self.comparator is None:
            return compare_naturally(right, left)
        return self.comparator.compare(right, left)


@attrs.frozen
class ReverseHasher(ReverseOrder):
    """The reverse of a comparator that has a hash, which it keeps."""

    def hash_code(self, value: Any) -> int:
        if isinstance(self.comparator, Hasher):
            return self.comparator.hash_code(value)
        return value_hash(value)


@attrs.frozen
class KeyComparator:
    """Orders values by a key of each, as natural order orders the keys; null comes first.

    Args:
        key: function of one value that is not null; importable, so that it can be pickled.
    """

    key: Callable[[Any], Any]

    def key_of(self, value: Any) -> Any:
        """Return what stands for `value`: equal keys mean equal values."""
        return None if value is None else self.key(value)

    def compare(self, left: Any, right: Any) -> int:
        return compare_naturally(self.key_of(left), self.key_of(right))

    def hash_code(self, value: Any) -> int:
        return value_hash(self.key_of(value))


@attrs.frozen
class FunctionComparator:
    """Orders values by a function of two; it has no hash, for a function tells nothing of one."""

    function: Callable[[Any, Any], int]

    def compare(self, left: Any, right: Any) -> int:
        return self.function(left, right)


@attrs.frozen
class StringInsensitive(KeyComparator):
    """Text without regard to case, null first, other values in natural order.

    Case is folded as Java's CASE_INSENSITIVE_ORDER does it, letter by letter: ``ß`` is not ``ss``.
    """

    key: Callable[[Any], Any] = attrs.field(init=False, repr=False)

    @key.default
    def _fold(self) -> Callable[[Any], Any]:
        return _folded


@attrs.frozen
class NullNotEquivalentComparator:
    """Natural order in which a null equals nothing, not even another null; as SQL joins.

    Nulls sort first. A key with a null in such a field is a group of its own and joins nothing.

    Source:
        cascading.tuple.util.NullNotEquivalentComparator
    """

    def compare(self, left: Any, right: Any) -> int:
        if left is None:
            return -1
        return 1 if right is None else compare_naturally(left, right)

    def hash_code(self, value: Any) -> int:
        return value_hash(value)


def natural_order() -> NaturalOrder:
    """Return the comparator of natural order."""
    return NaturalOrder()


def reverse_order(comparator: Any = None) -> Comparator:
    """Return the reverse of a comparator, or of natural order: Java's Collections.reverseOrder.

    Reversing twice gives back what was reversed first. Nulls come last under a reversed natural
    order.
    """
    if comparator is None:
        return ReverseHasher()
    given = comparator_of(comparator)
    if isinstance(given, ReverseOrder):
        return NaturalOrder() if given.comparator is None else given.comparator
    if isinstance(given, NaturalOrder):
        return ReverseHasher()
    return ReverseHasher(given) if isinstance(given, Hasher) else ReverseOrder(given)


def comparing(key: Callable[[Any], Any], reverse: bool = False) -> Comparator:
    """Return a comparator by a key function, which needs no care for null: null comes first.

    Args:
        key: function of one value that is not null.
        reverse: largest key first, null last.
    Example:
        >>> comparing(len).compare("aa", "b")
        1
    """
    return reverse_order(KeyComparator(key)) if reverse else KeyComparator(key)


def comparator_of(given: Any) -> Comparator:
    """Return `given` if it is a comparator, or wrap a function of two values.

    Raises:
        BuildError: it is neither; a class is not its instance.
    """
    if not isinstance(given, type):
        if isinstance(given, Comparator):
            return given
        if callable(given):
            return FunctionComparator(given)
    raise BuildError(
        "this is not a comparator",
        asked=shown_value(given),
        available=["an object with compare(left, right)", "a function of two values"],
        fix="give an instance of it" if isinstance(given, type) else None,
    )


def _folded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value.isascii():
        return value.lower()
    return "".join(map(_folded_letter, value))


def _folded_letter(letter: str) -> str:
    upper = letter.upper()
    one = upper if len(upper) == 1 else letter
    lower = one.lower()
    return lower if len(lower) == 1 else one


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        raise _unknown_name(__name__, name)
