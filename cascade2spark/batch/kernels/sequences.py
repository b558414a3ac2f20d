"""Records of sequence files as columns: keys and values come as lists already."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from cascade2spark.batch.batches import Columns, NotColumns, array_of, column_names
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.schemes.sequence import WritableSequenceFile
from cascade2spark.schemes.sequence_rows import SequenceBlock, conversions, is_plain

__all__ = ["sequence_reader"]


def sequence_reader(
    scheme: WritableSequenceFile, info: SourceInfo
) -> Callable[[SequenceBlock], Columns] | None:
    """Return the function that gives the records of a block as columns.

    A quarter of a microsecond a record less than by rows: 0.23 in place of 0.48 for a number and
    100 bytes, and 0.65 in place of 0.9 for a number and 100 letters.
    """
    wanted = tuple(range(len(info.fields))) if info.wanted is None else info.wanted
    if not wanted:
        return None
    types = conversions(info.fields, scheme.stored_types())
    names = column_names(len(wanted))

    def read(block: SequenceBlock) -> Columns:
        if block.damages:
            raise NotColumns("a damaged record")
        if not all(map(is_plain, types, block.columns)):
            raise NotColumns("values of another type than declared")
        return pa.record_batch([array_of(block.columns[at]) for at in wanted], names)

    return read
