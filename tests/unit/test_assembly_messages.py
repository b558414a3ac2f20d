"""What a user is told who gets an assembly, a cache or a script wrong: whole messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.assemblies import (
    AggregateBy,
    AverageBy,
    Coerce,
    Copy,
    CountBy,
    CountByLocally,
    Discard,
    FirstBy,
    Include,
    MaxBy,
    MinBy,
    Rename,
    Retain,
    SumBy,
    SumByLocally,
    Unique,
)
from cascade2spark.comparators import reverse_order
from cascade2spark.errors import Cascade2SparkError
from cascade2spark.fields import Fields
from cascade2spark.operations import (
    CoFunction,
    CompositeFunction,
    Count,
    DateParser,
    ExpressionFilter,
    ExpressionFunction,
    ExtentBase,
    ExtremaValueBase,
    RegexFilter,
    RegexSplitter,
    ScriptFilter,
    ScriptFunction,
    ScriptTupleFunction,
    Stop,
    Sum,
)
from cascade2spark.pipes import Each, Every, GroupBy, Pipe, SubAssembly
from cascade2spark.testing import run_pipe
from cascade2spark.types import Integer, Long, String, int_
from tests.planning import check_golden

ERRORS = Path(__file__).parents[1] / "errors"
K, V, N = Fields("k"), Fields("v"), Fields("n")
LOGS = Pipe("logs")
ROWS = [("a", 1), ("b", None), ("a", "one")]


class Total(CoFunction):
    def get_declared_fields(self) -> Fields:
        return Fields("total")

    def aggregate(self, flow_process: Any, args: Any, context: Any) -> Any:
        return (context or 0) + args.get_object(0)

    def complete(self, flow_process: Any, context: Any) -> Any:
        return (context,)


class Wide(Total):
    def complete(self, flow_process: Any, context: Any) -> Any:
        return context, context


class Forgot(SubAssembly):
    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)


class Twice(SubAssembly):
    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)
        self.set_tails(pipe)
        self.set_tails(pipe)


class Halves(SubAssembly):
    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)
        self.set_tails(Pipe("left", pipe), Pipe("right", pipe))


def run(
    build: Callable[[Pipe], Any], rows: Any = ROWS, fields: Any = ("k", "v")
) -> Callable[[], Any]:
    return lambda: run_pipe(build, rows, fields)


def each(operation: Callable[[], Any], on: Any = "v") -> Callable[[], Any]:
    return run(lambda pipe: Each(pipe, on, operation()))


def by_value_order() -> Any:
    values = Fields("v")
    values.set_comparator("v", reverse_order())
    return AggregateBy(LOGS, K, AggregateBy(V, Total(), Sum()), FirstBy(values))


ASSEMBLIES: dict[str, Callable[[], Any]] = {
    "sum without a type": lambda: SumBy(LOGS, K, V, N),
    "sum of two results": lambda: SumBy(LOGS, K, V, Fields("x", "y"), Long),
    "count with a field too many": lambda: CountBy(LOGS, K, V, N, Fields("more")),
    "average of nulls only": lambda: AverageBy(LOGS, K, V, N, Include.ONLY_NULLS),
    "first of other sizes": lambda: FirstBy(LOGS, K, V, Fields("x", "y")),
    "minimum without a result": lambda: MinBy(LOGS, K, V),
    "aggregate without parts": lambda: AggregateBy(LOGS, K),
    "aggregate of a part with a pipe": lambda: AggregateBy(LOGS, K, CountBy(LOGS, K, N)),
    "aggregate with something else": lambda: AggregateBy(LOGS, K, Count()),
    "functor without an aggregator": lambda: AggregateBy(LOGS, K, V, Total()),
    "functor and values with comparators": by_value_order,
    "part that is for one task": lambda: CountByLocally(N),
    "sum for one task without a type": lambda: SumByLocally(LOGS, K, V, N),
    "unique without fields": lambda: Unique(LOGS),
    "rename of another size": lambda: Rename(LOGS, Fields("k", "v"), N),
    "copy of another size": lambda: Copy(LOGS, K, Fields("x", "y")),
    "coerce of another size": lambda: Coerce(LOGS, Fields("k", "v"), int),
    "coerce without types": lambda: Coerce(LOGS, "k"),
    "composite of other sizes": lambda: CompositeFunction(K, [V, V], [Total()]),
    "composite of something else": lambda: CompositeFunction(K, V, Count()),
    "stop without a filter": Stop,
    "assembly without tails": lambda: Each(Forgot(LOGS), ExpressionFilter("v > 1", int)),
    "assembly with tails twice": lambda: Twice(LOGS),
    "assembly of two tails as one pipe": lambda: Each(Halves(LOGS), ExpressionFilter("v > 1", int)),
}
PLANNED: dict[str, Callable[[], Any]] = {
    "retain of a missing field": run(lambda pipe: Retain(pipe, Fields("k", "vv"))),
    "discard of a missing field": run(lambda pipe: Discard(pipe, "vv")),
    "rename of a missing field": run(lambda pipe: Rename(pipe, "vv", "w")),
    "rename to a name that is there": run(lambda pipe: Rename(pipe, "v", "k")),
    "unique of a missing field": run(lambda pipe: Unique(pipe, "kk")),
    "count of a missing key": run(lambda pipe: CountBy(pipe, "kk", "n")),
    "sum of a missing value": run(lambda pipe: SumBy(pipe, "k", "vv", "s", Long)),
    "pattern that does not compile": each(lambda: RegexFilter("(v")),
    "date format with an unknown letter": each(lambda: DateParser("yyyy-BB")),
    "expression of another type": each(lambda: ExpressionFilter("v + 1", int_)),
    "expression over an unknown field": each(lambda: ExpressionFunction("w", "vv + 1", int_)),
    "script of another type": each(lambda: ScriptFilter("return v;", int_)),
    "script over an unknown field": each(lambda: ScriptFunction("w", "return vv;", [String])),
    "script without types": each(lambda: ScriptFunction("w", "return v + 1;")),
}
RUNNING: dict[str, Callable[[], Any]] = {
    "sum of text": run(lambda pipe: SumBy(pipe, K, V, N, Long)),
    "average of text": run(lambda pipe: AverageBy(pipe, K, V, N)),
    "largest of numbers and text": run(lambda pipe: MaxBy(pipe, K, V, N)),
    "sum for one task of text": run(lambda pipe: SumByLocally(pipe, K, V, N, Long)),
    "fewer parts than fields": each(lambda: RegexSplitter(Fields("a", "b"), ",")),
    "functor that raises": each(lambda: CompositeFunction(K, V, Total()), on=("k", "v")),
    "functor of another width": run(
        lambda pipe: Each(pipe, ("k", "v"), CompositeFunction(K, V, Wide())), [("a", 1)]
    ),
    "cache that is not there": lambda: run_pipe(
        lambda pipe: Each(pipe, ("k", "v"), CompositeFunction(K, V, Total())),
        ROWS,
        ("k", "v"),
        properties={"cascading.aggregateby.cachefactory.classname": "my.Cache"},
    ),
    "script that fails": each(lambda: ScriptFunction("w", "int n = v; return n;", [Integer])),
    "script of another width": each(
        lambda: ScriptTupleFunction(Fields("x", "y"), "return new Tuple(v);", String)
    ),
    "extreme without compare": run(lambda pipe: Every(GroupBy(pipe, K), V, ExtremaValueBase())),
    "extent without an operation": run(lambda pipe: Every(GroupBy(pipe, K), V, ExtentBase())),
}


def message_of(case: Callable[[], Any]) -> str:
    with pytest.raises(Cascade2SparkError) as caught:
        case()
    return f"{type(caught.value).__name__}: {caught.value}"


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        ("assemblies", ASSEMBLIES),
        ("assemblies_planned", PLANNED),
        ("assemblies_running", RUNNING),
    ],
)
def test_messages(name, cases, update_plans):
    texts = {title: message_of(case) for title, case in cases.items()}
    check_golden(ERRORS / f"{name}.txt", texts, update_plans)
