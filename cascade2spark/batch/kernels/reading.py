"""Blocks of a scheme straight to columns; lines only for schemes without quotes.

What takes more than finding delimiters and line ends — carriage returns, ragged lines, bytes that
are not UTF-8, numbers in Java's spelling only — raises NotColumns, and the block is read as rows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import (
    Columns,
    NotColumns,
    TooLarge,
    array_of,
    column_names,
    is_within_column,
)
from cascade2spark.batch.kernels.conversion import WHOLE_TYPES, numbers_of
from cascade2spark.batch.kernels.places import number_array, place_array
from cascade2spark.batch.kernels.sequences import sequence_reader
from cascade2spark.batch.kernels.tables import table_reader
from cascade2spark.batch.kernels.thrift import thrift_reader
from cascade2spark.files import LineBlock
from cascade2spark.schemes.base import Scheme, SourceInfo
from cascade2spark.schemes.delimited import TextDelimited
from cascade2spark.schemes.fixed_width import FixedWidth
from cascade2spark.schemes.parquet import Parquet, ParquetTupleScheme
from cascade2spark.schemes.sequence import WritableSequenceFile
from cascade2spark.schemes.text import TextLine
from cascade2spark.schemes.thrift import ThriftSequenceFile
from cascade2spark.taps.partition_scheme import PartitionBlock, PartitionScheme
from cascade2spark.types import Double, Object, String, Type, double_

__all__ = ["BlockReader", "reader_kernel"]

BlockReader = Callable[[Any], Columns]

_TEXTS = frozenset({None, String, Object})
_REAL = frozenset({Double, double_})
_CHARSETS = frozenset({"utf-8", "ascii"})


def reader_kernel(scheme: Scheme, info: SourceInfo) -> BlockReader | None:
    """Return the function that reads a block as columns, or None when only rows are exact.

    Args:
        scheme: the source's scheme.
        info: its fields, and the positions wanted.
    """
    # By the very class: one that a user derives may read in another way.
    make = _READERS.get(type(scheme))
    return None if make is None else make(scheme, info)


@attrs.frozen(eq=False, slots=False)
class _Cells:
    """The values of a block of lines that all have equally many, found by a look at every byte.

    One column of five costs 25 ns a row and all five 50; Arrow's CSV reader takes 68 and 85.

    Args:
        texts: all values, each followed by the sign behind it, so that every second text is a sign.
        ends: the places of these signs.
        width: values in a line.
    """

    texts: pa.Array
    ends: Any
    width: int

    @classmethod
    def of(cls, data: bytes, delimiter: str | None, width: int) -> _Cells:
        """Return the values of some lines; without a delimiter a line is one value.

        Raises:
            NotColumns: a line has another number of values, or the block is too large.
        """
        data = data if data.endswith(b"\n") else data + b"\n"
        if not is_within_column(len(data)):
            raise TooLarge("a block that is too large")
        signs = np.frombuffer(data, np.uint8)
        is_end = signs == ord("\n")
        lines = np.count_nonzero(is_end)
        if delimiter is not None:
            is_end |= signs == ord(delimiter)
        ends = np.flatnonzero(is_end)
        # With as many line ends as lines, and one in each last place, none is in another place.
        if len(ends) != lines * width or (signs[ends[width - 1 :: width]] != ord("\n")).any():
            raise NotColumns("lines of different widths")
        count = 2 * len(ends)
        offsets = np.zeros(count + 1, np.int32)
        offsets[1::2] = ends
        np.add(ends, 1, out=offsets[2::2], casting="same_kind")
        texts = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(data))
        return cls(texts, ends, width)

    @functools.cached_property
    def is_empty(self) -> Any:
        """Where a value has no sign; None for nowhere."""
        found = self.ends[1:] - self.ends[:-1] == 1
        return np.append(self.ends[0] == 0, found) if found.any() or self.ends[0] == 0 else None

    def column(self, at: int) -> pa.Array:
        """Return the values in one place of every line, null for the empty ones."""
        absent = None if self.is_empty is None else self.is_empty[at :: self.width]
        return self._taken(at, absent)

    def lines(self) -> pa.Array:
        """Return the values of lines of one value."""
        return self._taken(0, None)

    def _taken(self, at: int, absent: Any) -> pa.Array:
        places = np.arange(2 * at, len(self.texts), 2 * self.width)
        return self.texts.take(place_array(places, absent))


def _delimited_reader(scheme: TextDelimited, info: SourceInfo) -> BlockReader | None:
    fields = info.fields
    if not fields.is_defined() or scheme.quote is not None or scheme.charset not in _CHARSETS:
        return None
    if len(scheme.delimiter) != 1 or not scheme.delimiter.isascii():
        return None
    types: tuple[Type | None, ...] = fields.get_types() or (None,) * len(fields)
    width = len(fields)
    wanted = tuple(range(width)) if info.wanted is None else info.wanted
    # A dropped column whose conversion may fail must still be looked at.
    checked = [
        at for at in range(width) if at in wanted or not (scheme.safe or types[at] in _TEXTS)
    ]
    if not wanted or any(types[at] not in _TEXTS | WHOLE_TYPES | _REAL for at in checked):
        return None
    places = [checked.index(at) for at in wanted]
    kept_names = column_names(len(wanted))

    def read(block: LineBlock) -> Columns:
        data = _checked_text(block.data, scheme.charset)
        if scheme.skip_header and block.starts_file:
            data = data[data.find(b"\n") + 1 or len(data) :]
        if not data:
            return pa.record_batch(
                [pa.array([], _arrow_type(types[at])) for at in wanted], kept_names
            )
        cells = _Cells.of(data, scheme.delimiter, width)
        found = [_typed(cells.column(at), types[at]) for at in checked]
        return pa.record_batch([found[place] for place in places], kept_names)

    return read


def _fixed_reader(scheme: FixedWidth, info: SourceInfo) -> BlockReader | None:
    width = len(scheme.widths)
    types: tuple[Type | None, ...] = info.fields.get_types() or (None,) * width
    wanted = tuple(range(width)) if info.wanted is None else info.wanted
    # A dropped column whose conversion may fail must still be looked at.
    checked = [
        at for at in range(width) if at in wanted or not (scheme.safe or types[at] in _TEXTS)
    ]
    is_typed = all(types[at] in _TEXTS | WHOLE_TYPES | _REAL for at in checked)
    if scheme.charset not in _CHARSETS or not wanted or not is_typed or not scheme.strict:
        return None
    cuts = list(pairwise((0, *scheme.ends)))
    places = [checked.index(at) for at in wanted]
    names = column_names(len(wanted))

    def cut(lines: pa.Array, at: int) -> pa.Array:
        texts = pc.utf8_slice_codeunits(lines, *cuts[at])
        texts = pc.utf8_trim(texts, " ") if scheme.trim else texts
        return _typed(pc.if_else(pc.equal(texts, ""), None, texts), types[at])

    def read(block: LineBlock) -> Columns:
        # An empty line is null here, and one of a wrong length there.
        lines = _Cells.of(_checked_text(block.data, scheme.charset), None, 1).lines()
        lengths = pc.utf8_length(lines)
        if lines.null_count or pc.min_max(lengths).as_py() != _only(scheme.ends[-1]):
            raise NotColumns("lines of different widths")
        found = [cut(lines, at) for at in checked]
        return pa.record_batch([found[place] for place in places], names)

    return read


def _only(length: int) -> dict[str, int]:
    return {"min": length, "max": length}


def _line_reader(scheme: TextLine, info: SourceInfo) -> BlockReader | None:
    width = len(info.fields)
    wanted = tuple(range(width)) if info.wanted is None else info.wanted
    wants_number = width == 2 and 0 in wanted
    if scheme.charset not in _CHARSETS or not wanted or (wants_number and info.counts_lines):
        return None

    def read(block: LineBlock) -> Columns:
        data = _checked_text(block.data, scheme.charset)
        lines = _Cells.of(data, None, 1)
        columns = [
            _offsets(block, lines.ends) if width == 2 and at == 0 else lines.lines()
            for at in wanted
        ]
        return pa.record_batch(columns, column_names(len(wanted)))

    return read


def _offsets(block: LineBlock, ends: Any) -> pa.Array:
    """Return where each line of a block begins in its file."""
    offsets = np.empty(len(ends), np.int64)
    # The first line of a file begins at 0, also behind a byte order mark.
    offsets[0] = 0 if block.starts_file else block.offset
    offsets[1:] = ends[:-1] + (block.offset + 1)
    return number_array(offsets)


def _checked_text(data: bytes, charset: str) -> bytes:
    if b"\r" in data:
        raise NotColumns("carriage returns")
    if not data.isascii():
        try:
            data.decode(charset)
        except UnicodeDecodeError as bad:
            raise NotColumns(f"bytes that are not {charset.upper()}") from bad
    return data


def _arrow_type(kind: Type | None) -> pa.DataType:
    if kind in WHOLE_TYPES:
        return pa.int64()
    return pa.float64() if kind in _REAL else pa.string()


def _typed(column: pa.Array, kind: Type | None) -> pa.Array:
    return column if kind is None or kind in _TEXTS else numbers_of(column, kind)


def _partition_reader(scheme: PartitionScheme, info: SourceInfo) -> BlockReader | None:
    """Read the files as columns, and put those of their folder behind them."""
    plan = scheme.read_plan(info)
    if not info.fields.is_defined() or info.wanted == ():
        return None
    # Where nothing of the file is wanted, one of its columns still tells the number of rows.
    is_dropped = plan.inner.wanted == ()
    last = len(plan.inner.fields) - 1
    asked = attrs.evolve(plan.inner, wanted=(last,)) if is_dropped else plan.inner
    read_file = reader_kernel(scheme.inner, asked)
    if read_file is None:
        return None

    def read(block: PartitionBlock) -> Columns:
        columns = read_file(block.block)
        size = columns.num_rows
        arrays = [] if is_dropped else list(columns.columns)
        arrays += [_repeated(block.values[place], size) for place in plan.folder]
        if plan.order is not None:
            arrays = [arrays[place] for place in plan.order]
        return pa.record_batch(arrays, column_names(len(arrays)))

    return read


def _repeated(value: Any, size: int) -> pa.Array:
    single = array_of([value])
    return pa.nulls(size) if single.null_count else pa.repeat(single[0], size)


_READERS: dict[type[Scheme], Callable[[Any, SourceInfo], BlockReader | None]] = {
    FixedWidth: _fixed_reader,
    Parquet: table_reader,
    ParquetTupleScheme: table_reader,
    TextDelimited: _delimited_reader,
    TextLine: _line_reader,
    ThriftSequenceFile: thrift_reader,
    WritableSequenceFile: sequence_reader,
    PartitionScheme: _partition_reader,
}
