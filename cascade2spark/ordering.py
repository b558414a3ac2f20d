"""KeyOrder: what equality, order and hash mean for a key, as one object.

Exchange, sort, group boundary and join tables, local and on Spark, all take theirs from here. What
one value means in a key is in `kinds`; `ordering_fields` adds comparators and directions, this
module several fields.

The hash of a key, for a second implementation: start at ``KEY_SEED``, take one round (see `kinds`)
with the hash of each field from left to right, and finish with::

    h = h xor (h >> 33);  h = (h * 0xFF51AFD7ED558CCD) mod 2**64
    h = h xor (h >> 33);  h = (h * 0xC4CEB9FE1A85EC53) mod 2**64
    h = h xor (h >> 33)

A field's hash is the hash of its value, as under NullNotEquivalentComparator; under a
`KeyComparator` that of the value's key; under another comparator with ``hash_code`` that of its
result as kind HASHED; a field whose comparator has no hash takes part with no round. Direction
never counts. The partition is the hash modulo their number.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Hashable, Iterable, Sequence
from operator import itemgetter
from typing import Any, Protocol, TypeVar

import attrs

from cascade2spark.comparators import (
    Comparator,
    NaturalOrder,
    comparator_of,
)
from cascade2spark.errors import BuildError, RunError
from cascade2spark.fields import Fields
from cascade2spark.kinds import (
    GOLDEN,
    MASK,
    PLAIN_CLASSES,
    PLAIN_KINDS,
    hash_round,
    is_same,
    value_group_key,
    value_key,
)
from cascade2spark.ordering_fields import FieldOrder, field_order

__all__ = ["KEY_SEED", "AnyKeyOrder", "KeyOrder", "finished_hash", "insert_in_order"]

Item = TypeVar("Item")

Key = tuple[Any, ...]
KEY_SEED = (19 * GOLDEN) & MASK

_OWN_GROUP_KEYS = frozenset({str, int, bytes, type(None)})


def _unwrapped(comparators: Iterable[Any]) -> tuple[Comparator | None, ...]:
    given = [None if one is None else comparator_of(one) for one in comparators]
    kept = tuple(None if isinstance(one, NaturalOrder) else one for one in given)
    return kept if any(one is not None for one in kept) else ()


class AnyKeyOrder(Protocol):
    """What steps ask of the order of a key: a `KeyOrder`, or an `ordering_python.PythonKeyOrder`.

    The laws are those of `KeyOrder`.
    """

    @property
    def width(self) -> int:
        """Number of values in a key."""
        ...

    @property
    def reverse(self) -> bool:
        """Whether the order of every field is inverted."""
        ...

    @property
    def comparators(self) -> tuple[Comparator | None, ...]:
        """One for each field, or none at all."""
        ...

    @property
    def is_natural(self) -> bool:
        """Whether equality is that of `kinds`, for all fields."""
        ...

    @property
    def is_directional(self) -> bool:
        """Whether columns of any type are equal and ordered by `kinds`, up or down."""
        ...

    @property
    def descending(self) -> tuple[bool, ...] | None:
        """Whether each field descends; None when columns of one type are not ordered by `kinds`."""
        ...

    @property
    def has_group_key(self) -> bool:
        """Whether same keys can be found in a dict."""
        ...

    @property
    def is_partitionable(self) -> bool:
        """Whether same keys are sure to have equal hashes and others mostly not."""
        ...

    def sort_key(self) -> Callable[[Key], Any]:
        """Return the function from a key to something ordered by ``<`` as the keys are."""
        ...

    def sort_key_among(self, keys: Sequence[Key]) -> Callable[[Key], Any]:
        """Return a sort key that orders just these keys."""
        ...

    def same(self) -> Callable[[Key, Key], bool]:
        """Return the function that tells whether two keys are the same."""
        ...

    def group_key(self) -> Callable[[Key], Hashable]:
        """Return the function from a key to something hashable, equal exactly for same keys."""
        ...

    def hasher(self) -> Callable[[Key], int]:
        """Return the function from a key to its hash, an unsigned 64-bit number."""
        ...

    def hash_of(self, key: Key) -> int:
        """Return the hash of one key."""
        ...

    def partition_of(self, key: Key, partitions: int) -> int:
        """Return the partition of one key, from 0."""
        ...

    def partitioner(self, partitions: int) -> Callable[[Key], int]:
        """Return the function from a key to its partition, from 0."""
        ...


@attrs.frozen
class KeyOrder:
    """Equality, order and hash of keys of `width` values.

    Ascending, null first, kinds apart, unless a comparator says otherwise; `reverse` turns all of
    it around. The functions it returns take a key as a tuple of `width` values; build them once.

    Args:
        width: number of values in a key; 0 makes all keys the same.
        comparators: one for each field or None for natural order; or none at all.
        reverse: invert the order of every field, so that nulls come last.
    Laws:
        1. `sort_key` is a total order: of two keys one is less, or neither is and they tie.
        2. `same` keys tie, have equal `group_key`s and equal hashes.
        3. Keys that are not the same have different `group_key`s, and do not tie, but for keys
           with a null under NullNotEquivalentComparator: these tie and equal nothing.
    Source:
        cascading GroupBy and CoGroup keys; cascading.tuple.Hasher
    Example:
        >>> sorted([("b",), (None,), ("a",)], key=KeyOrder(1).sort_key())
        [(None,), ('a',), ('b',)]
    """

    width: int
    comparators: tuple[Comparator | None, ...] = attrs.field(default=(), converter=_unwrapped)
    reverse: bool = False

    def __attrs_post_init__(self) -> None:
        if self.comparators and len(self.comparators) != self.width:
            raise BuildError(
                f"{len(self.comparators)} comparators were given for a key of {self.width} fields"
            )

    @classmethod
    def of(cls, fields: Fields, reverse: bool = False) -> KeyOrder:
        """Return the order of keys of these fields, with the comparators set on them."""
        return cls(fields.size(), fields.get_comparators() or (), reverse)

    @property
    def is_natural(self) -> bool:
        """No field has a comparator; the order may be reversed."""
        return not self.comparators

    @property
    def is_directional(self) -> bool:
        """Every field is in natural order, ascending or descending: see `descending`."""
        return self.descending is not None

    @property
    def descending(self) -> tuple[bool, ...] | None:
        """Whether each field descends; None when some comparator is not natural order."""
        parts = self._parts()
        return tuple(p.descends for p in parts) if all(p.is_natural for p in parts) else None

    @property
    def has_group_key(self) -> bool:
        """Every comparator has a hash, so that same keys can be found in a dict."""
        return all(part.is_hashed for part in self._parts())

    @property
    def is_partitionable(self) -> bool:
        """Same keys are sure to have equal hashes and others mostly not.

        False when every field has a comparator without a hash: use one partition then.
        """
        return not self.width or any(part.is_hashed for part in self._parts())

    def sort_key(self) -> Callable[[Key], Any]:
        """Return the function from a key to something ordered by ``<`` as the keys are."""
        # Nanoseconds a key (4-core x86-64, CPython 3.11): one text or whole number 75, one float
        # 110, one descending whole number 130, one descending text 240, text and number 225.
        # A hash of short text takes 930, a group key of it 45.
        parts = [part.sort_key() for part in self._parts()]
        if len(parts) == 1:
            return _sort_natural_one if parts[0] is value_key else _on_first(parts[0])
        if all(part is value_key for part in parts):
            return lambda key: tuple(map(value_key, key))
        return lambda key: tuple([part(value) for part, value in zip(parts, key, strict=True)])

    def sort_key_among(self, keys: Sequence[Key]) -> Callable[[Key], Any]:
        """Return a sort key that orders just these keys, quicker when their kinds allow it.

        Never compare its results with those for other keys.
        """
        if any(self.descending or (True,) * self.width):
            return self.sort_key()
        for place in range(self.width):
            classes = set(map(type, map(itemgetter(place), keys)))
            if len(classes) > 1 or not classes <= PLAIN_CLASSES - {type(None)}:
                return self.sort_key()
        return itemgetter(0) if self.width == 1 else _itself

    def same(self) -> Callable[[Key, Key], bool]:
        """Return the function that tells whether two keys are the same."""
        parts = [part.same() for part in self._parts()]
        if len(parts) == 1:
            only = parts[0]
            return lambda left, right: only(left[0], right[0])
        if self.is_natural:
            return lambda left, right: all(map(is_same, left, right))
        return lambda left, right: all(
            part(one, other) for part, one, other in zip(parts, left, right, strict=True)
        )

    def group_key(self) -> Callable[[Key], Hashable]:
        """Return the function from a key to something hashable, equal exactly for same keys.

        It is made for dicts within one process: neither its hash nor its order means anything.

        Raises:
            RunError: a comparator has no hash; ask `has_group_key` before.
        """
        if not self.has_group_key:
            raise RunError(
                "keys cannot be looked up by hash: a comparator of theirs has no hash_code",
                details={"comparators": str(self.comparators)},
            )
        parts = [part.group_key() for part in self._parts()]
        if len(parts) == 1:
            return _on_first(parts[0])
        if self.is_natural:
            return _group_natural
        return lambda key: tuple([part(value) for part, value in zip(parts, key, strict=True)])

    def hasher(self) -> Callable[[Key], int]:
        """Return the function from a key to its hash, an unsigned 64-bit number."""
        parts = [(place, part.hash()) for place, part in enumerate(self._parts()) if part.is_hashed]

        if len(parts) == 1:
            (only, hash_field), *_ = parts
            return lambda key: finished_hash(hash_round(KEY_SEED, hash_field(key[only])))

        def hash_key(key: Key) -> int:
            state = KEY_SEED
            for place, part in parts:
                state = hash_round(state, part(key[place]))
            return finished_hash(state)

        return hash_key

    def hash_of(self, key: Key) -> int:
        """Return the hash of one key; `hasher` is quicker for many."""
        return self.hasher()(key)

    def partition_of(self, key: Key, partitions: int) -> int:
        """Return the partition of one key, from 0; always 0 when it `is_partitionable` not."""
        return self.hash_of(key) % partitions if self.is_partitionable else 0

    def partitioner(self, partitions: int) -> Callable[[Key], int]:
        """Return the function from a key to its partition, from 0."""
        if not self.is_partitionable or partitions == 1:
            return lambda key: 0
        hash_key = self.hasher()
        return lambda key: hash_key(key) % partitions

    def _parts(self) -> list[FieldOrder]:
        given = self.comparators or (None,) * self.width
        return [field_order(comparator, self.reverse) for comparator in given]


def finished_hash(state: int) -> int:
    """Return the hash of a key from the state after its last round."""
    state = ((state ^ (state >> 33)) * 0xFF51AFD7ED558CCD) & MASK
    state = ((state ^ (state >> 33)) * 0xC4CEB9FE1A85EC53) & MASK
    return state ^ (state >> 33)


def insert_in_order(
    placed: list[Item], item: Item, place: Callable[[Item], Any]
) -> list[tuple[Exception, Item]]:
    """Put an item behind those of sorted ones that are not greater, when comparing may fail.

    Where a comparator fails on two items, the one that cannot even be compared with itself is left
    out; if both can, the later one.

    Args:
        placed: the sorted items, changed in place.
        place: the sort key of an item.
    Returns:
        The items left out, each with what was raised.
    """
    bad: list[tuple[Exception, Item]] = []
    while True:
        try:
            bisect.insort_right(placed, item, key=place)
            return bad
        except Exception as error:
            last = error
        try:
            own = place(item)
        except Exception:
            return [*bad, (last, item)]
        if _refusal(own, own) is not None:
            return [*bad, (last, item)]
        culprits = [
            (refused, other)
            for other in placed
            if (refused := _refusal(place(other), own)) is not None
            and _refusal(place(other), place(other)) is not None
        ]
        if not culprits:
            return [*bad, (last, item)]
        bad += culprits
        for _, other in culprits:
            del placed[next(at for at, one in enumerate(placed) if one is other)]


def _refusal(left: Any, right: Any) -> Exception | None:
    """Return what comparing two sort keys raises, None if they compare."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        for one, other in zip(left, right, strict=False):
            refused = _refusal(one, other)
            if refused is not None:
                return refused
            # An identical part counts as equal without being asked: it must not hide the next one.
            if one is not other and one != other:
                return None
        return None
    try:
        _ = left < right
    except Exception as error:
        return error
    return None


def _sort_natural_one(key: Key) -> Any:
    value = key[0]
    kind = PLAIN_KINDS.get(value.__class__)
    return value_key(value) if kind is None else (kind, value)


def _on_first(part: Callable[[Any], Any]) -> Callable[[Key], Any]:
    return lambda key: part(key[0])


def _group_natural(key: Key) -> Hashable:
    if _OWN_GROUP_KEYS.issuperset(map(type, key)):
        return key
    return tuple(map(value_group_key, key))


def _itself(key: Key) -> Key:
    return key
