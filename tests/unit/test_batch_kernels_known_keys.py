"""Keys that are numbered once give the same groups as keys that are told apart at each joining."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.kernels.keys import encode_keys
from cascade2spark.batch.kernels.known_keys import KnownKeys
from cascade2spark.batch.kernels.short_texts import ShortKeys

KEYS = st.lists(st.text("ab\0", max_size=3), min_size=1, max_size=20)


def column_of(keys: list[str], rows: int = 600) -> pa.Array:
    return pa.array((keys * rows)[:rows], pa.string())


@given(st.lists(KEYS, min_size=1, max_size=4))
def test_parts_of_numbered_keys_join_as_others_do(batches: list[list[str]]) -> None:
    known, parts = KnownKeys(is_first_only=False), []
    for keys in batches:
        column = column_of(keys)
        codes = known.codes([column], len(column))
        assert codes is not None
        assert codes.keys[0].take(pa.array(codes.of_rows)).equals(column)
        assert sorted(codes.keys[0].to_pylist()) == sorted(set(keys))
        parts.append(codes.keys[0])
        known.hold()
    whole = pa.concat_arrays(parts)
    wanted = encode_keys([whole], len(whole), is_sorted=False)
    for _ in range(2):
        found = known.of_parts()
        assert found is not None
        assert found.keys[0].equals(wanted.keys[0])
        assert found.keys[0].take(pa.array(found.of_rows)).equals(whole)
        known.joined()
        whole = wanted.keys[0]


def test_rows_of_known_groups_change_no_first_row() -> None:
    known = KnownKeys(is_first_only=True)
    for keys, is_new in ((["a", "b"], True), (["b"], False), (["b", "c"], True), (["c"], False)):
        codes = known.codes([column_of(keys)], 600)
        assert (codes is not None) == is_new
        if codes is not None:
            known.hold()


@pytest.mark.parametrize("other", [column_of(["longer than a word"]), column_of(["a"], 9)])
def test_one_part_of_other_keys_is_told_apart_with_the_rest(other: pa.Array) -> None:
    known = KnownKeys(is_first_only=True)
    for column in (column_of(["a"]), other):
        assert known.codes([column], len(column)) is not None
        known.hold()
    assert known.of_parts() is None


def test_what_was_lost_is_no_part() -> None:
    known = KnownKeys(is_first_only=False)
    known.codes([column_of(["a"])], 600)
    known.hold()
    known.codes([column_of(["b"])], 600)
    known.lose()
    assert known.of_parts() is None


def test_many_known_keys_and_other_types_are_not_looked_up() -> None:
    keys = ShortKeys()
    assert keys.numbers(column_of([str(n) for n in range(100)])) is not None
    assert keys.numbers(column_of(["1"])) is None
    assert keys.numbers(column_of(["1"], 900)) is not None
    assert keys.numbers(column_of(["1"], 900).cast(pa.binary())) is None
    assert len(keys) == 100
