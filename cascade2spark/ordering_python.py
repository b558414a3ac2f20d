"""PythonKeyOrder: what equality, order and hash mean for keys of plain Python objects.

Pipes keep 1, 1.0 and True apart, as Java does (`ordering`). Who works with Python objects expects
``==``, so here values are equal when Python says so, and the hash follows:

* numbers of any class are compared by value: ``1 == 1.0 == True == Decimal(1) == Fraction(1)``
* None equals None and comes first; unlike ``==``, NaN equals NaN, and follows the other numbers
* tuples are compared by their elements, as are lists; a list never equals a tuple
* sets and mappings are equal by content; members of an enum are equal to themselves
* what Python cannot order, it orders by kind: None, numbers, text, bytes, dates, times, datetimes,
  tuples, mappings, lists, sets, enum members

The hash of a value is that of `kinds`, with its Kind as seed, but for these:

======================  ===========================================================================
value                   words
======================  ===========================================================================
number                  if it is whole and from -2**63 to 2**63 - 1, one of kind WHOLE; else one of
                        kind REAL: its hash as Python's reference defines it for numeric types, with
                        P = 2**61 - 1, in two's complement
tuple                   the size, then the hash of each element (as here)
mapping                 kind MAPPING: the size, then the hash of key and value, sorted by key
list, set, enum member  as a tuple, with 21, 22 and 23 for the number of the kind: of the elements;
                        of the sorted elements; of two texts, the name of the class and its own
======================  ===========================================================================
"""

from __future__ import annotations

import enum
import numbers
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import partial
from operator import itemgetter
from typing import Any

import attrs

from cascade2spark.errors import RunError, shown_value
from cascade2spark.kinds import (
    GOLDEN,
    MASK,
    SEED,
    Kind,
    hash_round,
    value_hash,
    value_key,
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
ValueKey = tuple[int, Any]

_NUMBER, _NOT_A_NUMBER = int(Kind.WHOLE), int(Kind.NOT_A_NUMBER)
_TUPLE, _MAPPING = int(Kind.TUPLE), int(Kind.MAPPING)
_LIST, _SET, _MEMBER = 20, 21, 22
# Values of these classes are their own payload, and their own group key.
_PLAIN_RANKS: dict[type, int] = {
    bool: _NUMBER,
    int: _NUMBER,
    str: int(Kind.TEXT),
    bytes: int(Kind.BYTES),
    date: int(Kind.DATE),
}
_PLAIN = frozenset({*_PLAIN_RANKS, type(None)})
_PLAIN_RANK_NUMBERS = frozenset(_PLAIN_RANKS.values())
_REAL = frozenset({int, bool, float})
_LEAST, _BEYOND = -(1 << 63), 1 << 63
# Stands first in the group keys of what is no plain value: nothing of a user's is equal to it.
_TAG = object()


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
        part = self._checked(_turned_key if self.reverse else _order_key)
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
            return lambda left, right: _is_same(left[0], right[0])
        return lambda left, right: all(map(_is_same, left, right))

    def group_key(self) -> Callable[[Key], Hashable]:
        """Return the function from a key to something hashable, equal exactly for same keys.

        It is made for dicts within one process: neither its hash nor its order means anything.
        """
        part = self._checked(_group_key)
        if self.width == 1:
            return lambda key: part(key[0])
        return part

    def _checked(self, part: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a function of a value, or of a key, which refuses what is not hashable."""
        places = self.hashable_from
        if places is None:
            return part

        def checked(value: Any) -> Any:
            if value.__class__ not in _PLAIN:
                _check_hashable(value, places)
            return part(value)

        return checked

    def hasher(self) -> Callable[[Key], int]:
        """Return the function from a key to its hash, an unsigned 64-bit number."""
        part = self._checked(_hash)
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
        part = _turned_key if self.reverse else _order_key
        one, other = part(left), part(right)
        return 0 if one == other else -1 if one < other else 1

    def hash_code(self, value: Any) -> int:
        """Return the hash of a value, equal for equal ones."""
        return _hash(value)


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
    if _PLAIN.issuperset(map(type, values)):
        return values
    return list(map(_group_key, values))


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
        return len(kinds) == 1 and kinds <= _PLAIN - {type(None)}
    widths = set(map(len, values()))
    return len(widths) == 1 and all(
        are_ordered_plainly(partial(_values_at, place, values)) for place in range(min(widths))
    )


def _values_at(place: int, values: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    return map(itemgetter(place), values())


def _order_key(value: Any) -> ValueKey:
    """Return (rank, payload); these are ordered and equal exactly as the values are."""
    rank = _PLAIN_RANKS.get(value.__class__)
    if rank is not None:
        return rank, value
    if value is None:
        return 0, 0
    if value.__class__ is float:
        return (_NUMBER, value) if value == value else (_NOT_A_NUMBER, 0)
    for kinds, classify in _CLASSIFY:
        if isinstance(value, kinds):
            return classify(value)
    raise RunError(
        f"a value of class {type(value).__name__} cannot be part of a key",
        details={"value": shown_value(value), "module": type(value).__module__},
        fix="make the key of plain values: numbers, text, dates, None, and tuples of them",
    )


def _check_hashable(value: Any, places: tuple[str, str]) -> None:
    try:
        hash(value)
    except TypeError:
        raise RunError(
            f"a value of class {type(value).__name__} cannot be a key: it is not hashable",
            details={"value": shown_value(value), "made by": places[0], "key of": places[1]},
            fix="make a tuple of a list, a frozenset of a set, a tuple of items of a dict",
        ) from None


class _Turned:
    """A payload whose order is turned around."""

    __slots__ = ("payload",)

    def __init__(self, payload: Any) -> None:
        self.payload = payload

    def __lt__(self, other: _Turned) -> bool:
        return bool(other.payload < self.payload)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Turned) and bool(self.payload == other.payload)

    __hash__ = None  # type: ignore[assignment]


def _turned_key(value: Any) -> ValueKey:
    rank, payload = _order_key(value)
    if rank != _NUMBER:
        return -rank, _Turned(payload)
    # The sign of a Decimal would round it.
    return -rank, payload.copy_negate() if isinstance(payload, Decimal) else -payload


def _is_same(left: Any, right: Any) -> bool:
    if left.__class__ is right.__class__ and left.__class__ in _PLAIN:
        return bool(left == right)
    return _order_key(left) == _order_key(right)


def _group_key(value: Any) -> Hashable:
    kind = value.__class__
    if kind in _PLAIN:
        return value  # type: ignore[no-any-return]
    if isinstance(value, tuple):
        if kind is tuple and _PLAIN.issuperset(map(type, value)):
            return value
        return tuple(map(_group_key, value))
    rank, payload = _order_key(value)
    return payload if rank in _PLAIN_RANK_NUMBERS else (_TAG, rank, payload)


def _hash(value: Any) -> int:
    if value.__class__ is str:
        return value_hash(value)
    rank, payload = _order_key(value)
    return _HASHES[rank](payload)


def _number_key(value: Any) -> ValueKey:
    return (_NUMBER, value) if value == value else (_NOT_A_NUMBER, 0)


def _decimal_key(value: Decimal) -> ValueKey:
    # A signalling NaN refuses even to be compared.
    return (_NOT_A_NUMBER, 0) if value.is_nan() else (_NUMBER, value)


def _rational_key(value: Any) -> ValueKey:
    return _NUMBER, Fraction(int(value.numerator), int(value.denominator))


def _tuple_key(value: Sequence[Any]) -> ValueKey:
    return _TUPLE, tuple(map(_order_key, value))


def _mapping_key(value: Mapping[Any, Any]) -> ValueKey:
    return _MAPPING, tuple(sorted((_order_key(name), _order_key(value[name])) for name in value))


def _member_key(value: enum.Enum) -> ValueKey:
    kind = type(value)
    return _MEMBER, ((_TEXT, f"{kind.__module__}.{kind.__qualname__}"), (_TEXT, value.name))


_TEXT = int(Kind.TEXT)
# Members that are texts or numbers too are equal to these; datetime is a subclass of date.
_CLASSIFY: list[tuple[type | tuple[type, ...], Callable[[Any], ValueKey]]] = [
    (tuple, _tuple_key),
    (Decimal, _decimal_key),
    ((datetime, time, str, bytes, bytearray, memoryview, date), value_key),
    (int, lambda value: (_NUMBER, int.__index__(value))),
    (float, lambda value: _number_key(float.__pos__(value))),
    (numbers.Integral, lambda value: (_NUMBER, int(value))),  # numpy's whole numbers
    (numbers.Rational, _rational_key),
    (numbers.Real, lambda value: _number_key(float(value))),  # numpy's other reals
    (list, lambda value: (_LIST, tuple(map(_order_key, value)))),
    ((set, frozenset), lambda value: (_SET, tuple(sorted(map(_order_key, value))))),
    (Mapping, _mapping_key),
    (enum.Enum, _member_key),
]


def _hash_number(number: Any) -> int:
    if number.__class__ is not int and _LEAST <= number < _BEYOND:
        whole = int(number)
        number = whole if whole == number else number
    if number.__class__ is int and _LEAST <= number < _BEYOND:
        return hash_round(SEED[Kind.WHOLE], number & MASK)
    return hash_round(SEED[Kind.REAL], _numeric_hash(number) & MASK)


def _numeric_hash(number: Any) -> int:
    """Return Python's own hash of a number, which the language reference defines by its value."""
    assert sys.hash_info.modulus == (1 << 61) - 1, "a Python of 32 bits"
    return hash(number)


def _hash_parts(seed: int) -> Callable[[tuple[ValueKey, ...]], int]:
    def hash_parts(parts: tuple[ValueKey, ...]) -> int:
        state = hash_round(seed, len(parts))
        for rank, payload in parts:
            state = hash_round(state, _HASHES[rank](payload))
        return state

    return hash_parts


def _hash_items(items: tuple[tuple[ValueKey, ValueKey], ...]) -> int:
    state = hash_round(SEED[Kind.MAPPING], len(items))
    for item in items:
        for rank, payload in item:
            state = hash_round(state, _HASHES[rank](payload))
    return state


def _hash_word(kind: Kind) -> Callable[[int], int]:
    return lambda word: hash_round(SEED[kind], word & MASK)


def _own_seed(rank: int) -> int:
    return ((rank + 1) * GOLDEN) & MASK


def _itself(key: Key) -> Key:
    return key


_HASHES: dict[int, Callable[[Any], int]] = {
    int(Kind.NULL): lambda _: SEED[Kind.NULL],
    _NUMBER: _hash_number,
    _NOT_A_NUMBER: lambda _: SEED[Kind.NOT_A_NUMBER],
    **{int(kind): value_hash for kind in (Kind.TEXT, Kind.BYTES, Kind.DATE)},
    **{
        int(kind): _hash_word(kind)
        for kind in (Kind.TIME, Kind.ZONED_TIME, Kind.DATETIME, Kind.ZONED_DATETIME)
    },
    **{rank: _hash_parts(_own_seed(rank)) for rank in (_TUPLE, _LIST, _SET, _MEMBER)},
    _MAPPING: _hash_items,
}
