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

    def __bool__(self) -> bool:
        return self.is_true
