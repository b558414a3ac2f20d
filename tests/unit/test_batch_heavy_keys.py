"""A key that has much of an input is told from a sample, and its rows from those of all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from cascade2spark.batch.batches import Columns, NotColumns, Row, columns_of, rows_of
from cascade2spark.batch.heavy_keys import heavy_key

MANY = 1 << 30


def given(*batches: list[Row]) -> Callable[[], Iterator[Columns]]:
    return lambda: (columns_of(rows, len(rows[0])) for rows in batches)


def rows_in(batches: Iterator[Columns]) -> list[Row]:
    return [row for batch in batches for row in rows_of(batch)]


@pytest.mark.parametrize("value", ["k", 7, b"k", False])
def test_rows_of_the_key_and_of_others_come_as_they_arrived(value: Any) -> None:
    other = type(value)(9) if isinstance(value, int) else value * 2
    batches = given([(value, 1), (other, 2), (value, 3)], [(None, 4), (value, 5), (other, 6)])
    found = heavy_key(batches, (0,), MANY)
    assert found is not None
    assert found.key == (value,)
    assert found.share == 0.5
    assert rows_in(found.others()) == [(other, 2), (None, 4), (other, 6)]
    assert rows_in(found.rows()) == [(value, 1), (value, 3), (value, 5)]


def test_a_key_of_several_columns_is_all_of_them() -> None:
    rows: list[Row] = [("a", 1, "x"), ("a", 2, "x"), ("b", 1, "x"), ("a", 1, "y"), ("a", None, "x")]
    found = heavy_key(given(rows), (2, 0), MANY)
    assert found is not None
    assert found.key == ("x", "a")
    assert rows_in(found.others()) == [rows[2], rows[3]]
    assert rows_in(found.rows()) == [rows[0], rows[1], rows[4]]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([(number, "x") for number in range(5)], id="many keys"),
        pytest.param([(None, "x")] * 9, id="all null"),
        pytest.param([(None, "x")] * 9 + [("a", "y")], id="mostly null"),
        pytest.param([(0.0, "x"), (-0.0, "x")], id="looks that differ"),
    ],
)
def test_no_key_is_heavy(rows: list[Row]) -> None:
    assert heavy_key(given(rows), (0,), MANY) is None


@pytest.mark.parametrize("keys", [("k", 5), (1, True), (True, 1), (b"k", "k")])
def test_no_key_of_several_types_is_heavy(keys: Any) -> None:
    first, second = keys
    assert heavy_key(given([(first, "x")] * 9, [(second, "y")] * 3), (0,), MANY) is None


def test_there_is_no_key_without_columns_or_rows() -> None:
    assert heavy_key(given([("a", 1)]), (), MANY) is None
    assert heavy_key(lambda: iter(()), (0,), MANY) is None
    assert heavy_key(lambda: iter([columns_of([], 2)]), (0,), MANY) is None


def test_only_the_beginning_is_looked_at() -> None:
    batches = given([("a", 1)] * 100, *([("b", 1)] * 100 for _ in range(9)))
    found = heavy_key(batches, (0,), 1)
    assert found is not None
    assert found.key == ("a",)


def test_rows_take_the_types_that_columns_have_elsewhere() -> None:
    found = heavy_key(given([("k", None)] * 3, [("a", 1)], [("k", 2)]), (0,), MANY)
    assert found is not None
    assert len(rows_in(found.others())) == 1
    batches = list(found.rows())
    assert [batch.schema.types for batch in batches] == [[pa.string(), pa.int64()]] * 2
    assert rows_in(iter(batches)) == [("k", None)] * 3 + [("k", 2)]


def test_keys_of_another_type_are_refused() -> None:
    found = heavy_key(given([("k", 1)] * 3, [(5, 1)]), (0,), 1)
    assert found is not None
    with pytest.raises(NotColumns, match="different types: string, int64"):
        list(found.others())


def test_the_key_in_another_input() -> None:
    found = heavy_key(given([("k", 1)] * 3), (0,), MANY)
    assert found is not None
    other = found.in_other(given([(None, None)], [(1, "a"), (2, "k")]), (1,))
    assert other is not None
    assert rows_in(other.rows() if list(other.others()) else iter(())) == [(2, "k")]
    assert found.in_other(given([(1, "a")]), (0,)) is None
