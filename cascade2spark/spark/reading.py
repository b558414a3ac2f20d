"""What a Read step reads, decided on the driver: elements, one for each task, and how to read them.

Small inputs get few tasks — a task costs 20 to 50 ms whatever it does — and middling ones one task
for each core, which all begin and end together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch
from itertools import islice
from typing import Any

import attrs
from pyspark import RDD, SparkContext

from cascade2spark.batch.blocks import encode_block
from cascade2spark.errors import TapError, Unsupported
from cascade2spark.files import is_driver_only, pack_splits, route_of, wave_bytes
from cascade2spark.operations.failures import located_error
from cascade2spark.planner.steps import Read
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.spark.hadoop import LineSource, hadoop_lines
from cascade2spark.spark.io import FileSource, HeldSource, RowSource
from cascade2spark.spark.session import cores_of
from cascade2spark.spark.tasks import TaskSource
from cascade2spark.taps import (
    DataFrameTap,
    MemoryTap,
    MultiSourceTap,
    RDDTap,
    Tap,
)
from cascade2spark.taps.paths import PathTap

__all__ = ["Reading", "are_local", "is_hadoop", "reading_of"]

_LINE_BLOCK_BYTES = 1 << 20
_LEAST_TASK_BYTES = 4 << 20
_HELD_BATCH_ROWS = 5_000
_SAMPLED_PARTITIONS = 4
_SAMPLED_ELEMENTS = 10_000


@attrs.frozen(eq=False)
class Reading:
    """The input of a Read step.

    Args:
        source: turns elements into batches, in the task.
        elements: one for each task, when the driver holds them.
        rdd: an RDD of elements otherwise.
        size_bytes: size of the data, None when it cannot be told.
        route: how it is read, for `explain`.
        can_cut: files may be read in several ranges.
    """

    source: TaskSource
    elements: Sequence[Any] | None
    rdd: RDD[Any] | None
    size_bytes: int | None
    route: str
    can_cut: bool = False

    @property
    def partitions(self) -> int:
        """Number of tasks."""
        if self.elements is not None:
            return max(len(self.elements), 1)
        assert self.rdd is not None
        return int(self.rdd.getNumPartitions())

    def sampled(self, most_bytes: int) -> Reading:
        """Return a reading of about the first `most_bytes`: the first element, cut if it can be.

        Of an RDD it is the beginnings of the first partitions.
        """
        if self.rdd is not None:
            return attrs.evolve(self, rdd=self.rdd.mapPartitionsWithIndex(_beginning))
        if not self.elements:
            return self
        first = self.elements[0]
        if isinstance(self.source, FileSource):
            part = first[0]
            if part.compression is None and self.can_cut:
                part = attrs.evolve(part, end=min(part.end, part.start + most_bytes))
            first = (part,)
        return attrs.evolve(self, elements=[first])


def _beginning(partition: int, elements: Iterable[Any]) -> Iterator[Any]:
    return islice(elements, _SAMPLED_ELEMENTS if partition < _SAMPLED_PARTITIONS else 0)


def reading_of(step: Read, context: SparkContext, split_bytes: int, batch_rows: int) -> Reading:
    """Return the input of a Read step.

    Raises:
        TapError: something is missing.
        Unsupported: Spark cannot read this tap.
    """
    try:
        return _reading(step.tap, step, context, split_bytes, batch_rows)
    except TapError as error:
        located = located_error(error, step.site, None, None)
        raise located from located.__cause__


@singledispatch
def _reading(
    tap: Tap, step: Read, context: SparkContext, split_bytes: int, batch_rows: int
) -> Reading:
    raise Unsupported(
        f"Spark cannot read a {type(tap).__name__}", asked=repr(tap), origin=tap.origin
    )


@_reading.register(PathTap)
@_reading.register(MultiSourceTap)
def _(tap: Any, step: Read, context: SparkContext, split_bytes: int, batch_rows: int) -> Reading:
    paths = _paths_of(tap)
    if any(is_driver_only(path) for path in paths):
        raise Unsupported(
            "memory:// paths exist on the driver only, workers cannot read them",
            asked=repr(tap),
            origin=tap.origin,
            fix="use a MemoryTap, or a path that workers can reach",
        )
    info = SourceInfo(_all_fields(step), step.columns, tap.counts_lines, tap.get_identifier())
    if is_hadoop(tap, paths, context):
        lines, size = hadoop_lines(context, tap, paths)
        line_source = LineSource(tap.scheme, info, step.site, step.trap)
        return Reading(line_source, None, lines, size, "Hadoop formats")
    files = tap.list_files()
    total = sum(file.size for file in files)
    cores = cores_of(context)
    target = min(split_bytes, max(_LEAST_TASK_BYTES, wave_bytes(total, cores, split_bytes)))
    can_split = tap.scheme.can_split(info)
    splits = [part for file in files for part in tap.scheme.splits(file, target, info)]
    packs = pack_splits(splits, target)
    source = FileSource(tap.scheme, info, step.site, step.trap, _LINE_BLOCK_BYTES)
    return Reading(source, packs, None, total, "byte ranges in the task", can_split)


@_reading.register
def _(
    tap: MemoryTap, step: Read, context: SparkContext, split_bytes: int, batch_rows: int
) -> Reading:
    cut = None if step.columns is None else step.columns
    rows = tap.rows if cut is None else [tuple(row[at] for at in cut) for row in tap.rows]
    blocks = [
        encode_block(rows[start : start + _HELD_BATCH_ROWS], 0, 0, start // _HELD_BATCH_ROWS)
        for start in range(0, len(rows), _HELD_BATCH_ROWS)
    ]
    tasks = min(cores_of(context), max(len(blocks), 1))
    share = -(-len(blocks) // tasks) if blocks else 1
    elements = [tuple(blocks[at : at + share]) for at in range(0, len(blocks), share)]
    size = sum(map(len, blocks))
    return Reading(HeldSource(step.site, batch_rows), elements, None, size, "rows of the driver")


@_reading.register
def _(tap: RDDTap, step: Read, context: SparkContext, split_bytes: int, batch_rows: int) -> Reading:
    return Reading(
        RowSource(step.site, step.columns, batch_rows), None, tap.rdd, None, "an RDD given"
    )


@_reading.register
def _(
    tap: DataFrameTap, step: Read, context: SparkContext, split_bytes: int, batch_rows: int
) -> Reading:
    return Reading(
        RowSource(step.site, step.columns, batch_rows), None, tap.df.rdd, None, "a DataFrame's RDD"
    )


def is_hadoop(tap: Any, paths: Sequence[str], context: SparkContext) -> bool:
    """Tell whether a tap is read through Hadoop: no direct route, or the default is elsewhere."""
    routes = {route_of(path) for path in paths}
    if "hadoop" in routes:
        if len(routes) > 1:
            raise Unsupported(
                "one tap cannot mix paths that Python reads with paths that Hadoop reads",
                asked=list(paths),
                origin=tap.origin,
                fix="use two taps and a Merge",
            )
        return True
    if getattr(tap, "is_always_local", False) or isinstance(tap, MultiSourceTap):
        return False
    return any("://" not in path and not path.startswith("file:") for path in paths) and (
        _default_file_system(context) != "file"
    )


def are_local(taps: Iterable[Any]) -> bool:
    """Tell whether all that tasks read and write of some taps is certain to lie on local disks."""
    return all(map(_is_local, taps))


def _is_local(tap: Any) -> bool:
    if isinstance(tap, (MemoryTap, RDDTap, DataFrameTap)):
        return True
    if isinstance(tap, MultiSourceTap):
        return are_local(tap.taps)
    return isinstance(tap, PathTap) and all(route_of(path) == "local" for path in tap.paths)


def _default_file_system(context: SparkContext) -> str:
    configuration = context._jsc.hadoopConfiguration()
    return str(configuration.get("fs.defaultFS") or "file:///").partition(":")[0]


def _paths_of(tap: Any) -> tuple[str, ...]:
    if isinstance(tap, MultiSourceTap):
        return tuple(path for child in tap.taps for path in _paths_of(child))
    return tuple(tap.paths)


def _all_fields(step: Read) -> Any:
    """Return the tap's own source fields: `step.fields` has only the columns that are read."""
    return step.tap.retrieve_source_fields() if step.columns is not None else step.fields
