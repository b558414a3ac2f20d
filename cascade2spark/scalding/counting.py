"""Counters that functions of a job count with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from cascade2spark.counters import Counters
from cascade2spark.operations.current import current_process

__all__ = ["CUSTOM_GROUP", "ExecutionCounters", "Stat", "StatKey", "UniqueID"]

CUSTOM_GROUP = "Scalding Custom"


@attrs.frozen
class StatKey:
    """The name of a counter: counter first, then group.

    Args:
        counter: its name.
        group: the group it belongs to.
    """

    counter: str
    group: str = CUSTOM_GROUP


@attrs.frozen
class UniqueID:
    """Names a run. Scalding's counters ask for it; ours find the task they run in by themselves.

    Args:
        get: its text.
    """

    get: str


@attrs.frozen
class Stat:
    """A counter for functions of a job. Rows count once, however often their task is tried.

    Outside of a running job it counts nothing.

    Args:
        name: its name.
        group: the group it belongs to.
    Source:
        com.twitter.scalding.Stat
    Example:
        >>> bad_lines = Stat("bad lines")
        >>> def parsed(line):
        ...     if not line.isdigit():
        ...         bad_lines.inc()
    """

    name: str
    group: str = CUSTOM_GROUP

    def __call__(self, unique_id: UniqueID) -> Stat:
        """Return the counter itself, where ported code gives a UniqueID."""
        return self

    @property
    def key(self) -> StatKey:
        """The name of the counter."""
        return StatKey(self.name, self.group)

    def inc(self) -> None:
        """Add one."""
        current_process().increment(self.group, self.name, 1)

    def inc_by(self, amount: int) -> None:
        """Add an amount."""
        current_process().increment(self.group, self.name, amount)

    def dec(self) -> None:
        """Take one away."""
        current_process().increment(self.group, self.name, -1)


@attrs.frozen(eq=False)
class ExecutionCounters:
    """What flows of an execution counted, each flow once.

    Args:
        flows: counters by the id of the flow that counted.
    """

    flows: Mapping[str, Counters] = attrs.field(factory=dict)

    def get(self, key: StatKey | Stat | str) -> int | None:
        """Return the value of a counter, None if nothing counted with it."""
        found = self._totals()
        return found.get(_pair(key))

    def __getitem__(self, key: StatKey | Stat | str) -> int:
        """Return the value of a counter, 0 if nothing counted with it."""
        return self.get(key) or 0

    @property
    def keys(self) -> set[StatKey]:
        """The names of the counters."""
        return set(self)

    def to_map(self) -> dict[StatKey, int]:
        """Return the values by name."""
        return {StatKey(name, group): value for (group, name), value in self._totals().items()}

    def __add__(self, other: ExecutionCounters) -> ExecutionCounters:
        """Return what both counted; a flow that both know counts once."""
        return ExecutionCounters({**self.flows, **other.flows})

    def __iter__(self) -> Iterator[StatKey]:
        return iter(self.to_map())

    def _totals(self) -> Counters:
        totals = Counters()
        for counters in self.flows.values():
            totals.merge(counters)
        return totals


def _pair(key: Any) -> tuple[str, str]:
    """Return (group, name) of a counter that is named in one of the ways it may be."""
    if isinstance(key, Stat):
        key = key.key
    if isinstance(key, str):
        key = StatKey(key)
    return key.group, key.counter
