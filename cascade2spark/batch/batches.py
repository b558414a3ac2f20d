"""The two forms of a batch, and the way from one to the other.

A batch of *rows* is a list of plain tuples. A batch of *columns* is a `pyarrow.RecordBatch` whose
columns are in field order and named by position. The two are indistinguishable to a user: a column
exists only when every one of its values is null or of one Python type that Arrow keeps exactly.
Anything else — mixed types, whole numbers beyond 64 bits, decimals (their scale is part of their
text), lone surrogates, nested values — stays rows, with the reason.
"""

from __future__ import annotations

import datetime
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeAlias

import pyarrow as pa

from cascade2spark.pausing import CollectorPaused

__all__ = [
    "LARGE_KINDS",
    "MOST_COLUMN_BYTES",
    "Batch",
    "Columns",
    "NotColumns",
    "Row",
    "RowLists",
    "Rows",
    "TooLarge",
    "array_as",
    "batch_rows",
    "column_parts",
    "columns_of",
    "gathered_kind",
    "in_parts",
    "is_within_column",
    "parts_of",
    "row_slices",
    "rows_memory",
    "rows_of",
    "text_bytes",
    "value_memory",
]

Row = tuple[Any, ...]
Rows = list[Row]
Columns: TypeAlias = pa.RecordBatch
Batch: TypeAlias = "Rows | Columns"

_ARROW_TYPES: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.binary(),
    datetime.date: pa.date32(),
}
# A column of a batch takes no more, unless one value alone does. Arrow counts the bytes of texts in
# 31 bits; with half of that, the column can be cast and copied beside a few others of its kind.
MOST_COLUMN_BYTES = 1 << 30
LARGE_KINDS = {pa.string(): pa.large_string(), pa.binary(): pa.large_binary()}
_BYTES_A_ROW = 24
_BYTES_A_PLACE = 16  # of a row in the lists that hold and sort it
_SAMPLED_ROWS = 8
_NONE = type(None)
_FLAT = frozenset({str, int, float, bool, bytes, _NONE})
_NAMES = [str(position) for position in range(256)]


class RowLists:
    """Rows that come as lists, to be read once; who iterates over it sees the rows.

    Args:
        lists: an iterator, so that only one list is held at a time.
    """

    __slots__ = ("lists",)

    def __init__(self, lists: Iterator[Rows]) -> None:
        self.lists = lists

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(self.lists)


class NotColumns(Exception):
    """Rows that have no exact column form; the message is the reason shown in the statistics."""


class TooLarge(NotColumns):
    """A column that one array cannot hold; halves of its rows may have one."""


def column_names(width: int) -> list[str]:
    """Return the names that columns carry: their positions."""
    return _NAMES[:width] if width <= len(_NAMES) else [str(place) for place in range(width)]


def array_of(values: Sequence[Any]) -> pa.Array:
    """Return the values of one column as an Arrow array.

    Raises:
        NotColumns: the values mix types or have no exact Arrow type.
    """
    kinds = set(map(type, values))
    kinds.discard(_NONE)
    if not kinds:
        return pa.nulls(len(values))
    if len(kinds) > 1:
        raise NotColumns("mixed types: " + ", ".join(sorted(kind.__name__ for kind in kinds)))
    kind = kinds.pop()
    arrow_type = _ARROW_TYPES.get(kind)
    if arrow_type is None:
        raise NotColumns(f"no column type for {kind.__name__}")
    try:
        return array_as(values, arrow_type)
    except (pa.ArrowInvalid, OverflowError, UnicodeError) as refused:
        reason = "whole number beyond 64 bits" if kind is int else "text that is not Unicode"
        raise NotColumns(reason) from refused


def array_as(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return values as one array of a type.

    Raises:
        TooLarge: no array holds that many bytes.
    """
    made = pa.array(values, kind)
    if isinstance(made, pa.ChunkedArray):
        raise TooLarge("a column that is too large")
    return made


def columns_of(rows: Rows, width: int) -> Columns:
    """Return rows as columns.

    Args:
        rows: tuples of `width` values.
        width: number of columns, a count; needed when there is no row.
    Raises:
        NotColumns: a row has another width, or a column has no exact Arrow type.
    """
    if not rows:
        return pa.record_batch([pa.nulls(0)] * width, names=column_names(width))
    try:
        arrays = [array_of(values) for values in zip(*rows, strict=True)]
    except ValueError as ragged:
        raise NotColumns("rows of different widths") from ragged
    if len(arrays) != width:
        raise NotColumns("rows of another width")
    if not arrays:
        raise NotColumns("rows without values")
    return pa.record_batch(arrays, names=column_names(width))


def column_parts(rows: Rows, width: int) -> list[Columns]:
    """Return rows as columns: one batch, or more where one of the columns would be too large.

    Args:
        rows: tuples of `width` values.
        width: number of columns, a count.
    Raises:
        NotColumns: as for `columns_of`.
    """
    return list(in_parts(lambda start, stop: columns_of(rows[start:stop], width), 0, len(rows)))


def in_parts(make: Callable[[int, int], Columns], start: int, stop: int) -> Iterator[Columns]:
    """Yield what is made of some rows, in several batches where one has too large a column.

    Args:
        make: gives the columns for the rows between two places; called for halves again where
            Arrow cannot hold what is made of the whole.
        start, stop: the rows.
    Raises:
        NotColumns, pyarrow.ArrowInvalid, pyarrow.ArrowCapacityError: what `make` raises, for a
            single row if it is about the size.
    """
    try:
        made = make(start, stop)
    except (TooLarge, pa.ArrowInvalid, pa.ArrowCapacityError):
        if stop - start < 2:
            raise
    else:
        yield from parts_of(made)
        return
    middle = (start + stop) // 2
    yield from in_parts(make, start, middle)
    yield from in_parts(make, middle, stop)


def parts_of(columns: Columns) -> Iterator[Columns]:
    """Yield columns, unless there is no row: in slices where one of them is too large."""
    rows = columns.num_rows
    # The buffers are at least as large as what lies in them, and ten times as fast to ask.
    if rows < 2 or columns.get_total_buffer_size() <= MOST_COLUMN_BYTES or not _has_large(columns):
        if rows:
            yield columns
        return
    yield from parts_of(columns.slice(0, rows // 2))
    yield from parts_of(columns.slice(rows // 2))


def _has_large(columns: Columns) -> bool:
    return any(column.nbytes > MOST_COLUMN_BYTES for column in columns.columns)


def is_within_column(size_bytes: int) -> bool:
    """Tell whether a column of a batch may take so many bytes."""
    return size_bytes <= MOST_COLUMN_BYTES


def gathered_kind(kind: pa.DataType, chunks: Sequence[pa.Array]) -> pa.DataType:
    """Return the type that holds all chunks in one array: a large one for texts beyond a batch."""
    large = LARGE_KINDS.get(kind)
    if large is None or sum([chunk.nbytes for chunk in chunks]) <= MOST_COLUMN_BYTES:
        return kind
    return large


def rows_of(columns: Columns) -> Rows:
    """Return columns as a list of plain tuples of plain Python values."""
    if not columns.num_columns:
        return [()] * columns.num_rows
    with CollectorPaused():
        return list(zip(*[values_of(column) for column in columns.columns], strict=True))


def row_slices(columns: Columns, size: int) -> Iterator[Rows]:
    """Yield columns as rows, `size` of them at a time: what works on rows wants small batches."""
    for start in range(0, columns.num_rows, size):
        yield rows_of(columns.slice(start, size))


def values_of(column: pa.Array) -> list[Any]:
    """Return the values of one column as plain Python values, the fast way its type allows."""
    if column.null_count == 0 and (
        pa.types.is_int64(column.type) or pa.types.is_float64(column.type)
    ):
        numbers: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
        return numbers
    values: list[Any] = column.to_pylist()
    return values


def text_bytes(texts: pa.Array) -> bytes:
    """Return the UTF-8 bytes of a column of texts, end to end."""
    _, offset_buffer, data_buffer = texts.buffers()
    offsets = memoryview(offset_buffer).cast("i")
    start, end = offsets[texts.offset], offsets[texts.offset + len(texts)]
    if data_buffer is None:
        return b""
    data: bytes = data_buffer.slice(start, end - start).to_pybytes()
    return data


def batch_rows(batch: Batch) -> int:
    """Return the number of rows of a batch of either form."""
    return len(batch) if isinstance(batch, list) else int(batch.num_rows)


def rows_memory(rows: Rows) -> int:
    """Return about how many bytes of memory some rows take as objects, judged by a few of them.

    Two to three times their bytes in a block.
    """
    some = rows[:: max(1, len(rows) // _SAMPLED_ROWS)]
    if _FLAT.issuperset(map(type, chain.from_iterable(some))):
        held = sum(map(sys.getsizeof, some)) + sum(map(sys.getsizeof, chain.from_iterable(some)))
    else:
        held = sum(map(value_memory, some))
    return (held + _BYTES_A_PLACE * len(some)) * len(rows) // len(some) if some else 0


def value_memory(value: Any, depth: int = 3) -> int:
    """Return about how many bytes one value takes, with what it holds.

    Args:
        value: a row, or a value in one.
        depth: how deep to look into containers in containers; beyond it they count as empty.
    """
    held = sys.getsizeof(value, _BYTES_A_ROW)
    if value.__class__ in _FLAT or not depth:
        return held
    inner: Any = None
    if isinstance(value, (tuple, list, set, frozenset, deque)):
        inner = value
    elif isinstance(value, dict):
        inner = chain.from_iterable(islice(value.items(), _SAMPLED_ROWS))
    elif hasattr(value, "__dict__"):
        return held + value_memory(value.__dict__, depth - 1)
    if inner is None or not value:
        return held
    some = list(islice(inner, 2 * _SAMPLED_ROWS))
    size = 2 * len(value) if isinstance(value, dict) else len(value)
    return held + sum([value_memory(one, depth - 1) for one in some]) * size // len(some)
