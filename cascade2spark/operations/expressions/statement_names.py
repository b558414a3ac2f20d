"""Which names of a script are parameters: those that no declaration around them declares."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from cascade2spark.operations.expressions import syntax
from cascade2spark.operations.expressions.names import class_name
from cascade2spark.operations.expressions.statement_syntax import Block, Declare, For, ForEach

__all__ = ["free_names"]

Scopes = tuple[set[str], ...]


def free_names(script: Block) -> list[str]:
    """Return the names that must be parameters, each once, in the order of their first use."""
    found: dict[str, None] = {}
    _visit(script, (), found)
    return list(found)


def _visit(node: syntax.Node, scopes: Scopes, found: dict[str, None]) -> None:
    if isinstance(node, syntax.Name):
        if not any(node.text in scope for scope in scopes):
            found.setdefault(node.text)
        return
    if isinstance(node, Declare):
        for name, value in node.variables:
            if value is not None:
                _visit(value, scopes, found)
            scopes[-1].add(name.text)
        return
    if isinstance(node, (Block, For, ForEach)):
        scopes = (*scopes, set())
    if isinstance(node, ForEach):
        _visit(node.texts, scopes, found)
        scopes[-1].add(node.name.text)
        _visit(node.body, scopes, found)
        return
    is_static = (
        isinstance(node, (syntax.Call, syntax.Member))
        and class_name(node.receiver) is not None
        and not _is_local(node, scopes)
    )
    if is_static:
        for argument in getattr(node, "arguments", ()):
            _visit(argument, scopes, found)
        return
    for child in _children(node):
        _visit(child, scopes, found)


def _is_local(node: syntax.Node, scopes: Scopes) -> bool:
    root = node
    while isinstance(root, (syntax.Call, syntax.Member)):
        root = root.receiver
    return isinstance(root, syntax.Name) and any(root.text in scope for scope in scopes)


def _children(node: syntax.Node) -> Iterator[syntax.Node]:
    """Yield what stands below, in the order of the text; fields of a node are in that order."""
    waiting = [getattr(node, field.name) for field in attrs.fields(type(node))]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, syntax.Node):
            yield value
        elif isinstance(value, tuple):
            waiting[:0] = value
