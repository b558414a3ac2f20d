"""Running a flow definition on an engine, and reading what it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cascade2spark import Flow, FlowDef, LocalFlowConnector, SparkFlowConnector
from tests.examples.reference import with_header

__all__ = ["ENGINES", "Runner", "lines_in", "rows_in"]

ENGINES = ["local", pytest.param("spark", marks=pytest.mark.spark)]


class Runner:
    """Runs flow definitions on one of the engines."""

    def __init__(self, engine: str, sc: Any = None) -> None:
        self.engine = engine
        self.sc = sc

    def __call__(self, definition: FlowDef, partitions: int | None = None) -> Flow:
        properties = {} if partitions is None else {"cascade2spark.partitions": partitions}
        if self.engine == "local":
            flow = LocalFlowConnector(properties).connect(definition)
        else:
            flow = SparkFlowConnector(self.sc, properties).connect(definition)
        flow.complete()
        return flow


def lines_in(folder: Path) -> list[str]:
    """Return the header of a folder of part files and the sorted rows of all of them."""
    assert (folder / "_SUCCESS").exists()
    header, rows = "", []
    for part in sorted(folder.glob("part-*")):
        lines = part.read_text("utf-8").splitlines()
        if lines:
            header = lines[0]
            rows += lines[1:]
            assert header == lines[0]
    return with_header(header, rows)


def rows_in(folder: Path) -> list[str]:
    """Return the sorted lines of a folder of part files without headers."""
    parts = sorted(folder.glob("part-*"))
    return sorted(line for part in parts for line in part.read_text("utf-8").splitlines())
