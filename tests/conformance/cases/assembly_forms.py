"""More forms of the assemblies, and assemblies with several heads and tails. Sections 6, 3.10."""

from __future__ import annotations

from cascade2spark.assemblies import (
    AggregateBy,
    AverageBy,
    Coerce,
    Copy,
    CountBy,
    Discard,
    FirstBy,
    MaxBy,
    MinBy,
    Rename,
    Retain,
    SumBy,
    Unique,
)
from cascade2spark.comparators import StringInsensitive, reverse_order
from cascade2spark.errors import BuildError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, ExpressionFilter, Identity
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, Merge, Pipe, SubAssembly
from cascade2spark.types import Integer, Long, int_
from tests.conformance.case import Fails, Topic, rows

case = Topic("assembly_forms")

ABC = rows("a b c", (1, "2", None), (4, "5", "6"))


def shapes(name, build, expected, fields, source):
    case.add(name, f"section 6.3: {source}", build, i=ABC, expected=expected, fields=fields)


shapes(
    "rename_of_two_names_into_each_other",
    lambda i: Rename(i, Fields("a", "b"), Fields("b", "a")),
    [(None, 1, "2"), ("6", 4, "5")],
    "c b a",
    "Identity(to) and SWAP: the results may have the names of fields that go",
)
shapes(
    "retain_by_position",
    lambda i: Retain(i, Fields(-1, 0)),
    [(None, 1), ("6", 4)],
    "c a",
    "selector order",
)
shapes(
    "retain_all",
    lambda i: Retain(i, Fields.ALL),
    [(1, "2", None), (4, "5", "6")],
    "a b c",
    "ALL is every field in order",
)
shapes(
    "copy_of_several",
    lambda i: Copy(i, Fields("c", "a"), Fields("x", "y")),
    [(1, "2", None, None, 1), (4, "5", "6", "6", 4)],
    "a b c x y",
    "copies are appended in the order of the selector",
)
shapes(
    "discard_of_several",
    lambda i: Discard(i, Fields("c", "a")),
    ["2", "5"],
    "b",
    "the rest in order",
)
shapes(
    "coerce_to_primitives_and_boxes",
    lambda i: Coerce(i, Fields("b", "c"), int_, Integer),
    [(1, 2, None), (4, 5, 6)],
    "a b c",
    "Identity with types, REPLACE",
)
case.add(
    "discard_of_everything_cannot_be_written",
    "Appendix A: a zero-field sink is a plan error",
    lambda i: Discard(i, Fields.ALL),
    i=ABC,
    fails=Fails(PlanError, ("without fields",), "plan"),
    differs="A sink that nothing is left for",
)


# -- Unique ----------------------------------------------------------------------------------------


def insensitive(name):
    fields = Fields(name)
    fields.set_comparator(name, StringInsensitive())
    return fields


def unique(name, build, expected, i, source):
    case.add(name, f"section 6.2: {source}", build, i=i, expected=expected, ordered=True)


unique(
    "unique_over_all_fields",
    lambda i: Unique(i, Fields.ALL),
    [(1, "a"), (1, "b"), (2, "a")],
    rows("n k", (2, "a"), (1, "b"), (1, "a"), (2, "a"), (1, "b")),
    "grouped on all fields",
)
unique(
    "unique_with_a_comparator_keeps_the_first_row_as_it_came",
    lambda i: Unique(i, insensitive("k")),
    [("A", 2), ("b", 1)],
    rows("k n", ("b", 1), ("A", 2), ("a", 3), ("B", 4)),
    "GroupBy(uniqueFields) and the first row; section 3.3: comparators decide equality",
)
case.add(
    "unique_without_nulls_over_several_pipes",
    "section 6.2: Include, pipes",
    lambda x, y: Unique("u", [x, y], Fields("k"), Unique.Include.NO_NULLS, 5),
    x=rows("k v", ("a", 1), (None, 2)),
    y=rows("k v", ("c", 3), (None, 4)),
    expected={"u": [("a", 1), ("c", 3)]},
    ordered=True,
)


# -- AggregateBy -----------------------------------------------------------------------------------

KV = rows("k v w", ("b", 1, 9), ("a", None, 8), ("b", 4, 7), ("a", None, 6), ("b", None, 5))


def aggregates(name, build, expected, fields, source, i=KV, differs=""):
    case.add(
        name,
        f"section 6.1: {source}",
        build,
        i=i,
        expected=expected,
        fields=fields,
        ordered=True,
        covers=53,
        differs=differs,
    )


def latest(i):
    values = Fields("w")
    values.set_comparator("w", reverse_order())
    return AggregateBy(
        i,
        Fields("k"),
        FirstBy(values, Fields("last")),
        CountBy(Fields("n")),
        SumBy(Fields("v"), Fields("s"), Long),
        MinBy(Fields("w"), Fields("low")),
    )


aggregates(
    "a_comparator_of_one_part_sorts_for_all",
    latest,
    [("a", 8, 2, None, 6), ("b", 9, 3, 5, 5)],
    "k last n s low",
    "value fields with a comparator are the secondary sort of the final GroupBy",
    differs="Values with a comparator sort the parts",
)
aggregates(
    "keys_under_a_comparator",
    lambda i: CountBy(i, insensitive("k"), Fields("n")),
    [("A", 2), ("b", 2)],
    "k n",
    "hashers on group fields are honoured; the group tuple is the first one seen",
    i=rows("k v", ("b", 1), ("A", 2), ("a", 3), ("B", 4)),
)
aggregates(
    "an_average_of_a_declared_type",
    lambda i: AverageBy(i, Fields("k"), Fields("w"), Fields("m", int_)),
    [("a", 7), ("b", 7)],
    "k m",
    "double unless typed",
)
aggregates(
    "first_of_several_values",
    lambda i: FirstBy(i, Fields("k"), Fields("v", "w"), Fields("x", "y")),
    [("a", None, 8), ("b", 1, 9)],
    "k x y",
    "first seen, nulls kept",
)
aggregates(
    "first_without_names_for_results",
    lambda i: FirstBy(i, Fields("k"), Fields("w")),
    [("a", 8), ("b", 9)],
    "k w",
    "results are named as the arguments",
)
aggregates(
    "only_nulls_over_several_values",
    lambda i: CountBy(i, Fields("k"), Fields("v", "w"), Fields("n"), CountBy.Include.ONLY_NULLS),
    [("a", 1), ("b", 0)],
    "k n",
    "ONLY_NULLS counts only if all are null",
    i=rows("k v w", ("a", None, None), ("a", None, 1), ("b", 1, None)),
)
aggregates(
    "count_without_values_counts_the_grouping_fields",
    lambda i: CountBy(i, Fields("k"), Fields("n"), CountBy.Include.NO_NULLS),
    [(None, 0), ("a", 1)],
    "k n",
    "without values it counts the grouping fields",
    i=rows("k v", (None, 1), ("a", None)),
)
aggregates(
    "a_name_and_a_capacity",
    lambda i: MaxBy("largest", i, Fields("k"), Fields("v"), Fields("m"), 1),
    [("a", None), ("b", 4)],
    "k m",
    "name in front, capacity at the end",
)
case.add(
    "merged_pipes_must_have_the_same_fields",
    "section 6.1: pipes are merged; section 3.3: names must be equal on all inputs",
    lambda x, y: GroupBy([x, y], Fields("k")),
    x=rows("k v", ("a", 1)),
    y=rows("v k", (1, "a")),
    fails=Fails(PlanError, ("'k', 'v'", "'v', 'k'"), "plan"),
)


# -- assemblies of one's own -----------------------------------------------------------------------


class Sides(SubAssembly):
    """Two heads, two tails: what joins, and how often each key of the left side is there."""

    def __init__(self, left, right):
        super().__init__(left, right)
        joined = CoGroup("joined", left, Fields("k"), right, Fields("j"))
        counted = Every(GroupBy("counted", left, Fields("k")), Fields.ALL, Count(), Fields.ALL)
        self.set_tails(joined, counted)


LEFT, RIGHT = rows("k v", ("a", 1), ("b", 2), ("a", 3)), rows("j w", ("a", 9))
OWN = "section 3.10"


@case(
    OWN + ": the caller unpacks the tails",
    left=LEFT,
    right=RIGHT,
    expected={"joined": [("a", 1, "a", 9), ("a", 3, "a", 9)], "counted": [("a", 2), ("b", 1)]},
)
def two_heads_and_two_tails(left, right):
    sides = Sides(left, right)
    assert ["joined", "counted"] == list(sides.get_tail_names())
    assert "joined+counted" == sides.get_name()
    return list(sides.get_tails())


class Large(SubAssembly):
    """An assembly within assemblies."""

    def __init__(self, previous, limit):
        super().__init__(previous)
        kept = Each(previous, Fields("v"), ExpressionFilter(f"v <= {limit}", int))
        self.set_tails(Retain(Copy(kept, Fields("v"), Fields("size")), Fields("k", "size")))


@case(
    OWN + ": an alias for its tails, also inside another",
    left=LEFT,
    expected=[("b", 2), ("a", 3)],
    fields="k size",
)
def an_assembly_of_assemblies(left):
    return Large(left, 1)


@case(OWN + ": an assembly goes where a pipe goes", left=LEFT, expected=[("a", 2), ("b", 1)])
def an_assembly_before_a_group(left):
    return Every(GroupBy(Large(left, 0), Fields("k")), Fields.ALL, Count())


@case(
    OWN + ": both tails in one pipe again",
    left=LEFT,
    expected=[("a", 1), ("b", 2), ("a", 3), ("b", 2), ("a", 3)],
)
def tails_that_merge(left):
    large = Rename(Large(Pipe("large", left), 1), Fields("size"), Fields("v"))
    return Merge(Each(Pipe("all", left), Fields("k", "v"), Identity()), large)


@case(
    OWN + ": several tails are no pipe",
    left=LEFT,
    right=RIGHT,
    fails=Fails(BuildError, ("Sides has 2 tails where one pipe is expected",), "build"),
)
def several_tails_are_no_pipe(left, right):
    return Retain(Sides(left, right), Fields("k"))
