"""The Hadoop route: file systems that Python has no direct way to, read by Hadoop's own formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs
from py4j.protocol import Py4JJavaError
from pyspark import RDD, SparkContext

from cascade2spark.batch.batches import Batch
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.specs import SiteSpec
from cascade2spark.errors import BadRecord, TapError, Unsupported
from cascade2spark.files import LineBlock
from cascade2spark.files.paths import is_hidden_name
from cascade2spark.schemes.base import Scheme, SourceInfo
from cascade2spark.schemes.lines import LineScheme
from cascade2spark.spark.io import counted, on_bad
from cascade2spark.taps.hadoop_files import GlobHfs
from cascade2spark.taps.multi import MultiSourceTap
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.paths import PathTap

__all__ = ["LineSource", "hadoop_blocks", "hadoop_files", "hadoop_lines", "hadoop_matches"]

_BLOCK_LINES = 5_000
# What Java puts in the place of bytes that are not UTF-8.
_REPLACED = "\ufffd"

_TEXT = "org.apache.hadoop.mapreduce.lib.input.TextInputFormat"
_OFFSET = "org.apache.hadoop.io.LongWritable"
_LINE = "org.apache.hadoop.io.Text"


def hadoop_lines(context: SparkContext, tap: Any, paths: Sequence[str]) -> tuple[RDD[Any], int]:
    """Return an RDD of ``(offset, line)`` read by Hadoop's text format, and the files' size.

    What one path stands for is read in the order of the names, as everywhere: not every file
    system lists it so.

    Args:
        context: the Spark context, whose Hadoop configuration knows the file system.
        tap: the tap, for messages.
        paths: folders, files or globs.
    Raises:
        Unsupported: the scheme is not one of lines, or its charset is not UTF-8.
        TapError: a path does not exist, or a folder holds a folder.
    """
    scheme = tap.scheme
    is_lines = isinstance(scheme, LineScheme)
    if not is_lines or scheme.charset not in ("utf-8", "ascii"):
        name = type(scheme).__name__ + (f" in {scheme.charset}" if is_lines else "")
        if isinstance(scheme, PartitionScheme):
            name = "A PartitionTap"
        raise Unsupported(
            f"{name} cannot be read through Hadoop, only lines of UTF-8 can",
            asked=list(paths),
            origin=tap.origin,
            fix="read it from a path that workers can open themselves: local, or S3",
        )
    files = hadoop_files(context, tap, paths)
    if not files:
        return context.emptyRDD(), 0
    names = ",".join(name for name, _, _ in files)
    lines: RDD[Any] = context.newAPIHadoopFile(names, _TEXT, _OFFSET, _LINE)
    return lines, sum(size for _, size, _ in files)


def hadoop_files(
    context: SparkContext, tap: Any, paths: Sequence[str]
) -> list[tuple[str, int, float]]:
    """Return (path, size, seconds since 1970 of its last change) of each file at some paths.

    Args:
        context, tap, paths: as of `hadoop_lines`.
    """
    if isinstance(tap, MultiSourceTap):
        parts = [(part, part.paths) for part in tap.taps if isinstance(part, PathTap)]
        return [file for part, own in parts for file in hadoop_files(context, part, own)]
    found = [
        file
        for path in paths
        for file in _files_at(context, path, tap)
        if tap.accepts_path(file[0])
    ]
    if isinstance(tap, GlobHfs):
        tap.check_found([size for _, size, _ in found])
    return found


def hadoop_matches(context: SparkContext, path: str) -> list[str]:
    """Return all files and folders that a path or a glob matches, sorted, hidden ones as well.

    Raises:
        TapError: the file system cannot be reached.
    """
    try:
        hadoop_path, system = _opened(context, path)
        return sorted(map(_name_of, system.globStatus(hadoop_path) or ()))
    except Py4JJavaError as failed:
        reason = str(failed.java_exception.toString()).partition(": ")[2]
        raise TapError(f"cannot look for {path}: {reason}", asked=path) from failed


def _opened(context: SparkContext, path: str) -> tuple[Any, Any]:
    """Return Hadoop's path and the file system that it is in."""
    jvm: Any = context._jvm
    hadoop_path = jvm.org.apache.hadoop.fs.Path(path)
    return hadoop_path, hadoop_path.getFileSystem(context._jsc.hadoopConfiguration())


def _files_at(context: SparkContext, path: str, tap: Any) -> list[tuple[str, int, float]]:
    """Return path, size and time of each file that a path, folder or glob stands for, by name."""
    hadoop_path, system = _opened(context, path)
    found = list(system.globStatus(hadoop_path) or ())
    if not found:
        raise TapError(f"no file or folder at {path}", asked=path, origin=tap.origin)
    files: list[tuple[str, int, float]] = []
    for status in sorted(found, key=_name_of):
        inside = [status]
        if status.isDirectory():
            shown = [one for one in system.listStatus(status.getPath()) if _is_shown(one)]
            inside = sorted(shown, key=_name_of)
        for one in inside:
            if one.isDirectory():
                raise TapError(
                    f"{path} holds a folder",
                    asked=str(one.getPath().toString()),
                    origin=tap.origin,
                    fix="name the folders to read, or use a glob",
                )
            changed_s = int(one.getModificationTime()) / 1000
            files.append((str(one.getPath().toString()), int(one.getLen()), changed_s))
    return files


def _name_of(status: Any) -> str:
    return str(status.getPath().toString())


def _is_shown(status: Any) -> bool:
    return not is_hidden_name(str(status.getPath().getName()))


@attrs.frozen
class LineSource:
    """Takes ``(offset, line)`` pairs that Hadoop's own text format read."""

    scheme: Scheme
    info: SourceInfo
    site: SiteSpec
    trap: int | None

    has_traps = False

    def batches(
        self, elements: Iterable[tuple[int, str]], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield the rows of the lines."""
        handle = on_bad(self, task)
        blocks = hadoop_blocks(elements, self.info.name, handle)
        return counted(self.scheme.reader(self.info).rows(blocks, handle), self.site, task)


def hadoop_blocks(
    lines: Iterable[tuple[int, str]], name: str, on_bad: Callable[[BadRecord], None]
) -> Iterator[LineBlock]:
    """Yield the lines of one task as blocks: as they lie in their files, line ends included.

    Args:
        lines: ``(offset, line)`` pairs; the offset of a file's first line is 0.
        name: of the tap, for messages.
        on_bad: takes a line that was not UTF-8: Java has already replaced what it held.
    """
    block: _Block | None = None
    for offset, line in lines:
        if block is not None and not block.goes_on(offset):
            yield from block.end(name, on_bad)
            block = None
        block = block or _Block(offset)
        block.add(offset, line)
    if block is not None:
        yield from block.end(name, on_bad)


class _Block:
    """Lines that lie side by side in a file."""

    def __init__(self, offset: int) -> None:
        self._offset = offset
        self._at = offset  # of the last line
        self._ended: list[bytes] = []  # the lines before the last, with their ends
        self._last = b""
        self._bad: str | None = None  # the last line, when something in it was replaced

    def goes_on(self, offset: int) -> bool:
        """Tell whether a line at `offset` belongs to the block; if so, end the line before."""
        gap = offset - self._at - len(self._last)
        if self._bad is not None or gap not in (1, 2) or len(self._ended) >= _BLOCK_LINES:
            return False
        self._ended.append(self._last + (b"\n" if gap == 1 else b"\r\n"))
        return True

    def add(self, offset: int, line: str) -> None:
        """Take the next line."""
        self._at, self._last = offset, line.encode()
        self._bad = line if _REPLACED in line else None

    def end(self, name: str, on_bad: Callable[[BadRecord], None]) -> Iterator[LineBlock]:
        """Yield the lines; one in which something was replaced is handed to `on_bad` instead."""
        data = b"".join(self._ended)
        if self._bad is None:
            data += self._last + b"\n"
        if data:
            yield LineBlock(data, self._offset, name, self._offset == 0)
        if self._bad is not None:
            # Three bytes cut off a longer sign leave the same trace as the replacement itself.
            on_bad(
                BadRecord(
                    f"a line of {name} holds bytes that are not UTF-8, or U+FFFD",
                    payload=(self._bad,),
                    details={"offset": self._at, "line": repr(self._bad[:200])},
                )
            )
