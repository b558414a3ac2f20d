"""Taps opened by themselves, by a user or inside an operation."""

from __future__ import annotations

import gzip
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from cascade2spark import BaseOperation, Each, Fields, Function, LocalFlowConnector, Pipe
from cascade2spark.errors import FieldNotFound, PlanError, TapError, TupleError, Unsupported
from cascade2spark.operations.base import FlowProcess
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import (
    FileTap,
    GlobHfs,
    Hfs,
    MemoryTap,
    MultiSinkTap,
    MultiSourceTap,
    RDDTap,
    SinkMode,
)
from cascade2spark.tuples import Tuple, TupleEntry

AB = Fields("a", "b")


def rows(tap: Any) -> list[tuple[Any, ...]]:
    with tap.open_for_read(FlowProcess.NULL) as entries:
        return [tuple(entry.get_tuple()) for entry in entries]


def write(tap: Any, *given: Any, process: Any = None) -> None:
    with tap.open_for_write(process) as collector:
        for row in given:
            collector.add(row)


def files(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in sorted(os.listdir(folder))}


def in_task(slice_num: int = 0, run: str = "run", chain: int = 1) -> FlowProcess:
    return FlowProcess(slice_num=slice_num, num_slices=2, flow_id=run, task_id=f"{run} {chain}")


# -- reading -------------------------------------------------------------------------------------


def test_entries_of_a_file_have_the_taps_fields(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("x\t1\ny\t2\n")
    entries = Hfs(TextDelimited(AB), tmp_path / "in").open_for_read()
    assert AB == entries.get_fields()
    kept = list(entries)
    assert [("x", "1"), ("y", "2")] == [(entry["a"], entry["b"]) for entry in kept]


def test_a_memory_tap_and_several_taps_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("x\n")
    (tmp_path / "2").write_text("y\n")
    parts = [FileTap(TextLine("line"), tmp_path / name) for name in "21"]
    assert [("y",), ("x",)] == rows(MultiSourceTap(*parts))
    assert [(1, 2)] == rows(MemoryTap(AB, [(1, 2)]))


def test_a_closed_iterator_ends() -> None:
    entries = MemoryTap("a", [(1,), (2,)]).open_for_read()
    next(entries)
    entries.close()
    assert [] == list(entries)


def test_what_cannot_be_opened_is_refused_by_name(tmp_path: Path) -> None:
    tap = Hfs(TextLine(), tmp_path / "none")
    with pytest.raises(TapError, match="nothing exists"):
        tap.open_for_read()
    with pytest.raises(Unsupported, match="can only be written"):
        MultiSinkTap(tap).open_for_read()
    with pytest.raises(Unsupported, match="can only be read"):
        MultiSourceTap(tap).open_for_write()
    for unwritable in (
        GlobHfs(TextLine(), tmp_path / "*"),
        Hfs(TextLine(), "s3://b/a"),
        Hfs(TextLine(), "hdfs://n/a"),
    ):
        with pytest.raises(Unsupported, match="cannot be written directly"):
            unwritable.open_for_write()
    with pytest.raises(Unsupported, match="only be written by a flow"):
        RDDTap().open_for_write()


# -- writing -------------------------------------------------------------------------------------


def test_nothing_is_there_before_the_collector_is_closed(tmp_path: Path) -> None:
    tap = Hfs(TextDelimited(AB), tmp_path / "out")
    collector = tap.open_for_write()
    for number in range(2_500):  # more than is held
        collector.add((number, "x"))
    assert not tap.resource_exists()
    collector.close()
    collector.close()
    assert [(str(number), "x") for number in range(2_500)] == rows(tap)
    assert ["out"] == os.listdir(tmp_path)
    with pytest.raises(TapError, match="closed"):
        collector.add(("x", 1))


def test_entries_are_selected_by_name_and_rows_taken_by_place(tmp_path: Path) -> None:
    tap = Hfs(TextDelimited(AB), tmp_path / "out")
    write(tap, TupleEntry(Fields("b", "c", "a"), (1, 2, 3)), Tuple(4, 5), (6, 7), [8, None])
    assert [("3", "1"), ("4", "5"), ("6", "7"), ("8", None)] == rows(tap)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ((1,), TupleError),
        ("xy", TupleError),
        (TupleEntry(Fields("a"), (1,)), FieldNotFound),
    ],
)
def test_a_row_that_does_not_fit_leaves_nothing(tmp_path: Path, row: Any, error: Any) -> None:
    with pytest.raises(error):
        write(Hfs(TextDelimited(AB), tmp_path / "out"), (1, 2), row)
    assert [] == os.listdir(tmp_path)


def test_a_row_that_cannot_be_encoded_leaves_nothing(tmp_path: Path) -> None:
    tap = Hfs(TextLine("line", charset="ascii"), tmp_path / "out")
    with pytest.raises(Exception, match="cannot be written"):
        write(tap, *[("x",)] * 1_500, ("é",))
    assert [] == os.listdir(tmp_path)


def test_a_header_is_named_by_the_tap_or_by_the_first_entry(tmp_path: Path) -> None:
    declared = Hfs(TextDelimited(AB, True, "\t"), tmp_path / "declared")
    write(declared, (1, 2))
    assert "a\tb\n1\t2\n" == (tmp_path / "declared" / "part-00000").read_text()
    open_ = Hfs(TextDelimited(Fields.ALL, True, "\t"), tmp_path / "open")
    write(open_, TupleEntry(Fields("x", "y"), (1, 2)), (3, 4))
    assert "x\ty\n1\t2\n3\t4\n" == (tmp_path / "open" / "part-00000").read_text()
    with pytest.raises(PlanError, match="header"):
        write(Hfs(TextDelimited(Fields.ALL, True, "\t"), tmp_path / "none"), (1, 2))


def test_a_compressed_sink_is_compressed(tmp_path: Path) -> None:
    write(Hfs(TextLine("line", compression="gzip"), tmp_path / "out"), ("x",))
    assert b"x\n" == gzip.decompress((tmp_path / "out" / "part-00000.gz").read_bytes())


@pytest.mark.parametrize(
    ("mode", "in_folder", "in_file"),
    [
        (SinkMode.KEEP, ["x", "y"], ["y"]),
        (SinkMode.UPDATE, ["x", "y"], ["x", "y"]),
        (SinkMode.REPLACE, ["y"], ["y"]),
    ],
)
def test_sink_modes_of_direct_writing(
    tmp_path: Path, mode: SinkMode, in_folder: list[str], in_file: list[str]
) -> None:
    folder = Hfs(TextLine("line"), tmp_path / "folder", mode)
    file = FileTap(TextLine("line"), tmp_path / "file", mode)
    memory = MemoryTap("line", sink_mode=mode)
    for tap in (folder, file, memory):
        write(tap, ("x",))
        write(tap, ("y",))
    assert in_folder == [row[0] for row in rows(folder)]
    assert in_folder == [row[0] for row in rows(memory)]
    assert in_file == [row[0] for row in rows(file)]


def test_replace_without_rows_leaves_none(tmp_path: Path) -> None:
    tap = Hfs(TextDelimited(AB, True, "\t"), tmp_path / "out", SinkMode.REPLACE)
    write(tap, (1, 2))
    write(tap)
    assert [] == rows(tap) and tap.resource_exists()


def test_a_failing_block_keeps_the_old_output(tmp_path: Path) -> None:
    tap = Hfs(TextLine("line"), tmp_path / "out", SinkMode.REPLACE)
    write(tap, ("old",))
    with pytest.raises(ZeroDivisionError), tap.open_for_write() as collector:
        collector.add(("new",))
        _ = 1 / 0
    assert [("old",)] == rows(tap)


def test_a_trap_takes_any_width_and_adds(tmp_path: Path) -> None:
    tap = Hfs(TextDelimited(Fields.ALL, True, "\t"), tmp_path / "trap")
    memory = MemoryTap(AB, sink_mode=SinkMode.UPDATE)
    for opened in (tap, memory):
        for row in [(1,), (2, 3, 4)]:
            with FlowProcess.NULL.open_trap_for_write(opened) as collector:
                collector.add(row)
    assert {"_SUCCESS": "", "part-00000": "1\n", "part-00001": "2\t3\t4\n"} == files(
        tmp_path / "trap"
    )
    assert [(1,), (2, 3, 4)] == memory.rows


def test_a_trap_without_rows_does_not_exist(tmp_path: Path) -> None:
    FlowProcess.NULL.open_trap_for_write(Hfs(TextLine(), tmp_path / "trap")).close()
    assert [] == os.listdir(tmp_path)


# -- inside tasks --------------------------------------------------------------------------------


def test_tasks_write_files_of_their_own_and_attempts_the_same(tmp_path: Path) -> None:
    tap = Hfs(TextLine("line"), tmp_path / "out")
    for process in (in_task(0), in_task(1), in_task(0, chain=2), in_task(0)):
        write(tap, (f"{process.get_current_slice_num()} {process.task_id}",), process=process)
    found = files(tmp_path / "out")
    assert ["0 run 1\n", "0 run 2\n", "1 run 1\n"] == sorted(found.values())
    assert {"part-00000", "part-00001"} == {name[:10] for name in found}


def test_two_files_of_one_task_are_two(tmp_path: Path) -> None:
    tap = Hfs(TextLine("line"), tmp_path / "out")
    process = in_task()
    write(tap, ("x",), process=process)
    write(tap, ("y",), process=process.with_properties({"own": 1}))
    assert ["x\n", "y\n"] == sorted(files(tmp_path / "out").values())


def test_a_task_that_fails_leaves_what_another_attempt_wrote(tmp_path: Path) -> None:
    tap = Hfs(TextLine("line"), tmp_path / "out")
    write(tap, ("x",), process=in_task())
    collector = tap.open_for_write(in_task())
    for _ in range(1_500):
        collector.add(("half",))
    assert [("x",)] == rows(tap)
    collector.abort()
    assert ["x\n"] == list(files(tmp_path / "out").values())


def test_replace_in_tasks_deletes_what_other_runs_left_only(tmp_path: Path) -> None:
    tap = Hfs(TextLine("line"), tmp_path / "out", SinkMode.REPLACE)
    write(tap, ("by hand",))
    write(tap, ("old",), process=in_task(0, "before"))
    for slice_num in (0, 1):
        write(tap, (str(slice_num),), process=in_task(slice_num, "after"))
    assert [("0",), ("1",)] == rows(tap)


def test_a_step_that_repeats_another_writes_nothing(tmp_path: Path) -> None:
    folder, memory = Hfs(TextLine("line"), tmp_path / "out"), MemoryTap("a", [(1,)])
    repeat = in_task().with_properties({}, counts=False)
    for tap in (folder, memory):
        write(tap, ("x",), process=repeat)
    assert not folder.resource_exists() and [(1,)] == memory.rows


def test_tasks_cannot_write_where_rows_would_be_lost(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="is one file"):
        FileTap(TextLine(), tmp_path / "f").open_for_write(in_task())
    copy = pickle.loads(pickle.dumps(MemoryTap("a", [(1,)])))
    assert [(1,)] == rows(copy)
    with pytest.raises(Unsupported, match="would stay in that task"):
        copy.open_for_write(in_task())


class Lookup(BaseOperation, Function):
    """Replaces a code by its name from a side file, and notes on another what it did not find."""

    def __init__(self, names: Any, missed: Any, trap: Any) -> None:
        super().__init__(1, Fields("name"))
        self.names, self.missed, self.trap = names, missed, trap

    def prepare(self, flow_process: Any, call: Any) -> None:
        entries = flow_process.open_tap_for_read(self.names)
        known = {entry["a"]: entry["b"] for entry in entries}
        missed = flow_process.open_tap_for_write(self.missed)
        call.set_context((known, missed, flow_process.open_trap_for_write(self.trap)))

    def operate(self, flow_process: Any, call: Any) -> None:
        known, missed, trap = call.get_context()
        code = call.get_arguments()["code"]
        if code in known:
            call.get_output_collector().add((known[code],))
        elif code is None:
            trap.add(("no code", 1))
        else:
            missed.add(call.get_arguments())

    def cleanup(self, flow_process: Any, call: Any) -> None:
        _, missed, trap = call.get_context()
        missed.close()
        trap.close()


@pytest.mark.parametrize("is_memory", [True, False], ids=["memory", "files"])
def test_an_operation_reads_and_writes_side_files(tmp_path: Path, is_memory: bool) -> None:
    (tmp_path / "names").write_text("x\tEx\ny\tWhy\n")
    names = Hfs(TextDelimited(AB), tmp_path / "names")
    missed: Any = Hfs(TextDelimited(Fields("code"), True, "\t"), tmp_path / "missed")
    trap: Any = Hfs(TextDelimited(Fields.ALL), tmp_path / "trap")
    if is_memory:
        names = MemoryTap(AB, [("x", "Ex"), ("y", "Why")])  # type: ignore[assignment]
        missed, trap = MemoryTap("code"), MemoryTap(Fields.ALL)
    source = MemoryTap("code", [("y",), ("q",), (None,), ("x",), ("r",)])
    sink = MemoryTap()
    pipe = Each(Pipe("p"), Fields("code"), Lookup(names, missed, trap))
    LocalFlowConnector().connect(source, sink, pipe).complete()
    assert [("Why",), ("Ex",)] == sink.rows
    assert [("q",), ("r",)] == rows(missed)
    assert [("no code", 1 if is_memory else "1")] == rows(trap)


def test_open_source_and_open_sink_are_the_taps_own() -> None:
    source, sink = MemoryTap("code", [("y",)]), MemoryTap()
    flow = LocalFlowConnector().connect(source, sink, Pipe("p"))
    flow.complete()
    for entries in (flow.open_source(), flow.open_sink()):
        assert type(source.open_for_read()) is type(entries)
        assert [("y",)] == [tuple(entry.get_tuple()) for entry in entries]
