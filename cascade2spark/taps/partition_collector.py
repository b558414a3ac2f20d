"""Writing a PartitionTap directly, beside any flow."""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import TupleError
from cascade2spark.files import OutputCommit, OutputMode
from cascade2spark.origin import Origin
from cascade2spark.taps.entries import Row, TupleEntryCollector
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.spreading import PartitionFiles
from cascade2spark.tuples import TupleEntry

__all__ = ["PartitionCollector"]


class PartitionCollector(TupleEntryCollector):
    """Writes the rows that are added into a folder each, committed whole when it is closed.

    Args:
        path: the folder that holds the partitions.
        scheme: of the tap.
        mode: what happens to what is there.
        origin: where the tap was built, for messages.
    """

    def __init__(
        self, path: str, scheme: PartitionScheme, mode: OutputMode, origin: Origin | None
    ) -> None:
        super().__init__(scheme.sink_fields)
        self._scheme, self._path, self._mode, self._origin = scheme, path, mode, origin
        self._named = scheme.sink_fields
        self._commit: OutputCommit | None = None
        self._files: PartitionFiles | None = None

    def add(self, result: Any) -> None:
        if not self._named.is_defined():
            if not isinstance(result, TupleEntry) or not result.get_fields().is_defined():
                raise TupleError(
                    "the first row for a PartitionTap without declared fields must be an entry: "
                    "its fields say which values make the folder",
                    row=result,
                )
            self._named = self._declared = result.get_fields()
        super().add(result)

    def _write(self, rows: list[Row]) -> None:
        self._begun().write(rows)

    def _begun(self) -> PartitionFiles:
        if self._files is None:
            self._scheme.check_sink_fields(self._named)
            header = self._scheme.writer(self._named).header()
            commit = self._new_commit(header)
            self._files = PartitionFiles(self._scheme, self._named, commit.place, 0, _refuse)
        return self._files

    def _new_commit(self, header: bytes | None) -> OutputCommit:
        commit = OutputCommit(
            self._path,
            self._mode,
            compression=self._scheme.part_compression(),
            header=header,
            suffix=self._scheme.part_suffix,
            origin=self._origin,
        )
        commit.prepare()
        self._commit = commit
        return commit

    def _finish(self) -> None:
        if self._files is None:
            self._new_commit(None).commit([])
            return
        try:
            self._files.finish()
            manifest = self._files.close()
        except BaseException:
            self._discard()
            raise
        assert self._commit is not None
        self._commit.commit([manifest])

    def _discard(self) -> None:
        if self._files is not None:
            self._files.abort()
        if self._commit is not None:
            self._commit.abort()


def _refuse(error: Exception, row: Row) -> None:
    raise error
