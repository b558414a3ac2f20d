"""Broadcast joins on Spark: tables of worker processes, columns and rows, what does not fit."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.batch.batches import NotColumns, columns_of
from cascade2spark.batch.blocks import encode_block
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.table_cache import TableCache
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import FlowError
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, LeftJoin, MixedJoin
from cascade2spark.operations import Count, First, Identity, Sum
from cascade2spark.operations.callables import function
from cascade2spark.ordering import KeyOrder
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Pipe
from cascade2spark.planner.steps import Site
from cascade2spark.schemes import TextDelimited
from cascade2spark.selection import Pick
from cascade2spark.spark import hash_join
from cascade2spark.spark.hash_join import (
    BroadcastTables,
    HeldSide,
    broadcast_side,
)
from cascade2spark.taps import Hfs, MemoryTap, SinkMode
from tests.spark.running import held_by, lines_of, on_spark, parts_of, run

KEY = Pick((0,), width=2)
KV = Fields("k", "v")
SITE = Site(1, "HashJoin", "j", "HashJoin 'j'")
HELD = Site(2, "Each", "small", "Each 'small' Identity()")
ROWS = [("a", 1), ("b", 2), ("a", 3)]


# -- the tables of a process ---------------------------------------------------------------------


class Source:
    """Stands where a broadcast does: something that lives as long as it is needed."""


def test_tables_go_with_their_broadcast_and_within_bytes() -> None:
    cache, sources = TableCache(), [Source() for _ in range(3)]

    def asked(number: int, task: TaskContext, limit: int = 250) -> Any:
        return cache.table(sources[number], "rows", lambda: ([number], 100), task, limit)

    one, other = TaskContext(), TaskContext()
    first = asked(0, one)
    assert first is asked(0, other) and 1 == cache.built
    asked(1, other)
    asked(0, other)
    asked(2, other)
    assert 3 == len(cache) and 300 == cache.size_bytes  # the task at work holds all of them
    asked(2, one)
    assert 2 == len(cache)  # the least recently used went
    assert first is asked(0, one) and 3 == cache.built
    asked(1, one)
    assert 4 == cache.built
    del sources[0]
    assert 2 == len(cache)
    sources.clear()
    assert 0 == len(cache) and 0 == cache.size_bytes


def test_a_table_that_no_task_holds_goes_when_there_is_no_room() -> None:
    cache, source = TableCache(), Source()
    cache.table(source, "rows", lambda: ([], 100), TaskContext(), 10)
    cache.table(source, "columns", lambda: ([], 5), TaskContext(), 10)
    assert 5 == cache.size_bytes


def test_tables_go_when_no_task_uses_them_for_a_while() -> None:
    cache, source, task = TableCache(idle_s=0.05), Source(), TaskContext()
    for _ in range(2):
        assert ["a"] == cache.table(source, "rows", lambda: (["a"], 100), task, 1000)
    time.sleep(0.3)
    assert 1 == cache.built and 1 == len(cache)  # its task is still at work
    del task
    for _ in range(100):
        if not len(cache):
            break
        time.sleep(0.05)
    assert 0 == len(cache)
    assert ["b"] == cache.table(source, "rows", lambda: (["b"], 100), TaskContext(), 1000)
    assert 2 == cache.built


def _used(tables: BroadcastTables) -> Any:
    def use(_: Iterable[int]) -> Iterator[tuple[int, int, int]]:
        before = hash_join._cache.built
        for _ in range(2):
            (by_columns,), (by_rows,) = (
                tables.column_tables(TaskContext()),
                tables.tables(TaskContext()),
            )
            assert [("a", 1), ("a", 3)] == by_rows.find(("a",))
            assert 3 == by_columns.rows
        time.sleep(0.05)  # so that both workers get some
        yield os.getpid(), before, hash_join._cache.built

    return use


def _kept(_: Iterable[int]) -> Iterator[tuple[int, int]]:
    yield os.getpid(), len(hash_join._cache)


def test_a_worker_builds_a_table_once_and_drops_it_with_the_broadcast(sc: Any) -> None:
    blocks = sc.broadcast([encode_block(columns_of(ROWS, 2))])
    tables = BroadcastTables((HeldSide(blocks, KEY, KV),), KeyOrder(1), 1 << 20)
    built: dict[int, int] = {}
    for _ in range(2):  # tasks of the second job find the tables of the first
        for pid, before, after in (
            sc.parallelize(range(8), 8).mapPartitions(_used(tables)).collect()
        ):
            built[pid] = built.get(pid, 0) + after - before
    assert {2} == set(built.values())  # one of rows, one of columns
    left = dict(sc.parallelize(range(8), 8).mapPartitions(_kept).collect())
    assert left.keys() & built.keys()
    assert {0} == {left[pid] for pid in left.keys() & built.keys()}
    blocks.destroy()


def test_a_side_without_a_column_form_is_looked_at_once(sc: Any) -> None:
    blocks = sc.broadcast([encode_block([("a", 1), ("b", "x")])])
    tables = BroadcastTables((HeldSide(blocks, KEY, KV),), KeyOrder(1), 1 << 20)
    before = hash_join._cache.built
    for _ in range(3):
        with pytest.raises(NotColumns, match="mixed types"):
            tables.column_tables(TaskContext())
    assert before + 1 == hash_join._cache.built
    blocks.destroy()


# -- what does not fit ---------------------------------------------------------------------------


def test_what_the_driver_cannot_collect_is_refused_before_it_is_collected(sc: Any) -> None:
    block = encode_block([("a" * 1000, number) for number in range(100)])
    blocks = sc.parallelize([block] * 4, 4).persist()
    with pytest.raises(FlowError) as refused:
        broadcast_side(sc, blocks, SITE, HELD, KV, 1 << 30, 4 * len(block))
    lines = str(refused.value).splitlines()
    text = str(refused.value)
    assert "HashJoin 'j': the side of Each 'small' Identity() is too large to hold" in lines[0]
    assert "KiB serialised" in text and "KiB to the driver" in text
    assert "spark.driver.maxResultSize" in text and "CoGroup" in text
    for limit in (0, 5 * len(block), None):
        side = broadcast_side(sc, blocks, SITE, HELD, KV, 1 << 30, limit)
        assert (400, 4 * len(block)) == (side.rows, side.size_bytes)
        side.release()
    blocks.unpersist()


def test_the_pipe_that_is_too_large_is_named(sc: Any) -> None:
    before = held_by(sc)
    small = Every(GroupBy(Pipe("small"), "k"), Fields("v"), First(Fields("w")))
    large = Each(Pipe("large"), Fields("k", "v"), Identity(Fields("k", "v")))
    keys = [Fields("k")] * 3
    names = Fields("k", "v", "k2", "w", "k3", "x")
    tail = HashJoin(pipes=[Pipe("p"), small, large], keys=keys, declared=names)
    sources = {name: MemoryTap(KV, ROWS * 50) for name in ("p", "small", "large")}
    with pytest.raises(FlowError) as refused:
        run(on_spark(sc, broadcast_max_bytes=512), sources, {"t": MemoryTap()}, Pipe("t", tail))
    text = str(refused.value)
    assert "'large'" in text.splitlines()[0] and "'small'" not in text.splitlines()[0]
    assert "test_broadcast_joins.py" in text and "cascade2spark.broadcast.max.bytes" in text
    assert held_by(sc) <= before


# -- whole flows ---------------------------------------------------------------------------------

EVENTS = Fields(["user", "ts", "amount"], [str, int, float])
USERS = Fields(["user", "name"], [str, str])


def write_inputs(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    events = [f"u{number * 7 % 30}\t{number}\t{number / 4}" for number in range(2_000)]
    (folder / "events.tsv").write_text("\n".join(["\t5\t1.0", *events, ""]))
    users = [f"u{number}\tname {number}" for number in range(20)]
    (folder / "users.tsv").write_text("\n".join(["\tnobody", *users, "u3\tagain", ""]))


def taps(folder: Path, sink: str) -> tuple[dict[str, Any], Any]:
    sources = {
        "events": Hfs(TextDelimited(EVENTS), str(folder / "events.tsv")),
        "users": Hfs(TextDelimited(USERS), str(folder / "users.tsv")),
        "all events": Hfs(TextDelimited(EVENTS), str(folder / "events.tsv")),
    }
    return sources, Hfs(TextDelimited(Fields.ALL), str(folder / sink), SinkMode.REPLACE)


def joined(joiner: Any, is_python: bool = False) -> Pipe:
    """Join events with users, and with the number of events of each user: a group of its own."""
    events, users = Pipe("events"), Pipe("users")
    if is_python:
        users = Each(users, Fields("name"), function("name")(str.upper), Fields.REPLACE)
    counted = Every(GroupBy(Pipe("all events"), "user"), Count(Fields("n")))
    counted = Every(counted, Fields("amount"), Sum(Fields("total"), float))
    names = Fields("user", "ts", "amount", "u2", "name", "u3", "n", "total")
    return HashJoin(
        pipes=[events, users, counted], keys=[Fields("user")] * 3, declared=names, joiner=joiner
    )


@pytest.mark.parametrize("form", ["auto", "rows", "columns"])
@pytest.mark.parametrize("joiner", [InnerJoin(), LeftJoin(), MixedJoin([True, False, True])])
def test_flows_over_files_give_what_the_reference_gives(
    sc: Any, tmp_path: Path, form: str, joiner: Any
) -> None:
    write_inputs(tmp_path)
    found = []
    for name, connector in (
        ("local", LocalFlowConnector()),
        ("spark", on_spark(sc, form=form, split_bytes=8_000)),
    ):
        sources, sink = taps(tmp_path, name)
        tail = joined(joiner)
        flow = run(connector, sources, {"tail": sink}, Pipe("tail", tail))
        found.append(lines_of(parts_of(tmp_path / name)))
    assert found[0] == found[1] and found[0]
    (site,) = [
        site for step in flow.stats.steps for site in step.sites if site.site.kind == "HashJoin"
    ]
    assert (site.form == "columns") == (form != "rows")
    assert not site.fallbacks


def _built(_: Iterable[int]) -> Iterator[tuple[int, int]]:
    time.sleep(0.05)
    yield os.getpid(), hash_join._cache.built


@pytest.mark.parametrize("form", ["auto", "rows"])
def test_the_tasks_of_a_flow_share_the_tables_of_their_process(
    sc: Any, tmp_path: Path, form: str
) -> None:
    def built() -> dict[int, int]:
        return dict(sc.parallelize(range(8), 8).mapPartitions(_built).collect())

    write_inputs(tmp_path)
    sources, sink = taps(tmp_path, "out")
    before = built()
    names = Fields("user", "ts", "amount", "u2", "name")
    tail = HashJoin(Pipe("events"), "user", Pipe("users"), "user", names)
    del sources["all events"]
    flow = run(on_spark(sc, form=form, split_bytes=4_000), sources, {"t": sink}, Pipe("t", tail))
    tasks = max(step["details"].get("partitions", 0) for step in flow.stats.to_dict()["steps"])
    made = {pid: number - before.get(pid, 0) for pid, number in built().items()}
    assert tasks > 6 and {1} == set(made.values()) - {0}


@pytest.mark.parametrize("form", ["auto", "rows", "columns"])
def test_a_held_side_made_by_python_is_joined_as_columns_too(
    sc: Any, tmp_path: Path, form: str
) -> None:
    write_inputs(tmp_path)
    found = []
    for name, connector in (("local", LocalFlowConnector()), ("spark", on_spark(sc, form=form))):
        sources, sink = taps(tmp_path, name)
        tail = joined(LeftJoin(), is_python=True)
        flow = run(connector, sources, {"tail": sink}, Pipe("tail", tail))
        found.append(lines_of(parts_of(tmp_path / name)))
    assert found[0] == found[1] and "NAME 3" in found[0][10] + "".join(found[0])
    sites = [site for step in flow.stats.steps for site in step.sites]
    forms = [site.form for site in sites if site.site.kind == "HashJoin"]
    assert ["rows" if form == "rows" else "columns"] == forms


def test_a_held_side_may_be_a_flow_with_joins_of_its_own(sc: Any) -> None:
    def tail() -> Pipe:
        p, q = Pipe("p"), Pipe("q")
        both = CoGroup(p, Fields("k"), q, Fields("k"), Fields("k", "v", "k2", "v2"))
        best = Every(GroupBy(both, "k"), Fields("v2"), Sum(Fields("s"), int))
        inner = HashJoin(Pipe("q2", q), Fields("k"), best, Fields("k"), Fields("a", "b", "c", "d"))
        names = Fields("k", "v", "a", "b", "c", "d")
        return HashJoin(Pipe("p2", p), Fields("k"), inner, Fields("a"), names, LeftJoin())

    found = []
    for connector in (LocalFlowConnector(), on_spark(sc, partitions=3)):
        sources = {
            "p": MemoryTap(KV, [*ROWS, ("c", 4), (None, 5)]),
            "q": MemoryTap(KV, [("b", 7), ("a", 8), ("a", 9), (None, 1)]),
        }
        sink = MemoryTap()
        run(connector, sources, {"tail": sink}, Pipe("tail", tail()))
        found.append(sink.rows)
    assert found[0] == found[1] and len(found[0]) == 7
