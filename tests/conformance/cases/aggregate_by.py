"""The AggregateBy family: parts, nulls, merges, capacities. Section 6.1."""

from __future__ import annotations

from cascade2spark.assemblies import (
    AggregateBy,
    AverageBy,
    CountBy,
    FirstBy,
    MaxBy,
    MinBy,
    SumBy,
)
from cascade2spark.comparators import reverse_order
from cascade2spark.fields import Fields
from cascade2spark.pipes import Pipe
from cascade2spark.types import Long, long_
from tests.conformance.case import Topic, rows

case = Topic("aggregate_by")

KV = rows("k v w", ("b", 1, 9), ("a", None, 8), ("b", 4, 7), ("a", None, 6), ("b", None, 5))
Include = CountBy.Include


def works(name, build, expected, fields, source, i=KV):
    case.add(name, source, build, i=i, expected=expected, fields=fields, ordered=True, covers=53)


NULLS = "section 6.1; AssemblyHelpersPlatformTest.testCountNullNotNull"
works(
    "count_counts_all",
    lambda i: CountBy(i, Fields("k"), Fields("n")),
    [("a", 2), ("b", 3)],
    "k n",
    NULLS,
)
works(
    "count_of_values_counts_nulls_by_default",
    lambda i: CountBy(i, Fields("k"), Fields("v"), Fields("n")),
    [("a", 2), ("b", 3)],
    "k n",
    NULLS,
)
works(
    "count_no_nulls_still_gives_zero",
    lambda i: CountBy(i, Fields("k"), Fields("v"), Fields("n"), Include.NO_NULLS),
    [("a", 0), ("b", 2)],
    "k n",
    NULLS,
)
EMPTY = rows("k v", ("a", ""), ("a", None), ("b", "4"), ("b", ""), ("c", None))
works(
    "average_no_nulls_counts_empty_texts",
    lambda i: AverageBy(i, Fields("k"), Fields("v"), Fields("n"), Include.NO_NULLS),
    [("a", 0.0), ("b", 2.0), ("c", None)],
    "k n",
    "section 6.1 with 2.4: an empty text is 0.0, and no null",
    i=EMPTY,
)
works(
    "sum_of_empty_texts_is_null",
    lambda i: SumBy(i, Fields("k"), Fields("v"), Fields("n"), Long),
    [("a", None), ("b", 4), ("c", None)],
    "k n",
    "section 6.1: the first value is taken as is, and an empty text is a null Long",
    i=EMPTY,
)
works(
    "count_only_nulls",
    lambda i: CountBy(i, Fields("k"), Fields("v"), Fields("n"), Include.ONLY_NULLS),
    [("a", 2), ("b", 1)],
    "k n",
    NULLS,
)
works(
    "count_no_nulls_needs_one_value_of_several",
    lambda i: CountBy(i, Fields("k"), Fields("v", "w"), Fields("n"), Include.NO_NULLS),
    [("a", 1), ("b", 2)],
    "k n",
    "section 6.1: NO_NULLS counts unless all values are null",
    i=rows("k v w", ("a", None, 1), ("a", None, None), ("b", 1, 2), ("b", 1, None)),
)

SUMS = "section 6.1; AssemblyHelpersPlatformTest.testSumByNulls"
works(
    "sum_of_a_box_is_null_without_values",
    lambda i: SumBy(i, Fields("k"), Fields("v"), Fields("s"), Long),
    [("a", None), ("b", 5)],
    "k s",
    SUMS,
)
works(
    "sum_of_a_primitive_is_zero_without_values",
    lambda i: SumBy(i, Fields("k"), Fields("v"), Fields("s"), long_),
    [("a", 0), ("b", 5)],
    "k s",
    SUMS,
)
works(
    "sum_of_doubles",
    lambda i: SumBy(i, Fields("k"), Fields("v"), Fields("s"), float),
    [("a", None), ("b", 5.0)],
    "k s",
    SUMS,
)
works(
    "sum_typed_by_its_result_field",
    lambda i: SumBy(i, Fields("k"), Fields("v"), Fields("s", float)),
    [("a", None), ("b", 5.0)],
    "k s",
    "section 6.1: declared type",
)

AVERAGES = "section 6.1; AssemblyHelpersPlatformTest.testAverageByNull"
works(
    "average_counts_nulls_as_zero",
    lambda i: AverageBy(i, Fields("k"), Fields("v"), Fields("m")),
    [("a", 0.0), ("b", 5 / 3)],
    "k m",
    AVERAGES,
)
works(
    "average_without_nulls",
    lambda i: AverageBy(i, Fields("k"), Fields("v"), Fields("m"), AverageBy.Include.NO_NULLS),
    [("a", None), ("b", 2.5)],
    "k m",
    AVERAGES,
)

works(
    "min_ignores_nulls",
    lambda i: MinBy(i, Fields("k"), Fields("v"), Fields("m")),
    [("a", None), ("b", 1)],
    "k m",
    "section 6.1",
)
works(
    "max_ignores_nulls",
    lambda i: MaxBy(i, Fields("k"), Fields("v"), Fields("m")),
    [("a", None), ("b", 4)],
    "k m",
    "section 6.1",
)
works(
    "min_of_text",
    lambda i: MinBy(i, Fields("k"), Fields("v"), Fields("m")),
    [("a", "10")],
    "k m",
    "section 6.1: natural order",
    i=rows("k v", ("a", "9"), ("a", "10")),
)
works(
    "first_is_the_first_seen_and_keeps_nulls",
    lambda i: FirstBy(i, Fields("k"), Fields("v"), Fields("f")),
    [("a", None), ("b", 1)],
    "k f",
    "section 6.1; AssemblyHelpersPlatformTest.testFirstBy",
)


def first_by_comparator(i):
    values = Fields("v")
    values.set_comparator("v", reverse_order())
    return FirstBy(i, Fields("k"), values, Fields("f"))


works(
    "first_by_comparator_is_the_smallest",
    first_by_comparator,
    [("a", 7), ("b", 9)],
    "k f",
    "section 6.1: the smallest by the fields' comparators; AssemblyHelpersPlatformTest.testFirstBy",
    i=rows("k v", ("b", 1), ("a", 7), ("b", 9), ("a", 3), ("b", 5)),
)


def many_parts(i, *more):
    return AggregateBy(
        i,
        Fields("k"),
        *more,
        CountBy(Fields("v"), Fields("n")),
        SumBy(Fields("v"), Fields("s"), Long),
        AverageBy(Fields("w"), Fields("m")),
        MinBy(Fields("w"), Fields("low")),
        MaxBy(Fields("v"), Fields("high")),
        FirstBy(Fields("w"), Fields("f")),
    )


MANY = [("a", 2, None, 7.0, 6, None, 8), ("b", 3, 5, 7.0, 5, 4, 9)]
PARALLEL = "section 6.1; AssemblyHelpersPlatformTest.testParallelAggregates"
works("several_parts_in_one_pass", many_parts, MANY, "k n s m low high f", PARALLEL)
works(
    "several_parts_with_a_capacity_of_one",
    lambda i: many_parts(i, 1),
    MANY,
    "k n s m low high f",
    "section 6.1: results never depend on capacity",
)


@case(
    "section 6.1: pipes are merged",
    x=rows("k v", ("a", 1), ("b", 2)),
    y=rows("k v", ("a", 3), ("c", None)),
    expected=[("a", 2, 4), ("b", 1, 2), ("c", 1, None)],
    fields="k n s",
    ordered=True,
    covers=53,
)
def several_pipes(x, y):
    return AggregateBy(
        [x, y],
        Fields("k"),
        CountBy(Fields("v"), Fields("n")),
        SumBy(Fields("v"), Fields("s"), Long),
    )


@case(
    "section 6.1: null keys are keys",
    i=rows("k v", (None, 1), ("a", 2), (None, 3)),
    expected=[(None, 2), ("a", 1)],
    ordered=True,
    covers=53,
)
def null_keys(i):
    return CountBy(i, Fields("k"), Fields("n"))


@case("section 6.1: an empty stream has no groups", i=rows("k v"), expected=[], covers=53)
def nothing_in_nothing_out(i):
    return many_counts(i)


def many_counts(i):
    return AggregateBy(i, Fields("k"), CountBy(Fields("v"), Fields("n")))


@case(
    "section 6.1: two keys, group fields first",
    i=rows("a b v", (1, 2, 3), (1, 2, 4), (0, 9, 5)),
    expected=[(2, 1, 7), (9, 0, 5)],
    fields="b a s",
    ordered=True,
    covers=53,
)
def two_keys(i):
    return SumBy(i, Fields("b", "a"), Fields("v"), Fields("s"), Long)


@case(
    "section 6.1 and design, section 7: kinds of keys apart",
    i=rows("k", 1, 1.0, True, 1),
    expected=[(True, 1), (1, 2), (1.0, 1)],
    ordered=True,
    covers=53,
    differs="Values of different kinds in one key",
)
def kinds_of_keys(i):
    return CountBy(i, Fields("k"), Fields("n"))


@case(
    "section 6.1: two aggregations of one stream",
    i=KV,
    expected={"x": [("a", 2), ("b", 3)], "y": [(5, 1), (6, 1), (7, 1), (8, 1), (9, 1)]},
    ordered=True,
    covers=53,
)
def two_aggregations_of_one_stream(i):
    return [
        CountBy(Pipe("x", i), Fields("k"), Fields("n")),
        CountBy(Pipe("y", i), Fields("w"), Fields("n")),
    ]
