"""Counter names and values, and how two sets of them add up; no engine.

A counter is named by a group and a name, as in Cascading. An enum member is its class's qualified
name and its own name.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping

__all__ = [
    "CACHE_COUNTERS",
    "MAPSIDE_REDUCE",
    "CounterName",
    "Counters",
    "SliceCounters",
    "StepCounters",
    "cache_counter",
    "counter_name",
]

CounterName = tuple[str, str]


class StepCounters(enum.Enum):
    """Counters that every flow keeps by itself."""

    Tuples_Read = "rows read from sources"
    Tuples_Written = "rows written to sinks"
    Tuples_Trapped = "rows written to traps"
    Process_Duration = "milliseconds that tasks took, all together"


class SliceCounters(enum.Enum):
    """What tasks read and wrote: as `StepCounters`, and what went through groups and joins.

    Rows are those of the pipes: a rule that sends fewer through an exchange does not show.
    """

    Tuples_Read = "rows read from sources and from exchanges"
    Tuples_Written = "rows written to sinks and to exchanges"
    Process_Duration = "milliseconds that tasks took, all together"


def counter_name(group: str | enum.Enum, name: str | None = None) -> CounterName:
    """Return (group, name) for an enum member or for two texts."""
    if isinstance(group, enum.Enum):
        return type(group).__qualname__, group.name
    return group, "" if name is None else name


CACHE_COUNTERS = "scalding.aggregate.counters"
"""The property of a GroupBy that names the group of the counters of aggregation before it."""
MAPSIDE_REDUCE = "MapsideReduce"
"""Scalding's group for what aggregation before an exchange did."""
_MAPSIDE_NAMES = {"Missed": "misses", "Hit": "hits", "Flushed": "evictions"}


def cache_counter(group: str, what: str) -> CounterName:
    """Return the name of a counter of aggregation before an exchange.

    Args:
        group: of the counters: that of Scalding has names of its own.
        what: `Missed`, `Hit` or `Flushed`, as Cascading says.
    """
    return group, _MAPSIDE_NAMES[what] if group == MAPSIDE_REDUCE else f"Num_Keys_{what}"


class Counters(Mapping[CounterName, int]):
    """Whole-number counters; adding zero makes a counter exist, so that zero is shown."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[CounterName, int] | None = None) -> None:
        self._values: dict[CounterName, int] = dict(values or {})

    def increment(self, name: CounterName, amount: int = 1) -> None:
        """Add `amount`, which may be zero or negative, to one counter."""
        self._values[name] = self._values.get(name, 0) + amount

    def merge(self, other: Mapping[CounterName, int]) -> None:
        """Add every counter of `other` to this one."""
        for name, amount in other.items():
            self.increment(name, amount)

    def value(self, group: str | enum.Enum, name: str | None = None) -> int:
        """Return the counter's value, 0 for one that nobody touched."""
        return self._values.get(counter_name(group, name), 0)

    def groups(self) -> list[str]:
        """Return the group names, sorted."""
        return sorted({group for group, _ in self._values})

    def as_dict(self) -> dict[CounterName, int]:
        """Return a plain copy, what travels in a task's report."""
        return dict(self._values)

    def __getitem__(self, name: CounterName) -> int:
        return self._values[name]

    def __iter__(self) -> Iterator[CounterName]:
        return iter(sorted(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        inside = ", ".join(f"{group}.{name}={self[group, name]}" for group, name in self)
        return f"Counters({inside})"
