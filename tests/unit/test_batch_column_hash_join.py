"""Joins with held sides over columns: the table, colliding hashes, and the same rows as by rows."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch import batches as batch_forms
from cascade2spark.batch import column_hash_join, column_table
from cascade2spark.batch.batches import Batch, NotColumns, columns_of, rows_of
from cascade2spark.batch.chain import run_chain
from cascade2spark.batch.column_hash_join import ColumnHashJoin, can_join_columns
from cascade2spark.batch.column_table import ColumnTable
from cascade2spark.batch.forms import ChainBuilder
from cascade2spark.batch.hash_join import HashJoin, JoinTable
from cascade2spark.batch.hashing import column_hashes
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.same_values import same_values
from cascade2spark.batch.stages import ColumnStage
from cascade2spark.comparators import NullNotEquivalentComparator
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin, InnerJoin, LeftJoin, MixedJoin, OuterJoin, RightJoin
from cascade2spark.kinds import PRIME, SEED, Kind
from cascade2spark.ordering import KEY_SEED, KeyOrder
from cascade2spark.planner.steps import Side, Site
from cascade2spark.selection import Pick
from tests.unit.batch_chains import Gather

Row = tuple[Any, ...]
SITE = Site(5, "HashJoin", "x", "HashJoin 'x'")
NAN = float("nan")


def one_hash(columns: Sequence[pa.Array], rows: int) -> Any:
    """Every key collides with every other."""
    return np.full(rows, 7, dtype=np.uint64)


def top_hash(columns: Sequence[pa.Array], rows: int) -> Any:
    """Every key has the highest hash, which also ends the table."""
    return np.full(rows, (1 << 64) - 1, dtype=np.uint64)


def few_hashes(columns: Sequence[pa.Array], rows: int) -> Any:
    """Three hashes, next to each other; equal keys have equal ones."""
    return column_hashes(columns, rows) % np.uint64(3)


def edge_hashes(columns: Sequence[pa.Array], rows: int) -> Any:
    """The lowest and the highest hash: the first and the last entry of the directory."""
    return np.where(
        column_hashes(columns, rows) & np.uint64(1), np.uint64((1 << 64) - 1), 0
    ).astype(np.uint64)


HASHES = [edge_hashes, column_hashes, one_hash, top_hash, few_hashes]


def side(number: int, width: int, places: tuple[int, ...]) -> Side:
    names = [f"{'abc'[number]}{place}" for place in range(width)]
    return Side(
        number, Pick(places, width=width), Fields(*names), Fields(*[names[p] for p in places])
    )


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


# -- the table -----------------------------------------------------------------------------------


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


VALUES = st.one_of(
    st.none(),
    st.sampled_from(["", "a", "b", "ab", "é", "\U0001f600", "\uffff", "longer than eight bytes"]),
)
NUMBERS = st.one_of(st.none(), st.sampled_from([0, 1, -1, 2**40, -(2**63), 2**63 - 1]))
FLOATS = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.5, NAN, -NAN, math.inf, -math.inf]))
OTHERS = st.one_of(
    st.lists(st.one_of(st.none(), st.booleans())),
    st.lists(st.one_of(st.none(), st.sampled_from([b"", b"a", b"\x00"]))),
    st.lists(st.one_of(st.none(), st.dates(datetime.date(2020, 1, 1), datetime.date(2020, 1, 3)))),
)
ROWS = st.lists(st.tuples(VALUES, NUMBERS, FLOATS), max_size=25)


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


# -- the stage -----------------------------------------------------------------------------------


@attrs.define
class Held:
    """Held sides as lists of batches; counts the tables that are asked for."""

    sides: tuple[Side, ...]
    batches: list[list[Batch]]
    order: KeyOrder
    hashes_of: Any = column_hashes
    asked: list[str] = attrs.field(factory=list)

    def tables(self, task: TaskContext) -> list[JoinTable]:
        self.asked.append("rows")
        return [
            JoinTable(
                [one if isinstance(one, list) else rows_of(one) for one in found],
                side.key,
                self.order,
            )
            for side, found in zip(self.sides[1:], self.batches, strict=True)
        ]

    def column_tables(self, task: TaskContext) -> list[ColumnTable]:
        self.asked.append("columns")
        return [
            ColumnTable(found, len(side.fields), side.key.positions or (), hashes_of=self.hashes_of)
            for side, found in zip(self.sides[1:], self.batches, strict=True)
        ]


def join_of(
    joiner: Any, held: list[list[Batch]], places: tuple[int, ...] = (0,), **parts: Any
) -> HashJoin:
    sides = tuple(side(number, 3, places) for number in range(len(held) + 1))
    order = KeyOrder(len(places), reverse=parts.pop("reverse", False))
    source = Held(sides, held, order, parts.pop("hashes_of", column_hashes))
    joined = Fields.size(3 * len(sides))
    return HashJoin(sides, order, joiner, joined, source, SITE, **parts)


def pushed(
    spec: Any, batches: Sequence[Batch], is_immediate: bool = False
) -> tuple[list[Row], TaskContext, list[Batch]]:
    task = TaskContext(batch_rows=4)
    stage = spec.open(task, is_immediate=is_immediate)
    stage.prepare()
    made: list[Batch] = []
    for batch in batches:
        made += stage.rows(batch) if isinstance(batch, list) else stage.columns(batch)
    made += stage.flush()
    stage.cleanup()
    rows = [row for one in made for row in (one if isinstance(one, list) else rows_of(one))]
    return rows, task, made


JOINERS = {
    2: [InnerJoin(), LeftJoin(), MixedJoin([True, False]), MixedJoin([True, True])],
    3: [InnerJoin(), LeftJoin(), MixedJoin([True, False, True]), MixedJoin([True, True, False])],
}


@given(st.data())
def test_columns_are_joined_as_rows_are(data: Any) -> None:
    held_rows = data.draw(st.lists(ROWS, min_size=1, max_size=2))
    joiner = data.draw(st.sampled_from(JOINERS[len(held_rows) + 1]))
    places = data.draw(st.sampled_from([(0,), (1,), (2,), (0, 2), (1, 0, 2)]))
    hashes_of = data.draw(st.sampled_from(HASHES))
    stream = data.draw(ROWS)
    batches = [columns_of(stream[at : at + 6], 3) for at in range(0, len(stream), 6)]
    batches.append(columns_of([], 3))
    held: list[list[Batch]] = [
        [columns_of(rows[at : at + 9], 3) for at in range(0, len(rows), 9)] for rows in held_rows
    ]
    parts = {"hashes_of": hashes_of, "reverse": data.draw(st.booleans())}
    spec = join_of(joiner, held, places, **parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(column_hash_join, "_SLICE_ROWS", data.draw(st.integers(1, 9)))
        found, task, made = pushed(ColumnHashJoin(spec), batches)
    expected, by_rows, _ = pushed(spec, [rows for one in batches if (rows := rows_of(one))])
    assert repr(expected) == repr(found)
    assert by_rows.report.rows_in == task.report.rows_in
    assert by_rows.report.rows_out == task.report.rows_out
    assert {5: "columns"} == task.report.forms and not task.report.fallbacks
    assert all(not isinstance(one, list) and one.num_rows for one in made)


STREAM = [("a", 1, 0.5), ("b", 2, 1.5), ("a", 3, 2.5), (None, 4, 3.5)]
SMALL: list[Row] = [("a", 10, 1.0), ("c", 20, 2.0), ("a", 30, 3.0), (None, 40, 4.0)]


def test_a_key_of_very_many_rows_comes_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_hash_join, "_SLICE_ROWS", 1_000)
    held = columns_of([("a", number, None) for number in range(10_500)], 3)
    found, _, made = pushed(ColumnHashJoin(join_of(InnerJoin(), [[held]])), [columns_of(STREAM, 3)])
    assert [1_000] * 21 == [len(batch) for batch in made]
    assert [(1, n) for n in range(10_500)] + [(3, n) for n in range(10_500)] == [
        (row[1], row[4]) for row in found
    ]


def test_wide_rows_come_in_smaller_slices() -> None:
    held = columns_of([("a", number, "x" * 100_000) for number in range(300)], 3)
    _, _, made = pushed(ColumnHashJoin(join_of(InnerJoin(), [[held]])), [columns_of(STREAM, 3)])
    assert 600 == sum(map(len, made))
    assert max(batch.nbytes for batch in made) < 20 << 20


def test_rows_that_all_meet_one_keep_their_columns() -> None:
    batch = columns_of([("c", 1, None), ("c", 2, None)], 3)
    held = columns_of([("c", 5, 0.0)], 3)
    _, _, (made,) = pushed(ColumnHashJoin(join_of(InnerJoin(), [[held]])), [batch])
    assert [batch.column(at).buffers()[-1].address for at in (0, 1)] == [
        made.column(at).buffers()[-1].address for at in (0, 1)
    ]
    assert made.column(3).equals(batch.column(0))


def test_a_row_must_meet_every_side_that_is_required() -> None:
    first = columns_of([("a", 1, None), ("c", 2, None)], 3)
    other = columns_of([("b", 3, None), ("c", 4, None)], 3)
    batch = columns_of([(key, 0, None) for key in "abcd"], 3)
    for required, expected in (
        ([True, True, True], [(2, 4)]),
        ([True, False, True], [(None, 3), (2, 4)]),
        ([True, True, False], [(1, None), (2, 4)]),
    ):
        spec = join_of(MixedJoin(required), [[first], [other]])
        found, _, _ = pushed(ColumnHashJoin(spec), [batch])
        assert expected == [(row[4], row[7]) for row in found]


class Narrow(ColumnTable):
    """A table whose columns take no more than two values at once, as Arrow's no more than 2 GiB."""

    def taken(self, column: int, places: pa.Array) -> pa.Array:
        if len(places) > 2:
            raise pa.ArrowInvalid("Take operation overflowed binary array capacity")
        return super().taken(column, places)


@pytest.mark.parametrize("held", [SMALL, SMALL[:2]])
def test_what_is_too_large_for_one_column_is_made_in_parts(held: list[Row]) -> None:
    class Source(Held):
        def column_tables(self, task: TaskContext) -> list[ColumnTable]:
            return [Narrow(self.batches[0], 3, (0,))]

    spec = join_of(LeftJoin(), [[columns_of(held, 3)]])
    source = Source(spec.sides, [[columns_of(held, 3)]], spec.key_order)
    batch = columns_of(STREAM * 3, 3)
    found, _, made = pushed(ColumnHashJoin(attrs.evolve(spec, source=source)), [batch])
    assert pushed(spec, [STREAM * 3])[0] == found
    assert 2 == max(len(one) for one in made)


def test_texts_beyond_one_column_are_held_in_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_forms, "MOST_COLUMN_BYTES", 1)
    held = columns_of([("a", 1, b"x"), ("c", 2, b"y"), ("a", 3, None)], 3)
    spec = join_of(LeftJoin(), [[held]])
    found, _, made = pushed(ColumnHashJoin(spec), [columns_of(STREAM, 3)])
    (table,) = spec.source.column_tables(TaskContext())
    assert [pa.large_string(), pa.large_binary()] == [table.columns[at].type for at in (0, 2)]
    assert pushed(spec, [STREAM])[0] == found
    assert [pa.string(), pa.int64(), pa.binary()] == made[0].schema.types[3:]


def test_nothing_met_makes_no_batch() -> None:
    held = columns_of([("z", 5, 0.0)], 3)
    found, task, _ = pushed(ColumnHashJoin(join_of(InnerJoin(), [[held]])), [columns_of(STREAM, 3)])
    assert [] == found and {5: 4} == task.report.rows_in and {5: 0} == task.report.rows_out


def test_batches_of_rows_use_a_table_of_rows_and_keep_their_place() -> None:
    spec = join_of(LeftJoin(), [[columns_of(SMALL, 3)]])
    expected, _, _ = pushed(spec, [STREAM, STREAM])
    found, task, made = pushed(ColumnHashJoin(spec), [STREAM, columns_of(STREAM, 3)])
    assert expected == found
    assert [list, list, pa.RecordBatch] == [type(one) for one in made]
    assert ["rows", "rows", "columns"] == spec.source.asked  # type: ignore[attr-defined]
    assert {5: 8} == task.report.rows_in and {5: 14 - 2} == task.report.rows_out


def test_a_task_without_rows_asks_for_no_table() -> None:
    spec = join_of(LeftJoin(), [[columns_of(SMALL, 3)]])
    _, task, _ = pushed(ColumnHashJoin(spec), [])
    assert [] == spec.source.asked  # type: ignore[attr-defined]
    assert {5: 0} == task.report.rows_in


def test_a_held_side_without_a_column_form_is_joined_as_rows_and_counted() -> None:
    mixed: list[Row] = [("a", 10, 1), (7, 20, "x"), ("a", 30, 2.0)]
    spec = join_of(InnerJoin(), [[mixed]])
    found, task, _ = pushed(ColumnHashJoin(spec), [columns_of(STREAM, 3)] * 2)
    assert pushed(spec, [STREAM] * 2)[0] == found
    ((reason, count),) = task.report.fallbacks[5].items()
    assert 2 == count and reason.startswith("held side: mixed types: int, str")
    assert 1 == spec.source.asked.count("columns")  # type: ignore[attr-defined]


def test_a_key_without_a_hash_over_columns_is_joined_as_rows() -> None:
    when = datetime.datetime(2020, 1, 1)
    batch = pa.record_batch([pa.array([when]), pa.array([1]), pa.array([1.0])], ["0", "1", "2"])
    spec = join_of(InnerJoin(), [[[(when, 1, 2)]]])
    source = Held(spec.sides, [[columns_of(SMALL, 3)]], spec.key_order)
    _, task, _ = pushed(ColumnHashJoin(attrs.evolve(spec, source=source)), [batch])
    assert {5: {"no hash for a column of timestamp[us]": 1}} == task.report.fallbacks


def test_where_one_row_may_be_to_blame_columns_become_single_rows() -> None:
    spec = join_of(InnerJoin(), [[columns_of(SMALL, 3)]])
    _, task, made = pushed(ColumnHashJoin(spec), [columns_of(STREAM, 3)], is_immediate=True)
    assert [1] * 5 == [len(one) for one in made]
    assert {5: {"columns to rows": 1}} == task.report.conversions


def test_only_joins_that_cannot_tell_columns_from_rows_take_columns() -> None:
    sides = (side(0, 2, (0,)), side(1, 2, (0,)))
    reverse, sql = KeyOrder(1, reverse=True), KeyOrder(1, (NullNotEquivalentComparator(),))
    assert can_join_columns(sides, KeyOrder(1), InnerJoin())
    assert can_join_columns(sides, reverse, LeftJoin())
    for joiner in (RightJoin(), OuterJoin(), MixedJoin([False, True]), BufferJoin()):
        assert not can_join_columns(sides, KeyOrder(1), joiner)
    assert not can_join_columns(sides, sql, InnerJoin())
    unknown = attrs.evolve(sides[1], fields=Fields.UNKNOWN)
    assert not can_join_columns((sides[0], unknown), KeyOrder(1), InnerJoin())


def test_columns_that_reach_a_join_of_rows_are_counted_as_converted() -> None:
    spec = join_of(InnerJoin(), [[columns_of(SMALL, 3)]])
    chain = ChainBuilder(has_columns=False)
    chain.leaf(chain.hash_join(-1, spec), Gather())
    task = TaskContext()
    found = [item for _, item in run_chain(chain.spec(), [columns_of(STREAM, 3)], task)]
    assert [*pushed(spec, [STREAM])[0], "5 rows"] == found
    assert {5: {"columns to rows": 1}} == task.report.conversions


def test_the_chain_joins_columns_where_columns_come() -> None:
    spec = join_of(InnerJoin(), [[columns_of(SMALL, 3)]])
    for has_columns in (True, False):
        chain = ChainBuilder(has_columns)
        chain.hash_join(-1, spec)
        (node,) = chain.spec().nodes
        assert node.stage is not None
        stage = node.stage.open(TaskContext(), is_immediate=False)
        assert has_columns == isinstance(stage, ColumnStage)
