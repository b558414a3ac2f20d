"""Which checkpoints of a flow are kept for a restart, and where."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.config import Settings
from cascade2spark.errors import Unsupported
from cascade2spark.files import local_path, route_of
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.kept import KeptCheckpoints, folder_of
from cascade2spark.flows.phases import uncuttable
from cascade2spark.planner.steps import Engine, Persist, RunContext, RunResult, Step, StepPlan
from cascade2spark.taps.memory import DataFrameTap, RDDTap
from cascade2spark.taps.paths import PathTap

__all__ = ["Restart", "restart_of"]


class Restart:
    """A flow with a run id, whose named checkpoints a later run may go on from.

    Args:
        plan: the flow's steps.
        notes: for each checkpoint that is not kept, why.
        kept: the others, None when there is none.
    """

    def __init__(
        self, plan: StepPlan, notes: Mapping[str, str], kept: KeptCheckpoints | None
    ) -> None:
        self.plan = plan
        self.notes = notes
        self._kept = kept

    @property
    def is_kept(self) -> bool:
        """Whether any checkpoint is kept."""
        return self._kept is not None

    def run(
        self, engine: Engine, context: RunContext, on_skipped: Callable[[Sequence[int]], None]
    ) -> RunResult:
        """Run the plan, but for what is kept; see `KeptCheckpoints.run`."""
        assert self._kept is not None
        return self._kept.run(engine, context, on_skipped)

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why a checkpoint that an earlier run kept was not used, by its name."""
        return {} if self._kept is None else self._kept.reasons

    def clean_up(self) -> None:
        """Delete what is kept."""
        if self._kept is not None:
            self._kept.clean_up()


def restart_of(
    definition: FlowDef,
    plan: StepPlan,
    settings: Settings,
    properties: Mapping[str, Any],
    engine: Any,
) -> Restart | None:
    """Return how a flow is restarted; None for one without a run id, or without named checkpoints.

    Raises:
        Unsupported: the folder for checkpoints is not on a local path.
    """
    checkpoints = [one for one in plan.steps if isinstance(one, Persist) and one.is_durable]
    if not checkpoints:
        return None
    root = _root_of(definition, settings)
    notes = {
        f"checkpoint {one.name!r}": f"is not kept for a restart: {why}"
        for one in checkpoints
        for why in [_why_not(one, plan, root)]
        if why is not None
    }
    plan = _without(plan, [one for one in checkpoints if f"checkpoint {one.name!r}" in notes])
    if len(notes) == len(checkpoints) or root is None:
        return Restart(plan, notes, None)
    folder = folder_of(root, definition.flow_name(), str(definition.run_id))
    files = getattr(engine, "files_of", None) or _files_unknown
    return Restart(plan, notes, KeptCheckpoints(folder, plan, properties, files))


def _files_unknown(tap: Any) -> None:
    """Leave it to the tap."""


def _root_of(definition: FlowDef, settings: Settings) -> str | None:
    """Return the folder that checkpoints are kept in: as set, or beside the first sink of files."""
    if settings.checkpoint_path is not None:
        if route_of(settings.checkpoint_path) != "local":
            raise Unsupported(
                "checkpoints are kept on a local path, or on a mount that all machines share",
                asked=settings.checkpoint_path,
                origin=definition.origin,
                fix="set cascade2spark.checkpoint.path to such a folder",
            )
        return local_path(settings.checkpoint_path)
    for tap in definition.sinks.values():
        if isinstance(tap, PathTap) and route_of(tap.path) == "local":
            return os.path.dirname(local_path(tap.path))
    return None


def _why_not(checkpoint: Persist, plan: StepPlan, root: str | None) -> str | None:
    """Return why a checkpoint is not kept, None when it is."""
    if root is None:
        return "no sink has a folder to keep it beside; set cascade2spark.checkpoint.path"
    later = [one for one in plan.writes if isinstance(one.tap, (RDDTap, DataFrameTap))]
    if later:
        return f"{later[0].tap} is computed after the flow has ended"
    step = uncuttable(plan, checkpoint)
    if step is not None:
        return (
            f"rows of {step.site.label} go elsewhere too, and may have to go to a trap from there"
        )
    return None


def _without(plan: StepPlan, dropped: Sequence[Persist]) -> StepPlan:
    """Return the plan with some checkpoints as ordinary ones."""
    if not dropped:
        return plan
    numbers = {step.number for step in dropped}
    new_of: dict[int, Step] = {}
    for step in plan.steps:
        changed: Step = attrs.evolve(step, inputs=tuple(new_of[one.number] for one in step.inputs))
        if isinstance(changed, Persist) and step.number in numbers:
            changed = attrs.evolve(changed, is_durable=False)
        new_of[step.number] = changed
    return attrs.evolve(plan, steps=tuple(new_of.values()))
