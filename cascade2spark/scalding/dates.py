"""Dates: instants, ranges, durations and time zones. Public door."""

from __future__ import annotations

from cascade2spark.scalding.dates_durations import (
    PACIFIC,
    UTC,
    AbsoluteDuration,
    CalendarDuration,
    Days,
    Duration,
    Hours,
    Millisecs,
    Minutes,
    Months,
    Seconds,
    Weeks,
    Years,
)
from cascade2spark.scalding.dates_instants import DEFAULT_PARSER, DateParser, RichDate, upper_bound
from cascade2spark.scalding.dates_ranges import DateRange, Globifier
from cascade2spark.scalding.import_hints import unknown_name

__all__ = [
    "DEFAULT_PARSER",
    "PACIFIC",
    "UTC",
    "AbsoluteDuration",
    "CalendarDuration",
    "DateParser",
    "DateRange",
    "Days",
    "Duration",
    "Globifier",
    "Hours",
    "Millisecs",
    "Minutes",
    "Months",
    "RichDate",
    "Seconds",
    "Weeks",
    "Years",
    "upper_bound",
]


def __getattr__(name: str) -> object:
    raise unknown_name(__name__, name)
