"""Sets of characters: exact ranges wherever possible, Unicode properties by name otherwise.

Ranges are worked out completely here (union, intersection, complement, case variants), so that no
engine's own idea of ``\\w``, of nested classes or of case can leak into a match.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable

import attrs

__all__ = [
    "ALL",
    "CharSet",
    "Complement",
    "Intersection",
    "Property",
    "Ranges",
    "Union",
    "complement",
    "fold_variants",
    "folded",
    "intersection",
    "ranges_of",
    "union",
]

_LAST = sys.maxunicode


@attrs.frozen
class CharSet:
    """A set of characters."""


@attrs.frozen
class Ranges(CharSet):
    """Sorted, disjoint, non-adjacent inclusive ranges of code points."""

    pairs: tuple[tuple[int, int], ...]

    def __contains__(self, code: int) -> bool:
        return any(low <= code <= high for low, high in self.pairs)


@attrs.frozen
class Property(CharSet):
    """A Unicode property in the spelling of the `regex` package: ``Lu``, ``script=Latin``."""

    name: str


@attrs.frozen
class Union(CharSet):
    """Members of any part; at least one part is not plain ranges."""

    parts: tuple[CharSet, ...]


@attrs.frozen
class Intersection(CharSet):
    """Members of both sides."""

    left: CharSet
    right: CharSet


@attrs.frozen
class Complement(CharSet):
    """Everything outside `body`."""

    body: CharSet


def ranges_of(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Return the ranges that cover exactly `pairs`, in normal form."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return Ranges(tuple(merged))


ALL = Ranges(((0, _LAST),))


def union(left: CharSet, right: CharSet) -> CharSet:
    """Return the characters of either side."""
    if isinstance(left, Ranges) and isinstance(right, Ranges):
        return ranges_of((*left.pairs, *right.pairs))
    parts = [part for side in (left, right) for part in _parts(side)]
    exact = [part for part in parts if isinstance(part, Ranges)]
    others = tuple(part for part in parts if not isinstance(part, Ranges))
    ranges = ranges_of(pair for part in exact for pair in part.pairs)
    return Union((ranges, *others) if ranges.pairs else others)


def intersection(left: CharSet, right: CharSet) -> CharSet:
    """Return the characters of both sides."""
    if isinstance(left, Ranges) and isinstance(right, Ranges):
        outside = union(complement(left), complement(right))
        return complement(outside)
    return Intersection(left, right)


def complement(body: CharSet) -> CharSet:
    """Return the characters outside `body`."""
    if isinstance(body, Complement):
        return body.body
    if not isinstance(body, Ranges):
        return Complement(body)
    gaps: list[tuple[int, int]] = []
    free = 0
    for low, high in body.pairs:
        if low > free:
            gaps.append((free, low - 1))
        free = high + 1
    if free <= _LAST:
        gaps.append((free, _LAST))
    return Ranges(tuple(gaps))


def fold_variants(code: int, fold: str) -> list[int]:
    """Return the code points that Java takes for `code`: `fold` is "", "ascii" or "unicode"."""
    character = chr(code)
    if fold == "ascii" and character.isascii() and character.isalpha():
        return sorted({ord(character.lower()), ord(character.upper())})
    if fold == "unicode":
        return sorted({code, *_cased().get(_fold(code), ())})
    return [code]


def folded(ranges: Ranges, fold: str) -> CharSet:
    """Return `ranges` with the case variants of its members."""
    if not fold:
        return ranges
    letters = range(ord("A"), ord("z") + 1)
    cased = letters if fold == "ascii" else [c for group in _cased().values() for c in group]
    more = [
        (variant, variant)
        for code in cased
        if code in ranges
        for variant in fold_variants(code, fold)
    ]
    return ranges_of((*ranges.pairs, *more))


def _parts(body: CharSet) -> tuple[CharSet, ...]:
    return body.parts if isinstance(body, Union) else (body,)


def _fold(code: int) -> int:
    upper = chr(code).upper()
    lower = (upper if len(upper) == 1 else chr(code)).lower()
    return ord(lower) if len(lower) == 1 else code


@functools.lru_cache(maxsize=1)
def _cased() -> dict[int, tuple[int, ...]]:
    groups: dict[int, list[int]] = {}
    for code in range(_LAST + 1):
        if chr(code).lower() != chr(code) or chr(code).upper() != chr(code):
            groups.setdefault(_fold(code), []).append(code)
    return {key: tuple(members) for key, members in groups.items()}
