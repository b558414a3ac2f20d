"""Operators of a group."""

from __future__ import annotations

import operator

from cascade2spark.errors import RunError
from cascade2spark.scalding.algebra import Aggregator, Fold
from tests.scalding.typed_case import PAIRS, case


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
