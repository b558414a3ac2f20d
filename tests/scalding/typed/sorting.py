"""Groups that are sorted."""

from __future__ import annotations

from tests.scalding.typed_case import PAIRS, case


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
