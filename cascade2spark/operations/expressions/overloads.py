"""Which of the functions of one name a call means, and what it hands to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cascade2spark.operations.expressions.conversions import convert, distance
from cascade2spark.operations.expressions.kinds import BUILDER, OBJECT, TUPLE
from cascade2spark.operations.expressions.typed import Constant, Function, TypedNode

__all__ = ["as_taken", "constants_for", "overload_of", "signature"]

_HELD = (BUILDER, TUPLE)  # in a row these are texts and tuples


def overload_of(functions: Sequence[Function], given: Sequence[TypedNode]) -> Function | None:
    """Return the function whose parameters are nearest to the arguments, None if none takes them.

    Of several that are as near the first one counts.
    """
    costs = [_cost(function, given) for function in functions]
    best = min(((cost, at) for at, cost in enumerate(costs) if cost is not None), default=None)
    return None if best is None else functions[best[1]]


def as_taken(function: Function, given: Sequence[TypedNode]) -> tuple[TypedNode, ...]:
    """Return the arguments converted to what a function takes."""
    taken = [convert(typed, kind) for typed, kind in zip(given, function.takes, strict=False)]
    rest = given[len(taken) :]
    return (*taken, *(convert(t, OBJECT) if t.kind in _HELD else t for t in rest))


def constants_for(function: Function, arguments: tuple[TypedNode, ...]) -> list[Any] | None:
    """Return the values that `function.bind` takes, None when one of them is not a constant."""
    start = 1 if function.has_receiver else 0
    first = arguments[start : start + function.bound]
    values = [typed.value for typed in first if isinstance(typed, Constant)]
    is_known = function.bound and len(values) == function.bound and None not in values
    return values if is_known else None


def signature(function: Function) -> str:
    """Return a function with the types that it takes, as a message shows it."""
    kinds = [kind.name for kind in function.takes[function.has_receiver :]]
    rest = [f"{function.rest}..."] if function.rest else []
    return f"{function.name}({', '.join([*kinds, *rest])})"


def _cost(function: Function, given: Sequence[TypedNode]) -> int | None:
    """Return how far the arguments are from what a function takes, None where it takes others."""
    if len(given) < len(function.takes) or (
        function.rest is None and len(given) > len(function.takes)
    ):
        return None
    costs = [
        distance(typed.kind, wanted) for typed, wanted in zip(given, function.takes, strict=False)
    ]
    return None if None in costs else sum(cost for cost in costs if cost)
