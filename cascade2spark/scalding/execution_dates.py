"""Executions over the parts of a date range, some of them at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from cascade2spark.scalding.algebra.resolving import as_semigroup
from cascade2spark.scalding.dates_durations import Duration
from cascade2spark.scalding.dates_instants import RichDate
from cascade2spark.scalding.dates_ranges import DateRange
from cascade2spark.scalding.execution import Execution

__all__ = ["ExecutionUtil"]

T = TypeVar("T")


class ExecutionUtil:
    """Work over the parts of a date range; the results come in the order of the parts.

    Source:
        com.twitter.scalding.ExecutionUtil
    Example:
        >>> from cascade2spark.scalding.dates import UTC, Days
        >>> days = DateRange.parse("2011-12-01", "2011-12-03", tz=UTC)
        >>> each_day = ExecutionUtil.run_dates_with_parallelism(
        ...     days, Days(1), 2, lambda day: Execution.value(str(day)[:10])
        ... )
        >>> each_day.wait_for()
        ['2011-12-01', '2011-12-02', '2011-12-03']
    """

    @staticmethod
    def run_dates_with_parallelism(
        dates: DateRange, span: Duration, most: int, call: Callable[[RichDate], Execution[T]]
    ) -> Execution[list[T]]:
        """Return the work of a function of the first instant of each part.

        Args:
            dates: the range, which Scalding takes from its surroundings.
            span: what cuts it into parts; see `DateRange.each`.
            most: most of the parts at the same time.
            call: returns the work of one part.
        """
        parts = [part.start for part in dates.each(span)]
        return Execution.with_parallelism(map(call, parts), most)

    @staticmethod
    def run_date_range_with_parallelism(
        dates: DateRange, span: Duration, most: int, call: Callable[[DateRange], Execution[T]]
    ) -> Execution[list[T]]:
        """As `run_dates_with_parallelism`, of a function of each part itself."""
        return Execution.with_parallelism(map(call, dates.each(span)), most)

    @staticmethod
    def run_dates_with_parallelism_sum(
        dates: DateRange,
        span: Duration,
        most: int,
        call: Callable[[RichDate], Execution[T]],
        semigroup: Any = None,
    ) -> Execution[T]:
        """As `run_dates_with_parallelism`, and add the results up.

        Args:
            semigroup: how two results are added. Default: by their own types.
        """
        done = ExecutionUtil.run_dates_with_parallelism(dates, span, most, call)
        return done.map(_summed(semigroup))

    @staticmethod
    def run_date_range_with_parallelism_sum(
        dates: DateRange,
        span: Duration,
        most: int,
        call: Callable[[DateRange], Execution[T]],
        semigroup: Any = None,
    ) -> Execution[T]:
        """As `run_date_range_with_parallelism`, and add the results up."""
        done = ExecutionUtil.run_date_range_with_parallelism(dates, span, most, call)
        return done.map(_summed(semigroup))


def _summed(semigroup: Any) -> Callable[[list[Any]], Any]:
    return functools.partial(functools.reduce, as_semigroup(semigroup).plus)
