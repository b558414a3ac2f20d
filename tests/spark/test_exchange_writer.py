"""The map side of an exchange by itself: which form blocks have, and how much is held."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cascade2spark.batch import batches as batch_forms
from cascade2spark.batch.batches import Batch, columns_of, rows_of
from cascade2spark.batch.blocks import arrival_order, decode_all
from cascade2spark.batch.lifecycle import TaskReport
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick
from cascade2spark.spark.shuffle import Exchange, ExchangeWriter

pytestmark = pytest.mark.spark

FIRST = Pick((0,), width=2)
SITE = 7


def blocks_of(batches: list[Batch], exchange: Exchange, report: TaskReport) -> list[Any]:
    """Return (partition, block) for what one map task sends."""
    writer = ExchangeWriter(exchange, 0, None, report, SITE)
    pairs = [pair for batch in batches for pair in writer.push(batch)]
    return pairs + list(writer.finish())


def written(
    batches: list[Batch], report: TaskReport, to_columns: bool, partitions: int = 1
) -> list[Batch]:
    """Return the blocks of one map task, decoded, in arrival order."""
    exchange = Exchange(FIRST, KeyOrder(1), partitions, 0, 1 << 18, 1 << 26, to_columns)
    pairs = blocks_of(batches, exchange, report)
    return list(decode_all(arrival_order(block for _, block in pairs)))


def all_rows(blocks: list[Batch]) -> list[Any]:
    """Return the rows of blocks."""
    return [row for one in blocks for row in (one if isinstance(one, list) else rows_of(one))]


def test_a_column_that_is_all_null_in_one_batch_is_no_obstacle() -> None:
    batches = [[("a", None)], [("b", 1)], [("c", 2)], [("d", None)], [("e", "x")]]
    blocks = written([columns_of(batch, 2) for batch in batches], TaskReport(), False)
    assert [row for batch in batches for row in batch] == all_rows(blocks)
    assert [4, 1] == [one.num_rows for one in blocks if not isinstance(one, list)]


@pytest.mark.parametrize("partitions", [1, 5])
def test_rows_travel_as_columns_where_these_are_grouped(partitions: int) -> None:
    report = TaskReport()
    rows = [(f"k{number % 9}", number) for number in range(30_000)]
    batches = [rows[start : start + 1500] for start in range(0, len(rows), 1500)]
    blocks = written([*batches, [("last", None)]], report, True, partitions)
    assert not any(isinstance(block, list) for block in blocks)
    assert sorted([*rows, ("last", None)], key=repr) == sorted(all_rows(blocks), key=repr)
    assert {SITE: {"rows to columns": 4}} == report.conversions
    assert {} == report.fallbacks


def test_rows_travel_as_rows_where_nobody_groups_columns() -> None:
    report = TaskReport()
    assert [[("a", 1)]] == written([[("a", 1)]], report, False)
    assert {} == report.conversions


def test_after_a_value_without_a_column_all_rows_of_the_task_stay_rows() -> None:
    report = TaskReport()
    good = [("a", number) for number in range(9_000)]
    bad = [("b", Decimal(number)) for number in range(9_000)]
    blocks = written([good, bad, good], report, True)
    assert [*good, *bad, *good] == all_rows(blocks)
    assert [False, True, True] == [isinstance(block, list) for block in blocks]
    assert {SITE: {"no column type for Decimal": 2}} == report.fallbacks


def test_rows_and_columns_keep_their_order() -> None:
    few: list[Batch] = [
        [("a", 1)],
        columns_of([("b", 2)], 2),
        [("c", 3)],
        columns_of([("d", 4)], 2),
    ]
    expected = [("a", 1), ("b", 2), ("c", 3), ("d", 4)]
    for to_columns in (True, False):
        assert expected == all_rows(written(few, TaskReport(), to_columns))
    [block] = written(few, TaskReport(), True)
    assert not isinstance(block, list)
    odd: list[Batch] = [[("a", Decimal(1))], columns_of([("b", 2)], 2), [("c", 3)]]
    assert [("a", Decimal(1)), ("b", 2), ("c", 3)] == all_rows(written(odd, TaskReport(), True))


@pytest.mark.parametrize("partitions", [1, 8, 64, 100, 200, 1000, 5000])
def test_what_a_task_holds_stays_within_its_budget(partitions: int) -> None:
    budget = 1 << 27
    exchange = Exchange(FIRST, KeyOrder(1), partitions, 0, 1 << 18, budget)
    drained = exchange.drain_bytes
    block = drained / partitions
    # What is cut up, its rows in their new order, hashes, and blocks on their way out.
    assert 4 * drained <= budget
    assert block <= 1 << 18
    # No smaller than needed, too: half of the budget is used, or blocks are of full size.
    assert block == 1 << 18 or 4 * drained >= budget / 2


def test_the_heaviest_keys_are_reported_when_all_was_written() -> None:
    report = TaskReport()
    written([[("a", 1)] * 30, [("b", 2)] * 10], report, True, 3)
    [counted] = report.keys[SITE, 0]
    assert 40 == counted["rows"]
    assert [(30, ("a",)), (10, ("b",))] == sorted(
        [(weight, key) for _, weight, key in counted["keys"]], reverse=True
    )


def test_blocks_are_cut_where_a_column_would_be_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = [[(f"key {number}", "v" * 50) for number in range(9)] for _ in range(4)]
    for form in (batches, [columns_of(batch, 2) for batch in batches]):
        (whole,) = written(form, TaskReport(), True)
        monkeypatch.setattr(batch_forms, "MOST_COLUMN_BYTES", 300)
        blocks = written(form, TaskReport(), True)
        monkeypatch.undo()
        assert len(blocks) > 3 and all_rows([whole]) == all_rows(blocks)
        assert {str(whole.schema)} == {str(one.schema) for one in blocks}


@pytest.mark.parametrize("block_bytes", [1 << 12, 1 << 14])
def test_blocks_are_near_the_target_however_large_the_batches_are(block_bytes: int) -> None:
    rows = [("heavy" if number % 3 else f"k{number % 50}", number) for number in range(20_000)]
    exchange = Exchange(FIRST, KeyOrder(1), 2, 0, block_bytes, 1 << 26, True)
    made = [block for _, block in blocks_of([columns_of(rows, 2)], exchange, TaskReport())]
    blocks = list(decode_all(arrival_order(made)))
    assert sorted(rows) == sorted(all_rows(blocks))
    heavy = [number for key, number in all_rows(blocks) if key == "heavy"]
    assert sorted(heavy) == heavy  # in arrival order, as before
    sizes = sorted(map(len, made))
    assert block_bytes / 2 <= sizes[len(sizes) // 2]
    assert sizes[-1] <= 2 * block_bytes + 1024  # and a header
