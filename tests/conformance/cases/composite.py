"""CompositeFunction, its caches and counters; aggregations of one task; parts of one's own. 6.1."""

from __future__ import annotations

from cascade2spark.assemblies import (
    AggregateBy,
    AverageByLocally,
    CountBy,
    CountByLocally,
    FirstBy,
    MaxByLocally,
    MinByLocally,
    SumByLocally,
)
from cascade2spark.comparators import reverse_order
from cascade2spark.errors import BuildError, RunError
from cascade2spark.fields import Fields
from cascade2spark.operations import CoFunction, CompositeFunction, Sum
from cascade2spark.pipes import Each, Every, GroupBy
from cascade2spark.types import Long
from tests.conformance.case import Fails, Topic, rows

case = Topic("composite")

KV = rows("k v", ("a", 1), ("b", 2), ("a", 3), ("c", None), ("b", 4), ("a", 5))


class Total(CoFunction):
    """Adds whole numbers, null being nothing; the state is a list."""

    def __init__(self, name="total"):
        self.name = name

    def get_declared_fields(self):
        return Fields(self.name)

    def aggregate(self, flow_process, args, context):
        found = args.get_object(0)
        context = [0] if context is None else context
        context[0] += found or 0
        return context

    def complete(self, flow_process, context):
        return tuple(context)


class Longest(CoFunction):
    """The longest text of a key."""

    def get_declared_fields(self):
        return Fields("longest", "size")

    def aggregate(self, flow_process, args, context):
        found = args.get_string("k")
        return found if context is None or len(found) > len(context) else context

    def complete(self, flow_process, context):
        return context, len(context)


class Refusing(Total):
    def aggregate(self, flow_process, args, context):
        if args.get_object("v") is None:
            raise ValueError("no value")
        return super().aggregate(flow_process, args, context)


def totals(i, capacity=0, function=None):
    composite = CompositeFunction(Fields("k"), Fields("v"), function or Total(), capacity)
    return Each(i, Fields("k", "v"), composite, Fields.RESULTS)


def joined(i, capacity=0):
    return Every(GroupBy(totals(i, capacity), "k"), Fields("total"), Sum(Fields("s", Long)))


SOURCE = "section 6.1: Each(CompositeFunction, RESULTS) -> GroupBy -> Every"
GROUPED = [("a", 9), ("b", 6), ("c", 0)]
case.add(
    "as_written_out",
    SOURCE,
    joined,
    python_only=True,
    i=KV,
    expected=GROUPED,
    ordered=True,
    covers=53,
)
case.add(
    "results_do_not_depend_on_the_capacity",
    SOURCE,
    lambda i: joined(i, 1),
    python_only=True,
    i=KV,
    expected=GROUPED,
    ordered=True,
    covers=53,
)
case.add(
    "several_functions",
    "section 6.1: several parts in one pass",
    lambda i: Each(
        GroupBy(i, Fields.NONE),  # one task, whatever the number of partitions
        Fields("g", "k", "v"),
        CompositeFunction(Fields("g"), [Fields("k"), Fields("v")], [Longest(), Total()]),
        Fields.RESULTS,
    ),
    python_only=True,
    i=rows("g k v", (1, "x", 5), (2, "yy", 6), (1, "zzz", 7)),
    expected=[(1, "zzz", 3, 12), (2, "yy", 2, 6)],
    fields="g longest size total",
)
case.add(
    "a_row_that_fails_is_trapped",
    "section 8.1",
    lambda i: Every(GroupBy(totals(i, 0, Refusing()), "k"), "total", Sum(Fields("s", Long))),
    python_only=True,
    i=KV,
    expected=GROUPED[:2],
    traps={"i": [("c", None)]},
)


CACHE = "AggregateByLocally.Cache"


def in_one_task(i, *more, by=CountByLocally):
    return by(GroupBy(i, Fields.NONE), Fields("k"), *more)


def locally(name, build, expected, counters=None, i=KV):
    case.add(
        f"{name}_by_locally",
        "section 6.1: only the per-task part, one row for each key of a task and of each eviction",
        build,
        i=i,
        expected=expected,
        counters={(CACHE, f"Num_Keys_{k}"): n for k, n in (counters or {}).items()},
        covers=53,
    )


locally(
    "count",
    lambda i: in_one_task(i, Fields("n")),
    [("a", 3), ("b", 2), ("c", 1)],
    {"Missed": 3, "Hit": 3, "Flushed": 0},
)
locally(
    "count_of_values",
    lambda i: in_one_task(i, Fields("v"), Fields("n"), CountBy.Include.NO_NULLS),
    [("a", 3), ("b", 2), ("c", 0)],
)
locally(
    "sum",
    lambda i: in_one_task(i, Fields("v"), Fields("s"), Long, by=SumByLocally),
    [("a", 9), ("b", 6), ("c", None)],
)
locally(
    "average",
    lambda i: in_one_task(i, Fields("v"), Fields("m"), by=AverageByLocally),
    [("a", 3.0), ("b", 3.0), ("c", 0.0)],
)
locally(
    "min",
    lambda i: in_one_task(i, Fields("v"), Fields("m"), by=MinByLocally),
    [("a", 1), ("b", 2), ("c", None)],
)
locally(
    "max",
    lambda i: in_one_task(i, Fields("v"), Fields("m"), by=MaxByLocally),
    [("a", 5), ("b", 4), ("c", None)],
)
locally(
    "an_evicted_key_comes_again",
    lambda i: in_one_task(i, Fields("v"), Fields("s"), Long, 2, by=SumByLocally),
    [("b", 2), ("a", 4), ("c", None), ("b", 4), ("a", 5)],
    {"Missed": 5, "Hit": 1, "Flushed": 3},
)
case.add(
    "null_keys_and_kinds_by_locally",
    "section 6.1: null keys are keys; design, section 7: 1, 1.0 and True are three keys",
    lambda i: in_one_task(i, Fields("n")),
    i=rows("k v", (None, 1), (1, 1), (1.0, 1), (True, 1), (None, 1)),
    expected=[(None, 2), (1, 1), (1.0, 1), (True, 1)],
)


class TotalBy(AggregateBy):
    """A part of one's own, as Cascading's SumBy is made."""

    def __init__(self, *given):
        *before, values, result = given
        name = as_name(result)
        super().__init__(*before, values, Total(name), Sum(Fields(name, Long)))


def as_name(result):
    return str(result.get(0))


OWN = "section 6.1 and 5.2: (argumentFields, functor, aggregator)"


@case(OWN, python_only=True, i=KV, expected=GROUPED, fields="k total", ordered=True, covers=53)
def a_part_of_ones_own_alone(i):
    return TotalBy(i, Fields("k"), Fields("v"), Fields("total"))


@case(
    OWN,
    python_only=True,
    i=KV,
    expected=[("a", 3, 9, 1), ("b", 2, 6, 2), ("c", 1, 0, None)],
    fields="k n t f",
    ordered=True,
    covers=53,
)
def a_part_of_ones_own_among_stock_parts(i):
    return AggregateBy(
        i,
        Fields("k"),
        1,
        CountBy(Fields("n")),
        TotalBy(Fields("v"), Fields("t")),
        FirstBy(Fields("v"), Fields("f")),
    )


def by_comparator(i):
    values = Fields("v")
    values.set_comparator("v", reverse_order())
    return AggregateBy(i, Fields("k"), TotalBy(Fields("v"), Fields("t")), FirstBy(values))


case.add(
    "a_functor_does_not_go_with_a_secondary_sort",
    "section 6.1: comparators on values are a secondary sort of rows",
    by_comparator,
    python_only=True,
    i=KV,
    fails=Fails(BuildError, ("values with comparators need rows",), "build"),
)
case.add(
    "a_functor_needs_its_aggregator",
    OWN,
    lambda i: AggregateBy(i, Fields("k"), Fields("v"), Total()),
    python_only=True,
    i=KV,
    fails=Fails(BuildError, ("each functor needs its values and its aggregator",), "build"),
)
case.add(
    "selectors_and_functions_must_be_as_many",
    "section 5.2",
    lambda i: Each(i, CompositeFunction(Fields("k"), [Fields("v")], [Total(), Total("u")])),
    python_only=True,
    i=KV,
    fails=Fails(BuildError, ("1 selectors, 2 functions",), "build"),
)
case.add(
    "a_failing_function_fails_the_flow",
    "section 3.2",
    lambda i: totals(i, 0, Refusing()),
    python_only=True,
    i=KV,
    fails=Fails(RunError, ("no value", "('c', None)")),
)
