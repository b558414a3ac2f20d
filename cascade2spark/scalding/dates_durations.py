"""Durations: absolute ones of milliseconds, and steps of a calendar in a time zone."""

from __future__ import annotations

import calendar
import datetime
from abc import ABC, abstractmethod
from functools import total_ordering
from typing import ClassVar
from zoneinfo import ZoneInfo

import attrs

from cascade2spark.errors import BuildError

__all__ = [
    "PACIFIC",
    "UTC",
    "AbsoluteDuration",
    "CalendarDuration",
    "Days",
    "Duration",
    "Hours",
    "Millisecs",
    "Minutes",
    "Months",
    "Seconds",
    "Weeks",
    "Years",
    "as_zone",
    "instant_of",
    "local_time",
]

UTC = ZoneInfo("UTC")
PACIFIC = ZoneInfo("America/Los_Angeles")

_EPOCH = datetime.datetime(1970, 1, 1)
_MILLISECOND = datetime.timedelta(milliseconds=1)
Zone = datetime.tzinfo


def as_zone(given: str | Zone) -> Zone:
    """Return a time zone by its name, or as it is.

    Raises:
        BuildError: there is no such zone.
    """
    if isinstance(given, datetime.tzinfo):
        return given
    try:
        return ZoneInfo(given)
    except (KeyError, ValueError, OSError) as unknown:
        raise BuildError(
            "this is no time zone", asked=given, fix="give a name such as America/Los_Angeles"
        ) from unknown


def local_time(millis: int, zone: Zone) -> datetime.datetime:
    """Return what clocks show at an instant."""
    utc = (_EPOCH + millis * _MILLISECOND).replace(tzinfo=datetime.UTC)
    return utc.astimezone(zone)


def instant_of(shown: datetime.datetime, zone: Zone) -> int:
    """Return the instant at which clocks show a time, in milliseconds since 1970.

    As Java's calendars have it: a time that is shown twice is meant after clocks were put back, and
    one that is left out counts on from the last hour that was shown.
    """
    aware = shown.replace(tzinfo=zone)
    none = datetime.timedelta()
    offset = min(aware.replace(fold=fold).utcoffset() or none for fold in (0, 1))
    return (shown.replace(tzinfo=None) - _EPOCH - offset) // _MILLISECOND


class Duration(ABC):
    """A length of time that can be added to an instant."""

    @abstractmethod
    def add_to(self, millis: int) -> int:
        """Return the instant that is this much later."""

    @abstractmethod
    def subtract_from(self, millis: int) -> int:
        """Return the instant that is this much earlier."""

    @abstractmethod
    def floor_of(self, millis: int) -> int:
        """Return where the unit begins that holds an instant; the count does not matter."""


@total_ordering
@attrs.frozen(eq=False)
class AbsoluteDuration(Duration):
    """A number of milliseconds, seconds, minutes or hours: always as long.

    Args:
        count: how many.
    Example:
        >>> Hours(1) + Minutes(30), Minutes(120) == Hours(2)
        (Minutes(count=90), True)
    """

    unit_ms: ClassVar[int] = 1

    count: int

    @property
    def millis(self) -> int:
        """The length in milliseconds."""
        return self.count * self.unit_ms

    def to_millisecs(self) -> int:
        """Return `millis`."""
        return self.millis

    @staticmethod
    def from_millisecs(millis: int) -> AbsoluteDuration:
        """Return a length in the largest unit of which it is a whole number."""
        for kind in (Hours, Minutes, Seconds):
            if millis % kind.unit_ms == 0:
                return kind(millis // kind.unit_ms)
        return Millisecs(millis)

    def add_to(self, millis: int) -> int:
        return millis + self.millis

    def subtract_from(self, millis: int) -> int:
        return millis - self.millis

    def floor_of(self, millis: int) -> int:
        return millis // self.unit_ms * self.unit_ms

    def __add__(self, other: AbsoluteDuration) -> AbsoluteDuration:
        return self.from_millisecs(self.millis + other.millis)

    def __sub__(self, other: AbsoluteDuration) -> AbsoluteDuration:
        return self.from_millisecs(self.millis - other.millis)

    def __mul__(self, times: int) -> AbsoluteDuration:
        return self.from_millisecs(self.millis * times)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AbsoluteDuration):
            return NotImplemented
        return self.millis == other.millis

    def __lt__(self, other: AbsoluteDuration) -> bool:
        return self.millis < other.millis

    def __hash__(self) -> int:
        return hash(self.millis)


class Millisecs(AbsoluteDuration):
    """Milliseconds."""


class Seconds(AbsoluteDuration):
    """Seconds."""

    unit_ms = 1_000


class Minutes(AbsoluteDuration):
    """Minutes."""

    unit_ms = 60_000


class Hours(AbsoluteDuration):
    """Hours of sixty minutes, whatever clocks do."""

    unit_ms = 3_600_000


@attrs.frozen
class CalendarDuration(Duration):
    """A number of days, weeks, months or years of a calendar; how long they are depends on when.

    Args:
        count: how many.
        tz: the time zone, or its name. Default: UTC.
    """

    count: int
    tz: Zone = attrs.field(default=UTC, converter=as_zone)

    def add_to(self, millis: int) -> int:
        return self._moved(millis, self.count)

    def subtract_from(self, millis: int) -> int:
        return self._moved(millis, -self.count)

    def floor_of(self, millis: int) -> int:
        shown = local_time(millis, self.tz)
        midnight = shown.replace(hour=0, minute=0, second=0, microsecond=0)
        return instant_of(self._floor(midnight), self.tz)

    def _moved(self, millis: int, count: int) -> int:
        shown = local_time(millis, self.tz)
        moved = self._step(shown.replace(tzinfo=None), count)
        if moved == shown.replace(tzinfo=None):
            return millis  # also within an hour that is shown twice
        return instant_of(moved, self.tz)

    @abstractmethod
    def _step(self, shown: datetime.datetime, count: int) -> datetime.datetime:
        """Return what clocks show later."""

    @abstractmethod
    def _floor(self, midnight: datetime.datetime) -> datetime.datetime:
        """Return the first midnight of the unit."""


class Days(CalendarDuration):
    """Days, of 23 to 25 hours."""

    def _step(self, shown: datetime.datetime, count: int) -> datetime.datetime:
        return shown + datetime.timedelta(days=count)

    def _floor(self, midnight: datetime.datetime) -> datetime.datetime:
        return midnight


class Weeks(CalendarDuration):
    """Weeks, which begin on Mondays."""

    def _step(self, shown: datetime.datetime, count: int) -> datetime.datetime:
        return shown + datetime.timedelta(weeks=count)

    def _floor(self, midnight: datetime.datetime) -> datetime.datetime:
        return midnight.replace(tzinfo=None) - datetime.timedelta(days=midnight.weekday())


class Months(CalendarDuration):
    """Months; a day that a month does not have becomes its last."""

    def _step(self, shown: datetime.datetime, count: int) -> datetime.datetime:
        return months_later(shown, count)

    def _floor(self, midnight: datetime.datetime) -> datetime.datetime:
        return midnight.replace(day=1)


class Years(CalendarDuration):
    """Years; the 29th of February becomes the 28th."""

    def _step(self, shown: datetime.datetime, count: int) -> datetime.datetime:
        return months_later(shown, 12 * count)

    def _floor(self, midnight: datetime.datetime) -> datetime.datetime:
        return midnight.replace(month=1, day=1)


def months_later(shown: datetime.datetime, count: int) -> datetime.datetime:
    """Return the same day some months later, or the last day of that month."""
    months = shown.year * 12 + shown.month - 1 + count
    year, month = months // 12, months % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return shown.replace(year=year, month=month, day=min(shown.day, last))
