"""Files of records as RDDs: ranges read by the tasks, part files written by them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NoReturn, Protocol

import attrs
from py4j.protocol import Py4JError
from pyspark import RDD, SparkContext
from pyspark.errors import PySparkException

from cascade2spark.errors import BadRecord, BuildError, Cascade2SparkError, Unsupported, shown_value
from cascade2spark.files import (
    FileInfo,
    Manifest,
    OutputCommit,
    PartPlace,
    Split,
    cut_file,
    is_driver_only,
    list_files,
    pack_splits,
    wave_bytes,
)
from cascade2spark.files.s3 import S3Access, s3_access, use_s3
from cascade2spark.origin import capture_origin
from cascade2spark.rdd.tasks import (
    Call,
    Watched,
    check_context,
    check_count,
    check_rdd,
)
from cascade2spark.spark.reading import is_hadoop
from cascade2spark.spark.session import cores_of
from cascade2spark.spark.travel import TaskFailed, error_of, sendable
from cascade2spark.taps.base import SinkMode

__all__ = ["Paths", "RecordFormat", "RecordWriter", "read_records", "refuse", "write_records"]

_SPLIT_BYTES = 128 << 20
_LEAST_TASK_BYTES = 4 << 20
# What is written at once fits a core's own cache: copying records by 2,000 takes a tenth longer.
_CHUNK = 500

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class RecordWriter(Protocol):
    """Makes the bytes of one part file; a text's has neither beginning nor end."""

    def start(self) -> bytes: ...
    def encode(self, elements: list[Any], /) -> bytes: ...
    def finish(self) -> bytes: ...


class RecordFormat(ABC):
    """How files hold records; a small object that is pickled to the tasks."""

    def splits(self, file: FileInfo, target_bytes: int) -> list[Split]:
        """Return the ranges of a file; by default it may be cut anywhere."""
        return cut_file(file, target_bytes)

    def through_hadoop(
        self, call: Call, context: SparkContext, paths: list[str], min_partitions: int | None
    ) -> RDD[Any]:
        """Return what Spark itself reads of paths that only Hadoop reaches; by default nothing."""
        raise Unsupported(
            f"{call.name} reads local paths and S3 only",
            asked=paths,
            origin=call.origin,
            fix="give the path its scheme, such as file:///shared/folder",
        )

    @abstractmethod
    def read(self, split: Split, call: Call) -> Iterator[list[Any]]:
        """Yield the records of a range, some at a time."""

    @abstractmethod
    def writer(self, call: Call) -> RecordWriter:
        """Return what makes a part file."""


def read_records(
    name: str,
    context: SparkContext,
    paths: Paths,
    form: RecordFormat,
    min_partitions: int | None,
) -> RDD[Any]:
    """Return the records of files in the order of the paths.

    Raises:
        TapError: a path does not exist.
        Unsupported: a file system that only Hadoop reads.
    """
    check_context(name, context)
    check_count(name, "min_partitions", min_partitions)
    call = Call.of(name, context)
    asked = _as_paths(name, paths)
    if any(map(is_driver_only, asked)):
        raise Unsupported(
            "memory:// paths exist on the driver only", asked=asked, origin=call.origin
        )
    if is_hadoop(call, asked, context):
        return form.through_hadoop(call, context, asked, min_partitions)
    files = list_files(asked, origin=call.origin)
    total = sum(file.size for file in files)
    target = max(_LEAST_TASK_BYTES, wave_bytes(total, cores_of(context), _SPLIT_BYTES))
    if min_partitions is not None:
        target = max(1, min(target, -(-total // min_partitions)))
    packs = pack_splits([split for file in files for split in form.splits(file, target)], target)
    reading = _Reading(call, form, s3_access())
    return context.parallelize(packs, max(len(packs), 1)).mapPartitions(reading)


@attrs.frozen
class _Reading:
    call: Call
    form: RecordFormat
    s3: S3Access

    def __call__(self, packs: Iterable[tuple[Split, ...]]) -> Iterator[Any]:
        # Records go by one by one without passing through a function of Python's.
        return chain.from_iterable(self._lists(packs))

    def _lists(self, packs: Iterable[tuple[Split, ...]]) -> Iterator[list[Any]]:
        access = self.s3
        use_s3(lambda: access)
        with self.call.task():
            for split in chain.from_iterable(packs):
                yield from self.form.read(split, self.call)


def refuse(call: Call, error: BadRecord) -> NoReturn:
    """Raise the error for a record that cannot be read, with the user's line."""
    error.locate(call.origin)
    raise error


def write_records(
    name: str,
    rdd: RDD[Any],
    path: str | os.PathLike[str],
    form: RecordFormat,
    mode: SinkMode | str,
    *,
    compression: str | None = None,
    header: bytes | None = None,
    can_join: bool = False,
) -> int:
    """Write an RDD to a folder, a part file for each partition, and return the number of records.

    Args:
        compression: codec of whole files, None for formats that pack by themselves.
        header: stands before the first record of each file that has any.
        can_join: whether files laid end to end are one of the format.
    Raises:
        TapError: the output exists, or cannot be written.
        Unsupported: a path that cannot be renamed atomically.
    """
    check_rdd(name, "first argument", rdd)
    call = Call.of(name, rdd.context)
    (target,) = _as_paths(name, path)
    if is_hadoop(call, [target], rdd.context):
        raise Unsupported(
            f"{name} cannot write through Hadoop's file system yet",
            asked=target,
            origin=call.origin,
            fix="give the path its scheme, such as file:///shared/folder",
        )
    commit = OutputCommit(
        target,
        _mode_of(name, mode).value,
        compression=compression,
        header=header,
        can_join=can_join,
        origin=call.origin,
    )
    commit.prepare()
    try:
        manifests = _run(rdd.mapPartitionsWithIndex(_Writing(call, commit.place, form)))
    except BaseException:
        commit.abort()
        raise
    commit.commit(manifests)
    return sum(manifest.rows for manifest in manifests)


@attrs.frozen
class _Writing:
    call: Call
    place: PartPlace
    form: RecordFormat

    def __call__(self, index: int, elements: Iterable[Any]) -> Iterator[Manifest]:
        given = Watched(elements)
        with self.call.task():
            try:
                writer = self.form.writer(self.call)
                with self.place.open_part(index) as file:
                    file.write(writer.start(), 0)
                    for some in given.chunks(_CHUNK):
                        file.write(writer.encode(some), len(some))
                    file.write(writer.finish(), 0)
                    yield file.close()
            except Cascade2SparkError as error:
                if error is given.error:
                    raise
                error.locate(self.call.origin)
                raise sendable(error) from error


def _run(manifests: RDD[Manifest]) -> list[Manifest]:
    try:
        return manifests.collect()
    except (Py4JError, PySparkException) as failed:
        error = error_of(failed)
        if TaskFailed.__name__ not in str(failed):
            raise  # the RDD's own: as Spark says it
        raise error from error.__cause__ or failed


def _as_paths(name: str, given: Any) -> list[str]:
    several = given if isinstance(given, (list, tuple)) else [given]
    paths = [os.fspath(path) for path in several if isinstance(path, (str, os.PathLike))]
    if paths and len(paths) == len(several) and all(isinstance(path, str) for path in paths):
        return paths
    raise BuildError(
        f"{name} takes a path: a text, or a pathlib.Path",
        details={"given": f"{shown_value(given)}, a {type(given).__name__}"},
        origin=capture_origin(),
    )


def _mode_of(name: str, mode: Any) -> SinkMode:
    if isinstance(mode, SinkMode):
        return mode
    names = [one.name for one in SinkMode]
    if mode in names:
        return SinkMode[mode]
    raise BuildError(
        f"{name} knows no such mode", asked=mode, available=names, origin=capture_origin()
    )
