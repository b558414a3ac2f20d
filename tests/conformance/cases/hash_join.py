"""HashJoin: the same rows as the joiner says, on any number of tasks. Section 3.7."""

from __future__ import annotations

from cascade2spark.comparators import NullNotEquivalentComparator, StringInsensitive
from cascade2spark.errors import BuildError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.joiners import (
    BufferJoin,
    InnerJoin,
    LeftJoin,
    MixedJoin,
    OuterJoin,
    RightJoin,
)
from cascade2spark.operations import Count, FilterNotNull, Identity, Insert
from cascade2spark.pipes import Each, Every, GroupBy, HashJoin, Merge, Pipe
from tests.conformance.case import Fails, Topic, rows

case = Topic("hash_join")

LHS = rows("k x", (1, "a"), (2, "b"), (None, "n"), (2, "c"))
RHS = rows("j y", (2, "B"), (3, "D"), (None, "N"), (2, "C"))
INNER = [
    (2, "b", 2, "B"),
    (2, "b", 2, "C"),
    (None, "n", None, "N"),
    (2, "c", 2, "B"),
    (2, "c", 2, "C"),
]
LEFT = [(1, "a", None, None), *INNER]
RIGHT_ONLY = [(None, None, 3, "D")]

for name, joiner, expected, test in (
    ("inner", InnerJoin(), INNER, "testJoinInner"),
    ("left", LeftJoin(), LEFT, "testJoinInnerOuter"),
    ("right", RightJoin(), [*INNER, *RIGHT_ONLY], "testJoinOuterInner"),
    ("outer", OuterJoin(), [*LEFT, *RIGHT_ONLY], "testJoinOuter"),
    (
        "mixed",
        MixedJoin([MixedJoin.INNER, MixedJoin.OUTER]),
        LEFT,
        "testJoinInnerOuter",
    ),
):
    case.add(
        name,
        f"JoinFieldedPipesPlatformTest.{test}; null equals null; appendix A: correct on every task",
        lambda lhs, rhs, joiner=joiner: HashJoin(lhs, "k", rhs, "j", joiner),
        lhs=LHS,
        rhs=RHS,
        expected=expected,
        fields="k x j y",
        covers=13,
    )

MANY_LEFT = rows("k x", *[(n % 5, n) for n in range(20)])
MANY_RIGHT = rows("j y", *[(n, -n) for n in range(3, 9)])
MATCHED = [(k, n, k, -k) for n in range(20) for k in [n % 5] if k in (3, 4)]
UNMATCHED_LEFT = [(n % 5, n, None, None) for n in range(20) if n % 5 < 3]
UNMATCHED_RIGHT = [(None, None, n, -n) for n in range(5, 9)]

for name, joiner, expected in (
    ("right", RightJoin(), MATCHED + UNMATCHED_RIGHT),
    ("outer", OuterJoin(), MATCHED + UNMATCHED_LEFT + UNMATCHED_RIGHT),
):
    case.add(
        f"unmatched_rows_come_once_{name}",
        "section 3.7: upstream emits them once per task; appendix A: correct for us",
        lambda lhs, rhs, joiner=joiner: HashJoin(lhs, "k", rhs, "j", joiner),
        lhs=MANY_LEFT,
        rhs=MANY_RIGHT,
        expected=expected,
        covers=13,
    )


@case(
    "section 3.7: output keeps the streamed order, per streamed row the load order",
    lhs=LHS,
    rhs=RHS,
    expected=INNER,
    ordered=True,
    within=(1,),
)
def streamed_order_is_kept(lhs, rhs):
    return HashJoin(lhs, "k", rhs, "j")


@case(
    "section 3.7 and 3.6: declared fields",
    lhs=rows("k v", (1, "a")),
    rhs=rows("k v", (1, "A")),
    expected=[(1, "a", 1, "A")],
    fields="k1 v1 k2 v2",
)
def declared_fields(lhs, rhs):
    return HashJoin(lhs, "k", rhs, "k", Fields("k1", "v1", "k2", "v2"))


@case(
    "section 3.6: the joiner carries the declaration",
    lhs=rows("k v", (1, "a")),
    rhs=rows("k v", (1, "A")),
    expected=[(1, "a", 1, "A")],
    fields="k1 v1 k2 v2",
    covers=12,
)
def joiner_carried_fields(lhs, rhs):
    return HashJoin(lhs, "k", rhs, "k", LeftJoin(Fields("k1", "v1", "k2", "v2")))


@case(
    "section 3.6: a name clash is a plan-time error",
    lhs=rows("k v", (1, "a")),
    rhs=rows("k w", (1, "A")),
    fails=Fails(PlanError, ("'k'",), "plan"),
)
def a_name_on_both_sides_is_refused(lhs, rhs):
    return HashJoin(lhs, "k", rhs, "k")


@case(
    "JoinFieldedPipesPlatformTest.testJoinNone",
    lhs=rows("x", "a", "b"),
    rhs=rows("y", "A", "B"),
    expected=[("a", "A"), ("a", "B"), ("b", "A"), ("b", "B")],
    ordered=True,
    covers=9,
)
def keys_none_are_the_cross_product(lhs, rhs):
    return HashJoin(lhs, Fields.NONE, rhs, Fields.NONE)


@case(
    "JoinFieldedPipesPlatformTest.testSameSourceJoin",
    i=rows("k v", (1, "a"), (1, "b"), (2, "c")),
    expected=[
        (1, "a", 1, "a"),
        (1, "a", 1, "b"),
        (1, "b", 1, "a"),
        (1, "b", 1, "b"),
        (2, "c", 2, "c"),
    ],
    ordered=True,
    covers=15,
)
def one_source_twice(i):
    left = Each(Pipe("l", i), ("k", "v"), Identity())
    right = Each(Pipe("r", i), ("k", "v"), Identity(Fields("j", "w")))
    return HashJoin(left, "k", right, "j")


@case(
    "section 3.7: self joins are allowed",
    i=rows("k v", (1, "a"), (1, "b"), (2, "c")),
    expected=[
        (1, "a", 1, "a"),
        (1, "a", 1, "b"),
        (1, "b", 1, "a"),
        (1, "b", 1, "b"),
        (2, "c", 2, "c"),
    ],
    ordered=True,
    covers=15,
)
def a_self_join_by_number(i):
    return HashJoin(i, Fields("k"), 1, Fields("k1", "v1", "k2", "v2"))


@case(
    "JoinFieldedPipesPlatformTest.testJoinWithHasher: comparator and hasher on the keys",
    lhs=rows("k x", ("A", 1), ("b", 2), ("c", 3)),
    rhs=rows("j y", ("a", 4), ("B", 5)),
    expected=[("A", 1, "a", 4), ("b", 2, "B", 5)],
    covers=14,
)
def a_comparator_with_a_hasher(lhs, rhs):
    left, right = Fields("k"), Fields("j")
    left.set_comparator("k", StringInsensitive())
    right.set_comparator("j", StringInsensitive())
    return HashJoin(lhs, left, rhs, right)


class AcrossTypes:
    """Compares by the text of a value, so that 1 and "1" are one key."""

    def compare(self, left, right):
        one, other = str(left), str(right)
        return (one > other) - (one < other)

    def hash_code(self, value):
        return sum(map(ord, str(value)))


@case(
    "JoinFieldedPipesPlatformTest.testJoinWithHasher: across types",
    lhs=rows("k x", (1, "a"), (2, "b")),
    rhs=rows("j y", ("1", "A"), ("3", "C")),
    expected=[(1, "a", "1", "A")],
    covers=14,
    python_only=True,
)
def a_hasher_across_types(lhs, rhs):
    left, right = Fields("k"), Fields("j")
    left.set_comparator("k", AcrossTypes())
    right.set_comparator("j", AcrossTypes())
    return HashJoin(lhs, left, rhs, right)


@case(
    "section 3.7: NullNotEquivalent implemented properly",
    lhs=LHS,
    rhs=RHS,
    expected=[(2, "b", 2, "B"), (2, "b", 2, "C"), (2, "c", 2, "B"), (2, "c", 2, "C")],
    covers=(2, 13),
    differs="A HashJoin honours `NullNotEquivalentComparator`",
)
def null_not_equivalent(lhs, rhs):
    left, right = Fields("k"), Fields("j")
    left.set_comparator("k", NullNotEquivalentComparator())
    right.set_comparator("j", NullNotEquivalentComparator())
    return HashJoin(lhs, left, rhs, right)


@case(
    "section 3.7 and 4: NullNotEquivalent outer, each side unmatched",
    lhs=LHS,
    rhs=RHS,
    expected=[
        (1, "a", None, None),
        (2, "b", 2, "B"),
        (2, "b", 2, "C"),
        (2, "c", 2, "B"),
        (2, "c", 2, "C"),
        (None, "n", None, None),
        (None, None, None, "N"),
        (None, None, 3, "D"),
    ],
    covers=(3, 13),
    differs="A HashJoin honours `NullNotEquivalentComparator`",
)
def null_not_equivalent_outer(lhs, rhs):
    left, right = Fields("k"), Fields("j")
    left.set_comparator("k", NullNotEquivalentComparator())
    right.set_comparator("j", NullNotEquivalentComparator())
    return HashJoin(lhs, left, rhs, right, OuterJoin())


X = rows("a x", (1, "x1"), (2, "x2"))
Y = rows("b y", (1, "y1"), (3, "y3"))
Z = rows("c z", (1, "z1"), (1, "z2"), (2, "z3"))


@case(
    "section 3.7: more than two pipes",
    x=X,
    y=Y,
    z=Z,
    expected=[(1, "x1", 1, "y1", 1, "z1"), (1, "x1", 1, "y1", 1, "z2")],
    ordered=True,
)
def three_sides(x, y, z):
    return HashJoin([x, y, z], ["a", "b", "c"])


@case(
    "section 4: mixed over three sides",
    x=X,
    y=Y,
    z=Z,
    expected=[
        (1, "x1", 1, "y1", 1, "z1"),
        (1, "x1", 1, "y1", 1, "z2"),
        (2, "x2", None, None, 2, "z3"),
    ],
)
def three_sides_mixed(x, y, z):
    return HashJoin([x, y, z], ["a", "b", "c"], MixedJoin([True, False, True]))


@case(
    "section 3.7: BufferJoin is refused",
    lhs=LHS,
    rhs=RHS,
    fails=Fails(BuildError, ("BufferJoin",), "build"),
)
def buffer_join_is_refused(lhs, rhs):
    return HashJoin(lhs, "k", rhs, "j", BufferJoin())


@case(
    "section 3.7: declared NONE is refused",
    lhs=LHS,
    rhs=RHS,
    fails=Fails(PlanError, ("NONE",), "plan"),
)
def declared_none_is_refused(lhs, rhs):
    return HashJoin(lhs, "k", rhs, "j", Fields.NONE)


@case(
    "JoinFieldedPipesPlatformTest.testForkThenJoin",
    i=rows("k v", (1, "a"), (2, "b")),
    expected=[(1, "a", 1, "L", "R"), (2, "b", 2, "L", "R")],
    covers=16,
)
def fork_then_join(i):
    left = Each(Pipe("l", i), "k", Insert(Fields("side"), "L"), Fields("k", "v", "side"))
    right = Each(Pipe("r", i), "k", Insert(Fields("other"), "R"), Fields("k", "other"))
    right = Each(right, ("k", "other"), Identity(Fields("j", "other")))
    joined = HashJoin(left, "k", right, "j")
    return Each(joined, ("k", "v", "j", "side", "other"), Identity())


@case(
    "JoinFieldedPipesPlatformTest.testJoinSplit: fork of a join result",
    lhs=LHS,
    rhs=RHS,
    expected={"rows": INNER, "counts": [(None, 1), (2, 4)]},
    covers=16,
)
def fork_of_a_join_result(lhs, rhs):
    joined = HashJoin(lhs, "k", rhs, "j")
    return [Pipe("rows", joined), Every(GroupBy(Pipe("counts", joined), "k"), Count())]


@case(
    "MergePipesPlatformTest.testMergeIntoHashJoinStreamed",
    x=rows("k v", (1, "a")),
    y=rows("k v", (2, "b")),
    rhs=rows("j w", (1, "A"), (2, "B")),
    expected=[(1, "a", 1, "A"), (2, "b", 2, "B")],
    covers=22,
)
def a_merge_on_the_streamed_side(x, y, rhs):
    return HashJoin(Merge(x, y), "k", rhs, "j")


@case(
    "MergePipesPlatformTest.testMergeIntoHashJoinAccumulated",
    x=rows("j w", (1, "A")),
    y=rows("j w", (2, "B")),
    lhs=rows("k v", (1, "a"), (2, "b")),
    expected=[(1, "a", 1, "A"), (2, "b", 2, "B")],
    covers=22,
)
def a_merge_on_the_held_side(x, y, lhs):
    return HashJoin(lhs, "k", Merge(x, y), "j")


@case(
    "section 10.1: an accumulated side behind a Group",
    lhs=LHS,
    rhs=RHS,
    expected=[(2, "b", 2, 2), (2, "c", 2, 2), (None, "n", None, 1)],
)
def a_group_on_the_held_side(lhs, rhs):
    return HashJoin(lhs, "k", Every(GroupBy(rhs, "j"), Count()), "j")


@case(
    "section 10.1: a join in memory of a grouped stream",
    lhs=LHS,
    rhs=RHS,
    expected=[(2, 2, 2, "B"), (2, 2, 2, "C"), (None, 1, None, "N")],
)
def a_group_on_the_streamed_side(lhs, rhs):
    return HashJoin(Every(GroupBy(lhs, "k"), Count()), "k", rhs, "j")


@case(
    "section 4: an empty held side",
    lhs=LHS,
    rhs=RHS,
    expected=[
        (1, "a", None, None),
        (2, "b", None, None),
        (None, "n", None, None),
        (2, "c", None, None),
    ],
    covers=11,
)
def an_empty_held_side(lhs, rhs):
    return HashJoin(lhs, "k", Each(rhs, "y", FilterNotNull()), "j", LeftJoin())


@case(
    "section 4: an empty streamed side",
    lhs=rows("k x"),
    rhs=RHS,
    expected=[
        (None, None, 2, "B"),
        (None, None, 3, "D"),
        (None, None, None, "N"),
        (None, None, 2, "C"),
    ],
    covers=13,
)
def an_empty_streamed_side(lhs, rhs):
    return HashJoin(lhs, "k", rhs, "j", RightJoin())


@case(
    "section 3.7: joins in a row",
    x=X,
    y=Y,
    z=Z,
    expected=[(1, "x1", 1, "y1", 1, "z1"), (1, "x1", 1, "y1", 1, "z2")],
)
def a_join_of_a_join(x, y, z):
    return HashJoin(HashJoin(x, "a", y, "b"), "a", z, "c")
