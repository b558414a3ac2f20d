"""Rows of a partition in groups, in order."""

from __future__ import annotations

import itertools
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch import runs
from cascade2spark.batch.sort import sorted_groups, sorted_rows
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.comparators import (
    KeyComparator,
    NullNotEquivalentComparator,
    reverse_order,
)
from cascade2spark.errors import RunError
from cascade2spark.ordering import KeyOrder
from cascade2spark.ordering_python import PythonKeyOrder
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


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(-2, 2), st.sampled_from(["", "x", "y"]))),
    st.sampled_from([None, 100]),
    st.sampled_from([(1,), (2,), (1, 2), (2, 1)]),
    st.sampled_from([KeyOrder, PythonKeyOrder]),
    st.booleans(),
)
def test_sort_values_of_one_class_each_are_sorted_as_python_does(
    rows, limit, places, kind, down
) -> None:
    order = kind(len(places), reverse=down)
    rows = [(*row, number) for number, row in enumerate(rows)]
    batches = [rows[start : start + 3] for start in range(0, len(rows), 3)]
    spill = None if limit is None else SpillSpace(limit)
    found = sorted_rows(batches, FIRST, KeyOrder(1), Pick(places, width=4), order, spill=spill)
    rows.sort(key=lambda row: [row[place] for place in places], reverse=down)
    assert sorted(rows, key=lambda row: row[0]) == list(found)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.floats() | st.none()))
    | st.lists(
        st.tuples(st.just("a"), st.tuples(st.floats() | st.integers(), st.text(max_size=1)))
    ),
    st.booleans(),
)
def test_sort_values_of_any_class_come_in_python_s_order(rows, down) -> None:
    rows = [(*row, number) for number, row in enumerate(rows)]
    order = PythonKeyOrder(1, reverse=down)
    by_value = order.sort_key()
    found = list(sorted_rows([rows], FIRST, PythonKeyOrder(1), Pick((1,)), order))
    assert repr(sorted(rows, key=lambda row: (row[0], by_value(row[1:])))) == repr(found)


def test_a_row_without_its_sort_field_is_handed_to_the_caller() -> None:
    bad: list[Any] = []
    rows = [("a", 2), ("a",), ("a", 1)]
    order = KeyOrder(1)
    found = sorted_rows(
        [rows],
        Pick((0,), width=None),
        order,
        Pick((1,), width=None),
        order,
        lambda _, row: bad.append(row),
    )
    assert [("a", 1), ("a", 2)] == list(found)
    assert [("a",)] == bad


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


# -- beyond the memory limit ----------------------------------------------------------------------

LIMITS = st.sampled_from([100, 1_000, 3_000, 10_000])
# Keys that are the same and look different, texts, and what only pickle keeps.
LOOKS = st.sampled_from(
    [
        None,
        0,
        1,
        1.0,
        True,
        "a",
        "b",
        "cc",
        float("nan"),
        -0.0,
        0.0,
        Decimal("1.0"),
        Decimal("1.00"),
    ]
)
TEXTS = st.sampled_from(["a", "b", "cc", "dd", "A"])


class Lengths(ByLength):
    """A comparator with a hash."""

    def hash_code(self, value: Any) -> int:
        return len(value)


def numbered(batches: Any) -> list[list[Any]]:
    count = itertools.count()
    return [[(*row, next(count)) for row in batch] for batch in batches]


def shown(groups: Any) -> list[str]:
    return [repr((key, list(rows))) for key, rows in groups]


ORDERS = [
    (LOOKS, KeyOrder(1)),
    (LOOKS, KeyOrder(1, reverse=True)),
    (LOOKS, KeyOrder(1, (NullNotEquivalentComparator(),))),
    (LOOKS, KeyOrder(1, (reverse_order(NullNotEquivalentComparator()),))),
    (TEXTS, KeyOrder(1, (ByLength(),))),
    (TEXTS, KeyOrder(1, (Lengths(),))),
    (TEXTS, KeyOrder(1, (reverse_order(ByLength()),))),
    (TEXTS, KeyOrder(1, (KeyComparator(str.lower),))),
]
SORTS = [(None, LOOKS), (KeyOrder(1), LOOKS), (KeyOrder(1, (ByLength(),)), TEXTS)]


@given(st.data(), st.sampled_from(ORDERS), st.sampled_from(SORTS), LIMITS)
def test_spilled_groups_are_those_in_memory(data, keyed, sorted_by, limit) -> None:
    (keys, order), (sort, values) = keyed, sorted_by
    row = st.tuples(keys, values)
    batches = numbered(data.draw(st.lists(st.lists(row, max_size=8), max_size=12)))
    by = (None, None) if sort is None else (SECOND, sort)
    expected = shown(sorted_groups(batches, FIRST, order, *by))
    spill = SpillSpace(limit)
    assert expected == shown(sorted_groups(batches, FIRST, order, *by, spill=spill))
    if limit == 100 and any(batches):
        assert spill.spilled_bytes
    spill.close()


@given(st.lists(st.lists(st.tuples(LOOKS, LOOKS), max_size=3), max_size=12))
def test_runs_are_merged_in_passes(batches) -> None:
    rows = numbered(batches)
    expected = shown(sorted_groups(rows, FIRST, KeyOrder(1), SECOND, KeyOrder(1)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_FAN_IN", 2)
        spill = SpillSpace(100)
        found = sorted_groups(rows, FIRST, KeyOrder(1), SECOND, KeyOrder(1), spill=spill)
        assert expected == shown(found)


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), max_size=9), max_size=9),
    st.lists(st.integers(0, 9)),
    LIMITS,
)
def test_what_is_left_of_a_spilled_group_is_skipped(batches, read, limit) -> None:
    rows = numbered(batches)
    groups = list(sorted_groups(rows, FIRST, KeyOrder(1)))
    counts = dict(enumerate(read))
    expected = [(key, values[: counts.get(n, 0)]) for n, (key, values) in enumerate(groups)]
    spilled = sorted_groups(rows, FIRST, KeyOrder(1), spill=SpillSpace(limit))
    assert expected == [
        (key, list(itertools.islice(values, counts.get(n, 0))))
        for n, (key, values) in enumerate(spilled)
    ]


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "yy", None])))),
    st.sampled_from([None, 100, 1_000]),
)
def test_rows_that_do_not_compare_are_left_out_wherever_they_lie(batches, limit) -> None:
    bad: list[Any] = []
    rows = numbered(batches)
    found = sorted_groups(
        rows,
        FIRST,
        KeyOrder(1),
        SECOND,
        KeyOrder(1, (ByLength(),)),
        lambda _, row: bad.append(row),
        spill=None if limit is None else SpillSpace(limit),
    )
    expected, left_out = [], []
    for key, group in sorted_groups(rows, FIRST, KeyOrder(1)):
        fine = [row for row in group if row[1] is not None]
        nulls = [row for row in group if row[1] is None]
        if not fine:  # no row can tell that the first one is bad
            fine = [nulls.pop(0)]
        expected.append((key, sorted(fine, key=lambda row: len(row[1] or ""))))
        left_out += nulls
    assert expected == [(key, list(group)) for key, group in found]
    assert sorted(left_out, key=repr) == sorted(bad, key=repr)


@pytest.mark.parametrize("limit", [None, 100])
def test_a_key_that_does_not_compare_is_left_out(limit) -> None:
    bad: list[Any] = []
    rows = [[("a", n)] for n in range(3)] + [[(None, 3)]] + [[("bb", 4)], [("a", 5)]]
    found = sorted_groups(
        rows,
        Pick((0,), width=2),
        KeyOrder(1, (ByLength(),)),
        Pick((1,), width=2),
        KeyOrder(1, reverse=True),
        lambda _, row: bad.append(row),
        spill=None if limit is None else SpillSpace(limit),
    )
    groups = [(key, [row[1] for row in group]) for key, group in found]
    assert [(("a",), [5, 2, 1, 0]), (("bb",), [4])] == groups
    assert [(None, 3)] == bad


def test_the_first_run_names_a_group_that_looks_different_only_later() -> None:
    batches = [[(b"x", 2, 0)], [(bytearray(b"x"), 1, 1)], [(b"y", 1, 2)]]
    by = (FIRST, KeyOrder(1), SECOND, KeyOrder(1))
    expected = ["((b'x',), [(bytearray(b'x'), 1, 1), (b'x', 2, 0)])", "((b'y',), [(b'y', 1, 2)])"]
    assert expected == shown(sorted_groups(batches, *by))
    assert expected == shown(sorted_groups(batches, *by, spill=SpillSpace(100)))


def test_keys_with_sql_nulls_name_their_own_groups() -> None:
    key, sort = Pick((0, 1), width=3), Pick((2,), width=3)
    order = KeyOrder(2, (NullNotEquivalentComparator(), None))
    batches = [[(None, 0.0, 2)], [(None, -0.0, 1), ("a", 0.0, 1)], [("a", -0.0, 0)]]
    by = (key, order, sort, KeyOrder(1))
    expected = shown(sorted_groups(batches, *by))
    assert ["(None, 0.0)", "(None, -0.0)", "('a', 0.0)"] == [
        repr(key) for key, _ in sorted_groups(batches, *by)
    ]
    assert expected == shown(sorted_groups(batches, *by, spill=SpillSpace(100)))


class Refusing(Lengths):
    """Fails for one pair of values only."""

    def compare(self, left: Any, right: Any) -> int:
        if {left, right} == {"xy", "yx"}:
            raise ValueError("these two do not compare")
        return super().compare(left, right)


@pytest.mark.parametrize("limit", [None, 100])
def test_of_two_rows_that_do_not_compare_the_later_one_is_left_out(limit) -> None:
    bad: list[Any] = []
    rows = [("xy", 0), ("a", 1), ("yx", 2), ("ab", 3)]
    found = sorted_groups(
        [[row] for row in rows],
        Pick((0,), width=2),
        KeyOrder(1, (Refusing(),)),
        on_bad=lambda _, row: bad.append(row),
        spill=None if limit is None else SpillSpace(limit),
    )
    groups = [(key, [row[1] for row in group]) for key, group in found]
    assert [(("a",), [1]), (("xy",), [0, 3])] == groups
    assert [("yx", 2)] == bad


def test_a_group_without_a_good_row_is_none() -> None:
    bad: list[Any] = []
    rows = [("a", object()), ("b", 1)]
    found = sorted_groups(
        [rows],
        Pick((0,), width=2),
        KeyOrder(1),
        Pick((1,), width=2),
        KeyOrder(1),
        lambda _, row: bad.append(row),
    )
    assert [(("b",), [("b", 1)])] == list(found)
    assert rows[:1] == bad


def test_one_key_of_many_rows_is_sorted_in_bounded_memory() -> None:
    limit, size = 750_000, 45_000

    def batches() -> Any:
        for start in range(0, size, 1500):
            yield [("k", (n * 7919) % size, f"text {n}") for n in range(start, start + 1500)]

    spill = SpillSpace(limit)
    tracemalloc.start()
    ((key, rows),) = (
        (key, sum(1 for _ in _ascending(rows)))
        for key, rows in sorted_groups(
            batches(), FIRST, KeyOrder(1), SECOND, KeyOrder(1), spill=spill
        )
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (("k",), size) == (key, rows)
    assert peak < 2 * limit
    assert spill.spilled_bytes > limit


def _ascending(rows: Any) -> Any:
    last = -1
    for row in rows:
        assert last < row[1]
        last = row[1]
        yield row
