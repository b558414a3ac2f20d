"""What runs in a worker: one picklable function for one partition of one task chain.

A task opens its source, pushes the batches through the chain, hands out what the leaves make, and
reports on the side exactly once, whether it was complete or not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import attrs
import pyarrow
from pyspark import Accumulator, TaskContext

from cascade2spark.batch.batches import Batch, Row
from cascade2spark.batch.chain import ChainSpec, run_chain
from cascade2spark.batch.lifecycle import TaskContext as OwnTask
from cascade2spark.batch.lifecycle import TrapColumns
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.files import Manifest, PartPlace, PartWriter
from cascade2spark.files.s3 import S3Access, s3_access, use_s3
from cascade2spark.schemes.base import RowWriter, Scheme
from cascade2spark.spark.counters import TaskRecord
from cascade2spark.spark.session import Versions, check_versions
from cascade2spark.spark.travel import sendable
from cascade2spark.spark.worker_process import settle

__all__ = ["RECORD", "TaskFunction", "TaskSource", "TrapPlace"]

# Number, in place of a leaf's, of the item by which persisted partitions carry their record.
RECORD = -1


class TaskSource(Protocol):
    """Where the batches of a task come from; picklable.

    A source that reads from a tap says `is_read = True`: its reading may end early.
    """

    @property
    def has_traps(self) -> bool:
        """Whether operations of the source have traps, which may have to take later failures."""
        ...

    def batches(
        self, elements: Iterable[Any], task: OwnTask, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield the batches that the elements of the RDD's partition stand for.

        Args:
            is_immediate: hand on every row by itself, and take failures that are thrown back.
        """
        ...


@attrs.frozen
class TrapPlace:
    """Where the rows of one trap are written, or None to carry them in the report.

    Args:
        scheme, fields: how a trapped row becomes bytes.
        place: where part files are written.
        columns: what is put in front of the values.
        takes: number of the trap whose rows it takes too.
    """

    columns: TrapColumns
    scheme: Scheme | None = None
    fields: Any = None
    place: PartPlace | None = None
    takes: int | None = None


@attrs.frozen
class TaskFunction:
    """Runs one partition; what `mapPartitionsWithIndex` is given.

    Args:
        run_id: id of the flow run.
        step: number of the step that the chain starts with.
        chain_number: number of the chain within the run.
        slices: number of partitions of this chain.
        source: where batches come from.
        chain: what happens to them.
        properties: the flow's properties, for operations.
        traps: where trapped rows go, by trap number.
        reports: the accumulator that takes the task's record.
        versions: what the driver runs.
        batch_rows: rows handed on at a time.
        memory_bytes: most bytes of data that the task may hold before it spills.
        is_kept: what leaves is persisted. Spark throws away what a task reports if the task fails
            later on, and its next attempt finds the persisted items: so they carry the record.
        s3: how S3 is reached, as the driver knows it when it makes this.
    """

    run_id: str
    step: int
    chain_number: int
    slices: int
    source: TaskSource
    chain: ChainSpec
    properties: Mapping[str, Any]
    traps: Mapping[int, TrapPlace]
    reports: Accumulator[list[TaskRecord]]
    versions: Versions
    batch_rows: int
    memory_bytes: int
    is_kept: bool = False
    s3: S3Access = attrs.field(factory=s3_access)

    def __call__(
        self, index: int, elements: Iterable[Any], spilled_bytes: int = 0
    ) -> Iterator[tuple[int, Any]]:
        """Yield (number of the leaf, item) for everything that leaves the chain.

        Args:
            index: number of the partition.
            elements: what the source reads.
            spilled_bytes: of the elements, before this was called.
        """
        access = self.s3
        use_s3(lambda: access)
        attempt, stage = _attempt_and_stage()
        spill = SpillSpace(self.memory_bytes, local_folders())
        traps = _Traps(self.traps, self.chain_number, index, str(attempt))
        task = self._task_of(index, traps, spill)
        is_complete = False
        began = time.perf_counter()
        try:
            check_versions(self.versions)
            yield from self._run(elements, task)
            task.report.details.update(traps.close(), seconds=time.perf_counter() - began)
            is_complete = True
        except GeneratorExit:
            traps.abort()
            raise
        except BaseException as error:
            traps.abort()
            raise sendable(error) from error
        finally:
            spill.close()
            # Arrow's pool keeps freed pages for itself; a worker waits for its next task a while.
            pyarrow.default_memory_pool().release_unused()
            spilled_bytes += spill.spilled_bytes
            if spilled_bytes:
                task.report.details["spilled_bytes"] = spilled_bytes
            record = TaskRecord(
                self.run_id,
                self.step,
                self.chain_number,
                index,
                attempt,
                stage,
                is_complete,
                task.report.as_record(),
            )
            self.reports.add([record])
        if self.is_kept:
            yield RECORD, record

    def _task_of(self, index: int, traps: _Traps, spill: SpillSpace) -> OwnTask:
        task = OwnTask(
            self.properties,
            index,
            self.slices,
            self.run_id,
            trap_sink=traps.write,
            trap_columns={number: place.columns for number, place in self.traps.items()},
            batch_rows=self.batch_rows,
            spill=spill,
        )
        task.flow_process.task_id = f"{self.run_id} {self.chain_number}"
        return task

    def _run(self, elements: Iterable[Any], task: OwnTask) -> Iterator[tuple[int, Any]]:
        is_immediate = self.source.has_traps and self.chain.may_fail_below()
        return run_chain(
            self.chain,
            self.source.batches(elements, task, is_immediate=is_immediate),
            task,
            has_traps_above=is_immediate,
            may_end_early=getattr(self.source, "is_read", False),
        )


def _attempt_and_stage() -> tuple[int, int]:
    """Return Spark's numbers of this attempt and its stage; the process and -1 without Spark."""
    spark = TaskContext.get()
    if spark is None:
        return os.getpid(), -1
    settle()
    return int(spark.taskAttemptId()), int(spark.stageId())


def local_folders() -> list[str]:
    """Return Spark's local directories, as it tells its workers; empty outside of a worker."""
    folders = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")
    return [folder for folder in folders if folder and os.path.isdir(folder)]


class _Traps:
    """The trap files of one task; opened at the first trapped row."""

    def __init__(
        self, places: Mapping[int, TrapPlace], chain: int, index: int, attempt: str
    ) -> None:
        self._places = places
        # Numbers that cannot meet; the driver renumbers the winners.
        self._part = (chain << 20) + index
        self._attempt = attempt
        self._open: dict[int, tuple[PartWriter, RowWriter]] = {}
        self._held: dict[int, list[Row]] = {}

    def write(self, number: int, row: Row) -> None:
        """Take one trapped row, for each tap of the trap."""
        self._write(number, row)
        for other, spot in self._places.items():
            if spot.takes == number:
                self._write(other, row)

    def _write(self, number: int, row: Row) -> None:
        spot = self._places[number]
        if spot.place is None or spot.scheme is None:
            self._held.setdefault(number, []).append(row)
            return
        if number not in self._open:
            file = spot.place.open_part(self._part, self._attempt)
            self._open[number] = file, spot.scheme.trap_writer(spot.fields)
            file.write(self._open[number][1].start(), 0)
        file, writer = self._open[number]
        file.write(writer.encode([row]), 1)

    def close(self) -> dict[str, Any]:
        """Return what the report carries: manifests of files, and held rows."""
        manifests: dict[int, Manifest] = {}
        for number, (file, writer) in self._open.items():
            file.write(writer.finish(), 0)
            manifests[number] = file.close()
        return {"trap_manifests": manifests, "trap_rows": self._held}

    def abort(self) -> None:
        """Delete what was written."""
        for file, _ in self._open.values():
            file.abort()
