"""The product kernel against a nested loop."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.kernels.products import Product
from cascade2spark.errors import FlowError


@st.composite
def sides(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]], tuple[bool, ...]]:
    size = draw(st.integers(1, 5))
    groups = draw(st.integers(0, 6))
    counts = [
        draw(st.lists(st.integers(0, 3), min_size=groups, max_size=groups)) for _ in range(size)
    ]
    starts = [
        draw(st.lists(st.integers(0, 50), min_size=groups, max_size=groups)) for _ in range(size)
    ]
    required = draw(st.tuples(*[st.booleans()] * size))
    return counts, starts, required


def nested(
    counts: list[list[int]], starts: list[list[int]], required: tuple[bool, ...]
) -> tuple[list[tuple[int | None, ...]], list[int]]:
    rows: list[tuple[int | None, ...]] = []
    ends = []
    for group in range(len(counts[0])):
        sizes = [numbers[group] for numbers in counts]
        is_joined = any(sizes) and all(
            size or not must for size, must in zip(sizes, required, strict=True)
        )
        if is_joined:
            rows += product(
                *[
                    range(begin[group], begin[group] + size) if size else [None]
                    for size, begin in zip(sizes, starts, strict=True)
                ]
            )
        ends.append(len(rows))
    return rows, ends


def shown(made: Product, start: int, stop: int) -> list[tuple[int | None, ...]]:
    sides = []
    for places, absent in made.places(start, stop):
        assert len(places) == stop - start
        missing = np.zeros(len(places), dtype=bool) if absent is None else absent
        sides.append([None if no else at for at, no in zip(places.tolist(), missing, strict=True)])
    return list(zip(*sides, strict=True))


@given(sides(), st.data())
def test_places_are_those_of_a_nested_loop(
    drawn: tuple[list[list[int]], list[list[int]], tuple[bool, ...]], data: st.DataObject
) -> None:
    expected, ends = nested(*drawn)
    made = Product(*drawn)
    assert (made.rows, made.group_ends.tolist()) == (len(expected), ends)
    assert shown(made, 0, made.rows) == expected
    start = data.draw(st.integers(0, made.rows))
    stop = data.draw(st.integers(start, made.rows))
    assert shown(made, start, stop) == expected[start:stop]


def test_no_mask_where_no_row_is_missing() -> None:
    made = Product([[1, 1], [2, 0]], [[0, 1], [0, 0]], (True, False))
    assert made.places(0, 2)[1][1] is None
    assert made.places(0, 3)[1][1] is not None


def test_a_product_beyond_32_bits_is_numbered() -> None:
    made = Product([[100_000], [100_000]], [[7], [9]], (True, True))
    assert made.rows == 10**10
    assert shown(made, 10**10 - 2, 10**10) == [(100_006, 100_007), (100_006, 100_008)]


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param([[1 << 20]] * 4, id="wraps to zero in 64 bits"),
        pytest.param([[1 << 31] * 3, [1 << 31] * 3], id="only the sum is too large"),
    ],
)
def test_a_product_beyond_62_bits_is_refused(counts: list[list[int]]) -> None:
    with pytest.raises(FlowError, match="more rows than can be numbered"):
        Product(counts, counts, (True,) * len(counts))


def test_a_side_without_rows_makes_the_largest_group_empty() -> None:
    counts = [[1 << 40], [1 << 40], [0]]
    assert Product(counts, counts, (True, True, True)).rows == 0
