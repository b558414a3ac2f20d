"""Cutting a plan short at one pipe, to see the rows that leave it."""

from __future__ import annotations

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.pipes import Pipe, single_tail
from cascade2spark.planner.build import PlannedFlow
from cascade2spark.planner.nodes import NameNode, Node
from cascade2spark.planner.steps import CoGroup, Group, Step, StepPlan

__all__ = ["plan_up_to"]


def plan_up_to(planned: PlannedFlow, pipe: Pipe) -> tuple[StepPlan, int]:
    """Return a plan and the number of its step whose rows leave `pipe`.

    The plan is the one before rewriting, where each pipe's rows can be had; rules change no rows.

    Raises:
        BuildError: the pipe is not part of the flow.
    """
    node = node_of(planned, single_tail(pipe))
    for step in planned.lowered.steps:
        keys = [site.key for site in step.sites]
        if node.number in keys:
            cut = cut_after(step, keys.index(node.number))
            steps = [*planned.lowered.steps]
            steps[step.number] = cut
            return attrs.evolve(planned.lowered, steps=tuple(steps)), cut.number
    raise BuildError(f"{pipe!r} has no rows of its own", origin=pipe.origin)


def node_of(planned: PlannedFlow, pipe: Pipe) -> Node:
    """Return the resolved node of a pipe; of a mere name that of the pipe before it."""
    found = next((node for node in planned.nodes if node.pipe is pipe), None)
    while isinstance(found, NameNode):
        found = found.inputs[0]
    if found is None:
        raise BuildError(
            f"{pipe!r} is not part of flow {planned.name!r}",
            available=planned.assembly.names,
            origin=pipe.origin,
        )
    return found


def cut_after(step: Step, place: int) -> Step:
    """Return a group without the Everys after the `place`th pipe of it; other steps as they are."""
    if not isinstance(step, (Group, CoGroup)) or place == len(step.everys):
        return step
    fields = step.joined if isinstance(step, CoGroup) else step.incoming
    everys = step.everys[:place]
    return attrs.evolve(step, everys=everys, fields=everys[-1].outgoing if everys else fields)
