"""Flows on the local engine: connecting, running, watching, looking into them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from cascade2spark.connectors import FlowConnector, SparkFlowConnector
from cascade2spark.errors import BuildError, FlowError, PlanError, RunError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.flow import (
    AssertionLevel,
    FlowDef,
    FlowListener,
    HadoopFlowConnector,
    Status,
)
from cascade2spark.operations.base import BaseOperation, ValueAssertion
from cascade2spark.operations.callables import aggregator, function, keep_if
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap
from tests.unit.small_flows import Recorder, count, counting, flow_of, lines, local, number

# -- saying what a flow is -----------------------------------------------------------------------


def test_both_fluent_styles_give_the_same_flow() -> None:
    pipe, sinks = counting(), [MemoryTap(), MemoryTap()]
    java = (
        FlowDef.flow_def()
        .set_name("wc")
        .add_source(pipe, lines("b a b"))
        .add_tail_sink(pipe, sinks[0])
    )
    named = FlowDef("wc").add_sources({"words": lines("b a b")})
    named.add_sinks({"words": sinks[1]}).add_tails([pipe])
    for definition in (java, named):
        flow = local().connect(definition)
        flow.complete()
        assert "wc" == flow.get_name()
    assert [("a", 1), ("b", 2)] == sinks[0].rows == sinks[1].rows


@pytest.mark.parametrize("form", range(6))
def test_every_form_of_connect(form) -> None:
    source, sink, trap, pipe = lines("a b"), MemoryTap(), MemoryTap(), counting()
    given: Any = [
        (source, sink, pipe),
        ("wc", source, sink, pipe),
        ("wc", {"words": source}, sink, pipe),
        ("wc", source, {"words": sink}, [pipe]),
        ("wc", source, sink, trap, pipe),
        ("wc", {"words": source}, {"words": sink}, {"words": trap}, pipe),
    ][form]
    flow = local().connect(*given)
    flow.complete()
    assert [("a", 1), ("b", 1)] == sink.rows
    assert ("words" if form == 0 else "wc") == flow.name
    assert (["words"] if form > 3 else []) == list(flow.get_traps())


@pytest.mark.parametrize("given", [(), ("name",), (MemoryTap(),), (MemoryTap(), Pipe("p"))])
def test_arguments_that_fit_no_form_are_refused_with_the_forms(given) -> None:
    with pytest.raises(BuildError, match=r"\(name, source, sink, tail\)"):
        local().connect(*given)


def test_a_name_bound_twice_is_refused() -> None:
    with pytest.raises(BuildError, match="'in' is bound twice"):
        FlowDef().add_source("in", MemoryTap()).add_source("in", MemoryTap())


def test_a_pipe_of_several_heads_names_no_source() -> None:
    joined = CoGroup(Pipe("a"), "k", Pipe("b"), "k", Fields("k", "k2"))
    with pytest.raises(BuildError, match="2 heads"):
        FlowDef().add_source(joined, MemoryTap("k"))
    with pytest.raises(BuildError, match="2 heads"):
        local().connect(MemoryTap("k"), MemoryTap(), joined)


def test_what_cannot_be_planned_is_told_at_connect() -> None:
    with pytest.raises(PlanError, match="nothing"):
        local().connect(lines(), MemoryTap(), Each(Pipe("p"), "nothing", number))


def test_a_wrong_property_is_told_by_the_connector() -> None:
    with pytest.raises(BuildError, match=r"cascade2spark\.partitons"):
        local({"cascade2spark.partitons": 3})


def test_assembly_planners_replace_the_tails_in_order() -> None:
    sink, pipe = MemoryTap(), Pipe("p")
    seen: list[Any] = []

    def limit(context: Any) -> Any:
        seen.append((context.source_names, context.sink_names))
        return [Each(tail, keep_if(lambda line: line == "b")) for tail in context.tails]

    definition = FlowDef().add_source("p", lines("a", "b")).add_tail_sink(pipe, sink)
    local().connect(definition.add_assembly_planner(limit)).complete()
    assert ([("b",)], [(("p",), ("p",))]) == (sink.rows, seen)


def test_assertions_above_the_level_are_planned_out() -> None:
    class Never(BaseOperation, ValueAssertion):
        def do_assert(self, flow_process: Any, call: Any) -> None:
            raise AssertionError("never")

    pipe = Each(Pipe("p"), AssertionLevel.STRICT, Never())
    sink = MemoryTap()
    definition = FlowDef().add_source("p", lines("a")).add_tail_sink(pipe, sink)
    with pytest.raises(RunError, match="never"):
        local().connect(definition).complete()
    definition.set_assertion_level(AssertionLevel.VALID)
    local().connect(definition).complete()
    assert [("a",)] == sink.rows


def test_an_engine_that_cannot_ship_code_says_so() -> None:
    class Fixed:
        name = "fixed"

    class Connector(FlowConnector):
        def _engine(self, settings: Any) -> Any:
            return Fixed()

    definition = FlowDef().add_source("p", lines()).add_tail_sink(Pipe("p"), MemoryTap())
    with pytest.raises(Unsupported, match="fixed engine cannot ship code"):
        Connector().connect(definition.add_to_class_path("mine.zip"))


def test_a_class_path_without_a_meaning_is_warned_of(caplog) -> None:
    definition = FlowDef().add_source("p", lines("a")).add_tail_sink(Pipe("p"), MemoryTap())
    flow = local().connect(definition.add_to_class_path("lib/old.jar").add_to_class_path("x.zip"))
    flow.complete()
    assert ["x.zip"] == flow.get_class_path()
    assert [
        "lib/old.jar on the class path has no effect: nothing here runs Java's classes",
        "the class path has no effect in the local engine, which imports as you do: x.zip",
    ] == caplog.messages


def test_the_other_platforms_connector_is_sparks() -> None:
    assert HadoopFlowConnector is SparkFlowConnector


# -- running -------------------------------------------------------------------------------------


def test_listeners_hear_of_a_flow_that_succeeds() -> None:
    flow, ears = flow_of(Pipe("p"), lines("a"), MemoryTap()), Recorder()
    flow.add_listener(ears)
    flow.add_step_listener(ears)
    flow.complete()
    assert [
        "starting",
        "step 0 starting",
        "step 0 completed",
        "completed SUCCESSFUL",
    ] == ears.told


def test_listeners_hear_of_a_flow_that_fails_and_may_deal_with_it() -> None:
    for handles in (False, True):
        flow, ears = flow_of(Each(Pipe("p"), number), lines("x"), MemoryTap()), Recorder(handles)
        flow.add_listener(ears)
        flow.add_step_listener(ears)
        if handles:
            flow.complete()
        else:
            with pytest.raises(RunError):
                flow.complete()
        told = ["starting", "step 0 starting", "step 0 throwable", "throwable RunError"]
        assert [*told, "completed FAILED"] == ears.told
        assert isinstance(flow.stats.error, RunError)


def test_an_error_in_a_listener_fails_the_flow_with_its_name() -> None:
    class Broken(FlowListener):
        def on_starting(self, flow: Any) -> None:
            raise KeyError("broken")

    sink = MemoryTap()
    flow = flow_of(Pipe("p"), lines("a"), sink)
    flow.add_listener(Broken())
    with pytest.raises(FlowError, match="'p' failed: KeyError") as caught:
        flow.complete()
    assert isinstance(caught.value.__cause__, KeyError)
    assert [] == sink.rows


class _Deaf:
    def on_completed(self, flow: Any) -> None: ...


class _JavaEars(FlowListener):
    def onCompleted(self, flow: Any) -> None: ...


@pytest.mark.parametrize(
    ("add", "given", "told"),
    [
        ("add_listener", 3, "int is no FlowListener: it lacks on_starting, on_stopping, on_com"),
        ("add_listener", _Deaf(), "_Deaf is no FlowListener: it lacks on_starting, on_stopping, "),
        ("add_listener", Recorder, "a FlowListener is told by its methods, so an object is need"),
        ("add_listener", _JavaEars(), "_JavaEars defines onCompleted, which nothing calls"),
        ("add_step_listener", _Deaf(), "_Deaf is no FlowStepListener: it lacks on_step_starting"),
    ],
)
def test_what_cannot_be_told_is_no_listener(add: str, given: Any, told: str) -> None:
    flow = flow_of(Pipe("p"), lines("a"), MemoryTap())
    with pytest.raises(BuildError) as caught:
        getattr(flow, add)(given)
    assert str(caught.value).startswith(told)
    assert caught.value.fix is not None
    assert not flow.has_listeners() and not flow.has_step_listeners()


def test_a_tap_that_listens_is_told_by_itself() -> None:
    class Ears(MemoryTap, FlowListener):
        heard = False

        def on_completed(self, flow: Any) -> None:
            self.heard = True

    sink = Ears()
    flow_of(Pipe("p"), lines("a"), sink).complete()
    assert sink.heard


def test_a_flow_runs_once() -> None:
    runs: list[Any] = []
    flow = flow_of(Each(Pipe("p"), function("x")(runs.append)), lines("a"), MemoryTap())
    flow.complete()
    flow.complete()
    assert ["a"] == runs
    failing = flow_of(Each(Pipe("p"), number), lines("x"), MemoryTap())
    for _ in range(2):
        with pytest.raises(RunError):
            failing.complete()


def test_a_flow_runs_in_the_background_until_it_is_stopped() -> None:
    begun = threading.Event()

    class Endless(MemoryTap):
        @property
        def rows(self) -> Any:
            return self._endless()

        def _endless(self) -> Iterator[Any]:
            while True:
                begun.set()
                yield ("a",)

    sink, ears = MemoryTap(), Recorder()
    flow = flow_of(Pipe("p"), Endless("line"), sink)
    flow.add_listener(ears)
    flow.start()
    assert begun.wait(10)
    assert flow.stats.is_running()
    flow.stop()
    flow.complete()
    assert Status.STOPPED is flow.stats.status
    assert ["starting", "stopping", "completed STOPPED"] == ears.told
    assert [] == sink.rows


def test_a_flow_stopped_before_it_began_never_runs() -> None:
    sink = MemoryTap()
    flow = flow_of(Pipe("p"), lines("a"), sink)
    flow.stop()
    flow.complete()
    assert (Status.STOPPED, []) == (flow.stats.status, sink.rows)


# -- looking -------------------------------------------------------------------------------------


def test_peek_shows_rows_in_the_middle_and_writes_nothing() -> None:
    split = Each(Pipe("words"), "line", function("word", many=True)(str.split))
    group = GroupBy(split, "word")
    counted = Every(group, "word", count)
    doubled = Every(counted, "word", aggregator("m", zero=0, step=lambda m, *values: m + 2))
    tail = Each(doubled, "n", keep_if(lambda n: n > 1))
    sink = MemoryTap()
    flow = flow_of(tail, lines("b a b"), sink)
    assert [("b",), ("a",), ("b",)] == flow.peek(split)
    assert [("a",), ("b",), ("b",)] == flow.peek(group)
    assert [("a", 1), ("b", 2)] == flow.peek(counted)
    assert [("a", 1, 2)] == flow.peek(doubled, 1)
    assert [("b", 2, 4)] == flow.peek(tail)
    assert ([], Status.PENDING) == (sink.rows, flow.stats.status)
    with pytest.raises(BuildError, match="not part of flow"):
        flow.peek(Pipe("other"))


def test_explain_prints_what_plan_text_returns(capsys, tmp_path) -> None:
    flow = flow_of(counting(), lines("a"), MemoryTap())
    flow.explain("steps")
    assert flow.plan_text("steps") + "\n" == capsys.readouterr().out
    flow.write_dot(tmp_path / "pipes.dot")
    flow.write_steps_dot(tmp_path / "steps.dot")
    for name in ("pipes.dot", "steps.dot"):
        assert (tmp_path / name).read_text().startswith("digraph")
    assert "<svg" in flow._repr_html_()


def test_a_tap_of_an_unknown_name_is_refused_with_those_there_are() -> None:
    flow = flow_of(Pipe("p"), lines(), MemoryTap())
    with pytest.raises(BuildError, match="'p'"):
        flow.open_sink("q")
    with pytest.raises(BuildError):
        flow.open_trap()
