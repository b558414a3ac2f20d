"""The reduce side of an exchange on Spark: the blocks of a partition, handed to `batch/`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from cascade2spark.batch.aggregate import PartialAggregate
from cascade2spark.batch.batches import Batch
from cascade2spark.batch.block_store import BlockStore
from cascade2spark.batch.every import EveryRun
from cascade2spark.batch.grouping import GroupReduce, JoinReduce
from cascade2spark.batch.join import CoGroupRun
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.planner.steps import CoGroup, Group
from cascade2spark.selection import Pick

__all__ = ["ReduceSource", "partial_of", "reduce_of"]


@attrs.frozen
class ReduceSource:
    """Groups of one partition as the source of a task chain.

    Args:
        reduce: what is done to them.
    """

    reduce: GroupReduce | JoinReduce

    @property
    def has_traps(self) -> bool:
        """Whether an Every has a trap, which may have to take a failure further down."""
        return self.reduce.has_traps

    def batches(
        self, elements: Iterable[tuple[int, bytes]], task: TaskContext, *, is_immediate: bool
    ) -> Iterator[Batch]:
        """Yield what the Everys make of this partition's groups."""
        store = BlockStore((block for _, block in elements), task.spill)
        return self.reduce.batches(store, task, is_immediate=is_immediate)


def partial_of(step: Group, capacity: int) -> PartialAggregate:
    """Return what the map side of a partial aggregation does, without the step.

    Args:
        capacity: most keys held where the step does not say.
    """
    return PartialAggregate(
        step.key,
        step.key_order,
        step.everys,
        step.capacity or capacity,
        step.site,
        step.cache,
        step.incoming,
    )


def reduce_of(step: Group | CoGroup) -> GroupReduce | JoinReduce:
    """Return what the reduce side of a step does, without the step."""
    if isinstance(step, CoGroup):
        join = CoGroupRun(
            step.sides,
            step.key_order,
            step.joiner,
            step.group_fields,
            step.joined,
            step.site,
            step.is_self_join,
            step.trap,
        )
        return JoinReduce(join, EveryRun(step.everys, step.group_fields), step.trap)
    site = None if step.is_partial else step.site
    key = Pick(tuple(range(step.key_order.width))) if step.is_partial else step.key
    everys = EveryRun(step.everys, step.group_fields, site, merges=step.is_partial, key=key)
    fields = None if step.is_partial else step.incoming
    return GroupReduce(
        everys, key, step.key_order, step.sort, step.sort_order, step.site, step.trap, fields
    )
