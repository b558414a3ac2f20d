"""SketchMap: a map from many keys to sums, in the room of a table, with the largest keys named."""

from __future__ import annotations

import functools
import heapq
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import attrs

from cascade2spark.errors import OperationError
from cascade2spark.scalding.algebra.base import BulkMonoid, Monoid, refused
from cascade2spark.scalding.algebra.collecting import check_at_least
from cascade2spark.scalding.algebra.hashing import bytes_of, hash64
from cascade2spark.scalding.algebra.numeric import IntRing
from cascade2spark.scalding.algebra.resolving import as_monoid

__all__ = ["SketchMap", "SketchMapMonoid"]


@attrs.frozen
class SketchMap:
    """Sums of keys; made, asked and added by `SketchMapMonoid`.

    Args:
        cells: (row, column) -> sum of the values of all keys that fall there.
        heavy_hitter_keys: the keys of the largest sums, largest first.
        total_value: the sum of all values.
    """

    cells: dict[tuple[int, int], Any]
    heavy_hitter_keys: tuple[Any, ...]
    total_value: Any

    def plus(self, other: SketchMap) -> SketchMap:
        """Refuse: only the monoid knows how the values add."""
        raise OperationError(
            "SketchMaps do not say how their values add",
            fix="pass the SketchMapMonoid that made them",
        )


@attrs.frozen
class SketchMapMonoid(BulkMonoid):
    """Sums per key in width times depth cells; the same parameters are needed to add two.

    For numbers of at least 0 the sum of a key is never too small, and too large by more than
    e / width times the total with a probability of at most e ** -depth. Heavy hitters are the keys
    with the largest sums met so far; adding in another order may keep other ones of like size.

    Args:
        width: cells in a row, at least 1.
        depth: rows, at least 1.
        heavy_hitters_count: most keys named.
        values: the monoid of the values, or a type that has one. Default int.
        key: what sums are compared by. Default: themselves.
        seed: of the hashes. Default 12345.
    Example:
        >>> pages = SketchMapMonoid(width=100, depth=4, heavy_hitters_count=1)
        >>> both = pages.build([("a", 1), ("b", 5), ("a", 2)])
        >>> pages.frequency(both, "a"), pages.heavy_hitters(both)
        (3, [('b', 5)])
    """

    width: int
    depth: int
    heavy_hitters_count: int
    values: Monoid = attrs.field(default=IntRing(), converter=as_monoid)
    key: Callable[[Any], Any] | None = None
    seed: int = 12345

    def __attrs_post_init__(self) -> None:
        check_at_least("The width of a SketchMap", self.width, 1)
        check_at_least("The depth of a SketchMap", self.depth, 1)
        check_at_least("The number of heavy hitters", self.heavy_hitters_count, 0)

    @property
    def zero(self) -> SketchMap:
        return SketchMap({}, (), self.values.zero)

    def is_non_zero(self, value: Any) -> bool:
        return bool(value.cells)

    def create(self, key: Hashable, value: Any) -> SketchMap:
        """Return the sketch of one key, which is bytes, text, a number, None, a tuple of such."""
        cells = dict.fromkeys(self._cells_of(key), value)
        return SketchMap(cells, (key,) if self.heavy_hitters_count else (), value)

    def build(self, pairs: Iterable[tuple[Any, Any]]) -> SketchMap:
        """Return the sketch of any number of keys and values."""
        built: SketchMap = self.sum(self.create(key, value) for key, value in pairs)
        return built

    def sum_of(self, sketches: Iterable[Any]) -> SketchMap:
        plus = self.values.plus
        cells: dict[tuple[int, int], Any] = {}
        keys: dict[Any, None] = {}  # in order of arrival, so that ties are settled alike
        total = self.values.zero
        for sketch in sketches:
            if not isinstance(sketch, SketchMap):
                raise refused(self, sketch)
            for cell, value in sketch.cells.items():
                cells[cell] = plus(cells[cell], value) if cell in cells else value
            keys |= dict.fromkeys(sketch.heavy_hitter_keys)
            total = plus(total, sketch.total_value)
            if len(keys) > 1024 + 2 * self.heavy_hitters_count:
                keys = dict.fromkeys(self._largest(cells, keys))
        return SketchMap(cells, tuple(self._largest(cells, keys)), total)

    def _largest(self, cells: dict[tuple[int, int], Any], keys: Iterable[Any]) -> list[Any]:
        def order(key: Any) -> Any:
            found = self._estimate(cells, key)
            return found if self.key is None else self.key(found)

        return heapq.nlargest(self.heavy_hitters_count, keys, key=order)

    def frequency(self, sketch: SketchMap, key: Hashable) -> Any:
        """Return the estimated sum of a key."""
        return self._estimate(sketch.cells, key)

    def heavy_hitters(self, sketch: SketchMap) -> list[tuple[Any, Any]]:
        """Return the keys of the largest sums, largest first, with their estimated sums."""
        return [(key, self._estimate(sketch.cells, key)) for key in sketch.heavy_hitter_keys]

    def _estimate(self, cells: dict[tuple[int, int], Any], key: Any) -> Any:
        zero = self.values.zero
        found = (cells.get(cell, zero) for cell in self._cells_of(key))
        return min(found, key=self.key) if self.key else min(found)

    def _cells_of(self, key: Any) -> tuple[tuple[int, int], ...]:
        return _cells(bytes_of(key), self.seed, self.width, self.depth)


@functools.lru_cache(maxsize=4096)
def _cells(data: bytes, seed: int, width: int, depth: int) -> tuple[tuple[int, int], ...]:
    return tuple((row, hash64(data, seed + row + 1) % width) for row in range(depth))
