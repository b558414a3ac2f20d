"""What the typed API, the fields API and jobs share: sources, modes, and what is to be written.

A pipe that reads a source is made by `source_pipe`, and one that has a trap by `trap_pipe`; a flow
finds its taps by walking its tails, so that no builder has to be passed along. Which tap a source
means is decided when the flow is made, by its mode: a test puts rows in a source's place.
"""

from __future__ import annotations

import contextvars
import itertools
import os
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from cascade2spark.connectors import FlowConnector, LocalFlowConnector, SparkFlowConnector
from cascade2spark.errors import BuildError, TapError
from cascade2spark.fields import Fields
from cascade2spark.files import as_path_text
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.flow import Flow
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.pipes import Pipe
from cascade2spark.taps.base import Tap

__all__ = [
    "BijectedSourceSink",
    "FlowState",
    "Mode",
    "PipeSource",
    "Source",
    "building_in",
    "building_mode",
    "current_state",
    "default_comparator",
    "source_pipe",
    "state_of",
    "trap_pipe",
]


@attrs.frozen(eq=False)
class Mode:
    """Where a flow runs, and what its sources stand for there.

    Args:
        connector: plans and runs the flows.
        is_strict: all inputs must be good; else those that are will do.
        in_place: for a test: what is read or written instead of a source that equals the key.
        class_path: Python files that the workers need.
        validates: whether `Job.validate` is called before a job runs.
        files: for a test: paths of the files that are there.
    """

    connector: FlowConnector
    is_strict: bool = True
    in_place: Mapping[Source, Tap] | None = None
    class_path: tuple[str, ...] = ()
    validates: bool = True
    files: frozenset[str] = frozenset()

    @classmethod
    def local(cls, properties: Mapping[str, Any] | None = None, is_strict: bool = True) -> Mode:
        """Return the mode without Spark: everything runs in this process, on local files."""
        return cls(LocalFlowConnector(properties), is_strict)

    @classmethod
    def spark(
        cls,
        spark: Any = None,
        properties: Mapping[str, Any] | None = None,
        is_strict: bool = True,
        class_path: tuple[str, ...] = (),
    ) -> Mode:
        """Return the mode on Spark; see SparkFlowConnector for what `spark` may be."""
        return cls(SparkFlowConnector(spark, properties), is_strict, class_path=class_path)

    @property
    def is_local(self) -> bool:
        """Whether files are read as plain local ones."""
        return isinstance(self.connector, LocalFlowConnector)

    def read_tap(self, source: Source) -> Tap:
        """Return what is read for a source.

        Raises:
            TapError: a test that did not say what the source holds, or input that is not good.
        """
        return self._tap(source, "read") or source.read_tap(self)

    def can_read(self, source: Source) -> bool:
        """Tell whether a source may be read: its input is there, and good."""
        try:
            return self.read_tap(source).resource_exists()
        except TapError:
            return False

    def matching_paths(self, path: str) -> list[str]:
        """Return all that a path or a glob matches where this mode reads it, hidden names too."""
        return self.connector.matching_paths(path)

    def file_exists(self, path: str | os.PathLike[str]) -> bool:
        """Tell whether a file or folder is there; in a test, whether the test says so."""
        text = as_path_text(path)
        if self.in_place is not None:
            return text in self.files
        return bool(self.matching_paths(text))

    def write_tap(self, source: Source) -> Tap:
        """Return what is written for a source."""
        return self._tap(source, "write") or source.write_tap(self)

    def _tap(self, source: Source, access: str) -> Tap | None:
        if self.in_place is None:
            return None
        found = self.in_place.get(source)
        if found is None and not source.is_literal:
            raise TapError(
                f"the test does not say what {source} holds",
                asked=f"{access} {source}",
                available=[str(known) for known in self.in_place],
            )
        return found


class Source(ABC):
    """Something that is read, written, or both. Sources are values: equal ones are one input.

    A subclass is a frozen attrs class. In the typed API a source is read as values and written
    from them; `to_value` and `to_row` lead from the rows of its fields to values and back.
    """

    is_literal = False
    """Whether the rows are in the source itself, so that a test need not give them."""

    is_encoded = False
    """Whether the rows are bytes that stand for values, also where the fields API reads them."""

    max_failures = 0
    """How many rows of a task may fail to become values; these are left out, and counted."""

    is_versioned = False
    """Whether one job may read and write it, because what is written is not what is read."""

    @property
    def tests_take_values(self) -> bool:
        """Whether a test gives values of the typed API even where a row looks like one."""
        return False

    @property
    @abstractmethod
    def source_fields(self) -> Fields:
        """Fields of the rows that are read; UNKNOWN if the data says."""

    @property
    def sink_fields(self) -> Fields:
        """Fields of the rows that are written; ALL if undeclared."""
        return Fields.ALL if self.source_fields.is_unknown() else self.source_fields

    @property
    def typed_source_fields(self) -> Fields:
        """Fields that `to_value` is given; the typed API reads no others."""
        return self.source_fields

    @property
    def typed_sink_fields(self) -> Fields:
        """Fields of the rows that `to_row` gives; ALL if their number is not known."""
        return self.sink_fields

    @property
    def flat_fields(self) -> Fields | None:
        """Typed fields that `to_value` only makes a tuple of; None if it does anything else.

        A primitive type makes its zero of a null. The typed API then leaves the values where they
        are, in fields of their own.
        """
        return None

    def read_tap(self, mode: Mode) -> Tap:
        """Return the tap to read, after a look whether its input is good."""
        raise TapError(f"{self} cannot be read")

    def write_tap(self, mode: Mode) -> Tap:
        """Return the tap to write."""
        raise TapError(f"{self} cannot be written")

    def to_value(self, row: tuple[Any, ...]) -> Any:
        """Return the value of a row of `typed_source_fields`: of one its value, else the row."""
        return row[0] if len(row) == 1 else row

    def to_row(self, value: Any) -> tuple[Any, ...]:
        """Return the row that a value of the typed API is written as."""
        fields = self.typed_sink_fields
        if fields.is_defined() and len(fields) == 1:
            return (value,)
        return value if type(value) is tuple else tuple(value)

    def and_then(self, call: Callable[[Any], Any]) -> BijectedSourceSink:
        """Return a source of what a function makes of each value; it can only be read."""
        return BijectedSourceSink(self, call)

    def contra_map(self, call: Callable[[Any], Any]) -> BijectedSourceSink:
        """Return a sink that writes what a function makes of each value; it can only be written."""
        return BijectedSourceSink(self, None, call)


@attrs.frozen(eq=False)
class PipeSource(Source):
    """The rows of a pipe where a source is wanted: how a flow goes on from one API to another.

    Args:
        pipe: its rows have just the fields.
        fields: the names of the values.
    """

    pipe: Pipe
    fields: Fields

    @property
    def source_fields(self) -> Fields:
        """Fields of the rows."""
        return self.fields

    def __str__(self) -> str:
        return self.pipe.name


@attrs.frozen(repr=False)
class BijectedSourceSink(Source):
    """A source whose typed values are converted.

    Args:
        source: what is read and written.
        from_stored: makes a value of the source's own; None if it cannot be read.
        to_stored: makes the source's own value of a value; None if it cannot be written.
    """

    source: Source
    from_stored: Callable[[Any], Any] | None = None
    to_stored: Callable[[Any], Any] | None = None

    @property
    def source_fields(self) -> Fields:
        return self.source.source_fields

    @property
    def sink_fields(self) -> Fields:
        return self.source.sink_fields

    @property
    def typed_source_fields(self) -> Fields:
        return self.source.typed_source_fields

    @property
    def typed_sink_fields(self) -> Fields:
        return self.source.typed_sink_fields

    @property
    def is_literal(self) -> bool:  # type: ignore[override]
        """Whether the rows are in the source itself."""
        return self.source.is_literal

    @property
    def is_encoded(self) -> bool:  # type: ignore[override]
        """Whether the rows are bytes that stand for values."""
        return self.source.is_encoded

    @property
    def max_failures(self) -> int:  # type: ignore[override]
        """How many rows of a task may fail to become values."""
        return self.source.max_failures

    def read_tap(self, mode: Mode) -> Tap:
        if self.from_stored is None:
            raise TapError(f"{self} can only be written")
        return self.source.read_tap(mode)

    def write_tap(self, mode: Mode) -> Tap:
        if self.to_stored is None:
            raise TapError(f"{self} can only be read")
        return self.source.write_tap(mode)

    def to_value(self, row: tuple[Any, ...]) -> Any:
        value = self.source.to_value(row)
        return value if self.from_stored is None else self.from_stored(value)

    def to_row(self, value: Any) -> tuple[Any, ...]:
        return self.source.to_row(value if self.to_stored is None else self.to_stored(value))

    def __repr__(self) -> str:
        return f"{self.source} with a conversion"


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
            found.add_tail_sink(tail, mode.write_tap(sink))
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
                        taps[source] = mode.read_tap(source)
                    found.add_source(each.name, taps[source])
                if trap is not None and each.name not in found.traps:
                    found.add_trap(each.name, mode.write_tap(trap))
        return found

    def connect(self, mode: Mode, name: str) -> Flow:
        """Return the planned flow."""
        return mode.connector.connect(self.flow_def(mode, name))


_current: contextvars.ContextVar[FlowState] = contextvars.ContextVar("scalding_flow_state")
_mode: contextvars.ContextVar[Mode] = contextvars.ContextVar("scalding_mode")


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


@contextmanager
def building_in(mode: Mode) -> Iterator[Mode]:
    """Say for a while in which mode the jobs that are built will run."""
    token = _mode.set(mode)
    try:
        yield mode
    finally:
        _mode.reset(token)


def building_mode() -> Mode:
    """Return the mode of the jobs that are being built; the one without Spark if nobody says."""
    return _mode.get(None) or Mode.local()


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
