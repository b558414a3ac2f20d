"""What is known while a resolved plan becomes steps: which step a node became, and its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.config import KNOBS, Settings
from cascade2spark.counters import CACHE_COUNTERS
from cascade2spark.errors import BuildError
from cascade2spark.planner.nodes import NameNode, Node
from cascade2spark.planner.operators import site_of
from cascade2spark.planner.properties import own_properties, properties_of
from cascade2spark.planner.steps import Site, Step, TrapSpec
from cascade2spark.taps.wrapping import engine_tap

__all__ = ["Lowering"]


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

    def has_step(self, node: Node) -> bool:
        """Tell whether a step has the rows of a node already."""
        return id(node) in self._step_of

    def set_step(self, node: Node, step: Step) -> None:
        """Say which step has the rows of a node, where it is not the one last added for it."""
        self._step_of[id(node)] = step

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
