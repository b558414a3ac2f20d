"""Driving the Everys over one group after another.

Aggregators and group assertions chain: each sees every row; at the end of the group the first one's
results are emitted one by one, and each result completes the next one, so that results multiply and
an aggregator without a result suppresses the group. A Buffer stands alone and iterates by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import JoinerClosure
from cascade2spark.local.operators import Emit, OperationDriver, RowDriver, nulls, view_of
from cascade2spark.local.run import Run
from cascade2spark.operations.base import (
    AggregatorCall,
    BufferCall,
    GroupAssertionCall,
    OutputCollector,
    Row,
)
from cascade2spark.planner.steps import EveryOperator
from cascade2spark.selection import Pick
from cascade2spark.tuples import TupleEntry

__all__ = ["GroupDriver", "group_driver"]


class GroupDriver(Protocol):
    """Takes whole groups: what stands between a group and the rest of its task."""

    @property
    def operations(self) -> Sequence[RowDriver]:
        """The operations to prepare, flush and clean up, in order."""
        ...

    def group(self, key: Row, rows: Sequence[Row], closure: JoinerClosure | None) -> None:
        """Work on one group.

        Args:
            key: the group tuple.
            rows: its rows, in order; none after a BufferJoin.
            closure: the sides of a BufferJoin, else None.
        """
        ...


class PassingDriver:
    """A group without Everys: its rows pass."""

    operations: Sequence[RowDriver] = ()

    def __init__(self, emit: Emit) -> None:
        self._emit = emit

    def group(self, key: Row, rows: Sequence[Row], closure: JoinerClosure | None) -> None:
        """Push the rows on."""
        for row in rows:
            self._emit(row)


class GroupOperationDriver(OperationDriver):
    """One link of a chain over a group."""

    spec: EveryOperator

    def start(self, group: TupleEntry) -> None:
        """Begin a group."""
        self.call.group = group
        self.checked("start", self.operation.start(self.process, self.call))

    def aggregate(self, row: Row) -> None:
        """Take one row of the group."""
        self.run.count_in(self.site)
        self.arguments.bind(self.pick(row))
        self.call.arguments = self.arguments
        try:
            self.checked("aggregate", self.operation.aggregate(self.process, self.call))
        finally:
            self.call.arguments = None

    def complete(self, passed: Row) -> None:
        """End the group."""
        raise NotImplementedError


class AggregatorDriver(GroupOperationDriver):
    """Every with an Aggregator: each result is laid out with the passed row and pushed on."""

    def __init__(self, run: Run, spec: EveryOperator, emit: Emit) -> None:
        super().__init__(run, spec, AggregatorCall(spec.argument_fields, spec.declared), emit)
        assert spec.layout is not None
        self._build = spec.layout.build()
        self._passed: Row = nulls(spec.passed)
        self._collector = OutputCollector(spec.declared, self._drain, capacity=1)

    def complete(self, passed: Row) -> None:
        """End the group: only here there is a collector."""
        self._passed = passed
        self.call.output_collector = self._collector
        try:
            self.checked("complete", self.operation.complete(self.process, self.call))
        finally:
            self.call.output_collector = None

    def _drain(self, results: list[Row]) -> None:
        for result in results:
            self.emit(self._build(self._passed, result))


class GroupAssertionDriver(GroupOperationDriver):
    """Every with a group assertion: the group passes unless the assertion raises."""

    def __init__(self, run: Run, spec: EveryOperator, emit: Emit) -> None:
        super().__init__(run, spec, GroupAssertionCall(spec.argument_fields, spec.declared), emit)

    def complete(self, passed: Row) -> None:
        """Check the group."""
        self.checked("do_assert", self.operation.do_assert(self.process, self.call))
        self.emit(passed)


class AggregationDriver:
    """A chain of aggregators and group assertions over one group."""

    def __init__(self, run: Run, specs: Sequence[EveryOperator], group: Fields, emit: Emit) -> None:
        self._run = run
        self._key = view_of(group)
        self._emit = emit
        self._chain: list[GroupOperationDriver] = [
            self._driver(place, spec) for place, spec in enumerate(specs)
        ]

    @property
    def operations(self) -> Sequence[RowDriver]:
        """The chain."""
        return self._chain

    def group(self, key: Row, rows: Sequence[Row], closure: JoinerClosure | None) -> None:
        """Show the group to the whole chain, then complete it from the first one on.

        A start that fails is trapped alone: its group still aggregates and completes.
        """
        self._key.bind(key)
        for place, every in enumerate(self._chain):
            try:
                every.start(self._key)
            except Exception as error:
                self._failed(error, place, key, is_row=False)
        for row in rows:
            for place, every in enumerate(self._chain):
                try:
                    every.aggregate(row)
                except Exception as error:
                    self._failed(error, place, row, is_row=True)
        self._complete(0, key)

    def _complete(self, place: int, passed: Row) -> None:
        if place == len(self._chain):
            self._emit(passed)
            return
        every = self._chain[place]
        try:
            every.complete(passed)
        except Exception as error:
            self._run.failed(error, every.site, every.spec.trap, passed, every.spec.passed)

    def _failed(self, error: Exception, place: int, given: Row, is_row: bool) -> None:
        """Trap at the failing operation, else at the nearest one before it: its own arguments."""
        failing = self._chain[place]
        earlier = reversed(self._chain[: place + 1])
        catching = next((every for every in earlier if every.spec.trap is not None), failing)
        recorded = catching.spec.arguments.shown(catching.pick(given)) if is_row else given
        fields = failing.spec.argument_fields if is_row else self._key.get_fields()
        self._run.failed(error, failing.site, catching.spec.trap, recorded, fields)

    def _driver(self, place: int, spec: EveryOperator) -> GroupOperationDriver:
        def emit(row: Row) -> None:
            self._complete(place + 1, row)

        kind = AggregatorDriver if spec.kind == "aggregator" else GroupAssertionDriver
        return kind(self._run, spec, emit)


class BufferDriver(OperationDriver):
    """Every with a Buffer, alone over its group."""

    def __init__(
        self, run: Run, spec: EveryOperator, group: Fields, emit: Emit, key: Pick | None
    ) -> None:
        call = BufferCall(spec.argument_fields, spec.declared)
        super().__init__(run, spec, call, emit)
        assert spec.layout is not None
        self._build = spec.layout.build()
        self._group_fields = group
        self._key = view_of(group)
        self._key_pick = key
        self._stands_on: Row = nulls(spec.passed)
        self._given: Row = ()
        call.group = self._key
        self._collector = OutputCollector(spec.declared, self._drain, capacity=1)

    @property
    def operations(self) -> Sequence[RowDriver]:
        """The buffer alone."""
        return (self,)

    def prepare(self) -> None:
        """Hand out the collector, which stays until cleanup."""
        self.call.output_collector = self._collector
        super().prepare()

    def group(self, key: Row, rows: Sequence[Row], closure: JoinerClosure | None) -> None:
        """Let the buffer iterate one group; rows it leaves are skipped."""
        self.run.count_in(self.site, len(rows))
        self._key.bind(key)
        self.call.joiner_closure = closure
        self._stands_on = self._key_and_nulls(key, rows)
        self._given = key
        self.call.arguments_iterator = None if closure else self._iterate(rows)
        try:
            self.checked("operate", self.operation.operate(self.process, self.call))
        except Exception as error:
            if self._given is key:
                self.run.failed(error, self.site, self.spec.trap, key, self._group_fields)
            else:
                self.failed(error, self.spec.arguments.shown(self._given))

    def _iterate(self, rows: Sequence[Row]) -> Iterator[TupleEntry]:
        outside = self._stands_on
        for row in rows:
            self._stands_on = row
            self._given = self.pick(row)
            self.arguments.bind(self._given)
            yield self.arguments
        if not self.call.retain_values:
            self._stands_on = outside

    def _key_and_nulls(self, key: Row, rows: Sequence[Row]) -> Row:
        """Return the row that header and footer results are combined with."""
        passed = self.spec.passed  # type: ignore[union-attr]  # an Every's
        values = list(nulls(passed) if not rows else (None,) * len(rows[0]))
        if self._key_pick is not None and rows:
            places: Sequence[int | None] = self._key_pick.places(rows[0])
        else:
            places = [passed.find(field) for field in self._group_fields]
        for value, place in zip(key, places, strict=False):
            if place is not None and place < len(values):
                values[place] = value
        return tuple(values)

    def _drain(self, results: list[Row]) -> None:
        for result in results:
            self.emit(self._build(self._stands_on, result))


def group_driver(
    run: Run,
    specs: Sequence[EveryOperator],
    group: Fields,
    emit: Emit,
    key: Pick | None = None,
) -> GroupDriver:
    """Return what drives the Everys of a group: none, one Buffer, or a chain.

    Args:
        group: what the key is called.
        key: where its values lie in the rows; None where its names say so.
    """
    if not specs:
        return PassingDriver(emit)
    kinds = {spec.kind for spec in specs}
    if kinds == {"buffer"} and len(specs) == 1:
        return BufferDriver(run, specs[0], group, emit, key)
    if kinds <= {"aggregator", "assertion"}:
        return AggregationDriver(run, specs, group, emit)
    raise Unsupported(
        "a group takes one Buffer, or aggregators and assertions",
        asked=[spec.kind for spec in specs],
    )
