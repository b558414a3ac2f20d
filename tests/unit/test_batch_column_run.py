"""Runs of operations over columns: the rows and counts of the run over rows, fallbacks counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.batches import NotColumns, columns_of, rows_of
from cascade2spark.batch.chain import ChainNode, ChainSpec, run_chain
from cascade2spark.batch.column_run import ColumnRun, split_run
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.stages import OperatorRun
from cascade2spark.fields import Fields
from cascade2spark.operations import ExpressionFilter, Identity, Insert, RegexSplitter
from cascade2spark.operations.base import BaseOperation, Filter
from cascade2spark.operations.callables import function
from cascade2spark.planner.steps import Project, Site
from cascade2spark.selection import Pick
from tests.unit.batch_chains import Gather, operators

AB = Fields("a", "b")


class Own(Identity):
    """A class of a user's, who may have overridden anything."""


class Big(BaseOperation, Filter):
    """Removes rows whose number is below three."""

    def is_remove(self, flow_process: Any, filter_call: Any) -> bool:
        return bool((filter_call.get_arguments()[0] or 0) < 3)


SPLIT = RegexSplitter(Fields("x", "y"), ",")
RUN = operators(
    AB,
    (Insert(Fields("c"), "k"), Fields.ALL, Fields.ALL),
    (SPLIT, "a", Fields("b", "c", "x", "y")),
    (Identity(), Fields("x", "y", "b"), Fields.RESULTS),
    (function("n")(lambda b: (b or 0) + 1), "b", Fields("x", "n")),
    (Big(), "n"),
)


def through(rows: list[Any], size: int, *, as_columns: bool) -> tuple[list[Any], TaskContext]:
    """Run batches of some size through the run, as a chain that begins with columns, or rows."""
    head, tail = split_run(RUN) if as_columns else ((), RUN)
    stages: list[Any] = [ColumnRun(head)] if head else []
    stages.append(OperatorRun(tail))
    nodes = [ChainNode(at - 1, stage=stage) for at, stage in enumerate(stages)]
    spec = ChainSpec((*nodes, ChainNode(len(stages) - 1, leaf=Gather())))
    batches: list[Any] = [rows[at : at + size] for at in range(0, len(rows), size)]
    if as_columns:
        batches = list(map(as_columns_if_can, batches))
    task = TaskContext()
    return [item for _, item in run_chain(spec, batches, task)], task


def as_columns_if_can(rows: list[Any]) -> Any:
    try:
        return columns_of(rows, 2)
    except NotColumns:
        return rows


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a,b", "é,", ",", "a,b,c", "x,y", None]) | st.just("one"),
        st.integers(-9, 9) | st.none() | st.just(1 << 70),
    ),
    max_size=8,
)


@given(ROWS, st.integers(1, 3))
def test_a_run_over_columns_is_the_run_over_rows(rows: list[Any], size: int) -> None:
    try:
        expected, task = through(rows, size, as_columns=False)
    except Exception as failed:
        try:
            through(rows, size, as_columns=True)
        except Exception as also:
            assert (type(failed), str(failed)) == (type(also), str(also))
            return
        raise
    made, other = through(rows, size, as_columns=True)
    assert expected == made
    assert task.report.rows_in == other.report.rows_in
    assert task.report.rows_out == other.report.rows_out


def test_a_filter_copies_no_column_that_is_dropped_next() -> None:
    keeps, again = operators(
        AB, (ExpressionFilter("b > 2", int), "b"), (ExpressionFilter("b == 1", int), "b")
    )
    only = Project(Site(9, "Project", "p", "p"), Pick((1,), 2), Fields("b"))
    task = TaskContext()
    stage = ColumnRun((keeps, again, only)).open(task, is_immediate=False)
    (made,) = stage.columns(columns_of([("x", 1), ("y", 2), ("z", 3), (None, 0)], 2))
    assert [(2,), (0,)] == rows_of(made)
    sites = [keeps.site.key, again.site.key, 9]
    assert [4, 3, 2] == [task.report.rows_in[site] for site in sites]
    assert [3, 2, 2] == [task.report.rows_out[site] for site in sites]


def test_the_head_with_column_forms_is_told_and_fallbacks_are_counted() -> None:
    head, tail = split_run(RUN)
    assert (3, 2) == (len(head), len(tail))
    made, task = through([("a,b", 1), ("a,b", 7)], 2, as_columns=True)
    assert [("a", 8), "1 rows"] == made
    assert "columns" == task.report.forms[RUN[1].site.key]
    assert {} == task.report.fallbacks


def test_a_batch_without_a_column_form_is_done_as_rows_and_counted() -> None:
    run = operators(
        AB,
        (Identity(Fields("x"), Decimal), "b", Fields("a", "x")),
        (Own(), Fields.ALL, Fields.RESULTS),
    )
    stages = [ColumnRun(run[:1]), OperatorRun(run[1:])]
    nodes = [ChainNode(at - 1, stage=stage) for at, stage in enumerate(stages)]
    nodes.append(ChainNode(1, leaf=Gather()))
    batches = [columns_of([("p", None)], 2), columns_of([("q", "1")], 2), [("r", 2)]]
    task = TaskContext()
    made = [item for _, item in run_chain(ChainSpec(tuple(nodes)), batches, task)]
    assert [("p", None), ("q", Decimal(1)), ("r", Decimal(2))] == made[:-1]
    assert {run[0].site.key: {"no column type for Decimal": 1}} == task.report.fallbacks
    assert (3, 3) == (task.report.rows_in[run[0].site.key], task.report.rows_out[run[0].site.key])
