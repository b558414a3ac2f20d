"""The stock filters and assertions: which rows go, what is counted, what is said."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from cascade2spark.errors import AssertionFailed, BuildError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    And,
    AssertEquals,
    AssertEqualsAll,
    AssertExpression,
    AssertGroupSizeEquals,
    AssertGroupSizeLessThan,
    AssertGroupSizeMoreThan,
    AssertMatches,
    AssertMatchesAll,
    AssertNotEquals,
    AssertNotNull,
    AssertNull,
    AssertSizeEquals,
    AssertSizeLessThan,
    AssertSizeMoreThan,
    BaseOperation,
    Counter,
    Debug,
    ExpressionFilter,
    Filter,
    FilterCall,
    FilterNotNull,
    FilterNull,
    FlowProcess,
    Limit,
    Not,
    Or,
    RegexFilter,
    Sample,
    Status,
    Stop,
    Xor,
    keep_if,
)
from cascade2spark.operations.java_random import JavaRandom
from cascade2spark.testing import run_operation
from cascade2spark.types import Integer, String, int_

TWO = Fields("a", "b")
ROWS: list[tuple[Any, ...]] = [(1, "x"), (None, "y"), (None, None), (4, None)]


def kept(operation: Any, rows: Any = ROWS, fields: Any = TWO) -> list[Any]:
    return run_operation(operation, rows, fields)


def numbers(*operations: Any, of: int = 6) -> list[int]:
    return [row[0] for row in kept(operations[0], [(n,) for n in range(of)], Fields("n"))]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (FilterNull(), [(1, "x")]),
        (FilterNotNull(), [(None, None)]),
        (RegexFilter("x"), [(1, "x")]),
        (RegexFilter("x", True), [(None, "y"), (None, None), (4, None)]),
        (RegexFilter("^\\d?\t$"), [(None, None), (4, None)]),
        (RegexFilter("^\\d?,$", delim=","), [(None, None), (4, None)]),
        (RegexFilter("^$", False, True), [(None, None)]),
        (RegexFilter("^$", True, True), [(1, "x")]),
        (RegexFilter("^$", remove_match=True, match_each=True), [(1, "x")]),
        (RegexFilter("4", True, False, ","), [(1, "x"), (None, "y"), (None, None)]),
        (ExpressionFilter("a > 1", int_), [(1, "x"), (None, "y"), (None, None)]),
        (ExpressionFilter("b == null", String), [(1, "x"), (None, "y")]),
        (ExpressionFilter("$0 != null && $0 < 2", Integer), ROWS[1:]),
        (ExpressionFilter('a == 1 && b.equals("x")', ["a", "b"], [int_, String]), ROWS[1:]),
        (Not(FilterNull()), [(None, "y"), (None, None), (4, None)]),
        (And("a", FilterNull(), "b", FilterNull()), [(1, "x"), (None, "y"), (4, None)]),
        (Or("a", FilterNull(), "b", FilterNull()), [(1, "x")]),
        (Xor("a", FilterNull(), "b", FilterNull()), [(1, "x"), (None, None)]),
        (And(["a", "b"], [FilterNull(), FilterNull()]), [(1, "x"), (None, "y"), (4, None)]),
        (And(FilterNull(), RegexFilter("y")), [(1, "x"), (None, "y")]),
        (And([FilterNull(), RegexFilter("y")]), [(1, "x"), (None, "y")]),
        (Or(FilterNull(), Not(RegexFilter("x"))), []),
        (Not(keep_if(lambda a, b: a is None)), [(1, "x"), (4, None)]),
        (Status("busy"), ROWS),
    ],
)
def test_rows_that_stay(operation: Any, expected: list[Any]) -> None:
    assert expected == kept(operation)


class Lived(BaseOperation, Filter):
    """Notes what happens to it."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self.notes = notes

    def prepare(self, flow_process: FlowProcess, operation_call: Any) -> None:
        self.notes.append("prepare")
        operation_call.set_context("ready")

    def is_remove(self, flow_process: FlowProcess, filter_call: FilterCall) -> bool:
        self.notes.append(f"{filter_call.get_context()} {filter_call.get_arguments()['b']}")
        return False

    def flush(self, flow_process: FlowProcess, operation_call: Any) -> None:
        self.notes.append("flush")

    def cleanup(self, flow_process: FlowProcess, operation_call: Any) -> None:
        self.notes.append("cleanup")


def test_members_of_logic_live_as_in_a_pipe_of_their_own() -> None:
    notes: list[str] = []
    assert ROWS[:2] == kept(Or("b", Lived(notes), "a", keep_if(lambda a: True)), ROWS[:2])
    assert ["prepare", "ready x", "ready y", "flush", "cleanup"] == notes


def test_logic_asks_only_as_far_as_needed() -> None:
    notes: list[str] = []
    kept(And(keep_if(lambda a, b: True), Lived(notes)), ROWS[:1])
    assert ["prepare", "flush", "cleanup"] == notes


@pytest.mark.parametrize(
    "make",
    [
        lambda: And(FilterNull()),
        lambda: Or(),
        lambda: Not("a"),
        lambda: And(Fields.UNKNOWN, FilterNull(), "b", FilterNull()),
        lambda: And(["a"], [FilterNull(), FilterNull()]),
        lambda: Sample(),
        lambda: Counter("group"),
        lambda: RegexFilter("a", True, True, ",", 5),
        lambda: RegexFilter("["),
        lambda: Debug(5),
    ],
)
def test_bad_arguments_are_refused(make: Any) -> None:
    with pytest.raises(BuildError):
        make()


def test_an_expression_that_is_no_test_is_refused() -> None:
    with pytest.raises(PlanError, match="needs a boolean expression, this gives int_"):
        kept(ExpressionFilter("a + 1", int_))


@pytest.mark.parametrize(
    ("limit", "slices", "expected"),
    [(5, 1, [5]), (5, 2, [3, 2]), (5, 3, [2, 2, 1]), (2, 4, [1, 1, 0, 0]), (0, 2, [0, 0])],
)
def test_limit_is_shared_out(limit: int, slices: int, expected: list[int]) -> None:
    def taken(task: int) -> int:
        call = FilterCall(TWO, TWO)
        process = FlowProcess(slice_num=task, num_slices=slices)
        operation = Limit(limit)
        operation.prepare(process, call)
        return sum(not operation.is_remove(process, call) for _ in range(10))

    assert expected == [taken(task) for task in range(slices)]


def test_java_random() -> None:
    """The numbers are java.util.Random's."""
    drawn = JavaRandom(-7)
    expected = [0.2691218093260761, 0.6731811902798038, 0.5214896372918163]
    assert expected == [drawn.next_double() for _ in range(3)]
    assert 0.9979691436808569 == JavaRandom(1234567890123).next_double()


def test_sample_draws_with_java_and_starts_anew_in_each_task() -> None:
    # Random(42) draws 0.73, 0.68, 0.31, 0.28, 0.67, 0.90.
    assert [2, 3] == numbers(Sample(42, 0.5))
    assert [2, 3] == numbers(Sample(42, 0.5))
    assert [0, 1, 2, 3, 4, 5] == numbers(Sample(1.0))
    assert [] == numbers(Sample(0.0))


def test_stop_drops_the_row_and_all_after_it() -> None:
    assert [0, 1] == numbers(Stop(keep_if(lambda n: n % 3 != 2)))
    assert [0, 1, 2, 3, 4, 5] == numbers(Stop(keep_if(lambda n: True)))


@pytest.mark.parametrize(
    "operation", [Limit(1), Sample(0.5), Stop(FilterNull()), Counter("g", "n"), Debug()]
)
def test_what_counts_rows_is_not_safe(operation: BaseOperation) -> None:
    assert not operation.is_safe()
    assert FilterNull().is_safe() and Not(FilterNull()).is_safe() and not Not(Limit(1)).is_safe()


class Seen(enum.Enum):
    ROWS = 1


@pytest.mark.parametrize(
    ("operation", "group", "name", "expected"),
    [
        (Counter(Seen.ROWS), Seen.ROWS, None, 4),
        (Counter("g", "n"), "g", "n", 4),
        (Counter("g", "n", 10), "g", "n", 40),
        (Counter(Seen.ROWS, increment=2), Seen.ROWS, None, 8),
    ],
)
def test_counter(operation: Counter, group: Any, name: Any, expected: int) -> None:
    process, call = FlowProcess(), FilterCall(TWO, TWO)
    assert not any(operation.is_remove(process, call) for _ in ROWS)
    assert expected == process.get_counter_value(group, name)


def test_debug_prints_rows_fields_and_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    assert ROWS[:2] == kept(Debug("here", True), ROWS[:2])
    lines = capsys.readouterr().err.splitlines()
    assert ["here: ['1','x']", "here: [null,'y']", "here: tuples count: 2"] == lines[1:]
    assert "'a', 'b'" in lines[0]


def test_debug_prints_now_and_then_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    debug = Debug(Debug.Output.STDOUT)
    debug.set_print_tuple_every(3)
    kept(debug)
    assert ["['1','x']", "['4',null]", "tuples count: 4"] == capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("assertion", "good", "bad"),
    [
        (AssertNotNull(), (1, "x"), (1, None)),
        (AssertNull(), (None, None), (None, 1)),
        (AssertEquals(1, "x"), (1, "x"), (1.0, "x")),
        (AssertEquals(1, "x"), (1, "x"), (True, "x")),
        (AssertEquals(1), (1,), (1, "x")),
        (AssertNotEquals(1, "x"), (1, "y"), (1, "x")),
        (AssertEqualsAll(1), (1, 1), (1, 2)),
        (AssertMatches("1\tx"), (1, "x"), (1, "y")),
        (AssertMatches("^1,$", ","), (1, None), (1, "y")),
        (AssertMatches("x", True), (1, "y"), (1, "x")),
        (AssertMatches("^1,y", True, ","), (1, "x"), (1, "y")),
        (AssertMatchesAll("[1x]"), (1, "x"), (1, "y")),
        (AssertMatchesAll("^$", True), (1, "x"), (1, None)),
        (AssertSizeEquals(2), (1, 2), (1, 2, 3)),
        (AssertSizeLessThan(3), (1, 2), (1, 2, 3)),
        (AssertSizeMoreThan(2), (1, 2, 3), (1, 2)),
        (AssertExpression("a > 0", int_), (1, "x"), (0, "x")),
        (AssertExpression(Fields.ALL, "a > 0", ["a"], [int_]), (1, "x"), (None, "x")),
    ],
)
def test_assertions(assertion: Any, good: Any, bad: Any) -> None:
    def fields_of(row: Any) -> Fields:
        return Fields("a", "b", "c").select(Fields.size(len(row)))

    assert [good] == run_operation(assertion, [good], fields_of(good))
    with pytest.raises(AssertionFailed) as caught:
        run_operation(assertion, [bad], fields_of(bad))
    assert bad == caught.value.row
    assert type(assertion).__name__ in str(caught.value)


@pytest.mark.parametrize(
    ("assertion", "good", "bad"),
    [
        (AssertGroupSizeEquals(2), [2], [1, 3]),
        (AssertGroupSizeLessThan(2), [1], [2, 3]),
        (AssertGroupSizeMoreThan(2), [3], [1, 2]),
        (AssertGroupSizeEquals("k.", 2), [2], [1, 3]),
        (AssertGroupSizeEquals("k", 2), [1, 2, 3], []),
    ],
)
def test_group_assertions(assertion: Any, good: list[int], bad: list[int]) -> None:
    for size in good:
        assert [()] == run_operation(assertion, ROWS[:size], TWO, group={"k": "k1"})
    for size in bad:
        with pytest.raises(AssertionFailed) as caught:
            run_operation(assertion, ROWS[:size], TWO, group={"k": "k1"})
        assert f"has {size} rows" in str(caught.value)
        assert ("k1",) == caught.value.row


def test_an_assertion_names_the_field() -> None:
    with pytest.raises(AssertionFailed, match="AssertNotNull does not hold: field 'b' is null"):
        run_operation(AssertNotNull(), [(1, None)], TWO)
