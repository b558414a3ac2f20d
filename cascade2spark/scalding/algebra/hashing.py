"""Bytes and hashes of values for sketches: the same in every process, equal for equal values."""

from __future__ import annotations

import hashlib
import importlib
import struct
from typing import Any

from cascade2spark.errors import OperationError, Unsupported, shown_value
from cascade2spark.scalding.algebra.base import name_of

__all__ = ["bytes_of", "datasketches", "hash64", "hashes32"]


def datasketches(what: str) -> Any:
    """Return the library of sketches.

    Raises:
        Unsupported: it is not installed.
    """
    try:
        return importlib.import_module("datasketches")
    except ImportError as missing:
        raise Unsupported(
            f"{what} needs the package datasketches, which is not installed",
            fix='pip install "cascade2spark[sketches]"',
        ) from missing


def bytes_of(value: Any) -> bytes:
    """Return bytes that stand for a value; numbers that Python calls equal give the same.

    Raises:
        OperationError: a value that is neither bytes, text, number, None nor a tuple of such.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, float):
        is_whole = value.is_integer()
        return b"\x01%d" % int(value) if is_whole else b"\x02" + struct.pack(">d", value)
    if isinstance(value, int):
        return b"\x01%d" % value
    if value is None:
        return b"\x03"
    if isinstance(value, tuple):
        parts = [bytes_of(part) for part in value]
        return b"\x04" + b"".join(struct.pack(">I", len(part)) + part for part in parts)
    raise OperationError(
        f"A sketch cannot hash {shown_value(value, 60)} ({name_of(type(value))})",
        fix="turn it into bytes, text or a tuple first: compose_prepare(function)",
    )


def hash64(data: bytes, seed: int = 0) -> int:
    """Return a hash from -2**63 up to 2**63 - 1, of which all bits are good."""
    key = seed.to_bytes(8, "big", signed=True) if seed else b""
    digest = hashlib.blake2b(data, digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big", signed=True)


def hashes32(data: bytes, count: int) -> tuple[int, ...]:
    """Return `count` independent hashes from 0 up to 2**32 - 1."""
    blocks = (
        hashlib.blake2b(data, digest_size=64, salt=struct.pack(">Q", number)).digest()
        for number in range((count + 15) // 16)
    )
    return struct.unpack(f">{count}I", b"".join(blocks)[: 4 * count])
