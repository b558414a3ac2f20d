"""The classes of the typed API, as they build one another: each says itself what it is called.

A pipe makes groups, groups make pipes: modules that import each other in a circle. So what makes
a state of another module asks here for it, by a function that knows the types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cascade2spark.scalding.typed import nodes as n

if TYPE_CHECKING:
    from cascade2spark.scalding.typed.calls import Call
    from cascade2spark.scalding.typed.elements import Elements
    from cascade2spark.scalding.typed.groups import Grouped
    from cascade2spark.scalding.typed.joins import Sketched
    from cascade2spark.scalding.typed.pipes import TypedPipe

__all__ = [
    "K",
    "R",
    "T",
    "U",
    "V",
    "W",
    "grouped",
    "part_of",
    "sketched",
    "state",
    "typed_pipe",
]

T = TypeVar("T")
U = TypeVar("U")
W = TypeVar("W")
K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R")

_states: dict[str, Any] = {}
_S = TypeVar("_S", bound=type)


def state(made: _S) -> _S:
    """Have a class made by the functions here; a decorator."""
    _states[made.__name__] = made
    return made


def typed_pipe(node: n.Node) -> TypedPipe[Any]:
    """Return the pipe of a node."""
    made: TypedPipe[Any] = _states["TypedPipe"](node)
    return made


def part_of(pairs: Elements[Any], which: str) -> TypedPipe[Any]:
    """Return `keys`, `values` or `swap` of pairs."""
    return typed_pipe(n.Part(pairs.node, which))


def grouped(
    pairs: n.Node, reducers: int | None = None, last: Call | None = None, order: Any = None
) -> Grouped[Any, Any]:
    """Return pairs with a key, not yet reduced."""
    made: Grouped[Any, Any] = _states["Grouped"](pairs, reducers, last, order)
    return made


def sketched(pairs: Elements[Any], reducers: int, *given: Any) -> Sketched[Any, Any]:
    """Return pairs ready for a join that spreads heavy keys."""
    made: Sketched[Any, Any] = _states["Sketched"](pairs, reducers, *given)
    return made
