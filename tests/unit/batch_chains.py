"""Building operator specs and running chains of them, for the tests of `batch/`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cascade2spark.batch.chain import ChainNode, ChainSpec, run_chain
from cascade2spark.batch.fuse import EachRun
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.stages import OperatorRun
from cascade2spark.fields import Fields
from cascade2spark.planner.steps import EachOperator, EveryOperator, Group, Map
from tests.unit.local_plans import Plan

Row = tuple[Any, ...]


class Gather:
    """A leaf that hands out each row it gets, and at the end how many there were."""

    def __init__(self, fails_on: Any = None) -> None:
        self.fails_on = fails_on
        self.closed: list[bool] = []
        self.batches: list[list[Row]] = []

    def open(self, task: TaskContext) -> Gather:
        return self

    def push(self, batch: list[Row]) -> list[Any]:
        self.batches.append(batch)
        if any(row[0] == self.fails_on for row in batch if self.fails_on is not None):
            raise OSError("disk full")
        return list(batch)

    def finish(self) -> list[Any]:
        return [f"{sum(map(len, self.batches))} rows"]

    def close(self, *, is_failing: bool) -> None:
        self.closed.append(is_failing)


def operators(fields: Any, *eaches: tuple[Any, ...]) -> tuple[EachOperator, ...]:
    """Return specs for (operation, arguments, output, trap), as many parts as wanted."""
    plan = Plan()
    step: Any = plan.read(fields, [])
    found: list[Any] = []
    for parts in eaches:
        step = plan.each(step, *parts)
        assert isinstance(step, Map)
        found += step.operators
    return tuple(found)


def everys(fields: Any, key: Any, *parts: tuple[Any, ...]) -> tuple[EveryOperator, ...]:
    """Return the specs of Everys over a group."""
    plan = Plan()
    group: Group = plan.group(plan.read(fields, []), key, *parts)
    return group.everys


def chain_of(*runs: tuple[EachOperator, ...], leaf: Any = None) -> ChainSpec:
    """Return runs one after another, ending in a leaf."""
    nodes = [ChainNode(number - 1, OperatorRun(run)) for number, run in enumerate(runs)]
    return ChainSpec((*nodes, ChainNode(len(runs) - 1, leaf=leaf or Gather())))


def results(
    run: tuple[EachOperator, ...], rows: Iterable[Row], task: TaskContext | None = None
) -> list[Row]:
    """Return what a fused run makes of rows, flush included."""
    found = [item for _, item in run_chain(chain_of(run), [list(rows)], task or TaskContext())]
    return found[:-1]


def generated(run: tuple[EachOperator, ...]) -> str:
    """Return the generated text of a run."""
    each = EachRun(run, TaskContext())
    each.prepare()
    each.cleanup()
    return each.source


ABC = Fields("a", "b", "c")
