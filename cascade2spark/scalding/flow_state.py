"""What is to be written, and the flow that is made of it.

A pipe that reads a source is made by `source_pipe`, and one that has a trap by `trap_pipe`; a flow
finds its taps by walking its tails, so that no builder has to be passed along.
"""

from __future__ import annotations

import contextvars
import itertools
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.flow import Flow
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.pipes import Pipe
from cascade2spark.scalding.base import Mode, PipeSource, Source
from cascade2spark.taps.base import Tap

__all__ = [
    "FlowState",
    "current_state",
    "default_comparator",
    "source_pipe",
    "state_of",
    "trap_pipe",
]

# Pipes know nothing of sources; these are by identity, as pipes are equal to themselves only.
_sources: weakref.WeakKeyDictionary[Pipe, Source] = weakref.WeakKeyDictionary()
_traps: weakref.WeakKeyDictionary[Pipe, Source] = weakref.WeakKeyDictionary()
_numbers = itertools.count()


def source_pipe(source: Source) -> Pipe:
    """Return a head that reads a source, under a name of its own."""
    name = f"{source} {next(_numbers)}"
    if isinstance(source, PipeSource):
        return Pipe(name, source.pipe)
    pipe = Pipe(name)
    _sources[pipe] = source
    return pipe


def trap_pipe(trap: Source, previous: Pipe) -> Pipe:
    """Return a branch, under a name of its own, whose failing rows go to a source."""
    pipe = Pipe(f"{trap} {next(_numbers)}", previous)
    _traps[pipe] = trap
    return pipe


class FlowState:
    """What a job or an execution has to write, until a flow is made of it.

    Args:
        owner: the job that is built; None of an execution.
    """

    def __init__(self, owner: Any = None) -> None:
        self.owner = owner
        self.writes: list[tuple[Pipe, Source]] = []
        self._places: list[Origin] = []

    def add(self, pipe: Pipe, sink: Source) -> None:
        """Have a pipe written."""
        if not isinstance(sink, Source):
            raise BuildError(
                "a pipe is written to a source", asked=repr(sink), origin=capture_origin()
            )
        place = capture_origin()
        for (_, other), before in zip(self.writes, self._places, strict=False):
            if sink == other:
                raise BuildError(
                    f"{sink} is written twice",
                    details={"first": str(before), "again": str(place)},
                    fix="merge the two pipes and write that",
                )
        self._places.append(place)
        self.writes.append((getattr(pipe, "pipe", pipe), sink))  # of the fields API, what it wraps

    def flow_def(self, mode: Mode, name: str) -> FlowDef:
        """Return the definition of the flow that writes all of it.

        Heads that read equal sources are bound to one tap, so that it is read once.

        Raises:
            BuildError: there is nothing to write.
        """
        if not self.writes:
            raise BuildError(f"{name} writes nothing", fix="write a pipe to a source")
        found = FlowDef(name)
        for path in mode.class_path:
            found.add_to_class_path(path)
        taps: dict[Source, Tap] = {}
        sinks = {sink for _, sink in self.writes}
        for number, (pipe, sink) in enumerate(self.writes):
            tail = Pipe(f"{name} {number}", pipe)
            object.__setattr__(tail, "origin", self._places[number])  # of the write, not of the run
            found.add_tail_sink(tail, _made_for(tail, mode.write_tap(sink)))
            for each in _ancestors(tail):
                source, trap = _sources.get(each), _traps.get(each)
                if source is not None and each.name not in found.sources:
                    if source in sinks and not source.is_versioned:
                        raise BuildError(
                            f"{name} reads {source} and writes it as well",
                            origin=each.origin,
                            fix="write to a path of its own",
                        )
                    if source not in taps:
                        taps[source] = _made_for(each, mode.read_tap(source))
                    found.add_source(each.name, taps[source])
                if trap is not None and each.name not in found.traps:
                    found.add_trap(each.name, _made_for(each, mode.write_tap(trap)))
        return found

    def connect(self, mode: Mode, name: str) -> Flow:
        """Return the planned flow."""
        return mode.connector.connect(self.flow_def(mode, name))


def _made_for(pipe: Pipe, tap: Tap) -> Tap:
    """Return a tap that was made while planning, with the user's line of the pipe it is for."""
    tap.locate(pipe.origin)
    return tap


_current: contextvars.ContextVar[FlowState] = contextvars.ContextVar("scalding_flow_state")


def current_state() -> FlowState:
    """Return what the job that is being built writes.

    Raises:
        BuildError: no job is being built.
    """
    found = _current.get(None)
    if found is None:
        raise BuildError(
            "write needs a Job that is being built",
            fix="write inside of a Job, or use write_execution",
        )
    return found


@contextmanager
def state_of(state: FlowState) -> Iterator[FlowState]:
    """Make a state the current one for a while."""
    token = _current.set(state)
    try:
        yield state
    finally:
        _current.reset(token)


def default_comparator() -> Any:
    """Return the comparator of key fields without one, in the job being built; None for none."""
    state = _current.get(None)
    return None if state is None or state.owner is None else state.owner.default_comparator()


def _ancestors(tail: Pipe) -> Iterator[Pipe]:
    """Yield a pipe and all above it, each once."""
    seen: set[int] = set()
    stack = [tail]
    while stack:
        pipe = stack.pop()
        if id(pipe) not in seen:
            seen.add(id(pipe))
            yield pipe
            stack.extend(pipe.previous)
