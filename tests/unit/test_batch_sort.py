"""Rows of a partition in groups, in order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.sort import sorted_groups, sorted_rows
from cascade2spark.errors import RunError
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick

FIRST, SECOND = Pick((0,), width=3), Pick((1,), width=3)
VALUES = st.sampled_from([None, 0, 1, 1.0, True, "a", "b", float("nan"), -0.0])


class ByLength:
    """A comparator without a hash."""

    def compare(self, left: Any, right: Any) -> int:
        return len(left) - len(right)


@given(st.lists(st.lists(st.tuples(VALUES, VALUES))), st.booleans(), st.booleans())
def test_rows_come_by_key_then_by_sort_values_then_as_they_came(batches, down, sorts) -> None:
    rows = [(*row, n) for n, row in enumerate(row for batch in batches for row in batch)]
    numbered = iter(rows)
    given_batches = [[next(numbered) for _ in batch] for batch in batches]
    key, sort = KeyOrder(1, reverse=down), KeyOrder(1)
    by_key, by_sort = key.sort_key(), sort.sort_key()
    found = list(
        sorted_rows(given_batches, FIRST, key, SECOND if sorts else None, sort if sorts else None)
    )

    def place(row: Any) -> Any:
        return by_key(row[:1]), by_sort(row[1:2]) if sorts else 0, row[2]

    assert sorted(rows, key=place) == found


def test_the_key_of_a_group_is_that_of_the_first_row_to_arrive() -> None:
    order = KeyOrder(1, (ByLength(),))
    batches = [[("bb",), ("a",)], [("c",), ("dd",)]]
    found = list(sorted_groups(batches, Pick((0,), width=1), order))
    assert [(("a",), [("a",), ("c",)]), (("bb",), [("bb",), ("dd",)])] == found


@pytest.mark.parametrize("order", [KeyOrder(1), KeyOrder(1, (ByLength(),))])
def test_a_row_that_cannot_be_placed_is_handed_to_the_caller(order) -> None:
    bad: list[Any] = []
    rows = [("b",), (object(),), ("a",), ("b",)]
    groups = sorted_groups(
        [rows], Pick((0,), width=1), order, on_bad=lambda error, row: bad.append(row)
    )
    assert 3 == sum(len(group) for _, group in groups)
    assert [rows[1]] == bad
    with pytest.raises((RunError, TypeError)):
        list(sorted_groups([rows], Pick((0,), width=1), order))


def test_a_failing_sort_comparator_leaves_one_row_out() -> None:
    bad: list[Any] = []
    rows = [(1, "ccc"), (1, "a"), (1, None), (1, "bb")]
    key, sort = Pick((0,), width=2), Pick((1,), width=2)
    found = sorted_rows(
        [rows], key, KeyOrder(1), sort, KeyOrder(1, (ByLength(),)), lambda _, row: bad.append(row)
    )
    assert [(1, "a"), (1, "bb"), (1, "ccc")] == list(found)
    assert [(1, None)] == bad
