"""Joins over columns: the CoGroup whose sides are all columns, in memory or by windows.

It gives the rows of `join.joined_groups`, in the same order, for the joiners that are products of
their sides; no row is looked at. In memory all keys get one order, and `kernels.products` says
which row of which side stands where. What is too large is sorted side by side on disk first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa

from cascade2spark.batch.batches import Columns, NotColumns, Row
from cascade2spark.batch.column_sort import ColumnOrder, sorted_columns
from cascade2spark.batch.heavy_keys import HeavyKey, heavy_key
from cascade2spark.batch.join import CoGroupRun, required_sides
from cascade2spark.batch.join_apart import key_apart
from cascade2spark.batch.join_parts import JoinPart, JoinPlan, matched_part
from cascade2spark.batch.join_tables import of_one_type
from cascade2spark.batch.join_windows import SortedStream, window_parts
from cascade2spark.batch.key_types import has_column_keys, refuse_mixed_keys
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.specs import SideSpec
from cascade2spark.batch.spill import SpillShare, SpillSpace

__all__ = ["can_join_columns", "joined_column_groups", "joined_columns"]

# Rows of a slice of output; of one that becomes Python rows.

_SLICE_ROWS = 1 << 15
_MADE_ROWS = 1 << 13
_SLICE_BYTES = 32 << 20

Batches = Callable[[], Iterator[Columns]]


def can_join_columns(spec: CoGroupRun) -> bool:
    """Tell whether a join has a column form, if all of its rows have one."""
    return (
        required_sides(spec.joiner, len(spec.sides)) is not None
        and has_column_keys(spec.key_order)
        and all(side.key.positions is not None for side in spec.sides)
        and all(side.fields.is_defined() for side in spec.sides)
    )


def joined_columns(
    spec: CoGroupRun, sides: Sequence[Batches], sizes: Sequence[int], task: TaskContext
) -> Iterator[Columns]:
    """Yield the joined rows in slices, in key order; all slices have one schema.

    Args:
        spec: the join; ask `can_join_columns` before.
        sides: for each side, gives its rows in arrival order, as often as it is called; sides of
            one source are read once.
        sizes: for each side, its serialised bytes; they decide whether memory holds all sides.
        task: counts the rows at the join's site.
    Raises:
        NotColumns: the types of a column change, or have no order. Before anything is yielded.
        FlowError: there is no room on disk.
    Laws:
        The rows are those of `joined_groups`, in the same order, whatever the memory limit.
    """
    left = 0
    try:
        for part in _parts(spec, sides, sizes, task.spill):
            for batch in part.slices(_SLICE_ROWS):
                left += batch.num_rows
                yield batch
            del part
    finally:
        task.report.count_rows(spec.site.key, 0, left)


def joined_column_groups(
    spec: CoGroupRun, sides: Sequence[Batches], sizes: Sequence[int], task: TaskContext
) -> Iterator[tuple[Row, Iterable[Row]]]:
    """Yield (group tuple, joined rows) for each key that has joined rows, for `run_everys`.

    The rows are a list, or an iterator that is dead once the next group is asked for; what is
    left of it unread is never made.

    Args:
        spec, sides, sizes, task: as for `joined_columns`.
    Raises:
        NotColumns, FlowError: as for `joined_columns`.
    """
    left = 0
    try:
        for part in _parts(spec, sides, sizes, task.spill):
            yield from part.groups(_MADE_ROWS)
            left += part.rows
            del part
    finally:
        task.report.count_rows(spec.site.key, 0, left)


def _parts(
    spec: CoGroupRun, sides: Sequence[Batches], sizes: Sequence[int], spill: SpillSpace
) -> Iterator[JoinPart]:
    streams = _streams(spec.sides)
    plan = _plan(spec, streams, spill)
    first_sides = [plan.streams.index(number) for number in range(len(streams))]
    size = sum(sizes[number] for number in first_sides)
    if size > spill.limit_bytes // 3:
        return _parts_beyond_memory(spec, plan, first_sides, sides, sizes, spill)
    loaded = [
        of_one_type(list(sides[number]()), len(spec.sides[number].fields)) for number in first_sides
    ]
    kinds = [kinds for _, kinds in loaded]
    _refuse_mixed(spec, plan, kinds)
    return iter([matched_part(plan, [batches for batches, _ in loaded], kinds)])


def _parts_beyond_memory(
    spec: CoGroupRun,
    plan: JoinPlan,
    first_sides: Sequence[int],
    sides: Sequence[Batches],
    sizes: Sequence[int],
    spill: SpillSpace,
) -> Iterator[JoinPart]:
    """Yield the parts of a join of more than memory may hold.

    Args:
        first_sides: of each stream, the first side that has its rows.
    """
    share = SpillShare(spill, len(first_sides))
    inputs = [sides[number] for number in first_sides]
    keys = [
        heavy_key(batches, places, share.limit_bytes // 4)
        for batches, places in zip(inputs, plan.key_places, strict=True)
    ]
    apart = key_apart(
        keys,
        inputs,
        [len(spec.sides[number].fields) for number in first_sides],
        plan.key_places,
        [sizes[number] for number in first_sides],
        spill.limit_bytes // 3,
    )
    if apart is not None:
        _refuse_mixed(spec, plan, apart.kinds)
        return apart.parts(plan, spec.key_order.sort_key(), spill)
    opened = [
        _sorted_stream(spec, number, sides[number], share, key)
        for number, key in zip(first_sides, keys, strict=True)
    ]
    _refuse_mixed(spec, plan, [stream.kinds for stream in opened])
    return window_parts(plan, opened, spill)


def _refuse_mixed(spec: CoGroupRun, plan: JoinPlan, kinds: Sequence[Sequence[pa.DataType]]) -> None:
    keys = zip(kinds, plan.key_places, strict=True)
    refuse_mixed_keys(spec.key_order, [[some[at] for at in places] for some, places in keys])


def _streams(sides: Sequence[SideSpec]) -> dict[tuple[int, tuple[int, ...]], int]:
    """Return the number of each stream: sides of one source and key are one."""
    found: dict[tuple[int, tuple[int, ...]], int] = {}
    for side in sides:
        found.setdefault(_stream(side), len(found))
    return found


def _stream(side: SideSpec) -> tuple[int, tuple[int, ...]]:
    if side.key.positions is None:
        raise NotColumns("a key whose places differ from row to row")
    return side.source, side.key.positions


def _plan(
    spec: CoGroupRun, streams: dict[tuple[int, tuple[int, ...]], int], spill: SpillSpace
) -> JoinPlan:
    required = required_sides(spec.joiner, len(spec.sides))
    descending = spec.key_order.descending
    if required is None or descending is None:
        raise NotColumns("a joiner or a comparator that needs rows")
    return JoinPlan(
        tuple(streams[_stream(side)] for side in spec.sides),
        tuple(places for _, places in streams),
        required,
        descending,
        len(spec.group_fields),
        min(_SLICE_BYTES, spill.limit_bytes // 8),
    )


def _sorted_stream(
    spec: CoGroupRun, number: int, batches: Batches, spill: SpillSpace, heavy: HeavyKey | None
) -> SortedStream:
    side = spec.sides[number]
    order = ColumnOrder.of(side.key, spec.key_order)
    assert order is not None
    slices = sorted_columns(batches() if heavy is None else heavy.others(), order, spill)
    width = len(side.fields)
    return SortedStream(slices, width, order.places, spec.key_order.sort_key(), heavy)
