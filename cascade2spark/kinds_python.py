"""What a Python object is as part of a key, where values are equal when Python says so.

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
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

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

__all__ = [
    "PLAIN",
    "check_hashable",
    "group_key_of",
    "hash_of",
    "is_same",
    "order_key",
    "turned_key",
]

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
PLAIN = frozenset({*_PLAIN_RANKS, type(None)})
_PLAIN_RANK_NUMBERS = frozenset(_PLAIN_RANKS.values())
_LEAST, _BEYOND = -(1 << 63), 1 << 63
# Stands first in the group keys of what is no plain value: nothing of a user's is equal to it.
_TAG = object()


def order_key(value: Any) -> ValueKey:
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


def check_hashable(value: Any, places: tuple[str, str]) -> None:
    """Refuse a value that is not hashable, with what made the key and what uses it."""
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


def turned_key(value: Any) -> ValueKey:
    """Return what `order_key` does, ordered the other way round."""
    rank, payload = order_key(value)
    if rank != _NUMBER:
        return -rank, _Turned(payload)
    # The sign of a Decimal would round it.
    return -rank, payload.copy_negate() if isinstance(payload, Decimal) else -payload


def is_same(left: Any, right: Any) -> bool:
    """Tell whether two values are the same as keys."""
    if left.__class__ is right.__class__ and left.__class__ in PLAIN:
        return bool(left == right)
    return order_key(left) == order_key(right)


def group_key_of(value: object) -> Hashable:
    """Return something hashable, equal exactly for values that are the same."""
    kind = value.__class__
    if kind in PLAIN:
        return value
    if isinstance(value, tuple):
        if kind is tuple and PLAIN.issuperset(map(type, value)):
            return value
        return tuple(map(group_key_of, value))
    rank, payload = order_key(value)
    return payload if rank in _PLAIN_RANK_NUMBERS else (_TAG, rank, payload)


def hash_of(value: Any) -> int:
    """Return the hash of a value, an unsigned 64-bit number."""
    if value.__class__ is str:
        return value_hash(value)
    rank, payload = order_key(value)
    return _HASHES[rank](payload)


def _number_key(value: Any) -> ValueKey:
    return (_NUMBER, value) if value == value else (_NOT_A_NUMBER, 0)


def _decimal_key(value: Decimal) -> ValueKey:
    # A signalling NaN refuses even to be compared.
    return (_NOT_A_NUMBER, 0) if value.is_nan() else (_NUMBER, value)


def _rational_key(value: Any) -> ValueKey:
    return _NUMBER, Fraction(int(value.numerator), int(value.denominator))


def _tuple_key(value: Sequence[Any]) -> ValueKey:
    return _TUPLE, tuple(map(order_key, value))


def _mapping_key(value: Mapping[Any, Any]) -> ValueKey:
    return _MAPPING, tuple(sorted((order_key(name), order_key(value[name])) for name in value))


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
    (list, lambda value: (_LIST, tuple(map(order_key, value)))),
    ((set, frozenset), lambda value: (_SET, tuple(sorted(map(order_key, value))))),
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
