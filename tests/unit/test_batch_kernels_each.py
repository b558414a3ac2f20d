"""Operations over columns give the rows that the operations themselves give."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, columns_of, rows_of
from cascade2spark.batch.kernels.conversion import by_value
from cascade2spark.batch.kernels.each import each_kernel
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    FilterNotNull,
    FilterNull,
    Identity,
    Insert,
    NoOp,
    RegexFilter,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
)
from cascade2spark.planner.steps import Project, Site
from cascade2spark.selection import Pick
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
    boolean_,
    char_,
    double_,
    int_,
    long_,
)
from tests.unit.batch_chains import operators, results

AB = Fields("a", "b")
TEXT = st.text(st.sampled_from("ab,;.| é😀\n\t"), max_size=6)
VALUES = st.sampled_from(
    [TEXT, st.integers(-9, 9), st.floats(), st.booleans(), st.dates(), st.binary(max_size=2)]
)
COLUMN = VALUES.flatmap(lambda values: st.lists(values | st.none(), min_size=5, max_size=5))
TEXTS = st.lists(TEXT | st.none(), min_size=5, max_size=5)
SPLITS = st.sampled_from(
    [
        ",",
        ";",
        r"\|",
        r"\.",
        ".",
        r"[ab,]",
        r"[,;]",
        r"\s",
        r"\s+",
        r"\W+",
        "[,a]+",
        "[^a]++",
        "é+",
        ",*",
        "é",
        "ab",
    ]
)
COUNT = st.integers(0, 5)
OUTPUTS = st.sampled_from([Fields.ALL, Fields.RESULTS, Fields("b", "x"), Fields("x")])


def by_kernel(run: tuple[Any, ...], rows: list[Any]) -> list[Any] | None:
    """Return the rows of one operation's column form, None where there is none."""
    (operator,) = run
    kernel = each_kernel(operator)
    try:
        return None if kernel is None else rows_of(kernel(columns_of(rows, len(AB))))
    except NotColumns:
        return None


def assert_same(run: tuple[Any, ...], rows: list[Any]) -> None:
    made = by_kernel(run, rows)
    assert made is None or list(map(repr, results(run, rows))) == list(map(repr, made))


@given(TEXTS, COLUMN, COUNT, SPLITS, OUTPUTS)
@example([None, "", ",", "a,,", ",a"], [1, 2, 3, 4, 5], 5, ",", Fields.ALL)
@example(["  a b", "", " ", "a  ", "é b "], [1, 2, 3, 4, 5], 5, r"\s+", Fields.ALL)
@example(["", "", " ", " a", ""], [1, 2, 3, 4, 5], 5, r"\s+", Fields.ALL)
@example(["", "", " ", " a", ""], [1, 2, 3, 4, 5], 5, r"\s", Fields.ALL)
@example(["a  ", "", "  é ", " ", "b  c"], [1, 2, 3, 4, 5], 5, r"\s", Fields.ALL)
def test_split_generator(
    texts: list[Any], others: list[Any], count: int, pattern: str, output: Fields
) -> None:
    split = RegexSplitGenerator(Fields("x"), pattern)
    rows = list(zip(texts, others, strict=True))[:count]
    assert_same(operators(AB, (split, "a", output)), rows)


@given(TEXTS, COLUMN, COUNT, SPLITS, st.sampled_from([Fields.ALL, Fields("y", "b")]))
@example(["a,", ",", "a,b", "a,b,c", ",,"], [1, 2, 3, 4, 5], 5, ",", Fields.ALL)
@example(["a", "", "a,b", None, ",,"], [1, 2, 3, 4, 5], 5, ",", Fields.ALL)
def test_splitter(
    texts: list[Any], others: list[Any], count: int, pattern: str, output: Fields
) -> None:
    split = RegexSplitter(Fields("x", "y"), pattern)
    rows = list(zip(texts, others, strict=True))[:count]
    try:
        results(operators(AB, (split, "a", output)), rows)
    except Exception:
        # The rows fail: then there may be no columns.
        assert by_kernel(operators(AB, (split, "a", output)), rows) is None
    else:
        assert_same(operators(AB, (split, "a", output)), rows)


@given(COLUMN, COLUMN, COUNT)
def test_operations_that_pass_values_on(first: list[Any], second: list[Any], count: int) -> None:
    rows = list(zip(first, second, strict=True))[:count]
    assert_same(operators(AB, (Identity(), Fields("b", "a"), Fields.RESULTS)), rows)
    assert_same(operators(AB, (Identity(Fields("x")), "b", Fields.ALL)), rows)
    assert_same(operators(AB, (Insert(Fields("x", "y"), 1, None), Fields.ALL, Fields.ALL)), rows)
    assert_same(operators(AB, (NoOp(), Fields.ALL, Fields.ALL)), rows)


# -- types -----------------------------------------------------------------------------------------

TYPES = (None, Long, Integer, Short, Double, Float, Boolean, String, BigDecimal, Object)
TYPES += (long_, int_, double_, boolean_, char_, DateType("yyyy-MM-dd"))
PLAIN = ["1", "-0", "+1", "007", "-7", "1.0", "1.", "1.5", "1e3", "1e400", "1d", "0x1F", "1_0"]
ODD = ["\u0661", "NaN", "nan", "inf", "Infinity", "true", "TRUE", "", " 1", "1 ", "x"]
ENDS = ["9223372036854775807", "9223372036854775808", "2147483647", "2147483648"]
NUMBERS = st.sampled_from([*PLAIN, *ODD, *ENDS])
LARGE = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**31 - 1, 2**31, 2**53 + 1])
MIXED = st.sampled_from(
    [NUMBERS, st.sampled_from(["1", "2", "30"]), LARGE, st.floats(), st.booleans(), st.dates()]
).flatmap(lambda values: st.lists(values | st.none(), max_size=4))


@given(MIXED, st.sampled_from(TYPES[1:]), st.sampled_from(TYPES))
@example(["1", "", None, "007"], Long, None)
@example(["1", "", None], int_, None)
@example([2**31], Integer, None)
@example([2**53 + 1], Double, None)
@example([1.0, 1e10], String, None)
@example([0.1], String, Float)
@example([5], String, DateType("yyyy-MM-dd"))
def test_identity_with_types(values: list[Any], to: Any, declared: Any) -> None:
    fields = AB.apply_types(declared, Object) if declared is not None else AB
    run = operators(fields, (Identity(Fields("x"), to), "a", Fields.ALL))
    rows = [(value, 0) for value in values]
    try:
        expected = results(run, rows)
    except Exception:
        assert by_kernel(run, rows) is None
    else:
        made = by_kernel(run, rows)
        assert made is None or list(map(repr, expected)) == list(map(repr, made))


@pytest.mark.parametrize("to", [Long, Integer, Double, String, long_, int_, double_])
@pytest.mark.parametrize("values", [["1", "", None], [1, 2, None], [None]])
def test_plain_conversions_have_a_column_form(to: Any, values: list[Any]) -> None:
    run = operators(AB, (Identity(Fields("x"), to), "a", Fields("x")))
    rows = [(value, 0) for value in values]
    assert list(map(repr, results(run, rows))) == list(map(repr, by_kernel(run, rows) or []))


class Own64(CoercibleType):
    """A type of a user's, who may do anything."""

    def canonical(self, value: Any) -> Any:
        return value

    def coerce(self, value: Any, to: Any) -> Any:
        return value


def test_a_type_of_the_users_own_is_left_to_rows() -> None:
    typed = AB.apply_types(Own64(), Object)
    assert each_kernel(*operators(AB, (Identity(Own64()), "a", Fields.RESULTS))) is None
    assert each_kernel(*operators(typed, (Identity(Long), "a", Fields.RESULTS))) is None
    assert each_kernel(*operators(typed, (RegexFilter("1"), "a"))) is None


# -- filters and regular expressions ---------------------------------------------------------------

PATTERNS = st.sampled_from(
    [
        "a",
        "b,",
        r"\.",
        "[ab]+",
        r"(a)|(b)",
        r"\w",
        r"\s+",
        "é",
        ".",
        "^a",
        "a$",
        "(a)(b)?",
        "a*",
        "",
    ]
)


@given(COLUMN, COLUMN, COUNT, st.sampled_from(["a", Fields("a", "b")]))
def test_filters_on_nulls(first: list[Any], second: list[Any], count: int, on: Any) -> None:
    rows = list(zip(first, second, strict=True))[:count]
    for operation in (FilterNull(), FilterNotNull()):
        run = operators(AB, (operation, on))
        made = by_kernel(run, rows)
        assert made is not None
        assert list(map(repr, results(run, rows))) == list(map(repr, made))


@given(COLUMN | TEXTS, COUNT, PATTERNS, st.booleans(), st.booleans())
def test_regex_filter(
    values: list[Any], count: int, pattern: str, removes: bool, by_each: bool
) -> None:
    rows = [(value, at) for at, value in enumerate(values[:count])]
    assert_same(operators(AB, (RegexFilter(pattern, removes, by_each), "a")), rows)


@given(
    COLUMN | TEXTS,
    COUNT,
    PATTERNS,
    st.sampled_from(["", "x", r"\\", r"\$", "<$0>", r"\\1", "$0$0", "é$0"]),
    st.booleans(),
)
@example(["ab,a.", "ba", "", None, "aab"], 5, "[ab]+", "<$0>", False)
def test_regex_replace(
    values: list[Any], count: int, pattern: str, replacement: str, is_all: bool
) -> None:
    rows = [(value, at) for at, value in enumerate(values[:count])]
    replace = RegexReplace(Fields("x"), pattern, replacement, is_all)
    assert_same(operators(AB, (replace, "a", Fields.ALL)), rows)


def test_groups_in_a_replacement_are_those_of_the_pattern() -> None:
    rows = [("k=v", 0), ("no", 1), ("k=", 2)]
    replace = RegexReplace(Fields("x"), r"(?<key>\w)=(\w)?", r"$2\\${key}\$")
    run = operators(AB, (replace, "a", Fields("x")))
    assert [(r"v\k$",), ("no",), (r"\k$",)] == results(run, rows) == by_kernel(run, rows)


PARSED = st.sampled_from(
    [
        r"([ab])",
        "(a|b)(,)",
        "(a)|(b)",
        "(a)(b)?",
        r"\\(",
        r"(a)\\(([^;]+)",
        "[(]b",
        "a",
        "(((a)b))",
        "a+?(b*)",
    ]
)


@given(
    st.lists(st.text(st.sampled_from("ab(,;é"), max_size=5) | st.none(), max_size=3),
    PARSED,
    st.sampled_from([("x",), ("x", "y"), ("x", "y", "z")]),
)
@example(["a(b"], r"(a)\\(([^;]+)", ("x", "y"))
@example(["ab"], "(((a)b))", ("x", "y", "z"))
@example(["a"], "a+?(b*)", ("x",))
def test_regex_parser(texts: list[Any], pattern: str, names: tuple[str, ...]) -> None:
    rows = [(text, at) for at, text in enumerate(texts)]
    try:
        run = operators(AB, (RegexParser(Fields(*names), pattern), "a", Fields.ALL))
    except BuildError:
        return  # more groups than fields
    try:
        results(run, rows)
    except Exception:
        assert by_kernel(run, rows) is None
    else:
        assert_same(run, rows)


def test_a_parser_takes_typed_and_chosen_groups_as_columns() -> None:
    fields = Fields("n", "whole").apply_types(Long, String)
    parser = RegexParser(fields, r"(\w)=(\d+)", (2, 0))
    run = operators(AB, (parser, "a", Fields("n", "whole")))
    rows = [("k=1", 0), ("to k=22!", 1)]
    assert [(1, "k=1"), (22, "k=22")] == results(run, rows) == by_kernel(run, rows)


def test_filters_by_plain_patterns_have_a_column_form() -> None:
    rows = [("a.b", 1), (None, 2), ("ab", 3)]
    for pattern, expected in (
        (r"\.", [("a.b", 1)]),
        ("^$|b.b", [(None, 2)]),
        ("[ab]b", [("ab", 3)]),
    ):
        assert expected == by_kernel(operators(AB, (RegexFilter(pattern), "a")), rows)
    assert [(None, 2)] == by_kernel(operators(AB, (RegexFilter("2"), "b")), [("x", 1), (None, 2)])


def test_plain_splits_do_have_a_column_form() -> None:
    rows = [("a,b", 1), (None, 2), ("c,d,", 3)]
    words = operators(AB, (RegexSplitGenerator(Fields("x"), ","), "a", Fields("b", "x")))
    assert [(1, "a"), (1, "b"), (2, ""), (3, "c"), (3, "d")] == by_kernel(words, rows)
    halves = operators(AB, (RegexSplitter(Fields("x", "y"), ","), "a", Fields("x", "y")))
    assert [("a", "b")] == by_kernel(halves, rows[:1])


class Own(Identity):
    """A class of a user's, who may have overridden anything."""


def test_what_is_a_users_own_or_trapped_has_no_column_form() -> None:
    assert each_kernel(*operators(AB, (Own(), Fields.ALL, Fields.RESULTS))) is None
    assert each_kernel(*operators(AB, (Identity(), Fields.ALL, Fields.RESULTS, 0))) is None


def test_a_projection_selects_columns() -> None:
    project = Project(Site(1, "Project", "p", "p"), Pick((1,), width=2), Fields("b"))
    kernel = each_kernel(project)
    assert kernel is not None
    assert [(1,)] == rows_of(kernel(columns_of([("x", 1)], 2)))


def test_repeated_texts_are_looked_at_once_each():
    """And give what every value by itself gives, nulls too."""
    texts = pa.array(["a", None, "b", "a"] * 200)
    seen = []

    def call(text):
        seen.append(text)
        return None if text is None else text * 2

    assert by_value(call, pa.string(), texts).to_pylist() == ["aa", None, "bb", "aa"] * 200
    assert len(seen) == 3
    distinct = pa.array([str(number) for number in range(1000)])
    assert by_value(str.upper, pa.string(), distinct).to_pylist() == distinct.to_pylist()
