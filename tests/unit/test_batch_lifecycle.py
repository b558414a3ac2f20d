"""Task reports, trapped rows, and errors of prepare, flush and cleanup."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from cascade2spark.batch.lifecycle import (
    Operations,
    TaskContext,
    TaskReport,
    TrapColumns,
    TrapFailed,
)
from cascade2spark.config import Settings
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import BaseOperation, Function, FunctionCall
from cascade2spark.origin import Origin
from cascade2spark.planner.steps import Site
from tests.unit.batch_chains import ABC, operators

SITE = Site(3, "Each", "logs", "Each 'logs' Parse", Origin("job.py", 7, "main"))


def test_records_add_up_and_travel() -> None:
    task = TaskContext(slice_num=1, num_slices=4)
    task.flow_process.increment("group", "name", 2)
    task.report.count_rows(1, 5, 4)
    task.report.count_conversion(1, "columns to rows")
    task.report.count_fallback(2, "mixed types", 3)
    task.trap(0, ("x",), ValueError("bad"), SITE)
    record = pickle.loads(pickle.dumps(task.report.as_record()))
    total = TaskReport()
    for _ in range(2):
        total.add_record(record)
    assert 4 == total.counters.value("group", "name")
    assert 2 == total.counters.value("StepCounters", "Tuples_Trapped")
    assert ({1: 10}, {1: 8}, {0: 2}) == (total.rows_in, total.rows_out, total.trapped)
    assert {1: {"columns to rows": 2}} == total.conversions
    assert {2: {"mixed types": 6}} == total.fallbacks


def test_trapped_rows_carry_what_the_settings_ask_for() -> None:
    asked = {
        f"cascade2spark.trap.{name}": "true"
        for name in ("element.trace", "throwable.message", "throwable.stacktrace")
    }
    columns = TrapColumns.of(Settings.from_properties(asked))
    task = TaskContext(trap_columns={1: columns})
    for number in (0, 1):
        task.trap(number, ("x", 1), ValueError("bad"), SITE)
    assert [("x", 1)] == task.trapped[0]
    ((trace, message, stack, *values),) = task.trapped[1]
    assert ("job.py:7 in main", "bad", ["x", 1]) == (trace, message, values)
    assert "ValueError: bad" in stack and "\n" not in stack


def test_a_trap_that_fails_fails_the_flow() -> None:
    def full(number: int, row: Any) -> None:
        raise OSError("no space")

    with pytest.raises(TrapFailed, match="Parse cannot take a row"):
        TaskContext(trap_sink=full).trap(0, ("x",), ValueError("bad"), SITE)


@pytest.mark.parametrize("error", [MemoryError(), TrapFailed("full")])
def test_some_errors_are_never_trapped(error) -> None:
    task = TaskContext()
    with pytest.raises((TrapFailed, RunError)) as caught:
        task.trap(0, ("x",), error, SITE)
    assert error in (caught.value, caught.value.__cause__)
    assert {} == task.trapped


class Fails(BaseOperation, Function):
    def __init__(self, log: list[str], phase: str) -> None:
        super().__init__(Fields("x"))
        self.log, self.phase = log, phase

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        self._at("prepare")

    def flush(self, flow_process: Any, operation_call: Any) -> None:
        self._at("flush")

    def cleanup(self, flow_process: Any, operation_call: Any) -> None:
        self._at("cleanup")

    def _at(self, phase: str) -> None:
        self.log.append(phase)
        if phase == self.phase:
            raise ValueError(phase)


def prepared(log: list[str], phase: str) -> tuple[Operations, Any, FunctionCall]:
    (spec,) = operators(ABC, (Fails(log, phase), "a", Fields.RESULTS, None, "Each Fails"))
    call = FunctionCall(spec.argument_fields, spec.declared)
    return Operations(TaskContext()), spec, call


@pytest.mark.parametrize("phase", ["prepare", "flush", "cleanup"])
def test_a_failing_phase_names_the_pipe(phase) -> None:
    log: list[str] = []
    operations, spec, call = prepared(log, phase)
    with pytest.raises(RunError, match=f"Each Fails failed: ValueError: {phase}"):
        operations.prepare(spec, call)
        operations.flush(spec, call)
        operations.cleanup()
    operations.cleanup()
    assert 1 == log.count("cleanup")


def test_a_failing_cleanup_does_not_hide_the_error_before_it() -> None:
    log: list[str] = []
    operations, spec, call = prepared(log, "cleanup")
    operations.prepare(spec, call)
    operations.cleanup(is_failing=True)
    assert ["prepare", "cleanup"] == log
