"""FlowDef: what a flow is made of, said piece by piece."""

from __future__ import annotations

import enum
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.flows.units import UnitOfWorkDef
from cascade2spark.operations.base import AssertionLevel, DebugLevel
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.pipes import Pipe, tails_of
from cascade2spark.taps.base import Tap

__all__ = ["AssemblyContext", "FlowDef", "flow_def_of"]

_log = logging.getLogger("cascade2spark.settings")


@attrs.frozen
class AssemblyContext:
    """What an assembly planner is given.

    Attributes:
        tails: the tails as they are now.
        source_names, sink_names: the names that taps are bound to.
        properties: the connector's and the flow's properties.
    """

    tails: tuple[Pipe, ...]
    source_names: tuple[str, ...]
    sink_names: tuple[str, ...]
    properties: Mapping[str, Any]

    def get_tails(self) -> tuple[Pipe, ...]:
        """Return `tails`."""
        return self.tails


class FlowDef(UnitOfWorkDef):
    """What a flow is made of: taps by name, tails, levels. Every method returns the FlowDef.

    A source is bound to the name of a head, a sink to that of a tail, a trap to any branch name, a
    checkpoint to that of a Checkpoint. A pipe may stand for its name.

    Source:
        cascading.flow.FlowDef
    Example:
        >>> FlowDef().set_name("count").add_tag("daily").get_name()
        'count'
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.sources: dict[str, Tap] = {}
        self.sinks: dict[str, Tap] = {}
        self.traps: dict[str, Tap] = {}
        self.checkpoints: dict[str, Tap] = {}
        self.tails: list[Pipe] = []
        self.run_id: str | None = None
        self.assertion_level: AssertionLevel | None = None
        self.debug_level: DebugLevel | None = None
        self.descriptions: dict[str, str] = {}
        self.class_path: list[str] = []
        self.assembly_planners: list[Callable[[AssemblyContext], Any]] = []
        self.properties: dict[str, Any] = {}
        self.origin: Origin = capture_origin()

    @classmethod
    def flow_def(cls) -> FlowDef:
        """Return a new FlowDef, as ported code begins one."""
        return cls()

    def add_source(self, name: str | Pipe, tap: Tap) -> FlowDef:
        """Bind a source to the head of this name, or to the one head of a pipe."""
        if isinstance(name, Pipe):
            heads = {head.name: head for tail in tails_of(name) for head in tail.get_heads()}
            if len(heads) != 1:
                raise BuildError(
                    f"{name!r} has {len(heads)} heads, so it cannot name a source",
                    available=list(heads),
                    fix="bind each source to the name of its head",
                )
            name = next(iter(heads))
        return self._bind("source", self.sources, name, tap)

    def add_sources(self, taps: Mapping[str, Tap]) -> FlowDef:
        """Bind several sources by name."""
        for name, tap in taps.items():
            self.add_source(name, tap)
        return self

    def add_sink(self, name: str | Pipe, tap: Tap) -> FlowDef:
        """Bind a sink to the tail of this name."""
        return self._bind("sink", self.sinks, _name_of(name), tap)

    def add_sinks(self, taps: Mapping[str, Tap]) -> FlowDef:
        """Bind several sinks by name."""
        for name, tap in taps.items():
            self.add_sink(name, tap)
        return self

    def add_tail(self, tail: Pipe) -> FlowDef:
        """Add one tail; an assembly stands for all of its tails."""
        return self.add_tails(tail)

    def add_tails(self, *tails: Any) -> FlowDef:
        """Add tails, one by one or as a list."""
        for given in tails:
            if isinstance(given, Pipe):
                self.tails.extend(tails_of(given))
            elif isinstance(given, Iterable) and not isinstance(given, (str, bytes)):
                self.add_tails(*given)
            else:
                raise BuildError("a tail is a pipe", asked=repr(given))
        return self

    def add_tail_sink(self, tail: Pipe, tap: Tap) -> FlowDef:
        """Add a tail and the sink of its name."""
        self.add_sink(tail, tap)
        return self.add_tails(tail)

    def add_trap(self, name: str | Pipe, tap: Tap) -> FlowDef:
        """Bind a trap to every pipe of this name."""
        return self._bind("trap", self.traps, _name_of(name), tap)

    def add_traps(self, taps: Mapping[str, Tap]) -> FlowDef:
        """Bind several traps by name."""
        for name, tap in taps.items():
            self.add_trap(name, tap)
        return self

    def add_checkpoint(self, name: str | Pipe, tap: Tap) -> FlowDef:
        """Bind a tap, of undeclared fields, to the Checkpoint of this name."""
        return self._bind("checkpoint", self.checkpoints, _name_of(name), tap)

    def add_checkpoints(self, taps: Mapping[str, Tap]) -> FlowDef:
        """Bind several checkpoints by name."""
        for name, tap in taps.items():
            self.add_checkpoint(name, tap)
        return self

    def set_run_id(self, run_id: str) -> FlowDef:
        """Name the run: if it fails, the next one of this name goes on from its checkpoints.

        The flow must have a name too, and its named Checkpoints different ones. They are kept in
        files until a run succeeds, beside the first sink, or where
        ``cascade2spark.checkpoint.path`` says.
        """
        self.run_id = run_id
        return self

    def set_assertion_level(self, level: AssertionLevel) -> FlowDef:
        """Leave assertions that are stricter than this out of the plan. Default STRICT."""
        if not isinstance(level, AssertionLevel):
            raise _no_level("an assertion level is an AssertionLevel", AssertionLevel, level)
        self.assertion_level = level
        return self

    def set_debug_level(self, level: DebugLevel) -> FlowDef:
        """Leave Debug pipes that are more talkative than this out. Default DEFAULT."""
        if not isinstance(level, DebugLevel):
            raise _no_level("a debug level is a DebugLevel", DebugLevel, level)
        self.debug_level = level
        return self

    def add_description(self, key: str, text: str | None = None) -> FlowDef:
        """Describe the flow: ``(text)``, or ``(key, text)``."""
        key, value = ("description", key) if text is None else (key, text)
        self.descriptions[key] = value
        return self

    def add_to_class_path(self, path: str | os.PathLike[str]) -> FlowDef:
        """Ship a Python file, zip, egg or wheel to the workers.

        A jar is left out, with a warning: nothing here runs Java's classes.
        """
        if os.fspath(path).endswith(".jar"):
            what = "%s on the class path has no effect: nothing here runs Java's classes"
            _log.warning(what, os.fspath(path))
        else:
            self.class_path.append(os.fspath(path))
        return self

    def add_assembly_planner(self, planner: Any) -> FlowDef:
        """Let `planner` replace the tails while connecting.

        Args:
            planner: a callable of an `AssemblyContext`, or an object with ``resolve_tails``;
                returns the new tails. Planners run in the order they were added.
        """
        call = getattr(planner, "resolve_tails", planner)
        if not callable(call):
            raise BuildError("an assembly planner is a callable", asked=repr(planner))
        self.assembly_planners.append(call)
        return self

    def set_property(self, key: str, value: Any) -> FlowDef:
        """Set a property of this flow, over the connector's."""
        self.properties[key] = value
        return self

    def add_properties(self, properties: Mapping[str, Any]) -> FlowDef:
        """Set several properties of this flow."""
        self.properties.update(properties)
        return self

    def flow_name(self) -> str:
        """Return the name set, else the names of the tails joined by ``+``."""
        return self.name or "+".join(tail.name for tail in self.tails) or "flow"

    def planned_tails(self, properties: Mapping[str, Any]) -> tuple[Pipe, ...]:
        """Return the tails as the assembly planners leave them."""
        tails = tuple(self.tails)
        for planner in self.assembly_planners:
            names = tuple(self.sources), tuple(self.sinks)
            found = planner(AssemblyContext(tails, *names, properties))
            pipes = [found] if isinstance(found, Pipe) else list(found)
            tails = tuple(tail for pipe in pipes for tail in tails_of(pipe))
        return tails

    def _bind(self, role: str, taps: dict[str, Tap], name: str, tap: Tap) -> FlowDef:
        if not isinstance(tap, Tap):
            raise BuildError(f"{role} {name!r} is not a tap", asked=repr(tap))
        if not isinstance(name, str):
            raise BuildError(
                f"a {role} is bound to the name of a pipe, or to a pipe",
                asked=[name],
                origin=tap.origin,
            )
        if name in taps:
            raise BuildError(
                f"{role} {name!r} is bound twice",
                asked=name,
                details={"first": taps[name], "second": tap},
                origin=tap.origin,
            )
        taps[name] = tap
        return self

    def __repr__(self) -> str:
        ends = f"{len(self.sources)} sources, {len(self.sinks)} sinks, {len(self.tails)} tails"
        return f"FlowDef {self.flow_name()!r}: {ends}"


_FORMS = (
    "(flow_def), (source, sink, tail), (name, source, sink, tail), "
    "(name, source, sink, trap, tail), (name, sources, sink, tail), (name, sources, sinks, tails)"
)


def flow_def_of(*given: Any) -> FlowDef:
    """Return the FlowDef that the arguments of ``FlowConnector.connect`` stand for.

    Args:
        given: a FlowDef; or a name, sources, sinks, a trap or traps, and tails in Java's order. One
            tap is bound to the one head (a trap too) or the one tail; a mapping says names.
    Raises:
        BuildError: the arguments fit none of the forms, or one source meets several heads.
    """
    if len(given) == 1 and isinstance(given[0], FlowDef):
        return given[0]
    rest = list(given)
    name = rest.pop(0) if rest and (rest[0] is None or isinstance(rest[0], str)) else None
    ends = [place for place, value in enumerate(rest) if not _is_taps(value)]
    taps, tails = (rest[: ends[0]], rest[ends[0] :]) if ends else (rest, [])
    if len(taps) not in (2, 3) or not tails:
        raise BuildError(
            "connect does not take these arguments",
            asked=", ".join(type(value).__name__ for value in given),
            details={"accepted": _FORMS},
        )
    definition = FlowDef(name).add_tails(*tails)
    head = _only_name([pipe for tail in definition.tails for pipe in tail.get_heads()], "head")
    tail = _only_name(definition.tails, "tail")
    definition.add_sources(_named(taps[0], head))
    definition.add_sinks(_named(taps[1], tail))
    if len(taps) == 3:
        definition.add_traps(_named(taps[2], head))
    return definition


def _is_taps(value: Any) -> bool:
    return isinstance(value, (Tap, Mapping))


def _named(taps: Any, name: Callable[[], str]) -> Mapping[str, Tap]:
    return taps if isinstance(taps, Mapping) else {name(): taps}


def _only_name(pipes: Sequence[Pipe], what: str) -> Callable[[], str]:
    def name() -> str:
        names = list(dict.fromkeys(pipe.name for pipe in pipes))
        if len(names) != 1:
            raise BuildError(
                f"one tap was given where the assembly has {len(names)} {what}s",
                available=names,
                fix="give a mapping of names to taps",
            )
        return names[0]

    return name


def _no_level(headline: str, levels: type[enum.Enum], given: object) -> BuildError:
    names = [f"{levels.__name__}.{level.name}" for level in levels]
    meant = next((name for name in names if name.endswith(f".{str(given).upper()}")), None)
    return BuildError(headline, asked=repr(given), available=names, nearest=meant)


def _name_of(name: str | Pipe) -> str:
    return name.name if isinstance(name, Pipe) else name
