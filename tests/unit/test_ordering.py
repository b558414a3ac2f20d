"""KeyOrder: kinds, nulls, directions, comparators, and the hash that may never change."""

from __future__ import annotations

import math
import pickle
import random
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from cascade2spark.comparators import (
    NullNotEquivalentComparator,
    StringInsensitive,
    comparing,
    natural_order,
    reverse_order,
)
from cascade2spark.errors import BuildError, RunError
from cascade2spark.fields import Fields
from cascade2spark.ordering import KeyOrder

# Every kind, in key order; each value differs from the next.
ASCENDING: list[Any] = [
    None,
    False,
    True,
    -(2**70),
    -1,
    0,
    1,
    2**70,
    -math.inf,
    -1.5,
    0.0,
    1.0,
    math.inf,
    math.nan,
    Decimal("-Infinity"),
    Decimal("-1"),
    Decimal("1.0"),
    Decimal("1E+30"),
    Decimal("NaN"),
    "",
    "a",
    "ab",
    "b",
    "\ud800",
    "\uffff",
    "\U0001f600",
    b"",
    b"a",
    date(2020, 1, 1),
    time(1),
    time(1, tzinfo=UTC),
    datetime(2020, 1, 1),
    datetime(2020, 1, 1, tzinfo=UTC),
    (),
    (2,),
    (1, 2),
    (1, "a"),
    {},
    {"a": 1},
    {"b": 0},
]

SAME: list[tuple[Any, Any]] = [
    (None, None),
    (math.nan, float("nan")),
    (0.0, -0.0),
    (Decimal("1.0"), Decimal("1.00")),
    (Decimal("0"), Decimal("-0.000")),
    (Decimal("1E+3"), Decimal("1000")),
    (Decimal("NaN"), Decimal("sNaN")),
    (b"ab", bytearray(b"ab")),
    ((1, (None, "a")), [1, [None, "a"]]),
    ({"a": 1, "b": math.nan}, {"b": math.nan, "a": 1}),
    (
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2020, 1, 1, 5, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    ),
]

# Golden: these place rows in partitions. A change here re-partitions everything ever written.
GOLDEN: list[tuple[tuple[Any, ...], int]] = [
    ((), 0xF834C6C48E12B1FE),
    ((None,), 0x865D04F998B5E04C),
    ((True,), 0x9756EA9EFA99A27F),
    ((0,), 0xDD80ADE8BE406EF1),
    ((-1,), 0xAA14D6D5BDE735FE),
    ((9223372036854775808,), 0xD6B01A1072734043),
    ((-1180591620717411303424,), 0x9EEB77B04590165A),
    ((0.0,), 0x7A622198D1C6D7CB),
    ((-1.5,), 0xE308612AA4529E96),
    ((math.nan,), 0x41E093ABAA454A69),
    ((Decimal("1.50"),), 0x82FDB3714AC07417),
    ((Decimal("1E+3"),), 0x569DD8FA1DFFAD28),
    ((Decimal("-0.0"),), 0x0B2B00E33226E50F),
    ((Decimal("NaN"),), 0xB8A9493F91F7BC05),
    (("",), 0x02FFB5574D38B767),
    (("a",), 0x8A7E1F0E28ABDC43),
    (("12345678",), 0xD8DD1BBC567FF2CF),
    (("grüße \ud800 x",), 0x1AB3793E7E49B1D0),
    ((b"",), 0xFE498C7FC0D2CAA8),
    ((b"123456789",), 0x90025E203BE66B4E),
    ((date(1969, 12, 31),), 0x4F489FBF9BF51FE4),
    ((time(1, 2, 3, 4),), 0x9BC5836D6809B430),
    ((datetime(2020, 1, 2, 3, 4, 5, 6),), 0x33EB9FADF73C0837),
    ((datetime(2020, 1, 2, 0, 0, tzinfo=UTC),), 0xCCAEFB36ABACDE0B),
    (((),), 0x1FEAB67748470AB0),
    (((1, ("a", None)),), 0xD9C838277E7522EC),
    (({"b": 1, "a": None},), 0xF59998D5490E0D96),
    (("user", 7), 0xD636226822D0FBA7),
    ((7, "user"), 0xDE5AC09DE3299426),
    ((None, None), 0x30AACDFDB4972AF8),
]


class ByLength:
    """Finds texts of one length equal and tells nothing about their hash."""

    def compare(self, left: Any, right: Any) -> int:
        return len(left) - len(right)


class ByLengthHashed(ByLength):
    """The same with a hash."""

    def hash_code(self, value: Any) -> int:
        return -len(value)


def _order(keys: list[Any], order: KeyOrder) -> list[Any]:
    shuffled = random.Random(7).sample(keys, len(keys))
    return [key for (key,) in sorted([(key,) for key in shuffled], key=order.sort_key())]


def test_keys_ascend_null_first_and_kind_by_kind() -> None:
    assert list(map(repr, ASCENDING)) == list(map(repr, _order(ASCENDING, KeyOrder(1))))


def test_reverse_inverts_everything() -> None:
    found = _order(ASCENDING, KeyOrder(1, reverse=True))
    assert list(map(repr, reversed(ASCENDING))) == list(map(repr, found))


@pytest.mark.parametrize(("left", "right"), SAME)
def test_same_values(left: Any, right: Any) -> None:
    order = KeyOrder(1)
    assert order.same()((left,), (right,))
    assert order.sort_key()((left,)) == order.sort_key()((right,))
    assert order.group_key()((left,)) == order.group_key()((right,))
    assert hash(order.group_key()((left,))) == hash(order.group_key()((right,)))
    assert order.hash_of((left,)) == order.hash_of((right,))


def test_different_kinds_and_values_are_never_the_same() -> None:
    order = KeyOrder(1)
    same, group_key = order.same(), order.group_key()
    keys = [(value,) for value in ASCENDING]
    assert len(keys) == len({group_key(key) for key in keys})
    assert len(keys) == len({order.hash_of(key) for key in keys})
    assert [] == [(a, b) for i, a in enumerate(keys) for b in keys[:i] if same(a, b)]


def test_several_fields_are_compared_from_the_left() -> None:
    keys = [("b", 1), ("a", 2), ("a", None), (None, 3)]
    assert [(None, 3), ("a", None), ("a", 2), ("b", 1)] == sorted(keys, key=KeyOrder(2).sort_key())


def test_null_keys_differ_by_place() -> None:
    order = KeyOrder(2)
    assert not order.same()((1, None), (None, 1))
    assert order.hash_of((1, None)) != order.hash_of((None, 1))


def test_a_key_of_no_fields_is_one_key() -> None:
    order = KeyOrder(0)
    assert order.same()((), ())
    assert order.sort_key()(()) == ()
    assert order.group_key()(()) == ()
    assert order.is_partitionable


def test_directions() -> None:
    order = KeyOrder(2, (None, reverse_order()))
    assert (False, True) == order.descending
    keys = [("a", None), ("a", 1), ("b", 5), ("a", 2)]
    assert [("a", 2), ("a", 1), ("a", None), ("b", 5)] == sorted(keys, key=order.sort_key())


def test_reverse_and_a_reversed_comparator_cancel_out() -> None:
    order = KeyOrder(1, (reverse_order(),), reverse=True)
    assert (False,) == order.descending
    assert [None, "a", "b"] == _order(["b", None, "a"], order)


def test_natural_order_given_by_name_is_no_comparator() -> None:
    assert KeyOrder(1) == KeyOrder(1, (natural_order(),))
    assert KeyOrder(2, (None, None)).is_natural
    assert KeyOrder(1, reverse=True).is_natural
    assert not KeyOrder(1, (comparing(len),)).is_directional


def test_a_comparator_without_a_hash_allows_no_partitions_and_no_dict() -> None:
    order = KeyOrder(1, (ByLength(),))
    assert not order.is_partitionable
    assert not order.has_group_key
    assert 0 == order.partition_of(("word",), 7) == order.partitioner(7)(("another",))
    assert order.same()(("ab",), ("cd",))
    with pytest.raises(RunError, match="hash_code"):
        order.group_key()
    assert KeyOrder(2, (ByLength(), None)).is_partitionable


def test_fields_without_a_hash_do_not_spread_same_keys() -> None:
    order = KeyOrder(2, (ByLength(), None))
    assert order.hash_of(("ab", 1)) == order.hash_of(("cd", 1)) != order.hash_of(("cd", 2))


@pytest.mark.parametrize(
    ("comparator", "left", "right"),
    [
        (ByLengthHashed(), "ab", "cd"),
        (comparing(len), "ab", "cd"),
        (StringInsensitive(), "Ab", "aB"),
        (reverse_order(StringInsensitive()), "Ab", "aB"),
    ],
)
def test_a_comparator_with_a_hash_merges_keys_everywhere(
    comparator: Any, left: str, right: str
) -> None:
    order = KeyOrder(1, (comparator,))
    assert order.same()((left,), (right,))
    assert not order.same()((left,), ("x",))
    assert 2 == len({order.group_key()((word,)) for word in (left, right, "x")})
    assert order.hash_of((left,)) == order.hash_of((right,))
    assert order.sort_key()((left,)) == order.sort_key()((right,))


def test_a_comparator_orders_and_reverses() -> None:
    assert ["c", "bb", "aaa"] == _order(["bb", "aaa", "c"], KeyOrder(1, (ByLength(),)))
    assert ["aaa", "bb", "c"] == _order(["bb", "aaa", "c"], KeyOrder(1, (ByLength(),), True))
    assert ["aaa", "bb", "c"] == _order(["bb", "c", "aaa"], KeyOrder(1, (comparing(len, True),)))


@pytest.mark.parametrize("wrap", [lambda given: given, reverse_order])
def test_null_not_equivalent_keys_equal_nothing(wrap: Any) -> None:
    order = KeyOrder(2, (wrap(NullNotEquivalentComparator()), None))
    key = (None, 1)
    assert not order.same()(key, key)
    assert order.group_key()(key) != order.group_key()(key)
    assert order.same()((1, None), (1, None))
    assert order.group_key()((1, None)) == order.group_key()((1, None))
    assert order.sort_key()(key) == order.sort_key()(key)
    assert order.is_partitionable
    assert not order.is_directional


def test_null_not_equivalent_sorts_null_first() -> None:
    assert [None, 1, 2] == _order([2, None, 1], KeyOrder(1, (NullNotEquivalentComparator(),)))


def test_a_value_that_has_no_place_in_a_key_is_named() -> None:
    with pytest.raises(RunError, match="class object cannot be part of a key") as caught:
        KeyOrder(1).sort_key()((object(),))
    assert "<object object" in str(caught.value)


def test_the_number_of_comparators_is_checked() -> None:
    with pytest.raises(BuildError, match="1 comparators were given for a key of 2"):
        KeyOrder(2, (reverse_order(),))


def test_the_order_of_fields_takes_their_comparators() -> None:
    fields = Fields("a", "b")
    fields.set_comparator("b", reverse_order())
    assert KeyOrder(2, (None, reverse_order()), True) == KeyOrder.of(fields, reverse=True)
    assert KeyOrder(2) == KeyOrder.of(Fields("a", "b"))


def test_a_key_order_travels() -> None:
    order = KeyOrder(2, (StringInsensitive(), reverse_order()), reverse=True)
    again = pickle.loads(pickle.dumps(order))
    assert order == again
    assert order.hash_of(("A", 1)) == again.hash_of(("a", 1))
    assert len(pickle.dumps(KeyOrder(1))) < 120


@pytest.mark.parametrize(
    "keys",
    [
        [("b", 1), ("a", 2), ("a", 1)],
        [("b", None), (None, 2), ("a", 1)],
        [("b", 1.5), ("a", math.nan), ("a", 1.0)],
        [(True, 1), (1, 2), (1.0, 3)],
        [],
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_the_quick_sort_key_agrees_among_the_keys_it_was_made_for(
    keys: list[Any], reverse: bool
) -> None:
    order = KeyOrder(2, reverse=reverse)
    expected = sorted(keys, key=order.sort_key())
    assert list(map(repr, expected)) == list(
        map(repr, sorted(keys, key=order.sort_key_among(keys)))
    )


def test_partitions_are_filled_evenly() -> None:
    place = KeyOrder(1).partitioner(8)
    for keys in ([(number,) for number in range(8000)], [(f"u{n}",) for n in range(8000)]):
        counts = [0] * 8
        for key in keys:
            counts[place(key)] += 1
        assert 850 < min(counts) <= max(counts) < 1150


def test_hashes_are_the_golden_ones() -> None:
    order_of = {len(key): KeyOrder(len(key)) for key, _ in GOLDEN}
    found = [(key, order_of[len(key)].hash_of(key)) for key, _ in GOLDEN]
    assert list(map(repr, GOLDEN)) == list(map(repr, found))


def test_another_process_finds_the_same_hash() -> None:
    key = (None, "word", 1, 1.5, math.nan, Decimal("1.50"), ("a", None), b"x")
    code = (
        "import math; from decimal import Decimal; from cascade2spark.ordering import KeyOrder; "
        'print(KeyOrder(8).hash_of((None, "word", 1, 1.5, math.nan, Decimal("1.50"), '
        '("a", None), b"x")))'
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert KeyOrder(8).hash_of(key) == int(done.stdout)
