"""One run of a plan: what its stages share, and what becomes of a row that fails."""

from __future__ import annotations

import logging
import traceback

from cascade2spark.counters import StepCounters, counter_name
from cascade2spark.errors import Cascade2SparkError, FlowError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import FlowProcess, Row
from cascade2spark.operations.current import enter_process
from cascade2spark.operations.failures import located_error, trap_columns
from cascade2spark.planner.steps import (
    EachOperator,
    EveryOperator,
    RunContext,
    RunResult,
    Site,
    StepPlan,
)

__all__ = ["Run"]

log = logging.getLogger("cascade2spark.traps")


class Run:
    """Counters, traps and the operations' surroundings of one run.

    Attributes:
        trapped: rows by the number of their trap.
        trapped_in: for each of these rows the branch of the pipe that failed on it.
        path: for each Union above the row on its way now, the input it came by, nearest first.
            Rows of a fork that meet again arrive mixed; sorted by path they are in input order.
    """

    def __init__(self, plan: StepPlan, context: RunContext) -> None:
        self.plan = plan
        self.context = context
        self.result = RunResult()
        self.flow_process = FlowProcess(
            dict(context.properties), self.result.counters, 0, 1, context.run_id
        )
        enter_process(self.flow_process)
        self.trapped: dict[int, list[Row]] = {}
        self.trapped_in: dict[int, list[str | None]] = {}
        self.path: tuple[int, ...] = ()
        self._located: Cascade2SparkError | None = None

    def process_of(self, spec: EachOperator | EveryOperator) -> FlowProcess:
        """Return what one operation sees: the flow's, unless it has properties of its own."""
        is_repeat = spec.site.is_repeat
        if not spec.properties and not is_repeat:
            return self.flow_process
        return self.flow_process.with_properties(spec.properties, counts=not is_repeat)

    def count_in(self, site: Site, rows: int = 1) -> None:
        """Note rows that entered a pipe or tap."""
        self.result.rows_in[site.key] = self.result.rows_in.get(site.key, 0) + rows

    def count_out(self, site: Site, rows: int = 1) -> None:
        """Note rows that left a pipe or tap."""
        self.result.rows_out[site.key] = self.result.rows_out.get(site.key, 0) + rows

    def count_step(self, counter: StepCounters, amount: int = 1) -> None:
        """Add to one of the counters that every flow keeps."""
        self.result.counters.increment(counter_name(counter), amount)

    def check_stopped(self) -> None:
        """Raise FlowError when the user stopped the flow."""
        if self.context.is_stopped():
            raise FlowError(f"flow {self.plan.name!r} was stopped")

    def failed(
        self,
        error: Exception,
        site: Site,
        trap: int | None,
        row: Row | None,
        fields: Fields | None,
    ) -> None:
        """Trap a row, or raise, so that the next pipe upstream gets the chance to trap its own.

        An error gets its place once, where it happened. Running out of memory, a stopped flow and a
        failing trap are never one row's fault.
        """
        if error is not self._located:
            self._located = located_error(error, site, row, fields)
        error = self._located
        if trap is None or row is None or isinstance(error.__cause__, MemoryError):
            raise error
        self._located = None
        if not error.is_repeat:  # else the step that does the same work has trapped it
            self._keep_trapped(trap, row, error)
            self.trapped_in.setdefault(trap, []).append(site.branch)

    def _keep_trapped(self, trap: int, row: Row, error: Exception) -> None:
        spec = next((one for one in self.plan.traps if one.number == trap), None)
        settings = (spec and spec.settings) or self.context.settings
        columns = trap_columns(
            error,
            trace=settings.trap_element_trace,
            message=settings.trap_throwable_message,
            stack=settings.trap_throwable_stacktrace,
            trim=settings.trap_stacktrace_trim,
            delimiter=settings.trap_stacktrace_delimiter,
        )
        if settings.trap_stacktrace_log and log.isEnabledFor(logging.INFO):
            log.info("trapped a row\n%s", "".join(traceback.format_exception(error)))
        self.trapped.setdefault(trap, []).append(columns + row)
        self.count_step(StepCounters.Tuples_Trapped)
