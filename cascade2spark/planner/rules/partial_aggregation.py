"""partial_aggregation: algebraic aggregators run before the exchange too, so less crosses it."""

from __future__ import annotations

import attrs

from cascade2spark.operations.callables import FoldAggregator
from cascade2spark.ordering_python import PythonKeyOrder
from cascade2spark.planner.rules.rebuilding import rebuilt, with_fired
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    EveryOperator,
    Group,
    Map,
    Project,
    Step,
    StepPlan,
    Union,
)

__all__ = ["partial_aggregation"]


def partial_aggregation(plan: StepPlan) -> StepPlan:
    """Mark every Group whose aggregators may work on parts of a group."""
    chosen = {
        step.number
        for step in plan.steps
        if isinstance(step, Group) and not step.is_partial and _is_splittable(step)
    }
    if not chosen:
        return plan

    def change(step: Step, inputs: tuple[Step, ...]) -> Step:
        if isinstance(step, Group) and step.number in chosen:
            partial = attrs.evolve(step, inputs=inputs, is_partial=True)
            return with_fired(partial, "partial_aggregation")
        return attrs.evolve(step, inputs=inputs)

    return rebuilt(plan, change)


def _is_splittable(step: Group) -> bool:
    return (
        bool(step.everys)
        and step.sort is None
        and (step.key_order.is_natural or isinstance(step.key_order, PythonKeyOrder))
        and not step.key.is_dynamic
        and step.trap is None
        and all(_is_algebraic(every) for every in step.everys)
        # A failing aggregator would unwind into a trap before the exchange, which now covers it.
        and not _is_trapped_before(step)
    )


def _is_algebraic(every: EveryOperator) -> bool:
    operation = every.operation
    return (
        every.kind == "aggregator"
        and every.trap is None
        and isinstance(operation, FoldAggregator)
        and operation.is_algebraic()
        and operation.is_safe()
        and not every.arguments.is_dynamic
    )


def _is_trapped_before(step: Step) -> bool:
    """Tell whether a pipe before `step` in its task has a trap; a source traps records only."""
    waiting = list(step.inputs)
    while waiting:
        before = waiting.pop()
        if isinstance(before, BroadcastJoin) and before.trap is not None:
            return True
        if isinstance(before, Map):
            for one in before.operators:
                if not isinstance(one, Project) and one.trap is not None:
                    return True
        if isinstance(before, (Map, Union)):
            waiting += before.inputs
        elif isinstance(before, BroadcastJoin):
            waiting.append(before.inputs[before.sides[0].source])
        elif isinstance(before, (Group, CoGroup)):
            # The Everys of the exchange before run in the same task too.
            traps = [before.trap, *(one.trap for one in before.everys)]
            if any(trap is not None for trap in traps):
                return True
    return False
