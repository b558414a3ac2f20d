"""CoGroup: the names of what leaves, the group's fields, joins of a stream with itself."""

from __future__ import annotations

from cascade2spark.comparators import (
    NullNotEquivalentComparator,
)
from cascade2spark.errors import BuildError, FieldNotFound, PlanError
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, OuterJoin
from cascade2spark.operations import Count, Identity, Sum
from cascade2spark.pipes import CoGroup, Each, Every, Pipe
from tests.conformance.case import Fails, Topic, rows

case = Topic("co_group_names")

LHS = rows("k x", (1, "a"), (2, "b"), (None, "n"), (2, "c"))
RHS = rows("j y", (2, "B"), (3, "D"), (None, "N"), (2, "C"))

INNER = [
    (None, "n", None, "N"),
    (2, "b", 2, "B"),
    (2, "b", 2, "C"),
    (2, "c", 2, "B"),
    (2, "c", 2, "C"),
]

TWO_KEYS = rows("k l x", (1, None, "a"), (1, 2, "b"), (None, None, "c"))
TWO_KEYS_RIGHT = rows("m n y", (1, None, "A"), (None, 1, "B"), (None, None, "C"), (1, 2, "D"))


# -- group fields and Every ----------------------------------------------------------------------


@case(
    "CoGroupFieldedPipesPlatformTest.testCoGroupInnerSingleField: the keys of both sides pass",
    lhs=LHS,
    rhs=RHS,
    expected=[(None, None, 1), (2, 2, 4)],
    fields="k j count",
    ordered=True,
    covers=7,
)
def every_passes_the_keys_of_both_sides(lhs, rhs):
    return Every(CoGroup(lhs, "k", rhs, "j"), Count())


@case(
    "section 3.6: the key of a missing side is null in the group tuple",
    lhs=LHS,
    rhs=RHS,
    expected=[(None, None, 1), (1, None, 1), (2, 2, 4), (None, 3, 1)],
    ordered=True,
    covers=6,
)
def an_outer_miss_is_null_in_the_group_tuple(lhs, rhs):
    return Every(CoGroup(lhs, "k", rhs, "j", OuterJoin()), Count())


@case(
    "section 3.6: result group fields",
    lhs=LHS,
    rhs=RHS,
    expected=[(None, None, 1), (2, 2, 4)],
    fields="left right count",
    covers=6,
)
def result_group_names_the_keys(lhs, rhs):
    declared = Fields("k", "x", "j", "y")
    return Every(CoGroup(lhs, "k", rhs, "j", declared, Fields("left", "right")), Count())


@case(
    "section 3.6: declared (k1, x, k2, y) gives the group (k1, k2)",
    lhs=rows("k x", (1, "a")),
    rhs=rows("k x", (1, "A")),
    expected=[(1, 1, 1)],
    fields="k1 k2 count",
    covers=6,
)
def declared_names_are_the_group_names(lhs, rhs):
    declared = Fields("k1", "x", "k2", "y")
    return Every(CoGroup(lhs, "k", rhs, "k", declared), Count())


@case(
    "section 3.6: result group size is key count times pipes",
    lhs=LHS,
    rhs=RHS,
    fails=Fails(BuildError, ("2",), "build"),
    covers=6,
)
def a_result_group_of_another_size_is_refused(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "j", Fields("k", "x", "j", "y"), Fields("only"))


@case(
    "section 3.5: aggregates run over the joined rows",
    lhs=rows("k x", (1, 10), (1, 20)),
    rhs=rows("j y", (1, 3), (1, 4)),
    expected=[(1, 1, 60.0, 14.0)],
    fields="k j sum_x sum_y",
)
def every_sees_the_joined_rows(lhs, rhs):
    total = Every(CoGroup(lhs, "k", rhs, "j"), "x", Sum(Fields("sum_x")))
    return Every(total, "y", Sum(Fields("sum_y")))


# -- names ---------------------------------------------------------------------------------------

SAME_LEFT, SAME_RIGHT = rows("k v", (1, "a"), (2, "b")), rows("k v", (1, "A"), (3, "C"))


@case(
    "CoGroupFieldedPipesPlatformTest.testCoGroup: declared fields",
    lhs=SAME_LEFT,
    rhs=SAME_RIGHT,
    expected=[(1, "a", 1, "A")],
    fields="k1 v1 k2 v2",
    covers=12,
)
def declared_fields(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "k", Fields("k1", "v1", "k2", "v2"))


@case(
    "CoGroupFieldedPipesPlatformTest.testCoGroup: the joiner carries the declaration",
    lhs=SAME_LEFT,
    rhs=SAME_RIGHT,
    expected=[(1, "a", 1, "A")],
    fields="k1 v1 k2 v2",
    covers=12,
)
def joiner_carried_fields(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "k", InnerJoin(Fields("k1", "v1", "k2", "v2")))


@case(
    "section 3.6: any name clash is a plan-time error, the key included",
    lhs=rows("k x", (1, "a")),
    rhs=rows("k y", (1, "A")),
    fails=Fails(PlanError, ("'k'",), "plan"),
    covers=12,
)
def a_name_on_both_sides_is_refused(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "k")


@case(
    "section 3.6: declared size must be the sum of the inputs",
    lhs=SAME_LEFT,
    rhs=SAME_RIGHT,
    fails=Fails(PlanError, ("3", "4"), "plan"),
)
def declared_fields_of_another_size_are_refused(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "k", Fields("a", "b", "c"))


@case(
    "section 3.6: same key count on all sides",
    lhs=TWO_KEYS,
    rhs=TWO_KEYS_RIGHT,
    fails=Fails(BuildError, (), "build"),
)
def keys_of_other_sizes_are_refused(lhs, rhs):
    return CoGroup(lhs, ("k", "l"), rhs, "m")


@case("section 3.6: distinct branch names", i=SAME_LEFT, fails=Fails(BuildError, ("'i'",), "build"))
def branches_of_one_name_are_refused(i):
    left = Each(i, ("k", "v"), Identity(Fields("a", "b")))
    right = Each(i, ("k", "v"), Identity(Fields("c", "d")))
    return CoGroup(left, "a", right, "c")


@case(
    "section 1.7: key not found",
    lhs=LHS,
    rhs=RHS,
    fails=Fails(FieldNotFound, ("'nope'", "'j', 'y'"), "plan", cause=FieldNotFound),
    covers=43,
)
def a_missing_key_is_refused(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "nope")


@case(
    "section 3.6: the default key of the varargs form is position 0",
    lhs=LHS,
    rhs=RHS,
    expected=INNER,
)
def the_default_key_is_position_zero(lhs, rhs):
    return CoGroup(lhs, rhs)


# -- self joins ----------------------------------------------------------------------------------

SELF = rows("k v", (1, "a"), (1, "b"), (2, "c"))
SELF_JOINED = [
    (1, "a", 1, "a"),
    (1, "a", 1, "b"),
    (1, "b", 1, "a"),
    (1, "b", 1, "b"),
    (2, "c", 2, "c"),
]
FOUR = Fields("k1", "v1", "k2", "v2")

for name, build in (
    ("by_number", lambda i: CoGroup(i, Fields("k"), 1, FOUR)),
    ("same_object_twice", lambda i: CoGroup(i, "k", i, "k", FOUR)),
    ("renamed_pipe", lambda i: CoGroup(i, "k", Pipe("other", i), "k", FOUR)),
    ("both_renamed", lambda i: CoGroup(Pipe("l", i), "k", Pipe("r", i), "k", FOUR)),
):
    case.add(
        f"self_join_{name}",
        "CoGroupFieldedPipesPlatformTest.testCoGroupSamePipe, testCoGroupSamePipe2, 3",
        build,
        i=SELF,
        expected=SELF_JOINED,
        fields="k1 v1 k2 v2",
        ordered=True,
        within=(0,),
        covers=8,
    )


@case(
    "section 3.6: the group of a self join is the input's own key selector, once",
    i=SELF,
    expected=[(1, 4), (2, 1)],
    fields="k count",
    ordered=True,
    covers=(6, 8),
)
def the_group_of_a_self_join_is_the_key_once(i):
    return Every(CoGroup(i, Fields("k"), 1, FOUR), Count())


@case(
    "section 3.6: numSelfJoins 2 is three sides",
    i=rows("k v", (1, "a"), (1, "b")),
    expected=[(1, p, 1, q, 1, r) for p in "ab" for q in "ab" for r in "ab"],
    ordered=True,
    covers=8,
)
def a_self_join_of_three_sides(i):
    return CoGroup(i, Fields("k"), 2, Fields("k1", "v1", "k2", "v2", "k3", "v3"))


@case(
    "section 3.6: key selectors of a self join must be equal",
    i=SELF,
    fails=Fails(BuildError, (), "build"),
    covers=8,
)
def a_self_join_on_different_keys_is_refused(i):
    return CoGroup(i, "k", i, "v", FOUR)


@case(
    "appendix A: NullNotEquivalent in a self join, unmatched as SQL",
    i=rows("k v", (1, "a"), (None, "n")),
    expected=[(1, "a", 1, "a")],
    covers=(2, 8),
    differs="In a self join such a row meets nothing",
)
def null_not_equivalent_in_a_self_join(i):
    key = Fields("k")
    key.set_comparator("k", NullNotEquivalentComparator())
    return CoGroup(i, key, 1, FOUR)
