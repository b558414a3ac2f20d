"""Key columns as small whole numbers: one code for each distinct key, in key order.

The codes are what grouping, aggregation and sorting work on; texts are compared only within the
dictionary of distinct values. Arrow's own group-by drops nothing, but splits -0.0 from 0.0 and
leaves nulls without a code, so values are normalised first: the codes mean what `KeyOrder` means.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Codes", "encode_keys", "normal_column"]

Numbers = npt.NDArray[np.int64]
_LARGEST = 1 << 62


@attrs.frozen(eq=False)
class Codes:
    """Rows and their groups.

    Args:
        of_rows: the group of each row, from 0.
        groups: number of groups.
        keys: for each key column, its value in each group: that of the group's first row, where
            equal values look different.
    """

    of_rows: Numbers
    groups: int
    keys: tuple[pa.Array, ...]


def encode_keys(
    columns: Sequence[pa.Array | pa.ChunkedArray],
    rows: int,
    *,
    is_sorted: bool,
    reverse: bool = False,
) -> Codes:
    """Return the groups of rows by natural key order.

    Args:
        columns: the key columns.
        rows: number of rows, for a key without columns.
        is_sorted: number the groups in key order, null first, NaN last; else by first appearance.
        reverse: turn the order round.
    """
    if not columns:
        return Codes(np.zeros(rows, dtype=np.int64), min(rows, 1), ())
    parts = [_column_codes(column, is_sorted, reverse) for column in columns]
    if len(parts) == 1:
        codes, dictionary = parts[0]
        return Codes(codes, len(dictionary), (dictionary,))
    combined, size = parts[0][0], len(parts[0][1])
    for codes, dictionary in parts[1:]:
        if size * max(len(dictionary), 1) >= _LARGEST:
            found, combined = np.unique(combined, return_inverse=True)
            size = len(found)
        combined = combined * len(dictionary) + codes
        size *= max(len(dictionary), 1)
    _, first, of_rows = np.unique(combined, return_index=True, return_inverse=True)
    if not is_sorted:
        by_appearance = np.argsort(first, kind="stable")
        places = np.empty(len(first), dtype=np.int64)
        places[by_appearance] = np.arange(len(first))
        of_rows, first = places[of_rows], first[by_appearance]
    keys = tuple(_taken(column, first) for column in columns)
    return Codes(of_rows.astype(np.int64, copy=False), len(first), keys)


def normal_column(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return a key column in which equal keys are equal bits: -0.0 as 0.0, one NaN."""
    if not pa.types.is_floating(column.type):
        return column
    # Adding zero turns -0.0 into 0.0 and keeps everything else.
    summed = pc.add(column, pa.scalar(0.0, column.type))
    return pc.if_else(pc.is_nan(summed), pa.scalar(float("nan"), column.type), summed)


def _column_codes(
    column: pa.Array | pa.ChunkedArray, is_sorted: bool, reverse: bool
) -> tuple[Numbers, pa.Array]:
    if pa.types.is_null(column.type):
        some = min(len(column), 1)
        return np.zeros(len(column), dtype=np.int64), pa.nulls(some)
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    encoded = normal_column(chunked).dictionary_encode("encode")
    if encoded.num_chunks == 0:
        return np.zeros(0, dtype=np.int64), pa.array([], column.type)
    # All chunks of one encoding share the last one's dictionary.
    dictionary = encoded.chunk(encoded.num_chunks - 1).dictionary
    codes = np.concatenate(
        [chunk.indices.to_numpy(zero_copy_only=False) for chunk in encoded.chunks]
    ).astype(np.int64, copy=False)
    order = sorted_places(dictionary) if is_sorted else None
    if _has_negative_zero(column):
        # It equals zero, but shows: the group is called what its first row is called.
        dictionary = _taken(column, np.unique(codes, return_index=True)[1])
    if order is None:
        return codes, dictionary
    if reverse:
        order = order[::-1]
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks[codes], dictionary.take(pa.array(order))


def _taken(column: pa.Array | pa.ChunkedArray, places: Numbers) -> pa.Array:
    taken = column.take(pa.array(places))
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def _has_negative_zero(column: pa.Array | pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(column.type):
        return False
    numbers = pc.drop_null(column).to_numpy()
    return bool((np.signbit(numbers) & (numbers == 0)).any())


def sorted_places(column: pa.Array) -> Numbers:
    """Return the places of values in natural order: null first, NaN last, text by code point."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    # Nulls are put first by hand: asked to do so, Arrow moves NaN to the front as well.
    places: Numbers = (
        pc.sort_indices(column, sort_keys=[("", "ascending", "at_end")]).to_numpy().astype(np.int64)
    )
    present = len(column) - column.null_count
    return np.concatenate([places[present:], places[:present]])
