"""What the commands ``schema`` and ``cat`` find in a file, for every format they know.

A format is a class with the method `facts` and the method `records`; `view_of` chooses one by the
first bytes of the file. One that needs to be told more, as thrift its IDL, takes the place of
`SequenceView` by a `decode` of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from cascade2spark.codecs import avro
from cascade2spark.codecs.parquet import ParquetFile
from cascade2spark.codecs.sequence_header import read_header
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.writables import NullWritable
from cascade2spark.errors import BadRecord, TapError, Unsupported
from cascade2spark.files import (
    FileInfo,
    Split,
    compression_of,
    read_line_blocks,
    split_lines,
)
from cascade2spark.files.lines import open_for_read

__all__ = [
    "AvroView",
    "FileView",
    "OnBad",
    "ParquetView",
    "Record",
    "SequenceView",
    "TextView",
    "view_of",
]

OnBad = Callable[[BadRecord], None]
Record = dict[str, Any]
# Records are counted this far; beyond it their number is estimated.
_COUNTED_BYTES = 64 << 20
_BATCH_BYTES = 1 << 20


@attrs.frozen(eq=False)
class FileView(ABC):
    """One file to be looked at."""

    info: FileInfo

    @abstractmethod
    def facts(self) -> dict[str, object]:
        """Return what the file says of itself, by label."""

    @abstractmethod
    def records(self, on_bad: OnBad) -> Iterator[Record]:
        """Yield the records, each with its values by name.

        Args:
            on_bad: takes a record that cannot be read; it may raise.
        """

    def _whole(self) -> Split:
        size = self.info.size
        return Split(self.info.path, 0, size, size, compression_of(self.info.path))


@attrs.frozen(eq=False)
class SequenceView(FileView):
    """A sequence file.

    Attributes:
        decode: makes a record of the bytes of a value, as they are stored, and says by BadRecord
            which it cannot; None: values of known classes, else bytes.
    """

    decode: Callable[[bytes], Record] | None = None

    def facts(self) -> dict[str, object]:
        bad: list[TapError] = []
        end = min(self.info.size, _COUNTED_BYTES)
        with open_for_read(self.info.path) as file:
            header = read_header(file, self.info.path)
            try:
                reader = SequenceFileReader(file, self.info.path, end=end, on_bad=bad.append)
                count = reader.count()
                uncounted = None
            except (Unsupported, TapError) as unread:
                count, uncounted = 0, unread
                if isinstance(unread, TapError):
                    bad.append(unread)
        facts: dict[str, object] = {
            "format": f"sequence file, version {header.version}",
            "key": header.key_class,
            "value": header.value_class,
            "compression": header.compression,
            "codec": header.codec_class or "none",
            **{f"metadata {name}": value for name, value in header.metadata.items()},
        }
        if uncounted is not None:
            facts["records"] = f"not counted: {uncounted.headline}"
        elif end < self.info.size:
            facts["records"] = f"about {count * self.info.size // end}"
            count = count * self.info.size // end
        else:
            facts["records"] = count
        if bad:
            more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
            at = ", ".join(f"{label} {value}" for label, value in bad[0].details.items())
            facts["damaged"] = bad[0].headline + (f" ({at})" if at else "") + more
        if count:
            facts["bytes a record"] = f"{(self.info.size - header.size_bytes) / count:.1f}"
        return facts

    def records(self, on_bad: OnBad) -> Iterator[Record]:
        with open_for_read(self.info.path) as file:
            reader = SequenceFileReader(file, self.info.path, on_bad=on_bad)
            # Keys without content are Null, and Cascading's empty tuples.
            has_key = not isinstance(reader.key_type, NullWritable)
            for key, value in reader.records():
                record = {"key": key} if has_key and key != () else {}
                if self.decode is None:
                    yield {**record, "value": value}
                    continue
                try:
                    yield {**record, **self.decode(value)}
                except BadRecord as bad:
                    on_bad(bad)


class AvroView(FileView):
    """An Avro container file."""

    def facts(self) -> dict[str, object]:
        with open_for_read(self.info.path) as file:
            header = avro.read_header(file, self.info.path)
        fields = avro.fields_of(header.schema, self.info.path)
        return {
            "format": "Avro",
            **{f"field {name}": kind.label for name, kind in fields.items()},
            "schema": header.schema,
        }

    def records(self, on_bad: OnBad) -> Iterator[Record]:
        path, size = self.info.path, self.info.size
        with open_for_read(path) as file:
            header = avro.read_header(file, path)
            for _, blocks in avro.read_blocks(file, header, 0, size, _BATCH_BYTES):
                yield from avro.records_of(header, blocks, header.schema)


class ParquetView(FileView):
    """A Parquet file."""

    def facts(self) -> dict[str, object]:
        with open_for_read(self.info.path) as file:
            found = ParquetFile(file, self.info.path)
            return {
                "format": "Parquet",
                "row groups": len(found.group_starts),
                **{
                    f"column {name}": str(kind)
                    for name, kind in zip(found.names, found.types, strict=True)
                },
            }

    def records(self, on_bad: OnBad) -> Iterator[Record]:
        with open_for_read(self.info.path) as file:
            found = ParquetFile(file, self.info.path)
            batches = found.batches(0, self.info.size, found.names, _BATCH_BYTES)
            for _, batch in batches if found.names else ():
                yield from batch.to_pylist()


class TextView(FileView):
    """Lines of text."""

    def facts(self) -> dict[str, object]:
        return {"format": "text", "codec": compression_of(self.info.path) or "none"}

    def unpacked_start(self) -> bytes:
        """Return what a packed file begins with; nothing for one that is not, or is damaged."""
        try:
            whole = self._whole()
            blocks = read_line_blocks(whole) if whole.compression else iter(())
            return next((block.data[:4] for block in blocks), b"")
        except (TapError, Unsupported):
            return b""  # told when it is read

    def records(self, on_bad: OnBad) -> Iterator[Record]:
        for block in read_line_blocks(self._whole()):
            for line in split_lines(block.data):
                yield {"line": str(line, "utf-8", "replace")}


_VIEWS: dict[bytes, type[FileView]] = {
    b"SEQ": SequenceView,
    b"Obj\1": AvroView,
    b"PAR1": ParquetView,
}
_VERSIONS = (b"SEQ\4", b"SEQ\5", b"SEQ\6")  # a line of text may begin with the letters


def view_of(info: FileInfo) -> FileView:
    """Return how to look at a file, by its first bytes.

    Raises:
        TapError: it cannot be opened.
        Unsupported: it is a file of records that was packed as a whole.
    """
    with open_for_read(info.path) as file:
        start = file.read(4)
    for magic, view in _VIEWS.items():
        if start.startswith(magic):
            return view(info)
    text = TextView(info)
    start = text.unpacked_start()
    if any(start.startswith(magic) for magic in (*_VERSIONS, b"Obj\1", b"PAR1")):
        raise Unsupported(
            f"{info.path} is no text: a file of records was packed as a whole",
            details={"begins with": start[:4]},
            fix="unpack it first; such files pack their records themselves",
        )
    return text
