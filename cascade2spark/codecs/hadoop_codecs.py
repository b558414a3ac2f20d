"""Hadoop's compression codecs: whole buffers in and out, with a bound on what comes out.

zlib, gzip and bzip2 hold their usual streams. Snappy and lz4 have a frame of Hadoop's own: blocks
of { int32 raw size; chunks of { int32 packed size; packed bytes } until the raw size is reached }.
"""

from __future__ import annotations

import bz2
import functools
import importlib
import struct
import zlib
from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.codecs.vints import FormatError
from cascade2spark.errors import BuildError, TapError

__all__ = ["HADOOP_CODECS", "HadoopCodec", "hadoop_codec"]

_PACKAGE = "org.apache.hadoop.io.compress."
# Hadoop's readers hold a chunk, raw and packed, in 256 KiB; incompressible bytes grow a little.
_CHUNK_BYTES = 128 << 10
# A zstd block of 4 bytes can stand for 128 KiB: what is fed at once bounds what comes out at once.
_ZSTD_FEED_BYTES = 2 << 10
# zlib's and Hadoop's default; and the level of zlib-ng whose files are as large, within three
# percent, in a half to a fifth of the time.
_LEVEL = 6
_NG_LEVEL = 5
_MEMORY_LEVEL = 9  # a little smaller and quicker than the default of 8
_int32 = struct.Struct(">i")


@attrs.frozen
class HadoopCodec:
    """One codec.

    Attributes:
        name: the name users give.
        class_name: the Java class that a file's header names.
        compress: a whole buffer, packed.
        decompress: (packed buffer, most bytes) -> raw buffer. No bytes stand for no bytes.
            FormatError when damaged, cut off, or longer than that once unpacked.
    """

    name: str
    class_name: str
    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes, int], bytes]


def hadoop_codec(name: str) -> HadoopCodec:
    """Return a codec by its name, or by the name of its Java class.

    Raises:
        BuildError: there is no such codec.
    """
    for codec in HADOOP_CODECS:
        if name in (codec.name, codec.class_name, codec.class_name.removeprefix(_PACKAGE)):
            return codec
    known = [codec.name for codec in HADOOP_CODECS]
    if "lzo" in name.lower():
        raise BuildError(
            "LZO is neither read nor written: no well-kept library is there for it",
            asked=name,
            details={"codecs": ", ".join(known)},
            fix="copy the files once where Hadoop has its LZO jar, with another codec: "
            "sc.sequenceFile(path).saveAsSequenceFile(copy, a codec's class)",
        )
    raise BuildError("unknown Hadoop codec", asked=name, available=known)


@functools.cache
def _zlib() -> Any:
    """Return zlib, or zlib-ng where it is installed, which reads the same in half the time."""
    try:
        return importlib.import_module("zlib_ng.zlib_ng")
    except ImportError:
        return zlib


def _inflater(wbits: int) -> Callable[[bytes, int], bytes]:
    def inflate(data: bytes, most: int) -> bytes:
        parts: list[bytes] = []
        library = _zlib()
        while data:
            member = library.decompressobj(wbits)
            try:
                parts.append(member.decompress(data, most + 1))
            except library.error as damaged:
                raise FormatError(str(damaged)) from damaged
            most = _left(most, parts[-1])
            _check_complete(member.eof)
            data = _next_member(member.unused_data, wbits)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    return inflate


def _next_member(rest: bytes, wbits: int) -> bytes:
    if rest and wbits == zlib.MAX_WBITS:
        raise FormatError(f"{len(rest)} bytes follow the compressed data")
    return rest


def _deflater(wbits: int) -> Callable[[bytes], bytes]:
    def deflate(data: bytes) -> bytes:
        library = _zlib()
        # The level by its number: what zlib-ng calls the default is another one.
        level = _LEVEL if library is zlib else _NG_LEVEL
        member = library.compressobj(level=level, wbits=wbits, memLevel=_MEMORY_LEVEL)
        packed: bytes = member.compress(data) + member.flush()
        return packed

    return deflate


def _bunzip2(data: bytes, most: int) -> bytes:
    parts: list[bytes] = []
    while data:
        member = bz2.BZ2Decompressor()
        try:
            parts.append(member.decompress(data, most + 1))
        except (OSError, ValueError) as damaged:
            raise FormatError(str(damaged)) from damaged
        most = _left(most, parts[-1])
        _check_complete(member.eof)
        data = member.unused_data
    return b"".join(parts)


def _left(most: int, part: bytes) -> int:
    if len(part) > most:
        raise FormatError("it unpacks to more bytes than are allowed")
    return most - len(part)


def _check_complete(is_complete: bool) -> None:
    if not is_complete:
        raise FormatError("the compressed data is cut off")


def _framed(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what frames a buffer whose chunks `pack` packs."""

    def compress(data: bytes) -> bytes:
        parts = [] if data else [_int32.pack(0)]
        for at in range(0, len(data), _CHUNK_BYTES):
            raw = data[at : at + _CHUNK_BYTES]
            packed = pack(raw)
            parts += (_int32.pack(len(raw)), _int32.pack(len(packed)), packed)
        return b"".join(parts)

    return compress


def _unframed(unpack: Callable[[bytes, int], bytes]) -> Callable[[bytes, int], bytes]:
    """Return what takes the frame off; `unpack` gets a chunk and the most it may give."""

    def decompress(data: bytes, most: int) -> bytes:
        parts: list[bytes] = []
        at = 0
        while at < len(data):
            raw, at = _read_size(data, at)
            if raw > most:
                raise FormatError("it unpacks to more bytes than are allowed")
            most -= raw
            while raw:
                size, at = _read_size(data, at)
                if size > len(data) - at:
                    raise FormatError("the compressed data is cut off")
                part = unpack(data[at : at + size], raw)
                at += size
                if not 0 < len(part) <= raw:
                    raise FormatError("a chunk does not have the size its block gives")
                raw -= len(part)
                parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    return decompress


def _read_size(data: bytes, at: int) -> tuple[int, int]:
    if at + 4 > len(data):
        raise FormatError("the compressed data is cut off")
    size: int = _int32.unpack_from(data, at)[0]
    if size < 0:
        raise FormatError(f"a size of {size}")
    return size, at + 4


def _snappy_compress(data: bytes) -> bytes:
    packed: bytes = _module("snappy", "snappy").compress(data)
    return packed


def _snappy_decompress(data: bytes, most: int) -> bytes:
    snappy = _module("snappy", "snappy")
    if _snappy_size(data) > most:
        raise FormatError("a chunk does not have the size its block gives")
    try:
        raw: bytes = snappy.uncompress(data)
    except Exception as damaged:  # the class differs between releases
        raise FormatError(f"damaged snappy data: {damaged}") from damaged
    return raw


def _snappy_size(data: bytes) -> int:
    """Return the size that snappy data gives for itself: 7 bits a byte, the lowest first."""
    size = 0
    for shift, byte in enumerate(data[:5]):
        size |= (byte & 127) << 7 * shift
        if byte < 128:
            return size
    raise FormatError("damaged snappy data")


def _lz4_compress(data: bytes) -> bytes:
    packed: bytes = _module("lz4.block", "lz4").compress(data, store_size=False)
    return packed


def _lz4_decompress(data: bytes, most: int) -> bytes:
    block = _module("lz4.block", "lz4")
    # 255 to 1 is the best that lz4 can do: no need to make room for more.
    room = min(most, 255 * len(data) + 64)
    try:
        raw: bytes = block.decompress(data, uncompressed_size=room)
    except block.LZ4BlockError as damaged:
        raise FormatError(f"damaged lz4 data: {damaged}") from damaged
    return raw


def _zstd_compress(data: bytes) -> bytes:
    packed: bytes = _module("zstandard", "zstd").ZstdCompressor().compress(data)
    return packed


def _zstd_decompress(data: bytes, most: int) -> bytes:
    zstandard = _module("zstandard", "zstd")
    parts: list[bytes] = []
    while data:
        member = zstandard.ZstdDecompressor().decompressobj()
        at = 0
        while at < len(data) and not member.eof:
            try:
                parts.append(member.decompress(data[at : at + _ZSTD_FEED_BYTES]))
            except zstandard.ZstdError as damaged:
                raise FormatError(f"damaged zstd data: {damaged}") from damaged
            most = _left(most, parts[-1])
            at += _ZSTD_FEED_BYTES
        _check_complete(member.eof)
        data = member.unused_data + data[at:]
    return b"".join(parts)


def _module(name: str, codec: str) -> Any:
    try:
        found = importlib.import_module(name)
        # Another package, of topology, is called snappy too.
        if codec != "snappy" or hasattr(found, "uncompress"):
            return found
        raise ImportError("this is not the package python-snappy")
    except ImportError as missing:
        raise TapError(
            f"the codec {codec!r} needs a package that is not installed",
            available=["zlib", "deflate", "gzip", "bzip2"],
            fix='pip install "cascade2spark[codecs]"',
        ) from missing


HADOOP_CODECS = (
    HadoopCodec("zlib", _PACKAGE + "DefaultCodec", _deflater(15), _inflater(15)),
    HadoopCodec("deflate", _PACKAGE + "DeflateCodec", _deflater(15), _inflater(15)),
    HadoopCodec("gzip", _PACKAGE + "GzipCodec", _deflater(31), _inflater(31)),
    HadoopCodec("bzip2", _PACKAGE + "BZip2Codec", bz2.compress, _bunzip2),
    HadoopCodec(
        "snappy", _PACKAGE + "SnappyCodec", _framed(_snappy_compress), _unframed(_snappy_decompress)
    ),
    HadoopCodec("lz4", _PACKAGE + "Lz4Codec", _framed(_lz4_compress), _unframed(_lz4_decompress)),
    HadoopCodec("zstd", _PACKAGE + "ZStandardCodec", _zstd_compress, _zstd_decompress),
)
