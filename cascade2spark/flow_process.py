"""What a running operation may ask of its surroundings: properties, counters, side files."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Iterator, Mapping
from operator import index
from typing import Any, ClassVar

from cascade2spark.counters import Counters, counter_name
from cascade2spark.errors import BuildError, Unsupported
from cascade2spark.tuples import TupleEntry

__all__ = ["FlowProcess"]


class FlowProcess:
    """What a running operation may ask of its surroundings: properties, counters, its slice.

    Args:
        properties: the flow's properties, texts or plain values.
        counters: where increments go; a fresh one when None.
        slice_num: this task's partition number, from 0.
        num_slices: number of partitions of this task chain.
        flow_id: the flow run's id.
        task_id: what tells this task chain from the run's others, the same in each attempt at a
            task; empty where a task is tried once, in the driver's process.
    Source:
        cascading.flow.FlowProcess
    Example:
        >>> process = FlowProcess({"limit": "7"})
        >>> process.increment("jobs", "rows", 2)
        >>> process.get_integer_property("limit"), process.get_counter_value("jobs", "rows")
        (7, 2)
    """

    NULL: ClassVar[FlowProcess]

    def __init__(
        self,
        properties: dict[str, Any] | None = None,
        counters: Counters | None = None,
        slice_num: int = 0,
        num_slices: int = 1,
        flow_id: str = "",
        task_id: str = "",
    ) -> None:
        self._properties = dict(properties or {})
        self.counters = Counters() if counters is None else counters
        self._slice_num = slice_num
        self._num_slices = num_slices
        self._flow_id = flow_id
        self.task_id = task_id
        self.is_repeat = False
        self._opened = itertools.count()
        self.status = ""

    def with_properties(self, properties: Mapping[str, Any], *, counts: bool = True) -> FlowProcess:
        """Return what an operation sees that has properties of its own.

        Args:
            properties: come over the flow's.
            counts: into the same counters; False: what it counts, and writes beside the flow, is
                forgotten, because another step does the same work.
        """
        own = FlowProcess(
            {**self._properties, **properties},
            self.counters if counts else Counters(),
            self._slice_num,
            self._num_slices,
            self._flow_id,
            self.task_id,
        )
        own.is_repeat = not counts
        own._opened = self._opened
        return own

    def copy_with(self, properties: Mapping[str, Any]) -> FlowProcess:
        """Return one that sees these properties over its own, and counts into the same counters."""
        return self.with_properties(properties)

    def next_opened(self) -> int:
        """Return how many side files this task opened for writing before this one."""
        return next(self._opened)

    def increment(
        self, group: str | enum.Enum, name: str | int = 1, amount: int | None = None
    ) -> None:
        """Add to a counter: ``increment(Enum.MEMBER, n)`` or ``increment("group", "name", n)``."""
        if isinstance(group, enum.Enum) and isinstance(name, int):
            self.counters.increment(counter_name(group), name if amount is None else _whole(amount))
        elif isinstance(group, str) and isinstance(name, str):
            by = 1 if amount is None else amount
            self.counters.increment((group, name), by if by.__class__ is int else _whole(by))
        else:
            raise BuildError(
                "increment takes an enum member, or a group and a counter name",
                asked=f"{group!r}, {name!r}",
            )

    def get_counter_value(self, group: str | enum.Enum, name: str | None = None) -> int:
        """Return what this task has counted so far, 0 for an unknown counter."""
        return self.counters.value(group, name)

    def set_status(self, status: str) -> None:
        """Note a line of text about this task's progress."""
        self.status = status

    def keep_alive(self) -> None:
        """Do nothing: Spark needs no heart-beat from an operation."""

    def get_property(self, key: str, default: Any = None) -> Any:
        """Return a property of the flow, or `default`."""
        return self._properties.get(key, default)

    def get_string_property(self, key: str, default: str | None = None) -> str | None:
        """Return a property as text, or `default`."""
        value = self._properties.get(key)
        return default if value is None else str(value)

    def get_integer_property(self, key: str, default: int | None = None) -> int | None:
        """Return a property as a whole number, or `default`."""
        value = self._properties.get(key)
        return default if value is None else int(value)

    def get_boolean_property(self, key: str, default: bool = False) -> bool:
        """Return a property as a boolean: true only for the text ``true`` in any case."""
        value = self._properties.get(key)
        return default if value is None else str(value).lower() == "true"

    def get_property_keys(self) -> list[str]:
        """Return the names of all properties, sorted."""
        return sorted(self._properties)

    def get_num_process_slices(self) -> int:
        """Return the number of partitions of this task chain."""
        return self._num_slices

    def get_current_slice_num(self) -> int:
        """Return this task's partition number, from 0."""
        return self._slice_num

    def get_id(self) -> str:
        """Return the id of the flow run."""
        return self._flow_id

    def open_tap_for_read(self, tap: Any) -> Iterator[TupleEntry]:
        """Read another tap from inside an operation (a side file)."""
        entries: Iterator[TupleEntry] = _opener(tap, "open_for_read")(self)
        return entries

    def open_tap_for_write(self, tap: Any) -> Any:
        """Write another tap from inside an operation; close it in flush, or in cleanup.

        Close it in `flush` to write nothing when the task fails, as `flush` is not called then.
        """
        return _opener(tap, "open_for_write")(self)

    def open_trap_for_write(self, tap: Any) -> Any:
        """Write rows of any width to a trap from inside an operation; close it as above."""
        return _opener(tap, "open_trap_for_write")(self)


class _NullFlowProcess(FlowProcess):
    """What an operation is called with outside of any flow: nothing that it says is kept."""

    def increment(
        self, group: str | enum.Enum, name: str | int = 1, amount: int | None = None
    ) -> None:
        """Count nothing."""

    def set_status(self, status: str) -> None:
        """Note nothing."""

    def __reduce__(self) -> str:
        return "_NULL"  # there is one, in each process


FlowProcess.NULL = _NULL = _NullFlowProcess()


def _whole(amount: Any) -> int:
    """Return an amount as a plain int: counters travel and are printed as such."""
    try:
        return index(amount)
    except TypeError:
        raise BuildError("a counter counts in whole numbers", asked=repr(amount)) from None


def _opener(tap: Any, method: str) -> Callable[[FlowProcess], Any]:
    found: Callable[[FlowProcess], Any] | None = getattr(tap, method, None)
    if found is None:
        raise Unsupported(
            f"{type(tap).__name__} has no {method}, so an operation cannot use it", asked=repr(tap)
        )
    return found
