"""Rings of numbers and truth values."""

from __future__ import annotations

import abc
import itertools
import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs

from cascade2spark.scalding.algebra.base import (
    Monoid,
    Ring,
    refused,
    summed_in_chunks,
)

__all__ = [
    "AndVal",
    "AndValMonoid",
    "BoolRing",
    "DecimalRing",
    "FloatRing",
    "FractionRing",
    "IntRing",
    "IntWrap",
    "LongWrap",
    "OrVal",
    "OrValMonoid",
    "WrappingRing",
]


class _NumberRing(Ring):
    """What the rings of Python's own numbers share; subclasses say zero and one."""

    def plus(self, left: Any, right: Any) -> Any:
        try:
            return left + right
        except TypeError as broken:
            raise refused(self, left, right) from broken

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        iterator = iter(values)
        for first in iterator:
            # The sum starts with the first value: 0 is no identity for -0.0.
            return self._added(first, iterator)
        return default

    def _added(self, first: Any, rest: Iterable[Any]) -> Any:
        try:
            return sum(rest, first)
        except TypeError as broken:
            raise refused(self, first) from broken

    def negate(self, value: Any) -> Any:
        return -value

    def minus(self, left: Any, right: Any) -> Any:
        return left - right

    def times(self, left: Any, right: Any) -> Any:
        return left * right

    def product(self, values: Iterable[Any]) -> Any:
        return math.prod(values, start=self.one)


@attrs.frozen
class IntRing(_NumberRing):
    """Whole numbers, exact at any size; Scala's Int and Long wrap, see `IntWrap`."""

    @property
    def zero(self) -> int:
        return 0

    @property
    def one(self) -> int:
        return 1


@attrs.frozen
class FloatRing(_NumberRing):
    """Floats: another order of adding changes the last digits."""

    @property
    def zero(self) -> float:
        return 0.0

    @property
    def one(self) -> float:
        return 1.0


@attrs.frozen
class DecimalRing(_NumberRing):
    """Decimals, in the precision of the decimal module's context."""

    @property
    def zero(self) -> Decimal:
        return Decimal(0)

    @property
    def one(self) -> Decimal:
        return Decimal(1)


@attrs.frozen
class FractionRing(_NumberRing):
    """Fractions, exact."""

    @property
    def zero(self) -> Fraction:
        return Fraction(0)

    @property
    def one(self) -> Fraction:
        return Fraction(1)


@attrs.frozen
class WrappingRing(Ring):
    """Whole numbers of some bits that wrap on overflow, as Java's do.

    Example:
        >>> IntWrap.plus(2**31 - 1, 1)
        -2147483648
    """

    bits: int

    def _wrapped(self, value: int) -> int:
        half = 1 << (self.bits - 1)
        return ((value + half) & ((1 << self.bits) - 1)) - half

    @property
    def zero(self) -> int:
        return 0

    @property
    def one(self) -> int:
        return 1

    def plus(self, left: Any, right: Any) -> int:
        try:
            return self._wrapped(left + right)
        except TypeError as broken:
            raise refused(self, left, right) from broken

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._sum_chunk)

    def _sum_chunk(self, values: list[Any]) -> int:
        try:
            return self._wrapped(sum(values))
        except TypeError as broken:
            raise refused(self, *values[:2]) from broken

    def negate(self, value: Any) -> int:
        return self._wrapped(-value)

    def minus(self, left: Any, right: Any) -> int:
        return self._wrapped(left - right)

    def times(self, left: Any, right: Any) -> int:
        return self._wrapped(left * right)


IntWrap = WrappingRing(32)
LongWrap = WrappingRing(64)


@attrs.frozen
class BoolRing(Ring):
    """Truth values: plus is exclusive or, times is and; for or and and see `OrVal`, `AndVal`."""

    @property
    def zero(self) -> bool:
        return False

    @property
    def one(self) -> bool:
        return True

    def plus(self, left: Any, right: Any) -> bool:
        if not (isinstance(left, bool) and isinstance(right, bool)):
            raise refused(self, left, right)
        return left is not right

    def negate(self, value: Any) -> bool:
        return bool(value)

    def minus(self, left: Any, right: Any) -> bool:
        return self.plus(left, right)

    def times(self, left: Any, right: Any) -> bool:
        return bool(left and right)


@attrs.frozen
class OrVal:
    """A truth value that adds by or."""

    get: bool

    def plus(self, other: OrVal) -> OrVal:
        return OrVal(self.get or other.get)

    @classmethod
    def zero(cls) -> OrVal:
        return OrVal(False)


@attrs.frozen
class AndVal:
    """A truth value that adds by and."""

    get: bool

    def plus(self, other: AndVal) -> AndVal:
        return AndVal(self.get and other.get)

    @classmethod
    def zero(cls) -> AndVal:
        return AndVal(True)


class _TruthMonoid(Monoid):
    """Plain booleans added by another operation than exclusive or."""

    @abc.abstractmethod
    def _of(self, values: Iterable[Any]) -> bool: ...

    @property
    def zero(self) -> bool:
        return self._of(())

    def plus(self, left: Any, right: Any) -> bool:
        return self._of((left, right))

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        iterator = iter(values)
        for first in iterator:
            return self._of(itertools.chain((first,), iterator))
        return default


@attrs.frozen
class OrValMonoid(_TruthMonoid):
    """Plain booleans added by or; zero is False."""

    def _of(self, values: Iterable[Any]) -> bool:
        return any(values)


@attrs.frozen
class AndValMonoid(_TruthMonoid):
    """Plain booleans added by and; zero is True."""

    def _of(self, values: Iterable[Any]) -> bool:
        return all(values)
