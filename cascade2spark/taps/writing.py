"""Writing files of a tap directly, beside what a flow commits.

In the driver's process the rows are committed as those of a flow are: whole, when the collector is
closed. A task may be tried again and has neighbours that write to the same folder, so there each
collector makes one part file, under a name that is the same in each attempt and no other's, and
puts it in its place in one step.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol

from cascade2spark.errors import TapError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import OutputCommit, OutputMode
from cascade2spark.files.compression import extension_of, new_compressor
from cascade2spark.origin import Origin
from cascade2spark.schemes.base import RowWriter, Scheme
from cascade2spark.taps.entries import Row, TupleEntryCollector
from cascade2spark.tuples import TupleEntry

__all__ = ["FileCollector"]


class FileCollector(TupleEntryCollector):
    """Writes the rows that are added as one file.

    Nothing is opened before the first rows: only they tell the fields that a header may need.

    Args:
        path: the folder, or the file.
        scheme: how rows become bytes.
        fields: the sink fields.
        mode: what happens to what is there.
        process: the FlowProcess of the task, if an operation writes.
        is_trap: rows may have any width, and none leave no file.
        is_file: the path is one file.
        compression: codec of the file.
        origin: where the tap was built, for messages.
    Raises:
        Unsupported: a task of Spark cannot write one file that others write too.
    """

    def __init__(
        self,
        path: str,
        scheme: Scheme,
        fields: Fields,
        mode: OutputMode,
        process: Any,
        *,
        is_trap: bool,
        is_file: bool,
        compression: str | None,
        origin: Origin | None,
    ) -> None:
        super().__init__(Fields.UNKNOWN if is_trap else fields)
        self._scheme = scheme
        self._fields = fields if fields.is_defined() else Fields.UNKNOWN
        self._is_trap = is_trap
        self._is_repeat = process is not None and process.is_repeat
        self._writer: RowWriter | None = None
        self._output: _Output | None = None
        if process is None or not process.task_id:
            self._open: Callable[[bytes | None], _Output] = lambda header: _Committed(
                OutputCommit(
                    path,
                    mode,
                    is_file=is_file,
                    compression=compression,
                    header=header,
                    suffix=scheme.part_suffix,
                    can_join=scheme.can_join,
                    origin=origin,
                )
            )
            return
        if is_file:
            raise Unsupported(
                f"{path} is one file, and the tasks of Spark that write it are several",
                origin=origin,
                fix="use a Hfs tap: each task writes a file of its folder",
            )
        run, name = _names(process)
        if mode == "REPLACE" and not self._is_repeat:
            _delete_others(path, run)
        name += scheme.part_suffix
        self._open = lambda header: _TaskFile(path, name, compression, header)

    def add(self, result: Any) -> None:
        if self._writer is None and isinstance(result, TupleEntry) and not self._is_trap:
            names = result.get_fields()
            if self._fields.is_unknown() and names.is_defined():
                self._fields = names
        super().add(result)

    def _write(self, rows: list[Row]) -> None:
        if self._is_repeat:
            return
        if self._writer is None:
            self._begin()
        assert self._writer is not None and self._output is not None
        self._output.write(self._writer.encode(rows), len(rows))

    def _begin(self) -> None:
        make = self._scheme.trap_writer if self._is_trap else self._scheme.writer
        self._writer = make(self._fields)
        self._output = self._open(self._writer.header())
        self._output.write(self._writer.start(), 0)

    def _finish(self) -> None:
        if self._output is None:
            if self._is_trap or self._is_repeat:
                return
            # Names that nobody told make no header; there is no row that it would stand before.
            rest = self._scheme.empty_file(self._fields)
            self._output = self._open(None)
        else:
            rest = b"" if self._writer is None else self._writer.finish()
        try:
            self._output.write(rest, 0)
        except BaseException:
            self._output.abort()
            raise
        self._output.finish()

    def _discard(self) -> None:
        if self._output is not None:
            self._output.abort()


class _Output(Protocol):
    """A file under construction."""

    def write(self, data: bytes, rows: int) -> None: ...
    def finish(self) -> None: ...
    def abort(self) -> None: ...


class _Committed:
    """One part, committed as a flow's output."""

    def __init__(self, commit: OutputCommit) -> None:
        self._commit = commit
        commit.prepare()
        try:
            self._part = commit.place.open_part(0)
        except BaseException:
            commit.abort()
            raise

    def write(self, data: bytes, rows: int) -> None:
        self._part.write(data, rows)

    def finish(self) -> None:
        try:
            manifest = self._part.close()
        except BaseException:
            self.abort()
            raise
        self._commit.commit([manifest])

    def abort(self) -> None:
        self._part.abort()
        self._commit.abort()


class _TaskFile:
    """A file under a hidden name, which readers skip, until it is whole."""

    def __init__(
        self, folder: str, name: str, compression: str | None, header: bytes | None
    ) -> None:
        self._final = os.path.join(folder, name + extension_of(compression))
        self._hidden = os.path.join(folder, f".{name}.{uuid.uuid4().hex[:12]}")
        self._compressor = new_compressor(compression) if compression else None
        with self._guarded():
            os.makedirs(folder, exist_ok=True)
            self._file = self._new_file()
        if header:
            self._put(header)

    def write(self, data: bytes, rows: int) -> None:
        self._put(data)

    def finish(self) -> None:
        with self._guarded():
            if self._compressor is not None:
                self._file.write(self._compressor.flush())
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._hidden, self._final)

    def abort(self) -> None:
        # The file is given up: what a full disk says to that must not hide what led here.
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            os.unlink(self._hidden)

    def _new_file(self) -> BinaryIO:
        return open(self._hidden, "xb")

    def _put(self, data: bytes) -> None:
        with self._guarded():
            self._file.write(self._compressor.compress(data) if self._compressor else data)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as failed:
            if hasattr(self, "_file"):
                self.abort()
            raise TapError(f"cannot write {self._final}: {failed.strerror or failed}") from failed


def _names(process: Any) -> tuple[str, str]:
    """Return the run's mark, and the name of the next file that this task opens."""
    run = hashlib.sha256(process.get_id().encode()).hexdigest()[:8]
    own = hashlib.sha256(f"{process.task_id} {process.next_opened()}".encode()).hexdigest()[:8]
    return run, f"part-{process.get_current_slice_num():05d}-{run}-{own}"


def _delete_others(folder: str, run: str) -> None:
    """Delete the files that other runs left; those of this run are its other tasks'."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        is_old = f"-{run}-" not in name and not name.startswith(".")
        if is_old and not os.path.isdir(os.path.join(folder, name)):
            with contextlib.suppress(FileNotFoundError):  # another task was quicker
                os.unlink(os.path.join(folder, name))
