"""TaskCounters: counters of RDD jobs that count once, however often Spark runs a task."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import attrs
from pyspark import RDD, Accumulator, SparkContext, TaskContext

from cascade2spark.errors import BuildError, shown_value
from cascade2spark.origin import capture_origin
from cascade2spark.rdd.tasks import Call, check_callable, check_context, check_rdd
from cascade2spark.spark.counters import TaskRecord, TaskReports

__all__ = ["TaskCounters"]


class TaskCounters:
    """Counters of what functions over partitions see.

    A plain accumulator counts an element again when a task is retried, a second action runs, or a
    lost partition is computed anew. Here the first evaluation that saw its partition to the end
    is the one that counts. What was only looked into, by `take`, does not.

    Args:
        context: the Spark context.
    Example:
        counters = TaskCounters(sc)
        keep = lambda rows, count: [row for row in rows if row.isdigit() or count("bad")]
        good = counters.map_partitions(sc.parallelize(["1", "x", "2"]), keep)
        (good.count(), good.count(), counters.value("bad"))  # (2, 2, 1)
    """

    def __init__(self, context: SparkContext) -> None:
        check_context("TaskCounters", context)
        self._reports = TaskReports(context, uuid.uuid4().hex)
        self._partitions: list[int] = []

    def map_partitions(
        self,
        rdd: RDD[Any],
        fn: Callable[[Iterator[Any], Callable[..., None]], Iterable[Any] | None],
    ) -> RDD[Any]:
        """Return an RDD of what a function makes of each partition, with counters in its hand.

        Args:
            rdd: any elements.
            fn: called with (elements, count); returns an iterable of results, or None.
                ``count(name, amount=1)`` adds to a counter; it returns None.
        Raises:
            BuildError: an argument is of the wrong kind.
            RunError: (in the tasks) `fn` failed.
        """
        name = "TaskCounters.map_partitions"
        check_rdd(name, "first argument", rdd)
        check_callable(name, "second argument, fn,", fn, ("elements", "count"))
        call = Call.of(name, rdd.context)
        number = len(self._partitions)
        self._partitions.append(rdd.getNumPartitions())
        counting = _Counting(call, fn, number, self._reports.run_id, self._reports.accumulator)
        return rdd.mapPartitionsWithIndex(counting)

    def value(self, name: str) -> int:
        """Return one counter; 0 for one that nobody touched."""
        return self.as_dict().get(name, 0)

    def as_dict(self, view: Literal["first", "last"] = "first") -> dict[str, int]:
        """Return all counters as far as their partitions were evaluated, by name.

        Args:
            view: which evaluation of a partition counts. They differ only where a function does
                not give the same again: it reads the clock, or data that changes.
        """
        if view not in ("first", "last"):
            raise BuildError(
                "TaskCounters knows no such view of its counters",
                asked=view,
                available=["first", "last"],
                origin=capture_origin(),
            )
        reports = self._reports
        kept = reports.last_complete() if view == "last" else reports.first_complete()
        return _added_up(kept.values())

    def by_stage(self) -> dict[int, dict[str, int]]:
        """Return for each Spark stage what its tasks counted, every evaluation of a partition.

        The sum over the stages is what plain accumulators would show.
        """
        found = self._reports.complete_by_stage()
        return {stage: _added_up(found[stage]) for stage in sorted(found)}

    @property
    def is_complete(self) -> bool:
        """Whether every partition was seen to its end, so that the counters are final."""
        return len(self._reports.first_complete()) == sum(self._partitions)


def _added_up(records: Iterable[TaskRecord]) -> dict[str, int]:
    found: dict[str, int] = {}
    for record in records:
        for name, amount in record.report.items():
            found[name] = found.get(name, 0) + amount
    return dict(sorted(found.items()))


@attrs.frozen
class _Counting:
    call: Call
    fn: Callable[[Any, Any], Any]
    number: int
    run_id: str
    reports: Accumulator[list[TaskRecord]]

    def __call__(self, index: int, elements: Iterable[Any]) -> Iterator[Any]:
        counted: dict[str, int] = {}

        def count(name: str, amount: int = 1) -> None:
            if name.__class__ is not str or amount.__class__ is not int:
                raise self.call.refusal(
                    "count takes the name of a counter and a whole number",
                    details={"given": f"({shown_value(name)}, {shown_value(amount)})"},
                )
            counted[name] = counted.get(name, 0) + amount

        with self.call.task():
            yield from self.call.run(self.fn, elements, count)
        # Who stops reading early never gets here.
        spark = TaskContext.get()
        attempt, stage = (spark.taskAttemptId(), spark.stageId()) if spark is not None else (0, -1)
        record = TaskRecord(
            self.run_id, self.number, self.number, index, attempt, stage, True, counted
        )
        self.reports.add([record])
