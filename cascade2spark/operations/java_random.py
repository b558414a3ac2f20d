"""java.util.Random: the generator that Sample draws from, so that the same rows are drawn."""

from __future__ import annotations

__all__ = ["ADDEND", "MASK", "MULTIPLIER", "JavaRandom"]

MULTIPLIER = 0x5DEECE66D
ADDEND = 0xB
MASK = (1 << 48) - 1


class JavaRandom:
    """Java's linear congruential generator of 48 bits.

    Args:
        seed: any whole number; its low 48 bits count.
    Attributes:
        state: 48 bits; each number takes two steps to ``state * MULTIPLIER + ADDEND``.
    Example:
        >>> JavaRandom(42).next_double()
        0.7275636800328681
    """

    def __init__(self, seed: int) -> None:
        self.state = (seed ^ MULTIPLIER) & MASK

    def next_double(self) -> float:
        """Return the next number, from 0 to below 1."""
        high = (self.state * MULTIPLIER + ADDEND) & MASK
        self.state = low = (high * MULTIPLIER + ADDEND) & MASK
        return (((high >> 22) << 27) + (low >> 21)) * 2.0**-53
