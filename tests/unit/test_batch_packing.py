"""Columns on their way to another task: smaller, and the same when they have arrived."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import rows_of
from cascade2spark.batch.block_store import BlockStore
from cascade2spark.batch.blocks import decode_block, encode_block, read_header
from cascade2spark.batch.packing import packed, unpacked
from cascade2spark.batch.selected_rows import Selection, gathered
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.batch.split import split_batch
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick

ROWS = 3000


def columns(*values: Any) -> pa.RecordBatch:
    return pa.record_batch(list(map(pa.array, values)), names=list(map(str, range(len(values)))))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([n % 60_000 - 30_000 for n in range(ROWS)], pa.uint16()),
        ([1_600_000_000 + n * 997 for n in range(ROWS)], pa.uint32()),
        ([n << 33 for n in range(ROWS)], pa.int64()),
        ([-(2**63), 2**63 - 1] * (ROWS // 2), pa.int64()),
        ([2**63 - 1 - n % 2 for n in range(ROWS)], pa.uint16()),
        ([None, 1] * (ROWS // 2), pa.int64()),
        (["view", "", "κλικ", "a\0b"] * (ROWS // 4), pa.uint8()),
        ([None, "view"] * (ROWS // 2), pa.string()),
        ([f"u{n}" for n in range(ROWS)], pa.string()),
        # The sample sees few texts, and there are many.
        (["view" if n % 47 else f"u{n}" * 20 for n in range(ROWS)], None),
        ([n / 7 for n in range(ROWS)], pa.float64()),
        ([n % 2 == 0 for n in range(ROWS)], pa.bool_()),
    ],
)
def test_a_column_is_packed_where_that_is_smaller_and_arrives_as_it_was(
    values: list[Any], kind: pa.DataType | None
) -> None:
    whole = columns(values)
    if kind is not None:
        assert kind == packed(whole).column(0).type
    assert whole.equals(unpacked(packed(whole)))
    assert whole.equals(decode_block(encode_block(whole)))


def test_slices_arrive_as_slices() -> None:
    whole = columns(list(range(2 * ROWS)), ["a", "b"] * ROWS)
    part = whole.slice(ROWS - 1, ROWS)
    assert part.equals(unpacked(packed(part)))


def test_small_batches_are_left_alone() -> None:
    small = columns([1, 2, 3])
    assert packed(small) is small


def test_blocks_of_close_numbers_and_few_texts_take_a_third() -> None:
    whole = columns([1_600_000_000 + n for n in range(ROWS)], ["view", "click"] * (ROWS // 2))
    assert len(encode_block(whole)) < whole.nbytes / 3


def test_a_block_tells_how_large_what_it_holds_is(tmp_path: Path) -> None:
    # Whoever asks whether a side fits into memory means what is made of its blocks.
    whole = columns([f"the message number {n % 8}" * 9 for n in range(ROWS)])
    block = encode_block(whole)
    assert len(block) < whole.nbytes / 100
    assert whole.nbytes < read_header(block).size < whole.nbytes + 100
    store = BlockStore([block, block], SpillSpace(1 << 30, [str(tmp_path)]))
    assert 2 * read_header(block).size == store.size_bytes()


@pytest.mark.parametrize("is_selected", [False, True])
def test_rows_are_packed_once_on_their_way_to_all_partitions(is_selected: bool) -> None:
    rows = 4 * ROWS
    whole = columns(
        [f"u{n % 400}" for n in range(rows)],
        [1_600_000_000 + 997 * n for n in range(rows)],
        ["view", "click and collect", ""] * (rows // 3),
    )
    given = Selection.of(whole).filter(pa.array([n % 9 > 0 for n in range(rows)]))
    batch = given if is_selected else whole
    parts = dict(split_batch(batch, Pick((0,)), KeyOrder(1), 3))
    assert [pa.string(), pa.uint32(), pa.uint8()] == parts[1].schema.types
    plain = dict(split_batch(rows_of(gathered(batch)), Pick((0,)), KeyOrder(1), 3))
    for partition, part in parts.items():
        arrived = decode_block(encode_block(part))
        assert plain[partition] == rows_of(arrived)
        told = read_header(encode_block(part)).size
        assert abs(told - arrived.nbytes) < arrived.nbytes / 50


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=1, max_size=20),
)
def test_every_column_arrives_as_it_was(numbers: list[int], texts: list[str]) -> None:
    rows = range(1024)
    whole = columns(
        [numbers[n % len(numbers)] for n in rows], [texts[n % len(texts)] for n in rows]
    )
    assert whole.equals(decode_block(encode_block(whole)))
