"""One value of a whole pipe."""

from __future__ import annotations

import operator

from cascade2spark.scalding.algebra import Aggregator
from cascade2spark.scalding.typed import ValuePipe
from tests.scalding.typed_case import NUMBERS, case


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
