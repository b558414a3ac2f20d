"""Any small assembly gives the same on every engine: rows, trapped rows, counters, and failing.

The reference engine runs the plan as it was written; the engine over batches runs it with all
rewrites, with each one left out, and with none.
"""

from __future__ import annotations

from typing import Any

import attrs
import hypothesis.strategies as st
from hypothesis import HealthCheck, given, note, settings

from cascade2spark.connectors import FlowConnector, LocalFlowConnector
from cascade2spark.errors import Cascade2SparkError
from cascade2spark.flows.definition import FlowDef
from cascade2spark.planner.rules import RULES
from cascade2spark.taps import MemoryTap
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine
from tests.laws.strategies import NAMES, Job, assemblies, described

ALL_OFF = ",".join(RULES)
RULES_OFF = st.sampled_from(["", *RULES, ALL_OFF])
COUNTED = (
    ("StepCounters", "Tuples_Read"),
    ("StepCounters", "Tuples_Written"),
    ("StepCounters", "Tuples_Trapped"),
    ("law", "seen"),
)
without_health_checks = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@attrs.frozen
class Outcome:
    """Everything that two engines must agree on; values by their text, which tells 1 from True."""

    rows: dict[str, list[str]]
    traps: dict[str, list[str]]
    counters: dict[Any, int]


def run(job: Job, connector: FlowConnector, is_ordered: bool) -> Outcome | None:
    """Return what came of a job, None when it failed."""
    note(described(job))
    definition = FlowDef("law")
    for name, rows in job.inputs.items():
        definition.add_source(name, MemoryTap(NAMES, rows))
    for tail in job.tails:
        definition.add_tail_sink(tail, MemoryTap())
    for name in job.traps:
        definition.add_trap(name, MemoryTap())
    flow = connector.connect(definition)
    try:
        flow.complete()
    except Cascade2SparkError:
        return None
    stats = flow.get_stats()
    arranged = list if is_ordered else sorted
    return Outcome(
        {name: arranged(map(repr, tap.rows)) for name, tap in definition.sinks.items()},
        {name: sorted(map(repr, tap.rows)) for name, tap in definition.traps.items()},
        {name: stats.get_counter_value(*name) for name in COUNTED},
    )


def agree(job: Job, rules_off: str, partitions: int, sizes: tuple[int, int, str]) -> None:
    batch_rows, capacity, memory_bytes = sizes
    properties = {"cascade2spark.rules.off": rules_off, "cascade2spark.memory.bytes": memory_bytes}
    engine = InProcessEngine(partitions, batch_rows, capacity)
    is_ordered = partitions == 1
    expected = run(job, LocalFlowConnector({"cascade2spark.rules.off": ALL_OFF}), is_ordered)
    assert run(job, InProcessConnector(properties, engine), is_ordered) == expected


SIZES = st.tuples(
    st.sampled_from([1, 3, 100]), st.sampled_from([1, 2, 100]), st.sampled_from(["1k", "256m"])
)


@without_health_checks
@given(assemblies(is_ordered=True), RULES_OFF, SIZES)
def test_one_partition_gives_the_rows_of_the_reference_engine_in_order(job, rules_off, sizes):
    agree(job, rules_off, 1, sizes)


@without_health_checks
@given(assemblies(is_ordered=False), RULES_OFF, SIZES)
def test_three_partitions_give_the_rows_of_the_reference_engine(job, rules_off, sizes):
    agree(job, rules_off, 3, sizes)


@without_health_checks
@given(assemblies(is_ordered=True), RULES_OFF)
def test_rewrites_change_nothing_on_the_reference_engine(job, rules_off):
    plain = run(job, LocalFlowConnector({"cascade2spark.rules.off": ALL_OFF}), True)
    assert run(job, LocalFlowConnector({"cascade2spark.rules.off": rules_off}), True) == plain
