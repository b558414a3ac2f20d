"""The vectorised hash agrees with the value-by-value one, whatever the column."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import array_of, columns_of
from cascade2spark.batch.hashing import (
    batch_hashes,
    column_hashes,
    partition_numbers,
    row_hashes,
)
from cascade2spark.ordering import KeyOrder
from cascade2spark.ordering_python import PythonKeyOrder
from cascade2spark.selection import Pick

COLUMNS = st.one_of(
    st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.none() | st.floats()),
    st.lists(st.none() | st.booleans()),
    st.lists(st.none() | st.binary(max_size=30)),
    st.lists(st.none() | st.dates()),
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(allow_nan=False),
    st.tuples(st.integers(), st.text()),
)


@given(COLUMNS)
def test_a_column_is_hashed_as_its_values_are(values: list[Any]) -> None:
    expected = [KeyOrder(1).hash_of((value,)) for value in values]
    assert column_hashes([array_of(values)], len(values)).tolist() == expected


@given(COLUMNS, st.integers(0, 3))
def test_a_slice_is_hashed_as_its_own_values_are(values: list[Any], start: int) -> None:
    expected = [KeyOrder(1).hash_of((value,)) for value in values[start:]]
    column = array_of(values).slice(start)
    assert column_hashes([column], len(column)).tolist() == expected


def test_several_fields_are_hashed_from_left_to_right() -> None:
    keys = [(1, "a", None), (2, None, 1.5), (None, "", -0.0)]
    columns = [array_of(column) for column in zip(*keys, strict=True)]
    expected = [KeyOrder(3).hash_of(key) for key in keys]
    assert column_hashes(columns, 3).tolist() == expected


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1), st.integers(1, 9))
def test_rows_go_where_their_keys_hash_to(rows: list[tuple[Any, Any]], partitions: int) -> None:
    order = KeyOrder(1)
    expected = [order.partition_of(row[1:], partitions) for row in rows]
    hashes = batch_hashes(rows, Pick((1,), width=2), order)
    assert partition_numbers(hashes, partitions).tolist() == expected


PYTHON_COLUMNS = st.one_of(
    COLUMNS,
    st.lists(st.floats(width=16) | st.integers(-9, 9).map(float)),
    st.lists(st.tuples(st.text(max_size=9), st.integers() | st.integers(0, 9))),
    st.lists(st.tuples(st.tuples(st.floats()), st.none() | st.binary(max_size=9))),
    st.lists(st.tuples(st.just("a")) | st.just(())),
    st.lists(VALUES),
)


@given(PYTHON_COLUMNS, PYTHON_COLUMNS)
def test_python_s_keys_are_hashed_alike_by_columns_and_one_by_one(left, right) -> None:
    for places, columns in ((0,), [left]), ((0, 1), [left, right]):
        rows = list(zip(*columns, strict=False))
        order = PythonKeyOrder(len(columns))
        assert row_hashes(rows, Pick(places), order).tolist() == list(map(order.hash_of, rows))


@pytest.mark.parametrize("partitions", [1, 2, 7, 1000])
def test_rows_and_columns_go_to_the_same_partitions(partitions: int) -> None:
    rows = [
        (f"user{number}", number, datetime.date(2020, 1, 1 + number % 28)) for number in range(99)
    ]
    key, order = Pick((0, 2), width=3), KeyOrder(2)
    by_rows, by_columns = (batch_hashes(b, key, order) for b in (rows, columns_of(rows, 3)))
    expected = partition_numbers(by_rows, partitions).tolist()
    assert expected == partition_numbers(by_columns, partitions).tolist()


def test_chunks_do_not_change_hashes() -> None:
    values = [f"key {number}" for number in range(70_000)]
    hashes = column_hashes([array_of(values)], len(values))
    order = KeyOrder(1)
    for place in (0, 32_767, 32_768, 65_536, 69_999):
        assert hashes[place] == order.hash_of((values[place],))
