"""The column table of a held side: colliding hashes, kinds, and what the dict of rows finds."""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch import column_table
from cascade2spark.batch.batches import Batch, NotColumns, columns_of, rows_of
from cascade2spark.batch.column_table import ColumnTable
from cascade2spark.batch.hash_join import JoinTable
from cascade2spark.batch.hashing import column_hashes
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.batch.same_values import same_values
from cascade2spark.kinds import PRIME, SEED, Kind
from cascade2spark.ordering import KEY_SEED, KeyOrder
from cascade2spark.selection import Pick
from tests.unit.hash_joins import HASHES, NAN, ROWS, Row, edge_hashes


def unmixed(word: int, shift: int, factor: int) -> int:
    """Undo `(w * factor) ^ (w * factor >> shift)`."""
    return (word ^ word >> shift) * pow(factor, -1, 1 << 64) % (1 << 64)


@given(st.binary(min_size=1, max_size=8))
def test_the_hash_of_a_short_value_can_be_undone(value: bytes) -> None:
    """So no two of one length share it, on which tables rely that compare lengths only."""
    word = int(column_hashes([pa.array([value])], 1)[0])
    word ^= word >> 33
    for factor in (0xC4CEB9FE1A85EC53, 0xFF51AFD7ED558CCD):
        word = word * pow(factor, -1, 1 << 64) % (1 << 64)
        word ^= word >> 33
    word = unmixed(word, 32, PRIME) ^ KEY_SEED
    word = unmixed(word, 32, PRIME) ^ len(value)
    assert int.from_bytes(value, "little") == unmixed(word, 32, PRIME) ^ SEED[Kind.BYTES]


def test_short_keys_that_are_no_others() -> None:
    rows = [("a", 1), ("", 2), ("abcdefgh", 3), ("a\0", 4)]
    table = ColumnTable([columns_of(rows, 2)], 2, (0,))
    asked = [("a",), ("a\0",), ("a\0\0",), ("",), ("abcdefgh",), ("abcdefghi",), (None,)]
    assert [[rows[0]], [rows[3]], [], [rows[1]], [rows[2]], [], []] == met(table, asked, (0,))
    assert [[rows[0]], []] == met(table, [("a",), (None,)], (0,))
    assert [[]] == met(table, [(b"a",)], (0,))


@pytest.mark.parametrize("most", [2, 10])
def test_few_texts_in_many_rows_are_held_as_codes(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(column_table, "_CODED_ROWS", 50)
    monkeypatch.setattr(column_table, "_MOST_CODES", most)
    rows: list[Row] = [(n % 90, (None, "a", "", "b")[n % 4], f"t{n}", None) for n in range(100)]
    table = ColumnTable([columns_of(rows[:30], 4), columns_of(rows[30:], 4)], 4, (0,))
    coded = [pa.types.is_dictionary(column.type) for column in table.columns]
    assert [False, most > 2, False, False] == coded
    expected = [[row for row in rows if row[0] == key] for key in range(90)]
    assert [*expected, []] == met(table, [(key,) for key in range(91)], (0,))
    places = place_array(np.arange(100), np.arange(100) == 1)
    found = [table.taken(at, places) for at in range(4)]
    assert [pa.int64(), pa.string(), pa.string(), pa.null()] == [one.type for one in found]
    assert [None] * 4 == [one[1].as_py() for one in found]


def met(table: ColumnTable, rows: list[Row], places: tuple[int, ...]) -> list[list[Row]]:
    """Return the held rows that each row meets."""
    keys = [columns_of(rows, len(rows[0])).column(place) for place in places]
    found = table.find(keys, table.hashes(keys, len(rows)))
    held = rows_of(pa.record_batch(table.columns, [str(at) for at in range(len(table.columns))]))
    spans = zip(found.starts.tolist(), found.counts.tolist(), strict=True)
    return [held[start : start + count] for start, count in spans]


def met_by_rows(held: list[Row], rows: list[Row], places: tuple[int, ...]) -> list[list[Row]]:
    order, key = KeyOrder(len(places)), Pick(places, width=len(rows[0]))
    table, key_of = JoinTable([held], Pick(places, width=len(held[0])), order), key.of()
    return [table.find(key_of(row)) for row in rows]


@pytest.mark.parametrize("hashes_of", HASHES)
def test_rows_of_a_key_lie_together_in_arrival_order(hashes_of: Any) -> None:
    held = [("b", 1), ("a", 2), (None, 3), ("b", 4), ("", 5), ("a", 6), ("b", 7)]
    batches = [columns_of(held[:3], 2), columns_of(held[3:], 2)]
    table = ColumnTable(batches, 2, (0,), hashes_of=hashes_of)
    asked = [("b",), ("x",), (None,), ("a",), ("",), ("b",)]
    assert met_by_rows(held, asked, (0,)) == met(table, asked, (0,))
    assert not table.is_unique and 7 == table.rows


@pytest.mark.parametrize("hashes_of", HASHES)
def test_unique_keys_are_found_whatever_they_collide_with(hashes_of: Any) -> None:
    held = [(f"k{number}", number) for number in range(200)]
    table = ColumnTable([columns_of(held, 2)], 2, (0,), hashes_of=hashes_of)
    asked = [(f"k{number}",) for number in range(-5, 205)]
    assert table.is_unique
    assert met_by_rows(held, asked, (0,)) == met(table, asked, (0,))


def test_the_highest_hash_is_not_taken_for_the_end_of_the_table() -> None:
    keys = [(number,) for number in range(40)]
    (column,) = columns_of(keys, 1).columns
    is_low = (edge_hashes([column], 40) == 0).tolist()
    held = [row for row, low in zip(keys, is_low, strict=True) if low]
    assert 0 < len(held) < 40
    table = ColumnTable([columns_of(held, 1)], 1, (0,), hashes_of=edge_hashes)
    assert [[row] if low else [] for row, low in zip(keys, is_low, strict=True)] == met(
        table, keys, (0,)
    )


def test_kinds_are_apart_and_zeros_and_nans_are_not() -> None:
    held = [(0.0, "z"), (NAN, "n"), (1.0, "one"), (None, "-"), (-0.0, "y")]
    table = ColumnTable([columns_of(held, 2)], 2, (0,))
    floats = met(table, [(-0.0,), (-NAN,), (1.0,), (None,), (2.0,)], (0,))
    assert [["z", "y"], ["n"], ["one"], ["-"], []] == [[row[1] for row in rows] for rows in floats]
    assert math.copysign(1, floats[0][1][0]) == -1.0  # it keeps its own look
    for other in ([(1,), (0,), (None,)], [(True,), (False,), (None,)], [("1",), ("",), (None,)]):
        assert [[], [], [(None, "-")]] == met(table, other, (0,))
    assert [[(None, "-")]] * 2 == met(table, [(None,), (None,)], (0,))


def test_a_key_of_no_columns_meets_every_row() -> None:
    table = ColumnTable([columns_of([(1,), (2,)], 1)], 1, ())
    found = table.find([], table.hashes([], 3))
    assert [0, 0, 0] == found.starts.tolist() and [2, 2, 2] == found.counts.tolist()


def test_an_empty_table_has_nothing() -> None:
    for batches in ([], [columns_of([], 2)], [[]]):
        table = ColumnTable(batches, 2, (0,))
        assert [[], []] == met(table, [("a",), (None,)], (0,))


def test_batches_of_rows_and_columns_of_nulls_become_one_type() -> None:
    batches: list[Batch] = [columns_of([(None, 1)], 2), [("a", 2)], columns_of([("a", None)], 2)]
    table = ColumnTable(batches, 2, (0,))
    assert [[(None, 1)], [("a", 2), ("a", None)]] == met(table, [(None,), ("a",)], (0,))


def test_types_that_change_from_batch_to_batch_are_not_columns() -> None:
    with pytest.raises(NotColumns, match="mixed types: double, int64"):
        ColumnTable([columns_of([(1,)], 1), columns_of([(1.0,)], 1)], 1, (0,))
    with pytest.raises(NotColumns, match="another width"):
        ColumnTable([columns_of([(1, 2)], 2)], 1, (0,))


def test_the_size_counts_the_columns_and_the_directory() -> None:
    held = columns_of([(f"key {number}", number) for number in range(5_000)], 2)
    table = ColumnTable([held], 2, (0,))
    assert held.nbytes + 5_000 * 8 < table.size_bytes < 4 * held.nbytes


def test_values_are_the_same_as_the_order_of_keys_says() -> None:
    left = [None, NAN, 0.0, 1.0, 1.0, None]
    right = [None, NAN, -0.0, 2.0, None, 1.0]
    pairs = zip(left, right, strict=True)
    expected = [KeyOrder(1).same()((one,), (other,)) for one, other in pairs]
    assert expected == same_values(pa.array(left), pa.array(right)).tolist()
    texts = pa.array(["a", None, "b"])
    encoded = texts.dictionary_encode()
    assert [True] * 3 == same_values(encoded, texts.cast(pa.large_string())).tolist()
    assert [True, True] == same_values(pa.nulls(2), pa.array([None, None], pa.string())).tolist()


OTHERS = st.one_of(
    st.lists(st.one_of(st.none(), st.booleans())),
    st.lists(st.one_of(st.none(), st.sampled_from([b"", b"a", b"\x00"]))),
    st.lists(st.one_of(st.none(), st.dates(datetime.date(2020, 1, 1), datetime.date(2020, 1, 3)))),
)


@given(
    ROWS, ROWS.filter(bool), st.sampled_from(HASHES), st.sampled_from([(0,), (1,), (2,), (2, 0)])
)
def test_the_table_finds_what_the_dict_of_rows_finds(
    held: list[Row], asked: list[Row], hashes_of: Any, places: tuple[int, ...]
) -> None:
    batches = [columns_of(held[at : at + 7], 3) for at in range(0, len(held), 7)]
    table = ColumnTable(batches, 3, places, hashes_of=hashes_of)
    expected = met_by_rows(held or [(0, 0, 0)], asked, places) if held else [[] for _ in asked]
    assert repr(expected) == repr(met(table, asked, places))


@given(OTHERS, OTHERS)
def test_other_kinds_are_found_as_by_rows(held: list[Any], asked: list[Any]) -> None:
    rows = [(value, number) for number, value in enumerate(held)]
    table = ColumnTable([columns_of(rows, 2)], 2, (0,))
    if rows and asked:
        wanted = [(value,) for value in asked]
        assert met_by_rows(rows, wanted, (0,)) == met(table, wanted, (0,))
