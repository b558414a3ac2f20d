"""The tree of an expression as it was written; every node knows its place in the text."""

from __future__ import annotations

from typing import Any

import attrs

from cascade2spark.operations.expressions.kinds import Kind

__all__ = [
    "Binary",
    "Call",
    "Cast",
    "Conditional",
    "Create",
    "Index",
    "InstanceOf",
    "Literal",
    "Member",
    "Name",
    "Node",
    "Unary",
]


@attrs.frozen(kw_only=True)
class Node:
    """One piece of an expression, from `start` to before `end`; `depth` counts nodes below."""

    start: int
    end: int
    depth: int = 0


@attrs.frozen
class Literal(Node):
    kind: Kind
    value: Any


@attrs.frozen
class Name(Node):
    text: str


@attrs.frozen
class Unary(Node):
    operator: str
    operand: Node


@attrs.frozen
class Binary(Node):
    operator: str
    left: Node
    right: Node


@attrs.frozen
class Conditional(Node):
    condition: Node
    when_true: Node
    when_false: Node


@attrs.frozen
class Cast(Node):
    target: str
    operand: Node


@attrs.frozen
class InstanceOf(Node):
    operand: Node
    target: str


@attrs.frozen
class Member(Node):
    """``receiver.name``"""

    receiver: Node
    name: str


@attrs.frozen
class Call(Node):
    """``receiver.name(arguments)``; the name stands from `name_start` to before `name_end`."""

    receiver: Node
    name: str
    arguments: tuple[Node, ...]
    name_start: int
    name_end: int


@attrs.frozen
class Create(Node):
    """``new name(arguments)``"""

    name: str
    arguments: tuple[Node, ...]


@attrs.frozen
class Index(Node):
    """``receiver[index]``"""

    receiver: Node
    index: Node
