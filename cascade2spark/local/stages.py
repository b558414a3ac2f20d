"""One stage for each step: what it does with the rows pushed into it (joins: see `joins`).

A task is a run of stages without an exchange between them. Rows are pushed one by one from its head
to its ends, depth first; at a fork every branch gets the row. Rows wait at the ends: of groups and
checkpoints until these run as the head of a task of their own, of sinks until they are written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cascade2spark.counters import StepCounters, cache_counter
from cascade2spark.errors import Unsupported
from cascade2spark.local.groups import group_driver
from cascade2spark.local.inout import read_rows, write_rows
from cascade2spark.local.keys import Keyed, groups_of, sorted_rows
from cascade2spark.local.operators import Emit, RowDriver, row_driver
from cascade2spark.local.run import Run
from cascade2spark.operations.base import Row
from cascade2spark.operations.logic import Stop
from cascade2spark.planner.steps import Group, Map, Persist, Read, Step, Union, Write

__all__ = [
    "GroupStage",
    "Held",
    "MapStage",
    "PersistStage",
    "ReadStage",
    "Stage",
    "UnionStage",
    "WriteStage",
]


class Stage(ABC):
    """One step at work.

    Attributes:
        readers: the stages that take its rows, each with the number of its input.
        is_head: a task begins here; for a step with inputs, the task before it ends here too.
    """

    is_head = False

    def __init__(self, step: Step, run: Run) -> None:
        self.run = run
        self.step = step
        self.readers: list[tuple[Stage, int]] = []
        self.operations: Sequence[RowDriver] = ()
        self._prepared: list[RowDriver] = []
        self._is_started = False
        self.is_closed = False
        self._open_inputs = set(range(len(step.inputs)))

    def emit(self, row: Row) -> None:
        """Push a row on, to every reader."""
        for reader, position in self.readers:
            reader.receive(position, row)

    def start(self) -> None:
        """Prepare the operations of the task from here on, head to tail."""
        if self._is_started:
            return
        self._is_started = True
        for operation in self.operations:
            self._prepared.append(operation)
            operation.prepare()
        for reader, _ in self.readers:
            if not reader.is_head:
                reader.start()

    @abstractmethod
    def receive(self, position: int, row: Row) -> None:
        """Take one row of input `position`."""

    def finish(self, position: int) -> None:
        """Note that an input is complete; after the last one the stage is."""
        self._open_inputs.discard(position)
        if not self._open_inputs and not self.is_head:
            self.close()

    def close(self) -> None:
        """Flush the operations, head to tail, then tell the readers."""
        self.is_closed = True
        self.drain()
        for operation in self.operations:
            operation.flush()
        for reader, position in self.readers:
            reader.finish(position)

    def drain(self) -> None:  # noqa: B027
        """Push on what the stage held back until its input was complete: most hold nothing."""

    def clean_up(self, is_failing: bool = False) -> None:
        """Clean up every operation whose prepare was called, all of them even if one fails.

        While the run is failing already, the error it fails with is the one to see.
        """
        failures: list[Exception] = []
        while self._prepared:
            try:
                self._prepared.pop(0).cleanup()
            except Exception as error:
                failures.append(error)
        if failures and not is_failing:
            raise failures[0]

    def run_task(self) -> None:
        """Push the rows of the task that begins here, to its ends."""
        self.start()
        self.push_rows()
        self.close()

    def push_rows(self) -> None:
        """Emit every row that a head has."""
        raise Unsupported(f"{self.step.site.label} cannot begin a task")


class ReadStage(Stage):
    """Rows of a source, in the order of its files."""

    is_head = True
    step: Read

    def receive(self, position: int, row: Row) -> None:
        """Count a row that was read and push it on."""
        self.run.check_stopped()
        self.run.count_step(StepCounters.Tuples_Read)
        self.run.count_in(self.step.site)
        self.run.count_out(self.step.site)
        self.emit(row)

    def push_rows(self) -> None:
        """Read the tap; a record that cannot be parsed goes to the trap of the head."""
        stops = self._stops()
        for row in read_rows(self.run, self.step):
            self.receive(0, row)
            if stops and any(stop.operation.is_finished(stop.call) for stop in stops):
                break

    def _stops(self) -> list[Any]:
        """Return the Stop filters that every row passes before the stream splits or is grouped."""
        found: list[Any] = []
        stage: Stage = self
        while len(stage.readers) == 1 and isinstance(stage.readers[0][0], MapStage):
            stage = stage.readers[0][0]
            drivers: Sequence[Any] = stage.operations
            found += [one for one in drivers if isinstance(getattr(one, "operation", None), Stop)]
        return found


class MapStage(Stage):
    """Operations over single rows, one after another."""

    step: Map

    def __init__(self, step: Map, run: Run) -> None:
        super().__init__(step, run)
        drivers: list[RowDriver] = []
        emit: Emit = self.emit
        for operator in reversed(step.operators):
            drivers.insert(0, row_driver(run, operator, emit))
            emit = drivers[0].receive
        self._first = emit
        self.operations = drivers

    def receive(self, position: int, row: Row) -> None:
        """Push a row through."""
        self._first(row)


class UnionStage(Stage):
    """Rows of all inputs, marked with the input they came by."""

    step: Union

    def receive(self, position: int, row: Row) -> None:
        """Push a row on, its path one longer while it is on its way."""
        self.run.count_in(self.step.site)
        self.run.count_out(self.step.site)
        path = self.run.path
        self.run.path = (position, *path)
        try:
            self.emit(row)
        finally:
            self.run.path = path


class PersistStage(Stage):
    """A checkpoint ends its task; a persist that only serves a fork is the fork."""

    step: Persist

    def __init__(self, step: Persist, run: Run) -> None:
        super().__init__(step, run)
        self.is_head = step.name is not None
        self._held = Held(run)

    def receive(self, position: int, row: Row) -> None:
        """Hold a row of a checkpoint; pass any other."""
        self.run.count_in(self.step.site)
        if self.is_head:
            self._held.add(row)
        else:
            self.run.count_out(self.step.site)
            self.emit(row)

    def push_rows(self) -> None:
        """Push on what is held."""
        for row in self._held.in_order():
            self.run.check_stopped()
            self.run.count_out(self.step.site)
            self.emit(row)


class WriteStage(Stage):
    """Rows into a sink; one that cannot be written goes to the trap of the tail."""

    step: Write

    def __init__(self, step: Write, run: Run) -> None:
        super().__init__(step, run)
        self._pick = step.pick.of()
        self._held = Held(run)

    def receive(self, position: int, row: Row) -> None:
        """Hold what the sink selects of a row, until the order of all is known."""
        self.run.count_in(self.step.site)
        try:
            self._held.add(self._pick(row))
        except Exception as error:
            self._failed(error, row)

    def drain(self) -> None:
        """Write what is held, in order."""
        write_rows(self.run, self.step, self._held.in_order(), self._failed)

    def _failed(self, error: Exception, row: Row) -> None:
        self.run.failed(error, self.step.site, self.step.trap, row, self.step.fields)


class GroupStage(Stage):
    """Rows sorted by key, then by sort fields, then by arrival; its Everys run over the groups."""

    is_head = True
    step: Group

    def __init__(self, step: Group, run: Run) -> None:
        super().__init__(step, run)
        self._key = step.key.of()
        self._held = Held(run)
        self._driver = group_driver(run, step.everys, step.group_fields, self.emit, step.key)
        self.operations = self._driver.operations

    def receive(self, position: int, row: Row) -> None:
        """Hold a row with its key; a row without one goes to the trap."""
        self.run.count_in(self.step.site)
        try:
            self._held.add(Keyed(self._key(row), row))
        except Exception as error:
            self._failed(error, Keyed((), row))

    def push_rows(self) -> None:
        """Run the Everys over the groups."""
        step = self.step
        held = self._held.in_order()
        arrived = {id(keyed): place for place, keyed in enumerate(held)}
        for group in groups_of(sorted_rows(held, self._order(), self._failed), step.key_order):
            self.run.check_stopped()
            self.run.count_out(step.site, len(group))
            if step.is_partial and step.cache is not None:
                self._count_key(step.cache, len(group))
            # Called by the first of its rows to arrive: equal keys may look different.
            first = min(group, key=lambda keyed: arrived[id(keyed)])
            self._driver.group(first.key, [keyed.row for keyed in group], None)

    def _count_key(self, cache: str, rows: int) -> None:
        """Count what aggregation before the exchange would, in one task that holds every key."""
        counters = self.run.result.counters
        for name, amount in (("Missed", 1), ("Hit", rows - 1), ("Flushed", 0)):
            counters.increment(cache_counter(cache, name), amount)

    def _order(self) -> Callable[[Keyed], Any]:
        key_of = self.step.key_order.sort_key()
        if self.step.sort is None or self.step.sort_order is None:
            return lambda keyed: key_of(keyed.key)
        sort, sort_of = self.step.sort.of(), self.step.sort_order.sort_key()
        return lambda keyed: (key_of(keyed.key), sort_of(sort(keyed.row)))

    def _failed(self, error: Exception, bad: Keyed) -> None:
        self.run.failed(error, self.step.site, self.step.trap, bad.row, self.step.incoming)


class Held:
    """Rows that wait for the end of their input, each with the path it came by."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: list[tuple[tuple[int, ...], Any]] = []

    def add(self, row: Any) -> None:
        """Hold a row."""
        self._rows.append((self._run.path, row))

    def in_order(self) -> list[Any]:
        """Return the rows: of a Union all of its first input, then all of its second …"""
        return [row for _, row in sorted(self._rows, key=lambda held: held[0])]

    def on_their_paths(self) -> Iterator[Any]:
        """Yield the rows as they came, each while the run is on its path."""
        outside = self._run.path
        for path, row in self._rows:
            self._run.path = path
            yield row
        self._run.path = outside
