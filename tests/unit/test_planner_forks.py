"""Forks: rows are kept for their readers unless a trap reaches beyond."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.operations import Count, Identity
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.planner.steps import Persist
from cascade2spark.taps import MemoryTap
from tests.planning import planned

AB = Fields("a", "b")


def work(pipe: Pipe) -> Pipe:
    return Each(pipe, AB, Identity())


def counted(pipe: Pipe, name: str) -> Pipe:
    return Every(GroupBy(name, pipe, "a"), Count())


def kept(tails: list[Pipe], *traps: str, heads: tuple[str, ...] = ("in",)) -> list[str]:
    """Return after which pipes rows are kept."""
    flow = planned(tails, {head: (AB, []) for head in heads}, traps=list(traps))
    return [one.inputs[0].site.label for one in flow.steps.steps if isinstance(one, Persist)]


def forked(left: Any, right: Any) -> list[Pipe]:
    fork = work(Pipe("in"))
    return [counted(left(Pipe("left", fork)), "l"), counted(right(Pipe("right", fork)), "r")]


def nothing(pipe: Pipe) -> Pipe:
    return pipe


@pytest.mark.parametrize(
    ("traps", "left", "is_kept"),
    [
        ((), work, True),
        (("in",), work, False),
        (("in",), nothing, True),  # what fails in a group has its own trap, or none
        (("in", "left"), work, True),
        (("in", "left"), lambda pipe: work(Pipe("late", work(pipe))), True),
        (("in", "late"), lambda pipe: work(Pipe("late", work(pipe))), False),
    ],
)
def test_rows_are_kept_where_no_trap_reaches_beyond(traps: Any, left: Any, is_kept: bool) -> None:
    assert (["Each 'in' Identity"] if is_kept else []) == kept(forked(left, nothing), *traps)


def test_a_trap_of_an_every_reaches_behind_its_group() -> None:
    fork = counted(Pipe("in"), "in")
    tails = [
        counted(Each(Pipe("left", fork), "a", Identity()), "l"),
        counted(Pipe("right", fork), "r"),
    ]
    assert [] == kept(tails, "in")
    assert 1 == len(kept(tails))


def test_a_trap_does_not_reach_through_the_held_side_of_a_join() -> None:
    fork = work(Pipe("in"))
    joined = HashJoin(Pipe("other"), "a", Pipe("held", fork), "a", Fields("a", "b", "c", "d"))
    tails = [Each(Pipe("late", joined), AB, Identity()), counted(Pipe("right", fork), "r")]
    assert ["Each 'in' Identity"] == kept(tails, "in", heads=("in", "other"))
    streamed = HashJoin(Pipe("held", fork), "a", Pipe("other"), "a", Fields("a", "b", "c", "d"))
    tails = [Each(Pipe("late", streamed), AB, Identity()), counted(Pipe("right", fork), "r")]
    assert [] == kept(tails, "in", heads=("in", "other"))


def test_ways_that_double_behind_a_trap_are_cut_after_sixteen() -> None:
    pipe = work(Pipe("in"))
    for number in range(6):
        left, right = Pipe(f"l{number}", pipe), Pipe(f"r{number}", pipe)
        pipe = work(Merge(f"m{number}", work(left), work(right)))
    assert ["Each 'm4' Identity"] == kept([counted(pipe, "out")], "in")


@function("c")
def failing(_value: Any) -> Any:
    raise ValueError


@pytest.mark.parametrize("rules_off", ["", "prune_columns"])
def test_a_fork_hands_rows_on_in_one_order_whatever_columns_are_left_out(rules_off: str) -> None:
    fork = Each(Pipe("in"), Fields("a", "b", "c"), Identity())
    late = Each(Pipe("late", fork), Fields("a", "b", "c"), Identity())
    met = Each(Merge("met", Pipe("first", fork), late), "c", failing, Fields.REPLACE)
    traps = {"in": MemoryTap(), "late": MemoryTap()}
    flow = FlowDef("fork").add_source("in", MemoryTap(Fields("a", "b", "c"), [(1, 2, 3)]))
    flow.add_tail_sink(Every(GroupBy("end", met, "c"), Count()), MemoryTap())
    for name, trap in traps.items():
        flow.add_trap(name, trap)
    LocalFlowConnector({"cascade2spark.rules.off": rules_off}).connect(flow).complete()
    assert {"in": 1, "late": 1} == {name: len(trap.rows) for name, trap in traps.items()}
