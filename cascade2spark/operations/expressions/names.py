"""Which names of an expression are parameters, and which are classes."""

from __future__ import annotations

import attrs

from cascade2spark.operations.expressions import syntax
from cascade2spark.operations.expressions.methods import statics_of
from cascade2spark.operations.expressions.parser import PACKAGES

__all__ = ["class_name", "names_in"]


def names_in(tree: syntax.Node) -> list[str]:
    """Return the names that must be parameters, each once, in the order of their first use."""
    found: dict[str, None] = {}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        is_static = (
            isinstance(node, (syntax.Call, syntax.Member)) and class_name(node.receiver) is not None
        )
        if isinstance(node, syntax.Name):
            found.setdefault(node.text)
        children = [] if is_static else _children(node)
        if is_static and isinstance(node, syntax.Call):
            children = list(node.arguments)
        waiting.extend(reversed(children))
    return list(found)


def _children(node: syntax.Node) -> list[syntax.Node]:
    values = [getattr(node, field.name) for field in attrs.fields(type(node))]
    return [
        child
        for value in values
        for child in (value if isinstance(value, tuple) else (value,))
        if isinstance(child, syntax.Node)
    ]


def class_name(node: syntax.Node) -> str | None:
    """Return the class that `node` names, with or without its package."""
    parts: list[str] = []
    while isinstance(node, syntax.Member):
        parts.append(node.name)
        node = node.receiver
    if not isinstance(node, syntax.Name):
        return None
    name = ".".join([node.text, *reversed(parts)])
    for package in PACKAGES:
        name = name.removeprefix(package)
    return name if statics_of(name) is not None else None
