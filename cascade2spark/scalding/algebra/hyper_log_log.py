"""HyperLogLog: how many different values there are, in a few kilobytes.

The counting is that of Apache DataSketches; its bytes are not Algebird's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import attrs

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.scalding.algebra.approximate import Approximate
from cascade2spark.scalding.algebra.base import BulkMonoid, Monoid, refused
from cascade2spark.scalding.algebra.hashing import bytes_of, datasketches, hash64

__all__ = ["HLL", "HyperLogLogMonoid", "UniqueCountMonoid", "bits_for_error"]


class HLL:
    """A sketch of a set of values; made by `HyperLogLogMonoid`, never changed afterwards."""

    __slots__ = ("bits", "sketch")

    def __init__(self, bits: int, sketch: Any) -> None:
        self.bits = bits
        self.sketch = sketch

    @property
    def estimated_size(self) -> float:
        """The estimated number of different values."""
        return float(self._settled().get_estimate())

    @property
    def approximate_size(self) -> Approximate:
        """The estimate with bounds of three standard errors."""
        settled = self._settled()
        low, high = settled.get_lower_bound(3), settled.get_upper_bound(3)
        return Approximate(low, float(settled.get_estimate()), high, 0.9973)

    def _settled(self) -> Any:
        """Return the sketch such that it estimates by its registers alone.

        The library's sketch also remembers in what order values came; merged with itself it
        forgets that, and the answer is the same however values were split.
        """
        union = datasketches("A HyperLogLog").hll_union(self.bits)
        union.update(self.sketch)
        union.update(self.sketch)
        return union.get_result()

    def plus(self, other: HLL) -> HLL:
        """Return the sketch of both sets together."""
        return HyperLogLogMonoid(self.bits).sum_of((self, other))

    def __eq__(self, other: object) -> bool:
        # Bytes also tell of the order of adding; equal sketches add nothing to one another.
        if not isinstance(other, HLL) or self.bits != other.bits:
            return False
        sizes = {self.estimated_size, other.estimated_size, self.plus(other).estimated_size}
        return len(sizes) == 1

    def __hash__(self) -> int:
        return hash((self.bits, self.estimated_size))

    def __reduce__(self) -> Any:
        return _restored, (self.bits, self.sketch.serialize_compact())

    def __repr__(self) -> str:
        return f"HLL(bits={self.bits}, estimated_size={self.estimated_size:.1f})"


def _restored(bits: int, data: bytes) -> HLL:
    return HLL(bits, datasketches("A HyperLogLog").hll_sketch.deserialize(data))


def bits_for_error(error: float) -> int:
    """Return the fewest bits whose relative standard error is at most `error`, such as 0.01."""
    for bits in range(4, 22):
        if 1.04 / 2 ** (bits / 2) <= error:
            return bits
    raise BuildError("No HyperLogLog is so exact; the least error is 0.00072", asked=error)


@attrs.frozen
class HyperLogLogMonoid(BulkMonoid):
    """Sketches of sets; the sum is the sketch of the union, and loses nothing.

    The relative standard error of a size is at most 1.04 / sqrt(2**bits), of 12 bits 1.6 %, of
    14 bits 0.8 %; a sketch takes up to 2**bits bytes.

    Args:
        bits: from 4 to 21. Default 12.
    """

    bits: int = 12

    def __attrs_post_init__(self) -> None:
        if not 4 <= self.bits <= 21:
            raise BuildError("A HyperLogLog has from 4 to 21 bits", asked=self.bits)
        datasketches("A HyperLogLog")

    def _empty(self) -> Any:
        library = datasketches("A HyperLogLog")
        return library.hll_sketch(self.bits, library.HLL_8)

    @property
    def zero(self) -> HLL:
        return HLL(self.bits, self._empty())

    def create(self, value: Any) -> HLL:
        """Return the sketch of one value: bytes, text, a number, None or a tuple of such."""
        return self.build((value,))

    def build(self, values: Iterable[Any]) -> HLL:
        """Return the sketch of any number of values."""
        sketch = self._empty()
        update = sketch.update
        for value in values:
            update(hash64(bytes_of(value)))
        return HLL(self.bits, sketch)

    def is_non_zero(self, value: Any) -> bool:
        return not value.sketch.is_empty()

    def sum_of(self, values: Iterable[Any]) -> HLL:
        library = datasketches("A HyperLogLog")
        union = library.hll_union(self.bits)
        for value in values:
            if not isinstance(value, HLL):
                raise refused(self, value)
            if value.bits != self.bits:
                raise OperationError(
                    f"A HyperLogLog of {self.bits} bits cannot take in one of {value.bits}",
                    fix="make both with the same bits",
                )
            union.update(value.sketch)
        return HLL(self.bits, union.get_result(library.HLL_8))

    def size_of(self, value: HLL) -> Approximate:
        """Return the approximate number of different values."""
        return value.approximate_size

    def estimate_intersection_size(self, values: Iterable[HLL]) -> float:
        """Return the estimated number of values in all the sets, by inclusion and exclusion.

        Its error is that of the union's size, however small the intersection is.
        """
        sketches = list(values)
        total = 0.0
        for count in range(1, len(sketches) + 1):
            for some in itertools.combinations(sketches, count):
                sign = 1 if count % 2 else -1
                total += sign * self.sum_of(some).estimated_size
        return max(total, 0.0)


@attrs.frozen
class UniqueCountMonoid(Monoid):
    """Sets while they are small, HyperLogLogs above.

    Args:
        most: most values counted exactly. Default 100.
        bits: of the HyperLogLog. Default 13, a standard error of 1.2 %.
    """

    most: int = 100
    bits: int = 13

    def __attrs_post_init__(self) -> None:
        HyperLogLogMonoid(self.bits)

    @property
    def zero(self) -> frozenset[Any]:
        return frozenset()

    def plus(self, left: Any, right: Any) -> Any:
        return self._sum_all((left, right))

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        iterator = iter(values)
        for first in iterator:
            return self._sum_all(itertools.chain((first,), iterator))
        return default

    def _sum_all(self, values: Iterable[Any]) -> Any:
        # Exact as long as possible, so that the answer does not depend on how values were split.
        exact: set[Any] = set()
        large: list[HLL] = []
        monoid = HyperLogLogMonoid(self.bits)
        for value in values:
            if isinstance(value, HLL):
                large.append(value)
            else:
                exact |= value
            if len(exact) > max(self.most, 4096) or len(large) > 64:
                large = [monoid.sum([*large, monoid.build(exact)])]
                exact = set()
        if not large and len(exact) <= self.most:
            return frozenset(exact)
        return monoid.sum([*large, monoid.build(exact)])

    def size_of(self, value: Any) -> int:
        """Return the number of values, exact or estimated."""
        return round(value.estimated_size) if isinstance(value, HLL) else len(value)
