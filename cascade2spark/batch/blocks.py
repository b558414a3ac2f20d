"""Serialised batches: the only thing that crosses a shuffle, a broadcast or a spill file.

Layout, little-endian::

    form        1 byte    0 rows, 1 columns
    codec       1 byte    0 marshal, 1 pickle, 2 Arrow IPC stream
    source      2 bytes   which input of the exchange sent it
    partition   4 bytes   map partition that made it
    sequence    4 bytes   its number within that partition and target
    rows        4 bytes   row count
    size        8 bytes   of the block, had its columns not been packed
    header sum  4 bytes   CRC-32 of the header before it
    checksum    4 bytes   CRC-32 of that header and of the payload

(source, partition, sequence) is the arrival order that every reader restores before it sorts. The
header has a checksum of its own because it is believed before the payload is read, if that ever is:
a block of a wrong source would be left out by those who read the others.
Columns are packed first (see `packing`). Marshal is the fastest codec, and keeps plain values
exactly, but it silently turns anything with a buffer (bytearray, numpy scalars) into bytes; so it
is used only when every value is plain.
"""

from __future__ import annotations

import functools
import marshal
import pickle
import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

import attrs
import pyarrow as pa

from cascade2spark.batch.batches import Batch, Columns, Row
from cascade2spark.batch.packing import packed, unpacked, unpacked_bytes
from cascade2spark.errors import FlowError, RunError
from cascade2spark.pausing import CollectorPaused
from cascade2spark.pickling import can_be_pickled, pickled

__all__ = [
    "Block",
    "arrival_order",
    "decode_block",
    "encode_block",
    "read_header",
]

_HEADER = struct.Struct("<BBHIIIQII")
_BEFORE_CHECKSUM = struct.Struct("<BBHIIIQ")
_CHECKSUMS = struct.Struct("<II")
_ROWS, _COLUMNS = 0, 1
_MARSHAL, _PICKLE, _ARROW = 0, 1, 2
_END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
_MARSHAL_VERSION = 2  # no back references: dumping is 1.4x faster, loading alike
_PLAIN = frozenset({type(None), bool, int, float, str, bytes})


@attrs.frozen
class Block:
    """What a header says.

    Args:
        size: bytes of the block, had its columns not been packed; it may have far fewer.
    """

    is_columns: bool
    codec: int
    source: int
    partition: int
    sequence: int
    rows: int
    size: int


def encode_block(batch: Batch, source: int = 0, partition: int = 0, sequence: int = 0) -> bytes:
    """Return a batch as one block.

    Args:
        batch: rows or columns.
        source, partition, sequence: the arrival order of the block, all from 0.
    Raises:
        RunError: a row holds a value that cannot travel; it says which, of which type.
    """
    if not isinstance(batch, list):
        return _columns_block(batch, source, partition, sequence)
    if set(map(type, chain.from_iterable(batch))) <= _PLAIN and _are_tuples(batch):
        codec, payload = _MARSHAL, marshal.dumps(batch, _MARSHAL_VERSION)
    else:
        codec, payload = _PICKLE, _pickled(batch)
    place = source, partition, sequence
    head = _BEFORE_CHECKSUM.pack(_ROWS, codec, *place, len(batch), _HEADER.size + len(payload))
    head_sum = zlib.crc32(head)
    return b"".join((head, _CHECKSUMS.pack(head_sum, zlib.crc32(payload, head_sum)), payload))


def _pickled(rows: list[Row]) -> bytes:
    try:
        return pickled(rows)
    except Exception as refused:
        for row in rows:
            for place, value in enumerate(row):
                if type(value) not in _PLAIN and not can_be_pickled(value):
                    raise _cannot_travel(row, place, refused) from refused
        raise


def _cannot_travel(row: Row, place: int, refused: Exception) -> RunError:
    kind = type(row[place])
    name = kind.__qualname__ if kind.__module__ == "builtins" else None
    is_iterator = isinstance(row[place], Iterator)
    return RunError(
        "a value cannot be sent to another task",
        row=row,
        details={
            "value": f"a {name or f'{kind.__module__}.{kind.__qualname__}'}, at position {place}",
            "pickle says": str(refused).partition("\n")[0] or repr(refused),
        },
        fix="return a list or a tuple of the values, or declare many=True" if is_iterator else None,
    )


def read_header(block: bytes) -> Block:
    """Return what the header of a block says, without checking its payload.

    Raises:
        FlowError: the header is damaged.
    """
    form, codec, source, partition, sequence, rows, size, _ = _checked(block)
    return Block(form == _COLUMNS, codec, source, partition, sequence, rows, size)


def decode_block(block: bytes) -> Batch:
    """Return the batch of one block.

    Raises:
        FlowError: the checksum does not match: the block is damaged.
    """
    form, codec, source, partition, sequence, _, _, stored = _checked(block)
    head_sum = zlib.crc32(block[: _BEFORE_CHECKSUM.size])
    if zlib.crc32(memoryview(block)[_HEADER.size :], head_sum) != stored:
        raise _damaged(block, f"source {source}, map partition {partition}, number {sequence}")
    if form == _COLUMNS:
        return _read_columns(block)
    payload = memoryview(block)[_HEADER.size :]
    with CollectorPaused():
        rows: list[Row] = marshal.loads(payload) if codec == _MARSHAL else pickle.loads(payload)
    return rows


def arrival_order(blocks: Iterable[bytes]) -> list[bytes]:
    """Return blocks sorted by (source, map partition, sequence)."""
    return sorted(blocks, key=_arrival)


def decode_all(blocks: Iterable[bytes]) -> Iterator[Batch]:
    """Yield the batches of blocks, in the order given."""
    return map(decode_block, blocks)


def _arrival(block: bytes) -> tuple[int, int, int]:
    _, _, source, partition, sequence, *_ = _checked(block)
    return source, partition, sequence


def _checked(block: bytes) -> tuple[int, int, int, int, int, int, int, int]:
    """Return the parts of a header whose checksum matches, and the checksum of all."""
    if len(block) < _HEADER.size:
        raise _damaged(block, "its header is not whole")
    form, codec, source, partition, sequence, rows, size, head_sum, stored = _HEADER.unpack_from(
        block
    )
    if zlib.crc32(block[: _BEFORE_CHECKSUM.size]) != head_sum:
        raise _damaged(block, "its header is damaged")
    return form, codec, source, partition, sequence, rows, size, stored


def _damaged(block: bytes, which: str) -> FlowError:
    return FlowError(
        "a shuffle block is damaged: its checksum does not match",
        details={"block": which, "size": f"{len(block)} bytes"},
    )


def _are_tuples(rows: list[Row]) -> bool:
    return set(map(type, rows)) <= {tuple}


def _columns_block(columns: Columns, source: int, partition: int, sequence: int) -> bytes:
    travelling = packed(columns)
    # An IPC stream is the messages of schema and batch one after the other: put together by hand
    # they are copied once, and a small block takes 4 microseconds instead of 9.
    parts = (travelling.schema.serialize(), travelling.serialize(), _END_OF_STREAM)
    is_plain = travelling.schema.metadata is None
    size = _HEADER.size + (sum(map(len, parts)) if is_plain else unpacked_bytes(travelling))
    place = source, partition, sequence
    head = _BEFORE_CHECKSUM.pack(_COLUMNS, _ARROW, *place, columns.num_rows, size)
    checksum = head_sum = zlib.crc32(head)
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return b"".join((head, _CHECKSUMS.pack(head_sum, checksum), *parts))


def _read_columns(block: bytes) -> pa.RecordBatch:
    # Small blocks of one exchange have one schema: read once, a block takes 4 microseconds
    # instead of 10.
    start = _HEADER.size
    end = start + 8 + int.from_bytes(block[start + 4 : start + 8], "little")
    schema = _schema_of(block[start:end])
    return unpacked(pa.ipc.read_record_batch(pa.py_buffer(block).slice(end), schema))


@functools.lru_cache(maxsize=64)
def _schema_of(message: bytes) -> pa.Schema:
    return pa.ipc.read_schema(pa.py_buffer(message))
