"""`Aggregator`: prepare, add, present; its constructors and combinators.

More than 400 lines because the constructors belong to the class, as users know them:
``Aggregator.max_by(f)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.scalding.algebra.aggregation import Aggregation
from cascade2spark.scalding.algebra.base import NOTHING, FunctionSemigroup, Monoid, identity, shown
from cascade2spark.scalding.algebra.collecting import (
    DEFAULT_SEED,
    BernoulliDraw,
    PriorityDraw,
    PriorityQueueMonoid,
    ReservoirMonoid,
    values_of,
)
from cascade2spark.scalding.algebra.containers import Left, ListMonoid, OptionMonoid, SetMonoid
from cascade2spark.scalding.algebra.extremes import (
    FirstSemigroup,
    Largest,
    LastSemigroup,
    Smallest,
)
from cascade2spark.scalding.algebra.hyper_log_log import UniqueCountMonoid
from cascade2spark.scalding.algebra.numeric import AndValMonoid, FloatRing, IntRing, OrValMonoid
from cascade2spark.scalding.algebra.products import tuple_of
from cascade2spark.scalding.algebra.q_tree import Bounds, Midpoint, QTree, QTreeSemigroup
from cascade2spark.scalding.algebra.resolving import as_monoid, as_semigroup

__all__ = ["Aggregator", "MonoidAggregator", "empty_tuples"]


class Aggregator(Aggregation):
    """A reduction in three parts that can be split over tasks and put together.

    Each value is prepared, what is prepared is added, the sum is presented. A pipe's `aggregate`
    prepares and adds where the values are, and presents once.

    Args:
        prepare: value to what is added.
        semigroup: how two prepared values are added.
        present: the sum to the answer. Default: the sum.
    Laws:
        1. The answer does not depend on how the values are split, as far as the semigroup's sum
        does not.  2. ``a.join(b)`` answers the pair of what a and b answer.
    Source:
        Algebird's Aggregator.
    Example:
        >>> mean = Aggregator.numeric_sum().join(Aggregator.size())
        >>> mean.and_then_present(lambda both: both[0] / both[1]).apply([1, 2, 6])
        3.0
    """

    def lift(self) -> MonoidAggregator:
        """Return an aggregator that answers None for no values instead of failing."""
        present = self.present
        return MonoidAggregator(
            self.prepare,
            OptionMonoid(self.semigroup, NOTHING),
            lambda total: None if total is NOTHING else present(total),
            name=self.name,
        )

    # -- of your own -------------------------------------------------------------------------

    @staticmethod
    def from_semigroup(semigroup: Any = None) -> Aggregator:
        """Return the sum by a semigroup, or a type; default by the values' own types."""
        return Aggregator(identity, as_semigroup(semigroup), name="sum")

    @staticmethod
    def from_monoid(monoid: Any) -> MonoidAggregator:
        """Return the sum by a monoid, or a type with a zero; zero for no values."""
        return MonoidAggregator(identity, as_monoid(monoid), name="sum")

    @staticmethod
    def from_reduce(f: Callable[[Any, Any], Any]) -> Aggregator:
        """Return the reduction by an associative function of two values."""
        return Aggregator(identity, FunctionSemigroup(f), name="reduction")

    @staticmethod
    def prepare_semigroup(prepare: Callable[[Any], Any], semigroup: Any = None) -> Aggregator:
        """Return the sum of what `prepare` makes of the values."""
        return Aggregator(prepare, as_semigroup(semigroup), name="sum")

    @staticmethod
    def prepare_monoid(prepare: Callable[[Any], Any], monoid: Any) -> MonoidAggregator:
        """Return the sum of what `prepare` makes of the values; zero for no values."""
        return MonoidAggregator(prepare, as_monoid(monoid), name="sum")

    @staticmethod
    def append_semigroup(
        prepare: Callable[[Any], Any],
        append: Callable[[Any, Any], Any],
        semigroup: Any = None,
        present: Callable[[Any], Any] = identity,
    ) -> Aggregator:
        """Return an aggregator with a quicker way to take one value more.

        Args:
            prepare: the first value to a sum.
            append: sum and value to the next sum; must equal adding the prepared value.
            semigroup: how two sums are added. Default: by their own types.
            present: the sum to the answer.
        """
        structure = as_semigroup(semigroup)
        return Aggregator(prepare, structure, present, name="sum", appender=append)

    @staticmethod
    def append_monoid(
        append: Callable[[Any, Any], Any],
        monoid: Any,
        present: Callable[[Any], Any] = identity,
    ) -> MonoidAggregator:
        """Return an aggregator that takes values one by one, from the zero.

        Args:
            append: sum and value to the next sum.
            monoid: how two sums are added, and the first.
            present: the sum to the answer.
        """
        structure = as_monoid(monoid)
        return MonoidAggregator(
            lambda value: append(structure.zero, value),
            structure,
            present,
            name="sum",
            appender=append,
        )

    @staticmethod
    def const(value: Any) -> MonoidAggregator:
        """Return an aggregator that answers `value` whatever it sees."""
        return MonoidAggregator(_unit, empty_tuples(), lambda _: value, name="constant")

    # -- counting and asking -----------------------------------------------------------------

    @staticmethod
    def size() -> MonoidAggregator:
        """Return the number of values."""
        return MonoidAggregator(_one, IntRing(), name="size")

    @staticmethod
    def count(p: Callable[[Any], Any]) -> MonoidAggregator:
        """Return the number of values for which `p` holds."""
        return MonoidAggregator(lambda value: 1 if p(value) else 0, IntRing(), name="count")

    @staticmethod
    def exists(p: Callable[[Any], Any]) -> MonoidAggregator:
        """Return whether `p` holds for any value; False for none."""
        return MonoidAggregator(lambda value: bool(p(value)), OrValMonoid(), name="exists")

    @staticmethod
    def forall(p: Callable[[Any], Any]) -> MonoidAggregator:
        """Return whether `p` holds for all values; True for none."""
        return MonoidAggregator(lambda value: bool(p(value)), AndValMonoid(), name="forall")

    @staticmethod
    def numeric_sum() -> MonoidAggregator:
        """Return the sum of numbers as a float; 0.0 for none."""
        return MonoidAggregator(float, FloatRing(), name="numeric_sum")

    # -- picking -----------------------------------------------------------------------------

    @staticmethod
    def head() -> Aggregator:
        """Return the first value."""
        return Aggregator(identity, FirstSemigroup(), name="head")

    @staticmethod
    def last() -> Aggregator:
        """Return the last value."""
        return Aggregator(identity, LastSemigroup(), name="last")

    @staticmethod
    def max() -> Aggregator:
        """Return the largest value, of equal ones the first."""
        return Aggregator(identity, Largest(), name="max")

    @staticmethod
    def max_by(f: Callable[[Any], Any]) -> Aggregator:
        """Return the value with the largest `f`, of equal ones the first."""
        return Aggregator(identity, Largest(f), name="max_by")

    @staticmethod
    def min() -> Aggregator:
        """Return the smallest value, of equal ones the first."""
        return Aggregator(identity, Smallest(), name="min")

    @staticmethod
    def min_by(f: Callable[[Any], Any]) -> Aggregator:
        """Return the value with the smallest `f`, of equal ones the first."""
        return Aggregator(identity, Smallest(f), name="min_by")

    @staticmethod
    def sorted_take(n: int) -> MonoidAggregator:
        """Return the list of the n smallest values, smallest first."""
        return _take(PriorityQueueMonoid(n), "sorted_take")

    @staticmethod
    def sort_by_take(n: int, f: Callable[[Any], Any]) -> MonoidAggregator:
        """Return the list of the n values with the smallest `f`, smallest first."""
        return _take(PriorityQueueMonoid(n, f), "sort_by_take")

    @staticmethod
    def sorted_reverse_take(n: int) -> MonoidAggregator:
        """Return the list of the n largest values, largest first."""
        return _take(PriorityQueueMonoid(n, None, True), "sorted_reverse_take")

    @staticmethod
    def sort_by_reverse_take(n: int, f: Callable[[Any], Any]) -> MonoidAggregator:
        """Return the list of the n values with the largest `f`, largest first."""
        return _take(PriorityQueueMonoid(n, f, True), "sort_by_reverse_take")

    # Nothing here changes its operands, so the forms that Algebird calls immutable are the same.
    immutable_sorted_take = sorted_take
    immutable_sort_by_take = sort_by_take
    immutable_sorted_reverse_take = sorted_reverse_take
    immutable_sort_by_reverse_take = sort_by_reverse_take

    # -- collecting --------------------------------------------------------------------------

    @staticmethod
    def to_list() -> MonoidAggregator:
        """Return the list of all values, in memory, in the order they were added."""
        return MonoidAggregator(_singleton, ListMonoid(), name="to_list")

    @staticmethod
    def to_set() -> MonoidAggregator:
        """Return the set of all values, in memory."""
        return MonoidAggregator(_set_of_one, SetMonoid(), name="to_set")

    @staticmethod
    def unique_count() -> MonoidAggregator:
        """Return the exact number of different values; holds them all in memory."""
        return MonoidAggregator(_set_of_one, SetMonoid(), len, name="unique_count")

    @staticmethod
    def approximate_unique_count() -> MonoidAggregator:
        """Return the number of different values: exact up to 100, above with an error of 1.2 %.

        Values are bytes, texts, numbers, None or tuples of such. Needs ``cascade2spark[sketches]``.
        """
        monoid = UniqueCountMonoid()
        return MonoidAggregator(
            _set_of_one, monoid, monoid.size_of, name="approximate_unique_count"
        )

    @staticmethod
    def approximate_percentile(percentile: float, k: int = 9) -> Aggregator:
        """Return about what a part of the values is smaller than; numbers of at least 0.

        Args:
            percentile: the part, from 0 to 1.
            k: one more halves the error and doubles the room; see `QTreeSemigroup`.
        """
        present = Midpoint(percentile)
        return Aggregator(QTree.of, QTreeSemigroup(k), present, name="approximate_percentile")

    @staticmethod
    def approximate_percentile_bounds(percentile: float, k: int = 9) -> Aggregator:
        """Return two numbers between which lies what a part of the values is smaller than.

        Args:
            percentile: the part, from 0 to 1.
            k: one more halves the error and doubles the room; see `QTreeSemigroup`.
        """
        present = Bounds(percentile)
        name = "approximate_percentile_bounds"
        return Aggregator(QTree.of, QTreeSemigroup(k), present, name=name)

    @staticmethod
    def random_sample(prob: float, seed: int = DEFAULT_SEED) -> MonoidAggregator:
        """Return a list with each value kept at a probability.

        Args:
            prob: the probability, from 0 to 1.
            seed: the same seed and the same values in the same order give the same sample. Each
                copy that is shipped to a task starts anew; one that is used again draws on.
        """
        if not 0 <= prob <= 1:
            raise BuildError("The probability of a sample must be from 0 to 1", asked=prob)
        return MonoidAggregator(BernoulliDraw(prob, seed), ListMonoid(), name="random_sample")

    @staticmethod
    def reservoir_sample(n: int, seed: int = DEFAULT_SEED) -> MonoidAggregator:
        """Return a list of n values, all if there are fewer, each set of n equally likely.

        Args:
            n: the size of the sample, at least 1.
            seed: as that of `random_sample`.
        """
        return MonoidAggregator(
            PriorityDraw(seed), ReservoirMonoid(n), values_of, name="reservoir_sample"
        )


class MonoidAggregator(Aggregator):
    """An aggregator whose sum has a zero, so that it has an answer for no values.

    A pipe's `aggregate` gives nothing for an empty pipe all the same.
    """

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if not isinstance(self.semigroup, Monoid):
            raise BuildError(
                f"A MonoidAggregator needs a monoid; {self.semigroup} has no zero",
                fix="use Aggregator, or lift() it",
            )

    @property
    def monoid(self) -> Monoid:
        """The semigroup, known to have a zero."""
        assert isinstance(self.semigroup, Monoid)
        return self.semigroup

    def _of_nothing(self) -> Any:
        return self.present(self.monoid.zero)

    def filter_before(self, p: Callable[[Any], Any]) -> MonoidAggregator:
        """Return an aggregator of only the values for which `p` holds."""
        prepare, monoid = self.prepare, self.monoid
        return attrs.evolve(
            self,
            prepare=lambda value: prepare(value) if p(value) else monoid.zero,
            appender=None,
        )

    def collect_before(self, pf: Callable[[Any], Any]) -> MonoidAggregator:
        """Return an aggregator of what `pf` makes of the values; None of `pf` drops the value."""
        prepare, monoid = self.prepare, self.monoid

        def collected(value: Any) -> Any:
            found = pf(value)
            return monoid.zero if found is None else prepare(found)

        return attrs.evolve(self, prepare=collected, appender=None)

    def sum_before(self) -> MonoidAggregator:
        """Return an aggregator of iterables of values: all that is in them."""
        prepare, monoid = self.prepare, self.monoid
        return attrs.evolve(
            self, prepare=lambda values: monoid.sum(map(prepare, values)), appender=None
        )

    def either(self, other: MonoidAggregator) -> MonoidAggregator:
        """Return an aggregator of Left and Right: this one sees the Lefts, the other the Rights.

        Answers the pair of both answers.
        """
        if not isinstance(other, MonoidAggregator):
            raise BuildError(
                f"either needs an aggregator with a zero, not {shown(other)}",
                fix="lift() it" if isinstance(other, Aggregator) else None,
            )
        left, right = self, other

        def prepare(value: Any) -> tuple[Any, Any]:
            if isinstance(value, Left):
                return left.prepare(value.value), right.monoid.zero
            return left.monoid.zero, right.prepare(value.value)

        combined = self._combined(other, prepare, "pair with")
        assert isinstance(combined, MonoidAggregator)
        return combined


def _take(queue: PriorityQueueMonoid, name: str) -> MonoidAggregator:
    return MonoidAggregator(_singleton, queue, name=name)


def _one(value: Any) -> int:
    return 1


def _unit(value: Any) -> tuple[()]:
    return ()


def _singleton(value: Any) -> list[Any]:
    return [value]


def _set_of_one(value: Any) -> set[Any]:
    return {value}


def empty_tuples() -> Monoid:
    """Return the monoid of the empty tuple, Scala's Unit."""
    return as_monoid(tuple_of(()))
