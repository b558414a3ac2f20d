"""Ranks of texts are in the order of the texts."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.kernels.text_ranks import are_worth_words, text_ranks
from cascade2spark.ordering import KeyOrder

# Few letters and long texts, so that many differ only far behind; zeros, that padding looks like.
ALPHABET = "a\0b\u00e9\uffff\U00010000"
TEXTS = st.one_of(st.none(), st.text(ALPHABET, max_size=20), st.text("a\0", max_size=30))


def assert_ranked(values: Sequence[object], chunks: Sequence[pa.Array]) -> None:
    ranks, bound = text_ranks(chunks)
    order = KeyOrder(1).sort_key()
    places = [order((value,)) for value in values]
    distinct = sorted(set(places))
    by_rank = sorted(set(ranks.tolist()))
    assert len(by_rank) == len(distinct)
    assert [by_rank.index(rank) for rank in ranks.tolist()] == [
        distinct.index(place) for place in places
    ]
    assert all(0 <= rank < bound for rank in by_rank)


@given(st.lists(TEXTS, max_size=30), st.integers(0, 30), st.text(ALPHABET, max_size=20))
def test_ranks_are_ordered_and_equal_as_texts_are(
    drawn: list[str | None], cut: int, prefix: str
) -> None:
    values = [None if value is None else prefix + value for value in drawn]
    whole = pa.array(["before", *values], pa.string()).slice(1)
    assert_ranked(values, [whole.slice(0, cut), whole.slice(cut)])


@given(st.lists(st.one_of(st.none(), st.binary(max_size=18)), max_size=30))
def test_ranks_are_ordered_and_equal_as_bytes_are(values: list[bytes | None]) -> None:
    assert_ranked(values, [pa.array(values, pa.binary())])


def test_many_words_that_all_differ_stay_within_64_bits() -> None:
    values = [f"{number % 1000:07}" * 9 + f"{number:07}" for number in range(5000)]
    assert_ranked(values[::-1], [pa.array(values[::-1])])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([f"user{number}" for number in range(5000)], True),
        (["home", "away"] * 2500, False),
        ([f"{number:050}" for number in range(5000)], False),
        ([], False),
    ],
)
def test_short_and_distinct_texts_are_worth_it(values: list[str], expected: bool) -> None:
    assert are_worth_words([pa.array(values, pa.string())]) is expected
