"""Walking over the records of sequence files without blocks: the hot loops.

A record is { int32 bytes of key and value; int32 bytes of the key; key; value }; a first number of
-1 is the escape before a sync marker. Each length leads to the next, so nothing can be done for
many records at once; a loop takes as much of a record as possible by one `unpack_from`.
Nanoseconds a record of 200 bytes, of which making a bytes object takes 100 to 200: counting 130,
with the values of BytesWritable 210, with keys as well 240, with texts 700. Gathering the heads by
numpy, from the places that a first walk found, took 450 where the fused walk took 400.
`benchmarks/bench_sequence_files.py` compares with Hadoop's reader.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, cast

import attrs

from cascade2spark.codecs.hadoop_codecs import HadoopCodec
from cascade2spark.codecs.sequence_header import ESCAPE, SYNC_BYTES
from cascade2spark.codecs.sequence_window import Window
from cascade2spark.codecs.vints import FormatError
from cascade2spark.codecs.writables import BytesWritable, Writable

__all__ = ["Lists", "Wanted", "decode_pairs", "read_record_lists", "record_places"]

_HEAD = struct.Struct(">ii")
_MARK_BYTES = len(ESCAPE) + SYNC_BYTES
# Unpacked values are handed on when they reach this, whatever else the window holds.
_UNPACKED_BYTES = 32 << 20
# Keys and values, None for what is not wanted; their number; where they begin in the file.
Lists = tuple[list[Any] | None, list[Any] | None, int, int]
# Keys, values, their number, where the walk stopped, whether the range ends there.
_Walked = tuple[list[Any] | None, list[Any] | None, int, int, bool]
# (data, at, sync, limit): `limit` is where sync markers end the range.
_Walk = Callable[[bytes, int, bytes, int], _Walked]


@attrs.frozen
class Wanted:
    """What is taken of each record.

    Attributes:
        key: class of the keys.
        value: class of the values.
        with_keys: whether keys are wanted.
        with_values: whether values are wanted.
        codec: what each value, or each block, is packed with.
    """

    key: Writable
    value: Writable
    with_keys: bool
    with_values: bool
    codec: HadoopCodec | None


def read_record_lists(window: Window, end: int, wanted: Wanted) -> Iterator[Lists]:
    """Yield the records up to the first sync marker at or behind `end`, some thousand at a time.

    Lists may be empty, so that who collects bad records hands them on before they pile up.

    Args:
        window: stands where reading begins.
        end: place in the file.
        wanted: what is taken of each record.
    """
    walk = _walk_for(wanted)
    found: int | None = 0
    while found is not None:
        data, begin = window.data, found
        keys, values, count, at, is_over = walk(data, begin, window.sync, end - window.base)
        if walk is _slice:
            assert keys is not None and values is not None
            places = list(_places(data, begin, window.sync, count))
            yield from _decoded_lists(window, keys, values, places, wanted)
        else:
            window.records += count
            yield keys, values, count, window.base + begin
        if is_over:
            return
        found = _after_stop(window, at)


def _walk_for(wanted: Wanted) -> _Walk:
    if not wanted.with_keys and not wanted.with_values:
        return _count
    letter = wanted.key.letter
    is_bytes = isinstance(wanted.value, BytesWritable) and wanted.with_values
    if not is_bytes or letter is None or wanted.codec is not None:
        return _slice
    if wanted.with_keys and letter:
        return _walk_keyed_bytes(letter)
    return _walk_bytes(struct.calcsize(f">{letter}"), with_nulls=wanted.with_keys)


def _count(data: bytes, at: int, sync: bytes, limit: int) -> _Walked:
    """Walk over records, counting."""
    unpack, size, last, count = _HEAD.unpack_from, len(data), len(data) - 8, 0
    while at <= last:
        length, key_length = unpack(data, at)
        if length >= key_length >= 0:
            at += 8 + length
            count += 1
        elif length == -1 and data[at + 4 : at + _MARK_BYTES] == sync:
            if at >= limit:
                return None, None, count, at, True
            at += _MARK_BYTES
        else:
            break
    if at > size:  # the last record is not all there
        return None, None, count - 1, at - 8 - length, False
    return None, None, count, at, False


def _slice(data: bytes, at: int, sync: bytes, limit: int) -> _Walked:
    """Walk over records, taking keys and values as they are stored."""
    unpack, size, last = _HEAD.unpack_from, len(data), len(data) - 8
    keys: list[bytes] = []
    values: list[bytes] = []
    add_key, add_value = keys.append, values.append
    while at <= last:
        length, key_length = unpack(data, at)
        if length >= key_length >= 0:
            start = at + 8
            end = start + length
            if end > size:
                break
            add_key(data[start : start + key_length])
            add_value(data[start + key_length : end])
            at = end
        elif length == -1 and data[at + 4 : at + _MARK_BYTES] == sync:
            if at >= limit:
                return keys, values, len(keys), at, True
            at += _MARK_BYTES
        else:
            break
    return keys, values, len(keys), at, False


def _walk_keyed_bytes(letter: str) -> _Walk:
    """Return a walk over records of a key of one struct letter and a BytesWritable."""
    head = struct.Struct(f">ii{letter}i")
    key_size = struct.calcsize(f">{letter}")
    head_size, rest_size = head.size, key_size + 4

    def walk(data: bytes, at: int, sync: bytes, limit: int) -> _Walked:
        unpack, size, last = head.unpack_from, len(data), len(data) - head_size
        keys: list[Any] = []
        values: list[bytes] = []
        add_key, add_value = keys.append, values.append
        while at <= last:
            length, key_length, key, count = unpack(data, at)
            if length == count + rest_size and key_length == key_size and count >= 0:
                start = at + head_size
                end = start + count
                if end > size:
                    break
                add_key(key)
                add_value(data[start:end])
                at = end
            elif length == -1 and data[at + 4 : at + _MARK_BYTES] == sync:
                if at >= limit:
                    return keys, values, len(keys), at, True
                at += _MARK_BYTES
            else:
                break
        return keys, values, len(keys), at, False

    return walk


def _walk_bytes(key_size: int, *, with_nulls: bool) -> _Walk:
    """Return a walk over records of a key of one size, left out, and a BytesWritable."""
    head = struct.Struct(f">ii{key_size}xi")
    head_size, rest_size = head.size, key_size + 4

    def walk(data: bytes, at: int, sync: bytes, limit: int) -> _Walked:
        unpack, size, last = head.unpack_from, len(data), len(data) - head_size
        values: list[bytes] = []
        add_value = values.append
        is_over = False
        while at <= last:
            length, key_length, count = unpack(data, at)
            if length == count + rest_size and key_length == key_size and count >= 0:
                start = at + head_size
                end = start + count
                if end > size:
                    break
                add_value(data[start:end])
                at = end
            elif length == -1 and data[at + 4 : at + _MARK_BYTES] == sync:
                if at >= limit:
                    is_over = True
                    break
                at += _MARK_BYTES
            else:
                break
        keys = [None] * len(values) if with_nulls else None
        return keys, values, len(values), at, is_over

    return walk


def _places(data: bytes, at: int, sync: bytes, count: int) -> Iterator[tuple[int, int]]:
    """Yield where each of some records, known to be there, begins and ends."""
    while count:
        length = _HEAD.unpack_from(data, at)[0]
        if length == -1:
            at += _MARK_BYTES
        else:
            yield at, at + 8 + length
            at += 8 + length
            count -= 1


def record_places(file: BinaryIO, at: int, count: int) -> list[int]:
    """Return where in the file some records begin, which are known to be there without damage."""
    places: list[int] = []
    while len(places) < count:
        file.seek(at)
        length = _HEAD.unpack(file.read(_HEAD.size))[0]
        if length == -1:
            at += _MARK_BYTES
        else:
            places.append(at)
            at += _HEAD.size + length
    return places


def _after_stop(window: Window, at: int) -> int | None:
    """Return where to go on in the window, after a walk stopped short of the range's end.

    A walk stops where its bytes end, and where something is not as it should be.
    """
    left = window.left(at)
    if left == 0:
        return None
    if left < 8:
        window.report(f"the file ends {left} bytes into it", at, at + left)
        return None
    if at + 8 > len(window.data):
        window.fill(at, 8)
        return 0
    length, key_length = _HEAD.unpack_from(window.data, at)
    if length == -1:
        return _after_escape(window, at)
    if not length >= key_length >= 0:
        return _skip(window, at, f"it gives itself {length} bytes, its key {key_length}")
    if length + 8 > left:
        return _skip(window, at, f"it gives itself {length} bytes, {left - 8} are left")
    if length > window.most_bytes:
        return _skip(window, at, f"it has {length} bytes, allowed are {window.most_bytes}")
    if at + 8 + length > len(window.data):
        window.fill(at, 8 + length)
        return 0
    # The record is whole: a fused walk found that its key or value does not fit its class.
    end: int = at + 8 + length
    window.report("the key or value does not have the size of its class", at, end)
    return end


def _after_escape(window: Window, at: int) -> int | None:
    if at + _MARK_BYTES > len(window.data) and not window.is_at_end:
        window.fill(at, _MARK_BYTES)
        return 0
    return _skip(window, at, "a sync marker that is not the file's")


def _skip(window: Window, at: int, reason: str) -> int | None:
    """Report a record without a believable end; go on at the next sync marker."""
    window.report(reason, at, len(window.data), records=None)
    return window.seek_sync(at + 1)


def _decoded_lists(
    window: Window,
    keys: list[bytes],
    values: list[bytes],
    places: list[tuple[int, int]],
    wanted: Wanted,
) -> Iterator[Lists]:
    """Yield records unpacked and decoded, without the bad ones, which are reported."""
    base, begin = window.base, 0
    if not keys:
        yield *decode_pairs(window, [], [], [], wanted), base
    while begin < len(keys):
        end = len(keys)
        some: list[bytes | FormatError] = [*values[begin:end]]
        if wanted.codec is not None and wanted.with_values:
            some = _unpack(wanted.codec, values, begin, window.most_bytes)
            end = begin + len(some)
        decoded = decode_pairs(window, keys[begin:end], some, places[begin:end], wanted)
        yield *decoded, base + places[begin][0]
        begin = end


def _unpack(
    codec: HadoopCodec, values: list[bytes], begin: int, most_bytes: int
) -> list[bytes | FormatError]:
    """Return values unpacked, or why they cannot be, until they take up their share."""
    some: list[bytes | FormatError] = []
    held = 0
    for index in range(begin, len(values)):
        try:
            raw = codec.decompress(values[index], most_bytes)
        except FormatError as bad:
            some.append(bad)
        else:
            some.append(raw)
            held += len(raw)
        if held >= _UNPACKED_BYTES:
            break
    return some


def decode_pairs(
    window: Window,
    keys: Sequence[bytes],
    values: Sequence[bytes | FormatError],
    places: Sequence[tuple[int, int]],
    wanted: Wanted,
) -> tuple[list[Any] | None, list[Any] | None, int]:
    """Return decoded keys and values and their number, without bad records, which are reported.

    Args:
        window: where they were read.
        keys: as they are stored.
        values: as they are stored, once unpacked, or why they could not be.
        places: where in the window each record begins and ends.
        wanted: their classes.
    """
    whole = cast("Sequence[bytes]", values)
    if FormatError not in map(type, values):
        try:
            decoded = (
                wanted.key.decode_all(keys) if wanted.with_keys else None,
                wanted.value.decode_all(whole) if wanted.with_values else None,
            )
        except FormatError:
            pass  # the loop below finds out which
        else:
            window.records += len(keys)
            return *decoded, len(keys)
    good: list[tuple[Any, Any]] = []
    for raw_key, raw_value, (at, end) in zip(keys, values, places, strict=True):
        try:
            if isinstance(raw_value, FormatError):
                raise raw_value
            key = wanted.key.decode(raw_key) if wanted.with_keys else None
            value = wanted.value.decode(raw_value) if wanted.with_values else None
        except FormatError as bad:
            stored = raw_key if isinstance(raw_value, FormatError) else raw_key + raw_value
            window.report(bad, at, end, payload=stored)
        else:
            good.append((key, value))
            window.records += 1
    good_keys = [key for key, _ in good] if wanted.with_keys else None
    good_values = [value for _, value in good] if wanted.with_values else None
    return good_keys, good_values, len(good)
