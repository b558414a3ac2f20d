"""Planning small flows in tests: memory taps by name, local runs, texts to compare."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from cascade2spark.config import Settings
from cascade2spark.fields import Fields, as_fields
from cascade2spark.local import LocalEngine
from cascade2spark.pipes import Pipe, tails_of
from cascade2spark.planner.build import PlannedFlow, plan_flow
from cascade2spark.planner.steps import RunContext, StepPlan
from cascade2spark.taps import MemoryTap

Row = tuple[Any, ...]
RULES = ("drop_unused_persist", "fuse_each", "partial_aggregation", "prune_columns")


class NamedTap(MemoryTap):
    """A memory tap that is shown by a name, so that texts are the same in every run."""

    def __init__(self, name: str, fields: Any = Fields.ALL, rows: Any = None) -> None:
        super().__init__(fields, rows)
        self._name = name

    def __repr__(self) -> str:
        return f"NamedTap({self._name!r})"


def planned(
    tails: Pipe | Sequence[Pipe],
    sources: Mapping[str, tuple[Any, Sequence[Row]]],
    *,
    sinks: Mapping[str, Any] | None = None,
    traps: Sequence[str] = (),
    checkpoints: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
    is_restartable: bool = False,
) -> PlannedFlow:
    """Plan a flow over memory taps.

    Args:
        sources: fields and rows by head name.
        sinks: declared fields by tail name; by default every tail has a sink that takes all.
        traps: names of branches that get a trap.
    """
    given = [tails] if isinstance(tails, Pipe) else list(tails)
    ends = [tail for pipe in given for tail in tails_of(pipe)]
    named = {end.name: Fields.ALL for end in ends} if sinks is None else sinks
    return plan_flow(
        "test",
        {name: NamedTap(name, as_fields(f), rows) for name, (f, rows) in sources.items()},
        {name: NamedTap(name, as_fields(fields)) for name, fields in named.items()},
        given,
        {name: NamedTap(name) for name in traps},
        checkpoints,
        Settings.from_properties(properties),
        properties=properties,
        is_restartable=is_restartable,
    )


@attrs.frozen
class Outcome:
    """What a run gave: rows of each sink, trapped rows, counts of each pipe, what ended it.

    `counts` are the rows in and out by site key; steps that no pipe stands for are left out.
    """

    rows: dict[str, list[Row]]
    trapped: dict[str, list[Row]]
    counts: dict[int, tuple[int, int]]
    error: str | None = None


def run(plan: StepPlan) -> Outcome:
    """Run steps on the local engine."""
    outputs: dict[int, list[Row]] = {step.number: [] for step in plan.writes}
    trapped: dict[int, list[Row]] = {spec.number: [] for spec in plan.traps}
    context = RunContext("run", Settings.from_properties(), {}, outputs, trapped)
    error, counts = None, {}
    try:
        result = LocalEngine().run(plan, context)
        keys = sorted({*result.rows_in, *result.rows_out})
        counts = {
            key: (result.rows_in.get(key, 0), result.rows_out.get(key, 0))
            for key in keys
            if key >= 0
        }
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
    return Outcome(
        {step.site.name: outputs[step.number] for step in plan.writes},
        {",".join(spec.names): trapped[spec.number] for spec in plan.traps},
        counts,
        error,
    )


def rows_of(tails: Any, sources: Any, **options: Any) -> list[Row]:
    """Plan and run a flow with one tail, with all rules; return its rows."""
    outcome = run(planned(tails, sources, **options).steps)
    assert outcome.error is None, outcome.error
    (rows,) = outcome.rows.values()
    return rows


def without_lines(text: str) -> str:
    """Return a text in which line numbers of files do not matter."""
    return re.sub(r"(\.py):\d+", r"\1", text)


def without_place(text: str) -> str:
    """Return a message without the line that names the test as the place of the mistake."""
    return re.sub(r"\n  built at .*", "", text)


def check_golden(path: Path, texts: Mapping[str, str], is_update: bool) -> None:
    """Compare titled texts with a file, or write the file."""
    text = "\n\n".join(f"# {title}\n{without_lines(body)}" for title, body in texts.items()) + "\n"
    if is_update:
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text, f"run pytest with --update-plans and review {path.name}"
