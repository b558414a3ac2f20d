"""Columns asked for, and columns got: on clean data the most used operations never fall back.

The operations are the most used ones of open-source Cascading jobs, the most used first. Those
without a column form are listed as such: the day one gets its kernel, its line has to change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from cascade2spark.assemblies import AverageBy, Coerce, CountBy, FirstBy, MaxBy, MinBy, SumBy
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.operations import (
    Average,
    Count,
    DateParser,
    Debug,
    ExpressionFilter,
    ExpressionFunction,
    FilterNotNull,
    FilterNull,
    First,
    Identity,
    Insert,
    MaxValue,
    MinValue,
    RegexFilter,
    RegexGenerator,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
    Sample,
    Sum,
)
from cascade2spark.pipes import Each, Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap
from cascade2spark.types import Double, Integer, Long, String, int_
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine

Build = Callable[[Pipe], Pipe]
FIELDS = Fields("user", "line", "count", "size", "day")
ROWS = [
    ("ann", "1 a 2020-01-02", 3, "1.5", "2020-01-02"),
    ("bob", "22 b 2020-03-04", 1, "2", "2020-03-04"),
    ("ann", "333 c 2021-05-06", 2, "0.25", "2021-05-06"),
    ("bob", "4 d 2022-07-08", None, None, "2022-07-08"),
]
ALL, RESULTS = Fields.ALL, Fields.RESULTS


@attrs.frozen
class Use:
    """One use of an operation.

    Args:
        operation: its name.
        build: puts it behind a pipe.
        has_columns: it has a column form.
    """

    operation: str
    build: Build
    has_columns: bool = True


def each(operation: Any, on: str, output: Any = ALL) -> Build:
    return lambda pipe: Each(pipe, Fields(*on.split()), operation, output)


def keep(operation: Any, on: str) -> Build:
    return lambda pipe: Each(pipe, Fields(*on.split()), operation)


def every(operation: Any, on: str) -> Build:
    return lambda pipe: Every(GroupBy(pipe, "user"), Fields(*on.split()), operation)


MOST_USED = [
    Use("Count", every(Count(), "line")),
    Use("ExpressionFilter", keep(ExpressionFilter("count > 2", int_), "count")),
    Use("ExpressionFunction", each(ExpressionFunction("n", "count + 1", int_), "count")),
    Use("Insert", each(Insert(Fields("a", "b"), 1, "x"), "user")),
    Use("Identity", each(Identity(Fields("n")), "count", RESULTS)),
    Use("RegexSplitGenerator", each(RegexSplitGenerator("word", r"\s"), "line")),
    Use("RegexParser", each(RegexParser(Fields("n"), r"^(\d+)"), "line")),
    Use("RegexSplitter", each(RegexSplitter(Fields("n", "letter", "date"), " "), "line")),
    Use("Debug", keep(Debug(), "user"), False),
    Use("RegexFilter", keep(RegexFilter("[ab] 2020"), "line")),
    Use("RegexGenerator", each(RegexGenerator("digit", r"\d"), "line")),
    Use("First", every(First(), "line")),
    Use("DateParser", each(DateParser("ts", "yyyy-MM-dd"), "day")),
    Use("Sum", every(Sum(), "count")),
    Use("Sample", keep(Sample(1, 0.5), "user"), False),
]
OTHERS = [
    Use("RegexReplace", each(RegexReplace("clean", r"\d+", "<$0>"), "line")),
    Use("Identity to types", each(Identity(Fields("s", "n"), Double, String), "size count")),
    Use("Coerce", lambda pipe: Coerce(pipe, "size", Double).get_tails()[0]),
    Use("FilterNull", keep(FilterNull(), "count size")),
    Use("FilterNotNull", keep(FilterNotNull(), "size")),
    Use("Sum of texts", every(Sum(Fields("total")), "size")),
    Use("Sum as Integer", every(Sum(Fields("total"), Integer), "count")),
    Use("Average", every(Average(), "size")),
    Use("MaxValue", every(MaxValue(), "line")),
    Use("MinValue", every(MinValue(), "line")),
    *[
        Use(kind.__name__, lambda pipe, kind=kind: kind(pipe, "user", "count", "n"))
        for kind in (AverageBy, FirstBy, MaxBy, MinBy)
    ],
    Use("SumBy", lambda pipe: SumBy(pipe, "user", "count", "n", Long)),
    *[
        Use(
            f"CountBy {include.name}",
            lambda pipe, include=include: CountBy(pipe, "user", "count", "n", include),
        )
        for include in CountBy.Include
    ],
]


def ran(use: Use, form: str) -> tuple[list[Any], list[Any]]:
    """Run a use; return the rows, and what the statistics say of each pipe."""
    sink = MemoryTap()
    tail = Pipe("out", use.build(Pipe("in")))
    definition = (
        FlowDef("forms").add_source("in", MemoryTap(FIELDS, ROWS)).add_tail_sink(tail, sink)
    )
    engine = InProcessEngine(batch_rows=2)
    flow = InProcessConnector({"cascade2spark.form": form}, engine).connect(definition)
    flow.complete()
    return list(sink.rows), [site for step in flow.get_stats().steps for site in step.sites]


@pytest.mark.parametrize("use", [*MOST_USED, *OTHERS], ids=lambda use: use.operation)
def test_columns_are_used_without_falling_back(use: Use) -> None:
    rows, sites = ran(use, "columns")
    inside = [site for site in sites if site.site.kind in ("Each", "Every")]
    assert inside
    assert use.has_columns == all(site.form == "columns" for site in inside)
    assert [] == [(site.site.label, site.fallbacks) for site in sites if site.fallbacks]
    by_rows, row_sites = ran(use, "rows")
    assert list(map(repr, by_rows)) == list(map(repr, rows))
    assert {"rows"} == {site.form for site in row_sites}


def test_which_of_the_most_used_operations_have_no_column_form() -> None:
    # What prints, and what draws a number for each row, does so row by row.
    assert ["Debug", "Sample"] == [use.operation for use in MOST_USED if not use.has_columns]
