"""From resolved Each and Every nodes to the operators that travel to tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade2spark.operations.base import Aggregator, Buffer, Filter, Function
from cascade2spark.planner.nodes import EachNode, EveryNode, GroupByNode, Node
from cascade2spark.planner.steps import EachOperator, EveryOperator, Site
from cascade2spark.selection import layout_for, pick_for

__all__ = ["each_operator", "every_operator", "site_of"]


def site_of(node: Node) -> Site:
    """Return what errors and statistics say about a node."""
    return Site(
        key=node.number,
        kind=node.kind,
        name=node.name,
        label=node.label,
        origin=node.origin,
        branch=str(node.path),
    )


def each_operator(node: EachNode, trap: int | None, properties: Mapping[str, Any]) -> EachOperator:
    """Return what a task needs of an Each."""
    pipe: Any = node.pipe
    incoming, resolved = node.incoming, node.resolved
    kind = "filter" if isinstance(node.operation, Filter) else "assertion"
    layout = None
    if resolved is not None:
        kind = "function"
        layout = layout_for(
            resolved.output,
            resolved.passed,
            pipe.arguments,
            resolved.arguments,
            resolved.declared,
            group=node.group,
            is_args=resolved.is_args,
        )
    assert kind != "function" or isinstance(node.operation, Function)
    return EachOperator(
        site=site_of(node),
        kind=kind,
        operation=node.operation,
        incoming=incoming,
        argument_fields=node.arguments,
        declared=incoming if resolved is None else resolved.declared,
        outgoing=node.fields,
        arguments=pick_for(pipe.arguments, incoming, node.group),
        layout=layout,
        trap=trap,
        properties=properties,
    )


def every_operator(
    node: EveryNode, site: Site, trap: int | None, properties: Mapping[str, Any]
) -> EveryOperator:
    """Return what a task needs of an Every."""
    pipe: Any = node.pipe
    over, resolved = node.over, node.resolved
    group = over.key if isinstance(over, GroupByNode) else over.group
    is_aggregator = isinstance(node.operation, Aggregator)
    kind = "assertion"
    layout = None
    if resolved is not None:
        kind = "aggregator" if is_aggregator else "buffer"
        layout = layout_for(
            resolved.output,
            resolved.passed,
            resolved.arguments if is_aggregator else pipe.arguments,
            resolved.arguments,
            resolved.declared,
            group=group,
            is_args=resolved.is_args,
        )
    assert kind != "buffer" or isinstance(node.operation, Buffer)
    return EveryOperator(
        site=site,
        kind=kind,
        operation=node.operation,
        argument_fields=node.arguments,
        declared=node.fields if resolved is None else resolved.declared,
        passed=node.fields if resolved is None else resolved.passed,
        outgoing=node.fields,
        arguments=pick_for(pipe.arguments, over.fields, group),
        layout=layout,
        trap=trap,
        properties=properties,
    )
