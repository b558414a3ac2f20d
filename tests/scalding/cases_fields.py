"""What ported jobs of the fields API may rely on. Sections are those of the Scalding reference."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import attrs

from cascade2spark.errors import BuildError, OperationError, PlanError, RunError
from cascade2spark.fields import Fields
from cascade2spark.joiners import LeftJoin, OuterJoin, RightJoin
from cascade2spark.operations import Count, First, Insert
from cascade2spark.operations.callables import buffer
from cascade2spark.pipes import Every
from cascade2spark.scalding.algebra import Aggregator, FunctionSemigroup, IntRing
from cascade2spark.scalding.fields import (
    NO_MATCH,
    InnerJoinMode,
    InvalidJoinMode,
    OuterJoinMode,
    RichPipe,
    SkewReplicationA,
    SkewReplicationB,
)
from cascade2spark.types import Long, long_
from tests.conformance.case import Case, Fails, Topic, rows

__all__ = ["CASES"]

_topic = Topic("fields")
CASES: list[Case] = _topic.cases


def case(name: str, source: str, build: Callable[..., Any], **parts: Any) -> None:
    """Add a case whose function is handed RichPipes and returns one, or several."""

    @functools.wraps(build)
    def wrapped(**heads: Any) -> Any:
        built = build(**{name: RichPipe(head) for name, head in heads.items()})
        return [one.pipe for one in built] if isinstance(built, list) else built.pipe

    _topic.add(name, source, wrapped, **parts, python_only=True)


@attrs.frozen
class Point:
    x: int
    y: int


class Pair(NamedTuple):
    left: Any
    right: Any


def _statements(group: Any) -> None:
    group.size("n")
    group.max("v")


class Bean:
    """A class with setters, as Java's beans have."""

    def __init__(self) -> None:
        self.name = ""

    def set_name(self, name: str) -> None:
        self.name = name.upper()


AB = rows("a b", (1, 10), (2, 20))
KV = rows("k v", ("a", 1), ("b", 2), ("a", 3))
KVS = rows("k v", ("a", 3), ("b", 9), ("a", 1), ("a", 2), ("b", 7))
NULLS = rows("k v", ("a", 3), ("a", None), ("b", None))
EMPTY = rows("k v")
WORDS = rows("line", "a b a", "", "b a")

# -- 3.1: which columns leave ----------------------------------------------------------------------

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

# -- 3.2: RichPipe ---------------------------------------------------------------------------------

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
    fails=Fails(
        PlanError, ("'word_cuont'", "nearest     'word_count'", "cases_fields.py"), at="plan"
    ),
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
    lambda i: i.group_by("k", _statements),
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

# -- 3.4: reductions -------------------------------------------------------------------------------

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

# -- 3.4: streams ----------------------------------------------------------------------------------

case(
    "fold_left_copies_its_start_for_each_group",
    "3.4: z deep-copied per group, so a mutable z is safe; 10 row 35",
    lambda i: i.group_by(
        "k",
        lambda g: g.sort_by("v").fold_left("v", "l", [], lambda held, v: held.append(v) or held),
    ),
    i=KVS,
    expected=[("a", [1, 2, 3]), ("b", [7, 9])],
)
case(
    "fold_left_goes_from_left_to_right",
    "10 row 31",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").fold_left("v", "d", 0, operator.sub)),
    i=KVS,
    expected=[("a", -6), ("b", -16)],
)
case(
    "fold_left_of_two_fields_to_two",
    "3.4: foldLeft(f→o)(z){(acc, x)}",
    lambda i: i.group_by(
        "k",
        lambda g: g.fold_left(
            ("v", "w"), ("s", "p"), (0, 1), lambda so_far, v, w: (so_far[0] + v, so_far[1] * w)
        ),
    ),
    i=rows("k v w", ("a", 1, 2), ("a", 3, 4)),
    expected=[("a", 4, 8)],
)
case(
    "scan_left_gives_its_start_too",
    "3.4: emits z first; unused input columns are null in that row; 10 row 34",
    lambda i: i.group_by("x", lambda g: g.sort_by("y").scan_left("y", "ys", 0, operator.add)),
    i=rows("x y z", (3, 0, 1), (3, 1, 10), (3, 5, 100)),
    expected=[(3, None, None, 0), (3, 0, 1, 0), (3, 1, 10, 1), (3, 5, 100, 6)],
    ordered=True,
    fields="x y z ys",
)
case(
    "map_stream_of_a_group",
    "3.4: mapStream(f→o){it→it}",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").map_stream("v", "v", lambda it: [sum(it)])),
    i=KVS,
    expected=[("a", 6), ("b", 16)],
)
case(
    "map_stream_of_two_fields_gets_tuples",
    "3.4: mapStream",
    lambda i: i.group_by(
        "k", lambda g: g.map_stream(("k", "v"), ("k", "v"), lambda it: [max(it), ("end", 0)])
    ),
    i=KV,
    expected=[("a", 3), ("end", 0), ("b", 2), ("end", 0)],
)
case(
    "take_keeps_whole_rows",
    "3.4: take(n), whole rows",
    lambda i: i.insert("x", 1).group_by("k", lambda g: g.sort_by("v").take(2)),
    i=KVS,
    expected=[("a", 1, 1), ("a", 2, 1), ("b", 7, 1), ("b", 9, 1)],
    within=(0,),
    fields="k v x",
)
case(
    "drop_skips_rows",
    "3.4: drop(n)",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").drop(1)),
    i=KVS,
    expected=[("a", 2), ("a", 3), ("b", 9)],
    within=(0,),
)
case(
    "take_while_stops_at_the_first_that_fails",
    "3.4: takeWhile(f){p}, whole rows",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").take_while("v", lambda v: v != 2)),
    i=KVS,
    expected=[("a", 1), ("b", 7), ("b", 9)],
)
case(
    "drop_while_starts_at_the_first_that_fails",
    "3.4: dropWhile(f){p}, whole rows",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").drop_while(("k", "v"), lambda k, v: v < 2)),
    i=KVS,
    expected=[("a", 2), ("a", 3), ("b", 7), ("b", 9)],
)
case(
    "pass_lets_all_rows_through",
    "3.4: all rows through",
    lambda i: i.group_by("k", lambda g: g.pass_()),
    i=KVS,
    expected=[("a", 3), ("b", 9), ("a", 1), ("a", 2), ("b", 7)],
)
case(
    "every_puts_a_raw_every",
    "3.3: every",
    lambda i: i.group_by(
        "k", lambda g: g.every(lambda pipe: Every(pipe, "v", Count(Fields("n")))).max("v")
    ),
    i=KV,
    expected=[("a", 2, 3), ("b", 1, 2)],
)
case(
    "buffer_applies_a_raw_buffer",
    "3.3: buffer",
    lambda i: i.group_by(
        "k", lambda g: g.buffer("v", buffer("n")(lambda key, rows: [len([*rows])]))
    ),
    i=KV,
    expected=[("a", None, 2), ("b", None, 1)],
)
case(
    "using_map_stream",
    "3.4: using(res).mapStream, resource per reduce task",
    lambda i: i.project("k", "v").group_by(
        "k", lambda g: g.using(lambda: 10).map_stream("v", "v", lambda ten, it: [ten * sum(it)])
    ),
    i=KV,
    expected=[("a", 40), ("b", 20)],
)
case(
    "every_with_the_first_rows",
    "3.3: every",
    lambda i: i.group_by(
        "k",
        lambda g: g.sort_by("v").every(
            lambda pipe: Every(pipe, Fields.ALL, First(2), Fields.RESULTS)
        ),
    ),
    i=KVS,
    expected=[("a", 1), ("a", 2), ("b", 7), ("b", 9)],
)

# -- 3.5: joins ------------------------------------------------------------------------------------

LEFT = rows("id x", (1, "a"), (2, "b"), (2, "c"), (None, "n"))
RIGHT = rows("key y", (2, "B"), (2, "C"), (3, "D"), (None, "N"))
SAME = rows("id y", (2, "B"), (3, "D"), (None, "N"))
INNER = [
    (2, "b", 2, "B"),
    (2, "b", 2, "C"),
    (2, "c", 2, "B"),
    (2, "c", 2, "C"),
    (None, "n", None, "N"),
]

case(
    "join_with_smaller",
    "3.5: inner; 3.6: null equals null in joins",
    lambda i, j: i.join_with_smaller("id", "key", j),
    i=LEFT,
    j=RIGHT,
    expected=INNER,
    fields="id x key y",
)
case(
    "join_with_smaller_by_one_name",
    "3.5: the right copies are dropped; 10 row 38",
    lambda i, j: i.join_with_smaller("id", "id", j),
    i=LEFT,
    j=SAME,
    expected=[(2, "b", "B"), (2, "c", "B"), (None, "n", "N")],
    fields="id x y",
)
case(
    "join_with_smaller_by_two_names_of_which_one_is_shared",
    "3.5: key names may overlap for inner joins",
    lambda i, j: i.join_with_smaller(("a", "b"), ("b", "c"), j),
    i=rows("a b x", (1, 2, "x"), (1, 3, "y")),
    j=rows("b c y", (1, 2, "Y")),
    expected=[(1, 2, "x", 2, "Y")],
    fields="a b x c y",
)
case(
    "join_with_larger",
    "3.5: swaps sides",
    lambda i, j: i.join_with_larger("id", "key", j),
    i=LEFT,
    j=RIGHT,
    expected=[(key, y, id_, x) for id_, x, key, y in INNER],
    fields="key y id x",
)
case(
    "join_with_larger_flips_left",
    "3.5: flips Left/Right",
    lambda i, j: i.join_with_larger("id", "key", j, LeftJoin()),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(None, None, 1, "a"), (2, "B", 2, "b")],
)
case(
    "left_join_with_smaller",
    "3.5: this pipe stays whole, missing columns null",
    lambda i, j: i.left_join_with_smaller("id", "key", j),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(1, "a", None, None), (2, "b", 2, "B")],
)
case(
    "left_join_with_larger",
    "3.5: this pipe stays whole",
    lambda i, j: i.left_join_with_larger("id", "key", j).project("id", "x", "y"),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(1, "a", None), (2, "b", "B")],
)
case(
    "outer_join_with_smaller",
    "3.5: joiner",
    lambda i, j: i.join_with_smaller("id", "key", j, OuterJoin(), reducers=2),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(1, "a", None, None), (2, "b", 2, "B"), (None, None, 3, "C")],
)
case(
    "outer_join_by_one_name",
    "3.5: join keys must be disjoint",
    lambda i, j: i.join_with_smaller("id", "id", j, OuterJoin()),
    i=LEFT,
    j=SAME,
    fails=Fails(BuildError, ("join keys must be disjoint", "OuterJoin", "'id'"), at="build"),
)
case(
    "join_of_names_that_clash",
    "3.5: non-key name clashes are planner errors",
    lambda i, j: i.join_with_smaller("id", "key", j),
    i=rows("id x", (1, "a")),
    j=rows("key x", (1, "b")),
    fails=Fails(PlanError, ("'x'",), at="plan"),
)
case(
    "join_of_a_pipe_with_itself",
    "10 row 10: self joins",
    lambda i: i.join_with_smaller("k", "k", i.rename("v", "w")),
    i=KV,
    expected=[("a", 1, 1), ("a", 1, 3), ("a", 3, 1), ("a", 3, 3), ("b", 2, 2)],
)
case(
    "join_of_int_and_double_keys",
    "3.6: Int and Double do not match",
    lambda i, j: i.join_with_smaller("a", "b", j),
    i=rows("a", 1, 2),
    j=rows("b", 1.0, 2),
    expected=[(2, 2)],
)
case(
    "join_of_int_and_long_columns",
    "3.6: joining an int column with a long column works; 10 row 37",
    lambda i, j: i.join_with_smaller("a", "b", j),
    i=rows(Fields("a", long_), 1, 2),
    j=rows(Fields("b", Long), 2),
    expected=[(2, 2)],
)
case(
    "join_with_tiny",
    "3.5: HashJoin",
    lambda i, j: i.join_with_tiny("id", "key", j),
    i=LEFT,
    j=RIGHT,
    expected=INNER,
)
case(
    "join_with_tiny_by_one_name",
    "3.5: TinyCollisionJoinTest",
    lambda i, j: i.join_with_tiny("id", "id", j),
    i=LEFT,
    j=SAME,
    expected=[(2, "b", "B"), (2, "c", "B"), (None, "n", "N")],
    fields="id x y",
)
case(
    "left_join_with_tiny",
    "3.5: left variant",
    lambda i, j: i.left_join_with_tiny("id", "key", j),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[(1, "a", None, None), (2, "b", 2, "B")],
)
case(
    "left_join_with_tiny_by_one_name",
    "3.5: left variant needs disjoint key names",
    lambda i, j: i.left_join_with_tiny("id", "id", j),
    i=LEFT,
    j=SAME,
    fails=Fails(BuildError, ("join keys must be disjoint",), at="build"),
)
case(
    "cross_with_tiny",
    "3.5: full product",
    lambda i, j: i.cross_with_tiny(j),
    i=rows("a", 1, 2),
    j=rows("b", "x", "y"),
    expected=[(1, "x"), (1, "y"), (2, "x"), (2, "y")],
    fields="a b",
)
case(
    "cross_with_tiny_of_its_own_total",
    "10 row 17: its own total keeps n",
    lambda i: i.cross_with_tiny(i.group_all(lambda g: g.size("n"))),
    i=rows("a", 1, 2),
    expected=[(1, 2), (2, 2)],
)
case(
    "cross_with_smaller",
    "3.5: full product over many reducers",
    lambda i, j: i.cross_with_smaller(j, replication=3),
    i=rows("a", 1, 2, 3),
    j=rows("b", "x", "y"),
    expected=[(1, "x"), (1, "y"), (2, "x"), (2, "y"), (3, "x"), (3, "y")],
    fields="a b",
)
case(
    "block_join_with_smaller",
    "3.5: every matching pair meets exactly once",
    lambda i, j: i.block_join_with_smaller("id", "key", j, 3, 2),
    i=LEFT,
    j=RIGHT,
    expected=INNER,
    fields="id x key y",
)
case(
    "block_join_left",
    "3.5: Left only with leftReplication = 1; 10 row 39",
    lambda i, j: i.block_join_with_smaller("id", "key", j, 3, 1, LeftJoin()).project("x", "y"),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[("a", None), ("b", "B")],
)
case(
    "block_join_right",
    "3.5: Right only with rightReplication = 1",
    lambda i, j: i.block_join_with_smaller("id", "key", j, 1, 3, RightJoin()).project("x", "y"),
    i=rows("id x", (1, "a"), (2, "b")),
    j=rows("key y", (2, "B"), (3, "C")),
    expected=[("b", "B"), (None, "C")],
)
for _name, _joiner, _right, _left in (
    ("left", LeftJoin, 1, 2),
    ("right", RightJoin, 2, 1),
    ("outer", OuterJoin, 1, 1),
):
    case(
        f"block_join_{_name}_that_would_repeat_rows",
        "3.5: InvalidJoinModeException; 10 row 39",
        lambda i, j, kind=_joiner, right=_right, left=_left: i.block_join_with_smaller(
            "id", "key", j, right, left, kind()
        ),
        i=LEFT,
        j=RIGHT,
        fails=Fails(InvalidJoinMode, ("block_join_with_smaller cannot use",), at="build"),
    )
case(
    "block_join_of_no_replication",
    "3.5: replications must be > 0",
    lambda i, j: i.block_join_with_smaller("id", "key", j, 0),
    i=LEFT,
    j=RIGHT,
    fails=Fails(BuildError, ("at least 1 as its right_replication",), at="build"),
)
case(
    "skew_join_with_smaller",
    "3.5: result equals the inner join; 10 row 40",
    lambda i, j: i.skew_join_with_smaller("id", "key", j, 0.5, 3, SkewReplicationA(2)),
    i=LEFT,
    j=RIGHT,
    expected=INNER,
)
case(
    "skew_join_by_one_name",
    "10 row 40: CollidingKeySkewJoinTest",
    lambda i, j: i.skew_join_with_smaller("id", "id", j, replicator=SkewReplicationB()),
    i=LEFT,
    j=SAME,
    expected=[(2, "b", "B"), (2, "c", "B"), (None, "n", "N")],
)
case(
    "skew_join_with_larger",
    "3.5: sides swapped",
    lambda i, j: i.skew_join_with_larger("id", "key", j),
    i=LEFT,
    j=RIGHT,
    expected=[(key, y, id_, x) for id_, x, key, y in INNER],
)
case(
    "skew_join_rate",
    "3.5: 0 < sampleRate < 1 else assert",
    lambda i, j: i.skew_join_with_smaller("id", "key", j, 1.0),
    i=LEFT,
    j=RIGHT,
    fails=Fails(BuildError, ("rate between 0 and 1",), at="build"),
)
case(
    "co_group_by_star",
    "3.5: n-way star join, each pipe inner or outer",
    lambda i, j, k: i.co_group_by(
        "id", lambda g: g.co_group("jd", j).co_group("kd", k, OuterJoinMode)
    ),
    i=rows("id x", (1, "a"), (2, "b"), (3, "c")),
    j=rows("jd y", (1, "A"), (2, "B")),
    k=rows("kd z", (1, "!"), (4, "?")),
    expected=[(1, "a", 1, "A", 1, "!"), (2, "b", 2, "B", None, None)],
    fields="id x jd y kd z",
)
case(
    "co_group_by_outer_with_a_body",
    "3.5: the body may aggregate",
    lambda i, j: i.co_group_by(
        "id", OuterJoinMode, lambda g: g.co_group("jd", j, InnerJoinMode).size("n").max("y", "m")
    ).project("jd", "n", "m"),
    i=rows("id x", (1, "a"), (1, "b")),
    j=rows("jd y", (1, 5), (2, 6)),
    expected=[(1, 2, 5), (2, 1, 6)],
)
case(
    "co_group_by_of_nothing_else",
    "3.5: coGroupBy joins at least one other",
    lambda i: i.co_group_by("k", lambda g: g.size()),
    i=KV,
    fails=Fails(BuildError, ("co_group_by joins nothing",), at="build"),
)
case(
    "co_group_by_takes_no_sort",
    "3.5: no sortBy inside",
    lambda i, j: i.co_group_by("id", lambda g: g.co_group("key", j).sort_by("x")),
    i=LEFT,
    j=RIGHT,
    fails=Fails(BuildError, ("co_group_by takes no sort_by",), at="build"),
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
