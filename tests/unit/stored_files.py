"""Writing and reading single files through a scheme, for the tests of formats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cascade2spark.errors import BadRecord
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.schemes import Scheme, SourceInfo

Row = tuple[Any, ...]


def refuse(error: BadRecord) -> None:
    raise error


def stored(
    scheme: Scheme, rows: Sequence[Row], path: Path, fields: Fields | None = None, batch: int = 7
) -> Path:
    """Write a file in batches of some rows."""
    writer = scheme.writer(fields or scheme.sink_fields)
    parts = [writer.start()]
    parts += [writer.encode(rows[at : at + batch]) for at in range(0, len(rows), batch)]
    parts.append(writer.finish())
    path.write_bytes(b"".join(parts))
    return path


def read(
    scheme: Scheme,
    path: Path,
    wanted: tuple[int, ...] | None = None,
    bad: list[Any] | None = None,
    target: int = 0,
    fields: Fields | None = None,
) -> list[Row]:
    """Return the rows of a file, read in ranges of `target` bytes."""
    source = SourceInfo(fields or scheme.source_fields, wanted)
    info = FileInfo(str(path), path.stat().st_size)
    on_bad = refuse if bad is None else bad.append
    return [
        row
        for split in scheme.splits(info, target, source)
        for rows in scheme.reader(source).rows(scheme.blocks(split, source, 999), on_bad)
        for row in rows
    ]
