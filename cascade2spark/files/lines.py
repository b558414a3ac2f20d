"""Reading a byte range as blocks of whole lines: the hot path of every text source.

A line ends at LF, CRLF or CR and nowhere else. Which lines a range owns is decided by one function:
`after_line_end(at)` is the place after the first line end at or after byte `at`. The range
[start, end) owns the bytes from after_line_end(start - 1) to after_line_end(end - 1), so it owns
exactly the lines that start in it, and neighbouring ranges meet without looking at each other.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, BinaryIO

import attrs

from cascade2spark.errors import BadRecord, BuildError, TapError
from cascade2spark.files.compression import read_decompressed
from cascade2spark.files.paths import file_system_of, local_path, reaching, route_of
from cascade2spark.files.splits import Split

__all__ = [
    "DEFAULT_BLOCK_BYTES",
    "LineBlock",
    "block_charset",
    "can_split_charset",
    "canonical_charset",
    "line_offsets",
    "open_for_read",
    "read_line_blocks",
    "split_lines",
    "split_text_lines",
]

DEFAULT_BLOCK_BYTES = 4 << 20
_EDGE_BYTES = 64 << 10
_FETCH_BYTES = 8 << 20
_BOM = codecs.BOM_UTF8
_LINE_END = re.compile(rb"\r\n|\r|\n")
Read = Callable[[int], bytes]


@attrs.frozen
class LineBlock:
    """Some neighbouring whole lines of one file, with their line ends.

    Attributes:
        data: the bytes; only the last line of a file may lack its line end.
        offset: where `data` begins in the (decompressed) file.
        path: the file, for messages.
        starts_file: whether the first line is the file's first. Its offset counts as 0, also
            behind a byte order mark.
    """

    data: bytes
    offset: int
    path: str = ""
    starts_file: bool = False


def read_line_blocks(
    split: Split, *, block_bytes: int = DEFAULT_BLOCK_BYTES, charset: str = "utf-8"
) -> Iterator[LineBlock]:
    """Yield the lines that start in a byte range, in order, in blocks of about `block_bytes`.

    A byte order mark is left out. Charsets whose line ends are not the bytes 10 and 13 (UTF-16,
    EBCDIC) are read whole and handed on as UTF-8: decode blocks with `block_charset(charset)`.

    Args:
        split: the range; the whole file when it is compressed or the charset cannot be cut.
        block_bytes: size a block is cut at; one longer line makes a longer block.
        charset: the file's charset.
    Yields:
        blocks that are never empty; none for a range in which no line starts.
    Raises:
        TapError: the file is gone, shorter than it was listed, damaged or truncated.
        BadRecord: a file that must be decoded whole holds bytes its charset has no text for.
    Laws:
        1. Over any cut of a file into ranges, the blocks laid end to end are the file.
        2. No block begins or ends inside a line, nor between CR and LF.
    """
    if not can_split_charset(charset):
        yield from _transcoded_blocks(split, block_bytes, charset)
        return
    is_utf8 = canonical_charset(charset) == "utf-8"
    with open_for_read(split.path) as file:
        if split.compression is not None:
            packed = _ahead(file.read, split.path, file.seek(0, 2))
            file.seek(0)
            read = read_decompressed(packed, split.compression, split.path)
            first = _read_full(read, 3) if is_utf8 else b""
            begin = 3 if first.startswith(_BOM) else 0
            read = _gathered(_prefixed(first[begin:], read))
            blocks = _cut(read, begin, None, block_bytes)
        else:
            begin, finish = _owned_range(file, split, is_utf8)
            file.seek(begin)
            read = _ahead(file.read, split.path, finish - begin)
            blocks = _cut(read, begin, finish, block_bytes)
        starts_file = split.start == 0
        for data, offset in blocks:
            yield LineBlock(data, offset, split.path, starts_file)
            starts_file = False


def split_lines(data: bytes) -> list[bytes]:
    """Return the lines of a block without their ends.

    Example:
        >>> split_lines(b"a\\r\\nb\\rc\\n\\nd")
        [b'a', b'b', b'c', b'', b'd']
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def split_text_lines(text: str) -> list[str]:
    """Return the lines of decoded text: as `split_lines`, and unlike `str.splitlines`."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def line_offsets(block: LineBlock) -> list[int]:
    """Return the byte offset in the file of each line of a block."""
    base, data = block.offset, block.data
    if b"\r" in data:
        offsets = [base, *[base + match.end() for match in _LINE_END.finditer(data)]]
    else:
        lengths = [len(line) + 1 for line in data.split(b"\n")]
        offsets = list(accumulate(lengths[:-1], initial=base))
    if offsets[-1] == base + len(data):
        offsets.pop()
    if block.starts_file and offsets:
        offsets[0] = 0
    return offsets


def canonical_charset(charset: str) -> str:
    """Return Python's name of a charset given by Java's or Python's name.

    Raises:
        BuildError: Python knows no such charset.
    """
    try:
        name = codecs.lookup(charset).name
    except (LookupError, TypeError):
        raise BuildError("unknown charset", asked=charset) from None
    return "utf-8" if name == "utf-8-sig" else name


def can_split_charset(charset: str) -> bool:
    """Tell whether a file in this charset can be cut at the bytes LF and CR before decoding."""
    name = canonical_charset(charset)
    if name.startswith("iso2022"):
        return False  # shifts its meaning by escape sequences
    ascii_bytes = bytes(range(128))
    try:
        text = ascii_bytes.decode(name)
    except UnicodeDecodeError:
        return False
    # Some Asian charsets show another sign for the backslash and the tilde.
    return len(text) == 128 and all(
        text[code] == chr(code) for code in range(128) if code not in (0x5C, 0x7E)
    )


def block_charset(charset: str) -> str:
    """Return the charset of the blocks of a file in `charset`."""
    return canonical_charset(charset) if can_split_charset(charset) else "utf-8"


@contextmanager
def open_for_read(path: str) -> Iterator[BinaryIO]:
    """Open a file for seeking and reading bytes, unbuffered if it is local.

    Raises:
        TapError: it cannot be opened, or reading fails inside the block.
    """
    with reaching(path, "read"), _opened(path) as file:
        yield file


def _opened(path: str) -> Any:
    if route_of(path) == "local":
        return open(local_path(path), "rb", buffering=0)
    system, inner = file_system_of(path)
    # Reading ahead is done here (`_ahead`): fsspec's way fetches 50 MB for every edge of a range.
    return system.open(inner, "rb", cache_type="none")


def _ahead(read: Read, path: str, length: int) -> Read:
    """Return a reader that asks a store for megabytes at a time, as each request costs 20-100 ms.

    Args:
        read: reads from where the range begins.
        path: the file; a local one is read as it is.
        length: bytes of the range; none beyond it are fetched.
    """
    if route_of(path) == "local":
        return read
    held, at = b"", 0

    def ahead(most: int) -> bytes:
        nonlocal held, at, length
        if at == len(held):
            held, at = read(min(max(most, _FETCH_BYTES), length)), 0
            if length and not held:
                raise TapError(f"{path} became shorter while the job ran")
            length -= len(held)
        piece = held[at : at + most]
        at += len(piece)
        return piece

    return ahead


def _owned_range(file: BinaryIO, split: Split, is_utf8: bool) -> tuple[int, int]:
    size = file.seek(0, 2)
    if size < split.size:
        raise TapError(
            f"{split.path} became shorter while the job ran",
            details={"listed": f"{split.size} bytes", "now": f"{size} bytes"},
        )
    begin = _after_line_end(file, split.start - 1) if split.start else 0
    if is_utf8 and size >= 3 and begin <= 3:
        file.seek(0)
        if _read_full(file.read, 3) == _BOM:
            begin = max(begin, 3)
    finish = _after_line_end(file, split.end - 1) if split.end else 0
    return begin, finish


def _after_line_end(file: BinaryIO, at: int) -> int:
    """Return the place after the first line end at or after byte `at`, else the file's end."""
    file.seek(at)
    while True:
        data = file.read(_EDGE_BYTES)
        if not data:
            return at
        found = _LINE_END.search(data)
        if found is None:
            at += len(data)
            continue
        if found.group() == b"\r" and found.end() == len(data):
            file.seek(at + found.end())
            return at + found.end() + (file.read(1) == b"\n")
        return at + found.end()


def _cut(
    read: Read, offset: int, finish: int | None, block_bytes: int
) -> Iterator[tuple[bytes, int]]:
    """Yield (whole lines, their offset) from `offset` to `finish`, None being the end of data."""
    position = offset
    parts: list[bytes] = []  # the beginning of a line, several reads long if it must be
    while finish is None or position < finish:
        data = read(block_bytes if finish is None else min(block_bytes, finish - position))
        if not data:
            break
        position += len(data)
        if parts and parts[-1] == b"\r":
            # The last read ended in CR: only this one's first byte tells whether LF belongs to it.
            parts.pop()
            data = b"\r" + data
        cut = _last_line_end(data)
        if cut:
            block = b"".join((*parts, data[:cut])) if parts or cut < len(data) else data
            yield block, offset
            offset += len(block)
            parts = []
            data = data[cut:]
        if data.endswith(b"\r") and len(data) > 1:
            parts.append(data[:-1])
            data = b"\r"
        if data:
            parts.append(data)
    if parts:
        yield b"".join(parts), offset


def _last_line_end(data: bytes) -> int:
    """Return the place after the last line end that is known to be complete, 0 if there is none."""
    last_lf = data.rfind(b"\n") + 1
    # A CR in the last place may be half of a CRLF.
    return max(last_lf, data.rfind(b"\r", last_lf, len(data) - 1) + 1)


def _transcoded_blocks(split: Split, block_bytes: int, charset: str) -> Iterator[LineBlock]:
    if split.start != 0 or not (split.compression or split.is_whole_file):
        raise TapError(f"{split.path} in charset {charset} can only be read whole")
    with open_for_read(split.path) as file:
        read = _ahead(file.read, split.path, file.seek(0, 2))
        file.seek(0)
        if split.compression is not None:
            read = read_decompressed(read, split.compression, split.path)
        encoded = _encoded_reads(read, canonical_charset(charset), split.path)
        starts_file = True
        gathered = _gathered(lambda _: next(encoded, b""))
        for data, offset in _cut(gathered, 0, None, block_bytes):
            yield LineBlock(data, offset, split.path, starts_file)
            starts_file = False


def _encoded_reads(read: Read, charset: str, path: str) -> Iterator[bytes]:
    first = _read_full(read, 4)
    if charset == "utf-16" and first[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        charset = "utf-16-be"  # Java's rule for a file without a byte order mark
    decoder = codecs.getincrementaldecoder(charset)()
    read = _prefixed(first, read)
    position = 0
    starts_file = True
    while True:
        data = read(1 << 20)
        try:
            text = decoder.decode(data, not data)
        except UnicodeDecodeError as bad:
            offending = bytes(bad.object[bad.start : bad.end])
            raise BadRecord(
                f"{path} holds bytes that are not {bad.encoding} text",
                payload=(offending,),
                details={"bytes": offending, "offset": f"near byte {position}"},
            ) from bad
        position += len(data)
        if starts_file and text:
            text = text.removeprefix("\ufeff")
            starts_file = False
        if text:
            yield text.encode("utf-8")
        if not data:
            return


def _prefixed(first: bytes, read: Read) -> Read:
    held = [first] if first else []
    return lambda most: held.pop() if held else read(most)


def _gathered(read: Read) -> Read:
    """Return a reader that joins short reads; it may give more than was asked for."""

    def gathered(least: int) -> bytes:
        parts: list[bytes] = []
        count = 0
        while count < least:
            data = read(least - count)
            if not data:
                break
            parts.append(data)
            count += len(data)
        return b"".join(parts)

    return gathered


def _read_full(read: Read, count: int) -> bytes:
    """Read `count` bytes, or more if `read` gives more, unless the data ends before."""
    data = b""
    while len(data) < count:
        more = read(count - len(data))
        if not more:
            break
        data += more
    return data
