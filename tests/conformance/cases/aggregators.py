"""The stock aggregators: results, types and nulls. Section 5.4."""

from __future__ import annotations

from decimal import Decimal

from cascade2spark.errors import BuildError, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    Average,
    Count,
    First,
    FirstNBuffer,
    Last,
    MaxValue,
    MinValue,
    Sum,
)
from cascade2spark.pipes import Every, GroupBy
from cascade2spark.types import Integer, Long, int_
from tests.conformance.case import Fails, Topic, rows

case = Topic("aggregators")

NULLS = rows("k v", ("a", 1), ("a", None), ("a", 4), ("b", None), ("b", None))


def over(operation, *, on="v", sort=None):
    """Return the function that runs one aggregator over groups of `k`."""

    def build(i):
        group = GroupBy(i, "k") if sort is None else GroupBy(i, Fields("k"), Fields(sort))
        return Every(group, on, operation)

    return build


def works(name, operation, expected, fields, i=NULLS, source="section 5.4", **more):
    case.add(
        name, source, over(operation, **more), i=i, expected=expected, fields=fields, ordered=True
    )


works("count_counts_nulls_too", Count(), [("a", 3), ("b", 2)], "k count")
works("count_under_another_name", Count(Fields("n")), [("a", 3), ("b", 2)], "k n")
works("sum_is_a_double_and_ignores_nulls", Sum(), [("a", 5.0), ("b", None)], "k sum")
works("sum_as_a_long", Sum(Fields("total"), Long), [("a", 5), ("b", None)], "k total")
works(
    "sum_as_a_primitive_gives_zero_for_no_value",
    Sum(Fields("n"), int_),
    [("a", 5), ("b", 0)],
    "k n",
)
EMPTY = rows("k v", ("a", ""), ("a", None), ("b", "4"), ("b", ""), ("c", None))
works(
    "sum_of_empty_texts",
    Sum(),
    [("a", 0.0), ("b", 4.0), ("c", None)],
    "k sum",
    i=EMPTY,
    source="section 5.4 with 2.4: only null is ignored, an empty text is 0.0",
)
works(
    "sum_of_empty_texts_as_a_long",
    Sum(Fields("n"), Long),
    [("a", 0), ("b", 4), ("c", None)],
    "k n",
    i=EMPTY,
    source="section 5.4 with 2.4: only null is ignored, an empty text is 0.0",
)
works(
    "sum_of_text_numbers",
    Sum(),
    [("a", 4.0)],
    "k sum",
    i=rows("k v", ("a", "1.5"), ("a", " 2.5 "), ("a", "")),
    source="section 5.4 with 2.4: text is coerced to double, empty text is null",
)
works(
    "sum_typed_by_its_declaration",
    Sum(Fields("n", Integer)),
    [("a", 5), ("b", None)],
    "k n",
)
works(
    "average_counts_nulls_as_zero",
    Average(),
    [("a", 5 / 3), ("b", 0.0)],
    "k average",
)
works("min_ignores_nulls", MinValue(), [("a", 1), ("b", None)], "k min")
works("max_ignores_nulls", MaxValue(), [("a", 4), ("b", None)], "k max")
works(
    "min_and_max_compare_text_as_text",
    MinValue(Fields("m")),
    [("a", "10")],
    "k m",
    i=rows("k v", ("a", "9"), ("a", "10"), ("a", "2")),
)
works(
    "max_ignores_the_values_it_is_told_to",
    MaxValue(Fields("m"), 99),
    [("a", 4)],
    "k m",
    i=rows("k v", ("a", 4), ("a", 99), ("a", 1)),
)
works(
    "the_first_extreme_is_kept_on_ties",
    MaxValue(Fields("m")),
    [("a", Decimal("1.0"))],
    "k m",
    i=rows("k v", ("a", Decimal("1.0")), ("a", Decimal("1.00"))),
)
works("first_keeps_nulls", First(Fields("f")), [("a", 1), ("b", None)], "k f")
works("last_is_the_last_tuple", Last(Fields("l")), [("a", 4), ("b", None)], "k l")
works(
    "first_n_gives_a_row_each",
    First(Fields("f"), 2),
    [("a", 1), ("a", None), ("b", None), ("b", None)],
    "k f",
)
works("first_declares_args", First(), [("a", 1), ("b", None)], "k v")
works("first_n_declares_args", First(2), [("a", 1), ("a", None), ("b", None), ("b", None)], "k v")
works(
    "first_follows_the_secondary_sort",
    First(Fields("f")),
    [("a", None), ("b", None)],
    "k f",
    sort="v",
)
works(
    "first_ignores_tuples",
    First(Fields("f"), (None,)),
    [("a", 1)],
    "k f",
    source="section 5.4: nothing is emitted when all are ignored",
)
works(
    "last_ignores_tuples",
    Last(Fields("l"), (4,)),
    [("a", None), ("b", None)],
    "k l",
)
works(
    "count_of_several_arguments",
    Count(),
    [("a", 3), ("b", 2)],
    "k count",
    on=("k", "v"),
)


for name, operation, result in (
    ("sum", Sum(), 3.0),
    ("average", Average(), 1.5),
    ("min_value", MinValue(), 1),
    ("max_value", MaxValue(), 2),
):
    works(
        f"more_arguments_for_{name}",
        operation,
        [("a", result)],
        None,
        i=rows("k v w", ("a", 1, "x"), ("a", 2, "y")),
        on=("v", "w"),
        source="section 1.4, step 1: more arguments than needed is fine",
    )


@case(
    "section 5.4: longs beyond 2**53; design, section 2: whole-number sums never wrap silently, "
    "and section 12: exact for integral types",
    i=rows("k v", ("a", 2**53), ("a", 1), ("a", 1)),
    expected=[("a", 2**53 + 2)],
    differs="`Sum` and `SumBy` into a whole-number type",
)
def whole_sums_of_a_long_type_are_exact(i):
    return Every(GroupBy(i, "k"), "v", Sum(Fields("n"), Long))


@case(
    "BufferPipesPlatformTest.testFirstNBufferForward",
    i=rows("k v", ("a", 3), ("a", 1), ("a", 2), ("b", 5)),
    expected=[("a", 1), ("a", 2), ("b", 5)],
    fields="k v",
    ordered=True,
    within=(0,),
    covers=35,
)
def first_n_buffer_forward(i):
    return Every(
        GroupBy(i, Fields("k"), Fields("v")), Fields("k", "v"), FirstNBuffer(2), Fields.RESULTS
    )


@case(
    "BufferPipesPlatformTest.testFirstNBufferReverse",
    i=rows("k v", ("a", 3), ("a", 1), ("a", 2), ("b", 5)),
    expected=[("b", 5), ("a", 3), ("a", 2)],
    fields="k v",
    ordered=True,
    within=(0,),
    covers=35,
)
def first_n_buffer_reverse(i):
    return Every(
        GroupBy(i, Fields("k"), Fields("v"), True),
        Fields("k", "v"),
        FirstNBuffer(2),
        Fields.RESULTS,
    )


@case(
    "section 5.4: FirstNBuffer emits the first of each group by default",
    i=rows("k v", ("a", 3), ("a", 1), ("b", 5)),
    expected=[("a", 3), ("b", 5)],
    ordered=True,
    covers=35,
)
def first_n_buffer_of_one(i):
    return Every(GroupBy(i, "k"), Fields("k", "v"), FirstNBuffer(), Fields.RESULTS)


@case(
    "section 5.4: one-field declarations are enforced",
    i=NULLS,
    fails=Fails(BuildError, (), "build"),
)
def count_of_two_fields_is_refused(i):
    return Every(GroupBy(i, "k"), Count(Fields("a", "b")))


@case(
    "section 5.4: one-field declarations are enforced",
    i=NULLS,
    fails=Fails(BuildError, (), "build"),
)
def sum_of_two_fields_is_refused(i):
    return Every(GroupBy(i, "k"), "v", Sum(Fields("a", "b")))


@case("section 1.4: Sum needs one argument", i=NULLS, fails=Fails(PlanError, ("Sum",), "plan"))
def sum_without_an_argument_is_refused(i):
    return Every(GroupBy(i, "k"), Fields.NONE, Sum())
