"""Batches of either form cut up by partition, the same rows going to the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cascade2spark.batch.batches import Batch, Columns, Row, Rows, column_names, rows_of
from cascade2spark.batch.hashing import Hashes, batch_hashes, partition_numbers
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.batch.packing import LEAST_ROWS, packed
from cascade2spark.batch.selected_rows import AnyBatch, Selection, gathered, joined_selections
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.ordering_python import PythonKeyOrder
from cascade2spark.selection import Pick

__all__ = [
    "OnBad",
    "OnHashes",
    "columns_by_partition",
    "common_schema",
    "split_batch",
    "united",
]

OnBad = Callable[[Exception, Row], None]
# Told the rows that are split, and the hashes of their keys, None when nobody needed them.
OnHashes = Callable[[Batch, "Hashes | None"], None]


def split_batch(
    batch: AnyBatch,
    key: Pick,
    order: AnyKeyOrder,
    partitions: int,
    on_bad: OnBad | None = None,
    on_hashes: OnHashes | None = None,
) -> Iterator[tuple[int, Batch]]:
    """Yield (partition, its rows in input order) for each partition that gets rows.

    Columns are packed (see `packing`) where there are enough of them. In columns no row is bad:
    where a key could be refused, by a hasher of the user's or for want of a value, columns are
    split as rows.

    Args:
        batch: at least one row; of a selection, columns are copied once, by partition.
        key, order: what decides the partition.
        partitions: number of partitions.
        on_bad: called with the error and the row for a row that has no key, or one that cannot be
            hashed; it raises, or the row is left out. Without it the error is raised.
        on_hashes: called once, with the rows that are left and the hashes of their keys.
    """
    is_together = partitions == 1 or not order.is_partitionable
    if not is_together and not isinstance(batch, list) and not _is_columnar(key, order):
        batch = rows_of(gathered(batch))
    hashes: Hashes | None = None
    if not is_together:
        try:
            hashes = batch_hashes(batch, key, order)
        except Exception:  # one row's key, or a hasher of the user's: which row is looked for now
            if on_bad is None or not isinstance(batch, list):
                raise
            batch, hashes = _one_by_one(batch, key, order, on_bad)
    if on_hashes is not None:
        on_hashes(batch, hashes)
    if hashes is None:
        yield 0, gathered(batch)
    elif isinstance(batch, list):
        yield from _split_rows(batch, partition_numbers(hashes, partitions).tolist(), partitions)
    else:
        yield from columns_by_partition(batch, partition_numbers(hashes, partitions), partitions)


def common_schema(left: pa.Schema, right: pa.Schema) -> pa.Schema | None:
    """Return the schema of columns that hold the rows of both, None when there is none.

    A column that is all null in one batch has the null type there, and fits any other.
    """
    if left == right:
        return left
    if len(left) != len(right):
        return None
    kinds = []
    for one, other in zip(left.types, right.types, strict=True):
        if one != other and not pa.types.is_null(one) and not pa.types.is_null(other):
            return None
        kinds.append(other if pa.types.is_null(one) else one)
    return pa.schema(list(zip(column_names(len(kinds)), kinds, strict=True)))


def united(batches: Sequence[Columns | Selection], schema: pa.Schema) -> Columns | Selection:
    """Return batches as one, of a schema that is common to them; selections as one selection."""
    cast = [batch if batch.schema == schema else _recast(batch, schema) for batch in batches]
    if len(cast) == 1:
        return cast[0]
    if any(isinstance(batch, Selection) for batch in cast):
        return joined_selections(cast)
    return pa.concat_batches(cast)


def _recast(batch: Columns | Selection, schema: pa.Schema) -> Columns:
    columns = [
        pa.nulls(batch.num_rows, kind) if pa.types.is_null(column.type) else column
        for column, kind in zip(batch.columns, schema.types, strict=True)
    ]
    return pa.record_batch(columns, schema=schema)


def _is_columnar(key: Pick, order: AnyKeyOrder) -> bool:
    is_python = isinstance(order, PythonKeyOrder)
    return (order.is_directional or is_python) and key.positions is not None


def _one_by_one(rows: Rows, key: Pick, order: AnyKeyOrder, on_bad: OnBad) -> tuple[Rows, Hashes]:
    key_of, hash_of = key.of(), order.hasher()
    kept: Rows = []
    found: list[int] = []
    for row in rows:
        try:
            found.append(hash_of(key_of(row)))
        except Exception as error:
            on_bad(error, row)
        else:
            kept.append(row)
    return kept, np.array(found, dtype=np.uint64)


def _split_rows(rows: Rows, places: list[int], partitions: int) -> Iterator[tuple[int, Rows]]:
    buckets: list[list[Row]] = [[] for _ in range(partitions)]
    appends = [bucket.append for bucket in buckets]
    for row, partition in zip(rows, places, strict=True):
        appends[partition](row)
    for partition, bucket in enumerate(buckets):
        if bucket:
            yield partition, bucket


def columns_by_partition(
    columns: Columns | Selection, numbers: npt.NDArray[np.integer[Any]], partitions: int
) -> Iterator[tuple[int, Columns]]:
    """Yield (partition, its rows in input order) for each partition that gets rows, packed.

    Packed before they are cut up, rows are fewer bytes to copy, and what is told of a column is
    found out once.

    Args:
        columns: copied once.
        numbers: the partition of each row.
        partitions: how many there are.
    """
    places = place_array(np.argsort(numbers, kind="stable"))
    if columns.num_rows < LEAST_ROWS * partitions:
        taken = columns.take(places)
    elif isinstance(columns, Selection):
        taken = packed(columns.take(places))
    else:
        taken = packed(columns).take(places)
    start = 0
    for partition, end in enumerate(np.cumsum(np.bincount(numbers, minlength=partitions)).tolist()):
        if end > start:
            yield partition, taken.slice(start, end - start)
        start = end
