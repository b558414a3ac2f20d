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

__all__ = ["Exit", "Lineage", "Target", "cut_tangled_joins", "exits_of", "is_source"]


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
    """Return the ways out of the chain that begins at `source`, depth first, in plan order.

    It is the order in which each row takes them: where it fails on one, and a trap above takes it,
    it has gone those before.
    """
    found: list[Exit] = []
    stack: list[tuple[Step, tuple[Step, ...], tuple[int, ...]] | Exit] = [(source, (), ())]
    while stack:
        at = stack.pop()
        if isinstance(at, Exit):
            found.append(at)
            continue
        step, path, entries = at
        onward: list[tuple[Step, tuple[Step, ...], tuple[int, ...]] | Exit] = []
        for reader, place in _uses(step, readers):
            is_passed = passes_through(reader, place)
            if not is_passed or place in _held_places(reader):
                onward.append(Exit(path, reader, place, entries))
            if is_passed:
                onward.append((reader, (*path, reader), (*entries, place)))
        stack.extend(reversed(onward))
    return found


def passes_through(reader: Step, place: int) -> bool:
    """Tell whether rows that enter a step at an input stay in the same task chain."""
    if isinstance(reader, BroadcastJoin):
        return place == reader.sides[0].source
    return isinstance(reader, (Map, Union))


def cut_tangled_joins(plan: StepPlan) -> StepPlan:
    """Return the plan with a Persist before each join in memory that would wait for itself.

    The task that streams into a join needs the held sides as broadcasts, so what fills these must
    have run before: one task chain cannot do both, nor can two that wait for each other. What
    streams into such a join is kept until the held sides are there; a trap before it ends there, as
    where the rows of a task wait for its end. Steps keep their numbers, by which outputs and
    statistics know them.
    """
    if _can_be_ordered(plan):
        return plan
    joins = [step.number for step in plan.steps if isinstance(step, BroadcastJoin)]
    cut = set(joins)
    for number in joins:
        if _can_be_ordered(_with_persists(plan, cut - {number})):
            cut.discard(number)
    return _with_persists(plan, cut)


def _with_persists(plan: StepPlan, cut: set[int]) -> StepPlan:
    """Return the plan with a Persist of what streams into each of these joins."""
    steps: list[Step] = []
    new_of: dict[int, Step] = {}
    lowest = min((step.site.key for step in plan.steps), default=0)
    number = max((step.number for step in plan.steps), default=0)
    for step in plan.steps:
        inputs = [new_of[one.number] for one in step.inputs]
        if isinstance(step, BroadcastJoin) and step.number in cut:
            before = inputs[step.sides[0].source]
            lowest, number = min(lowest, 0) - 1, number + 1
            label = f"rows for {step.site.label}"
            site = attrs.evolve(before.site, key=lowest, kind="fork", label=label)
            kept = Persist(number=number, inputs=(before,), fields=before.fields, site=site)
            steps.append(kept)
            inputs = [kept if one is before else one for one in inputs]
        new_of[step.number] = attrs.evolve(step, inputs=tuple(inputs))
        steps.append(new_of[step.number])
    return attrs.evolve(plan, steps=tuple(steps))


def _can_be_ordered(plan: StepPlan) -> bool:
    """Tell whether each task chain can run after those that it waits for."""
    if not any(isinstance(step, BroadcastJoin) for step in plan.steps):
        return True
    lineage = Lineage(plan)
    waits: dict[int, set[int]] = {}
    for source in lineage.sources:
        before = [Target(source.number, place) for place in range(len(source.inputs))]
        for ways in lineage.chains_of(source):
            joins = {step.number: step for way in ways for step in way.path}.values()
            held = [Target(step.number, place) for step in joins for place in _held_places(step)]
            waits[id(ways[0])] = {
                id(lineage.chain_with(feeding, way)[0])
                for target in (*before, *held)
                for feeding, way in lineage.feeds(target)
            }
    done: set[int] = set()
    while len(done) < len(waits):
        ready = {chain for chain, others in waits.items() if chain not in done and others <= done}
        if not ready:
            return False
        done |= ready
    return True


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

    def chain_with(self, source: Step, way: Exit) -> list[Exit]:
        """Return the ways out of the task chain that a way out of a source belongs to."""
        return next(ways for ways in self.chains_of(source) if way in ways)

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
