"""Flows with a run id: what a failed run keeps, and what the next one makes of it."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.counters import StepCounters
from cascade2spark.errors import FlowError, PlanError, RunError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import LOCAL
from cascade2spark.flow import Flow, FlowDef
from cascade2spark.operations import Sum
from cascade2spark.operations.base import BaseOperation, Function
from cascade2spark.operations.callables import function, keep_if
from cascade2spark.pipes import Checkpoint, Each, Every, GroupBy, Pipe
from cascade2spark.planner.steps import Persist
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, MemoryTap, RDDTap, SinkMode

LINES = [(f"k{n % 3}", "x" if n == 4 else str(n)) for n in range(9)]
SEEN: list[str] = []  # of the module, not of a closure: what a function holds tells it from others
SUMS = ["k0\t9.0", "k1\t8.0", "k2\t15.0"]


class Job:
    """A flow of two checkpoints whose end fails as long as it is told to.

    What reaches the function above the first checkpoint, over all runs, is in `SEEN`.
    """

    def __init__(self, folder: Path, run_id: str | None = "monday") -> None:
        self.folder, self.run_id = folder, run_id
        SEEN.clear()
        self.fails = True
        self.factor = 1
        self.properties: dict[str, Any] = {}
        self.source: Any = MemoryTap(Fields("k", "v"), LINES)
        self.trap: Any = MemoryTap()

    def flow(self) -> Flow:
        factor = self.factor

        def number(text: str) -> int:
            SEEN.append(text)
            return int(text) * factor

        def last(value: float) -> float:
            if self.fails:
                raise ValueError("not yet")
            return value

        pipe = Each(Pipe("p"), "v", function("n")(number), Fields.ALL)
        clean = Checkpoint("clean", pipe)
        sums = Checkpoint("sums", Every(GroupBy(clean, "k"), "n", Sum(Fields("s"))))
        tail = Pipe("out", Each(sums, "s", function("t")(last), Fields("k", "t")))
        rows = Pipe("rows", Each(clean, "n", keep_if(lambda n: n > 6)))
        definition = FlowDef("job").add_source("p", self.source).add_trap("p", self.trap)
        definition.add_tail_sink(tail, self.sink("out")).add_tail_sink(rows, self.sink("rows"))
        if self.run_id is not None:
            definition.set_run_id(self.run_id)
        return LocalFlowConnector(self.properties).connect(definition)

    def sink(self, name: str) -> Hfs:
        tap = TextDelimited(Fields.ALL, False, "\t")
        return Hfs(tap, str(self.folder / name), SinkMode.REPLACE)

    def fail(self) -> Flow:
        flow = self.flow()
        with pytest.raises(RunError, match="not yet"):
            flow.complete()
        assert not (self.folder / "out").exists()
        return flow

    def succeed(self) -> Flow:
        self.fails = False
        flow = self.flow()
        flow.complete()
        assert SUMS == self.lines("out")
        assert ["k1\t7\t7", "k2\t8\t8"] == self.lines("rows")
        assert [("x",)] == self.trap.rows
        return flow

    def lines(self, name: str) -> list[str]:
        return (self.folder / name / "part-00000").read_text().splitlines()

    def kept(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob(".job.*/*"))


def statuses(flow: Flow) -> dict[str, str]:
    return {step.name: step.status.value for step in flow.get_stats().steps}


def counted(flow: Flow) -> list[int]:
    return [flow.get_stats().get_counter_value(counter) for counter in StepCounters][:3]


def rows_at(flow: Flow) -> dict[str, tuple[int, int]]:
    sites = flow.get_stats().site_stats()
    return {f"{one.site.kind} {one.site.name}": (one.rows_in, one.rows_out) for one in sites}


def test_a_run_of_the_same_id_goes_on_from_the_checkpoints(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.fail()
    assert ["clean", "sums"] == job.kept()
    flow = job.succeed()
    assert 9 == len(SEEN)  # nothing above the checkpoints ran again
    skipped = [name for name, status in statuses(flow).items() if status == "SKIPPED"]
    assert ["source", "Each", "Checkpoint", "GroupBy", "Checkpoint"] == [
        name.split(" ")[0] for name in skipped
    ]
    assert [] == list(tmp_path.glob(".job.*"))


def test_a_restarted_run_tells_and_traps_what_one_run_would_have(tmp_path: Path) -> None:
    (tmp_path / "once").mkdir()
    once, job = Job(tmp_path / "once", run_id=None), Job(tmp_path)
    whole = once.succeed()
    job.fail()
    flow = job.succeed()
    assert [9, 5, 1] == counted(whole) == counted(flow)
    assert rows_at(whole) == rows_at(flow)
    assert whole.get_stats().counters == flow.get_stats().counters


def test_trapped_rows_of_files_are_taken_over_once(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.trap = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(tmp_path / "trap"))
    job.fail()
    assert not (tmp_path / "trap").exists()
    job.fails = False
    job.flow().complete()
    assert ["x"] == job.lines("trap")
    names = sorted(path.name for path in (tmp_path / "trap").iterdir())
    assert ["_SUCCESS", "part-00000"] == names


def test_without_a_run_id_every_run_starts_at_its_sources(tmp_path: Path) -> None:
    job = Job(tmp_path, run_id=None)
    job.fail()
    assert [] == list(tmp_path.iterdir())
    flow = job.succeed()
    assert 18 == len(SEEN)
    assert "SKIPPED" not in statuses(flow).values()


def test_another_run_id_starts_at_its_sources_and_leaves_the_first_alone(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.fail()
    job.run_id = "tuesday"
    job.succeed()
    assert 18 == len(SEEN)
    assert ["clean", "sums"] == job.kept()  # Monday's


def change_rows(job: Job) -> None:
    job.source = MemoryTap(Fields("k", "v"), [*LINES[:8], ("k2", "9")])


def change_code(job: Job) -> None:
    job.factor = 2


def change_properties(job: Job) -> None:
    job.properties = {"day": "tuesday"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (change_rows, "a source changed"),
        (change_code, "the pipes above it changed"),
        (change_properties, "the properties of the flow changed"),
    ],
)
def test_what_is_stale_or_foreign_is_made_again(
    tmp_path: Path, change: Callable[[Job], None], reason: str
) -> None:
    job = Job(tmp_path)
    job.fail()
    change(job)
    job.fails = False
    flow = job.flow()
    flow.complete()
    assert 18 == len(SEEN)
    assert "SKIPPED" not in statuses(flow).values()
    assert {"clean": reason, "sums": reason} == dict(flow.get_stats().unused_checkpoints)


def test_a_changed_source_file_makes_a_checkpoint_stale(tmp_path: Path) -> None:
    job = Job(tmp_path)
    path = tmp_path / "in.txt"
    path.write_text("".join(f"{k}\t{v}\n" for k, v in LINES))
    job.source = Hfs(TextDelimited(Fields("k", "v"), False, "\t"), str(path))
    job.fail()
    path.write_text(path.read_text().replace("k2\t8", "k2\t9"))
    job.fails = False
    job.flow().complete()
    assert 18 == len(SEEN)
    assert "k2\t16.0" in job.lines("out")


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1])]
)
def test_files_that_are_gone_or_cut_short_are_made_again(
    tmp_path: Path, damage: Callable[[Path], Any]
) -> None:
    job = Job(tmp_path)
    job.fail()
    [part] = tmp_path.glob(".job.*/clean/rows-*/part-00000")
    damage(part)
    flow = job.succeed()
    assert 18 == len(SEEN)
    reason = "a file of it is missing, or has another size"
    assert {"clean": reason} == dict(flow.get_stats().unused_checkpoints)


def test_a_damaged_file_stops_the_run_and_says_what_to_do(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.fail()
    [part] = tmp_path.glob(".job.*/sums/rows-*/part-00000")
    data = bytearray(part.read_bytes())
    data[-1] ^= 1
    part.write_bytes(data)
    job.fails = False
    with pytest.raises(FlowError, match="a checkpoint file is damaged") as caught:
        job.flow().complete()
    assert "another run id" in str(caught.value)


def test_lines_may_move_and_pipes_behind_a_checkpoint_may_change(tmp_path: Path) -> None:
    def flow(step: Any, fields: Fields) -> Flow:
        kept = Checkpoint("kept", Each(Pipe("p"), "v", function("n")(len), Fields.ALL))
        tail = Each(kept, fields, step, Fields.RESULTS)
        sink = Hfs(TextDelimited(), str(tmp_path / "out"))
        definition = FlowDef("f").add_source("p", MemoryTap(Fields("k", "v"), LINES))
        return LocalFlowConnector().connect(
            definition.add_tail_sink(tail, sink).set_run_id("again")
        )

    with pytest.raises(RunError):
        flow(function("x")(lambda n: n // 0), Fields("n")).complete()
    mended = flow(function("x")(lambda k: k), Fields("k"))
    mended.complete()
    assert "SKIPPED" in statuses(mended).values()
    assert 9 == len((tmp_path / "out" / "part-00000").read_text().splitlines())


def test_values_keep_their_types_in_a_checkpoint(tmp_path: Path) -> None:
    from decimal import Decimal

    row = (1, 1.0, True, None, "ä\ud800", b"x", Decimal("1.0"), (1, "t"), 1 << 70)
    fields = Fields(*"abcdefghi")
    source, sink = MemoryTap(fields, [row]), MemoryTap()
    properties = {"cascade2spark.checkpoint.path": str(tmp_path)}
    definition = FlowDef("f").add_source("p", source).set_run_id("r")
    definition.add_tail_sink(Pipe("t", Checkpoint("c", Pipe("p"))), sink)
    LocalFlowConnector(properties).connect(definition).complete()
    assert [list(map(repr, row))] == [list(map(repr, one)) for one in sink.rows]
    assert [] == list(tmp_path.iterdir())


class Cannot(BaseOperation, Function):
    """Returns what cannot be pickled."""

    def __init__(self) -> None:
        super().__init__(1, Fields("x"))

    def operate(self, flow_process: Any, call: Any) -> None:
        call.get_output_collector().add(((one for one in ()),))


def test_a_value_that_cannot_be_kept_is_shown(tmp_path: Path) -> None:
    job = Job(tmp_path)
    pipe = Checkpoint("c", Each(Pipe("p"), "k", Cannot()))
    definition = FlowDef("f").add_source("p", job.source).set_run_id("r")
    definition.add_tail_sink(Pipe("t", pipe), job.sink("out"))
    with pytest.raises(RunError, match="a value cannot be kept in a checkpoint"):
        LocalFlowConnector().connect(definition).complete()
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


def durable(flow: Flow) -> list[str | None]:
    steps = flow.planned.steps.steps
    return [step.name for step in steps if isinstance(step, Persist) and step.is_durable]


def test_what_cannot_be_kept_is_told_and_the_flow_runs_as_without_a_run_id(tmp_path: Path) -> None:
    definition = FlowDef("f").add_source("p", MemoryTap("k", [("a",)])).set_run_id("r")
    definition.add_tail_sink(Pipe("t", Checkpoint("c", Pipe("p"))), MemoryTap())
    flow = LocalFlowConnector().connect(definition)
    flow.complete()
    assert [] == durable(flow)
    said = flow.get_stats().ignored["checkpoint 'c'"]
    assert "is not kept for a restart" in said
    assert "cascade2spark.checkpoint.path" in said


def test_a_fork_below_a_trap_is_not_cut_by_a_checkpoint(tmp_path: Path) -> None:
    # What fails on the way to the other sink has to find the way to the trap.
    def flow(trap: Any) -> Flow:
        each = Each(Pipe("p"), "v", function("n")(int), Fields.ALL)
        one = Pipe("one", Checkpoint("c", Each(each, "n", keep_if(bool))))
        other = Each(Pipe("other", each), "n", function("m")(lambda n: 1 // (n - 5)))
        definition = FlowDef("f").add_source("p", MemoryTap(Fields("k", "v"), LINES))
        definition.add_trap("p", trap).set_run_id("r")
        for tail in (one, other):
            definition.add_tail_sink(tail, job.sink(tail.name))
        return LocalFlowConnector().connect(definition)

    job, trap = Job(tmp_path), MemoryTap()
    told = flow(trap)
    told.complete()
    assert [] == durable(told)
    assert "may have to go to a trap" in told.get_stats().ignored["checkpoint 'c'"]
    assert [("x",), ("5",)] == trap.rows


def test_rows_that_also_go_elsewhere_are_kept_with_the_checkpoint(tmp_path: Path) -> None:
    def note(text: str) -> str:
        SEEN.append(text)
        return text

    def flow(is_failing: bool) -> Flow:
        def last(text: str) -> str:
            if is_failing:
                raise ValueError("not yet")
            return text

        each = Each(Pipe("p"), "v", function("n")(note), Fields.ALL)
        one = Each(Pipe("one", Checkpoint("c", GroupBy(each, "k"))), "n", function("m")(last))
        definition = FlowDef("f").add_source("p", MemoryTap(Fields("k", "v"), LINES))
        for tail in (one, Pipe("other", each)):
            definition.add_tail_sink(tail, job.sink(tail.name))
        return LocalFlowConnector().connect(definition.set_run_id("r"))

    job = Job(tmp_path)
    with pytest.raises(RunError):
        flow(True).complete()
    ended = flow(False)
    ended.complete()
    assert 9 == len(SEEN)
    assert [f"{k}\t{v}\t{v}" for k, v in LINES] == job.lines("other")
    assert [9, 18, 0] == counted(ended)


def dying_run(job: Job, steps: int) -> int:
    """Run a flow in a fork that is killed after so many changes of the disk; return how it ends."""
    child = os.fork()
    if not child:
        change, left = LOCAL.change, [steps]

        def dying(*given: Any) -> Any:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return change(*given)

        LOCAL.change = dying  # type: ignore[method-assign]
        job.flow().complete()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_driver_killed_at_any_change_of_the_disk_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    skipped = set()
    for steps in itertools.count(1, 2):
        folder = tmp_path / str(steps)
        folder.mkdir()
        job = Job(folder)
        job.fails = False
        tap = TextDelimited(Fields.ALL, False, "\t")
        job.trap = Hfs(tap, str(folder / "trap"), SinkMode.REPLACE)
        ended = dying_run(job, steps)
        flow = job.flow()
        flow.complete()
        assert SUMS == job.lines("out")
        assert ["x"] == job.lines("trap")
        assert [9, 5, 1] == counted(flow)
        assert ["out", "rows", "trap"] == sorted(path.name for path in folder.iterdir())
        skipped.add(list(statuses(flow).values()).count("SKIPPED"))
        if ended == 0:
            break
        assert -signal.SIGKILL == ended
    # From the sources, from each of the checkpoints, from what a killed clean-up left of them.
    assert {0, 3, 5} <= skipped <= {0, 2, 3, 5}
    assert 15 < steps


def test_cleanup_deletes_what_failed_runs_left(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.fail().cleanup()
    assert [] == list(tmp_path.iterdir())


def test_sinks_that_are_computed_later_keep_no_checkpoint(tmp_path: Path) -> None:
    definition = FlowDef("f").add_source("p", MemoryTap("k", [("a",)])).set_run_id("r")
    definition.add_tail_sink(Pipe("t", Checkpoint("c", Pipe("p"))), RDDTap(None, "k"))
    properties = {"cascade2spark.checkpoint.path": str(tmp_path)}
    flow = LocalFlowConnector(properties).connect(definition)
    assert "computed after the flow has ended" in flow.get_stats().ignored["checkpoint 'c'"]


def test_checkpoints_are_kept_on_local_paths_only() -> None:
    definition = FlowDef("f").add_source("p", MemoryTap("k", [("a",)])).set_run_id("r")
    definition.add_tail_sink(Pipe("t", Checkpoint("c", Pipe("p"))), MemoryTap())
    with pytest.raises(Unsupported, match="kept on a local path"):
        LocalFlowConnector({"cascade2spark.checkpoint.path": "hdfs://x/y"}).connect(definition)


def test_two_named_checkpoints_of_one_name_are_refused_with_a_run_id(tmp_path: Path) -> None:
    pipe = Checkpoint("c", Each(Checkpoint("c", Pipe("p")), keep_if(bool)))
    definition = FlowDef("f").add_source("p", MemoryTap("k", [("a",)])).set_run_id("r")
    definition.add_tail_sink(pipe, MemoryTap())
    with pytest.raises(PlanError, match="second Checkpoint of this name"):
        LocalFlowConnector().connect(definition)


def test_the_plan_says_which_checkpoints_are_kept(tmp_path: Path) -> None:
    assert "keeps    checkpoint 'clean' in files, for a restart" in Job(tmp_path).flow().plan_text(
        "steps"
    )
