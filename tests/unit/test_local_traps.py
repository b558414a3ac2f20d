"""What fails, where it lands, and how far a failure travels, on the reference engine."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.counters import StepCounters
from cascade2spark.errors import RunError, TapError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import Aggregator, BaseOperation, Buffer, ValueAssertion
from cascade2spark.operations.callables import aggregator, function, keep_if
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import FileTap
from tests.unit.local_plans import Plan

KV = Fields("k", "v")
number = function("number")(int)
same = function(Fields.ARGS)(lambda *values: values)
tenth = function("tenth")(lambda n: 10 // n)
count = aggregator("n", zero=0, step=lambda n, *values: n + 1)


class Failing(BaseOperation, Aggregator):
    """Counts; fails where it is told to, for the key or the value it is told."""

    def __init__(self, where: str, at: Any, field: str = "n") -> None:
        super().__init__(Fields(field))
        self.where, self.at = where, at

    def check(self, where: str, value: Any) -> None:
        if where == self.where and value == self.at:
            raise ValueError(f"{where} {value}")

    def start(self, flow_process: Any, call: Any) -> None:
        call.set_context(0)
        self.check("start", call.get_group().get_object(0))

    def aggregate(self, flow_process: Any, call: Any) -> None:
        self.check("aggregate", call.get_arguments().get_object("v"))
        call.set_context(call.get_context() + 1)

    def complete(self, flow_process: Any, call: Any) -> None:
        call.get_output_collector().add((call.get_context(),))
        self.check("complete", call.get_group().get_object(0))


ROWS = [("a", 1), ("a", 2), ("b", 3)]


def trapped(plan: Plan, step: Any, **parts: Any) -> tuple[list[Any], list[list[Any]]]:
    return plan.rows(step, **parts), plan.trapped


def test_the_arguments_of_a_failing_function_are_trapped_not_the_whole_row() -> None:
    plan = Plan("t")
    step = plan.each(plan.read(KV, [("a", "1"), ("b", "x")]), number, "v", trap=0)
    assert ([(1,)], [[("x",)]]) == trapped(plan, step)
    assert plan.result is not None
    assert 1 == plan.result.counters.value(StepCounters.Tuples_Trapped)


def test_a_failing_filter_and_a_failing_assertion_drop_and_trap_the_row() -> None:
    class Small(BaseOperation, ValueAssertion):
        def do_assert(self, flow_process: Any, call: Any) -> None:
            if call.get_arguments().get_object(0) > 3:
                raise AssertionError("too large")

    plan = Plan("t")
    kept = plan.each(plan.read("v", [(5,), (0,), (2,), (4,)]), keep_if(lambda v: 8 / v), trap=0)
    step = plan.each(kept, Small(), trap=0)
    assert ([(2,)], [[(5,), (0,), (4,)]]) == trapped(plan, step)


def test_rows_emitted_before_the_failure_stay() -> None:
    @function("c", many=True)
    def until_x(text: str) -> Any:
        for letter in text:
            if letter == "x":
                raise ValueError(letter)
            yield letter

    plan = Plan("t")
    step = plan.each(plan.read("v", [("abx",), ("c",)]), until_x, trap=0)
    assert ([("a",), ("b",), ("c",)], [[("abx",)]]) == trapped(plan, step)


def test_a_failure_travels_up_to_the_nearest_trap_which_records_its_own_arguments() -> None:
    plan = Plan("far", "near")
    far = plan.each(plan.read("v", [("5",), ("0",), ("2",)]), same, trap=0)
    near = plan.each(far, number, trap=1)
    step = plan.each(plan.each(near, keep_if(lambda n: True)), tenth)
    assert ([(2,), (5,)], [[], [("0",)]]) == trapped(plan, step)


def test_a_trap_on_a_later_branch_does_not_cover_earlier_pipes() -> None:
    plan = Plan("late")
    early = plan.each(plan.read("v", [("x",)]), number)
    with pytest.raises(RunError, match="invalid literal"):
        trapped(plan, plan.each(early, tenth, trap=0))


def test_failures_travel_through_a_fork_a_union_and_a_join_in_memory() -> None:
    plan = Plan("t")
    source = plan.each(plan.read("v", [(5,), (0,)]), same, trap=0)
    forked = plan.persist(source)
    both = plan.union(plan.each(forked, same), plan.each(forked, same))
    joined = plan.hash_join([both, plan.read("w", [(5,), (0,)])], ["v", "w"], ("v", "w"))
    step = plan.each(joined, tenth, "v")
    assert ([(2,), (2,)], [[(0,)]]) == trapped(plan, step)


def test_failures_do_not_travel_out_of_a_group_or_a_checkpoint() -> None:
    for boundary in ("group", "checkpoint"):
        plan = Plan("t")
        source = plan.each(plan.read("v", [(0,)]), same, trap=0)
        if boundary == "group":
            ended: Any = plan.group(source, "v")
        else:
            ended = plan.persist(source, "kept")
        with pytest.raises(RunError, match="ZeroDivisionError"):
            trapped(plan, plan.each(ended, tenth))


def test_a_start_that_fails_is_trapped_but_the_group_goes_on() -> None:
    plan = Plan("t")
    everys = (Failing("start", "a"), "v", Fields.ALL, 0)
    step = plan.group(plan.read(KV, ROWS), "k", everys)
    assert ([("a", 2), ("b", 1)], [[("a",)]]) == trapped(plan, step)


def test_a_row_that_cannot_be_aggregated_is_trapped_and_the_next_goes_on() -> None:
    plan = Plan("t")
    everys = (Failing("aggregate", 2), "v", Fields.ALL, 0)
    step = plan.group(plan.read(KV, ROWS), "k", everys)
    assert ([("a", 1), ("b", 1)], [[(2,)]]) == trapped(plan, step)


def test_what_fails_in_complete_is_trapped_as_key_and_earlier_results() -> None:
    plan = Plan("t")
    failing = (Failing("complete", "a", "m"), "v", Fields.ALL, 0)
    step = plan.group(plan.read(KV, ROWS), "k", (count,), failing)
    assert [[("a", 2)]] == trapped(plan, step)[1]


def test_a_failure_in_a_chain_travels_to_the_every_before_it() -> None:
    plan = Plan("t")
    first = (count, ("v", "k"), Fields.ALL, 0)
    step = plan.group(plan.read(KV, ROWS), "k", first, (Failing("aggregate", 2, "m"), "v"))
    assert ([("a", 2, 1), ("b", 1, 1)], [[(2, "a")]]) == trapped(plan, step)


def test_a_failure_after_a_group_travels_to_its_every() -> None:
    plan = Plan("t")
    group = plan.group(plan.read(KV, ROWS), "k", (count, "v", Fields.ALL, 0))
    step = plan.each(group, function("x")(lambda n: 1 // (n - 2)), "n")
    assert ([(-1,)], [[("a",)]]) == trapped(plan, step)


def test_a_failing_buffer_is_trapped_with_its_last_arguments_and_loses_its_rest() -> None:
    class Echo(BaseOperation, Buffer):
        def operate(self, flow_process: Any, call: Any) -> None:
            for entry in call.get_arguments_iterator():
                if entry.get_object(0) == 2:
                    raise ValueError("two")
                call.get_output_collector().add((entry.get_object(0),))

    plan = Plan("t")
    rows = [("a", 1), ("a", 2), ("a", 3), ("b", 4)]
    every = (Echo(Fields("w")), "v", Fields.RESULTS, 0)
    assert ([(1,), (4,)], [[(2,)]]) == trapped(plan, plan.group(plan.read(KV, rows), "k", every))


def test_a_row_that_a_comparator_cannot_place_is_trapped_whole() -> None:
    class Strict:
        def compare(self, left: Any, right: Any) -> int:
            return (left > right) - (left < right)

    key = Fields("k")
    key.set_comparator("k", Strict())
    plan = Plan("t")
    rows = [("b", 1), (7, 2), ("a", 3)]
    step = plan.group(plan.read(KV, rows), key, trap=0)
    assert ([("a", 3), ("b", 1)], [[(7, 2)]]) == trapped(plan, step)


def test_a_line_that_cannot_be_parsed_is_trapped_as_it_is(tmp_path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("a\t1\nb\nc\t3\n")
    tap = FileTap(TextDelimited(("k", "v")), str(path))
    plan = Plan("t")
    found = trapped(plan, plan.read_tap(tap, KV, trap=0))
    assert ([("a", "1"), ("c", "3")], [[("b",)]]) == found
    plan = Plan()
    with pytest.raises(TapError):
        plan.rows(plan.read_tap(tap, KV))


def test_a_row_carries_what_trap_props_ask_for() -> None:
    plan = Plan("t")
    step = plan.each(plan.read("v", [("x",)]), number, trap=0)
    asked = {
        "cascading.trap.throwable.message.record": True,
        "cascading.trap.throwable.stacktrace.record": "true",
    }
    ((row,),) = trapped(plan, step, properties=asked)[1]
    assert "invalid literal for int() with base 10: 'x'" == row[0]
    assert row[1].startswith("Traceback")
    assert "|ValueError: " in row[1]
    assert "x" == row[2]


def test_running_out_of_memory_is_never_trapped() -> None:
    def hungry(v: Any) -> Any:
        raise MemoryError

    plan = Plan("t")
    with pytest.raises(RunError, match="MemoryError"):
        trapped(plan, plan.each(plan.read("v", [(1,)]), function("x")(hungry), trap=0))
