"""Date patterns against what Java's SimpleDateFormat printed and read."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from cascade2spark.date_patterns import DatePattern
from cascade2spark.errors import BuildError

GOLDEN = Path(__file__).parents[1] / "data" / "simple_date_format.tsv"


def _golden(kind: str) -> list[list[str]]:
    lines = GOLDEN.read_text(encoding="utf-8").split("\n")[1:]
    return [parts[1:] for line in lines if (parts := line.split("\t"))[0] == kind]


def _read(pattern: DatePattern, text: str) -> str:
    try:
        return str(pattern.parse(text))
    except ValueError:
        return "ERR"


def test_prints_what_java_prints() -> None:
    golden = _golden("F")
    found = [DatePattern(pattern, zone).format(int(ms)) for pattern, zone, ms, _ in golden]
    assert len(golden) > 400
    assert [text for *_, text in golden] == found


def test_reads_what_java_reads() -> None:
    golden = _golden("P")
    found = [(text, _read(DatePattern(pattern, zone), text)) for pattern, zone, text, _ in golden]
    assert len(golden) > 120
    assert [(text, ms) for *_, text, ms in golden] == found


@pytest.mark.parametrize("pattern", ["YYYY-ww", "yyyy-bb", "zzzz", "'open"])
def test_unknown_patterns_are_refused_when_built(pattern: str) -> None:
    with pytest.raises(BuildError):
        DatePattern(pattern)


def test_unknown_zones_are_refused_where_java_takes_utc() -> None:
    with pytest.raises(BuildError, match="time zone"):
        DatePattern("yyyy", "Mars/Olympus")


def test_other_languages_are_refused_only_for_names() -> None:
    assert "1970" == DatePattern("yyyy", "UTC", "de_DE").format(0)
    assert "Jan" == DatePattern("MMM", "UTC", "en_GB").format(0)
    with pytest.raises(BuildError, match="English"):
        DatePattern("MMM", "UTC", "de_DE")


def test_a_pattern_is_a_value() -> None:
    pattern = DatePattern("yyyy-MM-dd", "Asia/Kolkata")
    assert pattern.parse("2020-01-01") == pickle.loads(pickle.dumps(pattern)).parse("2020-01-01")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("yyyyMMdd", " 2020-02-29", -55_795_651_200_000),  # blanks count to the width of a year
        ("MMdd", " 2020", 4_320_000_000),
        ("yyyyMMddHHmmssSSS", "2020-02-29 13:04:05", 1_575_238_141_003),
        ("EEE", "Mon", 4 * 86_400_000),  # the first Monday of January 1970
        ("u", "3", 6 * 86_400_000),
        ("u", "20200229", 2 * 86_400_000),
        ("EEE MMM yyyy", "Sat Feb 2020", 1_580_515_200_000),
        ("EEE dd MMM yyyy", "Sat 03 Feb 2020", 1_580_688_000_000),  # a day of the month decides
    ],
)
def test_what_java_17_reads(pattern: str, text: str, expected: int) -> None:
    assert expected == DatePattern(pattern).parse(text)


def test_a_zone_of_more_than_three_letters_x_is_refused() -> None:
    with pytest.raises(BuildError, match="not supported") as caught:
        DatePattern("HH:mm XXXX")
    assert caught.value.asked == "XXXX"
