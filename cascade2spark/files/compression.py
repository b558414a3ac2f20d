"""Compressed files: which codec a name means, reading as one stream, writing whole members."""

from __future__ import annotations

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable
from typing import Any, Protocol

from cascade2spark.errors import BuildError, TapError, Unsupported

__all__ = [
    "COMPRESSIONS",
    "check_compression",
    "compress",
    "compression_of",
    "compression_to_write",
    "extension_of",
    "new_compressor",
    "read_decompressed",
]

# Extension without the dot -> codec. `deflate` is what Hadoop's default codec writes: zlib.
_BY_EXTENSION = {
    "gz": "gzip",
    "gzip": "gzip",
    "bz2": "bz2",
    "xz": "xz",
    "zst": "zstd",
    "zstd": "zstd",
    "deflate": "deflate",
}
_EXTENSIONS = {"gzip": ".gz", "bz2": ".bz2", "xz": ".xz", "zstd": ".zst", "deflate": ".deflate"}
COMPRESSIONS = tuple(_EXTENSIONS)
# What Hadoop has and this package has not: as text it would be garbage, in one charset or another.
_NOT_READ = {"lzo": "LZO", "lzo_deflate": "LZO", "snappy": "snappy", "lz4": "lz4"}

# Small, because a kilobyte may stand for a megabyte.
_READ_BYTES = 64 << 10
Read = Callable[[int], bytes]


class _Decompressor(Protocol):
    """What zlib's, bz2's and lzma's decompressor objects have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def compression_of(path: str) -> str | None:
    """Return the codec that a file's extension names, or None.

    Raises:
        Unsupported: Hadoop would unpack it by a codec that is not here; it is no plain text.
    """
    extension = _extension(path)
    if extension in _NOT_READ:
        raise Unsupported(
            f"{path} is packed by {_NOT_READ[extension]}, which is not read as text",
            details={"codecs": ", ".join(COMPRESSIONS)},
            fix="unpack it first" + (", with lzop -d" if extension == "lzo" else ""),
        )
    return _BY_EXTENSION.get(extension)


def compression_to_write(path: str) -> str | None:
    """Return the codec that whoever reads a file of this name will expect, None for plain bytes."""
    return _BY_EXTENSION.get(_extension(path))


def _extension(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()


def extension_of(compression: str | None) -> str:
    """Return the extension, with its dot, of files written with a codec; empty for none."""
    return _EXTENSIONS[compression] if compression else ""


def check_compression(name: str | None) -> str | None:
    """Return a codec's name, or raise BuildError listing the known ones."""
    if name is not None and name not in _EXTENSIONS:
        raise BuildError("unknown compression", asked=name, available=list(COMPRESSIONS))
    return name


def compress(data: bytes, compression: str | None) -> bytes:
    """Return data as one complete member of a codec; members laid end to end are a valid file."""
    if compression is None:
        return data
    compressor = new_compressor(compression)
    return bytes(compressor.compress(data) + compressor.flush())


def new_compressor(compression: str) -> Any:
    """Return an object with `compress(data)` and `flush()` that writes one member."""
    if compression == "gzip":
        return zlib.compressobj(6, zlib.DEFLATED, 31)
    if compression == "bz2":
        return bz2.BZ2Compressor()
    if compression == "xz":
        return lzma.LZMACompressor()
    if compression == "deflate":
        return zlib.compressobj()
    module = _zstd_module("writing")
    compressor = module.ZstdCompressor()
    # The older package's compressor makes the streaming object, the newer one's is it.
    return compressor.compressobj() if module.__name__ == "zstandard" else compressor


def read_decompressed(read: Read, compression: str, path: str) -> Read:
    """Return a function like `read` that gives the decompressed bytes of a whole file.

    It may return fewer bytes than asked for, or more, and b"" only at the end.

    Raises:
        TapError: damaged or truncated data, with the file and the offset in the compressed file.
    """
    return _DecompressedStream(read, compression, path).read


class _DecompressedStream:
    """Decompresses member after member; holds one read of compressed bytes at most."""

    def __init__(self, read: Read, compression: str, path: str) -> None:
        self._read = read
        self._new = _decompressor_factory(compression)
        self._compression = compression
        self._path = path
        self._member: _Decompressor | None = None
        self._input = b""
        self._consumed = 0

    def read(self, most: int) -> bytes:
        while True:
            if not self._input:
                self._input = self._read(_READ_BYTES)
                if not self._input:
                    self._check_complete()
                    return b""
            if self._member is None:
                if not self._input.strip(b"\0"):
                    # Zero bytes after the last member are padding, as gzip's own tools have it.
                    self._consumed += len(self._input)
                    self._input = b""
                    continue
                self._member = self._new()
            data = self._step(self._member)
            if data:
                return data

    def _step(self, member: _Decompressor) -> bytes:
        given = self._input
        try:
            data = member.decompress(given)
        except Exception as damaged:  # each codec has its own error class
            raise self._error("is damaged", damaged) from damaged
        self._input = member.unused_data if member.eof else b""
        self._consumed += len(given) - len(self._input)
        if member.eof:
            self._member = None
        return data

    def _check_complete(self) -> None:
        if self._member is not None:
            raise self._error("ends in the middle of its data", None)

    def _error(self, what: str, cause: Exception | None) -> TapError:
        details: dict[str, object] = {
            "compression": self._compression,
            "offset": f"at or after byte {self._consumed} of the compressed file",
        }
        if cause is not None:
            details["because"] = cause
        return TapError(f"{self._path} {what}", details=details)


def _decompressor_factory(compression: str) -> Callable[[], Any]:
    if compression == "gzip":
        return lambda: zlib.decompressobj(wbits=31)
    if compression == "deflate":
        return zlib.decompressobj
    if compression == "bz2":
        return bz2.BZ2Decompressor
    if compression == "xz":
        return lzma.LZMADecompressor
    module = _zstd_module("reading")
    if module.__name__ == "zstandard":
        return lambda: module.ZstdDecompressor().decompressobj()
    factory: Callable[[], Any] = module.ZstdDecompressor
    return factory


def _zstd_module(doing: str) -> Any:
    # Python 3.14 has it; before, `backports.zstd` is the same module and `zstandard` the older one.
    for name in ("compression.zstd", "backports.zstd", "zstandard"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise TapError(
        f"{doing} zstd files needs a package that is not installed",
        available=[name for name in COMPRESSIONS if name != "zstd"],
        fix='pip install "cascade2spark[codecs]"',
    )
