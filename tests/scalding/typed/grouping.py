"""Groups, and keys compared by an ordering."""

from __future__ import annotations

from cascade2spark.comparators import StringInsensitive
from tests.scalding.typed_case import NUMBERS, PAIRS, case

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
