"""Properties set on pipes and taps: what each operation sees otherwise than the flow's say.

A step is what one MapReduce job was: an exchange with all before it that reads files and all after
it up to the next exchange; a node is one task chain. Of values set at several places the nearest
wins: those of the step, then of the task chain, then of the assemblies around the pipe, from the
outermost in, then of the pipe itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cascade2spark.config_def import ConfigDef
from cascade2spark.pipes import Pipe
from cascade2spark.planner.nodes import CheckpointNode, GroupByNode, JoinNode, Node

__all__ = ["own_properties", "properties_of"]

Properties = Mapping[str, Any]
_Level = Callable[[Any], ConfigDef]


def properties_of(nodes: Sequence[Node], flow: Properties) -> dict[int, Properties]:
    """Return, by node number, the properties that differ from the flow's; most nodes have none."""
    pipes = _around([node.pipe for node in nodes])
    if all(map(_is_plain, [*pipes, *map(_tap_of, nodes)])):
        return {}
    steps, chains = _regions(nodes, _is_same_step(nodes)), _regions(nodes, _is_same_chain)
    found: dict[int, Properties] = {}
    for node in nodes:
        merged = dict(flow)
        for regions, level in ((steps, _step_level), (chains, _node_level)):
            region = regions[node.number]
            own = _around([node.pipe])
            others = [one for one in _around(one.pipe for one in region) if one not in own]
            # Taps are the farthest: what pipes say comes over them.
            taps = [tap for tap in map(_tap_of, region) if tap is not None]
            merged = _applied(merged, [*taps, *others, *own], level)
        merged = _applied(merged, _around([node.pipe]), Pipe.get_config_def)
        changed = _difference(merged, flow)
        if changed:
            found[node.number] = changed
    return found


def own_properties(pipe: Pipe, flow: Properties) -> Properties:
    """Return what was set on a pipe itself and on the assemblies around it, on whatever level."""
    merged = dict(flow)
    for level in (Pipe.get_step_config_def, Pipe.get_node_config_def, Pipe.get_config_def):
        merged = _applied(merged, _around([pipe]), level)
    return _difference(merged, flow)


def _is_plain(element: Any) -> bool:
    return element is None or (
        element.get_config_def().is_empty()
        and element.get_node_config_def().is_empty()
        and element.get_step_config_def().is_empty()
    )


def _tap_of(node: Node) -> Any:
    return getattr(node, "tap", None)


def _step_level(element: Any) -> ConfigDef:
    found: ConfigDef = element.get_step_config_def()
    return found


def _node_level(element: Any) -> ConfigDef:
    found: ConfigDef = element.get_node_config_def()
    return found


def _around(pipes: Iterable[Pipe | None]) -> list[Pipe]:
    """Return pipes, each after the assemblies around it, from the outermost in; each once."""
    found: dict[int, Pipe] = {}
    for pipe in pipes:
        if pipe is not None:
            for one in (*reversed(pipe.assemblies), pipe):
                found.setdefault(id(one), one)
    return list(found.values())


def _applied(merged: dict[str, Any], pipes: Iterable[Any], level: _Level) -> dict[str, Any]:
    for pipe in pipes:
        merged = level(pipe).apply_to(merged)
    return merged


def _difference(merged: Properties, flow: Properties) -> Properties:
    missing = object()
    return {key: value for key, value in merged.items() if flow.get(key, missing) is not value}


def _regions(nodes: Sequence[Node], is_same: Callable[[Node, Node], bool]) -> dict[int, list[Node]]:
    """Return for each node those that it shares a region with, itself too, in order."""
    region_of: dict[int, list[Node]] = {}
    for node in nodes:
        region = region_of[node.number] = [node]
        for before in node.inputs:
            other = region_of[before.number]
            if is_same(before, node) and other is not region:
                other.extend(region)
                region_of.update((one.number, other) for one in region)
                region = other
    return {
        number: sorted(region, key=lambda one: one.number) for number, region in region_of.items()
    }


def _is_same_step(nodes: Sequence[Node]) -> Callable[[Node, Node], bool]:
    grouped: set[int] = set()  # nodes whose rows have passed an exchange within their step
    for node in nodes:
        comes_grouped = any(before.number in grouped for before in node.inputs)
        if _is_exchange(node) or (comes_grouped and not isinstance(node, CheckpointNode)):
            grouped.add(node.number)

    def is_same(before: Node, node: Node) -> bool:
        is_next = _is_exchange(node) and before.number in grouped
        return not is_next and not isinstance(before, CheckpointNode)

    return is_same


def _is_same_chain(before: Node, node: Node) -> bool:
    return not _is_exchange(node) and not isinstance(before, CheckpointNode)


def _is_exchange(node: Node) -> bool:
    return isinstance(node, GroupByNode) or (isinstance(node, JoinNode) and node.kind == "CoGroup")
