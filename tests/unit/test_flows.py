"""Flows and cascades on the local engine: connecting, running, publishing, watching."""

from __future__ import annotations

import bz2
import gzip
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import (
    CascadeConnector,
    FlowConnector,
    LocalFlowConnector,
    SparkFlowConnector,
)
from cascade2spark.counters import SliceCounters, StepCounters
from cascade2spark.errors import (
    BuildError,
    Cascade2SparkError,
    CascadeError,
    FlowError,
    PlanError,
    RunError,
    TapError,
    Unsupported,
)
from cascade2spark.fields import Fields
from cascade2spark.flow import (
    AssertionLevel,
    CascadeDef,
    Flow,
    FlowDef,
    FlowListener,
    FlowSkipIfSinkExists,
    FlowStepListener,
    HadoopFlowConnector,
    Status,
    TrapProps,
)
from cascade2spark.operations.base import BaseOperation, Function, ValueAssertion
from cascade2spark.operations.callables import aggregator, function, keep_if
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import FileTap, Hfs, MemoryTap, MultiSinkTap, SinkMode

count = aggregator("n", zero=0, step=lambda n, *values: n + 1)
total = aggregator("sum", zero=0, step=lambda found, v: found + v)
number = function("number")(int)


def local(properties: Any = None) -> LocalFlowConnector:
    return LocalFlowConnector(properties)


def counting(name: str = "words") -> Pipe:
    split = Each(Pipe(name), "line", function("word", many=True)(str.split))
    return Every(GroupBy(split, "word"), "word", count)


def lines(*texts: str) -> MemoryTap:
    return MemoryTap("line", [(text,) for text in texts])


def flow_of(pipe: Pipe, source: Any, sink: Any, **taps: Any) -> Flow:
    definition = FlowDef().add_source(pipe, source).add_tail_sink(pipe, sink)
    for name, tap in taps.items():
        definition.add_trap(name, tap)
    return local().connect(definition)


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


# -- output --------------------------------------------------------------------------------------


def test_files_in_and_out_the_hadoop_way(tmp_path) -> None:
    (tmp_path / "in.txt").write_text("b a\nb\n")
    source = Hfs(TextLine(Fields("line")), str(tmp_path / "in.txt"))
    sink = Hfs(TextDelimited(Fields("word", "n"), True, "\t"), str(tmp_path / "out"))
    flow = flow_of(counting(), source, sink)
    flow.complete()
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert ["_SUCCESS", "part-00000"] == names
    assert "word\tn\na\t1\nb\t2\n" == (tmp_path / "out" / "part-00000").read_text()
    with flow.open_sink() as entries:
        assert [("a", 1), ("b", 2)] == [
            (entry.get_string("word"), entry.get_integer("n")) for entry in entries
        ]
    assert ["b a", "b"] == [entry.get_object("line") for entry in flow.open_source()]


def test_existing_output_that_is_kept_stops_the_flow_before_anything_runs(tmp_path) -> None:
    ran: list[Any] = []
    pipe = Each(Pipe("p"), function("x")(ran.append))
    (tmp_path / "out").mkdir()
    flow = flow_of(pipe, lines("a"), Hfs(TextLine(), str(tmp_path / "out")))
    with pytest.raises(TapError, match="exists already"):
        flow.complete()
    assert [] == ran


def test_old_output_stays_when_the_flow_fails(tmp_path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("old\n")
    tap = FileTap(TextLine(), str(out), SinkMode.REPLACE)
    with pytest.raises(RunError):
        flow_of(Each(Pipe("p"), number), lines("1", "x"), tap).complete()
    assert ("old\n", ["out.txt"]) == (out.read_text(), [p.name for p in tmp_path.iterdir()])
    flow_of(Each(Pipe("p"), number), lines("1", "2"), tap).complete()
    assert "1\n2\n" == out.read_text()


def test_update_adds_to_a_file(tmp_path) -> None:
    tap = FileTap(TextLine(), str(tmp_path / "out.txt"), SinkMode.UPDATE)
    for text in ("a", "b"):
        flow_of(Pipe("p"), lines(text), tap).complete()
    assert "a\nb\n" == (tmp_path / "out.txt").read_text()


def test_several_sinks_are_published_together_or_not_at_all(tmp_path) -> None:
    head = Pipe("p")
    good, bad = Pipe("good", head), Each(Pipe("bad", head), number)
    definition = FlowDef().add_source("p", lines("x")).add_tails(good, bad)
    definition.add_sink(good, FileTap(TextLine(), str(tmp_path / "good")))
    definition.add_sink(bad, FileTap(TextLine(), str(tmp_path / "bad")))
    with pytest.raises(RunError):
        local().connect(definition).complete()
    assert [] == list(tmp_path.iterdir())


def test_a_sink_of_several_taps_writes_to_each_what_it_selects(tmp_path) -> None:
    whole, part = MemoryTap(), FileTap(TextDelimited(Fields("n")), str(tmp_path / "n"))
    flow = flow_of(counting(), lines("b a b"), MultiSinkTap(whole, part))
    flow.complete()
    assert [("a", 1), ("b", 2)] == whole.rows
    assert "1\n2\n" == (tmp_path / "n").read_text()


def test_a_checkpoint_bound_to_a_tap_is_written_too(tmp_path) -> None:
    sink, kept = MemoryTap(), MemoryTap()
    pipe = Each(Checkpoint("kept", Pipe("p")), keep_if(lambda line: line == "b"))
    definition = FlowDef().add_source("p", lines("a", "b")).add_tail_sink(pipe, sink)
    local().connect(definition.add_checkpoint("kept", kept)).complete()
    assert ([("b",)], [("a",), ("b",)]) == (sink.rows, kept.rows)


def test_a_trap_is_published_with_the_sinks_and_is_not_there_when_nothing_was_trapped(
    tmp_path,
) -> None:
    def run(*texts: str) -> None:
        trap = Hfs(TextLine(), str(tmp_path / "trap"), SinkMode.REPLACE)
        flow_of(Each(Pipe("p"), number), lines(*texts), MemoryTap(), p=trap).complete()

    run("1")
    assert [] == list(tmp_path.iterdir())
    run("1", "x", "y")
    assert "x\ny\n" == (tmp_path / "trap" / "part-00000").read_text()
    run("1")
    assert [] == list(tmp_path.iterdir())


def test_one_trap_takes_the_rows_of_several_branches_of_any_width(tmp_path) -> None:
    trap = Hfs(TextDelimited(), str(tmp_path / "trap"))
    wide = Each(Pipe("p"), Fields("a", "b"), function("n")(lambda a, b: int(a + b)), Fields.ALL)
    narrow = Each(Pipe("q", wide), Fields("n"), function("m")(lambda n: 1 // (n - 11)))
    definition = FlowDef().add_source("p", MemoryTap(["a", "b"], [("1", "1"), ("x", "y")]))
    definition.add_traps({"p": trap, "q": trap}).add_tail_sink(narrow, MemoryTap())
    flow = local().connect(definition)
    flow.complete()
    assert "11\nx\ty\n" == (tmp_path / "trap" / "part-00000").read_text()
    assert 2 == flow.get_stats().get_counter_value(StepCounters.Tuples_Trapped)


def test_trap_props_reach_the_trap() -> None:
    trap = MemoryTap()
    properties = TrapProps.trap_props().set_record_throwable_message(True).build_properties()
    definition = FlowDef().add_source("p", lines("x")).add_trap("p", trap)
    pipe = Each(Pipe("p"), number)
    local(properties).connect(definition.add_tail_sink(pipe, MemoryTap())).complete()
    assert [("invalid literal for int() with base 10: 'x'", "x")] == trap.rows


def test_a_dead_runs_files_are_cleared_at_the_next_start(tmp_path) -> None:
    sink = FileTap(TextLine(), str(tmp_path / "out"))
    flow = flow_of(Pipe("p"), lines("a"), sink)
    flow.prepare()
    assert [] == list(tmp_path.iterdir())
    flow.complete()
    assert ["out"] == [path.name for path in tmp_path.iterdir()]


# -- running -------------------------------------------------------------------------------------


class Recorder(FlowListener, FlowStepListener):
    """Writes down what it is told."""

    def __init__(self, handles: bool = False) -> None:
        self.told: list[str] = []
        self.handles = handles

    def on_starting(self, flow: Any) -> None:
        self.told.append("starting")

    def on_stopping(self, flow: Any) -> None:
        self.told.append("stopping")

    def on_completed(self, flow: Any) -> None:
        self.told.append(f"completed {flow.get_stats().status.value}")

    def on_throwable(self, flow: Any, error: BaseException) -> bool:
        self.told.append(f"throwable {type(error).__name__}")
        return self.handles

    def on_step_starting(self, step: Any) -> None:
        self.told.append(f"step {step.number} starting")

    def on_step_completed(self, step: Any) -> None:
        self.told.append(f"step {step.number} completed")

    def on_step_throwable(self, step: Any, error: BaseException) -> bool:
        self.told.append(f"step {step.number} throwable")
        return False


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


# -- statistics ----------------------------------------------------------------------------------


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


# -- cascades ------------------------------------------------------------------------------------


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
    import os

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


def test_part_files_are_compressed_when_the_flow_asks(tmp_path: Path) -> None:
    sink = Hfs(TextDelimited(Fields("a"), delimiter=","), tmp_path / "out")
    connector = LocalFlowConnector({"cascade2spark.output.compression": "gzip"})
    connector.connect(MemoryTap("a", [("x",)]), sink, Pipe("p")).complete()
    assert gzip.decompress((tmp_path / "out" / "part-00000.gz").read_bytes()) == b"x\n"


@pytest.mark.parametrize(("ending", "unpacked"), [("gz", gzip.decompress), ("bz2", bz2.decompress)])
def test_one_file_is_compressed_as_its_name_says(tmp_path: Path, ending: str, unpacked) -> None:
    """What is written is read back, however it was written, and however often it was added to."""
    fields, path = Fields("a", "b"), tmp_path / f"x.csv.{ending}"
    scheme = TextDelimited(fields, True, ",")
    for row in (("x", "1"), ("y", "2")):
        tap = FileTap(scheme, path, SinkMode.UPDATE)
        local().connect(MemoryTap(fields, [row]), tap, Pipe("p")).complete()
    with FileTap(scheme, path, SinkMode.UPDATE).open_for_write() as out:
        out.add(("z", "3"))
    assert unpacked(path.read_bytes()) == b"a,b\nx,1\ny,2\nz,3\n"
    found = MemoryTap()
    local().connect(FileTap(scheme, path), found, Pipe("p")).complete()
    assert [("x", "1"), ("y", "2"), ("z", "3")] == found.rows


@pytest.mark.parametrize(
    ("name", "codec", "told", "better"),
    [("x.txt", "gzip", "plain", "x.txt.gz"), ("x.gz", "bz2", "gzip-compressed", "x.bz2")],
)
def test_one_file_is_not_packed_otherwise_than_its_name_says(
    tmp_path: Path, name: str, codec: str, told: str, better: str
) -> None:
    path = tmp_path / name
    tap = FileTap(TextLine("line", compression=codec), path)
    with pytest.raises(PlanError) as caught:
        local().connect(lines("a"), tap, Pipe("p"))
    says = f"the name of a file to be written with {codec} says that it is {told}"
    assert f"Pipe 'p' leads to a sink that cannot take its fields: {says}" == caught.value.headline
    assert f"name it {tmp_path / better}, or leave out compression=" == caught.value.fix
    with pytest.raises(PlanError, match=says):
        tap.open_for_write()
    trap = flow_of(Each(Pipe("p"), number), lines("x"), MemoryTap(), p=tap)
    with pytest.raises(PlanError, match=says):
        trap.complete()
    path.write_bytes(b"") if told != "plain" else path.write_text("a\n")
    found = MemoryTap()
    local().connect(tap, found, Pipe("p")).complete()
    assert [("a",)] * (told == "plain") == found.rows


def test_an_empty_compressed_file_is_read_back(tmp_path: Path) -> None:
    path, found = tmp_path / "x.txt.gz", MemoryTap()
    local().connect(MemoryTap("line", []), FileTap(TextLine("line"), path), Pipe("p")).complete()
    local().connect(FileTap(TextLine("line"), path), found, Pipe("p")).complete()
    assert [] == found.rows
