"""From the resolved plan to steps: fields become positions, pipes become the eight step kinds.

What comes out is right but not yet quick: each Each is a step, and every fork is persisted. The
rules make it quick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.planner.lower_groups import (
    add_co_group,
    add_group,
    chains_of,
    join_order,
    sides_of,
)
from cascade2spark.planner.lowering import Lowering
from cascade2spark.planner.nodes import (
    CheckpointNode,
    EachNode,
    EveryNode,
    GroupByNode,
    JoinNode,
    MergeNode,
    NameNode,
    Node,
    SinkNode,
    SourceNode,
)
from cascade2spark.planner.operators import each_operator
from cascade2spark.planner.steps import BroadcastJoin, Map, Persist, Read, StepPlan, Union, Write
from cascade2spark.selection import pick_for
from cascade2spark.taps.wrapping import engine_tap

__all__ = ["lower_node", "lower_plan", "runs_as_broadcast"]


def lower_plan(
    name: str,
    nodes: Sequence[Node],
    traps: Mapping[str, Any],
    properties: Mapping[str, Any] | None = None,
    is_restartable: bool = False,
) -> StepPlan:
    """Return the steps of a resolved plan, before any rule.

    Args:
        traps: tap by branch name.
        properties: the flow's; those of pipes come over them.
        is_restartable: named checkpoints are kept for a later run.
    """
    lowering = Lowering(nodes, traps, properties or {}, is_restartable)
    for node in nodes:
        lower_node(node, lowering)
    return StepPlan(name=name, steps=tuple(lowering.steps), traps=lowering.traps)


def runs_as_broadcast(node: JoinNode) -> bool:
    """Tell whether a HashJoin can stream its first side past the others.

    It cannot when rows of the others may come out that no streamed row met: only all tasks
    together know which. Nor when the joiner does not say.
    """
    pipe: Any = node.pipe
    required = pipe.joiner.required_sides(len(node.sides))
    return required is not None and bool(required[0])


@singledispatch
def lower_node(node: Node, lowering: Lowering) -> None:
    """Append the steps of one node; registered for each kind of node."""
    raise Unsupported(f"{node.label} cannot be lowered", origin=node.origin)


@lower_node.register
def _(node: NameNode, lowering: Lowering) -> None:
    return None


@lower_node.register
def _(node: SourceNode, lowering: Lowering) -> None:
    lowering.add(Read, node, (), tap=engine_tap(node.tap), trap=lowering.trap_of(node))


@lower_node.register
def _(node: SinkNode, lowering: Lowering) -> None:
    before = node.inputs[0]
    lowering.add(
        Write,
        node,
        [lowering.step_of(before)],
        tap=engine_tap(node.tap),
        pick=pick_for(node.fields, before.fields),
        trap=lowering.trap_of(node),
    )


@lower_node.register
def _(node: CheckpointNode, lowering: Lowering) -> None:
    pipe: Any = node.pipe
    is_durable = lowering.is_restartable and pipe.is_named
    inputs = [lowering.step_of(node.inputs[0])]
    kept = lowering.add(Persist, node, inputs, name=node.name, is_durable=is_durable)
    if node.tap is not None:
        pick = pick_for(Fields.ALL, node.fields)
        site = lowering.helper_site(node, "files")
        lowering.add(Write, node, [kept], tap=engine_tap(node.tap), pick=pick, site=site, sites=())
        lowering.set_step(node, kept)  # the branch goes on from the rows, not from the files


@lower_node.register
def _(node: MergeNode, lowering: Lowering) -> None:
    lowering.add(Union, node, [lowering.step_of(one) for one in node.inputs])


@lower_node.register
def _(node: EachNode, lowering: Lowering) -> None:
    operator = each_operator(node, lowering.trap_of(node), lowering.properties_of(node))
    lowering.add(Map, node, [lowering.step_of(node.inputs[0])], operators=(operator,))


@lower_node.register
def _(node: GroupByNode, lowering: Lowering) -> None:
    steps = [lowering.step_of(one) for one in node.inputs]
    if len(steps) > 1:
        site = lowering.helper_site(node, "merge")
        steps = [lowering.add(Union, node, steps, site=site, sites=())]
    for everys, sites in chains_of(node, lowering):
        add_group(node, everys, sites, steps, lowering)


@lower_node.register
def _(node: JoinNode, lowering: Lowering) -> None:
    if node.kind == "HashJoin" and runs_as_broadcast(node):
        pipe: Any = node.pipe
        lowering.add(
            BroadcastJoin,
            node,
            [lowering.step_of(one) for one in node.inputs],
            sides=sides_of(node),
            key_order=join_order(node),
            joiner=pipe.joiner,
            joined=node.fields,
            is_self_join=node.is_self_join,
            trap=lowering.trap_of(node),
        )
        return
    for everys, sites in chains_of(node, lowering):
        add_co_group(node, everys, sites, lowering)


@lower_node.register
def _(node: EveryNode, lowering: Lowering) -> None:
    return None  # part of the step of its group
