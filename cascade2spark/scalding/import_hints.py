"""What to write in the place of a name that a door of Scalding's side does not have."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from cascade2spark import name_hints
from cascade2spark.errors import nearest_match
from cascade2spark.name_hints import hint_for, modules_of_names

__all__ = ["unknown_name"]

_HERE = "cascade2spark.scalding"
# In the order in which a porter would look: the first one that shows a name is named.
_DOORS = ("job", "sources", "typed", "fields", "dates", "algebra")
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


def _hint(name: str, module: str) -> str | None:
    known = modules_of_names(_HERE, _DOORS)
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


# Without a frame of its own: what imports is found by its distance.
unknown_name: Callable[[str, str], Exception] = functools.partial(
    name_hints.unknown_name, hint=_hint
)
