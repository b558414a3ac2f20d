"""Taps on the standard streams of the process; for the local engine, which runs in it."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import weakref
from typing import Any, BinaryIO

from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.schemes import Scheme
from cascade2spark.taps.base import SinkMode, SourceTap, Tap
from cascade2spark.taps.entries import Row, TupleEntryCollector, TupleEntryIterator

__all__ = ["StdErrTap", "StdInTap", "StdOutTap", "StreamSink"]


class StdInTap(SourceTap):
    """The standard input, read to its end when the flow begins; lines are numbered from 0.

    It is kept in a temporary file for the life of the tap, so that it can be read again.

    Args:
        scheme: how records are stored.
    Raises:
        Unsupported: (running) a flow on Spark.
    Source:
        cascading.tap.local.StdInTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> StdInTap(TextLine()).is_sink()
        False
    """

    counts_lines = True

    def __init__(self, scheme: Scheme) -> None:
        super().__init__(scheme, "stdIn")
        self._kept: Any = None

    def retrieve_source_fields(self) -> Fields:
        return self.scheme.retrieve_source_fields(self)

    def list_files(self) -> tuple[FileInfo, ...]:
        if self._kept is None:
            # It lives as long as the tap, which no block of code can say. Left to the collector of
            # cycles, the file might go before what closes it, which warns.
            self._kept = tempfile.NamedTemporaryFile(prefix="stdin-")  # noqa: SIM115
            weakref.finalize(self, self._kept.close)
            shutil.copyfileobj(_bytes_of(sys.stdin), self._kept)
            self._kept.flush()
        return (FileInfo(self._kept.name, self._kept.tell()),)

    def resource_exists(self) -> bool:
        return True

    def get_modified_time(self) -> int:
        return int(time.time() * 1000)


class StreamSink(Tap):
    """A stream that takes what is written, whole, when the flow has succeeded."""

    def __init__(self, scheme: Scheme, name: str, sink_mode: SinkMode) -> None:
        super().__init__(scheme, name, sink_mode)

    def stream(self) -> Any:
        """Return the stream as it is now."""
        raise Unsupported(f"{self} has no stream", origin=self._origin)

    def write_bytes(self, data: bytes) -> None:
        """Write to the stream."""
        stream = self.stream()
        binary = getattr(stream, "buffer", None)
        if binary is None:
            stream.write(data.decode("utf-8", "replace"))
        else:
            stream.flush()
            binary.write(data)
        stream.flush()

    def is_source(self) -> bool:
        return False

    def open_for_read(self, flow_process: Any = None) -> TupleEntryIterator:
        raise Unsupported(f"{self} can only be written", origin=self._origin)

    def open_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return _StreamCollector(self)

    def resource_exists(self) -> bool:
        return False

    def create_resource(self) -> bool:
        return True

    def delete_resource(self) -> bool:
        return False

    def get_modified_time(self) -> int:
        return 0


class StdOutTap(StreamSink):
    """The standard output.

    Args:
        scheme: how records are stored.
        sink_mode: UPDATE by default; a stream has no old output.
    Raises:
        Unsupported: (running) a flow on Spark.
    Source:
        cascading.tap.local.StdOutTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> StdOutTap(TextLine()).is_sink()
        True
    """

    def __init__(self, scheme: Scheme, sink_mode: SinkMode = SinkMode.UPDATE) -> None:
        super().__init__(scheme, "stdOut", sink_mode)

    def stream(self) -> Any:
        return sys.stdout


class StdErrTap(StreamSink):
    """The standard error output; a trap on it shows bad rows as they come out of a small job.

    Args:
        scheme: how records are stored.
        sink_mode: UPDATE by default; a stream has no old output.
    Raises:
        Unsupported: (running) a flow on Spark.
    Source:
        cascading.tap.local.StdErrTap
    Example:
        >>> from cascade2spark.schemes import TextLine
        >>> StdErrTap(TextLine()).is_sink()
        True
    """

    def __init__(self, scheme: Scheme, sink_mode: SinkMode = SinkMode.UPDATE) -> None:
        super().__init__(scheme, "stdErr", sink_mode)

    def stream(self) -> Any:
        return sys.stderr


class _StreamCollector(TupleEntryCollector):
    def __init__(self, tap: StreamSink) -> None:
        super().__init__(tap.sink_fields)
        self._tap = tap
        fields = tap.sink_fields if tap.sink_fields.is_defined() else Fields.UNKNOWN
        self._writer = tap.scheme.writer(fields)
        self._parts = [self._writer.start()]

    def _write(self, rows: list[Row]) -> None:
        if len(self._parts) == 1:
            self._parts.append(self._writer.header() or b"")
        self._parts.append(self._writer.encode(rows))

    def _finish(self) -> None:
        self._tap.write_bytes(b"".join([*self._parts, self._writer.finish()]))

    def _discard(self) -> None:
        self._parts = []


def _bytes_of(stream: Any) -> BinaryIO:
    binary: BinaryIO = getattr(stream, "buffer", stream)
    return binary
