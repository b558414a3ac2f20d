"""Reading a tap on the driver, row by row: what a flow's open_source and open_sink give."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from cascade2spark.errors import BadRecord, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import split_files
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.taps.base import Tap
from cascade2spark.taps.memory import DataFrameTap, MemoryTap, RDDTap
from cascade2spark.taps.multi import MultiSinkTap
from cascade2spark.tuples import TupleEntry

__all__ = ["TupleEntryIterator", "open_tap"]

_BLOCK_BYTES = 1 << 20


class TupleEntryIterator(Iterator[TupleEntry]):
    """The rows of a tap as entries, each a new one; may be closed early, or used in a with."""

    def __init__(self, fields: Fields, rows: Iterator[tuple[Any, ...]]) -> None:
        self._fields = fields
        self._rows = rows

    def __next__(self) -> TupleEntry:
        return TupleEntry(self._fields, next(self._rows))

    def get_fields(self) -> Fields:
        """Return the fields of the entries."""
        return self._fields

    def close(self) -> None:
        """Stop reading."""
        self._rows = iter(())

    def __enter__(self) -> TupleEntryIterator:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_tap(tap: Tap) -> TupleEntryIterator:
    """Return the rows of a tap, read in this process.

    Raises:
        TapError: there is no data, or a record cannot be parsed.
        Unsupported: the tap can only be written.
    """
    fields = tap.retrieve_source_fields()
    return TupleEntryIterator(fields, rows_of(tap, fields))


@singledispatch
def rows_of(tap: Tap, fields: Fields) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a tap."""
    info = SourceInfo(fields, counts_lines=tap.counts_lines, name=tap.get_identifier())
    scheme = tap.scheme
    blocks = (
        block
        for split in split_files(tap.list_files(), 0)
        for block in scheme.blocks(split, _BLOCK_BYTES)
    )
    batches = scheme.reader(info).rows(blocks, _refuse)
    return (row for batch in batches for row in batch)


@rows_of.register
def _(tap: MemoryTap, fields: Fields) -> Iterator[tuple[Any, ...]]:
    return iter(tap.rows)


@rows_of.register
def _(tap: RDDTap, fields: Fields) -> Iterator[tuple[Any, ...]]:
    return iter([] if tap.rdd is None else tap.rdd.toLocalIterator())


@rows_of.register
def _(tap: DataFrameTap, fields: Fields) -> Iterator[tuple[Any, ...]]:
    return iter([] if tap.df is None else map(tuple, tap.df.toLocalIterator()))


@rows_of.register
def _(tap: MultiSinkTap, fields: Fields) -> Iterator[tuple[Any, ...]]:
    raise Unsupported(f"{tap} can only be written", origin=tap.origin)


def _refuse(error: BadRecord) -> None:
    raise error
