"""Columns made smaller for the way to another task, and made as they were on arrival.

Every byte of a block goes through a socket, the JVM and a file, twice, which costs more than to
leave it out: whole numbers that lie close together travel as their distances from the least one, in
16 or 32 bits, and a text column of few texts as a number of 8 bits each, with the texts in the
schema. What came of a column stands in the metadata of the schema, so that a block tells by itself.
"""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Columns
from cascade2spark.batch.kernels.places import number_array, place_array
from cascade2spark.batch.kernels.short_texts import short_codes

__all__ = ["LEAST_ROWS", "packed", "unpacked", "unpacked_bytes"]

# Of smaller blocks the schema, which says what was done, is the larger part.
LEAST_ROWS = 1024
_SAMPLED = 64
_MOST_SAMPLED = 16  # different texts among those
_MOST_TEXTS = 256
_MOST_TEXT_BYTES = 4096
_WIDTHS = ((16, np.uint16), (32, np.uint32))
_KEY, _ROW_BYTES = b"packed", b"bytes a row"


def packed(columns: Columns) -> Columns:
    """Return columns in their smaller form, or themselves where they have it or there is none.

    Rows taken of packed columns, or a slice of them, are packed columns.
    """
    if columns.num_rows < LEAST_ROWS or _KEY in (columns.schema.metadata or {}):
        return columns
    arrays, done = [], {}
    for place, column in enumerate(columns.columns):
        made: tuple[pa.Array, int | list[str]] | None = None
        if not column.null_count:
            if column.type == pa.int64():
                made = _distances(column)
            elif column.type == pa.string():
                made = _numbered(column)
        if made is None:
            arrays.append(column)
        else:
            array, done[place] = made
            arrays.append(array)
    if not done:
        return columns
    names = columns.schema.names
    kinds = [(name, array.type) for name, array in zip(names, arrays, strict=True)]
    row_bytes = columns.nbytes / columns.num_rows
    schema = pa.schema(kinds, metadata={_KEY: json.dumps(done), _ROW_BYTES: repr(row_bytes)})
    return pa.record_batch(arrays, schema=schema)


def unpacked_bytes(columns: Columns) -> int:
    """Return the bytes of columns, had they not been packed; of some of the rows, their share."""
    rows: int = columns.num_rows
    row_bytes = (columns.schema.metadata or {}).get(_ROW_BYTES)
    return int(columns.nbytes) if row_bytes is None else round(float(row_bytes) * rows)


def unpacked(columns: Columns) -> Columns:
    """Return columns as they were before they were packed, if they were."""
    metadata = columns.schema.metadata
    if not metadata or _KEY not in metadata:
        return columns
    done = json.loads(metadata[_KEY])
    arrays = [
        _restored(column, done[str(place)]) if str(place) in done else column
        for place, column in enumerate(columns.columns)
    ]
    return pa.record_batch(arrays, names=columns.schema.names)


def _distances(column: pa.Array) -> tuple[pa.Array, int] | None:
    """Return how far whole numbers lie above the least one, and that."""
    numbers = column.to_numpy()
    least = int(numbers.min())
    span = int(numbers.max()) - least
    for bits, kind in _WIDTHS:
        if span >> bits == 0:
            return number_array((numbers - least).astype(kind)), least
    return None


def _numbered(column: pa.Array) -> tuple[pa.Array, list[str]] | None:
    """Return a number for each text, and the texts."""
    some = column.take(place_array(np.linspace(0, len(column) - 1, _SAMPLED)))
    if len(some.unique()) > _MOST_SAMPLED:
        return None
    codes, texts = short_codes(column) or _codes(column)
    if len(texts) > _MOST_TEXTS or texts.nbytes > _MOST_TEXT_BYTES:
        return None
    return number_array(codes.astype(np.uint8)), texts.to_pylist()


def _codes(column: pa.Array) -> tuple[npt.NDArray[np.generic], pa.Array]:
    encoded = column.dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary


def _restored(column: pa.Array, said: int | list[str]) -> pa.Array:
    if isinstance(said, int):
        return number_array(column.to_numpy().astype(np.int64) + said)
    return pc.take(pa.array(said, pa.string()), column)
