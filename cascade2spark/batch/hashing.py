"""The hash of keys over whole columns: the second implementation of `kinds` and `ordering`.

Rows and columns must send equal keys to one partition, so both come through here: the keys of a
batch of rows become columns first, and what has no exact column form is hashed value by value by
`KeyOrder` itself. The two agree to the bit (property-tested).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Batch, NotColumns, Rows, array_of, rows_of
from cascade2spark.kinds import PRIME, SEED, Kind
from cascade2spark.ordering import KEY_SEED, AnyKeyOrder
from cascade2spark.ordering_python import PythonKeyOrder, python_group_keys
from cascade2spark.selection import Pick

__all__ = [
    "Hashes",
    "batch_hashes",
    "column_hashes",
    "partition_numbers",
    "python_column_hashes",
    "row_hashes",
]

Hashes = npt.NDArray[np.uint64]

# What fits the processor's cache: 22 ns a key of text, against 220 for a million rows at once.
_CHUNK_ROWS = 32_768
# For values of these classes the hash over columns is that of `PythonKeyOrder`.
_HASHED_ALIKE = frozenset({str, int, bytes, date})
_HASHED_ALIKE_TYPES = (pa.string(), pa.int64(), pa.binary(), pa.date32(), pa.null())
_PRIME = np.uint64(PRIME)
_HALF = np.uint64(32)
_SHIFT = np.uint64(33)
# What is kept of a word of which so many bytes are left.
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)
_BEYOND = float(1 << 63)
_MIX = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))


def partition_numbers(hashes: Hashes, partitions: int) -> npt.NDArray[np.unsignedinteger[Any]]:
    """Return the partition of each hash, in the smallest type that holds them.

    A stable sort of one byte or two is a radix sort: 2 ns a row, against 21 for eight bytes.
    """
    many = np.uint64(partitions)
    # The remainder by way of a division, for which numpy has a quick form: 1 ns against 3.
    remainders = hashes - hashes // many * many
    return remainders.astype(np.min_scalar_type(max(partitions - 1, 0)))


def batch_hashes(batch: Batch, key: Pick, order: AnyKeyOrder) -> Hashes:
    """Return the hash of the key of each row, for an order that is partitionable."""
    if isinstance(batch, list):
        return row_hashes(batch, key, order)
    if isinstance(order, PythonKeyOrder) and key.positions is not None:
        columns = [batch.column(place) for place in key.positions]
        if all(column.type in _HASHED_ALIKE_TYPES for column in columns):
            return column_hashes(columns, batch.num_rows)
        return _python_hashes([column.to_pylist() for column in columns], order)
    if order.is_directional and key.positions is not None:
        return column_hashes([batch.column(place) for place in key.positions], batch.num_rows)
    return row_hashes(rows_of(batch), key, order)


def row_hashes(rows: Rows, key: Pick, order: AnyKeyOrder) -> Hashes:
    """Return the hash of the key of each row, for an order that is partitionable."""
    if isinstance(order, PythonKeyOrder) and key.positions is not None:
        return _python_hashes([[row[place] for row in rows] for place in key.positions], order)
    if order.is_directional and key.positions is not None:
        try:
            columns = [array_of([row[place] for row in rows]) for place in key.positions]
        except NotColumns:
            pass
        else:
            return column_hashes(columns, len(rows))
    found = map(order.hasher(), map(key.of(), rows))
    return np.fromiter(found, dtype=np.uint64, count=len(rows))


def python_column_hashes(columns: Sequence[list[Any]]) -> Hashes | None:
    """Return the hash of each key by Python's equality; None where each value has to be looked at.

    Nanoseconds a row: a text or whole number 80, a tuple of both 250, a float 60 to 150; by
    `PythonKeyOrder` itself they take 1,000 to 3,000.

    Args:
        columns: the fields of the keys, one at least.
    """
    if all(map(_is_hashed_alike, columns)):
        try:
            return column_hashes(list(map(array_of, columns)), len(columns[0]))
        except NotColumns:  # whole numbers beyond 64 bits, lone surrogates
            return None
    state = np.full(len(columns[0]), KEY_SEED, dtype=np.uint64)
    for values in columns:
        hashes = _object_hashes(values)
        if hashes is None:
            return None
        state = _rounds(state, hashes)
    return _finished(state)


def _python_hashes(columns: list[list[Any]], order: PythonKeyOrder) -> Hashes:
    size = len(columns[0]) if columns else 0
    hashes = python_column_hashes(columns) if columns else None
    if hashes is not None:
        return hashes
    hasher = order.hasher()
    known: dict[Any, int] = {}
    found = np.empty(size, dtype=np.uint64)
    names = zip(*map(python_group_keys, columns), strict=True)
    for at, (name, key) in enumerate(zip(names, zip(*columns, strict=True), strict=True)):
        number = known.get(name)
        if number is None:
            number = known[name] = hasher(key)
        found[at] = number
    return found


def _object_hashes(values: list[Any]) -> Hashes | None:
    """Return the hashes of values of one class; None for others."""
    kinds = set(map(type, values))
    if kinds == {tuple}:
        return _tuple_hashes(values)
    if kinds == {float}:
        return _float_hashes(np.array(values, dtype=np.float64))
    if not _is_hashed_alike(values):
        return None
    try:
        return _value_hashes(array_of(values))
    except NotColumns:
        return None


def _tuple_hashes(values: list[Any]) -> Hashes | None:
    widths = set(map(len, values))
    if len(widths) > 1:
        return None
    (width,) = widths
    state = np.full(len(values), SEED[Kind.TUPLE], dtype=np.uint64)
    state = _rounds(state, np.full(len(values), width, dtype=np.uint64))
    for place in range(width):
        hashes = _object_hashes([value[place] for value in values])
        if hashes is None:
            return None
        state = _rounds(state, hashes)
    return state


def _float_hashes(numbers: npt.NDArray[np.float64]) -> Hashes:
    """Hash floats as Python does: those that are whole as whole numbers."""
    is_whole = (numbers == np.floor(numbers)) & (numbers >= -_BEYOND) & (numbers < _BEYOND)
    words = np.zeros(len(numbers), dtype=np.int64)
    words[is_whole] = numbers[is_whole].astype(np.int64)
    odd = np.isnan(numbers)
    others = np.flatnonzero(~is_whole & ~odd)
    words[others] = list(map(hash, numbers[others].tolist()))
    seeds = np.where(is_whole, np.uint64(SEED[Kind.WHOLE]), np.uint64(SEED[Kind.REAL]))
    hashes = _rounds(seeds, words.view(np.uint64))
    hashes[odd] = SEED[Kind.NOT_A_NUMBER]
    return hashes


def _is_hashed_alike(values: list[Any]) -> bool:
    classes = set(map(type, values)) - {type(None)}
    return len(classes) <= 1 and classes <= _HASHED_ALIKE


def column_hashes(columns: Sequence[pa.Array], size: int) -> Hashes:
    """Return the hash of each key, natural order; `columns` are the fields of the key."""
    hashes = np.empty(size, dtype=np.uint64)
    for start in range(0, size, _CHUNK_ROWS):
        some = [column.slice(start, _CHUNK_ROWS) for column in columns]
        chunk = hashes[start : start + _CHUNK_ROWS]
        state = np.full(len(chunk), KEY_SEED, dtype=np.uint64)
        for column in some:
            state = _rounds(state, _value_hashes(column))
        chunk[:] = _finished(state)
    return hashes


def _finished(state: Hashes) -> Hashes:
    for factor in _MIX:
        state = (state ^ (state >> _SHIFT)) * factor
    return state ^ (state >> _SHIFT)


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
    offsets: Any = np.frombuffer(offset_buffer, dtype=width)[
        column.offset : column.offset + size + 1
    ]
    begin, end = int(offsets[0]), int(offsets[-1])
    # Eight more bytes, so that the last word of the last value can be read whole.
    data = np.zeros(end - begin + 8, dtype=np.uint8)
    if end > begin:
        data[:-8] = np.frombuffer(data_buffer, dtype=np.uint8)[begin:end]
    every_word: Hashes = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
    starts = (offsets[:-1] - begin).astype(np.intp)
    lengths = offsets[1:] - offsets[:-1]
    longest, shortest = int(lengths.max()), int(lengths.min())
    for done in range(0, longest, 8):
        # As long as every value has a word left, whole arrays: 13 ns a text of 11 bytes, not 18.
        rows = None if shortest > done else np.flatnonzero(lengths > done)
        left = (lengths if rows is None else lengths.take(rows)) - done
        words = every_word.take((starts if rows is None else starts.take(rows)) + done)
        if shortest < done + 8:
            words &= _MASKS.take(np.minimum(left, 8))
        if rows is None:
            state = _rounds(state, words)
        else:
            state[rows] = _rounds(state.take(rows), words)
    return _rounds(state, lengths.astype(np.uint64))
