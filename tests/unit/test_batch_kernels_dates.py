"""Dates read and written over columns give what they give over rows."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from cascade2spark.fields import Fields
from cascade2spark.operations import DateFormatter, DateParser
from cascade2spark.types import DateType, String
from tests.unit.column_forms import both_ways, four

PATTERNS = [
    "yyyy-MM-dd",
    "yyyyMMdd",
    "dd/MM/yyyy HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
    "HH:mm",
    "yyyy",
    "MM",
    "dd.MM.yy",
    "d MMM yyyy",
    "hh:mm a",
    "yyyy-MM-dd HH:mm Z",
    "yyyy yyyy",
    "yyyy-MM-dd E",
]
ZONES = ["UTC", "GMT", "America/New_York", "GMT+02:00"]
MOMENTS = st.integers(-(10**14), 3 * 10**14) | st.sampled_from(
    [0, -1, 86_399_999, -12_212_553_600_000, -12_212_553_600_001, 253_402_300_799_999]
)
MOMENTS = MOMENTS | st.sampled_from([253_402_300_800_000, -12_219_292_800_000, 951_782_400_000])
DATE_TEXTS = ["2020-02-30", "2020-13-01", "2020-00-00", "1582-10-10", "1500-02-29", "2020-1-1"]
DATE_TEXTS += ["2020-01-01 later", " 2020-01-01", "20200230", "24:61", "29/02/2021 25:00:00", "x"]
DATE_TEXTS += ["2020-0\u0661-01", "2020/01/01", "", "0000-01-01", "9999-12-31", "-020-01-01"]


@given(
    st.sampled_from(PATTERNS),
    st.sampled_from(ZONES),
    four(MOMENTS),
    st.lists(st.sampled_from(DATE_TEXTS), max_size=1),
    st.sampled_from([(), (1, 2, 5), (7, 11, 14)]),
)
@example("yyyy-MM-dd", "UTC", [None, 0, 1, 2], [], ())
@example("yyyy-MM-dd", "UTC", [None, 0, 1, 2], ["2020-02-30"], ())
@example("yyyy-MM-dd", "UTC", [None, None, None, None], [], ())
def test_date_parser(
    pattern: str, zone: str, moments: list[Any], odd: list[str], parts: tuple[int, ...]
) -> None:
    write = DateType(pattern, zone).coerce
    texts = [None if one is None else write(one, String) for one in moments] + odd
    rows = [(text, 0) for text in texts]
    given_parts = (Fields("x", "y", "z"), list(parts)) if parts else ("x",)
    both_ways(DateParser(*given_parts, pattern, zone), "a", rows)


@given(st.sampled_from(PATTERNS), st.sampled_from(ZONES), four(MOMENTS), st.integers(0, 4))
@example("yyyy-MM-dd", "UTC", [-12_219_292_800_001, 0, 1, 2], 4)
@example("dd/MM/yyyy HH:mm:ss", "UTC", [951_782_400_000, 0, -1, None], 4)
def test_date_formatter(pattern: str, zone: str, moments: list[Any], count: int) -> None:
    rows = [(moment, 0) for moment in moments[:count]]
    assert both_ways(DateFormatter("x", pattern, zone), "a", rows)


def test_dates_go_by_columns() -> None:
    rows = [("2020-01-02", 0), (None, 1), ("2020-02-30", 2)]
    for parser in (
        DateParser("x", "yyyy-MM-dd"),
        DateParser("x", "yyyy-MM-dd", "America/New_York"),
        DateParser(Fields("x", "y"), [1, 2], "yyyy-MM-dd"),
    ):
        assert both_ways(parser, "a", rows)
