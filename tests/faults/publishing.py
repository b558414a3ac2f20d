"""A driver killed at every step of its publishing, and while it keeps checkpoints.

``publishing.py FOLDER``.

Each driver is a fork of this process, on its Spark context, so that Spark starts only once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from pyspark import SparkContext, accumulators

from cascade2spark.cli.commands import doctor
from cascade2spark.connectors import SparkFlowConnector
from cascade2spark.counters import StepCounters
from cascade2spark.fields import Fields
from cascade2spark.files.stores import LOCAL
from cascade2spark.flows import outputs
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.flow import Flow
from cascade2spark.flows.stats import Status
from cascade2spark.operations import Count
from cascade2spark.pipes import Checkpoint, Each, Every, GroupBy, Pipe
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, RDDTap, SinkMode
from tests.faults.cluster import QUIET, left_over, lines_of
from tests.faults.jobs import context
from tests.faults.shapes import Passed, Trouble

ROWS = [(number,) for number in range(6)]
OLD, NEW = ["old"], [str(number) for number in range(6)]
SINKS = ("first", "second")
# Changes of the disk: before anything is kept, with one checkpoint, with both, near the end.
KEPT_STEPS = (8, 18, 26)


def driver(sc: SparkContext, folder: Path, steps: int) -> int | None:
    """Run a flow in a fork that dies after so many steps of publishing; return its exit code."""

    def killed() -> None:
        publish = outputs.publish_all

        def dying(commits: Any) -> None:
            die_after(steps)
            publish(commits)

        outputs.publish_all = dying
        run(sc, folder)

    return forked(sc, killed)


def take_over(sc: SparkContext) -> None:
    """Have tasks report to this fork: the thread that takes reports did not come along."""
    path = os.path.join(tempfile.mkdtemp(), "updates")
    accumulators._start_update_server("", is_unix_domain_sock=True, socket_path=path)
    java: Any = sc._jvm
    sc._javaAccumulator = java.PythonAccumulatorV2(path)
    sc._jsc.sc().register(sc._javaAccumulator)


def die_after(steps: int) -> None:
    """Kill this process at the change of the disk after so many."""
    change, left = LOCAL.change, [steps]

    def counting(action: str, path: str, call: Callable[[], Any]) -> Any:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return change(action, path, call)

    LOCAL.change = counting  # type: ignore[method-assign, assignment]


def run(sc: SparkContext, folder: Path) -> None:
    """Run a flow with two sinks."""
    head = Each(Pipe("in"), Fields("v"), Passed(Trouble(), "map", "x"), Fields("x"))
    definition = FlowDef().set_name("published")
    definition.add_source("in", RDDTap(sc.parallelize(ROWS, 2), Fields("v")))
    for name in SINKS:
        tap = Hfs(TextDelimited(has_header=False), str(folder / name), SinkMode.REPLACE)
        definition.add_tail_sink(Pipe(name, head), tap)
    SparkFlowConnector(sc, QUIET).connect(definition).complete()


def kept_flow(sc: SparkContext, folder: Path) -> Flow:
    """Return a flow with a run id, a trap, and two checkpoints."""
    numbers = Each(Pipe("in"), Fields("v"), Passed(Trouble(), "map", "x", 5), Fields("x"))
    first = Checkpoint("first", numbers)
    counted = Checkpoint("second", Every(GroupBy(first, "x", partitions=2), Count()))
    definition = FlowDef("kept").set_run_id("run")
    definition.add_source("in", RDDTap(sc.parallelize(ROWS, 2), Fields("v")))
    text = TextDelimited(Fields.ALL, False, "\t")
    definition.add_trap("in", Hfs(text, str(folder / "trap"), SinkMode.REPLACE))
    for tail in (Pipe("one", counted), Pipe("two", first)):
        tap = Hfs(text, str(folder / tail.get_name()), SinkMode.REPLACE)
        definition.add_tail_sink(tail, tap)
    return SparkFlowConnector(sc, QUIET).connect(definition)


def killed_and_gone_on(sc: SparkContext, folder: Path, steps: int) -> None:
    """Kill a driver, and go on in another; print what came of it."""
    folder.mkdir()

    def killed() -> None:
        die_after(steps)
        kept_flow(sc, folder).complete()

    def gone_on() -> None:
        flow = kept_flow(sc, folder)
        flow.complete()
        stats = flow.get_stats()
        line = {
            "kept": steps,
            "codes": [code, 0],
            "skipped": [step.status for step in stats.steps].count(Status.SKIPPED),
            "counted": [
                *(stats.get_counter_value(one) for one in list(StepCounters)[:3]),
                stats.get_counter_value("jobs", "map"),
            ],
            "lines": {name: sorted(lines_of(folder / name)) for name in ("one", "two", "trap")},
            "left over": [path.name for path in folder.iterdir() if path.name.startswith(".")],
        }
        print(json.dumps(line), flush=True)

    code = forked(sc, killed)
    if forked(sc, gone_on) != 0:
        print(json.dumps({"kept": steps, "codes": [code, 1], "skipped": None}), flush=True)


def forked(sc: SparkContext, run: Callable[[], None]) -> int:
    """Run something in a fork; return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        take_over(sc)
        run()
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def main(folder: Path) -> None:
    """Kill drivers until one lives."""
    sc = context("local[2]", folder)
    for steps in KEPT_STEPS:
        killed_and_gone_on(sc, folder / f"kept{steps}", steps)
    steps, code = 0, None
    while code != 0:
        place = folder / f"steps{steps}"
        for name in SINKS:
            (place / name).mkdir(parents=True)
            (place / name / "part-00000").write_text("old\n")
            (place / name / "_SUCCESS").touch()
        code = driver(sc, place, steps)
        before = [lines_of(place / name) for name in SINKS]
        said = [CliRunner().invoke(doctor, ["--recover", str(place / name)]) for name in SINKS]
        after = [lines_of(place / name) for name in SINKS]
        line = {
            "steps": steps,
            "code": code,
            # Whole, or not to be taken for complete.
            "whole before": all(lines in (OLD, NEW, ["incomplete"]) for lines in before),
            "after": "old" if after == [OLD, OLD] else "new" if after == [NEW, NEW] else after,
            "left over": left_over(place),
            "said": [one.output for one in said],
        }
        print(json.dumps(line), flush=True)
        if code == 1:
            break
        steps += 1
    sc.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
