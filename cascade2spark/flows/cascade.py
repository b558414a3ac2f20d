"""Cascade: flows that run in the order in which one reads what another writes."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from cascade2spark.argument_checks import check_count
from cascade2spark.errors import BuildError, Cascade2SparkError, CascadeError, FlowError
from cascade2spark.flows.background import INTERRUPT_WAIT_S, BackgroundRun
from cascade2spark.flows.cascade_order import (
    identifiers_of,
    sinks_of,
    sources_of,
)
from cascade2spark.flows.flow import Flow
from cascade2spark.flows.listeners import CascadeListener, check_listener
from cascade2spark.flows.rehearsals import stop_in_rehearsal
from cascade2spark.flows.skips import FlowSkipStrategy
from cascade2spark.flows.stats import CascadeStats, Status
from cascade2spark.flows.units import UnitOfWorkDef
from cascade2spark.origin import failing_line
from cascade2spark.taps.base import Tap

__all__ = ["Cascade", "CascadeDef"]


class CascadeDef(UnitOfWorkDef):
    """What a cascade is made of, said piece by piece; every method returns the CascadeDef."""

    def __init__(self) -> None:
        super().__init__()
        self.flows: list[Flow] = []
        self.max_concurrent_flows: int | None = None

    @classmethod
    def cascade_def(cls) -> CascadeDef:
        """Return a new CascadeDef."""
        return cls()

    def add_flow(self, flow: Flow) -> CascadeDef:
        """Add a flow."""
        return self.add_flows(flow)

    def add_flows(self, *flows: Any) -> CascadeDef:
        """Add flows, one by one or as a list."""
        for flow in flows:
            if isinstance(flow, Flow):
                self.flows.append(flow)
            elif isinstance(flow, (list, tuple)):
                self.add_flows(*flow)
            else:
                raise BuildError("a cascade is made of flows", asked=repr(flow))
        return self

    def set_max_concurrent_flows(self, flows: int) -> CascadeDef:
        """Run at most so many flows at once; 0 for all."""
        self.max_concurrent_flows = check_count("set_max_concurrent_flows", flows)
        return self


class Cascade:
    """Flows joined by what they read and write; connectors make cascades.

    A flow starts when all flows it depends on have succeeded, and unless its skip strategy finds
    its output up to date. No sink that is kept is ever deleted.

    Source:
        cascading.cascade.Cascade
    """

    def __init__(
        self,
        name: str,
        flows: Sequence[Flow],
        waits: Mapping[str, set[str]],
        most_at_once: int,
        tags: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.id = uuid.uuid4().hex
        self.tags = tuple(tags)
        self.flows = tuple(flows)
        self.skip_strategy: FlowSkipStrategy | None = None
        self.stats = CascadeStats(name, self.id, [flow.get_stats() for flow in flows])
        self._waits = waits
        self._most_at_once = most_at_once
        self._listeners: list[CascadeListener] = []
        self._background = BackgroundRun(f"cascade {name}", self._run)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._failed: str | None = None

    # -- running ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Run in the background; a cascade runs once."""
        stop_in_rehearsal(f"cascade {self.name!r}", self.get_flows())
        if not self.stats.is_finished():
            self._background.start()

    def complete(self) -> None:
        """Start if need be, and wait for the end.

        Raises:
            CascadeError: a flow failed; its error is the cause.
        """
        try:
            self.start()
            self._background.wait()
        except KeyboardInterrupt:
            self._ask_to_stop()
            self._background.wait(INTERRUPT_WAIT_S)
            raise
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Stop the flows that run, start no other, and wait until all have ended."""
        self._ask_to_stop()
        for flow in self.flows:
            flow.stop()
        self._background.wait()

    def _ask_to_stop(self) -> None:
        self._stop.set()
        for listener in list(self._listeners):
            listener.on_stopping(self)
        for flow in self.flows:
            flow.ask_to_stop()

    def _run(self) -> None:
        self.stats.mark(Status.STARTED)
        try:
            for listener in list(self._listeners):
                listener.on_starting(self)
            self.stats.mark(Status.RUNNING)
            self._run_flows()
            self.stats.mark(Status.STOPPED if self._stop.is_set() else Status.SUCCESSFUL)
        except Exception as error:
            self._error = _as_ours(self.name, error, self._failed)
            for flow in self.flows:
                flow.stop()
            self.stats.mark(Status.FAILED, error)
            told = [listener.on_throwable(self, error) for listener in list(self._listeners)]
            if any(told):
                self._error = None
        try:
            for listener in list(self._listeners):
                listener.on_completed(self)
        except Exception as error:
            self._error = self._error or _as_ours(self.name, error, None)

    def _run_flows(self) -> None:
        """Start every flow whose predecessors have succeeded, until none is left or one fails."""
        waiting = {flow.name: set(self._waits[flow.name]) for flow in self.flows}
        by_name = {flow.name: flow for flow in self.flows}
        running: dict[Future[None], str] = {}
        with ThreadPoolExecutor(self._workers(), f"cascade {self.name}") as pool:
            while (waiting or running) and not self._stop.is_set():
                ready = [name for name, others in waiting.items() if not others]
                for name in ready:
                    del waiting[name]
                    running[pool.submit(self._run_flow, by_name[name])] = name
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for ended in done:
                    name = running.pop(ended)
                    try:
                        ended.result()
                    except BaseException:
                        for flow in self.flows:
                            flow.stop()
                        raise
                    for others in waiting.values():
                        others.discard(name)

    def _run_flow(self, flow: Flow) -> None:
        if self._stop.is_set() or self._failed or flow.get_stats().is_finished():
            return
        try:
            self._run_or_skip(flow)
        except BaseException:
            self._failed = self._failed or flow.name  # before this thread takes the next flow
            raise

    def _run_or_skip(self, flow: Flow) -> None:
        strategy = self.skip_strategy or flow.get_flow_skip_strategy()
        if strategy.skip_flow(flow):
            flow.skip()
        else:
            flow.complete()
        if not flow.get_stats().is_successful() and not flow.get_stats().is_stopped():
            # Its listener dealt with the error, but what comes after it cannot run.
            error = flow.get_stats().error
            raise FlowError(f"flow {flow.name!r} failed") from error

    def _workers(self) -> int:
        engines = {flow.engine.name for flow in self.flows}
        if len(self.flows) > 1 and "local" in engines:
            return 1  # flows in this process share it, as Cascading's local flows do
        return max(1, self._most_at_once or len(self.flows))

    # -- watching --------------------------------------------------------------------------------

    def add_listener(self, listener: CascadeListener) -> None:
        """Add a listener; BuildError if it lacks a method of CascadeListener."""
        check_listener(listener, CascadeListener)
        self._listeners.append(listener)

    def remove_listener(self, listener: CascadeListener) -> bool:
        """Remove a listener; False when it was not there."""
        if listener not in self._listeners:
            return False
        self._listeners.remove(listener)
        return True

    def get_stats(self) -> CascadeStats:
        """Return the statistics."""
        return self.stats

    def get_cascade_stats(self) -> CascadeStats:
        """Return the statistics."""
        return self.stats

    def set_flow_skip_strategy(self, strategy: FlowSkipStrategy) -> FlowSkipStrategy | None:
        """Set what is asked for every flow, in place of its own; return the one before."""
        before, self.skip_strategy = self.skip_strategy, strategy
        return before

    def get_flow_skip_strategy(self) -> FlowSkipStrategy | None:
        """Return what is asked for every flow, None when each flow's own is."""
        return self.skip_strategy

    # -- asking ----------------------------------------------------------------------------------

    def get_name(self) -> str:
        """Return the name."""
        return self.name

    def get_id(self) -> str:
        """Return the id."""
        return self.id

    def get_flows(self) -> list[Flow]:
        """Return the flows in an order in which they could run."""
        return list(self.flows)

    def find_flows(self, pattern: str) -> list[Flow]:
        """Return the flows whose whole name matches a regular expression."""
        return [flow for flow in self.flows if re.fullmatch(pattern, flow.name)]

    def get_head_flows(self) -> list[Flow]:
        """Return the flows that wait for none."""
        return [flow for flow in self.flows if not self._waits[flow.name]]

    def get_tail_flows(self) -> list[Flow]:
        """Return the flows that none waits for."""
        awaited = set().union(*self._waits.values())
        return [flow for flow in self.flows if flow.name not in awaited]

    def get_intermediate_flows(self) -> list[Flow]:
        """Return the flows that are neither first nor last."""
        ends = [*self.get_head_flows(), *self.get_tail_flows()]
        return [flow for flow in self.flows if flow not in ends]

    def get_predecessor_flows(self, flow: Flow) -> list[Flow]:
        """Return the flows that a flow waits for."""
        return [other for other in self.flows if other.name in self._waits[flow.name]]

    def get_successor_flows(self, flow: Flow) -> list[Flow]:
        """Return the flows that wait for a flow."""
        return [other for other in self.flows if flow.name in self._waits[other.name]]

    def get_source_taps(self) -> list[Tap]:
        """Return the sources that no flow of the cascade writes."""
        written = {name for flow in self.flows for name in sinks_of(flow)}
        taps = [tap for flow in self.flows for tap in flow.get_sources().values()]
        return [tap for tap in taps if not set(identifiers_of(tap)) & written]

    def get_sink_taps(self) -> list[Tap]:
        """Return the sinks that no flow of the cascade reads."""
        read = {name for flow in self.flows for name in sources_of(flow)}
        taps = [tap for flow in self.flows for tap in flow.get_sinks().values()]
        return [tap for tap in taps if not set(identifiers_of(tap)) & read]

    def get_intermediate_taps(self) -> list[Tap]:
        """Return the sinks that another flow of the cascade reads."""
        ends = self.get_sink_taps()
        taps = [tap for flow in self.flows for tap in flow.get_sinks().values()]
        return [tap for tap in taps if tap not in ends]

    def get_checkpoints_taps(self) -> list[Tap]:
        """Return the taps of checkpoints."""
        return [tap for flow in self.flows for tap in flow.get_checkpoints().values()]

    def get_all_taps(self) -> list[Tap]:
        """Return every source, sink and checkpoint tap, equal ones once."""
        roles = [self.get_source_taps(), self.get_intermediate_taps(), self.get_sink_taps()]
        taps = [tap for role in (*roles, self.get_checkpoints_taps()) for tap in role]
        return list(dict.fromkeys(taps))

    def find_flows_sourcing_from(self, identifier: str) -> list[Flow]:
        """Return the flows that read a place."""
        return [flow for flow in self.flows if _is_among(identifier, flow.get_sources())]

    def find_flows_sinking_to(self, identifier: str) -> list[Flow]:
        """Return the flows that write a place."""
        return [flow for flow in self.flows if _is_among(identifier, flow.get_sinks())]

    def write_dot(self, path: str) -> None:
        """Write flows and their dependencies as a graph in DOT."""
        names = {flow.name: f"f{number}" for number, flow in enumerate(self.flows)}
        lines = [f'  {key} [label="{_escaped(name)}"];' for name, key in names.items()]
        lines += [
            f"  {names[before]} -> {names[name]};"
            for name, others in self._waits.items()
            for before in sorted(others)
        ]
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(["digraph cascade {", *lines, "}", ""]))

    def __repr__(self) -> str:
        return f"Cascade {self.name!r} of {len(self.flows)} flows {self.stats.status.value}"


def _is_among(identifier: str, taps: Mapping[str, Tap]) -> bool:
    known = [tap.get_identifier() for tap in taps.values()]
    return identifier in known or any(identifier in identifiers_of(tap) for tap in taps.values())


def _as_ours(name: str, error: Exception, flow: str | None) -> CascadeError:
    """Return the error of a cascade: what its flow said, part by part, and which flow it was."""
    said = error.headline if isinstance(error, Cascade2SparkError) else str(error)
    headline = f"cascade {name!r} failed: {type(error).__name__}: {said}"
    details: dict[str, object] = {} if flow is None else {"flow": repr(flow)}
    if not isinstance(error, Cascade2SparkError):
        line = failing_line(error)
        ours = CascadeError(headline, details=details | ({"raised at": line} if line else {}))
    else:
        told = error.__cause__ if error.headline == f"flow {flow!r} failed" else None
        if isinstance(told, Cascade2SparkError):  # its listener dealt with it
            details["because"] = f"{type(told).__name__}: {told.headline}"
        place = told if isinstance(told, Cascade2SparkError) else error
        ours = CascadeError(
            headline,
            row=getattr(place, "row", None),
            fields=getattr(place, "fields", None),
            asked=place.asked,
            available=place.available,
            nearest=place.nearest,
            details=details | place.details,
            origin=place.origin,
            branch=place.branch,
            fix=place.fix,
        )
    ours.__cause__ = error
    return ours


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
