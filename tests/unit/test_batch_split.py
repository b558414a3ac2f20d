"""Batches cut up by partition: both forms alike, in input order, and rows without a key told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import Batch, NotColumns, columns_of, rows_of
from cascade2spark.batch.split import split_batch
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick

VALUES = st.sampled_from([None, 0.0, -0.0, float("nan"), 1.5]) | st.sampled_from(["a", "b", "é"])
ROWS = st.lists(st.tuples(VALUES, st.integers(0, 9)), min_size=1, max_size=9)
FIRST = Pick((0,), width=2)


class Picky:
    """A comparator of a user's that cannot hash one of the values."""

    def compare(self, left: Any, right: Any) -> int:
        return (left > right) - (left < right)

    def hash_code(self, value: Any) -> int:
        if value == "bad":
            raise ValueError("no hash")
        return hash(value)


def shown(batch: Batch, *given: Any) -> list[tuple[int, list[str]]]:
    """Return the parts of a batch, as texts."""
    return [
        (partition, list(map(repr, part if isinstance(part, list) else rows_of(part))))
        for partition, part in split_batch(batch, FIRST, *given)
    ]


@given(ROWS, st.sampled_from([1, 2, 7]))
def test_rows_and_columns_go_to_the_same_places(rows: list[Any], partitions: int) -> None:
    parts = shown(rows, KeyOrder(1), partitions)
    assert sorted(map(repr, rows)) == sorted(text for _, part in parts for text in part)
    try:
        columns = columns_of(rows, 2)
    except NotColumns:
        return
    assert parts == shown(columns, KeyOrder(1), partitions)


@pytest.mark.parametrize("form", [list, lambda rows: columns_of(rows, 2)])
def test_a_row_that_cannot_be_hashed_is_told_in_either_form(form: Any) -> None:
    rows, order = [("a", 1), ("bad", 2), ("b", 3)], KeyOrder(1, (Picky(),))
    told: list[Any] = []
    kept = shown(form(rows), order, 2, lambda error, row: told.append((str(error), row)))
    assert [("no hash", ("bad", 2))] == told
    assert ["('a', 1)", "('b', 3)"] == sorted(text for _, part in kept for text in part)
    with pytest.raises(ValueError, match="no hash"):
        shown(form(rows), order, 2)
