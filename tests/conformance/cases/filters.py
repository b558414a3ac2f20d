"""The stock filters. Section 5.3."""

from __future__ import annotations

from cascade2spark.fields import Fields
from cascade2spark.operations import (
    And,
    Count,
    Counter,
    FilterNotNull,
    FilterNull,
    Limit,
    Not,
    Or,
    RegexFilter,
    Sample,
    Stop,
    Xor,
)
from cascade2spark.operations.callables import keep_if, remove_if
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy
from tests.conformance.case import Topic, rows

case = Topic("filters")

AB = rows("a b", (1, 2), (None, 2), (1, None), (None, None))


def works(name, operation, expected, i=AB, source="section 5.3", on=Fields.ALL, **more):
    case.add(
        name, source, lambda i: Each(i, on, operation), i=i, expected=expected, ordered=True, **more
    )


works("filter_null_removes_any_null", FilterNull(), [(1, 2)])
works("filter_null_of_one_argument", FilterNull(), [(1, 2), (1, None)], on="a")
works(
    "filter_not_null_removes_any_value",
    FilterNotNull(),
    [(None, None)],
    source="section 5.3: keeps rows where all are null",
)

LETTERS = rows("a b", ("x", "y"), ("x", "n"), ("n", "y"), ("n", "n"))
NO_X, NO_Y = RegexFilter("x"), RegexFilter("y")  # remove rows without an x, without a y
A, B = Fields("a"), Fields("b")
LOGIC = "section 5.3; RegressionPipesPlatformTest.testComplexLogic"
works(
    "and_removes_what_all_remove",
    And(A, NO_X, B, NO_Y),
    [("x", "y"), ("x", "n"), ("n", "y")],
    i=LETTERS,
    source=LOGIC + "And",
    covers=48,
)
works(
    "or_removes_what_any_removes",
    Or(A, NO_X, B, NO_Y),
    [("x", "y")],
    i=LETTERS,
    source=LOGIC + "Or",
    covers=48,
)
works(
    "xor_removes_what_one_removes",
    Xor(A, NO_X, B, NO_Y),
    [("x", "y"), ("n", "n")],
    i=LETTERS,
    source=LOGIC + "Xor",
    covers=48,
)
works(
    "not_removes_what_is_kept",
    Not(RegexFilter("x")),
    [("n", "y"), ("n", "n")],
    i=LETTERS,
    source="section 5.3; FilterTest",
    covers=48,
)
works(
    "and_without_selectors",
    And(NO_X, NO_Y),
    [("x", "y"), ("x", "n"), ("n", "y")],
    i=LETTERS,
    source="section 5.3; FilterTest",
    covers=48,
)
works(
    "or_of_selectors_and_filters",
    Or([A, B], [NO_X, NO_Y]),
    [("x", "y")],
    i=LETTERS,
    source="section 5.3; FilterTest",
    covers=48,
)
works(
    "nested_logic",
    Or(And(A, NO_X, B, NO_Y), Not(Or(A, NO_X, B, NO_Y))),
    [("x", "n"), ("n", "y")],
    i=LETTERS,
    source=LOGIC + "And, Or",
    covers=48,
    differs="Selectors of a logic filter inside a logic filter",
)


@case(
    "section 5.3: selectors are relative to the filter's arguments",
    i=rows("p a b", (0, "y", "x"), (1, "x", "y")),
    expected=[(1, "x", "y")],
    covers=48,
)
def selectors_of_logic_are_relative_to_the_arguments(i):
    return Each(i, ("a", "b"), Or(Fields(0), NO_X, Fields(1), NO_Y))


works(
    "limit_on_one_task",
    Limit(2),
    [(1, 2), (None, 2)],
    partitions=1,
    source="section 5.3; LimitFilterTest.testLimit",
    covers=49,
)
works(
    "limit_of_more_than_there_are",
    Limit(9),
    [(1, 2), (None, 2), (1, None), (None, None)],
    source="section 5.3; LimitFilterTest.testLimit",
    partitions=1,
    covers=49,
)
works("limit_of_nothing", Limit(0), [], source="section 5.3; LimitFilterTest.testLimit", covers=49)


works(
    "sample_of_everything",
    Sample(7, 1.0),
    [(1, 2), (None, 2), (1, None), (None, None)],
    source="section 5.3: next_double() >= 1.0 never holds",
)
works(
    "sample_of_nothing", Sample(7, 0.0), [], source="section 5.3: next_double() >= 0.0 always holds"
)
works(
    "sample_of_a_seed",
    Sample(42, 0.5),
    [2, 3, 6, 7, 8],
    partitions=1,
    i=rows("n", *range(10)),
    source="section 5.3; new java.util.Random(42).nextDouble() gives 0.728, 0.683, 0.309, 0.277, "
    "0.666, 0.903, 0.369, 0.276, 0.464, 0.783",
)
works(
    "counter_never_removes",
    Counter("mine", "rows"),
    [1, 2, 3],
    i=rows("n", 1, 2, 3),
    counters={("mine", "rows"): 3},
)
works(
    "counter_with_an_increment",
    Counter("mine", "rows", 5),
    [1, 2],
    i=rows("n", 1, 2),
    counters={("mine", "rows"): 10},
)
works(
    "a_kept_predicate",
    keep_if(lambda a: a is None),
    [(None, 2), (None, None)],
    on="a",
    source="design, section 3",
    python_only=True,
)
works(
    "a_removed_predicate",
    remove_if(lambda a, b: a == b),
    [(None, 2), (1, None), (1, 2)],
    source="design, section 3",
    i=rows("a b", (None, 2), (1, None), (1, 2), (None, None)),
    python_only=True,
)


@case(
    "StopFilterPlatformTest.testSimple: rows already read finish, no more are read",
    i=rows("n", *range(10)),
    expected=[0, 1, 2],
    partitions=1,
    ordered=True,
    covers=50,
)
def stop(i):
    return Each(i, "n", Stop(RegexFilter("[012]")))


@case(
    "StopFilterPlatformTest.testSimple: one more row read than written",
    i=rows("n", *range(10)),
    expected=[0, 1, 2],
    partitions=1,
    counters={("StepCounters", "Tuples_Read"): 4, ("StepCounters", "Tuples_Written"): 3},
    covers=50,  # over batches: of four rows in these tests
)
def stop_counts_one_more_row_read(i):
    return Each(i, "n", Stop(RegexFilter("[012]")))


@case(
    "StopFilterPlatformTest.testSimpleGroup: what was read is grouped",
    i=rows("k", "a", "b", "a", "z", "a"),
    expected=[("a", 2), ("b", 1)],
    partitions=1,
    ordered=True,
    covers=50,
)
def stop_before_a_group(i):
    return Every(GroupBy(Each(i, "k", Stop(RegexFilter("[ab]"))), "k"), Count())


@case(
    "StopFilterPlatformTest.testCoGroup: one side stops, the other is read on",
    lhs=rows("k", "a", "b", "z", "c"),
    rhs=rows("j", "a", "b", "c"),
    expected=[("a", "a"), ("b", "b")],
    partitions=1,
    ordered=True,
    covers=50,
)
def stop_on_one_side_of_a_join(lhs, rhs):
    return CoGroup(Each(lhs, "k", Stop(RegexFilter("[ab]"))), "k", rhs, "j")
