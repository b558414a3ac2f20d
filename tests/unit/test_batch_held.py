"""Rows held beyond the memory limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import rows_memory, value_memory
from cascade2spark.batch.held import HeldRows, sized_lists
from cascade2spark.batch.spill import SpillSpace

VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=9), st.just(Decimal("1.0")))
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=40)


@given(st.lists(ROWS, max_size=5), st.sampled_from([1, 100, 2_000, 10_000, 10**8]))
def test_rows_come_back_as_they_were_added_any_number_of_times(parts, limit) -> None:
    spill = SpillSpace(limit)
    held, expected = HeldRows(spill), []
    for rows in parts:
        held.extend(iter(rows))
        expected += rows
        assert expected == list(held)
        assert (len(expected), bool(expected)) == (len(held), bool(held))
    left, right = iter(held), iter(held)
    assert [(row, row) for row in expected] == list(zip(left, right, strict=True))
    whole = held.in_memory()
    assert held.is_spilled if whole is None else whole == expected
    held.close()
    assert ([], 0) == (list(held), len(held))


def test_it_spills_beyond_its_share_only() -> None:
    spill = SpillSpace(100_000)
    held = HeldRows(spill, sides=2)
    for number in range(10):
        held.append((number, "text"))
    assert not held.is_spilled and not spill.spilled_bytes
    held.extend((number, "text") for number in range(10, 200))
    assert held.is_spilled and held.in_memory() is None
    assert [(number, "text") for number in range(200)] == list(held)
    spill.close()


@given(st.lists(ROWS, max_size=4), st.sampled_from([1, 2_000, 10**8]))
def test_rows_added_one_by_one_are_measured_too(parts, limit) -> None:
    spill = SpillSpace(limit)
    held, expected = HeldRows(spill), []
    for number, rows in enumerate(parts):
        if number % 2:
            held.extend(rows)
        else:
            for row in rows:
                held.append(row)
        expected += rows
    assert (expected, len(expected)) == (list(held), len(held))
    assert bool(spill.spilled_bytes) == held.is_spilled
    assert held.is_spilled or limit > 1 or not expected
    held.close()


def test_rows_that_cannot_be_pickled_stay_in_memory_behind_those_on_disk() -> None:
    rows = [(number, "x" * 100) for number in range(50)]
    generators = [(number, (n for n in range(number))) for number in range(20)]
    held = HeldRows(SpillSpace(10_000))
    for row in [*rows, *generators, *rows]:
        held.append(row)
    found = list(held)
    assert [*rows, *generators, *rows] == found == list(held)
    assert len(found) == len(held) and held.is_spilled
    held.close()


def test_a_closed_sequence_gives_its_file_back() -> None:
    spill = SpillSpace(10)
    held = HeldRows(spill)
    held.append(("a",))
    assert held._file is not None
    file = held._file._file
    held.close()
    assert file.closed


@given(ROWS, st.integers(1, 5_000))
def test_sized_lists_are_the_rows_in_pieces(rows, size) -> None:
    pieces = list(sized_lists(iter(rows), size))
    assert rows == [row for piece in pieces for row in piece]
    assert all(pieces)
    if size == 1:
        assert all(len(piece) == 1 for piece in pieces)


def test_pieces_grow_to_the_size_asked_for() -> None:
    rows = [(number, "some text") for number in range(3_000)]
    sizes = [rows_memory(piece) for piece in sized_lists(rows, 50_000)]
    assert 40_000 < max(sizes) < 60_000
    assert 1 == max(map(len, sized_lists([("x" * 10_000,)] * 20, 5_000)))


def test_estimates_of_memory_see_into_containers() -> None:
    assert 0 == rows_memory([])
    flat, deep = value_memory([1]), value_memory([list(range(1_000))])
    assert 30_000 < deep - flat < 100_000
    assert value_memory(dict.fromkeys(range(100), "x" * 100)) > 14_000
    assert rows_memory([("x" * 1_000,)] * 10) > 10 * 1_000
    nested: list[Any] = []
    nested.append(nested)
    assert value_memory(nested) < 1_000
