"""Whole messages of pipes built wrongly (tests/errors/pipes.txt) and of rows that break a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import CascadeConnector, LocalFlowConnector, SparkFlowConnector
from cascade2spark.errors import Cascade2SparkError
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin, InnerJoin, MixedJoin
from cascade2spark.operations import (
    And,
    AssertGroupSizeEquals,
    AssertNotNull,
    AssertSizeEquals,
    Count,
    DateParser,
    ExpressionFunction,
    FilterNull,
    FirstNBuffer,
    Identity,
    Limit,
    Not,
    RegexFilter,
    RegexParser,
    RegexSplitter,
    Sample,
    Sum,
)
from cascade2spark.operations.base import (
    Aggregator,
    AssertionLevel,
    BaseOperation,
    Buffer,
    Filter,
    Function,
    GroupAssertion,
    ValueAssertion,
)
from cascade2spark.operations.callables import aggregator, buffer, function, keep_if
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe, SubAssembly
from cascade2spark.scalding.typed import TypedPipe
from cascade2spark.schemes import TextLine
from cascade2spark.taps import DelimitedPartition, Hfs, PartitionTap, TemplateTap
from cascade2spark.testing import run_pipe
from cascade2spark.types import Long, int_
from tests.planning import check_golden

ERRORS = Path(__file__).parents[1] / "errors"
STRICT = AssertionLevel.STRICT
LOGS, DAYS = Pipe("logs"), Pipe("days")
TYPED = TypedPipe.from_(["a", "b"])


class Halves(SubAssembly):
    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)
        self.set_tails(Pipe("low", pipe), Pipe("high", pipe))


class Tailless(SubAssembly):
    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)


BUILDING: dict[str, Callable[[], Any]] = {
    "head without a name": lambda: Pipe(),
    "pipe of a number": lambda: Pipe(3),
    "each without a pipe": lambda: Each(Identity()),
    "each without an operation": lambda: Each(LOGS, "url"),
    "each with a bare function": lambda: Each(LOGS, "url", len),
    "each with a class": lambda: Each(LOGS, "url", Identity),
    "each with too many selectors": lambda: Each(LOGS, "url", Identity(), "url", "ts"),
    "each with arguments that cannot be": lambda: Each(LOGS, Fields.RESULTS, Identity()),
    "each with an output that cannot be": lambda: Each(LOGS, "url", Identity(), Fields.VALUES),
    "assertion without a level": lambda: Each(LOGS, AssertNotNull()),
    "every with a bare function": lambda: Every(GroupBy(LOGS, "url"), len),
    "group without a pipe": lambda: GroupBy("by url", Fields("url")),
    "group on three selectors": lambda: GroupBy(LOGS, "url", "ts", "user"),
    "group into no partitions": lambda: GroupBy(LOGS, "url", partitions=0),
    "group in an order that is no flag": lambda: GroupBy(LOGS, "url", "ts", reverse="no"),
    "join spread by what is no flag": lambda: CoGroup(LOGS, "url", DAYS, "day", skewed="no"),
    "join of one side": lambda: CoGroup(LOGS, Fields("url")),
    "join on keys of other sizes": lambda: CoGroup(LOGS, ("url", "ts"), DAYS, "day"),
    "join with a key missing": lambda: CoGroup([LOGS, DAYS], ["url"]),
    "join of branches of one name": lambda: CoGroup(
        Each(LOGS, Identity()), "url", Each(LOGS, Identity()), "url"
    ),
    "join with a joiner of another size": lambda: CoGroup(
        LOGS, "url", DAYS, "day", MixedJoin([True, True, False])
    ),
    "self join on other keys": lambda: CoGroup(LOGS, "url", Pipe("again", LOGS), "ts"),
    "join with a result group of another size": lambda: CoGroup(
        LOGS, "url", DAYS, "day", Fields("url", "day"), Fields("key")
    ),
    "join with two joiners": lambda: CoGroup(LOGS, "url", DAYS, "day", InnerJoin(), InnerJoin()),
    "hash join with BufferJoin": lambda: HashJoin(LOGS, "url", DAYS, "day", BufferJoin()),
    "merge of a pipe with itself": lambda: Merge(LOGS, Pipe("again", LOGS)),
    "assembly with two tails": lambda: Each(Halves(LOGS), Identity()),
    "assembly without tails": lambda: Each(Tailless(LOGS), Identity()),
    "function without fields": lambda: function()(len),
    "keep of no predicate": lambda: keep_if("url"),
}

N = (("n",), [(1,), (0,), (None,)])


@function("half")
def divided(n):
    return 1 // n


@function("word", many=True)
def letters(n):
    return "no iterable of results"


@function("a", "b")
def lonely(n):
    return (n,)


def total(state, n):
    return state + n


@buffer("n")
def summed(key, rows):
    yield sum(n for (n,) in rows)


def run(build: Callable[[Pipe], Any], fields: Any = "n", rows: Any = ((1,), (0,), (None,))) -> Any:
    return run_pipe(build, rows, fields)


def each(operation: Any, *texts: Any) -> Callable[[], Any]:
    rows = [(text,) for text in texts] or [(1,), (0,), (None,)]
    return lambda: run(lambda pipe: Each(pipe, operation), rows=rows)


RUNNING: dict[str, Callable[[], Any]] = {
    "function that raises": each(divided),
    "method under Java's name": lambda: run(lambda pipe: Each(pipe, "n", InJava(1, "x"))),
    "function of text where rows are declared": each(letters),
    "function of another width": each(lonely),
    "predicate that raises": each(keep_if(lambda n: n > 0)),
    "aggregator that raises": lambda: run(
        lambda pipe: Every(GroupBy(pipe, Fields.NONE), aggregator("t", zero=0, step=total))
    ),
    "buffer that raises": lambda: run(
        lambda pipe: Every(GroupBy(pipe, Fields.NONE), summed, Fields.RESULTS)
    ),
    "text that is no number": each(Identity(Long), "12", "twelve"),
    "text without a match": each(RegexParser(Fields("day"), r"(\d+)/"), "3/12", "December"),
    "text of too few parts": each(RegexSplitter(Fields("a", "b"), ","), "1,2", "3"),
    "text that is no date": each(DateParser("yyyy-MM-dd"), "2020-02-29", "tomorrow"),
    "expression that fails": each(ExpressionFunction("q", "10 / n", int_)),
    "text that cannot be added": lambda: run(
        lambda pipe: Every(GroupBy(pipe, Fields.NONE), Sum()), rows=[(1,), ("one",)]
    ),
    "sum beyond its type": lambda: run(
        lambda pipe: Every(GroupBy(pipe, Fields.NONE), Sum(Fields("s"), int_)),
        rows=[(2**31 - 1,), (1,)],
    ),
    "assertion on a row": lambda: run(lambda pipe: Each(pipe, STRICT, AssertNotNull())),
    "assertion on a group": lambda: run(
        lambda pipe: Every(Every(GroupBy(pipe, "n"), Count()), STRICT, AssertGroupSizeEquals(2))
    ),
    "name on a stream of unknown fields": lambda: run(
        lambda pipe: Each(Each(pipe, RegexSplitter(",")), "day", Identity()), rows=[("1,2",)]
    ),
    "position past the end of a row": lambda: run(
        lambda pipe: Each(Each(pipe, RegexSplitter(",")), Fields(2), Identity()), rows=[("1,2",)]
    ),
}


class Returning(BaseOperation, Function, Buffer):
    """Returns its rows, as a function does and an operation does not."""

    def operate(self, flow_process: Any, call: Any) -> Any:
        return [(1,)]


class Yielding(BaseOperation, Function, Buffer):
    def operate(self, flow_process: Any, call: Any) -> Any:
        yield (1,)


class Totals(BaseOperation, Aggregator):
    """Returns at one of its three methods."""

    def __init__(self, where: str) -> None:
        super().__init__(Fields("total"))
        self.where = where

    def start(self, flow_process: Any, call: Any) -> Any:
        call.set_context(0)
        return 0 if self.where == "start" else None

    def aggregate(self, flow_process: Any, call: Any) -> Any:
        call.set_context(call.get_context() + 1)
        return call.get_context() if self.where == "aggregate" else None

    def complete(self, flow_process: Any, call: Any) -> Any:
        return (call.get_context(),)


class Positive(BaseOperation, ValueAssertion, GroupAssertion):
    def start(self, flow_process: Any, call: Any) -> None:
        pass

    aggregate = start

    def do_assert(self, flow_process: Any, call: Any) -> Any:
        return False


class Late(Returning):
    def operate(self, flow_process: Any, call: Any) -> None:
        pass

    def flush(self, flow_process: Any, call: Any) -> Any:
        return [(1,)]


class Misspelt(BaseOperation, Function):
    def Operate(self, flow_process: Any, call: Any) -> None:
        pass


class InJava(BaseOperation, Function):
    def operate(self, flow_process: Any, call: Any) -> None:
        call.getOutputCollector().add((1,))


class Short(BaseOperation, Function):
    def operate(self, call: Any) -> None:  # type: ignore[override]
        pass


class ShortEnd(BaseOperation, Filter):
    def is_remove(self, flow_process: Any, call: Any) -> bool:
        return False

    def cleanup(self) -> None:  # type: ignore[override]
        pass


class Started(BaseOperation, Aggregator):
    def start(self, flow_process: Any, call: Any) -> None:
        pass


def java_names() -> type:
    class Small(BaseOperation, Filter):
        def isRemove(self, flow_process: Any, call: Any) -> bool:
            return True

    return Small


FOLDER = Hfs(TextLine(), "days")
ARGUMENTS: dict[str, Callable[[], Any]] = {
    "limit of a text": lambda: Limit("2"),  # type: ignore[arg-type]
    "limit of a part": lambda: Limit(2.5),  # type: ignore[arg-type]
    "sample of a text": lambda: Sample("0.5"),  # type: ignore[arg-type]
    "sample of percents": lambda: Sample(50),
    "sample with the seed last": lambda: Sample(0.5, 7),
    "first rows of a part": lambda: FirstNBuffer(2.5),
    "size of a text": lambda: AssertSizeEquals("2"),  # type: ignore[arg-type]
    "not of two filters": lambda: Not(FilterNull(), FilterNull()),
    "and of one filter": lambda: And(FilterNull()),
    "properties that are a text": lambda: LocalFlowConnector("x"),  # type: ignore[arg-type]
    "cascade with properties that are a text": lambda: CascadeConnector("x"),  # type: ignore
    "Spark that is a text": lambda: SparkFlowConnector("local[2]"),
    "open limit of a text": lambda: PartitionTap(
        FOLDER,
        DelimitedPartition("day"),
        open_limit="3",  # type: ignore[arg-type]
    ),
    "template of more values than fields": lambda: TemplateTap(FOLDER, "%s/%s", Fields("day")),
    "template of a folder without a name": lambda: TemplateTap(FOLDER, "%s//x", Fields("day")),
    "template that no value fits": lambda: TemplateTap(FOLDER, "%1$d/%1$f", Fields("day")),
    "template that is no format": lambda: TemplateTap(FOLDER, "%s/%q"),
    "type as Java writes it": lambda: Sum("s", "Integer.class"),
    "primitive as Java writes it": lambda: Sum("s", "int.class"),
    "partitions that are a text": lambda: GroupBy(LOGS, "url", partitions="3"),
    "filter with Java's name": java_names,
    "function with a name of its own": lambda: Each(LOGS, Misspelt("x")),
    "function without a flow process": lambda: Each(LOGS, Short("x")),
    "cleanup without a call": lambda: Each(LOGS, ShortEnd()),
    "aggregator of one method": lambda: Every(GroupBy(LOGS, "url"), Started("x")),
    "typed sample of a text": lambda: TYPED.sample("0.5"),  # type: ignore[arg-type]
    "typed limit of a text": lambda: TYPED.limit("2"),  # type: ignore[arg-type]
    "typed take of a text": lambda: TYPED.group_by(len).take("2"),  # type: ignore[arg-type]
    "pattern of a number": lambda: RegexFilter(3),
}


def every(operation: Any, *level: AssertionLevel) -> Callable[[], Any]:
    return lambda: run(lambda pipe: Every(GroupBy(pipe, "n"), *level, operation))


RETURNING: dict[str, Callable[[], Any]] = {
    "function that returns its rows": each(Returning("x")),
    "function that yields its rows": each(Yielding("x")),
    "function that returns at the end": each(Late("x")),
    "assertion that returns a truth": lambda: run(lambda pipe: Each(pipe, STRICT, Positive())),
    "group assertion that returns a truth": lambda: run(
        lambda pipe: Every(Every(GroupBy(pipe, "n"), Count()), STRICT, Positive())
    ),
    "aggregator that returns at start": every(Totals("start")),
    "aggregator that returns at each row": every(Totals("aggregate")),
    "aggregator that returns its rows": every(Totals("complete")),
    "buffer that returns its rows": every(Returning("x")),
    "buffer that yields its rows": every(Yielding("x")),
}


def message_of(case: Callable[[], Any]) -> str:
    with pytest.raises(Cascade2SparkError) as caught:
        case()
    return f"{type(caught.value).__name__}: {caught.value}"


@pytest.mark.parametrize(
    ("name", "cases"),
    [("pipes", BUILDING), ("running", RUNNING), ("returning", RETURNING), ("arguments", ARGUMENTS)],
)
def test_messages(name, cases, update_plans):
    texts = {title: message_of(case) for title, case in cases.items()}
    check_golden(ERRORS / f"{name}.txt", texts, update_plans)


@pytest.mark.parametrize(
    "build",
    [lambda: Each(LOGS, "url", Count()), lambda: Every(GroupBy(LOGS, "url"), Identity())],
    ids=["each with an aggregator", "every with a function"],
)
def test_a_wrong_operation_is_named_without_an_address(build):
    assert " at 0x" not in message_of(build)
