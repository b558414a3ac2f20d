"""GroupBy: in which order groups and their rows leave. Section 3.3."""

from __future__ import annotations

from cascade2spark.comparators import reverse_order
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, First, Last
from cascade2spark.pipes import Every, GroupBy
from tests.conformance.case import Topic, rows
from tests.conformance.cases.group_by import KV

# Of the same topic as other cases of groups, by whose name the oracle keeps their rows.
case = Topic("group_by")


@case(
    "section 3.3: ascending, nulls first, all incoming fields in incoming order",
    i=KV,
    expected=[(None, 3), (None, 5), ("a", 2), ("b", 1), ("b", 4)],
    fields="k v",
    ordered=True,
    within=(0,),
    covers=24,
)
def rows_leave_in_group_order_with_nulls_first(i):
    return GroupBy(i, "k")


@case(
    "section 3.3: reverse inverts keys, nulls last",
    i=KV,
    expected=[("b", 2), ("a", 1), (None, 2)],
    ordered=True,
    covers=24,
)
def reverse_puts_nulls_last(i):
    return Every(GroupBy(i, "k", reverse=True), Count())


@case(
    "section 3.3: reverse inverts sort fields too",
    i=KV,
    expected=[("b", 4), ("b", 1), ("a", 2), (None, 5), (None, 3)],
    ordered=True,
    within=(0,),
    covers=24,
)
def reverse_inverts_the_sort_fields(i):
    return GroupBy(i, Fields("k"), Fields("v"), True)


@case(
    "section 3.3: text keys sort as text",
    i=rows("k", "9", "10", "2"),
    expected=["10", "2", "9"],
    ordered=True,
    covers=24,
)
def untyped_text_keys_sort_as_text(i):
    return GroupBy(i, "k")


@case(
    "section 3.3: numbers sort as numbers",
    i=rows(Fields("k", int), 9, 10, 2),
    expected=[2, 9, 10],
    ordered=True,
    covers=24,
)
def typed_whole_keys_sort_as_numbers(i):
    return GroupBy(i, "k")


@case(
    "design, section 7: text orders by code point; upper case stands before lower case",
    i=rows("k", "é", "b", "Z", "\U0001f600", "\uffff", "a"),
    expected=["Z", "a", "b", "é", "\uffff", "\U0001f600"],
    ordered=True,
    differs="Text is ordered by code point",
)
def text_orders_by_code_point(i):
    return GroupBy(i, "k")


@case(
    "section 3.3: secondary sort ascending, null first",
    i=rows("k v", ("a", 2), ("a", None), ("a", 1), ("b", 0)),
    expected=[("a", None), ("a", 1), ("a", 2), ("b", 0)],
    ordered=True,
    within=(0,),
    covers=24,
)
def values_are_sorted_with_nulls_first(i):
    return GroupBy(i, "k", "v")


@case(
    "FieldedPipesPlatformTest.testSimpleMergeThree: the secondary sort decides First",
    i=rows("k v w", ("a", 2, "y"), ("a", 1, "x"), ("b", 9, "q"), ("b", 8, "p")),
    expected=[("a", "x"), ("b", "p")],
    covers=27,
)
def the_secondary_sort_decides_first(i):
    return Every(GroupBy(i, "k", "v"), "w", First())


@case(
    "SortedValuesPlatformTest.testComprehensiveGroupBy: two sort fields, one with a comparator",
    i=rows("k v w", ("a", 1, 1), ("a", 1, 2), ("a", 2, 1), ("a", None, 3)),
    expected=[("a", 2, 1), ("a", 1, 1), ("a", 1, 2), ("a", None, 3)],
    ordered=True,
    within=(0,),
    covers=24,
)
def a_comparator_on_one_of_two_sort_fields(i):
    sort = Fields("v", "w")
    sort.set_comparator("v", reverse_order())
    return GroupBy(i, Fields("k"), sort)


@case(
    "SortedValuesPlatformTest.testComprehensiveGroupBy: comparator on the key",
    i=KV,
    expected=[("b", 2), ("a", 1), (None, 2)],
    ordered=True,
    covers=24,
)
def a_reversed_comparator_on_the_key(i):
    key = Fields("k")
    key.set_comparator("k", reverse_order())
    return Every(GroupBy(i, key), Count())


@case(
    "section 3.3: a reversed comparator and reverse=true cancel out",
    i=KV,
    expected=[(None, 2), ("a", 1), ("b", 2)],
    ordered=True,
    covers=24,
)
def reversed_comparator_and_reverse_cancel_out(i):
    key = Fields("k")
    key.set_comparator("k", reverse_order())
    return Every(GroupBy(i, key, reverse=True), Count())


@case(
    "SortedValuesPlatformTest.testComprehensiveGroupBy: reversed comparator on the sort field",
    i=KV,
    expected=[(None, 5), (None, 3), ("a", 2), ("b", 4), ("b", 1)],
    ordered=True,
    within=(0,),
    covers=24,
)
def a_reversed_comparator_on_the_sort_field(i):
    sort = Fields("v")
    sort.set_comparator("v", reverse_order())
    return GroupBy(i, Fields("k"), sort)


@case(
    "appendix A: arrival order inside a group without a sort selector",
    i=rows("k v", ("a", 3), ("a", 1), ("b", 9), ("a", 2)),
    expected=[("a", 3), ("a", 1), ("a", 2), ("b", 9)],
    ordered=True,
    within=(0,),
)
def arrival_order_inside_a_group(i):
    return GroupBy(i, "k")


@case(
    "appendix A: equal sort keys keep arrival order, also reversed",
    i=rows("k v w", ("a", 1, "x"), ("a", 2, "y"), ("a", 1, "z")),
    expected=[("a", 2, "y"), ("a", 1, "x"), ("a", 1, "z")],
    ordered=True,
    within=(0,),
)
def equal_sort_keys_keep_arrival_order_when_reversed(i):
    return GroupBy(i, Fields("k"), Fields("v"), True)


@case(
    "section 5.4: First and Last follow arrival order",
    i=KV,
    expected=[(None, 3, 5), ("a", 2, 2), ("b", 1, 4)],
    ordered=True,
)
def first_and_last_follow_arrival_order(i):
    first = Every(GroupBy(i, "k"), "v", First(Fields("first")))
    return Every(first, "v", Last(Fields("last")))
