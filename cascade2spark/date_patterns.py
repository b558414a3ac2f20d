"""Date patterns in the letters of Java's SimpleDateFormat, to text and back.

No date library reads these letters as Java does: a text may go on after the pattern ends, fields
roll over (30 February is 2 March), ``SSS`` is a count of milliseconds and not a fraction, and days
before 15 October 1582 are Julian. Names of months and days are English.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.java_calendar import civil_day, days_of
from cascade2spark.java_zones import ABBREVIATED_HOURS, as_zone, minutes_of

__all__ = ["DatePattern", "Moment"]

_EPOCH = datetime(1970, 1, 1)
_DAY_MS = 86_400_000
_MONTHS = [
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_NUMBERS = "yMLdDuHkKhmsS"
_LETTERS = _NUMBERS + "GEaZzX"


@attrs.frozen(slots=False)
class DatePattern:
    """A SimpleDateFormat: pattern, time zone, locale.

    Letters: ``G y M L d D E u a H k K h m s S Z z X``; weeks and long zone names are refused.

    Args:
        pattern: the pattern in Java's letters; quotes protect text.
        zone: an id such as ``America/New_York``, ``UTC``, ``PST`` or ``GMT+02:00``.
        locale: an English locale or None; any, when the pattern prints no names.
    Raises:
        BuildError: a letter, zone or locale that is not known; Java would take UTC for the zone.
    """

    pattern: str
    zone: str = "UTC"
    locale: str | None = None

    def __attrs_post_init__(self) -> None:
        for letter, length in self._fields:
            if letter not in _LETTERS or (letter in "zX" and length > 3):
                raise BuildError(
                    f"date pattern {self.pattern!r} has a letter that is not supported",
                    asked=letter * length,
                    available=list(_LETTERS),
                )
        as_zone(self.zone)
        has_names = any(x in "GEaz" or (x in "ML" and n > 2) for x, n in self._fields)
        if has_names and (self.locale or "en")[:2].lower() != "en":
            raise BuildError(
                f"date pattern {self.pattern!r} prints names, and only English ones are known",
                asked=str(self.locale),
            )

    def __getstate__(self) -> tuple[str, str, str | None]:
        return (self.pattern, self.zone, self.locale)

    def __setstate__(self, state: tuple[str, str, str | None]) -> None:
        names = ("pattern", "zone", "locale")
        self.__dict__.update(zip(names, state, strict=True))

    def parse(self, text: str) -> int:
        """Return the epoch milliseconds that `text` starts with.

        Raises:
            ValueError: the text does not follow the pattern.
        """
        found = self._reader.match(text)
        if found is None:
            raise ValueError(f"does not follow the date pattern {self.pattern!r}")
        parts: dict[str, int] = {}
        for letter, part in zip(self._groups, found.groups(), strict=True):
            parts.pop(letter, None)  # the last of two equal letters wins, in its place
            parts[letter] = self._value(letter, part)
        return self._millis(parts)

    def format(self, millis: int) -> str:
        """Return the text of these epoch milliseconds."""
        moment = self.moment(millis)
        return "".join(
            item if isinstance(item, str) else self._written(item[0], item[1], moment, millis)
            for item in self.items
        )

    def moment(self, millis: int) -> Moment:
        """Return the wall-clock time of these epoch milliseconds in the pattern's zone."""
        offset_ms = self._offset_ms(millis)
        return Moment.of(millis + offset_ms, offset_ms)

    @cached_property
    def items(self) -> tuple[str | tuple[str, int], ...]:
        """Literal texts and (letter, count) fields, in the pattern's order."""
        return tuple(_items_of(self.pattern))

    @property
    def _fields(self) -> list[tuple[str, int]]:
        return [item for item in self.items if not isinstance(item, str)]

    @cached_property
    def _tzinfo(self) -> tzinfo:
        return as_zone(self.zone)

    @cached_property
    def _groups(self) -> tuple[str, ...]:
        return tuple("Y" if field in (("y", 1), ("y", 2)) else field[0] for field in self._fields)

    @cached_property
    def _reader(self) -> re.Pattern[str]:
        parts = []
        for item, after in zip(self.items, (*self.items[1:], ""), strict=True):
            if isinstance(item, str):
                parts.append(re.escape(item))
            elif _is_number(*item) and not isinstance(after, str):
                parts.append(f"({_number_of_width(item[1])})")
            else:
                parts.append(rf"[ \t]*+({self._syntax(*item)})")
        return re.compile("".join(parts))

    def _syntax(self, letter: str, length: int) -> str:
        if letter in "ML" and length > 2:
            return _any_of([*_MONTHS, *(name[:3] for name in _MONTHS)])
        if letter in _NUMBERS:
            return "-?[0-9]++"
        if letter == "X":
            minutes = ("", "[0-9]{2}", ":[0-9]{2}")[length - 1]
            return f"Z|[+-][0-9]{{2}}{minutes}"
        if letter in "zZ":
            names = _any_of([*ABBREVIATED_HOURS, *self._own_zone_names])
            return f"[+-][0-9]{{4}}|GMT[+-][0-9]{{1,2}}:[0-9]{{2}}|{names}"
        return _any_of({"G": ["AD", "BC"], "a": ["AM", "PM"]}.get(letter) or _day_names())

    @cached_property
    def _own_zone_names(self) -> dict[str, int]:
        """The zone's own abbreviations, in minutes."""
        moments = [datetime(2023, month, 1, tzinfo=self._tzinfo) for month in (1, 7)]
        return {
            name: _minutes(moment)
            for moment in moments
            if (name := moment.tzname() or "").isalpha()
        }

    def _value(self, letter: str, part: str) -> int:
        part = part.strip(" \t")
        folded = part[:3].capitalize()
        if letter in "ML" and not part[-1].isdigit():
            return [name[:3] for name in _MONTHS].index(folded) + 1
        if letter == "Y":
            return _full_year(int(part)) if len(part) == 2 and part.isdecimal() else int(part)
        if letter in "ZzX":
            return self._zone_minutes(part.upper())
        if letter == "E":
            return [name[:3] for name in _DAYS].index(folded) + 1
        if letter in "Ga":
            return int(part.upper() in ("PM", "BC"))
        return int(part)

    def _zone_minutes(self, part: str) -> int:
        if part == "Z":
            return 0
        if part in self._own_zone_names:
            return self._own_zone_names[part]
        if part in ABBREVIATED_HOURS:
            return ABBREVIATED_HOURS[part] * 60
        return minutes_of(part)

    def _millis(self, parts: dict[str, int]) -> int:
        year = parts.get("y", parts.get("Y", 1970))
        if parts.get("G"):
            year = 1 - year
        month = parts.get("M", parts.get("L", 1))
        day = parts["d"] if "d" in parts else _first_day(days_of(year, month, 1), parts)
        wall = days_of(year, month, day) * _DAY_MS + _time_ms(parts)
        if "D" in parts and _comes_later("D", "d", parts):
            wall = (days_of(year, 1, 1) + parts["D"] - 1) * _DAY_MS + _time_ms(parts)
        for letter in ("Z", "z", "X"):
            if letter in parts:
                return wall - parts[letter] * 60_000
        if self._tzinfo is UTC:
            return wall
        moment = _in_python_range(wall).replace(tzinfo=self._tzinfo)
        # A wall time that occurs twice is standard time, one that is skipped moves on: in both
        # the smaller offset is Java's.
        offset = min(_seconds(moment), _seconds(moment.replace(fold=1)))
        return wall - offset * 1000

    def _offset_ms(self, millis: int) -> int:
        if self._tzinfo is UTC:
            return 0
        moment = _in_python_range(millis).replace(tzinfo=UTC)
        return _seconds(moment.astimezone(self._tzinfo)) * 1000

    def _written(self, letter: str, length: int, moment: Moment, millis: int) -> str:
        if letter in "ML" and length > 2:
            name = _MONTHS[moment.month - 1]
            return name if length > 3 else name[:3]
        if letter == "y" and length == 2:
            return f"{moment.era_year % 100:02d}"
        if letter in _NUMBERS:
            return str(_WRITTEN_NUMBER[letter](moment)).zfill(length)
        if letter == "E":
            name = _DAYS[moment.weekday]
            return name if length > 3 else name[:3]
        if letter == "G":
            return "AD" if moment.year > 0 else "BC"
        if letter == "a":
            return "AM" if moment.hour < 12 else "PM"
        return self._written_zone(letter, length, moment.offset_ms // 60_000, millis)

    def _written_zone(self, letter: str, length: int, minutes: int, millis: int) -> str:
        hours, rest = divmod(abs(minutes), 60)
        signed = f"{'-' if minutes < 0 else '+'}{hours:02d}"
        if letter == "Z":
            return f"{signed}{rest:02d}"
        if letter == "X":
            return "Z" if not minutes else signed + ("", f"{rest:02d}", f":{rest:02d}")[length - 1]
        name = _in_python_range(millis).replace(tzinfo=UTC).astimezone(self._tzinfo).tzname() or ""
        if name.isalpha():
            return name
        return f"GMT{signed}:{rest:02d}" if minutes else "GMT"


@attrs.frozen
class Moment:
    """A wall-clock time, in the calendar that Java uses for it."""

    year: int  # 0 is 1 BC
    month: int
    day: int
    day_of_year: int
    weekday: int  # Monday is 0
    day_ms: int
    offset_ms: int

    @classmethod
    def of(cls, wall: int, offset_ms: int) -> Moment:
        day_number, day_ms = divmod(wall, _DAY_MS)
        year, month, day = civil_day(day_number)
        day_of_year = day_number - days_of(year, 1, 1) + 1
        return cls(year, month, day, day_of_year, (day_number + 3) % 7, day_ms, offset_ms)

    @property
    def era_year(self) -> int:
        return self.year if self.year > 0 else 1 - self.year

    @property
    def hour(self) -> int:
        return self.day_ms // 3_600_000


_WRITTEN_NUMBER: dict[str, Callable[[Moment], int]] = {
    "y": lambda moment: moment.era_year,
    "M": lambda moment: moment.month,
    "L": lambda moment: moment.month,
    "d": lambda moment: moment.day,
    "D": lambda moment: moment.day_of_year,
    "u": lambda moment: moment.weekday + 1,
    "H": lambda moment: moment.hour,
    "k": lambda moment: moment.hour or 24,
    "K": lambda moment: moment.hour % 12,
    "h": lambda moment: moment.hour % 12 or 12,
    "m": lambda moment: moment.day_ms // 60_000 % 60,
    "s": lambda moment: moment.day_ms // 1000 % 60,
    "S": lambda moment: moment.day_ms % 1000,
}


def _items_of(pattern: str) -> Iterator[str | tuple[str, int]]:
    """Yield literal texts and (letter, count) fields."""
    for part in re.finditer(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^A-Za-z']+)|(')", pattern):
        quoted, run, _, plain, stray = part.groups()
        if stray:
            raise BuildError(f"date pattern {pattern!r} has a quote that is not closed")
        if run:
            yield run[0], len(run)
        else:
            yield plain or (quoted or "").replace("''", "'") or "'"


def _is_number(letter: str, length: int) -> bool:
    return letter in _NUMBERS and not (letter in "ML" and length > 2)


def _number_of_width(length: int) -> str:
    """The number of a field right before another one: of its width, in which blanks count."""
    forms = []
    for blanks in range(length):
        digits = length - blanks
        signed = f"|-[0-9]{{1,{digits - 1}}}+" if digits > 1 else ""
        forms.append(rf"[ \t]{{{blanks}}}(?:[0-9]{{1,{digits}}}+{signed})")
    return f"(?>{'|'.join(forms)})"


def _any_of(names: list[str]) -> str:
    return "(?i:" + "|".join(sorted(set(names), key=lambda name: (-len(name), name))) + ")"


def _day_names() -> list[str]:
    return [*_DAYS, *(name[:3] for name in _DAYS)]


def _full_year(two_digits: int) -> int:
    """Java puts two digits between 80 years ago and 20 years from now."""
    first = time.gmtime().tm_year - 80
    return first + (two_digits - first) % 100


def _first_day(month_start: int, parts: dict[str, int]) -> int:
    """Return the day of a month without one: the first of the weekday, if there is one of these."""
    weekdays = [value for letter, value in parts.items() if letter in "Eu"]
    if not weekdays:
        return 1
    is_valid = 1 <= weekdays[-1] <= 7  # from Monday; other numbers count from Saturday
    wanted = weekdays[-1] - 1 if is_valid else weekdays[-1] - 2
    return 1 + (wanted - month_start - 3) % 7


def _comes_later(one: str, other: str, parts: dict[str, int]) -> bool:
    order = list(parts)
    return other not in parts or order.index(one) > order.index(other)


def _time_ms(parts: dict[str, int]) -> int:
    twelve = parts.get("K", parts.get("h", 0))
    hour = (0 if "h" in parts and twelve == 12 else twelve) + 12 * parts.get("a", 0)
    whole_day = "H" if "H" in parts else "k" if "k" in parts else None
    if whole_day is not None and not _is_half_day_later(whole_day, parts):
        hour = parts[whole_day]
        if whole_day == "k" and hour == 24:
            hour = 0
    minutes = hour * 60 + parts.get("m", 0)
    return (minutes * 60 + parts.get("s", 0)) * 1000 + parts.get("S", 0)


def _is_half_day_later(whole_day: str, parts: dict[str, int]) -> bool:
    """Of two ways to give the hour, Java takes the one completed last."""
    half = [letter for letter in ("h", "K") if letter in parts]
    order = list(parts)
    return (
        bool(half)
        and "a" in parts
        and (max(order.index(half[0]), order.index("a")) > order.index(whole_day))
    )


def _in_python_range(millis: int) -> datetime:
    """Return a moment with the same offset: Java knows no changes before 1900."""
    days, rest = divmod(millis, _DAY_MS)
    year, month, day = civil_day(days)
    if year < 1900:
        return datetime(1900, 1, 1, 12)
    if year > 9990:
        days = days_of(2000 + year % 400, month, day)  # the calendar repeats after 400 years
    return _EPOCH + timedelta(days=days, milliseconds=rest)


def _seconds(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _minutes(moment: datetime) -> int:
    return _seconds(moment) // 60
