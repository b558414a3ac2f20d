"""Flows with a run id on Spark: after a failure they end with the rows and counts of one run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector, SparkFlowConnector
from cascade2spark.counters import StepCounters
from cascade2spark.errors import RunError
from cascade2spark.fields import Fields
from cascade2spark.flow import Flow, FlowDef
from cascade2spark.flows.fingerprints import fingerprints_of
from cascade2spark.operations import Sum
from cascade2spark.operations.callables import function
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, Pipe
from cascade2spark.planner.steps import Read
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.spark.engine import SparkEngine
from cascade2spark.taps import Hfs, SinkMode

pytestmark = pytest.mark.spark

LINES = [f"k{n % 7}\t{'x' if n % 10 == 3 else n}" for n in range(200)]
TABS = TextDelimited(Fields.ALL, False, "\t")


def flow_of(connector: Any, folder: Path, is_failing: bool, run_id: str | None) -> Flow:
    """Return a flow with a trap, a join, two checkpoints, two sinks, and an end that may fail."""

    def last(value: float) -> float:
        if is_failing:
            raise ValueError("not yet")
        return value

    (folder / "in").mkdir(exist_ok=True)
    for part in range(4):
        path = folder / "in" / f"part-{part}"
        if not path.exists():
            path.write_text("".join(f"{line}\n" for line in LINES[part * 50 : part * 50 + 50]))
    numbers = Each(Pipe("p"), "v", function("n")(int), Fields("k", "n"))
    clean = Checkpoint("clean", numbers)
    sums = Pipe("sums", Every(GroupBy(clean, "k", partitions=3), "n", Sum(Fields("s"))))
    joined = CoGroup(clean, Fields("k"), sums, Fields("k"), Fields("k", "n", "k2", "s"))
    kept = Checkpoint("joined", joined)
    tail = Pipe("out", Each(kept, "s", function("t")(last), Fields("n", "t")))
    source = Hfs(TextDelimited(Fields("k", "v"), False, "\t"), str(folder / "in"))
    definition = FlowDef("job").add_source("p", source)
    definition.add_trap("p", Hfs(TABS, str(folder / "trap")))
    for end in (tail, sums):
        sink = Hfs(TABS, str(folder / end.name), SinkMode.REPLACE)
        definition.add_tail_sink(end, sink)
    if run_id is not None:
        definition.set_run_id(run_id)
    return connector.connect(definition)


def texts_below(folder: Path) -> list[str]:
    return [line for part in folder.glob("part-*") for line in part.read_text().splitlines()]


def outcome(flow: Flow, folder: Path) -> dict[str, Any]:
    flow.complete()
    counted = [flow.get_stats().get_counter_value(one) for one in StepCounters][:3]
    sites = flow.get_stats().site_stats()
    rows = [
        (one.site.kind, one.site.name, one.rows_in, one.rows_out)
        for one in sites
        if one.site.kind != "project"  # a checkpoint that is kept keeps every column
    ]
    lines = {name: sorted(texts_below(folder / name)) for name in ("out", "sums", "trap")}
    return {"counted": counted, "rows": sorted(rows), **lines}


def test_a_run_goes_on_from_checkpoints_and_ends_as_one_that_did_not_fail(
    sc: Any, tmp_path: Path
) -> None:
    whole, again = tmp_path / "whole", tmp_path / "again"
    whole.mkdir()
    again.mkdir()
    connector = SparkFlowConnector(sc, {"cascade2spark.progress": "off"})
    expected = outcome(flow_of(connector, whole, False, None), whole)
    assert [200, 187, 20] == expected["counted"]
    with pytest.raises(RunError, match="not yet"):
        flow_of(connector, again, True, "r").complete()
    assert ["in"] == [path.name for path in again.iterdir() if not path.name.startswith(".")]
    flow = flow_of(connector, again, False, "r")
    assert expected == outcome(flow, again)
    assert ["SKIPPED"] * 4 == [step.status.value for step in flow.get_stats().steps][:4]
    assert ["in", "out", "sums", "trap"] == sorted(path.name for path in again.iterdir())


def test_the_local_engine_goes_on_from_what_spark_kept(sc: Any, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not yet"):
        flow_of(SparkFlowConnector(sc), tmp_path, True, "r").complete()
    flow = flow_of(LocalFlowConnector(), tmp_path, False, "r")
    assert [200, 187, 20] == outcome(flow, tmp_path)["counted"]
    assert "SKIPPED" in [step.status.value for step in flow.get_stats().steps]


def test_a_source_that_only_hadoop_reaches_has_a_fingerprint_too(sc: Any, tmp_path: Path) -> None:
    name = f"m{tmp_path.name.replace('_', '')}"
    link = f"fs.viewfs.mounttable.{name}.link./data"
    sc._jsc.hadoopConfiguration().set(link, f"file://{tmp_path}")
    (tmp_path / "a").write_text("x\n")
    tap = Hfs(TextLine(Fields("line")), f"viewfs://{name}/data/a")
    definition = FlowDef("f").add_source("p", tap)
    definition.add_tail_sink(Pipe("p"), Hfs(TextLine(), str(tmp_path / "out")))
    plan = SparkFlowConnector(sc).connect(definition).planned.steps
    reads = [step for step in plan.steps if isinstance(step, Read)]
    files = SparkEngine(sc).files_of
    before = fingerprints_of(reads, (), {}, files)
    assert before == fingerprints_of(reads, (), {}, files)
    (tmp_path / "a").write_text("xy\n")
    changed = {
        what for what, one in fingerprints_of(reads, (), {}, files).items() if one != before[what]
    }
    assert {"a source"} == changed
    sc._jsc.hadoopConfiguration().unset(link)
