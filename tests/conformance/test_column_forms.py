"""Columns asked for, and columns got: on clean data the most used operations never fall back.

The operations are the most used ones of open-source Cascading jobs, the most used first.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from cascade2spark.assemblies import (
    AggregateBy,
    AverageBy,
    Coerce,
    CountBy,
    Discard,
    FirstBy,
    MaxBy,
    MinBy,
    Rename,
    Retain,
    SumBy,
    Unique,
)
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.stats import FlowStats
from cascade2spark.operations import (
    And,
    AssertExpression,
    AssertMatches,
    AssertNotNull,
    Average,
    Count,
    Counter,
    DateFormatter,
    DateParser,
    Debug,
    ExpressionFilter,
    ExpressionFunction,
    FieldFormatter,
    FieldJoiner,
    FilterNotNull,
    FilterNull,
    First,
    Identity,
    Insert,
    Limit,
    MaxValue,
    MinValue,
    Not,
    Or,
    RegexFilter,
    RegexGenerator,
    RegexParser,
    RegexReplace,
    RegexSplitGenerator,
    RegexSplitter,
    Sample,
    SetValue,
    Status,
    Sum,
    Xor,
)
from cascade2spark.operations.base import AssertionLevel, ValueAssertion
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, Every, GroupBy, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Lfs, MemoryTap
from cascade2spark.types import BigDecimal, Double, Integer, Long, String, int_
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
    """

    operation: str
    build: Build


def each(operation: Any, on: str, output: Any = ALL) -> Build:
    return lambda pipe: Each(pipe, Fields(*on.split()), operation, output)


def keep(operation: Any, on: str) -> Build:
    level = [AssertionLevel.STRICT] if isinstance(operation, ValueAssertion) else []
    return lambda pipe: Each(pipe, Fields(*on.split()), *level, operation)


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
    Use("Debug", keep(Debug(), "user")),
    Use("RegexFilter", keep(RegexFilter("[ab] 2020"), "line")),
    Use("RegexGenerator", each(RegexGenerator("digit", r"\d"), "line")),
    Use("First", every(First(), "line")),
    Use("DateParser", each(DateParser("ts", "yyyy-MM-dd"), "day")),
    Use("Sum", every(Sum(), "count")),
    Use("Sample", keep(Sample(1, 0.5), "user")),
]
IS_OF_2020, HAS_SIZE = RegexFilter("2020"), FilterNull()
PARTS = (CountBy("n"), SumBy("count", "sum", Long), MaxBy("size", "most"))
OTHERS = [
    Use("And", keep(And(IS_OF_2020, HAS_SIZE), "line size")),
    Use("Or", keep(Or(Fields("line"), IS_OF_2020, Fields("size"), HAS_SIZE), "line size")),
    Use("Xor", keep(Xor(IS_OF_2020, HAS_SIZE), "line size")),
    Use("Not", keep(Not(IS_OF_2020), "line")),
    Use("SetValue", each(SetValue("is_of_2020", IS_OF_2020), "line")),
    Use("AssertNotNull", keep(AssertNotNull(), "line user")),
    Use("AssertMatches", keep(AssertMatches("20"), "line user")),
    Use("AssertExpression", keep(AssertExpression("user.length() == 3", String), "user")),
    Use("DateFormatter", each(DateFormatter("date", "yyyy-MM-dd"), "count")),
    Use("FieldJoiner", each(FieldJoiner("key", "/"), "user count")),
    Use("FieldFormatter", each(FieldFormatter("key", "%s: %s"), "user count")),
    Use("RegexParser of an optional group", each(RegexParser(Fields("n"), "(x)?"), "line")),
    Use("RegexReplace by a look ahead", each(RegexReplace("n", r"\d(?=\d)", "-"), "line")),
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
    Use("AggregateBy", lambda pipe: AggregateBy(pipe, Fields("user"), *PARTS)),
    Use("Unique", lambda pipe: Unique(pipe, Fields("user", "count"))),
    Use("Retain", lambda pipe: Retain(pipe, "user", "count").get_tails()[0]),
    Use("Discard", lambda pipe: Discard(pipe, "line", "day").get_tails()[0]),
    Use("Rename", lambda pipe: Rename(pipe, Fields("day"), Fields("date")).get_tails()[0]),
    Use("SumBy", lambda pipe: SumBy(pipe, "user", "count", "n", Long)),
    *[
        Use(
            f"CountBy {include.name}",
            lambda pipe, include=include: CountBy(pipe, "user", "count", "n", include),
        )
        for include in CountBy.Include
    ],
]


def ran(use: Use, form: str) -> tuple[list[Any], FlowStats]:
    """Run a use; return the rows, and the statistics."""
    sink = MemoryTap()
    tail = Pipe("out", use.build(Pipe("in")))
    definition = (
        FlowDef("forms").add_source("in", MemoryTap(FIELDS, ROWS)).add_tail_sink(tail, sink)
    )
    engine = InProcessEngine(batch_rows=2)
    flow = InProcessConnector({"cascade2spark.form": form}, engine).connect(definition)
    flow.complete()
    return list(sink.rows), flow.get_stats()


@pytest.mark.parametrize("use", [*MOST_USED, *OTHERS], ids=lambda use: use.operation)
def test_columns_are_used_without_falling_back(use: Use) -> None:
    rows, stats = ran(use, "columns")
    sites = stats.site_stats()
    inside = [site for site in sites if site.site.kind in ("Each", "Every")]
    assert inside
    assert {"columns"} == {site.form for site in inside}
    assert [] == [(site.site.label, site.fallbacks) for site in sites if site.fallbacks]
    by_rows, row_stats = ran(use, "rows")
    assert list(map(repr, by_rows)) == list(map(repr, rows))
    assert {"rows"} == {site.form for site in row_stats.site_stats()}


WATCHERS = [
    Debug("seen", True),
    Sample(7, 0.5),
    Limit(3),
    Counter("forms", "seen", 2),
    Status("under way"),
]
# Whole numbers beyond 64 bits, and a column of mixed types: every other batch stays rows.
SPOTTED = [(f"u{n}", 1 << 70 if n % 4 > 1 else n) for n in range(11)]


@pytest.mark.parametrize("watcher", WATCHERS, ids=lambda watcher: type(watcher).__name__)
@pytest.mark.parametrize("partitions", [1, 3])
def test_what_remembers_does_so_over_batches_of_both_forms(
    watcher: Any, partitions: int, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for form in ("rows", "columns"):
        sink = MemoryTap()
        tail = Each(Pipe("in"), Fields("user", "n"), watcher)
        definition = FlowDef().add_source("in", MemoryTap(Fields("user", "n"), SPOTTED))
        engine = InProcessEngine(partitions, batch_rows=2)
        flow = InProcessConnector({"cascade2spark.form": form}, engine).connect(
            definition.add_tail_sink(tail, sink)
        )
        flow.complete()
        stats = flow.get_stats()
        [site] = [one for one in stats.site_stats() if one.site.kind == "Each"]
        assert form == site.form
        told.append((list(sink.rows), stats.counters.as_dict(), site.rows_in, site.rows_out))
        told[-1] += tuple(capsys.readouterr())
    assert told[0] == told[1]
    assert 11 == told[0][2]


def test_what_counts_is_not_done_over_when_a_later_operation_refuses_columns() -> None:
    seen = Counter("forms", "seen")
    # The text of a decimal is part of its value: it has no column form.
    decimal = Identity(Fields("n"), BigDecimal)
    rows, stats = ran(
        Use(
            "Counter",
            lambda pipe: Each(Each(pipe, "size", seen), Fields("size"), decimal, RESULTS),
        ),
        "columns",
    )
    counted, refused = [site for site in stats.site_stats() if site.site.kind == "Each"]
    assert ("columns", {}) == (counted.form, counted.fallbacks)
    assert {"no column type for Decimal": 2} == refused.fallbacks
    assert [4, 4] == [counted.rows_in, refused.rows_in]
    assert 4 == len(rows) == stats.get_counter_value("forms", "seen")


def test_conversions_are_told_where_there_are_any() -> None:
    own = Use(
        "own", lambda pipe: Each(Each(pipe, "user", FilterNull()), "line", function("n")(len))
    )
    _, stats = ran(own, "columns")
    source, stock, python, _ = stats.site_stats()
    # Two batches of two rows each.
    assert {"rows to columns": 2} == source.conversions
    assert {} == stock.conversions
    assert ("rows", {"columns to rows": 2}) == (python.form, python.conversions)
    assert "converted" in stats.table()
    assert "columns to rows (2)" in stats.table()
    assert "converted" not in ran(own, "rows")[1].table()


LINES = "ann\t3\t1.5\t2020-01-02\nbob\t\t2.0\t2020-03-04\nann\t-7\t\t2021-05-06\n"
EXPECTED = """\
ann,3,1.5,2020-01-02,1577923200000,3.0,<a>nn,file
bob,,2.0,2020-03-04,1583280000000,4.0,<b>ob,file
"""
DOUBLED = ExpressionFunction("twice", "size == null ? 0 : size * 2", Double)
TYPED = Fields("user", "count", "size", "day").apply_types(String, Integer, Double, String)


def typed_job(pipe: Pipe) -> Pipe:
    """A run of the most used operations over typed fields."""
    pipe = Each(pipe, Fields("day"), DateParser("ts", "yyyy-MM-dd"), ALL)
    pipe = Each(pipe, Fields("count"), ExpressionFilter("count < -5", int_))
    pipe = Each(pipe, Fields("size"), DOUBLED, ALL)
    pipe = Each(pipe, Fields("user"), RegexReplace(Fields("name"), "^(.)", "<$1>"), ALL)
    pipe = Each(pipe, Fields("user"), Insert(Fields("source"), "file"), ALL)
    return Coerce(pipe, "count", Long).get_tails()[0]


@pytest.mark.parametrize("form", ["columns", "rows"])
def test_a_run_from_file_to_file_makes_no_rows(form: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "data.tsv").write_text(LINES)
    tail = Pipe("out", typed_job(Pipe("in")))
    source = Lfs(TextDelimited(TYPED, False, "\t"), str(tmp_path / "in"))
    sink = Lfs(TextDelimited(Fields.ALL, False, ","), str(tmp_path / "out"))
    definition = FlowDef("files").add_source("in", source).add_tail_sink(tail, sink)
    flow = InProcessConnector({"cascade2spark.form": form}, InProcessEngine()).connect(definition)
    flow.complete()
    written = "".join(part.read_text() for part in sorted((tmp_path / "out").glob("part-*")))
    assert EXPECTED == written
    sites = [site for step in flow.get_stats().steps for site in step.sites]
    assert [] == [(site.site.label, site.fallbacks) for site in sites if site.fallbacks]
    kinds = ("Each", "sink")
    forms = {site.site.label: site.form for site in sites if site.site.kind in kinds}
    assert {form} == set(forms.values()), forms
