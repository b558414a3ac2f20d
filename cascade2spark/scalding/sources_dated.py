"""Sources whose paths hold dates: those of a range are read, the last one is written."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.scalding.base import Mode, WrappedSource
from cascade2spark.scalding.dates_durations import UTC, Zone, as_zone
from cascade2spark.scalding.dates_ranges import DateRange, Globifier, step_of_pattern
from cascade2spark.scalding.readable import Source
from cascade2spark.scalding.sources_files import FileSource, InvalidSource, good_paths
from cascade2spark.scalding.sources_text import TextLine
from cascade2spark.taps.base import Tap
from cascade2spark.taps.hadoop_files import Hfs

__all__ = [
    "MostRecentGoodSource",
    "TimePathedSource",
    "daily_suffix",
    "hourly_suffix",
    "most_recent_good",
]

_DAILY = "/%1$tY/%1$tm/%1$td/*"
_HOURLY = "/%1$tY/%1$tm/%1$td/%1$tH/*"


def _frozen(options: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(dict(options).items()))


@attrs.frozen(repr=False)
class TimePathedSource(WrappedSource, Source):
    """Files at a path for each day, hour and so on of a range.

    Before a flow runs each single path is looked at; read are as few patterns as stand for them.

    Args:
        pattern: a path with ``%1$tY %1$tm %1$td %1$tH``; the finest of them is the step. One to be
            written must end in ``/*``, and the end of the range says which folder it is.
        date_range: the steps that are read.
        tz: the time zone of the steps. Default: UTC.
        make: makes the source of the files, of their paths and `args` and `options`.
        args, options: go to `make`.
    Source:
        com.twitter.scalding.TimePathedSource
    """

    pattern: str
    date_range: DateRange
    tz: Zone = attrs.field(default=UTC, converter=as_zone)
    make: Callable[..., FileSource] = attrs.field(default=TextLine)
    args: tuple[Any, ...] = attrs.field(default=(), converter=tuple)
    options: tuple[tuple[str, Any], ...] = attrs.field(default=(), converter=_frozen)

    def __attrs_post_init__(self) -> None:
        step_of_pattern(self.pattern, self.tz)

    def files_at(self, *paths: str) -> FileSource:
        """Return the source of the files at some paths."""
        return self.make(paths, *self.args, **dict(self.options))

    @cached_property
    def files(self) -> FileSource:
        """The source of all files of the range."""
        return self.files_at(*Globifier(self.pattern, self.tz).globify(self.date_range))

    def step_paths(self) -> list[str]:
        """Return the path of each single step, in order."""
        step = step_of_pattern(self.pattern, self.tz)
        return list(
            dict.fromkeys(
                part.start.format(self.pattern, self.tz) for part in self.date_range.each(step)
            )
        )

    @property
    def inner(self) -> FileSource:
        return self.files

    @property
    def sink_fields(self) -> Fields:
        return self.files.sink_fields

    @property
    def typed_sink_fields(self) -> Fields:
        return self.files.typed_sink_fields

    def read_tap(self, mode: Mode) -> Tap:
        steps = self.step_paths()
        good = good_paths(self, steps, mode, needs_success=self.files.asks_for_success(mode))
        whole = self.files.paths if len(good) == len(steps) else good
        return Hfs(self.files.scheme(), list(whole))

    def write_tap(self, mode: Mode) -> Tap:
        if not self.pattern.endswith("/*"):
            raise BuildError(
                f"{self} cannot be written: the pattern must end in /*", asked=self.pattern
            )
        return self.files_at(self.date_range.end.format(self.pattern, self.tz)).write_tap(mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pattern!r}, {self.date_range})"


@attrs.frozen(repr=False)
class MostRecentGoodSource(TimePathedSource):
    """As TimePathedSource, but read is the newest step alone that is good.

    Source:
        com.twitter.scalding.MostRecentGoodSource
    """

    def read_tap(self, mode: Mode) -> Tap:
        needs_success = self.files.asks_for_success(mode)
        for path in reversed(self.step_paths()):
            try:
                good = good_paths(self, [path], mode, needs_success=needs_success, is_strict=True)
            except InvalidSource:
                continue
            return Hfs(self.files.scheme(), list(good))
        raise InvalidSource(f"no path of {self} is good", asked=self.step_paths()[-5:])


def daily_suffix(
    make: Callable[..., FileSource], prefix: str, date_range: DateRange, *args: Any, **options: Any
) -> TimePathedSource:
    """Return a source of ``prefix/YYYY/MM/DD/*`` for each day, in UTC.

    Args:
        make: the class of the files, as TextLine or TypedTsv.
        prefix: what stands before the dates.
        date_range: the days.
        args, options: of `make`, after its paths.
    Example:
        >>> from cascade2spark.scalding.dates import UTC, DateRange
        >>> days = DateRange.parse("2011-12-01", "2011-12-02", tz=UTC)
        >>> daily_suffix(TextLine, "logs", days).step_paths()
        ['logs/2011/12/01/*', 'logs/2011/12/02/*']
    """
    return TimePathedSource(prefix + _DAILY, date_range, UTC, make, args, options)


def hourly_suffix(
    make: Callable[..., FileSource], prefix: str, date_range: DateRange, *args: Any, **options: Any
) -> TimePathedSource:
    """Return a source of ``prefix/YYYY/MM/DD/HH/*`` for each hour, in UTC; see `daily_suffix`."""
    return TimePathedSource(prefix + _HOURLY, date_range, UTC, make, args, options)


def most_recent_good(
    make: Callable[..., FileSource], prefix: str, date_range: DateRange, *args: Any, **options: Any
) -> MostRecentGoodSource:
    """Return a source of the newest day of ``prefix/YYYY/MM/DD/*`` that is good."""
    return MostRecentGoodSource(prefix + _DAILY, date_range, UTC, make, args, options)
