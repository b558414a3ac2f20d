"""DateRange: all instants from one to another, and the paths that stand for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.scalding.dates_durations import (
    AbsoluteDuration,
    CalendarDuration,
    Days,
    Duration,
    Hours,
    Minutes,
    Months,
    Seconds,
    Years,
    Zone,
)
from cascade2spark.scalding.dates_instants import DateParser, RichDate, as_date, upper_bound

__all__ = ["DateRange", "Globifier", "step_of_pattern"]


@attrs.frozen
class DateRange:
    """All instants from a start to an end, both of which belong to it.

    Args:
        start, end: RichDates.
    Raises:
        BuildError: it ends before it starts.
    Source:
        com.twitter.scalding.DateRange
    Example:
        >>> from cascade2spark.scalding.dates import UTC
        >>> range = DateRange.parse("2011-01-02", tz=UTC)
        >>> range.length, range.contains(RichDate("2011-01-02T23:59:59.999", tz=UTC))
        (Hours(count=24), True)
    """

    start: RichDate = attrs.field(converter=as_date)
    end: RichDate = attrs.field(converter=as_date)

    def __attrs_post_init__(self) -> None:
        if self.end < self.start:
            raise BuildError("a date range ends before it starts", asked=str(self))

    @classmethod
    def parse(
        cls,
        first: str | Sequence[str],
        last: str | None = None,
        *,
        tz: Zone,
        parser: DateParser | None = None,
    ) -> DateRange:
        """Return the range of one text or two: to the end of the unit that the last one names.

        Args:
            first, last: texts; a list holds one or both.
            tz: the time zone of the texts.
            parser: reads them. Default: `DEFAULT_PARSER`.
        Raises:
            BuildError: no dates, more than two, or in the wrong order.
        """
        texts = [first, *([] if last is None else [last])] if isinstance(first, str) else [*first]
        if len(texts) not in (1, 2):
            raise BuildError("a date range is one date or two", asked=texts or "nothing")
        start = RichDate(texts[0], tz=tz, parser=parser)
        return cls(start, upper_bound(texts[-1], tz, parser))

    @classmethod
    def exclusive_upper(cls, start: RichDate, end: RichDate) -> DateRange:
        """Return the range that ends one millisecond before an instant."""
        return cls(start, RichDate(end.timestamp - 1))

    # -- questions -------------------------------------------------------------------------------

    def contains(self, other: DateRange | RichDate) -> bool:
        """Tell whether an instant, or all of another range, lies in it."""
        if isinstance(other, RichDate):
            return self.start <= other <= self.end
        return self.start <= other.start and other.end <= self.end

    def is_before(self, point: RichDate) -> bool:
        """Tell whether all of it is before an instant."""
        return self.end < point

    def is_after(self, point: RichDate) -> bool:
        """Tell whether all of it is after an instant."""
        return point < self.start

    @property
    def length(self) -> AbsoluteDuration:
        """How long it is, both ends counted."""
        return AbsoluteDuration.from_millisecs(self.end.timestamp - self.start.timestamp + 1)

    # -- other ranges ----------------------------------------------------------------------------

    def __add__(self, duration: Duration) -> DateRange:
        """Return the range moved to later."""
        return DateRange(self.start + duration, self.end + duration)

    def __sub__(self, duration: Duration) -> DateRange:
        """Return the range moved to earlier."""
        return DateRange(self.start - duration, self.end - duration)

    def extend(self, duration: Duration) -> DateRange:
        """Return the range with a later end."""
        return DateRange(self.start, self.end + duration)

    def prepend(self, duration: Duration) -> DateRange:
        """Return the range with an earlier start."""
        return DateRange(self.start - duration, self.end)

    def embiggen(self, duration: Duration) -> DateRange:
        """Return the range with an earlier start and a later end."""
        return DateRange(self.start - duration, self.end + duration)

    def each(self, span: Duration) -> Iterator[DateRange]:
        """Yield the parts that a duration cuts it into, which touch and do not overlap.

        They are cut one span after the unit began that a part starts in, so that the first and the
        last one may be short.
        """
        start = self.start
        while True:
            following = start.floor(span) + span
            if following <= start:
                raise BuildError("a range is cut by a duration of one or more", asked=repr(span))
            if following > self.end:
                yield DateRange(start, self.end)
                return
            yield DateRange.exclusive_upper(start, following)
            start = following

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"


_STEPS: tuple[tuple[str, Any], ...] = (
    ("S", Seconds),
    ("M", Minutes),
    ("H", Hours),
    ("d", Days),
    ("m", Months),
    ("Y", Years),
)


def step_of_pattern(pattern: str, tz: Zone) -> Duration:
    """Return the finest unit that a pattern of a path names.

    Raises:
        BuildError: it names none.
    Example:
        >>> from cascade2spark.scalding.dates import UTC
        >>> type(step_of_pattern("/logs/%1$tY/%1$tm/%1$td/*", UTC)).__name__
        'Days'
    """
    units = set(re.findall(r"%1\$t(\w)", pattern))
    for letter, kind in _STEPS:
        if letter in units:
            return _one(kind, tz)
    raise BuildError(
        "the pattern of a path names no unit of time",
        asked=pattern,
        fix="write it with %1$tY and the like",
    )


@attrs.frozen
class Globifier:
    """Writes the fewest patterns of paths that stand for exactly the steps of a range.

    A month, a day or a year that is whole becomes one pattern, with a wildcard for what is finer.

    Args:
        pattern: a path with ``%1$tY`` and the like.
        tz: the time zone of its steps.
    Example:
        >>> from cascade2spark.scalding.dates import UTC
        >>> range = DateRange.parse("2011-12-01T22", "2011-12-03T00", tz=UTC)
        >>> Globifier("%1$tm/%1$td/%1$tH", UTC).globify(range)
        ['12/01/22', '12/01/23', '12/02/*', '12/03/00']
    """

    pattern: str
    tz: Zone

    def globify(self, given: DateRange) -> list[str]:
        """Return the patterns for a range, in its order."""
        return list(self._globs(given))

    def _globs(self, given: DateRange) -> Iterator[str]:
        step = step_of_pattern(self.pattern, self.tz)
        first, last = given.start.floor(step), given.end.floor(step)
        while first <= last:
            letter, following = self._largest(first, last, step)
            yield self._glob(first, letter)
            first = following

    def _largest(self, first: RichDate, last: RichDate, step: Duration) -> tuple[str, RichDate]:
        """Return the largest unit that begins at a step and is within, and where it ends."""
        units = self._units()
        for letter, unit in units[:-1]:
            following = first + unit
            if first.floor(unit) == first and following - step <= last:
                return letter, following
        letter, unit = units[-1]
        return letter, first + unit

    def _units(self) -> list[tuple[str, Duration]]:
        """Return the units of the pattern, the largest first."""
        found = []
        for letter, kind in reversed(_STEPS):
            if f"%1$t{letter}" in self.pattern:
                found.append((letter, _one(kind, self.tz)))
        return found

    def _glob(self, date: RichDate, letter: str) -> str:
        finer = [known for known, _ in _STEPS[: [name for name, _ in _STEPS].index(letter)]]
        pattern = self.pattern
        for known in finer:
            pattern = pattern.replace(f"%1$t{known}", "*")
        return date.format(pattern, self.tz)


def _one(kind: Any, tz: Zone) -> Duration:
    step: Duration = kind(1, tz) if issubclass(kind, CalendarDuration) else kind(1)
    return step
