"""The tree of a script as it was written: statements, and the expressions that assign."""

from __future__ import annotations

import attrs

from cascade2spark.operations.expressions.syntax import Name, Node

__all__ = [
    "Assign",
    "Block",
    "Break",
    "Continue",
    "Declare",
    "Evaluate",
    "For",
    "ForEach",
    "If",
    "Return",
    "Step",
    "Throw",
    "While",
]


@attrs.frozen
class Assign(Node):
    """``target = value``, or with another operator ``target += value``."""

    target: Name
    operator: str
    value: Node


@attrs.frozen
class Step(Node):
    """``++target``, ``target--``"""

    target: Name
    operator: str
    is_prefix: bool


@attrs.frozen
class Block(Node):
    """``{ … }``; an empty one stands for ``;`` too."""

    statements: tuple[Node, ...]


@attrs.frozen
class Declare(Node):
    """``final type a = 1, b;``; `type_name` is ``var`` where the value says it."""

    type_name: str
    is_final: bool
    variables: tuple[tuple[Name, Node | None], ...]


@attrs.frozen
class Evaluate(Node):
    """An expression for its effect."""

    expression: Node


@attrs.frozen
class If(Node):
    """``if … else if … else …``, flat, for these grow long."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@attrs.frozen
class While(Node):
    """``while (condition) body``, or ``do body while (condition);``"""

    condition: Node
    body: Node
    is_do: bool


@attrs.frozen
class For(Node):
    """``for (first; condition; update) body``"""

    first: tuple[Node, ...]
    condition: Node | None
    update: tuple[Node, ...]
    body: Node


@attrs.frozen
class ForEach(Node):
    """``for (type name : texts) body``"""

    type_name: str
    name: Name
    texts: Node
    body: Node


@attrs.frozen
class Return(Node):
    value: Node | None


@attrs.frozen
class Break(Node):
    pass


@attrs.frozen
class Continue(Node):
    pass


@attrs.frozen
class Throw(Node):
    """``throw new name(message);``"""

    name: str
    message: Node | None
