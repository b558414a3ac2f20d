"""NullScheme: nothing is read, nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo, Split
from cascade2spark.schemes.base import (
    OnBad,
    Row,
    RowReader,
    RowWriter,
    Scheme,
    SourceInfo,
    as_sink_fields,
    as_source_fields,
)

__all__ = ["NullScheme"]


@attrs.frozen(init=False)
class NullScheme(Scheme):
    """A source without rows, and a sink that takes rows of any kind and keeps none.

    What stands before the sink runs all the same, and its rows are counted. The part files are
    empty; files that are read are not opened.

    Args:
        source_fields: fields of the rows that never come; UNKNOWN if undeclared.
        sink_fields: fields selected for writing; ALL if undeclared.
    Source:
        cascading.scheme.NullScheme
    Example:
        >>> NullScheme().writer(Fields("a")).encode([(1,), (2,)])
        b''
    """

    source_fields: Fields
    sink_fields: Fields
    num_sink_parts: int = attrs.field(init=False, default=0)

    def __init__(self, source_fields: Any = Fields.ALL, sink_fields: Any = Fields.ALL) -> None:
        self.__attrs_init__(as_source_fields(source_fields), as_sink_fields(sink_fields))

    @property
    def extension(self) -> str:
        return ""

    @property
    def can_join(self) -> bool:
        return True

    def splits(self, file: FileInfo, target_bytes: int, source: SourceInfo) -> list[Split]:
        return []

    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Iterator[Any]:
        return iter(())

    def reader(self, source: SourceInfo) -> RowReader[Any]:
        return _NoReader()

    def writer(self, fields: Fields) -> RowWriter:
        return _NoWriter()


class _NoReader(RowReader[Any]):
    def rows(self, blocks: Iterable[Any], on_bad: OnBad) -> Iterator[list[Row]]:
        return iter(())


class _NoWriter(RowWriter):
    def encode(self, rows: Sequence[Row]) -> bytes:
        return b""
