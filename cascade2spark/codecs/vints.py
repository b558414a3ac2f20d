"""Hadoop's numbers and texts of varying length.

A number from -112 to 127 is one byte. Any other starts with a byte that tells its sign and how many
bytes follow (-113 to -120 for numbers from 0 up, -121 to -128 below 0); those are the number, or
its one's complement when negative, most significant byte first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "FormatError",
    "decode_lengths",
    "encode_length",
    "encode_lengths",
    "encode_text",
    "encode_vint",
    "read_text",
    "read_vint",
]

# The forms a length can take; every other first byte starts a negative or too large number.
_LENGTHS = re.compile(rb"[\0-\x7f]|\x8f.|\x8e..|\x8d...|\x8c....", re.DOTALL)
_MOST_CACHED = 1 << 16


class FormatError(ValueError):
    """Bytes that are not what their format says; the caller knows where they lie."""


def read_vint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a place, and the place behind it.

    Raises:
        FormatError: the data ends inside it.

    Example:
        >>> read_vint(bytes([0x8F, 200]), 0), read_vint(bytes([0x87, 200]), 0)
        ((200, 2), (-201, 2))
    """
    if at >= len(data):
        raise FormatError("the data ends where a number should begin")
    first = data[at]
    at += 1
    if first < 128:
        return first, at
    if first >= 144:
        return first - 256, at
    end = at + (144 - first if first >= 136 else 136 - first)
    if end > len(data):
        raise FormatError("the data ends inside a number")
    number = int.from_bytes(data[at:end], "big")
    return (number if first >= 136 else ~number), end


def encode_vint(number: int) -> bytes:
    """Return the bytes of a number that fits 64 bits.

    Raises:
        OverflowError: it does not fit.

    Example:
        >>> encode_vint(5).hex(), encode_vint(200).hex(), encode_vint(-201).hex()
        ('05', '8fc8', '87c8')
    """
    if -112 <= number <= 127:
        return bytes([number & 255])
    size = number if number >= 0 else ~number
    count = (size.bit_length() + 7) // 8
    if size >> 63:
        raise OverflowError(f"{number} does not fit 64 bits")
    return bytes([(144 if number >= 0 else 136) - count]) + size.to_bytes(count, "big")


def read_text(data: bytes, at: int) -> tuple[str, int]:
    """Return the text that begins at a place, and the place behind it.

    Bytes that are no UTF-8 become U+FFFD, as Hadoop's Text does it.
    """
    size, at = read_vint(data, at)
    if not 0 <= size <= len(data) - at:
        raise FormatError(f"a text of {size} bytes where {len(data) - at} are left")
    return str(data[at : at + size], "utf-8", "replace"), at + size


def encode_text(text: str) -> bytes:
    """Return a text as its byte count and its UTF-8 bytes."""
    data = text.encode()
    return encode_vint(len(data)) + data


class _Decoded(dict[bytes, int]):
    def __missing__(self, token: bytes) -> int:
        if len(self) > _MOST_CACHED:
            self.clear()
        self[token] = number = read_vint(token, 0)[0]
        return number


class _Encoded(dict[int, bytes]):
    def __missing__(self, number: int) -> bytes:
        if len(self) > _MOST_CACHED:
            self.clear()
        self[number] = token = encode_vint(number)
        return token


_decoded = _Decoded()
_encoded = _Encoded()
# The bytes of a length; those of lengths met lately are looked up.
encode_length = _encoded.__getitem__


def decode_lengths(data: bytes, count: int) -> Sequence[int]:
    """Return the `count` lengths, none negative, that fill some bytes.

    A regular expression finds them all at C speed, and most lengths come again and again.

    Raises:
        FormatError: the bytes are anything else.

    Example:
        >>> list(decode_lengths(bytes([3, 0x8F, 200, 0]), 3))
        [3, 200, 0]
    """
    if data.isascii():
        if len(data) != count:
            raise FormatError(f"{len(data)} lengths for {count} records")
        return data
    tokens = _LENGTHS.findall(data)
    if len(tokens) != count or len(b"".join(tokens)) != len(data):
        raise FormatError(f"the lengths of {count} records are not whole numbers from 0 up")
    lengths = list(map(_decoded.__getitem__, tokens))
    if len(data) > 4 * count and max(lengths) >= 1 << 31:
        raise FormatError("a length that does not fit 32 bits")
    return lengths


def encode_lengths(lengths: Sequence[int]) -> bytes:
    """Return lengths laid end to end."""
    return b"".join(map(encode_length, lengths)) if any(lengths) else bytes(len(lengths))
