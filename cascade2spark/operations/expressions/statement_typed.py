"""The tree of a script after checking: statements over typed expressions."""

from __future__ import annotations

import attrs

from cascade2spark.operations.expressions.typed import Parameter, TypedNode

__all__ = [
    "Again",
    "Branch",
    "Fail",
    "Give",
    "Leave",
    "Loop",
    "Run",
    "Statement",
    "Statements",
    "Store",
    "StoreStep",
    "Variable",
    "Walk",
]


@attrs.frozen
class Variable(TypedNode):
    """The value of a local variable; each declaration has a number of its own."""

    number: int


@attrs.frozen
class Store(TypedNode):
    """`value`, which is of the target's kind, kept in it."""

    target: Variable | Parameter
    value: TypedNode


@attrs.frozen
class StoreStep(TypedNode):
    """``target++`` and the like: `value` is kept, and the result is the value after or before."""

    target: Variable | Parameter
    value: TypedNode
    is_prefix: bool


@attrs.frozen
class Statement:
    """One checked statement."""


Statements = tuple[Statement, ...]


@attrs.frozen
class Run(Statement):
    """An expression for its effect."""

    expression: TypedNode


@attrs.frozen
class Branch(Statement):
    branches: tuple[tuple[TypedNode, Statements], ...]
    otherwise: Statements


@attrs.frozen
class Loop(Statement):
    """Until `condition` is false (None: never); `update` runs after each round."""

    condition: TypedNode | None
    body: Statements
    update: tuple[TypedNode, ...]
    is_do: bool


@attrs.frozen
class Walk(Statement):
    """The body once for each of the texts."""

    variable: Variable
    texts: TypedNode
    body: Statements


@attrs.frozen
class Give(Statement):
    """The end of the script, with its result."""

    value: TypedNode


@attrs.frozen
class Leave(Statement):
    """The end of the loop around."""


@attrs.frozen
class Again(Statement):
    """The end of the round."""


@attrs.frozen
class Fail(Statement):
    """The row fails."""

    name: str
    message: TypedNode | None
