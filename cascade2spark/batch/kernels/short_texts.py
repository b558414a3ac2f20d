"""Texts of at most seven bytes as whole numbers: most keys are, and numbers are hashed faster.

The bytes of a text and, in the eighth byte, its length are one number, equal where the texts are.
Among 30,000 keys of which 1,000 are distinct a row takes 6 ns this way, against 10 by Arrow's
dictionary of texts. Where the keys are those of earlier batches, finding them takes 2.6 of these 6
in place of 3.4, and there is nothing more to number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.kernels.places import number_array

__all__ = ["ShortKeys", "short_codes", "short_order"]

Numbers = npt.NDArray[np.int64]

_LONGEST = 7
# Fewer texts are not worth the dozen calls.
_LEAST_ROWS = 512
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(_LONGEST + 1)], dtype=np.uint64)
_LENGTHS = np.array([size << 56 for size in range(_LONGEST + 1)], dtype=np.uint64)
_SHIFT = np.uint64(56)
# To look values up among known ones pays off for this many rows a known one.
_ROWS_PER_KEY = 8


def short_codes(column: pa.Array) -> tuple[Numbers, pa.Array] | None:
    """Return the place of each value among the distinct ones, and these by first appearance.

    None for values that are no texts or byte strings, null, longer, or only few.
    """
    words = _words(column)
    if words is None:
        return None
    encoded = words.dictionary_encode()
    return _places(encoded.indices), _texts(encoded.dictionary.to_numpy(), column.type)


def short_order(column: pa.Array) -> Numbers | None:
    """Return the places of distinct values in their order; None as for `short_codes`.

    The first byte of a text in front, its length behind, numbers are in the order of the texts: 10
    ns a value against 130 by comparing texts (25,000 values).
    """
    words = _words(column)
    return None if words is None else np.argsort(words.to_numpy().byteswap())


class ShortKeys:
    """The short texts of a column that comes in batches, numbered by first appearance."""

    def __init__(self) -> None:
        self._kind: pa.DataType | None = None
        self._known = pa.array([], pa.uint64())
        self._texts: pa.Array | None = None

    def __len__(self) -> int:
        return len(self._known)

    @property
    def texts(self) -> pa.Array:
        """The distinct values."""
        if self._texts is None:
            self._texts = _texts(self._known.to_numpy(), self._kind)
        return self._texts

    def numbers(self, column: pa.Array) -> Numbers | None:
        """Return the number of each value; those that are new are added.

        None for a column as `short_codes` does not take it or of another type, or for a batch that
        is small beside what is known: then nothing is added.
        """
        if len(self._known) * _ROWS_PER_KEY > len(column) or self._kind not in (None, column.type):
            return None
        words = _words(column)
        if words is None:
            return None
        self._kind = column.type
        if not len(self._known):
            encoded = words.dictionary_encode()
            self._add(encoded.dictionary)
            return _places(encoded.indices)
        places = pc.index_in(words, value_set=self._known)
        if not places.null_count:
            return _places(places)
        is_new = places.is_null()
        encoded = words.filter(is_new).dictionary_encode()
        codes = _places(pc.fill_null(places, 0))
        codes[is_new.to_numpy(zero_copy_only=False)] = encoded.indices.to_numpy() + len(self._known)
        self._add(encoded.dictionary)
        return codes

    def _add(self, words: pa.Array) -> None:
        self._known = pa.concat_arrays([self._known, words])
        self._texts = None


def _places(places: pa.Array) -> Numbers:
    numbers: npt.NDArray[np.int32] = places.to_numpy()
    return numbers.astype(np.int64)


def _words(column: pa.Array) -> pa.Array | None:
    """Return each value as a number, None for a column that is not of short texts."""
    rows = len(column)
    is_text = pa.types.is_string(column.type) or pa.types.is_binary(column.type)
    if not is_text or rows < _LEAST_ROWS or column.null_count:
        return None
    _, offset_buffer, data_buffer = column.buffers()
    every: npt.NDArray[np.int32] = np.frombuffer(offset_buffer, dtype=np.int32)
    offsets = every[column.offset : column.offset + rows + 1]
    begin, end = int(offsets[0]), int(offsets[-1])
    if end - begin > _LONGEST * rows:
        return None
    lengths = offsets[1:] - offsets[:-1]
    if int(lengths.max()) > _LONGEST:
        return None
    # Eight more bytes, so that a whole word can be read at the end of the last value.
    data = np.zeros(end - begin + 8, dtype=np.uint8)
    if end > begin:
        data[:-8] = np.frombuffer(data_buffer, dtype=np.uint8)[begin:end]
    every_word: Any = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
    words = every_word.take(offsets[:-1] - begin if begin else offsets[:-1])
    words &= _MASKS.take(lengths)
    words |= _LENGTHS.take(lengths)
    return number_array(words)


def _texts(words: npt.NDArray[np.uint64], kind: pa.DataType) -> pa.Array:
    lengths = words >> _SHIFT
    offsets = np.zeros(len(words) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    signs = words.astype("<u8").view(np.uint8).reshape(-1, 8)
    data = signs[np.arange(8, dtype=np.uint64) < lengths[:, None]]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(words), buffers)
