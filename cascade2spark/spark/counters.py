"""What tasks report on the side, merged so that each evaluated partition counts once.

Counters, rows in and out, trapped rows and part files all travel in one Spark accumulator, one
record for each evaluated partition of a task chain::

    (flow run, our step, task chain, partition, task attempt id, Spark stage id, complete?, report)

Spark re-runs tasks and whole stages, and evaluates lineages more than once; the driver keeps the
first *complete* record of each (chain, partition) and ignores the others. Our own number is the
key, not Spark's stage id, because one chain may run in several Spark stages.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import attrs
from pyspark import SparkContext
from pyspark.accumulators import AccumulatorParam

__all__ = ["TaskRecord", "TaskReports"]


@attrs.frozen
class TaskRecord:
    """One evaluation of one partition of a task chain.

    Args:
        step: number of the step that the chain begins with.
        chain: number of the chain; several may begin with one persisted step.
        attempt, stage: Spark's ids.
        report: `TaskReport.as_record()`.
    """

    run_id: str
    step: int
    chain: int
    partition: int
    attempt: int
    stage: int
    is_complete: bool
    report: dict[str, Any]


class _Records(AccumulatorParam[list[TaskRecord]]):
    def zero(self, value: list[TaskRecord]) -> list[TaskRecord]:
        return []

    def addInPlace(  # the name is PySpark's
        self, value1: list[TaskRecord], value2: list[TaskRecord]
    ) -> list[TaskRecord]:
        # One exception here would silently stop every accumulator of the application.
        with contextlib.suppress(Exception):
            value1.extend(value2)
        return value1


class TaskReports:
    """The records of one flow run.

    Args:
        context: the Spark context.
        run_id: records of other runs are ignored.
    """

    def __init__(self, context: SparkContext, run_id: str) -> None:
        self.run_id = run_id
        self.accumulator = context.accumulator([], _Records())
        self._lock = threading.Lock()

    def records(self) -> list[TaskRecord]:
        """Return everything that arrived, in order of arrival."""
        with self._lock:
            found: list[TaskRecord] = list(self.accumulator.value)
        return [record for record in found if record.run_id == self.run_id]

    def first_complete(self) -> dict[tuple[int, int], TaskRecord]:
        """Return the record that counts for each (chain, partition)."""
        kept: dict[tuple[int, int], TaskRecord] = {}
        for record in self.records():
            if record.is_complete:
                kept.setdefault((record.chain, record.partition), record)
        return kept

    def last_complete(self) -> dict[tuple[int, int], TaskRecord]:
        """Return the latest record of each (chain, partition): what was seen in the end."""
        return {(one.chain, one.partition): one for one in self.records() if one.is_complete}

    def repeated(self, step: int) -> int:
        """Return how often a partition of the chains of a step was evaluated again to its end.

        What is persisted brings the record of the attempt that made it: it is no evaluation.
        """
        found = {
            (one.chain, one.partition, one.attempt)
            for one in self.records()
            if one.is_complete and one.step == step
        }
        return len(found) - len({(chain, partition) for chain, partition, _ in found})

    def complete_by_stage(self) -> dict[int, list[TaskRecord]]:
        """Return every complete record by Spark's stage, in order of arrival, repeats too."""
        found: dict[int, list[TaskRecord]] = {}
        for record in self.records():
            if record.is_complete:
                found.setdefault(record.stage, []).append(record)
        return found
