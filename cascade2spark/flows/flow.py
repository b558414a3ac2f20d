"""Flow: one planned job, run once, watched and counted."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from cascade2spark.config import Settings
from cascade2spark.errors import Cascade2SparkError, FlowError
from cascade2spark.flows.background import INTERRUPT_WAIT_S, BackgroundRun
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.described import DescribedFlow
from cascade2spark.flows.listeners import FlowListener, FlowStepListener, check_listener
from cascade2spark.flows.outputs import Outputs
from cascade2spark.flows.peeking import plan_up_to
from cascade2spark.flows.progress import progress_of
from cascade2spark.flows.rehearsals import stop_in_rehearsal
from cascade2spark.flows.restarts import Restart
from cascade2spark.flows.stats import FlowStats, Status
from cascade2spark.origin import failing_line
from cascade2spark.pipes import Pipe
from cascade2spark.planner.build import PlannedFlow
from cascade2spark.planner.steps import Engine, RunContext, RunResult
from cascade2spark.taps.base import Tap

__all__ = ["Flow"]


class Flow(DescribedFlow):
    """A planned job. Connectors make flows; nothing runs before `start` or `complete`.

    A flow runs once. Its sinks are checked before anything runs and published together after
    everything has succeeded: a flow that fails or is stopped leaves all old output as it was.

    Source:
        cascading.flow.Flow
    """

    def __init__(
        self,
        definition: FlowDef,
        planned: PlannedFlow,
        engine: Engine,
        settings: Settings,
        properties: Mapping[str, Any],
        restart: Restart | None = None,
    ) -> None:
        super().__init__()
        self.name = planned.name
        self.id = uuid.uuid4().hex
        self.definition = definition
        self.planned = planned
        self.engine = engine
        self.settings = settings
        self.properties = dict(properties)
        self.stats = FlowStats(self.name, self.id, planned.steps, definition.tags)
        self.stats.ignored = {**settings.ignored, **(restart.notes if restart else {})}
        self._restart = restart
        if restart is not None:
            self.stats.unused_checkpoints = restart.reasons
        self._listeners: list[FlowListener] = []
        self._step_listeners: list[FlowStepListener] = []
        self._background = BackgroundRun(f"flow {self.name}", self._run)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        for tap in {id(tap): tap for tap in self._all_taps()}.values():
            if isinstance(tap, FlowListener):
                self._listeners.append(tap)

    # -- running ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Run in the background; a flow that runs or has run is left alone."""
        stop_in_rehearsal(f"flow {self.name!r}", [self])
        if not self.stats.is_finished():
            self._background.start()

    def complete(self) -> None:
        """Start if need be, and wait for the end.

        Raises:
            Cascade2SparkError: what the flow failed with; an error not of ours becomes the cause of
                a FlowError. Nothing is raised when a listener dealt with it.
        """
        try:
            self.start()
            self._background.wait()
        except KeyboardInterrupt:
            self.ask_to_stop()
            self._background.wait(INTERRUPT_WAIT_S)
            raise
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Ask the flow to stop, and wait until it has; no output is published."""
        self.ask_to_stop()
        self._background.wait()

    def ask_to_stop(self) -> bool:
        """Ask the flow to stop without waiting; False when it is over or was asked before."""
        if self.stats.is_finished() or self._stop.is_set():
            return False
        self._stop.set()
        with contextlib.suppress(Exception):  # a listener must not keep the flow from stopping
            for listener in list(self._listeners):
                listener.on_stopping(self)
        if not self._background.has_started():
            self.stats.mark(Status.STOPPED)
        return True

    def skip(self) -> None:
        """End without running, because a skip strategy said so; it counts as success."""
        self.stats.mark(Status.SKIPPED)
        for listener in list(self._listeners):
            listener.on_completed(self)

    def prepare(self) -> None:
        """Finish or undo what dead runs left at the sinks, and check that they may be written.

        Unlike Cascading's this deletes nothing: old output goes when the new one is complete.
        """
        outputs = Outputs(self.planned.steps, self._run_id(), self._compression())
        outputs.prepare()
        outputs.abort()

    def cleanup(self) -> None:
        """Delete the checkpoints that failed runs of this flow and run id have left."""
        if self._restart is not None:
            self._restart.clean_up()

    def _run_id(self) -> str:
        return self.id[:16]

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            self.stats.mark(Status.STARTED)
            for listener in list(self._listeners):
                listener.on_starting(self)
            self._run_steps()
        except BaseException as raised:
            error = raised
        try:
            self._end(error)
        except Exception as raised:  # a listener's
            self._error = self._error or self._as_ours(raised)

    def _run_steps(self) -> None:
        outputs = Outputs(self.planned.steps, self._run_id(), self._compression())
        self._check_stopped()
        with progress_of(self.settings.progress, self.stats) as tell:
            outputs.prepare()
            try:
                self.stats.mark(Status.RUNNING)
                context = self._context(outputs)
                watched = attrs.evolve(
                    context, on_progress=_Watch(self, tell), on_failed=self.stats.fill_partly
                )
                result = self._result_of(watched)
                self._check_stopped()
            except BaseException:
                outputs.abort()
                raise
            self.stats.fill(result)
            outputs.publish(result)
        self.cleanup()

    def _result_of(self, context: RunContext) -> RunResult:
        if self._restart is None or not self._restart.is_kept:
            return self.engine.run(self.planned.steps, context)

        def on_skipped(numbers: Sequence[int]) -> None:
            for number in numbers:
                self.stats.steps[number].mark(Status.SKIPPED)
                context.on_progress(number, "kept by an earlier run", 1.0)

        return self._restart.run(self.engine, context, on_skipped)

    def _compression(self) -> str | None:
        asked = self.settings.output_compression
        return None if asked == "none" else asked

    def _context(self, outputs: Outputs | None) -> RunContext:
        return RunContext(
            run_id=self._run_id(),
            settings=self.settings,
            properties=self.properties,
            outputs={} if outputs is None else outputs.places,
            trap_outputs={} if outputs is None else outputs.trap_places,
            is_stopped=self._stop.is_set,
        )

    def _check_stopped(self) -> None:
        if self._stop.is_set():
            raise FlowError(f"flow {self.name!r} was stopped")

    def _end(self, error: BaseException | None) -> None:
        """Note how it ended, and tell the listeners: failures first, then that it is over."""
        is_stopped = error is not None and self._stop.is_set()
        status = Status.SUCCESSFUL
        if error is not None:
            status = Status.STOPPED if is_stopped else Status.FAILED
            self._end_steps(error, is_stopped)
            self._error = None if is_stopped else self._as_ours(error)
        self.stats.mark(status, self._error)
        if error is not None and not is_stopped:
            told = [listener.on_throwable(self, error) for listener in list(self._listeners)]
            if any(told):
                self._error = None
        for listener in list(self._listeners):
            listener.on_completed(self)

    def _end_steps(self, error: BaseException, is_stopped: bool) -> None:
        for step in self.stats.steps:
            if step.is_running():
                step.mark(Status.STOPPED if is_stopped else Status.FAILED, error)
                for listener in list(self._step_listeners):
                    if is_stopped:
                        listener.on_step_stopping(step)
                    else:
                        listener.on_step_throwable(step, error)

    def _as_ours(self, error: BaseException) -> BaseException:
        if isinstance(error, Cascade2SparkError):
            return error
        line = failing_line(error)
        ours = FlowError(
            f"flow {self.name!r} failed: {type(error).__name__}: {error}",
            details={} if line is None else {"raised at": line},
            origin=self.definition.origin,
        )
        ours.__cause__ = error
        return ours

    # -- watching --------------------------------------------------------------------------------

    def add_listener(self, listener: FlowListener) -> None:
        """Add a listener of the flow. Taps that are listeners are added by themselves.

        Raises:
            BuildError: it lacks a method of FlowListener.
        """
        check_listener(listener, FlowListener)
        self._listeners.append(listener)

    def has_listeners(self) -> bool:
        """Tell whether there is a listener."""
        return bool(self._listeners)

    def remove_listener(self, listener: FlowListener) -> bool:
        """Remove a listener; False when it was not there."""
        return _removed(self._listeners, listener)

    def add_step_listener(self, listener: FlowStepListener) -> None:
        """Add a listener of the steps; BuildError if it lacks a method of FlowStepListener."""
        check_listener(listener, FlowStepListener)
        self._step_listeners.append(listener)

    def has_step_listeners(self) -> bool:
        """Tell whether there is a listener of the steps."""
        return bool(self._step_listeners)

    def remove_step_listener(self, listener: FlowStepListener) -> bool:
        """Remove a listener of the steps; False when it was not there."""
        return _removed(self._step_listeners, listener)

    def get_stats(self) -> FlowStats:
        """Return the statistics of the run; what the engine counts is there after it."""
        return self.stats

    def get_flow_stats(self) -> FlowStats:
        """Return the statistics of the run."""
        return self.stats

    # -- what it is ------------------------------------------------------------------------------

    def _all_taps(self) -> Sequence[Tap]:
        given = self.definition
        roles = (given.sources, given.sinks, given.traps, given.checkpoints)
        return [tap for taps in roles for tap in taps.values()]

    # -- looking at data -------------------------------------------------------------------------

    def peek(self, pipe: Pipe, n: int = 20) -> list[tuple[Any, ...]]:
        """Return up to `n` rows as they leave a pipe of this flow, without writing anything.

        Args:
            pipe: any pipe of the assembly, in the middle of it as well.
            n: most rows, a count.
        Raises:
            BuildError: the pipe is not part of this flow.
        """
        stop_in_rehearsal(f"flow {self.name!r}", [self])
        plan, number = plan_up_to(self.planned, pipe)
        return list(self.engine.sample(plan, number, n, self._context(None)))

    # -- looking at the plan ---------------------------------------------------------------------

    def plan_text(self, stage: str | None = None) -> str:
        """Return the plan as text; `stage` is one of pipes, resolved, rewritten, steps."""
        forms = reasons = None
        engine: Any = self.engine
        if stage in (None, "steps") and hasattr(engine, "forms"):
            forms = engine.forms(self.planned.steps, self.settings)
            reasons = engine.form_reasons(self.planned.steps, self.settings)
        return self.planned.explain(stage, forms, reasons)

    def explain(self, stage: str | None = None) -> None:
        """Print the plan: which pipe became what. `plan_text` returns it instead."""
        print(self.plan_text(stage))

    def write_dot(self, path: str | Path) -> None:
        """Write pipes and taps as a graph in DOT."""
        self.planned.write_dot(path)

    def write_steps_dot(self, path: str | Path) -> None:
        """Write the steps as a graph in DOT."""
        self.planned.write_steps_dot(path)

    def _repr_html_(self) -> str:
        return self.planned._repr_html_()

    def __repr__(self) -> str:
        return f"Flow {self.name!r} {self.stats.status.value} on {self.engine.name}"


class _Watch:
    """Carries what an engine tells of its steps to display, statistics and step listeners."""

    def __init__(self, flow: Flow, tell: Any) -> None:
        self._flow = flow
        self._tell = tell

    def __call__(self, number: int, text: str, part: float | None) -> None:
        self._tell(number, text, part)
        step = self._flow.stats.steps[number]
        listeners = list(self._flow._step_listeners)
        if step.is_pending():
            step.mark(Status.STARTED)
            for listener in listeners:
                listener.on_step_starting(step)
        if part == 1.0 and not step.is_finished():
            step.mark(Status.SUCCESSFUL)
            for listener in listeners:
                listener.on_step_completed(step)
        elif not step.is_finished():
            step.mark(Status.RUNNING)
            for listener in listeners:
                listener.on_step_running(step)


def _removed(listeners: list[Any], listener: Any) -> bool:
    if listener not in listeners:
        return False
    listeners.remove(listener)
    return True
