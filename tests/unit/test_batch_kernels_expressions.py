"""Expressions over columns give what they give for rows, or the batch is left to the rows."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cascade2spark.batch.kernels.each import each_kernel
from cascade2spark.fields import Fields
from cascade2spark.operations import AssertExpression, ExpressionFilter, ExpressionFunction
from cascade2spark.types import (
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
    boolean_,
    double_,
    float_,
    int_,
    long_,
    short_,
)
from tests.unit import column_forms
from tests.unit.batch_chains import operators

AB = Fields("a", "b")
ENDS_32 = [2**31 - 1, -(2**31), 2**31, 46341, 65536]
ENDS_64 = [2**63 - 1, -(2**63), 2**53 + 1, 3037000500, 1 << 32]
WHOLE = st.sampled_from([0, 1, -1, 2, 3, -7, 31, 32, 63, 64, *ENDS_32, *ENDS_64]) | st.integers(
    -(2**63), 2**63 - 1
)
REAL = st.floats() | st.sampled_from(
    [0.0, -0.0, 0.5, -0.5, 1.5, 2.5, 1e300, 2.0**31, 2.0**53 + 2, 2.0**63, math.nan, math.inf]
)
TEXT = st.text(st.sampled_from("abAB \t,é😀ßİ\x1f01"), max_size=5)
NUMERALS = st.sampled_from(["1", "-7", "+1", "007", " 1", "1.5", "1e3", "0x1F", "", "NaN", "1_0"])
NUMERALS = NUMERALS | st.sampled_from(["2147483648", "9223372036854775808", "\u0661", "x"])


def columns_from(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values | st.none(), min_size=4, max_size=4) | st.lists(
        values, min_size=4, max_size=4
    )


NUMBERS = st.sampled_from([WHOLE, REAL, st.integers(-9, 9)]).flatmap(columns_from)
TEXTS = st.sampled_from([TEXT, st.text(st.sampled_from("aB ,1"), max_size=5)]).flatmap(columns_from)


def both_ways(operation: Any, first: list[Any], second: list[Any], fields: Fields = AB) -> bool:
    """Compare; tell whether it went by columns."""
    return column_forms.both_ways(operation, fields, list(zip(first, second, strict=True)), fields)


def function(text: str, *types: Any) -> ExpressionFunction:
    names = [name for name in ("a", "b") if name in text.replace("abs", "")]
    return ExpressionFunction("x", text, names, list(types)[: len(names)])


# -- numbers ---------------------------------------------------------------------------------------

ARITHMETIC = [
    "a + b",
    "a - b * a",
    "a * b + a * a - -b",
    "a / b",
    "a % b",
    "a / 3 + a % 7",
    "a / -1",
    "-a",
    "a < b",
    "a >= b || a != b",
    "a == b && a <= 3",
    "!(a > b) ? a : b",
    "a > 0 ? a / b : 0",
    "(int) a",
    "(long) a + 1L",
    "(short) a",
    "(double) a / 2",
    "(float) a * b",
    "(float) a",
    "Math.abs(a)",
    "Math.max(a, b)",
    "Math.min(a, b)",
    "Math.sqrt(a)",
    "Math.pow(a, b)",
    "Math.exp(a) + Math.log(b)",
    "Math.log10(a) - Math.cbrt(b)",
    "Math.floor(a) + Math.ceil(b)",
    "Math.rint(a)",
    "Math.round(a / 2.0)",
    "Math.signum((double) a)",
    "Double.isNaN(a) || Double.isInfinite(b)",
    '"n" + a + "/" + b',
    "a + 1.5",
    "2147483647 + 1",
    "9223372036854775807L + a",
]
BITS = ["a & b", "a | b ^ a", "~a", "a << b", "a >> b", "a >>> b", "Math.floorMod(a, b)"]


@given(
    NUMBERS,
    NUMBERS,
    st.sampled_from(ARITHMETIC),
    st.sampled_from([int_, long_, double_, float_, short_]),
    st.sampled_from([int_, long_, double_]),
)
@example([-(2**31)] * 4, [-1] * 4, "a / b", int_, int_)
@example([-(2**63)] * 4, [-1] * 4, "a / b", long_, long_)
@example([-(2**63)] * 4, [-1] * 4, "a % b", long_, long_)
@example([-(2**63), 7, -7, 5], [2, 0, 2, -2], "a > 0 ? a / b : 0", long_, long_)
@example([-7, 7, -7, 5], [2, 1, 2, -2], "a > 0 ? a / b : 0", long_, long_)
@example([46341] * 4, [46341] * 4, "a * b + a * a - -b", int_, int_)
@example([-0.0, 0.0, -0.0, math.nan], [0.0, -0.0, -0.0, 0.0], "Math.min(a, b)", double_, double_)
@example([-0.0, 0.0, -0.0, math.nan], [0.0, -0.0, -0.0, 0.0], "Math.max(a, b)", double_, double_)
@example([0.49999999999999994, 2.5, -2.5, 1e300], [0] * 4, "Math.rint(a)", double_, int_)
def test_numbers(first: list[Any], second: list[Any], text: str, one: Any, other: Any) -> None:
    both_ways(function(text, one, other), first, second)


@given(
    NUMBERS,
    NUMBERS,
    st.sampled_from(BITS),
    st.sampled_from([int_, long_]),
    st.sampled_from([int_, long_]),
)
@example([-1, 1, -8, 5], [65, -1, 31, 0], "a >>> b", int_, long_)
@example([-1, 1, -8, 5], [65, -1, 31, 63], "a << b", long_, int_)
def test_bits(first: list[Any], second: list[Any], text: str, one: Any, other: Any) -> None:
    both_ways(function(text, one, other), first, second)


BOXES = [
    "a == b",
    "a != b",
    "a == null ? 0 : a + 1",
    "a != null && b != null && a < b",
    "a == null || a == 3",
    "a == null ? b : a",
    "a.equals(b)",
    "a.toString() + b",
    '"" + a + b',
    "a == null ? null : b",
    "a.intValue() + b",
    "(b == null ? 7 : b) * 2",
]


@given(NUMBERS, NUMBERS, st.sampled_from(BOXES), st.sampled_from([Integer, Long, Short]))
@example([None, 1, 2, None], [None, 1, 3, 5], "a == b", Long)
@example([None, 1, 2, None], [None, 1, 3, 5], "a != b", Long)
@example([None, 1, 2, None], [None, 1, 3, 5], "a == null ? 0 : a + 1", Long)
@example([1, 1, 2, 5], [None, 1, 3, 5], "a.equals(b)", Long)
def test_boxes(first: list[Any], second: list[Any], text: str, kind: Any) -> None:
    both_ways(function(text, kind, kind), first, second)


REAL_BOXES = ["a == b", "a == null ? 0.0 : a", "a != null && a > b", "a + b", "a.isNaN()"]


@given(NUMBERS, NUMBERS, st.sampled_from(REAL_BOXES), st.sampled_from([Double, Float]))
def test_boxes_of_reals(first: list[Any], second: list[Any], text: str, kind: Any) -> None:
    both_ways(function(text, kind, kind), first, second)


TRUTHS = ["a && b", "a || !b", "a ^ b", "a ? 1 : 2", "a == b", "a & b | a", '"" + a']


@given(
    st.lists(st.booleans() | st.none(), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.sampled_from(TRUTHS),
    st.sampled_from([boolean_, Boolean]),
)
def test_truths(first: list[Any], second: list[Any], text: str, kind: Any) -> None:
    both_ways(function(text, kind, kind), first, second)


# -- texts -----------------------------------------------------------------------------------------

ON_TEXTS = [
    "a.length()",
    "a.isEmpty() || b.isBlank()",
    "a.trim() + b.strip()",
    "a.toLowerCase()",
    "a.toUpperCase()",
    "a.substring(1)",
    "a.substring(0, 2)",
    "a.length() > 1 ? a.substring(0, 2) : a",
    'a.indexOf("b")',
    "a.lastIndexOf(\"b\") + a.lastIndexOf('a')",
    "a.compareTo(b) > 0",
    "a.indexOf('a')",
    'a.contains("a")',
    'a.startsWith("a") && !b.endsWith("B")',
    'a.replace("a", "é")',
    "a.replace('a', 'b')",
    'a.replaceAll("[ab]+", "<$0>")',
    'a.matches("[ab]*b|a,")',
    'a.matches("a|ab")',
    "a + b",
    "a + \"-\" + b + 1 + 'c'",
    "a.concat(b)",
    "a == b",
    "a != b",
    "a.equals(b)",
    '"ab".equals(a)',
    'a == null ? "none" : a',
    "a == null || a.isEmpty() ? b : a",
    "a.equalsIgnoreCase(b)",
    "a.toString()",
    "a == null ? 0 : Integer.parseInt(a)",
    "Long.parseLong(a) + 1",
    "Double.parseDouble(a)",
    "a.length() - b.length()",
]


@given(TEXTS | columns_from(NUMERALS), TEXTS, st.sampled_from(ON_TEXTS))
@example(["a", None, "b", ""], ["a", "b", None, ""], "a == b")
@example(["😀a", "é", "a", ""], ["a", "b", "c", ""], "a.length()")
@example(["😀a", "é", "a", ""], ["a", "b", "c", ""], "a.indexOf('a')")
@example(["ß", "İ", "a", ""], ["a", "b", "c", ""], "a.toUpperCase()")
@example(["ab", "abc", "a", ""], ["a", "b", "c", ""], 'a.matches("a|ab")')
@example(["1", None, "12", "-3"], ["a", "b", "c", ""], "a == null ? 0 : Integer.parseInt(a)")
def test_texts(first: list[Any], second: list[Any], text: str) -> None:
    both_ways(function(text, String, String), first, second)


ANY = st.sampled_from(
    [NUMERALS, TEXT, WHOLE, REAL, st.booleans(), st.dates(), st.binary(max_size=2)]
).flatmap(columns_from)
TYPES = [int_, long_, short_, double_, float_, boolean_, Integer, Long, Short, Double, Float]
TYPES += [Boolean, String, DateType("yyyy-MM-dd")]


@given(ANY, st.sampled_from(TYPES), st.sampled_from([None, Long, String, DateType("yyyy/MM/dd")]))
@example([2**31, None, 1, 2], int_, None)
@example([2.9, -2.9, math.nan, 1e30], int_, None)
@example(["1", "", None, "007"], Integer, None)
@example(["2001-02-03", "2001-2-3", None, "2001-02-03"], String, DateType("yyyy-MM-dd"))
def test_arguments_are_coerced_as_for_rows(values: list[Any], to: Any, declared: Any) -> None:
    fields = AB if declared is None else AB.apply_types(declared, Object)
    identity = ExpressionFunction("x", '"" + a', ["a"], [to])
    both_ways(identity, values, [0] * 4, fields)
    both_ways(ExpressionFunction("x", "1", ["a"], [to]), values, [0] * 4, fields)


# -- filters, assertions, and what has no column form ----------------------------------------------


@given(NUMBERS, NUMBERS, st.sampled_from(["a > b", "a / b == 1", "a == 0 || b / a > 1"]))
@example([0, 1, 2, 3], [1, 2, 3, 4], "a == 0 || b / a > 1")
def test_filters_and_assertions(first: list[Any], second: list[Any], text: str) -> None:
    both_ways(ExpressionFilter(text, int_), first, second)
    both_ways(AssertExpression(text, int_), first, second)


def test_a_truth_is_a_column_and_a_null_fails_over_rows() -> None:
    assert both_ways(ExpressionFilter("a", Boolean), [True, False, True], [1, 2, 3])
    assert not both_ways(ExpressionFilter("a", Boolean), [True, False, None], [1, 2, 3])


@pytest.mark.parametrize(
    ("text", "kind"),
    [*[(text, int_) for text in [*ARITHMETIC, *BITS]], *[(text, Long) for text in BOXES]],
)
def test_clean_numbers_do_go_by_columns(text: str, kind: Any) -> None:
    assert both_ways(function(text, kind, kind), [1, -2, 30, 4], [7, 7, 2, 3])


@pytest.mark.parametrize("text", ON_TEXTS)
def test_clean_texts_do_go_by_columns(text: str) -> None:
    assert both_ways(function(text, String, String), ["10", "20", "334", "-4"], ["a", "b", "c", ""])


@pytest.mark.parametrize("text", ["a.isEmpty()", "a.trim() + b.strip()", "a.length()"])
def test_texts_beyond_ascii_still_go_by_columns(text: str) -> None:
    texts = ["é", "😀", "ß", "a"]
    assert both_ways(function(text, String, String), texts, texts)


@pytest.mark.parametrize(
    "text",
    [
        "Math.hypot(a, b)",
        "Math.sin(a)",
        'String.format("%05d", (int) a)',
    ],
)
def test_what_has_no_column_form_is_left_to_the_rows(text: str) -> None:
    (operator,) = operators(AB, (function(text, double_, double_), AB, Fields.ALL))
    assert each_kernel(operator) is None


class Own(CoercibleType):
    """A type of a user's."""

    def canonical(self, value: Any) -> Any:
        return value

    def coerce(self, value: Any, to: Any) -> Any:
        return 7


def test_a_type_of_the_users_own_is_left_to_the_rows() -> None:
    fields = AB.apply_types(Own(), Long)
    expression = ExpressionFunction("x", "a + b", int_)
    assert each_kernel(*operators(fields, (expression, AB, Fields.ALL))) is None


def test_an_expression_that_does_not_fit_is_left_to_the_rows_to_refuse() -> None:
    expression = ExpressionFunction("x", "a.trim()", int_)
    assert each_kernel(*operators(AB, (expression, AB, Fields.ALL))) is None
