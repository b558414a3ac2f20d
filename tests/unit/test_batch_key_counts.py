"""The heaviest keys of an exchange: named, with shares close to the true ones, in any form."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascade2spark.batch.batches import Batch, columns_of
from cascade2spark.batch.hashing import batch_hashes
from cascade2spark.batch.key_counts import KeyCounter, KeyShare, heaviest_keys
from cascade2spark.comparators import reverse_order
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick

FIRST = Pick((0,), width=1)


class IgnoringCase:
    """A comparator of a user's with a hash."""

    def compare(self, left: str, right: str) -> int:
        return (left.lower() > right.lower()) - (left.lower() < right.lower())

    def hash_code(self, value: str) -> int:
        return sum(value.lower().encode())


class Unhashed:
    """A comparator of a user's without a hash."""

    def compare(self, left: str, right: str) -> int:
        return (left.lower() > right.lower()) - (left.lower() < right.lower())


def told(
    tasks: Iterable[Iterable[Batch]],
    order: KeyOrder,
    key: Pick = FIRST,
    is_hashed: bool = True,
    most: int = 10,
) -> list[KeyShare]:
    """Return the heaviest keys of the rows of several tasks, each in several batches."""
    records = []
    for batches in tasks:
        counter = KeyCounter(key, order)
        for batch in batches:
            counter.add(batch, batch_hashes(batch, key, order) if is_hashed else None)
        records.append(pickle.loads(pickle.dumps(counter.record())))
    return heaviest_keys(records, order, most)[1]


def cut(values: Sequence[Any], sizes: Sequence[int], as_columns: bool) -> list[Batch]:
    """Return values as batches of rows of one value, of sizes that come around again."""
    found: list[Batch] = []
    start, turn = 0, 0
    while start < len(values):
        size = sizes[turn % len(sizes)]
        rows = [(value,) for value in values[start : start + size]]
        found.append(columns_of(rows, 1) if as_columns else rows)
        start, turn = start + size, turn + 1
    return found


SHARES = st.lists(st.floats(0.05, 0.6), min_size=1, max_size=6)
SHAPES = st.sampled_from(["shuffled", "sorted", "periodic", "rare first"])


def values_of(shares: list[float], size: int, shape: str, seed: int) -> list[int]:
    """Return keys that have about some shares of the rows; the rest are keys of their own."""
    counts = [int(share * size) for share in shares]
    heavy = np.repeat(np.arange(len(counts)), counts)[:size]
    rare = np.arange(1000, 1000 + size - len(heavy))
    whole = np.concatenate([heavy, rare])
    if shape == "sorted":
        return whole.tolist()
    if shape == "rare first":
        return whole[::-1].tolist()
    if shape == "periodic":
        # Each key at every so many rows, as a generator of test data writes them.
        return whole[np.argsort(np.arange(size) * 16 % size, kind="stable")].tolist()
    return np.random.default_rng(seed).permutation(whole).tolist()


@settings(max_examples=40)
@given(
    SHARES,
    SHAPES,
    st.integers(1_000, 200_000),
    st.integers(1, 4),
    st.lists(st.integers(500, 60_000), min_size=1, max_size=3),
    st.integers(0, 99),
)
def test_every_key_above_a_twentieth_is_named_within_a_tenth_of_its_share(
    shares: list[float], shape: str, size: int, tasks: int, sizes: list[int], seed: int
) -> None:
    values = values_of(shares, size, shape, seed)
    parts = [values[number::tasks] for number in range(tasks)]
    found = told([cut(part, sizes, True) for part in parts], KeyOrder(1), most=30)
    by_key = {one.key: one.share for one in found}
    for value, count in Counter(values).items():
        if count >= 0.05 * size:
            assert by_key[value,] == pytest.approx(count / size, rel=0.1)
    assert list(found) == sorted(found, key=lambda one: -one.share)


@pytest.mark.parametrize("period", [2, 8, 16, 17])
def test_a_pattern_in_the_rows_does_not_meet_one_in_the_sample(period: int) -> None:
    values = [number % period for number in range(300_000)]
    found = told([cut(values, [1500], False)], KeyOrder(1), most=period)
    assert period == len(found)
    for one in found:
        assert one.share == pytest.approx(1 / period, rel=0.1)


def test_few_rows_are_counted_exactly_in_either_form() -> None:
    values = ["a"] * 5 + ["b"] * 3 + [None] * 2
    for as_columns in (True, False):
        for is_hashed in (True, False):
            batches = cut(values, [4], as_columns)
            found = told([batches, batches], KeyOrder(1), is_hashed=is_hashed)
            expected = [(("a",), 0.5), (("b",), 0.3), ((None,), 0.2)]
            assert expected == [(one.key, pytest.approx(one.share)) for one in found]


def test_rows_and_columns_tell_the_same() -> None:
    values = [f"k{number * number % 97}" for number in range(90_000)]
    by_form = [told([cut(values, [7000], form)], KeyOrder(1)) for form in (True, False)]
    assert by_form[0] == by_form[1]


@pytest.mark.parametrize("comparator", [IgnoringCase(), Unhashed()])
def test_keys_that_a_comparator_finds_the_same_are_one(comparator: Any) -> None:
    values = ["Ab", "aB", "c", "ab", "C", "ab"] * 50
    tasks = [cut(values, [7], False), cut(values[1:] + values[:1], [7], False)]
    is_hashed = isinstance(comparator, IgnoringCase)
    found = told(tasks, KeyOrder(1, (comparator,)), is_hashed=is_hashed)
    assert [("ab", 4 / 6), ("c", 2 / 6)] == [
        (one.key[0].lower(), pytest.approx(one.share)) for one in found
    ]


def test_a_direction_changes_nothing() -> None:
    values = ["a", "b", "a", None] * 10
    order = KeyOrder(1, (reverse_order(),), reverse=True)
    expected = told([cut(values, [9], True)], KeyOrder(1))
    assert expected == told([cut(values, [9], True)], order)


def test_keys_that_could_not_travel_are_told_as_text() -> None:
    keys: list[Any] = [("a", 1), Decimal("1.50"), "x" * 5000]
    found = told([cut([key for key in keys for _ in range(3)], [2], False)], KeyOrder(1))
    assert [Decimal("1.50"), "('a', 1)", "x" * 200] == sorted(
        [one.key[0] for one in found], key=lambda value: (type(value).__name__, value)
    )


def test_a_row_without_a_key_is_left_to_others() -> None:
    counter = KeyCounter(Pick((1,)), KeyOrder(1))
    counter.add([("a", "b"), ("a",)])
    assert {"rows": 2, "weight": 0, "keys": []} == counter.record()
    assert (2, []) == heaviest_keys([counter.record()], KeyOrder(1))


def test_what_a_task_tells_is_bounded() -> None:
    counter = KeyCounter(FIRST, KeyOrder(1))
    for start in range(0, 500_000, 50_000):
        counter.add(columns_of([(value,) for value in range(start, start + 50_000)], 1))
    record = counter.record()
    assert 500_000 == record["rows"]
    assert [] == record["keys"]
    assert len(counter._names) == 0
