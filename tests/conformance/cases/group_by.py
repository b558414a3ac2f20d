"""GroupBy: which rows come together, and what leaves. Section 3.3."""

from __future__ import annotations

from cascade2spark.comparators import NullNotEquivalentComparator, StringInsensitive
from cascade2spark.errors import FieldNotFound, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, FilterNull, Identity, Insert
from cascade2spark.pipes import Each, Every, GroupBy, Pipe
from tests.conformance.case import Fails, Topic, rows

case = Topic("group_by")

KV = rows("k v", ("b", 1), ("a", 2), (None, 3), ("b", 4), (None, 5))


@case(
    "section 3.3: key fields are not moved",
    i=rows("v k", (1, "b"), (2, "a")),
    expected=[(2, "a"), (1, "b")],
    fields="v k",
    ordered=True,
)
def key_fields_are_not_moved(i):
    return GroupBy(i, "k")


@case(
    "section 3.3: (1, null) is distinct from (null, 1)",
    i=rows("k j", (1, None), (None, 1), (None, None), (1, None), (None, None)),
    expected=[(None, None, 2), (None, 1, 1), (1, None, 2)],
    ordered=True,
    covers=24,
)
def partial_null_keys_are_distinct(i):
    return Every(GroupBy(i, ("k", "j")), Count())


@case(
    "section 3.5: the key leaves in the grouping selector's order",
    i=rows("a b c", (1, 2, 3), (1, 5, 3)),
    expected=[(3, 1, 2)],
    fields="c a count",
)
def group_fields_leave_in_selector_order(i):
    return Every(GroupBy(i, ("c", "a")), Count())


MIXED_CASE = rows("k v", ("b", 1), ("A", 2), ("a", 3), ("B", 4), (None, 5))


def insensitive(name="k"):
    key = Fields(name)
    key.set_comparator(name, StringInsensitive())
    return key


@case(
    "FieldedPipesPlatformTest.testGroupByInsensitive; section 3.3: the group tuple holds the "
    "first key seen",
    i=MIXED_CASE,
    expected=[(None, 1), ("A", 2), ("b", 2)],
    ordered=True,
    covers=28,
)
def insensitive_keys_are_one_group_under_the_first_key(i):
    return Every(GroupBy(i, insensitive()), Count())


@case(
    "section 3.3 and appendix A: each row keeps its own key value",
    i=MIXED_CASE,
    expected=[(None, 5), ("A", 2), ("a", 3), ("b", 1), ("B", 4)],
    ordered=True,
    covers=28,
)
def insensitive_rows_keep_their_own_keys(i):
    return GroupBy(i, insensitive())


@case(
    "appendix A: NullNotEquivalent in GroupBy, one group per null row",
    i=KV,
    expected=[(None, 1), (None, 1), ("a", 1), ("b", 2)],
    differs="A `NullNotEquivalentComparator` makes each null",
)
def null_not_equivalent_gives_each_null_its_own_group(i):
    key = Fields("k")
    key.set_comparator("k", NullNotEquivalentComparator())
    return Every(GroupBy(i, key), Count())


@case("section 3.3: NONE is one group of everything", i=KV, expected=[5], fields="count", covers=23)
def group_none_is_one_group(i):
    return Every(GroupBy(i, Fields.NONE), Count())


@case("section 3.3: no group at all on an empty stream", i=rows("k v"), expected=[], covers=23)
def group_none_of_nothing_is_no_group(i):
    return Every(GroupBy(i, Fields.NONE), Count())


@case(
    "section 3.3: NONE with a sort orders everything; MergePipesPlatformTest.testMergeGroupBy",
    i=rows("k v", ("b", 3), ("a", 5), ("c", None), ("b", 1)),
    expected=[("c", None), ("b", 1), ("b", 3), ("a", 5)],
    ordered=True,
    covers=23,
)
def group_none_with_a_sort(i):
    return GroupBy(i, Fields.NONE, Fields("v"))


@case(
    "section 3.3: one pipe groups on ALL by default; MergePipesPlatformTest.testMergeGroupBy",
    i=rows("k v", ("a", 1), ("b", 1), ("a", 1), ("a", 2)),
    expected=[("a", 1, 2), ("a", 2, 1), ("b", 1, 1)],
    fields="k v count",
    ordered=True,
    covers=23,
)
def group_all_by_default(i):
    return Every(GroupBy(i), Fields.ALL, Count())


@case(
    "section 3.3: several pipes without a selector group on the first field",
    x=rows("k v", ("a", 1)),
    y=rows("k v", ("a", 2), ("b", 3)),
    expected=[("a", 2), ("b", 1)],
    fields="k count",
    ordered=True,
)
def several_pipes_group_on_the_first_field(x, y):
    return Every(GroupBy([x, y]), Count())


@case(
    "section 3.3: several pipes are merged, duplicates are kept",
    x=rows("k v", ("a", 1), ("b", 2)),
    y=rows("k v", ("a", 1), ("c", 3)),
    expected=[("a", 1), ("a", 1), ("b", 2), ("c", 3)],
    ordered=True,
    within=(0,),
)
def several_pipes_keep_duplicates(x, y):
    return GroupBy([x, y], Fields("k"))


@case(
    "MergeGroupPlatformTest.testBuildMergeFail",
    x=rows("k v", ("a", 1)),
    y=rows("k w", ("a", 2)),
    fails=Fails(PlanError, ("'v'", "'w'"), "plan"),
    covers=19,
)
def several_pipes_of_other_names_are_refused(x, y):
    return Every(GroupBy([x, y], Fields("k")), Count())


@case(
    "section 3.3: field names and order must be equal",
    x=rows("k v", ("a", 1)),
    y=rows("v k", (2, "a")),
    fails=Fails(PlanError, ("'v', 'k'",), "plan"),
    covers=19,
)
def several_pipes_in_another_order_are_refused(x, y):
    return Every(GroupBy([x, y], Fields("k")), Count())


@case(
    "FieldedPipesPlatformTest.testSplitSameSourceMergedSameName",
    i=KV,
    expected=[(None, 4), ("a", 2), ("b", 4)],
    ordered=True,
    covers=21,
)
def branches_of_one_name_may_be_grouped(i):
    left = Each(i, Fields("k", "v"), Identity())
    right = Each(i, Fields("k", "v"), Identity())
    return Every(GroupBy([left, right], "k"), Count())


@case(
    "section 3.3: the same split without an operation between is legal for GroupBy",
    i=KV,
    expected=[(None, 4), ("a", 2), ("b", 4)],
    ordered=True,
    covers=21,
)
def one_pipe_may_be_grouped_with_itself(i):
    return Every(GroupBy([Pipe("x", i), Pipe("y", i)], "k"), Count())


@case(
    "section 3.3: the group selector sees the outgoing fields of an Every",
    i=rows("k v", ("a", 1), ("a", 2), ("b", 3), ("c", 4), ("c", 5)),
    expected=[(1, 1), (2, 2)],
    fields="count many",
    ordered=True,
)
def group_by_after_every(i):
    counted = Every(GroupBy(i, "k"), Count())
    return Every(GroupBy(counted, "count"), Count(Fields("many")))


@case(
    "section 3.3: the key may be a position",
    i=rows("a k", (1, "x"), (2, "x"), (3, "y")),
    expected=[("x", 2), ("y", 1)],
    fields="k count",
    ordered=True,
)
def the_key_may_be_a_position(i):
    return Every(GroupBy(i, Fields(-1)), Count())


@case(
    "SortedValuesPlatformTest.testSortFails",
    i=KV,
    fails=Fails(FieldNotFound, ("'nope'", "'k', 'v'"), "plan", cause=FieldNotFound),
    covers=(26, 43),
)
def a_missing_sort_field_is_refused(i):
    return GroupBy(i, Fields("k"), Fields("nope"))


@case(
    "section 1.7: name not found while resolving group",
    i=KV,
    fails=Fails(FieldNotFound, ("'K1'", "'k', 'v'"), "plan", cause=FieldNotFound),
    covers=43,
)
def a_missing_group_field_is_refused(i):
    return Every(GroupBy(i, Fields("K1")), Count())


@case(
    "section 3.2: Each over a Group sees all rows of all groups in group order",
    i=KV,
    expected=[("a", 2), ("b", 1), ("b", 4)],
    ordered=True,
)
def each_over_a_group(i):
    return Each(GroupBy(i, "k"), Fields("k"), FilterNull())


@case(
    "section 1.2: GROUP as the selector of a later splice is the key of the last grouping",
    i=rows("k v", ("b", 1), ("a", 2), ("b", 3)),
    expected=[("a", 1), ("b", 2)],
    ordered=True,
)
def group_as_the_selector_of_a_later_group(i):
    return Every(GroupBy(GroupBy(i, "k"), Fields.GROUP), Count())


@case(
    "section 1.2: VALUES is the current fields minus GROUP",
    i=KV,
    expected=[(1,), (2,), (3,), (4,), (5,)],
)
def values_as_argument_of_each(i):
    return Each(GroupBy(i, "k"), Fields.VALUES, Identity())


@case(
    "section 3.3: a group that nothing follows reaches the sink; many keys, every row once",
    i=rows("k v", *[(n % 7, n) for n in range(50)]),
    expected=[(k, v) for k in range(7) for v in range(50) if v % 7 == k],
    ordered=True,
    within=(0,),
)
def many_keys_and_rows(i):
    return GroupBy(i, "k", "v")


@case("section 3.3: a constant key is one group", i=KV, expected=[(7, 5)])
def a_constant_key(i):
    return Every(
        GroupBy(Each(i, Fields.NONE, Insert(Fields("one"), 7), Fields.ALL), "one"), Count()
    )
