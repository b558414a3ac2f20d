"""Joins: joiners of the user's own, BufferJoin, big products, tables, traps."""

from __future__ import annotations

import itertools
import tracemalloc
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch import join
from cascade2spark.batch.every import EveryRun, run_everys
from cascade2spark.batch.hash_join import HashJoin, JoinTable
from cascade2spark.batch.join import CoGroupRun, joined_groups
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.sort import sorted_groups
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.comparators import NullNotEquivalentComparator
from cascade2spark.errors import RunError, TupleError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import (
    BaseJoiner,
    BufferJoin,
    InnerJoin,
    Joiner,
    LeftJoin,
    MixedJoin,
    OuterJoin,
    RightJoin,
)
from cascade2spark.operations.base import BaseOperation, Buffer
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.steps import Side, Site
from cascade2spark.selection import Pick
from tests.unit.batch_chains import everys

K = Fields("k", "v")
KEY = Pick((0,), width=2)
SITE = Site(5, "CoGroup", "x", "CoGroup 'x'")
LEFT = [("a", 1), ("b", 2), ("a", 3)]
NAN = float("nan")
RIGHT = [("a", 10), ("c", 20), ("a", 30)]


class FirstOnly(BaseJoiner):
    """Joins the first row of each side, and says who is missing."""

    def get_iterator(self, closure: Any) -> Any:
        assert (2, False) == (closure.size(), closure.is_self_join())
        sides = [next(closure.get_iterator(pos), ("-", "-")) for pos in range(2)]
        yield list(sides[0] + sides[1])


class TooWide(BaseJoiner):
    def get_iterator(self, closure: Any) -> Any:
        yield (1, 2, 3, 4, 5)


class Picky(InnerJoin):
    """Overrides a stock joiner's iterator: its flags no longer tell the whole story."""

    def get_iterator(self, closure: Any) -> Any:
        return (row for row in super().get_iterator(closure) if row[1] == 3)


def spec_of(joiner: Joiner, order: KeyOrder | None = None) -> CoGroupRun:
    sides = (Side(0, KEY, K, Fields("k")), Side(1, KEY, K, Fields("k")))
    return CoGroupRun(sides, order or KeyOrder(1), joiner, Fields("k", "k2"), Fields.size(4), SITE)


def co_grouped(joiner: Joiner, order: KeyOrder | None = None, **options: Any) -> list[Any]:
    spec, task = spec_of(joiner, order), options.get("task") or TaskContext()
    sides = [
        sorted_groups([rows], KEY, spec.key_order)
        for rows in (options.get("left", LEFT), options.get("right", RIGHT))
    ]
    return [(key, list(rows)) for key, rows in joined_groups(spec, sides, task)]


def test_the_group_tuple_has_nulls_for_a_side_that_is_missing() -> None:
    keys = [key for key, _ in co_grouped(OuterJoin())]
    assert [("a", "a"), ("b", None), (None, "c")] == keys


def test_keys_without_joined_rows_are_no_groups() -> None:
    task = TaskContext()
    assert [("a", "a")] == [key for key, _ in co_grouped(InnerJoin(), task=task)]
    assert {5: 4} == task.report.rows_out


def test_the_right_side_varies_fastest() -> None:
    ((_, rows),) = co_grouped(InnerJoin())
    assert [(1, 10), (1, 30), (3, 10), (3, 30)] == [(row[1], row[3]) for row in rows]


def test_a_product_too_big_to_hold_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = co_grouped(OuterJoin())
    monkeypatch.setattr(join, "_MOST_AT_ONCE", 0)
    task = TaskContext()
    assert expected == co_grouped(OuterJoin(), task=task)
    assert {5: 6} == task.report.rows_out


def test_a_joiner_of_the_users_own_sees_a_closure() -> None:
    found = [rows for _, rows in co_grouped(FirstOnly())]
    first = ("a", 1, "a", 10), ("b", 2, "-", "-"), ("-", "-", "c", 20)
    assert [[row] for row in first] == found


def test_a_subclass_of_a_stock_joiner_is_asked_itself() -> None:
    ((_, rows),) = co_grouped(Picky())
    assert [("a", 3, "a", 10), ("a", 3, "a", 30)] == rows


def test_a_joined_row_of_the_wrong_width_names_the_join() -> None:
    with pytest.raises(TupleError) as caught:
        co_grouped(TooWide())
    assert "CoGroup 'x'" in str(caught.value)


def test_sql_nulls_meet_nobody() -> None:
    order = KeyOrder(1, (NullNotEquivalentComparator(),))
    sides = {"left": [(None, 1)], "right": [(None, 2)]}
    assert [] == co_grouped(InnerJoin(), order, **sides)
    assert [(None, 1, None, None), (None, None, None, 2)] == [
        row for _, rows in co_grouped(OuterJoin(), order, **sides) for row in rows
    ]
    assert [(None, 1, None, 2)] == co_grouped(InnerJoin(), **sides)[0][1]


class Reads(BaseOperation, Buffer):
    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        assert buffer_call.get_arguments_iterator() is None
        closure = buffer_call.get_joiner_closure()
        counts = [sum(1 for _ in closure.get_iterator(pos)) for pos in (0, 1, 1)]
        key = closure.get_group_tuple(tuple(buffer_call.get_group().get_tuple()))
        buffer_call.get_output_collector().add((*key, *counts))


def test_a_buffer_join_hands_out_the_sides() -> None:
    spec = spec_of(BufferJoin())
    sides = [sorted_groups([rows], KEY, spec.key_order) for rows in (LEFT, RIGHT)]
    task = TaskContext()
    result = Fields("x", "y", "l", "r", "again")
    run = EveryRun(everys(K, "k", (Reads(result), "v", Fields.RESULTS)), spec.group_fields)
    found = [
        row for batch in run_everys(run, joined_groups(spec, sides, task), task) for row in batch
    ]
    assert [("a", "a", 2, 2, 2), ("b", None, 1, 0, 0), (None, "c", 0, 1, 1)] == found


# -- beyond the memory limit ----------------------------------------------------------------------


class Sizes(BaseJoiner):
    """Reads every side twice, at once, and the first one last."""

    def get_iterator(self, closure: Any) -> Any:
        for pos in reversed(range(closure.size())):
            for left, right in zip(
                closure.get_iterator(pos), closure.get_iterator(pos), strict=True
            ):
                assert left == right
        counts = [len(list(closure.get_iterator(pos))) for pos in range(closure.size())]
        assert [not count for count in counts] == [closure.is_empty(pos) for pos in range(3)]
        yield (*counts, None, None, None)


class Squares(OuterJoin):
    """Filters what the stock joiner makes."""

    def get_iterator(self, closure: Any) -> Any:
        return (row for row in super().get_iterator(closure) if row[1] == row[3])


def spilled_sides(batches: Any, order: KeyOrder, spill: SpillSpace | None) -> list[Any]:
    return [sorted_groups(side, KEY, order, spill=spill, sides=len(batches)) for side in batches]


def joined_of_three(joiner: Joiner, batches: Any, order: KeyOrder, limit: int | None) -> Any:
    sides = tuple(Side(number, KEY, K, Fields("k")) for number in range(3))
    group_fields = Fields("k", "k2", "k3")
    spec = CoGroupRun(sides, order, joiner, group_fields, Fields.size(6), SITE)
    task = TaskContext(spill=None if limit is None else SpillSpace(limit))
    groups = spilled_sides(batches, order, None if limit is None else task.spill)
    found = [(repr(key), list(rows)) for key, rows in joined_groups(spec, groups, task)]
    assert sum(len(rows) for _, rows in found) == task.report.rows_out[5]
    assert not any(file._file.closed is False for file in task.spill._files)
    task.spill.close()
    return found


SIDE = st.lists(st.lists(st.tuples(st.sampled_from(["a", "b", None, 1.0]), st.integers(0, 2))))
JOINERS = [InnerJoin(), LeftJoin(), RightJoin(), OuterJoin(), MixedJoin([False, True, False])]


@given(
    st.tuples(SIDE, SIDE, SIDE),
    st.sampled_from([*JOINERS, Sizes(), Squares()]),
    st.sampled_from([100, 1_000, 5_000]),
    st.booleans(),
)
def test_spilled_sides_join_as_in_memory(batches, joiner, limit, is_lonely) -> None:
    order = KeyOrder(1, (NullNotEquivalentComparator(),) if is_lonely else ())
    expected = joined_of_three(joiner, batches, order, None)
    assert expected == joined_of_three(joiner, batches, order, limit)


@given(SIDE, SIDE, st.sampled_from([100, 2_000]))
def test_a_buffer_reads_spilled_sides_again(left, right, limit) -> None:
    spec = spec_of(BufferJoin())
    run = EveryRun(
        everys(K, "k", (Reads(Fields("x", "y", "l", "r", "again")), "v", Fields.RESULTS)),
        spec.group_fields,
    )
    found = []
    for spill in (None, SpillSpace(limit)):
        task = TaskContext(spill=spill)
        groups = joined_groups(spec, spilled_sides([left, right], spec.key_order, spill), task)
        found.append([row for batch in run_everys(run, groups, task) for row in batch])
        task.spill.close()
    assert found[0] == found[1]


@given(SIDE, SIDE, st.lists(st.integers(0, 3)))
def test_what_is_left_of_a_spilled_product_is_skipped(left, right, read) -> None:
    counts = dict(enumerate(read))
    found = []
    for spill in (None, SpillSpace(100)):
        spec, task = spec_of(OuterJoin()), TaskContext(spill=spill)
        groups = joined_groups(spec, spilled_sides([left, right], spec.key_order, spill), task)
        found.append(
            [
                (key, list(itertools.islice(rows, counts.get(number, 0))))
                for number, (key, rows) in enumerate(groups)
            ]
        )
        found.append(task.report.rows_out)
        task.spill.close()
    assert found[:2] == found[2:]


def test_a_failure_while_rows_stream_names_the_join() -> None:
    class Fails(BaseJoiner):
        def get_iterator(self, closure: Any) -> Any:
            for row in closure.get_iterator(0):
                yield (*row, 1 // row[1], None)

    spec, task = spec_of(Fails()), TaskContext(spill=SpillSpace(100))
    sides = spilled_sides([[[("a", 1), ("a", 0)]], []], spec.key_order, task.spill)
    with pytest.raises(RunError) as caught:
        [list(rows) for _, rows in joined_groups(spec, sides, task)]
    assert "CoGroup 'x'" in str(caught.value)
    task.spill.close()


@pytest.mark.parametrize(
    ("joiner", "sizes"),
    [(InnerJoin(), (40_000, 1)), (OuterJoin(), (1, 40_000)), (RightJoin(), (40_000, 1))],
    ids=repr,
)
def test_a_key_of_many_rows_costs_no_memory(joiner, sizes) -> None:
    limit = 800_000

    def side(size: int) -> Any:
        for start in range(0, size, 1500):
            yield [("k", n) for n in range(start, min(start + 1500, size))]

    spec, task = spec_of(joiner), TaskContext(spill=SpillSpace(limit))
    tracemalloc.start()
    groups = spilled_sides([side(size) for size in sizes], spec.key_order, task.spill)
    counts = [sum(1 for _ in rows) for _, rows in joined_groups(spec, groups, task)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [40_000] == counts
    assert peak < 2 * limit
    assert task.spill.spilled_bytes
    task.spill.close()


# -- against tables in memory --------------------------------------------------------------------


@attrs.frozen
class Held:
    tables_: list[JoinTable]

    def tables(self, task: TaskContext) -> list[JoinTable]:
        return self.tables_


def hash_joined(joiner: Joiner, left: Any = LEFT, right: Any = RIGHT, **parts: Any) -> list[Any]:
    order = parts.pop("order", KeyOrder(1))
    task = parts.pop("task", None) or TaskContext(batch_rows=parts.pop("batch_rows", 1500))
    base = spec_of(joiner)
    spec = HashJoin(
        base.sides,
        order,
        joiner,
        base.joined,
        Held([JoinTable([right], KEY, order)]),
        SITE,
        **parts,
    )
    stage = spec.open(task, is_immediate=False)
    stage.prepare()
    found = [row for batch in [*stage.rows(left), *stage.flush()] for row in batch]
    stage.cleanup()
    return found


def test_rows_keep_the_order_of_the_stream_and_of_the_held_side() -> None:
    found = hash_joined(LeftJoin(), batch_rows=2)
    assert [(1, 10), (1, 30), (2, None), (3, 10), (3, 30)] == [(row[1], row[3]) for row in found]


def test_a_stream_that_may_be_missing_needs_a_task_that_sees_all_of_it() -> None:
    with pytest.raises(Unsupported, match="fills its first side with nulls"):
        hash_joined(RightJoin())
    found = hash_joined(RightJoin(), drains=True)
    assert [(1, 10), (1, 30), (3, 10), (3, 30), (None, 20)] == [(r[1], r[3]) for r in found]


KEYS = st.sampled_from([None, "a", "b", 1, 1.0, True, NAN, -0.0, 0.0, Decimal("1.0")])
SOME_ROWS = st.lists(st.tuples(KEYS, st.integers(0, 9)), max_size=12)


@given(SOME_ROWS, SOME_ROWS, SOME_ROWS, st.booleans())
def test_batches_are_joined_as_single_rows_are(
    left: Any, right: Any, more: Any, is_unique: bool
) -> None:
    order = KeyOrder(1)
    same = order.same()
    held = [right, more]
    if is_unique:
        held = [list({order.group_key()(row[:1]): row for row in rows}.values()) for rows in held]
    sides = tuple(Side(number, KEY, K, Fields("k")) for number in range(3))
    for required in ([True, True, True], [True, False, True], [True, True, False]):
        tables = [JoinTable([rows[:5], rows[5:]], KEY, order) for rows in held]
        spec = HashJoin(sides, order, MixedJoin(required), Fields.size(6), Held(tables), SITE)
        found = []
        for is_immediate in (False, True):
            stage = spec.open(TaskContext(batch_rows=3), is_immediate=is_immediate)
            stage.prepare()
            found.append([row for rows in stage.rows(left) for row in rows])
        met = [[[one for one in rows if same(row[:1], one[:1])] for rows in held] for row in left]
        expected = [
            row + one + other
            for row, (ones, others) in zip(left, met, strict=True)
            for one in ones or ([] if required[1] else [(None, None)])
            for other in others or ([] if required[2] else [(None, None)])
        ]
        assert repr(expected) == repr(found[0]) == repr(found[1])


def test_a_key_of_very_many_rows_streams() -> None:
    right = [("a", number) for number in range(100)]
    found = hash_joined(InnerJoin(), LEFT, right, batch_rows=2)
    assert [(1, n) for n in range(100)] + [(3, n) for n in range(100)] == [
        (row[1], row[3]) for row in found
    ]


class ByLength:
    """A comparator without a hash."""

    def compare(self, left: Any, right: Any) -> int:
        return len(left) - len(right)


def test_a_comparator_without_a_hash_finds_its_rows_too() -> None:
    order = KeyOrder(1, (ByLength(),))
    found = hash_joined(InnerJoin(), [("xx", 1), ("y", 2)], [("a", 3), ("bb", 4)], order=order)
    assert [("xx", 1, "bb", 4), ("y", 2, "a", 3)] == found


def test_a_row_that_cannot_be_joined_is_trapped_or_named() -> None:
    rows = [("a", 1), (object(), 2), ("a", 3)]
    with pytest.raises(RunError) as caught:
        hash_joined(InnerJoin(), rows)
    assert "CoGroup 'x'" in str(caught.value) and rows[1] == caught.value.row
    task = TaskContext()
    assert 4 == len(hash_joined(InnerJoin(), rows, trap=0, task=task))
    assert {0: [rows[1]]} == task.trapped
