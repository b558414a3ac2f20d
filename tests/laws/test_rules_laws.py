"""Rules: small random assemblies give equal rows, traps, counts and failures before and after."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, LeftJoin, OuterJoin, RightJoin
from cascade2spark.operations.callables import aggregator, buffer, function, keep_if
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.planner.forks import persist_forks
from cascade2spark.planner.lower import lower_plan
from cascade2spark.planner.rules import RULES, rewrite_plan
from tests.planning import Outcome, planned, run

NAMES = ("a", "b", "c", "d")
total = aggregator("t", zero=0, step=lambda t, v: t + (v or 0), merge=lambda x, y: x + y)
VALUES = st.sampled_from([None, 0, 1, 2, 3, 3])
ROWS = st.lists(st.tuples(*[VALUES] * len(NAMES)), max_size=8)
OUTPUTS = (Fields.ALL, Fields.RESULTS, Fields.SWAP, Fields.REPLACE)


@buffer("t")
def spread(key, rows):
    for (value,) in rows:
        yield value


@buffer("t")
def spread_second(key, rows):
    for _first, value, _third in rows:
        yield value


@buffer("t")
def sizes(key, rows):
    yield sum(1 for _ in rows)


def second_fails_on_three(_first: Any, value: Any) -> Any:
    return fails_on_three(value)


def fails_on_three(value: Any) -> Any:
    if value == 3:
        raise ValueError("three")
    return value


class Builder:
    """Builds one random pipe after the other; `fields` are those of the pipe in hand."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.names = 0
        self.other = Pipe("other")

    def new_name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def field(self, fields: list[str]) -> str:
        return self.draw(st.sampled_from(fields))

    def function(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        argument, output = self.field(fields), self.draw(st.sampled_from(OUTPUTS))
        result = argument if output == Fields.REPLACE else self.new_name()
        call = self.draw(st.sampled_from([fails_on_three, lambda value: (value or 0) + 1]))
        done = Each(pipe, argument, function(result)(call), output)
        if output == Fields.RESULTS:
            return done, [result]
        kept = [one for one in fields if output != Fields.SWAP or one != argument]
        return done, kept if output == Fields.REPLACE else [*kept, result]

    def blind_function(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        """A function that does not look at the first of its arguments."""
        arguments = self.draw(st.permutations(fields))[:2]
        if len(arguments) < 2:
            return pipe, fields
        result, output = self.new_name(), self.draw(st.sampled_from([Fields.ALL, Fields.RESULTS]))
        call = self.draw(st.sampled_from([second_fails_on_three, lambda _, value: value]))
        done = Each(pipe, Fields(*arguments), function(result)(call), output)
        kept = self.draw(st.booleans())
        if kept:
            done = Each(done, Fields(result), keep_if(lambda value: value != 2))
        return done, [result] if output == Fields.RESULTS else [*fields, result]

    def blind_group(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        """An Every that does not look at some of its arguments."""
        key, result = self.field(fields), self.new_name()
        arguments = self.draw(st.permutations(fields))[:3]
        sort = self.draw(st.sampled_from([None, Fields(self.field(fields))]))
        group = GroupBy(self.new_name(), pipe, Fields(key), sort)
        kind = self.draw(st.sampled_from(["second", "sizes", "total"]))
        if kind == "total":
            step = total.fold.step
            operation = aggregator(
                result, zero=0, step=lambda t, v, *_: step(t, v), merge=total.fold.merge
            )
            return Every(group, Fields(*arguments), operation), [key, result]
        call = sizes if kind == "sizes" or len(arguments) < 3 else spread_second
        passed = self.field(fields)
        done = Every(group, Fields(*arguments), call, Fields(passed, "t"))
        renamed = Each(done, "t", function(result)(lambda value: value), Fields.SWAP)
        return renamed, [passed, result]

    def filter(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        return Each(pipe, self.field(fields), keep_if(lambda value: value != 2)), fields

    def rename(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        return Pipe(self.new_name(), pipe), fields

    def aggregate(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        key, result = self.field(fields), self.new_name()
        counted = aggregator(result, zero=0, step=total.fold.step, merge=total.fold.merge)
        return Every(GroupBy(pipe, key), self.field(fields), counted), [key, result]

    def buffered(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        key, sort, other = self.field(fields), self.field(fields), self.field(fields)
        group = GroupBy(self.new_name(), pipe, Fields(key), Fields(sort))
        done = Every(group, other, spread, Fields(*dict.fromkeys((key, sort)), "t"))
        renamed = Each(done, "t", function(self.new_name())(lambda value: value), Fields.SWAP)
        return renamed, [*dict.fromkeys((key, sort)), f"n{self.names}"]

    def sorted(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        return GroupBy(pipe, Fields(self.field(fields)), Fields(self.field(fields)), True), fields

    def merge(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        left = Pipe(self.new_name(), self.filter(pipe, fields)[0])
        right = Pipe(self.new_name(), self.filter(pipe, fields)[0])
        return Merge(self.new_name(), left, right), fields

    def join(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        left, right = Pipe(self.new_name(), pipe), Pipe(self.new_name(), self.other)
        if self.draw(st.booleans()):
            right = Pipe(self.new_name(), self.filter(pipe, fields)[0])
            width = len(fields)
        else:
            width = 2
        declared = [*fields, *(self.new_name() for _ in range(width))]
        kind = self.draw(st.sampled_from([HashJoin, CoGroup]))
        joiner = self.draw(st.sampled_from([InnerJoin, LeftJoin, RightJoin, OuterJoin]))
        key = self.field(fields)
        joined = kind(self.new_name(), left, key, right, 0, Fields(declared), joiner())
        return joined, declared

    def checkpoint(self, pipe: Pipe, fields: list[str]) -> tuple[Pipe, list[str]]:
        return Checkpoint(pipe), fields


STEPS = (
    *("function", "function", "function", "filter", "rename", "aggregate"),
    *("buffered", "sorted", "merge", "join", "checkpoint"),
    *("blind_function", "blind_group"),
)


@st.composite
def flows(draw: Any) -> Any:
    builder = Builder(draw)
    pipe, fields = Pipe("in"), list(NAMES)
    branches = []
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=5)):
        if draw(st.integers(0, 4)) == 0:
            branches.append(Pipe(builder.new_name(), pipe))
        pipe, fields = getattr(builder, step)(pipe, fields)
    tails = [Pipe("out", pipe), *branches[:1]]
    heads = {head.name for tail in tails for head in tail.get_heads()}
    names = {one.name for one in (*tails, *upstream(tails))} - {"out"}
    all_names = st.just(sorted(names))
    traps = draw(st.one_of(all_names, st.lists(st.sampled_from(sorted(names)), unique=True)))
    wanted = draw(st.lists(st.sampled_from(fields), unique=True, min_size=1))
    sinks = {tail.name: Fields.ALL for tail in tails}
    sinks["out"] = draw(st.sampled_from([Fields.ALL, Fields(wanted)]))
    sources = {"in": (Fields(*NAMES), draw(ROWS)), "other": (Fields("x", "y"), [(1, 5), (2, 6)])}
    taken = {name: given for name, given in sources.items() if name in heads}
    return planned(tails, taken, sinks=sinks, traps=traps)


def upstream(tails: list[Pipe]) -> list[Pipe]:
    found: dict[int, Pipe] = {}
    waiting = list(tails)
    while waiting:
        pipe = waiting.pop()
        if id(pipe) not in found:
            found[id(pipe)] = pipe
            waiting += pipe.previous
    return list(found.values())


def compared(outcome: Outcome) -> Any:
    if outcome.error is not None:
        return "failed"  # what was written before the failure is thrown away
    trapped = {name: sorted(rows, key=repr) for name, rows in outcome.trapped.items()}
    return outcome.rows, trapped, outcome.counts


@settings(max_examples=150)
@given(flows())
def test_all_rules_together_change_nothing_that_can_be_seen(flow: Any) -> None:
    plain = lower_plan(flow.name, flow.nodes, flow.assembly.traps)
    assert compared(run(plain)) == compared(run(flow.steps)), flow.explain("steps")


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=40)
@given(flow=flows())
def test_each_rule_alone_changes_nothing_that_can_be_seen(name: str, flow: Any) -> None:
    plain = lower_plan(flow.name, flow.nodes, flow.assembly.traps)
    alone, _ = rewrite_plan(persist_forks(plain), set(RULES) - {name})
    assert compared(run(plain)) == compared(run(alone)), flow.explain("steps")


@settings(max_examples=40)
@given(flows())
def test_rules_come_to_an_end(flow: Any) -> None:
    again, fired = rewrite_plan(flow.steps)
    assert fired == ()
    assert again is flow.steps
