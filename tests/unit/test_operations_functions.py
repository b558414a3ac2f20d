"""The stock functions: constructor forms, declared fields, null and edge behaviour, messages."""

from __future__ import annotations

import base64
import hashlib
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import BuildError, Cascade2SparkError, OperationError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    Base10HashFunction,
    Base64HashFunction,
    Base64URLHashFunction,
    Calendar,
    DateFormatter,
    DateParser,
    ExpressionFunction,
    FieldFormatter,
    FieldJoiner,
    FilterNull,
    Identity,
    Insert,
    NoOp,
    RegexFilter,
    RegexGenerator,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
    SetValue,
    UnGroup,
)
from cascade2spark.testing import run_operation
from cascade2spark.types import DateType, Double, Integer, Long, String, double_, int_
from tests.planning import without_place

MESSAGES = Path(__file__).parents[1] / "errors" / "stock_operations.txt"
ONE, TWO = Fields("a"), Fields("a", "b")


def of_one(operation: Any, *values: Any, fields: Any = ONE) -> list[Any]:
    """Return the result rows for rows of one value."""
    return run_operation(operation, [(value,) for value in values], fields)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (Identity(), [("7", None)]),
        (Identity(Fields("x", "y")), [("7", None)]),
        (Identity(("x", "y")), [("7", None)]),
        (Identity(int_, int_), [(7, 0)]),
        (Identity(int, str), [(7, None)]),
        (Identity(Fields("x", "y"), Double, Long), [(7.0, None)]),
        (Identity(Fields("x", "y"), [Double, int_]), [(7.0, 0)]),
        (Identity(TWO.apply_types(int, String)), [(7, None)]),
    ],
)  # fmt: skip
def test_identity(operation: Identity, expected: list[Any]) -> None:
    assert expected == run_operation(operation, [("7", None)], TWO)


def test_identity_declares_what_it_coerces_to() -> None:
    declared = Identity(Fields("x", "y"), int, str).get_field_declaration()
    assert (Long, String) == declared.get_types()
    assert Identity(int_).get_field_declaration().is_arguments()


def test_identity_needs_a_type_for_each_argument() -> None:
    with pytest.raises(PlanError, match="one type for each argument"):
        run_operation(Identity(int), [(1, 2)], TWO)


def test_a_date_is_coerced_from_its_declared_type() -> None:
    days = Fields("day", DateType("yyyy-MM-dd"))
    assert [("1970-01-02",)] == of_one(Identity(Fields("x"), str), 86_400_000, fields=days)


def test_insert_and_no_op() -> None:
    assert [(7, None)] == of_one(Insert(Fields("x", "y"), 7, None), "ignored")
    assert [(7,)] == of_one(Insert("x", 7), "ignored")
    assert () == NoOp().bind(ONE, Fields.NONE)("ignored")
    assert NoOp().get_field_declaration().is_none()


def test_set_value_says_what_the_filter_keeps() -> None:
    assert [(True,), (False,)] == of_one(SetValue("v", FilterNull()), 1, None)
    assert [("y",), ("n",)] == of_one(SetValue("v", RegexFilter("x"), "y", "n"), "ax", "b")


class TestUnGroup:
    ROW = ("k", 1, 2, 3, 4)
    FIELDS = Fields("id", "a", "b", "c", "d")

    @pytest.mark.parametrize(
        ("operation", "expected"),
        [
            (UnGroup("id", ["a", "b"]), [("k", 1), ("k", 2)]),
            (UnGroup("id", [("a", "b"), ("d", "c")]), [("k", 1, 2), ("k", 4, 3)]),
            (UnGroup(("i", "v"), "id", ["a", -1]), [("k", 1), ("k", 4)]),
            (UnGroup(("i", "v", "w"), "id", 2), [("k", 1, 2), ("k", 3, 4)]),
        ],
    )
    def test_rows(self, operation: UnGroup, expected: list[Any]) -> None:
        assert expected == run_operation(operation, [self.ROW], self.FIELDS)

    def test_a_partial_last_set_fails(self) -> None:
        with pytest.raises(OperationError, match="4 values into sets of 3"):
            run_operation(UnGroup(("i", "v", "w", "x"), "id", 3), [self.ROW], self.FIELDS)

    def test_default_fields_are_positions(self) -> None:
        assert Fields.size(2) == UnGroup("id", ["a", "b"]).get_field_declaration()


@pytest.mark.parametrize(
    ("operation", "value", "expected"),
    [
        (RegexSplitter(), "a\tb\t", [("a", "b", "")]),
        (RegexSplitter(TWO), "a\tb\tc", [("a", "b\tc")]),
        (RegexSplitter(","), ",a,,", [("", "a", "", "")]),
        (RegexSplitter(TWO, " +"), "a  b c", [("a", "b c")]),
        (RegexSplitter("x", ","), "a,b", [("a,b",)]),
        (RegexSplitter(TWO, "\\|"), "|", [("", "")]),
        (RegexSplitter("x", ","), None, [("",)]),
        (RegexSplitter(Fields("n", "d").apply_types(int_, double_), ","), "1,", [(1, 0.0)]),
        (RegexSplitter(","), 1.5, [("1.5",)]),
        (RegexSplitGenerator(","), ",a,,b,,", [("",), ("a",), ("",), ("b",)]),
        (RegexSplitGenerator("w", " "), "", [("",)]),
        (RegexSplitGenerator(","), ",,", []),
        (RegexSplitGenerator(","), None, [("",)]),
        (RegexGenerator("[a-z]+"), "ab1c", [("ab",), ("c",)]),
        (RegexGenerator(Fields("w"), "\\d"), "none", []),
        (RegexGenerator(Fields("w"), "x*"), "ax", [("",), ("x",), ("",)]),
        (RegexParser("(\\d)-(\\d)?"), "x1-", [("1", None)]),
        (RegexParser("\\d+"), "a12b3", [("12",)]),
        (RegexParser("x", "\\d+"), "a12b3", [("12",)]),
        (RegexParser(Fields("x", "y", "z"), "(.)(.)"), "ab", [("a", "b", None)]),
        (RegexParser("(.)(.)(.)", [3, 0]), "abc", [("c", "abc")]),
        (RegexParser(TWO, "(.)(.)(.)", [3, 1]), "abc", [("c", "a")]),
        (RegexParser(TWO.apply_types(int, String), "(.)(.)"), "12", [(1, "2")]),
        (RegexParser("^$", [0]), None, [("",)]),
        (RegexReplace("x", "a(.)", "$1\\$"), "abac", [("b$c$",)]),
        (RegexReplace("x", "a", "-", False), "aa", [("-a",)]),
        (RegexReplace("x", "^", "0"), None, [("0",)]),
        (FieldJoiner(), 1e10, [("1.0E10",)]),
        (FieldFormatter("%s|%5.1f"), 2.25, OperationError),
        (FieldFormatter("%5.1f"), 2.25, [("  2.3",)]),
        (FieldFormatter("x", "%d%s"), None, OperationError),
        (DateParser("yyyy-MM-dd"), None, [(None,)]),
        (DateParser("t", "yyyy"), "1971", [(31_536_000_000,)]),
        (DateParser("yyyy"), "x", OperationError),
        (DateParser("t", "yyyy-MM-dd", "America/New_York"), "1970-01-01", [(18_000_000,)]),
        (DateParser("t", "yyyy-MM-dd", zone="GMT+01:00"), "1970-01-01", [(-3_600_000,)]),
        (DateParser(("y", "m"), [Calendar.YEAR, Calendar.MONTH], "yyyy-MM"), "2015-04",
         [(2015, 3)]),
        (DateParser(("y", "w", "h"), [1, 7, 11], "yyyy-MM-dd HH"), "2015-04-05 17",
         [(2015, 1, 17)]),
        (DateParser(("y", "m"), [1, 2], "yyyy-MM"), None, [(None, None)]),
        (DateFormatter("yyyy-MM-dd"), None, [("1970-01-01",)]),
        (DateFormatter("yyyy-MM-dd"), "86400000", [("1970-01-02",)]),
        (DateFormatter("d", "HH:mm", "GMT+02:00"), 0, [("02:00",)]),
        (ExpressionFunction("x", "a + 1", int_), None, [(1,)]),
        (ExpressionFunction("x", "$0 * 2.0", Integer), 3, [(6.0,)]),
        (ExpressionFunction("x", "a == null", ["a"], [Long]), None, [(True,)]),
        (ExpressionFunction("x", "1 + 1", int_), "ignored", [(2,)]),
        (ExpressionFunction("x", "a / 0", int_), 1, OperationError),
        (ExpressionFunction("x", "a + 1", int_), "one", OperationError),
        (Base64HashFunction("h", "SHA-1", 8), "abc", [("qZk+NkcG",)]),
        (Base64URLHashFunction("h", "SHA-1", 8), "abc", [("qZk-NkcG",)]),
        (Base10HashFunction("h", "sha-256"), 1,
         [(str(int.from_bytes(hashlib.sha256(b"1").digest(), "big")),)]),
    ],
)  # fmt: skip
def test_of_one_value(operation: Any, value: Any, expected: Any) -> None:
    if expected is OperationError:
        with pytest.raises(OperationError):
            of_one(operation, value)
    else:
        assert expected == of_one(operation, value)


def test_a_hash_function_may_change_the_text_before_and_the_result_after() -> None:
    digest = base64.b64encode(hashlib.md5(b"\xe4").digest()).decode()
    function = Base64HashFunction("h", "MD5", None, "ISO-8859-1", str.lower, str.upper)
    assert [(digest.rstrip("=").upper(),)] == of_one(function, "\u00c4")


def test_half_a_pair_is_digested_as_java_writes_it() -> None:
    def of(charset: str) -> list[tuple[str, ...]]:
        return of_one(Base10HashFunction("h", "MD5", 5, charset), "n\u00e9\u20ac\U0001f600\ud83d")

    assert [("46049",)] == of("UTF-16")
    assert [("94185",)] == of("UTF-16BE")


def test_texts_are_joined_and_formatted() -> None:
    rows = [("x", None), (True, 2)]
    assert [("x-",), ("true-2",)] == run_operation(FieldJoiner("j", "-"), rows, TWO)
    assert [("x null",), ("true 2",)] == run_operation(FieldFormatter("f", "%s %s"), rows, TWO)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (RegexSplitter(), "UNKNOWN"),
        (RegexParser("(.)"), "UNKNOWN"),
        (RegexParser("(.)", [1]), "0"),
        (RegexSplitGenerator(","), "0"),
        (RegexGenerator(","), "0"),
        (FieldJoiner(), "'joined'"),
        (FieldFormatter("%s"), "'formatted'"),
        (DateFormatter("yyyy"), "'datetime'"),
    ],
)
def test_default_fields(operation: Any, expected: str) -> None:
    assert expected in operation.get_field_declaration().print_()


class TestExpressions:
    ROWS = ((2, "x", 1.5),)
    FIELDS = Fields("n", "s", "d")

    @pytest.mark.parametrize(
        ("expression", "types", "expected"),
        [
            ("d * n", [["d", "n"], [Double, Integer]], 3.0),
            ("n + s", [String], "2x"),
            ("$2 * $0", [Double], 3.0),
            ("n * $0", [Integer], 4),
            ("s", [["s"], [String]], "x"),
            ("s.length()", [["n", "s"], [int_, String]], 1),
        ],
    )
    def test_arguments_in_any_order(self, expression: str, types: list[Any], expected: Any) -> None:
        function = ExpressionFunction("x", expression, *types)
        assert [(expected,)] == run_operation(function, self.ROWS, self.FIELDS)

    def test_types_come_from_the_arguments(self) -> None:
        typed = self.FIELDS.apply_types(int, str, float)
        assert [(1,)] == run_operation(ExpressionFunction("x", "n / 2"), self.ROWS, typed)

    def test_positions_work_on_unknown_streams(self) -> None:
        function = ExpressionFunction("x", "$0 + $2", double_)
        assert [(3.5,)] == run_operation(function, self.ROWS, Fields.UNKNOWN)


@given(st.lists(st.text(alphabet="ab,", max_size=4), min_size=1, max_size=5))
def test_splitting_undoes_joining(parts: list[str]) -> None:
    fields = Fields(*(f"f{number}" for number in range(len(parts))))
    ((joined,),) = run_operation(FieldJoiner("j", "|"), [tuple(parts)], fields)
    assert [tuple(parts)] == of_one(RegexSplitter(fields, "\\|"), joined)


def called(operation: Any, value: Any) -> Any:
    """Call what an engine calls, so that no pipe is named."""
    return operation.bind(ONE, operation.get_field_declaration())(value)


def test_the_row_that_fails_is_shown_with_its_fields() -> None:
    with pytest.raises(OperationError) as caught:
        run_operation(RegexParser("x(.)"), [("abc", 1)], TWO)
    assert (("abc", 1), TWO) == (caught.value.row, caught.value.fields)


@pytest.mark.parametrize(
    "operation",
    [
        Identity(int_),
        Insert("x", 1),
        UnGroup("a", ["a", "a"]),
        RegexSplitter(","),
        RegexSplitGenerator(","),
        RegexGenerator(","),
        RegexParser("(.)"),
        RegexReplace("x", ",", ""),
        FieldJoiner(),
        FieldFormatter("%s"),
        DateParser("yyyy"),
        DateFormatter("yyyy"),
        ExpressionFunction("x", "a + 1", int_),
        Base64HashFunction("h"),
        SetValue("v", FilterNull()),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_operations_travel(operation: Any) -> None:
    travelled = pickle.loads(pickle.dumps(operation))
    assert of_one(operation, "1970") == of_one(travelled, "1970")


def refused(make: Any) -> str:
    with pytest.raises(Cascade2SparkError) as caught:
        make()
    return without_place(f"{type(caught.value).__name__}: {caught.value}")


def test_messages() -> None:
    messages = [
        refused(lambda: Identity([])),
        refused(lambda: Identity(TWO, int)),
        refused(lambda: Insert(TWO, 1)),
        refused(lambda: UnGroup("id", ["a"])),
        refused(lambda: UnGroup(("x", "y"), "id", [("a", "b"), ("c", "d")])),
        refused(lambda: RegexSplitter("(a")),
        refused(lambda: RegexSplitter(TWO, ",", 3)),
        refused(lambda: called(RegexSplitter(TWO, ","), "a")),
        refused(lambda: RegexParser(ONE, "(a)(b)")),
        refused(lambda: RegexParser("(a)", [2])),
        refused(lambda: called(RegexParser("x(.)"), "abc")),
        refused(lambda: RegexGenerator(TWO, "a")),
        refused(lambda: RegexReplace("x", "a", "$1")),
        refused(lambda: DateParser("yyyy-QQ")),
        refused(lambda: DateParser(TWO, [1], "yyyy")),
        refused(lambda: DateParser(ONE, [99], "yyyy")),
        refused(lambda: called(DateParser("yyyy-MM-dd"), "2015/01/01")),
        refused(lambda: ExpressionFunction("x", "a +")),
        refused(lambda: ExpressionFunction("x", "a", ["a"], [int, str])),
        refused(lambda: ExpressionFunction("x", "a + b", ["a"], [int])),
        refused(lambda: called(ExpressionFunction("x", "a + 1"), 1)),
        refused(lambda: called(ExpressionFunction("x", "aa + 1", int), 1)),
        refused(lambda: called(ExpressionFunction("x", "a / 0", int), 1)),
        refused(lambda: FieldFormatter("%k")),
        refused(lambda: Base64HashFunction("h", "SHA-2")),
        refused(lambda: Base64HashFunction("h", "MD5", None, "latin-99")),
        refused(lambda: SetValue("v", "x")),
    ]
    assert MESSAGES.read_text() == "\n\n".join(messages) + "\n"


def test_operations_are_refused_while_building_wherever_possible() -> None:
    with pytest.raises(BuildError):
        RegexReplace("x", "[", "")
