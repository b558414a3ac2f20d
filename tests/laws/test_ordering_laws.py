"""Laws of KeyOrder: one total order, and equality, dict keys and hash that agree with it."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.comparators import StringInsensitive, comparing, reverse_order
from cascade2spark.ordering import KeyOrder

_SMALL = [
    None,
    False,
    True,
    0,
    1,
    -1,
    0.0,
    -0.0,
    1.0,
    "",
    "a",
    "A",
    "b",
    b"",
    b"a",
    bytearray(b"a"),
]
_LEAVES = st.one_of(
    st.sampled_from(_SMALL),
    st.integers(),
    st.floats(allow_nan=True),
    st.decimals(),
    st.text(st.characters(exclude_categories=())),  # lone surrogates as well
    st.binary(max_size=12),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
)
VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=2), inner, max_size=2),
    ),
    max_leaves=5,
)
FEW = st.one_of(st.sampled_from(_SMALL), st.floats(), st.decimals(places=1, allow_nan=True))
KEYS = st.tuples(st.one_of(FEW, VALUES), FEW)
ORDERS = st.sampled_from(
    [
        KeyOrder(2),
        KeyOrder(2, reverse=True),
        KeyOrder(2, (None, reverse_order())),
        KeyOrder(2, (comparing(str), StringInsensitive()), reverse=True),
        KeyOrder(2, (reverse_order(comparing(repr)), None)),
    ]
)


@given(ORDERS, st.lists(KEYS, min_size=3, max_size=3))
def test_the_order_is_total_and_transitive(order: KeyOrder, keys: list[Any]) -> None:
    sort_key = order.sort_key()
    a, b, c = sorted(map(sort_key, keys))
    assert not b < a
    assert not c < b
    assert not c < a
    assert (a < b) + (b < a) + (a == b) == 1


@given(ORDERS, KEYS, KEYS)
def test_order_equality_dict_key_and_hash_agree(order: KeyOrder, left: Any, right: Any) -> None:
    sort_key, group_key = order.sort_key(), order.group_key()
    is_same = order.same()(left, right)
    one, other = sort_key(left), sort_key(right)
    assert is_same == (not one < other and not other < one)
    assert is_same == (group_key(left) == group_key(right))
    assert is_same == (len({group_key(left), group_key(right)}) == 1)
    if is_same:
        assert order.hash_of(left) == order.hash_of(right)
        assert order.partition_of(left, 7) == order.partition_of(right, 7)


@given(ORDERS, KEYS)
def test_every_key_is_the_same_as_itself(order: KeyOrder, key: Any) -> None:
    assert order.same()(key, (key[0], key[1]))
    assert order.group_key()(key) == order.group_key()((key[0], key[1]))
    assert 0 <= order.hash_of(key) < 2**64


@given(st.lists(KEYS, max_size=6))
def test_reverse_turns_the_order_around(keys: list[Any]) -> None:
    up, down = KeyOrder(2).sort_key(), KeyOrder(2, reverse=True).sort_key()
    # Python keeps ties in input order when it sorts in reverse, too.
    expected = sorted(keys, key=up, reverse=True)
    assert [repr(key) for key in expected] == [repr(key) for key in sorted(keys, key=down)]


@given(st.lists(st.tuples(st.one_of(st.text(), st.integers()), FEW), max_size=8))
def test_the_quick_sort_key_sorts_alike(keys: list[Any]) -> None:
    order = KeyOrder(2)
    quick = sorted(keys, key=order.sort_key_among(keys))
    assert [repr(key) for key in sorted(keys, key=order.sort_key())] == [repr(key) for key in quick]
