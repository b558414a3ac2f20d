"""What ``cat --idl`` makes of the values of a sequence file: thrift structs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import attrs

from cascade2spark.cli.viewing import FileView, OnBad, Record, SequenceView
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.thrift import ThriftCodec, as_plain, thrift_struct
from cascade2spark.codecs.thrift_values import struct_values
from cascade2spark.codecs.writables import NullWritable
from cascade2spark.errors import BadRecord
from cascade2spark.files import FileInfo, route_of
from cascade2spark.files.lines import open_for_read

__all__ = ["thrift_view_of"]


def thrift_view_of(
    idl: str,
    struct: str | None,
    fields: str | None,
    protocol: Literal["binary", "compact"],
    *,
    with_absent: bool = False,
) -> Callable[[FileInfo], FileView]:
    """Return how to look at a file of structs.

    Args:
        idl: path of the IDL, or a URL; or its text.
        struct: name of the struct; None if there is only one.
        fields: paths of fields, joined by commas; None is all.
        with_absent: records have all of the fields, also those that a struct leaves unset.
    Raises:
        BuildError: the IDL cannot be parsed, or has no such struct or field.
    """
    paths = None if fields is None else [path.strip() for path in fields.split(",")]
    if "{" not in idl and route_of(idl) != "local":
        with open_for_read(idl) as file:
            idl = file.read().decode("utf-8", "replace")
    found = thrift_struct(idl, struct)
    if with_absent and paths is None:
        paths = list(found.field_names)
    codec = ThriftCodec(found, protocol, paths)
    return lambda info: _ThriftView(info, codec)


@attrs.frozen(eq=False)
class _ThriftView(FileView):
    """A sequence file of structs."""

    codec: ThriftCodec

    def facts(self) -> dict[str, object]:
        return SequenceView(self.info).facts()

    def records(self, on_bad: OnBad) -> Iterator[Record]:
        codec = self.codec
        with open_for_read(self.info.path) as file:
            reader = SequenceFileReader(file, self.info.path, on_bad=on_bad)
            has_key = not isinstance(reader.key_type, NullWritable)
            stored = struct_values(reader.header.value_class, self.info.path)
            reader.value_type = stored.type
            names = codec.fields or codec.struct.field_names
            key_name = "_key" if "key" in names else "key"
            null: Record = dict.fromkeys(codec.fields or ())
            for number, (key, value) in enumerate(reader.records()):
                record: Record = {key_name: key} if has_key and key != () else {}
                (data,) = stored.structs_in([value])
                try:
                    is_null = not data and stored.is_nullable
                    record |= null if is_null else _values(codec, data)
                except BadRecord as bad:
                    bad.details = {"file": self.info.path, "record": number, **bad.details}
                    on_bad(bad)
                    continue
                yield record


def _values(codec: ThriftCodec, data: bytes) -> Record:
    if codec.fields is None:
        values: Record = codec.decode(data).as_dict()
        return values
    row = codec.decode_row(data)
    return {path: as_plain(value) for path, value in zip(codec.fields, row, strict=True)}
