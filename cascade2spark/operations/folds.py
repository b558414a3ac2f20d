"""Counts, averages and a minimum that treat nulls as no stock aggregator does."""

from __future__ import annotations

import enum
import operator
from typing import Any

import attrs

from cascade2spark.fields import Fields
from cascade2spark.operations.callables import Fold, FoldAggregator
from cascade2spark.operations.extremes import MinValue
from cascade2spark.types import Double, coercion, double_

__all__ = ["AverageOfValues", "CountOfNulls", "CountOfValues", "Include", "LeastValue"]


class Include(enum.Enum):
    """Which rows count: all, those with a value that is not null, or those without one.

    Source:
        cascading.pipe.assembly.CountBy.Include and its like
    Example:
        >>> [which.name for which in Include]
        ['ALL', 'NO_NULLS', 'ONLY_NULLS']
    """

    ALL = "ALL"
    NO_NULLS = "NO_NULLS"
    ONLY_NULLS = "ONLY_NULLS"


class CountOfValues(FoldAggregator):
    """Counts the rows that have an argument which is not null."""

    counts_nulls = False

    def __init__(self, result: Fields) -> None:
        super().__init__(result)

    def is_algebraic(self) -> bool:
        """Return True: parts of a group may be counted apart."""
        return True

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the count."""
        counts_nulls = self.counts_nulls

        def step(count: int, *values: Any) -> int:
            is_null = all(value is None for value in values)
            return count + 1 if is_null is counts_nulls else count

        return Fold(int, step, _same, operator.add)


class CountOfNulls(CountOfValues):
    """Counts the rows whose arguments are all null."""

    counts_nulls = True


class AverageOfValues(FoldAggregator):
    """The mean of what is not null; null when nothing is."""

    def __init__(self, result: Fields) -> None:
        super().__init__(1, result)

    def is_algebraic(self) -> bool:
        """Return True: sums and counts of parts may be joined."""
        return True

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return sum and count, divided at the end."""
        types, results = argument_fields.get_types(), declared.get_types()
        number = coercion(double_, None if types is None else types[0])
        result = coercion(Double if results is None else results[0])

        def step(state: tuple[float, int], value: Any) -> tuple[float, int]:
            return state if value is None else (state[0] + number(value), state[1] + 1)

        def finish(state: tuple[float, int]) -> Any:
            return result(state[0] / state[1] if state[1] else None)

        return Fold(lambda: (0.0, 0), step, finish, _joined)


class LeastValue(FoldAggregator):
    """The least value of one argument, null being less than any; the first of equal ones."""

    def __init__(self, result: Fields) -> None:
        super().__init__(1, result)

    def is_algebraic(self) -> bool:
        """Return True: the least of the parts' least values is that of the whole."""
        return True

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the choice of the lesser value."""
        lesser = MinValue().choose

        def step(least: Any, value: Any) -> Any:
            if least is None or value is None:
                return None
            return value if least is attrs.NOTHING else lesser(least, value)

        def merge(left: Any, right: Any) -> Any:
            return left if right is attrs.NOTHING else step(left, right)

        return Fold(_nothing, step, _same, merge)


def _nothing() -> Any:
    return attrs.NOTHING


def _joined(left: tuple[float, int], right: tuple[float, int]) -> tuple[float, int]:
    return left[0] + right[0], left[1] + right[1]


def _same(state: Any) -> Any:
    return state
