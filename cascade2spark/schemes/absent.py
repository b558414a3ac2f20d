"""What to write in the place of schemes that are not here: those of elephant-bird and Parquet."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from cascade2spark.name_hints import hint_for, unknown_name

__all__ = ["absent_scheme"]

_LINES = "read the lines with TextLine, and each with base64 and a ThriftCodec in a function"
_ABSENT = (
    (
        re.compile(r"Parquet(TBase|Thrift|Scrooge)"),
        "such files are plain Parquet: Parquet(Fields(...)) reads and writes their columns",
    ),
    (
        re.compile(r"^Lzo.*B64|^Lzo.*Base64", re.IGNORECASE),
        f"LZO is not read: unpack the files with lzop, or recompress them; then {_LINES}",
    ),
    (re.compile(r"B64|Base64", re.IGNORECASE), _LINES),
    (
        re.compile(r"^Lzo|LZO"),
        "LZO is not read: write the files anew where Hadoop has its LZO jar, with zstd or gzip for "
        "one, as lines of text or as sequence files",
    ),
    (
        re.compile(r"ThriftWritable|TBaseScheme|ThriftScheme|ScroogeScheme|ThriftInputFormat"),
        "ThriftSequenceFile reads thrift structs in sequence files, ThriftWritable's too",
    ),
    (
        re.compile(r"^Combined(?P<name>(Writable)?SequenceFile)$"),
        "{name} reads many small files in one task by itself",
    ),
    (
        re.compile(r"Proto(buf|Buf|col)"),
        "read the bytes with WritableSequenceFile, and parse them in a function",
    ),
)


def _advice(name: str, module: str) -> str | None:
    for pattern, advice in _ABSENT:
        if (found := pattern.search(name)) is not None:
            return advice.format(**found.groupdict())
    return hint_for(name, module)


# Without a frame of its own: what imports is found by its distance.
absent_scheme: Callable[[str, str], Exception] = functools.partial(unknown_name, hint=_advice)
