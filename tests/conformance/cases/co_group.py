"""CoGroup: which rows join, with which nulls, under which names and keys. Sections 3.6 and 4."""

from __future__ import annotations

from cascade2spark.comparators import (
    NullNotEquivalentComparator,
    StringInsensitive,
    reverse_order,
)
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, LeftJoin, MixedJoin, OuterJoin, RightJoin
from cascade2spark.operations import Count, ExpressionFilter, FilterNotNull, Identity
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, Pipe
from tests.conformance.case import Fails, Topic, rows

case = Topic("co_group")

LHS = rows("k x", (1, "a"), (2, "b"), (None, "n"), (2, "c"))
RHS = rows("j y", (2, "B"), (3, "D"), (None, "N"), (2, "C"))

INNER = [
    (None, "n", None, "N"),
    (2, "b", 2, "B"),
    (2, "b", 2, "C"),
    (2, "c", 2, "B"),
    (2, "c", 2, "C"),
]
LEFT_ONLY = [(1, "a", None, None)]
RIGHT_ONLY = [(None, None, 3, "D")]


def joined(joiner):
    return lambda lhs, rhs: CoGroup(lhs, "k", rhs, "j", joiner)


case.add(
    "inner_matches_null_keys",
    "CoGroupFieldedPipesPlatformTest.testCoGroupInner: null equals null; lhs is the outer loop",
    joined(InnerJoin()),
    lhs=LHS,
    rhs=RHS,
    expected=INNER,
    fields="k x j y",
    ordered=True,
    within=(0, 2),
    covers=1,
)
case.add(
    "left_join",
    "CoGroupFieldedPipesPlatformTest.testCoGroupInnerOuter",
    joined(LeftJoin()),
    lhs=LHS,
    rhs=RHS,
    expected=[INNER[0], *LEFT_ONLY, *INNER[1:]],
    ordered=True,
    covers=4,
)
case.add(
    "right_join",
    "CoGroupFieldedPipesPlatformTest.testCoGroupOuterInner",
    joined(RightJoin()),
    lhs=LHS,
    rhs=RHS,
    expected=[*INNER, *RIGHT_ONLY],
    ordered=True,
    covers=4,
)
case.add(
    "outer_join",
    "CoGroupFieldedPipesPlatformTest.testCoGroupOuter",
    joined(OuterJoin()),
    lhs=LHS,
    rhs=RHS,
    expected=[INNER[0], *LEFT_ONLY, *INNER[1:], *RIGHT_ONLY],
    ordered=True,
    covers=6,
)


def not_equivalent(joiner):
    def build(lhs, rhs):
        left, right = Fields("k"), Fields("j")
        left.set_comparator("k", NullNotEquivalentComparator())
        right.set_comparator("j", NullNotEquivalentComparator())
        return CoGroup(lhs, left, rhs, right, joiner)

    return build


NULL_LEFT, NULL_RIGHT = [(None, "n", None, None)], [(None, None, None, "N")]
for name, joiner, expected, test, row in (
    ("inner", InnerJoin(), INNER[1:], "testCoGroupInnerNull", 2),
    ("left", LeftJoin(), [*NULL_LEFT, *LEFT_ONLY, *INNER[1:]], "testCoGroupInnerOuterNull", 4),
    ("right", RightJoin(), [*NULL_RIGHT, *INNER[1:], *RIGHT_ONLY], "testCoGroupOuterInnerNull", 4),
    (
        "outer",
        OuterJoin(),
        [*NULL_LEFT, *NULL_RIGHT, *LEFT_ONLY, *INNER[1:], *RIGHT_ONLY],
        "testCoGroupOuterNull",
        3,
    ),
):
    case.add(
        f"null_not_equivalent_{name}",
        f"CoGroupFieldedPipesPlatformTest.{test}",
        not_equivalent(joiner),
        lhs=LHS,
        rhs=RHS,
        expected=expected,
        covers=(2, row),
    )


@case(
    "section 3.6: two null rows on one side are unmatched one by one",
    lhs=rows("k x", (None, 1), (None, 2)),
    rhs=rows("j y", (None, 3)),
    expected=[(None, 1, None, None), (None, 2, None, None), (None, None, None, 3)],
    covers=3,
)
def null_not_equivalent_rows_are_groups_of_their_own(lhs, rhs):
    return not_equivalent(OuterJoin())(lhs, rhs)


TWO_KEYS = rows("k l x", (1, None, "a"), (1, 2, "b"), (None, None, "c"))
TWO_KEYS_RIGHT = rows("m n y", (1, None, "A"), (None, 1, "B"), (None, None, "C"), (1, 2, "D"))


@case(
    "section 3.6: partial null keys compare element by element",
    lhs=TWO_KEYS,
    rhs=TWO_KEYS_RIGHT,
    expected=[
        (None, None, "c", None, None, "C"),
        (1, None, "a", 1, None, "A"),
        (1, 2, "b", 1, 2, "D"),
    ],
    ordered=True,
)
def partial_null_keys(lhs, rhs):
    return CoGroup(lhs, ("k", "l"), rhs, ("m", "n"))


@case(
    "section 3.6: with NullNotEquivalent a key with any null cannot match",
    lhs=TWO_KEYS,
    rhs=TWO_KEYS_RIGHT,
    expected=[(1, 2, "b", 1, 2, "D")],
    covers=2,
)
def partial_null_keys_not_equivalent(lhs, rhs):
    left, right = Fields("k", "l"), Fields("m", "n")
    for key in (left, right):
        for name in key:
            key.set_comparator(name, NullNotEquivalentComparator())
    return CoGroup(lhs, left, rhs, right)


# -- three sides ---------------------------------------------------------------------------------

X = rows("a x", (1, "x1"), (2, "x2"), (3, "x3"), (4, "x4"))
Y = rows("b y", (1, "y1"), (2, "y2"), (5, "y5"))
Z = rows("c z", (1, "z1"), (3, "z3"), (5, "z5"))

ALL_THREE = (1, "x1", 1, "y1", 1, "z1")
NO_Z = (2, "x2", 2, "y2", None, None)
NO_Y = (3, "x3", None, None, 3, "z3")
ONLY_X = (4, "x4", None, None, None, None)
NO_X = (None, None, 5, "y5", 5, "z5")

INNER_SIDE, OUTER_SIDE = MixedJoin.INNER, MixedJoin.OUTER
for name, joiner, expected in (
    ("inner", InnerJoin(), [ALL_THREE]),
    ("left_fills_only_the_last", LeftJoin(), [ALL_THREE, NO_Z]),
    ("right_fills_only_the_first", RightJoin(), [ALL_THREE, NO_X]),
    ("outer_fills_every_side", OuterJoin(), [ALL_THREE, NO_Z, NO_Y, ONLY_X, NO_X]),
    (
        "mixed_inner_outer_outer",
        MixedJoin([INNER_SIDE, OUTER_SIDE, OUTER_SIDE]),
        [ALL_THREE, NO_Z, NO_Y, ONLY_X],
    ),
    ("mixed_outer_inner_inner", MixedJoin([OUTER_SIDE, INNER_SIDE, INNER_SIDE]), [ALL_THREE, NO_X]),
    ("mixed_inner_outer_inner", MixedJoin([INNER_SIDE, OUTER_SIDE, INNER_SIDE]), [ALL_THREE, NO_Y]),
    (
        "mixed_outer_outer_outer",
        MixedJoin([OUTER_SIDE, OUTER_SIDE, OUTER_SIDE]),
        [ALL_THREE, NO_Z, NO_Y, ONLY_X, NO_X],
    ),
):
    case.add(
        f"three_sides_{name}",
        "section 4; CoGroupFieldedPipesPlatformTest.testCoGroupMixed",
        lambda x, y, z, joiner=joiner: CoGroup([x, y, z], ["a", "b", "c"], joiner),
        x=X,
        y=Y,
        z=Z,
        expected=expected,
        fields="a x b y c z",
        ordered=True,
        covers=5,
    )


@case(
    "section 4: the number of flags is the number of sides",
    x=X,
    y=Y,
    fails=Fails(BuildError, (), "build"),
    covers=5,
)
def mixed_join_of_another_arity_is_refused(x, y):
    return CoGroup(x, "a", y, "b", MixedJoin([INNER_SIDE, OUTER_SIDE, INNER_SIDE]))


# -- the rest ------------------------------------------------------------------------------------


@case(
    "CoGroupFieldedPipesPlatformTest.testJoinNone",
    lhs=rows("x", "a", "b"),
    rhs=rows("y", "A", "B"),
    expected=[("a", "A"), ("a", "B"), ("b", "A"), ("b", "B")],
    ordered=True,
    covers=9,
)
def keys_none_are_the_cross_product(lhs, rhs):
    return CoGroup(lhs, Fields.NONE, rhs, Fields.NONE)


@case(
    "section 3.6: cross product in one group",
    lhs=rows("x", "a", "b"),
    rhs=rows("y", "A", "B"),
    expected=[4],
    covers=9,
)
def the_cross_product_is_one_group(lhs, rhs):
    return Every(CoGroup(lhs, Fields.NONE, rhs, Fields.NONE), Count())


@case(
    "CoGroupFieldedPipesPlatformTest.testCoGroupFilteredBranch: a fully filtered side outer-joins",
    lhs=LHS,
    rhs=RHS,
    expected=[
        (None, "n", None, None),
        (1, "a", None, None),
        (2, "b", None, None),
        (2, "c", None, None),
    ],
    ordered=True,
    covers=11,
)
def a_fully_filtered_side(lhs, rhs):
    nothing = Each(rhs, "y", FilterNotNull())
    return CoGroup(lhs, "k", nothing, "j", OuterJoin())


@case("section 4: an empty side of an inner join", lhs=LHS, rhs=rows("j y"), expected=[])
def an_empty_side(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "j")


@case("section 4: both sides empty", lhs=rows("k x"), rhs=rows("j y"), expected=[])
def both_sides_empty(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "j", OuterJoin())


@case(
    "SortedValuesPlatformTest.testCoGroupComparatorValues: key order of the comparator",
    lhs=rows("k x", (1, "a"), (2, "b"), (3, "c")),
    rhs=rows("j y", (1, "A"), (2, "B"), (3, "C")),
    expected=[(3, "c", 3, "C"), (2, "b", 2, "B"), (1, "a", 1, "A")],
    ordered=True,
    covers=25,
)
def a_reversed_key_comparator(lhs, rhs):
    left, right = Fields("k"), Fields("j")
    left.set_comparator("k", reverse_order())
    right.set_comparator("j", reverse_order())
    return CoGroup(lhs, left, rhs, right)


@case(
    "appendix A: comparators of all sides count, here of the second only",
    lhs=rows("k x", ("A", 1), ("b", 2)),
    rhs=rows("j y", ("a", 3), ("B", 4)),
    expected=[("A", 1, "a", 3), ("b", 2, "B", 4)],
    ordered=True,
    covers=25,
    differs="A comparator set on the key of any side",
)
def a_comparator_on_the_second_side_counts(lhs, rhs):
    right = Fields("j")
    right.set_comparator("j", StringInsensitive())
    return CoGroup(lhs, "k", rhs, right)


@case("section 3.2: Each over a CoGroup", lhs=LHS, rhs=RHS, expected=[(2, "b", 2, "C")])
def each_over_a_co_group(lhs, rhs):
    pipe = CoGroup(lhs, "k", rhs, "j")
    return Each(pipe, ("x", "y"), ExpressionFilter('!"b".equals(x) || !"C".equals(y)', str))


@case("section 10.1: CoGroup around CoGroup", x=X, y=Y, z=Z, expected=[ALL_THREE])
def a_co_group_of_a_co_group(x, y, z):
    return CoGroup(CoGroup(x, "a", y, "b"), "a", z, "c")


@case(
    "section 3.6: an aggregated branch joins the stream it came from",
    i=rows("k v", ("a", 1), ("b", 5), ("a", 2)),
    expected=[("a", 2, "a", 1), ("a", 2, "a", 2), ("b", 1, "b", 5)],
    ordered=True,
    within=(0,),
)
def an_aggregated_branch_joins_its_source(i):
    counted = Every(GroupBy(Pipe("counts", i), "k"), Count())
    again = Each(Pipe("again", i), ("k", "v"), Identity(Fields("k2", "v")))
    return CoGroup(counted, "k", again, "k2")


@case(
    "section 3.6: values inside a side keep arrival order",
    lhs=rows("k x", *[(1, n) for n in range(5)]),
    rhs=rows("j y", *[(1, n) for n in range(4)]),
    expected=[(1, n, 1, m) for n in range(5) for m in range(4)],
    ordered=True,
    within=(0,),
)
def the_rightmost_side_varies_fastest(lhs, rhs):
    return CoGroup(lhs, "k", rhs, "j")
