"""Comparators: nulls, reversal, wrappers, pickling."""

from __future__ import annotations

import math
import operator
import pickle
from functools import cmp_to_key
from typing import Any

import pytest

from cascade2spark.comparators import (
    Comparator,
    FunctionComparator,
    Hasher,
    NaturalOrder,
    NullNotEquivalentComparator,
    ReverseOrder,
    StringInsensitive,
    comparator_of,
    comparing,
    natural_order,
    reverse_order,
)
from cascade2spark.errors import BuildError


class ByLength:
    """A user's comparator without a hash."""

    def compare(self, left: Any, right: Any) -> int:
        return len(left or "") - len(right or "")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByLength)

    __hash__ = None  # type: ignore[assignment]


def _sorted(values: list[Any], comparator: Comparator) -> list[Any]:
    return sorted(values, key=cmp_to_key(comparator.compare))


def test_natural_order_puts_null_first_and_not_a_number_last() -> None:
    found = _sorted([2.0, math.nan, None, -1.0], natural_order())
    assert [None, -1.0, 2.0] == found[:3]
    assert math.isnan(found[3])


def test_reverse_order_puts_null_last() -> None:
    assert ["b", "a", None] == _sorted([None, "a", "b"], reverse_order())


def test_reverse_order_keeps_the_hash_of_what_it_reverses() -> None:
    assert isinstance(reverse_order(), Hasher)
    assert isinstance(reverse_order(comparing(len)), Hasher)
    assert not isinstance(reverse_order(ByLength()), Hasher)


def test_reversing_twice_gives_back_the_first() -> None:
    assert NaturalOrder() == reverse_order(reverse_order())
    assert reverse_order() == reverse_order(natural_order())
    assert comparing(len) == reverse_order(comparing(len, reverse=True))


def test_reverse_of_a_comparator() -> None:
    assert ["aaa", "bb", "c"] == _sorted(["c", "aaa", "bb"], reverse_order(ByLength()))


def test_comparing_orders_by_a_key_and_leaves_null_to_us() -> None:
    assert [None, "c", "bb"] == _sorted(["bb", None, "c"], comparing(len))
    assert ["bb", "c", None] == _sorted(["bb", None, "c"], comparing(len, reverse=True))


def test_string_insensitive_finds_cases_equal_and_hashes_them_alike() -> None:
    same = StringInsensitive()
    assert 0 == same.compare("Äpfel", "äPFEL")
    assert same.hash_code("Äpfel") == same.hash_code("äPFEL")
    assert 0 != same.compare("ß", "ss")
    assert same.compare(None, "a") < 0 < same.compare("b", "A")


def test_a_null_is_not_equivalent_to_a_null() -> None:
    sql = NullNotEquivalentComparator()
    assert 0 != sql.compare(None, None)
    assert sql.compare(None, 1) < 0 < sql.compare(1, None)
    assert 0 == sql.compare(1, 1)


def test_a_function_of_two_is_wrapped() -> None:
    wrapped = comparator_of(operator.sub)
    assert FunctionComparator(operator.sub) == wrapped
    assert 2 == wrapped.compare(5, 3)
    assert not isinstance(wrapped, Hasher)


@pytest.mark.parametrize("given", [ByLength, 3, "natural", None])
def test_what_is_no_comparator_is_refused(given: Any) -> None:
    with pytest.raises(BuildError, match="not a comparator"):
        comparator_of(given)


@pytest.mark.parametrize(
    "comparator",
    [
        natural_order(),
        reverse_order(),
        ReverseOrder(ByLength()),
        comparing(len),
        StringInsensitive(),
        NullNotEquivalentComparator(),
        FunctionComparator(operator.sub),
    ],
)
def test_comparators_travel(comparator: Comparator) -> None:
    assert comparator == pickle.loads(pickle.dumps(comparator))
