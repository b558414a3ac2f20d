"""Making a new plan out of changed steps: inputs are rewired and steps numbered anew."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from cascade2spark.planner.steps import Map, Project, Step, StepPlan

__all__ = ["in_order", "rebuilt", "with_fired"]


def rebuilt(plan: StepPlan, change: Callable[[Step, tuple[Step, ...]], Step]) -> StepPlan:
    """Return a plan in which every step is what `change` makes of it.

    Args:
        change: given an old step and its new inputs, returns the step that stands for it from now
            on: one with those inputs, a new one over them, or one of the inputs. Numbers do not
            matter, they are given afterwards; steps that nothing leads to are gone.
    """
    new_of: dict[int, Step] = {}
    for step in plan.steps:
        inputs = tuple(new_of[one.number] for one in step.inputs)
        new_of[step.number] = change(step, inputs)
    return _numbered(plan, [new_of[step.number] for step in plan.writes])


def in_order(plan: StepPlan) -> StepPlan:
    """Return the plan with its steps in the order in which any rule leaves them.

    The readers of a fork get a row in the order of their numbers. Where one of them fails, and a
    trap above the fork takes the row, those before it have had it: so the order may not depend on
    whether a rule fired.
    """
    return rebuilt(plan, lambda step, inputs: attrs.evolve(step, inputs=inputs))


def with_fired(step: Step, name: str) -> Step:
    """Return the step with a rule's name added to those that shaped it."""
    return step if name in step.fired else attrs.evolve(step, fired=(*step.fired, name))


def _numbered(plan: StepPlan, ends: list[Step]) -> StepPlan:
    done: dict[int, Step] = {}
    steps: list[Step] = []
    for end in ends:
        waiting = [(end, False)]
        while waiting:
            step, is_entered = waiting.pop()
            if id(step) in done:
                continue
            if not is_entered and step.inputs:
                waiting.append((step, True))
                waiting += [(one, False) for one in reversed(_before(step))]
                continue
            inputs = tuple(done[id(one)] for one in step.inputs)
            done[id(step)] = attrs.evolve(step, number=len(steps), inputs=inputs)
            steps.append(done[id(step)])
    return attrs.evolve(plan, steps=tuple(steps))


def _before(step: Step) -> list[Step]:
    """Return what is numbered before a step: what only leaves columns out is so at last.

    At a fork such a step then gets a row when the step behind it would, were it not there.
    """
    wide: list[Step] = []
    leaving_out: list[Step] = []
    for one in step.inputs:
        while isinstance(one, Map) and all(isinstance(did, Project) for did in one.operators):
            leaving_out.append(one)
            one = one.inputs[0]
        wide.append(one)
    return [*wide, *leaving_out]
