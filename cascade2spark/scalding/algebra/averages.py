"""Means, moments and values that fade: statistics that can be added."""

from __future__ import annotations

import math
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.scalding.algebra.base import Monoid, refused

__all__ = ["AveragedValue", "DecayedValue", "DecayedValueMonoid", "Moments"]


def _combined_mean(n: float, a: float, k: float, b: float) -> float:
    """Return the mean of n values of mean a and k of mean b."""
    if n < k:
        n, a, k, b = k, b, n, a
    total = n + k
    if total == 0:
        return 0.0
    part = k / total
    # A small group moves the mean a little; of two like ones the plain formula is more exact.
    return a + (b - a) * part if abs(part) < 0.1 else (n * a + k * b) / total


@attrs.frozen
class AveragedValue:
    """A mean and how many values it is of; they add to the mean of all.

    Args:
        count: the number of values; a weight.
        value: their mean.
    Example:
        >>> AveragedValue(1, 4.0).plus(AveragedValue(3, 8.0))
        AveragedValue(count=4, value=7.0)
    """

    count: float
    value: float

    @staticmethod
    def of(value: float) -> AveragedValue:
        """Return the mean of one value."""
        return AveragedValue(1, float(value))

    @classmethod
    def zero(cls) -> AveragedValue:
        return cls(0, 0.0)

    def plus(self, other: AveragedValue) -> AveragedValue:
        if self.count == 0 or other.count == 0:
            return other if self.count == 0 else self
        mean = _combined_mean(self.count, self.value, other.count, other.value)
        return AveragedValue(self.count + other.count, mean)

    def negate(self) -> AveragedValue:
        return AveragedValue(-self.count, self.value)


@attrs.frozen
class Moments:
    """Count, mean and the sums of powers of distances from it; population statistics.

    Args:
        count: the number of values.
        mean: their mean.
        m2, m3, m4: the sums of (value - mean) to the second, third and fourth power.
    Source:
        Pébay, 2008, for the sums; the names are Algebird's.
    Example:
        >>> Moments.of(1).plus(Moments.of(3)).variance
        1.0
    """

    count: int = 0
    mean: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0

    @staticmethod
    def of(value: float) -> Moments:
        """Return the moments of one value."""
        return Moments(1, float(value))

    @classmethod
    def zero(cls) -> Moments:
        return cls()

    @property
    def variance(self) -> float:
        """The mean squared distance from the mean; NaN of no values."""
        return self.m2 / self.count if self.count else math.nan

    @property
    def stddev(self) -> float:
        """The root of the variance."""
        return math.sqrt(self.variance)

    @property
    def skewness(self) -> float:
        """The third standardised moment; NaN where all values are equal."""
        return math.sqrt(self.count) * self.m3 / self.m2**1.5 if self.m2 else math.nan

    @property
    def kurtosis(self) -> float:
        """The fourth standardised moment less 3, so that of a normal distribution it is 0."""
        return self.count * self.m4 / self.m2**2 - 3 if self.m2 else math.nan

    def plus(self, other: Moments) -> Moments:
        n, k = self.count, other.count
        if n == 0 or k == 0:
            return other if n == 0 else self
        total = n + k
        delta = other.mean - self.mean
        m2 = self.m2 + other.m2 + delta**2 * n * k / total
        m3 = (
            self.m3
            + other.m3
            + delta**3 * n * k * (n - k) / total**2
            + 3 * delta * (n * other.m2 - k * self.m2) / total
        )
        m4 = (
            self.m4
            + other.m4
            + delta**4 * n * k * (n**2 - n * k + k**2) / total**3
            + 6 * delta**2 * (n**2 * other.m2 + k**2 * self.m2) / total**2
            + 4 * delta * (n * other.m3 - k * self.m3) / total
        )
        return Moments(total, _combined_mean(n, self.mean, k, other.mean), m2, m3, m4)


@attrs.frozen
class DecayedValue:
    """A value that halves every half life; two are added as of the later one's time.

    Args:
        value: what it was worth at its time.
        scaled_time: that time in units in which a value decays by e.
    """

    value: float
    scaled_time: float

    @staticmethod
    def build(value: float, time: float, half_life: float) -> DecayedValue:
        """Return a value as of a time; both times in the same unit."""
        return DecayedValue(float(value), _scaled(time, half_life))

    @classmethod
    def zero(cls) -> DecayedValue:
        return cls(0.0, -math.inf)

    def plus(self, other: DecayedValue) -> DecayedValue:
        return _scaled_sum(self, other, 0.0)

    def value_as_of(self, time: float, half_life: float) -> float:
        """Return what is left of it at a time that is not earlier."""
        return self.plus(DecayedValue.build(0.0, time, half_life)).value


@attrs.frozen
class DecayedValueMonoid(Monoid):
    """Adds `DecayedValue`s; a sum of no more than eps counts as nothing.

    Args:
        eps: the least value worth keeping.
    """

    eps: float

    @property
    def zero(self) -> DecayedValue:
        return DecayedValue.zero()

    def plus(self, left: Any, right: Any) -> DecayedValue:
        if not (isinstance(left, DecayedValue) and isinstance(right, DecayedValue)):
            raise refused(self, left, right)
        return _scaled_sum(left, right, self.eps)


def _scaled(time: float, half_life: float) -> float:
    if not half_life > 0:
        raise BuildError("A half life must be above 0", asked=half_life)
    return time * math.log(2) / half_life


def _scaled_sum(left: DecayedValue, right: DecayedValue, eps: float) -> DecayedValue:
    newer, older = (left, right) if left.scaled_time >= right.scaled_time else (right, left)
    if older.value == 0.0:
        value = newer.value
    else:
        value = newer.value + older.value * math.exp(older.scaled_time - newer.scaled_time)
    if abs(value) > eps or (eps == 0 and newer.scaled_time > -math.inf):
        return DecayedValue(value, newer.scaled_time)
    return DecayedValue.zero()
