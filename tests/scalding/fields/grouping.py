"""How the body of a group is planned, and which keys are the same."""

from __future__ import annotations

import operator

from cascade2spark.errors import BuildError
from tests.conformance.case import Fails, rows
from tests.scalding.fields_case import EMPTY, KV, KVS, case, statements

# -- 3.3: how a body is planned --------------------------------------------------------------------

case(
    "outputs_are_the_group_then_the_calls",
    "3.3: group fields, then outputs in call order",
    lambda i: i.group_by("k", lambda g: g.max("v", "most").size("n").sum("v", "total")),
    i=KV,
    expected=[("a", 3, 2, 4), ("b", 2, 1, 2)],
    fields="k most n total",
)
case(
    "a_call_counts_though_its_result_is_thrown_away",
    "3.3: the builder is mutable",
    lambda i: i.group_by("k", statements),
    i=KV,
    expected=[("a", 2, 3), ("b", 1, 2)],
)
case(
    "an_empty_body_shuffles_whole_rows",
    "3.3: empty body → rows just shuffled",
    lambda i: i.group_by("k", lambda g: g),
    i=KV,
    expected=[("a", 1), ("a", 3), ("b", 2)],
    fields="k v",
)
case(
    "group_by_two_fields",
    "3.3",
    lambda i: i.group_by("k", "v", lambda g: g.size()),
    i=rows("k v", ("a", 1), ("a", 1), ("a", 2)),
    expected=[("a", 1, 2), ("a", 2, 1)],
    fields="k v size",
)
case(
    "group_all_has_no_key",
    "3.2: groupAll, helper column removed",
    lambda i: i.group_all(lambda g: g.size("n").sum("v", "s", int)),
    i=KV,
    expected=[(3, 6)],
    fields="n s",
)
case(
    "group_all_of_nothing",
    "1.5 and 3.2: nothing for an empty pipe",
    lambda i: i.group_all(lambda g: g.size()),
    i=EMPTY,
    expected=[],
)
case(
    "group_all_without_a_body",
    "3.2: groupAll",
    lambda i: i.group_all(),
    i=KV,
    expected=[("a", 1), ("b", 2), ("a", 3)],
)
case(
    "sort_by_alone_keeps_all_columns",
    "3.3: sortBy alone keeps all columns",
    lambda i: i.insert("x", 0).group_by("k", lambda g: g.sort_by("v")),
    i=KVS,
    expected=[("a", 1, 0), ("a", 2, 0), ("a", 3, 0), ("b", 7, 0), ("b", 9, 0)],
    within=(0,),
    fields="k v x",
)
case(
    "a_second_sort_by_is_lost",
    "3.3: the second call is silently lost",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").sort_by("w").take(1)),
    i=rows("k v w", ("a", 2, 1), ("a", 1, 2)),
    expected=[("a", 1, 2)],
)
case(
    "sort_by_two_fields",
    "3.3",
    lambda i: i.group_by("k", lambda g: g.sort_by("v", "w").head("w")),
    i=rows("k v w", ("a", 1, 2), ("a", 1, 1), ("a", 2, 0)),
    expected=[("a", 1)],
)
case(
    "reverse_turns_the_sort_only",
    "3.3: it reverses the sort, not the group keys",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").reverse()),
    i=KVS,
    expected=[("a", 3), ("a", 2), ("a", 1), ("b", 9), ("b", 7)],
    ordered=True,
    within=(0,),
)
case(
    "reverse_before_anything_that_gives_an_order",
    "3.3: reverse only after something that switched combining off",
    lambda i: i.group_by("k", lambda g: g.size().reverse()),
    i=KV,
    fails=Fails(BuildError, ("reverse comes before", "size"), at="build"),
)
case(
    "reverse_twice",
    "3.3: once",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").reverse().reverse()),
    i=KV,
    fails=Fails(BuildError, ("reverse is there twice",), at="build"),
)
case(
    "stream_beside_an_aggregation",
    "3.3: a stream operation must be alone",
    lambda i: i.group_by("k", lambda g: g.take(1).size("n")),
    i=KV,
    fails=Fails(BuildError, ("take takes the rows of a group", "take, size"), at="build"),
)
case(
    "fold_left_beside_aggregations",
    "3.3: foldLeft may sit beside aggregations",
    lambda i: i.group_by(
        "k", lambda g: g.size("n").fold_left("v", "s", 0, operator.add).average("v", "a")
    ),
    i=KV,
    expected=[("a", 2, 4, 2.0), ("b", 1, 2, 2.0)],
    fields="k n s a",
)
case(
    "force_to_reducers_changes_nothing_but_the_plan",
    "3.3: combining changes no result",
    lambda i: i.group_by("k", lambda g: g.force_to_reducers().size("n").sum("v", "s")),
    i=KV,
    expected=[("a", 2, 4), ("b", 1, 2)],
)
case(
    "a_small_spill_threshold_changes_nothing",
    "10 row 26: SpillingTest",
    lambda i: i.group_by("k", lambda g: g.size("n").spill_threshold(1)),
    i=rows("k", *"abcabcabcaa"),
    expected=[("a", 5), ("b", 3), ("c", 3)],
)
case(
    "reducers_below_one_are_ignored",
    "3.3: n ≤ 0 ignored",
    lambda i: i.group_by("k", lambda g: g.size("n").reducers(2).reducers(-1).reducers(0)),
    i=KV,
    expected=[("a", 2), ("b", 1)],
)
case(
    "a_combined_sort_is_refused_nowhere_else",
    "3.3: sortBy after an aggregation orders its rows",
    lambda i: i.group_by("k", lambda g: g.head("v", "least").last("v", "most").sort_by("v")),
    i=KVS,
    expected=[("a", 1, 3), ("b", 7, 9)],
)


# -- 3.6: keys -------------------------------------------------------------------------------------

case(
    "group_keys_of_several_kinds",
    "3.6: Int and Double do not match; null is a group; 8: true is no number",
    lambda i: i.group_by("k", lambda g: g.size("n")),
    i=rows("k", 1, 1.0, True, None, 1, None),
    expected=[(1, 2), (1.0, 1), (True, 1), (None, 2)],
)
case(
    "groups_come_in_the_order_of_their_keys",
    "3.6: null sorts lowest; 8: output is key-sorted",
    lambda i: i.group_by("k", lambda g: g.pass_()),
    i=rows("k", "b", None, "c", "a"),
    ordered=True,
    expected=[(None,), ("a",), ("b",), ("c",)],
)
case(
    "reverse_puts_null_last",
    "3.6: null sorts lowest",
    lambda i: i.group_all(lambda g: g.sort_by("k").reverse().to_list("k", "l").size("n")),
    i=rows("k", "b", None, "c"),
    expected=[(["c", "b"], 3)],
)
