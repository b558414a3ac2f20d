"""Many records by one call of the C codec, which saves a tenth to a half of the time.

A map of thrift is its keys and values laid end to end: records with a number before each of them
are a map of structs, once a head stands in front. The numbers are random, the same in one process:
a record that ends before or behind its bytes leaves another number than the one expected, so that
records are told to be whole as surely as one by one. To write, each record is a map of one entry,
whose key of random bytes is where the bytes of all of them are parted.
"""

from __future__ import annotations

import functools
import io
import os
import random
import struct as layout
from collections.abc import Callable, Iterator
from typing import Any

from cascade2spark.codecs.thrift_fast import ClassOf, Frame, Tables, refused_bytes
from cascade2spark.codecs.thrift_plain import Wanted
from cascade2spark.codecs.thrift_schema import DOUBLE, LIST, MAP, STRING, STRUCT, ThriftStruct

__all__ = ["MOST", "batch_checker", "batch_decoder", "batch_encoder", "batches"]

# Records of twenty fields take two kilobytes each: so many fit a core's own cache, and reading and
# looking at them takes three quarters of the time of a thousand and more at once.
MOST = 256
# Larger records gain nothing, and would be held twice.
_MOST_BYTES = 1 << 20
_KEY_BYTES = 16
_NOT_AT_END = "a record does not end where its bytes end"


def batches(values: list[bytes]) -> Iterator[list[bytes]]:
    """Yield records so many at a time as are best read at once; large ones one by one."""
    for start in range(0, len(values), MOST):
        some = values[start : start + MOST] if len(values) > MOST else values
        if sum(map(len, some)) <= _MOST_BYTES:
            yield some
        else:
            yield from ([one] for one in some)


def batch_decoder(
    struct: ThriftStruct, wanted: Wanted, protocol: str, class_of: ClassOf
) -> Callable[[list[bytes]], list[Any]]:
    """Return the function that reads one of `batches`; ValueError when it refuses any of them.

    Args:
        wanted: the fields to read.
        class_of: (struct, wanted) -> the class to set the attributes of.
    """
    from thrift.protocol import fastbinary

    is_compact = protocol == "compact"
    decode = fastbinary.decode_compact if is_compact else fastbinary.decode_binary
    inner = (DOUBLE, None, STRUCT, Tables(class_of).arguments(struct, wanted), False)
    found_in = _reading(decode, inner)
    marks, numbers = _marks(is_compact)

    def read(values: list[bytes]) -> list[Any]:
        # An empty record is the last one: only before a number must a record end where it does.
        count = len(values) + 1
        parts = [b"\0"] * (2 * count + 2)
        parts[0] = _head(count, is_compact)
        parts[1:-1:2] = marks[:count]
        parts[2:-3:2] = values
        found = found_in(b"".join(parts))
        if list(found) != numbers[:count]:
            raise ValueError(_NOT_AT_END)
        return list(found.values())[:-1]

    return read


def batch_checker(
    struct: ThriftStruct, wanted: Wanted, protocol: str, kind: type
) -> Callable[[list[bytes]], list[Any]]:
    """Return the function that reads some fields of records that are whole.

    It raises ValueError when it refuses any of them. What is read of each is a key of a map here,
    with the same number behind each: so one join lays all records out.

    Args:
        wanted: the fields to set, none of them a struct.
        kind: class of the objects, which takes each for another key.
    """
    from thrift.protocol import fastbinary

    is_compact = protocol == "compact"
    decode = fastbinary.decode_compact if is_compact else fastbinary.decode_binary
    arguments = Tables(lambda *_: kind).arguments(struct, wanted)
    inner = (STRUCT, arguments, DOUBLE, None, False)
    found_in = _reading(decode, inner)
    (mark, *_), (number, *_) = _marks(is_compact)

    def check(values: list[bytes]) -> list[Any]:
        count = len(values)
        head = _head(count, is_compact, of_structs=False)
        found = found_in(mark.join([head + values[0], *values[1:], b"\0"]))
        if list(found.values()).count(number) != count:
            raise ValueError(_NOT_AT_END)
        return list(found)

    return check


def _reading(decode: Any, inner: tuple[Any, ...]) -> Callable[[bytes], dict[Any, Any]]:
    """Return the function that reads a map of `inner`, which has to fill its bytes."""
    table = [_Holder, (None, (1, MAP, "found", inner, None))]
    frame = Frame()
    record = frame.trans
    refused = refused_bytes()

    def found_in(data: bytes) -> dict[Any, Any]:
        record.cstringio_buf = source = io.BytesIO(data)
        # A count is never larger than the records: nothing is allocated for one that is.
        frame.container_length_limit = len(data)
        holder = _Holder()
        try:
            decode(holder, frame, table)
        except refused as bad:
            raise ValueError("refused") from bad
        if source.tell() != len(data):
            raise ValueError(_NOT_AT_END)
        found: dict[Any, Any] = holder.found
        return found

    return found_in


def batch_encoder(
    struct: ThriftStruct, protocol: str, class_of: ClassOf
) -> Callable[[list[Any]], list[bytes]]:
    """Return the function that writes some records of the classes of `class_of`.

    It raises one of `Refused` for values, and objects of other classes, that it does not take.
    """
    from thrift.protocol import fastbinary

    is_compact = protocol == "compact"
    encode = fastbinary.encode_compact if is_compact else fastbinary.encode_binary
    inner = (
        STRING,
        "BINARY",
        STRUCT,
        Tables(class_of, is_for_writing=True).arguments(struct, None),
    )
    table = [_Holder, (None, (1, LIST, "found", (MAP, (*inner, False), False), None))]
    key = os.urandom(_KEY_BYTES)
    # One entry, the types of its key and its value, the length of the key.
    before = b"\x01\x8c\x10" if is_compact else b"\x0b\x0c\0\0\0\1\0\0\0\x10"
    between = before + key

    def write(records: list[Any]) -> list[bytes]:
        if not records:
            return []
        holder = _Holder()
        holder.found = [{key: record} for record in records]
        found: list[bytes] = encode(holder, table).split(between)
        if len(found) != len(records) + 1:
            raise ValueError("bytes that none can have guessed")
        found[-1] = found[-1][:-1]  # the end of the holder
        del found[0]
        return found

    return write


class _Holder:
    """What the C codec takes for a struct of one field."""

    found: Any


@functools.cache
def _marks(is_compact: bool) -> tuple[list[bytes], list[float]]:
    """Return numbers that nobody can guess, as they are stored, and as they are read."""
    source = random.SystemRandom()
    numbers = [source.random() for _ in range(MOST + 1)]
    pack = layout.Struct("<d" if is_compact else ">d").pack
    return list(map(pack, numbers)), numbers


def _head(count: int, is_compact: bool, *, of_structs: bool = True) -> bytes:
    """Return what stands before the entries of a map that is field 1.

    Args:
        of_structs: from numbers to structs, and not the other way round.
    """
    if not is_compact:
        types = b"\x04\x0c" if of_structs else b"\x0c\x04"
        return b"\x0d\0\1" + types + count.to_bytes(4, "big")
    low = bytes((count,)) if count < 128 else bytes((count & 127 | 128, count >> 7))
    return b"\x1b" + low + (b"\x7c" if of_structs else b"\xc7")
