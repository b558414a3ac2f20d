"""Laws of coercion and text: Java's digits read back, widths wrap, coercing twice is once."""

from __future__ import annotations

import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.date_patterns import DatePattern
from cascade2spark.errors import CoercionError
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    Double,
    Float,
    Integer,
    Long,
    Short,
    String,
    coerce,
    int_,
    text_of,
)

MILLIS = st.integers(-70_000_000_000_000, 400_000_000_000_000)


@given(st.floats(allow_nan=False))
def test_the_text_of_a_double_reads_back(number: float) -> None:
    text = text_of(number)
    assert text is not None
    found = coerce(text, Double)
    assert struct.pack("<d", number) == struct.pack("<d", found)
    digits = text.lstrip("-").partition("E")[0]
    assert text.endswith("Infinity") or all(digits.partition("."))
    assert ("E" in text) == (not (number == 0 or 1e-3 <= abs(number) < 1e7)) or "Inf" in text


@given(st.floats(allow_nan=False, width=32))
def test_the_text_of_a_float_reads_back_as_a_float(number: float) -> None:
    assert number == coerce(text_of(number, Float), Float)


@given(st.integers())
def test_whole_numbers_wrap_at_their_width(number: int) -> None:
    for to, bits in ((Short, 16), (Integer, 32), (int_, 32), (Long, 64)):
        found = coerce(number, to)
        assert -(1 << bits - 1) <= found < 1 << bits - 1
        assert 0 == (found - number) % (1 << bits)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_decimal_reads_back(number: Decimal) -> None:
    assert number == coerce(text_of(number), BigDecimal)


@given(
    st.sampled_from([Integer, Long, Double, Float, Boolean, String, BigDecimal]),
    st.one_of(st.none(), st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False)),
)
def test_coercing_twice_is_coercing_once(to: object, value: object) -> None:
    try:
        once = coerce(value, to)
    except CoercionError:
        return
    twice = coerce(once, to)
    assert (once, type(once)) == (twice, type(twice))


@given(st.text(alphabet="0123456789+-_. xXeEfdNI\t", max_size=6))
def test_python_syntax_is_no_number(text: str) -> None:
    if "_" in text:
        for to in (Long, Double, BigDecimal):
            with pytest.raises(CoercionError):
                coerce(text, to)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "GMT-03:30"])
@given(millis=MILLIS)
def test_a_date_reads_back(zone: str, millis: int) -> None:
    pattern = DatePattern("G yyyy-MM-dd HH:mm:ss.SSS Z", zone)
    if millis >= -600_000_000_000:  # until 1950 some offsets have seconds, which Z cannot print
        assert millis == pattern.parse(pattern.format(millis))
    utc = DatePattern("G yyyy-MM-dd HH:mm:ss.SSS")
    assert millis == utc.parse(utc.format(millis))
