"""The heaviest keys of every exchange in a flow's statistics."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.fields import Fields
from cascade2spark.operations import Count
from cascade2spark.operations.callables import function
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap
from tests.spark.running import on_spark, run

ROWS = [("hot" if number % 10 < 4 else f"k{number}", number) for number in range(30_000)]
SMALL = [("hot", "x"), ("k5", "y"), ("none", "z")]


def grouped(sc: Any, form: str, **properties: Any) -> Any:
    """Return the run of a group without partial aggregation."""
    pipe = Each(Pipe("in"), Fields("k"), function("u")(str), Fields.ALL)
    pipe = GroupBy(pipe, Fields("k"), Fields("n"))
    taps = MemoryTap(Fields("k", "n"), ROWS), MemoryTap()
    return run(on_spark(sc, form=form, **properties), {"in": taps[0]}, {"in": taps[1]}, pipe)


@pytest.mark.parametrize("form", ["auto", "rows"])
def test_the_heaviest_keys_of_a_group_are_shown_with_their_share(sc: Any, form: str) -> None:
    flow = grouped(sc, form, partitions=3)
    [exchange] = [one for step in flow.stats.steps for one in step.exchanges]
    assert 30_000 == exchange.rows
    heaviest = exchange.heaviest[0]
    assert ("hot",) == heaviest.key
    assert heaviest.share == pytest.approx(0.4, rel=0.1)
    assert all(one.share < 0.01 for one in exchange.heaviest[1:])
    assert "GroupBy 'in'" in str(flow.stats)
    assert "40% of 30,000 rows" in str(flow.stats)
    [told] = [
        one
        for step in flow.stats.to_dict()["steps"]
        for one in step["details"].get("exchanges", ())
    ]
    assert ["hot"] == told["heaviest"][0]["key"]


def test_rows_become_columns_at_the_exchange_unless_forbidden(sc: Any) -> None:
    conversions = {}
    for form in ("auto", "rows"):
        sites = grouped(sc, form).stats.site_stats()
        conversions[form] = [
            site.conversions.get("rows to columns") for site in sites if site.site.kind == "GroupBy"
        ]
    assert conversions["auto"][0] >= 1
    assert [None] == conversions["rows"]


def test_each_side_of_a_join_has_its_own(sc: Any) -> None:
    joined = CoGroup(
        Pipe("left"), Fields("k"), Pipe("right"), Fields("k"), Fields("k", "n", "k2", "v")
    )
    flow = run(
        on_spark(sc, partitions=2),
        {
            "left": MemoryTap(Fields("k", "n"), ROWS),
            "right": MemoryTap(Fields("k", "v"), SMALL),
        },
        {joined.name: MemoryTap()},
        joined,
    )
    [step] = [one for one in flow.stats.steps if one.kind == "CoGroup"]
    assert [0, 1] == [one.input for one in step.exchanges]
    assert [30_000, 3] == [one.rows for one in step.exchanges]
    assert ("hot",) == step.exchanges[0].heaviest[0].key
    assert {("hot",), ("k5",), ("none",)} == {one.key for one in step.exchanges[1].heaviest}
    # Three rows are nobody's trouble, whatever their shares.
    assert [step.exchanges[0].name] == [line[3] for line in step.heavy_keys()]


def test_groups_of_everything_and_partial_results(sc: Any) -> None:
    pipe = Every(GroupBy(Pipe("in"), Fields("k")), Count(Fields("c")))
    flow = run(
        on_spark(sc, partitions=2),
        {"in": MemoryTap(Fields("k", "n"), ROWS)},
        {"in": MemoryTap()},
        pipe,
    )
    [exchange] = [one for step in flow.stats.steps for one in step.exchanges]
    # Each task sends a key once: that is what the exchange has to carry.
    assert 18_001 <= exchange.rows < 30_000
    single = GroupBy(Pipe("in"), Fields.NONE)
    flow = run(on_spark(sc), {"in": MemoryTap(Fields("k", "n"), ROWS)}, {"in": MemoryTap()}, single)
    [exchange] = [one for step in flow.stats.steps for one in step.exchanges]
    assert (30_000, ()) == (exchange.rows, exchange.heaviest)
