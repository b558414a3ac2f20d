"""The sides of a join over columns: rows that are called by their place, and what is made of them.

A `MemoryTable` has its columns in memory, a `BlockTable` in blocks of a spill file. A
`JoinedOutput` puts a `Product` and a table for each side together: the joined rows, in slices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import (
    Columns,
    NotColumns,
    column_names,
    gathered_kind,
    in_parts,
)
from cascade2spark.batch.blocks import decode_block, encode_block
from cascade2spark.batch.kernels.products import Numbers, Places, Product
from cascade2spark.batch.spill import SpillFile, SpillPlace, SpillSpace

__all__ = [
    "BlockTable",
    "JoinedOutput",
    "MemoryTable",
    "Table",
    "held_table",
    "of_one_type",
]

_WORD_BYTES = 8
_OFFSET_BYTES = 4
# Blocks of a spilled table: what is read at least to have one row.
_BLOCK_BYTES = 1 << 20
# A slice of so many rows is worth its while; with fewer, rows are measured to get more.
_MANY_ROWS = 8192
_LEAST_MEASURED = 1024


class Table(Protocol):
    """Rows of a side, by their place from 0."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        ...

    @property
    def widest_bytes(self) -> int:
        """No row takes more bytes."""
        ...

    def row_bytes(self, places: Numbers) -> Numbers:
        """Return how many bytes each row takes, or the most it may take."""
        ...

    def gather(self, places: Places, columns: Sequence[int] | None = None) -> list[pa.Array]:
        """Return the columns, or some of them, of the rows at some places; nulls where masked."""
        ...


class MemoryTable:
    """Columns in memory.

    Args:
        batches: end to end the rows; each of these types.
        kinds: the types of the columns.
        order: the row at each place, plus `offset`; without it rows lie as they come.
    """

    def __init__(
        self,
        batches: Sequence[Columns],
        kinds: Sequence[pa.DataType],
        order: Numbers | None = None,
        offset: int = 0,
    ) -> None:
        self.rows = sum(batch.num_rows for batch in batches)
        self._order, self._offset, self._kinds = order, offset, kinds
        # Taking from many chunks would put them together at every call.
        self._columns = [
            _whole([batch.column(at) for batch in batches], kind)
            for at, kind in enumerate(self._kinds)
        ]
        self._sizes: Numbers | None = None

    @property
    def widest_bytes(self) -> int:
        """No row takes more bytes."""
        return sum(map(_widest_value, self._columns)) if self.rows else 0

    def row_bytes(self, places: Numbers) -> Numbers:
        """Return how many bytes each row takes."""
        found: Numbers = self._row_sizes()[self._rows_at(places)]
        return found

    def gather(self, places: Places, columns: Sequence[int] | None = None) -> list[pa.Array]:
        """Return the columns, or some of them, of the rows at some places; nulls where masked."""
        at, absent = places
        chosen = range(len(self._columns)) if columns is None else columns
        if not self.rows:
            return [pa.nulls(len(at), self._kinds[column]) for column in chosen]
        if absent is not None:
            rows = pa.array(self._rows_at(np.where(absent, 0, at)), mask=absent)
        else:
            rows = pa.array(self._rows_at(at))
        found = []
        for column in chosen:
            taken, kind = self._columns[column].take(rows), self._kinds[column]
            found.append(taken if taken.type == kind else taken.cast(kind))
        return found

    def batches(self) -> Iterator[Columns]:
        """Yield the rows as they lie: all at once, if that makes no column too large."""
        return in_parts(self._between, 0, self.rows)

    def close(self) -> None:
        """Nothing to give back."""

    def _between(self, start: int, stop: int) -> Columns:
        columns = self.gather((np.arange(start, stop, dtype=np.int64), None))
        return pa.record_batch(columns, column_names(len(columns)))

    def _rows_at(self, places: Numbers) -> Numbers:
        if self._order is None:
            return places
        rows = self._order[places]
        if self._offset:
            rows -= self._offset
        return rows

    def _row_sizes(self) -> Numbers:
        if self._sizes is None:
            self._sizes = _row_sizes(self._columns, self.rows)
        return self._sizes


class BlockTable:
    """Rows in blocks of a spill file; one or two of them are in memory.

    Args:
        file: where the blocks lie.
        places, ends, widest: of each block, its place, the number of rows up to its end, and the
            bytes of its widest row.
        schema: of all blocks.
    """

    def __init__(
        self,
        file: SpillFile,
        places: Sequence[SpillPlace],
        ends: Sequence[int],
        widest: Sequence[int],
        schema: pa.Schema,
    ) -> None:
        self._file, self._places, self._schema = file, places, schema
        self._ends: Numbers = np.array(ends, dtype=np.int64)
        self._begins: Numbers = np.concatenate([[0], self._ends[:-1]])
        self._widest: Numbers = np.array(widest, dtype=np.int64)
        self.rows, self.widest_bytes = ends[-1], max(widest)
        self._recent: dict[int, Columns] = {}

    def batches(self) -> Iterator[Columns]:
        """Yield the rows as they lie."""
        for number in range(len(self._places)):
            yield self._read(number)

    def row_bytes(self, places: Numbers) -> Numbers:
        """Return the most that each row may take."""
        found: Numbers = self._widest[self._blocks_of(places)]
        return found

    def gather(self, places: Places, columns: Sequence[int] | None = None) -> list[pa.Array]:
        """Return the columns, or some of them, of the rows at some places; none is masked."""
        at, _ = places
        chosen = range(len(self._schema)) if columns is None else columns
        if not len(at):
            return [pa.nulls(0, self._schema.types[column]) for column in chosen]
        blocks = self._blocks_of(at)
        # Products go through their sides in order, so that a block's rows come together.
        cuts = [0, *(np.flatnonzero(np.diff(blocks)) + 1).tolist(), len(at)]
        parts: list[list[pa.Array]] = []
        for start, stop in pairwise(cuts):
            number = int(blocks[start])
            block = self._block(number)
            rows = pa.array(at[start:stop] - self._begins[number])
            parts.append([block.column(column).take(rows) for column in chosen])
        return [pa.concat_arrays(chunks) for chunks in zip(*parts, strict=True)]

    def close(self) -> None:
        """Give back the space on disk."""
        self._file.close()

    def _blocks_of(self, places: Numbers) -> npt.NDArray[np.intp]:
        return np.searchsorted(self._ends, places, side="right")

    def _block(self, number: int) -> Columns:
        block = self._recent.pop(number, None)
        if block is None:
            if len(self._recent) > 1:
                del self._recent[next(iter(self._recent))]
            block = self._read(number)
        self._recent[number] = block
        return block

    def _read(self, number: int) -> Columns:
        return cast(Columns, decode_block(self._file.read(self._places[number])))


def held_table(
    batches: Iterable[Columns], kinds: Sequence[pa.DataType], spill: SpillSpace, share_bytes: int
) -> MemoryTable | BlockTable:
    """Return rows as a table: in memory up to a share, beyond it in a spill file.

    Args:
        batches: the rows; each of these types.
        kinds: the types of the columns.
        spill: where they go.
        share_bytes: most bytes held in memory.
    """
    held: list[Columns] = []
    size = 0
    rest = iter(batches)
    for batch in rest:
        held.append(batch)
        size += batch.nbytes
        if size > share_bytes:
            break
    else:
        return MemoryTable(held, kinds)
    writer = _BlockWriter(spill.open(), max(min(_BLOCK_BYTES, share_bytes // 2), 1))
    for batch in held:
        writer.append(batch)
    held.clear()
    for batch in rest:
        writer.append(batch)
    return writer.table()


class _BlockWriter:
    def __init__(self, file: SpillFile, block_bytes: int) -> None:
        self._file, self._block_bytes = file, block_bytes
        self._places: list[SpillPlace] = []
        self._ends: list[int] = []
        self._widest: list[int] = []
        self._schema: pa.Schema | None = None

    def append(self, batch: Columns) -> None:
        self._schema = batch.schema
        rows = batch.num_rows
        step = max(rows * self._block_bytes // max(batch.nbytes, 1), 1)
        for start in range(0, rows, step):
            block = batch.slice(start, step)
            self._places.append(self._file.append(encode_block(block)))
            self._ends.append((self._ends[-1] if self._ends else 0) + block.num_rows)
            self._widest.append(int(_row_sizes(block.columns, block.num_rows).max()))

    def table(self) -> BlockTable:
        assert self._schema is not None
        return BlockTable(self._file, self._places, self._ends, self._widest, self._schema)


class JoinedOutput:
    """The joined rows of some groups, by position.

    Args:
        product: which places of each side they are made of.
        tables: the rows of each side.
        slice_bytes: most bytes of a slice that has more than one row.
    """

    def __init__(self, product: Product, tables: Sequence[Table], slice_bytes: int) -> None:
        self.product, self._tables, self._slice_bytes = product, tables, slice_bytes
        widest = sum(table.widest_bytes for table in tables)
        # So many rows fit, however wide they are.
        self._safe_rows = slice_bytes // max(widest, 1)
        self._last_fit = self._safe_rows

    def slice(self, start: int, stop: int) -> Columns:
        """Return the rows from a position on: up to another, or fewer, but at least one."""
        if stop - start <= self._safe_rows or self._safe_rows >= _MANY_ROWS:
            stop = min(stop, start + self._safe_rows)
            return self._made(self.product.places(start, stop))
        # Next to wide rows are others of their key: measure little more than what fitted last.
        stop = min(stop, start + max(self._last_fit * 5 // 4, _LEAST_MEASURED))
        places = self.product.places(start, stop)
        ends = np.cumsum(self._row_bytes(places))
        kept = max(int(np.searchsorted(ends, self._slice_bytes, side="right")), 1)
        self._last_fit = kept
        return self._made([(at[:kept], None if no is None else no[:kept]) for at, no in places])

    def slices(self, most_rows: int) -> Iterator[Columns]:
        """Yield all rows, in slices of so many rows at most."""
        start = 0
        while start < self.product.rows:
            made = self.slice(start, min(start + most_rows, self.product.rows))
            start += made.num_rows
            yield made

    def _row_bytes(self, places: Sequence[Places]) -> Numbers:
        total: Numbers = np.zeros(len(places[0][0]), dtype=np.int64)
        for table, (at, absent) in zip(self._tables, places, strict=True):
            if absent is None:
                total += table.row_bytes(at)
            else:
                present = np.flatnonzero(~absent)
                total[present] += table.row_bytes(at[present])
        return total

    def _made(self, places: Sequence[Places]) -> Columns:
        columns: list[pa.Array] = []
        for table, some in zip(self._tables, places, strict=True):
            columns += table.gather(some)
        return pa.record_batch(columns, column_names(len(columns)))


def of_one_type(batches: Sequence[Columns], width: int) -> tuple[list[Columns], list[pa.DataType]]:
    """Return batches with one type for each column, and the types.

    A column that is all null in one batch takes the type that it has in others.

    Raises:
        NotColumns: a column has different types, or a batch another width.
    """
    if any(batch.num_columns != width for batch in batches):
        raise NotColumns("rows of another width")
    found: list[set[pa.DataType]] = [set() for _ in range(width)]
    for batch in batches:
        for kinds, kind in zip(found, batch.schema.types, strict=True):
            if not pa.types.is_null(kind):
                kinds.add(kind)
    for kinds in found:
        if len(kinds) > 1:
            raise NotColumns("mixed types: " + ", ".join(sorted(map(str, kinds))))
    exact = [kinds.pop() if kinds else pa.null() for kinds in found]
    return [_cast(batch, exact) for batch in batches], exact


def _cast(batch: Columns, kinds: list[pa.DataType]) -> Columns:
    if batch.schema.types == kinds:
        return batch
    columns = [column.cast(kind) for column, kind in zip(batch.columns, kinds, strict=True)]
    return pa.record_batch(columns, column_names(len(columns)))


def _whole(chunks: Sequence[pa.Array], kind: pa.DataType) -> pa.Array:
    if len(chunks) == 1:
        return chunks[0]
    exact = gathered_kind(kind, chunks)
    if exact != kind:
        chunks = [chunk.cast(exact) for chunk in chunks]
    return pa.concat_arrays(chunks) if chunks else pa.nulls(0, kind)


def _row_sizes(columns: Sequence[pa.Array], rows: int) -> Numbers:
    sizes: Numbers = np.zeros(rows, dtype=np.int64)
    for column in columns:
        if _has_offsets(column.type):
            lengths = pc.fill_null(pc.binary_length(column), 0)
            sizes += lengths.to_numpy(zero_copy_only=False) + _OFFSET_BYTES
        else:
            sizes += _WORD_BYTES
    return sizes


def _widest_value(column: pa.Array) -> int:
    if not _has_offsets(column.type):
        return _WORD_BYTES
    return (pc.max(pc.binary_length(column)).as_py() or 0) + _OFFSET_BYTES


def _has_offsets(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_large_binary(kind)
    )
