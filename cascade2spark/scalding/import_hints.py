"""What to write in the place of a name that a door of Scalding's side does not have."""

from __future__ import annotations

import ast
import dis
import functools
import importlib.util
import re
import sys

from cascade2spark.errors import nearest_match
from cascade2spark.name_hints import hint_for

__all__ = ["unknown_name"]

_HERE = "cascade2spark.scalding"
# In the order in which a porter would look: the first one that shows a name is named.
_DOORS = ("job", "sources", "typed", "fields", "dates", "algebra")
_IMPORT_FROM = dis.opmap["IMPORT_FROM"]
# What Scalding has and this package has not, by the beginning or the middle of its name.
_MISSING = (
    (
        re.compile(r"(?P<span>Daily|Hourly)Suffix(?P<make>Typed[A-Z]sv|[TCO]sv|TextLine)$"),
        "write {span_lower}_suffix({make}, prefix, date_range, ...)",
    ),
    (
        re.compile(r"^(Daily|Hourly)Suffix"),
        "write daily_suffix(make, prefix, date_range, ...) or hourly_suffix, where make is the "
        "class of the files",
    ),
    (
        re.compile(r"Lzo"),
        "LZO is not read: recompress the files, with zstd or gzip for one, and read them as "
        "TextLine, TypedTsv or ThriftSequenceFile",
    ),
    (
        re.compile(r"Parquet(Thrift|Scrooge|Avro)"),
        "such files are plain Parquet: read their columns with TypedParquet(path, Record), or with "
        "Parquet(path, fields)",
    ),
    (
        re.compile(r"Protobuf|Scrooge|BytesSource"),
        "read the bytes of each record with CodecSource(path, KeyValueCodec(encode, decode))",
    ),
    (
        re.compile(r"Avro"),
        "write FormatSource(path, Avro(...)), with Avro from cascade2spark.schemes",
    ),
    (
        re.compile(r"^(HBase|Cassandra|JDBC|Elephant|Memcache)"),
        "there is no store of this kind: read an export of it, or an RDD that a client of it made",
    ),
)


def unknown_name(module: str, name: str) -> Exception:
    """Return the error for a name that a door does not have; it says where the name is.

    For the ``__getattr__`` of a module.

    Args:
        module: the full name of the door.
        name: what was asked for.
    """
    said = f"module {module!r} has no attribute {name!r}"
    hint = None if name.startswith("_") or _is_module(module, name) else _hint(module, name)
    if hint is None:
        return AttributeError(said)
    # A `from` import drops the text of an AttributeError, but of nothing else.
    frame = sys._getframe(2)
    is_import = frame.f_code.co_code[frame.f_lasti] == _IMPORT_FROM
    text = f"{said}; {hint}"
    return ImportError(text, name=module) if is_import else AttributeError(text)


def _hint(module: str, name: str) -> str | None:
    known = _module_of()
    if name in known:
        return f"write: from {known[name]} import {name}"
    for pattern, advice in _MISSING:
        found = pattern.search(name)
        if found is not None:
            words = found.groupdict()
            return advice.format(**words, span_lower=(words.get("span") or "").lower())
    near = nearest_match(name, known)
    if near is None:
        return hint_for(name, module)  # of Cascading's side
    return f"did you mean: from {known[near]} import {near}"


def _is_module(module: str, name: str) -> bool:
    try:
        return importlib.util.find_spec(f"{module}.{name}") is not None
    except ModuleNotFoundError:  # the door is no package
        return False


@functools.cache
def _module_of() -> dict[str, str]:
    """Return the door of each name that one shows, read from their sources."""
    found: dict[str, str] = {}
    for door in _DOORS:
        for name in _names_in(f"{_HERE}.{door}"):
            found.setdefault(name, f"{_HERE}.{door}")
    return found


def _names_in(module: str) -> list[str]:
    spec = importlib.util.find_spec(module)
    # By name: the loader of a zip file has the method, and is no InspectLoader.
    get_source = getattr(None if spec is None else spec.loader, "get_source", None)
    for node in ast.parse((get_source and get_source(module)) or "").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []
