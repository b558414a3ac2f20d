"""The jobs as flows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from pyspark import SparkContext

from benchmarks.application import PARTITIONS, serve
from cascade2spark import (
    CoGroup,
    Fields,
    HashJoin,
    Merge,
    Pipe,
    SparkFlowConnector,
    buffer,
    function,
)
from cascade2spark.assemblies import Coerce, Discard, SumBy
from cascade2spark.flows.stats import FlowStats
from cascade2spark.operations import (
    Count,
    ExpressionFunction,
    FilterNull,
    First,
    Insert,
    Last,
    RegexFilter,
    RegexReplace,
    RegexSplitGenerator,
)
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import Hfs, SinkMode

__all__: list[str] = []

Inputs = dict[str, str]
Row = tuple[Any, ...]

PLAIN = Fields("user", "ts", "pin", "action", "amount")
TYPED = Fields(["user", "ts", "pin", "action", "amount"], [str, int, str, str, int])
# The key of each table has a name of its own, so that a join needs no new names.
TABLES = {
    "users": Fields("users_id", "name", "country"),
    "emails": Fields("emails_id", "email"),
    "towns": Fields("towns_id", "town"),
    "plans": Fields("plans_id", "plan"),
}
GAP_S = 1800


def _run(sc: SparkContext, inputs: Inputs, output: str, tail: Pipe, events: Fields) -> FlowStats:
    """Run a flow whose heads are named after their inputs; return what is known of the run."""
    schemes = {"events": TextDelimited(events), "words": TextLine("line")}
    schemes |= {table: TextDelimited(fields) for table, fields in TABLES.items()}
    heads = [head.get_name() for head in tail.get_heads()]
    sources = {name: Hfs(schemes[name], inputs[name]) for name in heads}
    sink = Hfs(TextDelimited(Fields.ALL), output, SinkMode.REPLACE)
    properties = {"cascade2spark.partitions": PARTITIONS, "cascade2spark.progress": "off"}
    flow = SparkFlowConnector(sc, properties).connect(sources, sink, tail)
    flow.complete()
    return flow.get_stats()


def count_lines(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    tail = Pipe("words").group_by(Fields.NONE).every(Count())
    return _run(sc, {"words": inputs["events"]}, output, tail, PLAIN)


def identity(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    return _run(sc, inputs, output, Pipe("events"), PLAIN)


@function(*PLAIN)
def passed(*row: Any) -> Row:
    return row


def identity_rows(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    return _run(sc, inputs, output, Pipe("events").each(passed), PLAIN)


def word_count(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    words = Pipe("words").each("line", RegexSplitGenerator(Fields("word"), "\\s+"))
    return _run(sc, inputs, output, words.group_by("word").every(Count()), PLAIN)


word_count_char = word_count


def sum_by_key(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    tail = Pipe("events").then(SumBy, "action", "amount", Fields("total", int))
    return _run(sc, inputs, output, tail, TYPED)


def sum_by_user(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    tail = Pipe("events").then(SumBy, "user", "amount", Fields("total", int))
    return _run(sc, inputs, output, tail, TYPED)


@buffer("rows")
def counted(key: Row, rows: Iterator[Row]) -> Iterator[int]:
    yield sum(1 for _ in rows)


def group_count(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    tail = Pipe("events").group_by("user").every(Fields.ALL, counted, Fields("user", "rows"))
    return _run(sc, inputs, output, tail, PLAIN)


@buffer("sessions")
def sessions(key: Row, rows: Iterator[Row]) -> Iterator[int]:
    found, last = 0, 0
    for _user, ts, _pin, _action, _amount in rows:
        if ts - last > GAP_S:
            found += 1
        last = ts
    yield found


@buffer("sessions")
def sessions_of_stamps(key: Row, rows: Iterator[Row]) -> Iterator[int]:
    found, last = 0, 0
    for (ts,) in rows:
        if ts - last > GAP_S:
            found += 1
        last = ts
    yield found


def secondary_sort_udf(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    by_user = Pipe("events").group_by("user", sort="ts")
    tail = by_user.every(Fields.ALL, sessions, Fields("user", "sessions"))
    return _run(sc, inputs, output, tail, TYPED)


def secondary_sort_pruned(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    by_user = Pipe("events").group_by("user", sort="ts")
    tail = by_user.every("ts", sessions_of_stamps, Fields("user", "sessions"))
    return _run(sc, inputs, output, tail, TYPED)


def secondary_sort_builtin(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    by_user = Pipe("events").group_by("user", sort="ts")
    ends = by_user.every("action", First(Fields("first"))).every("action", Last(Fields("last")))
    return _run(sc, inputs, output, ends.every(Count()), TYPED)


# The planner leaves out what nobody reads, whether it is told or not.
secondary_sort_builtin_pruned = secondary_sort_builtin


def join(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    joined = CoGroup(Pipe("events"), "user", Pipe("users"), "users_id")
    return _run(sc, inputs, output, Discard(joined, "users_id"), PLAIN)


def five_way(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    pipes = [Pipe("events"), *(Pipe(table) for table in TABLES)]
    keys = ["user", *(f"{table}_id" for table in TABLES)]
    joined = CoGroup(pipes=pipes, keys=keys)
    return _run(sc, inputs, output, Discard(joined, *keys[1:]), PLAIN)


def _broadcast() -> Pipe:
    joined = HashJoin(Pipe("events"), "user", Pipe("users"), "users_id")
    return Discard(joined, "users_id")


def broadcast_join(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    return _run(sc, inputs, output, _broadcast(), PLAIN)


@function("label")
def label(name: str, country: str) -> str:
    return f"{name}@{country}"


def broadcast_join_rows(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    tail = _broadcast().each(("name", "country"), label, Fields.SWAP)
    return _run(sc, inputs, output, tail, PLAIN)


def fork_merge(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    events = Pipe("events")
    kept = events.each("action", RegexFilter("save|share"))
    kept = kept.each(Insert(Fields("kind"), "kept"), Fields.ALL)
    shown = events.each("action", RegexFilter("view|share"))
    shown = shown.each(Insert(Fields("kind"), "shown"), Fields.ALL)
    tail = SumBy(Merge(kept, shown), Fields("user", "kind"), "amount", Fields("total", int))
    return _run(sc, inputs, output, tail, TYPED)


def six_udfs(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    pipe: Pipe = Pipe("events")
    pipe = pipe.each("action", function("kind")(str.upper), Fields.ALL)
    pipe = pipe.keep("kind", lambda kind: kind != "SHARE")
    pipe = pipe.each("amount", function("cents")(lambda amount: amount * 100), Fields.ALL)
    pipe = pipe.each("ts", function("day")(lambda ts: ts // 86_400), Fields.ALL)
    pipe = pipe.remove("cents", lambda cents: cents > 900_000)
    mixed = function("weekday", "mix")(lambda day, cents: (day % 7, cents + day))
    return _run(sc, inputs, output, pipe.each(("day", "cents"), mixed, Fields.SWAP), TYPED)


def six_builtins(sc: SparkContext, inputs: Inputs, output: str) -> FlowStats:
    pipe: Pipe = Pipe("events")
    pipe = pipe.each("pin", FilterNull())
    pipe = pipe.each("action", RegexFilter("^(view|click|save)$"))
    pipe = pipe.each("pin", RegexReplace(Fields("pin", str), "^p", "n"), Fields.REPLACE)
    pipe = pipe.each("amount", ExpressionFunction(Fields("cents", int), "amount * 100"), Fields.ALL)
    pipe = pipe.each(Insert(Fields("source"), "web"), Fields.ALL)
    return _run(sc, inputs, output, Coerce(pipe, Fields("amount", float)), TYPED)


if __name__ == "__main__":
    serve(sys.modules[__name__])
