"""Taps around taps, on streams, as several sinks and traps, and with properties of their own."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.counters import StepCounters
from cascade2spark.errors import BuildError, PlanError, TapError, TupleError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.flow import TrapProps
from cascade2spark.flows.definition import FlowDef
from cascade2spark.operations.base import BaseOperation, Function
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, GroupBy, Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.spark.travel import check_can_travel
from cascade2spark.taps import (
    AdaptorTap,
    DecoratorTap,
    DistCacheTap,
    FileTap,
    Hfs,
    MemoryTap,
    MultiSinkTap,
    SinkMode,
    StdErrTap,
    StdInTap,
    StdOutTap,
)
from cascade2spark.tuples import TupleEntry

KV = Fields("k", "v")
ROWS = [("a", 1), ("b", 2)]


def copy(source: Any, sink: Any, pipe: Pipe | None = None, **traps: Any) -> Any:
    flow = FlowDef().add_source("p", source).add_tail_sink(pipe or Pipe("q", Pipe("p")), sink)
    for name, trap in traps.items():
        flow.add_trap(name, trap)
    connected = LocalFlowConnector().connect(flow)
    connected.complete()
    return connected


def read(tap: Any) -> list[tuple[Any, ...]]:
    return [tuple(entry) for entry in tap.open_for_read()]


# -- around taps ---------------------------------------------------------------------------------


class OnlyThe(DecoratorTap):
    """Leaves out all files but one."""

    def list_files(self) -> tuple[FileInfo, ...]:
        return tuple(one for one in super().list_files() if one.path.endswith(self.get_meta_info()))


def test_a_decorator_hands_on_and_changes_what_it_defines(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(f"{name}\n")
    inner = Hfs(TextLine("line"), tmp_path)
    whole, part = DecoratorTap(inner), OnlyThe("b", inner)
    assert read(whole) == [("a",), ("b",)]
    out = MemoryTap()
    copy(part, out)
    assert out.rows == [("b",)]
    assert part.get_original() is inner and whole.get_meta_info() is None
    assert whole == DecoratorTap(inner) != part and len({whole, DecoratorTap(inner)}) == 1
    assert repr(whole) == f"DecoratorTap({inner!r})"
    assert part.get_full_identifier() == inner.get_full_identifier()
    assert whole.get_modified_time() == inner.get_modified_time() and whole.resource_exists()
    with pytest.raises(BuildError, match="DecoratorTap takes a tap"):
        DecoratorTap("tap")


def test_decorated_sinks_keep_their_modes(tmp_path: Path) -> None:
    sink = DecoratorTap(Hfs(TextDelimited(), tmp_path / "o"))
    copy(MemoryTap(KV, ROWS), DecoratorTap(sink))
    assert read(Hfs(TextDelimited(KV), tmp_path / "o")) == [("a", "1"), ("b", "2")]
    with pytest.raises(TapError, match="sink mode is KEEP"):
        copy(MemoryTap(KV, ROWS), sink)
    assert sink.is_keep() and not sink.is_replace() and sink.delete_resource()


def test_a_decorated_source_over_a_decorated_sink_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x\n")
    inside = DecoratorTap(Hfs(TextLine(), tmp_path / "o"))
    with pytest.raises(PlanError, match="would be written inside"):
        copy(DecoratorTap(Hfs(TextLine(), tmp_path)), inside)


def test_rows_in_memory_may_be_wrapped(tmp_path: Path) -> None:
    out = MemoryTap()
    copy(DistCacheTap(MemoryTap(KV, ROWS)), DecoratorTap(out))
    assert out.rows == ROWS


def test_an_adaptor_converts_the_process() -> None:
    seen: list[Any] = []

    class Noting(DecoratorTap):
        def open_for_read(self, flow_process: Any = None) -> Any:
            seen.append(flow_process)
            return super().open_for_read(None)

    tap = AdaptorTap(Noting(MemoryTap(KV, ROWS)), lambda process: ("seen", process), lambda c: c)
    with tap.open_for_read("mine") as entries:
        assert [tuple(entry) for entry in entries] == ROWS
    assert seen == [("seen", "mine")]
    assert read(AdaptorTap(MemoryTap(KV, ROWS))) == ROWS


# -- streams -------------------------------------------------------------------------------------


def test_standard_streams_are_read_and_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"k,v\na,1\nb,2\n")))
    source = StdInTap(TextDelimited(Fields.ALL, True, ","))
    copy(source, StdOutTap(TextDelimited(Fields.ALL, True, ";")))
    assert capsys.readouterr().out == "k;v\na;1\nb;2\n"
    assert read(source) == [("a", "1"), ("b", "2")]
    with StdErrTap(TextLine()).open_for_write() as collector:
        collector.add(("x", None))
    assert capsys.readouterr().err == "x\tnull\n"
    assert source.resource_exists() and not StdOutTap(TextLine()).resource_exists()


def failing(v: int) -> int:
    if v == 2:
        raise ValueError("no two")
    return v


def test_a_flow_that_fails_writes_nothing_to_a_stream(capsys: pytest.CaptureFixture[str]) -> None:
    pipe = Each(Pipe("p"), Fields("v"), function("w")(failing))
    with pytest.raises(Exception, match="no two"):
        copy(MemoryTap(KV, ROWS), StdOutTap(TextLine()), pipe)
    assert capsys.readouterr().out == ""
    copy(MemoryTap(KV, ROWS), StdOutTap(TextLine()), pipe, p=StdErrTap(TextLine()))
    assert capsys.readouterr() == ("1\n", "2\n")


def test_streams_refuse_what_they_cannot() -> None:
    for tap, call in (
        (StdOutTap(TextLine()), "open_for_read"),
        (StdInTap(TextLine()), "open_for_write"),
    ):
        with pytest.raises(Unsupported, match="can only be"):
            getattr(tap, call)()
    flow = (
        FlowDef().add_source("p", MemoryTap(KV, [])).add_tail_sink(Pipe("p"), StdOutTap(TextLine()))
    )
    with pytest.raises(Unsupported, match="a StdOutTap is a stream of this process"):
        check_can_travel(LocalFlowConnector().connect(flow).planned.steps)


# -- several sinks -------------------------------------------------------------------------------


def test_each_sink_has_its_own_scheme_fields_and_mode(tmp_path: Path) -> None:
    kept = tmp_path / "file"
    kept.write_text("old\n")
    taps = (
        Hfs(TextDelimited(Fields("v")), tmp_path / "o"),
        FileTap(TextLine(), kept, SinkMode.UPDATE),
        MemoryTap(Fields(-1)),
    )
    copy(MemoryTap(KV, ROWS), MultiSinkTap(*taps))
    assert read(Hfs(TextDelimited(Fields("v")), tmp_path / "o")) == [("1",), ("2",)]
    assert kept.read_text() == "old\na\t1\nb\t2\n"
    assert taps[2].rows == [(1,), (2,)]
    with pytest.raises(TapError, match="KEEP"):
        copy(MemoryTap(KV, ROWS), MultiSinkTap(*taps))
    assert kept.read_text() == "old\na\t1\nb\t2\n"


def test_a_field_that_one_of_several_sinks_lacks_is_a_planning_error() -> None:
    with pytest.raises(PlanError) as caught:
        copy(MemoryTap(KV, ROWS), MultiSinkTap(MemoryTap(), MemoryTap(Fields("kk"))))
    assert "kk" in str(caught.value) and "Pipe 'q'" in str(caught.value)


def test_several_sinks_are_written_directly() -> None:
    one, two = MemoryTap(Fields("k")), MemoryTap(Fields("v", "k"))
    with MultiSinkTap(one, two).open_for_write() as collector:
        collector.add(("a", 1))
        collector.add(TupleEntry(Fields("v", "x", "k"), (2, 0, "b")))
    assert (one.rows, two.rows) == ([("a",), ("b",)], [(1, "a"), (2, "b")])
    adds = MemoryTap(Fields("k"), [("old",)], SinkMode.UPDATE)
    with pytest.raises(TupleError), MultiSinkTap(adds, two).open_for_write() as collector:
        collector.add(("c", 3))
        collector.add(("too short",))
    assert adds.rows == [("old",)]


# -- traps and properties ------------------------------------------------------------------------


def test_a_trap_may_be_several_taps(tmp_path: Path) -> None:
    pipe = Each(Pipe("p"), Fields("v"), function("w")(failing))
    caught, file = MemoryTap(), Hfs(TextLine("line"), tmp_path / "t")
    flow = copy(MemoryTap(KV, ROWS), MemoryTap(), pipe, p=MultiSinkTap(caught, file))
    assert caught.rows == [(2,)] and read(file) == [("2",)]
    assert flow.get_stats().get_counter_value(StepCounters.Tuples_Trapped) == 1


def test_what_a_trap_records_is_said_by_its_tap() -> None:
    pipe = Each(Pipe("p"), Fields("v"), function("w")(failing))
    trap = MemoryTap()
    TrapProps.trap_props().record_all().set_stack_trace_line_delimiter(" / ").set_properties(
        trap.get_config_def(), "REPLACE"
    )
    copy(MemoryTap(KV, ROWS), MemoryTap(), pipe, p=trap)
    ((place, message, stack, value),) = trap.rows
    assert (message, value) == ("no two", 2)
    assert Path(__file__).name in place and " / ValueError: no two" in stack
    plain = MemoryTap()
    copy(MemoryTap(KV, ROWS), MemoryTap(), pipe, p=plain)
    assert plain.rows == [(2,)]


def test_a_wrong_property_of_a_trap_is_told_when_planning() -> None:
    trap = MemoryTap()
    trap.get_config_def().set_property("cascade2spark.trap.element.trase", True)
    flow = FlowDef().add_source("p", MemoryTap(KV, [])).add_trap("p", trap)
    with pytest.raises(BuildError, match="there is no property"):
        LocalFlowConnector().connect(flow.add_tail_sink(Pipe("p"), MemoryTap()))


def test_a_sinks_own_property_compresses_it_alone(tmp_path: Path) -> None:
    zipped = DecoratorTap(Hfs(TextLine(), tmp_path / "zipped"))
    zipped.get_config_def().set_property("cascade2spark.output.compression", "gzip")
    copy(MemoryTap(KV, ROWS), MultiSinkTap(zipped, Hfs(TextLine(), tmp_path / "plain")))
    assert (tmp_path / "zipped" / "part-00000.gz").exists()
    assert (tmp_path / "plain" / "part-00000").read_text() == "a\t1\nb\t2\n"


class Tell(BaseOperation, Function):
    """Emits properties that it sees."""

    def __init__(self) -> None:
        super().__init__(Fields("told"))

    def operate(self, flow_process: Any, function_call: Any) -> None:
        told = [flow_process.get_property(name) for name in ("step", "node", "tap")]
        function_call.get_output_collector().add((tuple(told),))


def test_operations_see_the_properties_of_taps_in_their_step_and_chain() -> None:
    source, sink = MemoryTap(KV, ROWS[:1]), MemoryTap()
    source.get_step_config_def().set_property("step", "of source")
    source.get_node_config_def().set_property("node", "of source")
    source.get_config_def().set_property("tap", "of source")
    pipe = Each(Pipe("p"), Fields("v"), Tell())
    copy(source, sink, pipe)
    assert sink.rows == [(("of source", "of source", None),)]
    pipe.get_step_config_def().set_property("step", "of pipe")
    copy(source, sink, pipe)
    assert sink.rows == [(("of pipe", "of source", None),)]


def test_properties_of_taps_end_with_the_chain_and_the_step() -> None:
    source, sink = MemoryTap(KV, ROWS[:1]), MemoryTap()
    source.get_step_config_def().set_property("step", "of source")
    source.get_node_config_def().set_property("node", "of source")
    sink.get_node_config_def().set_property("node", "of sink")
    grouped = GroupBy(Pipe("p"), Fields("k"))
    copy(source, sink, Each(grouped, Fields("v"), Tell()))
    assert sink.rows == [(("of source", "of sink", None),)]
    again = GroupBy(Each(grouped, Fields("v"), Tell(), Fields.ALL), Fields("k"))
    copy(source, sink, Each(again, Fields("v"), Tell()))
    assert sink.rows == [((None, "of sink", None),)]
