"""What to write in the place of schemes that are not here: those of elephant-bird and Parquet."""

from __future__ import annotations

import re
import sys

from cascade2spark.name_hints import hint_for

__all__ = ["absent_scheme"]

_MODULE = "cascade2spark.schemes"
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


def absent_scheme(name: str) -> Exception:
    """Return the error for a name that `cascade2spark.schemes` does not have, with advice.

    For the ``__getattr__`` of that package.

    Args:
        name: what was asked for.
    """
    said = f"module {_MODULE!r} has no attribute {name!r}"
    advice = None if name.startswith("_") else _advice(name)
    if advice is None:
        return AttributeError(said)
    # A `from` import drops the text of an AttributeError: the loading of submodules asks first.
    caller = sys._getframe(2).f_code
    if caller.co_name == "_handle_fromlist" and "importlib" in caller.co_filename:
        return ImportError(f"{said}; {advice}", name=_MODULE)
    return AttributeError(f"{said}; {advice}")


def _advice(name: str) -> str | None:
    for pattern, advice in _ABSENT:
        if (found := pattern.search(name)) is not None:
            return advice.format(**found.groupdict())
    return hint_for(name, _MODULE)
