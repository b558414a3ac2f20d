"""What leaves a task chain: which items are whose, who made them, and how long they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs
from pyspark import Accumulator

from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Persist,
    Step,
    Union,
    Write,
)
from cascade2spark.spark.counters import TaskRecord
from cascade2spark.spark.leaves import Maker
from cascade2spark.spark.lineage import Exit
from cascade2spark.spark.tasks import RECORD
from cascade2spark.taps import DataFrameTap, RDDTap

__all__ = ["OnlyExit", "OnlySinks", "keeping_of", "maker_of"]


@attrs.frozen
class OnlyExit:
    """Keeps the items of one exit; passes the records of persisted partitions on."""

    number: int
    reports: Accumulator[list[TaskRecord]]

    def __call__(self, items: Iterable[tuple[int, Any]]) -> Iterator[Any]:
        number = self.number
        for leaf, item in items:
            if leaf == number:
                yield item
            elif leaf == RECORD:
                self.reports.add([item])


@attrs.frozen
class OnlySinks:
    """Keeps the items of the sinks, under the numbers of their steps; records as `OnlyExit`."""

    numbers: Mapping[int, int]
    reports: Accumulator[list[TaskRecord]]

    def __call__(self, items: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        numbers = self.numbers
        for leaf, item in items:
            if leaf in numbers:
                yield numbers[leaf], item
            elif leaf == RECORD:
                self.reports.add([item])


def keeping_of(ways: Sequence[Exit]) -> Literal["run", "result"] | None:
    """Return how long what leaves a chain is persisted: for the run, or for as long as a result."""
    steps = [way.step for way in ways]
    if any(isinstance(s, Write) and isinstance(s.tap, (RDDTap, DataFrameTap)) for s in steps):
        return "result"  # Spark lets go of it when nobody holds the result any more
    leads_on = [step for step in steps if not isinstance(step, Write)]
    if leads_on and len(ways) > 1:
        # Some rows go to a sink or to another exchange: the chain must not run for each.
        return "run"
    return "run" if any(_is_read_twice(way) for way in ways) else None


def _is_read_twice(way: Exit) -> bool:
    """Tell whether what leaves by a way is read more than once, or counted before it is."""
    step = way.step
    if isinstance(step, CoGroup) and step.skewed:
        return way.place == step.sides[0].source
    return isinstance(step, (Persist, BroadcastJoin))


def maker_of(source: Step, way: Exit) -> Maker:
    """Return who made the rows that leave a chain, and what their values are called."""
    last = next((step for step in reversed(way.path) if not isinstance(step, Union)), source)
    works: tuple[Any, ...] = ()
    if isinstance(last, Map):
        works = last.operators
    elif isinstance(last, (Group, CoGroup)):
        works = last.everys
    site = works[-1].site if works else last.site
    if isinstance(way.step, Group) and way.step.is_partial:
        return Maker(site, None)
    return Maker(site, way.step.fields if isinstance(way.step, Write) else last.fields)
