"""Driving one operation over single rows: Function, Filter and value assertion.

A driver pushes each result on before the operation makes the next one. So a failure further down
unwinds through every operation above it, and the nearest one with a trap catches it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.local.run import Run
from cascade2spark.operations.base import (
    FilterCall,
    FunctionCall,
    OperationCall,
    OutputCollector,
    Row,
    ValueAssertionCall,
)
from cascade2spark.operations.callables import FoldAggregator
from cascade2spark.operations.current import uncounted_fold
from cascade2spark.operations.failures import refuse_result
from cascade2spark.planner.steps import EachOperator, EveryOperator, Project, Site
from cascade2spark.tuples import TupleEntry

__all__ = ["Emit", "OperationDriver", "RowDriver", "nulls", "row_driver", "view_of"]

Emit = Callable[[Row], None]


class RowDriver:
    """One operation of a chain over single rows: prepare, receive rows, flush, cleanup."""

    def __init__(self, run: Run, site: Site, emit: Emit) -> None:
        self.run = run
        self.site = site
        self._emit = emit

    def emit(self, row: Row) -> None:
        """Push a row on."""
        self.run.count_out(self.site)
        self._emit(row)

    def receive(self, row: Row) -> None:
        """Work on one row."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Begin the task, before its first row and also without any."""

    def flush(self) -> None:
        """End complete input; more rows may be emitted."""

    def cleanup(self) -> None:
        """End the task, whatever happened."""


class ProjectDriver(RowDriver):
    """Keeps some columns."""

    def __init__(self, run: Run, spec: Project, emit: Emit) -> None:
        super().__init__(run, spec.site, emit)
        self._pick = spec.pick.of()

    def receive(self, row: Row) -> None:
        """Cut the row."""
        self.run.count_in(self.site)
        self.emit(self._pick(row))


class OperationDriver(RowDriver):
    """What drivers of Each and Every share: the call object and the lifecycle."""

    def __init__(
        self,
        run: Run,
        spec: EachOperator | EveryOperator,
        call: OperationCall,
        emit: Emit,
    ) -> None:
        super().__init__(run, spec.site, emit)
        self.spec = spec
        self.operation = spec.operation
        self.process = run.process_of(spec)
        self.call: Any = call
        self.pick = spec.arguments.of()
        self.arguments = view_of(spec.argument_fields)

    def prepare(self) -> None:
        """Call the operation's prepare."""
        self._lifecycle(self.operation.prepare)
        if self.spec.site.is_repeat and isinstance(self.operation, FoldAggregator):
            context = self.call.get_context()
            context[0] = uncounted_fold(context[0])

    def flush(self) -> None:
        """Call the operation's flush."""
        self._lifecycle(self.operation.flush)

    def cleanup(self) -> None:
        """Call the operation's cleanup, when results can no longer be emitted."""
        self.call.output_collector = None
        self._lifecycle(self.operation.cleanup)

    def _lifecycle(self, method: Callable[[Any, Any], Any]) -> None:
        try:
            result = method(self.process, self.call)
            if method == self.operation.flush:
                self.checked("flush", result)
        except Exception as error:
            self.run.failed(error, self.site, None, None, None)

    def checked(self, method: str, result: object) -> None:
        """Refuse what a method that returns nothing returned."""
        if result is not None:
            refuse_result(self.operation, method, result)

    def failed(self, error: Exception, arguments: Row) -> None:
        """Send what the operation was given to its trap, or let the error travel upstream."""
        self.run.failed(error, self.site, self.spec.trap, arguments, self.spec.argument_fields)


class FunctionDriver(OperationDriver):
    """Each with a Function: any number of results for a row, laid out with the row."""

    def __init__(self, run: Run, spec: EachOperator, emit: Emit) -> None:
        call = FunctionCall(spec.argument_fields, spec.declared)
        super().__init__(run, spec, call, emit)
        assert spec.layout is not None
        self._build = spec.layout.build()
        self._row = nulls(spec.incoming)  # what flush lays results out with when no row came
        call.arguments = self.arguments
        # A capacity of one: each result is pushed on before the operation makes the next.
        self._collector = OutputCollector(spec.declared, self._drain, capacity=1)

    def prepare(self) -> None:
        """Hand out the collector, which stays until cleanup."""
        self.call.output_collector = self._collector
        super().prepare()

    def receive(self, row: Row) -> None:
        """Run the function on the arguments of one row."""
        self.run.count_in(self.site)
        self._row = arguments = row  # the trap gets the row when not even arguments can be cut
        try:
            arguments = self.pick(row)
            self.arguments.bind(arguments)
            self.checked("operate", self.operation.operate(self.process, self.call))
        except Exception as error:
            self.failed(error, self.spec.arguments.shown(arguments))

    def _drain(self, results: list[Row]) -> None:
        for result in results:
            self.emit(self._build(self._row, result))


class FilterDriver(OperationDriver):
    """Each with a Filter: the row passes as it is unless the filter removes it."""

    def __init__(self, run: Run, spec: EachOperator, emit: Emit) -> None:
        call = FilterCall(spec.argument_fields, spec.declared)
        super().__init__(run, spec, call, emit)
        call.arguments = self.arguments

    def receive(self, row: Row) -> None:
        """Ask the filter about one row."""
        self.run.count_in(self.site)
        arguments = row
        try:
            arguments = self.pick(row)
            self.arguments.bind(arguments)
            if not self.operation.is_remove(self.process, self.call):
                self.emit(row)
        except Exception as error:
            self.failed(error, self.spec.arguments.shown(arguments))


class AssertionDriver(OperationDriver):
    """Each with a value assertion: the row passes as it is unless the assertion raises."""

    def __init__(self, run: Run, spec: EachOperator, emit: Emit) -> None:
        call = ValueAssertionCall(spec.argument_fields, spec.declared)
        super().__init__(run, spec, call, emit)
        call.arguments = self.arguments

    def receive(self, row: Row) -> None:
        """Check one row."""
        self.run.count_in(self.site)
        arguments = row
        try:
            arguments = self.pick(row)
            self.arguments.bind(arguments)
            self.checked("do_assert", self.operation.do_assert(self.process, self.call))
            self.emit(row)
        except Exception as error:
            self.failed(error, arguments)


_DRIVERS: dict[str, type[Any]] = {
    "function": FunctionDriver,
    "filter": FilterDriver,
    "assertion": AssertionDriver,
}


def row_driver(run: Run, spec: EachOperator | Project, emit: Emit) -> RowDriver:
    """Return the driver of one operator of a Map."""
    if isinstance(spec, Project):
        return ProjectDriver(run, spec, emit)
    if spec.kind not in _DRIVERS:
        raise Unsupported(f"the local engine knows no {spec.kind!r} over rows", asked=spec.kind)
    driver: RowDriver = _DRIVERS[spec.kind](run, spec, emit)
    return driver


def nulls(fields: Fields) -> Row:
    """Return a row of nulls, as wide as the fields that are known."""
    return (None,) * len(fields)


def view_of(fields: Fields) -> TupleEntry:
    """Return a read-only entry that is bound to one row after another, as engines reuse it."""
    return TupleEntry(fields, is_unmodifiable=True)
