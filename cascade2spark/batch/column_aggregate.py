"""Partial aggregation over columns before an exchange, and the merging of it behind one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs
import pyarrow as pa

from cascade2spark.batch.aggregate import PartialAggregate, count_keys
from cascade2spark.batch.batches import (
    Batch,
    Columns,
    NotColumns,
    Row,
    TooLarge,
    column_names,
    gathered_kind,
    rows_of,
    values_of,
)
from cascade2spark.batch.block_store import BlockStore
from cascade2spark.batch.column_sort import ColumnOrder, sorted_columns
from cascade2spark.batch.every import EveryRun, run_everys
from cascade2spark.batch.kept import KeptColumns
from cascade2spark.batch.kernels.aggregates import AggregateKernel, aggregate_kernel
from cascade2spark.batch.kernels.extremes import EndKernel
from cascade2spark.batch.kernels.keys import Codes, encode_keys
from cascade2spark.batch.kernels.known_keys import KnownKeys
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.selected_rows import Selection, gathered
from cascade2spark.batch.sort import OnBad, sorted_groups
from cascade2spark.batch.specs import EverySpec
from cascade2spark.batch.stages import Stage
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.ordering_python import PythonKeyOrder
from cascade2spark.selection import Pick

__all__ = [
    "ColumnAggregate",
    "aggregate_kernels",
    "joined",
    "laid_out",
    "merged_columns",
    "merged_groups",
    "partial_rows",
]

# Partial results of this many rows are joined before more are made.
_HELD_ROWS = 100_000
# Or of this part of the memory limit: joining takes several times as much.
_HELD_SHARE = 16
# Parts that hardly shrink when they are joined are sent on as they are.
_WORTH_KEEPING = 0.8


def aggregate_kernels(
    everys: Sequence[EverySpec], key: Pick, order: AnyKeyOrder
) -> list[AggregateKernel] | None:
    """Return a kernel for each aggregator, or None when one of them, or the key, needs rows."""
    if (
        not (order.is_natural or isinstance(order, PythonKeyOrder))
        or key.positions is None
        or not everys
    ):
        return None
    found: list[AggregateKernel] = []
    for every in everys:
        kernel = aggregate_kernel(every)
        layout = every.layout
        if kernel is None or every.arguments.positions is None:
            return None
        if layout is None or not layout.positions:
            return None
        found.append(kernel)
    return found


@attrs.frozen(eq=False)
class ColumnAggregate:
    """Partial aggregation as a stage that takes both forms; picklable.

    Args:
        by_rows: the row form of the same stage.
    """

    by_rows: PartialAggregate

    has_traps = False
    may_fail = False
    is_untrapped = True

    def open(self, task: TaskContext, *, is_immediate: bool) -> ColumnAggregation:
        """Return the stage at work."""
        return ColumnAggregation(self.by_rows, task)


class ColumnAggregation:
    """Holds partial results as columns, and joins them when there are many."""

    takes_selections = True

    def __init__(self, spec: PartialAggregate, task: TaskContext) -> None:
        self._spec, self._task = spec, task
        self._kernels = aggregate_kernels(spec.everys, spec.key, spec.key_order) or []
        self._places = spec.key.positions or ()
        self._held: list[Columns] = []
        self._keys = self._no_keys()
        self._held_rows = self._held_bytes = 0
        self._rows_in = self._parts_out = self._parts_early = 0
        self._most_bytes = task.spill.limit_bytes // _HELD_SHARE
        self._rows_stage: Stage | None = None
        self._count(0)

    def prepare(self) -> None:
        """Nothing to prepare: the operations are stock ones."""

    def columns(self, batch: Columns | Selection) -> Iterator[Batch]:
        """Add a batch; yield partial results when too many are held."""
        try:
            columns = [batch.column(at) for at in self._places]
            codes = self._keys.codes(columns, batch.num_rows)
            made = None if codes is None else self._partial(batch, codes)
        except NotColumns as reason:
            self._keys.lose()
            self._task.report.count_fallback(self._spec.everys[0].site.key, str(reason))
            yield from self.rows(rows_of(gathered(batch)))
            return
        if self._rows_stage is not None:
            # Parts leave in the order their rows came: a group is called by its first row's key.
            yield from self._rows_stage.flush()
        self._count(batch.num_rows)
        self._rows_in += batch.num_rows
        if made is None:
            return
        self._held.append(made)
        self._keys.hold()
        self._held_rows += made.num_rows
        self._held_bytes += made.nbytes
        if self._held_rows > _HELD_ROWS or self._held_bytes > self._most_bytes:
            yield from self._joined()

    def rows(self, batch: list[Row]) -> Iterator[Batch]:
        """Add a batch of rows to the states of the row form."""
        yield from self._joined(is_last=True)
        if self._rows_stage is None:
            self._rows_stage = self._spec.open(self._task, is_immediate=False)
            self._rows_stage.prepare()
        yield from self._rows_stage.rows(batch)

    def flush(self) -> Iterator[Batch]:
        """Yield everything that is left."""
        self._parts_early = self._parts_out
        yield from self._joined(is_last=True)
        if self._rows_stage is not None:
            yield from self._rows_stage.flush()

    def cleanup(self, *, is_failing: bool = False) -> None:
        """End the row form, if there was one."""
        cache = self._spec.cache
        count_keys(self._task, cache, self._rows_in, self._parts_out, self._parts_early)
        if self._rows_stage is not None:
            self._rows_stage.cleanup(is_failing=is_failing)

    def _partial(self, batch: Columns | Selection, codes: Codes) -> Columns:
        made = list(codes.keys)
        for kernel, every in zip(self._kernels, self._spec.everys, strict=True):
            places = every.arguments.positions or ()
            made += kernel.partial(codes, [batch.column(at) for at in places])
        return pa.record_batch(made, column_names(len(made)))

    def _joined(self, is_last: bool = False) -> Iterator[Batch]:
        held, self._held = self._held, []
        before, self._held_rows = self._held_rows, 0
        self._held_bytes = 0
        keys, self._keys = self._keys, self._no_keys()
        if not held:
            return
        try:
            whole = joined(held)
            made = _merged(whole, len(self._places), self._kernels, codes=keys.of_parts())
        except NotColumns:
            self._parts_out += before
            yield from held
            return
        is_small = made.num_rows <= before * _WORTH_KEEPING
        if is_last or not is_small or made.nbytes > self._most_bytes * _WORTH_KEEPING:
            self._parts_out += made.num_rows
            yield made
        else:
            self._held = [made]
            self._held_rows, self._held_bytes = made.num_rows, made.nbytes
            keys.joined()
            self._keys = keys

    def _no_keys(self) -> KnownKeys:
        first_only = [isinstance(one, EndKernel) and not one.is_last for one in self._kernels]
        return KnownKeys(is_first_only=all(first_only))

    def _count(self, entered: int) -> None:
        report = self._task.report
        if self._spec.site is not None:
            report.count_rows(self._spec.site.key, entered, entered)
            if entered:
                report.forms[self._spec.site.key] = "columns"
        for every in self._spec.everys:
            report.count_rows(every.site.key, entered, 0)
            if entered:
                report.forms[every.site.key] = "columns"


def merged_groups(
    store: BlockStore,
    run: EveryRun,
    order: AnyKeyOrder,
    task: TaskContext,
    on_bad: OnBad | None = None,
) -> Iterator[Batch]:
    """Yield the groups of partial results in key order: as columns if all parts are columns.

    Args:
        store: the partial results: the key, then the states.
        run: the Everys, which merge.
        order: the key order.
        task: the task at work.
        on_bad: as for `sorted_groups`.
    """
    key = Pick(tuple(range(order.width)))
    kernels = aggregate_kernels(run.everys, key, order) or []
    if kernels and store.is_columns():
        merge = _merged_slices if store.is_spilled else _merged_at_once
        try:
            made = merge(store, run.everys, order, kernels, task)
        except NotColumns as reason:
            task.report.count_fallback(run.everys[0].site.key, str(reason))
        else:
            for every in run.everys:
                task.report.forms[every.site.key] = "columns"
            yield from made
            return
    rows = (
        part if isinstance(part, list) else partial_rows(part, order.width, kernels)
        for part in store.batches()
    )
    groups = sorted_groups(rows, key, order, on_bad=on_bad, spill=task.spill)
    yield from run_everys(run, groups, task)


def _merged_at_once(
    store: BlockStore,
    everys: Sequence[EverySpec],
    order: AnyKeyOrder,
    kernels: Sequence[AggregateKernel],
    task: TaskContext,
) -> Iterator[Columns]:
    made = merged_columns(list(store.column_batches()), everys, order, kernels)
    for every in everys:
        task.report.count_rows(every.site.key, 0, made.num_rows)
    return iter([made] if made.num_rows else [])


def _merged_slices(
    store: BlockStore,
    everys: Sequence[EverySpec],
    order: AnyKeyOrder,
    kernels: Sequence[AggregateKernel],
    task: TaskContext,
) -> Iterator[Columns]:
    """Merge parts larger than memory: sorted on disk by key, then slice by slice.

    What is finished waits, beyond a share of memory on disk too: nothing may be given before it is
    certain that every result has a column form.
    """
    places = Pick(tuple(range(order.width)))
    by_key = ColumnOrder.of(places, order)
    if by_key is None:
        raise NotColumns("a comparator that needs rows")
    finished = KeptColumns(task.spill)
    carried: Columns | None = None
    for piece in sorted_columns(store.column_batches(), by_key, task.spill):
        whole = piece if carried is None else joined([carried, piece])
        made = _merged(whole, order.width, kernels, is_sorted=True, reverse=order.reverse)
        complete = made.num_rows - 1  # the last group may go on
        if complete:
            finished.add(laid_out(made.slice(0, complete), order.width, everys, kernels))
        carried = made.slice(complete)
    if carried is not None:
        finished.add(laid_out(carried, order.width, everys, kernels))
    for every in everys:
        task.report.count_rows(every.site.key, 0, finished.rows)
    return finished.batches()


def merged_columns(
    batches: Sequence[Columns],
    everys: Sequence[EverySpec],
    order: AnyKeyOrder,
    kernels: Sequence[AggregateKernel],
) -> Columns:
    """Return the groups of partial results, in key order, as the Everys lay them out.

    Args:
        batches: partial results: key columns, then the states; at least one.
        everys: the aggregators, in order.
        order: the key order.
        kernels: their kernels.
    Raises:
        NotColumns: the parts do not fit together, or a result does not fit its column.
    """
    width = order.width
    whole = joined(batches)
    made = _merged(whole, width, kernels, is_sorted=True, reverse=order.reverse)
    return laid_out(made, width, everys, kernels)


def laid_out(
    states: Columns,
    width: int,
    everys: Sequence[EverySpec],
    kernels: Sequence[AggregateKernel],
) -> Columns:
    """Return the results of groups, each Every's after what passed it.

    Args:
        states: the key, then the states of each Every.
        width: of the key, a count.
    Raises:
        NotColumns: a result does not fit its column.
    """
    at = width
    passed = list(states.columns[:width])
    for every, kernel in zip(everys, kernels, strict=True):
        together = [*passed, *kernel.finish(states.columns[at : at + kernel.width])]
        at += kernel.width
        assert every.layout is not None and every.layout.positions is not None
        passed = [together[place] for place in every.layout.positions]
    return pa.record_batch(passed, column_names(len(passed)))


def partial_rows(batch: Columns, width: int, kernels: Sequence[AggregateKernel]) -> list[Row]:
    """Return partial results as the rows that the row form makes: the key, then a state each."""
    values = [values_of(column) for column in batch.columns]
    columns: list[Iterable[object]] = list(values[:width])
    at = width
    for kernel in kernels:
        parts = zip(*values[at : at + kernel.width], strict=True)
        columns.append([kernel.row_state(part) for part in parts])
        at += kernel.width
    return list(zip(*columns, strict=True))


def joined(batches: Sequence[Columns]) -> Columns:
    """Return batches as one; a column that is all null in one takes the type of the others.

    Raises:
        NotColumns: a column has different types, or would be too large.
    """
    if len(batches) == 1:
        return batches[0]
    columns = []
    for place in range(batches[0].num_columns):
        chunks = [batch.column(place) for batch in batches]
        kinds = {chunk.type for chunk in chunks if not pa.types.is_null(chunk.type)}
        if len(kinds) > 1:
            raise NotColumns("parts of different types")
        kind = next(iter(kinds), pa.null())
        if gathered_kind(kind, chunks) != kind:
            raise TooLarge("parts that are too large together")
        whole = pa.chunked_array([chunk.cast(kind) for chunk in chunks], kind)
        columns.append(whole.combine_chunks())
    return pa.record_batch(columns, column_names(len(columns)))


def _merged(
    whole: Columns,
    width: int,
    kernels: Sequence[AggregateKernel],
    *,
    is_sorted: bool = False,
    reverse: bool = False,
    codes: Codes | None = None,
) -> Columns:
    if codes is None:
        keys = [whole.column(at) for at in range(width)]
        codes = encode_keys(keys, whole.num_rows, is_sorted=is_sorted, reverse=reverse)
    made = list(codes.keys)
    at = width
    for kernel in kernels:
        made += kernel.merge(codes, [whole.column(at + n) for n in range(kernel.width)])
        at += kernel.width
    return pa.record_batch(made, column_names(len(made)))
