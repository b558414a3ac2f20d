"""The rows of several streams brought together by key: one sort for all of them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cascade2spark.batch.batches import NotColumns
from cascade2spark.batch.kernels.keys import Column, ordered_rows, row_ranks
from cascade2spark.batch.kernels.products import Numbers
from cascade2spark.batch.kernels.text_ranks import are_worth_words, text_ranks

__all__ = ["GroupedRows", "grouped_rows"]

# In the order of `kinds.Kind`: keys of different types never meet, but have their order.
_KINDS = (pa.bool_(), pa.int64(), pa.float64(), pa.string(), pa.binary(), pa.date32())
# Ranks of several types, one behind the other, must stay within 63 bits.
_LARGEST = 1 << 56


@attrs.frozen(eq=False)
class GroupedRows:
    """Where the rows of each stream and group are.

    Args:
        order: the rows of all streams, numbered one stream after the other: by key, then by
            stream, then as they came.
        counts: for each stream, its number of rows in each group; groups are in key order.
        starts: for each stream, the place in `order` of each group's first row.
    """

    order: Numbers
    counts: list[Numbers]
    starts: list[Numbers]


def grouped_rows(
    streams: Sequence[Sequence[Sequence[pa.Array]]],
    sizes: Sequence[int],
    descending: Sequence[bool],
) -> GroupedRows:
    """Return the groups of rows of equal key.

    Args:
        streams: for each stream and each field of its key, the values in chunks.
        sizes: number of rows of each stream.
        descending: for each field, whether it descends.
    Raises:
        NotColumns: a field is of a type that has no order here.
    Laws:
        Keys are equal, and ordered, as `KeyOrder` says, across streams of different types too.
    """
    rows = sum(sizes)
    # One code space for the keys of all streams: nothing is looked up, nothing is hashed twice.
    columns = [
        _one_column([fields[place] for fields in streams], sizes)
        for place in range(len(descending))
    ]
    ranks, bound = row_ranks(columns, descending, rows)
    del columns  # the texts of a dictionary may be large
    order = ordered_rows(ranks, bound)
    in_order = ranks[order]
    del ranks
    is_new: npt.NDArray[np.bool_] = np.ones(rows, dtype=np.bool_)
    np.not_equal(in_order[1:], in_order[:-1], out=is_new[1:])
    # Eight bytes a row: what is counted takes the place of what was compared.
    bins = np.cumsum(is_new, out=in_order)
    bins -= 1
    count = int(bins[-1]) + 1 if rows else 0
    size = len(streams)
    if size > 1:
        stream_of = np.repeat(np.arange(size, dtype=np.int8), sizes)
        bins *= size
        bins += stream_of[order]
    counts = np.bincount(bins, minlength=count * size)
    starts = np.cumsum(counts) - counts
    return GroupedRows(
        order,
        [np.ascontiguousarray(counts[number::size]) for number in range(size)],
        [np.ascontiguousarray(starts[number::size]) for number in range(size)],
    )


def _one_column(streams: Sequence[Sequence[pa.Array]], sizes: Sequence[int]) -> Column:
    """Return a field of all streams as one column, ordered and equal as the values are."""
    chunks = [chunk for some in streams for chunk in some]
    kinds = {chunk.type for chunk in chunks if not pa.types.is_null(chunk.type)}
    if not kinds:
        return pa.nulls(sum(sizes))
    if len(kinds) == 1:
        (kind,) = kinds
        if are_worth_words(chunks) and all(chunk.type == kind for chunk in chunks):
            return pa.array(text_ranks(chunks)[0])
        exact = [chunk if chunk.type == kind else chunk.cast(kind) for chunk in chunks]
        return pa.chunked_array(exact, kind)
    return pa.array(_mixed_ranks(chunks, kinds))


def _mixed_ranks(chunks: Sequence[pa.Array], kinds: set[pa.DataType]) -> Numbers:
    """Return ranks of values of several types: null first, then type by type."""
    for kind in kinds:
        if kind not in _KINDS:
            raise NotColumns(f"no order for a column of {kind} among others")
    ends = np.cumsum([len(chunk) for chunk in chunks])
    found: Numbers = np.zeros(int(ends[-1]), dtype=np.int64)
    base = 1
    for kind in sorted(kinds, key=_KINDS.index):
        some = [number for number, chunk in enumerate(chunks) if chunk.type == kind]
        column = pa.chunked_array([chunks[number] for number in some], kind)
        ranks, bound = row_ranks([column], [False], len(column))
        if bound > _LARGEST:
            distinct, ranks = np.unique(ranks, return_inverse=True)
            bound = len(distinct)
        ranks = np.where(_absent(column), 0, ranks + base)
        base += bound
        start = 0
        for number in some:
            size = len(chunks[number])
            found[ends[number] - size : ends[number]] = ranks[start : start + size]
            start += size
    return found


def _absent(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    marks = [chunk.is_null().to_numpy(zero_copy_only=False) for chunk in column.chunks]
    return np.concatenate(marks)
