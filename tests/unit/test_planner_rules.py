"""Rules, one by one: when they fire, and when they must not. Their laws are in tests/laws."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.comparators import comparing
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin
from cascade2spark.operations.callables import aggregator, buffer, function
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.planner.lower import lower_plan
from cascade2spark.planner.rules import RULES
from cascade2spark.planner.steps import Group, Map, Project, Read, StepPlan
from cascade2spark.taps import MemoryTap
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.planning import Outcome, planned, run

ROWS = [(1, 2, 3, 4), (5, 6, 7, 8)]
SOURCES = {"in": (Fields("a", "b", "c", "d"), ROWS), "other": (Fields("x", "y", "z"), [(1, 2, 3)])}
total = aggregator("t", zero=0, step=lambda t, v: t + v, merge=lambda a, b: a + b)

largest = aggregator("n", zero=0, step=max)


def flow(*tails: Pipe, **options: Any) -> Any:
    heads = {head.name for tail in tails for head in tail.get_heads()}
    sources = {name: given for name, given in SOURCES.items() if name in heads}
    return planned(tails, sources, **options)


def reads(plan: StepPlan) -> dict[str, Any]:
    return {step.site.name: step.columns for step in plan.steps if isinstance(step, Read)}


def plain(tail: Pipe, **options: Any) -> Outcome:
    planned_flow = flow(tail, **options)
    return run(lower_plan("t", planned_flow.nodes, planned_flow.assembly.traps))


def broken(*values: Any) -> Any:
    raise ValueError("broken")


@pytest.mark.parametrize(
    ("columns", "build"),
    [
        ((0, 2), lambda p: GroupBy(p, "a").every("c", total)),
        ((0, 1), lambda p: Each(GroupBy(p, "b"), "a", function("n")(abs), Fields.RESULTS)),
        ((1,), lambda p: Each(p, "b", function("n")(abs), Fields.RESULTS)),
        (None, lambda p: Each(p, "b", function("n")(abs), Fields.ALL)),
        (None, lambda p: Each(p, function("n")(max), Fields.RESULTS)),
        ((0, 3), lambda p: GroupBy(p, "a").every(Fields(-1), total)),
        ((0,), lambda p: GroupBy(p, Fields.NONE).every("a", total)),
    ],
)
def test_a_source_is_asked_for_what_is_read(columns: Any, build: Any) -> None:
    assert {"in": columns} == reads(flow(build(Pipe("in"))).steps)


def test_what_a_sink_leaves_out_is_not_read() -> None:
    assert {"in": (0, 2)} == reads(flow(Pipe("in"), sinks={"in": Fields("c", "a")}).steps)


def test_both_sides_of_a_join_are_narrowed() -> None:
    for kind in (CoGroup, HashJoin):
        joined = kind("j", Pipe("in"), "a", Pipe("other"), "x")
        plan = flow(joined, sinks={"j": Fields("b", "z")}).steps
        assert {"in": (0, 1), "other": (0, 2)} == reads(plan)
        assert [(2, 3)] == run(plan).rows["j"]


def test_a_buffer_that_joins_sees_whole_rows() -> None:
    @buffer("n")
    def none(key: Any, rows: Any) -> Any:
        return iter(())

    joined = CoGroup("j", Pipe("in"), "a", Pipe("other"), "x", BufferJoin())
    plan = flow(Every(joined, none, Fields.RESULTS)).steps
    assert {"in": None, "other": None} == reads(plan)


def test_positions_and_unknown_streams_are_left_alone() -> None:
    by_position = planned(GroupBy(Pipe("in"), 0).every(1, total), {"in": (Fields.size(4), ROWS)})
    unknown = planned(GroupBy(Pipe("in"), 0).every(1, total), {"in": (Fields.UNKNOWN, ROWS)})
    assert [{"in": None}] * 2 == [reads(by_position.steps), reads(unknown.steps)]


def test_a_filter_before_an_exchange_is_followed_by_a_projection() -> None:
    pipe = GroupBy(Pipe("in").keep("b", bool), "a", "c")
    (before,) = (s for s in flow(pipe, sinks={"in": "a"}).steps.steps if isinstance(s, Map))
    assert isinstance(before.operators[-1], Project)
    assert ["a", "c"] == list(before.fields)


def test_inputs_of_a_union_stay_alike() -> None:
    head = Pipe("in")
    left = Pipe("l", head).keep("a", bool)
    right = Pipe("r", head).each("b", function("b")(abs), Fields.REPLACE)
    merged = Merge("m", left, right)
    plan = flow(merged, Pipe("whole", right), sinks={"m": Fields("c"), "whole": Fields.ALL}).steps
    assert {"m": [(3,), (7,), (3,), (7,)], "whole": ROWS} == run(plan).rows


def test_rows_that_may_be_trapped_whole_are_read_whole() -> None:
    """A pipe without a trap fails, and the failure travels up to the trap of the join."""
    joined = HashJoin("j", Pipe("in"), "a", Pipe("other"), "x")
    late = Each(Pipe("late", joined), "a", function("n")(broken), Fields.RESULTS)
    trapped = flow(late, traps=["j"])
    assert {"in": None, "other": None} == reads(trapped.steps)
    assert {"j": ROWS[:1]} == run(trapped.steps).trapped == plain(late, traps=["j"]).trapped
    assert {"in": (0,), "other": (0,)} == reads(flow(late).steps)


def test_a_trap_on_a_source_takes_records_so_columns_may_go() -> None:
    late = Each(Pipe("late", Pipe("in")), "a", function("n")(abs), Fields.RESULTS)
    assert {"in": (0,)} == reads(flow(late, traps=["in"]).steps)


def test_arguments_are_trapped_as_they_are_when_every_pipe_has_its_trap() -> None:
    pipe = Each(Pipe("in"), ("d", "a"), function("n")(broken), Fields.RESULTS)
    trapped = flow(pipe, traps=["in"])
    assert {"in": [(4, 1), (8, 5)]} == run(trapped.steps).trapped


def group_of(pipe: Pipe, **options: Any) -> Group:
    (found,) = (step for step in flow(pipe, **options).steps.steps if isinstance(step, Group))
    return found


def test_algebraic_aggregators_run_before_the_exchange() -> None:
    group = group_of(GroupBy(Pipe("in"), "a").every("b", total))
    assert (True, "partial_aggregation") == (group.is_partial, group.fired[-1])


def compared(name: str) -> Fields:
    fields = Fields(name)
    fields.set_comparators(comparing(abs))
    return fields


@pytest.mark.parametrize(
    ("traps", "build"),
    [
        ([], lambda p: GroupBy(p, "a", "b").every("b", total)),
        ([], lambda p: GroupBy(p, compared("a")).every("b", total)),
        ([], lambda p: GroupBy(p, "a").every("b", largest)),
        (
            [],
            lambda p: (
                GroupBy(p, "a").every("b", total).every("b", aggregator("n", zero=0, step=max))
            ),
        ),
        (["in"], lambda p: GroupBy(p, "a").every("b", total)),
        (["in"], lambda p: GroupBy("g", Pipe("late", p.keep("b", bool)), "a").every("b", total)),
        ([], lambda p: GroupBy(p, "a")),
    ],
)
def test_others_run_after_it(traps: Any, build: Any) -> None:
    assert not group_of(build(Pipe("in")), traps=traps).is_partial


absolute = function("c")(abs)
second = aggregator("n", zero=0, step=lambda n, first, other: n + other)


@buffer("n")
def sum_of_c(key, rows):
    n = 0
    for _a, _b, c, _d in rows:
        n += c
    yield n


@buffer("n")
def size(key, rows):
    yield sum(1 for _ in rows)


@buffer("n")
def whole_rows(key, rows):
    for row in rows:
        yield len(row)


def reads_second(_first, other):
    return other


def only_c(pipe: Pipe) -> Pipe:
    return Each(pipe, "c", function("n")(abs), Fields.RESULTS)


@pytest.mark.parametrize(
    ("columns", "build"),
    [
        ((1,), lambda p: Each(p, ("a", "b"), function("n")(reads_second), Fields.RESULTS)),
        ((0, 1), lambda p: Each(p, ("a", "b"), function("n")(reads_second), ("a", "n"))),
        ((1, 2), lambda p: only_c(p.keep(("a", "b"), reads_second))),
        ((1, 2), lambda p: only_c(p.remove(("a", "b"), lambda a, b: b))),
        ((0, 2), lambda p: GroupBy(p, "a").every(("b", "c"), second)),
        ((0, 2), lambda p: GroupBy(p, "a").every(sum_of_c, Fields("a", "n"))),
        ((0, 2), lambda p: GroupBy(p, "a").every(sum_of_c, Fields.RESULTS)),
        ((0, 1, 2), lambda p: GroupBy(p, "a").every(sum_of_c, Fields("b", "n"))),
        ((0, 2, 3), lambda p: GroupBy(p, "a", "d").every(sum_of_c, Fields("a", "n"))),
        ((0,), lambda p: GroupBy(p, "a").every(size, Fields("a", "n"))),
        (None, lambda p: GroupBy(p, "a").every(whole_rows, Fields("a", "n"))),
        (None, lambda p: Each(p, function("n")(lambda *values: values[1]), Fields.RESULTS)),
    ],
)
def test_what_a_function_does_not_look_at_is_not_read(columns: Any, build: Any) -> None:
    pipe = build(Pipe("in"))
    planned_flow = flow(pipe)
    assert {"in": columns} == reads(planned_flow.steps)
    assert plain(pipe).rows == run(planned_flow.steps).rows


def test_what_may_be_trapped_is_read_whole() -> None:
    @buffer("n")
    def broken_sum(key, rows):
        for _a, _b, c, _d in rows:
            yield c // 0

    pipe = GroupBy("g", Pipe("in"), Fields("a")).every(broken_sum, Fields("a", "n"))
    trapped = flow(pipe, traps=["g"])
    assert {"in": None} == reads(trapped.steps)
    assert {"g": ROWS} == run(trapped.steps).trapped


def test_an_operation_of_a_class_of_its_own_is_given_everything() -> None:
    class Mine(type(absolute)):
        def operate(self, flow_process, function_call):
            function_call.get_output_collector().add(function_call.get_arguments().get_tuple())

    operation = Mine(reads_second, Fields("n", "m"), absolute.shape)
    each = Each(Pipe("in"), ("a", "b"), operation, Fields.RESULTS)
    assert {"in": (0, 1)} == reads(flow(each).steps)


def half(_first, other):
    return 1 / (other - 6)


@buffer("n")
def pairs(key, rows):
    for _a, b in rows:
        yield half(None, b)


def in_process(properties: Any = None) -> InProcessConnector:
    return InProcessConnector(properties, InProcessEngine(1, 100, 100))


@pytest.mark.parametrize(
    "build",
    [
        lambda p: Each(p, ("a", "b"), function("n")(half), Fields.RESULTS),
        lambda p: Each(
            p, ("a", "b"), function("n", many=True)(lambda a, b: [half(0, b)]), Fields.ALL
        ),
        lambda p: p.keep(("a", "b"), half),
        lambda p: GroupBy(p, "c").every(
            ("a", "b"), aggregator("n", zero=0, step=lambda n, a, b: half(n, b))
        ),
        lambda p: GroupBy(p, "c").every(
            ("a", "b"), aggregator("n", zero=0, step=lambda n, a, b: half(n, b), merge=max)
        ),
        lambda p: GroupBy(p, "c", "d").every(("a", "b"), pairs, Fields("a", "n")),
    ],
)
@pytest.mark.parametrize("engine", [LocalFlowConnector, in_process])
def test_an_error_says_which_values_were_not_read(engine: Any, build: Any) -> None:
    tail = build(Pipe("in"))
    sources = {"in": MemoryTap(SOURCES["in"][0], ROWS)}
    with pytest.raises(RunError) as caught:
        engine().connect(sources, MemoryTap(), tail).complete()
    assert "(<not read>, 6)" in str(caught.value)
    whole = engine({"cascade2spark.rules.off": "skip_unread_arguments"})
    with pytest.raises(RunError) as caught:
        whole.connect(sources, MemoryTap(), tail).complete()
    assert "(5, 6)" in str(caught.value)


def test_explain_tells_what_a_function_reads() -> None:
    grouped = GroupBy(Pipe("in"), "a").every(sum_of_c, Fields("a", "n"))
    text = flow(grouped).explain("steps")
    assert "buffer sum_of_c to a, b, c, d, reads c" in text
    assert "rules    skip_unread_arguments" in text
    sized = GroupBy(Pipe("in"), "a").every(size, Fields("a", "n"))
    assert "buffer size to a, b, c, d, reads none" in flow(sized).explain("steps")


@pytest.mark.parametrize("name", RULES)
def test_a_rule_can_be_switched_off(name: str) -> None:
    pipe = Pipe("in").keep(("b", "d"), lambda b, d: b).each("c", absolute, Fields.REPLACE)
    grouped = GroupBy("g", Pipe("other"), "x").every("y", total)
    tails = [pipe, Pipe("w", pipe.keep("b", bool)), grouped]
    assert name in flow(*tails).fired
    assert name not in flow(*tails, properties={"cascade2spark.rules.off": name}).fired
