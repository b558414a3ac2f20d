"""Records to Avro's object container files."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cascade2spark.codecs.avro import MAGIC, fastavro
from cascade2spark.errors import BuildError

__all__ = ["RecordEncoder"]

_BLOCK_BYTES = 64 << 10


class RecordEncoder:
    """Writes records as one file, and gives its bytes as they come.

    Args:
        schema: of the records.
        codec: a name of `CODECS`.
    """

    def __init__(self, schema: Any, codec: str) -> None:
        try:
            self._parsed = fastavro().parse_schema(json.loads(json.dumps(schema)))
        except Exception as bad:  # fastavro has several classes for a schema it refuses
            raise BuildError(f"this is no Avro schema: {bad}", asked=json.dumps(schema)) from bad
        self._write: Callable[..., None] = fastavro().schemaless_writer
        self._codec = codec
        self._schema = json.dumps(schema)
        # The same rows must give the same bytes, on whatever attempt: so the marker is not random.
        self._sync = hashlib.md5(f"{codec} {self._schema}".encode(), usedforsecurity=False).digest()
        self._data: list[bytes] = []
        self._held = self._count = 0

    def start(self) -> bytes:
        """Return the header."""
        meta = {"avro.codec": self._codec.encode(), "avro.schema": self._schema.encode()}
        pairs = [_sized(name.encode()) + _sized(value) for name, value in meta.items()]
        return b"".join([MAGIC, _number(len(pairs)), *pairs, b"\0", self._sync])

    def encoded(self, record: Mapping[str, Any]) -> bytes:
        """Return the bytes of one record.

        Raises:
            Exception: of fastavro: a value does not fit its field.
        """
        into = io.BytesIO()
        self._write(into, self._parsed, record, strict=True)
        return into.getvalue()

    def write(self, records: Sequence[bytes]) -> bytes:
        """Take encoded records; return the blocks that are full."""
        blocks: list[bytes] = []
        for record in records:
            self._data.append(record)
            self._held += len(record)
            self._count += 1
            if self._held >= _BLOCK_BYTES:
                blocks.append(self.finish())
        return b"".join(blocks)

    def finish(self) -> bytes:
        """Return what is held as a block."""
        if not self._count:
            return b""
        data = b"".join(self._data)
        if self._codec == "deflate":
            packer = zlib.compressobj(wbits=-15)
            data = packer.compress(data) + packer.flush()
        block = b"".join([_number(self._count), _sized(data), self._sync])
        self._data, self._held, self._count = [], 0, 0
        return block


def _sized(data: bytes) -> bytes:
    return _number(len(data)) + data


def _number(value: int) -> bytes:
    value <<= 1
    found = bytearray()
    while value > 0x7F:
        found.append((value & 0x7F) | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
