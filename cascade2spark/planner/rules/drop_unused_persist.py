"""drop_unused_persist: rows are not kept where every reader can have them as they pass.

Checkpoints stay: the user asked for them.
"""

from __future__ import annotations

import attrs

from cascade2spark.planner.forks import can_tee, is_cheap_to_repeat
from cascade2spark.planner.rules.rebuilding import rebuilt
from cascade2spark.planner.steps import Persist, Step, StepPlan

__all__ = ["drop_unused_persist"]


def drop_unused_persist(plan: StepPlan) -> StepPlan:
    """Take out the Persist of a fork that one task can serve, or that a source can serve again."""
    readers = plan.readers()
    unused = {
        step.number
        for step in plan.steps
        if isinstance(step, Persist)
        and step.name is None
        and (
            len(readers[step.number]) < 2
            or is_cheap_to_repeat(step.inputs[0])
            or can_tee(step, readers)
        )
    }
    if not unused:
        return plan

    def change(step: Step, inputs: tuple[Step, ...]) -> Step:
        return inputs[0] if step.number in unused else attrs.evolve(step, inputs=inputs)

    return rebuilt(plan, change)
