"""The methods of a RichPipe."""

from __future__ import annotations

from cascade2spark.errors import BuildError, PlanError, RunError
from cascade2spark.operations import Insert
from cascade2spark.scalding.fields import NO_MATCH
from tests.conformance.case import Fails, rows
from tests.scalding.fields_case import AB, KV, NULLS, Bean, Pair, Point, case

case(
    "flat_map_repeats_the_other_columns",
    "3.2: flatMap repeats the other columns per output",
    lambda i: i.flat_map("a", "c", range),
    i=AB,
    expected=[(1, 10, 0), (2, 20, 0), (2, 20, 1)],
    ordered=True,
)
case(
    "flat_map_to_of_pairs",
    "3.2: flatMapTo",
    lambda i: i.flat_map_to("a", ("n", "m"), lambda a: [(n, a) for n in range(a)]),
    i=AB,
    expected=[(0, 1), (0, 2), (1, 2)],
    fields="n m",
)
case(
    "flat_map_of_none_gives_no_row",
    "3.2: flatMap, an Option is a collection",
    lambda i: i.flat_map("a", "c", lambda a: None if a == 1 else [a]),
    i=AB,
    expected=[(2, 20, 2)],
)
case(
    "map_hands_nulls_on",
    "3.6: as String or object null stays null",
    lambda i: i.map("v", "w", lambda v: v is None),
    i=NULLS,
    expected=[("a", 3, False), ("a", None, True), ("b", None, True)],
)
case(
    "collect_drops_what_is_not_matched",
    "3.2: rows not matched are dropped",
    lambda i: i.collect("a", "c", lambda a: "two" if a == 2 else NO_MATCH),
    i=AB,
    expected=[(2, 20, "two")],
)
case(
    "collect_to_keeps_only_what_is_made",
    "3.2: collectTo",
    lambda i: i.collect_to(("a", "b"), ("x", "y"), lambda a, b: (b, a) if a > 1 else NO_MATCH),
    i=AB,
    expected=[(20, 2)],
    fields="x y",
)
case(
    "flatten_gives_a_row_for_each_element",
    "3.2: the column holds an iterable",
    lambda i: i.flatten("l", "x"),
    i=rows("k l", ("a", [1, 2]), ("b", [])),
    expected=[("a", [1, 2], 1), ("a", [1, 2], 2)],
)
case(
    "flatten_in_place",
    "3.2 and 3.1: equal sets are REPLACE",
    lambda i: i.flatten("l"),
    i=rows("k l", ("a", [1, 2]), ("b", [])),
    expected=[("a", 1), ("a", 2)],
)
case(
    "flatten_to_keeps_only_the_elements",
    "3.2: flattenTo",
    lambda i: i.flatten_to("l", "x"),
    i=rows("k l", ("a", [1, 2]), ("b", [])),
    expected=[(1,), (2,)],
)
case(
    "filter_keeps_all_columns",
    "3.2: all columns stay",
    lambda i: i.filter("v", lambda v: v > 1),
    i=KV,
    expected=[("b", 2), ("a", 3)],
)
case(
    "filter_of_two_fields",
    "3.2: filter",
    lambda i: i.filter(("k", "v"), lambda k, v: k == "a" and v > 1),
    i=KV,
    expected=[("a", 3)],
)
case(
    "filter_not_drops",
    "3.2: filterNot",
    lambda i: i.filter_not("v", lambda v: v > 1),
    i=KV,
    expected=[("a", 1)],
)
case(
    "project_keeps_in_the_given_order",
    "3.2: keep in the given order",
    lambda i: i.insert("c", 0).project("c", "a"),
    i=AB,
    expected=[(0, 1), (0, 2)],
    fields="c a",
)
case(
    "project_of_an_unknown_field",
    "3.2: an unknown name fails at plan time",
    lambda i: i.project("word_cuont"),
    i=rows("word_count", 1),
    fails=Fails(PlanError, ("'word_cuont'", "nearest     'word_count'", "rich_pipe.py"), at="plan"),
)
case(
    "discard_drops",
    "3.2: drop",
    lambda i: i.discard("a"),
    i=AB,
    expected=[(10,), (20,)],
    fields="b",
)
case(
    "discard_of_an_unknown_field",
    "3.2: an unknown name fails at plan time",
    lambda i: i.discard("z"),
    i=AB,
    fails=Fails(PlanError, ("'z'", "'a', 'b'"), at="plan"),
)
case(
    "rename_moves_to_the_end",
    "3.2 and 3.1: an Identity with SWAP",
    lambda i: i.rename("a", "c"),
    i=AB,
    expected=[(10, 1), (20, 2)],
    fields="b c",
)
case(
    "rename_needs_as_many_names",
    "3.2: same arity, else assert",
    lambda i: i.rename(("a", "b"), "c"),
    i=AB,
    fails=Fails(BuildError, ("2 fields cannot have 1 names",), at="build"),
)
case(
    "insert_appends_constants",
    "3.2: append constant columns",
    lambda i: i.insert("x", None).insert(("y", "z"), (1, "s")),
    i=AB,
    expected=[(1, 10, None, 1, "s"), (2, 20, None, 1, "s")],
    fields="a b x y z",
)
case(
    "unique_keeps_only_its_fields",
    "3.2: distinct values of f, only f kept",
    lambda i: i.unique("k"),
    i=KV,
    expected=[("a",), ("b",)],
    fields="k",
)
case(
    "distinct_of_two_fields_with_nulls",
    "3.2: unique = distinct; 3.6: null is a key",
    lambda i: i.distinct("k", "v"),
    i=rows("k v", ("a", None), ("a", None), (None, 1), ("a", 1)),
    expected=[("a", None), (None, 1), ("a", 1)],
)
case(
    "merge_keeps_duplicates",
    "3.2: ++ is a union",
    lambda i, j: i + j,
    i=AB,
    j=AB,
    expected=[(1, 10), (1, 10), (2, 20), (2, 20)],
)
case(
    "merge_with_itself",
    "3.2: self-merge allowed",
    lambda i: i + i,
    i=AB,
    expected=[(1, 10), (1, 10), (2, 20), (2, 20)],
)
case(
    "merge_of_three_and_one_of_them_again",
    "3.2: self-merge allowed; 10 row 22",
    lambda i, j: i.merge(j, i),
    i=rows("x", 1),
    j=rows("x", 2),
    expected=[(1,), (1,), (2,)],
)
case(
    "merge_of_different_fields",
    "3.2: same field names needed",
    lambda i, j: i + j,
    i=AB,
    j=rows("a c", (1, 2)),
    fails=Fails(PlanError, ("'b'", "'c'"), at="plan"),
)
case(
    "merge_of_two_results_of_one_pipe",
    "10 row 23: reads once, same answer",
    lambda i: i.map("a", "a", lambda a: a + 1) + i.map("a", "a", lambda a: a + 2),
    i=AB,
    expected=[(2, 10), (3, 20), (3, 10), (4, 20)],
)
case(
    "limit_gives_no_more",
    "3.2: no shuffle, n is split over the tasks",
    lambda i: i.limit(2),
    i=KV,
    partitions=1,
    expected=[("a", 1), ("b", 2)],
)
case(
    "limit_of_none",
    "3.2",
    lambda i: i.limit(0),
    i=KV,
    expected=[],
)
case(
    "sample_of_all_keeps_all",
    "3.2: Bernoulli",
    lambda i: i.sample(1.0, 7),
    i=KV,
    expected=[("a", 1), ("b", 2), ("a", 3)],
)
case(
    "sample_with_replacement_of_mean_0",
    "3.2: Poisson(0) is 0",
    lambda i: i.sample_with_replacement(0.0),
    i=KV,
    expected=[],
)
case(
    "normalize_divides_by_the_total",
    "3.2: each value divided by the column total, as Double",
    lambda i: i.normalize("v"),
    i=rows("v k", (1, "a"), (3, "b")),
    expected=[("a", 0.25), ("b", 0.75)],
    fields="k v",
)
case(
    "normalize_without_the_tiny_join",
    "3.2: useTiny",
    lambda i: i.normalize("v", use_tiny=False),
    i=rows("v k", ("1", "a"), ("3", "b")),
    expected=[("a", 0.25), ("b", 0.75)],
)
case(
    "pack_by_names",
    "3.2: by name",
    lambda i: i.pack(("y", "x"), "p", Point).map_to("p", ("a", "b"), lambda p: (p.x, p.y)),
    i=rows("x y", (1, 2)),
    expected=[(1, 2)],
)
case(
    "pack_by_position",
    "3.2: or the first constructor of that arity",
    lambda i: i.pack_to(("a", "b"), "p", Pair).map_to("p", ("l", "r"), tuple),
    i=AB,
    expected=[(1, 10), (2, 20)],
)
case(
    "pack_by_setters",
    "3.2: bean setters by name",
    lambda i: i.pack("name", "bean", Bean).map_to("bean", "n", lambda bean: bean.name),
    i=rows("name", "ada"),
    expected=[("ADA",)],
)
case(
    "pack_all_fields",
    "3.2: pack, with '*",
    lambda i: i.pack_to("*", "p", Point).map_to("p", "s", lambda p: p.x - p.y),
    i=rows("y x", (1, 5)),
    expected=[(4,)],
)
case(
    "unpack_named_attributes",
    "3.2: unpack is the reverse",
    lambda i: i.pack_to(("x", "y"), "p", Point).unpack_to("p", ("y", "x"), Point),
    i=rows("x y", (1, 2)),
    expected=[(2, 1)],
    fields="y x",
)
case(
    "unpack_all_in_the_order_of_declaration",
    "3.2: target '* keeps declaration order",
    lambda i: i.pack_to(("y", "x"), "p", Point).unpack("p", "*", Point).discard("p"),
    i=rows("x y", (1, 2)),
    expected=[(1, 2)],
    fields="x y",
)
case(
    "unpivot_gives_a_row_for_each_column",
    "3.2: the key column holds the column name",
    lambda i: i.unpivot(("x", "y"), ("name", "value")),
    i=rows("k x y", ("a", 1, 2), ("b", 3, None)),
    expected=[
        ("a", "x", 1),
        ("a", "y", 2),
        ("b", "x", 3),
        ("b", "y", None),
    ],
    fields="k name value",
)
case(
    "pivot_is_the_inverse_of_unpivot",
    "10 row 36: PivotTest",
    lambda i: i.unpivot(("x", "y"), ("n", "v")).group_by(
        "k", lambda g: g.pivot(("n", "v"), ("x", "y"))
    ),
    i=rows("k x y", ("a", 1, 2), ("b", 3, 4)),
    expected=[("a", 1, 2), ("b", 3, 4)],
    fields="k x y",
)
case(
    "verify_types_passes_what_converts",
    "3.2: a filter that always passes",
    lambda i: i.verify_types(("k", "v"), str, int),
    i=rows("k v", ("a", "12"), ("b", None)),
    expected=[("a", "12"), ("b", None)],
)
case(
    "verify_types_fails_on_what_does_not",
    "3.2: a bad value throws",
    lambda i: i.verify_types("v", int),
    i=rows("k v", ("a", "twelve")),
    fails=Fails(RunError, ("twelve",)),
)
case(
    "using_makes_a_resource_in_each_task",
    "3.2: the resource is made once per task",
    lambda i: i.using(lambda: {"a": "alpha"}).map("k", "name", lambda names, k: names.get(k)),
    i=KV,
    expected=[("a", 1, "alpha"), ("b", 2, None), ("a", 3, "alpha")],
)
case(
    "using_flat_map",
    "3.2: using.flatMap",
    lambda i: i.using(lambda: 2).flat_map("v", "w", lambda times, v: [v] * times),
    i=rows("v", 1, 2),
    expected=[(1, 1), (1, 1), (2, 2), (2, 2)],
)
case(
    "using_to_variants_keep_only_what_is_made",
    "3.2: using, and 3.1: …To",
    lambda i: (
        i.using(lambda: 2)
        .map_to("v", "w", lambda times, v: v * times)
        .using(lambda: 2)
        .flat_map_to("w", ("x", "y"), lambda times, w: [(w, times)] * times)
    ),
    i=rows("k v", ("a", 1)),
    expected=[(2, 2), (2, 2)],
    fields="x y",
)
case(
    "using_foreach_keeps_all_rows",
    "3.2: using.foreach",
    lambda i: i.using(list).foreach("v", lambda seen, v: seen.append(v)),
    i=KV,
    expected=[("a", 1), ("b", 2), ("a", 3)],
)
case(
    "each_applies_a_raw_function",
    "3.2: raw Cascading function",
    lambda i: i.each("a", "c", lambda fields: Insert(fields, 1)),
    i=AB,
    expected=[(1, 10, 1), (2, 20, 1)],
)
case(
    "each_to_keeps_only_its_results",
    "3.2: eachTo",
    lambda i: i.each_to("a", "c", Insert("c", 1)),
    i=AB,
    expected=[(1,), (1,)],
)
case(
    "then_applies_a_function_to_the_pipe",
    "3.2: thenDo",
    lambda i: i.then(lambda pipe, least: pipe.filter("v", lambda v: v >= least), 2),
    i=KV,
    expected=[("b", 2), ("a", 3)],
)
case(
    "debug_changes_nothing",
    "3.2: debug",
    lambda i: i.debug(prefix="seen", print_fields=True).name("after"),
    i=AB,
    expected=[(1, 10), (2, 20)],
)
case(
    "shard_keeps_all_rows",
    "3.2: helper column removed",
    lambda i: i.shard(3, seed=1),
    i=KV,
    expected=[("a", 1), ("b", 2), ("a", 3)],
    fields="k v",
)
case(
    "shuffle_keeps_all_rows",
    "3.2: helper columns removed",
    lambda i: i.shuffle(2),
    i=KV,
    expected=[("a", 1), ("b", 2), ("a", 3)],
    fields="k v",
)
case(
    "group_randomly_covers_all_rows",
    "3.2: random column in [0, n), helper removed",
    lambda i: i.group_randomly(2, lambda g: g.size("n")).group_all(lambda g: g.sum("n", "n", int)),
    i=KV,
    expected=[(3,)],
    fields="n",
)
case(
    "partition_groups_by_a_computed_column",
    "3.2: result keeps to plus g's outputs",
    lambda i: i.partition("v", "is_big", lambda v: v > 1, lambda g: g.size("n")),
    i=KV,
    expected=[(False, 1), (True, 2)],
    fields="is_big n",
)
