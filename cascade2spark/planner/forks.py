"""Forks: a step whose rows go to several readers, and whether they must be kept for them.

A branch can take its rows as they pass ("a tee") as long as it stays in the same task; an exchange,
a union or a broadcast starts other tasks, which would compute the rows again. To keep rows ends
their task, and with it what the traps before the fork cover: where a pipe behind one may fail into
such a trap, the task goes on through the fork, and what leaves it is kept instead.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from cascade2spark.planner.coverage import has_trap_before, may_fail_behind
from cascade2spark.planner.steps import (
    BroadcastJoin,
    Map,
    Persist,
    Read,
    Step,
    StepPlan,
    Union,
    Write,
)

__all__ = ["can_tee", "is_cheap_to_repeat", "persist_forks"]

# A task that goes on through a fork goes every way behind it, and branches that meet double them.
_MOST_WAYS = 16


def persist_forks(plan: StepPlan) -> StepPlan:
    """Return the plan with a Persist after every step that has several readers.

    Forks that a trap reaches beyond are left out, except where rows would take too many ways.
    """
    readers = plan.readers()
    ways: dict[int, int] = {}
    steps: list[Step] = []
    new_of: dict[int, Step] = {}
    lowest = min((step.site.key for step in plan.steps), default=0)
    for step in plan.steps:
        inputs = tuple(new_of[one.number] for one in step.inputs)
        kept: Step = attrs.evolve(step, number=len(steps), inputs=inputs)
        steps.append(kept)
        ways[step.number] = _ways_to(step, ways)
        if _is_fork(step, readers) and not (
            ways[step.number] <= _MOST_WAYS
            and has_trap_before([kept])
            and may_fail_behind(step, readers)
        ):
            ways[step.number] = 1
            # Keys of pipes start at 0, those of steps that no pipe stands for go down from -1.
            lowest = min(lowest, 0) - 1
            label = f"fork after {step.site.label}"
            site = attrs.evolve(step.site, key=lowest, kind="fork", label=label)
            kept = Persist(number=len(steps), inputs=(kept,), fields=step.fields, site=site)
            steps.append(kept)
        new_of[step.number] = kept
    return attrs.evolve(plan, steps=tuple(steps))


def _is_fork(step: Step, readers: Mapping[int, list[Step]]) -> bool:
    return len(readers[step.number]) > 1 and not isinstance(step, Persist)


def _ways_to(step: Step, ways: Mapping[int, int]) -> int:
    """Return on how many ways rows come to a step within their task, a count."""
    if isinstance(step, Union):
        return sum(ways[one.number] for one in step.inputs)
    if isinstance(step, BroadcastJoin):
        return ways[step.inputs[step.sides[0].source].number]
    return ways[step.inputs[0].number] if isinstance(step, Map) else 1


def can_tee(step: Step, readers: Mapping[int, list[Step]]) -> bool:
    """Tell whether all readers of a step can take its rows in the task that makes them."""
    waiting = [(step, reader) for reader in readers[step.number]]
    while waiting:
        before, reader = waiting.pop()
        if isinstance(reader, Write):
            continue
        if not isinstance(reader, Map) and not _is_streamed(before, reader):
            return False
        waiting += [(reader, further) for further in readers[reader.number]]
    return True


def is_cheap_to_repeat(step: Step) -> bool:
    """Tell whether reading the source again costs less than keeping what was read."""
    if isinstance(step, Union):
        return all(isinstance(one, Read) for one in step.inputs)
    return isinstance(step, Read)


def _is_streamed(before: Step, reader: Step) -> bool:
    if not isinstance(reader, BroadcastJoin):
        return False
    sources = [reader.inputs[side.source] for side in reader.sides]
    return sources[0] is before and all(one is not before for one in sources[1:])
