"""Flows that something goes wrong with, each run in a process of its own: ``jobs.py NAME FOLDER``.

A job prints one line of JSON: what it counted, and what else the test wants to know.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pyspark import SparkConf, SparkContext, TaskContext
from pyspark.find_spark_home import _find_spark_home

from cascade2spark.connectors import SparkFlowConnector
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.flow import Flow
from cascade2spark.operations import Count
from cascade2spark.operations.base import BaseOperation, Function
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Each, Every, GroupBy, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import DelimitedPartition, Hfs, PartitionTap, RDDTap, SinkMode
from tests.faults.shapes import once
from tests.jvm import JVM_SETTINGS

ROOT = Path(__file__).parents[2]
ROWS = [(f"k{number % 7}", number) for number in range(200)]
KV = Fields("k", "v")


def context(
    master: str, folder: Path, more: Mapping[str, str] = MappingProxyType({})
) -> SparkContext:
    """Start a context that keeps its files in the test's folder."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.python.unix.domain.socket.enabled": "true",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder / "spark"),
        "spark.task.maxFailures": "4",
        "spark.shuffle.io.maxRetries": "0",
        "spark.shuffle.io.retryWait": "100ms",
        "spark.locality.wait": "0",
        "spark.python.daemon.module": "tests.faults.daemon",
        **JVM_SETTINGS,
        **more,
    }
    conf = SparkConf().setMaster(master).setAppName("faults").setAll(list(settings.items()))
    started = SparkContext(conf=conf.setExecutorEnv("PYTHONPATH", str(ROOT)))
    started.setLogLevel("OFF")
    return started


class Troubled(BaseOperation, Function):
    """Passes `v` on as `x`, counts it, and gets into trouble as told."""

    def __init__(self, trouble: Callable[[str], None]) -> None:
        super().__init__(1, Fields("x"))
        self.trouble = trouble

    def operate(self, flow_process: Any, function_call: Any) -> None:
        value = function_call.get_arguments().get_object(0)
        if value % 10 == 3:
            raise ValueError("for the trap")
        self.trouble("row")
        flow_process.increment("jobs", "seen", 1)
        function_call.get_output_collector().add((value,))

    def flush(self, flow_process: Any, operation_call: Any) -> None:
        self.trouble("flush")

    def cleanup(self, flow_process: Any, operation_call: Any) -> None:
        self.trouble("cleanup")


def flow_of(sc: SparkContext, folder: Path, first: Any, second: Any = None) -> Flow:
    """Return a flow with a trap, two exchanges, and part files."""
    each = Each(Pipe("p"), Fields("v"), first, Fields("k", "x"))
    counted = Every(GroupBy(each, "k", partitions=4), Fields("x"), Count(), Fields("k", "count"))
    passed = Each(counted, Fields("count"), second or function("n")(int), Fields("k", "n"))
    tail = GroupBy(passed, "n", partitions=2)
    sink = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(folder / "out"), SinkMode.REPLACE)
    trap = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(folder / "trap"))
    definition = FlowDef().set_name("faulty").add_tail_sink(tail, sink)
    definition.add_source("p", RDDTap(sc.parallelize(ROWS, 4), KV)).add_trap("p", trap)
    return SparkFlowConnector(sc, {"cascade2spark.progress": "off"}).connect(definition)


def told(flow: Flow) -> None:
    """Print what a flow counted."""
    stats = flow.get_stats()
    names = ("Tuples_Read", "Tuples_Written", "Tuples_Trapped")
    found = {name: stats.get_counter_value("StepCounters", name) for name in names}
    print(json.dumps({**found, "seen": stats.get_counter_value("jobs", "seen")}))


def failing_tasks(folder: Path) -> None:
    """Run a flow whose tasks fail twice: within the rows, and when their files are written."""

    def trouble(place: str) -> None:
        task = TaskContext.get()
        assert task is not None
        attempt = task.attemptNumber()
        if attempt == 0 and place == "row" and task.partitionId() == 1:
            raise MemoryError("the first attempt")  # no trap takes it
        if attempt == 1 and place == "cleanup":
            raise OSError("the second attempt")

    def late(place: str) -> None:
        task = TaskContext.get()
        assert task is not None
        if task.attemptNumber() < 2 and place == "cleanup":
            raise OSError("after the part file was written")

    sc = context("local[2,4]", folder)
    flow = flow_of(sc, folder, Troubled(trouble))
    flow.complete()
    told(flow)
    direct = Each(Pipe("p"), Fields("v"), Troubled(late), Fields("k", "x"))
    sink = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(folder / "late"))
    trap = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(folder / "late.trap"))
    source = RDDTap(sc.parallelize(ROWS, 4), KV)
    second = SparkFlowConnector(sc).connect("late", source, sink, trap, direct)
    second.complete()
    told(second)
    # With two files open at a time most are closed, some twice for a folder, when the task fails.
    parent = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(folder / "spread"))
    spread = PartitionTap(parent, DelimitedPartition("k"), 2)
    trap = Hfs(TextDelimited(Fields.ALL, False, "\t"), str(folder / "spread.trap"))
    third = SparkFlowConnector(sc).connect("spread", source, spread, trap, direct)
    third.complete()
    told(third)


def lost_processes(folder: Path) -> None:
    """Run a flow in which a Python worker is killed, and then one whose shuffle files go."""

    def kill(place: str) -> None:
        if place == "row" and once(folder / "killed"):
            os.kill(os.getpid(), signal.SIGKILL)

    def forget(count: int) -> int:
        if once(folder / "forgotten"):
            for path in (folder / "spark").rglob("shuffle_*"):
                path.unlink()
        return count

    sc = context("local-cluster[2,1,1024]", folder)
    flow = flow_of(sc, folder, Troubled(kill))
    flow.complete()
    told(flow)
    assert (folder / "killed").exists()
    maps = folder / "second" / "maps"
    maps.mkdir(parents=True)

    def mark(place: str) -> None:
        if place == "flush":
            (maps / uuid.uuid4().hex).touch()

    flow = flow_of(sc, folder / "second", Troubled(mark), function("n")(forget))
    flow.complete()
    told(flow)
    assert (folder / "forgotten").exists()
    # A cluster of this kind leaves its executors' logs inside the installed PySpark.
    logs = Path(_find_spark_home(), "work", sc.applicationId)
    sc.stop()
    shutil.rmtree(logs, ignore_errors=True)


def no_trouble(place: str) -> None:
    """Make no trouble."""


class Killer:
    """A step listener that kills the driver when the last step is done, before publishing."""

    def __init__(self, last: str) -> None:
        self.last = last

    def __getattr__(self, name: str) -> Any:
        return lambda *given: None

    def on_step_completed(self, step: Any) -> None:
        """Kill this process."""
        if step.name == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def killed_driver(folder: Path) -> None:
    """Run a flow whose driver does not live to publish."""
    flow = flow_of(context("local[2]", folder), folder, Troubled(no_trouble))
    flow.add_step_listener(Killer(flow.get_stats().steps[-1].name))
    flow.complete()
    told(flow)


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
