"""Traps of groups and joins: what lands in them, and where a boundary ends them. Section 8.1."""

from __future__ import annotations

from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin
from cascade2spark.operations import AssertGroupSizeEquals, Count, First, Sum
from cascade2spark.operations.base import AssertionLevel
from cascade2spark.operations.callables import function
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Pipe
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.cases.traps import TRAPPED
from tests.conformance.functions import BadFunction, FailingAggregator, FailingBuffer

# Of the same topic as the other cases of traps, by whose name the oracle keeps their rows.
case = Topic("traps")

GROUPED = rows("k v", ("a", 1), ("a", 2), ("b", 3), ("b", 4))


@case(
    "TrapPlatformTest.testTrapEveryAllAtAggregate: the arguments of that row, the group goes on",
    i=GROUPED,
    expected=[("a", 1), ("b", 2)],
    traps={"i": [2]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def an_aggregator_at_aggregate(i):
    return Every(GroupBy(i, "k"), "v", FailingAggregator("n", "aggregate", 2))


@case(
    "TrapPlatformTest.testTrapEveryAllAtStart: the group tuple; the group still aggregates and "
    "completes",
    i=GROUPED,
    expected=[("a", 2), ("b", 2)],
    traps={"i": ["b"]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def an_aggregator_at_start(i):
    return Every(GroupBy(i, "k"), "v", FailingAggregator("n", "start", "b"))


@case(
    "TrapPlatformTest.testTrapEveryAllAtComplete: the group fields",
    i=GROUPED,
    expected=[("a", 2)],
    traps={"i": ["b"]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def an_aggregator_at_complete(i):
    return Every(GroupBy(i, "k"), "v", FailingAggregator("n", "complete", "b"))


@case(
    "section 8.1: at complete of a later Every, the group fields and earlier results",
    i=GROUPED,
    expected=[("a", 2, 2)],
    traps={"i": [("b", 2)]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def a_later_aggregator_at_complete(i):
    return Every(Every(GroupBy(i, "k"), Count()), "v", FailingAggregator("n", "complete", "b"))


@case(
    "section 8.1: in a chain the other aggregators see the row",
    i=GROUPED,
    expected=[("a", 1, 3.0), ("b", 2, 7.0)],
    traps={"i": [2]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def a_failing_aggregate_in_a_chain(i):
    first = Every(GroupBy(i, "k"), "v", FailingAggregator("n", "aggregate", 2))
    return Every(first, "v", Sum())


@case(
    "section 8.1: a stock aggregator under a trap; design, section 6: no partial aggregation there",
    i=rows("k v", ("a", 1), ("a", "x"), ("b", 2)),
    expected=[("a", 1.0), ("b", 2.0)],
    traps={"i": ["x"]},
    counters={TRAPPED: 1},
    covers=59,
)
def a_stock_aggregator_traps_the_row(i):
    return Every(GroupBy(i, "k"), "v", Sum())


@case(
    "section 8.1: a stock aggregator without a trap fails",
    i=rows("k v", ("a", 1), ("a", "x")),
    fails=Fails(RunError, ("x",)),
    covers=59,
)
def a_stock_aggregator_without_a_trap_fails(i):
    return Every(GroupBy(i, "k"), "v", Sum())


@case(
    "section 8.1: Buffer, the last arguments; the rest of the group is lost, rows emitted stay",
    i=rows("k v", ("a", 1), ("a", 2), ("a", 3), ("b", 4)),
    expected=[("a", 1), ("b", 4)],
    traps={"i": [2]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def a_failing_buffer(i):
    return Every(GroupBy(i, "k"), "v", FailingBuffer("w", 2), Fields("k", "w"))


@case(
    "section 8.1: an operation after a group boundary is not covered by a trap before it",
    i=rows("k v", ("a", 1), ("b", 2)),
    fails=Fails(RunError, ("2",)),
    traps={"i": []},
    covers=59,
    python_only=True,
)
def a_trap_ends_at_the_group(i):
    grouped = GroupBy("grouped", i, Fields("k"))
    return Each(Pipe("late", grouped), "v", BadFunction("w", 2))


@case(
    "section 8.1: operations after an Every unwind into it, which records the group so far",
    i=rows("k v", ("a", 1), ("b", 2), ("b", 3)),
    expected=[1],
    traps={"i": ["b"]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def a_failure_after_an_every_unwinds_into_it(i):
    counted = Every(GroupBy(i, "k"), Count())
    return Each(Pipe("late", counted), "count", BadFunction("w", 2))


@case(
    "section 8.1: a trap on each of two joined branches",
    lhs=rows("k", 1, 2, 3),
    rhs=rows("j", 1, 2, 3),
    expected=[(1, 1)],
    traps={"lhs": [2], "rhs": [3]},
    counters={TRAPPED: 2},
    covers=59,
    python_only=True,
)
def traps_of_two_joined_branches(lhs, rhs):
    left = Each(lhs, "k", BadFunction("k", 2))
    right = Each(rhs, "j", BadFunction("j", 3))
    return CoGroup(left, "k", right, "j")


@case(
    "section 8.1: in a join in memory the held side traps its own",
    lhs=rows("k", 1, 2, 3),
    rhs=rows("j", 1, 2, 3),
    expected=[(1, 1)],
    traps={"lhs": [2], "rhs": [3]},
    counters={TRAPPED: 2},
    covers=59,
    python_only=True,
)
def traps_of_a_join_in_memory(lhs, rhs):
    left = Each(lhs, "k", BadFunction("k", 2))
    right = Each(rhs, "j", BadFunction("j", 3))
    return HashJoin(left, "k", right, "j")


class _PickyJoin(InnerJoin):
    """Fails on the key `bad`."""

    def get_iterator(self, closure):
        for row in super().get_iterator(closure):
            if "bad" in row:
                raise ValueError("a bad key")
            yield row


@case(
    "section 8.1: Splice internals, here a joiner in memory: the incoming tuple",
    lhs=rows("k v", ("a", 1), ("bad", 2), ("b", 3)),
    rhs=rows("j w", ("a", 4), ("bad", 5), ("b", 6)),
    expected=[("a", 1, "a", 4), ("b", 3, "b", 6)],
    traps={"lhs*rhs": [("bad", 2)]},
    counters={TRAPPED: 1},
    partitions=1,
    covers=59,
    python_only=True,
)
def a_joiner_in_memory_traps_the_incoming_tuple(lhs, rhs):
    return HashJoin(lhs, Fields("k"), rhs, Fields("j"), _PickyJoin())


@case(
    "section 8.1: an Aggregator and the Each behind it: what the group has so far, once",
    i=rows("k v", ("a", 1), ("a", 2), ("b", 5)),
    expected=[("a", 1)],
    traps={"i": [("b",)]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def a_failure_behind_an_aggregator(i):
    firsts = Every(GroupBy(i, "k"), "v", First(Fields("f")))
    return Each(Pipe("late", firsts), "f", function("f")(_not_from_five), Fields.REPLACE)


def _not_from_five(f):
    if f == 5:
        raise ValueError("five")
    return f


@case(
    "section 8.1: a joiner of a CoGroup; the message has the pipe, the key and the user's line",
    lhs=rows("k v", ("a", 1), ("bad", 2)),
    rhs=rows("j w", ("a", 4), ("bad", 5)),
    fails=Fails(RunError, ("CoGroup 'lhs*rhs'", "a bad key", "('bad', 'bad')", "group_traps.py")),
    covers=59,
    python_only=True,
)
def a_joiner_that_fails_names_its_key(lhs, rhs):
    return CoGroup(lhs, Fields("k"), rhs, Fields("j"), _PickyJoin())


@case(
    "section 8.1: Splice internals, here a joiner of a CoGroup: its group; rows made before stay",
    lhs=rows("k v", ("a", 1), ("bad", 2), ("b", 3), (None, 4)),
    rhs=rows("j w", ("a", 4), ("bad", 5), ("b", 6), ("b", 7)),
    expected=[("a", 1, "a", 4), ("b", 3, "b", 6)],
    traps={"lhs*rhs": [("bad", "bad"), ("b", "b"), (None, None)]},
    counters={TRAPPED: 3},
    covers=59,
    python_only=True,
)
def a_joiner_traps_its_group(lhs, rhs):
    return CoGroup(lhs, Fields("k"), rhs, Fields("j"), _FussyJoin())


class _FussyJoin(InnerJoin):
    """Fails at once on no right side, on the key `bad`, and on a row with a 7."""

    def get_iterator(self, closure):
        if closure.is_empty(1):
            raise ValueError("nothing to join with")
        return self._joined(closure)

    def _joined(self, closure):
        for row in super().get_iterator(closure):
            if "bad" in row or 7 in row:
                raise ValueError("a bad row")
            yield row


@case(
    "section 8.1: aggregators after a joiner that failed see the rows it made before",
    lhs=rows("k v", ("a", 1), ("bad", 2), ("b", 3)),
    rhs=rows("j w", ("a", 4), ("bad", 5), ("b", 6), ("b", 7)),
    expected=[("a", "a", 1), ("b", "b", 1)],
    traps={"lhs*rhs": [("bad", "bad"), ("b", "b")]},
    counters={TRAPPED: 2},
    covers=59,
    python_only=True,
)
def a_group_whose_joiner_failed_is_completed(lhs, rhs):
    return Every(CoGroup(lhs, Fields("k"), rhs, Fields("j"), _FussyJoin()), Count())


@case(
    "section 8.1: a trap on a side of a CoGroup does not cover its joiner",
    lhs=rows("k v", ("bad", 2)),
    rhs=rows("j w", ("bad", 5)),
    traps={"lhs": []},
    fails=Fails(RunError, ("CoGroup 'lhs*rhs'", "a bad key")),
    covers=59,
    python_only=True,
)
def a_trap_of_a_side_does_not_cover_the_joiner(lhs, rhs):
    return CoGroup(lhs, Fields("k"), rhs, Fields("j"), _PickyJoin())


class _Picky:
    """A comparator that cannot place the value `bad`."""

    def compare(self, left, right):
        if "bad" in (left, right):
            raise ValueError("no order")
        return (left > right) - (left < right)


@case(
    "section 8.1: comparators, the incoming tuple",
    i=rows("k v", ("a", "2"), ("a", "bad"), ("a", "1")),
    expected=[("a", "1"), ("a", "2")],
    traps={"i": [("a", "bad")]},
    counters={TRAPPED: 1},
    ordered=True,
    covers=59,
    python_only=True,
)
def a_comparator_traps_the_incoming_tuple(i):
    sort = Fields("v")
    sort.set_comparator("v", _Picky())
    return GroupBy(i, Fields("k"), sort)


def _picky_key():
    key = Fields("k")
    key.set_comparator("k", _Picky())
    return key


@case(
    "our own: a comparator of a key without a trap; the message has the row and its fields",
    lhs=rows("k v", ("a", 1), ("b", 2)),
    rhs=rows("j w", ("a", 4), ("bad", 5)),
    fails=Fails(RunError, ("CoGroup 'lhs*rhs'", "no order", "'j', 'w'", "('bad', 5)")),
    python_only=True,
)
def a_key_that_fails_in_a_join_names_its_row(lhs, rhs):
    return CoGroup(lhs, _picky_key(), rhs, Fields("j"))


@case(
    "our own: a comparator of a key without a trap; the message has the row and its fields",
    lhs=rows("k v", ("a", 1), ("bad", 2)),
    rhs=rows("j w", ("a", 4), ("b", 5)),
    fails=Fails(RunError, ("HashJoin 'lhs*rhs'", "no order", "'k', 'v'", "('bad', 2)")),
    python_only=True,
)
def a_key_that_fails_in_a_join_in_memory_names_its_row(lhs, rhs):
    return HashJoin(lhs, _picky_key(), rhs, Fields("j"))


@case(
    "section 8.1: a group assertion, as an Aggregator at complete: group and earlier results",
    i=rows("k v", ("a", 1), ("b", 2), ("a", 3)),
    expected=[("a", 2)],
    traps={"i": [("b", 1)]},
    counters={TRAPPED: 1},
    covers=59,
)
def a_group_assertion_traps_the_group(i):
    counted = Every(GroupBy(i, "k"), Count())
    return Every(counted, AssertionLevel.STRICT, AssertGroupSizeEquals(2))
