"""Folders for values: files put there, and taps with a folder for each key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.pipes import Pipe
from cascade2spark.schemes import TextLine
from cascade2spark.taps import DelimitedPartition, Hfs, MemoryTap, PartitionTap, SinkMode

KV = Fields("k", "v")


def put(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def files_in(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "_SUCCESS"
    }


def rows(tap: Any) -> list[tuple[Any, ...]]:
    with tap.open_for_read() as entries:
        return [tuple(entry) for entry in entries]


def write(tap: Any, *given: tuple[Any, ...]) -> None:
    source = MemoryTap(KV, given)
    flow = FlowDef().add_source("p", source).add_tail_sink(Pipe("q", Pipe("p")), tap)
    LocalFlowConnector().connect(flow).complete()


def by_key(path: Path, mode: SinkMode = SinkMode.KEEP, **options: Any) -> PartitionTap:
    return PartitionTap(Hfs(TextLine(), path, mode), DelimitedPartition("k"), **options)
