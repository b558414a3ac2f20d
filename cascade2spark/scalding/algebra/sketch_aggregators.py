"""Aggregators that answer a sketch or a statistic."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import attrs

from cascade2spark.scalding.algebra.aggregator import Aggregator, MonoidAggregator
from cascade2spark.scalding.algebra.averages import AveragedValue, Moments
from cascade2spark.scalding.algebra.bloom import BloomFilterMonoid
from cascade2spark.scalding.algebra.count_min import CountMinMonoid
from cascade2spark.scalding.algebra.hyper_log_log import HyperLogLogMonoid
from cascade2spark.scalding.algebra.min_hash import MinHasher
from cascade2spark.scalding.algebra.resolving import as_monoid
from cascade2spark.scalding.algebra.space_saver import SpaceSaver, SpaceSaverSemigroup

__all__ = [
    "AveragedValueAggregator",
    "BloomFilterAggregator",
    "CountMinAggregator",
    "HyperLogLogAggregator",
    "MinHashAggregator",
    "MomentsAggregator",
    "QTreeAggregator",
    "QTreeAggregatorLowerBound",
    "SpaceSaverAggregator",
]


def AveragedValueAggregator() -> MonoidAggregator:
    """Return the mean of numbers; 0.0 for none."""
    return MonoidAggregator(AveragedValue.of, as_monoid(AveragedValue), _value_of, name="mean")


def MomentsAggregator() -> MonoidAggregator:
    """Return the `Moments` of numbers: count, mean, variance, skewness, kurtosis."""
    return MonoidAggregator(Moments.of, as_monoid(Moments), name="moments")


def HyperLogLogAggregator(bits: int = 12) -> MonoidAggregator:
    """Return the `HLL` of the values.

    Args:
        bits: the relative standard error is 1.04 / sqrt(2**bits).
    """
    monoid = HyperLogLogMonoid(bits)
    return MonoidAggregator(monoid.create, monoid, name="HyperLogLog")


def CountMinAggregator(
    eps: float = 1e-5, delta: float = 0.01, seed: int = 12345
) -> MonoidAggregator:
    """Return the `CountMinSketch` of the values; the arguments are those of `CountMinMonoid`."""
    monoid = CountMinMonoid(eps, delta, seed)
    return MonoidAggregator(monoid.create, monoid, name="Count-Min sketch")


def BloomFilterAggregator(entries: int, fp_prob: float) -> MonoidAggregator:
    """Return the `BloomFilter` of the values.

    Args:
        entries: how many different values are expected.
        fp_prob: the probability of a wrong yes.
    """
    monoid = BloomFilterMonoid(entries, fp_prob)
    return MonoidAggregator(monoid.create, monoid, name="Bloom filter")


def MinHashAggregator(hasher: MinHasher) -> MonoidAggregator:
    """Return the signature of the set of the values."""
    return MonoidAggregator(hasher.init, hasher, name="MinHash signature")


def QTreeAggregator(percentile: float, k: int = 9) -> Aggregator:
    """Return two numbers between which lies what a part of numbers of at least 0 is smaller than.

    For the tree itself: ``Aggregator(QTree.of, QTreeSemigroup(k))``.

    Args:
        percentile: the part, from 0 to 1.
        k: one more halves the error and doubles the room.
    """
    return Aggregator.approximate_percentile_bounds(percentile, k)


def QTreeAggregatorLowerBound(percentile: float, k: int = 9) -> Aggregator:
    """Return the lower of the two bounds that `QTreeAggregator` answers."""
    return QTreeAggregator(percentile, k).and_then_present(itemgetter(0))


def SpaceSaverAggregator(capacity: int) -> Aggregator:
    """Return the `SpaceSaver` of the values, which can be hashed.

    Args:
        capacity: most values counted, at least 2.
    """
    SpaceSaver.of(capacity, None)
    one: Callable[[Any], SpaceSaver] = _Item(capacity)
    return Aggregator(one, SpaceSaverSemigroup(), name="SpaceSaver")


@attrs.frozen
class _Item:
    capacity: int

    def __call__(self, value: Any) -> SpaceSaver:
        return SpaceSaver.of(self.capacity, value)


def _value_of(averaged: AveragedValue) -> float:
    return averaged.value
