"""Any small assembly gives the same on every engine: rows, trapped rows, counters, and failing.

The reference engine runs the plan as it was written; the engine over batches runs it with all
rewrites, with each one left out, and with none, on rows and on columns.
"""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.planner.rules import RULES
from tests.laws.running import ALL_OFF, agree, batched, run, told
from tests.laws.strategies import assemblies

RULES_OFF = st.sampled_from(["", *RULES, ALL_OFF])
FORMS = st.sampled_from(["rows", "columns"])
without_health_checks = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SIZES = st.tuples(
    st.sampled_from([1, 3, 100]), st.sampled_from([1, 2, 100]), st.sampled_from(["1k", "256m"])
)


@without_health_checks
@given(assemblies(is_ordered=True), RULES_OFF, SIZES, FORMS)
def test_one_partition_gives_the_rows_of_the_reference_engine_in_order(job, rules_off, sizes, form):
    agree(job, rules_off, 1, sizes, form)


@without_health_checks
@given(assemblies(is_ordered=False), RULES_OFF, SIZES, FORMS)
def test_three_partitions_give_the_rows_of_the_reference_engine(job, rules_off, sizes, form):
    agree(job, rules_off, 3, sizes, form)


# What is done to large batches only: keys that are known by now, columns that are packed.
MANY_SIZES = st.tuples(
    st.sampled_from([400, 10_000]), st.sampled_from([3, 100]), st.sampled_from(["20k", "256m"])
)


@settings(without_health_checks, max_examples=settings.default.max_examples // 4)
@given(assemblies(is_ordered=True, times=300), RULES_OFF, MANY_SIZES, FORMS)
def test_many_rows_give_what_they_give_on_the_reference_engine(job, rules_off, sizes, form):
    agree(job, rules_off, 1, sizes, form)


@without_health_checks
@given(assemblies(is_ordered=True), RULES_OFF, st.sampled_from([1, 3]), SIZES)
def test_columns_tell_what_rows_tell(job, rules_off, partitions, sizes):
    by_rows = told(job, batched(rules_off, partitions, sizes, "rows"))
    assert told(job, batched(rules_off, partitions, sizes, "columns")) == by_rows


@without_health_checks
@given(assemblies(is_ordered=True), RULES_OFF)
def test_rewrites_change_nothing_on_the_reference_engine(job, rules_off):
    plain = run(job, LocalFlowConnector({"cascade2spark.rules.off": ALL_OFF}), True)
    assert run(job, LocalFlowConnector({"cascade2spark.rules.off": rules_off}), True) == plain
