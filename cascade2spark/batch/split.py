"""Batches of either form cut up by partition, the same rows going to the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from cascade2spark.batch.batches import Batch, Columns, Row, Rows, rows_of
from cascade2spark.batch.hashing import column_partitions, row_partitions
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick

__all__ = ["OnBad", "split_batch", "split_columns", "split_rows"]

OnBad = Callable[[Exception, Row], None]


def split_batch(
    batch: Batch, key: Pick, order: KeyOrder, partitions: int, on_bad: OnBad | None = None
) -> Iterator[tuple[int, Batch]]:
    """Yield (partition, its rows in input order) for each partition that gets rows.

    Args:
        on_bad: as for `split_rows`. In columns no row is bad: where a key could be refused, by a
            hasher of the user's or for want of a value, columns are split as rows.
    """
    if isinstance(batch, list):
        return split_rows(batch, key, order, partitions, on_bad)
    if partitions == 1 or (order.is_natural and key.positions is not None):
        return split_columns(batch, key, order, partitions)
    return split_rows(rows_of(batch), key, order, partitions, on_bad)


def split_rows(
    rows: Rows, key: Pick, order: KeyOrder, partitions: int, on_bad: OnBad | None = None
) -> Iterator[tuple[int, Rows]]:
    """Yield (partition, its rows in input order) for each partition that gets rows.

    Args:
        on_bad: called with the error and the row for a row that has no key, or one that cannot be
            hashed; it raises, or the row is left out. Without it the error is raised.
    """
    if partitions == 1:
        yield 0, rows
        return
    buckets: list[list[Row]] = [[] for _ in range(partitions)]
    appends = [bucket.append for bucket in buckets]
    try:
        found = row_partitions(rows, key, order, partitions)
    except Exception:  # one row's key, or a hasher of the user's: which row is only looked for now
        if on_bad is None:
            raise
        rows, found = _one_by_one(rows, key, order, partitions, on_bad)
    for row, partition in zip(rows, found, strict=True):
        appends[partition](row)
    for partition, bucket in enumerate(buckets):
        if bucket:
            yield partition, bucket


def _one_by_one(
    rows: Rows, key: Pick, order: KeyOrder, partitions: int, on_bad: OnBad
) -> tuple[Rows, list[int]]:
    kept: Rows = []
    found: list[int] = []
    for row in rows:
        try:
            found += row_partitions([row], key, order, partitions)
        except Exception as error:
            on_bad(error, row)
        else:
            kept.append(row)
    return kept, found


def split_columns(
    columns: Columns, key: Pick, order: KeyOrder, partitions: int
) -> Iterator[tuple[int, Columns]]:
    """Yield (partition, its rows in input order) for each partition that gets rows."""
    if partitions == 1:
        yield 0, columns
        return
    ids = column_partitions(columns, key, order, partitions)
    by_partition = np.argsort(ids, kind="stable")
    ends = np.cumsum(np.bincount(ids, minlength=partitions))
    gathered = columns.take(pa.array(by_partition))
    start = 0
    for partition, end in enumerate(ends.tolist()):
        if end > start:
            yield partition, gathered.slice(start, end - start)
        start = end
