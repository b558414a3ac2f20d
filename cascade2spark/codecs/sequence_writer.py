"""Writing Hadoop sequence files, version 6, in any of the three kinds of compression.

Nanoseconds a record of 200 bytes, uncompressed: 260 for a LongWritable and a BytesWritable, whose
lengths and key are packed at once, 300 for other classes. `benchmarks/bench_sequence_files.py`
compares with Hadoop's writer.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate, repeat
from operator import add
from typing import Any

import attrs

from cascade2spark.codecs.hadoop_codecs import HadoopCodec, hadoop_codec
from cascade2spark.codecs.sequence_header import (
    ESCAPE,
    SYNC_BYTES,
    Compression,
    SequenceHeader,
    encode_header,
)
from cascade2spark.codecs.vints import encode_lengths, encode_vint
from cascade2spark.codecs.writables import BytesWritable, Writable
from cascade2spark.errors import BuildError

__all__ = ["SequenceFileWriter"]

_COMPRESSIONS = ("none", "record", "block")
_DEFAULT_CODEC = "zlib"
_MOST_KNOWN = 8192  # sizes whose heads are kept: sizes come again and again
_pack_head = struct.Struct(">ii").pack
_pack_sizes = struct.Struct(">iii").pack
_pack_count = struct.Struct(">i").pack


class SequenceFileWriter:
    """Makes the bytes of one file; whoever holds it puts them there.

    Args:
        key_type: class of the keys.
        value_type: class of the values.
        compression: "none", "record" (each value on its own) or "block".
        codec: name of the codec, or of its Java class: zlib, deflate, gzip, bzip2; with the extra
            [codecs] also snappy, lz4, zstd.
        metadata: texts for the header.
        sync_bytes: at least 1; a sync marker is written once so many bytes lie behind the last one.
        block_bytes: a block ends once its keys and values have so many bytes.
        sync: the 16 bytes of the markers. They must be in no record, so they are random by default.
    Raises:
        BuildError: an unknown compression or codec, or a codec and no compression.
    """

    def __init__(
        self,
        key_type: Writable,
        value_type: Writable,
        *,
        compression: Compression = "none",
        codec: str = _DEFAULT_CODEC,
        metadata: Mapping[str, str] | None = None,
        sync_bytes: int = 100 << 10,
        block_bytes: int = 1_000_000,
        sync: bytes | None = None,
    ) -> None:
        if compression not in _COMPRESSIONS:
            raise BuildError(
                "unknown kind of compression", asked=compression, available=list(_COMPRESSIONS)
            )
        packing = hadoop_codec(codec)
        if compression == "none" and packing.name != _DEFAULT_CODEC:
            raise BuildError(
                f"the codec {codec!r} packs nothing where there is no compression",
                asked=compression,
                available=list(_COMPRESSIONS[1:]),
                fix='compression="block"',
            )
        self._codec: HadoopCodec | None = None if compression == "none" else packing
        self.header = SequenceHeader(
            key_type.class_name,
            value_type.class_name,
            os.urandom(SYNC_BYTES) if sync is None else sync,
            compression,
            None if self._codec is None else self._codec.class_name,
            dict(sorted((metadata or {}).items())),
        )
        self._key_type = key_type
        self._value_type = value_type
        self._mark = ESCAPE + self.header.sync
        self._sync_bytes = sync_bytes
        self._block_bytes = block_bytes
        self._since_sync = 0
        self._head = _fused_head(key_type, value_type) if compression == "none" else None
        is_lone = key_type.letter == "" and isinstance(value_type, BytesWritable)
        self._has_lone_values = is_lone and compression == "block"
        self._heads = _Heads()
        self._held = _Held()

    @property
    def types(self) -> tuple[Writable, Writable]:
        """Classes of the keys and of the values."""
        return self._key_type, self._value_type

    def start(self) -> bytes:
        """Return what a file begins with."""
        return encode_header(self.header)

    def encode(self, keys: Sequence[Any], values: Sequence[Any]) -> bytes:
        """Return bytes that are ready; some records may be held back for their block.

        Raises:
            FormatError: a key or value is none of its class; nothing was taken.
        """
        if len(keys) != len(values):
            raise BuildError(f"{len(keys)} keys for {len(values)} values")
        if not len(keys):
            return b""
        if self._head is not None and set(map(type, values)) == {bytes}:
            fused = self._fused_parts(keys, values, self._head)
            if fused is not None:
                return self._with_marks(*fused)
        is_lone = self._has_lone_values and keys.count(None) == len(keys)
        if is_lone and set(map(type, values)) == {bytes}:
            return self._encode_blocks(*_lone_values(values))
        raw_keys = self._key_type.encode_all(keys)
        raw_values = self._value_type.encode_all(values)
        return self.encode_raw(raw_keys, raw_values)

    def encode_raw(self, keys: Sequence[bytes], values: Sequence[bytes]) -> bytes:
        """Return bytes that are ready, of records given as their classes store them."""
        if self.header.compression == "block":
            key_sizes, value_sizes = list(map(len, keys)), list(map(len, values))
            return self._encode_blocks(_Run(key_sizes, keys), _Run(value_sizes, values))
        if self._codec is not None:
            values = list(map(self._codec.compress, values))
        key_sizes = list(map(len, keys))
        sizes = [key + len(value) for key, value in zip(key_sizes, values, strict=True)]
        parts: list[bytes] = [b""] * (3 * len(keys))
        parts[::3] = map(_pack_head, sizes, key_sizes)
        parts[1::3] = keys
        parts[2::3] = values
        return self._with_marks(parts, 3, sizes, 8)

    def finish(self) -> bytes:
        """Return the rest."""
        return self._take_block() if self._held.count else b""

    def _fused_parts(
        self, keys: Sequence[Any], values: Sequence[bytes], head: struct.Struct
    ) -> tuple[list[bytes], int, list[int], int] | None:
        pack, key_size = head.pack, head.size - 12
        counts = list(map(len, values))
        rest = key_size + 4
        lengths = map(rest.__add__, counts)
        try:
            if key_size:
                heads = list(map(pack, lengths, repeat(key_size), keys, counts))
            elif set(keys) == {None}:
                heads = list(map(self._heads.__getitem__, counts))
            else:
                return None
        except (struct.error, OverflowError, TypeError):
            return None  # the class of the keys words the reason
        parts: list[bytes] = [b""] * (2 * len(heads))
        parts[::2] = heads
        parts[1::2] = values
        return parts, 2, counts, rest + 8

    def _with_marks(
        self, parts: list[bytes], parts_each: int, sizes: list[int], more: int
    ) -> bytes:
        """Return records laid end to end, with a sync marker wherever one is due.

        Args:
            parts: bytes of the records.
            parts_each: how many parts are one record.
            sizes: bytes of each record, but for some that all have.
            more: how many these are.
        """
        count = len(sizes)
        summed = list(accumulate(sizes, initial=0))

        def start_of(record: int) -> int:
            return summed[record] + more * record

        marked, begin = -self._since_sync, 0
        laid: list[bytes] = []
        # A marker stands before the first record with enough bytes between it and the last marker.
        while True:
            due = marked + self._sync_bytes
            at = bisect_left(range(count), due, begin, key=start_of)
            if at == count:
                break
            laid += parts[begin * parts_each : at * parts_each]
            laid.append(self._mark)
            marked, begin = start_of(at), at
        data = b"".join(laid + parts[begin * parts_each :] if laid else parts)
        self._since_sync = start_of(count) - marked
        return data

    def _encode_blocks(self, keys: _Run, values: _Run) -> bytes:
        held, count = self._held, len(values.sizes)
        more = sum(keys.sizes) + sum(values.sizes)
        if held.bytes + more < self._block_bytes:
            held.add(keys, values, count, more)
            return b""
        ends = list(accumulate(map(add, keys.sizes, values.sizes)))
        blocks = []
        done, begin = -held.bytes, 0
        # A block ends with the record that makes it large enough.
        while (at := bisect_left(ends, done + self._block_bytes)) < count:
            held.add(keys.cut(begin, at + 1), values.cut(begin, at + 1), at + 1 - begin, 0)
            blocks.append(self._take_block())
            done, begin = ends[at], at + 1
        if begin < count:
            held.add(keys.cut(begin, count), values.cut(begin, count), count - begin, more - done)
        return b"".join(blocks)

    def _take_block(self) -> bytes:
        """Return all records held as a block."""
        assert self._codec is not None
        count, buffers = self._held.take()
        parts = [self._mark, encode_vint(count)]
        for buffer in buffers:
            packed = self._codec.compress(b"".join(buffer))
            parts += (encode_vint(len(packed)), packed)
        return b"".join(parts)


@attrs.frozen(eq=False)
class _Run:
    """Keys or values that are about to be held.

    Attributes:
        sizes: bytes of each.
        parts: their bytes.
        parts_each: how many parts are one of them.
    """

    sizes: list[int]
    parts: Sequence[bytes]
    parts_each: int = 1

    def cut(self, begin: int, end: int) -> _Run:
        """Return some of them."""
        each = self.parts_each
        return _Run(self.sizes[begin:end], self.parts[begin * each : end * each], each)


class _Held:
    """What will be a block, laid end to end some records at a time, while they are in the cache.

    Attributes:
        buffers: pieces of the lengths of the keys, the keys, the lengths of the values, the values.
        count: how many records.
        bytes: how many bytes their keys and values have.
    """

    def __init__(self) -> None:
        self.buffers: tuple[list[bytes], ...] = ([], [], [], [])
        self.count = self.bytes = 0

    def take(self) -> tuple[int, tuple[list[bytes], ...]]:
        """Return the count and the buffers of what is held, and hold nothing."""
        taken = self.count, self.buffers
        self.buffers, self.count, self.bytes = ([], [], [], []), 0, 0
        return taken

    def add(self, keys: _Run, values: _Run, count: int, more: int) -> None:
        """Hold some records, of `more` bytes."""
        for at, run in ((0, keys), (2, values)):
            self.buffers[at].append(encode_lengths(run.sizes))
            self.buffers[at + 1].append(b"".join(run.parts))
        self.count += count
        self.bytes += more


def _lone_values(values: Sequence[bytes]) -> tuple[_Run, _Run]:
    """Return bytes as BytesWritable stores them, and as many keys of no bytes."""
    count = len(values)
    parts: list[bytes] = [b""] * (2 * count)
    counts = list(map(len, values))
    parts[::2] = map(_counted, counts)
    parts[1::2] = values
    return _Run([0] * count, [b""] * count), _Run([one + 4 for one in counts], parts, 2)


class _Counts(dict[int, bytes]):
    """What stands before the bytes of a BytesWritable, by their number."""

    def __missing__(self, count: int) -> bytes:
        head = _pack_count(count)
        if count < _MOST_KNOWN:
            self[count] = head
        return head


_counted = _Counts().__getitem__


class _Heads(dict[int, bytes]):
    """What stands before the bytes of a BytesWritable without a key, by their number."""

    def __missing__(self, count: int) -> bytes:
        head = _pack_sizes(count + 4, 0, count)
        if count < _MOST_KNOWN:
            self[count] = head
        return head


def _fused_head(key_type: Writable, value_type: Writable) -> struct.Struct | None:
    """Return what packs both lengths, the key and the value's count of bytes at once."""
    letter = key_type.letter
    if letter is None or letter == "?" or not isinstance(value_type, BytesWritable):
        return None
    return struct.Struct(f">ii{letter}i")
