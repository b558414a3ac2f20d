"""Values without an exact column form, in one place of a flow: the same rows, and the reason told.

What falls back is only what has to: the other side of a join, the other branch of a merge and the
other batches stay columns.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.stats import FlowStats
from cascade2spark.joiners import InnerJoin, LeftJoin, OuterJoin, RightJoin
from cascade2spark.operations import Count, FilterNull, First, Sum
from cascade2spark.operations.callables import function, keep_if
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.taps import MemoryTap
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine

KV, NAMES = Fields("k", "v"), Fields("k", "v", "k2", "w")
CLEAN = [(key, number) for number, key in enumerate(["b", None, "a", "b", "c", "a", None])]
SIDE = [("a", 7), ("b", 8), (None, 9), ("d", 10), ("b", 11)]
MIXED = "mixed types: Decimal, int"


def odd(rows: list[Any]) -> list[Any]:
    """Return the same rows, the last with a value that no column holds."""
    *others, (key, value) = rows
    return [*others, (key, Decimal(value))]


def run(connector: Any, tail: Pipe, sources: dict[str, list[Any]]) -> tuple[list[Any], FlowStats]:
    """Return the rows that leave, and the statistics."""
    sink = MemoryTap()
    definition = FlowDef("fallback").add_tail_sink(tail, sink)
    for name, rows in sources.items():
        definition.add_source(name, MemoryTap(KV, rows))
    flow = connector.connect(definition)
    flow.complete()
    return sink.rows, flow.get_stats()


def reasons(
    tail: Pipe, join_form: str | None = None, **sources: list[Any]
) -> dict[str, dict[str, int]]:
    """Run over columns, hold the rows to the reference, and return the reasons by kind of site."""
    expected, _ = run(LocalFlowConnector(), tail, sources)
    columns = InProcessConnector({"cascade2spark.form": "columns"}, InProcessEngine(batch_rows=100))
    rows, stats = run(columns, tail, sources)
    assert list(map(repr, expected)) == list(map(repr, rows))
    if join_form is not None:
        (join,) = [one for one in stats.site_stats() if one.site.kind == "CoGroup"]
        assert join_form == join.form
    return {
        f"{one.site.kind} {one.site.name}": dict(one.fallbacks)
        for one in stats.site_stats()
        if one.fallbacks
    }


@pytest.mark.parametrize("joiner", [InnerJoin(), LeftJoin(), RightJoin(), OuterJoin()], ids=repr)
@pytest.mark.parametrize("which", ["neither", "left", "right", "both"])
def test_one_side_of_a_co_group(which: str, joiner: Any) -> None:
    left = odd(CLEAN) if which in ("left", "both") else CLEAN
    right = odd(SIDE) if which in ("right", "both") else SIDE
    joined = CoGroup("j", Pipe("l"), Fields("k"), Pipe("r"), Fields("k"), NAMES, joiner)
    found = reasons(joined, "columns" if which == "neither" else "rows", l=left, r=right)
    names = [one for one in ("left", "right") if which in (one, "both")]
    assert {f"source {one[0]}": {MIXED: 1} for one in names} == {
        place: told for place, told in found.items() if place.startswith("source")
    }
    # The source told it, and the exchange is where rows would have become columns again.
    assert [len(names)] * bool(names) == [
        told[MIXED] for place, told in found.items() if place.startswith("CoGroup")
    ]


def test_one_branch_of_a_merge() -> None:
    merged = Merge("m", *(Each(Pipe(name), Fields("v"), FilterNull()) for name in ("l", "r")))
    counted = Every(GroupBy(merged, Fields("k"), Fields("v")), Fields("v"), First(Fields("first")))
    assert {} == reasons(counted, l=CLEAN, r=SIDE)
    told = reasons(counted, l=CLEAN, r=odd(SIDE))
    assert {"source r", "GroupBy m"} <= told.keys()
    assert "source l" not in told


def test_the_held_side_of_a_hash_join() -> None:
    joined = HashJoin("j", Pipe("l"), Fields("k"), Pipe("r"), Fields("k"), NAMES)
    assert {} == reasons(joined, l=CLEAN, r=SIDE)
    told = reasons(joined, l=CLEAN, r=odd(SIDE))
    assert {"source r", "HashJoin j"} == told.keys()


def test_a_group_that_only_rows_can_sort_says_why() -> None:
    rows = [(0.0, 2), (-0.0, 1), (1.5, 3)]
    sorted_group = GroupBy(Pipe("p"), Fields("k"), Fields("v"))
    told = reasons(Every(sorted_group, Fields("v"), First(Fields("first"))), p=rows)
    assert {"GroupBy p": {"a negative zero in the key of sorted groups": 1}} == told
    assert {} == reasons(Every(sorted_group, Fields("v"), First(Fields("first"))), p=rows[::2])


@pytest.mark.parametrize("is_sorted", [False, True])
def test_whole_numbers_that_pass_64_bits_in_a_sum_never_wrap(is_sorted: bool) -> None:
    def summed(kind: Any) -> Pipe:
        group = GroupBy(Pipe("p"), Fields("k"), Fields("v") if is_sorted else None)
        return Every(Every(group, Fields("v"), Sum(Fields("s"), kind)), Fields("v"), Count())

    rows = [("a", 1 << 62), ("b", 5), ("a", 1 << 62), ("a", 1 << 62)]
    for form in ("rows", "columns"):
        connector = InProcessConnector({"cascade2spark.form": form}, InProcessEngine(batch_rows=2))
        with pytest.raises(RunError, match="a sum does not fit Long"):
            run(connector, summed(int), {"p": rows})


def test_a_chain_of_functions_becomes_rows_once() -> None:
    pipe: Pipe = Each(Pipe("p"), Fields("v"), FilterNull())
    for number in range(3):
        pipe = Each(pipe, Fields("v"), function(f"f{number}")(lambda v: v + 1), Fields.ALL)
        pipe = Each(pipe, Fields("v"), keep_if(lambda v: v >= 0))
    connector = InProcessConnector({"cascade2spark.form": "columns"}, InProcessEngine(batch_rows=2))
    rows, stats = run(connector, pipe, {"p": [("a", number) for number in range(6)]})
    assert ("a", 5, 6, 6, 6) == rows[-1]
    sites = [one for one in stats.site_stats() if one.site.kind == "Each"]
    # Three batches, at the first of six functions.
    converted = [one.conversions.get("columns to rows", 0) for one in sites]
    assert [0, 3, 0, 0, 0, 0, 0] == converted
    assert ["columns", *["rows"] * 6] == [one.form for one in sites]
