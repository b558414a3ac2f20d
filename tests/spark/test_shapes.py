"""Forks, exchanges, joins and merges on Spark: once for each row, and as the reference engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cascade2spark.assemblies import Unique
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import FlowError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, First, Identity, Last, Sum
from cascade2spark.operations.callables import buffer
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, MemoryTap, SinkMode
from tests.spark.running import (
    held_by,
    lines_of,
    marking,
    marks,
    on_spark,
    parts_of,
    rows_on_both,
    run,
)

A = [(f"k{number % 5}", number) for number in range(23)] + [(None, 99), ("k1", 1)]
B = [(f"k{number % 7}", f"b{number}") for number in range(9)] + [(None, "n")]
FIELDS = {"a": Fields("k", "v"), "b": Fields("k", "w")}


def sources(*names: str) -> dict[str, MemoryTap]:
    """Return new taps of these names."""
    return {name: MemoryTap(FIELDS[name], {"a": A, "b": B}[name]) for name in names}


@buffer("all")
def listed(key: Any, rows: Any) -> Any:
    """Give the values of a group as one text, in the order they came."""
    yield ",".join(str(row[0]) for row in rows)


def test_what_comes_before_a_fork_runs_once(sc: Any, tmp_path: Path) -> None:
    before = held_by(sc)
    called = Each(Pipe("a"), Fields("v"), marking(tmp_path / "calls"), Fields("k", "x"))
    one = Each(Pipe("one", called), Fields("x"), Identity())
    counted = Every(GroupBy(Pipe("two", called), "k"), Count(), Fields("k", "count"))
    sums = Every(GroupBy(Pipe("three", called), "k"), Fields("x"), Sum(Fields("s"), int))
    sinks = {name: MemoryTap() for name in ("one", "two", "three")}
    flow = run(on_spark(sc, partitions=2), sources("a"), sinks, one, counted, sums)
    assert len(A) == marks(tmp_path / "calls")
    assert len(A) == flow.get_stats().get_counter_value("StepCounters", "Tuples_Read")
    assert sorted(v for _, v in A) == sorted(x for (x,) in sinks["one"].rows)
    assert {(None, 1), ("k0", 5), ("k1", 6)} < set(sinks["two"].rows)
    assert sum(v for _, v in A) == sum(s for _, s in sinks["three"].rows)
    assert held_by(sc) <= before


def test_what_comes_before_two_sinks_runs_once(sc: Any, tmp_path: Path) -> None:
    called = Each(Pipe("a"), Fields("v"), marking(tmp_path / "calls"), Fields("k", "x"))
    sinks = {"one": MemoryTap(), "two": MemoryTap()}
    run(on_spark(sc), sources("a"), sinks, Pipe("one", called), Pipe("two", called))
    assert len(A) == marks(tmp_path / "calls")
    assert A == sinks["one"].rows == sinks["two"].rows


def test_a_fan_out_to_many_sinks_does_the_shared_part_once_and_the_plan_says_where_it_is_kept(
    sc: Any, tmp_path: Path
) -> None:
    called = Each(Pipe("a"), Fields("v"), marking(tmp_path / "calls"), Fields("k", "x"))
    last = Every(GroupBy(called, "k"), Fields("x"), Last(Fields("x")))
    shared = Each(last, Fields("x"), marking(tmp_path / "lasts"), Fields.REPLACE)
    other = Each(Pipe("other", shared), Fields("x"), Identity(Fields("value")), Fields.ALL)
    tails = [
        Pipe("plain", shared),
        Every(GroupBy("counted", shared, "x"), Count()),
        HashJoin("held", called, Fields("k"), Pipe("held", shared), Fields("k"), Fields(*"kxly")),
        Pipe("again", other),
    ]
    sinks = {tail.get_name(): MemoryTap() for tail in tails}
    flow = run(on_spark(sc), sources("a"), sinks, *tails)
    assert len(A) == marks(tmp_path / "calls")
    keys = len({key for key, _ in A})
    assert keys == marks(tmp_path / "lasts")
    assert keys == len(sinks["plain"].rows) == len(sinks["again"].rows)
    steps = flow.get_stats().to_dict()["steps"]
    assert [] == [step for step in steps if "repeated_partitions" in step["details"]]
    notes = [line for line in flow.plan_text().splitlines() if "persisted for a fork" in line]
    assert 2 == len(notes)


def branches() -> list[Any]:
    a, b = Pipe("a"), Pipe("b")
    joined = CoGroup(a, Fields("k"), b, Fields("k"), Fields("k", "v", "k2", "w"))
    counted = Every(GroupBy(joined, "w"), Fields("v"), listed, Fields("w", "all"))
    three = CoGroup(
        pipes=[a, Each(Pipe("b2", b), Fields("k", "w"), Identity()), Pipe("a2", a)],
        keys=[Fields("k"), Fields("k"), Fields("k")],
        declared=Fields("k", "v", "k1", "w", "k2", "v2"),
    )
    again = CoGroup(Pipe("self", a), Fields("k"), 1, Fields("k", "v", "k2", "v2"))
    small = Every(GroupBy(Pipe("small", b), "k"), Fields("w"), First(Fields("w")))
    held = HashJoin(Pipe("left", a), Fields("k"), small, Fields("k"), Fields("k", "v", "k2", "w"))
    passed = [Each(Pipe(name, a), Fields("k", "v"), Identity()) for name in ("m1", "m2", "m3")]
    merged = Merge("merged", *passed)
    in_order = Every(GroupBy(merged, "k"), Fields("v"), listed, Fields("k", "all"))
    return [
        Pipe("counted", counted),
        Pipe("three", three),
        Pipe("again", again),
        Pipe("held", held),
        Pipe("order", in_order),
        Pipe("unique", Unique(Pipe("u", a), Fields("k"))),
    ]


@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_every_shape_gives_what_the_reference_gives(sc: Any, partitions: int) -> None:
    before = held_by(sc)
    names = ("counted", "three", "again", "held", "order", "unique")
    expected, made = rows_on_both(sc, sources("a", "b"), branches, names, partitions=partitions)
    for name in names:
        assert sorted(map(repr, expected[name])) == sorted(map(repr, made[name])), name
    if partitions == 1:
        assert expected == made  # then even the order is the same
    assert held_by(sc) <= before


def test_partitions_are_chosen_by_pipe_then_by_flow_then_by_size(sc: Any, tmp_path: Path) -> None:
    rows = [(f"k{number}", number) for number in range(40)]

    def parts(properties: Any, **grouped: Any) -> dict[str, list[str]]:
        tail = GroupBy(Pipe("many"), "k", **grouped)
        sink = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(tmp_path / "o"), SinkMode.REPLACE)
        source = MemoryTap(Fields("k", "v"), rows)
        run(on_spark(sc, **properties), {"many": source}, {"many": sink}, tail)
        return parts_of(tmp_path / "o")

    by_pipe = parts({"partitions": 2}, partitions=3)
    assert ["part-00000", "part-00001", "part-00002"] == list(by_pipe)
    for lines in by_pipe.values():
        assert sorted(lines) == lines  # groups of a partition come in the order of their keys
    assert 2 == len(parts({"partitions": 2}))
    assert ["part-00000"] == list(parts({}))
    assert sorted(f"{k}\t{v}" for k, v in rows) == sorted(lines_of(by_pipe))


def test_a_small_broadcast_limit_refuses_with_figures(sc: Any) -> None:
    before = held_by(sc)
    held = HashJoin(Pipe("a"), Fields("k"), Pipe("b"), Fields("k"), Fields("k", "v", "k2", "w"))
    with pytest.raises(FlowError, match="too large to hold") as refused:
        connector = on_spark(sc, broadcast_max_bytes=16)
        run(connector, sources("a", "b"), {"held": MemoryTap()}, Pipe("held", held))
    text = str(refused.value)
    assert "iB serialised" in text and "cascade2spark.broadcast.max.bytes" in text
    assert "test_shapes.py" in text and "CoGroup" in text
    assert held_by(sc) <= before


def test_ten_runs_give_the_same_bytes(sc: Any, tmp_path: Path) -> None:
    def bytes_of_run() -> dict[str, bytes]:
        a = Pipe("a")
        merged = Merge("m", *(Each(Pipe(n, a), Fields("k", "v"), Identity()) for n in "xy"))
        found = Every(GroupBy(merged, "k"), Fields("v"), listed, Fields("k", "all"))
        sink = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(tmp_path / "same"), SinkMode.REPLACE)
        run(on_spark(sc, partitions=3), sources("a"), {"m": sink}, found)
        return {path.name: path.read_bytes() for path in (tmp_path / "same").glob("part-*")}

    first = bytes_of_run()
    assert 3 == len(first)
    for _ in range(9):
        assert first == bytes_of_run()


def test_the_rows_of_both_sides_of_a_hash_join_are_counted(sc: Any) -> None:
    entered = []
    for connector in (LocalFlowConnector(), on_spark(sc)):
        sources = {
            "a": MemoryTap(Fields("k", "v"), [(number % 3, number) for number in range(20)]),
            "b": MemoryTap(Fields("k", "w"), [(0, "x"), (1, "y"), (1, "z")]),
        }
        held = HashJoin(Pipe("a"), Fields("k"), Pipe("b"), Fields("k"), Fields("k", "v", "k2", "w"))
        tail = Pipe("tail", held)
        stats = run(connector, sources, {"tail": MemoryTap()}, tail).get_flow_stats()
        sites = [site for step in stats.steps for site in step.sites]
        entered.append([site.rows_in for site in sites if site.site.kind == "HashJoin"])
    assert entered == [[23], [23]]


def test_what_was_spilled_is_in_the_statistics(sc: Any) -> None:
    rows = [(f"k{n % 7}", n) for n in range(3_000)]
    pipe = GroupBy(Pipe("p"), Fields("k"), Fields("v"))

    def table(memory: str) -> str:
        flow = on_spark(sc, memory_bytes=memory).connect(
            MemoryTap(Fields("k", "v"), rows), MemoryTap(), pipe
        )
        flow.complete()
        return str(flow.get_stats().table())

    assert "spilled to disk by\n" not in table("256m")
    (line,) = [line for line in table("1k").splitlines() if "iB" in line]
    assert "GroupBy" in line and "0.0" not in line
