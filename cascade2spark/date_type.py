"""DateType: moments that are text outside and whole numbers in rows."""

from __future__ import annotations

import numbers
from datetime import UTC, date, datetime
from typing import Any

import attrs

from cascade2spark.coercions import refusal
from cascade2spark.date_patterns import DatePattern
from cascade2spark.java_zones import as_zone
from cascade2spark.stock_types import CoercibleType, Long, Object, String, Type, as_type, conversion

__all__ = ["DateType"]


@attrs.frozen(repr=False)
class DateType(CoercibleType):
    """A moment as text outside and as epoch milliseconds (a Long) in rows.

    Texts are read and written by a pattern in the letters of Java's SimpleDateFormat. A Python
    date or datetime is accepted as well, a naive one in the type's own zone. None stays None.

    Args:
        format: the pattern, such as ``yyyy-MM-dd HH:mm:ss``.
        zone: time zone id.
        locale: locale of names; English ones are known.
    Example:
        >>> DateType("yyyy-MM-dd").canonical("1970-01-02")
        86400000
    """

    format: str
    zone: str = "UTC"
    locale: str | None = None
    _pattern: DatePattern = attrs.field(init=False, eq=False, repr=False)

    name = "DateType"
    python_type = int

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_pattern", DatePattern(self.format, self.zone, self.locale))

    @property
    def label(self) -> str:
        return repr(self)

    @property
    def canonical_type(self) -> Type:
        return Long

    def canonical(self, value: Any) -> Any:
        if value is None or value.__class__ is int:
            return value
        if isinstance(value, str):
            try:
                return self._pattern.parse(value)
            except ValueError as error:
                raise refusal(value, self.label) from error
        if isinstance(value, date):
            return self._moment_millis(value)
        if value is True or value is False or not isinstance(value, numbers.Integral):
            raise refusal(value, self.label)
        return int(value)

    def coerce(self, value: Any, to: Any) -> Any:
        to = as_type(to)
        millis = self.canonical(value)
        if to.canonical_type in (Long, Object):
            return 0 if millis is None and to.is_primitive else millis
        if to is String:
            return None if millis is None else self._pattern.format(millis)
        if millis is None:
            return conversion(to)(None)
        raise refusal(value, to.label, self.label)

    def _moment_millis(self, moment: date) -> int:
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=as_zone(self.zone))
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000

    def __repr__(self) -> str:
        parts = [self.format, *([self.zone] if self.zone != "UTC" or self.locale else [])]
        return f"DateType({', '.join(map(repr, [*parts, *filter(None, [self.locale])]))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return DateType, (self.format, self.zone, self.locale)
