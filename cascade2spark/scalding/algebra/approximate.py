"""Answers that are estimates, with what is known of their error."""

from __future__ import annotations

import attrs

__all__ = ["Approximate", "ApproximateBoolean"]


@attrs.frozen
class Approximate:
    """A number that is an estimate.

    Args:
        min: the truth is at least this.
        estimate: the best guess.
        max: the truth is at most this.
        prob_within_bounds: how likely the truth lies within min and max; 1.0 when it does for sure.
    """

    min: float
    estimate: float
    max: float
    prob_within_bounds: float

    def plus(self, other: Approximate) -> Approximate:
        """Return the sum: bounds add, and both must hold."""
        return Approximate(
            self.min + other.min,
            self.estimate + other.estimate,
            self.max + other.max,
            self.prob_within_bounds * other.prob_within_bounds,
        )

    @classmethod
    def zero(cls) -> Approximate:
        return cls.exact(0)

    @classmethod
    def exact(cls, value: float) -> Approximate:
        """Return an answer that is no estimate."""
        return cls(value, value, value, 1.0)

    def bounds_contain(self, value: float) -> bool:
        """Whether a value lies within the bounds."""
        return self.min <= value <= self.max


@attrs.frozen
class ApproximateBoolean:
    """A truth value that may be wrong.

    Args:
        is_true: the answer.
        with_prob: how likely it is right; 1.0 when it is for sure.
    """

    is_true: bool
    with_prob: float

    def plus(self, other: ApproximateBoolean) -> ApproximateBoolean:
        """Return the exclusive or, as truth values add; right at least where both are."""
        return ApproximateBoolean(
            self.is_true is not other.is_true, self.with_prob * other.with_prob
        )

    def __bool__(self) -> bool:
        return self.is_true
