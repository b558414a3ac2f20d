"""A sum to which values come one by one, and which adds them many at a time."""

from __future__ import annotations

from typing import Any

__all__ = ["Running"]

_CHUNK = 1000


class Running:
    """Values that are added up some at a time: the sum of a thousand lists is made once.

    It is changed in place by ``+``; what travels is the sum so far.

    Args:
        semigroup: how they are added.
        values: those that are there.
        is_reversed: the later values come first, where that makes a difference.
    """

    __slots__ = ("_is_reversed", "_semigroup", "_values")

    def __init__(
        self, semigroup: Any, values: list[Any] | None = None, is_reversed: bool = False
    ) -> None:
        self._semigroup, self._is_reversed = semigroup, is_reversed
        self._values: list[Any] = [] if values is None else values

    def __add__(self, value: Any) -> Running:
        values = self._values
        if value.__class__ is Running:
            values += value._values
        else:
            values.append(value)
        if len(values) >= _CHUNK:
            self._values = [self._sum(values)]
        return self

    def __radd__(self, value: Any) -> Running:
        return Running(self._semigroup, [value, *self._values], self._is_reversed)

    def __reduce__(self) -> Any:
        held = self._values
        if len(held) > 1:
            try:
                held = [self._sum(held)]
            except Exception:  # it fails again where the group ends, which can say what it was
                held = self._values
        return Running, (self._semigroup, held, self._is_reversed)

    def total(self) -> Any:
        """Return the sum; of no values None."""
        values = self._values
        return values[0] if len(values) == 1 else self._sum(values)

    def _sum(self, values: list[Any]) -> Any:
        return self._semigroup.sum_option(values[::-1] if self._is_reversed else values)
