"""The held sides of each HashJoin of a run: broadcast once, counted, let go of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pyspark import RDD, SparkContext

from cascade2spark.batch.hash_join import HashJoin
from cascade2spark.planner.steps import BroadcastJoin
from cascade2spark.spark.hash_join import BroadcastSide, BroadcastTables, HeldSide, broadcast_side
from cascade2spark.spark.lineage import Target

__all__ = ["HeldSides"]


class HeldSides:
    """What is broadcast for the HashJoins of one run.

    Args:
        context: the Spark context.
        memory_bytes: the limit of a task, within which workers keep their tables.
        most_bytes: the most that a side may take, serialised.
        blocks_of: returns what reaches a target: an RDD, or blocks that the driver made by itself.
            It may run jobs.
    """

    def __init__(
        self,
        context: SparkContext,
        memory_bytes: int,
        most_bytes: int,
        blocks_of: Callable[[Target], RDD[Any] | list[bytes]],
    ) -> None:
        self._context = context
        self._memory_bytes = memory_bytes
        self._most_bytes = most_bytes
        self._blocks_of = blocks_of
        self._sides: dict[int, dict[int, BroadcastSide]] = {}

    def probe(self, step: BroadcastJoin) -> HashJoin:
        """Return what a task does with the rows of the first side; the others are broadcast."""
        held = tuple(
            HeldSide(found.blocks, side.key, side.fields)
            for found, side in zip(self._broadcast(step), step.sides[1:], strict=True)
        )
        return HashJoin(
            sides=step.sides,
            key_order=step.key_order,
            joiner=step.joiner,
            joined=step.joined,
            source=BroadcastTables(held, step.key_order, self._memory_bytes),
            site=step.site,
            trap=step.trap,
            is_self_join=step.is_self_join,
        )

    def rows(self, joins: Iterable[BroadcastJoin]) -> dict[int, int]:
        """Return the rows of the held sides of each HashJoin, by its site's key."""
        return {step.site.key: self._rows_of(step) for step in joins}

    def release(self, *, is_final: bool) -> None:
        """Let go of what was broadcast; of results that stay the driver keeps what they need."""
        for sides in self._sides.values():
            for side in sides.values():
                side.release(is_final=is_final)

    def _rows_of(self, step: BroadcastJoin) -> int:
        held = self._sides.get(step.number, {})
        return sum(held[side.source].rows for side in step.sides[1:] if side.source in held)

    def _broadcast(self, step: BroadcastJoin) -> list[BroadcastSide]:
        """Return what is held for each side but the first; sides of one stream share it."""
        if step.number in self._sides:
            return [self._sides[step.number][side.source] for side in step.sides[1:]]
        # Known at once: where a later side is refused, the earlier ones have to be let go of.
        found: dict[int, BroadcastSide] = {}
        self._sides[step.number] = found
        for side in step.sides[1:]:
            if side.source not in found:
                found[side.source] = broadcast_side(
                    self._context,
                    self._blocks_of(Target(step.number, side.source)),
                    step.site,
                    step.inputs[side.source].site,
                    side.fields,
                    self._most_bytes,
                )
        return [found[side.source] for side in step.sides[1:]]
