"""The reduce side of an exchange: blocks of one partition to groups, and the Everys over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import attrs

from cascade2spark.batch.batches import Batch, Row, Rows
from cascade2spark.batch.batches import rows_of as rows_of_columns
from cascade2spark.batch.blocks import decode_all, read_header
from cascade2spark.batch.column_aggregate import merged_groups
from cascade2spark.batch.every import EveryRun, run_everys
from cascade2spark.batch.join import CoGroupRun, joined_groups
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.sort import sorted_groups
from cascade2spark.batch.specs import SideSpec
from cascade2spark.operations.failures import located_error
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.steps import CoGroup, Group, Site
from cascade2spark.selection import Pick
from cascade2spark.spark.shuffle import ordered_blocks

__all__ = ["CoGroupSource", "GroupSource"]


@attrs.frozen
class GroupSource:
    """Groups of one stream, in key order.

    Args:
        everys: what runs over the groups; with `merges`, rows are partial results.
        key, key_order, sort, sort_order: as in `Group`.
        trap: trap for rows that cannot be keyed or compared.
    """

    everys: EveryRun
    key: Pick
    key_order: KeyOrder
    sort: Pick | None
    sort_order: KeyOrder | None
    site: Site
    trap: int | None

    @classmethod
    def of(cls, step: Group) -> GroupSource:
        """Return the source for a step, without the step."""
        everys = EveryRun(
            step.everys,
            step.group_fields,
            None if step.is_partial else step.site,
            merges=step.is_partial,
        )
        key = Pick(tuple(range(step.key_order.width))) if step.is_partial else step.key
        return cls(everys, key, step.key_order, step.sort, step.sort_order, step.site, step.trap)

    @property
    def has_traps(self) -> bool:
        """Whether an Every has a trap, which may have to take a failure further down."""
        return self.everys.has_traps

    def batches(
        self, elements: Iterable[tuple[int, bytes]], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield what the Everys make of this partition's groups."""
        blocks = ordered_blocks(elements)
        if self.everys.merges:
            return merged_groups(list(decode_all(blocks)), self.everys, self.key_order, task)
        rows = _counted(_rows_of(blocks), self.site, task)
        groups = sorted_groups(
            rows,
            self.key,
            self.key_order,
            self.sort,
            self.sort_order,
            _on_bad(self.site, self.trap, task),
        )
        return run_everys(self.everys, groups, task, is_immediate=is_immediate)


@attrs.frozen
class CoGroupSource:
    """Groups of several streams joined on equal keys.

    Args:
        join: the sides and the joiner.
        everys: what runs over the joined groups.
        trap: trap for rows that cannot be keyed.
    """

    join: CoGroupRun
    everys: EveryRun
    site: Site
    trap: int | None

    @classmethod
    def of(cls, step: CoGroup) -> CoGroupSource:
        """Return the source for a step, without the step."""
        join = CoGroupRun(
            step.sides,
            step.key_order,
            step.joiner,
            step.group_fields,
            step.joined,
            step.site,
            step.is_self_join,
        )
        return cls(join, EveryRun(step.everys, step.group_fields), step.site, step.trap)

    @property
    def has_traps(self) -> bool:
        """Whether an Every has a trap, which may have to take a failure further down."""
        return self.everys.has_traps

    def batches(
        self, elements: Iterable[tuple[int, bytes]], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield what the Everys make of this partition's joined groups."""
        by_source: dict[int, list[bytes]] = {}
        for block in ordered_blocks(elements):
            by_source.setdefault(read_header(block).source, []).append(block)
        sides = [
            self._side(side, by_source.get(side.source, []), task, is_first)
            for side, is_first in _with_first_use(self.join.sides)
        ]
        groups = joined_groups(self.join, sides, task)
        return run_everys(self.everys, groups, task, is_immediate=is_immediate)

    def _side(
        self, side: SideSpec, blocks: list[bytes], task: TaskContext, is_first: bool
    ) -> Iterator[tuple[Row, list[Row]]]:
        rows = _rows_of(blocks)
        if is_first:
            rows = _counted(rows, self.site, task)
        handle = _on_bad(self.site, self.trap if is_first else None, task)
        return sorted_groups(rows, side.key, self.join.key_order, on_bad=handle)


def _with_first_use(sides: Iterable[SideSpec]) -> Iterator[tuple[SideSpec, bool]]:
    seen: set[int] = set()
    for side in sides:
        yield side, side.source not in seen
        seen.add(side.source)


def _rows_of(blocks: Iterable[bytes]) -> Iterator[Rows]:
    for batch in decode_all(blocks):
        yield batch if isinstance(batch, list) else rows_of_columns(batch)


def _counted(batches: Iterable[Rows], site: Site, task: TaskContext) -> Iterator[Rows]:
    for batch in batches:
        task.report.count_rows(site.key, len(batch), 0)
        yield batch


def _on_bad(site: Site, trap: int | None, task: TaskContext) -> Callable[[Exception, Row], None]:
    def handle(error: Exception, row: Row) -> None:
        located = located_error(error, site, row, None)
        if trap is None:
            raise located from located.__cause__
        task.trap(trap, row, located, site)

    return handle
