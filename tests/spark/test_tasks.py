"""What a task owes operations, and what it tells: life cycles, errors, traps, counters."""

from __future__ import annotations

import io
import pickle
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from pyspark import cloudpickle
from pyspark.sql import SparkSession

from cascade2spark.assemblies import CountBy
from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import BadRecord, BuildError, Cascade2SparkError, FlowError, RunError
from cascade2spark.fields import Fields
from cascade2spark.flows import FlowDef
from cascade2spark.operations import Count
from cascade2spark.operations.base import BaseOperation, Function
from cascade2spark.operations.callables import buffer, function
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, HashJoin, Pipe
from cascade2spark.planner import steps
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.spark.counters import TaskReports
from cascade2spark.spark.session import Versions, driver_versions
from cascade2spark.spark.tasks import TaskFunction
from cascade2spark.spark.travel import error_of, leaving_no_broadcasts
from cascade2spark.taps import Hfs, MemoryTap, RDDTap
from tests.spark.running import on_spark, parts_of, run

KV = Fields("k", "v")
ROWS = [("a", 1), ("b", 2), ("c", 0), ("d", 4)]


class Noting(BaseOperation, Function):
    """Passes `v` on as `x`, and leaves a file for each step of its life."""

    def __init__(self, folder: Path, fails_on: Any = None) -> None:
        super().__init__(1, Fields("x"))
        self.folder, self.fails_on = str(folder), fails_on
        folder.mkdir(parents=True)

    def note(self, what: str) -> None:
        Path(self.folder, f"{what}-{uuid.uuid4().hex}").touch()

    def prepare(self, flow_process: Any, operation_call: Any) -> None:
        self.note("prepare")

    def operate(self, flow_process: Any, function_call: Any) -> None:
        value = function_call.get_arguments().get_object(0)
        if value == self.fails_on:
            raise LookupError(f"nothing for {value}")
        flow_process.increment("noting", "seen", 1)
        flow_process.increment("noting", "never", 0)
        function_call.get_output_collector().add((value,))

    def flush(self, flow_process: Any, operation_call: Any) -> None:
        self.note("flush")

    def cleanup(self, flow_process: Any, operation_call: Any) -> None:
        self.note("cleanup")

    def noted(self) -> tuple[int, int, int]:
        """Return how often prepare, flush and cleanup ran."""
        names = [path.name.partition("-")[0] for path in Path(self.folder).iterdir()]
        return names.count("prepare"), names.count("flush"), names.count("cleanup")


def source(sc: Any, partitions: int = 4) -> dict[str, Any]:
    return {"p": RDDTap(sc.parallelize(ROWS, partitions), KV)}


def test_prepare_flush_and_cleanup_run_once_a_partition(sc: Any, tmp_path: Path) -> None:
    mapped, grouped = Noting(tmp_path / "map"), Noting(tmp_path / "reduce")
    each = Each(Pipe("p"), Fields("v"), mapped, Fields("k", "x"))
    counted = Every(GroupBy(each, "k", partitions=5), Fields("x"), Count(), Fields("k", "count"))
    tail = Each(counted, Fields("count"), grouped, Fields("k", "x"))
    flow = run(on_spark(sc), source(sc, 6), {"p": MemoryTap()}, tail)
    assert (6, 6, 6) == mapped.noted()  # two of six have no rows
    assert (5, 5, 5) == grouped.noted()
    stats = flow.get_stats()
    assert 2 * len(ROWS) == stats.get_counter_value("noting", "seen")
    assert "never" in stats.get_counters_for("noting")


def test_cleanup_runs_after_an_error_here_or_further_down(sc: Any, tmp_path: Path) -> None:
    own = Noting(tmp_path / "own", fails_on=0)
    with pytest.raises(RunError, match="LookupError"):
        run(on_spark(sc), source(sc, 1), {"p": MemoryTap()}, Each(Pipe("p"), "v", own))
    assert (1, 0, 1) == own.noted()
    before, after = Noting(tmp_path / "before"), Noting(tmp_path / "after", fails_on=0)
    tail = Each(Each(Pipe("p"), Fields("v"), before), Fields("x"), after)
    with pytest.raises(RunError, match="LookupError"):
        run(on_spark(sc), source(sc, 1), {"p": MemoryTap()}, tail)
    assert (1, 0, 1) == before.noted() == after.noted()


@function("y")
def inverted(value: int) -> float:
    """Return one by value."""
    return 1 / value


@function("a", "b")
def wide(value: int) -> Any:
    """Return the wrong number of values."""
    return (value,)


def test_an_error_names_row_fields_pipe_and_line(sc: Any, tmp_path: Path) -> None:
    out = Hfs(TextLine(), str(tmp_path / "out"))
    with pytest.raises(RunError, match="ZeroDivisionError") as failed:
        tail = Each(Pipe("p"), Fields("v"), inverted)
        run(on_spark(sc), source(sc), {"p": out}, tail)
    text = str(failed.value)
    assert "(0,)" in text and "'v'" in text and "Each 'p'" in text
    line = Path(__file__).read_text().splitlines().index("    return 1 / value") + 1
    assert f"test_tasks.py:{line}" in text  # where it was raised
    assert 2 <= text.count("test_tasks.py:")  # and where the pipe was built
    assert isinstance(failed.value.__cause__, ZeroDivisionError)
    assert [] == list(tmp_path.iterdir())  # nothing was published, nothing is left
    with pytest.raises(RunError) as shaped:
        run(on_spark(sc), source(sc), {"p": MemoryTap()}, Each(Pipe("p"), Fields("v"), wide))
    assert "2" in str(shaped.value) and "test_tasks.py" in str(shaped.value)


def test_a_flow_that_failed_tells_what_the_tasks_before_counted(sc: Any, tmp_path: Path) -> None:
    mapped, reduced = Noting(tmp_path / "map"), Noting(tmp_path / "reduce", fails_on=1)
    each = Each(Pipe("p"), Fields("v"), mapped, Fields("k", "x"))
    counted = Every(GroupBy(each, "k"), Fields("x"), Count(), Fields("k", "count"))
    tail = Each(counted, Fields("count"), reduced, Fields("k", "x"))
    definition = FlowDef().add_source("p", source(sc)["p"]).add_tail_sink(tail, MemoryTap())
    flow = on_spark(sc).connect(definition)
    with pytest.raises(RunError):
        flow.complete()
    stats = flow.get_stats()
    assert 4 == stats.get_counter_value("noting", "seen")
    rows = {site.site.kind: (site.rows_in, site.rows_out) for site in stats.site_stats()}
    assert ((4, 4), (0, 0)) == (rows["source"], rows["sink"])


def test_what_cannot_travel_is_named_before_anything_runs(sc: Any, tmp_path: Path) -> None:
    own = Noting(tmp_path / "own")
    own.lock = threading.Lock()  # type: ignore[attr-defined]
    with pytest.raises(BuildError, match="cannot be sent to the workers") as refused:
        on_spark(sc).connect(source(sc)["p"], MemoryTap(), Each(Pipe("p"), Fields("v"), own))
    assert "Noting.lock" in str(refused.value) and "test_tasks.py" in str(refused.value)
    assert (0, 0, 0) == own.noted()
    lock = threading.Lock()
    held = function("y")(lambda value: lock and value)
    with pytest.raises(BuildError, match="variable 'lock'"):
        on_spark(sc).connect(source(sc)["p"], MemoryTap(), Each(Pipe("p"), Fields("v"), held))


def test_a_value_that_cannot_travel_is_named_with_its_pipe(sc: Any) -> None:
    letters = function("x")(lambda value: (letter for letter in "ab"))
    for tail in (
        Each(Pipe("p"), Fields("v"), letters, Fields.ALL),
        GroupBy(Each(Pipe("p"), Fields("v"), letters, Fields.ALL), Fields("v")),
    ):
        with pytest.raises(RunError, match="cannot be sent to another task") as failed:
            run(on_spark(sc), source(sc), {"p": MemoryTap()}, tail)
        text = str(failed.value)
        assert "a generator, at position 2" in text and "'v', 'x'" in text
        assert "Each 'p'" in text and "test_tasks.py" in text


def test_what_exists_on_the_driver_only_is_named(sc: Any) -> None:
    session = SparkSession(sc)
    frame, rdd = session.range(3), sc.parallelize([1])
    for name, call in {
        "sc": lambda value: sc.parallelize([value]),
        "session": lambda value: session.range(value),
        "frame": lambda value: frame.count(),
        "rdd": lambda value: rdd.count(),
    }.items():
        with pytest.raises(BuildError, match="exists on the driver only") as refused:
            tail = Each(Pipe("p"), Fields("v"), function("y")(call))
            on_spark(sc).connect(source(sc)["p"], MemoryTap(), tail)
        asked = str(refused.value.asked)
        assert asked.endswith(f"variable {name!r}") and "tap" in str(refused.value)


def test_a_module_that_workers_lack_is_named(sc: Any, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "only_here.py").write_text("def twice(value):\n    return value * 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import only_here  # type: ignore[import-not-found]

    tail = Each(Pipe("p"), Fields("v"), function("y")(only_here.twice))
    with pytest.raises(FlowError, match="cannot import what the flow needs") as failed:
        run(on_spark(sc), source(sc), {"p": MemoryTap()}, tail)
    assert "only_here" in str(failed.value) and "add_to_class_path" in str(failed.value)


def test_a_bad_record_is_named_with_its_file_and_offset(sc: Any, tmp_path: Path) -> None:
    (tmp_path / "in.tsv").write_text("1\t2\n3\t4\n5\n")
    tap = Hfs(TextDelimited(Fields("a", "b"), False, "\t"), str(tmp_path / "in.tsv"))
    with pytest.raises(BadRecord) as failed:
        run(on_spark(sc), {"p": tap}, {"p": MemoryTap()}, Pipe("p"))
    assert "in.tsv" in str(failed.value) and "8" in str(failed.value)
    assert "test_tasks.py" in str(failed.value)


def test_other_versions_on_the_workers_are_told(sc: Any) -> None:
    task = TaskFunction(
        run_id="r",
        step=0,
        chain_number=1,
        slices=1,
        source=None,  # type: ignore[arg-type]
        chain=None,  # type: ignore[arg-type]
        properties={},
        traps={},
        reports=TaskReports(sc, "r").accumulator,
        versions=Versions("2.7", driver_versions().cascade2spark, "1"),
        batch_rows=1,
        memory_bytes=1 << 28,
    )
    with pytest.raises(Exception, match="do not run what the driver runs") as failed:
        list(task(0, iter(())))
    assert "driver 2.7" in str(failed.value) and "pyarrow" in str(failed.value)


@pytest.mark.parametrize("is_file", [True, False], ids=["file", "memory"])
def test_traps_and_counters_are_those_of_the_reference(
    sc: Any, tmp_path: Path, is_file: bool
) -> None:
    def flow(connector: Any, name: str, rows: Any) -> tuple[Any, Any]:
        each = Each(Pipe("p"), Fields("v"), inverted, Fields("k", "y"))
        grouped = Every(GroupBy(each, "k"), Fields("y"), Count(), Fields("k", "count"))
        tail = Each(grouped, Fields("count"), Noting(tmp_path / name, 2), Fields("k", "x"))
        trap: Any = MemoryTap()
        if is_file:
            trap = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(tmp_path / f"{name}.trap"))
        done = run(connector, {"p": rows}, {"p": MemoryTap()}, tail, traps={"p": trap})
        stats = done.get_stats()
        names = ("Tuples_Read", "Tuples_Written", "Tuples_Trapped")
        counts = [stats.get_counter_value("StepCounters", counter) for counter in names]
        counts.append(stats.get_counter_value("noting", "seen"))
        if not is_file:
            return sorted(trap.rows), counts
        files = parts_of(Path(trap.path))
        assert [f"part-{n:05d}" for n in range(len(files))] == list(files)
        return sorted(line for lines in files.values() for line in lines), counts

    rows = [*ROWS, ("a", 0), ("a", 5), ("e", 0), ("e", 7)]
    expected = flow(LocalFlowConnector(), "local", MemoryTap(KV, rows))
    given = RDDTap(sc.parallelize(rows, 4), KV)
    assert expected == flow(on_spark(sc, partitions=3), "spark", given)
    assert [8, 3, 4] == expected[1][:3]


class _Recording(pickle.Unpickler):
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.found: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.found.add(f"{module}.{name}")
        if name == "_from_id":
            return int  # a broadcast can only be looked up in a task
        return super().find_class(module, name)


def test_no_step_of_the_plan_travels_with_a_task(sc: Any, monkeypatch: Any) -> None:
    seen: list[TaskFunction] = []
    make = TaskFunction.__init__

    def init(self: TaskFunction, *args: Any, **parts: Any) -> None:
        make(self, *args, **parts)
        seen.append(self)

    monkeypatch.setattr(TaskFunction, "__init__", init)
    p, q = Pipe("p"), Pipe("q")
    joined = CoGroup(p, Fields("k"), q, Fields("k"), Fields("k", "v", "k2", "w"))
    held = HashJoin(
        joined, Fields("k"), Pipe("q2", q), Fields("k"), Fields("a", "b", "c", "d", "e", "f")
    )
    tail = CountBy(Each(held, Fields("b"), inverted, Fields("a", "y")), Fields("a"), Fields("n"))
    sources = {"p": MemoryTap(KV, ROWS[:2]), "q": MemoryTap(Fields("k", "w"), [("a", 1)])}
    sink = MemoryTap()
    run(on_spark(sc), sources, {"tail": sink}, Pipe("tail", tail), traps={"tail": MemoryTap()})
    assert [("a", 1)] == sink.rows
    kinds = [steps.Step, *steps.Step.__subclasses__(), steps.StepPlan, steps.RunContext]
    forbidden = {f"{kind.__module__}.{kind.__name__}" for kind in kinds}
    assert 4 <= len(seen)
    for task in seen:
        with leaving_no_broadcasts():
            recording = _Recording(cloudpickle.dumps(task))
        recording.load()
        assert not recording.found & forbidden
        assert not [name for name in recording.found if name.startswith("cascade2spark.pipes")]


def test_objects_of_a_class_of_the_jobs_own_script_cross_an_exchange(sc: Any) -> None:
    # As in a script: the class says it is of __main__, where no worker finds it.
    point = type("Point", (), {"__module__": "__main__", "x": 0})

    def made(number: int) -> Any:
        found = point()
        found.x = number
        return found

    @buffer("total")
    def total(key: Any, rows: Any) -> Any:
        yield sum(found.x for (found,) in rows)

    made_points = Pipe("p").each("v", function("point")(made), Fields.ALL)
    tail = made_points.group_by("k").every("point", total, Fields("k", "total"))
    sink = MemoryTap()
    sources = {"p": MemoryTap(Fields("k", "v"), [("a", 1), ("b", 5), ("a", 2)])}
    run(on_spark(sc, partitions=1), sources, {"p": sink}, tail)
    assert [("a", 3), ("b", 5)] == sink.rows


def test_a_broadcast_of_the_users_is_not_left_to_later_jobs(sc: Any) -> None:
    names = sc.broadcast({1: "one"})
    named = function("y")(lambda value: names.value.get(value))
    sink = MemoryTap()
    sources = {"p": MemoryTap(Fields("v"), [(1,), (2,)])}
    run(on_spark(sc), sources, {"p": sink}, Each(Pipe("p"), Fields("v"), named))
    assert [("one",), (None,)] == sink.rows
    names.destroy()
    assert 3 == sc.parallelize(range(3), 1).map(str).count()


def test_an_error_of_a_cause_that_cannot_travel_still_comes_home(sc: Any) -> None:
    def fail(value: Any) -> Any:
        error = ValueError("not to be pickled")
        error.lock = threading.Lock()  # type: ignore[attr-defined]
        raise error

    with pytest.raises(Cascade2SparkError, match="ValueError: not to be pickled"):
        tail = Each(Pipe("p"), Fields("v"), function("y")(fail))
        run(on_spark(sc), source(sc), {"p": MemoryTap()}, tail)


def test_a_flow_that_is_stopped_ends_its_tasks_and_publishes_nothing(
    sc: Any, tmp_path: Path
) -> None:
    flag = str(tmp_path / "flag")

    def dawdle(value: Any) -> Any:
        Path(flag).touch()
        time.sleep(60)
        return value

    tail = Each(Pipe("p"), Fields("v"), function("y")(dawdle))
    out = Hfs(TextLine(), str(tmp_path / "out"))
    flow = on_spark(sc).connect(source(sc, 1)["p"], out, tail)
    flow.start()
    began = time.monotonic()
    while not Path(flag).exists() and time.monotonic() - began < 20:
        time.sleep(0.05)
    flow.stop()
    assert time.monotonic() - began < 25
    assert flow.get_stats().is_stopped()
    assert ["flag"] == [path.name for path in tmp_path.iterdir()]
    assert [1] == sc.parallelize([1], 1).collect()


def test_workers_without_our_own_needs_run_another_python() -> None:
    failure = RuntimeError("ModuleNotFoundError: No module named 'pyarrow'")
    assert "set PYSPARK_PYTHON" in str(error_of(failure))
    theirs = RuntimeError("ModuleNotFoundError: No module named 'only_here'")
    assert "add_to_class_path" in str(error_of(theirs))
