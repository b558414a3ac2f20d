"""Writing and reading single files through a scheme, for the tests of formats."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cascade2spark.codecs.hadoop_codecs import hadoop_codec
from cascade2spark.codecs.vints import encode_text, encode_vint
from cascade2spark.errors import BadRecord
from cascade2spark.fields import Fields
from cascade2spark.files import FileInfo
from cascade2spark.schemes import Scheme, SourceInfo

Row = tuple[Any, ...]


SYNC = bytes(range(100, 116))


def older(version: int, kind: str) -> bytes:
    """Return a sequence file as older Hadoops wrote it, of the one record (7, "x").

    They had no metadata; version 4 has no name of a codec, version 5 names gzip here.
    """
    head = b"SEQ" + bytes([version])
    head += b"".join(
        encode_text(f"org.apache.hadoop.io.{name}") for name in ("IntWritable", "Text")
    )
    head += bytes([kind != "none", kind == "block"])
    if kind != "none" and version == 5:
        head += encode_text("org.apache.hadoop.io.compress.GzipCodec")
    pack = hadoop_codec("gzip" if version == 5 else "zlib").compress
    key, value = struct.pack(">i", 7), b"\1x"
    if kind == "block":
        buffers = [encode_vint(len(key)), key, encode_vint(len(value)), value]
        packed = b"".join(encode_vint(len(pack(raw))) + pack(raw) for raw in buffers)
        return head + SYNC + b"\xff" * 4 + SYNC + encode_vint(1) + packed
    stored = pack(value) if kind == "record" else value
    return head + SYNC + struct.pack(">ii", len(key) + len(stored), len(key)) + key + stored


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
