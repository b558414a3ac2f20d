"""What a part of a plan reports while it runs, under the numbers of the whole plan."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from cascade2spark.counters import Counters, StepCounters, counter_name
from cascade2spark.flows.phases import Phase
from cascade2spark.planner.steps import RunContext, RunResult

__all__ = [
    "BY_SITE",
    "BY_STEP",
    "add_report",
    "renumbered_progress",
    "report_of",
    "with_failures_told",
]

# What a RunResult tells by the key of a site, and by the number of a step.
BY_SITE = ("rows_in", "rows_out", "forms", "conversions", "fallbacks")
BY_STEP = ("seconds", "details")

_READ, _WRITTEN = counter_name(StepCounters.Tuples_Read), counter_name(StepCounters.Tuples_Written)


def renumbered_progress(
    phase: Phase, context: RunContext
) -> Callable[[int, str, float | None], None]:
    """Return how a part tells its progress: without the steps that only it has."""

    def tell(number: int, text: str, part: float | None) -> None:
        if number in phase.numbers:
            context.on_progress(phase.numbers[number], text, part)

    return tell


def with_failures_told(phase: Phase, context: RunContext, total: RunResult) -> RunContext:
    """Return the context for a part: what it counts until it fails adds to the parts before."""

    def tell(result: RunResult) -> None:
        add_report(total, report_of(phase, result))
        context.on_failed(total)

    return attrs.evolve(context, on_failed=tell)


def report_of(phase: Phase, result: RunResult) -> RunResult:
    """Return what a part reports under the numbers of the whole plan, without what is only its."""
    counters = Counters(result.counters)
    passed = sum(result.rows_in.get(key, 0) for key in phase.given)
    if passed:
        counters.increment(_READ, -passed)
    if phase.name is not None and _WRITTEN in counters:
        counters.increment(_WRITTEN, -counters[_WRITTEN])
    told = RunResult(counters=counters)
    for name in BY_SITE:
        mine = {k: one for k, one in getattr(result, name).items() if k not in phase.inner}
        setattr(told, name, mine)
    for name in BY_STEP:
        found = getattr(result, name).items()
        mine = {phase.numbers[k]: one for k, one in found if k in phase.numbers}
        setattr(told, name, mine)
    return told


def add_report(total: RunResult, told: RunResult) -> None:
    """Add what one part reports; the task that goes on from kept rows belongs to their step."""
    total.counters.merge(told.counters)
    for name in BY_SITE:
        getattr(total, name).update(getattr(told, name))
    for number, seconds in told.seconds.items():
        total.seconds[number] = total.seconds.get(number, 0.0) + seconds
    for number, details in told.details.items():
        total.details.setdefault(number, {}).update(details)
