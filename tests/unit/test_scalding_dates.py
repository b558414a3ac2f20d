"""Dates: the rules of the reference, section 5.6, and laws over random instants and zones."""

from __future__ import annotations

import datetime
import fnmatch
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import BuildError
from cascade2spark.scalding.dates import (
    DEFAULT_PARSER,
    PACIFIC,
    UTC,
    AbsoluteDuration,
    DateParser,
    DateRange,
    Days,
    Globifier,
    Hours,
    Millisecs,
    Minutes,
    Months,
    RichDate,
    Seconds,
    Weeks,
    Years,
    upper_bound,
)

ZONES = st.sampled_from([UTC, PACIFIC])
INSTANTS = st.integers(1_262_304_000_000, 1_420_070_400_000).map(RichDate)  # 2010 to 2014
SPANS = st.one_of(
    st.builds(Hours, st.integers(1, 50)),
    st.builds(Minutes, st.integers(60, 3_000)),
    st.builds(Days, st.integers(1, 9), ZONES),
    st.builds(Weeks, st.integers(1, 3), ZONES),
    st.builds(Months, st.integers(1, 3), ZONES),
    st.builds(Years, st.just(1), ZONES),
)


def utc(text: str) -> RichDate:
    return RichDate(text, tz=UTC)


def pacific(text: str) -> RichDate:
    return RichDate(text, tz=PACIFIC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2011-10-20", "2011-10-20T00:00:00"),
        ("20111020", "2011-10-20T00:00:00"),
        ("2011/10/20", "2011-10-20T00:00:00"),
        ("2011_10_20", "2011-10-20T00:00:00"),
        ("  2011-10-20  ", "2011-10-20T00:00:00"),
        ("2011-10-20 05", "2011-10-20T05:00:00"),
        ("2011-10-20T05", "2011-10-20T05:00:00"),
        ("2011-10-20 T  05:06", "2011-10-20T05:06:00"),
        ("2011-10-20T05:06:07", "2011-10-20T05:06:07"),
        ("2011102005", "2011-10-20T05:00:00"),
        ("201110200506", "2011-10-20T05:06:00"),
        ("20111020050607", "2011-10-20T05:06:07"),
        ("2011-02-30", "2011-03-02T00:00:00"),
        ("2011-13-01", "2012-01-01T00:00:00"),
    ],
)
def test_dates_are_read(text, expected) -> None:
    assert utc(text).to_string(UTC) == expected


def test_a_fraction_counts_milliseconds() -> None:
    assert utc("2011-10-20 05:06:07.23") - utc("2011-10-20 05:06:07") == 23


@pytest.mark.parametrize("text", ["", "yesterday", "2011-10", "2011-1-2", "11-10-20", "2011102"])
def test_other_shapes_are_told(text) -> None:
    with pytest.raises(BuildError, match="this is not a date"):
        utc(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2010-10-01", "2010-10-01 23:59:59.999"),
        ("20101001", "2010-10-01 23:59:59.999"),
        ("2010-10-01 14", "2010-10-01 14:59:59.999"),
        ("2010-10-01 14:15", "2010-10-01 14:15:59.999"),
        ("2010-10-01 14:15:16", "2010-10-01 14:15:16.999"),
        ("2010-10-01 14:15:16.5", "2010-10-01 14:15:16.6"),
    ],
)
def test_the_upper_bound_is_the_end_of_the_unit(text, expected) -> None:
    assert upper_bound(text, UTC) == utc(expected)


def test_a_shape_of_another_parser_ends_with_the_day() -> None:
    parser = DEFAULT_PARSER.rescue_with(DateParser.from_format("%d.%m.%Y %H"))
    assert upper_bound("01.10.2010 07", UTC, parser) == utc("2010-10-01 23:59:59.999")


def test_days_follow_the_clocks() -> None:
    assert pacific("2011-03-13") + Days(1, PACIFIC) == pacific("2011-03-13") + Hours(23)
    assert pacific("2011-11-06") + Days(1, PACIFIC) == pacific("2011-11-06") + Hours(25)
    assert upper_bound("2011-03-13", PACIFIC) == pacific("2011-03-14") - Millisecs(1)


def test_a_time_that_is_left_out_or_shown_twice() -> None:
    assert pacific("2011-03-13 02:30") == utc("2011-03-13 10:30")
    assert pacific("2011-11-06 01:30") == utc("2011-11-06 09:30")


def test_calendar_steps() -> None:
    assert utc("2011-01-31") + Months(1) == utc("2011-02-28")
    assert utc("2012-02-29") + Years(1) == utc("2013-02-28")
    assert utc("2011-03-31") - Months(1) == utc("2011-02-28")
    assert utc("2011-10-20 05:06").floor(Weeks(1)) == utc("2011-10-17")
    assert utc("2011-10-20 05:06").floor(Months(3)) == utc("2011-10-01")
    assert utc("2011-10-20 05:06").floor(Years(1)) == utc("2011-01-01")


def test_absolute_durations_compare_and_add() -> None:
    assert Hours(1) > Minutes(59) and Seconds(60) == Minutes(1)
    assert Minutes(30) + Minutes(30) == Hours(1)
    assert [
        type(AbsoluteDuration.from_millisecs(n)).__name__ for n in (7_200_000, 60_000, 5_000, 7)
    ] == ["Hours", "Minutes", "Seconds", "Millisecs"]


def test_instants_equal_datetimes() -> None:
    shown = datetime.datetime(2011, 1, 2, tzinfo=datetime.UTC)
    assert RichDate(shown) == shown == utc("2011-01-02")
    with pytest.raises(BuildError, match="an instant is made of"):
        RichDate("2011-01-02")


def test_ranges_are_closed() -> None:
    day = DateRange.parse("2011-01-02", tz=UTC)
    assert day.contains(utc("2011-01-02")) and day.contains(utc("2011-01-02 23:59:59.999"))
    assert not day.contains(utc("2011-01-03"))
    assert day.length == Hours(24)
    assert day == DateRange.exclusive_upper(utc("2011-01-02"), utc("2011-01-03"))
    assert day == DateRange.parse(["2011-01-02"], tz=UTC)
    two = DateRange.parse("2011-01-02", "2011-01-03 05", tz=UTC)
    assert two.contains(day) and two.end == utc("2011-01-03 05:59:59.999")
    assert day.is_before(utc("2011-01-03")) and not day.is_before(day.end)
    assert day.is_after(utc("2011-01-01")) and not day.is_after(day.start)


def test_ranges_move_and_grow() -> None:
    day = DateRange.parse("2011-01-02", tz=UTC)
    assert day + Days(1) == DateRange.parse("2011-01-03", tz=UTC)
    assert day - Days(1) == DateRange.parse("2011-01-01", tz=UTC)
    assert day.extend(Days(1)).prepend(Days(1)) == day.embiggen(Days(1))
    assert day.embiggen(Days(1)).length == Hours(72)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DateRange(utc("2011-01-02"), utc("2011-01-01")), "ends before it starts"),
        (lambda: DateRange.parse([], tz=UTC), "one date or two"),
        (lambda: DateRange.parse(["2011-01-01"] * 3, tz=UTC), "one date or two"),
        (lambda: list(DateRange.parse("2011-01-01", tz=UTC).each(Hours(0))), "one or more"),
        (lambda: Globifier("/logs", UTC).globify(DateRange.parse("2011-01-01", tz=UTC)), "no unit"),
        (lambda: Days(1, "Nowhere"), "no time zone"),
    ],
)
def test_misuse_is_told(make, message) -> None:
    with pytest.raises(BuildError, match=message):
        make()


def test_each_breaks_where_the_unit_began() -> None:
    given_range = DateRange(utc("2011-01-01 01:30"), utc("2011-01-01 06:00"))
    assert [part.start.to_string(UTC)[11:16] for part in given_range.each(Hours(2))] == [
        "01:30",
        "03:00",
        "05:00",
    ]
    parts = list(DateRange(utc("2010-10-01"), utc("2010-10-10")).each(Days(1)))
    assert len(parts) == 10
    assert parts[-1] == DateRange(utc("2010-10-10"), utc("2010-10-10"))


@given(INSTANTS, st.integers(0, 40 * 86_400_000), SPANS)
def test_each_cuts_a_range_into_parts_that_touch(start, length, span) -> None:
    whole = DateRange(start, RichDate(start.timestamp + length))
    parts = list(whole.each(span))
    assert (parts[0].start, parts[-1].end) == (whole.start, whole.end)
    for before, after in itertools.pairwise(parts):
        assert after.start - before.end == 1


@given(INSTANTS, ZONES)
def test_what_is_printed_is_read_back(date, zone) -> None:
    shown = date.to_datetime(zone)
    text = shown.strftime("%Y-%m-%dT%H:%M:%S.") + f"{shown.microsecond // 1000:03}"
    found = RichDate(text, tz=zone)
    assert found == date or found - date == 3_600_000  # an hour that is shown twice


@given(INSTANTS, ZONES, st.sampled_from([Days, Weeks, Months, Years]))
def test_a_floor_is_its_own_floor_and_within_a_step(date, zone, kind) -> None:
    floor = date.floor(kind(1, zone))
    assert floor <= date < floor + kind(1, zone)
    assert floor.floor(kind(1, zone)) == floor


def test_hours_of_days_that_are_whole_become_one_pattern() -> None:
    hours = DateRange.parse("2011-12-01T14", "2011-12-04T00", tz=UTC)
    assert Globifier("%1$tY/%1$tm/%1$td/%1$tH", UTC).globify(hours) == [
        *(f"2011/12/01/{hour}" for hour in range(14, 24)),
        "2011/12/02/*",
        "2011/12/03/*",
        "2011/12/04/00",
    ]
    month = DateRange.parse("2011-11-01", "2011-12-01", tz=UTC)
    assert Globifier("%1$tY/%1$tm/%1$td", UTC).globify(month) == ["2011/11/*", "2011/12/01"]


@given(INSTANTS, st.integers(0, 70 * 24), st.sampled_from(["H", "d"]), ZONES)
def test_globs_cover_exactly_the_steps_of_a_range(start, hours, unit, zone) -> None:
    pattern = "%1$tY/%1$tm/%1$td" + ("/%1$tH" if unit == "H" else "")
    step = Hours(1) if unit == "H" else Days(1, zone)
    wanted = DateRange(start, start + Hours(hours))
    globs = Globifier(pattern, zone).globify(wanted)
    inside = {part.start.format(pattern, zone) for part in wanted.each(step)}
    around = wanted.embiggen(Days(3, zone))
    seen = {
        path
        for path in {part.start.format(pattern, zone) for part in around.each(step)}
        if any(fnmatch.fnmatchcase(path, glob) for glob in globs)
    }
    assert seen == inside
