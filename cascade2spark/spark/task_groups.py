"""Which partitions of an exchange share one of Spark's tasks: neighbours, where each has little.

A task costs Spark and the hand-over to Python 7 ms whatever it does: a thousand of them keep four
cores busy for two seconds. While the JVM is young a task costs 20 ms and more, and the more of them
there are, the more of Spark does its compiler take in hand, which needs a core for itself.
"""

from __future__ import annotations

import attrs

__all__ = ["TaskGroups"]

# Tasks for each core: with fewer, cores wait for the last task of others.
_TASKS_A_CORE = 8
# What a task reads at most, so that none of them takes long, or is long to repeat.
_TASK_BYTES = 8 << 20
# What is worked on by columns only is done soon, whatever its keys: up to so much of it for each
# core is one task for each core. In a first run 3,000,000 rows in 8 partitions on 4 cores are
# grouped in 0.57 seconds instead of 0.67.
_WAVE_BYTES = 32 << 20


@attrs.frozen
class TaskGroups:
    """Which partitions a task has: neighbours, as many as the other tasks or one more.

    Args:
        partitions: of the exchange, a count.
        tasks: a count, of as many partitions or fewer.
    """

    partitions: int
    tasks: int

    @classmethod
    def of(
        cls, partitions: int, cores: int, input_bytes: int | None, *, is_quick: bool = False
    ) -> TaskGroups:
        """Return the groups of an exchange.

        Args:
            partitions: of the exchange, a count.
            cores: tasks that run at once.
            input_bytes: what is read below the exchange; None where nobody can tell, and each
                partition gets a task.
            is_quick: all that is done to it is done by columns.
        """
        together = 1
        if input_bytes is not None:
            by_size = _TASK_BYTES * partitions // max(input_bytes, 1)
            together = max(min(by_size, partitions // (_TASKS_A_CORE * cores)), 1)
        tasks = -(-partitions // together)
        if is_quick and input_bytes is not None and input_bytes <= _WAVE_BYTES * cores:
            tasks = min(tasks, cores)
        return cls(partitions, tasks)

    @property
    def are_single(self) -> bool:
        """Whether each partition has a task."""
        return self.tasks == self.partitions

    def task_of(self, partition: int) -> int:
        """Return the task that does a partition."""
        return partition * self.tasks // self.partitions

    def partitions_of(self, task: int) -> range:
        """Return the partitions that a task does."""
        first, last = (-(-at * self.partitions // self.tasks) for at in (task, task + 1))
        return range(first, last)
