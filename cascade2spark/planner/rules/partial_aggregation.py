"""partial_aggregation: algebraic aggregators run before the exchange too, so less crosses it."""

from __future__ import annotations

import attrs

from cascade2spark.operations.callables import FoldAggregator
from cascade2spark.ordering_python import PythonKeyOrder
from cascade2spark.planner.coverage import has_trap_before
from cascade2spark.planner.rules.rebuilding import rebuilt, with_fired
from cascade2spark.planner.steps import EveryOperator, Group, Step, StepPlan

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
        and not has_trap_before(step.inputs)
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
