"""Java's calendar: that of Gregory, and before 15 October 1582 that of Julius."""

from __future__ import annotations

from datetime import date

__all__ = ["civil_day", "days_of"]

_GREGORIAN_START = date(1582, 10, 15).toordinal() - date(1970, 1, 1).toordinal()


def days_of(year: int, month: int, day: int) -> int:
    """Return days since 1970; the month may lie outside 1 to 12, the day outside its month."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    gregorian = _days_before(year, month, is_julian=False) + day - 1
    if gregorian >= _GREGORIAN_START:
        return gregorian
    return _days_before(year, month, is_julian=True) + day - 1


def _days_before(year: int, month: int, *, is_julian: bool) -> int:
    year -= month <= 2  # count years from March, so that the leap day ends a year
    months = (month + 9) % 12
    days = year * 365 + year // 4 + (153 * months + 2) // 5
    return days - 719_470 if is_julian else days - year // 100 + year // 400 - 719_468


def civil_day(number: int) -> tuple[int, int, int]:
    """Return year, month and day of a number of days since 1970."""
    is_julian = number < _GREGORIAN_START
    guess = (number + (719_470 if is_julian else 719_468)) * 400 // 146_097
    while _days_before(guess + 1, 3, is_julian=is_julian) <= number:
        guess += 1
    while _days_before(guess, 3, is_julian=is_julian) > number:
        guess -= 1
    in_year = number - _days_before(guess, 3, is_julian=is_julian)
    months = (5 * in_year + 2) // 153
    day = in_year - (153 * months + 2) // 5 + 1
    return guess + (months >= 10), (months + 2) % 12 + 1, day
