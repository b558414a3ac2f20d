"""Statistics of flows: what they count and time, and what is told while they run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cascade2spark.connectors import CascadeConnector
from cascade2spark.counters import SliceCounters, StepCounters
from cascade2spark.errors import RunError
from cascade2spark.flow import FlowDef
from cascade2spark.operations.base import BaseOperation, Function
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, Pipe
from cascade2spark.taps import MemoryTap
from tests.unit.small_flows import counting, flow_of, lines, local


def test_statistics_tell_rows_counters_and_time() -> None:
    flow = flow_of(counting(), lines("b a b", "c"), MemoryTap())
    assert flow.stats.is_pending()
    flow.complete()
    stats = flow.get_flow_stats()
    assert 3 == stats.get_counter_value(StepCounters.Tuples_Written)
    assert 3 == stats.get_counter_value("StepCounters", "Tuples_Written")
    assert 0 == stats.get_counter_value("no", "such")
    names = ["Process_Duration", "Tuples_Read", "Tuples_Written"]
    assert names == stats.get_counters_for(StepCounters)
    rows = [(site.site.kind, site.rows_in, site.rows_out) for site in stats.site_stats()]
    assert [("source", 2, 2), ("Each", 2, 4), ("GroupBy", 4, 4), ("Every", 4, 3)] == rows[:4]
    assert stats.seconds > 0
    assert "GroupBy 'words'" in repr(stats)
    assert "Tuples_Written" in repr(stats)
    found = json.loads(json.dumps(stats.to_dict()))
    assert ("words", "SUCCESSFUL") == (found["name"], found["status"])
    assert 3 == found["counters"]["StepCounters"]["Tuples_Written"]
    assert len(flow.planned.steps.steps) == len(found["steps"]) == len(stats.get_children())


def test_a_flow_that_failed_tells_what_was_counted_until_then() -> None:
    class Seen(BaseOperation, Function):
        def operate(self, flow_process: Any, call: Any) -> None:
            flow_process.increment("seen", "rows", 1)
            call.get_output_collector().add((int(call.get_arguments()["line"]),))

    flow = flow_of(Each(Pipe("p"), "line", Seen(1, "n")), lines("1", "2", "x", "4"), MemoryTap())
    with pytest.raises(RunError):
        flow.complete()
    stats = flow.get_stats()
    assert (3, 3) == (stats.get_counter_value("seen", "rows"), stats.counters["seen", "rows"])
    assert 3 == stats.get_counter_value(StepCounters.Tuples_Read)
    rows = [(site.site.kind, site.rows_in, site.rows_out) for site in stats.site_stats()]
    assert [("source", 3, 3), ("Each", 3, 2), ("sink", 2, 0)] == rows
    assert "seen" in repr(stats) and "FAILED" in repr(stats)
    assert 3 == stats.to_dict()["counters"]["seen"]["rows"]


def test_counters_of_slices_count_what_goes_through_groups_too() -> None:
    flow = flow_of(counting(), lines("b a b", "c"), MemoryTap())
    flow.complete()
    stats = flow.get_stats()
    assert (2 + 4, 3 + 4) == (
        stats.get_counter_value(SliceCounters.Tuples_Read),
        stats.get_counter_value(SliceCounters.Tuples_Written),
    )
    took = stats.get_counter_value(StepCounters.Process_Duration)
    assert 0 <= took <= stats.get_duration() + 1
    assert ["SliceCounters", "StepCounters"] == stats.get_counter_groups()
    names = ["Process_Duration", "Tuples_Read", "Tuples_Written"]
    assert names == stats.get_counters_for(SliceCounters)
    cascade = CascadeConnector().connect(flow_of(counting(), lines("b a b"), MemoryTap()))
    cascade.complete()
    assert 4 == cascade.get_stats().get_counter_value("SliceCounters", "Tuples_Read")


def test_a_property_without_effect_is_told_once(caplog) -> None:
    definition = FlowDef().add_source("p", lines()).add_tail_sink(Pipe("p"), MemoryTap())
    flow = local({"cascading.flow.maxconcurrentsteps": 3}).connect(definition)
    assert ["cascading.flow.maxconcurrentsteps"] == list(flow.stats.ignored)
    assert caplog.messages == []
    flow.complete()
    (warning,) = caplog.records
    assert "WARNING" == warning.levelname
    assert "flow 'p': set without effect\n  cascading.flow.maxconcurrentsteps: " in warning.message


def test_progress_is_a_line_a_step_when_asked_for_and_silence_otherwise(capsys) -> None:
    pipe = Each(Pipe("p"), function("x")(len))
    for choice, expected in (("off", 0), ("auto", 0), ("on", 2)):
        definition = FlowDef().add_source("p", lines("a")).add_tail_sink(pipe, MemoryTap())
        local({"cascade2spark.progress": choice}).connect(definition).complete()
        assert expected == len(capsys.readouterr().err.splitlines())
