"""The hash of keys over whole columns: the second implementation of `kinds` and `ordering`.

Rows and columns must send equal keys to one partition, so both come through here: the keys of a
batch of rows become columns first, and what has no exact column form is hashed value by value by
`KeyOrder` itself. The two agree to the bit (property-tested).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Columns, NotColumns, Rows, array_of, rows_of
from cascade2spark.kinds import PRIME, SEED, Kind
from cascade2spark.ordering import KEY_SEED, KeyOrder
from cascade2spark.selection import Pick

__all__ = ["column_hashes", "column_partitions", "row_partitions"]

Hashes = npt.NDArray[np.uint64]

# What fits the processor's cache: 22 ns a key of text, against 220 for a million rows at once.
_CHUNK_ROWS = 32_768
_PRIME = np.uint64(PRIME)
_HALF = np.uint64(32)
_SHIFT = np.uint64(33)
_EIGHT = np.uint64(8)
_MIX = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))


def row_partitions(rows: Rows, key: Pick, order: KeyOrder, partitions: int) -> list[int]:
    """Return the partition of each row.

    Args:
        rows: at least one tuple.
        key: cuts the key out of a row.
        order: whose hash counts.
        partitions: number of partitions.
    """
    if not order.is_partitionable:
        return [0] * len(rows)
    if order.is_natural and key.positions is not None:
        try:
            columns = [array_of([row[place] for row in rows]) for place in key.positions]
        except NotColumns:
            return _one_by_one(rows, key, order, partitions)
        found: list[int] = _partitions(columns, len(rows), partitions).tolist()
        return found
    return _one_by_one(rows, key, order, partitions)


def column_partitions(
    columns: Columns, key: Pick, order: KeyOrder, partitions: int
) -> npt.NDArray[np.int64]:
    """Return the partition of each row of a batch of columns."""
    if order.is_natural and key.positions is not None:
        arrays = [columns.column(place) for place in key.positions]
        return _partitions(arrays, columns.num_rows, partitions)
    return np.array(row_partitions(rows_of(columns), key, order, partitions), dtype=np.int64)


def column_hashes(columns: Sequence[pa.Array], size: int) -> Hashes:
    """Return the hash of each key, natural order; `columns` are the fields of the key."""
    hashes = np.empty(size, dtype=np.uint64)
    for start in range(0, size, _CHUNK_ROWS):
        some = [column.slice(start, _CHUNK_ROWS) for column in columns]
        chunk = hashes[start : start + _CHUNK_ROWS]
        state = np.full(len(chunk), KEY_SEED, dtype=np.uint64)
        for column in some:
            state = _rounds(state, _value_hashes(column))
        for factor in _MIX:
            state = (state ^ (state >> _SHIFT)) * factor
        chunk[:] = state ^ (state >> _SHIFT)
    return hashes


def _partitions(columns: Sequence[pa.Array], size: int, partitions: int) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = (column_hashes(columns, size) % np.uint64(partitions)).astype(
        np.int64
    )
    return found


def _one_by_one(rows: Rows, key: Pick, order: KeyOrder, partitions: int) -> list[int]:
    cut, partition_of = key.of(), order.partitioner(partitions)
    return [partition_of(cut(row)) for row in rows]


def _value_hashes(column: pa.Array) -> Hashes:
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), SEED[Kind.NULL], dtype=np.uint64)
    if pa.types.is_dictionary(kind):
        return _value_hashes(column.dictionary_decode())
    hashes = _present_hashes(column)
    if column.null_count:
        absent = column.is_null().to_numpy(zero_copy_only=False)
        hashes = np.where(absent, np.uint64(SEED[Kind.NULL]), hashes)
    return hashes


def _present_hashes(column: pa.Array) -> Hashes:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _byte_hashes(column, SEED[Kind.TEXT])
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _byte_hashes(column, SEED[Kind.BYTES])
    if pa.types.is_boolean(kind):
        words = pc.fill_null(column, False).cast(pa.int64())
        return _word_hashes(_words(words), SEED[Kind.BOOLEAN])
    if pa.types.is_date32(kind):
        days = pc.fill_null(column.cast(pa.int32()), 0).cast(pa.int64())
        return _word_hashes(_words(days), SEED[Kind.DATE])
    if pa.types.is_floating(kind):
        return _real_hashes(column)
    if pa.types.is_integer(kind):
        return _word_hashes(_words(pc.fill_null(column, 0).cast(pa.int64())), SEED[Kind.WHOLE])
    raise NotColumns(f"no hash for a column of {kind}")


def _words(column: pa.Array) -> Hashes:
    words: Hashes = column.to_numpy(zero_copy_only=False).view(np.uint64)
    return words


def _real_hashes(column: pa.Array) -> Hashes:
    # Adding zero turns -0.0 into 0.0.
    numbers = pc.fill_null(column, 0.0).cast(pa.float64()).to_numpy(zero_copy_only=False) + 0.0
    hashes = _word_hashes(numbers.view(np.uint64), SEED[Kind.REAL])
    odd = np.isnan(numbers)
    if odd.any():
        hashes = np.where(odd, np.uint64(SEED[Kind.NOT_A_NUMBER]), hashes)
    return hashes


def _word_hashes(words: Hashes, seed: int) -> Hashes:
    return _rounds(np.full(len(words), seed, dtype=np.uint64), words)


def _rounds(state: Hashes, words: Hashes) -> Hashes:
    mixed = (state ^ words) * _PRIME
    return mixed ^ (mixed >> _HALF)


def _byte_hashes(column: pa.Array, seed: int) -> Hashes:
    """Hash texts or byte strings word by word, all rows at once."""
    size = len(column)
    state = np.full(size, seed, dtype=np.uint64)
    if not size:
        return state
    wide = pa.types.is_large_string(column.type) or pa.types.is_large_binary(column.type)
    _, offset_buffer, data_buffer = column.buffers()
    width = np.int64 if wide else np.int32
    offsets = np.frombuffer(offset_buffer, dtype=width)[column.offset : column.offset + size + 1]
    starts = offsets[:-1].astype(np.int64)
    lengths = offsets[1:].astype(np.int64) - starts
    begin, end = int(offsets[0]), int(offsets[-1])
    # Eight more bytes, so that the last word of the last value can be read whole.
    data = np.zeros(end - begin + 8, dtype=np.uint8)
    if end > begin:
        data[:-8] = np.frombuffer(data_buffer, dtype=np.uint8)[begin:end]
    every_word: Hashes = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
    starts -= begin
    longest = int(lengths.max())
    rows: Any = slice(None)
    for done in range(0, longest, 8):
        if done:
            rows = np.flatnonzero(lengths > done)
        left = lengths[rows] - done
        words = every_word[starts[rows] + done] if done else every_word[starts]
        short = left < 8
        if short.any():
            kept = (np.minimum(left, 8).astype(np.uint64) * _EIGHT) % np.uint64(64)
            mask = (np.uint64(1) << kept) - np.uint64(1)
            # A whole word has shift 64, which wraps to 0: its mask is all ones.
            words = np.where(short, words & mask, words)
        if not done and (lengths == 0).any():
            state = np.where(lengths > 0, _rounds(state, words), state)
        else:
            state[rows] = _rounds(state[rows], words)
    return _rounds(state, lengths.astype(np.uint64))
