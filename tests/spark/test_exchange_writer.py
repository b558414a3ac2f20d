"""The map side of an exchange by itself: blocks of batches that differ in their types."""

from __future__ import annotations

import pytest

from cascade2spark.batch.batches import columns_of, rows_of
from cascade2spark.batch.blocks import arrival_order, decode_all
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick
from cascade2spark.spark.shuffle import Exchange, ExchangeWriter

pytestmark = pytest.mark.spark


def test_a_column_that_is_all_null_in_one_batch_is_no_obstacle() -> None:
    exchange = Exchange(Pick((0,), width=2), KeyOrder(1), 1, 0, 1 << 18, 1 << 26)
    writer = ExchangeWriter(exchange, 0)
    batches = [[("a", None)], [("b", 1)], [("c", 2)], [("d", "x")]]
    pairs = [pair for batch in batches for pair in writer.push(columns_of(batch, 2))]
    pairs += list(writer.finish())
    blocks = list(decode_all(arrival_order(block for _, block in pairs)))
    found = [row for block in blocks if not isinstance(block, list) for row in rows_of(block)]
    assert [row for batch in batches for row in batch] == found
    assert 3 == len(blocks)
