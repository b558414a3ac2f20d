"""fuse_each: neighbouring Maps become one, so that a row passes through one loop."""

from __future__ import annotations

import attrs

from cascade2spark.planner.rules.rebuilding import rebuilt, with_fired
from cascade2spark.planner.steps import Map, Step, StepPlan

__all__ = ["can_fuse", "fuse_each"]


def can_fuse(first: Step, second: Step, readers: int) -> bool:
    """Tell whether two neighbours can be one step: both Maps, and nobody else reads the first."""
    return isinstance(first, Map) and isinstance(second, Map) and readers == 1


def fuse_each(plan: StepPlan) -> StepPlan:
    """Join every Map to the Map before it that feeds nothing else."""
    counts = {number: len(found) for number, found in plan.readers().items()}
    if not any(
        can_fuse(one, step, counts[one.number]) for step in plan.steps for one in step.inputs
    ):
        return plan

    # Old steps tell how many readers there are, new ones what they have become meanwhile.
    def change(step: Step, inputs: tuple[Step, ...]) -> Step:
        if isinstance(step, Map) and can_fuse(step.inputs[0], step, counts[step.inputs[0].number]):
            first = inputs[0]
            assert isinstance(first, Map)
            fused = attrs.evolve(
                step,
                inputs=first.inputs,
                operators=first.operators + step.operators,
                sites=first.sites + step.sites,
                fired=tuple(dict.fromkeys(first.fired + step.fired)),
            )
            return with_fired(fused, "fuse_each")
        return attrs.evolve(step, inputs=inputs)

    return rebuilt(plan, change)
