"""Splits, forks, several sinks, checkpoints, own assemblies. Sections 3.1 and 3.9 to 3.11."""

from __future__ import annotations

from cascade2spark.errors import BuildError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, ExpressionFilter, Identity, Insert, RegexFilter, Sum
from cascade2spark.pipes import (
    Checkpoint,
    CoGroup,
    Each,
    Every,
    GroupBy,
    HashJoin,
    Merge,
    Pipe,
    SubAssembly,
)
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import MemoryTap
from cascade2spark.types import int_
from tests.conformance.case import Fails, Topic, lines, rows
from tests.conformance.functions import CounterFunction, FlushingFunction, SideEffect

case = Topic("branches")

NL = rows("n l", (1, "a"), (2, "b"), (3, "c"))


@case(
    "section 3.1: one pipe as input of several splits the stream",
    i=NL,
    expected={"low": [(1, "a")], "high": [(2, "b"), (3, "c")]},
    ordered=True,
)
def a_split_into_two_sinks(i):
    low = Each(Pipe("low", i), "n", ExpressionFilter("n > 1", int))
    high = Each(Pipe("high", i), "n", ExpressionFilter("n <= 1", int))
    return [low, high]


@case(
    "section 3.1: rows flow to each branch",
    i=NL,
    expected={"all": [(1, "a"), (2, "b"), (3, "c")], "letters": ["a", "b", "c"], "count": [3]},
)
def a_split_into_three_sinks(i):
    return [
        Pipe("all", i),
        Each(Pipe("letters", i), "l", Identity()),
        Every(GroupBy(Pipe("count", i), Fields.NONE), Count()),
    ]


@case(
    "section 9.1: a tail may feed another tail, its own sink is still filled",
    i=NL,
    expected={"first": [(1, "a", 7), (2, "b", 7), (3, "c", 7)], "second": [3]},
    covers=65,
)
def a_tail_that_feeds_another_tail(i):
    first = Each(Pipe("first", i), Fields.NONE, Insert("x", 7), Fields.ALL)
    return [first, Every(GroupBy(Pipe("second", first), "x"), Count(), Fields.RESULTS)]


@case(
    "section 9.1: a tail that has the head's name, listed last; a port loses nothing by accepting "
    "it. SubAssemblyPlatformTest.testAssemblyPlanFailure",
    i=NL,
    expected={"other": ["a", "b", "c"], "i": [1, 2, 3]},
    covers=65,
    differs="A sink belongs to the tail pipe",
)
def a_tail_of_the_heads_name_listed_last(i):
    return [Each(Pipe("other", i), "l", Identity()), Each(i, "n", Identity())]


@case(
    "section 3.1: a diamond of a split and a merge",
    i=NL,
    expected=[(1, "a", 1), (2, "b", 1), (3, "c", 1), (1, "a", 2), (2, "b", 2), (3, "c", 2)],
)
def a_diamond_of_a_split_and_a_merge(i):
    left = Each(Pipe("l", i), Fields.NONE, Insert("side", 1), Fields.ALL)
    right = Each(Pipe("r", i), Fields.NONE, Insert("side", 2), Fields.ALL)
    return Merge(left, right)


@case(
    "section 3.1: a diamond of a split and a join",
    i=NL,
    expected=[(1, "a", "a"), (2, "b", "b"), (3, "c", "c")],
    ordered=True,
)
def a_diamond_of_a_split_and_a_join(i):
    left = Each(Pipe("l", i), ("n", "l"), Identity())
    right = Each(Pipe("r", i), ("n", "l"), Identity(Fields("m", "k")))
    return Each(CoGroup(left, "n", right, "m"), ("n", "l", "k"), Identity())


@case(
    "section 3.1: a split after a Group reaches both sinks",
    i=NL,
    expected={"rows": [(1, "a"), (2, "b"), (3, "c")], "n": [1, 2, 3]},
    ordered=True,
)
def a_split_after_a_group(i):
    group = GroupBy(i, "n")
    return [Pipe("rows", group), Each(Pipe("n", group), "n", Identity())]


@case(
    "section 3.1: two sources, two sinks, one flow",
    x=NL,
    y=rows("k", "p", "q"),
    expected={"xs": [(1, "a"), (2, "b"), (3, "c")], "ys": ["p", "q"]},
)
def two_flows_side_by_side(x, y):
    return [Pipe("xs", x), Pipe("ys", y)]


@case(
    "section 3.11: an unsafe operation runs once per row even if its output feeds several branches",
    i=NL,
    expected={"one": [1, 2, 3], "two": [(1, 1), (2, 1), (3, 1)]},
    counters={("unsafe", "calls"): 3},
    python_only=True,
)
def an_unsafe_operation_runs_once_per_row(i):
    unsafe = Each(i, "n", SideEffect())
    return [Pipe("one", unsafe), Every(GroupBy(Pipe("two", unsafe), "n"), Count())]


@case(
    "section 9.4: counters count each row once",
    i=NL,
    expected=[1, 2, 3],
    counters={
        ("mine", "rows"): 3,
        ("mine", "sum"): 6,
        ("StepCounters", "Tuples_Read"): 3,
        ("StepCounters", "Tuples_Written"): 3,
    },
    covers=63,
    python_only=True,
)
def counters(i):
    return Each(i, "n", CounterFunction())


@case(
    "section 9.4: Tuples_Read and Tuples_Written over a group; CascadingStatsPlatformTest",
    i=rows("k v", ("a", 1), ("b", 2), ("a", 3)),
    expected=[("a", 2), ("b", 1)],
    counters={
        ("StepCounters", "Tuples_Read"): 3,
        ("StepCounters", "Tuples_Written"): 2,
        ("SliceCounters", "Tuples_Read"): 6,
        ("SliceCounters", "Tuples_Written"): 5,
    },
    covers=63,
    differs="`SliceCounters.Tuples_Read` counts",
)
def counters_over_a_group(i):
    return Every(GroupBy(i, "k"), Count())


@case(
    "section 5.1: flush may still emit through a collector that was kept",
    i=NL,
    expected=[6],
    partitions=1,
    python_only=True,
)
def flush_may_emit(i):
    return Each(i, "n", FlushingFunction("total"))


@case(
    "section 5.1: what flush emits goes through the rest of the task and its groups",
    i=NL,
    expected=[(6, 1)],
    partitions=1,
    python_only=True,
)
def flushed_rows_reach_a_group(i):
    return Every(GroupBy(Each(i, "n", FlushingFunction("total")), "total"), Count())


# -- checkpoints ---------------------------------------------------------------------------------


@case("section 3.9: rows pass a Checkpoint", i=NL, expected=[(1, "a"), (2, "b"), (3, "c")])
def a_checkpoint_passes_rows(i):
    return Checkpoint(i)


@case(
    "section 3.9: a Checkpoint before a split",
    i=NL,
    expected={"x": [1, 2, 3], "y": ["a", "b", "c"]},
)
def a_checkpoint_before_a_split(i):
    kept = Checkpoint("kept", Each(i, ("n", "l"), Identity()))
    return [Each(Pipe("x", kept), "n", Identity()), Each(Pipe("y", kept), "l", Identity())]


@case(
    "section 3.9: between two groups",
    i=rows("k v", ("a", 1), ("b", 2), ("a", 3)),
    expected=[(1, 1), (2, 1)],
    ordered=True,
)
def a_checkpoint_between_two_groups(i):
    counted = Checkpoint(Every(GroupBy(i, "k"), Count()))
    return Every(GroupBy(counted, "count"), Count(Fields("n")))


@case(
    "CheckpointPlatformTest.testFailCheckpoint: unknown checkpoint name",
    i=NL,
    fails=Fails(PlanError, ("'nope'", "'kept'"), "plan"),
    covers=62,
    flow=lambda flow_def: flow_def.add_checkpoint("nope", MemoryTap()),
)
def an_unknown_checkpoint_name_is_refused(i):
    return Pipe("out", Checkpoint("kept", i))


@case(
    "CheckpointPlatformTest.testFailCheckpoint: declared fields on the tap",
    i=NL,
    fails=Fails(PlanError, ("'kept'", "'n', 'l'"), "plan"),
    covers=62,
    flow=lambda flow_def: flow_def.add_checkpoint("kept", MemoryTap(Fields("n", "l"))),
)
def a_declared_checkpoint_tap_is_refused(i):
    return Pipe("out", Checkpoint("kept", i))


@case(
    "CheckpointPlatformTest.testDuplicateCheckpoint: an error once the flow can be restarted",
    i=NL,
    fails=Fails(PlanError, ("'kept'",), "plan"),
    covers=62,
    flow=lambda flow_def: flow_def.set_run_id("run"),
)
def two_checkpoints_of_one_name_are_refused(i):
    return Pipe("out", Checkpoint("kept", Each(Checkpoint("kept", i), Identity())))


@case(
    "section 3.9: a run id keeps named checkpoints; rows, traps and counters are as without one",
    i=rows("k v", ("a", 1), ("b", 0), ("a", 3), (None, 5), ("b", 7)),
    expected={
        "sums": lines(None, "\t5.0", "a\t3.0", "b\t7.0"),
        "large": lines(None, "\t5", "b\t7"),
    },
    sinks={name: TextDelimited(Fields.ALL, False, "\t") for name in ("sums", "large")},
    traps={"i": [(0,)]},
    counters={
        ("StepCounters", "Tuples_Read"): 5,
        ("StepCounters", "Tuples_Written"): 5,
        ("StepCounters", "Tuples_Trapped"): 1,
        ("unsafe", "calls"): 3,
    },
    covers=62,
    flow=lambda flow_def: flow_def.set_run_id("run"),
    python_only=True,
)
def kept_checkpoints_change_nothing(i):
    divided = Each(i, "v", ExpressionFilter("10 / v > 5", int_))
    kept = Checkpoint("kept", Each(divided, "v", SideEffect(), Fields.REPLACE))
    sums = Checkpoint("sums", Every(GroupBy(kept, "k"), "v", Sum(Fields("s"))))
    return [sums, Each(Pipe("large", kept), "v", ExpressionFilter("v < 4", int_))]


# -- assemblies of one's own ---------------------------------------------------------------------


class Halves(SubAssembly):
    """Two tails: rows up to `limit`, and those above."""

    def __init__(self, pipe, limit):
        super().__init__(pipe)
        low = Each(Pipe("low", pipe), "n", ExpressionFilter(f"n > {limit}", int))
        high = Each(Pipe("high", pipe), "n", ExpressionFilter(f"n <= {limit}", int))
        self.set_tails(low, high)


class Doubled(SubAssembly):
    """One tail: every row twice."""

    def __init__(self, pipe):
        super().__init__(pipe)
        again = Each(Pipe("again", pipe), Identity())
        self.set_tails(Merge(pipe, again))


class WithoutTails(SubAssembly):
    """Forgets to set its tails."""

    def __init__(self, pipe):
        super().__init__(pipe)


@case(
    "section 3.10: the planner unwraps an assembly",
    i=NL,
    expected=[(1, 2), (2, 2), (3, 2)],
    ordered=True,
)
def an_assembly_of_one_tail(i):
    return Every(GroupBy(Doubled(i), "n"), Count())


@case("section 3.10: an assembly as a tail", i=rows("n", 1), expected=[1, 1])
def an_assembly_as_a_tail(i):
    return Pipe("out", Doubled(i))


@case(
    "section 3.10: multi-tail assemblies are unpacked by the caller",
    i=NL,
    expected={"low": [(1, "a")], "high": [(2, "b"), (3, "c")]},
)
def an_assembly_of_two_tails(i):
    return list(Halves(i, 1).get_tails())


@case(
    "section 3.1: a plain Pipe over an assembly with several tails",
    i=NL,
    fails=Fails(BuildError, ("2",), "build"),
)
def a_pipe_over_two_tails_is_refused(i):
    return Pipe("out", Halves(i, 1))


@case(
    "section 3.10: used before set_tails", i=NL, fails=Fails(BuildError, ("WithoutTails",), "build")
)
def an_assembly_without_tails_is_refused(i):
    return Each(WithoutTails(i), Identity())


@case("section 3.10: an assembly of an assembly", i=rows("n", 1), expected=[1, 1, 1, 1])
def an_assembly_of_an_assembly(i):
    return Pipe("out", Doubled(Doubled(i)))


# -- long ways -----------------------------------------------------------------------------------


@case(
    "section 10.1: a chain of two groups, a join in memory and a merge",
    i=rows("k v", ("a", 1), ("b", 2), ("a", 3), ("c", None)),
    expected=[("a", 4.0, "a", 2), ("b", 2.0, "b", 1), ("c", None, "c", 1)],
)
def groups_and_a_join_of_one_source(i):
    totals = Every(GroupBy(Pipe("totals", i), "k"), "v", Sum())
    counts = Every(GroupBy(Pipe("counts", i), "k"), Count())
    renamed = Each(counts, ("k", "count"), Identity(Fields("j", "count")))
    return HashJoin(totals, "k", renamed, "j")


@case(
    "section 3.2: many Eaches in a row keep the stream order",
    i=rows("n", *range(40)),
    expected=[n for n in range(40) if "3" in str(n)],
    ordered=True,
)
def many_eaches_keep_the_order(i):
    pipe = Each(i, "n", RegexFilter("3"))
    for _ in range(5):
        pipe = Each(pipe, Identity())
    return pipe
