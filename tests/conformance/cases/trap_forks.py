"""Traps before a fork: they cover what lies behind it, wherever its branches lead. Section 8.1."""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.joiners import LeftJoin
from cascade2spark.operations import Count, Identity
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.functions import BadFilter, BadFunction, FailingAggregator

case = Topic("trap_forks")

NML = rows("n m", (1, "a"), (2, "b"), (3, "c"))
TRAPPED = ("StepCounters", "Tuples_Trapped")
# One row is trapped, where Cascading's local planner, a thread for each branch, fails.
COVERED: dict[str, Any] = {
    "counters": {TRAPPED: 1},
    "covers": 59,
    "python_only": True,
    "differs": "A trap before a fork covers its branches.",
}


def covered(i):
    """Return a pipe of the trapped branch: what fails behind it lands in the trap of `i`."""
    return Each(i, Fields("n", "m"), Identity(Fields("x", "y")))


@case(
    "section 8.1: a trap covers untrapped pipes up to the next group",
    i=NML,
    expected={"left": [("a", 1), ("c", 1)], "right": [(1, 1), (3, 1)]},
    traps={"i": [(2, "b")]},
    **COVERED,
)
def a_branch_that_fails_on_its_way_to_a_group(i):
    fork = covered(i)
    left = Each(Pipe("left", fork), "x", BadFilter(2))
    right = Pipe("right", fork)
    return [
        Every(GroupBy(left, "y"), Count(Fields("c"))),
        Every(GroupBy(right, "x"), Count(Fields("c"))),
    ]


@case(
    "section 8.1: a trap covers untrapped pipes up to the next group",
    i=NML,
    expected={"left": [("a", 1), ("b", 1), ("c", 1)], "right": [(1, 1), (3, 1)]},
    traps={"i": [(2, "b")]},
    **COVERED,
)
def the_branch_before_it_has_had_the_row(i):
    fork = covered(i)
    left = Pipe("left", fork)
    right = Each(Pipe("right", fork), "x", BadFilter(2))
    return [
        Every(GroupBy(left, "y"), Count(Fields("c"))),
        Every(GroupBy(right, "x"), Count(Fields("c"))),
    ]


@case(
    "section 8.1: both branches into a merge",
    i=NML,
    expected=[(1, "a"), (3, "c"), (1, "a"), (3, "c")],
    traps={"i": [(2, "b")]},
    **COVERED,
)
def a_branch_that_fails_on_its_way_to_a_merge(i):
    fork = covered(i)
    left = Each(Pipe("left", fork), "x", BadFilter(2))
    return Merge(left, Pipe("right", fork))


@case(
    "section 8.1: merged and grouped",
    i=NML,
    expected=[("a", 2), ("c", 2)],
    traps={"i": [(2, "b")]},
    **COVERED,
)
def a_failure_behind_a_merge_of_branches(i):
    fork = covered(i)
    left, right = Pipe("left", fork), Each(Pipe("right", fork), "x", BadFilter(7))
    merged = Each(Merge("m", left, right), "x", BadFilter(2))
    return Every(GroupBy(merged, "y"), Count(Fields("c")))


@case(
    "section 8.1: joined again",
    i=NML,
    expected=[(1, "a", 1, "a"), (3, "c", 3, "c")],
    traps={"i": [(2, "b")]},
    **COVERED,
)
def a_branch_that_fails_on_its_way_to_a_join(i):
    fork = covered(i)
    left = Each(Pipe("left", fork), "x", BadFilter(2))
    right = Each(Pipe("right", fork), "x", BadFilter(7))
    return CoGroup(left, "x", right, "x", Fields("x", "y", "x2", "y2"))


@case(
    "section 8.1: joined again in memory, failing before the join",
    i=NML,
    expected=[(1, "a", 1, "a"), (3, "c", 3, "c")],
    traps={"i": [(2, "b")]},
    **COVERED,
)
def a_streamed_branch_that_fails_before_a_join_in_memory(i):
    fork = covered(i)
    left = Each(Pipe("left", fork), "x", BadFilter(2))
    right = Each(Pipe("right", fork), "x", BadFilter(7))
    return HashJoin(left, "x", right, "x", Fields("x", "y", "x2", "y2"))


@case(
    "section 8.1: joined again in memory, failing before the join",
    i=NML,
    expected=[(1, "a", 1, "a"), (2, "b", None, None), (3, "c", 3, "c")],
    traps={"i": [(2, "b")]},
    **COVERED,
)
def a_held_branch_that_fails_before_a_join_in_memory(i):
    fork = covered(i)
    left = Each(Pipe("left", fork), "x", BadFilter(7))
    right = Each(Pipe("right", fork), "x", BadFilter(2))
    return HashJoin(left, "x", right, "x", Fields("x", "y", "x2", "y2"), LeftJoin())


@case(
    "section 8.1: joined again in memory: the join waits for all rows, so nothing before it covers",
    i=NML,
    fails=Fails(RunError, ("2",)),
    traps={"i": []},
    covers=59,
    python_only=True,
)
def a_failure_behind_a_join_in_memory_with_itself(i):
    fork = covered(i)
    left = Each(Pipe("left", fork), "x", BadFilter(7))
    right = Each(Pipe("right", fork), "x", BadFilter(7))
    joined = HashJoin(left, "x", right, "x", Fields("x", "y", "x2", "y2"))
    return Each(Pipe("late", joined), "x", BadFilter(2))


@case(
    "section 8.1: a join in memory with another stream",
    i=NML,
    j=rows("k", 1, 2, 3),
    expected={"late": [(1, "a", 1), (3, "c", 3)], "other": [(1, "a"), (3, "c")]},
    traps={"i": [(2, "b")]},
    **COVERED,
)
def a_failure_behind_a_join_in_memory(i, j):
    fork = covered(i)
    joined = HashJoin(Pipe("late", fork), "x", j, "k", Fields("x", "y", "k"))
    late = Each(joined, "x", BadFilter(2))
    return [GroupBy(Pipe("late", late), "x"), GroupBy(Pipe("other", fork), "x")]


@case(
    "section 8.1: behind an Every, its group",
    i=rows("k v", ("a", 1), ("b", 2), ("c", 3)),
    expected={"left": ["a", "c"], "right": [("a", 1), ("c", 1)]},
    traps={"i": ["b"]},
    **COVERED,
)
def a_fork_behind_a_group(i):
    counted = Every(GroupBy(i, "k"), "v", FailingAggregator("s", "aggregate", 7))
    left = Each(Pipe("left", counted), "k", BadFunction("k", "b"))
    return [
        Every(GroupBy(Pipe("left", left), "k"), Count(Fields("c")), Fields("k")),
        Every(GroupBy(Pipe("right", counted), "k"), Count(Fields("c"))),
    ]


@case(
    "section 8.1: two forks, one behind the other; the nearest trap takes it",
    i=NML,
    expected={"a": [(1, "a")], "b": [(1, "a"), (2, "b")], "c": [(1, "a"), (2, "b"), (3, "c")]},
    traps={"i": [], "in": [(2, "b"), (3, "c")]},
    counters={TRAPPED: 2},
    covers=59,
    python_only=True,
    differs="A trap before a fork covers its branches.",
)
def a_fork_behind_a_fork(i):
    fork = covered(i)
    c = GroupBy(Pipe("c", fork), "x")
    inner = Each(Pipe("in", fork), Fields("x", "y"), Identity())
    b = Each(Pipe("b", inner), "x", BadFilter(3))
    a = Each(Pipe("a", b), "x", BadFilter(2))
    return [c, GroupBy(b, "x"), GroupBy(a, "x")]
