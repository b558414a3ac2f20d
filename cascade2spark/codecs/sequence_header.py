"""The header of a sequence file: versions 4 to 6 are read, 6 is written."""

from __future__ import annotations

import struct
from typing import BinaryIO, Literal

import attrs

from cascade2spark.codecs.hadoop_codecs import HadoopCodec, hadoop_codec
from cascade2spark.codecs.vints import FormatError, encode_text, read_text
from cascade2spark.errors import BuildError, TapError, Unsupported

__all__ = ["ESCAPE", "SYNC_BYTES", "Compression", "SequenceHeader", "encode_header", "read_header"]

Compression = Literal["none", "record", "block"]
ESCAPE = b"\xff\xff\xff\xff"
SYNC_BYTES = 16
_DEFAULT_CODEC = "org.apache.hadoop.io.compress.DefaultCodec"
_FIRST_READ_BYTES = 4 << 10
_MOST_HEADER_BYTES = 4 << 20
_int32 = struct.Struct(">i")


@attrs.frozen
class SequenceHeader:
    """What a sequence file says about itself.

    Attributes:
        key_class: Java class of the keys.
        value_class: Java class of the values.
        sync: the 16 bytes that mark places where reading can begin.
        compression: nothing, each value on its own, or blocks of records.
        codec_class: Java class of the codec; None without compression.
        metadata: the user's own pairs of texts.
        version: 4 to 6.
        size_bytes: bytes of the header; records or blocks begin behind it.
    """

    key_class: str
    value_class: str
    sync: bytes
    compression: Compression = "none"
    codec_class: str | None = None
    metadata: dict[str, str] = attrs.field(factory=dict)
    version: int = 6
    size_bytes: int = 0

    def codec(self, path: str) -> HadoopCodec | None:
        """Return the codec, None without compression.

        Raises:
            Unsupported: the file was written with one that is not known here.
        """
        if self.codec_class is None:
            return None
        try:
            return hadoop_codec(self.codec_class)
        except BuildError as unknown:
            raise Unsupported(
                f"{path} is compressed by a codec that cannot be read",
                asked=self.codec_class,
                available=unknown.available,
                details=unknown.details,
                fix=unknown.fix,
            ) from None


def read_header(file: BinaryIO, path: str) -> SequenceHeader:
    """Read the header at the beginning of a file.

    Args:
        file: seekable bytes.
        path: what messages call the file.
    Raises:
        TapError: the file is no sequence file, of an unknown version, or ends in its header.
    """
    file.seek(0)
    data = b""
    wanted = _FIRST_READ_BYTES
    while True:
        while len(data) < wanted and (more := file.read(wanted - len(data))):
            data += more
        if data[:3] != b"SEQ":
            shown = data[:8].hex(" ") or "no bytes"
            raise TapError(f"{path} is not a sequence file", details={"begins with": shown})
        try:
            return _parse_header(data, path)
        except FormatError as short:
            if len(data) < wanted or wanted >= _MOST_HEADER_BYTES:
                raise TapError(
                    f"the header of {path} is damaged or cut off",
                    details={"reason": short, "file begins": data[:40]},
                ) from short
        wanted *= 8


def _parse_header(data: bytes, path: str) -> SequenceHeader:
    if len(data) < 4:
        raise FormatError("the file ends in its first 4 bytes")
    version = data[3]
    if not 4 <= version <= 6:
        raise TapError(
            f"{path} is a sequence file of a version that cannot be read",
            asked=version,
            available=["4", "5", "6"],
        )
    key_class, at = read_text(data, 4)
    value_class, at = read_text(data, at)
    flags = data[at : at + 2]
    at += 2
    if len(flags) < 2 or max(flags) > 1:
        raise FormatError("the flags of the compression are not 0 or 1")
    codec_class = None
    if flags[0]:
        codec_class, at = read_text(data, at) if version >= 5 else (_DEFAULT_CODEC, at)
    elif flags[1]:
        raise FormatError("blocks without compression")
    metadata, at = _read_metadata(data, at) if version >= 6 else ({}, at)
    sync = data[at : at + SYNC_BYTES]
    if len(sync) < SYNC_BYTES:
        raise FormatError("the file ends in its header")
    compression: Compression = ("block" if flags[1] else "record") if flags[0] else "none"
    end = at + SYNC_BYTES
    return SequenceHeader(
        key_class, value_class, sync, compression, codec_class, metadata, version, end
    )


def _read_metadata(data: bytes, at: int) -> tuple[dict[str, str], int]:
    if at + 4 > len(data):
        raise FormatError("the file ends in its header")
    count = _int32.unpack_from(data, at)[0]
    at += 4
    if count < 0:
        raise FormatError(f"{count} pairs of metadata")
    pairs = {}
    for _ in range(count):
        name, at = read_text(data, at)
        pairs[name], at = read_text(data, at)
    return pairs, at


def encode_header(header: SequenceHeader) -> bytes:
    """Return the bytes of a header, always as version 6."""
    is_block = header.compression == "block"
    parts = [b"SEQ\6", encode_text(header.key_class), encode_text(header.value_class)]
    parts.append(bytes([header.codec_class is not None, is_block]))
    if header.codec_class is not None:
        parts.append(encode_text(header.codec_class))
    parts.append(_int32.pack(len(header.metadata)))
    for pair in header.metadata.items():
        parts += map(encode_text, pair)
    return b"".join([*parts, header.sync])
