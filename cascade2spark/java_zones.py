"""Time zones under the ids that Java knows, and the abbreviations that it reads."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from cascade2spark.errors import BuildError

__all__ = ["ABBREVIATED_HOURS", "as_zone", "minutes_of"]

# Three-letter ids that Java still knows, and abbreviations a `z` may read.
_JAVA_ZONES = {
    "ACT": "Australia/Darwin",
    "AET": "Australia/Sydney",
    "AST": "America/Anchorage",
    "BST": "Asia/Dhaka",
    "CST": "America/Chicago",
    "CTT": "Asia/Shanghai",
    "ECT": "Europe/Paris",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "NST": "Pacific/Auckland",
    "PST": "America/Los_Angeles",
}
ABBREVIATED_HOURS = {
    zone: hours
    for hours, zones in {
        -10: "HST",
        -9: "AKST",
        -8: "PST AKDT",
        -7: "MST PDT",
        -6: "CST MDT",
        -5: "EST CDT",
        -4: "EDT",
        0: "UTC GMT WET",
        1: "CET WEST",
        2: "EET CEST",
        3: "MSK EEST",
        9: "JST",
    }.items()
    for zone in zones.split()
}
_ZONE_OF_MINUTES = re.compile(r"(?:GMT)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?")


@cache
def as_zone(zone: str) -> tzinfo:
    """Return the time zone of a Java zone id.

    Raises:
        BuildError: no such zone; Java would silently take UTC.
    """
    if zone in ("UTC", "GMT", "Z", "Etc/UTC"):
        return UTC
    if zone.startswith("GMT") and _ZONE_OF_MINUTES.fullmatch(zone):
        return timezone(timedelta(minutes=minutes_of(zone)))
    try:
        return ZoneInfo(_JAVA_ZONES.get(zone, zone))
    except (ValueError, OSError, LookupError) as error:
        raise BuildError(
            "a date pattern names a time zone that is not known",
            asked=zone,
            fix="use an id such as 'America/New_York', 'UTC' or 'GMT+02:00'",
        ) from error


def minutes_of(part: str) -> int:
    """Return the minutes of ``+02:00``, ``GMT-3`` and the like."""
    found = _ZONE_OF_MINUTES.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is no time zone")
    sign, hours, minutes = found.groups()
    return (-1 if sign == "-" else 1) * (int(hours) * 60 + int(minutes or 0))
