"""What is known of an assembly while its fields are resolved, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import Cascade2SparkError, PlanError
from cascade2spark.pipes import Pipe
from cascade2spark.planner.assembly import Assembly, label_of, step_of
from cascade2spark.planner.findings import located
from cascade2spark.planner.nodes import Node

__all__ = ["Resolution"]


class Resolution:
    """The nodes made so far, and what was found to be wrong; the walk goes on from it."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.nodes: list[Node] = []
        self.errors: list[PlanError] = []
        self._node_of: dict[int, Node | None] = {}

    def node_of(self, pipe: Pipe) -> Node | None:
        """Return the node of a pipe, None when it could not be planned."""
        return self._node_of[id(pipe)]

    def parts(self, pipe: Pipe, inputs: tuple[Node, ...]) -> dict[str, Any]:
        """Return what every node of a pipe has."""
        return {
            "number": len(self.nodes),
            "name": pipe.name,
            "kind": type(pipe).__name__,
            "label": label_of(pipe),
            "inputs": inputs,
            "origin": pipe.origin,
            "path": self.assembly.paths[id(pipe)],
            "pipe": pipe,
            "made_by": pipe.made_by,
        }

    def located(
        self, error: Cascade2SparkError, pipe: Pipe, says: str, inputs: tuple[Node, ...]
    ) -> PlanError:
        """Return `error` as one of this pipe; `says` completes the sentence its label begins."""
        path = self.assembly.paths[id(pipe)]
        if len(pipe.previous) > 1 and len(inputs) == 1:
            path = inputs[0].path.plus(step_of(pipe))  # by the side that is at fault
        return located(error, f"{label_of(pipe)} {says}", pipe, path, inputs)
