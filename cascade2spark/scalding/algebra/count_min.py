"""Count-Min: how often each key occurs, never too few, rarely too many.

The table is that of Apache DataSketches; while there are few keys they are counted exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import attrs

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.scalding.algebra.approximate import Approximate
from cascade2spark.scalding.algebra.base import BulkMonoid, refused
from cascade2spark.scalding.algebra.hashing import bytes_of, datasketches, hash64

__all__ = ["CountMinMonoid", "CountMinSketch"]

# An exact count takes about as much room as so many cells of the table.
_CELLS_PER_KEY = 64


@attrs.frozen
class CountMinMonoid(BulkMonoid):
    """Sketches of how often keys occur; only those of the same parameters can be added.

    The estimate of a key is never below the truth, and above it by more than ``eps`` times the
    number of all occurrences with a probability of at most ``delta``.

    Args:
        eps: the error, a part of all occurrences. Default 1e-5.
        delta: the probability of a larger error. Default 0.01.
        seed: of the hashes. Default 12345.
    Source:
        Cormode and Muthukrishnan, 2005; the parameters are Algebird's.
    Example:
        >>> counts = CountMinMonoid(eps=0.01).build([b"a", b"b", b"a"])
        >>> counts.frequency(b"a").estimate, counts.total_count
        (2, 3)
    """

    eps: float = 1e-5
    delta: float = 0.01
    seed: int = 12345

    def __attrs_post_init__(self) -> None:
        for name in ("eps", "delta"):
            if not 0 < getattr(self, name) < 1:
                raise BuildError(
                    f"The {name} of a Count-Min sketch must lie between 0 and 1",
                    asked=getattr(self, name),
                )
        if not -(2**63) <= self.seed < 2**63:
            raise BuildError("The seed of a Count-Min sketch has at most 64 bits", asked=self.seed)
        datasketches("A Count-Min sketch")

    @property
    def width(self) -> int:
        """The number of counters in a row."""
        return math.ceil(math.e / self.eps)

    @property
    def depth(self) -> int:
        """The number of rows, each with a hash of its own."""
        return math.ceil(math.log(1 / self.delta))

    @property
    def most_exact(self) -> int:
        """The most keys that are counted exactly."""
        return max(1, self.width * self.depth // _CELLS_PER_KEY)

    @property
    def zero(self) -> CountMinSketch:
        return CountMinSketch(self, {}, None)

    def create(self, key: Any, count: int = 1) -> CountMinSketch:
        """Return the sketch of one key: bytes, text, a number, None or a tuple of such."""
        return CountMinSketch(self, {bytes_of(key): count}, None)

    def build(self, keys: Iterable[Any]) -> CountMinSketch:
        """Return the sketch of any number of keys; quicker than adding one by one."""
        tally = _Tally(self)
        for key in keys:
            tally.add_key(bytes_of(key), 1)
        return tally.sketch()

    def is_non_zero(self, value: Any) -> bool:
        return bool(value.total_count)

    def sum_of(self, values: Iterable[Any]) -> CountMinSketch:
        tally = _Tally(self)
        for value in values:
            tally.add(value)
        return tally.sketch()


class CountMinSketch:
    """How often keys occur; made by `CountMinMonoid`, never changed afterwards."""

    __slots__ = ("_counts", "_table", "monoid")

    def __init__(self, monoid: CountMinMonoid, counts: dict[bytes, int], table: Any) -> None:
        self.monoid = monoid
        self._counts = counts
        self._table = table

    @property
    def is_exact(self) -> bool:
        """Whether so few keys were seen that all counts are exact."""
        return self._table is None

    @property
    def total_count(self) -> int:
        """The number of all occurrences, exact."""
        if self._table is None:
            return sum(self._counts.values())
        return int(self._table.total_weight)

    def frequency(self, key: Any) -> Approximate:
        """Return how often a key occurs."""
        data = bytes_of(key)
        if self._table is None:
            return Approximate.exact(self._counts.get(data, 0))
        estimate = int(self._table.get_estimate(hash64(data, self.monoid.seed)))
        least = max(0, estimate - math.floor(self.monoid.eps * self.total_count))
        return Approximate(least, estimate, estimate, 1 - self.monoid.delta)

    def plus(self, other: CountMinSketch) -> CountMinSketch:
        """Return the sketch of the occurrences of both."""
        return self.monoid.sum_of((self, other))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CountMinSketch) and self._state() == other._state()

    def __hash__(self) -> int:
        return hash((self.monoid, self.total_count))

    def _state(self) -> tuple[Any, ...]:
        table = None if self._table is None else self._table.serialize()
        return self.monoid, self._counts, table

    def __reduce__(self) -> Any:
        return _restored, self._state()

    def __repr__(self) -> str:
        return f"CountMinSketch({self.monoid}, total_count={self.total_count})"


def _restored(monoid: CountMinMonoid, counts: dict[bytes, int], table: Any) -> CountMinSketch:
    if table is not None:
        table = datasketches("A Count-Min sketch").count_min_sketch.deserialize(table)
    return CountMinSketch(monoid, counts, table)


class _Tally:
    """A sketch in the making."""

    def __init__(self, monoid: CountMinMonoid) -> None:
        self.monoid = monoid
        self.most_exact = monoid.most_exact
        self.counts: dict[bytes, int] = {}
        self.table: Any = None

    def add_key(self, data: bytes, count: int) -> None:
        if self.table is not None:
            self.table.update(hash64(data, self.monoid.seed), count)
            return
        self.counts[data] = self.counts.get(data, 0) + count
        if len(self.counts) > self.most_exact:
            self._open_table()

    def add(self, sketch: Any) -> None:
        if not isinstance(sketch, CountMinSketch):
            raise refused(self.monoid, sketch)
        if sketch.monoid != self.monoid:
            raise OperationError(
                "Count-Min sketches of other parameters cannot be added",
                details={"one": self.monoid, "other": sketch.monoid},
                fix="make both with the same eps, delta and seed",
            )
        if sketch._table is None:
            for data, count in sketch._counts.items():
                self.add_key(data, count)
        else:
            self._open_table()
            self.table.merge(sketch._table)

    def _open_table(self) -> None:
        if self.table is not None:
            return
        monoid = self.monoid
        make = datasketches("A Count-Min sketch").count_min_sketch
        # The seed is in the hashes: the library reads no table back that has a seed of its own.
        self.table = make(monoid.depth, monoid.width)
        counts, self.counts = self.counts, {}
        for data, count in counts.items():
            self.add_key(data, count)

    def sketch(self) -> CountMinSketch:
        return CountMinSketch(self.monoid, self.counts, self.table)
