"""Blocks give back exactly what went in, in arrival order, and notice damage."""

from __future__ import annotations

import datetime
import random
import threading
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, array_of, columns_of, rows_of
from cascade2spark.batch.blocks import arrival_order, decode_block, encode_block, read_header
from cascade2spark.errors import FlowError, RunError

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
ANYTHING = st.one_of(
    PLAIN,
    st.binary(),
    st.decimals(allow_nan=False),
    st.dates(),
    st.lists(st.integers(), max_size=3),
)


@given(st.lists(st.tuples(ANYTHING, ANYTHING)))
def test_rows_come_back_as_they_went_in(rows: list[tuple[Any, ...]]) -> None:
    found = decode_block(encode_block(rows))
    assert found == rows
    assert [[type(value) for value in row] for row in found] == [
        [type(value) for value in row] for row in rows
    ]


@pytest.mark.parametrize(
    "value",
    [bytearray(b"ab"), Decimal("1.00"), datetime.date(2020, 2, 29), (1, [2]), "\ud800", 2**70],
    ids=repr,
)
def test_values_that_marshal_would_change_keep_their_type(value: object) -> None:
    [(found,)] = decode_block(encode_block([(value,)]))
    assert (type(found), found) == (type(value), value)


COLUMN = st.one_of(
    *[
        st.lists(st.none() | values, min_size=5, max_size=5)
        for values in (
            st.booleans(),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False),
            st.text(st.characters(exclude_categories=["Cs"])),
            st.binary(),
            st.dates(),
        )
    ]
)


@given(st.lists(COLUMN, min_size=1, max_size=4))
def test_columns_come_back_as_the_rows_they_stand_for(columns: list[list[Any]]) -> None:
    rows = list(zip(*columns, strict=True))
    block = encode_block(columns_of(rows, len(columns)))
    assert read_header(block).is_columns
    assert rows_of(decode_block(block)) == rows


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1, 2.5], "mixed types: float, int"),
        ([1, True], "mixed types: bool, int"),
        ([2**63], "whole number beyond 64 bits"),
        (["\ud800"], "text that is not Unicode"),
        ([Decimal("1.0")], "no column type for Decimal"),
        ([bytearray(b"a")], "no column type for bytearray"),
        ([(1, 2)], "no column type for tuple"),
    ],
    ids=repr,
)
def test_what_a_column_would_change_stays_rows(values: list[Any], reason: str) -> None:
    with pytest.raises(NotColumns, match=reason):
        array_of(values)


def test_ragged_rows_stay_rows() -> None:
    with pytest.raises(NotColumns, match="different widths"):
        columns_of([(1, 2), (3,)], 2)


def test_a_value_that_cannot_travel_is_named() -> None:
    with pytest.raises(RunError, match="cannot be sent to another task") as caught:
        encode_block([(1, "a"), (2, (letter for letter in "ab"))])
    assert "a generator, at position 1" in str(caught.value)
    assert "declare many=True" in str(caught.value)
    assert 2 == caught.value.row[0]  # type: ignore[index]
    with pytest.raises(RunError, match=r"a _thread.lock, at position 0"):
        encode_block([(threading.Lock(),)])


def test_blocks_are_put_in_arrival_order() -> None:
    places = [(source, part, number) for source in (0, 1) for part in (0, 300) for number in (0, 7)]
    blocks = [encode_block([place], *place) for place in places]
    shuffled = blocks[:]
    random.Random(7).shuffle(shuffled)
    assert [decode_block(block) for block in arrival_order(shuffled)] == [[p] for p in places]


SMALL = {
    "marshal": [(1, "a", None), (-2, "b\xe9", 0.5)],
    "pickle": [(Decimal("1.5"), "a"), (Decimal(2), "b")],
    "arrow": columns_of([(1, "a"), (2, None)], 2),
}


@pytest.mark.parametrize("codec", SMALL)
def test_every_flipped_byte_is_noticed_of_the_header_before_anything_is_decoded(codec: str) -> None:
    block = encode_block(SMALL[codec], 1, 2, 3)
    for place in range(len(block)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = block[:place] + bytes([block[place] ^ flip]) + block[place + 1 :]
            with pytest.raises(FlowError, match="damaged"):
                decode_block(damaged)
            if place < 20:
                with pytest.raises(FlowError, match="damaged"):
                    read_header(damaged)
                with pytest.raises(FlowError, match="damaged"):
                    arrival_order([damaged, block])


@pytest.mark.parametrize("codec", SMALL)
def test_a_block_cut_off_anywhere_is_noticed(codec: str) -> None:
    block = encode_block(SMALL[codec])
    for size in range(len(block)):
        with pytest.raises(FlowError, match="damaged"):
            decode_block(block[:size])
