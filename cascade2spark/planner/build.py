"""plan_flow: from tails and taps to a plan that can run, with every form kept for the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cascade2spark.config import Settings
from cascade2spark.pipes import Pipe
from cascade2spark.planner.assembly import assemble
from cascade2spark.planner.checks import check_all
from cascade2spark.planner.drawing import draw_svg, write_dot
from cascade2spark.planner.explain import explain_plan
from cascade2spark.planner.findings import raise_all
from cascade2spark.planner.forks import persist_forks
from cascade2spark.planner.lower import lower_plan
from cascade2spark.planner.overview import PlanRow, plan_rows
from cascade2spark.planner.planned import Planned
from cascade2spark.planner.resolve import resolve_assembly
from cascade2spark.planner.rules import rewrite_plan
from cascade2spark.planner.rules.rebuilding import in_order

__all__ = ["PlannedFlow", "plan_flow"]


class PlannedFlow(Planned):
    """A planned flow: its forms, and ways to look at them."""

    __slots__ = ()

    def explain(
        self,
        stage: str | None = None,
        forms: Mapping[int, str] | None = None,
        reasons: Mapping[int, str] | None = None,
    ) -> str:
        """Return the plan as text.

        Args:
            stage: ``pipes``, ``resolved``, ``rewritten`` or ``steps``; None for the overall view,
                which says of every pipe what it became.
            forms: ``rows`` or ``columns`` for each site key, from an engine that knows.
            reasons: why the form changes, for each site key where it does.
        """
        return explain_plan(self, stage, forms, reasons)

    def rows(self, forms: Mapping[int, str] | None = None) -> list[PlanRow]:
        """Return what became of every pipe and tap; `forms` as of `explain`."""
        return plan_rows(self, forms)

    def write_dot(self, path: str | Path) -> None:
        """Write the pipes and taps as a graph in DOT, the language of Graphviz."""
        _write(path, write_dot(self))

    def write_steps_dot(self, path: str | Path) -> None:
        """Write the steps as a graph in DOT."""
        _write(path, write_dot(self, steps=True))

    def _repr_html_(self) -> str:
        return draw_svg(self)

    def __repr__(self) -> str:
        return f"PlannedFlow {self.name!r}: {len(self.nodes)} nodes, {len(self.steps.steps)} steps"


def plan_flow(
    name: str,
    sources: Mapping[str, Any],
    sinks: Mapping[str, Any],
    tails: Sequence[Pipe],
    traps: Mapping[str, Any] | None = None,
    checkpoints: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    *,
    properties: Mapping[str, Any] | None = None,
    is_restartable: bool = False,
) -> PlannedFlow:
    """Plan a flow, or say everything that is wrong with it.

    Args:
        name: the flow's name.
        sources, sinks: taps by the names of heads and tails.
        tails: where the flow ends; an assembly stands for its tails.
        traps, checkpoints: taps by branch name, by Checkpoint name.
        settings: knobs; the defaults when None.
        properties: the flow's, which those set on pipes add to.
        is_restartable: whether named checkpoints may be looked up by a later run.
    Raises:
        PlanError: one finding as itself, several as one error that lists them in `errors`.
        BuildError: a setting names a rule that does not exist.
    """
    knobs = Settings.from_properties() if settings is None else settings
    assembly = assemble(
        name,
        sources,
        sinks,
        tails,
        traps or {},
        checkpoints or {},
        knobs.assertion_level,
        knobs.debug_level,
    )
    errors, failed = check_all(assembly, is_restartable)
    nodes, found = resolve_assembly(assembly, failed)
    raise_all([*errors, *found], name)
    steps = lower_plan(name, nodes, assembly.traps, properties, is_restartable)
    lowered = in_order(persist_forks(steps))
    steps, fired = rewrite_plan(lowered, knobs.rules_off)
    return PlannedFlow(name, assembly, tuple(nodes), lowered, steps, fired)


def _write(path: str | Path, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)  # as Cascading does
    Path(path).write_text(text, "utf-8")
