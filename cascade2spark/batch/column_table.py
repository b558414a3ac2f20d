"""The rows of one held side of a join as columns, found by their keys a whole batch at a time.

The rows lie sorted by the hash of their key, those of one key together and in arrival order. A
directory over the highest bits of the hashes says where to begin to look; from there on it is a
step or two to the hash, and the keys themselves are compared last. All of it is vectorised. A key
of text among 200,000 is found in 45 to 75 ns, 21 of them for its hash, a whole number in 17 to 25.
Arrow's `index_in` takes 55 to 160 and 14 to 70 in pieces of 8 MB (idle and busy machine), more in
smaller ones, as every call builds its table anew; and it finds one row of a key only. A dict asked
once for each distinct key of a piece takes 50 where a few keys are most of them, else 330.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cascade2spark.batch.batches import (
    Batch,
    Columns,
    NotColumns,
    column_parts,
    gathered_kind,
)
from cascade2spark.batch.hashing import column_hashes
from cascade2spark.batch.kernels.keys import encode_keys
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.batch.same_values import same_values

__all__ = ["ColumnTable", "Found"]

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
HashesOf = Callable[[Sequence[pa.Array], int], Hashes]

# A piece of the probe whose hashes and places stay in the processor's cache.
_PIECE_ROWS = 32_768
_WORD_BYTES = 8
# From so many rows on a column may be held as codes; the sample that tells, and most texts.
_CODED_ROWS = 16_384
_SAMPLED_ROWS = 1_024
_MOST_CODES = 4_096
_TEXT_WIDTHS = {
    pa.string(): np.int32,
    pa.binary(): np.int32,
    pa.large_string(): np.int64,
    pa.large_binary(): np.int64,
}


@attrs.frozen(eq=False)
class Found:
    """What a table has for each key that was looked up.

    Args:
        starts: place of the first row of the key; 0 where there is none.
        counts: number of its rows.
        is_found: whether there is one; None when every key was found.
    """

    starts: Numbers
    counts: Numbers
    is_found: Mask | None


class ColumnTable:
    """The rows of a held side by key, natural order.

    Args:
        batches: the side's rows, in arrival order; batches of rows become columns.
        width: number of columns, a count; needed when there is no row.
        places: positions of the key's columns.
        hashes_of: the hash of keys; equal keys have equal hashes, and nothing else is asked.
    Attributes:
        columns: the columns, in the table's order; texts that no plain column holds are large, and
            few that repeat are a dictionary.
        is_unique: no key has two rows.
        rows, size_bytes: number of rows, and of bytes that the table holds.
    Raises:
        NotColumns: the rows have no exact column form, or their types change from batch to batch.
    Laws:
        1. `find` gives for each key the rows with the same key as `KeyOrder` says, null and NaN
           included, in arrival order.  2. Kinds are apart: 1, 1.0 and True are three keys.
    """

    def __init__(
        self,
        batches: Iterable[Batch],
        width: int,
        places: Sequence[int],
        *,
        hashes_of: HashesOf = column_hashes,
    ) -> None:
        self.places = tuple(places)
        self._hashes_of = hashes_of
        columns, self.rows = _chunked(batches, width)
        keys = [columns[place] for place in self.places]
        hashes = _chunked_hashes(keys, self.rows, hashes_of)
        order = _order_of(hashes)
        hashes = hashes[order]
        order = _with_equal_keys_together(order, hashes, keys)
        self.columns = [
            _gathered(column, order) if at in self.places else _coded(column, order)
            for at, column in enumerate(columns)
        ]
        del columns, keys
        begins = self._begins(hashes)
        self.is_unique = len(begins) == self.rows
        self._starts: Numbers = np.zeros(0, dtype=np.int64)
        self._counts = self._starts
        self._keys = self._own_keys()
        if not self.is_unique:
            self._starts = np.append(begins, 0)
            self._counts = np.append(np.diff(begins, append=self.rows), 0)
            firsts = place_array(begins)
            self._keys = [column.take(firsts) for column in self._keys]
        # Behind the last hash stands a group without rows: what is looked up there is not found.
        self._hashes: Hashes = np.append(hashes[begins], np.uint64((1 << 64) - 1))
        self._lengths = _short_lengths(self._keys) if hashes_of is column_hashes else None
        self._shift, self._directory = _directory(self._hashes[:-1])
        self.size_bytes = self._size_bytes()

    def hashes(self, keys: Sequence[pa.Array], rows: int) -> Hashes:
        """Return the hashes of keys, for several tables in which they are looked up.

        Raises:
            NotColumns: a column of the keys has no hash.
        """
        return self._hashes_of(keys, rows)

    def find(self, keys: Sequence[pa.Array], hashes: Hashes) -> Found:
        """Return where the rows of each key lie.

        Args:
            keys: the columns of the keys, in the order of `places`.
            hashes: their hashes.
        """
        rows = len(hashes)
        groups = np.empty(rows, dtype=np.int64)
        for begin in range(0, rows, _PIECE_ROWS):
            some = [key.slice(begin, _PIECE_ROWS) for key in keys]
            end = begin + _PIECE_ROWS
            groups[begin:end] = self._groups(some, hashes[begin:end])
        missing = groups == len(self._hashes) - 1
        is_found = ~missing if missing.any() else None
        if not self.is_unique:
            return Found(self._starts[groups], self._counts[groups], is_found)
        if is_found is None:
            return Found(groups, np.ones(rows, dtype=np.int64), None)
        return Found(np.where(missing, 0, groups), is_found.astype(np.int64), is_found)

    def taken(self, column: int, places: pa.Array) -> pa.Array:
        """Return the values of a column at some places, null where a place is null."""
        held = self.columns[column]
        if pa.types.is_dictionary(held.type):
            return held.dictionary.take(held.indices.take(places))
        found = held.take(places)
        if pa.types.is_large_string(found.type):
            return found.cast(pa.string())
        return found.cast(pa.binary()) if pa.types.is_large_binary(found.type) else found

    def _groups(self, keys: Sequence[pa.Array], hashes: Hashes) -> Numbers:
        """Return the group of each key; the group behind the last where there is none."""
        nothing = len(self._hashes) - 1
        groups = self._directory[(hashes >> self._shift).view(np.int64)].astype(np.int64)
        met = self._hashes[groups]
        behind = np.flatnonzero(met < hashes)
        while len(behind):
            groups[behind] += 1
            behind = behind[self._hashes[groups[behind]] < hashes[behind]]
        is_same = self._hashes[groups] == hashes
        is_same[groups == nothing] = False
        return self._compared(keys, hashes, groups, is_same)

    def _compared(
        self, keys: Sequence[pa.Array], hashes: Hashes, groups: Numbers, has_hash: Mask
    ) -> Numbers:
        """Go on from a group with the hash of a key to the one with the key itself."""
        nothing = len(self._hashes) - 1
        whole = has_hash.all()
        rows = np.arange(len(groups)) if whole else np.flatnonzero(has_hash)
        if not whole:
            groups[~has_hash] = nothing
            keys = [key.take(place_array(rows)) for key in keys]
        at = groups if whole else groups[rows]
        while len(rows):
            others = self._others(keys, at)
            if others is None:
                break
            # Another key has this hash: the group that follows may have the same one.
            rows, at = rows[others], at[others] + 1
            groups[rows] = nothing
            goes_on = (at < nothing) & (self._hashes[at] == hashes[rows])
            kept = np.flatnonzero(others)[goes_on]
            rows, at = rows[goes_on], at[goes_on]
            groups[rows] = at
            keys = [key.take(place_array(kept)) for key in keys]
        return groups

    def _others(self, keys: Sequence[pa.Array], groups: Numbers) -> Mask | None:
        """Return where the keys are not those of the groups; None for nowhere."""
        if self._lengths is not None and keys[0].type == self._keys[0].type:
            lengths = _lengths_of(keys[0])
            if lengths is not None:
                differs = lengths != self._lengths[groups]
                return differs if differs.any() else None
        places = place_array(groups)
        others: Mask | None = None
        for key, held in zip(keys, self._keys, strict=True):
            differs = ~same_values(key, held.take(places))
            if differs.any():
                others = differs if others is None else others | differs
        return others

    def _begins(self, hashes: Hashes) -> Numbers:
        """Return where in the table's order a key begins."""
        if not self.rows:
            return np.zeros(0, dtype=np.int64)
        is_new = np.ones(self.rows, dtype=bool)
        is_new[1:] = hashes[1:] != hashes[:-1]
        again = np.flatnonzero(~is_new)
        if len(again):
            is_new[again] = _differing(self._own_keys(), again)
        return np.flatnonzero(is_new)

    def _own_keys(self) -> list[pa.Array]:
        return [self.columns[place] for place in self.places]

    def _size_bytes(self) -> int:
        arrays = (self._hashes, self._starts, self._counts, self._directory)
        size = sum(int(column.nbytes) for column in self.columns)
        if not self.is_unique:
            size += sum(int(key.nbytes) for key in self._keys)
        return size + sum(array.nbytes for array in arrays)


def _short_lengths(keys: Sequence[pa.Array]) -> npt.NDArray[np.uint8] | None:
    """Return the lengths of keys that their lengths and hashes tell apart; None for others.

    A text of up to eight bytes is one word, and each step from a word to the hash can be undone: no
    two of one length have the same. So the texts need not be looked at.
    """
    lengths = _lengths_of(keys[0]) if len(keys) == 1 else None
    if lengths is None or lengths.max(initial=0) > _WORD_BYTES:
        return None
    found: npt.NDArray[np.uint8] = lengths.astype(np.uint8)
    return found


def _lengths_of(column: pa.Array) -> Any:
    """Return the lengths of texts or bytes, none of which is null; None for other columns."""
    if column.type not in _TEXT_WIDTHS or column.null_count:
        return None
    if not len(column):
        return np.zeros(0, dtype=np.int64)
    offsets = np.frombuffer(column.buffers()[1], dtype=_TEXT_WIDTHS[column.type])
    return np.diff(offsets[column.offset : column.offset + len(column) + 1])


def _chunked(batches: Iterable[Batch], width: int) -> tuple[list[pa.ChunkedArray], int]:
    """Return the columns of all batches, of one type each, and the number of rows."""
    found: list[Columns] = []
    for batch in batches:
        for columns in column_parts(batch, width) if isinstance(batch, list) else [batch]:
            if columns.num_columns != width:
                raise NotColumns("rows of another width")
            found.append(columns)
    rows = sum(columns.num_rows for columns in found)
    return [_one_type([columns.column(at) for columns in found]) for at in range(width)], rows


def _one_type(chunks: list[pa.Array]) -> pa.ChunkedArray:
    chunks = [
        chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk
        for chunk in chunks
    ]
    kinds = {chunk.type for chunk in chunks if not pa.types.is_null(chunk.type)}
    if len(kinds) > 1:
        raise NotColumns("mixed types: " + ", ".join(sorted(map(str, kinds))))
    kind = kinds.pop() if kinds else pa.null()
    kind = gathered_kind(kind, chunks)
    return pa.chunked_array([chunk.cast(kind) for chunk in chunks], kind)


def _chunked_hashes(keys: list[pa.ChunkedArray], rows: int, hashes_of: HashesOf) -> Hashes:
    if not keys:
        return hashes_of([], rows)
    chunks = zip(*[key.chunks for key in keys], strict=True)
    hashes = [hashes_of(some, len(some[0])) for some in chunks]
    return np.concatenate(hashes) if hashes else np.zeros(0, dtype=np.uint64)


def _order_of(hashes: Hashes) -> Numbers:
    """Return the rows in the order of their hashes, those of one hash as they came.

    Sorted are whole words, which numpy does in a tenth of the time of `argsort`: a hash, and in
    the place of its lowest bits the number of the row.
    """
    bits = np.uint64(len(hashes).bit_length())
    number = (np.uint64(1) << bits) - np.uint64(1)
    words = (hashes & ~number) | np.arange(len(hashes), dtype=np.uint64)
    words.sort()
    order: Numbers = (words & number).view(np.int64)
    found = hashes[order]
    # Two hashes may differ in their lowest bits alone.
    if (found[1:] < found[:-1]).any():
        order = np.argsort(hashes, kind="stable")
    return order


def _gathered(column: pa.ChunkedArray, order: Numbers) -> pa.Array:
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], column.type)
    return whole.take(place_array(order))


def _coded(column: pa.ChunkedArray, order: Numbers) -> pa.Array:
    """Return a column in an order, as a dictionary if it has few texts in many rows.

    Codes and texts then lie in the processor's cache: of 60 texts in 200,000 rows one is taken in
    10 ns instead of 40.
    """
    rows = len(order)
    if column.type != pa.string() or rows < _CODED_ROWS or column.null_count == rows:
        return _gathered(column, order)
    sample = column.take(place_array(np.linspace(0, rows - 1, _SAMPLED_ROWS).astype(np.int64)))
    if len(sample.unique()) > _SAMPLED_ROWS // 4:
        return _gathered(column, order)
    coded = _gathered(column.dictionary_encode(), order)
    if len(coded.dictionary) > _MOST_CODES:
        return coded.dictionary_decode()
    return pa.DictionaryArray.from_arrays(coded.indices.cast(pa.int16()), coded.dictionary)


def _with_equal_keys_together(
    order: Numbers, hashes: Hashes, keys: list[pa.ChunkedArray]
) -> Numbers:
    """Return rows sorted by hash in an order that lets no key stand between two equal ones.

    Only keys that share their hash have to be looked at: as good as never more than equal ones.
    """
    again = np.flatnonzero(hashes[1:] == hashes[:-1]) + 1
    if not len(again) or not keys:
        return order
    before, behind = place_array(order[again - 1]), place_array(order[again])
    if all(_all_same(key, before, behind) for key in keys):
        return order
    codes = encode_keys(keys, len(order), is_sorted=False).of_rows[order]
    # Both sorts are stable: rows of one key stay in arrival order.
    by_code = np.argsort(codes, kind="stable")
    by_hash = np.argsort(hashes[by_code], kind="stable")
    return order[by_code[by_hash]]


def _all_same(key: pa.ChunkedArray, before: pa.Array, behind: pa.Array) -> bool:
    left, right = key.take(before).combine_chunks(), key.take(behind).combine_chunks()
    return bool(same_values(left, right).all())


def _differing(keys: list[pa.Array], again: Numbers) -> Mask:
    """Return which of some places of a table have another key than the place before."""
    differs = np.zeros(len(again), dtype=bool)
    behind, before = place_array(again), place_array(again - 1)
    for key in keys:
        differs |= ~same_values(key.take(behind), key.take(before))
    return differs


def _directory(hashes: Hashes) -> tuple[np.uint64, npt.NDArray[Any]]:
    """Return where the hashes that begin with some bits begin, and the shift to these bits.

    There are two to four entries for each hash, so that most lead there at once.
    """
    bits = max(len(hashes).bit_length() + 1, 1)
    shift = np.uint64(64 - bits)
    heads = (hashes >> shift).view(np.int64)
    counts = np.bincount(heads, minlength=1 << bits)
    begins = np.cumsum(counts) - counts
    return shift, begins.astype(np.int32 if len(hashes) < 1 << 31 else np.int64)
