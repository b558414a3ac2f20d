"""How values of each type add, and what a type resolves to; the laws are in tests/laws."""

from __future__ import annotations

import dataclasses
import enum
import subprocess
import sys
import time
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

import attrs
import pytest

from cascade2spark.scalding.algebra import (
    ANY,
    NOTHING,
    AndVal,
    Approximate,
    ApproximateBoolean,
    BoolRing,
    EitherSemigroup,
    First,
    FunctionMonoid,
    FunctionSemigroup,
    Group,
    IntRing,
    IntWrap,
    Last,
    Left,
    ListMonoid,
    LongWrap,
    MapGroup,
    MapMonoid,
    Max,
    MaxMonoid,
    Min,
    Monoid,
    OptionMonoid,
    OrVal,
    Right,
    Ring,
    SetMonoid,
    TextMonoid,
    TopK,
    as_semigroup,
    semigroup_of,
)


@dataclasses.dataclass(frozen=True)
class Total:
    """A record."""

    visits: int
    names: set[str]


@attrs.frozen
class Holder:
    """A record whose field may hold anything."""

    value: Any


@attrs.frozen
class Money:
    """A class that says how it adds."""

    cents: int

    def plus(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    @classmethod
    def zero(cls) -> Money:
        return cls(0)

    def negate(self) -> Money:
        return Money(-self.cents)


class Level(enum.IntEnum):
    """A subclass of int."""

    LOW = 1
    HIGH = 2


def add_one(number):
    return number + 1


@pytest.mark.parametrize(
    ("expected", "left", "right"),
    [
        (2**31, 2**31 - 1, 1),  # exact: an Int of Scala's would wrap
        (0.75, 0.25, 0.5),
        (Decimal("0.3"), Decimal("0.1"), Decimal("0.2")),
        (Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)),
        (3.5, 1, 2.5),
        (3, Level.LOW, Level.HIGH),
        (False, True, True),
        (True, False, True),
        ("ab", "a", "b"),
        (b"ab", b"a", b"b"),
        ([1, 2, 1], [1], [2, 1]),
        ({1, 2, 3}, {1, 2}, {2, 3}),
        ({1, 2}, {1}, frozenset({2})),
        (5, None, 5),
        (5, 5, None),
        (None, None, None),
        ((3, "ab"), (1, "a"), (2, "b")),
        ((1, 5), (None, 2), (1, 3)),
        ((), (), ()),
        ({"a": 1, "c": 2}, {"a": 1, "b": 3}, {"b": -3, "c": 2}),
        ({"b": 1}, {"a": 0}, {"b": 1}),
        ({"a": {"x": 3}}, {"a": {"x": 1, "y": 1}}, {"a": {"x": 2, "y": -1}}),
        ({}, {"a": "", "b": False}, {"a": "", "b": False}),
        ({"a": Max(3)}, {"a": Max(3)}, {"a": Max(1)}),
        ({"a": 2}, Counter(a=1), Counter(a=1)),
        (Left(3), Left(1), Left(2)),
        (Right(3), Right(1), Right(2)),
        (Left(1), Left(1), Right(2)),
        (Left(2), Right(1), Left(2)),
        (Max(2), Max(1), Max(2)),
        (Min(1), Min(1), Min(2)),
        (First(1), First(1), First(2)),
        (Last(2), Last(1), Last(2)),
        (OrVal(True), OrVal(True), OrVal(False)),
        (AndVal(False), AndVal(True), AndVal(False)),
        (array("l", [5, 7, 3]), array("l", [1, 7, 3]), array("l", [4])),
        (Total(3, {"a", "b"}), Total(1, {"a"}), Total(2, {"b"})),
        (Holder(3), Holder(1), Holder(2)),
        (Holder(1), Holder(1), Holder(None)),
        (Money(3), Money(1), Money(2)),
        (TopK(2, (1, 2)), TopK(2, (1, 5)), TopK(2, (2, 3))),
        (Approximate(3, 4, 6, 0.25), Approximate(1, 2, 3, 0.5), Approximate(2, 2, 3, 0.5)),
        (
            ApproximateBoolean(True, 0.5),
            ApproximateBoolean(True, 0.5),
            ApproximateBoolean(False, 1.0),
        ),
    ],
)
def test_plus_by_the_values_types(expected, left, right) -> None:
    total = ANY.plus(left, right)
    assert expected == total and type(total) is type(expected)
    assert expected == ANY.sum_option([left, right])


def test_a_map_that_was_not_added_keeps_its_zeros() -> None:
    assert {"a": 0} == ANY.sum_option([{"a": 0}])
    assert {} == ANY.sum_option([{"a": 0}, {}])


def test_a_map_of_values_without_a_zero_keeps_all() -> None:
    total = MapMonoid(FunctionSemigroup(min)).plus({"a": 0}, {"a": 0, "b": 0})
    assert {"a": 0, "b": 0} == total


def test_of_equal_values_the_left_one_stays() -> None:
    assert "1" in repr(Max(1).plus(Max(1.0))) and "1.0" not in repr(Max(1).plus(Max(1.0)))
    assert "1.0" not in repr(Min(1).plus(Min(1.0)))


def test_functions_compose_left_first() -> None:
    assert 22 == ANY.plus(add_one, lambda number: number * 2)(10)
    assert 21 == ANY.plus(lambda number: number * 2, add_one)(10)
    both = ANY.plus(add_one, str)
    assert "1112" == ANY.plus(both, lambda text: text + "12")(10)
    assert "5" == ANY.plus(add_one, both)(3)
    assert 1 == ANY.plus(both, ANY.plus(len, abs))(3)


def test_wrapping_numbers_are_had_by_name() -> None:
    assert -(2**31) == IntWrap.plus(2**31 - 1, 1)
    assert -(2**63) == LongWrap.sum([2**62, 2**62])
    assert -2 == IntWrap.times(2**31 - 1, 2)
    assert -(2**31) == IntWrap.negate(-(2**31))
    assert 2**31 - 1 == IntWrap.minus(-(2**31), 1)


def test_nothing_to_add_has_no_sum_and_none_can_be_one() -> None:
    assert ANY.sum_option([]) is None
    assert ANY.sum_or([], NOTHING) is NOTHING
    assert ANY.sum_or([None], NOTHING) is None
    assert "" == semigroup_of(str).sum([])


@pytest.mark.parametrize("count", [1023, 1024, 1025, 5000])
def test_long_sums_lose_nothing(count) -> None:
    numbers = range(count)
    assert sum(numbers) == ANY.sum_option(iter(numbers))
    assert list(numbers) == ANY.sum_option([number] for number in numbers)
    assert {"n": sum(numbers)} == ANY.sum_option({"n": number} for number in numbers)
    assert (sum(numbers), count) == ANY.sum_option((number, 1) for number in numbers)
    optional = (number if number % 3 else None for number in numbers)
    assert sum(n for n in numbers if n % 3) == ANY.sum_option(optional)


@pytest.mark.parametrize(
    ("expected", "subject"),
    [
        (IntRing(), int),
        (IntRing(), 5),
        (BoolRing(), True),
        (TextMonoid(str), "a"),
        (SetMonoid(frozenset), frozenset),
        (MapGroup(IntRing()), dict[str, int]),
        (MapMonoid(ListMonoid()), dict[str, list[int]]),
        (OptionMonoid(IntRing()), int | None),
        (ListMonoid(), list[int]),
        (ListMonoid(), Sequence[int]),
        (MapGroup(IntRing()), Mapping[str, int]),
        (MapGroup(IntRing()), Counter[str]),
        (SetMonoid(frozenset), Set[int]),
        (FunctionMonoid(), Callable[[int], int]),
        (IntRing(), Annotated[int, "metres"]),
        (EitherSemigroup(ANY, ANY), Left | Right),
        (ANY, Any),
        (ANY, None),
    ],
)
def test_a_type_says_how_its_values_add(expected, subject) -> None:
    assert expected == semigroup_of(subject)


@pytest.mark.parametrize(
    ("zero", "subject"),
    [
        ((0, "", False), tuple[int, str, bool]),
        ((0, ""), (5, "a")),
        (Total(0, set()), Total),
        (Money(0), Money),
        (False, bool),
        ({}, dict),
        (None, int | None),
        (0.0, 1.5),
        ((), ()),
    ],
)
def test_a_type_says_its_zero(zero, subject) -> None:
    assert zero == semigroup_of(subject).zero


@pytest.mark.parametrize(
    ("strength", "subject"),
    [
        (Ring, tuple[int, bool]),
        (Group, Money),
        (Group, tuple[int, Money]),
        (Group, dict[str, float]),
        (Monoid, tuple[int, str]),
    ],
)
def test_a_structure_is_as_strong_as_its_parts(strength, subject) -> None:
    found = semigroup_of(subject)
    assert isinstance(found, strength)
    assert strength is Ring or not isinstance(found, Ring)


def test_a_tuple_of_unknown_places_has_no_zero() -> None:
    assert not isinstance(semigroup_of(tuple), Monoid)
    assert (3, "ab") == semigroup_of(tuple).plus((1, "a"), (2, "b"))
    assert {"b": (0, 1)} == ANY.plus({"a": (1, 2)}, {"a": (-1, -2), "b": (0, 1)})


def test_a_max_has_a_zero_when_told_one() -> None:
    assert not isinstance(semigroup_of(Max), Monoid)
    assert Max(-(2**31)) == MaxMonoid(-(2**31)).zero


def test_what_a_pipe_gets_may_be_nothing_a_type_or_a_semigroup() -> None:
    assert ANY is as_semigroup(None)
    assert IntRing() == as_semigroup(int)
    assert IntWrap is as_semigroup(IntWrap)


def test_numbers_of_other_libraries_add() -> None:
    numpy = pytest.importorskip("numpy")
    assert 3 == ANY.plus(numpy.int64(1), numpy.int64(2))
    assert 3.5 == ANY.plus(numpy.float64(1.5), 2)


def test_a_million_numbers_cost_little_more_than_plus() -> None:
    numbers = list(range(300_000))

    def seconds(work) -> float:
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun

    def by_hand() -> int:
        total = 0
        for number in numbers:
            total = total + number
        return total

    plain = min(seconds(by_hand) for _ in range(3))
    assert min(seconds(lambda: ANY.sum_option(numbers)) for _ in range(3)) < 10 * plain


def test_the_algebra_loads_no_heavy_library() -> None:
    code = (
        "import sys, cascade2spark.scalding.algebra;"
        "print([n for n in ('numpy', 'pyarrow', 'pyspark', 'datasketches') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]\n" == done.stdout
