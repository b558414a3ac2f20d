"""What is refused, while building and while running."""

from __future__ import annotations

from cascade2spark.errors import BuildError, RunError
from cascade2spark.scalding.typed import MultiJoin
from tests.scalding.typed_case import NUMBERS, PAIRS, case

# -- refused while building ----------------------------------------------------------------------


@case(
    "2.1",
    fails=(
        BuildError,
        "sort_by cannot follow map_values",
        "call map_values before group",
        "refused.py",
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
