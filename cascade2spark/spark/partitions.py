"""How many partitions each task chain of a run has."""

from __future__ import annotations

from collections.abc import Callable

from pyspark import SparkContext

from cascade2spark.config import Settings
from cascade2spark.planner.steps import CoGroup, Group, Persist, Read, Step, Write
from cascade2spark.spark.lineage import Lineage, Target
from cascade2spark.spark.reading import Reading
from cascade2spark.spark.session import cores_of
from cascade2spark.spark.shuffle import reduce_partitions
from cascade2spark.taps.paths import PathTap

__all__ = ["Partitions"]


class Partitions:
    """Chooses the partitions of each chain when they are first asked for.

    Args:
        lineage: the chains of the run.
        reading: how a source is read.
        context: says how many cores there are.
        settings: those of the run.
        memory_bytes: a task's limit.
    """

    def __init__(
        self,
        lineage: Lineage,
        reading: Callable[[Read], Reading],
        context: SparkContext,
        settings: Settings,
        memory_bytes: int,
    ) -> None:
        self.chosen: dict[int, int] = {}
        self._lineage, self._reading = lineage, reading
        self._context, self._settings = context, settings
        self._memory_bytes = memory_bytes

    def of(self, source: Step) -> int:
        """Return the partitions of the chain that begins at a step, a count."""
        found = self.chosen.get(source.number)
        if found is None:
            found = self.chosen[source.number] = self._chosen(source)
        return found

    def known_bytes(self, source: Step) -> int:
        """Return the size of what is read below a step, as far as it can be told."""
        return self._read_below(source)[0]

    def whole_bytes(self, source: Step) -> int | None:
        """Return the size of all that is read below a step; None where part of it is not known."""
        known_bytes, unknown_partitions = self._read_below(source)
        return None if unknown_partitions else known_bytes

    def _chosen(self, source: Step) -> int:
        if isinstance(source, Read):
            return self._reading(source).partitions
        if isinstance(source, Persist):
            feeds = self._lineage.feeds(Target(source.number))
            return sum(self.of(step) for step, _ in feeds)
        assert isinstance(source, (Group, CoGroup))
        if source.is_single or not source.key_order.is_partitionable:
            return 1
        asked = source.partitions or self._sink_parts(source) or self._settings.partitions
        if asked:
            return asked
        known_bytes, unknown_partitions = self._read_below(source)
        # What nobody can measure goes by what the context is told to make of such data.
        context = self._context
        cores = context.defaultParallelism if unknown_partitions else cores_of(context)
        return reduce_partitions(known_bytes, cores, unknown_partitions, self._memory_bytes)

    def _sink_parts(self, source: Step) -> int:
        """Return how many part files the sinks behind a group ask for, 0 where none does."""
        writes = [way.step for way in self._lineage.exits[source.number]]
        schemes = [
            step.tap.scheme
            for step in writes
            if isinstance(step, Write) and isinstance(step.tap, PathTap)
        ]
        return max((scheme.num_sink_parts for scheme in schemes), default=0)

    def _read_below(self, step: Step) -> tuple[int, int]:
        """Return the size of what is read below a step, and the most partitions of the rest."""
        total, unknown, seen, stack = 0, 0, {step.number}, [step]
        while stack:
            at = stack.pop()
            if isinstance(at, Read):
                reading = self._reading(at)
                if reading.size_bytes is None:
                    unknown = max(unknown, reading.partitions)
                else:
                    total += reading.size_bytes
            fresh = [before for before in at.inputs if before.number not in seen]
            seen.update(before.number for before in fresh)
            stack.extend(fresh)
        return total, unknown
