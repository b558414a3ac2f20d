"""Which traps reach behind a step: what fails further down a task goes to the nearest before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Project,
    Step,
    Union,
)

__all__ = ["has_trap_before", "may_fail_behind"]


def has_trap_before(steps: Iterable[Step]) -> bool:
    """Tell whether a pipe that rows of these steps passed in their task has a trap.

    Their own pipes count, and so do the Everys of the exchange at the head of the task. A source
    traps records only.
    """
    waiting = list(steps)
    seen = {id(step) for step in waiting}
    while waiting:
        step = waiting.pop()
        if _has_trap(step):
            return True
        for before in _streamed(step):
            if id(before) not in seen:
                seen.add(id(before))
                waiting.append(before)
    return False


def may_fail_behind(step: Step, readers: Mapping[int, list[Step]]) -> bool:
    """Tell whether a pipe behind a step in its task may fail, with no trap nearer than the step."""
    waiting = [(step, reader) for reader in readers[step.number]]
    seen: set[int] = set()
    while waiting:
        before, reader = waiting.pop()
        if reader.number in seen or not any(before is one for one in _streamed(reader)):
            continue
        seen.add(reader.number)
        if isinstance(reader, Map):
            working = [one for one in reader.operators if not isinstance(one, Project)]
            if working and working[0].trap is None:
                return True
            is_covered = bool(working)
        elif isinstance(reader, BroadcastJoin):
            if reader.trap is None:
                return True
            is_covered = True
        else:
            is_covered = not isinstance(reader, Union)
        if not is_covered:
            waiting += [(reader, further) for further in readers[reader.number]]
    return False


def _has_trap(step: Step) -> bool:
    if isinstance(step, BroadcastJoin):
        return step.trap is not None
    if isinstance(step, Map):
        return any(not isinstance(one, Project) and one.trap is not None for one in step.operators)
    if isinstance(step, (Group, CoGroup)):
        return any(trap is not None for trap in (step.trap, *(one.trap for one in step.everys)))
    return False


def _streamed(step: Step) -> tuple[Step, ...]:
    """Return the inputs whose rows pass a step in the task that makes them."""
    if isinstance(step, BroadcastJoin):
        return (step.inputs[step.sides[0].source],)
    return step.inputs if isinstance(step, (Map, Union)) else ()
