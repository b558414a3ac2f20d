"""Groups of sorted columns are those of rows, and aggregate to the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, columns_of, rows_of
from cascade2spark.batch.column_groups import (
    aggregated_groups,
    column_groups,
    group_kernels,
)
from cascade2spark.batch.column_sort import ColumnOrder, sorted_columns, sorted_selections
from cascade2spark.batch.every import EveryRun, run_everys
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.narrowed import narrowed_run
from cascade2spark.batch.sort import sorted_groups
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.comparators import reverse_order
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.operations import Average, Count, First, Last, MaxValue, MinValue, Sum
from cascade2spark.operations.base import BaseOperation, Buffer
from cascade2spark.operations.callables import aggregator, buffer
from cascade2spark.operations.extremes import Max, Min
from cascade2spark.operations.folds import (
    AverageOfValues,
    CountOfNulls,
    CountOfValues,
    LeastValue,
)
from cascade2spark.operations.group_assertions import AssertGroupSizeMoreThan
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick
from cascade2spark.types import Integer, Long
from tests.unit.batch_chains import everys
from tests.unit.test_batch_kernels_aggregates import KV, rows

WIDTH = len(KV)
SIZES = st.integers(1, 5)
KEYS = st.sampled_from([(0,), (1, 0), ()])
REALS = st.floats(-1e3, 1e3) | st.sampled_from([0.1, 1e16, -1e16, float("nan"), None])


THRICE = [("a", 1, 0.1), ("b", 1, 0.2), ("a", 2, 0.3)]
SUMMED = [(Sum(Fields("s")), "v"), (Average(), "v")]
LARGE = [("a", 1, 1e16), ("a", 1, 1.0), ("a", 1, 1.0)]


def slices_of(
    given_rows: list[Any], key: tuple[int, ...], order: KeyOrder, size: int, in_order: Any = None
) -> Any:
    """Return rows as sorted columns in slices, ordered by key and then by place 1."""
    by_columns = ColumnOrder.of(Pick(key, WIDTH), order, Pick((1,), WIDTH), KeyOrder(1))
    assert by_columns is not None
    batch = [columns_of(given_rows, WIDTH)] if given_rows else []
    return (in_order or sorted_columns)(batch, by_columns, SpillSpace(), slice_rows=size)


def groups_of(given_rows: list[Any], key: tuple[int, ...], order: KeyOrder) -> Any:
    """Return the same over rows."""
    return sorted_groups([given_rows], Pick(key, WIDTH), order, Pick((1,), WIDTH), KeyOrder(1))


def shown(groups: Any) -> list[str]:
    return [f"{key!r}: {list(values)!r}" for key, values in groups]


@given(rows(), KEYS, st.booleans(), SIZES)
def test_groups_are_those_of_rows(given_rows, key, down, size) -> None:
    order = KeyOrder(len(key), [reverse_order(), *[None] * (len(key) - 1)] if down and key else ())
    try:
        found = shown(column_groups(slices_of(given_rows, key, order, size), key, order))
    except NotColumns:
        return
    assert shown(groups_of(given_rows, key, order)) == found


@given(rows(), KEYS, SIZES, st.lists(st.integers(0, 4), max_size=6))
def test_what_is_left_of_a_group_is_skipped(given_rows, key, size, reads) -> None:
    order = KeyOrder(len(key))
    try:
        groups = column_groups(slices_of(given_rows, key, order, size), key, order)
        wanted = list(groups_of(given_rows, key, order))
        for number, (found, values) in enumerate(groups):
            most = reads[number % len(reads)] if reads else 0
            some = [row for row, _ in zip(values, range(most), strict=False)]
            assert repr(wanted[number][1][:most]) == repr(some)
            assert repr(wanted[number][0]) == repr(found)
        assert not wanted or number == len(wanted) - 1
    except NotColumns:
        return


def test_a_group_in_one_slice_is_a_list_and_one_across_slices_an_iterator() -> None:
    given_rows = [("a", 1, 1), ("b", 2, 2), ("b", 3, 3), ("c", 4, 4)]
    order = KeyOrder(1)
    groups = column_groups(slices_of(given_rows, (0,), order, 2), (0,), order)
    assert [list, False, list] == [
        type(values) if isinstance(values, list) else isinstance(values, list)
        for _, values in groups
    ]


def test_rows_of_some_columns_only() -> None:
    given_rows = [("a", 1, 1), ("b", 2, 2), ("b", 3, 3)]
    order = KeyOrder(1)
    for places, wanted in (((2,), [(2,), (3,)]), ((2, 0), [(2, "b"), (3, "b")]), ((), [(), ()])):
        slices = slices_of(given_rows, (0,), order, 2)
        groups = {
            key: list(values) for key, values in column_groups(slices, (0,), order, places=places)
        }
        assert wanted == groups[("b",)]


# -- aggregated ------------------------------------------------------------------------------------

AGGREGATORS = st.lists(
    st.sampled_from(
        [
            (Count(), "v"),
            (Sum(Fields("s")), "v"),
            (Sum(Fields("sl"), int), "v"),
            (Sum(Fields("si"), Integer), "v"),
            (Average(), "v"),
            (MaxValue(), "v"),
            (MinValue(), "v"),
            (Max(Fields("hi")), "v"),
            (Min(Fields("lo")), "v"),
            (First(Fields("f1", "f2")), Fields("v", "j")),
            (Last(Fields("l1", "l2")), Fields("v", "j")),
            (CountOfValues(Fields("cv")), "v"),
            (CountOfNulls(Fields("cn")), Fields("v", "j")),
            (LeastValue(Fields("lv")), "v"),
            (AverageOfValues(Fields("av")), "v"),
        ]
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda pair: str(pair[0].field_declaration),
)


def both_ways(
    given_rows: list[Any],
    specs: Any,
    key: tuple[int, ...],
    order: KeyOrder,
    size: int,
    limit: int,
    in_order: Any = sorted_selections,
) -> tuple[Any, Any]:
    """Return results and report, by rows and by columns; None where columns refuse."""
    run = EveryRun(specs, KV.select(Fields(*key)), specs[-1].site)
    by_rows = TaskContext()
    try:
        found = run_everys(run, groups_of(given_rows, key, order), by_rows)
        first: Any = [row for batch in found for row in batch]
    except RunError as failed:
        first = failed
    task = TaskContext(spill=SpillSpace(limit))
    try:
        slices = slices_of(given_rows, key, order, size, in_order)
        batches = list(aggregated_groups(slices, run, Pick(key, WIDTH), order, task))
    except NotColumns:
        assert not task.report.rows_in
        return (first, None), None
    finally:
        task.spill.close()
    made = [row for batch in batches for row in rows_of(batch)]
    return (first, by_rows.report), (made, task.report)


@given(
    rows() | st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), REALS), max_size=30),
    AGGREGATORS,
    KEYS,
    st.booleans(),
    SIZES,
    st.sampled_from([1, 1 << 30]),
    st.sampled_from([sorted_columns, sorted_selections]),
)
@example(THRICE * 2, SUMMED, (0,), False, 2, 1, sorted_columns)
@example(THRICE * 2, [(Last(Fields("last")), "v")], (0,), False, 2, 1, sorted_selections)
@example(LARGE, [(Average(), "v")], (0,), False, 1, 1, sorted_columns)
def test_aggregated_groups_are_what_the_everys_make_of_rows(
    given_rows, aggregators, key, down, size, limit, in_order
) -> None:
    names = [KV.get(at) for at in key]
    specs = everys(KV, names or Fields.NONE, *[(*pair, Fields.ALL) for pair in aggregators])
    order = KeyOrder(len(key), reverse=down)
    try:
        (wanted, report), found = both_ways(given_rows, specs, key, order, size, limit, in_order)
    except NotColumns:
        return
    if found is None:
        return
    made, made_report = found
    assert not isinstance(wanted, RunError)
    assert list(map(repr, wanted)) == list(map(repr, made))
    assert report.rows_in == made_report.rows_in
    assert report.rows_out == made_report.rows_out


@pytest.mark.parametrize("values", [(-0.0, 0.0, 0.0), (0.0, -0.0, 0.0)])
def test_a_group_is_called_by_its_first_row_across_slices(values: Any) -> None:
    batch = columns_of([(value, 1, number) for number, value in enumerate(values)], WIDTH)
    run = EveryRun(everys(KV, ["k"], (Count(), "v", Fields.ALL)), Fields("k"))
    slices = [batch.slice(at, 1) for at in range(len(values))]
    key, order = Pick((0,), WIDTH), KeyOrder(1)
    (made,) = aggregated_groups(slices, run, key, order, TaskContext())
    assert repr([(values[0], 3)]) == repr(rows_of(made))
    ((found, values_of_group),) = [
        (found, list(rows)) for found, rows in column_groups(slices, (0,), order)
    ]
    assert repr(values[:1]) == repr(found)
    assert len(values) == len(values_of_group)


def test_results_are_laid_out_as_the_everys_say() -> None:
    specs = everys(
        KV,
        ["k"],
        (Last(Fields("last")), "j", Fields.ALL),
        (Sum(Fields("s"), Long), "v", Fields("s", "k", "last")),
        (MaxValue(), "v", Fields.RESULTS),
    )
    given_rows = [("b", 1, 2), ("a", 9, None), ("b", 2, 5), ("b", 0, 4)]
    order = KeyOrder(1)
    (wanted, _), found = both_ways(given_rows, specs, (0,), order, 2, 1)
    assert [(None,), (5,)] == wanted == found[0]


def test_results_wait_on_disk_beyond_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cascade2spark.batch.column_groups._FINISHED_ROWS", 3)
    specs = everys(KV, ["k"], (Count(), "v", Fields.ALL))
    given_rows = [(n // 2, 1, n) for n in range(40)]
    (wanted, _), (made, _) = both_ways(given_rows, specs, (0,), KeyOrder(1), 7, 400)
    assert wanted == made and len(made) == 20


def test_which_everys_have_column_forms() -> None:
    plain = aggregator("n", zero=0, step=lambda n, _: n + 1)
    for parts in [
        ((plain, "v", Fields.ALL),),
        ((Count(), "v", Fields.ALL), (plain, "v", Fields.ALL)),
        ((Count(), "v", Fields.ALL, 0),),
        ((AssertGroupSizeMoreThan(1), "v"),),
        (),
    ]:
        specs = everys(KV, ["k"], *parts)
        assert group_kernels(specs) is None
        with pytest.raises(NotColumns):
            run = EveryRun(specs, Fields("k"))
            next(aggregated_groups([], run, Pick((0,), WIDTH), KeyOrder(1), TaskContext()))
    assert group_kernels(everys(KV, ["k"], (Count(), "v", Fields.ALL))) is not None


# -- narrowed --------------------------------------------------------------------------------------


@buffer("n", "m")
def pairs(key: Any, values: Iterator[Any]) -> Iterator[Any]:
    """Yield each value with the one before it."""
    before = None
    for value, *_ in values:
        yield before, value
        before = value


@buffer("n")
def refusing(key: Any, values: Iterator[Any]) -> Iterator[Any]:
    """Fail on a 5."""
    for value, *_ in values:
        yield 1 // (value - 5)


class Standing(BaseOperation, Buffer):
    """Emits each argument, and one result before and after them."""

    def __init__(self) -> None:
        super().__init__(Fields("n"))

    def operate(self, flow_process: Any, buffer_call: Any) -> None:
        collector = buffer_call.get_output_collector()
        collector.add((-1,))
        for entry in buffer_call.get_arguments_iterator():
            collector.add((entry.get_object("v"),))
        collector.add((-2,))


total = aggregator("t", zero=0, step=lambda t, v, *_: t + v)
NARROW: list[tuple[Any, tuple[int, ...] | None]] = [
    (((pairs, "v", Fields.RESULTS),), (2,)),
    (((refusing, "v", Fields.RESULTS, 0),), (2,)),
    (((refusing, Fields("v", "j"), Fields.RESULTS, 0),), (2, 1)),
    (((pairs, "v", Fields("k", "m")),), (2, 0)),
    (((Standing(), "v", Fields("n", "k")),), (2, 0)),
    (((Standing(), "v", Fields.RESULTS),), (2,)),
    (((pairs, "k", Fields.RESULTS),), (0,)),
    (((pairs, "v", Fields.ALL),), (2, 0, 1)),
    (((pairs, Fields.ALL, Fields.RESULTS),), None),
    (((total, "v", Fields.ALL),), (2,)),
    (((total, Fields("v", "j"), Fields.ALL), (Count(), "j", Fields.ALL)), (2, 1)),
    (((total, "v", Fields.ALL, 0), (AssertGroupSizeMoreThan(0), "j")), (2, 1)),
    ((), None),
]


@pytest.mark.parametrize("size", [1, 2, 9])
@pytest.mark.parametrize(("parts", "places"), NARROW)
def test_everys_do_the_same_over_the_columns_they_read(parts, places, size) -> None:
    specs = everys(KV, ["k"], *parts)
    run = EveryRun(specs, Fields("k"))
    narrowed = narrowed_run(run)
    assert places == (narrowed[0] if narrowed else None)
    if narrowed is None:
        return
    given_rows = [("a", 1, 5), ("a", 2, 6), ("b", 0, 7), ("b", 4, 4), ("b", 5, 3)]
    order, by_rows, by_columns = KeyOrder(1), TaskContext(), TaskContext()
    wanted = run_everys(run, groups_of(given_rows, (0,), order), by_rows)
    slices = slices_of(given_rows, (0,), order, size)
    groups = column_groups(slices, (0,), order, places=narrowed[0])
    found = run_everys(narrowed[1], groups, by_columns)
    assert list(map(list, wanted)) == list(map(list, found))
    assert by_rows.trapped == by_columns.trapped
    assert by_rows.report.as_record() == by_columns.report.as_record()


def test_an_error_tells_the_same_of_narrowed_rows() -> None:
    specs = everys(KV, ["k"], (refusing, Fields("v", "j"), Fields.RESULTS))
    run = EveryRun(specs, Fields("k"))
    narrowed = narrowed_run(run)
    assert narrowed is not None
    given_rows = [("a", 1, 4), ("a", 2, 5)]
    order = KeyOrder(1)
    with pytest.raises(RunError) as by_rows:
        list(run_everys(run, groups_of(given_rows, (0,), order), TaskContext()))
    groups = column_groups(slices_of(given_rows, (0,), order, 9), (0,), order, places=narrowed[0])
    with pytest.raises(RunError) as by_columns:
        list(run_everys(narrowed[1], groups, TaskContext()))
    assert str(by_rows.value) == str(by_columns.value)


def test_a_single_every_takes_its_arguments_as_the_rows_are() -> None:
    run = EveryRun(everys(KV, ["k"], (pairs, Fields("v", "j"), Fields.RESULTS)), Fields("k"))
    narrowed = narrowed_run(run)
    assert narrowed is not None
    assert narrowed[1].everys[0].arguments.is_all


def test_rows_that_are_partial_results_are_not_narrowed() -> None:
    run = EveryRun(everys(KV, ["k"], (total, "v", Fields.ALL)), Fields("k"))
    assert narrowed_run(attrs.evolve(run, merges=True)) is None
