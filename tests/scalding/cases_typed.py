"""The typed API as data: what each operator gives, on every engine.

Expected values are those of the Scalding reference, section by section.
"""

from __future__ import annotations

import operator

from cascade2spark.comparators import StringInsensitive
from cascade2spark.errors import BuildError, RunError
from cascade2spark.scalding.algebra import Aggregator, Fold, Left, Right
from cascade2spark.scalding.typed import (
    NO_MATCH,
    LookupJoin,
    MultiJoin,
    TypedPipe,
    TypedPipeDiff,
    ValuePipe,
    cumulative_sum,
    flatten_value_tuple,
    join_by,
    left_join_by,
    outer_join_by,
    right_join_by,
)
from tests.scalding.typed_case import CASES, case

__all__ = ["CASES"]

NUMBERS = [3, 1, 2, 3]
PAIRS = [("a", 3), ("b", 2), ("a", 1), ("a", 2), ("b", 5)]
LEFT = [("a", 1), ("a", 2), ("b", 3), ("c", 4)]
RIGHT = [("a", "x"), ("b", "y"), ("b", "z"), ("d", "w")]


# -- 1.2 construction ----------------------------------------------------------------------------


@case("1.2", [1, 1, 2], a=[1, 1, 2])
def values_of_a_list(a):
    return a


@case("1.2", [])
def nothing_is_empty():
    return TypedPipe.empty()


@case("1.2", [], a=[])
def an_empty_list_has_no_values(a):
    return a.map(str)


@case("1.2 ++ keeps duplicates", [1, 2, 2, 3], a=[1, 2], b=[2, 3])
def a_union_keeps_duplicates(a, b):
    return a + b


@case("1.2, 10.22 TypedMergeTest", [1, 1, 2, 2], a=[1, 2])
def a_pipe_with_itself_doubles(a):
    return a + a


@case("1.2 Monoid.sum", [1, 2, 3], a=[1], b=[2], c=[3])
def many_pipes_become_one(a, b, c):
    return TypedPipe.sum_all([a, b, c])


@case("1.2", [1, 2], a=[1, 2])
def a_union_with_nothing(a):
    return a + TypedPipe.empty()


@case("1.2", [("a", 1), ("b", 2)], a=[("a", 1)], b=[("b", 2)])
def a_union_of_pairs(a, b):
    return a.map_values(lambda v: v) + b


@case("1.2", [1, ("a", 1)], a=[1], b=[("a", 1)])
def a_union_of_unlike_values(a, b):
    return a + b.map_values(lambda v: v)


@case("10.22 merge before reduce", [("a", 4), ("b", 2)], a=[("a", 1)], b=[("b", 2), ("a", 3)])
def a_union_reduced(a, b):
    return (a + b).sum_by_key()


# -- 1.3 value by value --------------------------------------------------------------------------


@case("1.3", [4, 2, 3, 4], a=NUMBERS)
def map_gives_one_for_one(a):
    return a.map(lambda n: n + 1)


@case("1.3", ["a", "b", "b"], a=["a b", "", "b"])
def flat_map_gives_any_number(a):
    return a.flat_map(str.split)


@case("1.3", [1, 2, 1], a=[2, 0, 1])
def flat_map_takes_generators(a):
    return a.flat_map(lambda n: (i + 1 for i in range(n)))


@case("1.3", [2], a=[1, 2])
def flat_map_takes_none_for_nothing(a):
    return a.flat_map(lambda n: [n] if n > 1 else None)


@case("1.3", [1, 2, 3], a=[[1, 2], [], [3]])
def flatten_gives_elements(a):
    return a.flatten()


@case("1.3", [3, 2, 3], a=NUMBERS)
def filter_keeps(a):
    return a.filter(lambda n: n > 1)


@case("1.3", [1], a=NUMBERS)
def filter_not_drops(a):
    return a.filter_not(lambda n: n > 1)


@case("1.3", [30, 20, 30], a=NUMBERS)
def collect_with_a_guard(a):
    return a.collect(lambda n: n > 1, lambda n: n * 10)


@case("1.3", [None, 20, None], a=NUMBERS)
def collect_with_no_match(a):
    return a.collect(lambda n: NO_MATCH if n == 1 else None if n == 3 else n * 10)


@case("1.3", [("big", 3), ("big", 3), ("small", 1), ("small", 2)], a=NUMBERS)
def partition_makes_two(a):
    big, small = a.partition(lambda n: n > 2)
    return big.with_key("big") + small.with_key("small")


@case("1.3", [(0, "x")], a=["x"])
def with_key_puts_before(a):
    return a.with_key(0)


@case("1.3", [("x", 0)], a=["x"])
def with_value_puts_behind(a):
    return a.with_value(0)


@case("1.3", ["a", "b", "a", "a", "b"], a=PAIRS)
def keys_of_pairs(a):
    return a.keys()


@case("1.3", [3, 2, 1, 2, 5], a=PAIRS)
def values_of_pairs(a):
    return a.values()


@case("1.3", [(1, "a")], a=[("a", 1)])
def swap_turns_pairs(a):
    return a.swap()


@case("1.3", [("a", 2)], a=[("a", 1)])
def map_values_keeps_the_key(a):
    return a.map_values(lambda v: v + 1)


@case("1.3", [("a", 1), ("a", 1)], a=[("a", 2), ("b", 0)])
def flat_map_values_keeps_the_key(a):
    return a.flat_map_values(lambda n: [1] * n)


@case("1.3", [("a", 1), ("a", 2)], a=[("a", [1, 2]), ("b", [])])
def flatten_values_keeps_the_key(a):
    return a.flatten_values()


@case("1.3", [("b", 2), ("b", 5)], a=PAIRS)
def filter_keys_asks_about_keys(a):
    return a.filter_keys(lambda k: k == "b")


@case("1.3", [Left(1), Right("x")], a=[1], b=["x"])
def either_tags_both(a, b):
    return a.either(b)


@case("1.3", [("k", Left(1)), ("k", Right("x"))], a=[("k", 1)], b=[("k", "x")])
def either_values_tags_values(a, b):
    return a.either_values(b)


@case("1.3, 10.18 TypedPipeDistinctTest", [1, 2, 3], a=NUMBERS)
def distinct_keeps_one_of_each(a):
    return a.distinct()


@case("1.3", [("a", 1), ("b", 1)], a=[("a", 1), ("b", 1), ("a", 1)])
def distinct_of_pairs(a):
    return a.distinct()


@case("1.3, 10.19 DistinctByProps", [1, 2], a=["x", "y", "xx"])
def distinct_by_keeps_one_of_each_group(a):
    return a.distinct_by(len).map(len)


@case("1.3", ["(3, 'a')"], a=[(3, "a", 1.5)])
def values_may_be_wider_tuples(a):
    return a.map(lambda row: str(row[:2]))


@case("1.3", [(1,)], a=[1])
def a_value_may_be_a_tuple_of_one(a):
    return a.map(lambda n: (n,))


@case("1.3", [None], a=[1])
def a_value_may_be_none(a):
    return a.map(lambda n: None)


# -- 1.4 groups ----------------------------------------------------------------------------------


@case("1.4", PAIRS, a=PAIRS)
def a_group_alone_changes_nothing(a):
    return a.group()


@case("1.4", [(1, "x"), (2, "yy")], a=["x", "yy"])
def group_by_keeps_the_whole_value(a):
    return a.group_by(len)


@case("1.4", [((), 9)], a=NUMBERS)
def group_all_has_one_key(a):
    return a.group_all().sum()


@case("1.4", NUMBERS, a=NUMBERS)
def group_randomly_loses_nothing(a):
    return a.group_randomly(2).values()


@case("1.4", [True, True], a=[5] * 40)
def group_randomly_numbers_from_zero(a):
    return a.group_randomly(2).keys().distinct().map(lambda n: n in (0, 1))


@case("1.4", NUMBERS, a=NUMBERS)
def shard_keeps_the_values(a):
    return a.shard(3)


@case("1.4", [(1, ()), (2, ())], a=[1, 2])
def as_keys_has_units_for_values(a):
    return a.as_keys()


@case("1.4", [("a", 6), ("b", 7)], a=PAIRS)
def sum_by_key_adds(a):
    return a.sum_by_key()


@case("1.4, 10.24 TypedLocalSumTest", [("a", 6), ("b", 7)], a=PAIRS)
def local_sums_change_no_totals(a):
    return a.sum_by_local_keys().sum_by_key()


@case("1.4", [True], a=PAIRS)
def local_sums_never_give_more_rows(a):
    return a.sum_by_local_keys().group_all().size().values().map(lambda n: 2 <= n <= 5)


@case("1.1 None keys group together", [(None, 3), (1, 4)], a=[(None, 1), (1, 4), (None, 2)])
def none_is_a_key_like_others(a):
    return a.sum_by_key()


@case("8 keys as ints/floats/bools: Python merges them", [6], a=[(1, 1), (1.0, 2), (True, 3)])
def keys_are_compared_as_python_does(a):
    return a.sum_by_key().values()


@case("1.4", [(("x", 1), 3), (("y", 1), 5)], a=[(("x", 1), 1), (("y", 1), 5), (("x", 1), 2)])
def keys_may_be_tuples(a):
    return a.sum_by_key()


# -- 1.5 totals ----------------------------------------------------------------------------------


@case("1.5", [9], a=NUMBERS)
def sum_of_all(a):
    return a.sum()


@case("1.5 no value on empty input", [], a=[])
def sum_of_nothing_is_no_value(a):
    return a.sum()


@case("1.5", [(3, 9.0)], a=[3, 3, 3])
def aggregate_all(a):
    return a.aggregate(Aggregator.size().join(Aggregator.numeric_sum()))


@case("1.5 even when the aggregator has a zero", [], a=[])
def aggregate_nothing_is_no_value(a):
    return a.aggregate(Aggregator.size())


@case("1.5, 10.21 TypedLimitTest", [2], a=NUMBERS)
def limit_gives_at_most_so_many(a):
    return a.limit(2).aggregate(Aggregator.size())


@case("1.5", NUMBERS, a=NUMBERS)
def limit_gives_all_where_there_are_fewer(a):
    return a.limit(10)


@case("1.5 n<1 nothing", [], a=NUMBERS)
def limit_zero_gives_nothing(a):
    return a.limit(0)


@case("1.5", [5])
def a_literal_value_is_mapped():
    return ValuePipe(4).map(lambda n: n + 1)


@case("1.5 empty if either is", [])
def folding_with_an_absent_value():
    return ValuePipe.fold(ValuePipe(1), ValuePipe.empty(), operator.add)


@case("1.5", [18], a=NUMBERS)
def folding_two_values(a):
    return ValuePipe.fold(a.sum(), a.sum(), operator.add)


@case("1.5", [], a=NUMBERS)
def a_value_filtered_away(a):
    return a.sum().filter(lambda n: n > 100)


@case("1.5", [(9, None)], a=NUMBERS)
def a_value_crossed_with_an_absent_one(a):
    return a.sum().left_cross(ValuePipe.empty())


# -- 1.6 hash joins and crosses ------------------------------------------------------------------


@case("1.6", [("a", (1, "x")), ("a", (2, "x")), ("b", (3, "y")), ("b", (3, "z"))], a=LEFT, b=RIGHT)
def hash_join_repeats_the_left(a, b):
    return a.hash_join(b)


@case(
    "1.6",
    [("a", (1, "x")), ("a", (2, "x")), ("b", (3, "y")), ("b", (3, "z")), ("c", (4, None))],
    a=LEFT,
    b=RIGHT,
)
def hash_left_join_keeps_the_left(a, b):
    return a.hash_left_join(b.group())


@case("1.6", [("a", (1, 1)), ("a", (2, 1)), ("b", (3, 2))], a=LEFT, b=RIGHT)
def hash_join_with_a_reduced_group(a, b):
    return a.hash_join(b.group().size())


@case(
    "1.6 once per left row; iterable empty without a match",
    [("a", "1x"), ("a", "2x"), ("b", "3yz"), ("c", "4")],
    a=LEFT,
    b=RIGHT,
)
def hash_cogroup_is_called_once_for_each_left(a, b):
    return a.hash_cogroup(b, lambda k, v, ws: [f"{v}{''.join(sorted(ws))}"])


@case(
    "1.6, 10.14 TypedLookupJobTest",
    [("a", "x"), ("b", "y"), ("b", "z"), ("q", None)],
    a=["a", "b", "q"],
    b=RIGHT,
)
def hash_lookup_gives_none_for_missing(a, b):
    return a.hash_lookup(b.group())


@case("10.14 TypedLookupReduceJobTest", [("b", 2), ("q", None)], a=["b", "q"], b=RIGHT)
def hash_lookup_of_a_reduced_group(a, b):
    return a.hash_lookup(b.group().size())


@case(
    "10.13 TypedPipeTwoHashJoinsInARowTest",
    [("a", ((1, "x"), 1)), ("a", ((2, "x"), 1))],
    a=LEFT,
    b=RIGHT,
    c=[("a", 1)],
)
def two_hash_joins_nest(a, b, c):
    return a.hash_join(b).hash_join(c)


@case("1.6", [(1, "x"), (1, "y"), (2, "x"), (2, "y")], a=[1, 2], b=["x", "y"])
def cross_is_the_product(a, b):
    return a.cross(b)


@case("1.6 right empty", [], a=[1, 2], b=[])
def cross_with_nothing_is_nothing(a, b):
    return a.cross(b)


@case("10.17 TypedSelfCrossTest", [(1, 1), (1, 2), (2, 1), (2, 2)], a=[1, 2])
def cross_with_itself(a):
    return a.cross(a)


@case("10.17 TypedSelfLeftCrossTest", [(1, 3), (2, 3)], a=[1, 2])
def cross_with_its_own_total(a):
    return a.left_cross(a.sum())


@case("1.6 absent value drops every row", [], a=[1, 2])
def cross_with_an_absent_value(a):
    return a.cross(ValuePipe.empty())


@case("1.6", [(1, None), (2, None)], a=[1, 2])
def left_cross_with_an_absent_value(a):
    return a.left_cross(ValuePipe.empty())


@case("1.6", [(1, "x"), (1, "y")], a=[1], b=["x", "y"])
def left_cross_with_a_pipe(a, b):
    return a.left_cross(b)


@case("1.6", [11, 12], a=[1, 2])
def map_with_a_value(a):
    return a.map_with_value(ValuePipe(10), operator.add)


@case("1.6", ["1None"], a=[1])
def map_with_an_absent_value(a):
    return a.map_with_value(ValuePipe.empty(), lambda n, v: f"{n}{v}")


@case("1.6", [1, 2, 3, 3], a=[1, 2])
def flat_map_with_a_value(a):
    return a.flat_map_with_value(a.sum(), lambda n, total: [n, total])


@case("1.6", [2], a=[1, 2])
def filter_with_a_value(a):
    return a.filter_with_value(ValuePipe(1), operator.gt)


# -- 1.7, 1.8 ------------------------------------------------------------------------------------


@case("1.7", NUMBERS, a=NUMBERS)
def a_sample_of_everything(a):
    return a.sample(1.0)


@case("1.7", [], a=NUMBERS)
def a_sample_of_nothing(a):
    return a.sample(0.0, seed=1)


@case("1.8", [*NUMBERS, 9], a=NUMBERS)
def a_fork_feeds_both(a):
    forked = a.map(lambda n: n).fork()
    return forked + forked.sum().to_typed_pipe()


@case("1.8", NUMBERS + NUMBERS, a=NUMBERS)
def a_forced_pipe_feeds_both(a):
    forced = a.map(lambda n: n).force_to_disk()
    return forced + forced


@case("1.8", NUMBERS, a=NUMBERS)
def hints_and_counters_change_nothing(a):
    counted = a.with_description("numbers").tally_all("g", "all").tally_by("g", str)
    return counted.on_complete(lambda: None)


@case("1.8", [2, 3], a=[1, 2, 3])
def tally_left_drops_lefts(a):
    return a.tally_left("g", lambda n: Left("one") if n == 1 else Right(n))


@case("1.8", [1], a=[(1, [(("g", "n"), 3)])])
def tally_keeps_the_first_part(a):
    return a.tally()


# -- 2.3 operators of a group --------------------------------------------------------------------


@case("2.3", [("a", "a:6"), ("b", "b:7")], a=PAIRS)
def map_group_sees_key_and_values(a):
    return a.group().map_group(lambda k, vs: [f"{k}:{sum(vs)}"])


@case("2.3 0..n rows", [("b", 0), ("b", 1)], a=PAIRS)
def map_group_may_give_any_number(a):
    return a.group().map_group(lambda k, vs: range(2) if k == "b" else [])


@case("2.3", [("a", 3), ("b", 2)], a=PAIRS)
def map_value_stream_sees_values(a):
    return a.group().map_value_stream(lambda vs: [len(list(vs))])


@case("2.2 the iterator need not be read", [("a", "x"), ("b", "x")], a=PAIRS)
def values_may_be_left_unread(a):
    return a.group().map_group(lambda k, vs: ["x"])


@case("2.2, 10.4 MapValueStreamNonEmptyIteratorTest", [("b", 5)], a=PAIRS)
def a_stream_is_never_empty(a):
    left = a.group().filter(lambda pair: pair[1] > 4)
    return left.map_value_stream(lambda vs: [next(vs)])


@case("2.2 filter.size gives no 0 counts", [("b", 1)], a=PAIRS)
def sizes_after_a_filter_have_no_zeros(a):
    return a.group().filter(lambda pair: pair[1] > 4).size()


@case("2.3", [("a", 12), ("b", 14)], a=PAIRS)
def map_values_then_sum(a):
    return a.group().map_values(lambda v: 2 * v).sum()


@case("2.3", [("a", "6!"), ("b", "7!")], a=PAIRS)
def map_values_after_a_sum(a):
    return a.group().sum().map_values(lambda v: f"{v}!")


@case("2.3", [("a", 1), ("a", 1), ("a", 1), ("a", 2), ("a", 2), ("b", 2), ("b", 2)], a=PAIRS[:4])
def flat_map_values_of_a_group(a):
    return a.group().flat_map_values(lambda v: [v] * 2 if v == 2 else [1] * (v if v < 3 else 2))


@case("2.3", [("a", 1), ("a", 2)], a=[("a", [1, 2])])
def flatten_values_of_a_group(a):
    return a.group().flatten_values()


@case("2.3", [("b", 7)], a=PAIRS)
def filter_keys_of_a_group(a):
    return a.group().filter_keys(lambda k: k == "b").sum()


@case("2.3", [("b", 7)], a=PAIRS)
def filter_keys_after_a_sum(a):
    return a.group().sum().filter_keys(lambda k: k == "b")


@case("2.3", [("b", 7)], a=PAIRS)
def filter_keys_of_a_pipe_after_a_sum(a):
    return a.group().sum().to_typed_pipe().filter_keys(lambda k: k == "b")


@case("2.3", PAIRS, a=PAIRS)
def force_to_reducers_changes_nothing(a):
    return a.group().force_to_reducers()


@case("2.3", [("a", 6), ("b", 7)], a=PAIRS)
def sum_of_each_key(a):
    return a.group().sum()


@case("2.3", [("a", (4, "xy"))], a=[("a", (1, "x")), ("a", (3, "y"))])
def sums_go_by_the_values_types(a):
    return a.group().force_to_reducers().sum()


@case("2.3", [("a", {"x": 3, "y": 1})], a=[("a", {"x": 1}), ("a", {"x": 2, "y": 1})])
def dicts_are_added_by_key(a):
    return a.group().sum()


@case("2.3", [("a", 6), ("b", 10)], a=PAIRS)
def product_of_each_key(a):
    return a.group().product()


@case("2.3", [("a", 6), ("b", 7)], a=PAIRS)
def sum_left_of_each_key(a):
    return a.group().sum_left()


@case("2.3", [("a", 3), ("b", 5)], a=PAIRS)
def reduce_of_each_key(a):
    return a.group().reduce(max)


@case("2.3, 10.31", [("a", "123")], a=[("a", "3"), ("a", "1"), ("a", "2")])
def reduce_left_follows_the_sort(a):
    return a.group().sorted().reduce_left(operator.add)


@case("2.3", [("a", 3), ("b", 2)], a=PAIRS)
def size_of_each_key(a):
    return a.group().size()


@case("2.3 emits 0", [("a", 0), ("b", 1)], a=PAIRS)
def count_gives_zero_for_a_key_without_any(a):
    return a.group().count(lambda v: v > 4)


@case("2.3", [("a", False), ("b", True)], a=PAIRS)
def for_all_is_and(a):
    return a.group().for_all(lambda v: v > 1)


@case("2.3", [("a", 3), ("b", 5)], a=PAIRS)
def max_of_each_key(a):
    return a.group().max()


@case("2.3", [("a", 1), ("b", 2)], a=PAIRS)
def min_of_each_key(a):
    return a.group().min()


@case("2.3 tie keeps the left", [((), 1.0)], a=[((), 1.0), ((), 1)])
def max_keeps_the_earlier_of_two(a):
    return a.group().force_to_reducers().max()


@case("2.3 tie keeps the right", [((), 1)], a=[((), 1.0), ((), 1)])
def min_keeps_the_later_of_two(a):
    return a.group().force_to_reducers().min()


@case("2.3", [("a", "ccc"), ("b", "x")], a=[("a", "b"), ("a", "ccc"), ("b", "x")])
def max_by_goes_by_a_function(a):
    return a.group().max_by(len)


@case("2.3", [("a", "b"), ("b", "x")], a=[("a", "b"), ("a", "ccc"), ("b", "x")])
def min_by_goes_by_a_function(a):
    return a.group().min_by(len)


@case("2.3 last of a sorted group", [("a", 3), ("b", 5)], a=PAIRS)
def last_of_a_sorted_group(a):
    return a.group().sorted().last()


@case("2.3 head of a sorted group", [("a", 1), ("b", 2)], a=PAIRS)
def head_of_a_sorted_group(a):
    return a.group().sorted().head()


@case("2.3", [True, True], a=PAIRS)
def head_is_one_of_the_values(a):
    return a.group().head().map(lambda pair: pair in PAIRS)


@case("2.3", [("a", (3, 6.0)), ("b", (2, 7.0))], a=PAIRS)
def aggregate_of_each_key(a):
    return a.group().aggregate(Aggregator.size().join(Aggregator.numeric_sum()))


@case("2.3", [("a", 2.0), ("b", 3.5)], a=PAIRS)
def aggregate_presents_at_the_end(a):
    mean = Aggregator.numeric_sum().join(Aggregator.size())
    return a.group().aggregate(mean.and_then_present(lambda both: both[0] / both[1]))


@case("2.3", [("a", [1, 2, 3]), ("b", [2, 5])], a=PAIRS)
def to_list_of_a_sorted_group(a):
    return a.group().sorted().to_list()


@case("2.3", [("a", [1, 2, 3]), ("b", [2, 5])], a=PAIRS)
def to_list_holds_all_values(a):
    return a.group().to_list().map_values(sorted)


@case("2.3", [("a", {1, 2}), ("b", {5})], a=[("a", 1), ("a", 2), ("a", 1), ("b", 5)])
def to_set_holds_each_once(a):
    return a.group().to_set()


@case("2.3, 10.20", [("a", 1), ("a", 2), ("b", 5)], a=[("a", 1), ("a", 2), ("a", 1), ("b", 5)])
def distinct_values_of_each_key(a):
    return a.group().distinct_values()


@case("2.3, 10.20", [("a", 2), ("b", 1)], a=[("a", 1), ("a", 2), ("a", 1), ("b", 5)])
def distinct_size_of_each_key(a):
    return a.group().distinct_size()


@case("2.3, 10.29 ascending", [("a", [1, 2]), ("b", [2, 5])], a=PAIRS)
def sorted_take_is_ascending(a):
    return a.group().sorted_take(2)


@case("2.3, 10.29 descending", [("a", [3, 2]), ("b", [5, 2])], a=PAIRS)
def sorted_reverse_take_is_descending(a):
    return a.group().sorted_reverse_take(2)


@case("2.3, 10.28 TypedSortWithTakeTest", [("a", [3, 2]), ("b", [5, 2])], a=PAIRS)
def sort_with_take_goes_by_less_than(a):
    return a.group().sort_with_take(2, operator.gt)


@case("10.28 equals sorted.reverse.take", [("a", 3), ("a", 2), ("b", 5), ("b", 2)], a=PAIRS)
def a_reversed_sort_then_take(a):
    return a.group().sorted().reverse().take(2)


@case("2.3", [("a", 2), ("b", 2)], a=PAIRS)
def buffered_take_gives_so_many(a):
    return a.group().buffered_take(2).size()


@case("2.3 n<1", [], a=PAIRS)
def take_zero_removes_all_keys(a):
    return a.group().take(0)


@case("2.3", [("a", 1), ("b", 1)], a=PAIRS)
def take_one_is_head(a):
    return a.group().take(1).size()


@case("2.3, 10.1", [("a", 1), ("a", 2), ("b", 2), ("b", 5)], a=PAIRS)
def take_follows_the_sort(a):
    return a.group().sorted().take(2)


@case("2.3, 10.1", [("a", 3)], a=PAIRS)
def drop_acts_on_each_key(a):
    return a.group().sorted().drop(2)


@case("2.3", [("a", 1), ("a", 2), ("b", 2)], a=PAIRS)
def take_while_stops_at_the_first(a):
    return a.group().sorted().take_while(lambda v: v < 3)


@case("2.3 a key with nothing left vanishes", [("b", 5)], a=PAIRS)
def drop_while_may_leave_nothing(a):
    return a.group().sorted().drop_while(lambda v: v < 4)


@case("2.3, 10.31 order counts", [("a", -6), ("b", -7)], a=PAIRS)
def fold_left_of_each_key(a):
    return a.group().sorted().fold_left(0, operator.sub)


@case(
    "2.3 emits z first",
    [("a", 0), ("a", 1), ("a", 3), ("b", 0), ("b", 4)],
    a=[("a", 2), ("b", 4), ("a", 1)],
)
def scan_left_emits_zero_first(a):
    return a.group().sorted().scan_left(0, operator.add)


@case("2.3", [("a", 3), ("b", 2)], a=PAIRS)
def fold_of_each_key(a):
    return a.group().fold(Fold.size())


@case("2.3", [("a", 6), ("b", 2)], a=PAIRS)
def fold_with_key_chooses_by_key(a):
    return a.group().fold_with_key(lambda k: Fold.sum() if k == "a" else Fold.size())


@case("2.3, 10.43 TypedPipeRequireTest", [("a", 1), ("b", 2)], a=[("a", 1), ("b", 2)])
def single_values_pass(a):
    return a.group().require_single_value_per_key()


@case("2.3 IllegalArgument", fails=(RunError, "more than one value", "'a'"), a=PAIRS)
def several_values_fail(a):
    return a.group().require_single_value_per_key()


@case("2.3 key once per value", ["a", "a", "a", "b", "b"], a=PAIRS)
def keys_of_a_group(a):
    return a.group().force_to_reducers().keys()


@case("2.8 later call wins", [("a", 6), ("b", 7)], a=PAIRS)
def reducers_change_nothing(a):
    return a.group().with_reducers(3).sum().with_reducers(2).with_description("sums")


@case("2.8", PAIRS, a=PAIRS)
def reducers_alone_only_move(a):
    return a.group().with_reducers(2)


@case("2.1 regrouping", [(6, 1), (7, 1)], a=PAIRS)
def a_group_of_a_group(a):
    return a.group().sum().swap().group().size()


@case("2.3", [("a", 1), ("b", 1)], a=PAIRS)
def steps_after_a_reduce(a):
    return a.group().sum().size()


@case("2.3", [("b", 14)], a=PAIRS)
def many_steps_after_a_reduce(a):
    summed = a.group().sum().filter(lambda pair: pair[1] > 6)
    return summed.map_group(lambda k, vs: [v * 2 for v in vs]).take(3)


@case("2.3 several values again", [("a", 2), ("b", 2)], a=PAIRS)
def steps_after_a_reduce_that_gives_several(a):
    return a.group().size().flat_map_values(lambda n: [n, n]).size()


# -- 2.5 sorting ---------------------------------------------------------------------------------


@case("2.5, 10.2 groups stay intact", [("a", [3, 2, 1]), ("b", [5, 2])], a=PAIRS)
def sort_by_orders_values(a):
    return a.group().sort_by(lambda v: -v).to_list()


@case("2.5", [("a", [3, 2, 1]), ("b", [5, 2])], a=PAIRS)
def reverse_turns_the_values_round(a):
    return a.group().sort_by(lambda v: v).reverse().to_list()


@case("2.5", [("a", ["a", "c", "B"])], a=[("a", "B"), ("a", "c"), ("a", "a")])
def sort_with_a_function_of_two(a):
    rank = {"a": 0, "c": 1, "B": 2}
    return a.group().sort_with(lambda x, y: rank[x] < rank[y]).to_list()


@case("2.5", [("a", ["ccc", "bb", "a"])], a=[("a", "bb"), ("a", "a"), ("a", "ccc")])
def sort_with_reversed(a):
    return a.group().sort_with(lambda x, y: len(x) < len(y)).reverse().to_list()


@case(
    "2.5",
    [("k", [(1, "b"), (1, "c"), (2, "a")])],
    a=[("k", (2, "a")), ("k", (1, "c")), ("k", (1, "b"))],
)
def tuples_are_sorted_as_python_does(a):
    return a.group().sorted().to_list()


@case("2.5", [("k", ["x", "y"])], a=[("k", (2, "y")), ("k", (1, "x"))])
def map_values_after_a_sort(a):
    return a.group().sort_by(lambda v: v[0]).map_values(lambda v: v[1]).to_list()


@case("2.5 in order, no combining", [("k", "abc")], a=[("k", "c"), ("k", "a"), ("k", "b")])
def a_sum_of_a_sorted_group_goes_in_order(a):
    return a.group().sorted().sum()


@case("2.5", [("k", [None, 1, 2])], a=[("k", 2), ("k", None), ("k", 1)])
def none_sorts_first(a):
    return a.group().sorted().to_list()


@case("2.3", [("b", [2, 5])], a=PAIRS)
def filter_keys_of_a_sorted_group(a):
    return a.group().sorted().filter_keys(lambda k: k == "b").to_list()


# -- 2.6 joins -----------------------------------------------------------------------------------

JOINED = [("a", (1, "x")), ("a", (2, "x")), ("b", (3, "y")), ("b", (3, "z"))]


@case("2.6, 10.5 TypedPipeJoinTest", JOINED, a=LEFT, b=RIGHT)
def join_is_the_product_of_each_key(a, b):
    return a.group().join(b.group())


@case("2.6", JOINED, a=LEFT, b=RIGHT)
def join_takes_a_pipe(a, b):
    return a.group().join(b)


@case("2.6, 10.5", [*JOINED, ("c", (4, None))], a=LEFT, b=RIGHT)
def left_join_keeps_the_left(a, b):
    return a.group().left_join(b)


@case("2.6, 10.5", [*JOINED, ("d", (None, "w"))], a=LEFT, b=RIGHT)
def right_join_keeps_the_right(a, b):
    return a.group().right_join(b)


@case("2.6, 10.5", [*JOINED, ("c", (4, None)), ("d", (None, "w"))], a=LEFT, b=RIGHT)
def outer_join_keeps_both(a, b):
    return a.group().outer_join(b)


@case("10.9 symmetric law", JOINED, a=LEFT, b=RIGHT)
def a_join_turned_round_is_the_same(a, b):
    return b.group().join(a).map_values(lambda pair: (pair[1], pair[0]))


@case("2.6", [], a=LEFT, b=[])
def a_join_with_nothing_is_nothing(a, b):
    return a.group().join(b)


@case("2.6", [("a", (1, None)), ("a", (2, None)), ("b", (3, None)), ("c", (4, None))], a=LEFT, b=[])
def a_left_join_with_nothing(a, b):
    return a.group().left_join(b)


@case("1.1 None keys join", [(None, (1, 2))], a=[(None, 1)], b=[(None, 2), (0, 3)])
def none_keys_join(a, b):
    return a.group().join(b)


@case("2.6", [("k", ((1, 2), (3, 4)))], a=[("k", (1, 2))], b=[("k", (3, 4))])
def joined_values_may_be_tuples(a, b):
    return a.group().join(b)


@case("2.6", [("a", 2), ("b", 2)], a=LEFT, b=RIGHT)
def a_join_is_reduced_in_its_step(a, b):
    return a.group().join(b).size()


@case("10.7 product, not input rows", [("a", 2), ("b", 2)], a=LEFT, b=RIGHT)
def map_group_of_a_join_sees_the_product(a, b):
    return a.group().join(b).map_group(lambda k, vs: [len(list(vs))])


@case("10.3 JoinMapGroupJobTest", [("a", "a"), ("b", "b")], a=LEFT, b=RIGHT)
def keys_without_joined_rows_never_reach_map_group(a, b):
    return a.group().join(b).map_group(lambda k, vs: [k])


@case("2.6, 10.8", [("a", (3, ["x"])), ("b", (3, ["y", "z"]))], a=LEFT, b=RIGHT)
def reduces_come_before_the_join(a, b):
    return a.group().sum().join(b.group().sorted_take(9))


@case(
    "10.1 TypedJoinTakeTest", [("a", (1, "x")), ("a", (2, "x"))], a=LEFT, b=[("a", "x"), ("a", "x")]
)
def take_on_the_right_removes_duplicates(a, b):
    return a.group().join(b.group().take(1))


@case("10.8", [("a", (1, "x")), ("a", (2, "x"))], a=LEFT, b=RIGHT)
def a_filtered_right_side(a, b):
    return a.group().join(b.group().filter(lambda pair: pair[1] == "x"))


@case(
    "2.6 chains nest left",
    [("a", ((1, "x"), 7)), ("a", ((2, "x"), 7))],
    a=LEFT,
    b=RIGHT,
    c=[("a", 7)],
)
def chains_of_joins_nest_left(a, b, c):
    return a.group().join(b).join(c)


@case(
    "2.6",
    [("a", ((1, "x"), 7)), ("a", ((2, "x"), 7)), ("b", ((3, "y"), None)), ("b", ((3, "z"), None))],
    a=LEFT,
    b=RIGHT,
    c=[("a", 7), ("c", 9)],
)
def a_join_then_a_left_join(a, b, c):
    return a.group().join(b).left_join(c)


@case(
    "2.6",
    [("a", ((1, "x"), 7)), ("a", ((2, "x"), 7)), ("c", ((4, None), 9))],
    a=LEFT,
    b=RIGHT,
    c=[("a", 7), ("c", 9)],
)
def a_left_join_then_a_join(a, b, c):
    return a.group().left_join(b).join(c)


@case(
    "10.6 TypedPipeWithOuterAndLeftJoinTest: keys only in c do not appear",
    [("a", ((1, "x"), 7)), ("b", ((None, "y"), None))],
    a=[("a", 1)],
    b=[("a", "x"), ("b", "y")],
    c=[("a", 7), ("e", 99)],
)
def an_outer_join_then_a_left_join(a, b, c):
    return a.group().outer_join(b).left_join(c)


@case(
    "2.6 a missing pair is None as a whole",
    [("a", ((1, "x"), 7)), ("c", (None, 9))],
    a=LEFT[:1],
    b=RIGHT,
    c=[("a", 7), ("c", 9)],
)
def a_join_then_a_right_join(a, b, c):
    return a.group().join(b).right_join(c)


@case("2.6", [("a", (1, ("x", 7)))], a=LEFT[:1], b=RIGHT, c=[("a", 7)])
def a_join_on_the_right_side(a, b, c):
    return a.group().join(b.group().join(c))


@case(
    "10.10 TSelfJoinTest", [("a", (1, 1)), ("a", (1, 2)), ("a", (2, 1)), ("a", (2, 2))], a=LEFT[:2]
)
def a_self_join(a):
    return a.group().join(a.group())


@case("10.10 TypedMultiSelfJoinJobTest", [("c", ((4, 4), 4))], a=LEFT[3:])
def a_self_join_of_three(a):
    return a.group().join(a).join(a)


@case("2.6 leftmost may appear again", [("c", ((4, "w"), 4))], a=LEFT[3:], b=[("c", "w")])
def the_left_side_may_appear_again(a, b):
    return a.group().join(b).join(a)


@case(
    "2.6 cogroup sees keys of either side",
    [("a", "12x"), ("b", "3yz"), ("c", "4"), ("d", "w")],
    a=LEFT,
    b=RIGHT,
)
def cogroup_is_called_for_each_key(a, b):
    return a.group().cogroup(b, lambda k, vs, ws: ["".join(map(str, vs)) + "".join(sorted(ws))])


@case("2.6 right is re-iterated", [("b", "y3z3")], a=LEFT[2:3], b=RIGHT)
def the_right_side_may_be_read_again(a, b):
    both = a.group().cogroup(b, lambda k, vs, ws: [w + str(v) for v in vs for w in ws])
    return both.map_group(lambda k, vs: ["".join(sorted(vs))])


@case("2.6 filterKeys on a join", JOINED[:2], a=LEFT, b=RIGHT)
def filter_keys_of_a_join(a, b):
    return a.group().join(b).filter_keys(lambda k: k == "a")


@case("2.6", [("a", [(1, "x"), (2, "x")]), ("b", [(3, "y"), (3, "z")])], a=LEFT, b=RIGHT)
def join_then_sort(a, b):
    return a.group().join(b).to_typed_pipe().group().sorted().to_list()


@case("2.6 reducers", JOINED, a=LEFT, b=RIGHT)
def a_join_with_reducers(a, b):
    return a.group().with_reducers(2).join(b.group().with_reducers(3)).with_reducers(-1)


@case(
    "2.6, 10.11 MultiJoinTest",
    [("a", (1, "x", 7)), ("a", (2, "x", 7))],
    a=LEFT,
    b=RIGHT,
    c=[("a", 7)],
)
def multi_join_is_flat(a, b, c):
    return MultiJoin(a, b, c)


@case(
    "10.11",
    [("a", (1, "x", None)), ("c", (4, None, None))],
    a=[LEFT[0], LEFT[3]],
    b=RIGHT,
    c=[("q", 7)],
)
def multi_left_join_keeps_the_first(a, b, c):
    return MultiJoin.left(a, b, c)


@case(
    "10.11 outer wraps every side",
    [("a", (1, "x", None)), ("q", (None, None, 7))],
    a=LEFT[:1],
    b=RIGHT[:1],
    c=[("q", 7)],
)
def multi_outer_join_keeps_all(a, b, c):
    return MultiJoin.outer(a, b, c)


@case("2.6", [("a", (1, "x", 7))], a=LEFT[:1], b=RIGHT, c=[("a", 7)])
def flattening_joined_values(a, b, c):
    return flatten_value_tuple(a.group().join(b).join(c), 3)


# -- 2.7 sketched joins --------------------------------------------------------------------------

HEAVY = [("hot", n) for n in range(12)] + [("cold", 1), ("lone", 2)]


@case(
    "2.7, 10.41 TypedSketchJoinJobTest",
    [(k, (v, k[0])) for k, v in HEAVY[:13]],
    a=HEAVY,
    b=[("hot", "h"), ("cold", "c"), ("none", "n")],
)
def a_sketched_join_is_the_plain_join(a, b):
    return a.sketch(3).join(b)


@case(
    "2.7",
    [*[("hot", (v, "h")) for v in range(12)], ("cold", (1, None)), ("lone", (2, None))],
    a=HEAVY,
    b=[("hot", "h")],
)
def a_sketched_left_join(a, b):
    return a.sketch(1).left_join(b)


@case("10.41 TypedSketchJoinJobForEmptyKeysTest", [], a=[], b=[("hot", "h")])
def a_sketched_join_of_nothing(a, b):
    return a.sketch(2).join(b)


@case(
    "2.7 one left value at a time",
    [("hot", 2), ("cold", 1)],
    a=[("hot", 1), ("cold", 1)],
    b=[("hot", "h"), ("hot", "i")],
)
def a_sketched_cogroup(a, b):
    return a.sketch(2).cogroup(b, lambda k, v, ws: [max(len(list(ws)), 1)])


# -- 1.10 library --------------------------------------------------------------------------------


@case("1.10", [(1, ("x", "y")), (2, ("aa", "bb"))], a=["x", "aa", "ccc"], b=["y", "bb"])
def join_by_functions(a, b):
    return join_by(a, b, len, len)


@case("1.10", [(1, ("x", None))], a=["x"], b=["bb"])
def left_join_by_functions(a, b):
    return left_join_by(a, b, len, len, 2)


@case("1.10", [(2, (None, "bb"))], a=["x"], b=["bb"])
def right_join_by_functions(a, b):
    return right_join_by(a, b, len, len)


@case("1.10", [(1, ("x", None)), (2, (None, "bb"))], a=["x"], b=["bb"])
def outer_join_by_functions(a, b):
    return outer_join_by(a, b, len, len)


LOOKED_UP = [(1, ("k", "a")), (2, ("k", "b")), (5, ("k", "c"))]
KNOWN = [(0, ("k", 10)), (2, ("k", 20)), (3, ("k", 30)), (1, ("q", 99))]


@case(
    "1.10, 10.44 LookupJoinedTest: same time sees the older value",
    [(1, ("k", ("a", 10))), (2, ("k", ("b", 10))), (5, ("k", ("c", 30)))],
    a=LOOKED_UP,
    b=KNOWN,
)
def lookup_join_sees_what_was_before(a, b):
    return LookupJoin(a, b)


@case(
    "10.44 WindowLookupJoinedTest",
    [(1, ("k", ("a", 10))), (2, ("k", ("b", None))), (5, ("k", ("c", None)))],
    a=LOOKED_UP,
    b=KNOWN,
)
def lookup_join_within_a_window(a, b):
    return LookupJoin.with_window(a, b, lambda left, right: left - right < 2)


@case(
    "1.10 rightSumming",
    [(1, ("k", ("a", 10))), (2, ("k", ("b", 10))), (5, ("k", ("c", 60)))],
    a=LOOKED_UP,
    b=KNOWN,
)
def lookup_join_summing(a, b):
    return LookupJoin.right_summing(a, b)


@case(
    "1.10",
    [("k", (1, 1)), ("k", (2, 3)), ("q", (1, 5))],
    a=[("k", (2, 2)), ("q", (1, 5)), ("k", (1, 1))],
)
def cumulative_sums(a):
    return cumulative_sum(a)


@case("1.10 equal rows are absent", [(1, (2, 1)), (3, (0, 1))], a=[1, 1, 2], b=[2, 1, 3])
def diff_counts_what_differs(a, b):
    return TypedPipeDiff.diff(a, b)


@case("1.10", [([1], (2, 1))], a=[[1], [1], [2]], b=[[2], [1]])
def diff_by_group_needs_no_hash(a, b):
    return TypedPipeDiff.diff_by_group(a, b, len)


# -- refused while building ----------------------------------------------------------------------


@case(
    "2.1",
    fails=(
        BuildError,
        "sort_by cannot follow map_values",
        "call map_values before group",
        "cases_typed.py",
    ),
    a=PAIRS,
)
def sorting_after_map_values(a):
    return a.group().map_values(str).sort_by(len)


@case("2.1", fails=(BuildError, "sorted cannot follow sum", "to_typed_pipe().group()"), a=PAIRS)
def sorting_after_a_reduce(a):
    return a.group().sum().sorted()


@case("2.1", fails=(BuildError, "sorted cannot follow sort_by"), a=PAIRS)
def sorting_twice(a):
    return a.group().sort_by(abs).sorted()


@case("2.1 reverse once", fails=(BuildError, "reverse cannot follow reverse"), a=PAIRS)
def reversing_twice(a):
    return a.group().sorted().reverse().reverse()


@case("2.1", fails=(BuildError, "join cannot follow sorted"), a=PAIRS)
def joining_a_sorted_group(a):
    return a.group().sorted().join(a)


@case("2.1", fails=(BuildError, "join cannot join what sorted made"), a=PAIRS)
def joining_with_a_sorted_group(a):
    return a.group().join(a.group().sorted())


@case(
    "1.6", fails=(BuildError, "hash_join cannot have what sorted made", "to_typed_pipe()"), a=PAIRS
)
def hash_joining_a_sorted_group(a):
    return a.hash_join(a.group().sorted())


@case("1.6", fails=(BuildError, "hash_join cannot have what join made"), a=PAIRS)
def hash_joining_a_join(a):
    return a.hash_join(a.group().join(a))


@case("1.7", fails=(BuildError, "from 0 to 1", "1.5"), a=NUMBERS)
def sampling_too_much(a):
    return a.sample(1.5)


@case("2.3 k >= 1", fails=(BuildError, "sorted_take", "at least 1"), a=PAIRS)
def sorted_take_of_nothing(a):
    return a.group().sorted_take(0)


@case("2.8", fails=(BuildError, "reducers of a join"), a=PAIRS)
def a_join_without_reducers(a):
    return a.group().join(a).with_reducers(0)


@case("1.3", fails=(BuildError, "map takes a function", "3"), a=NUMBERS)
def mapping_with_no_function(a):
    return a.map(3)


@case("2.3", fails=(BuildError, "aggregate takes an Aggregator"), a=PAIRS)
def aggregating_with_no_aggregator(a):
    return a.group().aggregate(sum)


@case("1.10", fails=(BuildError, "2 to 22"), a=PAIRS)
def a_multi_join_of_one(a):
    return MultiJoin(a)


# -- refused while running -----------------------------------------------------------------------


@case("1.1 keyed operators need pairs", fails=(RunError, "a keyed operator needs pairs"), a=NUMBERS)
def grouping_values_that_are_no_pairs(a):
    return a.group().sum()


@case("1.1 hashable keys", fails=(RunError, "class object", "key"), a=NUMBERS)
def a_key_that_has_no_equality(a):
    return a.group_by(lambda n: object()).size()


@case("1.3", fails=(RunError, "an iterable of results"), a=NUMBERS)
def flat_map_to_no_iterable(a):
    return a.flat_map(lambda n: n)


@case("2.3", fails=(RunError, "unhashable"), a=[("a", [1])])
def a_set_of_lists(a):
    return a.group().to_set()


@case("2.3", fails=(RunError, "int", "str"), a=[("a", 1), ("a", "x")])
def a_sum_of_unlike_values(a):
    return a.group().sum()


# -- 1.10 sums in parts, diffs of anything ----------------------------------------------------

STEPS = [
    ("a", (3, 30)),
    ("b", (1, 1)),
    ("a", (1, 10)),
    ("a", (12, 5)),
    ("a", (2, 20)),
    ("a", (25, 1)),
]
RUNNING = [
    ("a", (1, 10)),
    ("a", (2, 30)),
    ("a", (3, 60)),
    ("a", (12, 65)),
    ("a", (25, 66)),
    ("b", (1, 1)),
]


@case("1.10 CumulativeSum, with a partition function", RUNNING, a=STEPS)
def running_sums_in_parts(a):
    return cumulative_sum(a, partition=lambda place: place // 10)


@case("1.10 CumulativeSum, every row a part", RUNNING, a=STEPS)
def running_sums_in_parts_of_one_row(a):
    return cumulative_sum(a, int, 2, partition=lambda place: place)


@case(
    "1.10 CumulativeSum", [("a", (1, "x")), ("a", (2, "xy"))], a=[("a", (2, "y")), ("a", (1, "x"))]
)
def running_sums_in_parts_keep_the_order(a):
    return cumulative_sum(a, partition=lambda place: place)


@case(
    "1.10 diffByHashCode",
    [([1], (2, 1)), ({"k": 1}, (1, 0)), ([2], (0, 1))],
    a=[[1], [1], {"k": 1}, [3], 1],
    b=[[1], [2], [3], 1.0],
)
def a_diff_of_values_that_are_not_hashable(a, b):
    return TypedPipeDiff.diff_by_hash_code(a, b)


@case("1.10 diffArrayPipes", [([1, 2], (1, 0)), ([], (0, 1))], a=[[1, 2], [3]], b=[[3], []])
def a_diff_of_lists(a, b):
    return TypedPipeDiff.diff_array_pipes(a, b)


# -- 1.4 group_with ------------------------------------------------------------------------------

MIXED = [("a", 3), ("B", 2), ("A", 1), ("a", 2), ("b", 5)]
OTHERS = [("A", "x"), ("b", "y"), ("a", "z"), ("d", "w")]


def _named(pairs):
    """The values, with the key in one case: which key is first depends on the partitions."""
    return pairs.to_typed_pipe().map(lambda pair: (pair[0].lower(), pair[1]))


@case("1.4 groupWith", [("a", 6), ("b", 7)], m=MIXED)
def an_ordering_makes_groups_of_a_fold(m):
    return _named(m.group_with(str.lower).sum())


@case("1.4 groupWith", [("A", 1), ("B", 2), ("a", 2), ("a", 3), ("b", 5)], m=MIXED)
def an_ordering_alone_changes_no_key(m):
    return m.group_with(str.lower).to_typed_pipe()


@case("1.4 groupWith", [("A", 1), ("B", 2), ("a", 5), ("b", 5)], m=MIXED)
def an_ordering_is_forgotten_with_the_group(m):
    return m.group_with(str.lower).to_typed_pipe().group().sum()


@case("1.4 groupWith", [("a", [3, 2, 1]), ("b", [5, 2])], m=MIXED)
def an_ordering_makes_groups_that_are_sorted(m):
    return _named(m.group_with(str.lower).sorted().reverse().to_list())


@case("1.4 groupWith", [2, 3], m=MIXED)
def rows_of_a_group_by_an_ordering_have_one_key(m):
    pairs = m.group_with(str.lower).with_reducers(2).to_typed_pipe()
    return pairs.group().size().values()


@case("1.4 groupWith", [2, 3], m=MIXED)
def sorted_rows_of_a_group_by_an_ordering_have_one_key(m):
    return m.group_with(str.lower).sorted().to_typed_pipe().group().size().values()


@case("1.4 groupWith", [3, 2], m=MIXED)
def steps_for_each_row_keep_the_key_of_a_group_by_an_ordering(m):
    spread = m.group_with(str.lower).flat_map_values(lambda v: [v]).filter(lambda p: p[1] > 0)
    return spread.to_typed_pipe().group().size().values()


@case("1.4 groupWith", [("a", 16)], m=MIXED)
def keys_are_filtered_before_a_group_by_an_ordering(m):
    grouped = m.group_with(str.lower).filter_keys(str.islower).filter_keys(lambda k: k == "a")
    return grouped.map_values(lambda v: v * 2).sum().map_values(lambda v: v + 6)


@case("1.4 groupWith", [("a", 1), ("b", 1)], m=MIXED)
def keys_are_filtered_after_a_group_by_an_ordering(m):
    def kept(call):
        return m.group_with(str.lower).size().to_typed_pipe().filter_keys(call)

    return _named((kept(str.islower) + kept(str.isupper)).map_values(lambda size: 1))


@case(
    "1.4 groupWith, 2.6",
    [*[("a", (n, text)) for n in (1, 2, 3) for text in "xz"], ("b", (2, "y")), ("b", (5, "y"))],
    m=MIXED,
    o=OTHERS,
)
def groups_by_one_ordering_join(m, o):
    return _named(m.group_with(str.lower).join(o.group_with(str.lower)))


@case("1.4 groupWith, 2.6", [("a", (6, 2)), ("b", (7, 1)), ("d", (None, 1))], m=MIXED, o=OTHERS)
def reduced_groups_by_one_ordering_join(m, o):
    sizes = o.group_with(str.lower).size()
    return _named(m.group_with(str.lower).sum().outer_join(sizes))


@case("1.4 groupWith, 2.6", [2, 6], m=MIXED, o=OTHERS)
def a_join_by_an_ordering_has_one_key_for_a_group(m, o):
    joined = m.group_with(str.lower).left_join(o)
    return joined.to_typed_pipe().group().size().values()


@case("1.4 groupWith", [(2, 10), (1, 3)], m=[(1, 1), (4, 2), (2, 8), (-1, 2)])
def an_ordering_of_numbers(m):
    ordered = m.group_with(lambda key: key % 2 == 0).sum().to_typed_pipe()
    return ordered.map(lambda pair: (1 if pair[0] % 2 else 2, pair[1]))


@case("1.4 groupWith", [("a", 6), ("b", 7)], m=MIXED)
def an_ordering_that_is_a_comparator(m):
    return _named(m.group_with(StringInsensitive()).sum())


@case("1.4 groupWith", [((1, "a"), 4), ((2, "b"), 2)], m=[((1, "a"), 3), ((2, "b"), 2)])
def an_ordering_of_pairs(m):
    more = m + m.filter(lambda pair: pair[1] == 3).map(lambda pair: ((1, "A"), 1))
    summed = more.group_with(lambda key: (key[0], key[1].lower())).sum().to_typed_pipe()
    return summed.map(lambda pair: ((pair[0][0], pair[0][1].lower()), pair[1]))
