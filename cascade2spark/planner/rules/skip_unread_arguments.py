"""skip_unread_arguments: a Python function is not given what it provably never looks at.

``for _user, ts, _page in rows`` reads one value of three. The tuple keeps its width and has None in
the places of the others, whose columns may then be left out by `prune_columns`. What a function
reads is taken from its instructions (`bytecode/reads.py`); of anything but a plain callable, or of
a function that does more with its rows than to loop over them, it is everything.

An operation with a trap is given whole rows: they are what is trapped.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, TypeVar

import attrs

from cascade2spark.bytecode.reads import arguments_read, values_read
from cascade2spark.operations.callables import (
    PlainAggregator,
    PlainBuffer,
    PlainFilter,
    PlainFunction,
)
from cascade2spark.planner.rules.rebuilding import rebuilt, with_fired
from cascade2spark.planner.steps import (
    CoGroup,
    EachOperator,
    EveryOperator,
    Group,
    Map,
    Project,
    Step,
    StepPlan,
)

__all__ = ["skip_unread_arguments"]

_NAME = "skip_unread_arguments"
_Operator = TypeVar("_Operator", EachOperator, EveryOperator)


def skip_unread_arguments(plan: StepPlan) -> StepPlan:
    """Mark the arguments that operations do not look at."""
    changed = {step.number: after for step in plan.steps if (after := _marked(step)) is not step}
    if not changed:
        return plan

    def change(step: Step, inputs: tuple[Step, ...]) -> Step:
        after = changed.get(step.number)
        if after is None:
            return attrs.evolve(step, inputs=inputs)
        return with_fired(attrs.evolve(after, inputs=inputs), _NAME)

    return rebuilt(plan, change)


@singledispatch
def _marked(step: Step) -> Step:
    """Return a step with its unread arguments marked, or the very step."""
    return step


@_marked.register
def _(step: Map) -> Step:
    operators = tuple(one if isinstance(one, Project) else _skipping(one) for one in step.operators)
    is_same = all(new is old for new, old in zip(operators, step.operators, strict=True))
    return step if is_same else attrs.evolve(step, operators=operators)


@_marked.register(Group)
@_marked.register(CoGroup)
def _(step: Group | CoGroup) -> Step:
    everys = tuple(map(_skipping, step.everys))
    is_same = all(new is old for new, old in zip(everys, step.everys, strict=True))
    return step if is_same else attrs.evolve(step, everys=everys)


def _skipping(operator: _Operator) -> _Operator:
    arguments = operator.arguments
    if operator.trap is not None or arguments.positions is None or arguments.unread:
        return operator
    count = len(arguments.positions)
    unread = tuple(sorted(set(range(count)) - _read(operator.operation, count)))
    if not unread:
        return operator
    return attrs.evolve(operator, arguments=attrs.evolve(arguments, unread=unread))


def _read(operation: Any, count: int) -> frozenset[int]:
    """Return which of its argument values an operation looks at, by their places."""
    # Of these very classes: what derives from them may do otherwise.
    if type(operation) in (PlainFunction, PlainFilter):
        return arguments_read(operation.call, count)
    if type(operation) is PlainAggregator:
        return arguments_read(operation.fold.step, count, first=1)
    places = tuple(range(count))
    if type(operation) is PlainBuffer:
        places = values_read(operation.call, places, 1)
    return frozenset(place for place in places if place is not None)
