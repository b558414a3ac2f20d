"""Selections mean the rows that copying them at once would have given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import columns_of, rows_of
from cascade2spark.batch.chain import ChainNode, ChainSpec, run_chain
from cascade2spark.batch.column_run import ColumnRun
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.selected_rows import Selection, gathered, joined_selections
from cascade2spark.batch.split import split_batch, united
from cascade2spark.fields import Fields
from cascade2spark.operations import ExpressionFilter, ExpressionFunction, Insert
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick
from tests.unit.batch_chains import operators, results

Row = tuple[Any, ...]
AB = Fields("a", "b").apply_types(str, int)
NUMBERED = [(f"t{n % 7}", n) for n in range(100)]


def over(condition: str) -> tuple[Any, ...]:
    """Return a filter that removes the rows of which a condition on `b` is true."""
    return (ExpressionFilter(condition, ["b"], [int]), "b")


class Takes:
    """A leaf that keeps the batches it is handed."""

    def __init__(self) -> None:
        self.batches: list[Any] = []

    def open(self, task: TaskContext) -> Takes:
        return self

    def push(self, batch: Any) -> None:
        self.batches.append(batch)

    def finish(self) -> list[Any]:
        return []

    def close(self, *, is_failing: bool) -> None:
        pass


class TakesSelections(Takes):
    takes_selections = True


def chained(run: Any, *leaves: Takes) -> TaskContext:
    """Run operations over the numbered rows as columns, down to leaves."""
    task = TaskContext()
    nodes = [ChainNode(-1, ColumnRun(run)), *[ChainNode(0, leaf=leaf) for leaf in leaves]]
    assert not list(run_chain(ChainSpec(tuple(nodes)), [columns_of(NUMBERED, 2)], task))
    return task


@st.composite
def selections(draw: st.DrawFn) -> tuple[Selection, list[Row]]:
    """Return a selection that was narrowed a few times, and the rows it means."""
    size = draw(st.integers(0, 30))
    rows: list[Row] = [(f"é{n % 3}" if n % 4 else None, n, n / 2) for n in range(size)]
    made = Selection.of(columns_of(rows, 3))
    for _ in range(draw(st.integers(0, 3))):
        kept = draw(st.lists(st.sampled_from([True, True, False, None]), min_size=size))[:size]
        made = made.filter(pa.array(kept, pa.bool_()))
        rows = [row for row, stays in zip(rows, kept, strict=True) if stays]
        size = len(rows)
        if draw(st.booleans()):
            assert [row[0] for row in rows] == made.column(0).to_pylist()
        if draw(st.booleans()):
            made = made.laid_out([2, 3, 1], 3, [made.column(0)])
            rows = [(c, a, b) for a, b, c in rows]
            made = made.select([1, 2, 0])
            rows = [(a, b, c) for c, a, b in rows]
    return made, rows


@given(selections(), st.randoms())
def test_narrowed_again_and_again_it_means_the_same_rows(found: Any, random: Any) -> None:
    made, rows = found
    assert len(rows) == made.num_rows
    places = [random.randrange(len(rows)) for _ in rows]
    assert [rows[at] for at in places] == rows_of(made.take(np.array(places, dtype=np.int64)))
    assert rows[1:3] == rows_of(made.slice(1, 2))
    assert rows == rows_of(gathered(made)) == rows_of(gathered(made.most()))
    assert made.schema == made.gathered().schema


@given(st.lists(selections(), min_size=1, max_size=3))
def test_joined_they_mean_the_rows_of_each_in_turn(found: Any) -> None:
    wanted = [(str(text), *others) for _, rows in found for text, *others in rows]
    parts = [
        made.laid_out([3, 1, 2], 3, [pa.array(list(map(str, made.column(0).to_pylist())), "str")])
        for made, _ in found
    ]
    kinds = [("0", pa.string()), ("1", pa.int64()), ("2", pa.float64())]
    whole = [part for part in parts if part.num_rows]
    if whole:
        assert wanted == rows_of(gathered(joined_selections(whole)))
        assert wanted == rows_of(gathered(united(whole, pa.schema(kinds))))


@given(selections())
def test_cut_up_by_partition_they_give_what_their_rows_give(found: Any) -> None:
    made, rows = found
    if rows:
        wanted = list(split_batch(rows, Pick((1,)), KeyOrder(1), 3))
        parts = split_batch(made, Pick((1,)), KeyOrder(1), 3)
        assert wanted == [(partition, rows_of(part)) for partition, part in parts]


def test_results_follow_the_rows_they_come_from() -> None:
    made = Selection.of(columns_of(NUMBERED, 2)).filter(pa.array([n > 96 for n in range(100)]))
    parents = pa.array([0, 0, 2])
    words = made.laid_out([2, 1], 2, [pa.array(["x", "y", "z"])], parents)
    assert [("x", 97), ("y", 97), ("z", 99)] == rows_of(gathered(words))


def test_a_filter_hands_on_a_selection_to_those_that_take_one() -> None:
    run = operators(AB, over("b > 89"), over("b == 3"))
    plain, selecting = Takes(), TakesSelections()
    task = chained(run, plain, selecting)
    [columns], [selection] = plain.batches, selecting.batches
    assert isinstance(columns, pa.RecordBatch)
    assert isinstance(selection, Selection)
    wanted = results(run, NUMBERED)
    assert len(wanted) == 89
    assert wanted == rows_of(columns) == rows_of(selection)
    assert [(100, 90), (90, 89)] == [
        (task.report.rows_in[one.site.key], task.report.rows_out[one.site.key]) for one in run
    ]


def test_few_rows_of_many_are_copied_so_that_the_others_can_go() -> None:
    leaf = TakesSelections()
    chained(operators(AB, over("b > 20")), leaf)
    [columns] = leaf.batches
    assert isinstance(columns, pa.RecordBatch)
    assert NUMBERED[:21] == rows_of(columns)


def test_what_a_function_makes_stands_beside_a_selection() -> None:
    double = ExpressionFunction(Fields("c", int), "b * 2", int)
    run = operators(
        AB,
        over("b > 89"),
        (Insert(Fields("site"), "web"), Fields("a"), Fields.ALL),
        (double, Fields("b"), Fields.ALL),
        over("b < 10"),
    )
    leaf = TakesSelections()
    chained(run, leaf)
    [selection] = leaf.batches
    assert isinstance(selection, Selection)
    assert [(f"t{n % 7}", n, "web", 2 * n) for n in range(10, 90)] == rows_of(selection)


def test_nothing_left_is_no_batch() -> None:
    leaf = TakesSelections()
    chained(operators(AB, over("b >= 0")), leaf)
    assert not leaf.batches
