"""Histogram: how often values fall into bins of one width, and what that says about them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from functools import cached_property

import attrs

__all__ = ["Histogram", "bin_of"]


def bin_of(value: float, width: float) -> float:
    """Return the lower end of the bin that a value falls into."""
    return math.floor(value / width) * width


@attrs.frozen(slots=False)
class Histogram:
    """Counts of values by the lower ends of their bins; there is at least one.

    All statistics take each value for the lower end of its bin.

    Args:
        bins: lower end of a bin -> number of values in it.
        bin_width: of all bins.
    Source:
        com.twitter.scalding.mathematics.Histogram
    Example:
        >>> Histogram({1.0: 3, 4.0: 1}, 1.0).mean
        1.75
    """

    bins: Mapping[float, int]
    bin_width: float = 1.0

    def __reduce__(self) -> tuple[type[Histogram], tuple[dict[float, int], float]]:
        return Histogram, (dict(self.bins), self.bin_width)

    @cached_property
    def keys(self) -> tuple[float, ...]:
        """The bins, ascending."""
        return tuple(sorted(self.bins))

    @property
    def size(self) -> int:
        """How many values there are."""
        return sum(self.bins.values())

    @property
    def sum(self) -> float:
        """The sum of all values."""
        return math.fsum(bin_ * count for bin_, count in self.bins.items())

    @property
    def min(self) -> float:
        """The least bin."""
        return self.keys[0]

    @property
    def max(self) -> float:
        """The greatest bin."""
        return self.keys[-1]

    @property
    def mean(self) -> float:
        """The mean."""
        return self.sum / self.size

    @property
    def std_dev(self) -> float:
        """The population's standard deviation."""
        mean = self.mean
        squares = math.fsum(count * (bin_ - mean) ** 2 for bin_, count in self.bins.items())
        return math.sqrt(squares / self.size)

    @cached_property
    def cdf(self) -> dict[float, float]:
        """For each bin, the part of the values that are in it or below."""
        counts = itertools.accumulate(self.bins[bin_] for bin_ in self.keys)
        return {bin_: count / self.size for bin_, count in zip(self.keys, counts, strict=True)}

    @property
    def lorenz(self) -> dict[float, float]:
        """For each part of the values, the least first, their part of the sum."""
        sums = itertools.accumulate(bin_ * self.bins[bin_] for bin_ in self.keys)
        total = self.sum
        return {
            self.cdf[bin_]: part / total if total else math.nan
            for bin_, part in zip(self.keys, sums, strict=True)
        }

    def percentile(self, percent: float) -> float:
        """Return the first bin with at least `percent` of the values in it or below, else -1."""
        return next((bin_ for bin_ in self.keys if self.cdf[bin_] * 100 >= percent), -1.0)

    @property
    def median(self) -> float:
        """The bin at 50 percent."""
        return self.percentile(50)

    @property
    def q1(self) -> float:
        """The bin at 25 percent."""
        return self.percentile(25)

    @property
    def q3(self) -> float:
        """The bin at 75 percent."""
        return self.percentile(75)

    @property
    def coefficient_of_dispersion(self) -> float:
        """The distance of the quartiles by their sum."""
        both = self.q3 + self.q1
        return (self.q3 - self.q1) / both if both else math.nan
