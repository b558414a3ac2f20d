"""The kinds of values in a key, and what order, equality and hash mean for one value.

`ordering.KeyOrder` puts these together to keys; nothing else in the library decides whether two
values are the same. Kinds are ordered as listed in `Kind`; values of different kinds are never
equal, so 1, 1.0 and True are three values. Within a kind:

* NaN equals NaN and follows all numbers of its kind; -0.0 is 0.0; Decimal 1.0 is 1.00
* text is ordered by code point (Python's, not Java's UTF-16 order; surrogates are code points)
* bytes and bytearray are one kind, as are tuple, list and Tuple (shorter first, then by element)
* times and datetimes with a zone are ordered by their instant, after those without
* mappings are compared as their sorted items

The hash of a value, for a second implementation: all arithmetic is on unsigned 64-bit numbers.
``round(h, w)`` is ``t = ((h xor w) * PRIME) mod 2**64; t xor (t >> 32)``. The hash of a value
starts at ``SEED[n] = ((n + 1) * GOLDEN) mod 2**64``, n being the number of its `Kind`, and takes
one round for each of its words:

======================  ===========================================================================
kind                    words
======================  ===========================================================================
NULL                    none
BOOLEAN                 one, 0 or 1
WHOLE                   one in two's complement, from -2**63 to 2**63 - 1; else kind BIG_WHOLE and
                        the words of its hexadecimal text, ``-`` in front when negative
REAL                    one, the IEEE 754 bits of the double, with -0.0 as 0.0
NOT_A_NUMBER            none
DECIMAL                 the words of the text ``<digits>E<exponent>`` without trailing zeros in the
                        digits, ``-`` in front when negative, ``0E0`` for zero, ``Infinity``
TEXT, BYTES             the UTF-8 bytes (a lone surrogate as three bytes), filled up with zero bytes
                        to a multiple of 8 and read as little-endian words; then their true length
DATE                    one, days since 1970-01-01 in two's complement
TIME, DATETIME          one, microseconds since midnight, or since 1970-01-01T00:00, in two's
                        complement; with a zone in UTC, and kinds ZONED_TIME and ZONED_DATETIME
TUPLE                   the size, then the hash of each element
MAPPING                 the size, then the hash of key and value of each item, sorted by key
HASHED                  one, the result of a Hasher in two's complement
======================  ===========================================================================
"""

from __future__ import annotations

import numbers
import struct
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Any

from cascade2spark.errors import RunError, shown_value

__all__ = [
    "GOLDEN",
    "MASK",
    "PLAIN_CLASSES",
    "PLAIN_KINDS",
    "PRIME",
    "SEED",
    "Kind",
    "declare_sequence",
    "hash_round",
    "is_same",
    "kind_of",
    "value_group_key",
    "value_hash",
    "value_key",
]

MASK = (1 << 64) - 1
PRIME = 0x9FB21C651E98DF25
GOLDEN = 0x9E3779B97F4A7C15

ValueKey = tuple[int, Any]


class Kind(IntEnum):
    """Kinds in key order. The numbers are part of the hash: they may not change."""

    NULL = 0
    BOOLEAN = 1
    WHOLE = 2
    REAL = 3
    NOT_A_NUMBER = 4  # of the kind REAL, sorted after it
    DECIMAL = 5
    DECIMAL_NOT_A_NUMBER = 6  # of the kind DECIMAL, sorted after it
    TEXT = 7
    BYTES = 8
    DATE = 9
    TIME = 10
    ZONED_TIME = 11
    DATETIME = 12
    ZONED_DATETIME = 13
    TUPLE = 14
    MAPPING = 15
    BIG_WHOLE = 16  # only a seed
    HASHED = 17  # only a seed


SEED = tuple(((kind + 1) * GOLDEN) & MASK for kind in Kind)

_EPOCH = datetime(1970, 1, 1)
_ZONED_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_DOUBLE = struct.Struct("<d")
_WORD = struct.Struct("<Q")

# Values of these classes are their own payload: kind number by class.
PLAIN_KINDS: dict[type, int] = {
    bool: int(Kind.BOOLEAN),
    int: int(Kind.WHOLE),
    str: int(Kind.TEXT),
    bytes: int(Kind.BYTES),
    date: int(Kind.DATE),
}
PLAIN_CLASSES = frozenset({*PLAIN_KINDS, type(None)})
_NULL_KEY: ValueKey = (0, 0)
# Classes besides tuple and list whose instances are tuples; see `declare_sequence`.
_SEQUENCES: list[type] = [tuple, list]


def declare_sequence(kind: type) -> type:
    """Let instances of a class count as tuples in keys; for `Tuple`, which is built on this."""
    _SEQUENCES.append(kind)
    return kind


def value_key(value: Any) -> ValueKey:
    """Return (kind number, payload); these are ordered and equal exactly as the values are.

    Raises:
        RunError: the value is of a class that has no place in a key.
    """
    # 50 ns for text or a whole number, 80 for a float, 230 for a Decimal (4-core x86-64, 3.11).
    kind = PLAIN_KINDS.get(value.__class__)
    if kind is not None:
        return kind, value
    if value is None:
        return _NULL_KEY
    if value.__class__ is float:
        return (3, value) if value == value else (4, 0)
    return _other_key(value)


def kind_of(value: Any) -> Kind:
    """Return the kind of a value; NaN is of the kind of the numbers."""
    kind = Kind(value_key(value)[0])
    if kind in (Kind.NOT_A_NUMBER, Kind.DECIMAL_NOT_A_NUMBER):
        return Kind(kind - 1)
    return kind


def is_same(left: Any, right: Any) -> bool:
    """Tell whether two values are the same in a key."""
    if left.__class__ is right.__class__ and left.__class__ in PLAIN_CLASSES:
        return bool(left == right)
    return value_key(left) == value_key(right)


def value_group_key(value: object) -> Hashable:
    """Return something hashable, equal for two values exactly when they are the same.

    Text, bytes, whole numbers and null are returned as they are: no tagged value equals them.
    """
    if value.__class__ in _OWN_GROUP_KEY:
        return value
    kind, payload = value_key(value)
    return payload if kind in _OWN_GROUP_KIND else (kind, payload)


def value_hash(value: Any) -> int:
    """Return the hash of a value as the docstring of this module defines it."""
    kind, payload = value_key(value)
    return _HASHES[kind](payload)


def hash_round(state: int, word: int) -> int:
    """Return `state` with one more 64-bit word mixed in."""
    state = ((state ^ word) * PRIME) & MASK
    return state ^ (state >> 32)


_OWN_GROUP_KEY = frozenset({str, bytes, int, type(None)})
_OWN_GROUP_KIND = frozenset({int(Kind.TEXT), int(Kind.BYTES), int(Kind.WHOLE)})


def _other_key(value: Any) -> ValueKey:
    """Classify what is not of a plain class; subclasses become values of the plain class."""
    for kinds, classify in _CLASSIFY:
        if isinstance(value, kinds):
            return classify(value)
    if isinstance(value, tuple(_SEQUENCES)):
        return _tuple_key(value)
    if isinstance(value, Mapping):
        return _mapping_key(value)
    raise RunError(
        f"a value of class {type(value).__name__} cannot be part of a key",
        details={"value": shown_value(value), "module": type(value).__module__},
    )


def _real_key(value: Any) -> ValueKey:
    return value_key(float.__pos__(value))


def _decimal_key(value: Decimal) -> ValueKey:
    return (int(Kind.DECIMAL_NOT_A_NUMBER), 0) if value.is_nan() else (int(Kind.DECIMAL), value)


def _datetime_key(value: datetime) -> ValueKey:
    if value.utcoffset() is None:
        return int(Kind.DATETIME), (value.replace(tzinfo=None) - _EPOCH) // _MICROSECOND
    return int(Kind.ZONED_DATETIME), (value - _ZONED_EPOCH) // _MICROSECOND


def _time_key(value: time) -> ValueKey:
    since = timedelta(0, value.hour * 3600 + value.minute * 60 + value.second, value.microsecond)
    offset = value.utcoffset()
    if offset is None:
        return int(Kind.TIME), since // _MICROSECOND
    return int(Kind.ZONED_TIME), (since - offset) // _MICROSECOND


def _tuple_key(value: Any) -> ValueKey:
    return int(Kind.TUPLE), (len(value), *map(value_key, value))


def _mapping_key(value: Mapping[Any, Any]) -> ValueKey:
    items = sorted((value_key(name), value_key(value[name])) for name in value)
    return int(Kind.MAPPING), (len(items), *items)


# datetime stands before date, of which it is a subclass.
_CLASSIFY: list[tuple[type | tuple[type, ...], Callable[[Any], ValueKey]]] = [
    (Decimal, _decimal_key),
    (datetime, _datetime_key),
    (time, _time_key),
    (str, lambda value: (int(Kind.TEXT), str.__str__(value))),
    (int, lambda value: (int(Kind.WHOLE), int.__index__(value))),
    (float, _real_key),
    ((bytes, bytearray, memoryview), lambda value: (int(Kind.BYTES), bytes(value))),
    (date, lambda value: (int(Kind.DATE), date(value.year, value.month, value.day))),
    (numbers.Integral, lambda value: (int(Kind.WHOLE), int(value))),  # numpy's whole numbers
]


def _hash_of_none(kind: int) -> Callable[[Any], int]:
    seed = SEED[kind]
    return lambda _: seed


def _hash_of_word(kind: Kind) -> Callable[[int], int]:
    seed = SEED[kind]

    def hash_word(word: int) -> int:
        state = ((seed ^ (word & MASK)) * PRIME) & MASK
        return state ^ (state >> 32)

    return hash_word


def _hash_bytes(seed: int, data: bytes) -> int:
    state, size = seed, len(data)
    if size <= 8:  # 250 ns quicker than the loop, for the most common keys
        if size:
            state = ((state ^ int.from_bytes(data, "little")) * PRIME) & MASK
            state ^= state >> 32
        state = ((state ^ size) * PRIME) & MASK
        return state ^ (state >> 32)
    for (word,) in _WORD.iter_unpack(data.ljust((size + 7) & ~7, b"\0")):
        state = ((state ^ word) * PRIME) & MASK
        state ^= state >> 32
    state = ((state ^ size) * PRIME) & MASK
    return state ^ (state >> 32)


def _hash_text(text: str) -> int:
    return _hash_bytes(SEED[Kind.TEXT], text.encode("utf-8", "surrogatepass"))


def _hash_whole(number: int) -> int:
    if -0x8000000000000000 <= number <= 0x7FFFFFFFFFFFFFFF:
        return _hash_whole_word(number)
    return _hash_bytes(SEED[Kind.BIG_WHOLE], f"{number:x}".encode())


def _hash_real(number: float) -> int:
    return _hash_real_word(_WORD.unpack(_DOUBLE.pack(number + 0.0))[0])


def _hash_decimal(number: Decimal) -> int:
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        text = "-Infinity" if sign else "Infinity"
    elif not number:
        text = "0E0"
    else:
        ones = "".join(map(str, digits)).lstrip("0")
        kept = ones.rstrip("0")
        text = f"{'-' if sign else ''}{kept}E{exponent + len(ones) - len(kept)}"
    return _hash_bytes(SEED[Kind.DECIMAL], text.encode())


def _hash_parts(kind: Kind) -> Callable[[tuple[Any, ...]], int]:
    """Hash the payload of a tuple or mapping: its size, then one kind and payload after another."""

    def hash_parts(payload: tuple[Any, ...]) -> int:
        state = hash_round(SEED[kind], payload[0])
        for part in payload[1:]:
            for number, inner in part if kind is Kind.MAPPING else (part,):
                state = hash_round(state, _HASHES[number](inner))
        return state

    return hash_parts


_hash_whole_word = _hash_of_word(Kind.WHOLE)
_hash_real_word = _hash_of_word(Kind.REAL)
_hash_date_word = _hash_of_word(Kind.DATE)

_HASHES: dict[int, Callable[[Any], int]] = {
    **{kind: _hash_of_none(kind) for kind in (0, 4, 6)},
    Kind.BOOLEAN: _hash_of_word(Kind.BOOLEAN),
    Kind.WHOLE: _hash_whole,
    Kind.REAL: _hash_real,
    Kind.DECIMAL: _hash_decimal,
    Kind.TEXT: _hash_text,
    Kind.BYTES: lambda data: _hash_bytes(SEED[Kind.BYTES], data),
    Kind.DATE: lambda day: _hash_date_word(day.toordinal() - _EPOCH_DAY),
    Kind.TUPLE: _hash_parts(Kind.TUPLE),
    Kind.MAPPING: _hash_parts(Kind.MAPPING),
    Kind.HASHED: _hash_of_word(Kind.HASHED),
    **{
        kind: _hash_of_word(kind)
        for kind in (Kind.TIME, Kind.ZONED_TIME, Kind.DATETIME, Kind.ZONED_DATETIME)
    },
}
