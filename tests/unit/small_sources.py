"""Sources of Scalding on the local engine: what is in them, and what is written to them."""

from __future__ import annotations

from pathlib import Path

from cascade2spark.scalding.base import Mode
from cascade2spark.scalding.typed import TypedPipe

LOCAL = Mode.local({"cascade2spark.progress": "off"})
LENIENT = Mode.local({"cascade2spark.progress": "off"}, is_strict=False)


def put(path, text="x\n"):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text.encode())


def text_of(path):
    files = sorted(p for p in Path(path).rglob("*") if p.is_file()) or [Path(path)]
    return "".join(p.read_text() for p in files if not p.name.startswith(("_", ".")))


def values(source, mode=LOCAL):
    return TypedPipe.from_(source).to_iterable_execution().wait_for(mode=mode)


def write(given, sink, mode=LOCAL):
    TypedPipe.from_(given).write_execution(sink).wait_for(mode=mode)
