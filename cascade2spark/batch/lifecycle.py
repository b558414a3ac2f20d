"""What a task owes an operation, and what it tells about it.

`prepare` once, also without rows; `flush` once after complete input; `cleanup` exactly once when
`prepare` was called, however the task ends. An error names the user's pipe, row and line; where a
trap covers the operation it becomes a trapped row. `TaskReport` gathers all that a task says on
the side. Nothing here survives a killed process: operations must not need cleanup to be correct.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from cascade2spark.batch.specs import OperationSpec, SiteSpec
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.counters import Counters, StepCounters, counter_name
from cascade2spark.errors import FlowError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import FlowProcess, OperationCall
from cascade2spark.operations.current import enter_process
from cascade2spark.operations.failures import located_error, refuse_result, trap_columns
from cascade2spark.tuples import TupleEntry

__all__ = [
    "COLUMNS_TO_ROWS",
    "ROWS_TO_COLUMNS",
    "Operations",
    "TaskContext",
    "TaskReport",
    "TrapColumns",
    "TrapFailed",
    "row_view",
]

Row = tuple[Any, ...]

# The directions of a conversion, as reports name them.
COLUMNS_TO_ROWS = "columns to rows"
ROWS_TO_COLUMNS = "rows to columns"

_TRAPPED = counter_name(StepCounters.Tuples_Trapped)
_log = logging.getLogger("cascade2spark.traps")


class TrapFailed(FlowError):
    """A trapped row could not be written: never trapped itself, the flow fails.

    Attributes:
        number: of the trap; by it the driver names the tap.
    """

    number: int | None = None


@attrs.frozen
class TrapColumns:
    """What is put in front of the values of a trapped row; by default nothing.

    Args:
        element_trace: the line of the user's that built the pipe.
        message: the error's message.
        stacktrace: its traceback on one line.
        trim: cut white space from the lines of the traceback.
        delimiter: joins the lines of the traceback.
        log: log the traceback (logger ``cascade2spark.traps``, level info).
    """

    element_trace: bool = False
    message: bool = False
    stacktrace: bool = False
    trim: bool = True
    delimiter: str = "|"
    log: bool = True

    @classmethod
    def of(cls, settings: Any) -> TrapColumns:
        """Return what a flow's settings ask for."""
        return cls(
            settings.trap_element_trace,
            settings.trap_throwable_message,
            settings.trap_throwable_stacktrace,
            settings.trap_stacktrace_trim,
            settings.trap_stacktrace_delimiter,
            settings.trap_stacktrace_log,
        )

    def row_of(self, values: Row, error: Exception) -> Row:
        """Return the row that a trap receives."""
        columns = trap_columns(
            error,
            trace=self.element_trace,
            message=self.message,
            stack=self.stacktrace,
            trim=self.trim,
            delimiter=self.delimiter,
        )
        return columns + values


@attrs.define
class TaskReport:
    """What one task says on the side; plain values only.

    Args:
        counters: increments of operations and of the engine.
        rows_in, rows_out: rows that entered and left each site, by its key.
        trapped: rows sent to each trap, by its number.
        forms: `rows` or `columns` by site key.
        conversions, fallbacks: counts by site key and direction, or reason.
        keys: what was counted of the keys sent into each exchange, by its site's key and the number
            of the input: `KeyCounter.record()` of each writer.
        details: anything else the engine's own parts want to say, by name.
    """

    counters: Counters = attrs.field(factory=Counters)
    rows_in: dict[int, int] = attrs.field(factory=dict)
    rows_out: dict[int, int] = attrs.field(factory=dict)
    trapped: dict[int, int] = attrs.field(factory=dict)
    forms: dict[int, str] = attrs.field(factory=dict)
    conversions: dict[int, dict[str, int]] = attrs.field(factory=dict)
    fallbacks: dict[int, dict[str, int]] = attrs.field(factory=dict)
    keys: dict[tuple[int, int], list[dict[str, Any]]] = attrs.field(factory=dict)
    details: dict[str, Any] = attrs.field(factory=dict)

    def count_rows(self, site: int, entered: int, left: int) -> None:
        """Add rows that entered and left a site."""
        self.rows_in[site] = self.rows_in.get(site, 0) + entered
        self.rows_out[site] = self.rows_out.get(site, 0) + left

    def count_conversion(self, site: int, direction: str, batches: int = 1) -> None:
        """Add batches converted at a site, e.g. ``columns to rows``."""
        _add(self.conversions.setdefault(site, {}), direction, batches)

    def count_fallback(self, site: int, reason: str, batches: int = 1) -> None:
        """Add batches that should have been columns and became rows."""
        _add(self.fallbacks.setdefault(site, {}), reason, batches)

    def as_record(self) -> dict[str, Any]:
        """Return the whole report as dicts of plain values, to be pickled or merged."""
        record = attrs.asdict(self, recurse=False)
        record["counters"] = self.counters.as_dict()
        return record

    def add_record(self, record: Mapping[str, Any]) -> None:
        """Add the `as_record()` of another task to this report."""
        self.counters.merge(record["counters"])
        for name in ("rows_in", "rows_out", "trapped"):
            for key, amount in record[name].items():
                _add(getattr(self, name), key, amount)
        for name in ("conversions", "fallbacks"):
            for site, amounts in record[name].items():
                for key, amount in amounts.items():
                    _add(getattr(self, name).setdefault(site, {}), key, amount)
        for place, counted in record["keys"].items():
            self.keys.setdefault(place, []).extend(counted)
        self.forms.update(record["forms"])
        self.details.update(record["details"])


def _add(amounts: dict[Any, int], key: Any, amount: int) -> None:
    amounts[key] = amounts.get(key, 0) + amount


class TaskContext:
    """One task as its operations and stages see it.

    Args:
        properties: the flow's properties.
        slice_num, num_slices: this task's partition, from 0, and how many there are.
        flow_id: the flow run's id.
        trap_sink: called with (trap number, row) for each trapped row; without it the rows are
            kept in `trapped`.
        trap_columns: what trapped rows carry, by trap number; `default_columns` for the others.
        batch_rows: rows handed on at a time, a count.
        spill: the memory limit, and where data goes beyond it; whoever makes it closes it.
    """

    def __init__(
        self,
        properties: Mapping[str, Any] | None = None,
        slice_num: int = 0,
        num_slices: int = 1,
        flow_id: str = "",
        *,
        trap_sink: Callable[[int, Row], None] | None = None,
        trap_columns: Mapping[int, TrapColumns] | None = None,
        default_columns: TrapColumns | None = None,
        batch_rows: int = 1500,
        spill: SpillSpace | None = None,
    ) -> None:
        self.report = TaskReport()
        self.flow_process = FlowProcess(
            dict(properties or {}), self.report.counters, slice_num, num_slices, flow_id
        )
        enter_process(self.flow_process)
        self.batch_rows = batch_rows
        self.spill = spill or SpillSpace()
        self.trapped: dict[int, list[Row]] = {}
        # Not a method of its own: a task in a cycle would hold its tables until they are collected.
        self._trap_sink = trap_sink
        self._trap_columns = dict(trap_columns or {})
        self._default_columns = default_columns or TrapColumns()

    def trap(self, number: int, values: Row, error: Exception, site: SiteSpec) -> None:
        """Send the values that a failing operation was given to a trap.

        Args:
            number: of the trap.
            values: the operation's arguments, without the columns that the trap adds.
            error: what was raised.
            site: the pipe whose operation failed.
        Raises:
            TrapFailed: the trap cannot take them.
            RunError: memory ran out, which is never one row's fault.
        """
        if isinstance(error, TrapFailed):
            raise error
        located = located_error(error, site, values, None)
        if isinstance(located.__cause__, MemoryError):
            raise located from located.__cause__
        if located.is_repeat:
            return  # the step that does the same work has trapped it
        columns = self._trap_columns.get(number, self._default_columns)
        if columns.log and _log.isEnabledFor(logging.INFO):
            _log.info("trapped a row\n%s", "".join(traceback.format_exception(located)))
        try:
            (self._trap_sink or self._keep_trapped)(number, columns.row_of(values, located))
        except Exception as broken:
            failed = TrapFailed(
                f"the trap of {site.label} cannot take a row",
                row=values,
                details={"because": str(broken).partition("\n")[0]},
                origin=site.origin,
                branch=site.branch,
            )
            failed.number, failed.is_repeat = number, site.is_repeat
            raise failed from broken
        _add(self.report.trapped, number, 1)
        self.report.counters.increment(_TRAPPED)

    def _keep_trapped(self, number: int, row: Row) -> None:
        self.trapped.setdefault(number, []).append(row)


class Operations:
    """The operations of one stage of a task, from prepare to cleanup."""

    def __init__(self, task: TaskContext) -> None:
        self._process = task.flow_process
        self._processes: dict[int, FlowProcess] = {}
        self._prepared: list[tuple[OperationSpec, OperationCall]] = []

    def process_of(self, spec: OperationSpec) -> FlowProcess:
        """Return what one operation sees: the task's, unless it has properties of its own."""
        is_repeat = spec.site.is_repeat
        if not spec.properties and not is_repeat:
            return self._process
        found = self._processes.get(id(spec))
        if found is None:
            found = self._process.with_properties(spec.properties, counts=not is_repeat)
            self._processes[id(spec)] = found
        return found

    def prepare(self, spec: OperationSpec, call: OperationCall, *, by_call: bool = True) -> None:
        """Prepare one operation; from now on it will be cleaned up.

        Args:
            by_call: False for an operation whose callable was bound directly instead.
        """
        self._prepared.append((spec, call))
        if by_call:
            self._call(spec.operation.prepare, spec, call)

    def flush(self, spec: OperationSpec, call: OperationCall) -> None:
        """Tell one operation that all its input was seen."""
        self._call(spec.operation.flush, spec, call)

    def cleanup(self, *, is_failing: bool = False) -> None:
        """Clean up everything that was prepared, once, whatever fails; raise the first error.

        Args:
            is_failing: another error is under way, and stays the error of the task.
        """
        prepared, self._prepared = self._prepared, []
        first: Exception | None = None
        for spec, call in prepared:
            if hasattr(call, "output_collector"):
                call.output_collector = None  # as in Java: nothing can be emitted any more
            try:
                self._call(spec.operation.cleanup, spec, call)
            except Exception as error:
                first = first or error
        if first is not None and not is_failing:
            raise first

    def _call(self, method: Callable[..., Any], spec: OperationSpec, call: OperationCall) -> None:
        try:
            result = method(self.process_of(spec), call)
            if result is not None and method == spec.operation.flush:
                refuse_result(spec.operation, "flush", result)
        except Exception as error:
            located = located_error(error, spec.site, None, None)
            raise located from located.__cause__


def row_view(fields: Fields) -> tuple[TupleEntry, Callable[[Row], None]]:
    """Return a read-only view by name, and the function that puts it over another row."""
    view = TupleEntry(fields, is_unmodifiable=True)
    return view, view.bind
