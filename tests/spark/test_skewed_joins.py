"""Joins whose heavy keys are spread over partitions: the same rows, in more places."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from cascade2spark.batch.batches import Batch, columns_of, rows_of
from cascade2spark.batch.blocks import decode_block, read_header
from cascade2spark.batch.lifecycle import TaskReport
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, LeftJoin, MixedJoin
from cascade2spark.operations.callables import function
from cascade2spark.ordering import KeyOrder
from cascade2spark.pipes import CoGroup, Each, GroupBy, Pipe
from cascade2spark.selection import Pick
from cascade2spark.spark.shuffle import Exchange, ExchangeWriter
from cascade2spark.spark.skew import Copied, Spread, heavy_targets
from cascade2spark.taps import MemoryTap
from tests.spark.running import on_spark, rows_on_both, run

pytestmark = pytest.mark.spark

PARTITIONS = 8
FIRST = Pick((0,), width=2)
LEFT: list[Any] = [
    ("hot" if number % 2 else None if number % 5 == 0 else f"k{number % 300}", number)
    for number in range(6_000)
]
RIGHT: list[Any] = [("hot", "x"), ("hot", "y"), (None, "z"), *((f"k{n}", n) for n in range(200))]
ODD: list[Any] = [*RIGHT, ("k1", Decimal(1))]


def pairs_of(
    rows: list[Any], source: int, report: TaskReport, is_columns: bool
) -> list[tuple[int, bytes]]:
    """Return what two map tasks send into an exchange."""
    order = KeyOrder(1)
    found: list[tuple[int, bytes]] = []
    for task in range(2):
        exchange = Exchange(FIRST, order, PARTITIONS, source, 1 << 14, 1 << 26, is_columns)
        writer = ExchangeWriter(exchange, task, None, report)
        for start in range(task * len(rows) // 2, (task + 1) * len(rows) // 2, 1500):
            end = min(start + 1500, (task + 1) * len(rows) // 2)
            batch: Batch = rows[start:end]
            found += writer.push(columns_of(rows[start:end], 2) if is_columns else batch)
        found += writer.finish()
    return found


def in_partitions(pairs: list[tuple[int, bytes]]) -> dict[int, list[Any]]:
    """Return the rows of each partition in arrival order."""
    blocks: dict[int, list[bytes]] = {}
    for partition, block in pairs:
        blocks.setdefault(partition, []).append(block)
    found = {}
    for partition, held in blocks.items():
        held.sort(key=lambda one: (read_header(one).partition, read_header(one).sequence))
        numbers = [(read_header(one).partition, read_header(one).sequence) for one in held]
        assert len(set(numbers)) == len(numbers)
        batches = [decode_block(one) for one in held]
        found[partition] = [
            row for one in batches for row in (one if isinstance(one, list) else rows_of(one))
        ]
    return found


@pytest.mark.parametrize("is_columns", [True, False])
def test_rows_of_heavy_keys_are_dealt_out_and_meet_copies_of_the_others(is_columns: bool) -> None:
    report, order = TaskReport(), KeyOrder(1)
    before = pairs_of(LEFT, 0, report, is_columns)
    targets = heavy_targets(report.keys[0, 0], order, PARTITIONS)
    hot, cold = order.hash_of(("hot",)), order.hash_of(("k1",))
    assert 4 == len(targets[hot])
    assert cold not in targets
    left = in_partitions(list(Spread(FIRST, order, targets)(before)))
    assert Counter(LEFT) == Counter(row for rows in left.values() for row in rows)
    dealt = {place: sum(row[0] == "hot" for row in rows) for place, rows in left.items()}
    assert {place for place, many in dealt.items() if many} == set(targets[hot])
    assert max(dealt.values()) <= 3000 / 4 + 8
    for rows in left.values():
        for key in {row[0] for row in rows}:
            numbers = [row[1] for row in rows if row[0] == key]
            assert numbers == sorted(numbers)

    right_before = pairs_of(RIGHT, 1, TaskReport(), False)
    right = in_partitions(list(Copied(FIRST, order, targets)(right_before)))
    for place in targets[hot]:
        assert [("hot", "x"), ("hot", "y")] == [row for row in right[place] if row[0] == "hot"]
    copies = sum(len(places) - 1 for places in targets.values())
    assert len(RIGHT) <= sum(map(len, right.values())) <= len(RIGHT) + 2 * copies


def test_without_heavy_keys_nothing_moves() -> None:
    report = TaskReport()
    pairs_of([(number, 0) for number in range(5_000)], 0, report, True)
    assert {} == heavy_targets(report.keys[0, 0], KeyOrder(1), PARTITIONS)
    assert {} == heavy_targets(report.keys[0, 0], KeyOrder(1), 1)
    assert {} == heavy_targets([], KeyOrder(1), PARTITIONS)


def joined(joiner: Any, skewed: bool) -> Pipe:
    fields = Fields("k", "n", "k2", "v")
    left, right = Pipe("left"), Pipe("right")
    pipe = CoGroup("out", left, Fields("k"), right, Fields("k"), fields, joiner, skewed=skewed)
    return Each(pipe, Fields("n"), function("m")(lambda n: n + 1), Fields.ALL)


@pytest.mark.parametrize("right", [RIGHT, ODD], ids=["columns", "rows"])
@pytest.mark.parametrize("joiner", [InnerJoin(), LeftJoin(), MixedJoin([True, False])], ids=repr)
def test_a_skewed_join_gives_the_same_rows(sc: Any, joiner: Any, right: list[Any]) -> None:
    sources = {
        "left": MemoryTap(Fields("k", "n"), LEFT),
        "right": MemoryTap(Fields("k", "v"), right),
    }
    local, spark = rows_on_both(
        sc, sources, lambda: joined(joiner, skewed=True), ("out",), partitions=PARTITIONS
    )
    assert Counter(local["out"]) == Counter(spark["out"])


def test_what_follows_may_group_again_and_the_plan_says_what_happens(sc: Any) -> None:
    sources = {
        "left": MemoryTap(Fields("k", "n"), LEFT),
        "right": MemoryTap(Fields("k", "v"), RIGHT),
    }
    outcome = []
    persisted = set(sc._jsc.getPersistentRDDs())  # an RDD that some test was given keeps its blocks
    for skewed in (True, False):
        sink = MemoryTap()
        pipe = GroupBy(joined(InnerJoin(), skewed), Fields("k"), Fields("n", "v"))
        flow = run(on_spark(sc, partitions=PARTITIONS), sources, {pipe.name: sink}, pipe)
        outcome.append(sink.rows)
        assert skewed == ("spreads heavy keys" in flow.plan_text())
    assert Counter(outcome[0]) == Counter(outcome[1])
    hot = [[row[1] for row in rows if row[0] == "hot"] for rows in outcome]
    assert hot[0] == hot[1] == sorted(hot[0])
    assert set(sc._jsc.getPersistentRDDs()) <= persisted
