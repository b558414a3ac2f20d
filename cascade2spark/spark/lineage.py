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
)

__all__ = ["Exit", "Lineage", "Target", "exits_of", "is_source", "persist_tangled_forks"]


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
        entries: for each step of the path, the input by which it is entered: a Union may have one
            stream as several inputs.
    """

    path: tuple[Step, ...]
    step: Step
    place: int
    entries: tuple[int, ...] = ()

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
    stack: list[tuple[Step, tuple[Step, ...], tuple[int, ...]]] = [(source, (), ())]
    while stack:
        step, path, entries = stack.pop()
        onward: list[tuple[Step, tuple[Step, ...], tuple[int, ...]]] = []
        for reader, place in _uses(step, readers):
            is_passed = passes_through(reader, place)
            if is_passed:
                onward.append((reader, (*path, reader), (*entries, place)))
            if not is_passed or place in _held_places(reader):
                found.append(Exit(path, reader, place, entries))
        stack.extend(reversed(onward))
    return found


def passes_through(reader: Step, place: int) -> bool:
    """Tell whether rows that enter a step at an input stay in the same task chain."""
    if isinstance(reader, BroadcastJoin):
        return place == reader.sides[0].source
    return isinstance(reader, (Map, Union))


def persist_tangled_forks(plan: StepPlan) -> StepPlan:
    """Return the plan with a Persist after each step that feeds both sides of a join in memory.

    The task that streams into a join needs the held side as a broadcast, so what fills that side
    must have run before: the two branches cannot be one task chain. Steps keep their numbers, by
    which outputs and statistics know them.
    """
    readers = plan.readers()
    below = {step.number: _steps_below(step, readers) for step in plan.steps}
    steps: list[Step] = []
    new_of: dict[int, Step] = {}
    lowest = min((step.site.key for step in plan.steps), default=0)
    number = max((step.number for step in plan.steps), default=0)
    for step in plan.steps:
        kept: Step = attrs.evolve(step, inputs=tuple(new_of[one.number] for one in step.inputs))
        steps.append(kept)
        if not isinstance(step, Persist) and _is_tangled(step, readers, below):
            lowest, number = min(lowest, 0) - 1, number + 1
            label = f"fork after {step.site.label}"
            site = attrs.evolve(step.site, key=lowest, kind="fork", label=label)
            kept = Persist(number=number, inputs=(kept,), fields=step.fields, site=site)
            steps.append(kept)
        new_of[step.number] = kept
    return attrs.evolve(plan, steps=tuple(steps))


def _is_tangled(
    step: Step, readers: dict[int, list[Step]], below: dict[int, frozenset[int]]
) -> bool:
    """Tell whether a step's rows part here, and both stream into one join and are held by it."""
    passed = {join for way in exits_of(step, readers) for join in way.path}
    for join in passed:
        held = {join.inputs[place].number for place in _held_places(join)}
        if not held & below[step.number]:
            continue
        # The fork is here unless all of it goes on through one reader, further down.
        if len(list(_uses(step, readers))) > 1 or step.number in held:
            return True
    return False


def _steps_below(step: Step, readers: dict[int, list[Step]]) -> frozenset[int]:
    """Return the numbers of a step and of all that come from it."""
    found, stack = {step.number}, [step]
    while stack:
        for reader in readers[stack.pop().number]:
            if reader.number not in found:
                found.add(reader.number)
                stack.append(reader)
    return frozenset(found)


def _held_places(step: Step) -> set[int]:
    """Return the inputs that a join in memory holds; nothing for any other step."""
    return {side.source for side in step.sides[1:]} if isinstance(step, BroadcastJoin) else set()


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
        stack: list[tuple[Step, tuple[tuple[int, int], ...]]] = [(step.inputs[target.place], ())]
        while stack:
            at, path = stack.pop()
            if is_source(at):
                found.append((at, self._exit(at, path, target)))
                continue
            places = range(len(at.inputs))
            if isinstance(at, BroadcastJoin):
                places = range(at.sides[0].source, at.sides[0].source + 1)
            stack.extend(
                (at.inputs[place], ((at.number, place), *path)) for place in reversed(places)
            )
        return found

    def targets(self) -> list[Target]:
        """Return the places where rows are handed over, in plan order."""
        return list(
            dict.fromkeys(
                way.target for step in self.plan.steps for way in self.exits.get(step.number, ())
            )
        )

    def _exit(self, source: Step, path: tuple[tuple[int, int], ...], target: Target) -> Exit:
        for way in self.exits[source.number]:
            numbers = [step.number for step in way.path]
            if way.target == target and tuple(zip(numbers, way.entries, strict=True)) == path:
                return way
        raise AssertionError(f"no way from step {source.number} to {target}")
