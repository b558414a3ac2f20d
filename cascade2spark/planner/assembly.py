"""What the user handed to connect: tails and taps, with every pipe in order, inputs first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.errors import PlanError
from cascade2spark.operations.base import AssertionLevel, DebugLevel
from cascade2spark.operations.filters import Debug
from cascade2spark.origin import Origin
from cascade2spark.pipes import Each, Every, Pipe, tails_of

__all__ = [
    "Assembly",
    "Path",
    "Problem",
    "assemble",
    "describe_operation",
    "label_of",
    "origin_of_tap",
    "pipes_in_order",
    "step_of",
    "without_names",
]

_HEAD_SHOWN, _TAIL_SHOWN = 3, 6


@attrs.frozen
class Path:
    """The way from a source to a node, as labels; long ones lose their middle."""

    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    hidden: int = 0

    def plus(self, step: str) -> Path:
        """Return the path one step further; the same assembly twice in a row is one step."""
        steps = self.last or self.first
        if steps and steps[-1] == step:
            return self
        if len(self.first) < _HEAD_SHOWN and not self.last:
            return Path((*self.first, step))
        last = (*self.last, step)
        if len(last) <= _TAIL_SHOWN:
            return Path(self.first, last, self.hidden)
        return Path(self.first, last[1:], self.hidden + 1)

    def __str__(self) -> str:
        gap = (f"… {self.hidden} more",) if self.hidden else ()
        return " > ".join((*self.first, *gap, *self.last))


@attrs.frozen
class Problem:
    """One finding, and the pipe that it makes unfit for further planning, if it does."""

    error: PlanError
    pipe: Pipe | None = None


@attrs.frozen(eq=False)
class Assembly:
    """One flow before planning.

    Args:
        name: the flow's name.
        tails: the tails, assemblies unwrapped.
        pipes: every pipe, inputs before users.
        readers: for id(pipe), the pipes that go on from it.
        paths: for id(pipe), the way to it from its leftmost head.
        removed: ids of the assertion and Debug pipes that the flow's levels plan out.
    """

    name: str
    tails: tuple[Pipe, ...]
    pipes: tuple[Pipe, ...]
    readers: Mapping[int, tuple[Pipe, ...]]
    paths: Mapping[int, Path]
    removed: frozenset[int]
    sources: Mapping[str, Any]
    sinks: Mapping[str, Any]
    traps: Mapping[str, Any]
    checkpoints: Mapping[str, Any]

    @property
    def heads(self) -> tuple[Pipe, ...]:
        """The pipes without input."""
        return tuple(pipe for pipe in self.pipes if not pipe.previous)

    @property
    def names(self) -> list[str]:
        """Every branch name, in planning order."""
        return list(dict.fromkeys(pipe.name for pipe in self.pipes))


def assemble(
    name: str,
    sources: Mapping[str, Any],
    sinks: Mapping[str, Any],
    tails: Sequence[Pipe],
    traps: Mapping[str, Any],
    checkpoints: Mapping[str, Any],
    assertion_level: str = "strict",
    debug_level: str = "default",
) -> Assembly:
    """Return the assembly of a flow; nothing is checked yet."""
    ends = list({id(tail): tail for pipe in tails for tail in tails_of(pipe)}.values())
    pipes = pipes_in_order(ends)
    readers: dict[int, list[Pipe]] = {id(pipe): [] for pipe in pipes}
    for pipe in pipes:
        for key in {id(before) for before in pipe.previous}:
            readers[key].append(pipe)
    paths: dict[int, Path] = {}
    for pipe in pipes:
        before = paths[id(pipe.previous[0])] if pipe.previous else Path()
        paths[id(pipe)] = before.plus(step_of(pipe))
    levels: dict[type, int] = {
        AssertionLevel: AssertionLevel[assertion_level.upper()],
        DebugLevel: DebugLevel[debug_level.upper()],
    }
    return Assembly(
        name=name,
        tails=tuple(ends),
        pipes=tuple(pipes),
        readers={key: tuple(found) for key, found in readers.items()},
        paths=paths,
        removed=frozenset(id(pipe) for pipe in pipes if _is_planned_out(pipe, levels)),
        sources=dict(sources),
        sinks=dict(sinks),
        traps=dict(traps),
        checkpoints=dict(checkpoints),
    )


def pipes_in_order(tails: Iterable[Pipe]) -> list[Pipe]:
    """Return every pipe that the tails come from, inputs before users, leftmost branch first."""
    ordered: list[Pipe] = []
    done: set[int] = set()
    for tail in tails:
        waiting = [(tail, False)]
        while waiting:
            pipe, is_entered = waiting.pop()
            if id(pipe) in done:
                continue
            if is_entered or not pipe.previous:
                done.add(id(pipe))
                ordered.append(pipe)
            else:
                waiting.append((pipe, True))
                waiting += [(before, False) for before in reversed(pipe.previous)]
    return ordered


def without_names(pipe: Pipe) -> Pipe:
    """Return the pipe that `pipe` only gives another name to, or itself."""
    while type(pipe) is Pipe and pipe.previous:
        pipe = pipe.previous[0]
    return pipe


def describe_operation(operation: Any) -> str:
    """Return a short name of an operation: what its own repr says, else its class."""
    shown = repr(operation)
    return type(operation).__name__ if " object at 0x" in shown else shown[:60]


def label_of(pipe: Pipe) -> str:
    """Return what messages call a pipe: its kind, its name and its operation."""
    operation = getattr(pipe, "operation", None)
    label = f"{type(pipe).__name__} {pipe.name!r}"
    return label if operation is None else f"{label} {describe_operation(operation)}"


def origin_of_tap(tap: Any) -> Origin | None:
    """Return where a tap was built, if it knows."""
    origin = getattr(tap, "origin", None)
    return origin if isinstance(origin, Origin) else None


def _is_planned_out(pipe: Pipe, levels: Mapping[type, int]) -> bool:
    if not isinstance(pipe, (Each, Every)):
        return False
    level = pipe.level
    if level is None:
        # A Debug given without a level is DEFAULT, and goes when the flow's level is NONE.
        return isinstance(pipe.operation, Debug) and levels[DebugLevel] < DebugLevel.DEFAULT
    return level > levels[type(level)]


def step_of(pipe: Pipe) -> str:
    """Return what one pipe adds to a path: the assembly that built it, or its kind and name."""
    if pipe.made_by is not None:
        return pipe.made_by
    operation = getattr(pipe, "operation", None)
    if operation is not None:
        own = "" if pipe.previous else f"{pipe.name} > "
        return f"{own}{type(pipe).__name__} {describe_operation(operation)}"
    return f"{type(pipe).__name__} {pipe.name!r}" if pipe.previous else pipe.name
