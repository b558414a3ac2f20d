"""Filters of filters, assertions, texts and numbers over columns give the rows' results."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cascade2spark.batch.batches import columns_of, rows_of
from cascade2spark.batch.kernels.each import each_kernel
from cascade2spark.fields import Fields
from cascade2spark.java_numbers import double_text
from cascade2spark.operations import (
    And,
    AssertMatches,
    AssertMatchesAll,
    AssertNotNull,
    AssertNull,
    AssertSizeEquals,
    AssertSizeLessThan,
    AssertSizeMoreThan,
    DateParser,
    ExpressionFilter,
    ExpressionFunction,
    FieldFormatter,
    FieldJoiner,
    FilterNotNull,
    FilterNull,
    Identity,
    Not,
    Or,
    RegexFilter,
    RegexGenerator,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
    Sample,
    SetValue,
    Xor,
)
from cascade2spark.operations.base import Function, ValueAssertion
from cascade2spark.types import Double, Float, Integer, Long, String
from tests.unit.batch_chains import operators, results
from tests.unit.column_forms import AB, both_ways, four

TEXT = st.text(st.sampled_from("ab,;.| é😀\n\t-1"), max_size=6)
VALUES = st.sampled_from(
    [TEXT, st.integers(-9, 9), st.floats(), st.booleans(), st.dates(), st.binary(max_size=2)]
)


COLUMN = VALUES.flatmap(four)
TEXTS = four(TEXT)


# -- filters and assertions ------------------------------------------------------------------------

IS_A, NULL, SMALL = RegexFilter("a"), FilterNull(), ExpressionFilter("b < 3", int)
A, B = Fields("a"), Fields("b")
LOGIC = [
    And(IS_A, NULL),
    Or(IS_A, FilterNotNull()),
    Xor(IS_A, NULL),
    Xor(IS_A, NULL, FilterNotNull()),
    Not(IS_A),
    And(A, IS_A, B, NULL),
    Or(B, NULL, A, Not(IS_A)),
    And([A, B, AB], [IS_A, NULL, Or(IS_A, NULL)]),
    Or(Fields(-1), NULL, Fields(0), IS_A),
]


@given(COLUMN, COLUMN, st.sampled_from(LOGIC), st.integers(0, 4))
def test_filters_of_filters(
    first: list[Any], second: list[Any], operation: Any, count: int
) -> None:
    rows = list(zip(first, second, strict=True))[:count]
    assert both_ways(operation, AB, rows)


@given(TEXTS, four(st.integers(0, 5)))
def test_filters_of_expressions(first: list[Any], second: list[Any]) -> None:
    rows = list(zip(first, second, strict=True))
    both_ways(Or(A, IS_A, B, SMALL), AB, rows)
    both_ways(Not(B, SMALL), AB, rows)


@given(COLUMN, COLUMN, st.sampled_from([(), (1, 0), ("x", None), (None, None), (2.5, -0.0)]))
def test_set_value(first: list[Any], second: list[Any], values: tuple[Any, ...]) -> None:
    rows = list(zip(first, second, strict=True))
    assert both_ways(SetValue("x", IS_A, *values), AB, rows)
    assert both_ways(SetValue("x", NULL, *values), "a", rows)


@pytest.mark.parametrize(
    "operation",
    [And(IS_A, Sample(1, 0.5)), Not(Sample(1, 0.5)), SetValue("x", IS_A, 1, "x"), Sample(1, 0.5)],
    ids=["a member", "the member", "values of two types", "by itself"],
)
def test_what_only_rows_can_do(operation: Any) -> None:
    parts = (operation, A, Fields.ALL) if isinstance(operation, Function) else (operation, A)
    assert each_kernel(*operators(AB, parts)) is None


ASSERTIONS = [
    AssertNotNull(),
    AssertNull(),
    AssertMatches("a"),
    AssertMatches("a\t", True),
    AssertMatches("b.*a", delim="b"),
    AssertMatchesAll("a"),
    AssertMatchesAll("a", True),
    AssertSizeEquals(2),
    AssertSizeLessThan(2),
    AssertSizeMoreThan(1),
]


@given(
    COLUMN | four(st.just("a")),
    COLUMN | four(st.just("ba")),
    st.sampled_from(ASSERTIONS),
    st.integers(0, 4),
)
def test_assertions(
    first: list[Any], second: list[Any], operation: ValueAssertion, count: int
) -> None:
    rows = list(zip(first, second, strict=True))[:count]
    both_ways(operation, AB, rows)


def test_an_assertion_that_holds_goes_by_columns() -> None:
    rows = [("a", 1), ("ba", 2)]
    for operation in (AssertNotNull(), AssertMatches("a"), AssertSizeEquals(2)):
        assert both_ways(operation, AB, rows)
    assert both_ways(AssertMatchesAll("x", True), AB, [])


# -- texts -----------------------------------------------------------------------------------------


@given(COLUMN, COLUMN, st.sampled_from(["\t", ",", "", "é"]), st.integers(0, 4))
def test_field_joiner(first: list[Any], second: list[Any], delim: str, count: int) -> None:
    rows = list(zip(first, second, strict=True))[:count]
    assert both_ways(FieldJoiner("x", delim), AB, rows)
    assert both_ways(FieldJoiner("x", delim), "b", rows)


@given(
    COLUMN, COLUMN, st.sampled_from(["a", "1\t", "^a", "(?=b)a|b$"]), st.booleans(), st.booleans()
)
def test_regex_filter_on_several(
    first: list[Any], second: list[Any], pattern: str, removes: bool, by_each: bool
) -> None:
    rows = list(zip(first, second, strict=True))
    assert both_ways(RegexFilter(pattern, removes, by_each), AB, rows)


@given(COLUMN, COLUMN, st.sampled_from(["%s-%s", "%2$s", "%d", "%.2f", "%b%n", "%s %s %s"]))
def test_field_formatter(first: list[Any], second: list[Any], form: str) -> None:
    both_ways(FieldFormatter("x", form), AB, list(zip(first, second, strict=True)))


GENERATED = [
    r"\W+",
    "[a-zé]+",
    r"\w+",
    r"\S+",
    "[^,]+",
    "[^,]++",
    r"\w",
    "a|ab",
    "(a)b?",
    "a*",
    r"\b",
    "é+",
    "[^é]+",
]


@given(TEXTS, st.sampled_from(GENERATED), st.integers(0, 4))
@example(["a,,b", None, "", ","], "[^,]+", 4)
@example([",é,", "😀", "a", ","], "[^,]+", 4)
@example([",a\n,b", "\n", "a", ","], r"\S+", 4)
def test_regex_generator(texts: list[Any], pattern: str, count: int) -> None:
    rows = [(text, at) for at, text in enumerate(texts[:count])]
    assert both_ways(RegexGenerator("x", pattern), "a", rows)


@given(
    TEXTS,
    st.sampled_from(["(a)?(b)?", "(a)|(b)", "(?<!a)(b)", r"(\w)\1", "(a)?,(b)?", "x*(a?)"]),
)
@example(["a", "b", "ab", ""], "(a)?(b)?")
def test_groups_that_take_no_part_are_null(texts: list[Any], pattern: str) -> None:
    rows = [(text, at) for at, text in enumerate(texts)]
    both_ways(RegexParser(Fields("x", "y", "z"), pattern), "a", rows)


def test_optional_groups_go_by_columns() -> None:
    assert both_ways(RegexParser(Fields("x", "y"), "(a)?(b)?"), "a", [("b", 1), ("", 2)])


STAMPS = st.text(st.sampled_from("01-b,é\n"), min_size=3, max_size=3)


@given(
    four(STAMPS),
    st.sampled_from(
        [
            r"(\d+)(-?)",
            r"^(.)(.)",
            "(?i)(B)|(1)",
            r"(\d)\1?",
            r"(\d)(\b)",
            "(.)(.)$",
            "(?<=0)(1)?(.)",
        ]
    ),
)
@example(["01b", "10b", "11b", "00b"], r"(\d+)(-?)")
@example(["0-1", "1-0", "1-1", "0-0"], "(?i)(B)|(1)")
@example(["00-", "01-", "11-", "10-"], r"(\d)\1?")
@example(["0é1", "1é0", "1é1", "0é0"], r"^(.)(.)")
def test_groups_of_texts_of_one_length(texts: list[Any], pattern: str) -> None:
    rows = [(text, at) for at, text in enumerate(texts)]
    both_ways(RegexParser(Fields("x", "y", "z"), pattern), "a", rows)


@given(four(st.sampled_from(["1,2,x", "a,,", ",,", "1,2", "1,2,3,4", "é,,y", ""])))
@example(["1,2,x", "a,,", ",,", "é,,y"])
@example(["1,2", "1,2,3,4", "a,,", ",,"])
def test_a_splitter_at_a_sign(texts: list[Any]) -> None:
    rows = [(text, at) for at, text in enumerate(texts)]
    both_ways(RegexSplitter(Fields("x", "y", "z"), ","), "a", rows)


@pytest.mark.parametrize("times", [1, 3, 300])
def test_texts_that_come_again_are_searched_once(times: int) -> None:
    rows = [(f"{'ab'[n % 2]}-{n // times}", n) for n in range(900)]
    assert both_ways(RegexFilter("^a-.*[1-5]"), "a", rows)
    assert both_ways(RegexParser(Fields("x", "y"), "([a-z])-(.*)"), "a", rows)


@given(TEXTS, st.sampled_from([r"\b", "(?=a)", "a*", r"(a)\1", "a(?!b)", r"\w++"]), st.booleans())
def test_replacing_what_arrow_cannot_read(texts: list[Any], pattern: str, is_all: bool) -> None:
    rows = [(text, at) for at, text in enumerate(texts)]
    assert both_ways(RegexReplace("x", pattern, "<$0>", is_all), "a", rows)


@given(four(st.sampled_from(["1,2.5", "007,x", ",", "1,", "9223372036854775808,1", "+1, 1", "1"])))
@example(["1,2.5", "2,1e3", "-3,0", "4,.5"])
def test_a_splitter_into_typed_fields(texts: list[Any]) -> None:
    rows = [(text, at) for at, text in enumerate(texts)]
    both_ways(RegexSplitter(Fields("x", "y").apply_types(Long, Double), ","), "a", rows)


def test_a_splitter_into_typed_fields_goes_by_columns() -> None:
    splitter = RegexSplitter(Fields("x", "y").apply_types(Long, Double), ",")
    assert both_ways(splitter, "a", [("1,2.5", 1), (",1", 2)])


# -- numbers ---------------------------------------------------------------------------------------

REALS = [
    0.0,
    -0.0,
    1.0,
    -7.5,
    1e-3,
    9.99e-4,
    9999999.0,
    1e7,
    0.1,
    1 / 3,
    2.0**31,
    2.0**63,
    -(2.0**63),
]
REALS += [
    math.nan,
    math.inf,
    -math.inf,
    5e-324,
    1e300,
    2.0**31 - 0.5,
    -(2.0**31) - 0.5,
    2**53 + 2.0,
]


@given(four(st.sampled_from(REALS) | st.floats()), st.sampled_from([String, Long, Integer]))
@example([1.0, None, -0.0, 2.5], String)
@example([1e7, None, -0.0, 2.5], String)
def test_reals_as_texts_and_whole_numbers(values: list[Any], to: Any) -> None:
    assert both_ways(Identity(Fields("x"), to), "a", [(value, 0) for value in values])


@given(st.lists(st.floats(1e-3, 1e7) | st.floats(-1e7, -1e-3), min_size=40, max_size=40))
def test_the_digits_of_doubles_are_javas(values: list[float]) -> None:
    (operator,) = operators(AB, (Identity(Fields("x"), String), "a", Fields("x")))
    kernel = each_kernel(operator)
    assert kernel is not None
    made = rows_of(kernel(columns_of([(value, 0) for value in values], 2)))
    assert [(double_text(value),) for value in values] == made


@given(four(st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**31, -(2**31) - 1, 2**32])))
def test_whole_numbers_wrap_around(values: list[Any]) -> None:
    assert both_ways(Identity(Fields("x"), Integer), "a", [(value, 0) for value in values])


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (RegexSplitGenerator(Fields("x"), "^a"), [("aab", 1, ""), ("aab", 1, "ab")]),
        (RegexSplitter(Fields("x", "y"), "^a"), [("aab", 1, "", "ab")]),
    ],
)
def test_a_text_begins_once_where_it_is_split(operation: Any, expected: list[Any]) -> None:
    (operator,) = run = operators(AB, (operation, "a", Fields.ALL))
    assert each_kernel(operator) is None  # Arrow's begins anew behind each match
    assert results(run, [("aab", 1)]) == expected


def test_the_digits_of_a_float_are_those_of_32_bits() -> None:
    fields = AB.apply_types(Float, Long)
    assert both_ways(FieldJoiner("x", ","), "a", [(0.1, 1), (1.0, 2)], fields)


# -- batches as they come --------------------------------------------------------------------------

ANY = [
    RegexSplitGenerator(Fields("x"), ","),
    RegexSplitGenerator(Fields("x"), r"\s+"),
    RegexGenerator("x", r"\w+"),
    RegexSplitter(Fields("x", "y"), "-"),
    RegexParser(Fields("x", "y"), r"(\d+)-(\d+)"),
    RegexReplace("x", r"\d+", "n"),
    DateParser("x", "yyyy-MM-dd"),
    FieldJoiner("x", "/"),
    SetValue("x", RegexFilter("2020")),
    ExpressionFunction("x", "a.trim().substring(0, 4)", String),
    ExpressionFunction("x", "Integer.parseInt(a.substring(0, 4)) / 3", String),
    RegexFilter("2020"),
    Not(RegexFilter("2020")),
    ExpressionFilter('a.length() == 10 && a.contains("0-")', String),
    AssertNotNull(),
]


@pytest.mark.parametrize("operation", ANY, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(("start", "count"), [(0, 0), (3, 0), (1, 2), (2, 3), (0, 5)])
def test_a_slice_of_a_batch_is_seen_as_such(operation: Any, start: int, count: int) -> None:
    texts = ["2020-01-02", "2021-02-03", "2020-12-31", "1999-09-09", "2020-10-10"]
    rows = list(zip(texts, range(5), strict=True))
    is_function = isinstance(operation, Function)
    parts = (operation, "a", Fields.ALL) if is_function else (operation, "a")
    (operator,) = run = operators(AB, parts)
    kernel = each_kernel(operator)
    assert kernel is not None
    made = kernel(columns_of(rows, 2).slice(start, count))
    assert results(run, rows[start : start + count]) == rows_of(made)
