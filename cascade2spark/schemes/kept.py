"""Rows kept with their exact values: the format of checkpoints that a later run may go on from.

A file is frames, one after the other, little-endian::

    mark      4 bytes   ``c2k1``
    codec     1 byte    0 marshal, 1 pickle
    rows      4 bytes   row count
    length    8 bytes   of the payload
    checksum  4 bytes   CRC-32 of all that is before it and of the payload

Types of fields are not stored: the plan knows them, and a checkpoint of another plan is not read.
"""

from __future__ import annotations

import marshal
import pickle
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import attrs

from cascade2spark.errors import FlowError, RunError
from cascade2spark.fields import Fields
from cascade2spark.files import Split
from cascade2spark.pickling import can_be_pickled, pickled
from cascade2spark.schemes.base import OnBad, Row, RowReader, RowWriter, Scheme, SourceInfo

__all__ = ["KeptRows", "decode_frames", "encode_frame"]

_HEADER = struct.Struct("<4sBIQ")
_CHECKSUM = struct.Struct("<I")
_MARK = b"c2k1"
_MARSHAL, _PICKLE = 0, 1
_MARSHAL_VERSION = 2
_PLAIN = frozenset({type(None), bool, int, float, str, bytes})
_BATCH_ROWS = 1_500


def encode_frame(rows: Sequence[Row]) -> bytes:
    """Return rows as one frame.

    Raises:
        RunError: a row holds a value that cannot be pickled.
    """
    held = list(rows)
    if set(map(type, chain.from_iterable(held))) <= _PLAIN and set(map(type, held)) <= {tuple}:
        codec, payload = _MARSHAL, marshal.dumps(held, _MARSHAL_VERSION)
    else:
        codec, payload = _PICKLE, _pickled(held)
    head = _HEADER.pack(_MARK, codec, len(held), len(payload))
    return b"".join((head, _CHECKSUM.pack(zlib.crc32(payload, zlib.crc32(head))), payload))


def decode_frames(data: bytes, path: str) -> Iterator[list[Row]]:
    """Yield the rows of each frame of a file.

    Raises:
        FlowError: the file is damaged or cut short.
    """
    at = 0
    while at < len(data):
        begin = at + _HEADER.size + _CHECKSUM.size
        head = data[at : at + _HEADER.size]
        if len(data) < begin:
            raise _damaged(path, at)
        mark, codec, count, length = _HEADER.unpack(head)
        payload = data[begin : begin + length]
        stored = _CHECKSUM.unpack_from(data, begin - _CHECKSUM.size)[0]
        if mark != _MARK or zlib.crc32(payload, zlib.crc32(head)) != stored:
            raise _damaged(path, at)
        rows: list[Row] = marshal.loads(payload) if codec == _MARSHAL else pickle.loads(payload)
        if len(rows) != count:
            raise _damaged(path, at)
        yield rows
        at = begin + length


@attrs.frozen
class KeptRows(Scheme):
    """Rows with their exact values; for the engine's own files.

    Args:
        fields: of the rows.
    """

    fields: Fields = Fields.UNKNOWN

    @property
    def source_fields(self) -> Fields:
        """The fields."""
        return self.fields

    @property
    def sink_fields(self) -> Fields:
        """The fields; ALL where they are unknown."""
        return self.fields if self.fields.is_defined() else Fields.ALL

    @property
    def num_sink_parts(self) -> int:
        """As many as there are partitions."""
        return 0

    @property
    def extension(self) -> str:
        """Extension of such files."""
        return "kept"

    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Iterator[_Frame]:
        """Yield a frame at a time."""
        with open(split.path, "rb") as file:
            while head := file.read(_HEADER.size + _CHECKSUM.size):
                at = file.tell() - len(head)
                if len(head) < _HEADER.size + _CHECKSUM.size:
                    raise _damaged(split.path, at)
                length = _HEADER.unpack_from(head)[3]
                # A damaged length must not ask for more memory than there are bytes.
                payload = file.read(min(length, split.size))
                yield _Frame(head + payload, split.path)

    def reader(self, source: SourceInfo) -> RowReader[_Frame]:
        """Return the reader."""
        return _Reader(source.wanted)

    def writer(self, fields: Fields) -> RowWriter:
        """Return the writer."""
        return _Writer()


@attrs.frozen
class _Frame:
    data: bytes
    path: str


@attrs.frozen
class _Reader(RowReader[_Frame]):
    wanted: tuple[int, ...] | None

    def rows(self, blocks: Iterable[_Frame], on_bad: OnBad) -> Iterator[list[Row]]:
        held: list[Row] = []
        for block in blocks:
            for rows in decode_frames(block.data, block.path):
                held += rows if self.wanted is None else self._cut(rows)
                if len(held) >= _BATCH_ROWS:
                    yield held
                    held = []
        if held:
            yield held

    def _cut(self, rows: list[Row]) -> list[Row]:
        return [tuple(row[at] for at in self.wanted or ()) for row in rows]


class _Writer(RowWriter):
    def encode(self, rows: Sequence[Row]) -> bytes:
        return encode_frame(rows) if rows else b""


def _pickled(rows: list[Row]) -> bytes:
    try:
        return pickled(rows)
    except Exception as refused:
        row = next((row for row in rows if not can_be_pickled(row)), None)
        raise RunError(
            "a value cannot be kept in a checkpoint", row=row, details={"pickle says": refused}
        ) from refused


def _damaged(path: str, at: int) -> FlowError:
    return FlowError(
        f"a checkpoint file is damaged: {path}",
        details={"at": f"byte {at}"},
        fix="delete the folder of this run id's checkpoints, or give the flow another run id",
    )
