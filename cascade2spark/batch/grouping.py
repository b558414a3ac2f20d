"""The reduce side of an exchange: the blocks of one partition to groups, and the Everys over them.

Columns stay columns as far as that gives the same rows: they are sorted, joined and aggregated as
columns, and become rows only where an operation of the user's takes them. What has no exact column
form is done as rows, from the same blocks: the refusal always comes before the first result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

import attrs

from cascade2spark.batch.batches import Batch, Columns, NotColumns, Row
from cascade2spark.batch.block_store import BlockStore
from cascade2spark.batch.column_aggregate import aggregate_kernels, merged_groups
from cascade2spark.batch.column_groups import aggregated_groups, column_groups, group_kernels
from cascade2spark.batch.column_join import can_join_columns, joined_column_groups, joined_columns
from cascade2spark.batch.column_sort import ColumnOrder, sorted_columns, sorted_selections
from cascade2spark.batch.every import EveryRun, run_everys
from cascade2spark.batch.join import CoGroupRun, joined_groups
from cascade2spark.batch.key_types import is_exact_kind
from cascade2spark.batch.lifecycle import COLUMNS_TO_ROWS, TaskContext
from cascade2spark.batch.merging import can_merge_by_name, merged_by_name
from cascade2spark.batch.narrowed import narrowed_run
from cascade2spark.batch.sort import OnBad, sorted_groups
from cascade2spark.batch.specs import SideSpec, SiteSpec
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.fields import Fields
from cascade2spark.operations.failures import located_error
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.selection import Pick

__all__ = ["GroupReduce", "JoinReduce"]

Groups = Iterator[tuple[Row, Iterable[Row]]]
Item = TypeVar("Item")


@attrs.frozen(eq=False)
class GroupReduce:
    """Groups of one stream; picklable.

    Args:
        everys: what runs over the groups; with `merges`, rows are partial results.
        key, key_order, sort, sort_order: as in the step Group; partial results begin with the key.
        site: the group's.
        trap: trap for rows that cannot be keyed or compared.
        fields: of the rows, for errors.
    """

    everys: EveryRun
    key: Pick
    key_order: AnyKeyOrder
    sort: Pick | None
    sort_order: AnyKeyOrder | None
    site: SiteSpec
    trap: int | None = None
    fields: Fields | None = None

    @property
    def has_traps(self) -> bool:
        """Whether an Every has a trap, which may have to take a failure further down."""
        return self.everys.has_traps

    @property
    def takes_columns(self) -> bool:
        """Whether rows are better sent here as columns; partial results are what they are."""
        return not self.everys.merges and self._order() is not None

    @property
    def gives_columns(self) -> bool:
        """Whether results may be columns."""
        run = self.everys
        if run.merges:
            return aggregate_kernels(run.everys, self.key, self.key_order) is not None
        return self._order() is not None and (
            not run.everys or group_kernels(run.everys) is not None
        )

    def batches(
        self, store: BlockStore, task: TaskContext, *, is_immediate: bool = False
    ) -> Iterator[Batch]:
        """Yield what the Everys make of the partition's groups.

        Args:
            store: the partition's blocks.
            is_immediate: as for `run_everys`.
        Raises:
            RunError: an operation failed, or a row has no key, and no trap covers it.
        """
        on_bad = _on_bad(self.site, self.trap, task, self.fields)
        if self.everys.merges:
            if not is_immediate and can_merge_by_name(store, self.everys, self.key_order, task):
                return merged_by_name(store, self.everys, self.key_order, task)
            return merged_groups(store, self.everys, self.key_order, task, on_bad)
        task.report.count_rows(self.site.key, store.rows(), 0)
        order, everys = self._order(), self.everys.everys
        if everys and group_kernels(everys) is not None:
            begun = self._aggregated(store, order, task)
            return begun or self._of_rows(store, task, on_bad, is_immediate)
        slices = _sorted_slices(store, None, order, self.site, task, sorted_columns)
        if slices is None:
            return self._of_rows(store, task, on_bad, is_immediate)
        if not everys:
            return _passed(slices, self.everys, task)
        first = next(slices, None)
        if first is None:
            return run_everys(self.everys, (), task, is_immediate=is_immediate)
        key_places = self.key.positions or ()
        is_exact = all(is_exact_kind(first.column(place).type) for place in key_places)
        narrowed = narrowed_run(self.everys, key_places if is_exact else ())
        places, run = narrowed or (None, self.everys)
        slices = _counted(_followed([first], slices), self.everys.everys[0].site, task)
        groups = column_groups(slices, key_places, self.key_order, places=places)
        return run_everys(run, groups, task, is_immediate=is_immediate)

    def _aggregated(
        self, store: BlockStore, order: ColumnOrder | None, task: TaskContext
    ) -> Iterator[Columns] | None:
        """Return the results of kernels, which read few of the columns; None for rows."""
        slices = _sorted_slices(store, None, order, self.site, task, sorted_selections)
        if slices is None:
            return None
        made = aggregated_groups(slices, self.everys, self.key, self.key_order, task)
        return _begun(made, self.site, task)

    def _order(self) -> ColumnOrder | None:
        return ColumnOrder.of(self.key, self.key_order, self.sort, self.sort_order)

    def _of_rows(
        self, store: BlockStore, task: TaskContext, on_bad: OnBad, is_immediate: bool
    ) -> Iterator[Batch]:
        rows, spill = store.row_batches(), task.spill
        keys = self.key, self.key_order, self.sort, self.sort_order
        groups = sorted_groups(rows, *keys, on_bad, spill=spill)
        return run_everys(self.everys, groups, task, is_immediate=is_immediate)


@attrs.frozen(eq=False)
class JoinReduce:
    """Groups of several streams joined on equal keys; picklable.

    Args:
        join: the sides and the joiner.
        everys: what runs over the joined groups.
        trap: trap for rows that cannot be keyed.
    """

    join: CoGroupRun
    everys: EveryRun
    trap: int | None = None

    @property
    def has_traps(self) -> bool:
        """Whether an Every has a trap, which may have to take a failure further down."""
        return self.everys.has_traps

    @property
    def takes_columns(self) -> bool:
        """Whether rows are better sent here as columns."""
        return all(self._order(side) is not None for side in self.join.sides)

    @property
    def gives_columns(self) -> bool:
        """Whether results may be columns."""
        return can_join_columns(self.join) and not self.everys.everys

    def batches(
        self, store: BlockStore, task: TaskContext, *, is_immediate: bool = False
    ) -> Iterator[Batch]:
        """Yield what the Everys make of the partition's joined groups.

        Args:
            store: the partition's blocks.
            is_immediate: as for `run_everys`.
        Raises:
            RunError: an operation failed, or a row has no key, and no trap covers it.
        """
        join, site = self.join, self.join.site
        sources = dict.fromkeys(side.source for side in join.sides)
        task.report.count_rows(site.key, sum(map(store.rows, sources)), 0)
        if store.is_columns() and can_join_columns(join):
            reads = [partial(store.column_batches, side.source) for side in join.sides]
            sizes = [store.size_bytes(side.source) for side in join.sides]
            if not self.everys.everys:
                made = _begun(joined_columns(join, reads, sizes, task), site, task)
                if made is not None:
                    return made
            else:
                groups = _begun(joined_column_groups(join, reads, sizes, task), site, task)
                if groups is not None:
                    key = self.everys.everys[0].site.key
                    task.report.count_conversion(key, COLUMNS_TO_ROWS)
                    return run_everys(self.everys, groups, task, is_immediate=is_immediate)
        sides = [
            self._side(side, store, task, is_first)
            for side, is_first in _with_first_use(join.sides)
        ]
        if not store.is_columns():
            # Sides that are columns were sorted as such, but what is joined are rows.
            task.report.forms.pop(site.key, None)
        every_groups = joined_groups(join, sides, task)
        return run_everys(self.everys, every_groups, task, is_immediate=is_immediate)

    def _order(self, side: SideSpec) -> ColumnOrder | None:
        return ColumnOrder.of(side.key, self.join.key_order, None, None)

    def _side(self, side: SideSpec, store: BlockStore, task: TaskContext, is_first: bool) -> Groups:
        """Return one side's groups, made of columns or of rows as it came."""
        join = self.join
        order = self._order(side)
        slices = _sorted_slices(store, side.source, order, join.site, task, sorted_columns)
        if slices is not None:
            slices = _counted(slices, join.site, task)
            return iter(column_groups(slices, side.key.positions or (), join.key_order))
        on_bad = _on_bad(join.site, self.trap if is_first else None, task, side.fields)
        rows, spill = store.row_batches(side.source), task.spill
        keys, sides = (side.key, join.key_order), len(join.sides)
        return sorted_groups(rows, *keys, on_bad=on_bad, spill=spill, sides=sides)


def _sorted_slices(
    store: BlockStore,
    source: int | None,
    order: ColumnOrder | None,
    site: SiteSpec,
    task: TaskContext,
    in_order: Callable[[Iterable[Columns], ColumnOrder, SpillSpace], Iterator[Item]],
) -> Iterator[Item] | None:
    """Return the rows of an input, sorted, or None where they have to be compared as rows."""
    if order is None or not store.is_columns(source):
        return None
    return _begun(in_order(store.column_batches(source), order, task.spill), site, task)


def _begun(made: Iterator[Item], site: SiteSpec, task: TaskContext) -> Iterator[Item] | None:
    """Return the same items after the first one was made; None, and counted, if it is refused."""
    try:
        first = next(made)
    except StopIteration:
        first_items: list[Item] = []
    except NotColumns as reason:
        task.report.count_fallback(site.key, str(reason))
        return None
    else:
        first_items = [first]
    task.report.forms[site.key] = "columns"
    return _followed(first_items, made)


def _followed(first: list[Item], others: Iterator[Item]) -> Iterator[Item]:
    while first:
        yield first.pop()  # held no longer than needed
    yield from others


def _counted(slices: Iterator[Columns], site: SiteSpec, task: TaskContext) -> Iterator[Columns]:
    """Hand on what becomes rows at a site."""
    for batch in slices:
        task.report.count_conversion(site.key, COLUMNS_TO_ROWS)
        yield batch


def _passed(slices: Iterator[Columns], run: EveryRun, task: TaskContext) -> Iterator[Columns]:
    """Hand on the rows of groups that nothing is done to."""
    for batch in slices:
        if run.site is not None:
            task.report.count_rows(run.site.key, 0, batch.num_rows)
        yield batch


def _with_first_use(sides: Iterable[SideSpec]) -> Iterator[tuple[SideSpec, bool]]:
    seen: set[int] = set()
    for side in sides:
        yield side, side.source not in seen
        seen.add(side.source)


def _on_bad(
    site: SiteSpec, trap: int | None, task: TaskContext, fields: Fields | None = None
) -> OnBad:
    def handle(error: Exception, row: Row) -> None:
        located = located_error(error, site, row, fields)
        if trap is None:
            raise located from located.__cause__
        task.trap(trap, row, located, site)

    return handle
