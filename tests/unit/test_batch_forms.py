"""The stages of a chain by the form that batches may come in, and sources made columns."""

from __future__ import annotations

from typing import Any

from cascade2spark.batch.aggregate import PartialAggregate
from cascade2spark.batch.batches import rows_of
from cascade2spark.batch.chain import ChainSpec
from cascade2spark.batch.column_aggregate import ColumnAggregate
from cascade2spark.batch.column_run import ColumnRun
from cascade2spark.batch.forms import ChainBuilder, with_columns
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.stages import OperatorRun, Passage
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, Insert
from cascade2spark.operations.callables import function
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.steps import Site
from cascade2spark.selection import Pick
from tests.unit.batch_chains import Gather, everys, operators

AB = Fields("a", "b")
SITE = Site(7, "source", "in", "source 'in'")
STOCK = (Insert(Fields("c"), 1), Fields.ALL, Fields.ALL)
OWN = (function("d")(str), "a", Fields("d", "b"))


def built(has_columns: bool, *parts: Any) -> ChainSpec:
    """Return a chain that counts, runs operations and aggregates."""
    chain = ChainBuilder(has_columns)
    at = chain.run(chain.passage(-1, SITE), operators(AB, *parts))
    counts = everys(AB, "b", (Count(), "b", Fields.ALL))
    chain.leaf(
        chain.partial(at, PartialAggregate(Pick((1,), width=2), KeyOrder(1), counts)), Gather()
    )
    return chain.spec()


def kinds(spec: ChainSpec) -> list[type]:
    return [type(node.stage) for node in spec.nodes if node.stage is not None]


def test_rows_run_in_the_row_form_throughout() -> None:
    assert [Passage, OperatorRun, PartialAggregate] == kinds(built(False, STOCK, OWN))


def test_columns_go_as_far_as_there_are_column_forms() -> None:
    assert [Passage, ColumnRun, ColumnAggregate] == kinds(built(True, STOCK))
    assert [Passage, ColumnRun, OperatorRun, PartialAggregate] == kinds(built(True, STOCK, OWN))
    assert [Passage, OperatorRun, PartialAggregate] == kinds(built(True, OWN, STOCK))


def test_batches_of_a_source_become_columns_where_they_have_an_exact_form() -> None:
    task = TaskContext()
    batches = [[("x", 1)], [("y", 1.5), ("z", 2)], [], [("w",)]]
    made = list(with_columns(batches, AB, SITE, task))
    assert [("x", 1)] == rows_of(made[0])
    assert [[("y", 1.5), ("z", 2)], [("w",)]] == made[1:]
    assert {7: "columns"} == task.report.forms
    reasons = {"mixed types: float, int": 1, "rows of another width": 1}
    assert {7: reasons} == task.report.fallbacks
