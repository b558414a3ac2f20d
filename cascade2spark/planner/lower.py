"""From the resolved plan to steps: fields become positions, pipes become the eight step kinds.

What comes out is right but not yet quick: each Each is a step, and every fork is persisted. The
rules make it quick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

import attrs

from cascade2spark.config import KNOBS, Settings
from cascade2spark.counters import CACHE_COUNTERS
from cascade2spark.errors import BuildError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.ordering_python import key_order_of
from cascade2spark.planner.joining import comparators_of
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
from cascade2spark.planner.operators import each_operator, every_operator, site_of
from cascade2spark.planner.properties import own_properties, properties_of
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    EveryOperator,
    Group,
    Map,
    Persist,
    Read,
    Side,
    Site,
    Step,
    StepPlan,
    TrapSpec,
    Union,
    Write,
)
from cascade2spark.selection import pick_for
from cascade2spark.taps.wrapping import engine_tap

__all__ = ["Lowering", "lower_node", "lower_plan", "runs_as_broadcast"]

_CAPACITY, _PARTITIONS = "cascade2spark.aggregate.capacity", "cascade2spark.partitions"


class Lowering:
    """One lowering: the steps so far, which step a node became, and the traps by branch name.

    Args:
        flow: the flow's properties.
        is_restartable: named checkpoints are kept for a later run.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        traps: Mapping[str, Any],
        flow: Mapping[str, Any],
        is_restartable: bool = False,
    ) -> None:
        self.steps: list[Step] = []
        self.is_restartable = is_restartable
        self._flow = flow
        self._properties = properties_of(nodes, flow)
        self.traps = _trap_specs(traps, flow)
        self._trap_of = {name: spec.number for spec in self.traps for name in spec.names}
        self._step_of: dict[int, Step] = {}
        self._helpers = 0
        self._readers: dict[int, list[Node]] = {id(node): [] for node in nodes}
        for node in nodes:
            for before in node.inputs:
                self._readers[id(before)].append(node)

    def step_of(self, node: Node) -> Step:
        """Return the step whose rows are those of a node; a new name is no step."""
        while isinstance(node, NameNode):
            node = node.inputs[0]
        return self._step_of[id(node)]

    def trap_of(self, node: Node) -> int | None:
        """Return the number of the trap bound to a node's branch."""
        return self._trap_of.get(node.name)

    def properties_of(self, node: Node) -> Mapping[str, Any]:
        """Return what a node's operation sees otherwise than the flow's properties say."""
        return self._properties.get(node.number, {})

    def cache_of(self, pipe: Any) -> str | None:
        """Return the group that counts what aggregation before an exchange does, if any."""
        if pipe.assemblies:
            return getattr(pipe.assemblies[0], "cache_counters", None)
        found: str | None = own_properties(pipe, self._flow).get(CACHE_COUNTERS)
        return found

    def knob_of(self, pipe: Any, name: str) -> Any:
        """Return the value of a knob that was set on a pipe itself, None when it was not.

        Raises:
            BuildError: a property of ours does not exist, or has a wrong value.
        """
        own = own_properties(pipe, self._flow)
        knob = next(one for one in KNOBS if one.name == name)
        try:
            settings = Settings.from_properties(own)
        except BuildError as error:
            error.locate(pipe.origin)
            raise
        is_set = any(own.get(key) is not None for key in (knob.name, *knob.aliases))
        return getattr(settings, knob.attribute) if is_set else None

    def readers_of(self, node: Node) -> list[Node]:
        """Return the nodes that go on from `node`, looking through mere names."""
        found: list[Node] = []
        waiting = list(self._readers[id(node)])
        while waiting:
            reader = waiting.pop(0)
            if isinstance(reader, NameNode):
                waiting = [*self._readers[id(reader)], *waiting]
            else:
                found.append(reader)
        return found

    def helper_site(self, node: Node, kind: str) -> Site:
        """Return a site of its own for a step that no pipe stands for, to count apart."""
        self._helpers += 1
        label = f"{kind} of {node.label}"
        return attrs.evolve(site_of(node), key=-self._helpers, kind=kind, label=label)

    def repeat_site(self, node: Node) -> Site:
        """Return a site for work on a node that another step does too, and reports."""
        self._helpers += 1
        return attrs.evolve(site_of(node), key=-self._helpers, is_repeat=True)

    def add(self, step_class: Any, node: Node, inputs: Sequence[Step], **parts: Any) -> Step:
        """Append a step; a step that does not end the node's work is not what it became."""
        parts.setdefault("fields", node.fields)
        parts.setdefault("site", site_of(node))
        parts.setdefault("sites", (parts["site"],))
        step: Step = step_class(number=len(self.steps), inputs=tuple(inputs), **parts)
        self.steps.append(step)
        self._step_of[id(node)] = step
        return step


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
        lowering._step_of[id(node)] = kept  # the branch goes on from the rows, not from the files


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
    for everys, sites in _chains(node, lowering):
        _add_group(node, everys, sites, steps, lowering)


@lower_node.register
def _(node: JoinNode, lowering: Lowering) -> None:
    if node.kind == "HashJoin" and runs_as_broadcast(node):
        pipe: Any = node.pipe
        lowering.add(
            BroadcastJoin,
            node,
            [lowering.step_of(one) for one in node.inputs],
            sides=_sides(node),
            key_order=_join_order(node),
            joiner=pipe.joiner,
            joined=node.fields,
            is_self_join=node.is_self_join,
            trap=lowering.trap_of(node),
        )
        return
    for everys, sites in _chains(node, lowering):
        _add_co_group(node, everys, sites, lowering)


@lower_node.register
def _(node: EveryNode, lowering: Lowering) -> None:
    return None  # part of the step of its group


def _chains(node: Node, lowering: Lowering) -> list[tuple[list[EveryNode], tuple[Site, ...]]]:
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


def _add_group(
    node: GroupByNode,
    everys: list[EveryNode],
    sites: tuple[Site, ...],
    inputs: list[Step],
    lowering: Lowering,
) -> None:
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
    lowering._step_of.setdefault(id(node), step)


def _add_co_group(
    node: JoinNode, everys: list[EveryNode], sites: tuple[Site, ...], lowering: Lowering
) -> None:
    pipe: Any = node.pipe
    lowering.add(
        CoGroup,
        everys[-1] if everys else node,
        [lowering.step_of(one) for one in node.inputs],
        site=sites[0],
        sites=sites,
        sides=_sides(node),
        key_order=_join_order(node),
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


def _sides(node: JoinNode) -> tuple[Side, ...]:
    return tuple(
        Side(
            source=source,
            key=pick_for(key, node.inputs[source].fields),
            fields=node.inputs[source].fields,
            key_fields=key,
        )
        for source, key in zip(node.sides, node.keys, strict=True)
    )


def _join_order(node: JoinNode) -> AnyKeyOrder:
    """Return the order of a join's keys: for each field the first comparator of any side."""
    size = len(node.keys[0])
    found = [
        comparators_of(selector, node.inputs[source].fields, size)
        for selector, source in zip(node.selectors, node.sides, strict=True)
    ]
    chosen = [next((one[place] for one in found if one[place]), None) for place in range(size)]
    return key_order_of(size, chosen)


def _trap_specs(traps: Mapping[str, Any], properties: Mapping[str, Any]) -> tuple[TrapSpec, ...]:
    """Return one spec for each trap tap; a tap may serve several names."""
    names: dict[int, list[str]] = {}
    taps: dict[int, Any] = {}
    for name, tap in traps.items():
        number = next((at for at, known in taps.items() if known is tap or known == tap), len(taps))
        taps[number] = tap
        names.setdefault(number, []).append(name)
    return tuple(
        TrapSpec(
            at, tuple(names[at]), engine_tap(taps[at]), settings=_settings_of(taps[at], properties)
        )
        for at in taps
    )


def _settings_of(trap: Any, properties: Mapping[str, Any]) -> Settings | None:
    """Return the settings for a trap whose tap has properties of its own."""
    own = trap.get_config_def()
    return None if own.is_empty() else Settings.from_properties(own.apply_to(properties))
