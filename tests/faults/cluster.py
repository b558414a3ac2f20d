"""Every shape of flow on a cluster of two executors, with every fault: ``cluster.py FOLDER``.

One context for all of them. A line of JSON for each flow says what differs from what the local
engine gives: nothing, if all is well.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from pyspark import SparkContext
from pyspark.find_spark_home import _find_spark_home

from cascade2spark.connectors import FlowConnector, LocalFlowConnector, SparkFlowConnector
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.flow import Flow
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import Hfs, MemoryTap, RDDTap, SinkMode
from tests.faults.jobs import context
from tests.faults.shapes import (
    SHAPES,
    SOURCES,
    Shape,
    Trouble,
    delete_shuffle_files,
    fail,
    kill_executor,
    kill_worker,
    mixed,
)

QUIET = {"cascade2spark.progress": "off"}
FAILING = ("write", "partial", "fork")
LOST = ("group", "joiner", "skewed")
EXECUTORS = ("fork", "skewed")


@attrs.frozen
class Outcome:
    """What a flow left: sorted lines by sink, lines of the trap, counters, bytes of part files."""

    lines: dict[str, list[str]]
    trapped: list[str]
    counters: dict[str, dict[str, int]]
    parts: dict[str, bytes]


def outcome(
    connector: FlowConnector, sources: Mapping[str, Any], shape: Shape, told: Trouble, folder: Path
) -> tuple[Outcome, Flow]:
    """Run a shape; its sinks are folders named after its tails."""
    tails = shape.build(told)
    definition = FlowDef().set_name("faulty").add_tails(*tails)
    for name in {head.name for tail in tails for head in tail.get_heads()}:
        definition.add_source(name, sources[name])
    for tail in tails:
        tap = Hfs(TextDelimited(has_header=False), str(folder / tail.name), SinkMode.REPLACE)
        definition.add_sink(tail.name, tap)
    trap = folder / "trap"
    definition.add_trap("events", Hfs(TextDelimited(has_header=False), str(trap)))
    flow = connector.connect(definition)
    flow.complete()
    parts = {
        str(path.relative_to(folder)): path.read_bytes()
        for tail in tails
        for path in sorted((folder / tail.name).glob("part-*"))
    }
    found = Outcome(
        {tail.name: lines_of(folder / tail.name) for tail in tails},
        lines_of(trap),
        counted(flow),
        parts,
    )
    return found, flow


def lines_of(folder: Path) -> list[str]:
    """Return the lines of all part files, sorted, of output that is complete."""
    if not (folder / "_SUCCESS").exists():
        return ["incomplete"]
    return sorted(line for path in folder.glob("part-*") for line in path.read_text().splitlines())


def counted(flow: Flow) -> dict[str, dict[str, int]]:
    """Return what a flow counted: of its own, and rows read, written and trapped."""
    stats = flow.get_stats()
    names = {group: stats.get_counters_for(group) for group in ("jobs",)}
    names["StepCounters"] = ["Tuples_Read", "Tuples_Written", "Tuples_Trapped"]
    return {
        group: {name: stats.get_counter_value(group, name) for name in sorted(found)}
        for group, found in names.items()
    }


def left_over(folder: Path) -> list[str]:
    """Return what commits left behind below a folder."""
    return [str(path) for path in folder.rglob("*") if path.name.startswith((".", "_attempts"))]


class Cluster:
    """A cluster, its sources, and what the local engine gives for each shape."""

    def __init__(self, sc: SparkContext, folder: Path) -> None:
        self.sc, self.folder = sc, folder
        self.sources = {
            name: RDDTap(sc.parallelize(rows, 4), fields)
            for name, (fields, rows) in SOURCES.items()
        }
        fields, rows = SOURCES["events"]
        lines = folder / "events.tsv"
        lines.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
        self.files = Hfs(TextDelimited(fields.apply_types(str, int, int)), str(lines))
        self._expected: dict[str, Outcome] = {}
        self._numbers = itertools.count()

    def place(self) -> Path:
        """Return a new folder, beside Spark's."""
        made = self.folder / f"run{next(self._numbers)}"
        made.mkdir()
        return made

    def expected(self, name: str) -> Outcome:
        """Return what the local engine gives."""
        if name not in self._expected:
            taps = {name: MemoryTap(fields, rows) for name, (fields, rows) in SOURCES.items()}
            connector = LocalFlowConnector(QUIET)
            made, _ = outcome(connector, taps, SHAPES[name], Trouble(), self.place())
            self._expected[name] = made
        return self._expected[name]

    def outcome_of(
        self, name: str, trouble: Trouble, place: Path, **properties: str
    ) -> tuple[Outcome, Flow]:
        """Run a shape on the cluster."""
        settings = {**QUIET, **properties}
        sources = self.sources
        if SHAPES[name].is_read:
            settings["cascade2spark.split.bytes"] = "4k"
            sources = {**sources, "events": self.files}
        return outcome(SparkFlowConnector(self.sc, settings), sources, SHAPES[name], trouble, place)

    def run(
        self,
        name: str,
        what: str,
        at: Mapping[str, Any],
        trouble: Trouble | None = None,
        **properties: str,
    ) -> dict[str, Any]:
        """Run a shape with faults, or other trouble; return what differs from what is expected."""
        shape, place, began = SHAPES[name], self.place(), time.perf_counter()
        trouble = trouble or Trouble(str(place), at)
        found, flow = self.outcome_of(name, trouble, place, **properties)
        expected = self.expected(name)
        forms = {site.form for step in flow.get_stats().steps for site in step.sites}
        happened = [path.name for path in place.iterdir() if path.is_file()]
        differs = {
            "lines": found.lines != expected.lines,
            "trapped": found.trapped != expected.trapped,
            "counters": found.counters != expected.counters and [found.counters, expected.counters],
            "left over": left_over(place),
            "form": shape.form is not None and shape.form not in forms,
            "did not happen": len(happened) < len(at),
        }
        differs = {key: value for key, value in differs.items() if value}
        seconds = round(time.perf_counter() - began, 2)
        return {"run": f"{name} {what}", "differs": differs, "seconds": seconds}


def faults(cluster: Cluster) -> Iterator[dict[str, Any]]:
    """Run every shape with every fault."""
    for name, shape in SHAPES.items():
        for what in (kill_worker, fail) if name in FAILING else (kill_worker,):
            # Which process takes partition 1, and what it did before, is chance.
            is_fail = what is fail
            at = {place: (what, 1 if is_fail else call) for place, call in shape.places.items()}
            yield cluster.run(name, what.__name__, at)
    for name in LOST:
        yield cluster.run(name, "lost files", {"last": (delete_shuffle_files, 1)})
    for name in EXECUTORS:
        place, call = list(SHAPES[name].places.items())[-1]
        yield cluster.run(name, "lost executor", {place: (kill_executor, call)})


def repeated(cluster: Cluster, times: int) -> Iterator[dict[str, Any]]:
    """Run one flow again and again, with memory and without: its part files are equal bytes."""
    shape = Shape(mixed, {})
    first: dict[str, bytes] | None = None
    for number in range(times):
        began, memory = time.perf_counter(), "64k" if number % 2 else "256m"
        connector = SparkFlowConnector(
            cluster.sc,
            {**QUIET, "cascade2spark.memory.bytes": memory, "cascade2spark.partitions": 3},
        )
        found, _ = outcome(connector, cluster.sources, shape, Trouble(), cluster.place())
        first = first or found.parts
        differs = [name for name in first if first[name] != found.parts.get(name)]
        seconds = round(time.perf_counter() - began, 2)
        yield {"run": f"repeated {number} {memory}", "differs": differs, "seconds": seconds}


def told(lines: Iterable[dict[str, Any]]) -> None:
    """Print each line as soon as it is there."""
    for line in lines:
        print(json.dumps(line), flush=True)


def main(folder: Path) -> None:
    """Run all."""
    sc = context("local-cluster[2,2,1024]", folder)
    cluster = Cluster(sc, folder)
    told(faults(cluster))
    told(repeated(cluster, 10))
    # A cluster of this kind leaves its executors' logs inside the installed PySpark.
    logs = Path(_find_spark_home(), "work", sc.applicationId)
    sc.stop()
    shutil.rmtree(logs, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
