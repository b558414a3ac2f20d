"""Key columns as small whole numbers: one code for each distinct key, in key order.

The codes are what grouping, aggregation and sorting work on; texts are compared only within the
dictionary of distinct values. Arrow's own group-by drops nothing, but splits -0.0 from 0.0 and
leaves nulls without a code, so values are normalised first: the codes mean what `KeyOrder` means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns
from cascade2spark.batch.kernels.places import number_array, place_array
from cascade2spark.batch.kernels.short_texts import short_codes, short_order
from cascade2spark.batch.kernels.text_ranks import are_worth_words, text_ranks

__all__ = [
    "Codes",
    "Distinct",
    "RowRanks",
    "encode_keys",
    "has_negative_zero",
    "normal_column",
    "ordered_rows",
    "ranked_rows",
    "row_ranks",
]

Numbers = npt.NDArray[np.int64]
Column: TypeAlias = "pa.Array | pa.ChunkedArray"
_Ranked = tuple[Numbers, int]
_LARGEST = 1 << 62
_TEXTS = (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())
# Fewer texts are not worth a look at which way to rank them.
_LEAST_ROWS_OF_WORDS = 20_000
_SAMPLE_ROWS = 8192
# A table of this many entries is always cheap.
_SMALL_TABLE = 1 << 16
_NAN_BITS = int(np.array(np.nan).view(np.int64))


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
    combined, size = _combined([(codes, len(dictionary)) for codes, dictionary in parts])
    of_rows, first = _compacted(combined, size, is_sorted)
    return Codes(of_rows, len(first), tuple(_taken(column, first) for column in columns))


@attrs.frozen(eq=False)
class Distinct:
    """A column as places in its distinct values.

    Args:
        places: of each row.
        values: in the order asked for.
    """

    places: npt.NDArray[np.int32]
    values: pa.Array

    def take(self, rows: Numbers) -> pa.Array:
        """Return the values of some rows: 8 ns a text in order, against 35 out of a column."""
        return self.values.take(number_array(self.places[rows]))


@attrs.frozen(eq=False)
class RowRanks:
    """Numbers of rows that are ordered and equal as the rows' values are.

    Args:
        of_rows: the number of each row, from 0.
        bound: larger than all of them.
        distinct: for each column compared, its distinct values, where they were told apart.
    """

    of_rows: Numbers
    bound: int
    distinct: tuple[Distinct | None, ...] = ()


def row_ranks(columns: Sequence[Column], descending: Sequence[bool], rows: int) -> _Ranked:
    """Return a number for each row, ordered and equal as the rows' values are, and their bound.

    Args, Raises:
        As for `ranked_rows`.
    """
    found = ranked_rows(columns, descending, rows)
    return found.of_rows, found.bound


def ranked_rows(columns: Sequence[Column], descending: Sequence[bool], rows: int) -> RowRanks:
    """Return the rank of each row, and what was found of the columns on the way.

    Args:
        columns: compared from left to right.
        descending: whether a column's order is turned round, nulls included.
        rows: number of rows, for no column.
    Raises:
        NotColumns: a column is of a type that has no order here.
    """
    if not columns:
        return RowRanks(np.zeros(rows, dtype=np.int64), 1)
    distinct: list[Distinct | None] = []
    parts: list[_Ranked] = []
    for column, down in zip(columns, descending, strict=True):
        if _is_nearly_distinct(column):
            parts.append(_word_ranks(column, down))
            distinct.append(None)
        elif is_text(column.type):
            ranks, values = _column_codes(column, True, down)
            parts.append((ranks, max(len(values), 1)))
            # Where nearly all values differ, the column itself is as good.
            is_worth = 2 * len(values) <= rows
            distinct.append(Distinct(ranks.astype(np.int32), values) if is_worth else None)
        else:
            parts.append(_number_ranks(column, down))
            distinct.append(None)
    return RowRanks(*_combined(parts), tuple(distinct))


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type is of texts or byte strings."""
    return kind in _TEXTS


def ordered_rows(ranks: Numbers, bound: int) -> Numbers:
    """Return the numbers of the rows by rank; rows of equal rank as they came.

    Rank and row number are sorted as one number: 8 ns a row against 84 for a stable `argsort` (a
    million rows, one x86-64 core with AVX-512).
    """
    rows = len(ranks)
    bits = max(rows - 1, 1).bit_length()
    if bound << bits >= _LARGEST:
        ranks, bound = _dense(ranks)
    packed = ranks << bits
    packed |= np.arange(rows, dtype=np.int64)
    packed.sort()
    packed &= (1 << bits) - 1
    return packed


def normal_column(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return a key column in which equal keys are equal bits: -0.0 as 0.0, one NaN."""
    if not pa.types.is_floating(column.type):
        return column
    # Adding zero turns -0.0 into 0.0 and keeps everything else.
    summed = pc.add(column, pa.scalar(0.0, column.type))
    return pc.if_else(pc.is_nan(summed), pa.scalar(float("nan"), column.type), summed)


def has_negative_zero(column: Column) -> bool:
    """Tell whether a column holds a zero that looks different from the other one."""
    if not pa.types.is_floating(column.type):
        return False
    numbers = pc.drop_null(column).to_numpy()
    return bool((np.signbit(numbers) & (numbers == 0)).any())


def _column_codes(
    column: pa.Array | pa.ChunkedArray, is_sorted: bool, reverse: bool
) -> tuple[Numbers, pa.Array]:
    if pa.types.is_null(column.type):
        some = min(len(column), 1)
        return np.zeros(len(column), dtype=np.int64), pa.nulls(some)
    short = short_codes(column) if isinstance(column, pa.Array) else None
    codes, dictionary = _dictionary_codes(column) if short is None else short
    order = _sorted_places(dictionary) if is_sorted else None
    if has_negative_zero(column):
        # It equals zero, but shows: the group is called what its first row is called.
        dictionary = _taken(column, np.unique(codes, return_index=True)[1])
    if order is None:
        return codes, dictionary
    if reverse:
        order = order[::-1]
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks[codes], dictionary.take(place_array(order))


def _sorted_places(column: pa.Array) -> Numbers:
    """Return the places of distinct values in natural order.

    Null is first, NaN last; text is ordered by code point.
    """
    short = short_order(column)
    if short is not None:
        return short
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    # Nulls are put first by hand: asked to do so, Arrow moves NaN to the front as well.
    places: Numbers = (
        pc.sort_indices(column, sort_keys=[("", "ascending", "at_end")]).to_numpy().astype(np.int64)
    )
    present = len(column) - column.null_count
    return np.concatenate([places[present:], places[:present]])


def _dictionary_codes(column: pa.Array | pa.ChunkedArray) -> tuple[Numbers, pa.Array]:
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    encoded = normal_column(chunked).dictionary_encode("encode")
    if encoded.num_chunks == 0:
        return np.zeros(0, dtype=np.int64), pa.array([], column.type)
    # All chunks of one encoding share the last one's dictionary.
    dictionary = encoded.chunk(encoded.num_chunks - 1).dictionary
    codes = np.concatenate(
        [chunk.indices.to_numpy(zero_copy_only=False) for chunk in encoded.chunks]
    ).astype(np.int64, copy=False)
    return codes, dictionary


def _taken(column: pa.Array | pa.ChunkedArray, places: Numbers) -> pa.Array:
    taken = column.take(place_array(places))
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def _combined(parts: Sequence[_Ranked]) -> _Ranked:
    """Return one number for several, ordered and equal as these are from left to right."""
    combined, size = parts[0]
    for numbers, bound in parts[1:]:
        if size * bound >= _LARGEST:
            combined, size = _dense(combined)
        if size * bound >= _LARGEST:
            numbers, bound = _dense(numbers)
        combined = combined * bound + numbers
        size *= bound
    return combined, size


def _dense(numbers: Numbers) -> _Ranked:
    found, dense = np.unique(numbers, return_inverse=True)
    return dense.astype(np.int64, copy=False), max(len(found), 1)


def _compacted(numbers: Numbers, bound: int, is_sorted: bool) -> tuple[Numbers, Numbers]:
    """Return numbers from 0 without gaps, and the first row of each.

    Through a table where that is small: 90 ns a row for a text and a small number, all included,
    against 200 by `np.unique` (a million rows, one x86-64 core). Else by hashing, and sorting what
    is distinct, which is about as fast.
    """
    rows = len(numbers)
    last_to_first = np.arange(rows - 1, -1, -1)
    if bound <= max(2 * rows, _SMALL_TABLE):
        first_of = np.full(bound, -1, dtype=np.int64)
        # Written from the last row on, so that the first one of each number stays.
        first_of[numbers[::-1]] = last_to_first
        distinct = np.flatnonzero(first_of >= 0)
        first = first_of[distinct]
        order = np.arange(len(first)) if is_sorted else np.argsort(first)
        places = np.empty(bound, dtype=np.int64)
        places[distinct[order]] = np.arange(len(first))
        return places[numbers], first[order]
    encoded = number_array(numbers).dictionary_encode()
    of_rows = encoded.indices.to_numpy().astype(np.int64)
    first = np.empty(len(encoded.dictionary), dtype=np.int64)
    first[of_rows[::-1]] = last_to_first
    if not is_sorted:
        return of_rows, first
    order = np.argsort(encoded.dictionary.to_numpy())
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks[of_rows], first[order]


def _is_nearly_distinct(column: Column) -> bool:
    """Tell whether a column of short texts looks as if few values came more than twice.

    For these a dictionary takes 500 ns a row and words 50; for 15 rows of each value, 80 and 110.
    """
    rows = len(column)
    if rows < _LEAST_ROWS_OF_WORDS or not isinstance(column, pa.Array):
        return False
    if not are_worth_words([column]):
        return False
    sample = column.slice(rows // 2, _SAMPLE_ROWS)
    repeated = len(sample) - len(sample.dictionary_encode().dictionary)
    # Of so many drawn, so many pairs are the same where half as many values as rows are distinct.
    return bool(repeated * rows <= len(sample) ** 2)


def _word_ranks(column: pa.Array, descends: bool) -> _Ranked:
    ranks, bound = text_ranks([column])
    return (bound - 1 - ranks if descends else ranks), bound


def _number_ranks(column: Column, descends: bool) -> _Ranked:
    kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column), dtype=np.int64), 1
    if pa.types.is_floating(kind):
        # As whole numbers in the same order: the bits of negative ones are turned round.
        numbers = pc.fill_null(column, 0.0).to_numpy() + 0.0
        bits = numbers.astype(np.float64, copy=False).view(np.int64)
        whole = bits ^ ((bits >> 63) & np.int64((1 << 63) - 1))
        whole[np.isnan(numbers)] = _NAN_BITS
    elif pa.types.is_boolean(kind):
        whole = pc.fill_null(column, False).cast(pa.int8()).to_numpy().astype(np.int64)
    elif pa.types.is_int64(kind) or pa.types.is_date32(kind):
        counted = column.cast(pa.int32()) if pa.types.is_date32(kind) else column
        filled = pc.fill_null(counted, 0) if counted.null_count else counted
        whole = filled.to_numpy().astype(np.int64, copy=False)
    else:
        raise NotColumns(f"no order for a column of {kind}")
    return _whole_ranks(whole, column, descends)


def _whole_ranks(numbers: Numbers, column: Column, descends: bool) -> _Ranked:
    """Return whole numbers from 0 on, those of the column's nulls before all others."""
    if not len(numbers):
        return numbers, 1
    least, most = int(numbers.min()), int(numbers.max())
    if most - least >= _LARGEST - 2:
        numbers, most = _dense(numbers)
        least = 0
    numbers = most - numbers if descends else numbers - least
    bound = most - least + 1
    if column.null_count:
        absent = pc.is_null(column)
        whole = absent.combine_chunks() if isinstance(absent, pa.ChunkedArray) else absent
        marks = whole.to_numpy(zero_copy_only=False)
        if descends:
            numbers[marks] = bound
        else:
            numbers += 1
            numbers[marks] = 0
        bound += 1
    return numbers, bound
