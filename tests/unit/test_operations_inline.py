"""What operations say of themselves as text gives what calling them gives, for any values."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.fields import Fields
from cascade2spark.operations import (
    ExpressionFilter,
    ExpressionFunction,
    RegexFilter,
    RegexGenerator,
    RegexParser,
    RegexSplitGenerator,
    RegexSplitter,
)
from cascade2spark.operations.inline import Inline
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    Double,
    Float,
    Integer,
    Long,
    Object,
    Short,
    String,
    int_,
    short_,
)
from tests.unit.batch_chains import operators, results

AB = Fields("a", "b")
POWERS = [2**15, 2**30, 2**31, 2**32, 2**53, 2**62, 2**63, 2**64, 2**70]
EDGES = [0, 1, 7, *[sign * power + by for power in POWERS for sign in (1, -1) for by in (-1, 0, 1)]]
NUMBERS = st.sampled_from(EDGES) | st.integers(-9, 9)
REALS = [0.5, 1.5, 6.5, 7.0, -0.5, -1.5, 32767.5, 1e30, -1e30, *map(float, ("nan", "inf", "-inf"))]
DECIMALS = [Decimal(text) for text in ("7.5", "-1.5", "1e30", "NaN")]
TEXTS_OF_ODD = ["", "x", "7", " 7", "6.5", "true", "\ud800", b"x", ["x"], ("x",)]
ODD = st.sampled_from([None, True, False, Fraction(15, 2), *TEXTS_OF_ODD, *REALS, *DECIMALS])
MOSTLY = st.lists(st.tuples(NUMBERS, st.sampled_from(["x", "y", "7"])), min_size=1, max_size=4)
MIXED = st.lists(st.tuples(NUMBERS | ODD, NUMBERS | ODD), min_size=1, max_size=3)

TESTS = [
    ('a > 5 && b.equals("x")', (Long, String)),
    ('a >= 7 || !b.equals("x")', (Integer, String)),
    ('!(a < -1) && "x".equals(b)', (int_, String)),
    ('a <= 6 && a > -2 && b != "y"', (Long, String)),
    ('"7".equals(b) || a < 1073741823', (Long, String)),
    ("a == 7 || a * 3 > 20", (Long, Long)),
    ("a > 5 == b > 5", (Long, Long)),
    ("a % 3 == 1 && b < 8", (Integer, Long)),
    ("a > 0.5 && b / 2 == 3", (Double, Long)),
    ("b && a > 1", (Long, Boolean)),
]
VALUES = [
    ("a * 100 + b % 60", (Long, Long)),
    ("a * b", (Long, Long)),
    ("a * b - 1", (Integer, Integer)),
    ("a * b + 7", (Short, Long)),
    ("a + 1L", (Integer, Integer)),
    ("(a + b) / 2", (Long, Integer)),
    ("-a", (Long, Long)),
    ("a", (Long, Long)),
    ("a > b ? a : b", (Long, Long)),
    ("a * 0.5 + b", (Double, Long)),
    ("a % 7 * 1000000007 * b", (Long, Long)),
    ('b.equals("x") ? 1 : 2', (Long, String)),
]


def by_calls(call: Any, rows: list[Any]) -> Any:
    try:
        return [call(*row) for row in rows]
    except Exception:
        return None


def by_run(run: Any, rows: list[Any]) -> Any:
    try:
        return results(run, rows)
    except Exception:
        return None


def shown(found: Any) -> str:
    return repr(found)  # NaN is not itself, and 1 is True


def check_condition(keeps: ExpressionFilter, call: Any, run: Any, rows: list[Any]) -> None:
    called = by_calls(call, rows)
    expected = None
    if called is not None:
        expected = [row for row, is_gone in zip(rows, called, strict=True) if not is_gone]
    assert shown(expected) == shown(by_run(run, rows)), keeps


@pytest.mark.parametrize(("text", "types"), TESTS)
def test_a_condition(text: str, types: Any) -> None:
    keeps = ExpressionFilter(text, ["a", "b"], list(types))
    call, run = keeps.bind(AB), operators(AB, (keeps, Fields.ALL))
    assert keeps.inline(AB) is not None

    @given(MOSTLY | MIXED)
    def law(rows: list[Any]) -> None:
        check_condition(keeps, call, run, rows)

    law()


# Values beside the bounds and beside what a kind holds: where a comparison could be wrong.
BOUNDS = ["-32769", "-2", "-1", "0", "1", "6", "7", "32767", "1073741822", "2147483647"]
NEAR = st.sampled_from(BOUNDS).flatmap(lambda text: st.integers(int(text) - 1, int(text) + 1))
COMPARED = st.builds(
    "a {} {}".format, st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from(BOUNDS)
)
LEAVES = COMPARED | st.sampled_from(
    ['b.equals("x")', '"7".equals(b)', 'b != "y"', "a == 7", "a * 3 > 20", "a % 5 == 2"]
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: (
        st.builds("!({})".format, parts)
        | st.builds("({}) {} ({})".format, parts, st.sampled_from(["&&", "||"]), parts)
    ),
    max_leaves=4,
)
BESIDE = st.lists(st.tuples(NEAR | NUMBERS | ODD, st.sampled_from(["x", "7"]) | ODD), max_size=2)


@given(
    CONDITIONS, st.sampled_from([Long, Integer, int_, Short, short_]), st.lists(BESIDE, min_size=4)
)
def test_any_condition(text: str, kind: Any, batches: list[list[Any]]) -> None:
    keeps = ExpressionFilter(text, ["a", "b"], [kind, String])
    call, run = keeps.bind(AB), operators(AB, (keeps, Fields.ALL))
    assert keeps.inline(AB) is not None
    for rows in batches:
        check_condition(keeps, call, run, rows)


class Feigned:
    """Is no text, though it is joined to texts and says that it equals them."""

    def __radd__(self, left: str) -> str:
        return left + "x"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "y"


@pytest.mark.parametrize("text", ['b.equals("x")', '"x".equals(b)', '"y".equals(b)'])
def test_what_feigns_to_be_a_text_is_asked_for_its_own(text: str) -> None:
    keeps = ExpressionFilter(text, ["a", "b"], [Long, String])
    call, run = keeps.bind(AB), operators(AB, (keeps, Fields.ALL))
    check_condition(keeps, call, run, [(1, Feigned())])
    check_condition(keeps, call, run, [(1, "x"), (2, "y"), (3, Feigned())])


@pytest.mark.parametrize(("text", "types"), VALUES)
def test_a_value(text: str, types: Any) -> None:
    function = ExpressionFunction("x", text, ["a", "b"], list(types))
    call, run = function.bind(AB, Fields("x")), operators(AB, (function, Fields.ALL, Fields.ALL))
    assert function.inline(AB, Fields("x")) is not None

    @given(MOSTLY | MIXED)
    def law(rows: list[Any]) -> None:
        called = by_calls(call, rows)
        expected = None
        if called is not None:
            expected = [(*row, value) for row, value in zip(rows, called, strict=True)]
        assert shown(expected) == shown(by_run(run, rows))

    law()


TEXTS = st.text(st.sampled_from("ab, 1é"), max_size=6) | ODD


@given(st.lists(st.tuples(TEXTS, st.integers(0, 3)), max_size=3))
def test_operations_on_texts(rows: list[Any]) -> None:
    x, xy = Fields("x"), Fields("x", "y")
    for function, declared in (
        (RegexSplitter(xy, ","), xy),
        (RegexParser(xy, "(a)?(b|1)"), xy),
        (RegexSplitGenerator(x, ","), x),
        (RegexGenerator(x, "[ab]+"), x),
    ):
        assert function.inline(Fields("a"), declared) is not None
        called = by_calls(function.bind(Fields("a"), declared), [row[:1] for row in rows])
        if called is not None and declared is x:
            called = [(value,) for values in called for value in values]
        run = operators(AB, (function, "a", Fields.RESULTS))
        assert called == by_run(run, rows)
    for is_removed in (False, True):
        run = operators(AB, (RegexFilter("^a|1", is_removed), "a"))
        gone = RegexFilter("^a|1", is_removed).bind(Fields("a"))
        assert [row for row in rows if not gone(row[0])] == by_run(run, rows)


def test_an_expression_that_may_fail_is_called() -> None:
    for text in ("a / b", "a.length()", "Math.sqrt(a)"):
        types = [String, Long] if "." in text and "M" not in text else [Long, Long]
        assert ExpressionFunction("x", text, ["a", "b"], types).inline(AB, Fields("x")) is None


def test_an_expression_of_other_kinds_is_called() -> None:
    for kind in (Float, Object, BigDecimal):
        assert ExpressionFilter("a == b", ["a", "b"], [kind, kind]).inline(AB) is None
    assert ExpressionFilter("a > 1", ["a", "b"], [Long, Float]).inline(AB) is None


def test_several_operators_in_one_expression() -> None:
    run = operators(
        AB,
        (ExpressionFunction("c", "a * 2", Long), "a", Fields.ALL),
        (ExpressionFilter("c > 5", Long), "c"),
        (ExpressionFunction("d", "c + b", Long), ("c", "b"), Fields("a", "d")),
    )
    assert [(1, 5), (2, 5)] == results(run, [(1, 3), (3, 4), (2, 1)])
    assert [("1", 5), (2, 5)] == results(run, [("1", 3), (3, 4), (2, "1")])


def test_the_names_of_a_text_belong_to_their_operator() -> None:
    inline = Inline("({k} if {0} else {call})", {"k": 1})
    assert inline.written(3, ["row[2]"], "f3()", is_quick=True) == "(i_k_3 if row[2] else f3())"
    assert {"i_k_3": 1} == inline.bound(3)
