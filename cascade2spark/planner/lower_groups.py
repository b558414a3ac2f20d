"""Groups and joins to steps, each with a run of the Everys that follow it."""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.ordering_python import key_order_of
from cascade2spark.planner.joining import comparators_of
from cascade2spark.planner.lowering import Lowering
from cascade2spark.planner.nodes import EveryNode, GroupByNode, JoinNode, Node
from cascade2spark.planner.operators import every_operator, site_of
from cascade2spark.planner.steps import CoGroup, EveryOperator, Group, Side, Site, Step
from cascade2spark.selection import pick_for

__all__ = ["add_co_group", "add_group", "chains_of", "join_order", "sides_of"]

_CAPACITY, _PARTITIONS = "cascade2spark.aggregate.capacity", "cascade2spark.partitions"


def chains_of(node: Node, lowering: Lowering) -> list[tuple[list[EveryNode], tuple[Site, ...]]]:
    """Return the runs of Everys over one group, a run for each point where rows leave.

    An Every whose rows go on to a further Every and elsewhere ends one run and is part of another:
    it works twice, and counts, traps and reports in the first run only. Each run comes with the
    sites of the group and its Everys.
    """
    chains: list[list[EveryNode]] = []
    waiting: list[tuple[Node, list[EveryNode]]] = [(node, [])]
    while waiting:
        last, chain = waiting.pop(0)
        readers = lowering.readers_of(last)
        everys = [one for one in readers if isinstance(one, EveryNode)]
        if len(everys) < len(readers) or not everys:
            chains.append(chain)
        waiting += [(one, [*chain, one]) for one in everys]
    seen: set[int] = set()
    found = []
    for chain in chains:
        repeated = [one for one in (node, *chain) if one.number in seen]
        for one in repeated:
            if isinstance(one, EveryNode) and not one.operation.is_safe():
                raise Unsupported(
                    f"{one.label} is not safe to run twice, and its groups go on to several places",
                    origin=one.origin,
                )
        sites = tuple(
            lowering.repeat_site(one) if one in repeated else site_of(one) for one in (node, *chain)
        )
        seen.update(one.number for one in (node, *chain))
        found.append((chain, sites))
    return found


def _operators(
    everys: list[EveryNode], sites: tuple[Site, ...], lowering: Lowering
) -> tuple[EveryOperator, ...]:
    return tuple(
        every_operator(one, site, lowering.trap_of(one), lowering.properties_of(one))
        for one, site in zip(everys, sites[1:], strict=True)
    )


def add_group(
    node: GroupByNode,
    everys: list[EveryNode],
    sites: tuple[Site, ...],
    inputs: list[Step],
    lowering: Lowering,
) -> None:
    """Append the Group of a GroupBy with a run of its Everys."""
    pipe: Any = node.pipe
    order = comparators_of(node.key_selector, node.fields, len(node.key))
    sort, sort_order = None, None
    if node.sort is not None and node.sort_selector is not None:
        sort = pick_for(node.sort, node.fields)
        compared = comparators_of(node.sort_selector, node.fields, len(node.sort))
        sort_order = key_order_of(len(node.sort), compared, node.reverse)
    step = lowering.add(
        Group,
        everys[-1] if everys else node,
        inputs,
        site=sites[0],
        sites=sites,
        key=pick_for(node.key, node.fields),
        sort=sort,
        key_order=key_order_of(len(node.key), order, node.reverse),
        sort_order=sort_order,
        group_fields=Fields.as_declaration(node.key),
        incoming=node.fields,
        everys=_operators(everys, sites, lowering),
        is_single=node.key.is_none(),
        capacity=lowering.knob_of(pipe, _CAPACITY),
        cache=lowering.cache_of(pipe),
        partitions=pipe.partitions or lowering.knob_of(pipe, _PARTITIONS),
        trap=lowering.trap_of(node),
    )
    if not lowering.has_step(node):
        lowering.set_step(node, step)


def add_co_group(
    node: JoinNode, everys: list[EveryNode], sites: tuple[Site, ...], lowering: Lowering
) -> None:
    """Append the CoGroup of a join with a run of its Everys."""
    pipe: Any = node.pipe
    lowering.add(
        CoGroup,
        everys[-1] if everys else node,
        [lowering.step_of(one) for one in node.inputs],
        site=sites[0],
        sites=sites,
        sides=sides_of(node),
        key_order=join_order(node),
        joiner=BufferJoin() if node.is_buffer_join else pipe.joiner,
        group_fields=Fields.as_declaration(node.group),
        joined=node.fields,
        everys=_operators(everys, sites, lowering),
        is_self_join=node.is_self_join,
        is_single=node.keys[0].is_none(),
        partitions=getattr(pipe, "partitions", None) or lowering.knob_of(pipe, _PARTITIONS),
        skewed=getattr(pipe, "skewed", False),
        trap=lowering.trap_of(node),
    )


def sides_of(node: JoinNode) -> tuple[Side, ...]:
    """Return the sides of a join, in order."""
    return tuple(
        Side(
            source=source,
            key=pick_for(key, node.inputs[source].fields),
            fields=node.inputs[source].fields,
            key_fields=key,
        )
        for source, key in zip(node.sides, node.keys, strict=True)
    )


def join_order(node: JoinNode) -> AnyKeyOrder:
    """Return the order of a join's keys: for each field the first comparator of any side."""
    size = len(node.keys[0])
    found = [
        comparators_of(selector, node.inputs[source].fields, size)
        for selector, source in zip(node.selectors, node.sides, strict=True)
    ]
    chosen = [next((one[place] for one in found if one[place]), None) for place in range(size)]
    return key_order_of(size, chosen)
