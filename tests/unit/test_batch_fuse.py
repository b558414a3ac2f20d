"""Fused runs of Each operations: what the generated code does, and what it says when it fails."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from cascade2spark.batch.fuse import EachRun
from cascade2spark.batch.lifecycle import TaskContext, TrapColumns
from cascade2spark.errors import RunError, TupleError
from cascade2spark.fields import Fields
from cascade2spark.operations import ExpressionFunction, Identity, Insert, RegexSplitter, Sample
from cascade2spark.operations.base import BaseOperation, Filter, Function
from cascade2spark.operations.callables import RowFunction, function, keep_if, remove_if
from cascade2spark.origin import Origin
from cascade2spark.planner.steps import Project, Site
from cascade2spark.selection import pick_for
from tests.unit.batch_chains import ABC, generated, operators, results

ALL, RESULTS = Fields.ALL, Fields.RESULTS


def not_two(value: Any) -> Any:
    if value == 2:
        raise ValueError("two is refused")
    return value


def test_intermediate_rows_are_never_built() -> None:
    run = operators(
        ABC,
        (function("d")(lambda a: a + 1), "a", ALL),
        (keep_if(lambda d: d > 1), "d"),
        (function("e")(lambda d, c: d + c), ("d", "c"), Fields("a", "e")),
    )
    assert [(1, 5), (2, 9)] == results(run, [(0, 0, 0), (1, 0, 3), (2, 0, 6)])
    assert "append((row[0], v2,))" in generated(run)


def test_a_filter_hands_on_the_very_row() -> None:
    rows = [(1, 2, 3), (4, 5, 6)]
    (kept,) = results(operators(ABC, (remove_if(lambda b: b == 2), "b")), rows)
    assert kept is rows[1]


def test_a_wide_row_is_joined_with_its_results_in_one_go() -> None:
    run = operators(Fields.size(8), (function("z")(lambda v: -v), 0, ALL))
    assert "append(row + (v0,))" in generated(run)
    assert [(*range(8), 0)] == results(run, [tuple(range(8))])


def test_nothing_of_the_users_gets_into_the_text() -> None:
    evil = 'x"); import os; ("'
    run = operators(Fields(evil, "b"), (function(evil + "2")(lambda v: v), evil, ALL))
    assert "import" not in generated(run)
    assert [(1, 2, 1)] == results(run, [(1, 2)])


def test_columns_are_kept_by_a_projection_amid_operations() -> None:
    (first,) = operators(ABC, (function("d")(lambda a: a * 2), "a", ALL))
    fields = Fields("d", "b")
    project = Project(Site(9, "Retain", "x", "Retain"), pick_for(fields, first.outgoing), fields)
    after = operators(fields, (function("e")(lambda d: d), "d", ALL))
    assert [(2, 5, 2)] == results((first, project, *after), [(1, 5, 0)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "wrong", "says"),
    [
        (lambda: function("x", "y")(lambda a: (a,)), (1,), "a tuple of 2"),
        (lambda: function("x", "y")(lambda a: a), 1, "a tuple"),
        (lambda: function("x", many=True)(lambda a: "no"), "no", "an iterable of results"),
        (lambda: function("x", many=True)(lambda a: 7), 7, "an iterable of results"),
        (lambda: function("x", "y", many=True)(lambda a: [(1, 2, 3)]), (1, 2, 3), "a tuple of 2"),
        (lambda: function("x")(lambda a: (a,)), (1,), "one value is declared"),
        (lambda: function("x", many=True)(lambda a: [2, (a,)]), (1,), "one value is declared"),
    ],
)
def test_a_result_of_the_wrong_shape_names_pipe_and_row(make, wrong, says) -> None:
    run = operators(ABC, (make(), "a", RESULTS, None, "Each 'logs' Parse"))
    with pytest.raises(TupleError) as caught:
        results(run, [(1, 2, 3)])
    assert says in str(caught.value) and repr(wrong) in str(caught.value)
    assert "Each 'logs' Parse" in str(caught.value)
    assert (1,) == caught.value.row


def test_a_tuple_of_one_goes_to_the_trap_and_a_stock_operation_passes_it() -> None:
    task = TaskContext()
    unpacked = function("x")(lambda a: (a,) if a == 2 else [a])
    run = operators(ABC, (unpacked, "a", RESULTS, 1), (Identity(Fields("y")), "x", RESULTS))
    assert [([1],)] == results(run, [(1, 0, 0), (2, 0, 0)], task)
    run = operators(ABC, (Identity(Fields("y")), "a", RESULTS))
    assert [((1,),)] == results(run, [((1,), 0, 0)])


def test_lists_and_no_result_are_taken_for_what_they_mean() -> None:
    run = operators(ABC, (function("x", "y")(lambda a: [a, a]), "a", RESULTS))
    assert [(1, 1)] == results(run, [(1, 2, 3)])
    run = operators(ABC, (function("x", many=True)(lambda a: a), "a", RESULTS))
    assert [(5,), (6,)] == results(run, [(None, 0, 0), ((), 0, 0), ([5], 0, 0), (iter([6]), 0, 0)])


def test_an_error_names_the_pipe_the_row_its_fields_and_the_users_line() -> None:
    run = operators(
        ABC,
        (keep_if(lambda a: True), "a"),
        (function("d")(lambda b: b), "b", ALL),
        (function("e")(not_two), "c", ALL, None, "Each 'logs' Refuse"),
        (function("f")(lambda a: a), "a", ALL),
    )
    with pytest.raises(RunError) as caught:
        results(run, [(1, 1, 1), (1, 1, 2)])
    error = caught.value
    assert "Each 'logs' Refuse failed: ValueError: two is refused" == error.headline
    assert ((2,), Fields("c")) == (error.row, error.fields)
    assert isinstance(error.__cause__, ValueError)
    assert "test_batch_fuse.py" in error.details["raised at"]
    assert 'raise ValueError("two is refused")' in error.details["raised at"]


def test_a_failing_generator_is_found_and_a_long_row_is_cut() -> None:
    def late(text: str) -> Any:
        yield text
        raise KeyError("late")

    run = operators(ABC, (keep_if(bool), "a"), (function("x")(late), "a", RESULTS, None, "Late"))
    with pytest.raises(RunError) as caught:
        results(run, [("y" * 500, 0, 0)])
    assert caught.value.headline.startswith("Late failed: KeyError")
    (shown,) = [line for line in str(caught.value).split("\n") if line.startswith("  row")]
    assert len(shown) < 220


def test_wrong_number_of_arguments_is_the_pipes_error() -> None:
    run = operators(ABC, (function("x")(lambda *v: (lambda a: a)(*v)), ("a", "b"), RESULTS))
    with pytest.raises(RunError, match="positional argument"):
        results(run, [(1, 2, 3)])


def trapped(run: Any, rows: list[Any]) -> tuple[list[Any], dict[int, list[Any]]]:
    task = TaskContext()
    return results(run, rows, task), task.trapped


def test_a_trapped_operation_records_its_arguments_and_drops_the_row() -> None:
    run = operators(ABC, (function("d")(not_two), "b", ALL, 0))
    assert ([(1, 1, 1, 1)], {0: [(2,)]}) == trapped(run, [(0, 2, 0), (1, 1, 1)])


def test_what_is_written_out_is_trapped_and_fails_as_a_call_does() -> None:
    rows = [(1, 2, "x,y"), ("z", 3, "x"), (4, None, "x,y"), (5, 6, "u,v")]
    adds = ExpressionFunction("d", "a + b", ["a", "b"], [int, int])
    splits = RegexSplitter(Fields("x", "y"), ",")
    run = operators(ABC, (adds, ("a", "b"), ALL, 0), (splits, "c", Fields("d", "x", "y"), 1))
    found = {0: [("z", 3), (4, None)]}
    assert ([(3, "x", "y"), (11, "u", "v")], found) == trapped(run, rows)
    below = operators(ABC, (splits, "c", ALL, 1), (adds, ("a", "b"), ALL))
    kept = [(1, 2, "x,y", "x", "y", 3), (5, 6, "u,v", "u", "v", 11)]
    assert (kept, {1: [("x",), ("x,y",)]}) == trapped(below, rows)
    bare = operators(ABC, (adds, ("a", "b"), ALL), (splits, "c", RESULTS))
    with pytest.raises(RunError, match="cannot become") as failed:
        results(bare, rows)
    assert ("z", 3) == failed.value.row


@pytest.mark.parametrize("output", [Fields("a"), Fields("c", "a"), ALL])
def test_a_result_that_nobody_wants_is_made_and_may_fail(output: Fields) -> None:
    run = operators(ABC, (ExpressionFunction(Fields("d"), "b + 1", int), "b", output))
    assert 1 == len(results(run, [("x", "2", "y")]))
    with pytest.raises(RunError, match="str 'z' cannot become"):
        results(run, [("x", "2", "y"), ("x", "z", "y")])


def test_an_untrapped_failure_goes_to_the_nearest_trap_before_it() -> None:
    run = operators(
        ABC,
        (function("d")(lambda a: a), "a", ALL, 0),
        (function("e")(lambda a, b: a), ("a", "b"), ALL, 1),
        (function("f")(not_two), "c", ALL),
    )
    assert ([(1, 1, 1, 1, 1, 1)], {1: [(7, 8)]}) == trapped(run, [(7, 8, 2), (1, 1, 1)])


def test_a_trap_covers_nothing_before_it() -> None:
    run = operators(ABC, (function("d")(not_two), "a", ALL), (keep_if(bool), "b", RESULTS, 0))
    with pytest.raises(RunError):
        trapped(run, [(2, 1, 1)])


def test_results_before_the_failure_stay_and_the_rest_is_dropped() -> None:
    run = operators(
        ABC,
        (function("d", many=True)(lambda a: [1, 2, 3]), "a", RESULTS, 0),
        (function("e")(not_two), "d", ALL),
    )
    assert ([(1, 1)], {0: [(9,)]}) == trapped(run, [(9, 0, 0)])


class Emits(BaseOperation, Function):
    """Emits its argument and the next number, then fails on 2."""

    def operate(self, flow_process: Any, function_call: Any) -> None:
        value = function_call.get_arguments().get_object("a")
        function_call.get_output_collector().add((value,))
        not_two(value)
        function_call.get_output_collector().add((value + 1,))


def test_what_a_class_style_function_emitted_before_it_failed_goes_on() -> None:
    run = operators(
        ABC, (Emits(Fields("n")), "a", RESULTS, 0), (function("m")(lambda n: -n), "n", ALL)
    )
    assert ([(2, -2), (5, -5), (6, -6)], {0: [(2,)]}) == trapped(run, [(2, 0, 0), (5, 0, 0)])


def test_more_traps_and_loops_than_python_can_nest() -> None:
    steps = [(function("x", many=True)(lambda v: [v]), 0, RESULTS, n % 2) for n in range(40)]
    steps[35] = (function("x", many=True)(lambda v: [v, not_two(v)]), 0, RESULTS, None)
    run = operators(Fields("v"), *steps)
    rows, traps = trapped(run, [(1,), (2,), (3,)])
    assert ([(1,), (1,), (3,), (3,)], {0: [(2,)]}) == (rows, traps)


def test_a_row_is_dropped_where_the_nesting_goes_on_in_another_function() -> None:
    steps: list[Any] = [(function("x", many=True)(lambda v: [v]), 0, RESULTS) for _ in range(14)]
    run = operators(
        Fields("v"),
        *steps,
        (function("x")(not_two), 0, RESULTS, 0),
        (keep_if(lambda v: v != 3), 0),
        (function("x")(lambda v: v), 0, RESULTS, 1),
    )
    assert "def run_0_14(" in generated(run)
    assert ([(1,), (4,)], {0: [(2,)]}) == trapped(run, [(1,), (2,), (3,), (4,)])


def test_a_trap_tells_of_the_operation_that_failed() -> None:
    first, second = operators(
        ABC,
        (function("d")(lambda a: a), "a", ALL, 0),
        (function("e")(not_two), "c", ALL),
    )
    origin = Origin("job.py", 12, "main")
    second = attrs.evolve(second, site=attrs.evolve(second.site, origin=origin))
    task = TaskContext(default_columns=TrapColumns(element_trace=True, message=True))
    results((first, second), [(7, 0, 2)], task)
    assert {0: [("job.py:12 in main", "two is refused", 7)]} == task.trapped


def test_rows_are_counted_in_and_out_of_every_pipe() -> None:
    run = operators(
        ABC,
        (function("d", many=True)(lambda a: range(a)), "a", ALL),
        (keep_if(lambda d: d % 2 == 0), "d"),
        (function("e")(lambda d: d), "d", ALL),
    )
    task = TaskContext()
    results(run, [(3, 0, 0), (0, 0, 0), (2, 0, 0)], task)
    keys = [spec.site.key for spec in run]
    assert [3, 5, 3] == [task.report.rows_in[key] for key in keys]
    assert [5, 3, 3] == [task.report.rows_out[key] for key in keys]


def test_a_row_with_very_many_results_is_handed_on_in_batches() -> None:
    run = operators(ABC, (function("d", many=True)(lambda a: range(a)), "a", RESULTS))
    each = EachRun(run, TaskContext(batch_rows=100))
    each.prepare()
    assert [100, 100, 50] == [len(batch) for batch in each.rows([(250, 0, 0)])]


class Late(BaseOperation, Function):
    """Emits only at flush: how many rows it saw."""

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        operation_call.set_context([0])

    def operate(self, flow_process: Any, function_call: Any) -> None:
        function_call.get_context()[0] += 1

    def flush(self, flow_process: Any, operation_call: Any) -> None:
        operation_call.get_output_collector().add((operation_call.get_context()[0],))


def test_rows_emitted_at_flush_go_through_the_rest_of_the_run() -> None:
    run = operators(
        ABC,
        (Late(Fields("n")), "a", Fields("b", "n")),
        (function("m")(lambda n: n * 10), "n", ALL),
        (Late(Fields("k")), "m", ALL),
    )
    task = TaskContext()
    # Laid out with the last row seen; the second one sees the row of the first one's flush.
    assert [("y", 2, 20, 1)] == results(run, [(0, "x", 0), (0, "y", 0)], task)
    assert [1, 1, 1] == [task.report.rows_out[spec.site.key] for spec in run]
    assert [2, 1, 1] == [task.report.rows_in[spec.site.key] for spec in run]


def test_unknown_streams_find_places_by_each_rows_width() -> None:
    widen = function(Fields.UNKNOWN)(lambda *row: row[:1] * row[0])
    run = operators(
        Fields("n"),
        (widen, Fields.ALL, RESULTS),
        (function("last")(lambda v: v), -1, ALL),
        (keep_if(lambda *row: len(row) < 4), Fields.ALL),
    )
    assert [(1, 1), (2, 2, 2)] == results(run, [(1,), (2,), (3,)])


def test_a_row_too_short_for_what_nobody_reads_fails() -> None:
    run = operators(Fields.UNKNOWN, (Insert("d", 7), 1, Fields("d", 1)))
    assert [(7, 2)] == results(run, [(1, 2, 3)])
    with pytest.raises(RunError, match="a row of 1 value has no value at a selected position"):
        results(run, [(1,)])


def test_a_row_too_short_for_its_selector_is_trapped_whole() -> None:
    cut = function(Fields.UNKNOWN)(lambda n: (0,) * n)
    run = operators(
        Fields("n"), (cut, "n", RESULTS), (function("x")(lambda v: v), Fields(2), RESULTS, 0)
    )
    assert ([(0,)], {0: [(0, 0)]}) == trapped(run, [(2,), (3,)])


class Own(RowFunction):
    """Prepares something of its own besides binding."""

    def __init__(self, log: list[str]) -> None:
        super().__init__(Fields("x"))
        self.log = log

    def bind(self, argument_fields: Any, declared: Any) -> Any:
        self.log.append("bind")
        return lambda a: a

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        self.log.append("prepare")

    def cleanup(self, flow_process: Any, operation_call: Any) -> None:
        self.log.append("cleanup")


def test_a_row_function_that_overrides_prepare_gets_it() -> None:
    log: list[str] = []
    assert [(1,)] == results(operators(ABC, (Own(log), "a", RESULTS)), [(1, 2, 3)])
    assert ["prepare", "bind", "cleanup"] == log


class Odd(BaseOperation, Filter):
    def is_remove(self, flow_process: Any, filter_call: Any) -> bool:
        assert filter_call.get_argument_fields() == Fields("b")
        return bool(filter_call.get_arguments().get_integer("b") % 2)


def test_a_class_style_filter_asks_by_name() -> None:
    assert [(0, 2, 0)] == results(operators(ABC, (Odd(), "b")), [(0, 1, 0), (0, 2, 0)])


def test_stock_functions_that_need_no_call_are_written_out() -> None:
    same = operators(ABC, (Identity(Fields("x", "y")), ("c", "a"), RESULTS))
    assert "(row[2], row[0],)\n" in generated(same)
    assert [(3, 1)] == results(same, [(1, 2, 3)])
    constant = operators(ABC, (Insert(("x", "y"), 7, None), Fields.ALL, Fields.ALL))
    assert "f0(" not in generated(constant)
    assert [(1, 2, 3, 7, None)] == results(constant, [(1, 2, 3)])


def test_a_filter_that_looks_at_nothing_is_handed_nothing() -> None:
    sampled = operators(ABC, (Sample(7, 0.5), Fields.ALL))
    assert "if f0(): continue" in generated(sampled)


class Pairs(RegexSplitter):
    def bind(self, argument_fields: Any, declared: Any) -> Any:
        return lambda value, *_: (value,)


def test_what_derives_from_an_exact_function_is_checked() -> None:
    run = operators(ABC, (Pairs(Fields("x", "y"), ","), "a", RESULTS))
    with pytest.raises(TupleError):
        results(run, [("only", 2, 3)])


class Loud(Identity):
    def bind(self, argument_fields: Any, declared: Any) -> Any:
        return lambda *values: tuple(f"{value}!" for value in values)


def test_what_derives_from_identity_is_called() -> None:
    run = operators(ABC, (Loud(Fields("x", "y")), ("a", "b"), RESULTS))
    assert [("1!", "2!")] == results(run, [(1, 2, 3)])
