"""Types, the coercion table of Cascading, and the text of a value."""

from __future__ import annotations

import math
import pickle
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import IntEnum
from typing import Any

import attrs
import pytest

from cascade2spark.errors import BuildError, CoercionError, TupleError
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    CoercibleType,
    DateType,
    Double,
    Float,
    Integer,
    Long,
    Object,
    Short,
    String,
    as_type,
    boolean_,
    char_,
    coerce,
    coercion,
    double_,
    float_,
    int_,
    long_,
    same_canonical,
    short_,
    text_of,
    text_writer,
)

STOCK = [
    *(Integer, Long, Short, Float, Double, Boolean, String, BigDecimal, Object),
    *(int_, long_, short_, float_, double_, boolean_, char_),
]
ERROR = "error"

# value -> int_, long_, short_, Integer, Long, double_, Double, boolean_, Boolean, String
TABLE: list[tuple[Any, list[Any]]] = [
    (None, [0, 0, 0, None, None, 0.0, None, False, None, None]),
    ("", [0, 0, 0, None, None, 0.0, None, False, None, ""]),
    (" 12 ", [ERROR, ERROR, ERROR, ERROR, ERROR, 12.0, 12.0, False, False, " 12 "]),
    ("1.5", [ERROR, ERROR, ERROR, ERROR, ERROR, 1.5, 1.5, False, False, "1.5"]),
    (1.9, [1, 1, 1, 1, 1, 1.9, 1.9, False, False, "1.9"]),
    (True, [1, 1, 1, 1, 1, 1.0, 1.0, True, True, "true"]),
    (
        3000000000,
        [
            -1294967296,
            3000000000,
            24064,
            -1294967296,
            3000000000,
            3000000000.0,
            3000000000.0,
            False,
            False,
            "3000000000",
        ],
    ),
    ("true", [ERROR] * 7 + [True, True, "true"]),
    ("TRUE", [ERROR] * 7 + [True, True, "TRUE"]),
    ("word", [ERROR] * 7 + [False, False, "word"]),
    ("7", [7, 7, 7, 7, 7, 7.0, 7.0, False, False, "7"]),
]
COLUMNS = [int_, long_, short_, Integer, Long, double_, Double, boolean_, Boolean, String]


@pytest.mark.parametrize(
    ("value", "to", "expected"),
    [(value, to, cell) for value, row in TABLE for to, cell in zip(COLUMNS, row, strict=True)],
)
def test_coercion_table(value: Any, to: Any, expected: Any) -> None:
    if expected is ERROR:
        with pytest.raises(CoercionError):
            coerce(value, to)
    else:
        found = coerce(value, to)
        assert (expected, type(expected)) == (found, type(found))


@pytest.mark.parametrize("text", ["+1", "-1", "007", "9223372036854775807", "-9223372036854775808"])
def test_whole_numbers_read_as_parse_long_does(text: str) -> None:
    assert int(text) == coerce(text, Long)


@pytest.mark.parametrize(
    "text",
    ["1_0", " 1", "1 ", "0x1F", "1.0", "+", "--1", "9223372036854775808", "-9223372036854775809"],
)
def test_texts_that_are_no_long_are_refused(text: str) -> None:
    with pytest.raises(CoercionError, match="cannot become Long"):
        coerce(text, Long)


@pytest.mark.parametrize(("to", "text"), [(Integer, "2147483648"), (short_, "-32769")])
def test_texts_out_of_the_width_are_refused_not_wrapped(to: Any, text: str) -> None:
    with pytest.raises(CoercionError):
        coerce(text, to)


@pytest.mark.parametrize(
    ("value", "to", "expected"),
    [
        (2147483648, Integer, -2147483648),
        (1 << 64, Long, 0),
        (40000, Short, -25536),
        (3e9, Integer, 2147483647),
        (-1e300, Long, -9223372036854775808),
        (3e9, short_, -1),
        (math.nan, Long, 0),
        (math.inf, Integer, 2147483647),
        (-1.9, Long, -1),
        (Decimal("3000000000.7"), Integer, -1294967296),
    ],
)
def test_numbers_wrap_or_are_cut_as_in_java(value: Any, to: Any, expected: int) -> None:
    assert expected == coerce(value, to)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e3", 1000.0),
        ("\t-.5 ", -0.5),
        ("5.", 5.0),
        ("1.5f", 1.5),
        ("1d", 1.0),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("1e400", math.inf),
        ("0x1.8p1", 3.0),
        ("0x1p9999", math.inf),
    ],
)
def test_doubles_read_as_parse_double_does(text: str, expected: float) -> None:
    assert expected == coerce(text, Double)


def test_not_a_number_is_a_double() -> None:
    assert math.isnan(coerce("NaN", Double))


@pytest.mark.parametrize("text", ["1_0", "inf", "nan", "infinity", "   ", "0x1F", "1e", "1ff", "a"])
def test_texts_that_are_no_double_are_refused(text: str) -> None:
    with pytest.raises(CoercionError, match="cannot become Double"):
        coerce(text, Double)


def test_floats_have_32_bits() -> None:
    assert coerce(0.1, Float) == pytest.approx(0.1, abs=1e-8)
    assert coerce(0.1, Float) != 0.1
    assert math.inf == coerce(1e300, float_)


def test_a_float_text_is_rounded_once() -> None:
    # Half way between two floats as a double, above it as a text.
    assert 1.0000001192092896 == coerce("1.00000005960464477540", Float)
    assert 1.0 == coerce("1.000000059604644775390625", Float)


@pytest.mark.parametrize("value", [b"1", date(2020, 1, 1), (1,), object()])
@pytest.mark.parametrize("to", [Long, Double, BigDecimal])
def test_values_that_are_no_numbers_are_refused(value: Any, to: Any) -> None:
    with pytest.raises(CoercionError):
        coerce(value, to)


def test_decimals() -> None:
    assert Decimal("1.50") == coerce("1.50", BigDecimal)
    assert "1.0E+10" == text_of(coerce(1e10, BigDecimal))
    assert coerce("", BigDecimal) is None
    for refused in (" 1", "1d", "NaN", True):
        with pytest.raises(CoercionError):
            coerce(refused, BigDecimal)


def test_char_takes_the_first_letter_of_the_text() -> None:
    assert ["w", "5", "t", "\0"] == [coerce(value, char_) for value in ("word", 5, True, None)]
    with pytest.raises(CoercionError):
        coerce("", char_)


def test_object_passes_everything_through() -> None:
    value = object()
    assert coerce(value, Object) is value


def test_subclasses_of_numbers_are_numbers() -> None:
    class Level(IntEnum):
        LOW = 3

    assert (3, int) == (coerce(Level.LOW, Long), type(coerce(Level.LOW, Long)))
    assert "3" == text_of(Level.LOW)


def test_the_error_tells_value_and_type() -> None:
    with pytest.raises(CoercionError) as caught:
        coerce("1.5", int_)
    assert {"value": "'1.5'", "type": "int_"} == caught.value.details
    assert str(caught.value).startswith("str '1.5' cannot become int_\n")


@pytest.mark.parametrize("stock", STOCK)
def test_stock_types_stay_themselves_when_pickled(stock: Any) -> None:
    assert pickle.loads(pickle.dumps(stock)) is stock
    assert stock.label == stock.name == repr(stock)


def test_python_types_stand_for_javas() -> None:
    given = [int, float, bool, str, Decimal, object, Integer]
    assert [Long, Double, Boolean, String, BigDecimal, Object, Integer] == list(map(as_type, given))


@pytest.mark.parametrize("given", ["int", bytes, 3, None, [], DateType])
def test_what_is_no_type_is_refused(given: Any) -> None:
    with pytest.raises(BuildError, match="not a type"):
        as_type(given)


def test_keys_meet_when_their_canonical_types_are_the_same() -> None:
    assert same_canonical(int_, Integer)
    assert same_canonical(int, long_)
    assert same_canonical(DateType("yyyy"), Long)
    assert same_canonical(None, Long)
    assert not same_canonical(int_, long_)
    assert not same_canonical(String, Object)


@attrs.frozen
class Cents(CoercibleType):
    """Money as text outside, a Long of cents in rows."""

    currency: str

    @property
    def canonical_type(self) -> Any:
        return Long

    def canonical(self, value: Any) -> Any:
        if isinstance(value, str):
            return int(Decimal(value.removesuffix(self.currency)) * 100)
        return value

    def coerce(self, value: Any, to: Any) -> Any:
        return f"{value / 100:.2f}{self.currency}" if to is String else coerce(value, to)


def test_a_type_of_the_users_own_coerces_both_ways() -> None:
    cents = Cents("€")
    assert 1250 == coerce("12.50€", cents)
    assert "12.50€" == coerce(1250, String, declared=cents)
    assert "12.50€" == text_of(1250, cents)
    assert 1250.0 == coerce(1250, Double, declared=cents)
    assert cents == pickle.loads(pickle.dumps(cents))
    assert "Cents" == cents.label
    assert same_canonical(cents, long_)


def test_date_type_reads_and_prints_by_its_pattern() -> None:
    day = DateType("yyyy-MM-dd", "America/New_York")
    assert 1296709200000 == coerce("2011-02-03", day)
    assert "2011-02-03" == coerce(1296709200000, String, declared=day)
    assert 1296709200000 == coerce(1296709200000, long_, declared=day)
    assert "2011" == text_of(1296709200000, DateType("yyyy"))
    assert 1296709200000 == coerce(1296709200000, DateType("yyyy"), declared=day)


def test_date_type_and_null() -> None:
    day = DateType("yyyy-MM-dd")
    assert coerce(None, day) is None
    assert coerce(None, Long, declared=day) is None
    assert coerce(None, String, declared=day) is None
    assert 0 == coerce(None, long_, declared=day)
    assert text_of(None, day) is None


@pytest.mark.parametrize("value", [1.5, True, "yesterday", b"2011", ""])
def test_date_type_refuses_other_values(value: Any) -> None:
    with pytest.raises(CoercionError, match="DateType"):
        coerce(value, DateType("yyyy-MM-dd"))


def test_date_type_goes_to_no_other_number() -> None:
    with pytest.raises(CoercionError):
        coerce(5, Integer, declared=DateType("yyyy"))


def test_date_type_accepts_moments_of_python() -> None:
    there = DateType("yyyy", "America/New_York")
    assert 1296709200000 == coerce(date(2011, 2, 3), there)
    assert 1296709200000 == coerce(datetime(2011, 2, 3, 5, tzinfo=UTC), there)


def test_date_types_are_values() -> None:
    day = DateType("yyyy-MM-dd", "UTC", None)
    assert day == pickle.loads(pickle.dumps(day)) == DateType("yyyy-MM-dd")
    assert hash(day) == hash(DateType("yyyy-MM-dd"))
    assert day != DateType("yyyy-MM-dd", "PST")
    assert "DateType('yyyy-MM-dd')" == repr(day) == day.label


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("text", "text"),
        (True, "true"),
        (-12, "-12"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.001, "0.001"),
        (9.999e-4, "9.999E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-1e10, "-1.0E10"),
        (123456789.5, "1.234567895E8"),
        (1e-5, "1.0E-5"),
        (5e-324, "4.9E-324"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (Decimal("1.0E+3"), "1.0E+3"),
        (Decimal("1e-7"), "1E-7"),
        (Decimal("0.000001"), "0.000001"),
        (Decimal("-0"), "0"),
        (Decimal("12.50"), "12.50"),
        (b"\x01ab", "01 61 62"),
        (date(2020, 1, 2), "2020-01-02"),
        (time(1, 2, 3), "01:02:03"),
        (datetime(2020, 1, 2, 3, 4), "2020-01-02T03:04:00"),
        ((1, None, "a"), "1\tnull\ta"),
        ([1.0, True], "[1.0, true]"),
        ({"a": None}, "{a=null}"),
    ],
)
def test_text_of_a_value_is_javas(value: Any, expected: str | None) -> None:
    assert expected == text_of(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1, "0.1"), (1e10, "1.0E10"), (16777216.0, "1.6777216E7"), (1e-45, "1.4E-45"), (7, "7")],
)
def test_floats_print_the_digits_of_32_bits(value: Any, expected: str) -> None:
    assert expected == text_writer(Float)(value)
    assert expected == coercion(String, declared=float_)(value)


@pytest.mark.parametrize("value", [iter(()), (letter for letter in "ab"), [map(str, (1,))]])
def test_an_iterator_has_no_text(value: Any) -> None:
    with pytest.raises(TupleError, match="an iterator is no value that can be written"):
        text_of(value)
