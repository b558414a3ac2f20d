"""Which task chains a plan falls into: ways out of a source, and what feeds a target."""

from __future__ import annotations

from typing import Any

from cascade2spark.fields import Fields
from cascade2spark.operations import Identity
from cascade2spark.planner.steps import Persist, Step, StepPlan, Union, Write
from cascade2spark.selection import Pick
from cascade2spark.spark.lineage import (
    Exit,
    Lineage,
    Target,
    cut_tangled_joins,
    exits_of,
    is_source,
)
from cascade2spark.taps import MemoryTap
from tests.unit.local_plans import Plan

AB = Fields("a", "b")


def each(plan: Plan, before: Step) -> Any:
    return plan.each(before, Identity(), Fields.ALL, Fields.RESULTS)


def union(plan: Plan, *inputs: Step) -> Any:
    return plan.add(Union, inputs, AB)


def write(plan: Plan, before: Step) -> Any:
    return plan.add(Write, [before], before.fields, tap=MemoryTap(), pick=Pick(None))


def step_plan(plan: Plan) -> StepPlan:
    return StepPlan("test", tuple(plan.steps))


def ways(plan: Plan, source: Step) -> list[tuple[list[int], int, int]]:
    """Return (numbers of the path, target, input) of each way out."""
    found = exits_of(source, step_plan(plan).readers())
    return [([step.number for step in way.path], way.step.number, way.place) for way in found]


def all_chains(plan: StepPlan) -> list[list[Exit]]:
    lineage = Lineage(plan)
    return [ways for source in lineage.sources for ways in lineage.chains_of(source)]


def test_ways_out_end_at_exchanges_and_sinks() -> None:
    plan = Plan()
    read = plan.read(AB, [])
    first = each(plan, read)
    group = plan.group(first, "a")
    second = each(plan, first)
    sink = write(plan, second)
    last = write(plan, group)
    assert [([first.number], group.number, 0), ([first.number, second.number], sink.number, 0)] == (
        ways(plan, read)
    )
    assert [([], last.number, 0)] == ways(plan, group)
    assert [read, group] == [step for step in plan.steps if is_source(step)]


def test_feeds_come_in_the_order_of_the_merge_not_of_the_plan() -> None:
    plan = Plan()
    first, second = plan.read(AB, []), plan.read(AB, [])
    mapped = each(plan, first)
    merged = union(plan, second, mapped, first)
    group = plan.group(merged, "a")
    lineage = Lineage(step_plan(plan))
    feeds = lineage.feeds(Target(group.number))
    assert [second, first, first] == [source for source, _ in feeds]
    assert [1, 2, 1] == [len(way.path) for _, way in feeds]


def test_one_stream_may_enter_a_merge_twice() -> None:
    plan = Plan()
    read = plan.read(AB, [])
    merged = union(plan, read, read)
    sink = write(plan, merged)
    lineage = Lineage(step_plan(plan))
    feeds = lineage.feeds(Target(sink.number))
    assert [(0,), (1,)] == [way.entries for _, way in feeds]
    assert 2 == len({id(way) for _, way in feeds})


def test_merges_of_merges_keep_the_order_of_the_inputs() -> None:
    plan = Plan()
    one, two, three = plan.read(AB, []), plan.read(AB, []), plan.read(AB, [])
    inner = union(plan, three, one)
    outer = union(plan, inner, two)
    group = plan.group(outer, "a")
    lineage = Lineage(step_plan(plan))
    assert [three, one, two] == [source for source, _ in lineage.feeds(Target(group.number))]


def test_each_reader_of_a_persist_has_a_chain_of_its_own() -> None:
    plan = Plan()
    read = plan.read(AB, [])
    kept = plan.add(Persist, [read], AB)
    left, right = each(plan, kept), each(plan, kept)
    write(plan, left)
    write(plan, right)
    write(plan, left)
    lineage = Lineage(step_plan(plan))
    assert [1] == [len(ways) for ways in lineage.chains_of(read)]
    assert [2, 1] == [len(ways) for ways in lineage.chains_of(kept)]
    assert [kept] == [source for source, _ in lineage.feeds(Target(4))]
    assert [Target(kept.number), Target(4), Target(6), Target(5)] == lineage.targets()


def test_every_way_out_is_found_again_from_its_target() -> None:
    plan = Plan()
    read = plan.read(AB, [])
    forked = each(plan, read)
    merged = union(plan, forked, each(plan, forked), forked, read)
    group = plan.group(merged, "a")
    write(plan, merged)
    write(plan, group)
    lineage = Lineage(step_plan(plan))
    by_target: list[Exit] = [
        way for target in lineage.targets() for _, way in lineage.feeds(target)
    ]
    by_source = [way for source in lineage.sources for way in lineage.exits[source.number]]
    assert sorted(map(id, by_source)) == sorted(map(id, by_target))


def test_a_row_goes_the_ways_out_in_the_order_of_the_readers() -> None:
    plan = Plan()
    read = plan.read(AB, [])
    first = each(plan, read)
    group = plan.group(read, "a")
    late = plan.group(first, "a")
    for step in (group, late):
        write(plan, step)
    assert [([first.number], late.number, 0), ([], group.number, 0)] == ways(plan, read)


def test_what_streams_into_a_join_with_itself_is_kept() -> None:
    plan = Plan()
    read = plan.read(AB, [])
    forked = each(plan, read)
    small = plan.group(forked, "a")
    streamed = each(plan, forked)
    join = plan.hash_join([streamed, small], ["a", "a"], Fields("a", "b", "c", "d"))
    write(plan, join)
    cut = cut_tangled_joins(step_plan(plan))
    (persist,) = (step for step in cut.steps if isinstance(step, Persist))
    assert [streamed.number] == [step.number for step in persist.inputs]
    assert [join.number] == [step.number for step in cut.readers()[persist.number]]
    assert [step.number for step in plan.steps] == sorted(
        step.number for step in cut.steps if step is not persist
    )


def test_a_stream_joined_with_itself_as_it_is_is_kept_once() -> None:
    plan = Plan()
    read = plan.read(AB, [])
    joined = plan.hash_join([read, read], ["a", "a"], Fields("a", "b", "c", "d"))
    write(plan, joined)
    cut = cut_tangled_joins(step_plan(plan))
    assert [1, 1, 1] == [len(ways) for ways in all_chains(cut)]
    assert cut_tangled_joins(cut) is cut


def test_of_two_joins_that_wait_for_each_other_one_is_cut() -> None:
    plan = Plan()
    left, right = plan.read(AB, []), plan.read(AB, [])
    joined = Fields("a", "b", "c", "d")
    first = plan.hash_join([left, right], ["a", "a"], joined)
    second = plan.hash_join([right, left], ["a", "a"], joined)
    write(plan, first)
    write(plan, second)
    cut = cut_tangled_joins(step_plan(plan))
    (persist,) = (step for step in cut.steps if isinstance(step, Persist))
    assert [second.number] == [step.number for step in cut.readers()[persist.number]]


def test_a_plan_whose_joins_wait_for_others_stays_as_it_is() -> None:
    plan = Plan()
    source, other = plan.read(AB, []), plan.read(AB, [])
    write(plan, plan.hash_join([source, other], ["a", "a"], Fields("a", "b", "c", "d")))
    given = step_plan(plan)
    assert cut_tangled_joins(given) is given
