"""Several partitions of an exchange done by one of Spark's tasks.

It gathers the blocks of all of them, then does one partition after the other, each as if it had a
task of its own: partitions, part files, reports and counts are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from cascade2spark.batch.spill import SpillFile, SpillPlace, SpillSpace
from cascade2spark.files.syncing import synced_together
from cascade2spark.spark.task_groups import TaskGroups
from cascade2spark.spark.travel import TaskFailed, sendable

__all__ = ["Grouped"]

Pair = tuple[int, Any]

# Of a task's limit: what it gathers lies in memory beside what is made of one partition.
_SHARE = 8


@attrs.frozen
class Grouped:
    """Calls a function for each partition of a task; what `mapPartitionsWithIndex` is given.

    Args:
        function: does one partition, from its number, its pairs, and how many bytes of them went to
            disk while they were gathered.
        groups: which partitions a task has.
        memory_bytes: a task's limit.
        folders: says in a worker where what exceeds it may go.
    """

    function: Callable[[int, Iterable[Pair], int], Iterator[Any]]
    groups: TaskGroups
    memory_bytes: int
    folders: Callable[[], list[str]]

    def __call__(self, index: int, pairs: Iterable[Pair]) -> Iterator[Any]:
        """Yield what the function makes of each partition, in order."""
        own = self.groups.partitions_of(index)
        spill = SpillSpace(self.memory_bytes // _SHARE, self.folders())
        try:
            gathered = _Gathered(own, spill)
            gathered.take(pairs)
            with synced_together():
                for partition in own:
                    spilled_bytes = gathered.spilled_bytes(partition)
                    yield from self.function(partition, gathered.taken(partition), spilled_bytes)
        except TaskFailed:
            raise
        except Exception as error:
            raise sendable(error) from error
        finally:
            spill.close()


class _Gathered:
    """Pairs by partition: in memory up to the limit, then in a file."""

    def __init__(self, partitions: range, spill: SpillSpace) -> None:
        self._held: dict[int, list[bytes | SpillPlace]] = {number: [] for number in partitions}
        self._spill = spill
        self._file: SpillFile | None = None

    def take(self, pairs: Iterable[Pair]) -> None:
        held, size, limit = self._held, 0, self._spill.limit_bytes
        for partition, block in pairs:
            size += len(block)
            if size > limit:
                if self._file is None:
                    self._file = self._spill.open()
                held[partition].append(self._file.append(block))
            else:
                held[partition].append(block)

    def spilled_bytes(self, partition: int) -> int:
        """Return how much of a partition lies in the file."""
        return sum(one.size for one in self._held[partition] if isinstance(one, SpillPlace))

    def taken(self, partition: int) -> Iterator[Pair]:
        """Yield the pairs of a partition, and hold them no longer."""
        for one in self._held.pop(partition):
            if isinstance(one, SpillPlace):
                assert self._file is not None
                yield partition, self._file.read(one)
            else:
                yield partition, one
