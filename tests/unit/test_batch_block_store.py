"""Blocks of a partition: arrival order and the same rows, in memory or on disk."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, columns_of, rows_of
from cascade2spark.batch.block_store import BlockStore
from cascade2spark.batch.blocks import encode_block
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.errors import FlowError


def blocks_of(count: int) -> list[bytes]:
    return [
        encode_block([(source, number)], source, partition, number)
        for source in range(2)
        for partition in range(2)
        for number in range(count)
    ]


@given(seed=st.integers(0, 1000), limit=st.sampled_from([0, 150, 600, 1 << 20]))
def test_blocks_come_back_in_arrival_order_however_they_came_and_wherever_they_lie(seed, limit):
    made = blocks_of(3)
    shuffled = random.Random(seed).sample(made, len(made))
    spill = SpillSpace(limit)
    store = BlockStore(shuffled, spill)
    expected = [row for source in range(2) for _ in range(2) for row in rows_of_source(source)]
    for _ in range(2):  # as often as they are wanted
        assert [row for batch in store.batches() for row in batch] == expected
    assert [row for batch in store.row_batches(1) for row in batch] == rows_of_source(1) * 2
    assert store.rows() == 12 and store.rows(0) == 6
    assert store.size_bytes() == sum(map(len, made))
    assert store.sources == (0, 1)
    assert store.is_spilled == (limit < 600 << 2 and limit // 4 < sum(map(len, made)))
    spill.close()


def rows_of_source(source: int) -> list[tuple[int, int]]:
    return [(source, number) for number in range(3)]


def test_columns_are_told_from_rows():
    columns, rows = encode_block(columns_of([(1,)], 1)), encode_block([("a",)], 0, 1)
    assert BlockStore([columns], SpillSpace()).is_columns()
    mixed = BlockStore([rows, columns], SpillSpace())
    assert not mixed.is_columns()
    assert not BlockStore([], SpillSpace()).is_columns()
    assert list(mixed.row_batches()) == [[(1,)], [("a",)]]
    with pytest.raises(NotColumns):
        list(mixed.column_batches())


def test_a_block_whose_source_is_damaged_is_not_left_out():
    block = bytearray(encode_block([("abc",)], source=0))
    block[2] ^= 1  # nobody may ever read source 1
    with pytest.raises(FlowError, match="damaged"):
        BlockStore([bytes(block)], SpillSpace())


def test_a_damaged_block_is_found_on_disk_too():
    block = bytearray(encode_block([("abc",)]))
    block[-2] ^= 1
    spill = SpillSpace(0)
    store = BlockStore([bytes(block)], spill)
    assert store.is_spilled
    with pytest.raises(FlowError, match="damaged"):
        list(store.batches())
    spill.close()


def test_small_batches_of_columns_come_together_in_order_of_arrival() -> None:
    wide = [("x" * 9000, number) for number in range(3)]
    rows = [[("a", 1), ("b", 2)], [("c", 3)], wide, [("d", 4)], [("e", None)], [("f", 6)]]
    blocks = [encode_block(columns_of(some, 2), 0, 0, at) for at, some in enumerate(rows)]
    store = BlockStore(reversed(blocks), SpillSpace())
    found = [rows_of(batch) for batch in store.column_batches()]
    # What has another schema, such as a column of nulls only, stays by itself.
    assert found == [rows[0] + rows[1], wide, rows[3], rows[4], rows[5]]
    assert [rows_of(batch) for batch in store.batches()] == rows
    with pytest.raises(NotColumns):
        list(BlockStore([*blocks, encode_block([("g", 7)], 1)], SpillSpace()).column_batches())
