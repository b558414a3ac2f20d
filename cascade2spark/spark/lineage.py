"""The shape of a run: which task chains there are, where each begins and where its rows leave.

A task chain begins at a step whose rows lie somewhere — a read, a group, a persisted fork — and
reaches to the next exchanges, persists and sinks. What lies between runs in one `mapPartitions`.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Persist,
    Read,
    Step,
    StepPlan,
    Union,
    Write,
)

__all__ = ["Exit", "Lineage", "Target", "exits_of", "is_source"]


@attrs.frozen
class Target:
    """A place where chains end: a step, and which of its inputs."""

    step: int
    place: int = 0


@attrs.frozen(eq=False)
class Exit:
    """One way out of a task chain.

    Args:
        path: the steps passed on the way, from the chain's first to the last before the target.
        step: the step at its end.
        place: which input of that step it is.
    """

    path: tuple[Step, ...]
    step: Step
    place: int

    @property
    def target(self) -> Target:
        """Where it leads."""
        return Target(self.step.number, self.place)


def is_source(step: Step) -> bool:
    """Tell whether a task chain begins at a step."""
    return isinstance(step, (Read, Group, CoGroup, Persist))


def exits_of(source: Step, readers: dict[int, list[Step]]) -> list[Exit]:
    """Return the ways out of the chain that begins at `source`, depth first, in plan order."""
    found: list[Exit] = []
    stack: list[tuple[Step, tuple[Step, ...]]] = [(source, ())]
    while stack:
        step, path = stack.pop()
        onward: list[tuple[Step, tuple[Step, ...]]] = []
        for reader, place in _uses(step, readers):
            if passes_through(reader, place):
                onward.append((reader, (*path, reader)))
            else:
                found.append(Exit(path, reader, place))
        stack.extend(reversed(onward))
    return found


def passes_through(reader: Step, place: int) -> bool:
    """Tell whether rows that enter a step at an input stay in the same task chain."""
    if isinstance(reader, BroadcastJoin):
        return place == reader.sides[0].source
    return isinstance(reader, (Map, Union))


def _uses(step: Step, readers: dict[int, list[Step]]) -> Iterator[tuple[Step, int]]:
    seen: set[int] = set()
    for reader in readers[step.number]:
        if reader.number in seen:
            continue
        seen.add(reader.number)
        for place, source in enumerate(reader.inputs):
            if source is step:
                yield reader, place


class Lineage:
    """Every chain of a plan, and for every target the chains that lead there, in pipe order."""

    def __init__(self, plan: StepPlan) -> None:
        self.plan = plan
        readers = plan.readers()
        self.sources = [step for step in plan.steps if is_source(step)]
        self.exits = {source.number: exits_of(source, readers) for source in self.sources}
        self._steps = {step.number: step for step in plan.steps}

    def chains_of(self, source: Step) -> list[list[Exit]]:
        """Return the ways out of a source, those of one task chain together.

        What is persisted is read once for each step that goes on from it: a broadcast that one of
        them waits for may come from another. Everything else is evaluated once, for all ways out.
        """
        ways = self.exits[source.number]
        if not isinstance(source, Persist):
            return [ways] if ways else []
        by_reader: dict[tuple[int, int], list[Exit]] = {}
        for way in ways:
            first = (way.path[0].number, 0) if way.path else (way.step.number, 1 + way.place)
            by_reader.setdefault(first, []).append(way)
        return list(by_reader.values())

    def feeds(self, target: Target) -> list[tuple[Step, Exit]]:
        """Return (source, exit) for everything that reaches a target.

        The order is that of the inputs of the merges in between, as the user wrote them: it decides
        the arrival order.
        """
        step = self._steps[target.step]
        found: list[tuple[Step, Exit]] = []
        stack: list[tuple[Step, tuple[Step, ...]]] = [(step.inputs[target.place], ())]
        while stack:
            at, path = stack.pop()
            if is_source(at):
                found.append((at, self._exit(at, path, target)))
                continue
            upward = (at, *path)
            inputs = [at.inputs[at.sides[0].source]] if isinstance(at, BroadcastJoin) else at.inputs
            stack.extend((before, upward) for before in reversed(inputs))
        return found

    def targets(self) -> list[Target]:
        """Return the places where rows are handed over, in plan order."""
        return list(
            dict.fromkeys(
                way.target for step in self.plan.steps for way in self.exits.get(step.number, ())
            )
        )

    def _exit(self, source: Step, path: tuple[Step, ...], target: Target) -> Exit:
        numbers = [step.number for step in path]
        for way in self.exits[source.number]:
            if way.target == target and [step.number for step in way.path] == numbers:
                return way
        raise AssertionError(f"no way from step {source.number} to {target}")


def writes_only(ways: list[Exit]) -> bool:
    """Tell whether every way out of a chain ends in a sink."""
    return all(isinstance(way.step, Write) for way in ways)
