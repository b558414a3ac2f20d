"""Thrift records on their way out of a sequence file, and what becomes of bad ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from cascade2spark.codecs.sequence_records import record_places
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.thrift_values import struct_values
from cascade2spark.codecs.writables import (
    ByteWritable,
    IntWritable,
    LongWritable,
    ShortWritable,
    VLongWritable,
    short_name,
)
from cascade2spark.errors import BadRecord, TapError
from cascade2spark.files import route_of
from cascade2spark.files.lines import open_for_read
from cascade2spark.pausing import CollectorPaused
from cascade2spark.schemes.base import OnBad

__all__ = ["ThriftBlock", "block_parts", "thrift_blocks", "thrift_values"]

_NUMBERS = (LongWritable, IntWritable, ShortWritable, ByteWritable, VLongWritable)
# Records of twenty fields take two kilobytes each: so many fit a core's own cache, and reading and
# looking at them takes three quarters of the time of a thousand and more at once.
_BATCH_ROWS = 256


@attrs.frozen(eq=False)
class ThriftBlock:
    """Some neighbouring records of one file.

    Attributes:
        path: the file.
        offset: where the first of them, or the block that holds it, begins.
        first: number of the first record in its range of the file.
        values: bytes of the structs.
        keys: their keys, if they were asked for.
        is_nullable: the class of the values calls no bytes at all a null.
        damages: what the file holds instead of records, in front of these.
        begin: number of the record at `offset`.
        is_packed: `offset` is that of a compressed block.
    """

    path: str
    offset: int
    first: int
    values: list[bytes]
    keys: list[Any] | None
    is_nullable: bool
    damages: list[BadRecord]
    begin: int = 0
    is_packed: bool = False


def thrift_blocks(
    opened: Any,
    path: str,
    start: int,
    end: int | None,
    *,
    with_keys: bool,
    most_bytes: int,
    piece_bytes: int,
) -> Iterator[ThriftBlock]:
    """Yield the records of a range of an open sequence file.

    Args:
        most_bytes: most bytes of a record or block.
        piece_bytes: how much is read at a time.
    Raises:
        TapError: it is no sequence file, its values are no thrift structs, or its keys no numbers.
    """
    damages: list[BadRecord] = []
    reader = SequenceFileReader(
        opened,
        path,
        start=start,
        end=end,
        on_bad=damages.append,
        most_bytes=most_bytes,
        piece_bytes=piece_bytes,
    )
    stored = struct_values(reader.header.value_class, path)
    reader.value_type = stored.type
    if with_keys and not isinstance(reader.key_type, _NUMBERS):
        raise TapError(
            f"the keys of {path} are no numbers",
            details={"class": reader.header.key_class},
            fix="leave out key=, or read pairs: WritableSequenceFile(Fields('key', 'struct'), "
            f"{short_name(reader.header.key_class)!r}, 'BytesWritable') and a ThriftCodec",
        )
    first = 0
    for chunk in reader.chunks(keys=with_keys):
        values = stored.structs_in(chunk.values or [])
        found, damages[:] = list(damages), []
        yield ThriftBlock(
            *(path, chunk.offset, first, values, chunk.keys, stored.is_nullable, found),
            begin=first,
            is_packed=reader.header.compression == "block",
        )
        first += chunk.count
    if damages:
        yield ThriftBlock(path, end or 0, first, [], [] if with_keys else None, False, damages)


def thrift_values(
    block: ThriftBlock, decode: Any, null: Any, on_bad: OnBad
) -> tuple[list[Any], list[Any] | None]:
    """Return the decoded values of a block, and their keys, without the bad records.

    Args:
        decode: list of bytes to list of values; raises BadRecord.
        null: what a null is.
        on_bad: called for each bad record, with file and place.
    """
    for damage in block.damages:
        on_bad(damage)
    values = block.values
    # Each record is many objects: with the collector it takes twice as long.
    try:
        with CollectorPaused():
            if block.is_nullable and b"" in values:
                present = iter(decode(list(filter(None, values))))
                return [next(present) if value else null for value in values], block.keys
            return decode(values), block.keys
    except BadRecord:
        pass  # found again below, where it is known which record it is
    found: list[Any] = []
    place_of = _places(block)
    keys: list[Any] | None = None if block.keys is None else []
    for place, value in enumerate(values):
        try:
            made = null if block.is_nullable and not value else decode([value])[0]
        except BadRecord as bad:
            bad.details = {
                "file": block.path,
                "offset": place_of(block.first + place),
                "record": f"{block.first + place} of the range",
                **bad.details,
            }
            on_bad(bad)
            continue
        found.append(made)
        if keys is not None and block.keys is not None:
            keys.append(block.keys[place])
    return found, keys


def _places(block: ThriftBlock) -> Callable[[int], object]:
    """Return what tells where in the file a record of a block lies, by its number in the range."""
    if block.is_packed:
        return lambda number: f"{number - block.begin} records into the block at {block.offset}"
    known: list[object] = []

    def place_of(number: int) -> object:
        if not known:
            known.extend(_found_places(block))
        return known[number - block.begin]

    return place_of


def _found_places(block: ThriftBlock) -> Sequence[object]:
    count = block.first - block.begin + len(block.values)
    if not block.damages and route_of(block.path) == "local":  # elsewhere that takes requests
        try:
            with open_for_read(block.path) as file:
                return record_places(file, block.offset, count)
        except TapError:
            pass  # it is gone, and what is wrong with the record must be told all the same
    return [f"at or after {block.offset}"] * count


def block_parts(block: ThriftBlock) -> Iterator[ThriftBlock]:
    """Yield a block a batch of rows at a time."""
    if len(block.values) <= _BATCH_ROWS:
        yield block
        return
    for start in range(0, len(block.values), _BATCH_ROWS):
        some = slice(start, start + _BATCH_ROWS)
        yield attrs.evolve(
            block,
            first=block.first + start,
            values=block.values[some],
            keys=None if block.keys is None else block.keys[some],
            damages=block.damages if start == 0 else [],
        )
