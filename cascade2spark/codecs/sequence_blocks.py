"""Block-compressed sequence files.

A block is { escape; sync; vint record count; 4 times { vint packed size; packed bytes } }: lengths
of the keys as vints, the keys, lengths of the values, the values. Every size is checked against
what is left of the file, and what a buffer unpacks to against what the lengths promise, before any
memory is taken for it. Keys are not unpacked when only values are wanted; counting unpacks the
lengths of the values alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cascade2spark.codecs.hadoop_codecs import HadoopCodec
from cascade2spark.codecs.sequence_header import ESCAPE
from cascade2spark.codecs.sequence_records import Lists, Wanted, decode_pairs
from cascade2spark.codecs.sequence_window import Window
from cascade2spark.codecs.vints import FormatError, decode_lengths, read_vint
from cascade2spark.codecs.writables import Writable, slices

__all__ = ["read_block_lists"]

_MOST_VINT_BYTES = 9


def read_block_lists(window: Window, end: int, wanted: Wanted) -> Iterator[Lists]:
    """Yield the records of each block that begins before `end`.

    Args:
        window: stands where reading begins.
        end: place in the file.
        wanted: what is taken of each record.
    """
    assert wanted.codec is not None
    mark = ESCAPE + window.sync
    found: int | None = 0
    while found is not None and window.base + found < end and window.left(found):
        at = found
        if at + len(mark) > len(window.data) and not window.is_at_end:
            window.fill(at, len(mark))
            at = 0
        if not window.data.startswith(mark, at):
            window.report("no sync marker where one must be", at, at + len(mark), records=None)
            found = window.seek_sync(at + 1)
            continue
        offset = window.base + at
        try:
            at, count, bounds = _find_block(window, at, len(mark))
        except FormatError as bad:
            at = offset - window.base  # the window may have moved
            window.report(bad, at, len(window.data), records=None)
            found = window.seek_sync(at + 1)
            continue
        found = bounds[-1][1]
        yield from _block_lists(window, at, count, bounds, wanted, wanted.codec)


def _find_block(window: Window, at: int, mark_size: int) -> tuple[int, int, list[tuple[int, int]]]:
    """Return where a block begins, its record count and the bounds of its four buffers."""
    needed = mark_size + 5 * _MOST_VINT_BYTES
    while True:
        if at + needed > len(window.data) and not window.is_at_end:
            window.fill(at, needed)
            at = 0
        count, place = read_vint(window.data, at + mark_size)
        if not 0 <= count < 1 << 31:
            raise FormatError(f"it gives itself {count} records")
        bounds = []
        for _ in range(4):
            # Only behind the end of the data in memory can a size be missing that the file has.
            if place + _MOST_VINT_BYTES > len(window.data) and not window.is_at_end:
                break
            size, place = read_vint(window.data, place)
            if not 0 <= size <= window.left(place):
                raise FormatError(
                    f"a buffer gives itself {size} bytes, {max(window.left(place), 0)} are left"
                )
            bounds.append((place, place + size))
            place += size
            if place - at > window.most_bytes:
                raise FormatError(f"it has more than the {window.most_bytes} bytes allowed")
        if len(bounds) == 4 and place <= len(window.data):
            return at, count, bounds
        needed = place - at + 4 * _MOST_VINT_BYTES


def _block_lists(
    window: Window,
    at: int,
    count: int,
    bounds: list[tuple[int, int]],
    wanted: Wanted,
    codec: HadoopCodec,
) -> Iterator[Lists]:
    end = bounds[-1][1]
    packed = [window.data[start:stop] for start, stop in bounds]
    is_counting = not wanted.with_keys and not wanted.with_values
    key_run: tuple[bytes, Sequence[int]] = b"", b""
    value_run = key_run
    try:
        if is_counting:
            _unpack_lengths(packed[2], count, codec, window.most_bytes)
        if wanted.with_keys:
            key_run = _unpack_run(packed[0], packed[1], count, codec, window.most_bytes)
        if wanted.with_values:
            value_run = _unpack_run(packed[2], packed[3], count, codec, window.most_bytes)
    except FormatError as bad:
        window.report(bad, at, end, records=count)
        return
    if count:
        offset = window.base + at
        yield *_decoded(window, (at, end), count, key_run, value_run, wanted), offset


def _decoded(
    window: Window,
    place: tuple[int, int],
    count: int,
    key_run: tuple[bytes, Sequence[int]],
    value_run: tuple[bytes, Sequence[int]],
    wanted: Wanted,
) -> tuple[list[Any] | None, list[Any] | None, int]:
    try:
        decoded = (
            _decode(wanted.key, key_run) if wanted.with_keys else None,
            _decode(wanted.value, value_run) if wanted.with_values else None,
        )
    except FormatError:
        # What is not wanted was not unpacked; the number of records is known to be right here.
        keys, values = (slices(data, sizes or bytes(count)) for data, sizes in (key_run, value_run))
        return decode_pairs(window, keys, values, [place] * count, wanted)
    window.records += count
    return *decoded, count


def _decode(writable: Writable, run: tuple[bytes, Sequence[int]]) -> list[Any]:
    return writable.decode_run(*run)


def _unpack_lengths(
    packed: bytes, count: int, codec: HadoopCodec, most_bytes: int
) -> Sequence[int]:
    most = min(_MOST_VINT_BYTES * count, most_bytes)
    return decode_lengths(codec.decompress(packed, most), count)


def _unpack_run(
    packed_lengths: bytes, packed: bytes, count: int, codec: HadoopCodec, most_bytes: int
) -> tuple[bytes, Sequence[int]]:
    """Return values laid end to end and the length of each."""
    lengths = _unpack_lengths(packed_lengths, count, codec, most_bytes)
    size = sum(lengths)
    if size > most_bytes:
        raise FormatError(f"its values have {size} bytes, allowed are {most_bytes}")
    data = codec.decompress(packed, size)
    if len(data) != size:
        raise FormatError(f"{len(data)} bytes where the lengths add up to {size}")
    return data, lengths
