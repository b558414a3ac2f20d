"""Sorting columns gives the rows in the order that `KeyOrder` and arrival give them."""

from __future__ import annotations

import datetime
import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, columns_of, rows_of
from cascade2spark.batch.column_sort import ColumnOrder, sorted_columns, sorted_selections
from cascade2spark.batch.kernels.keys import row_ranks
from cascade2spark.batch.selected_rows import gathered
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.comparators import NullNotEquivalentComparator, reverse_order
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick

WIDTH = 4
HUGE = 1 << 40
REALS = [0.0, -0.0, float("nan"), -float("nan"), 1.0, -1.0, 5e-324, 1e300, float("inf")]
TEXTS = ["", "a", "a\0", "ab", "b", "é", "\uffff", "\U0001f600", "a" * 20]
KINDS: list[Any] = [
    st.integers(-2, 2),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([-(2**63), 2**63 - 1, 0]),
    st.sampled_from([*REALS, -float("inf")]),
    st.sampled_from(TEXTS),
    st.booleans(),
    st.binary(max_size=2),
    st.dates(datetime.date(1960, 1, 1), datetime.date(1980, 1, 1)),
    st.none(),
]


@st.composite
def batches(draw: st.DrawFn, keys: Any = None) -> list[list[Any]]:
    """Batches of rows whose columns are of one kind each, nulls among them."""
    kinds = [draw(st.sampled_from(KINDS)) | st.none() for _ in range(WIDTH - 1)]
    if keys is not None:
        kinds[0] = keys
    rows = draw(st.lists(st.tuples(*kinds), max_size=24))
    numbered = [(*row, number) for number, row in enumerate(rows)]
    size = draw(st.integers(1, 6))
    return [numbered[start : start + size] for start in range(0, len(numbered), size)]


@st.composite
def orders(draw: st.DrawFn, places: Any) -> tuple[Pick, KeyOrder]:
    chosen = tuple(draw(st.lists(places, max_size=3)))
    downs = [reverse_order() if draw(st.booleans()) else None for _ in chosen]
    return Pick(chosen, WIDTH), KeyOrder(len(chosen), downs, draw(st.booleans()))


def columns(batches: list[list[Any]]) -> list[Any]:
    return [columns_of(batch, len(batch[0])) for batch in batches]


def in_order(given_batches: Any, order: Any, **options: Any) -> list[Any]:
    spill = SpillSpace(options.pop("limit", HUGE))
    try:
        slices = list(sorted_columns(columns(given_batches), order, spill, **options))
        selections = sorted_selections(columns(given_batches), order, spill, **options)
        copied = [gathered(one) for one in selections]
        assert list(map(str, map(rows_of, slices))) == list(map(str, map(rows_of, copied)))
        assert [one.schema for one in slices] == [one.schema for one in copied]
    finally:
        spill.close()
    assert 1 >= len({one.schema for one in slices})
    assert all(one.num_rows for one in slices)
    return [row for one in slices for row in rows_of(one)]


def expected(given_batches: Any, *orders: tuple[Pick, KeyOrder]) -> list[Any]:
    rows = [row for batch in given_batches for row in batch]
    for pick, order in reversed(orders):
        cut, sort_key = pick.of(), order.sort_key()
        rows.sort(key=lambda row, cut=cut, sort_key=sort_key: sort_key(cut(row)))
    return rows


@given(
    batches(),
    orders(st.sampled_from([1, 2])),
    orders(st.integers(0, WIDTH - 1)) | st.none(),
    st.sampled_from([HUGE, 2000, 300, 1]),
    st.sampled_from([1, 3, 1000]),
)
def test_rows_come_by_key_then_sort_values_then_arrival(
    given_batches, key, sort, limit, slice_rows
) -> None:
    order = ColumnOrder.of(*key, *(sort or (None, None)))
    assert order is not None
    try:
        found = in_order(given_batches, order, limit=limit, slice_rows=slice_rows)
    except NotColumns:
        keys = [key[0].of()(row) for batch in given_batches for row in batch]
        assert sort and any("-0.0" in map(repr, values) for values in keys)
        return
    wanted = expected(given_batches, key, *([sort] if sort else []))
    assert list(map(repr, wanted)) == list(map(repr, found))


@given(st.data())
def test_several_wide_columns_are_compared_in_full(data) -> None:
    """Numbers whose ranges together pass 64 bits, several times over."""
    numbers = st.sampled_from([-(2**63), -(2**62), -1, 0, 2**62, 2**63 - 1, None])
    rows = data.draw(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=30))
    batch = [(*row, number) for number, row in enumerate(rows)]
    key = (Pick((0, 1), WIDTH), KeyOrder(2, (None, reverse_order())))
    sort = (Pick((2, 1), WIDTH), KeyOrder(2))
    order = ColumnOrder.of(*key, *sort)
    assert expected([batch], key, sort) == in_order([batch], order)


def test_many_runs_are_merged_in_several_passes() -> None:
    random.seed(7)
    rows = [(random.randrange(9), "x" * random.randrange(4), n) for n in range(700)]
    given_batches = [rows[at : at + 5] for at in range(0, len(rows), 5)]
    key = (Pick((0,), 3), KeyOrder(1, reverse=True))
    sort = (Pick((1,), 3), KeyOrder(1))
    spill = SpillSpace(100)
    order = ColumnOrder.of(*key, *sort)
    slices = list(sorted_columns(columns(given_batches), order, spill, slice_rows=2))
    assert expected(given_batches, key, sort) == [row for one in slices for row in rows_of(one)]
    once = sum(batch.nbytes for batch in columns(given_batches))
    assert spill.spilled_bytes > 2 * once


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("is_text", [True, False])
def test_many_distinct_texts(down: bool, is_text: bool) -> None:
    random.seed(11)
    letters = ["a", "b", "é", "\0", "\uffff", "\U0001f600"]
    texts = ["".join(random.choices(letters, k=random.randrange(7, 12))) for _ in range(30_000)]
    texts += ["", "", *texts[:5], *[f"{text}\0" for text in texts[:5]]]
    values: list[Any] = [*(texts if is_text else map(str.encode, texts)), None, None]
    random.shuffle(values)
    rows = [(value, number) for number, value in enumerate(values)]
    assert not is_text or row_ranks([columns([rows])[0].column(0)], [down], len(rows))[1] > 1 << 40
    key = (Pick((0,), 2), KeyOrder(1, reverse=down))
    assert expected([rows], key) == in_order([rows], ColumnOrder.of(*key))


@pytest.mark.parametrize("presorted", [True, False])
def test_large_runs_are_merged_block_by_block(presorted: bool) -> None:
    random.seed(3)
    rows = [(n // 9 if presorted else random.randrange(500), n, "text") for n in range(6000)]
    given_batches = [rows[at : at + 1000] for at in range(0, len(rows), 1000)]
    key = (Pick((0,), 3), KeyOrder(1))
    order = ColumnOrder.of(*key)
    assert expected(given_batches, key) == in_order(given_batches, order, limit=150_000)


def test_a_column_without_values_in_some_batches_takes_the_type_of_the_others() -> None:
    given_batches = [[("a", None, None)], [("a", 1, None)], [(None, None, None)]]
    order = ColumnOrder.of(Pick((0,), 3), KeyOrder(1), Pick((1,), 3), KeyOrder(1))
    wanted = [(None, None, None), ("a", None, None), ("a", 1, None)]
    for limit in (HUGE, 1):
        assert wanted == in_order(given_batches, order, limit=limit)


@pytest.mark.parametrize("limit", [HUGE, 1])
@pytest.mark.parametrize("other", [[("a", 1.0)], [("a", 1, 2)], [(b"a", 1)]])
def test_parts_that_differ_are_refused_before_anything_is_given(limit: int, other: Any) -> None:
    order = ColumnOrder.of(Pick((0,), 2), KeyOrder(1))
    found = sorted_columns(columns([[("a", 1)], other]), order, SpillSpace(limit))
    with pytest.raises(NotColumns):
        next(found)


@pytest.mark.parametrize("down", [True, False])
def test_every_nan_is_one_value_beyond_all_numbers(down: bool) -> None:
    nan, inf = float("nan"), float("inf")
    rows = [(value, n) for n, value in enumerate([nan, -inf, -nan, None, inf, nan, -0.0, 0.0])]
    key = (Pick((0,), 2), KeyOrder(1, reverse=down))
    found = in_order([rows], ColumnOrder.of(*key))
    assert [number for _, number in expected([rows], key)] == [number for _, number in found]


def test_a_key_that_the_first_row_to_arrive_may_not_show_is_refused() -> None:
    given_batches = [[(0.0, 2)], [(-0.0, 1)]]
    key, sort = (Pick((0,), 2), KeyOrder(1)), (Pick((1,), 2), KeyOrder(1))
    with pytest.raises(NotColumns, match="negative zero"):
        in_order(given_batches, ColumnOrder.of(*key, *sort))
    assert [(0.0, 2), (-0.0, 1)] == in_order(given_batches, ColumnOrder.of(*key))


def test_a_type_without_an_order_is_refused() -> None:
    moments = pa.record_batch([pa.array([1], pa.timestamp("s"))], ["0"])
    order = ColumnOrder.of(Pick((0,), 1), KeyOrder(1))
    with pytest.raises(NotColumns, match="no order"):
        next(sorted_columns([moments], order, SpillSpace()))


@pytest.mark.parametrize("limit", [HUGE, 1])
def test_texts_beyond_what_one_array_can_count(limit: int, monkeypatch: Any) -> None:
    monkeypatch.setattr("cascade2spark.batch.batches.MOST_COLUMN_BYTES", 3)
    given_batches = [[("b", b"y", None)], [("a", b"z", "t")], [("b", b"x", "u")]]
    key, sort = (Pick((0,), 3), KeyOrder(1)), (Pick((1,), 3), KeyOrder(1))
    found = list(
        sorted_columns(columns(given_batches), ColumnOrder.of(*key, *sort), SpillSpace(limit))
    )
    assert expected(given_batches, key, sort) == [row for one in found for row in rows_of(one)]
    assert [pa.string(), pa.binary(), pa.string()] == found[0].schema.types


def test_nothing_gives_nothing() -> None:
    order = ColumnOrder.of(Pick((0,), 1), KeyOrder(1))
    assert [] == list(sorted_columns([], order, SpillSpace()))
    assert [] == list(sorted_columns([columns_of([], 1)], order, SpillSpace()))


def test_all_input_is_read_before_the_first_slice() -> None:
    given_batches = iter(columns([[(2,)], [(1,)]]))
    order = ColumnOrder.of(Pick((0,), 1), KeyOrder(1))
    assert [(1,), (2,)] == rows_of(next(sorted_columns(given_batches, order, SpillSpace())))
    assert [] == list(given_batches)


def test_orders_that_only_rows_have() -> None:
    key, natural = Pick((0,), 1), KeyOrder(1)
    lonely = KeyOrder(1, (NullNotEquivalentComparator(),))
    varying = Pick(None)
    assert ColumnOrder.of(key, lonely) is None
    assert ColumnOrder.of(varying, natural) is None
    assert ColumnOrder.of(key, natural, key, lonely) is None
    assert ColumnOrder.of(key, natural, varying, natural) is None
    assert ColumnOrder((0, 0), (False, True), 1) == ColumnOrder.of(
        key, natural, key, KeyOrder(1, (reverse_order(),))
    )
