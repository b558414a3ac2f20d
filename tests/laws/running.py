"""Running the jobs of the laws, and what two engines must agree on."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import currently_in_test_context, note

from cascade2spark.connectors import FlowConnector, LocalFlowConnector
from cascade2spark.errors import Cascade2SparkError
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.stats import FlowStats
from cascade2spark.planner.rules import RULES
from cascade2spark.taps import MemoryTap
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.laws.strategies import NAMES, Job, described

ALL_OFF = ",".join(RULES)
Sizes = tuple[int, int, str]
COUNTED = (
    ("StepCounters", "Tuples_Read"),
    ("StepCounters", "Tuples_Written"),
    ("StepCounters", "Tuples_Trapped"),
    ("law", "seen"),
)


@attrs.frozen
class Outcome:
    """Everything that two engines must agree on; values by their text, which tells 1 from True."""

    rows: dict[str, list[str]]
    traps: dict[str, list[str]]
    counters: dict[Any, int]


def complete(job: Job, connector: FlowConnector) -> tuple[FlowDef, FlowStats]:
    """Run a job."""
    if currently_in_test_context():
        note(described(job))
    definition = FlowDef("law")
    for name, rows in job.inputs.items():
        definition.add_source(name, MemoryTap(NAMES, rows))
    for tail in job.tails:
        definition.add_tail_sink(tail, MemoryTap())
    for name in job.traps:
        definition.add_trap(name, MemoryTap())
    flow = connector.connect(definition)
    flow.complete()
    return definition, flow.get_stats()


def run(job: Job, connector: FlowConnector, is_ordered: bool) -> Outcome | None:
    """Return what came of a job, None when it failed."""
    try:
        definition, stats = complete(job, connector)
    except Cascade2SparkError:
        return None
    arranged = list if is_ordered else sorted
    return Outcome(
        {name: arranged(map(repr, tap.rows)) for name, tap in definition.sinks.items()},
        {name: sorted(map(repr, tap.rows)) for name, tap in definition.traps.items()},
        {name: stats.get_counter_value(*name) for name in COUNTED},
    )


def sites(stats: FlowStats) -> list[Any]:
    """Return the rows that entered and left each pipe."""
    return [
        (one.site.kind, one.site.name, one.rows_in, one.rows_out)
        for step in stats.steps
        for one in step.sites
    ]


def batched(rules_off: str, partitions: int, sizes: Sizes, form: str) -> InProcessConnector:
    """Return the engine over batches."""
    batch_rows, capacity, memory_bytes = sizes
    properties = {
        "cascade2spark.rules.off": rules_off,
        "cascade2spark.memory.bytes": memory_bytes,
        "cascade2spark.form": form,
    }
    return InProcessConnector(properties, InProcessEngine(partitions, batch_rows, capacity))


def agree(job: Job, rules_off: str, partitions: int, sizes: Sizes, form: str) -> None:
    is_ordered = partitions == 1
    expected = run(job, LocalFlowConnector({"cascade2spark.rules.off": ALL_OFF}), is_ordered)
    assert run(job, batched(rules_off, partitions, sizes, form), is_ordered) == expected


def told(job: Job, connector: FlowConnector) -> Any:
    """Return all that a run says, rows in their order, and rows by pipe; or what failed."""
    try:
        definition, stats = complete(job, connector)
    except Cascade2SparkError as error:
        return type(error).__name__
    rows = {name: [*map(repr, tap.rows)] for name, tap in definition.sinks.items()}
    traps = {name: sorted(map(repr, tap.rows)) for name, tap in definition.traps.items()}
    # How often keys were held says how the work was done, and that is what differs here.
    counters = {name: n for name, n in stats.counters.as_dict().items() if "Cache" not in name[0]}
    return rows, traps, counters, sites(stats)
