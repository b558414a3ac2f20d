"""Joins with held sides over columns give the same rows as by rows, in batches that stay small."""

from __future__ import annotations

import datetime
from typing import Any

import attrs
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch import batches as batch_forms
from cascade2spark.batch import column_hash_join
from cascade2spark.batch.batches import Batch, columns_of, rows_of
from cascade2spark.batch.chain import run_chain
from cascade2spark.batch.column_hash_join import ColumnHashJoin, can_join_columns
from cascade2spark.batch.column_table import ColumnTable
from cascade2spark.batch.forms import ChainBuilder
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.stages import ColumnStage
from cascade2spark.comparators import NullNotEquivalentComparator
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin, InnerJoin, LeftJoin, MixedJoin, OuterJoin, RightJoin
from cascade2spark.ordering import KeyOrder
from tests.unit.batch_chains import Gather
from tests.unit.hash_joins import HASHES, ROWS, Held, Row, join_of, pushed, side

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
