"""The library over pipes: joins by a function, look-ups, running sums, differences."""

from __future__ import annotations

from cascade2spark.scalding.typed import (
    LookupJoin,
    TypedPipeDiff,
    cumulative_sum,
    join_by,
    left_join_by,
    outer_join_by,
    right_join_by,
)
from tests.scalding.typed_case import case

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
