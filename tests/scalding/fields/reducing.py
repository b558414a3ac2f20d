"""Reductions of groups."""

from __future__ import annotations

import operator

from cascade2spark.errors import BuildError, OperationError
from cascade2spark.fields import Fields
from cascade2spark.scalding.algebra import Aggregator, FunctionSemigroup, IntRing
from cascade2spark.types import Long, long_
from tests.conformance.case import Fails, rows
from tests.scalding.fields_case import KV, KVS, NULLS, WORDS, case

case(
    "word_count",
    "3.4: size",
    lambda i: i.flat_map_to("line", "word", str.split).group_by("word", lambda g: g.size("n")),
    i=WORDS,
    expected=[("a", 3), ("b", 2)],
    fields="word n",
)
case(
    "size_has_a_default_name_and_counts_nulls",
    "3.4: default name 'size; counts nulls",
    lambda i: i.group_by("k", lambda g: g.size()),
    i=NULLS,
    expected=[("a", 2), ("b", 1)],
    fields="k size",
)
case(
    "count_of_rows_that_hold",
    "3.4: rows satisfying p",
    lambda i: i.group_by("k", lambda g: g.count("v", "big", lambda v: v > 1)),
    i=KV,
    expected=[("a", 1), ("b", 1)],
)
case(
    "sum_by_the_types_of_the_values",
    "3.4: sum, the semigroup of the values",
    lambda i: i.group_by("k", lambda g: g.sum("v").sum("w", "ws")),
    i=rows("k v w", ("a", 1, 0.5), ("a", 2, 0.25), ("b", 3, 0.0)),
    expected=[("a", 3, 0.75), ("b", 3, 0.0)],
    fields="k v ws",
)
case(
    "sum_of_texts_as_numbers",
    "3.6: conversion happens at the first typed operation",
    lambda i: i.group_by("k", lambda g: g.sum("v", "n", int).sum("v", "d", float)),
    i=rows("k v", ("a", "1"), ("a", "2")),
    expected=[("a", 3, 3.0)],
)
case(
    "sum_of_nulls_as_numbers",
    "3.6: reading a null field as a primitive gives 0",
    lambda i: i.group_by("k", lambda g: g.sum("v", "s", int)),
    i=NULLS,
    expected=[("a", 3), ("b", 0)],
)
case(
    "sum_of_two_fields_of_texts_as_numbers",
    "3.4: sum of a tuple; 3.6",
    lambda i: i.group_by("k", lambda g: g.sum(("v", "w"), ("vs", "ws"), int).size("n")),
    i=rows("k v w", ("a", "1", "10"), ("a", "2", None)),
    expected=[("a", 3, 10, 2)],
    fields="k vs ws n",
)
case(
    "then_applies_a_function_to_the_group",
    "3.3: thenDo",
    lambda i: i.group_by("k", lambda g: g.then(lambda body: body.max("v")).size()),
    i=KV,
    expected=[("a", 3, 2), ("b", 2, 1)],
)
case(
    "sum_into_a_typed_field",
    "3.4: sum",
    lambda i: i.group_by("k", lambda g: g.sum("v", Fields("s", Long)).sum("v", "t", long_)),
    i=KV,
    expected=[("a", 4, 4), ("b", 2, 2)],
)
case(
    "sum_of_texts_without_a_type",
    "3.6: text sources deliver strings; ours: joining digits is never meant",
    lambda i: i.group_by("k", lambda g: g.sum("v")),
    i=rows("k v", ("a", "1")),
    fails=Fails(OperationError, ("sum was given a text", "of=int")),
)
case(
    "sum_of_lists_puts_the_later_first",
    "3.4: operands reversed on purpose for list concat",
    lambda i: i.group_by("k", lambda g: g.sum("l")),
    i=rows("k l", ("a", [1]), ("a", [2]), ("a", [3])),
    partitions=1,
    expected=[("a", [3, 2, 1])],
)
case(
    "sum_of_two_fields_place_by_place",
    "6.1: tuples add pointwise",
    lambda i: i.group_by("k", lambda g: g.sum(("x", "y"), ("sx", "sy"))),
    i=rows("k x y", ("a", 1, 0.5), ("a", 2, 0.5)),
    expected=[("a", 3, 1.0)],
)
case(
    "sum_of_maps",
    "6.1: values added per key, sums of zero dropped",
    lambda i: i.group_by("k", lambda g: g.sum("m")).map("m", "m", lambda m: sorted(m.items())),
    i=rows("k m", ("a", {"x": 1, "y": 2}), ("a", {"x": -1, "z": 1})),
    expected=[("a", [("y", 2), ("z", 1)])],
)
case(
    "sum_by_a_semigroup",
    "3.4: semigroup plus",
    lambda i: i.group_by(
        "k", lambda g: g.sum("v", "m", FunctionSemigroup(max)).sum("v", "s", IntRing())
    ),
    i=KV,
    expected=[("a", 3, 4), ("b", 2, 2)],
)
case(
    "sum_of_booleans_is_exclusive_or",
    "6.1: Boolean is XOR",
    lambda i: i.group_by("k", lambda g: g.sum("v")),
    i=rows("k v", ("a", True), ("a", True), ("b", True)),
    expected=[("a", False), ("b", True)],
)
case(
    "sum_of_what_cannot_be_added",
    "3.4: sum needs a semigroup",
    lambda i: i.group_by("k", lambda g: g.sum("v")),
    i=rows("k v", ("a", object()), ("a", object())),
    fails=Fails(BuildError, ("There is no semigroup for",)),
)
case(
    "times_multiplies",
    "3.4: ring product",
    lambda i: i.group_by("k", lambda g: g.times("v", "p").times("t", "q", int)),
    i=rows("k v t", ("a", 2, "3"), ("a", 5, "4")),
    expected=[("a", 10, 12)],
)
case(
    "dot_adds_products",
    "3.4: sum of pairwise products",
    lambda i: i.group_by("k", lambda g: g.dot("x", "y", "d").dot("x", "x", "squares")),
    i=rows("k x y", ("a", 1, 4), ("a", 2, 5)),
    expected=[("a", 14, 5)],
)
case(
    "average_is_a_double",
    "3.4: weighted means, Double; 3.6: null is 0.0",
    lambda i: i.group_by("k", lambda g: g.average("v", "a")),
    i=NULLS,
    expected=[("a", 1.5), ("b", 0.0)],
)
case(
    "average_in_place",
    "3.4: average",
    lambda i: i.group_by("k", lambda g: g.average("v")),
    i=KV,
    expected=[("a", 2.0), ("b", 2.0)],
    fields="k v",
)
case(
    "size_ave_stdev_is_of_the_population",
    "3.4: Long count, mean, population standard deviation",
    lambda i: i.group_by("k", lambda g: g.size_ave_stdev("v", ("n", "m", "s"))),
    i=rows("k v", *[("a", v) for v in (2, 4, 4, 4, 5, 5, 7, 9)], ("b", 1)),
    expected=[("a", 8, 5.0, 2.0), ("b", 1, 1.0, 0.0)],
    fields="k n m s",
)
case(
    "max_takes_null_for_the_least",
    "3.4: null lowest",
    lambda i: i.group_by("k", lambda g: g.max("v", "most").min("v", "least")),
    i=NULLS,
    expected=[("a", 3, None), ("b", None, None)],
)
case(
    "max_and_min_of_texts_compare_texts",
    "3.4: Cascading ordering of the values as they are",
    lambda i: i.group_by("k", lambda g: g.max("v", "most").min("v", "least")),
    i=rows("k v", ("a", "9"), ("a", "10")),
    expected=[("a", "9", "10")],
)
case(
    "max_and_min_of_whole_tuples",
    "3.4: compare the whole field tuple",
    lambda i: i.group_by("k", lambda g: g.max(("v", "w"), ("mv", "mw")).min(("v", "w"))),
    i=rows("k v w", ("a", 1, "z"), ("a", 2, "a"), ("a", 2, "b"), ("a", 1, "y")),
    expected=[("a", 2, "b", 1, "y")],
    fields="k mv mw v w",
)
case(
    "head_and_last_of_a_sorted_group",
    "3.4: meaningful after sortBy",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").head("v", "first").last("v", "last")),
    i=KVS,
    expected=[("a", 1, 3), ("b", 7, 9)],
)
case(
    "head_in_arrival_order",
    "3.4: first in arrival order; nulls count",
    lambda i: i.group_by("k", lambda g: g.first("v", "f").last("v", "l")),
    i=rows("k v", ("a", None), ("a", 1), ("a", 2)),
    partitions=1,
    expected=[("a", None, 2)],
)
case(
    "reduce_of_one_field",
    "3.4: reduce(f){(old, new)}",
    lambda i: i.group_by("k", lambda g: g.reduce("v", operator.mul)),
    i=KVS,
    expected=[("a", 6), ("b", 63)],
    fields="k v",
)
case(
    "reduce_gets_the_earlier_value_first",
    "3.4: (old, new)",
    lambda i: i.group_by("k", lambda g: g.reduce("v", "t", lambda old, new: old + new)),
    i=rows("k v", ("a", "x"), ("a", "y"), ("a", "z")),
    partitions=1,
    expected=[("a", "xyz")],
)
case(
    "reduce_of_two_fields_takes_tuples",
    "3.4: reduce",
    lambda i: i.group_by(
        "k", lambda g: g.reduce(("v", "w"), lambda old, new: (old[0] + new[0], old[1] * new[1]))
    ),
    i=rows("k v w", ("a", 1, 2), ("a", 3, 4)),
    expected=[("a", 4, 8)],
)
case(
    "map_reduce_map",
    "3.4: mapReduceMap(f→o){pre}{red}{post}",
    lambda i: i.group_by(
        "k", lambda g: g.map_reduce_map("v", "s", lambda v: {v}, operator.or_, sorted)
    ),
    i=KVS,
    expected=[("a", [1, 2, 3]), ("b", [7, 9])],
)
case(
    "map_plus_map",
    "3.4: mapPlusMap",
    lambda i: i.group_by(
        "k",
        lambda g: g.map_plus_map(
            ("k", "v"), "s", lambda k, v: (1, v), lambda both: both[1] / both[0]
        ),
    ),
    i=KV,
    expected=[("a", 2.0), ("b", 2.0)],
)
case(
    "aggregate_by_an_aggregator",
    "3.4: aggregate(f→o)(agg); 6.2",
    lambda i: i.group_by(
        "k", lambda g: g.aggregate("v", ("n", "most"), Aggregator.size().join(Aggregator.max()))
    ),
    i=KVS,
    expected=[("a", 3, 3), ("b", 2, 9)],
)
case(
    "forall_is_and",
    "3.4: AND",
    lambda i: i.group_by("k", lambda g: g.forall("v", "all", lambda v: v > 1)),
    i=KV,
    expected=[("a", False), ("b", True)],
)
case(
    "to_list_unsorted_is_in_reverse_arrival_order",
    "3.4: unsorted: reverse arrival order; 10 row 32",
    lambda i: i.group_by("k", lambda g: g.to_list("v", "l")),
    i=KVS,
    partitions=1,
    expected=[("a", [2, 1, 3]), ("b", [7, 9])],
)
case(
    "to_list_of_a_group_that_is_not_combined_keeps_the_rule",
    "3.4: unsorted: reverse arrival order",
    lambda i: i.group_by("k", lambda g: g.to_list("v", "l").force_to_reducers()),
    i=KVS,
    partitions=1,
    expected=[("a", [2, 1, 3]), ("b", [7, 9])],
)
case(
    "to_list_sorted_is_in_sorted_order",
    "3.4: sorted: sorted order",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").to_list("v", "l")),
    i=KVS,
    expected=[("a", [1, 2, 3]), ("b", [7, 9])],
)
case(
    "to_list_before_sort_by_is_sorted_too",
    "3.4: the body is sorted as a whole",
    lambda i: i.group_by("k", lambda g: g.to_list("v", "l").sort_by("v").reverse()),
    i=KVS,
    expected=[("a", [3, 2, 1]), ("b", [9, 7])],
)
case(
    "to_list_drops_nulls",
    "3.4: drops nulls; 10 row 33",
    lambda i: i.group_by("k", lambda g: g.to_list("v", "l")),
    i=NULLS,
    expected=[("a", [3]), ("b", [])],
)
case(
    "to_list_of_two_fields",
    "3.4: toList",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").to_list(("v", "k"), "l")),
    i=KV,
    expected=[("a", [(1, "a"), (3, "a")]), ("b", [(2, "b")])],
)
case(
    "mk_string_joins",
    "3.4: mkString(f, start, sep, end), same order rule",
    lambda i: i.group_by(
        "k", lambda g: g.sort_by("v").mk_string("v", "s", start="<", sep=",", end=">")
    ),
    i=KVS,
    expected=[("a", "<1,2,3>"), ("b", "<7,9>")],
)
case(
    "mk_string_unsorted",
    "3.4: same order rule",
    lambda i: i.group_by("k", lambda g: g.mk_string("v", sep="")),
    i=KVS,
    partitions=1,
    expected=[("a", "213"), ("b", "79")],
    fields="k v",
)
case(
    "map_list",
    "3.4: mapList(f→o){list→r}",
    lambda i: i.group_by("k", lambda g: g.map_list("v", "n", len).map_list("v", "s", sum)),
    i=KVS,
    expected=[("a", 3, 6), ("b", 2, 16)],
)
case(
    "pivot_fills_what_is_missing",
    "3.4: missing → default; names not listed ignored",
    lambda i: i.group_by("k", lambda g: g.pivot(("n", "v"), ("x", "y"), 0)),
    i=rows("k n v", ("a", "x", 1), ("a", "y", 2), ("b", "y", 3), ("b", "z", 4)),
    expected=[("a", 1, 2), ("b", 0, 3)],
    fields="k x y",
)
case(
    "pivot_of_a_duplicate_key",
    "3.4: a duplicate key in a group is an assertion error",
    lambda i: i.group_by("k", lambda g: g.pivot(("n", "v"), ("x", "y"))),
    i=rows("k n v", ("a", "x", 1), ("a", "x", 2)),
    fails=Fails(OperationError, ("pivot found the key 'x' twice in one group", "1 and 2")),
)
case(
    "histogram_by_bins",
    "3.4: floor(x/w)*w bins; percentile(p) is the first bin with cdf·100 ≥ p",
    lambda i: i.group_all(lambda g: g.histogram("v", "h", 10)).map_to(
        "h", ("n", "mean", "median", "q3"), lambda h: (h.size, h.mean, h.median, h.q3)
    ),
    i=rows("v", 1, 12, 19, 25),
    expected=[(4, 10.0, 10, 10)],
)
case(
    "approximate_unique_count_is_a_double",
    "3.4: Double estimate",
    lambda i: i.group_all(lambda g: g.approximate_unique_count("v", "n")).map(
        "n", "n", lambda n: (type(n) is float, round(n))
    ),
    i=rows("v", *[str(n % 50) for n in range(500)]),
    expected=[((True, 50),)],
)
case(
    "hyper_log_log_gives_the_sketch",
    "3.4: or the HLL object; 1 % → 14 bits",
    lambda i: i.group_all(lambda g: g.hyper_log_log("v", "h")).map_to(
        "h", ("bits", "n"), lambda hll: (hll.bits, round(hll.estimated_size))
    ),
    i=rows("v", 1, 2, 1),
    expected=[(14, 2)],
)
case(
    "sorted_take_is_ascending",
    "3.4: one list column, length ≤ k; 10 row 29",
    lambda i: i.group_by("k", lambda g: g.sorted_take("v", "l", 2)),
    i=KVS,
    expected=[("a", [1, 2]), ("b", [7, 9])],
)
case(
    "sorted_reverse_take_is_descending",
    "3.4; 10 row 29",
    lambda i: i.group_by("k", lambda g: g.sorted_reverse_take("v", "l", 2)),
    i=KVS,
    expected=[("a", [3, 2]), ("b", [9, 7])],
)
case(
    "sorted_take_of_tuples",
    "3.4: whole tuples, null lowest",
    lambda i: i.group_all(lambda g: g.sorted_take(("v", "k"), "l", 2)),
    i=NULLS,
    expected=[([(None, "a"), (None, "b")],)],
)
case(
    "sort_with_take_by_an_order_of_ones_own",
    "3.4: sortWithTake(f→o, k){lt}; 10 row 28",
    lambda i: i.group_all(
        lambda g: g.sort_with_take(("k", "v"), "l", 3, lambda one, other: one[1] > other[1])
    ),
    i=KVS,
    expected=[([("b", 9), ("b", 7), ("a", 3)],)],
)
case(
    "sorted_take_of_many_rows",
    "3.4: length ≤ k",
    lambda i: i.group_all(lambda g: g.sorted_take("v", "l", 3)),
    i=rows("v", *[(7 * n) % 1000 for n in range(1000)]),
    expected=[([0, 1, 2],)],
)
