"""Avro's object container files: a header with the schema, then blocks of records.

A block is its number of records, its size, its data, and the 16 bytes by which a reader finds the
end of a block in the middle of a file. Records are fastavro's, which is imported when used.
"""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import attrs

from cascade2spark.errors import BuildError, PlanError, TapError
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    Double,
    Float,
    Integer,
    Long,
    Object,
    Short,
    String,
    Type,
    char_,
)

__all__ = [
    "CODECS",
    "MAGIC",
    "AvroHeader",
    "as_record_schema",
    "fastavro",
    "fields_of",
    "narrowed",
    "read_blocks",
    "read_header",
    "records_of",
    "schema_of",
]

CODECS = ("deflate", "null")
MAGIC = b"Obj\x01"
_SYNC_BYTES = 16
_READ_BYTES = 1 << 20
# What the classes of Avro's own Cascading scheme call a record made of fields.
_RECORD_NAME = "CascadingAvroRecord"


def fastavro() -> Any:
    """Return the library.

    Raises:
        BuildError: it is not installed.
    """
    try:
        return importlib.import_module("fastavro")
    except ImportError as missing:
        raise BuildError(
            "Avro files need a package that is not installed",
            asked="fastavro",
            fix='pip install "cascade2spark[avro]"',
        ) from missing


@attrs.frozen
class AvroHeader:
    """What stands at the beginning of a file.

    Attributes:
        data: its bytes.
        schema: the schema that the records were written with.
        sync: what ends each block.
        path: the file, for messages.
    """

    data: bytes
    schema: Any = attrs.field(eq=False)
    sync: bytes
    path: str


# -- reading ---------------------------------------------------------------------------------------


def read_header(file: BinaryIO, path: str) -> AvroHeader:
    """Return the header of a file that stands at its beginning.

    Raises:
        TapError: it is no Avro file, or ends inside its header.
    """
    reader = _Reader(file, path)
    if reader.take(4) != MAGIC:
        raise TapError(f"{path} is no Avro container file", details={"offset": 0})
    meta: dict[str, bytes] = {}
    while count := reader.number():
        if count < 0:
            reader.number()
            count = -count
        for _ in range(count):
            name = reader.take(reader.number()).decode("utf-8", "replace")
            meta[name] = reader.take(reader.number())
    sync = reader.take(_SYNC_BYTES)
    try:
        schema = json.loads(meta["avro.schema"])
        # What it returns is another form of the schema, and changes what it is given.
        fastavro().parse_schema(json.loads(meta["avro.schema"]))
    except Exception as bad:  # fastavro has several classes for a schema it refuses
        because = f"{type(bad).__name__}: {bad}"
        raise TapError(f"{path} has no schema in its header", details={"because": because}) from bad
    return AvroHeader(bytes(reader.taken), schema, sync, path)


def read_blocks(
    file: BinaryIO, header: AvroHeader, start: int, end: int, most_bytes: int
) -> Iterator[tuple[int, list[bytes]]]:
    """Yield (offset, neighbouring blocks) of the blocks that begin in a range.

    A block begins behind the sync marker of the one before.

    Args:
        file: seekable.
        header: of the file.
        start: first byte of the range.
        end: byte after the last.
        most_bytes: about how many bytes are yielded together.
    Raises:
        TapError: the file ends inside a block, or a block does not end as it must.
    """
    at = _first_block(file, header, start)
    if at is None or at >= end:
        return
    file.seek(at)
    reader = _Reader(file, header.path, at)
    held: list[bytes] = []
    held_bytes, first = 0, at
    while reader.offset < end and not reader.is_at_end():
        offset = reader.offset
        reader.taken.clear()
        reader.number()
        size = reader.number()
        if size < 0:
            raise _damaged(header.path, offset)
        reader.take(size)
        if reader.take(_SYNC_BYTES) != header.sync:
            raise _damaged(header.path, offset)
        held.append(bytes(reader.taken))
        held_bytes += len(held[-1])
        if held_bytes >= most_bytes:
            yield first, held
            held, held_bytes, first = [], 0, reader.offset
    if held:
        yield first, held


def records_of(
    header: AvroHeader, blocks: Sequence[bytes], schema: Any
) -> Iterator[dict[str, Any]]:
    """Yield the records of some blocks, with the fields of `schema`; None is the file's.

    Raises:
        Exception: of fastavro: a record is damaged.
    """
    whole = io.BytesIO(b"".join([header.data, *blocks]))
    found: Iterator[dict[str, Any]] = iter(fastavro().reader(whole, schema))
    return found


def narrowed(schema: Any, names: Sequence[str]) -> Any:
    """Return a record's schema with some of its fields only; the others are skipped in reading.

    None is the file's own: all fields, which takes 3.1 µs for a record of five where resolving one
    schema against an equal one takes 5.2; or a type that a left-out field defines is named by
    another.
    """
    kept = [field for field in schema["fields"] if field["name"] in names]
    if len(kept) == len(schema["fields"]):
        return None
    candidate = {**schema, "fields": kept}
    try:
        fastavro().parse_schema(json.loads(json.dumps(candidate)))
    except fastavro().schema.UnknownType:
        return None
    return candidate


def _first_block(file: BinaryIO, header: AvroHeader, start: int) -> int | None:
    """Return where the first block at or after `start` begins; None when there is none."""
    begin = len(header.data)
    if start <= begin:
        return begin
    # The marker before a block that begins at `start` ends there.
    position = start - _SYNC_BYTES
    file.seek(position)
    data = b""
    while True:
        more = file.read(_READ_BYTES)
        if not more:
            return None
        data += more
        found = data.find(header.sync)
        if found >= 0:
            return position + found + _SYNC_BYTES
        cut = max(len(data) - _SYNC_BYTES + 1, 0)
        position, data = position + cut, data[cut:]


def _damaged(path: str, offset: int) -> TapError:
    return TapError(
        f"{path} is damaged: a block does not end where it says", details={"offset": offset}
    )


class _Reader:
    """Reads numbers and bytes, and keeps what was read."""

    def __init__(self, file: BinaryIO, path: str, offset: int = 0) -> None:
        self._file, self._path = file, path
        self._buffer = b""
        self._at = 0
        self.offset = offset
        self.taken = bytearray()

    def is_at_end(self) -> bool:
        """Tell whether nothing is left."""
        return self._at >= len(self._buffer) and not self._fill(1)

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if count < 0 or (self._at + count > len(self._buffer) and not self._fill(count)):
            raise TapError(
                f"{self._path} is cut off, or damaged",
                details={"offset": self.offset, "missing": f"{count} bytes"},
            )
        data = self._buffer[self._at : self._at + count]
        self._at += count
        self.offset += count
        self.taken += data
        return data

    def number(self) -> int:
        """Return the next zigzag number."""
        shift = found = 0
        while True:
            byte = self.take(1)[0]
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (found >> 1) ^ -(found & 1)
            shift += 7
            if shift > 63:
                raise _damaged(self._path, self.offset)

    def _fill(self, count: int) -> bool:
        parts = [self._buffer[self._at :]]
        have = len(parts[0])
        while have < count:
            # No more at once: of a damaged file `count` may be anything.
            data = self._file.read(_READ_BYTES)
            if not data:
                break
            parts.append(data)
            have += len(data)
        self._buffer, self._at = b"".join(parts), 0
        return have >= count


# -- schemas ---------------------------------------------------------------------------------------


def fields_of(schema: Any, path: str) -> dict[str, Type]:
    """Return the names of a record's fields with our types.

    Raises:
        TapError: the schema is not one of a record.
    """
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise TapError(f"the records of {path} are no Avro records", asked=json.dumps(schema))
    try:
        return {str(field["name"]): _type_of(field["type"]) for field in schema["fields"]}
    except (KeyError, TypeError, IndexError) as bad:
        raise TapError(
            f"the schema of {path} lacks what a record needs",
            details={"because": f"{type(bad).__name__}: {bad}"},
        ) from bad


def as_record_schema(given: Any) -> Any:
    """Return a record's schema given as JSON text or as the object it stands for.

    Raises:
        BuildError: it is no schema of a record.
    """
    try:
        schema = json.loads(given) if isinstance(given, str) else given
    except ValueError as bad:
        raise BuildError(f"an Avro schema is JSON: {bad}", asked=given) from bad
    if not isinstance(schema, Mapping) or schema.get("type") != "record":
        raise BuildError("an Avro schema for rows is one of a record", asked=repr(given))
    return dict(schema)


def schema_of(names: Sequence[str], types: Sequence[Type | None]) -> Any:
    """Return the schema for fields of our types; all but primitives may be null.

    Raises:
        PlanError: a field has no type that Avro has one for.
    """
    kinds = [_avro_type(one) for one in types]
    missing = [name for name, kind in zip(names, kinds, strict=True) if kind is None]
    if missing:
        raise PlanError(
            "fields without a type cannot be written as Avro",
            asked=missing,
            available=[
                (name, "no type" if one is None else one.label)
                for name, one in zip(names, types, strict=True)
            ],
            fix="declare types in the sink's scheme, as Avro(fields, types=[...]), or a schema",
        )
    return {
        "type": "record",
        "name": _RECORD_NAME,
        "fields": [
            {"name": name, "type": kind if one is not None and one.is_primitive else ["null", kind]}
            for name, kind, one in zip(names, kinds, types, strict=True)
        ],
    }


def _type_of(schema: Any) -> Type:
    if isinstance(schema, list):
        kinds = [one for one in schema if one != "null"]
        return _type_of(kinds[0]) if len(kinds) == 1 else Object
    if isinstance(schema, dict):
        if schema.get("logicalType") == "decimal":
            return BigDecimal
        is_text = schema["type"] == "enum"
        if "logicalType" in schema or not isinstance(schema["type"], str):
            return Object
        return String if is_text else _type_of(schema["type"])
    plain: dict[str, Type] = {
        "boolean": Boolean,
        "int": Integer,
        "long": Long,
        "float": Float,
        "double": Double,
        "string": String,
    }
    return plain.get(schema, Object)


def _avro_type(given: Type | None) -> Any:
    if given is None:
        return None
    plain: dict[Type, str] = {
        Short: "int",
        Integer: "int",
        Long: "long",
        Float: "float",
        Double: "double",
        Boolean: "boolean",
        String: "string",
        char_: "string",
    }
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 18}
    if given is BigDecimal:
        return decimal
    return plain.get(given) or plain.get(given.canonical_type)
