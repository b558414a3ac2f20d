"""What a flow leaves behind: sinks, traps, part files, compressed files."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.counters import StepCounters
from cascade2spark.errors import PlanError, RunError, TapError
from cascade2spark.fields import Fields
from cascade2spark.flow import FlowDef, TrapProps
from cascade2spark.operations.callables import function, keep_if
from cascade2spark.pipes import Checkpoint, Each, Pipe
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import FileTap, Hfs, MemoryTap, MultiSinkTap, SinkMode
from tests.unit.small_flows import counting, flow_of, lines, local, number


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
