"""Cascades and definitions: runs, messages, questions about taps, and what is accepted unheeded."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import CascadeConnector, LocalFlowConnector
from cascade2spark.counters import StepCounters
from cascade2spark.errors import (
    BuildError,
    Cascade2SparkError,
    CascadeError,
    PlanError,
    Unsupported,
)
from cascade2spark.fields import Fields
from cascade2spark.flow import (
    CascadeDef,
    Cascades,
    Flow,
    FlowDef,
    FlowSkipIfSinkExists,
    FlowStepListener,
    FlowStepStrategy,
    HiveFlow,
    MapReduceFlow,
    ProcessFlow,
    Status,
    UnitOfWorkDef,
)
from cascade2spark.operations.callables import keep_if
from cascade2spark.pipes import Checkpoint, Each, GroupBy, Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import FileTap, MemoryTap, SinkMode
from tests.unit.small_flows import Recorder, local, number


class Place:
    """Files of a test by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def tap(self, name: str) -> FileTap:
        return FileTap(TextLine("line"), str(self.folder / name), SinkMode.REPLACE)

    def flow(self, name: str, source: str, sink: str, kept: str | None = None) -> Flow:
        definition = FlowDef(name).add_source("p", self.tap(source))
        definition.add_tail_sink(Checkpoint("p", Pipe("p")), self.tap(sink))
        if kept is not None:
            tap = FileTap(TextDelimited(), str(self.folder / kept), SinkMode.REPLACE)
            definition.add_checkpoint("p", tap)
        return LocalFlowConnector().connect(definition)

    def said(self, error: BaseException) -> str:
        return str(error).replace(f"file:{self.folder}", "…").replace(str(self.folder), "…")


CASES: dict[str, tuple[Callable[[Place], Any], str]] = {
    "cycle": (
        lambda at: CascadeConnector().connect(
            at.flow("x", "a", "b"), at.flow("y", "b", "c"), at.flow("z", "c", "a")
        ),
        "the flows of a cascade wait for each other\n  asked for   'x', 'y', 'z'\n"
        "  waits       'x' for 'z'; 'y' for 'x'; 'z' for 'y'",
    ),
    "own output": (
        lambda at: CascadeConnector().connect(at.flow("x", "a", "a")),
        "one tap is both source 'p' and sink 'p'\n  tap         FileTap(TextLine, '…/a')",
    ),
    "duplicate sinks": (
        lambda at: CascadeConnector().connect(at.flow("x", "a", "c"), at.flow("y", "b", "c")),
        "two flows of a cascade write to one place\n  asked for   '…/c'\n  flows       'x', 'y'",
    ),
    "a sink that is another flow's checkpoint": (
        lambda at: CascadeConnector().connect(
            at.flow("x", "a", "c", kept="d"), at.flow("y", "b", "d")
        ),
        "two flows of a cascade write to one place\n  asked for   '…/d'\n  flows       'x', 'y'",
    ),
    "duplicate names": (
        lambda at: CascadeConnector().connect(at.flow("x", "a", "b"), at.flow("x", "a", "c")),
        "two flows of a cascade have one name\n  asked for   'x'",
    ),
    "no flow": (
        lambda at: CascadeConnector().connect(CascadeDef()),
        "a cascade needs at least one flow",
    ),
    "no flow but a text": (
        lambda at: CascadeDef().add_flows("x"),
        "a cascade is made of flows\n  asked for   'x'",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_a_cascade_is_told(name: str, tmp_path: Path) -> None:
    case, expected = CASES[name]
    place = Place(tmp_path)
    with pytest.raises((CascadeError, BuildError, PlanError)) as caught:
        case(place)
    shown = place.said(caught.value)
    assert expected == "\n".join(
        line for line in shown.splitlines() if not line.startswith("  built at")
    )


def test_questions_about_the_taps_of_a_cascade(tmp_path: Path) -> None:
    at = Place(tmp_path)
    cascade = CascadeConnector().connect(
        at.flow("last", "b", "c"), at.flow("first", "a", "b", kept="k")
    )
    assert [at.tap("a")] == cascade.get_source_taps()
    assert [at.tap("b")] == cascade.get_intermediate_taps()
    assert [at.tap("c")] == cascade.get_sink_taps()
    assert [str(tmp_path / "k")] == [tap.get_identifier() for tap in cascade.get_checkpoints_taps()]
    assert 4 == len(cascade.get_all_taps())
    assert ["first"] == [flow.get_name() for flow in cascade.get_head_flows()]
    assert ["last"] == [
        flow.get_name() for flow in cascade.find_flows_sourcing_from(str(tmp_path / "b"))
    ]


def test_definitions_have_names_and_tags() -> None:
    for definition in (FlowDef(), CascadeDef.cascade_def()):
        assert isinstance(definition, UnitOfWorkDef)
        given = definition.set_name("n").add_tag("daily").add_tags("a", "daily")
        assert given is definition
        assert ("n", "daily,a") == (definition.get_name(), definition.get_tags())


def test_taps_by_the_names_of_pipes() -> None:
    one, two = MemoryTap("a", []), MemoryTap("b", [])
    assert {"p": one} == Cascades.taps_map("p", one) == Cascades.taps_map(Pipe("p"), one)
    assert {"p": one, "q": two} == Cascades.taps_map([Pipe("p"), "q"], [one, two])
    for pipes, taps in ((["p", "q"], [one]), (["p", "p"], [one, two])):
        with pytest.raises(BuildError, match="one tap for each name, and each name once"):
            Cascades.taps_map(pipes, taps)


@pytest.mark.parametrize("kind", [ProcessFlow, MapReduceFlow, HiveFlow])
def test_flows_that_run_javas_objects_are_refused_by_name(kind: type) -> None:
    with pytest.raises(Unsupported, match=f"there is no {kind.__name__}") as caught:
        kind("name", object())
    assert "from Python, between two flows" in str(caught.value)


def test_no_flow_starts_after_one_has_failed(tmp_path: Path) -> None:
    """Local flows run one by one, so what waits for its turn has not started."""
    flows = []
    for name in "xyz":
        pipe = Each(Pipe("p"), keep_if(lambda value: 1 / 0))
        source, sink = MemoryTap("a", [("x",)]), MemoryTap()
        flows.append(LocalFlowConnector().connect(name, source, sink, pipe))
    with pytest.raises(CascadeError, match="ZeroDivisionError"):
        CascadeConnector().connect(*flows).complete()
    assert ["FAILED", "STOPPED", "STOPPED"] == [flow.stats.status.name for flow in flows]
    marks = [mark for flow in flows for mark, _ in flow.stats.history]
    assert 1 == marks.count(Status.STARTED)


def test_hooks_without_a_meaning_are_accepted_and_told(tmp_path: Path) -> None:
    flow = Place(tmp_path).flow("x", "a", "b")
    strategy = FlowStepStrategy()
    flow.set_flow_step_strategy(strategy)
    flow.set_submit_priority(1)
    assert (strategy, 1) == (flow.get_flow_step_strategy(), flow.get_submit_priority())
    said = flow.get_stats().ignored
    assert "steps have no configuration" in said["the flow step strategy"]
    assert "spark.scheduler.pool" in said["the submit priority"]
    with pytest.raises(BuildError, match="from 1 to 10"):
        flow.set_submit_priority(0)


def test_what_a_flow_is_made_of() -> None:
    pipe = GroupBy(Each(Checkpoint("kept", Pipe("p")), keep_if(bool)), "a")
    definition = FlowDef("f").add_source("p", MemoryTap("a", [("x",)])).add_description("why")
    definition.add_tail_sink(pipe, MemoryTap()).add_trap("p", MemoryTap())
    flow = LocalFlowConnector().connect(definition.add_checkpoint("kept", MemoryTap()))
    assert (["p"], ["kept"], ["p"], ["kept"]) == (
        flow.get_source_names(),
        flow.get_sink_names(),
        flow.get_trap_names(),
        flow.get_checkpoint_names(),
    )
    assert {"description": "why"} == flow.get_flow_descriptor()
    assert [] == flow.get_class_path()
    kinds = [step.kind for step in flow.get_flow_steps()]
    assert ["Read", "Persist", "Map", "Group", "Write", "Write"] == sorted(
        kinds, key=["Read", "Persist", "Map", "Group", "Write"].index
    )
    with flow.open_tap_for_write(MemoryTap("b")) as rows:
        rows.add(("y",))
    assert [("x",)] == [tuple(one.get_tuple()) for one in flow.open_tap_for_read(flow.get_source())]


def test_listeners_of_steps_hear_that_they_run() -> None:
    heard: list[str] = []

    class Ears(FlowStepListener):
        def on_step_running(self, step: Any) -> None:
            heard.append(step.kind)

    class Slow:
        """An engine that says something in the middle of a step."""

        name = "slow"

        def run(self, plan: Any, context: Any) -> Any:
            for text, part in (("begun", 0.0), ("half", 0.5), ("done", 1.0)):
                context.on_progress(0, text, part)
            return self.local.run(plan, context)

        def __init__(self, local: Any) -> None:
            self.local = local

    class Connector(LocalFlowConnector):
        def _engine(self, settings: Any) -> Any:
            return Slow(super()._engine(settings))

    flow = Connector().connect(MemoryTap(Fields("a"), [(1,)]), MemoryTap(), Pipe("p"))
    flow.add_step_listener(Ears())
    flow.complete()
    assert ["Read", "Read"] == heard


def copying(name: str, source: Path, sink: Path, **parts: Any) -> Flow:
    pipe = Pipe(name)
    if parts.get("fails"):
        pipe = Each(pipe, "line", number)
    mode = parts.get("mode", SinkMode.KEEP)
    sink_tap = FileTap(TextLine(Fields("line")), str(sink), mode)
    return local().connect(name, FileTap(TextLine(Fields("line")), str(source)), sink_tap, pipe)


def test_a_cascade_runs_flows_in_the_order_of_their_data(tmp_path) -> None:
    (tmp_path / "a").write_text("x\n")
    second = copying("second", tmp_path / "b", tmp_path / "c")
    first = copying("first", tmp_path / "a", tmp_path / "b")
    cascade = CascadeConnector().connect("both", second, first)
    assert [first, second] == cascade.get_flows()
    assert ([first], [second]) == (cascade.get_head_flows(), cascade.get_tail_flows())
    assert ([first], [second]) == (
        cascade.get_predecessor_flows(second),
        cascade.find_flows_sourcing_from(str(tmp_path / "b")),
    )
    cascade.complete()
    assert "x\n" == (tmp_path / "c").read_text()
    assert cascade.get_stats().is_successful()
    assert 2 == cascade.get_stats().get_counter_value(StepCounters.Tuples_Written)
    assert "second" in repr(cascade.get_stats())
    cascade.write_dot(str(tmp_path / "cascade.dot"))
    assert "f0 -> f1" in (tmp_path / "cascade.dot").read_text()


def test_a_flow_whose_output_is_newer_is_skipped(tmp_path) -> None:
    (tmp_path / "a").write_text("new\n")
    (tmp_path / "b").write_text("old\n")
    flow, ears = copying("f", tmp_path / "a", tmp_path / "b"), Recorder()
    flow.add_listener(ears)
    CascadeConnector().connect(flow).complete()
    assert (Status.SKIPPED, ["completed SKIPPED"]) == (flow.stats.status, ears.told)
    assert "old\n" == (tmp_path / "b").read_text()


def test_stale_output_that_is_kept_stops_the_cascade_and_is_not_deleted(tmp_path) -> None:
    (tmp_path / "a").write_text("new\n")
    (tmp_path / "b").write_text("old\n")
    os.utime(tmp_path / "b", (1, 1))
    with pytest.raises(CascadeError, match="exists already"):
        CascadeConnector().connect(copying("f", tmp_path / "a", tmp_path / "b")).complete()
    assert "old\n" == (tmp_path / "b").read_text()
    flow = copying("f", tmp_path / "a", tmp_path / "b")
    flow.set_flow_skip_strategy(FlowSkipIfSinkExists())
    CascadeConnector().connect(flow).complete()
    replacing = copying("f", tmp_path / "a", tmp_path / "b", mode=SinkMode.REPLACE)
    CascadeConnector().connect(replacing).complete()
    assert "new\n" == (tmp_path / "b").read_text()


def test_a_failing_flow_stops_the_cascade_and_its_successors_never_start(tmp_path) -> None:
    (tmp_path / "a").write_text("x\n")
    first = copying("first", tmp_path / "a", tmp_path / "b", fails=True)
    second, ears = copying("second", tmp_path / "b", tmp_path / "c"), Recorder()
    second.add_listener(ears)
    cascade = CascadeConnector().connect(first, second)
    with pytest.raises(CascadeError, match="invalid literal") as caught:
        cascade.complete()
    assert isinstance(caught.value.__cause__, Cascade2SparkError)
    shown = str(caught.value).split("\n")
    labels = [line[2:13].strip() for line in shown[1:]]
    assert labels == ["fields", "row", "flow", "built at", "branch"]
    assert "  flow        'first'" in shown and "  row         ('x',)" in shown
    assert f"{Path(__file__).name}:" in shown[-2]
    assert (Status.FAILED, Status.STOPPED) == (first.stats.status, second.stats.status)
    assert ["stopping"] == ears.told
    assert cascade.get_stats().is_failed()


def test_flows_that_cannot_be_a_cascade_are_refused(tmp_path) -> None:
    a, b, c = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    connector = CascadeConnector()
    with pytest.raises(CascadeError, match="one name"):
        connector.connect(copying("x", a, b), copying("x", a, c))
    with pytest.raises(CascadeError, match="one place"):
        connector.connect(copying("x", a, c), copying("y", b, c))
    with pytest.raises(CascadeError, match="wait for each other"):
        connector.connect(CascadeDef().add_flows(copying("x", a, b), copying("y", b, a)))
    with pytest.raises(CascadeError, match="at least one"):
        connector.connect()
