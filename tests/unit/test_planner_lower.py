"""Lowering: which step a pipe becomes, what it carries, and where rows are kept."""

from __future__ import annotations

import pickle
import time
from typing import Any

import pytest

from cascade2spark.comparators import NullNotEquivalentComparator, reverse_order
from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import (
    BaseJoiner,
    BufferJoin,
    InnerJoin,
    LeftJoin,
    MixedJoin,
    OuterJoin,
    RightJoin,
)
from cascade2spark.operations.base import (
    AssertionLevel,
    BaseOperation,
    Buffer,
    GroupAssertion,
    ValueAssertion,
)
from cascade2spark.operations.callables import aggregator, buffer, function, keep_if
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.planner.steps import (
    BroadcastJoin,
    Group,
    Map,
    Persist,
    Read,
    Step,
    StepPlan,
    Union,
    Write,
)
from cascade2spark.planner.steps import (
    CoGroup as CoGroupStep,
)
from tests.planning import RULES, NamedTap, planned, rows_of, run

AB = (Fields("a", "b"), [(2, "x"), (1, "y"), (2, "z")])
CD = (Fields("c", "d"), [(2, "p"), (3, "q")])
BOTH = {"in": AB, "other": CD}
OFF = {"cascade2spark.rules.off": ",".join(RULES)}
count = aggregator("n", zero=0, step=lambda n, *values: n + 1, merge=int.__add__)
plus = function("p")(lambda value: value)


class Sides(BaseOperation, Buffer):
    """Counts the rows of each side of a BufferJoin."""

    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        closure = buffer_call.get_joiner_closure()
        sizes = tuple(len(list(closure.get_iterator(side))) for side in range(closure.size()))
        buffer_call.get_output_collector().add(sizes)


class Own(BaseJoiner):
    """A joiner nobody knows."""

    def get_iterator(self, closure: Any) -> Any:
        for left in closure.get_iterator(0):
            for right in closure.get_iterator(1):
                yield left + right


class Quiet(BaseOperation, ValueAssertion, GroupAssertion):
    """Always fails."""

    def start(self, flow_process: Any, assertion_call: Any) -> None:
        raise ValueError("asserted")

    do_assert = aggregate = start


def kinds(plan: StepPlan) -> list[type[Step]]:
    return [type(step) for step in plan.steps]


def only(plan: StepPlan, kind: Any) -> Any:
    (found,) = (step for step in plan.steps if isinstance(step, kind))
    return found


def plan(*tails: Pipe, **options: Any) -> StepPlan:
    heads = {head.name for tail in tails for head in tail.get_heads()}
    sources = {name: given for name, given in BOTH.items() if name in heads}
    return planned(tails, sources, **options).steps


def test_each_pipes_are_fused_into_one_map() -> None:
    pipe = Pipe("in").each("a", plus, Fields.ALL).keep("b", bool).each("p", plus, Fields.RESULTS)
    steps = plan(pipe)
    assert [Read, Map, Write] == kinds(steps)
    assert ["function", "filter", "function"] == [one.kind for one in steps.steps[1].operators]
    assert ("fuse_each",) == steps.steps[1].fired[:1]


def test_without_rules_every_each_is_a_map() -> None:
    pipe = Pipe("in").keep("a", bool).keep("b", bool)
    assert [Read, Map, Map, Write] == kinds(plan(pipe, properties=OFF))


def test_a_group_takes_its_everys_and_knows_its_order() -> None:
    key, sort = Fields("a"), Fields("b")
    key.set_comparators(reverse_order())
    pipe = GroupBy(Pipe("in"), key, sort, True, partitions=3).every("b", count).every("a", count2())
    group = only(plan(pipe), Group)
    assert [["b"], ["a"]] == [list(one.argument_fields) for one in group.everys]
    assert (3, False) == (group.partitions, group.is_single)
    assert (True, False) == (group.key_order.reverse, group.key_order.is_natural)
    assert (True, True) == (group.sort_order.reverse, group.sort_order.is_natural)
    assert not group.is_partial


def count2() -> Any:
    return aggregator("m", zero=0, step=lambda n, *values: n + 1)


def test_group_on_nothing_is_one_group() -> None:
    assert only(plan(GroupBy(Pipe("in"), Fields.NONE).every(count)), Group).is_single
    assert [(3,)] == rows_of(GroupBy(Pipe("in"), Fields.NONE).every(count), {"in": AB})


def test_group_by_of_several_pipes_is_a_union_and_a_group() -> None:
    head = Pipe("in")
    left, right = Pipe("l", head), Pipe("r", head)
    both = GroupBy("both", [left.keep("a", bool), right.keep("a", bool)], "a")
    steps = plan(both)
    assert [Union, Group] == [kind for kind in kinds(steps) if kind in (Union, Group)]
    keys = [step.site.key for step in steps.steps]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("kind", "joiner"),
    [
        (BroadcastJoin, InnerJoin()),
        (BroadcastJoin, LeftJoin()),
        (BroadcastJoin, MixedJoin([True, False])),
        (CoGroupStep, RightJoin()),
        (CoGroupStep, OuterJoin()),
        (CoGroupStep, MixedJoin([False, True])),
        (CoGroupStep, Own()),
    ],
)
def test_a_hash_join_is_broadcast_only_if_each_row_can_be_joined_alone(
    kind: Any, joiner: Any
) -> None:
    pipe = HashJoin(Pipe("in"), "a", Pipe("other"), "c", joiner)
    assert isinstance(only(plan(pipe), (BroadcastJoin, CoGroupStep)), kind)


@pytest.mark.parametrize(
    ("expected", "joiner"),
    [
        ([(2, "x", 2, "p"), (2, "z", 2, "p")], InnerJoin()),
        ([(1, "y", None, None), (2, "x", 2, "p"), (2, "z", 2, "p")], LeftJoin()),
        ([(2, "x", 2, "p"), (2, "z", 2, "p"), (None, None, 3, "q")], RightJoin()),
        ([(2, "x", 2, "p"), (2, "z", 2, "p")], Own()),
    ],
)
def test_joins_give_their_rows(expected: Any, joiner: Any) -> None:
    for kind in (CoGroup, HashJoin):
        rows = rows_of(kind("j", Pipe("in"), "a", Pipe("other"), "c", joiner), BOTH)
        assert sorted(expected, key=repr) == sorted(rows, key=repr)


def test_join_keys_take_the_comparator_of_any_side() -> None:
    key = Fields("c")
    key.set_comparators(NullNotEquivalentComparator())
    step = only(plan(CoGroup(Pipe("in"), "a", Pipe("other"), key)), CoGroupStep)
    assert [NullNotEquivalentComparator] == [type(one) for one in step.key_order.comparators]


def test_a_self_join_has_one_input_and_one_group_key() -> None:
    declared = Fields("a", "b", "a2", "b2")
    step = only(plan(CoGroup(Pipe("in"), "a", 1, declared)), CoGroupStep)
    assert (1, 2, True) == (len(step.inputs), len(step.sides), step.is_self_join)
    assert ["a"] == list(step.group_fields)
    rows = rows_of(CoGroup(Pipe("in"), "a", 1, declared).every("b", count), {"in": AB})
    assert [(1, 1), (2, 4)] == rows


def test_group_fields_of_a_join_are_the_keys_as_the_result_names_them() -> None:
    named = Fields("k", "x", "l", "y")
    step = only(plan(CoGroup(Pipe("in"), "a", Pipe("other"), "c", named)), CoGroupStep)
    assert ["k", "l"] == list(step.group_fields)
    given = CoGroup(Pipe("in"), "a", Pipe("other"), "c", named, Fields("g", "h"))
    assert ["g", "h"] == list(only(plan(given), CoGroupStep).group_fields)


def test_a_buffer_join_leaves_the_joining_to_its_buffer() -> None:
    pipe = CoGroup("j", Pipe("in"), "a", Pipe("other"), "c", BufferJoin())
    done = Every(pipe, Sides(Fields("left", "right")), Fields.RESULTS)
    assert only(plan(done), CoGroupStep).joined.is_none()
    assert [(0, 1), (1, 0), (2, 1)] == sorted(rows_of(done, BOTH))


def test_traps_are_numbered_by_tap_and_bound_by_branch() -> None:
    pipe = Pipe("late", Pipe("in").keep("a", bool)).each("a", plus, Fields.ALL)
    steps = plan(pipe, traps=["in", "late"])
    assert [("in",), ("late",)] == [spec.names for spec in steps.traps]
    numbers = [one.trap for one in only(steps, Map).operators]
    assert ([0, 1], 0, 1) == (numbers, only(steps, Read).trap, only(steps, Write).trap)


def test_levels_are_planned_out() -> None:
    pipe = Each(Pipe("in"), AssertionLevel.STRICT, Quiet())
    valid = {"cascade2spark.assertion.level": "valid"}
    assert run(plan(pipe)).error is not None
    assert run(plan(pipe, properties=valid)).rows == {"in": AB[1]}
    grouped = GroupBy(pipe, "a").every(AssertionLevel.STRICT, Quiet()).every("b", count)
    assert [(1, 1), (2, 2)] == rows_of(grouped, {"in": AB}, properties=valid)


def test_a_head_may_be_planned_out() -> None:
    head = Each("in", AssertionLevel.STRICT, Quiet())
    steps = plan(head, properties={"cascade2spark.assertion.level": "none"})
    assert [Read, Write] == kinds(steps)


def fork() -> Pipe:
    return Pipe("in").each("a", plus, Fields.ALL)


def test_a_fork_into_sinks_is_served_by_one_task() -> None:
    pipe = fork()
    assert Persist not in kinds(plan(pipe, Pipe("two", pipe.keep("a", bool))))


def test_a_fork_into_an_exchange_is_kept() -> None:
    pipe = fork()
    steps = plan(pipe, Pipe("two", GroupBy(pipe, "a")))
    assert only(steps, Persist).name is None
    assert Map is type(only(steps, Persist).inputs[0])


def test_a_source_is_read_again_rather_than_kept() -> None:
    head = Pipe("in")
    assert Persist not in kinds(plan(head, Pipe("two", GroupBy(head, "a"))))


def test_a_fork_whose_branches_meet_again_is_kept() -> None:
    pipe = fork()
    merged = Merge("m", Pipe("x", pipe).keep("a", bool), Pipe("y", pipe).keep("b", bool))
    assert Persist in kinds(plan(merged))


def test_a_streamed_join_side_is_no_reason_to_keep_rows_but_a_broadcast_one_is() -> None:
    pipe = fork()
    streamed = HashJoin("j", pipe, "a", Pipe("other"), "c")
    assert Persist not in kinds(plan(Pipe("one", pipe), streamed))
    held = HashJoin("j", Pipe("other"), "c", pipe, "a")
    assert Persist in kinds(plan(Pipe("one", pipe), held))


def test_a_checkpoint_with_a_tap_is_kept_and_written() -> None:
    pipe = Checkpoint("kept", Pipe("in")).each("a", plus)
    tap = NamedTap("kept")
    steps = plan(pipe, checkpoints={"kept": tap})
    kept = only(steps, Persist)
    assert "kept" == kept.name
    assert [Map, Write] == sorted((type(one) for one in steps.readers()[kept.number]), key=str)
    assert ["a", "b"] == list(kept.fields)


def test_an_every_may_go_on_after_a_split() -> None:
    first = GroupBy(Pipe("in"), "a").every("b", count)
    second = Pipe("two", first.every("a", count2()))
    outcome = run(plan(first, second))
    assert {"in": [(1, 1), (2, 2)], "two": [(1, 1, 1), (2, 2, 2)]} == outcome.rows


def test_an_unsafe_every_may_not_run_for_two_branches() -> None:
    unsafe = aggregator("u", zero=0, step=lambda n, *values: n)
    unsafe.is_safe = lambda: False
    first = GroupBy(Pipe("in"), "a").every("b", unsafe)
    with pytest.raises(Unsupported, match="not safe to run twice"):
        plan(first, Pipe("two", first.every("a", count)))


UNKNOWN = {"in": (Fields.UNKNOWN, [("b", 1, 9), ("a", 2), ("b", 3)])}


def test_unknown_streams_are_planned_by_position() -> None:
    @buffer("last")
    def lasts(key: Any, rows: Any) -> Any:
        for (value,) in rows:
            yield value

    pipe = GroupBy(Pipe("in"), Fields(0)).every(Fields(-1), lasts, Fields.RESULTS)
    assert [(2,), (9,), (3,)] == rows_of(pipe, UNKNOWN)
    assert [("b", 9), ("a", 2), ("b", 3)] == rows_of(
        Each(Pipe("in"), Fields(0, -1), function(Fields.ARGS)(lambda *v: v)), UNKNOWN
    )


def test_names_of_unknown_streams_fail_when_rows_flow() -> None:
    assert "TupleError" in str(run(planned(Each(Pipe("in"), "a", plus), UNKNOWN).steps).error)


def test_operators_travel_without_the_plan() -> None:
    pipe = GroupBy(Pipe("in").each("a", function("p")(abs), Fields.ALL), "a").every("p", Sides())
    steps = plan(pipe)
    assert b"pipes" not in pickle.dumps(only(steps, Map).operators)
    assert b"pipes" not in pickle.dumps(only(steps, Group).everys)


def test_sinks_select_and_reorder() -> None:
    assert [("x", 2), ("y", 1), ("z", 2)] == rows_of(
        Pipe("in"), {"in": AB}, sinks={"in": Fields("b", "a")}
    )


def test_long_and_wide_plans_are_planned_quickly() -> None:
    pipe = Pipe("in")
    for number in range(50):
        pipe = pipe.keep("a", bool) if number % 10 else GroupBy(pipe, "a")
    plan(pipe)
    begun = time.perf_counter()
    plan(pipe)
    assert time.perf_counter() - begun < 0.5  # 50 ms on a quiet machine


def test_shared_pipes_are_planned_once_however_many_paths_lead_to_them() -> None:
    pipe = Pipe("in")
    for _ in range(40):
        left, right = Pipe("l", pipe).keep("a", bool), Pipe("r", pipe).keep("b", bool)
        pipe = Merge("m", left, right)
    begun = time.perf_counter()
    assert len(plan(pipe).steps) < 300
    assert time.perf_counter() - begun < 5


def test_deep_plans_do_not_exhaust_the_stack() -> None:
    pipe = Pipe("in")
    for _ in range(3000):
        pipe = Pipe("again", Each(pipe, "a", keep_if(bool)))
    for _ in range(3000):
        pipe = Pipe(pipe)
    assert [Read, Map, Write] == kinds(plan(pipe))
