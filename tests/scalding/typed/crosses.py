"""Hash joins and crosses."""

from __future__ import annotations

import operator

from cascade2spark.scalding.typed import ValuePipe
from tests.scalding.typed_case import LEFT, RIGHT, case


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
