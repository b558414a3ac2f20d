"""The groups of a reduce partition: over columns where all blocks are columns, else over rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from cascade2spark.batch.batches import NotColumns, Row, rows_of
from cascade2spark.batch.block_store import BlockStore
from cascade2spark.batch.column_groups import column_groups
from cascade2spark.batch.column_sort import ColumnOrder, sorted_columns
from cascade2spark.batch.sort import sorted_groups
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.ordering import KeyOrder
from cascade2spark.rdd.keys import CARRIED, RowShape
from cascade2spark.selection import NO_COLUMN

__all__ = ["Refusal", "groups_of"]

Groups = Iterator[tuple[Row, Iterable[Any]]]
Refusal = Callable[[Exception, Any], Exception]


def groups_of(
    store: BlockStore,
    source: int,
    shape: RowShape,
    reverse: bool,
    spill: SpillSpace,
    refusal: Refusal,
) -> Groups:
    """Yield (key, elements) of one input in key order, the elements sorted as the shape says.

    Elements are a list, or an iterator that is dead once the next group is asked for.

    Args:
        store: the blocks of the partition.
        source: number of the input.
        shape: how elements became rows.
        reverse: whether values descend.
        spill: this input's part of the memory limit.
        refusal: given an error and the row it was raised for, returns what to raise.
    Laws:
        1. Both ways give the same groups: a column of one class throughout has one order, whether
        1 and 1.0 are the same or not.
    """
    groups = _over_columns(store, source, shape, reverse, spill)
    try:
        first = next(groups, None)
    except NotColumns:
        return _over_rows(store, source, shape, reverse, spill, refusal)
    return iter(()) if first is None else chain([first], groups)


def _over_columns(
    store: BlockStore, source: int, shape: RowShape, reverse: bool, spill: SpillSpace
) -> Groups:
    key, sort = shape.key_columns, shape.sort_columns
    descending = (*(False for _ in key), *(reverse for _ in sort))
    order = ColumnOrder((*key, *sort), descending, len(key))
    slices = sorted_columns(store.column_batches(source), order, spill)
    first = next(slices, None)
    if first is not None:
        places = _places(shape, first.num_columns)
        yield from column_groups(chain([first], slices), key, KeyOrder(len(key)), places=places)


def _places(shape: RowShape, columns: int) -> Sequence[int]:
    """Return which columns the elements are made of; nobody sees what stands for the others."""
    places = range(shape.prefix, columns)
    if shape.reads is None:
        return places
    read = [shape.prefix + place for place in shape.reads.places]
    if not read and not shape.reads.is_unpacking:
        return ()
    return [place if place in read else NO_COLUMN for place in places]


def _over_rows(
    store: BlockStore,
    source: int,
    shape: RowShape,
    reverse: bool,
    spill: SpillSpace,
    refusal: Refusal,
) -> Groups:
    def on_bad(error: Exception, row: Any) -> None:
        raise refusal(error, row) from error

    groups = sorted_groups(
        _row_batches(store, source, shape),
        shape.key_pick,
        shape.key_order,
        shape.sort_pick,
        shape.sort_order(reverse),
        on_bad,
        spill=spill,
    )
    return ((key, shape.elements(rows)) for key, rows in groups)


def _row_batches(store: BlockStore, source: int, shape: RowShape) -> Iterator[list[Row]]:
    for batch in store.batches(source):
        rows = batch if isinstance(batch, list) else rows_of(batch)
        if shape.is_strict:
            yield rows
        elif isinstance(batch, list) and batch[0] == CARRIED:
            yield rows[1:]
        else:
            yield shape.carried(rows)
