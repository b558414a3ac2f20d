"""What the schemes of text have in common: lines, charsets, files compressed as a whole."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from cascade2spark.errors import BadRecord, PlanError
from cascade2spark.fields import Fields
from cascade2spark.files import (
    FileInfo,
    LineBlock,
    Split,
    can_split_charset,
    line_offsets,
    read_line_blocks,
    split_file,
    split_lines,
)
from cascade2spark.schemes.base import OnBad, Scheme, SourceInfo

__all__ = ["BATCH_ROWS", "DecodedBlock", "LineScheme", "bad_line", "check_line_charset"]

# Small enough for the rows of a batch to stay in the processor's cache.
BATCH_ROWS = 1500


class LineScheme(Scheme):
    """A scheme whose records are lines: its blocks are `LineBlock`s.

    A file's extension tells how it is compressed. Only such schemes are read through Hadoop.

    Source:
        cascading.scheme.hadoop.TextLine, to derive from.
    Example:
        >>> from cascade2spark.schemes import LineScheme, TextLine
        >>> isinstance(TextLine(), LineScheme)
        True
    """

    @property
    @abstractmethod
    def charset(self) -> str:
        """Charset of the text."""

    @property
    @abstractmethod
    def compression(self) -> str | None:
        """Codec of files that are written; files are read by their extension."""

    @property
    def extension(self) -> str:
        return "txt"

    @property
    def can_join(self) -> bool:
        return True

    def part_compression(self, default: str | None = None) -> str | None:
        return self.compression or default

    def can_split(self, source: SourceInfo) -> bool:
        return can_split_charset(self.charset)

    def splits(self, file: FileInfo, target_bytes: int, source: SourceInfo) -> list[Split]:
        return split_file(file, target_bytes, can_split=self.can_split(source))

    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Iterator[LineBlock]:
        return read_line_blocks(split, block_bytes=block_bytes, charset=self.charset)

    def empty_file(self, fields: Fields) -> bytes:
        return b""


class DecodedBlock:
    """A block as text, cut into pieces of about a thousand lines.

    Lines that cannot be decoded are reported and left out.
    """

    def __init__(self, block: LineBlock, charset: str, on_bad: OnBad, skip_first: bool) -> None:
        self._block = block
        self._offsets: list[int] | None = None
        # Numbers, within the block, of the lines that were kept; None when all were.
        self._kept: list[int] | None = None
        self._skipped = 0
        try:
            text = block.data.decode(charset)
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            self._text = text if text.endswith("\n") else text + "\n"
            self._start = self._text.index("\n") + 1 if skip_first else 0
            self._skipped = int(skip_first)
        except UnicodeDecodeError:
            self._text = self._decoded_singly(charset, on_bad, skip_first)
            self._start = 0
        self.count_kept = self._text.count("\n", self._start)

    @property
    def path(self) -> str:
        """The file."""
        return self._block.path

    @property
    def count(self) -> int:
        """Lines in the block, with those left out."""
        if self._kept is None:
            return self.count_kept + self._skipped
        return len(self.offsets)

    @property
    def offsets(self) -> list[int]:
        """Byte offset of each line of the block, with those left out."""
        if self._offsets is None:
            self._offsets = line_offsets(self._block)
        return self._offsets

    def indices(self, first: int, count: int) -> list[int] | range:
        """Return the numbers within the block of `count` kept lines from the kept line `first`."""
        if self._kept is not None:
            return self._kept[first : first + count]
        return range(self._skipped + first, self._skipped + first + count)

    def pieces(self) -> Iterator[tuple[int, str]]:
        """Yield (number of the first kept line, lines joined by LF, without the last LF)."""
        text, start = self._text, self._start
        end = len(text)
        if start >= end:
            return
        step = max(1, (end - start) * BATCH_ROWS // self.count_kept)
        first = 0
        while start < end:
            cut = text.find("\n", min(start + step, end) - 1)
            piece = text[start:cut]
            yield first, piece
            first += piece.count("\n") + 1
            start = cut + 1

    def _decoded_singly(self, charset: str, on_bad: OnBad, skip_first: bool) -> str:
        kept: list[int] = []
        texts: list[str] = []
        for index, raw in enumerate(split_lines(self._block.data)):
            if skip_first and index == 0:
                continue
            try:
                texts.append(raw.decode(charset))
                kept.append(index)
            except UnicodeDecodeError as bad:
                on_bad(
                    BadRecord(
                        f"a line of {self.path or 'the source'} is not {charset} text",
                        payload=(raw,),
                        details={
                            "file": self.path,
                            "offset": self.offsets[index],
                            "bytes": repr(raw[:200]),
                            "because": bad.reason,
                        },
                    )
                )
        self._kept = kept
        return "".join([text + "\n" for text in texts])


def check_line_charset(scheme: LineScheme) -> None:
    """Raise PlanError when lines cannot be encoded one by one and laid end to end."""
    if not can_split_charset(scheme.charset):
        raise PlanError(
            f"{type(scheme).__name__} cannot write {scheme.charset}, only read it",
            fix="write UTF-8, or use TextDelimited",
        )


def bad_line(
    decoded: DecodedBlock, index: int, line: str, what: str, **details: object
) -> BadRecord:
    """Return the error for one line, which carries the line for the trap."""
    offset = decoded.offsets[decoded.indices(index, 1)[0]]
    where: dict[str, object] = {"file": decoded.path, "offset": offset, "line": repr(line[:200])}
    return BadRecord(what, payload=(line,), details={**where, **details})
