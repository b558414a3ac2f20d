"""Traps: what lands in them, stage by stage. Section 8.1."""

from __future__ import annotations

import tempfile

from cascade2spark.errors import FlowError, RunError
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin
from cascade2spark.operations import (
    AssertGroupSizeEquals,
    Count,
    First,
    Identity,
    Insert,
    RegexParser,
    RegexSplitter,
    Sum,
)
from cascade2spark.operations.base import AssertionLevel
from cascade2spark.operations.callables import function, keep_if
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Lfs, MemoryTap, MultiSinkTap
from cascade2spark.types import Long
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.functions import BadFilter, BadFunction, FailingAggregator, FailingBuffer

case = Topic("traps")

LINES = rows("id line", (1, "a=1"), (2, "bad"), (3, "b=2"))
PARSER = RegexParser(Fields("k", "v"), r"(\w)=(\d)")
TRAPPED = ("StepCounters", "Tuples_Trapped")


@case(
    "section 8.1: the arguments of the failing operation, not the whole row",
    i=LINES,
    expected=[(1, "a", "1"), (3, "b", "2")],
    traps={"i": ["bad"]},
    counters={TRAPPED: 1},
    covers=59,
)
def a_function_traps_its_arguments(i):
    return Each(i, "line", PARSER, Fields("id", "k", "v"))


@case(
    "section 8.1: without a trap the flow fails",
    i=LINES,
    fails=Fails(RunError, ("bad",)),
    covers=59,
)
def without_a_trap_the_flow_fails(i):
    return Each(i, "line", PARSER)


@case(
    "section 8.1: a filter",
    i=rows("n m", (1, 9), (2, 8)),
    expected=[(1, 9)],
    traps={"i": [2]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def a_filter_traps_its_arguments(i):
    return Each(i, "n", BadFilter(2))


@case(
    "TrapPlatformTest.testTrapEachAllChained: each failing stage its own arguments",
    i=rows("n m", (1, "a"), (2, "b"), (3, "c"), (4, "d")),
    expected=[(1, "a"), (4, "d")],
    traps={"i": [2, (3, "c")]},
    counters={TRAPPED: 2},
    covers=59,
    python_only=True,
)
def chained_eaches_trap_their_own_arguments(i):
    first = Each(i, "n", BadFunction("n", 2), Fields.REPLACE)
    return Each(first, ("n", "m"), _bad_pair)


@function("n", "m")
def _bad_pair(n, m):
    if n == 3:
        raise ValueError("three")
    return n, m


@case(
    "section 8.1: failures travel upstream to the nearest pipe with a trap, which records its own "
    "arguments",
    i=rows("n m", (1, "a"), (2, "b")),
    expected=[1],
    traps={"i": [(2, "b")]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def an_untrapped_pipe_is_covered_by_the_one_before_it(i):
    first = Each(i, ("n", "m"), Identity())
    return Each(Pipe("later", first), "n", BadFunction("x", 2))


@case(
    "section 8.1: a trap on a later branch never covers earlier pipes",
    i=rows("n", 1, 2),
    fails=Fails(RunError, ("2",)),
    traps={"later": []},
    covers=59,
    python_only=True,
)
def a_later_trap_does_not_cover_earlier_pipes(i):
    return Each(Pipe("later", Each(i, "n", BadFunction("x", 2))), Identity())


@case(
    "section 8.1: each branch its own trap",
    i=rows("n m", (1, 5), (2, 6)),
    expected=[5],
    traps={"i": [], "later": [(2, 6)]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def the_nearest_trap_takes_it(i):
    first = Each(i, ("n", "m"), Identity())
    later = Each(Pipe("later", first), ("n", "m"), Identity())
    return Each(
        Each(Pipe("last", later), "n", BadFunction("n", 2), Fields.REPLACE), "m", Identity()
    )


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
    "section 8.1: a split: the failing branch's row is trapped once",
    i=rows("n", 1, 2),
    expected={"good": [1, 2], "bad": [1]},
    traps={"bad": [2]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def only_the_failing_branch_traps(i):
    return [Pipe("good", i), Each(Pipe("bad", i), "n", BadFunction("x", 2))]


@case(
    "TrapPlatformTest.testTrapTapSourceSink: sink writing, the outgoing tuple",
    i=rows("line", "a b", "c"),
    sinks=Fields(0, 1),
    expected=[("a", "b")],
    traps={"i": ["c"]},
    counters={TRAPPED: 1},
    covers=59,
)
def a_sink_traps_the_outgoing_tuple(i):
    return Each(i, RegexSplitter(" "))


@case(
    "section 8.1: rows in one trap may differ in width",
    i=rows("a b", (1, 2), (3, 4), (5, 6)),
    expected=[(1, 2)],
    traps={"i": [3, (5, 6)]},
    counters={TRAPPED: 2},
    covers=59,
    python_only=True,
)
def rows_of_other_widths_in_one_trap(i):
    first = Each(i, "a", BadFilter(3))
    return Each(first, ("a", "b"), keep_if(_not_five))


def _not_five(a, b):
    if a == 5:
        raise ValueError("five")
    return True


@case(
    "section 8.1: a trap nobody wrote to does not exist",
    i=rows("n", 1),
    expected=[1],
    traps={"i": []},
    counters={TRAPPED: 0},
    covers=59,
)
def an_unused_trap_stays_empty(i):
    return Each(i, Identity())


@case(
    "section 8.1: element trace and message come first",
    i=LINES,
    expected=[("a", "1"), ("b", "2")],
    properties={"cascading.trap.throwable.message.record": "true"},
    traps={"i": [("three is not a pair", "bad")]},
    covers=59,
    python_only=True,
)
def the_message_may_be_recorded(i):
    return Each(i, "line", _pair)


@function("k", "v")
def _pair(line):
    if "=" not in line:
        raise ValueError("three is not a pair")
    return tuple(line.split("="))


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


@case(
    "section 8.1: the same trap over fused pipes",
    i=rows("n", *range(6)),
    expected=[(0, 7), (1, 7), (2, 7), (4, 7), (5, 7)],
    traps={"i": [3]},
    counters={TRAPPED: 1},
    ordered=True,
    covers=59,
    python_only=True,
)
def a_failure_in_the_middle_of_a_run_of_eaches(i):
    first = Each(i, "n", Identity(Fields("m")))
    second = Each(first, "m", BadFunction("m", 3))
    return Each(second, Fields.NONE, Insert(Fields("x"), 7), Fields.ALL)


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
    "section 8.1: a coercion, the arguments; stock operations and columns too",
    i=rows("id n", (1, "7"), (2, "seven"), (3, None)),
    expected=[(1, 7), (3, None)],
    traps={"i": ["seven"]},
    counters={TRAPPED: 1},
    covers=59,
    python_only=True,
)
def a_coercion_traps_its_arguments(i):
    seen = Each(i, "id", keep_if(_not_nothing))
    return Each(seen, "n", Identity(Long), Fields.REPLACE)


def _not_nothing(id):
    return id is not None


@case(
    "section 8.1: a function behind a stock one: each its own arguments",
    i=rows("id line", (1, "a=1"), (2, "b=x"), (3, "c=0")),
    expected=[(1, "a", 1)],
    traps={"i": ["b=x", (3, "0")]},
    counters={TRAPPED: 2},
    covers=59,
    python_only=True,
)
def a_failure_behind_a_stock_function(i):
    parsed = Each(i, "line", PARSER, Fields("id", "k", "v"))
    return Each(parsed, ("id", "v"), function("id", "v")(_positive), Fields.REPLACE)


def _positive(id, v):
    if not 1 / int(v):
        raise ValueError("none")
    return id, int(v)


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
    fails=Fails(RunError, ("CoGroup 'lhs*rhs'", "a bad key", "('bad', 'bad')", "traps.py")),
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


@function("x")
def _out_of_memory(n):
    raise MemoryError("no more")


@case(
    "section 8.1: running out of memory is never trapped",
    i=rows("n", 1),
    fails=Fails(RunError, ("no more",)),
    traps={"i": []},
    covers=59,
    python_only=True,
)
def running_out_of_memory_fails(i):
    return Each(i, "n", _out_of_memory)


def _narrow_trap(flow_def):
    folder = tempfile.mkdtemp()
    flow_def.add_trap("i", Lfs(TextDelimited(Fields("a", "b")), f"{folder}/trap"))


@case(
    "TrapPlatformTest.testTrapFailure: a trap that cannot take a row fails the flow",
    i=LINES,
    fails=Fails(FlowError, ("trap", "bad")),
    covers=59,
    flow=_narrow_trap,
)
def a_trap_that_fails_fails_the_flow(i):
    return Each(i, "line", PARSER)


@case(
    "section 8.1: a trap before a Checkpoint does not cover what comes after it",
    i=rows("n", 1, 2),
    fails=Fails(RunError, ("cannot work on 2",)),
    traps={"i": []},
    covers=59,
    python_only=True,
    differs="A trap before a Checkpoint",
)
def a_trap_ends_at_a_checkpoint(i):
    kept = Checkpoint("kept", Each(i, "n", BadFunction("n", 7)))
    return Each(Pipe("late", kept), "n", BadFunction("n", 2))


def trap_that_records(what, value=True):
    """Return a trap with a property of its own."""
    trap = MemoryTap()
    trap.get_config_def().set_property(f"cascading.trap.{what}", value)
    return trap


def refuse(line):
    raise ValueError(f"no {line}")


@case(
    "section 8.1: TrapProps may be set per trap tap; other traps are as the flow says",
    i=rows("line", "a"),
    j=rows("line", "b"),
    expected={"x": [], "y": []},
    traps={"i": [("no a", "a")], "j": ["b"]},
    flow=lambda flow_def: flow_def.add_trap("i", trap_that_records("throwable.message.record")),
    covers=59,
    python_only=True,
)
def a_trap_with_properties_of_its_own(i, j):
    failing = function("x")(refuse)
    return [Pipe("x", Each(i, "line", failing)), Pipe("y", Each(j, "line", failing))]


@case(
    "section 8.1: a trap may be several taps; each gets the row, which is counted once",
    i=LINES,
    expected=[(1, "a", "1"), (3, "b", "2")],
    traps={"i": ["bad", "bad"]},
    counters={TRAPPED: 1},
    flow=lambda flow_def: flow_def.add_trap("i", MultiSinkTap(MemoryTap(), MemoryTap())),
)
def a_trap_of_several_taps(i):
    return Each(i, "line", PARSER, Fields("id", "k", "v"))
