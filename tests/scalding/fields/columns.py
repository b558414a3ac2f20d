"""Which columns leave."""

from __future__ import annotations

import operator

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from tests.conformance.case import Fails
from tests.scalding.fields_case import AB, case

case(
    "disjoint_keeps_all_and_appends",
    "3.1: disjoint is ALL",
    lambda i: i.map("a", "c", lambda a: a + 1),
    i=AB,
    expected=[(1, 10, 2), (2, 20, 3)],
    fields="a b c",
)
case(
    "equal_sets_replace_in_place",
    "3.1: equal sets are REPLACE, positions kept",
    lambda i: i.map("a", "a", lambda a: -a),
    i=AB,
    expected=[(-1, 10), (-2, 20)],
    fields="a b",
)
case(
    "equal_sets_in_another_order_replace_by_name",
    "3.1: equal sets are REPLACE, positions kept",
    lambda i: i.map(("a", "b"), ("b", "a"), lambda a, b: (b + 1, a + 1)),
    i=AB,
    expected=[(2, 11), (3, 21)],
    fields="a b",
)
case(
    "more_than_was_read_swaps",
    "3.1: one contains the other is SWAP: from removed, to appended",
    lambda i: i.map("a", ("a", "c"), lambda a: (a, -a)),
    i=AB,
    expected=[(10, 1, -1), (20, 2, -2)],
    fields="b a c",
)
case(
    "less_than_was_read_swaps",
    "3.1: one contains the other is SWAP",
    lambda i: i.insert("c", 5).map(("a", "b"), "a", operator.add),
    i=AB,
    expected=[(5, 11), (5, 22)],
    fields="c a",
)
case(
    "partial_overlap_is_refused",
    "3.1: partial overlap is a planner error",
    lambda i: i.map(("a", "b"), ("b", "c"), lambda a, b: (a, b)),
    i=AB,
    fails=Fails(BuildError, ("map reads and makes fields that overlap in part", "'b'"), at="build"),
)
case(
    "to_variant_keeps_only_what_is_made",
    "3.1: mapTo gives only to",
    lambda i: i.map_to(("a", "b"), ("b", "c"), lambda a, b: (a, b)),
    i=AB,
    expected=[(1, 10), (2, 20)],
    fields="b c",
)
case(
    "all_fields_to_a_new_one",
    "3.1 and 3: '* is ALL",
    lambda i: i.map("*", "sum", lambda a, b: a + b),
    i=AB,
    expected=[(1, 10, 11), (2, 20, 22)],
    fields="a b sum",
)
case(
    "all_to_all_replaces",
    "3.1: equal sets are REPLACE",
    lambda i: i.map("*", "*", lambda *row: tuple(-value for value in row)),
    i=AB,
    expected=[(-1, -10), (-2, -20)],
    fields="a b",
)
case(
    "arguments_stand_for_what_is_read",
    "3.1: equal sets are REPLACE",
    lambda i: i.map("b", Fields.ARGS, lambda b: b + 1),
    i=AB,
    expected=[(1, 11), (2, 21)],
    fields="a b",
)
case(
    "nothing_to_a_field_appends",
    "3: NONE is ()",
    lambda i: i.map((), "c", lambda: 7),
    i=AB,
    expected=[(1, 10, 7), (2, 20, 7)],
)
case(
    "a_position_is_a_field",
    "3: a field argument may be a position",
    lambda i: i.map_to(1, "c", lambda b: b * 2),
    i=AB,
    expected=[(20,), (40,)],
)
