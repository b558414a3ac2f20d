"""QTree: bounds of any quantile of numbers that are not negative, in little room.

A tree of halved ranges: a leaf is one unit wide. Where two halves hold few values they are drawn
into their whole, which then says only in what wider range those lie.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import attrs

from cascade2spark.errors import BuildError, OperationError, shown_value
from cascade2spark.scalding.algebra.base import Semigroup, refused, summed_in_chunks
from cascade2spark.scalding.algebra.collecting import check_at_least

__all__ = ["DEFAULT_LEVEL", "Bounds", "Midpoint", "QTree", "QTreeSemigroup", "check_quantile"]

DEFAULT_LEVEL = -16


@attrs.frozen
class QTree:
    """How many values lie in which range; made by `QTree.of`, added by `QTreeSemigroup`.

    Args:
        level: a leaf is 2**level wide.
        counts: (level, offset) -> values known only to lie from offset * 2**level up to, but
            without, (offset + 1) * 2**level.
    """

    level: int
    counts: dict[tuple[int, int], int]

    @staticmethod
    def of(value: float, level: int = DEFAULT_LEVEL) -> QTree:
        """Return the tree of one number.

        Args:
            value: at least 0, finite.
            level: 2**level is the unit that values are told apart by. Default -16, 1/65536.
        """
        return QTree(level, {(level, _offset_of(value, level)): 1})

    @property
    def count(self) -> int:
        """The number of values."""
        return sum(self.counts.values())

    @property
    def lower_bound(self) -> float:
        """No value is smaller."""
        return min(_lower(node) for node in self.counts)

    @property
    def upper_bound(self) -> float:
        """All values are smaller."""
        return max(_upper(node) for node in self.counts)

    def quantile_bounds(self, p: float) -> tuple[float, float]:
        """Return two numbers between which a quantile lies.

        The quantile is the value at place min(floor(n p), n - 1), from 0, of the n sorted values.

        Args:
            p: from 0 to 1.
        """
        check_quantile(p)
        total = self.count
        rank = min(math.floor(total * p), total - 1)
        return self._at(rank, _lower), self._at(rank, _upper)

    def _at(self, rank: int, edge: Any) -> float:
        """Return the value at a place if each value lay at that edge of its range."""
        seen = 0
        for place, count in sorted((edge(node), count) for node, count in self.counts.items()):
            seen += count
            if seen > rank:
                return float(place)
        raise OperationError("A QTree of no values has no quantiles")

    def plus(self, other: QTree) -> QTree:
        """Return the tree of the values of both, as `QTreeSemigroup` adds by default."""
        return QTreeSemigroup().plus(self, other)


@attrs.frozen
class QTreeSemigroup(Semigroup):
    """Trees of one level; what holds less than n / 2**k of the n values is drawn together.

    Bounds always enclose the quantile. Between it and either bound there are at most 2 h n / 2**k
    other values, where h is the number of halvings from the whole range to a unit; as a rule there
    are far fewer. A tree has at most 6 * 2**k counts.

    Args:
        k: one more halves the error and doubles the room. Default 9.
    """

    k: int = 9

    def __attrs_post_init__(self) -> None:
        check_at_least("The k of a QTree", self.k, 1)

    def plus(self, left: Any, right: Any) -> QTree:
        return self._sum_chunk([left, right])

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._sum_chunk)

    def _sum_chunk(self, trees: list[Any]) -> QTree:
        counts: dict[tuple[int, int], int] = {}
        level = None
        for tree in trees:
            if not isinstance(tree, QTree):
                raise refused(self, tree)
            if level is not None and tree.level != level:
                raise OperationError(
                    f"A QTree of level {level} cannot take in one of level {tree.level}",
                    fix="make both with the same level",
                )
            level = tree.level
            for node, count in tree.counts.items():
                counts[node] = counts.get(node, 0) + count
        return QTree(trees[0].level, _compressed(counts, trees[0].level, self.k))


def _compressed(
    counts: dict[tuple[int, int], int], bottom: int, k: int
) -> dict[tuple[int, int], int]:
    """Draw two halves into their whole wherever all three hold less than n / 2**k values.

    Only what is twice as large as it can be afterwards, so that adding one value stays cheap.
    """
    if len(counts) <= 6 << k:
        return counts
    least = sum(counts.values()) >> k
    root = max(level + offset.bit_length() for level, offset in counts)
    by_level: dict[int, dict[int, int]] = {level: {} for level in range(bottom, root + 1)}
    for (level, offset), count in counts.items():
        by_level[level][offset] = count
    kept: dict[tuple[int, int], int] = {}
    for level in range(bottom, root):
        here, above = by_level[level], by_level[level + 1]
        wholes: dict[int, int] = {}
        for offset, count in here.items():
            wholes[offset >> 1] = wholes.get(offset >> 1, above.get(offset >> 1, 0)) + count
        drawn = {offset: count for offset, count in wholes.items() if count < least}
        above.update(drawn)
        for offset, count in here.items():
            if offset >> 1 not in drawn:
                kept[level, offset] = count
    return kept | {(root, offset): count for offset, count in by_level[root].items()}


def check_quantile(p: float) -> None:
    """Raise BuildError where no quantile is named."""
    if not 0 <= p <= 1:
        raise BuildError("A quantile is asked for by a number from 0 to 1", asked=p)


def _offset_of(value: Any, level: int) -> int:
    try:
        is_fit = 0 <= value < math.inf
    except TypeError:
        is_fit = False
    if not is_fit:
        raise OperationError(
            f"A QTree takes finite numbers of at least 0, not {shown_value(value, 60)}"
        )
    return math.floor(math.ldexp(value, -level))


def _lower(node: tuple[int, int]) -> float:
    return math.ldexp(node[1], node[0])


def _upper(node: tuple[int, int]) -> float:
    return math.ldexp(node[1] + 1, node[0])


@attrs.frozen
class Bounds:
    """Gives two numbers between which a quantile lies.

    Args:
        p: from 0 to 1.
    """

    p: float = attrs.field(validator=lambda _, __, p: check_quantile(p))

    def __call__(self, tree: QTree) -> tuple[float, float]:
        return tree.quantile_bounds(self.p)


@attrs.frozen
class Midpoint:
    """Gives the middle between the bounds of a quantile.

    Args:
        p: from 0 to 1.
    """

    p: float = attrs.field(validator=lambda _, __, p: check_quantile(p))

    def __call__(self, tree: QTree) -> float:
        low, high = tree.quantile_bounds(self.p)
        return (low + high) / 2
