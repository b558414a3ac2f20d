"""Sequence files with damage, and what must hold whatever the damage is.

Run as a program it goes on for as many files as it is told, in a process whose memory and time are
limited: ``python -m tests.fuzz.sequence_files 10000``.
"""

from __future__ import annotations

import io
import random
import resource
import sys
from typing import Any

from cascade2spark.codecs.cascading_tuples import CascadingTuple
from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.writable_containers import MapWritable
from cascade2spark.codecs.writables import (
    BytesWritable,
    LongWritable,
    NullWritable,
    Text,
    VIntWritable,
)
from cascade2spark.errors import BadRecord, TapError, Unsupported

CODECS = ["zlib", "gzip", "bzip2", "snappy", "lz4", "zstd"]
MOST_BYTES = 1 << 20
_LENGTHS = [
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\x80\0\0\0",
    b"\0\1\0\0",
    b"\0\0\0\0",
    b"\x8f",
]


def undamaged(rng: random.Random) -> tuple[bytes, list[tuple[Any, Any]], bool]:
    """Return a random file, its records, and whether all of it has checksums."""
    count = rng.randrange(60)
    numbers = [rng.randrange(-(1 << 31), 1 << 31) for _ in range(count)]
    texts = ["é" * rng.randrange(4) + "x" * rng.choice([0, 5, 150, 300]) for _ in range(count)]
    columns = {
        LongWritable(): numbers,
        VIntWritable(): numbers,
        NullWritable(): [None] * count,
        Text(): texts,
        BytesWritable(): [text.encode() for text in texts],
        MapWritable(): [{"k": number, "t": "x", "d": 0.5} for number in numbers],
        CascadingTuple(): [
            (number, text, None, (1.5,)) for number, text in zip(numbers, texts, strict=True)
        ],
    }
    key_type, value_type = (rng.choice(list(columns)) for _ in range(2))
    kind, codec = rng.choice(["none", "record", "block"]), rng.choice(CODECS)
    writer = SequenceFileWriter(
        key_type,
        value_type,
        compression=kind,
        codec="zlib" if kind == "none" else codec,
        metadata={"m": "x" * rng.randrange(50)},
        sync_bytes=rng.choice([100, 1000, 100_000]),
        block_bytes=rng.choice([100, 1000, 100_000]),
        sync=rng.randbytes(16),
    )
    keys, values = columns[key_type], columns[value_type]
    data = writer.start() + writer.encode(keys, values) + writer.finish()
    is_checked = kind == "block" and codec in ("zlib", "gzip", "bzip2")
    return data, list(zip(keys, values, strict=True)), is_checked


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return a file with some bytes changed, left out, doubled or cut off."""
    made = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        at = rng.randrange(len(made))
        size = rng.choice([1, 1, 4, 16, 40])
        change = rng.randrange(6)
        if change == 0:
            made[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            lengths = rng.choice(_LENGTHS)
            made[at : at + len(lengths)] = lengths
        elif change == 2:
            made[at : at + size] = rng.randbytes(size)
        elif change == 3:
            del made[at : at + size]
        elif change == 4:
            made[at:at] = made[at : at + size]
        else:
            del made[at:]
        if not made:
            break
    return bytes(made)


def read_all(
    data: bytes, start: int = 0, end: int | None = None, piece_bytes: int = 1 << 20
) -> tuple[list[Any], int]:
    """Return what can be read, and how often something could not."""
    bad: list[BadRecord] = []
    try:
        reader = SequenceFileReader(
            io.BytesIO(data),
            "f",
            start=start,
            end=end,
            on_bad=bad.append,
            most_bytes=MOST_BYTES,
            piece_bytes=piece_bytes,
        )
        return list(reader.records()), len(bad)
    except (TapError, Unsupported):
        return [], 1


def check(seed: int) -> bool:
    """Check one file; return whether the damage was seen.

    1. Reading ends, in an error of ours or with records: nothing else is raised.
    2. How much is read at a time changes nothing.
    3. Where nothing is found to be wrong, a cut gives the records of the whole.
    4. Where values have checksums and the header is whole, records are only lost at the end of the
       file, where it may have been cut off between two blocks, unless something is told.
    5. Counting and reading agree, unless something is told.
    """
    rng = random.Random(seed)
    data, records, is_checked = undamaged(rng)
    assert (records, 0) == read_all(data), seed
    broken = damaged(data, rng)
    found, bad = read_all(broken)
    pieces = rng.choice([1, 30, 500])
    assert str((found, bad)) == str(read_all(broken, piece_bytes=pieces)), seed
    cut = rng.randrange(len(broken) + 1)
    parts = [read_all(broken, 0, cut), read_all(broken, cut, None)]
    if not bad and not any(part[1] for part in parts):
        assert [str(found)] == [str(parts[0][0] + parts[1][0])], seed
    begin = SequenceFileReader(io.BytesIO(data), "f").header.size_bytes
    if is_checked and not bad and broken[:begin] == data[:begin]:
        assert records[: len(found)] == found, seed
    counted: list[BadRecord] = []
    try:
        reader = SequenceFileReader(io.BytesIO(broken), "f", on_bad=counted.append)
        count = reader.count()
    except (TapError, Unsupported):
        return True
    assert bad or counted or count == len(found), seed
    return bool(bad)


def main(count: int) -> None:
    """Check some files."""
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (3600, 3600))
    seen = sum(check(seed) for seed in range(count))
    print(f"{count} damaged files, the damage seen in {seen}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
