"""Blocks of lines straight to columns, for schemes whose rules Arrow's reader can follow exactly.

Whatever it would read otherwise than the scheme does — carriage returns, ragged lines, bytes that
are not UTF-8, numbers in Java's spelling only — raises NotColumns, and the block is read as rows.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from cascade2spark.batch.batches import Columns, NotColumns, column_names
from cascade2spark.batch.kernels.conversion import WHOLE_TYPES, numbers_of
from cascade2spark.files import LineBlock
from cascade2spark.schemes.base import Scheme, SourceInfo
from cascade2spark.schemes.delimited import TextDelimited
from cascade2spark.schemes.text import TextLine
from cascade2spark.types import Double, Object, String, Type, double_

__all__ = ["BlockReader", "reader_kernel"]

BlockReader = Callable[[LineBlock], Columns]

_TEXTS = frozenset({None, String, Object})
_REAL = frozenset({Double, double_})


def reader_kernel(scheme: Scheme, info: SourceInfo) -> BlockReader | None:
    """Return the function that reads a block as columns, or None when only rows are exact.

    Args:
        scheme: the source's scheme.
        info: its fields, and the positions wanted.
    """
    if scheme.charset not in ("utf-8", "ascii"):
        return None
    if type(scheme) is TextDelimited:
        return _delimited_reader(scheme, info)
    if type(scheme) is TextLine:
        return _line_reader(scheme, info)
    return None


def _delimited_reader(scheme: TextDelimited, info: SourceInfo) -> BlockReader | None:
    fields = info.fields
    if not fields.is_defined() or scheme.quote is not None:
        return None
    if len(scheme.delimiter) != 1 or not "\0" < scheme.delimiter <= "\x7f":
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
    names = column_names(width)
    parse = csv.ParseOptions(
        delimiter=scheme.delimiter,
        quote_char=False,
        escape_char=False,
        newlines_in_values=False,
        ignore_empty_lines=False,
    )
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        include_columns=[names[at] for at in checked],
        check_utf8=False,
    )
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
        if data.startswith(codecs.BOM_UTF8):
            raise NotColumns("a byte order mark")  # Arrow drops it, here it is text
        if width > 1 and (data.startswith(b"\n") or b"\n\n" in data):
            raise NotColumns("blank lines")  # to Arrow a row of nulls, here a line of one value
        options = csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names)
        try:
            table = csv.read_csv(pa.BufferReader(data), options, parse, convert)
        except pa.ArrowInvalid as refused:
            raise NotColumns("lines of different widths") from refused
        found = [
            _typed(table.column(number).combine_chunks(), types[at])
            for number, at in enumerate(checked)
        ]
        return pa.record_batch([found[place] for place in places], kept_names)

    return read


def _line_reader(scheme: TextLine, info: SourceInfo) -> BlockReader | None:
    width = len(info.fields)
    wanted = tuple(range(width)) if info.wanted is None else info.wanted
    wants_number = width == 2 and 0 in wanted
    if not wanted or (wants_number and info.counts_lines):
        return None

    def read(block: LineBlock) -> Columns:
        data = _checked_text(block.data, scheme.charset)
        data = data if data.endswith(b"\n") else data + b"\n"
        # A look at every byte, 10 ns a line of 30 bytes, gives both the lines and their places.
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
        columns = [
            _offsets(block, ends) if width == 2 and at == 0 else _lines(data, ends) for at in wanted
        ]
        return pa.record_batch(columns, column_names(len(wanted)))

    return read


def _offsets(block: LineBlock, ends: Any) -> pa.Array:
    """Return where each line of a block begins in its file."""
    offsets = np.empty(len(ends), np.int64)
    # The first line of a file begins at 0, also behind a byte order mark.
    offsets[0] = 0 if block.starts_file else block.offset
    offsets[1:] = ends[:-1] + (block.offset + 1)
    return pa.array(offsets)


def _lines(data: bytes, ends: Any) -> pa.Array:
    """Return the lines that end at some places of a block."""
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends - np.arange(len(ends))
    texts = pa.py_buffer(data.replace(b"\n", b""))
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), texts)


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
