"""Joins and sketched joins."""

from __future__ import annotations

from cascade2spark.scalding.typed import MultiJoin, flatten_value_tuple
from tests.scalding.typed_case import LEFT, RIGHT, case

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
