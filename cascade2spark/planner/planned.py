"""The three forms of one flow side by side: what explaining and drawing look at."""

from __future__ import annotations

import attrs

from cascade2spark.planner.assembly import Assembly
from cascade2spark.planner.nodes import Node
from cascade2spark.planner.steps import StepPlan

__all__ = ["Planned"]


@attrs.frozen(eq=False, repr=False)
class Planned:
    """A flow in its three forms.

    Args:
        assembly: the pipes and taps as the user gave them.
        nodes: the resolved plan, inputs before users.
        lowered: the steps before any rule.
        steps: the steps that run.
        fired: names of the rules that changed something.
    """

    name: str
    assembly: Assembly
    nodes: tuple[Node, ...]
    lowered: StepPlan
    steps: StepPlan
    fired: tuple[str, ...]
