"""Traps: what lands in them, stage by stage; groups and joins are in group_traps. Section 8.1."""

from __future__ import annotations

import tempfile

from cascade2spark.assemblies import AverageBy
from cascade2spark.errors import FlowError, RunError
from cascade2spark.fields import Fields
from cascade2spark.operations import Identity, Insert, RegexParser, RegexSplitter
from cascade2spark.operations.callables import function, keep_if
from cascade2spark.pipes import Checkpoint, Each, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Lfs, MemoryTap, MultiSinkTap
from cascade2spark.types import Long
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.functions import BadFilter, BadFunction

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


@function("x")
def _out_of_memory(n):
    raise MemoryError("no more")


def _positive(id, v):
    if not 1 / int(v):
        raise ValueError("none")
    return id, int(v)


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


@case(
    "section 8.1; our own: the part itself fails, behind the group",
    i=rows("k v", ("a", "4"), ("a", "x"), ("b", "2")),
    expected=[("a", 4.0), ("b", 2.0)],
    traps={"i": ["x"]},
    differs="A value that a part of an AggregateBy cannot take is trapped alone.",
)
def a_part_of_an_aggregate_by_traps_its_value(i):
    return AverageBy(i, Fields("k"), Fields("v"), Fields("mean"))
