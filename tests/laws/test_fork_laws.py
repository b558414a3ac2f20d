"""Forks behind traps: what fails on a branch is trapped as on the engine that is read to be right.

The engine over batches ends a task where the plan keeps rows, as Spark does; the reference engine
hands each row on through every fork.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, LeftJoin
from cascade2spark.operations import Count, Identity
from cascade2spark.operations.callables import function, keep_if
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.planner.rules import RULES
from tests.laws.running import ALL_OFF, agree
from tests.laws.strategies import NAMES, Job

RULES_OFF = st.sampled_from(["", "drop_unused_persist", *RULES, ALL_OFF])
FORMS = st.sampled_from(["rows", "columns"])
VALUES = st.sampled_from([1, 2, 3, 4])
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=6)
JOINED = Fields("a", "b", "c", "d", "e", "f")


def _fails_on(bad: int) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if value == bad:
            raise ValueError(bad)
        return value

    return checked


class _Forks:
    """Draws pipes of the fields `NAMES`, whose names are numbered so that some can be trapped."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw
        self.names = ["in"]

    def branch(self, pipe: Pipe) -> Pipe:
        self.names.append(f"n{len(self.names)}")
        return Pipe(self.names[-1], pipe)

    def work(self, pipe: Pipe) -> Pipe:
        field = self.draw(st.sampled_from(NAMES))
        kind = self.draw(st.sampled_from(["fails", "fails", "passes", "drops", "group"]))
        if kind == "fails":
            failing = function(field)(_fails_on(self.draw(VALUES)))
            return Each(pipe, field, failing, Fields.REPLACE)
        if kind == "passes":
            return Each(pipe, Fields(*NAMES), Identity())
        if kind == "drops":
            dropped = self.draw(VALUES)
            return Each(pipe, field, keep_if(lambda value: value != dropped))
        return GroupBy(pipe, Fields(*NAMES))

    def forked(self, pipe: Pipe) -> list[Pipe]:
        count = self.draw(st.integers(2, 3))
        return [self.work(self.branch(pipe)) for _ in range(count)]

    def together(self, first: Pipe, second: Pipe) -> Pipe:
        kind = self.draw(st.sampled_from(["merge", "join", "hash join", "hash join"]))
        first, second = self.branch(first), Each(self.branch(second), Fields(*NAMES), Identity())
        if kind == "merge":
            return Merge(first, second)
        keys = [Fields("a"), Fields("b")]
        sides = [first, second]
        if kind == "join":
            joined: Pipe = CoGroup(sides, keys, JOINED, InnerJoin())
        else:
            joined = HashJoin(sides, keys, JOINED, self.draw(st.sampled_from(JOINERS)))
        return Each(self.branch(joined), Fields(*NAMES), Identity())


JOINERS = (InnerJoin(), LeftJoin())


@st.composite
def forked_jobs(draw: Callable[[Any], Any]) -> Job:
    """Draw a job whose traps are above forks, and whose branches fail, meet and part again."""
    forks = _Forks(draw)
    pipes = forks.forked(Each(Pipe("in"), Fields(*NAMES), Identity()))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(pipes) - 1))
        if draw(st.booleans()):
            met = forks.together(pipes[place], draw(st.sampled_from(pipes)))
            pipes[place] = forks.work(met)
        else:
            pipes[place : place + 1] = forks.forked(pipes[place])[:2]
    tails = []
    for number, pipe in enumerate(pipes[:4]):
        name = f"out{number}"
        ends = [Pipe(name, pipe), Every(GroupBy(name, pipe, Fields("a")), Count(Fields("n")))]
        tails.append(draw(st.sampled_from(ends)))
    traps = ("in", *draw(st.lists(st.sampled_from(forks.names[1:]), max_size=2, unique=True)))
    return Job(tuple(tails), {"in": draw(ROWS)}, traps)


@given(forked_jobs(), RULES_OFF, st.sampled_from([1, 3]), FORMS)
def test_a_trap_covers_the_same_behind_forks_on_every_engine(job, rules_off, partitions, form):
    agree(job, rules_off, partitions, (3, 100, "256m"), form)
