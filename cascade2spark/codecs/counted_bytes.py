"""Byte strings laid end to end, each behind its count, cut apart by C.

Thrift's binary protocol stores a list of byte strings like this. Once a head stands in front, its
C codec takes 0.03 microseconds a value where a loop takes 0.1 to 0.25.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import Any

__all__ = ["cut_counted"]

_MOST_BYTES = (1 << 31) - 1


def cut_counted(data: bytes, count: int) -> list[bytes] | None:
    """Return the strings that fill some bytes; None if that is left to who looks closer.

    Example:
        >>> cut_counted(bytes([0, 0, 0, 1, 97, 0, 0, 0, 0]), 2) in (None, [b"a", b""])
        True
    """
    cut = _cutter()
    return None if cut is None or len(data) > _MOST_BYTES else cut(data, count)


@functools.cache
def _cutter() -> Callable[[bytes, int], list[bytes] | None] | None:
    # For plain files these are not loaded where nothing else needs them.
    from cascade2spark.codecs.thrift_fast import Frame, refused_bytes
    from cascade2spark.codecs.thrift_schema import LIST, STRING

    try:
        from thrift.protocol.fastbinary import decode_binary
    except ImportError:
        return None
    table = [_Holder, (None, (1, LIST, "found", (STRING, "BINARY", False), None))]
    refused = refused_bytes()

    def cut(data: bytes, count: int) -> list[bytes] | None:
        whole = b"".join((b"\x0f\0\1\x0b", count.to_bytes(4, "big"), data, b"\0"))
        frame, holder = Frame(), _Holder()
        frame.trans.cstringio_buf = source = io.BytesIO(whole)
        frame.container_length_limit = len(whole)
        try:
            decode_binary(holder, frame, table)
        except refused:
            return None
        return holder.found if source.tell() == len(whole) else None

    return cut


class _Holder:
    """What the C codec takes for a struct of one field."""

    found: Any
