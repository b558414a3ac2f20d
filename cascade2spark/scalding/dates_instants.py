"""RichDate: an instant; and how dates are read from texts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable
from functools import total_ordering
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.scalding.dates_durations import Duration, Zone, instant_of, local_time

__all__ = ["DEFAULT_PARSER", "DateParser", "RichDate", "as_date", "upper_bound"]

_DASHED = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?: (\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?)?")
_UNDASHED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2})(\d{2})?)?)?")
# Milliseconds of the unit that a text of one to four parts of a time names: day, hour, minute …
_UNITS = ("day", "hour", "minute", "second", "millisecond")
_UNIT_MS = {"hour": 3_600_000, "minute": 60_000, "second": 1_000, "millisecond": 1}


@total_ordering
@attrs.frozen(eq=False, init=False, repr=False)
class RichDate:
    """An instant, in milliseconds since 1970. Instants compare, and take durations.

    Args:
        given: milliseconds, a RichDate, a datetime with a time zone, or a text.
        tz: the time zone of a text.
        parser: reads a text. Default: `DEFAULT_PARSER`.
    Source:
        com.twitter.scalding.RichDate
    Example:
        >>> from cascade2spark.scalding.dates import Days, UTC
        >>> RichDate("2011-02-28", tz=UTC) + Days(1)
        RichDate('2011-03-01T00:00:00.000Z')
    """

    timestamp: int

    def __init__(
        self, given: Any, *, tz: Zone | None = None, parser: DateParser | None = None
    ) -> None:
        if isinstance(given, RichDate):
            millis = given.timestamp
        elif isinstance(given, int) and not isinstance(given, bool):
            millis = given
        elif isinstance(given, datetime.datetime) and given.tzinfo is not None:
            millis = instant_of(given.astimezone(datetime.UTC), datetime.UTC)
        elif isinstance(given, str) and tz is not None:
            millis = (parser or DEFAULT_PARSER).parse(given, tz).timestamp
        else:
            raise BuildError(
                "an instant is made of milliseconds, a datetime with a zone, or a text and a zone",
                asked=repr(given),
                fix='write RichDate("2011-01-02", tz=UTC)' if isinstance(given, str) else None,
            )
        self.__attrs_init__(millis)

    @classmethod
    def now(cls) -> RichDate:
        """Return the instant that is now."""
        return cls(datetime.datetime.now(datetime.UTC))

    def to_datetime(self, tz: Zone) -> datetime.datetime:
        """Return what clocks of a zone show."""
        return local_time(self.timestamp, tz)

    def format(self, pattern: str, tz: Zone) -> str:
        """Return text by a Java pattern such as ``%1$tY/%1$tm/%1$td``, or one of `strftime`."""
        return format_date(pattern, self.to_datetime(tz))

    def to_string(self, tz: Zone) -> str:
        """Return it as ``2011-01-02T03:04:05``, as clocks of a zone show it."""
        return self.to_datetime(tz).strftime("%Y-%m-%dT%H:%M:%S")

    def __add__(self, duration: Duration) -> RichDate:
        return RichDate(duration.add_to(self.timestamp))

    def __sub__(self, other: Any) -> Any:
        """Return the instant that is earlier by a duration, or the milliseconds since another."""
        if isinstance(other, RichDate):
            return self.timestamp - other.timestamp
        return RichDate(other.subtract_from(self.timestamp))

    def floor(self, duration: Duration) -> RichDate:
        """Return where the unit of a duration begins that holds the instant."""
        return RichDate(duration.floor_of(self.timestamp))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, datetime.datetime) and other.tzinfo is not None:
            other = RichDate(other)
        return self.timestamp == other.timestamp if isinstance(other, RichDate) else NotImplemented

    def __lt__(self, other: RichDate) -> bool:
        return self.timestamp < other.timestamp

    def __hash__(self) -> int:
        return hash(self.timestamp)

    def __str__(self) -> str:
        shown = local_time(self.timestamp, datetime.UTC)
        return f"{shown:%Y-%m-%dT%H:%M:%S}.{self.timestamp % 1000:03}Z"

    def __repr__(self) -> str:
        return f"RichDate('{self}')"


@attrs.frozen
class DateParser:
    """Reads an instant off a text, or says that it cannot.

    Args:
        read: a function of text and time zone; returns a RichDate, or None for a text that it does
            not know.
    Example:
        >>> from cascade2spark.scalding.dates import UTC
        >>> millis = DateParser(lambda text, tz: RichDate(int(text)) if text.isdigit() else None)
        >>> DEFAULT_PARSER.rescue_with(millis).parse("3600000", UTC)
        RichDate('1970-01-01T01:00:00.000Z')
    """

    read: Callable[[str, Zone], RichDate | None]

    def parse(self, text: str, tz: Zone) -> RichDate:
        """Return the instant.

        Raises:
            BuildError: the text has an unknown shape.
        """
        found = self.read(text, tz)
        if found is None:
            raise BuildError(
                "this is not a date",
                asked=text,
                available=["2011-01-02", "2011-01-02 03", "2011-01-02T03:04:05", "20110102"],
            )
        return found

    def rescue_with(self, other: DateParser) -> DateParser:
        """Return a parser that asks another one about what this one does not know."""
        return DateParser.first_of([self, other])

    @classmethod
    def first_of(cls, parsers: Iterable[DateParser]) -> DateParser:
        """Return a parser that asks several, in order."""
        asked = tuple(parsers)
        return cls(lambda text, tz: _first(parser.read(text, tz) for parser in asked))

    @classmethod
    def from_format(cls, pattern: str) -> DateParser:
        """Return a parser of a pattern of `datetime.strptime`."""

        def read(text: str, tz: Zone) -> RichDate | None:
            try:
                shown = datetime.datetime.strptime(text, pattern)
            except ValueError:
                return None
            return RichDate(instant_of(shown, shown.tzinfo or tz))

        return cls(read)


def upper_bound(text: str, tz: Zone, parser: DateParser | None = None) -> RichDate:
    """Return the last millisecond of the unit that a text names.

    With milliseconds it is one millisecond more, as in Scalding; of an unknown shape, which only
    another parser can read, it is the end of that day.
    """
    start = (parser or DEFAULT_PARSER).parse(text, tz)
    unit = unit_of(text)
    if unit == "millisecond":
        return RichDate(start.timestamp + 1)
    if unit in (None, "day"):
        shown = start.to_datetime(tz).replace(tzinfo=None)
        if unit is None:
            shown = shown.replace(hour=0, minute=0, second=0, microsecond=0)
        return RichDate(instant_of(shown + datetime.timedelta(days=1), tz) - 1)
    return RichDate(start.timestamp + _UNIT_MS[unit] - 1)


def as_date(given: Any, tz: Zone | None = None) -> RichDate:
    """Return an instant of what a RichDate is made of."""
    return given if isinstance(given, RichDate) else RichDate(given, tz=tz)


def unit_of(text: str) -> str | None:
    """Return the finest unit that a text names; None for an unknown shape."""
    parts = _parts(text)
    return None if parts is None else _UNITS[len(parts) - 3]


def _read(text: str, tz: Zone) -> RichDate | None:
    parts = _parts(text)
    if parts is None:
        return None
    year, month, day, *clock = parts
    hour, minute, second, millis = [*clock, 0, 0, 0, 0][:4]
    # As lenient as Java's: what is too much of a unit carries over.
    months = year * 12 + month - 1
    try:
        shown = datetime.datetime(months // 12, months % 12 + 1, 1) + datetime.timedelta(
            days=day - 1, hours=hour, minutes=minute, seconds=second, milliseconds=millis
        )
    except (ValueError, OverflowError):
        return None
    return RichDate(instant_of(shown, tz))


def _parts(text: str) -> list[int] | None:
    """Return year, month, day, and as much of a time as there is."""
    plain = re.sub(r"[T\s]+", " ", text).strip()
    plain = plain.replace("/", "-").replace("_", "-")
    found = _DASHED.fullmatch(plain) or _UNDASHED.fullmatch(plain)
    return None if found is None else [int(part) for part in found.groups() if part is not None]


def _first(found: Iterable[RichDate | None]) -> RichDate | None:
    return next((date for date in found if date is not None), None)


DEFAULT_PARSER = DateParser(_read)

_JAVA = re.compile(r"%(?:\d+\$)?t([YmdHMSyjL])")


def format_date(pattern: str, shown: datetime.datetime) -> str:
    """Return a time by a Java pattern (``%1$tY``); ``%%`` is a percent sign."""

    def put(match: re.Match[str]) -> str:
        if match[1] == "L":
            return f"{shown.microsecond // 1000:03}"
        if match[1] == "Y":
            return f"{shown.year:04}"
        return shown.strftime(f"%{match[1]}")

    return _JAVA.sub(put, pattern)
