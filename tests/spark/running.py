"""Connecting and running flows in the tests of the Spark engine."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cascade2spark.connectors import FlowConnector, LocalFlowConnector, SparkFlowConnector
from cascade2spark.flows.definition import FlowDef
from cascade2spark.flows.flow import Flow
from cascade2spark.operations.callables import function
from cascade2spark.taps import MemoryTap

Row = tuple[Any, ...]


def on_spark(sc: Any, **properties: Any) -> SparkFlowConnector:
    """Return a connector; properties are named without their prefix, with underscores."""
    named = {f"cascade2spark.{key.replace('_', '.')}": value for key, value in properties.items()}
    return SparkFlowConnector(sc, {"cascade2spark.progress": "off", **named})


def run(connector: FlowConnector, sources: Any, sinks: Any, *tails: Any, traps: Any = None) -> Flow:
    """Complete a flow; sources, sinks and traps are taps by name."""
    definition = FlowDef().set_name("test").add_sources(sources).add_sinks(sinks)
    definition.add_tails(*tails)
    for name, tap in (traps or {}).items():
        definition.add_trap(name, tap)
    flow = connector.connect(definition)
    flow.complete()
    return flow


def rows_on_both(
    sc: Any,
    sources: Mapping[str, MemoryTap],
    build: Callable[[], Any],
    sinks: tuple[str, ...],
    **properties: Any,
) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """Return the rows of every sink from the reference engine and from Spark."""
    found = []
    for connector in (LocalFlowConnector(), on_spark(sc, **properties)):
        taps = {name: MemoryTap() for name in sinks}
        built = build()
        tails = built if isinstance(built, (list, tuple)) else [built]
        run(connector, sources, taps, *tails)
        found.append({name: tap.rows for name, tap in taps.items()})
    return found[0], found[1]


def marking(folder: Path) -> Any:
    """Return an operation that gives its one argument as `x`, and leaves a file for each call."""
    place = str(folder)
    folder.mkdir(parents=True)

    def mark(value: Any) -> Any:
        Path(place, uuid.uuid4().hex).touch()
        return value

    return function("x")(mark)


def marks(folder: Path) -> int:
    """Return the number of calls of a `marking` operation."""
    return len(list(folder.iterdir()))


def parts_of(folder: Path) -> dict[str, list[str]]:
    """Return the lines of each part file that has some."""
    assert (folder / "_SUCCESS").exists()
    found = {path.name: path.read_text().splitlines() for path in sorted(folder.glob("part-*"))}
    return {name: lines for name, lines in found.items() if lines}


def lines_of(parts: Mapping[str, list[str]]) -> list[str]:
    """Return the lines of all part files, in the order of the files."""
    return [line for lines in parts.values() for line in lines]


def held_by(sc: Any) -> set[str]:
    """Return what Spark keeps for later: persisted RDDs, and files of broadcasts."""
    persisted = {f"RDD {number}" for number in sc._jsc.getPersistentRDDs()}
    return persisted | {f"broadcast {path.name}" for path in Path(sc._temp_dir).iterdir()}
