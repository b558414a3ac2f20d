"""Where the sinks and traps of one run go: checked before it, published together after it.

What an engine is handed for a sink: the `PartPlace` of a tap with files, a list that takes the rows
of a MemoryTap, None for taps that Spark itself fills. No engine sees a MultiSinkTap: it becomes a
Write for each of its parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any, Protocol

import attrs

from cascade2spark.config import Settings
from cascade2spark.errors import TapError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import (
    Manifest,
    OutputCommit,
    OutputMode,
    prepare_all,
    publish_all,
)
from cascade2spark.planner.steps import RunResult, Step, StepPlan, TrapSpec, Write
from cascade2spark.selection import pick_for
from cascade2spark.taps.base import Tap
from cascade2spark.taps.memory import DataFrameTap, MemoryTap, RDDTap
from cascade2spark.taps.multi import MultiSinkTap
from cascade2spark.taps.paths import PathTap
from cascade2spark.taps.streams import StreamSink
from cascade2spark.taps.wrapping import engine_tap

__all__ = ["Outputs", "split_multi_sinks"]

_COMPRESSION = "cascade2spark.output.compression"


class Output(Protocol):
    """One sink of a run."""

    place: Any
    """What the engine is handed."""

    @property
    def commits(self) -> Sequence[OutputCommit]:
        """The commits behind it."""
        ...

    def check(self) -> None:
        """Raise TapError when old data is in the way."""
        ...

    def ready(self, manifests: Sequence[Any]) -> Sequence[OutputCommit]:
        """Make what was written ready; return the commits that wait to be published."""
        ...

    def publish(self) -> None:
        """Show what is not published by a commit."""
        ...


@attrs.frozen
class Purpose:
    """What an output is for.

    Args:
        run_id: id of the run.
        is_trap: it takes trapped rows.
        compression: codec of part files whose scheme names none.
    """

    run_id: str
    is_trap: bool
    compression: str | None


class FileOutput:
    """Files, through a commit."""

    def __init__(self, tap: PathTap, fields: Fields, purpose: Purpose) -> None:
        self._tap = tap
        self._is_trap = is_trap = purpose.is_trap
        # A trap adds to what earlier runs trapped, unless it is told to replace that.
        mode: OutputMode = tap.sink_mode.value
        writer = tap.scheme.trap_writer(fields) if is_trap else tap.scheme.writer(fields)
        if is_trap and mode == "KEEP":
            mode = "UPDATE"
        self._commit = OutputCommit(
            tap.path,
            mode,
            run_id=purpose.run_id,
            is_file=tap.is_single_file,
            compression=tap.output_compression(purpose.compression),
            header=writer.header(),
            suffix=tap.scheme.part_suffix,
            can_join=tap.scheme.can_join,
            origin=tap.origin,
        )
        self.place = self._commit.place

    @property
    def commits(self) -> Sequence[OutputCommit]:
        return (self._commit,)

    def check(self) -> None:
        self._commit.check()

    def ready(self, manifests: Sequence[Manifest]) -> Sequence[OutputCommit]:
        if self._is_trap and not any(manifest.rows for manifest in manifests):
            self._commit.abort()  # a trap that caught nothing does not exist
            return ()
        self._commit.ready(manifests)
        return (self._commit,)

    def publish(self) -> None:
        """Nothing is left: the commit published the files."""


class MemoryOutput:
    """Rows kept by the driver."""

    def __init__(self, tap: MemoryTap, is_trap: bool) -> None:
        self._tap = tap
        self._is_trap = is_trap
        self.place: list[Any] = []

    @property
    def commits(self) -> Sequence[OutputCommit]:
        return ()

    def check(self) -> None:
        if self._tap.is_keep() and self._tap.resource_exists() and not self._is_trap:
            raise TapError(
                f"{self._tap} holds rows already, and its sink mode is KEEP",
                origin=self._tap.origin,
                fix="give the tap SinkMode.REPLACE",
            )

    def ready(self, manifests: Sequence[Any]) -> Sequence[OutputCommit]:
        return ()

    def publish(self) -> None:
        if self.place or not self._is_trap:
            self._tap.write_rows(self.place)
        elif self._tap.is_replace():
            self._tap.delete_resource()


class StreamOutput:
    """A stream of this process: it gets what was written when everything else is published."""

    commits: Sequence[OutputCommit] = ()

    def __init__(self, tap: StreamSink, fields: Fields, is_trap: bool) -> None:
        writer = tap.scheme.trap_writer(fields) if is_trap else tap.scheme.writer(fields)
        self._tap = tap
        self.place = StreamPlace(writer.header())

    def check(self) -> None:
        """Nothing can be in the way."""

    def ready(self, manifests: Sequence[Any]) -> Sequence[OutputCommit]:
        return ()

    def publish(self) -> None:
        if self.place.written:
            self._tap.write_bytes(b"".join(self.place.written))


class StreamPlace:
    """Takes the one part of a stream; only an engine in this process can write to it."""

    def __init__(self, header: bytes | None) -> None:
        self._header = header
        self.written: list[bytes] = []

    def open_part(self, part: int) -> StreamPlace:
        """Return itself."""
        return self

    def write(self, data: bytes, rows: int) -> None:
        """Append encoded rows."""
        if rows and self._header:
            self.written.append(self._header)
            self._header = None
        self.written.append(data)

    def close(self) -> None:
        """Nothing is left to do."""

    def __enter__(self) -> StreamPlace:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is left to do."""


class SparkOutput:
    """An RDD or a DataFrame: the engine puts it into the tap."""

    place = None
    commits: Sequence[OutputCommit] = ()

    def check(self) -> None:
        """Nothing can be in the way."""

    def ready(self, manifests: Sequence[Any]) -> Sequence[OutputCommit]:
        return ()

    def publish(self) -> None:
        """The engine did it."""


@singledispatch
def output_of(tap: Tap, fields: Fields, purpose: Purpose) -> Output:
    """Return the output of one run into a tap.

    Args:
        fields: the fields that are written.
    """
    raise Unsupported(f"{tap} cannot take the output of a flow", origin=tap.origin)


@output_of.register
def _(tap: PathTap, fields: Fields, purpose: Purpose) -> Output:
    return FileOutput(tap, fields, purpose)


@output_of.register
def _(tap: MemoryTap, fields: Fields, purpose: Purpose) -> Output:
    return MemoryOutput(tap, purpose.is_trap)


@output_of.register
def _(tap: StreamSink, fields: Fields, purpose: Purpose) -> Output:
    return StreamOutput(tap, fields, purpose.is_trap)


@output_of.register(RDDTap)
@output_of.register(DataFrameTap)
def _(tap: Tap, fields: Fields, purpose: Purpose) -> Output:
    return SparkOutput()


class Outputs:
    """The sinks and traps of one run."""

    def __init__(self, plan: StepPlan, run_id: str, compression: str | None = None) -> None:
        sink, trap = Purpose(run_id, False, compression), Purpose(run_id, True, None)
        self._sinks = {
            write.number: output_of(write.tap, write.fields, _own_purpose(write.tap, sink))
            for write in plan.writes
        }
        self._traps = {
            spec.number: output_of(spec.tap, _trap_fields(spec.tap), trap) for spec in plan.traps
        }
        self._trap_taps = [spec.tap for spec in plan.traps]

    @property
    def places(self) -> Mapping[int, Any]:
        """What the engine is handed for each Write step."""
        return {number: sink.place for number, sink in self._sinks.items()}

    @property
    def trap_places(self) -> Mapping[int, Any]:
        """What the engine is handed for each trap."""
        return {number: trap.place for number, trap in self._traps.items()}

    def prepare(self) -> None:
        """Finish or undo what dead runs left, check every sink, then make room for the files."""
        for output in self._all():
            if not output.commits:
                output.check()
        prepare_all(self._commits())

    def publish(self, result: RunResult) -> None:
        """Publish all outputs of a run that succeeded, or none."""
        waiting: list[OutputCommit] = []
        try:
            for number, sink in self._sinks.items():
                waiting += sink.ready(result.manifests.get(number, []))
            for number, trap in self._traps.items():
                waiting += trap.ready(result.manifests.get(-1 - number, []))
        except BaseException:
            self.abort()
            raise
        publish_all(waiting)
        for output in self._all():
            output.publish()
        for tap, trap in zip(self._trap_taps, self._traps.values(), strict=True):
            # The old content of a trap that replaces goes even when nothing was trapped.
            if tap.is_replace() and trap.commits and not set(trap.commits) & set(waiting):
                tap.delete_resource()

    def abort(self) -> None:
        """Throw away what was written."""
        for commit in self._commits():
            commit.abort()

    def _all(self) -> list[Output]:
        return [*self._sinks.values(), *self._traps.values()]

    def _commits(self) -> list[OutputCommit]:
        return [commit for output in self._all() for commit in output.commits]


def _own_purpose(tap: Tap, purpose: Purpose) -> Purpose:
    """Return what a sink is for, if the properties of its tap name a compression."""
    own = tap.get_config_def().apply_to({})
    if _COMPRESSION not in own:
        return purpose
    asked = Settings.from_properties(own).output_compression
    return attrs.evolve(purpose, compression=None if asked == "none" else asked)


def _trap_fields(tap: Tap) -> Fields:
    """Return what a trap writes: rows of any width, unless its tap declares fields."""
    return tap.sink_fields if tap.sink_fields.is_defined() else Fields.UNKNOWN


def split_multi_sinks(plan: StepPlan) -> StepPlan:
    """Return the plan with a Write for each part of a MultiSinkTap.

    The first part stays in its place, the others come at the end.
    """
    steps: list[Step] = list(plan.steps)
    lowest = min((step.site.key for step in steps), default=0)
    for step in plan.steps:
        if not isinstance(step, Write) or not isinstance(step.tap, MultiSinkTap):
            continue
        before = step.inputs[0]
        for place, tap in enumerate(parts_of(step.tap)):
            fields = step.fields.select(tap.sink_fields)
            part = attrs.evolve(step, tap=tap, fields=fields, pick=pick_for(fields, before.fields))
            if place == 0:
                steps[step.number] = part
                continue
            # Keys of pipes start at 0, those of steps that no pipe stands for go down from -1.
            lowest = min(lowest, 0) - 1
            site = attrs.evolve(step.site, key=lowest, label=f"{step.site.label}, part {place + 1}")
            steps.append(attrs.evolve(part, number=len(steps), site=site, sites=(site,)))
    return attrs.evolve(plan, steps=tuple(steps), traps=_split_traps(plan.traps))


def _split_traps(traps: Sequence[TrapSpec]) -> tuple[TrapSpec, ...]:
    """Return the traps with one for each part of a MultiSinkTap; others take the first's rows."""
    found: list[TrapSpec] = list(traps)
    for at, spec in enumerate(traps):
        if isinstance(spec.tap, MultiSinkTap):
            first, *others = parts_of(spec.tap)
            found[at] = attrs.evolve(spec, tap=first)
            for tap in others:
                found.append(attrs.evolve(spec, number=len(found), tap=tap, takes=spec.number))
    return tuple(found)


def parts_of(tap: MultiSinkTap) -> list[Tap]:
    """Return the sinks inside, those of sinks inside as well."""
    found: list[Tap] = []
    for part in map(engine_tap, tap.taps):
        found += parts_of(part) if isinstance(part, MultiSinkTap) else [part]
    return found
