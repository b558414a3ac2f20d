"""Every over groups: arguments, output selectors, chains. Sections 3.4 and 3.5."""

from __future__ import annotations

from cascade2spark.errors import FieldNotFound, PlanError, RunError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    Average,
    Count,
    First,
    FirstNBuffer,
    Identity,
    Insert,
    MaxValue,
    Sum,
)
from cascade2spark.operations.callables import aggregator, function
from cascade2spark.pipes import Checkpoint, Each, Every, GroupBy, HashJoin, Merge, Pipe
from tests.conformance.case import Fails, Topic, rows
from tests.conformance.functions import RepeatAggregator

case = Topic("every_chains")

AB = rows("a b", ("x", 1), ("y", 5), ("x", 2))
ABC = rows("a b c", (1, "p", 3), (1, "q", 3), (2, "r", 3))


@case(
    "section 3.5: default ALL is group fields and results",
    i=AB,
    expected=[("x", 2), ("y", 1)],
    fields="a count",
    ordered=True,
    covers=42,
)
def default_output_is_group_and_results(i):
    return Every(GroupBy(i, "a"), Count())


@case(
    "section 3.5, worked example",
    i=ABC,
    expected=[(3, 1, "p", 2), (3, 2, "r", 1)],
    fields="c a fb count",
    ordered=True,
    covers=29,
)
def chained_aggregators_each_see_every_row(i):
    first = Every(GroupBy(i, ("c", "a")), "b", First(Fields("fb")))
    return Every(first, "b", Count())


@case(
    "FieldedPipesPlatformTest.testSimpleChain: output width of a long chain",
    i=AB,
    expected=[("x", 2, 3.0, 1.5, 2, 1), ("y", 1, 5.0, 5.0, 5, 5)],
    fields="a count sum average max fb",
    ordered=True,
    covers=29,
)
def a_long_chain(i):
    pipe = Every(GroupBy(i, "a"), Count())
    pipe = Every(pipe, "b", Sum())
    pipe = Every(pipe, "b", Average())
    pipe = Every(pipe, "b", MaxValue())
    return Every(pipe, "b", First(Fields("fb")))


@case("section 3.5: RESULTS", i=AB, expected=[2, 1], fields="count", ordered=True)
def results_only(i):
    return Every(GroupBy(i, "a"), Count(), Fields.RESULTS)


@case(
    "section 3.5: an explicit selector reorders",
    i=AB,
    expected=[(2, "x"), (1, "y")],
    fields="count a",
    ordered=True,
)
def explicit_output_reorders(i):
    return Every(GroupBy(i, "a"), Count(), Fields("count", "a"))


@case(
    "section 1.4: positions count over pass-through and results; BasicPipesPlatformTest.testCount2",
    i=AB,
    expected=[(2, "x"), (1, "y")],
    fields="count a",
    ordered=True,
    covers=42,
)
def positional_output(i):
    return Every(GroupBy(i, "a"), Count(), Fields(-1, 0))


@case(
    "section 3.5: GROUP is the group fields only",
    i=AB,
    expected=["x", "y"],
    fields="a",
    ordered=True,
)
def group_as_output(i):
    return Every(GroupBy(i, "a"), Count(), Fields.GROUP)


@case(
    "section 3.5: REPLACE when the result is named like a group field",
    i=AB,
    expected=["x", "y"],
    fields="a",
    ordered=True,
)
def replace_of_a_group_field(i):
    return Every(GroupBy(i, "a"), "a", First(Fields.ARGS), Fields.REPLACE)


@case(
    "section 3.5: SWAP with arguments that are values fails to plan; "
    "FieldedPipesPlatformTest.testSwap",
    i=AB,
    fails=Fails(PlanError, ("'b'",), "plan"),
    covers=39,
)
def swap_with_value_arguments_is_refused(i):
    return Every(GroupBy(i, "a"), "b", First(Fields("x")), Fields.SWAP)


@case(
    "section 3.5: SWAP of a group field; FieldedPipesPlatformTest.testSwap",
    i=ABC,
    expected=[(1, 3), (2, 3)],
    fields="a x",
    ordered=True,
    covers=39,
    differs="`SWAP` of a group field",
)
def swap_of_a_group_field(i):
    return Every(GroupBy(i, ("a", "c")), "c", First(Fields("x")), Fields.SWAP)


@case(
    "section 3.5: an Aggregator passes no values through",
    i=AB,
    fails=Fails(FieldNotFound, ("'b'",), "plan"),
    covers=43,
)
def a_value_field_as_output_is_refused(i):
    return Every(GroupBy(i, "a"), "b", Count(Fields("n")), Fields("b", "n"))


@case(
    "section 3.5: ALL with a result named like a key fails",
    i=AB,
    fails=Fails(PlanError, ("'a'",), "plan"),
)
def a_result_named_like_the_key_is_refused(i):
    return Every(GroupBy(i, "a"), First())


@case(
    "section 3.5: a result of an earlier Every is no argument",
    i=AB,
    fails=Fails(FieldNotFound, ("'count'",), "plan"),
)
def an_earlier_result_is_no_argument(i):
    return Every(Every(GroupBy(i, "a"), Count()), "count", Sum())


@case("section 3.5: two results of one name", i=AB, fails=Fails(PlanError, ("'count'",), "plan"))
def two_results_of_one_name_are_refused(i):
    return Every(Every(GroupBy(i, "a"), Count()), Count())


@case(
    "section 3.5: the key may be an argument", i=AB, expected=[("x", "x"), ("y", "y")], ordered=True
)
def the_key_may_be_an_argument(i):
    return Every(GroupBy(i, "a"), "a", First(Fields("again")))


@case(
    "section 1.2: VALUES as argument selector",
    i=ABC,
    expected=[(1, "p", 3), (2, "r", 3)],
    ordered=True,
)
def values_as_arguments(i):
    return Every(GroupBy(i, "a"), Fields.VALUES, First(), Fields.ALL)


@case("section 1.2: GROUP as argument selector", i=ABC, expected=[(1, 1), (2, 2)], ordered=True)
def group_as_arguments(i):
    return Every(GroupBy(i, "a"), Fields.GROUP, First(Fields("again")))


@case(
    "section 1.2: Every accepts VALUES as output, but an Aggregator then fails to plan",
    i=AB,
    fails=Fails(PlanError, ("VALUES",), "plan"),
)
def values_as_output_is_refused(i):
    return Every(GroupBy(i, "a"), Count(), Fields.VALUES)


@case(
    "FieldedPipesPlatformTest.testGeneratorAggregator: results multiply",
    i=AB,
    expected=[(k, n, m) for k in "xy" for n in range(2) for m in range(3)],
    fields="a n m",
    ordered=True,
    covers=30,
    python_only=True,
)
def results_multiply(i):
    twice = Every(GroupBy(i, "a"), "b", RepeatAggregator("n", 2))
    return Every(twice, "b", RepeatAggregator("m", 3))


@case(
    "section 3.5: an aggregator that emits nothing suppresses the group",
    i=AB,
    expected=[],
    covers=30,
    python_only=True,
)
def no_result_suppresses_the_group(i):
    none = Every(GroupBy(i, "a"), "b", RepeatAggregator("n", 0))
    return Every(none, Count())


@case("section 3.5: also when it comes last", i=AB, expected=[], covers=30, python_only=True)
def no_result_of_the_last_suppresses_the_group(i):
    return Every(Every(GroupBy(i, "a"), Count()), "b", RepeatAggregator("n", 0))


@case(
    "section 5.4: First(n) emits several, the next multiplies",
    i=AB,
    expected=[("x", 1, 2), ("x", 2, 2), ("y", 5, 1)],
    ordered=True,
    covers=30,
)
def first_n_multiplies_in_a_chain(i):
    return Every(Every(GroupBy(i, "a"), "b", First(Fields("f"), 2)), Count())


@case(
    "section 3.5: group fields are named as the grouping selector resolved them",
    i=AB,
    expected=[("x", 2), ("y", 1)],
    fields="a count",
    ordered=True,
)
def a_positional_key_has_its_name(i):
    return Every(GroupBy(i, Fields(0)), Count())


@case(
    "section 3.4: Each, then Merge, then a group again after an Every",
    i=AB,
    expected=[("x", 2), ("y", 2)],
    ordered=True,
)
def a_group_after_a_merge_of_two_everys(i):
    left = Every(GroupBy(Pipe("l", i), "a"), Count())
    right = Every(GroupBy(Pipe("r", i), "a"), Count())
    return Every(GroupBy(Merge(left, right), "a"), Count(Fields("n")))


@case("section 3.5: an empty stream has no group", i=rows("a b"), expected=[])
def nothing_in_nothing_out(i):
    return Every(GroupBy(i, "a"), Count())


MISPLACED = "section 3.4: must be preceded by an Every or a Group"


@case(MISPLACED, i=AB, fails=Fails(PlanError, ("Every",), "plan"), covers=65)
def every_after_each_is_refused(i):
    return Every(Each(GroupBy(i, "a"), Identity()), Count())


@case(MISPLACED, i=AB, fails=Fails(PlanError, ("Every",), "plan"), covers=65)
def every_after_a_source_is_refused(i):
    return Every(i, Count())


@case(MISPLACED, i=AB, j=AB, fails=Fails(PlanError, ("Every",), "plan"), covers=65)
def every_after_merge_is_refused(i, j):
    return Every(Merge(i, j), Count())


@case(
    MISPLACED, i=AB, j=rows("c d", ("x", 1)), fails=Fails(PlanError, ("Every",), "plan"), covers=65
)
def every_after_hash_join_is_refused(i, j):
    return Every(HashJoin(i, "a", j, "c"), Count())


@case(MISPLACED, i=AB, fails=Fails(PlanError, ("Every",), "plan"), covers=(62, 65))
def every_after_a_checkpoint_is_refused(i):
    return Every(Checkpoint(GroupBy(i, "a")), Count())


@case(
    "section 3.4: only one Buffer, alone",
    i=AB,
    fails=Fails(PlanError, ("Buffer",), "plan"),
    covers=65,
)
def a_buffer_after_an_aggregator_is_refused(i):
    return Every(Every(GroupBy(i, "a"), Count()), "b", FirstNBuffer(1))


@case(
    "section 3.4: only one Buffer, alone",
    i=AB,
    fails=Fails(PlanError, ("Buffer",), "plan"),
    covers=65,
)
def an_aggregator_after_a_buffer_is_refused(i):
    return Every(Every(GroupBy(i, "a"), "b", FirstNBuffer(Fields("f"), 1)), Count())


@case(
    "section 3.4: may not split there; BuildJobsHadoopPlatformTest.testSplitEveryOnGroup",
    i=AB,
    fails=Fails(PlanError, ("split",), "plan"),
    covers=65,
)
def a_split_between_group_and_every_is_refused(i):
    group = GroupBy(i, "a")
    return [Every(Pipe("one", group), Count()), Every(Pipe("two", group), "b", Sum())]


@case(
    "section 3.4: splitting after an Every is legal, and an Every may go on on one branch",
    i=AB,
    expected={"short": [("x", 2), ("y", 1)], "long": [("x", 2, 3.0), ("y", 1, 5.0)]},
    ordered=True,
    covers=65,
    differs="Where one branch goes on with an Every",
)
def a_split_after_an_every(i):
    counted = Every(GroupBy(i, "a"), Count())
    return [Pipe("short", counted), Pipe("long", Every(counted, "b", Sum()))]


@case("section 3.5: constant results", i=AB, expected=[("x", 2, 7), ("y", 1, 7)], ordered=True)
def each_after_every(i):
    return Each(Every(GroupBy(i, "a"), Count()), Fields.NONE, Insert(Fields("n"), 7), Fields.ALL)


# -- failing at the end of a group ----------------------------------------------------------------


def not_two(count):
    if count == 2:
        raise ValueError("two")
    return count


@case(
    "design, section 2: an error shows the group and the results before",
    i=AB,
    fails=Fails(RunError, ("two", "'a', 'count'", "('x', 2)"), cause=ValueError),
    python_only=True,
)
def a_fold_that_fails_at_the_end_shows_its_group(i):
    late = aggregator("late", zero=0, step=lambda n, b: n + 1, finish=not_two)
    return Every(Every(GroupBy(i, "a"), Count()), "b", late)


@case(
    "design, section 2: the same where parts of groups were added up before the exchange",
    i=rows("a b", ("x", 2**62), ("y", 5), ("x", 2**62)),
    fails=Fails(RunError, ("'a', 'count'", "('x', 2)")),
    differs="`Sum` and `SumBy` into a whole-number type",
)
def a_sum_that_does_not_fit_shows_its_group(i):
    return Every(Every(GroupBy(i, "a"), Count()), "b", Sum(Fields("total"), int))


@case(
    "design, section 2: an error shows the row whose key cannot be compared, before the exchange",
    i=AB,
    fails=Fails(RunError, ("object cannot be part of a key", "row", "GroupBy")),
    python_only=True,
)
def a_key_without_an_order_shows_its_row(i):
    keyed = Each(i, "b", function("k")(lambda b: object()), Fields.ALL)
    return Every(GroupBy(keyed, "k"), Count())
