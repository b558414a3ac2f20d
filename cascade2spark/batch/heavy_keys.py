"""A key that has much of an input: its rows are left out of the sort and read by themselves.

The rows of one key need no order but that in which they arrive. So the blocks are read twice: once
without the rows of the key, to sort what is left, and once, when its turn comes, for these alone.
To compare and to filter takes 60 ns a row for both; to sort rows, write them in runs and merge
these 300.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Columns, NotColumns, Row, column_names
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.batch.key_types import is_exact_kind

__all__ = ["Batches", "HeavyKey", "heavy_key"]

Batches = Callable[[], Iterator[Columns]]

# A key with a smaller part of the rows is not worth to read all of them again.
_LEAST_SHARE = 0.25
# Looked at of each batch.
_SAMPLED_ROWS = 64


class HeavyKey:
    """The rows of one key, and those of all others; both in arrival order.

    Args:
        batches: gives the input, as often as it is called.
        places: the columns of the key.
        values: of the key; their types are those of the columns, where these have any value.
        share: the part of the input that the key has, about.
    Attributes:
        kinds: the types of all columns, once `others` has ended.
    """

    def __init__(
        self,
        batches: Batches,
        places: Sequence[int],
        values: Sequence[pa.Scalar],
        share: float = 0.0,
    ) -> None:
        self._batches, self._places, self.values = batches, places, values
        self.share = share
        self.kinds: list[pa.DataType] = []

    @property
    def key(self) -> Row:
        """The key as a row."""
        return tuple([value.as_py() for value in self.values])

    def is_same(self, other: HeavyKey) -> bool:
        """Tell whether two keys are one; 1 and True are not, which Python finds equal."""
        return all(map(pa.Scalar.equals, self.values, other.values))

    def in_other(self, batches: Batches, places: Sequence[int]) -> HeavyKey | None:
        """Return the same key in another input; None where that has keys of another type."""
        wanted = [value.type for value in self.values]
        for batch in batches():
            kinds = [batch.schema.types[place] for place in places]
            if not any(map(pa.types.is_null, kinds)):
                if kinds != wanted:
                    return None
                break
        return HeavyKey(batches, places, self.values)

    def others(self) -> Iterator[Columns]:
        """Yield the rows of all other keys."""
        for batch in self._batches():
            self._see(batch)
            yield batch.filter(pc.invert(self._marks(batch)))

    def rows(self) -> Iterator[Columns]:
        """Yield the rows of the key, in batches of one schema; call it when `others` has ended."""
        for batch in self._batches():
            found = batch.filter(self._marks(batch))
            if not found.num_rows:
                continue
            if found.schema.types != self.kinds:
                columns = zip(found.columns, self.kinds, strict=True)
                exact = [column.cast(kind) for column, kind in columns]
                found = pa.record_batch(exact, column_names(len(exact)))
            yield found

    def _see(self, batch: Columns) -> None:
        # Columns of different types are refused by who puts the other rows together.
        kinds = batch.schema.types
        if not self.kinds:
            self.kinds = list(kinds)
        for place, kind in enumerate(kinds[: len(self.kinds)]):
            if pa.types.is_null(self.kinds[place]):
                self.kinds[place] = kind

    def _marks(self, batch: Columns) -> pa.Array:
        """Return which rows have the key."""
        found: pa.Array | None = None
        for place, value in zip(self._places, self.values, strict=True):
            column = batch.column(place)
            if pa.types.is_null(column.type):
                return pa.repeat(False, batch.num_rows)
            if column.type != value.type:
                raise NotColumns(f"parts of different types: {value.type}, {column.type}")
            same = pc.equal(column, value)
            found = same if found is None else pc.and_(found, same)
        assert found is not None
        return pc.fill_null(found, False) if found.null_count else found


def heavy_key(batches: Batches, places: Sequence[int], looked_bytes: int) -> HeavyKey | None:
    """Return the key that has a quarter of the rows or more, if there is one.

    None as well for a key that is null, of a type whose equal values may look different, or of
    several types: 1 and True are two keys, and Python alone would count them as one.

    Args:
        batches: gives an input; called here, and by the result.
        places: the columns of the key.
        looked_bytes: how much of the input is looked at, from its beginning.
    """
    counts: Counter[Row] = Counter()
    size = 0
    kinds: list[pa.DataType] = []
    for batch in batches():
        found = [batch.schema.types[place] for place in places]
        if not found or not all(map(is_exact_kind, found)):
            return None
        if not any(map(pa.types.is_null, found)):
            if kinds and kinds != found:
                return None
            kinds = found
        for key, rows in _sampled(batch, places):
            counts[key] += rows
        size += batch.nbytes
        if size > looked_bytes:
            break
    if not counts:
        return None
    ((key, rows),) = counts.most_common(1)
    share = rows / counts.total()
    if share < _LEAST_SHARE or None in key:
        return None
    values = [pa.scalar(value, kind) for value, kind in zip(key, kinds, strict=True)]
    return HeavyKey(batches, places, values, share)


def _sampled(batch: Columns, places: Sequence[int]) -> list[tuple[Row, int]]:
    """Return some keys, and for how many rows each stands."""
    size = min(batch.num_rows, _SAMPLED_ROWS)
    if not size:
        return []
    at = place_array(np.linspace(0, batch.num_rows - 1, size).astype(np.int64))
    keys = zip(*[batch.column(place).take(at).to_pylist() for place in places], strict=True)
    return [(key, batch.num_rows // size) for key in keys]
