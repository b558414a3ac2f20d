"""Partial aggregation over columns gives what the folds give over rows, keys included."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cascade2spark.batch.aggregate import PartialAggregate
from cascade2spark.batch.batches import NotColumns, array_of, columns_of, rows_of
from cascade2spark.batch.chain import ChainNode, ChainSpec, run_chain
from cascade2spark.batch.column_aggregate import (
    ColumnAggregate,
    aggregate_kernels,
    merged_columns,
    partial_rows,
)
from cascade2spark.batch.every import EveryRun, run_everys
from cascade2spark.batch.kernels.aggregates import aggregate_kernel
from cascade2spark.batch.kernels.keys import encode_keys
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.sort import sorted_groups
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.fields import Fields
from cascade2spark.operations import Average, Count, First, Last, MaxValue, MinValue, Sum
from cascade2spark.operations.extremes import Max, Min
from cascade2spark.operations.folds import (
    AverageOfValues,
    CountOfNulls,
    CountOfValues,
    LeastValue,
)
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick
from cascade2spark.types import DateType, Integer, Object, int_, long_
from tests.unit.batch_chains import everys

KV = Fields("k", "j", "v")
QUARTERS = st.integers(-40, 40).map(lambda number: number / 4)
REALS = QUARTERS | st.sampled_from([0.0, -0.0, float("nan"), float("inf"), -float("inf")])
LARGE = st.integers(-(2**63), 2**63 - 1)
# Texts that are numbers in Java's eyes, some in a spelling that Arrow does not read.
NUMBERS = st.sampled_from(["1", "-2", "", "2.5", "1e3", " 7", "1d", "9223372036854775807", "007"])
VALUES = st.sampled_from(
    [
        st.integers(-9, 9),
        st.integers(-9, 9) | LARGE,
        st.integers(-(2**31), 2**31 - 1),
        QUARTERS,
        REALS,
        st.text(st.sampled_from("ab1"), max_size=2),
        NUMBERS,
        st.booleans(),
        st.dates(),
        st.binary(max_size=1),
        st.none(),
        st.integers(-9, 9) | QUARTERS,  # no column has both
    ]
)
KEYS = st.sampled_from(
    [
        st.sampled_from(["a", "b", "é", "", "\U0001f600", "\uffff"]),
        st.integers(-2, 2),
        st.sampled_from([0.0, -0.0, float("nan"), -float("nan"), 1.0]),
        st.booleans(),
        st.binary(max_size=1),
        st.none(),
    ]
)


@st.composite
def rows(draw: st.DrawFn) -> list[Any]:
    first, second, values = draw(KEYS), draw(KEYS), draw(VALUES)
    row = st.tuples(first | st.none(), second | st.none(), values | st.none())
    return draw(st.lists(row, max_size=9))


AGGREGATORS = st.lists(
    st.sampled_from(
        [
            (Count(), "v"),
            (Sum(Fields("s")), "v"),
            (Sum(Fields("sl"), int), "v"),
            (Sum(Fields("si"), Integer), "v"),
            (Sum(Fields("spi"), int_), "v"),
            (Sum(Fields("spl"), long_), "v"),
            (Average(), "v"),
            (MaxValue(), "v"),
            (MinValue(), "v"),
            (Max(Fields("hi")), "v"),
            (Min(Fields("lo")), "v"),
            (First(Fields("f")), "v"),
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


def as_batch(batch: list[Any]) -> Any:
    try:
        return columns_of(batch, len(KV))
    except NotColumns:
        return batch


class Batches:
    """A leaf that hands out batches as they come."""

    def open(self, task: TaskContext) -> Batches:
        return self

    def push(self, batch: Any) -> list[Any]:
        return [batch]

    def finish(self) -> list[Any]:
        return []

    def close(self, *, is_failing: bool) -> None:
        """Nothing to let go of."""


def folded(specs: Any, keys: tuple[int, ...], order: KeyOrder, given: list[Any]) -> list[Any]:
    """Return what the folds make of all rows at once: what is right."""
    groups = sorted_groups([given], Pick(keys, width=len(KV)), order)
    names = KV.select(Fields(*keys))
    made = run_everys(EveryRun(specs, names), groups, TaskContext())
    return [row for batch in made for row in batch]


def in_parts(
    specs: Any, keys: tuple[int, ...], order: KeyOrder, given: list[Any], size: int, tasks: int
) -> tuple[list[Any], bool]:
    """Return what partial aggregation in several tasks makes, and whether columns were merged."""
    by_rows = PartialAggregate(Pick(keys, width=len(KV)), order, specs, 2)
    spec = ChainSpec((ChainNode(-1, stage=ColumnAggregate(by_rows)), ChainNode(0, leaf=Batches())))
    kernels = aggregate_kernels(specs, Pick(keys, width=len(KV)), order) or []
    parts: list[Any] = []
    share = -(-len(given) // tasks) or 1
    for task in range(tasks):
        mine = given[task * share : (task + 1) * share]
        batches = [as_batch(mine[at : at + size]) for at in range(0, len(mine), size)]
        limit = SpillSpace(16 << (3 * (task + size)))  # parts of one row, or of more
        parts += [item for _, item in run_chain(spec, batches, TaskContext(spill=limit))]
    if parts and not any(isinstance(part, list) for part in parts):
        try:
            return rows_of(merged_columns(parts, specs, order, kernels)), True
        except NotColumns:
            pass
    states = [
        part if isinstance(part, list) else partial_rows(part, order.width, kernels)
        for part in parts
    ]
    groups = sorted_groups(states, Pick(tuple(range(order.width)), width=None), order)
    names = KV.select(Fields(*keys))
    made = run_everys(EveryRun(specs, names, merges=True), groups, TaskContext())
    return [row for batch in made for row in batch], False


@given(
    rows(),
    AGGREGATORS,
    st.sampled_from([(0,), (1, 0)]),
    st.booleans(),
    st.integers(1, 4),
    st.integers(1, 3),
)
@example([(0.0, None, 1), (-0.0, None, 2)], [(Count(), "v")], (0,), False, 9, 1)
@example([(-0.0, None, 1), (0.0, None, 2)], [(Count(), "v")], (0,), False, 9, 1)
@example([("a", None, -0.0), ("a", None, 0.0)], [(MaxValue(), "v")], (0,), False, 9, 1)
def test_parts_merged_are_the_folds_of_all_rows(
    given_rows: list[Any],
    aggregators: list[Any],
    keys: tuple[int, ...],
    reverse: bool,
    size: int,
    tasks: int,
) -> None:
    specs = everys(KV, [KV.get(at) for at in keys], *[(*pair, Fields.ALL) for pair in aggregators])
    order = KeyOrder(len(keys), reverse=reverse)
    try:
        expected = folded(specs, keys, order, given_rows)
    except Exception as failed:
        with pytest.raises(type(failed)):
            in_parts(specs, keys, order, given_rows, size, tasks)
        return
    made, _ = in_parts(specs, keys, order, given_rows, size, tasks)
    assert list(map(repr, expected)) == list(map(repr, made))


def test_whole_sums_stay_exact_at_any_size() -> None:
    specs = everys(KV, ["k"], (Sum(Fields("s"), int), "v", Fields.ALL))
    large = [("a", None, 1 << 62), ("a", None, -(1 << 62)), ("a", None, 1), ("b", None, 1 << 53)]
    made, _ = in_parts(specs, (0,), KeyOrder(1), large, 9, 2)
    assert [("a", 1), ("b", 1 << 53)] == made


def test_plain_groups_are_merged_as_columns() -> None:
    specs = everys(
        KV,
        ["k", "j"],
        (Count(), "v", Fields.ALL),
        (Average(), "v", Fields.ALL),
        (MinValue(), "v", Fields.ALL),
    )
    given_rows = [("b", 1, 2.0), ("a", None, None), ("b", 1, 4.0), (None, 2, 1.0)]
    made, is_columns = in_parts(specs, (0, 1), KeyOrder(2), given_rows, 1, 2)
    assert is_columns
    assert [(None, 2, 1, 1.0, 1.0), ("a", None, 1, 0.0, None), ("b", 1, 2, 3.0, 2.0)] == made


def test_parts_leave_before_large_keys_fill_the_memory() -> None:
    specs = everys(KV, "k", (Count(), "v"))
    by_rows = PartialAggregate(Pick((0,), width=3), KeyOrder(1), specs)
    task = TaskContext(spill=SpillSpace(1 << 20))
    stage = ColumnAggregate(by_rows).open(task, is_immediate=False)
    held, left = 0, 0
    for number in range(200):
        key = f"{number % 100:01000}"
        batch = columns_of([(key, n, 1) for n in range(5)] + [(f"{number:01000}", 0, 1)], 3)
        left += sum(part.num_rows for part in stage.columns(batch))
        held = max(held, sum(part.nbytes for part in stage._held))
    assert left and held <= 1 << 16
    assert list(stage.flush())


def test_aggregators_that_only_run_over_rows() -> None:
    (last,) = everys(KV, ["k"], (Last(Fields("l"), (1,)), "v", Fields.ALL))
    (two,) = everys(KV, ["k"], (First(Fields("f"), 2), "v", Fields.ALL))
    dated = Fields("k", "j", "v").apply_types(Object, Object, DateType("yyyy"))
    (moments,) = everys(dated, ["k"], (Sum(Fields("s")), "v", Fields.ALL))
    (trapped,) = everys(KV, ["k"], (Count(), "v", Fields.ALL, 0))
    (ignoring,) = everys(KV, ["k"], (MaxValue(Fields("m"), 1), "v", Fields.ALL))
    for every in (last, two, moments, trapped, ignoring):
        assert aggregate_kernel(every) is None


def test_texts_that_are_numbers_are_added_up_as_columns() -> None:
    specs = everys(
        KV,
        ["k"],
        (Sum(Fields("s"), int), "v", Fields.ALL),
        (Average(Fields("m")), "v", Fields.ALL),
        (AverageOfValues(Fields("mv")), "v", Fields.ALL),
    )
    given_rows = [("a", 0, "1"), ("a", 0, ""), ("b", 0, None), ("a", 0, "8")]
    made, is_columns = in_parts(specs, (0,), KeyOrder(1), given_rows, 9, 2)
    assert is_columns
    assert [("a", 9, 3.0, 3.0), ("b", None, 0.0, None)] == made


# -- codes of keys ---------------------------------------------------------------------------------


@given(rows(), st.integers(0, 2), st.booleans(), st.booleans())
def test_codes_tell_keys_apart_and_order_them_as_the_key_order_does(
    given_rows: list[Any], width: int, is_sorted: bool, reverse: bool
) -> None:
    keys = [row[:width] for row in given_rows]
    order = KeyOrder(width, reverse=reverse)
    columns = [array_of(values) for values in zip(*keys, strict=True)] if keys else []
    columns = columns or [pa.nulls(0)] * width
    codes = encode_keys(columns, len(keys), is_sorted=is_sorted, reverse=reverse)
    name, found = order.group_key(), codes.of_rows.tolist()
    assert len({name(key) for key in keys}) == codes.groups
    assert codes.groups == len(set(found))
    for key, code in zip(keys, found, strict=True):
        for other, other_code in zip(keys, found, strict=True):
            assert (name(key) == name(other)) == (code == other_code)
    if is_sorted:
        rank = order.sort_key()
        by_order = [keys[at] for at in np.argsort(found, kind="stable")]
        assert list(map(repr, sorted(keys, key=rank))) == list(map(repr, by_order))
    else:
        firsts = list(dict.fromkeys(found))
        assert list(range(codes.groups)) == firsts
    if width:
        shown = list(zip(*[column.to_pylist() for column in codes.keys], strict=True))
        first_of: dict[int, Any] = {}
        for key, code in zip(keys, found, strict=True):
            first_of.setdefault(code, key)
        # A group is called by its first key to arrive, where equal keys look different.
        assert [repr(first_of[code]) for code in range(codes.groups)] == list(map(repr, shown))


def test_nan_is_one_key_and_comes_last_and_null_first() -> None:
    column = pa.array([math.nan, 1.0, None, -math.nan, -math.inf])
    codes = encode_keys([column], 5, is_sorted=True)
    assert [3, 2, 0, 3, 1] == codes.of_rows.tolist()
