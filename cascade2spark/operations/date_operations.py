"""Functions between texts and moments: DateParser, DateFormatter."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from cascade2spark.date_patterns import DatePattern, Moment
from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import (
    argument_text,
    one_field,
    split_declaration,
    type_at,
)
from cascade2spark.operations.callables import RowFunction, Shape
from cascade2spark.types import Long, coercion, long_

__all__ = ["Calendar", "DateFormatter", "DateParser"]


class Calendar(enum.IntEnum):
    """The numbers of java.util.Calendar's fields that DateParser can give.

    Source:
        java.util.Calendar
    Example:
        >>> [Calendar.YEAR.name, Calendar.MONTH.name]
        ['YEAR', 'MONTH']
    """

    YEAR = 1
    MONTH = 2
    DATE = 5
    DAY_OF_MONTH = 5
    DAY_OF_YEAR = 6
    DAY_OF_WEEK = 7
    AM_PM = 9
    HOUR = 10
    HOUR_OF_DAY = 11
    MINUTE = 12
    SECOND = 13
    MILLISECOND = 14


class DateParser(RowFunction):
    """Read a text as a moment, in epoch milliseconds; null stays null.

    Args:
        fields: name of the result; one for each calendar field. Default ``ts``, a long.
        calendar_fields: numbers of `Calendar`: an int for each instead of the moment. Months
            count from 0 and weekdays from 1, Sunday, as in Java.
        format: a pattern in the letters of Java's SimpleDateFormat.
        zone: time zone id. Default UTC.
        locale: locale of names. Default English.
    Source:
        cascading.operation.text.DateParser
    Example:
        >>> DateParser("yyyy-MM-dd").bind(Fields("day"), Fields("ts"))("1970-01-02")
        86400000
    """

    def __init__(self, *given: Any, zone: str = "UTC", locale: str | None = None) -> None:
        is_plain = len(given) == 1
        declared = Fields("ts", Long) if is_plain else as_fields(given[0] if given else ())
        rest = list(given if is_plain else given[1:])
        is_numbers = bool(rest) and isinstance(rest[0], (list, tuple))
        numbers = rest.pop(0) if is_numbers else ()
        self.pattern = _pattern("DateParser", rest, zone, locale)
        self.calendar_fields = tuple(_calendar_field(number) for number in numbers)
        if is_numbers:
            if not declared.is_defined() or len(declared) != len(numbers) or not numbers:
                raise BuildError(
                    "DateParser needs one field for each calendar field",
                    asked=[field.name for field in self.calendar_fields],
                    details={"fields": declared},
                )
            self.shape = Shape.ROW
        else:
            one_field("DateParser", declared)
        super().__init__(1, declared)

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the reading of one text."""
        read, parse = argument_text(argument_fields), self.pattern.parse
        parts = _calendar_parts(self.pattern, self.calendar_fields)
        null = (None,) * len(self.calendar_fields) or None

        def moment(value: Any, *_: Any) -> Any:
            if value is None:
                return null
            try:
                millis = parse(read(value))
            except ValueError as error:
                raise OperationError(
                    f"DateParser cannot read a text: {error}",
                    details={"format": self.pattern.pattern},
                ) from error
            return millis if parts is None else parts(millis)

        return moment


class DateFormatter(RowFunction):
    """Write epoch milliseconds as a text; null counts as 0, the text of a number as the number.

    Args:
        fields: name of the result. Default ``datetime``.
        format: a pattern in the letters of Java's SimpleDateFormat.
        zone: time zone id. Default UTC.
        locale: locale of names. Default English.
    Source:
        cascading.operation.text.DateFormatter
    Example:
        >>> DateFormatter("yyyy-MM-dd").bind(Fields("ts"), Fields("datetime"))(86400000)
        '1970-01-02'
    """

    def __init__(self, *given: Any, zone: str = "UTC", locale: str | None = None) -> None:
        declared, rest = split_declaration(given, Fields("datetime"))
        self.pattern = _pattern("DateFormatter", rest, zone, locale)
        super().__init__(1, one_field("DateFormatter", declared))

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the writing of one moment."""
        write, read = self.pattern.format, coercion(long_, type_at(argument_fields, 0))
        return lambda value, *_: write(read(value))


def _pattern(owner: str, rest: list[Any], zone: str, locale: str | None) -> DatePattern:
    """Return the pattern that (format[, zone[, locale]]) describe."""
    is_wrong = not rest or len(rest) > 3 or not isinstance(rest[0], str)
    if is_wrong or not all(isinstance(one, str) or one is None for one in rest):
        forms = "([fields,] [calendar_fields,] format[, zone[, locale]])"
        raise BuildError(f"{owner} needs a date format", details={"accepted": forms})
    given = dict(zip(("format", "zone", "locale"), rest, strict=False))
    return DatePattern(given["format"], given.get("zone") or zone, given.get("locale") or locale)


def _calendar_field(number: int) -> Calendar:
    try:
        return Calendar(number)
    except ValueError:
        raise BuildError(
            "DateParser cannot give this calendar field",
            asked=number,
            available=[f"{name} = {field.value}" for name, field in Calendar.__members__.items()],
        ) from None


_PARTS: dict[Calendar, Callable[[Moment], int]] = {
    Calendar.YEAR: lambda moment: moment.era_year,
    Calendar.MONTH: lambda moment: moment.month - 1,
    Calendar.DATE: lambda moment: moment.day,
    Calendar.DAY_OF_YEAR: lambda moment: moment.day_of_year,
    Calendar.DAY_OF_WEEK: lambda moment: (moment.weekday + 1) % 7 + 1,
    Calendar.AM_PM: lambda moment: moment.hour // 12,
    Calendar.HOUR: lambda moment: moment.hour % 12,
    Calendar.HOUR_OF_DAY: lambda moment: moment.hour,
    Calendar.MINUTE: lambda moment: moment.day_ms // 60_000 % 60,
    Calendar.SECOND: lambda moment: moment.day_ms // 1000 % 60,
    Calendar.MILLISECOND: lambda moment: moment.day_ms % 1000,
}


def _calendar_parts(
    pattern: DatePattern, fields: tuple[Calendar, ...]
) -> Callable[[int], tuple[int, ...]] | None:
    if not fields:
        return None
    reads, moment_of = [_PARTS[field] for field in fields], pattern.moment

    def parts(millis: int) -> tuple[int, ...]:
        moment = moment_of(millis)
        return tuple(read(moment) for read in reads)

    return parts
