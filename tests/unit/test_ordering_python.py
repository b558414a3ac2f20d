"""PythonKeyOrder: Python's ``==`` as the meaning of a key; its laws, and golden hashes."""

from __future__ import annotations

import enum
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import RunError
from cascade2spark.ordering import KeyOrder
from cascade2spark.ordering_python import PythonKeyOrder, python_group_keys
from cascade2spark.rdd.exchange import Partitioner

ONE = PythonKeyOrder(1)
NAN = float("nan")


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1


class Name(enum.StrEnum):
    ANN = "ann"


numbers = (
    st.integers()
    | st.integers(-3, 3)
    | st.booleans()
    | st.floats(allow_nan=True)
    | st.integers(-3, 3).map(float)
    | st.decimals(allow_nan=False, places=2)
    | st.sampled_from([Decimal("1.00"), Decimal("0.5"), Decimal("NaN"), Decimal("-Infinity")])
    | st.fractions(max_denominator=8)
)
values = st.recursive(
    st.none()
    | numbers
    | st.text(max_size=3)
    | st.binary(max_size=3)
    | st.dates()
    | st.datetimes()
    | st.sampled_from([Colour.RED, Colour.BLUE, Level.LOW, Name.ANN]),
    lambda inner: st.tuples(inner, inner) | st.lists(inner, max_size=2),
    max_leaves=4,
)


def is_equal(left, right) -> bool:
    """``==`` with NaN equal to NaN, also inside."""
    if isinstance(left, (tuple, list)):
        return (
            isinstance(right, tuple if isinstance(left, tuple) else list)
            and len(left) == len(right)
            and all(map(is_equal, left, right))
        )
    is_odd = [isinstance(v, (float, Decimal)) and math.isnan(v) for v in (left, right)]
    return all(is_odd) or (not any(is_odd) and left == right)


@given(values, values)
def test_what_is_equal_is_one_key_and_nothing_else_is(left, right) -> None:
    expected = is_equal(left, right)
    keys = (left,), (right,)
    assert ONE.same()(*keys) == expected
    assert (ONE.group_key()(keys[0]) == ONE.group_key()(keys[1])) == expected
    less, more = sorted(map(ONE.sort_key(), keys))
    assert (not less < more) == expected
    if expected:
        assert ONE.hash_of(keys[0]) == ONE.hash_of(keys[1])


@given(st.lists(values, max_size=6), st.booleans())
def test_any_values_have_one_order(some, reverse) -> None:
    order = PythonKeyOrder(1, reverse).sort_key()
    places = sorted(order((value,)) for value in some)
    for left, right in combinations(places, 2):
        assert not right < left
    forwards = sorted([(value,) for value in some], key=ONE.sort_key())
    backwards = sorted(forwards, key=PythonKeyOrder(1, True).sort_key())
    assert list(map(ONE.sort_key(), backwards)) == list(map(ONE.sort_key(), reversed(forwards)))


@given(st.lists(st.tuples(values, values), max_size=6))
def test_keys_of_several_values_are_compared_value_by_value(some) -> None:
    two = PythonKeyOrder(2)
    same, group_key, sort_key = two.same(), two.group_key(), two.sort_key()
    for left, right in combinations(some, 2):
        expected = is_equal(left, right)
        assert same(left, right) == expected
        assert (group_key(left) == group_key(right)) == expected
        assert (sort_key(left) == sort_key(right)) == expected


@given(
    st.lists(st.integers() | st.booleans() | st.floats())
    | st.lists(st.text())
    | st.lists(st.tuples(st.integers() | st.floats(allow_nan=False), st.text(max_size=2)))
    | st.lists(st.tuples(st.just(1)) | st.just(()))
    | st.lists(values)
)
def test_the_order_among_some_keys_is_the_order(some) -> None:
    keys = [(value,) for value in some]
    assert sorted(keys, key=ONE.sort_key_among(keys)) == sorted(keys, key=ONE.sort_key())


@given(st.lists(values), st.integers(1, 5))
def test_partitions_are_found_for_many_as_for_one(some, partitions) -> None:
    rows = [(value,) for value in some]
    find = ONE.partitioner(partitions)
    assert Partitioner((0,), partitions).numbers(rows).tolist() == list(map(find, rows))


@given(
    st.lists(
        st.tuples(st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.text()), min_size=1
    )
)
def test_columns_of_whole_numbers_and_text_hash_as_those_of_pipes(rows) -> None:
    assert [PythonKeyOrder(2).hash_of(row) for row in rows] == [
        KeyOrder(2).hash_of(row) for row in rows
    ]


@pytest.mark.parametrize(
    "equals",
    [
        [1, 1.0, True, Decimal(1), Decimal("1.00"), Fraction(1), Level.LOW, np.int64(1)],
        [0, 0.0, -0.0, False, Decimal("-0")],
        [0.5, Decimal("0.5"), Fraction(1, 2), np.float32(0.5)],
        [2**70, 2.0**70, Decimal(2**70)],
        [float("inf"), Decimal("Infinity")],
        [NAN, Decimal("NaN"), Decimal("sNaN"), -NAN],
        ["ann", Name.ANN],
        [b"a", bytearray(b"a")],
        [{1, 2}, frozenset([2.0, 1])],
        [{"a": 1, "b": None}, {"b": None, "a": 1.0}],
        [
            datetime(2024, 1, 1, tzinfo=UTC),
            datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        ],
        [(1, (2, None)), (1.0, (2, None))],
    ],
    ids=str,
)
def test_equal_values_of_several_classes_are_one_key(equals) -> None:
    assert 1 == len({ONE.hash_of((value,)) for value in equals})
    assert 1 == len(set(python_group_keys(equals)))
    assert all(ONE.same()((equals[0],), (value,)) for value in equals)


def test_kinds_that_python_cannot_order_are_ordered_by_kind() -> None:
    expected = [
        None, Decimal("-Infinity"), -1, 0.25, True, Fraction(3, 2), 2, float("inf"), NAN,
        "", "a", b"", date(2024, 1, 1), time(1), datetime(2024, 1, 1),
        datetime(2020, 1, 1, tzinfo=UTC), (), (1, 5), (2,), {1: 2}, [1], {1}, Colour.BLUE,
    ]  # fmt: skip
    shuffled = [(value,) for value in expected[::2] + expected[1::2]]
    assert expected == [value for (value,) in sorted(shuffled, key=ONE.sort_key())]
    down = sorted(shuffled, key=PythonKeyOrder(1, reverse=True).sort_key())
    assert expected[::-1] == [value for (value,) in down]


@pytest.mark.parametrize(
    ("golden", "value"),
    [
        ("865d04f998b5e04c", None),
        ("5e301d40a754942f", True),
        ("5e301d40a754942f", 1),
        ("aa14d6d5bde735fe", -1),
        ("7388c4830640eaae", 2**63 - 1),
        ("2c81345eec787f87", 2**63),
        ("9ec4c8c5d553fceb", -(2**100)),
        ("ff49518e1cd60904", 0.5),
        ("d6a25dae1ebd9ff5", -2.75),
        ("9dc713fe7e4f4fe1", 1e300),
        ("a7b964f59193a48f", float("inf")),
        ("41e093abaa454a69", float("nan")),
        ("31d468014460f956", Decimal("0.1")),
        ("f371f364ffa45714", Fraction(1, 3)),
        ("02ffb5574d38b767", ""),
        ("8a7e1f0e28abdc43", "a"),
        ("b04f5abecd4562b5", "kitten, £"),
        ("209a0ccc90e54fef", b"a"),
        ("3c0108e160c1968b", date(2024, 2, 29)),
        ("e670bb1f49bae444", datetime(2024, 2, 29, 12, 30, 1, 5)),
        ("07696dc9e40b252f", datetime(2024, 2, 29, tzinfo=UTC)),
        ("8ed94e7d356ccc47", time(23, 59)),
        ("1feab67748470ab0", ()),
        ("a506e2c54ba0b5d2", (1, "a", None)),
        ("21c6c1eb7e862f51", (1.0, ("a",))),
        ("c04a3a2db2bcce75", [1]),
        ("4853d11daa8d6ad9", {1, 2}),
        ("6d9e9b34c85feb63", {"a": 1}),
    ],
    ids=str,
)
def test_hashes_are_what_they_always_were(golden, value) -> None:
    assert golden == f"{ONE.hash_of((value,)):016x}"


def test_an_object_is_refused_with_its_class() -> None:
    with pytest.raises(RunError, match=r"class object cannot be part of a key") as refused:
        ONE.hash_of((object(),))
    assert "tuples of them" in str(refused.value)
