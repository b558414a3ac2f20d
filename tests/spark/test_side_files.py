"""Taps that operations open inside the tasks of Spark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cascade2spark import (
    BaseOperation,
    Each,
    Every,
    Fields,
    Function,
    GroupBy,
    Pipe,
    SparkFlowConnector,
)
from cascade2spark.errors import Unsupported
from cascade2spark.operations import Count
from cascade2spark.schemes import TextDelimited, TextLine
from cascade2spark.taps import FileTap, Hfs, MemoryTap, SinkMode


class Noting(BaseOperation, Function):
    """Passes names on by a side file, and writes each code to another."""

    def __init__(self, names: Any, noted: Any) -> None:
        super().__init__(1, Fields("name"))
        self.names, self.noted = names, noted

    def is_safe(self) -> bool:
        return False

    def prepare(self, flow_process: Any, call: Any) -> None:
        known = {e["a"]: e["b"] for e in flow_process.open_tap_for_read(self.names)}
        call.set_context((known, flow_process.open_tap_for_write(self.noted)))

    def operate(self, flow_process: Any, call: Any) -> None:
        known, noted = call.get_context()
        noted.add(call.get_arguments())
        call.get_output_collector().add((known[call.get_arguments()["code"]],))

    def cleanup(self, flow_process: Any, call: Any) -> None:
        call.get_context()[1].close()


def flow(sc: Any, names: Any, noted: Any, sink: Any) -> Any:
    source = MemoryTap("code", [(code,) for code in "xyxy" * 5_000])
    pipe = Each(Pipe("p"), Fields("code"), Noting(names, noted))
    pipe = Every(GroupBy(pipe, Fields("name")), Fields("name"), Count(), Fields("name", "count"))
    return SparkFlowConnector(sc).connect(source, sink, pipe)


NAMES = [("x", "Ex"), ("y", "Why")]


@pytest.mark.parametrize("is_memory", [True, False], ids=["memory", "file"])
def test_each_task_reads_a_side_file_and_writes_a_part_of_another(
    sc: Any, tmp_path: Path, is_memory: bool
) -> None:
    (tmp_path / "names").write_text("x\tEx\ny\tWhy\n")
    fields = Fields("a", "b")
    names = (
        MemoryTap(fields, NAMES) if is_memory else Hfs(TextDelimited(fields), tmp_path / "names")
    )
    noted = Hfs(TextDelimited(Fields("code")), tmp_path / "noted", SinkMode.REPLACE)
    for _ in range(2):  # the second run replaces what the first wrote
        sink = MemoryTap()
        flow(sc, names, noted, sink).complete()
        assert [("Ex", 10_000), ("Why", 10_000)] == sorted(sink.rows)
        written = [entry["code"] for entry in noted.open_for_read()]
        assert ["x"] * 10_000 + ["y"] * 10_000 == sorted(written)
    assert len([name for name in os.listdir(tmp_path / "noted") if name[0] == "p"]) > 1


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_side_file_that_tasks_cannot_write_is_refused(sc: Any, tmp_path: Path, kind: str) -> None:
    noted = MemoryTap("code") if kind == "memory" else FileTap(TextLine(), tmp_path / "noted")
    with pytest.raises(Unsupported):
        flow(sc, MemoryTap(Fields("a", "b"), NAMES), noted, MemoryTap()).complete()
    assert [] == os.listdir(tmp_path)
