"""GroupSortIterator: one pass over sorted pairs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.group_sort import GroupSortIterator
from cascade2spark.comparators import NullNotEquivalentComparator
from cascade2spark.errors import BuildError, UnsortedInput
from cascade2spark.ordering import KeyOrder

KEYS = st.lists(st.sampled_from([None, 0, 1, 1.0, True, "a", "b"]))


def groups(pairs: Any, order: KeyOrder | None = None) -> list[Any]:
    return [(key, list(values)) for key, values in GroupSortIterator(pairs, order)]


@given(KEYS)
def test_concatenated_groups_are_the_input_and_no_key_comes_twice(keys) -> None:
    order = KeyOrder(1)
    sort_key = order.sort_key()
    pairs = [((key,), n) for n, key in enumerate(sorted(keys, key=lambda key: sort_key((key,))))]
    found = groups(pairs, order)
    assert [n for _, values in found for n in values] == [n for _, n in pairs]
    names = [order.group_key()(key) for key, _ in found]
    assert len(names) == len(set(names))
    assert groups([(key[0], n) for key, n in pairs]) == [(key[0], v) for key, v in found]


def test_nothing_in_nothing_out() -> None:
    assert [] == groups([])


def test_kinds_are_keys_of_their_own() -> None:
    assert [(True, [1]), (1, [2, 3]), (1.0, [4])] == groups([(True, 1), (1, 2), (1, 3), (1.0, 4)])


def test_what_is_left_unread_is_skipped() -> None:
    pairs = [(n // 3, n) for n in range(9)]
    seen = [next(values) for _, values in GroupSortIterator(pairs)]
    assert [0, 3, 6] == seen
    assert [0, 1, 2] == [key for key, _ in GroupSortIterator(pairs)]


def test_a_group_is_dead_once_the_next_is_asked_for() -> None:
    iterator = GroupSortIterator([("a", 1), ("a", 2), ("b", 3)])
    _, first = next(iterator)
    key, second = next(iterator)
    assert ([], "b", [3]) == (list(first), key, list(second))
    with pytest.raises(StopIteration):
        next(iterator)
    with pytest.raises(StopIteration):
        next(iterator)


def test_a_group_is_not_held() -> None:
    endless: Iterator[tuple[str, int]] = (("a", n) for n in itertools.count())
    _, values = next(GroupSortIterator(endless))
    assert 999 == next(itertools.islice(values, 999, None))


class ByLength:
    """A comparator without a hash."""

    def compare(self, left: Any, right: Any) -> int:
        return len(left) - len(right)


def test_equal_values_of_other_kinds_end_a_group() -> None:
    pairs = [(((True,), 1), 1), (((1,), 1), 2), (((1,), 1.0), 3)]
    assert [[1], [2], [3]] == [values for _, values in groups(pairs, KeyOrder(2))]
    assert [[1], [2]] == [values for _, values in groups([((True,), 1), ((1,), 2)])]
    alike = [((b"x", 0.0), 1), ((bytearray(b"x"), -0.0), 2), ((b"x", 0.0), 3)]
    assert [((b"x", 0.0), [1, 2, 3])] == groups(alike, KeyOrder(2))
    nans = [((float("nan"),), 1), ((float("nan"),), 2)]
    assert [[1, 2]] == [values for _, values in groups(nans, KeyOrder(1))]


@pytest.mark.parametrize("reads", [0, 1, 9])
def test_unsorted_input_is_refused_by_any_order_however_much_is_read(reads) -> None:
    for order, keys in [
        (KeyOrder(1, (ByLength(),)), ["a", "bb", "c"]),
        (KeyOrder(1, reverse=True), ["a", "b"]),
        (KeyOrder(1, (NullNotEquivalentComparator(),)), ["a", None]),
        (KeyOrder(1), ["b", "a"]),
    ]:
        pairs = [((key,), n) for key in keys for n in range(3)]
        with pytest.raises(UnsortedInput):
            for _, values in GroupSortIterator(pairs, order):
                list(itertools.islice(values, reads))


def test_input_that_fails_ends_the_groups() -> None:
    def failing() -> Iterator[tuple[str, int]]:
        yield "a", 1
        raise OSError("gone")

    iterator = GroupSortIterator(failing())
    _, values = next(iterator)
    assert 1 == next(values)
    with pytest.raises(OSError, match="gone"):
        next(values)
    with pytest.raises(StopIteration):
        next(iterator)


@pytest.mark.parametrize("keys", ["ba", "aba", "abca"])
def test_unsorted_input_is_refused(keys) -> None:
    with pytest.raises(UnsortedInput) as caught:
        groups([(key, 0) for key in keys])
    assert "a" == caught.value.row


def test_the_order_decides_what_is_sorted_and_where_a_group_ends() -> None:
    pairs = [((2, "x"), 1), ((1, "z"), 2), ((1, "y"), 3)]
    assert pairs == [(k, v) for k, (v,) in groups(pairs, KeyOrder(2, reverse=True))]
    lonely = KeyOrder(1, (NullNotEquivalentComparator(),))
    nulls = [((None,), 1), ((None,), 2), (("a",), 3), (("a",), 4)]
    assert [((None,), [1]), ((None,), [2]), (("a",), [3, 4])] == groups(nulls, lonely)


def test_rows_with_a_key_function() -> None:
    rows = [("a", 1), ("a", 2), ("b", 3)]
    found = GroupSortIterator(rows, KeyOrder(1), key=lambda row: row[:1])
    assert [(("a",), rows[:2]), (("b",), rows[2:])] == [(key, list(v)) for key, v in found]


@pytest.mark.parametrize(
    ("given", "says", "shows"),
    [
        ({"items": 5}, "an iterator of (key, value) pairs", "int 5"),
        ({"items": [1, 2]}, "takes (key, value) pairs", "int 1"),
        ({"items": [("a", 1, "x")]}, "takes (key, value) pairs", "tuple ('a', 1, 'x')"),
        ({"items": ["ab"]}, "takes (key, value) pairs", "str 'ab'"),
        ({"items": [("a", 1)], "order": 1}, "as order the KeyOrder", "int 1"),
        ({"items": [("a", 1)], "key": 0}, "as key a function of an item", "int 0"),
    ],
    ids=["nothing to iterate", "values", "triples", "texts", "no order", "a position"],
)
def test_what_it_cannot_take_is_refused_with_what_was_given(given, says, shows) -> None:
    with pytest.raises(BuildError) as refused:
        list(GroupSortIterator(**given))
    text = str(refused.value)
    assert says in text.splitlines()[0]
    assert shows in text
    assert "test_batch_group_sort.py" in text
