"""Pipes of values: construction, what is done value by value, forks and tallies."""

from __future__ import annotations

from cascade2spark.scalding.algebra import Left, Right
from cascade2spark.scalding.typed import NO_MATCH, TypedPipe
from tests.scalding.typed_case import NUMBERS, PAIRS, case

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
