"""ThriftSequenceFile: thrift structs in Hadoop sequence files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs

from cascade2spark.codecs.sequence_header import Compression
from cascade2spark.codecs.sequence_window import DEFAULT_MOST_BYTES
from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.thrift import ThriftCodec, ThriftStruct, ThriftType, thrift_struct
from cascade2spark.codecs.thrift_values import THRIFT_WRITABLE, is_struct_class
from cascade2spark.codecs.writables import NULL, BytesWritable, LongWritable, Writable
from cascade2spark.errors import (
    BuildError,
    Cascade2SparkError,
    PlanError,
    RunError,
)
from cascade2spark.fields import Fields
from cascade2spark.files import Split, route_of
from cascade2spark.files.lines import open_for_read
from cascade2spark.schemes.base import OnBad, Row, RowReader, RowWriter, Scheme, SourceInfo
from cascade2spark.schemes.thrift_blocks import (
    ThriftBlock,
    block_parts,
    thrift_blocks,
    thrift_values,
)
from cascade2spark.types import (
    Boolean,
    Double,
    Integer,
    Long,
    Object,
    Short,
    String,
    Type,
    coercion,
)

__all__ = ["ThriftBlock", "ThriftSequenceFile"]

_TRUTHS = frozenset({bool, type(None)})
# How much of a file is read at a time: where each read costs a request, more is better.
_LOCAL_BYTES = 1 << 20
_STORE_BYTES = 8 << 20
_TYPES: dict[str, Type] = {
    "bool": Boolean,
    "byte": Integer,
    "i16": Short,
    "i32": Integer,
    "enum": Integer,
    "i64": Long,
    "double": Double,
    "string": String,
}


@attrs.frozen(init=False)
class ThriftSequenceFile(Scheme):
    """Sequence files whose values are thrift structs: a struct is a row.

    Reading: the fields are those of the struct, with its types, or the ones chosen; only what a
    flow needs is decoded, the rest is passed over as bytes. An enum is its number, a `binary` is
    bytes, a list, set or map is Python's, a struct inside is an object with attributes. What is
    absent gives its default, or null. A record must be a whole struct, whatever is read of it: one
    that is not is a bad record. Values may be of the class BytesWritable, or of any class that
    stores its length before its bytes, as ThriftWritable and its subclasses; one of length 0 is a
    null of theirs, and a row of nulls here. Of Cascading's own files the one value of bytes in a
    tuple is taken.

    Writing: by field name; null is not written. A value that its field has no place for is coerced
    as everywhere, and if that fails too, the row is bad.

    Args:
        struct: path or text of an IDL, a class that thriftpy2 loaded, or a `ThriftStruct`.
        name: which struct of the IDL; may be left out if it has only one.
        fields: names of the struct's fields, or paths into it such as ``user.address.city``; as a
            mapping, paths by the names they get here. None is all fields.
        protocol: binary or compact.
        as_object: rows have one field, the whole struct as a record, called `record` or as `fields`
            says. It stays bytes until an attribute of it is set, or one that can be changed is
            looked at, and is written back as these bytes if nobody does.
        key: name of a field for the key, a LongWritable such as Kafka's offset; None leaves the key
            out, and writes NullWritable.
        text: what invalid UTF-8 becomes: replace, strict or surrogateescape.
        unknown: fields that the IDL does not know: drop, or keep; only with `as_object`.
        trailing: bytes behind the end of a struct: refuse the record, or ignore them.
        most_bytes: most bytes of a block, or of a record beyond the megabyte that is read anyhow;
            what claims to have more is bad. Default 256 MiB.
        value_class: Java class to write: BytesWritable, ThriftWritable or a full name.
        compression: of files that are written: none, record or block.
        codec: zlib, gzip, bzip2 or, with the extra [codecs], snappy, lz4, zstd.
        include_dirs: folders of files that the IDL includes.
        num_sink_parts: part files to write; 0 for one a partition.
    Raises:
        BuildError: the IDL cannot be parsed, or arguments do not go together.
    Source:
        elephant-bird's ThriftWritable in a SequenceFile; Secor's sequence files
    Example:
        >>> idl = "struct Visit { 1: string user, 2: i64 ms }"
        >>> ThriftSequenceFile(idl).source_fields
        Fields('user': String, 'ms': Long)
    """

    codec: ThriftCodec
    names: tuple[str, ...]
    is_chosen: bool
    as_object: bool
    key: str | None
    value_class: str
    compression: Compression
    compression_codec: str
    num_sink_parts: int
    most_bytes: int

    def __init__(
        self,
        struct: Any,
        name: str | None = None,
        *,
        fields: Sequence[str] | Mapping[str, str] | str | None = None,
        protocol: Literal["binary", "compact"] = "binary",
        as_object: bool = False,
        key: str | None = None,
        text: Literal["replace", "strict", "surrogateescape"] = "replace",
        unknown: Literal["drop", "keep"] = "drop",
        trailing: Literal["refuse", "ignore"] = "refuse",
        most_bytes: int = DEFAULT_MOST_BYTES,
        value_class: str = "BytesWritable",
        compression: Compression = "none",
        codec: str = "zlib",
        include_dirs: Iterable[str] = (),
        num_sink_parts: int = 0,
    ) -> None:
        found = thrift_struct(struct, name, include_dirs=include_dirs)
        names, paths = _chosen(found, fields, as_object)
        if unknown == "keep" and not as_object:
            raise BuildError(
                "unknown fields have no place in a row",
                asked="unknown='keep'",
                fix="read whole records: as_object=True",
            )
        if key is not None and key in names:
            raise BuildError("the key needs a name that no field has", asked=key, available=names)
        made = ThriftCodec(found, protocol, paths, text, unknown, trailing)
        if not isinstance(most_bytes, int) or most_bytes < 1:
            raise BuildError("most_bytes is a count of bytes from 1 up", asked=most_bytes)
        # What is wrong with these is said here, not in a task.
        SequenceFileWriter(NULL, _writable(value_class), compression=compression, codec=codec)
        self.__attrs_init__(
            made,
            names,
            fields is not None,
            as_object,
            key,
            _writable(value_class).class_name,
            compression,
            codec,
            num_sink_parts,
            most_bytes,
        )

    @property
    def struct(self) -> ThriftStruct:
        """The struct that is read and written."""
        return self.codec.struct

    @property
    def source_fields(self) -> Fields:
        names, types = (
            list(self.names),
            [Object if self.as_object else kind for kind in _kinds(self)],
        )
        if self.key is not None:
            names, types = [self.key, *names], [Long, *types]
        return Fields(names, types)

    @property
    def sink_fields(self) -> Fields:
        if self.as_object or self.is_chosen:
            return self.source_fields
        return Fields.ALL

    @property
    def extension(self) -> str:
        return "seq"

    def can_split(self, source: SourceInfo) -> bool:
        return True

    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Iterator[ThriftBlock]:
        wants_key = self.key is not None and (source.wanted is None or 0 in source.wanted)
        if not split.size:
            return  # what Hadoop leaves of a task without output
        with open_for_read(split.path) as opened:
            yield from thrift_blocks(
                opened,
                split.path,
                split.start,
                split.end,
                with_keys=wants_key,
                most_bytes=self.most_bytes,
                piece_bytes=_LOCAL_BYTES if route_of(split.path) == "local" else _STORE_BYTES,
            )

    def reader(self, source: SourceInfo) -> ThriftReader:
        return ThriftReader(self, source)

    def writer(self, fields: Fields) -> RowWriter:
        if not fields.is_defined():
            raise PlanError(
                "ThriftSequenceFile needs to know its fields; here rows of any width are written",
                asked=fields.print_(),
                available=list(self.names),
            )
        names = [str(one) for one in fields]
        has_key = self.key is not None
        if has_key and self.key not in names:
            raise PlanError(
                "the key of a sequence file is missing", asked=self.key, available=names
            )
        inner = [name for name in names if name != self.key]
        key_type = LongWritable() if has_key else NULL
        file = SequenceFileWriter(
            key_type,
            BytesWritable(self.value_class),
            compression=self.compression,
            codec=self.compression_codec,
        )
        key_at = names.index(self.key) if self.key is not None else None
        if self.as_object:
            if len(inner) != 1:
                raise PlanError(
                    "one field holds the whole struct", asked=inner, available=self.names
                )
            return _ThriftWriter(fields, file, key_at, attrs.evolve(self.codec, fields=None), None)
        path_of = dict(zip(self.names, self.codec.fields or self.names, strict=True))
        paths = [path_of.get(name, name) for name in inner]
        known = [(field.name, field.type.label) for field in self.struct.fields]
        for path in paths:
            if path not in self.struct.by_name:
                raise PlanError(
                    f"thrift {self.struct.kind} {self.struct.name} has no such field to write",
                    asked=path,
                    available=known,
                )
        codec = attrs.evolve(self.codec, fields=tuple(paths))
        types = [_type_of(self.struct.field(path).type) for path in paths]
        return _ThriftWriter(fields, file, key_at, codec, types)


class ThriftReader(RowReader[ThriftBlock]):
    """Structs of blocks as rows, or as records."""

    def __init__(self, scheme: ThriftSequenceFile, source: SourceInfo) -> None:
        width = len(scheme.names) + (scheme.key is not None)
        wanted = tuple(range(width)) if source.wanted is None else source.wanted
        shift = 1 if scheme.key is not None else 0
        self._key_at = wanted.index(0) if shift and 0 in wanted else None
        inner = [place - shift for place in wanted if place >= shift]
        codec = scheme.codec
        self._is_object = scheme.as_object and bool(inner)
        if self._is_object:
            # A record that is bytes still is one that can be read: bad ones are found here.
            self._decode: Callable[[list[bytes]], list[Any]] = codec.unread_decoder()
        else:
            paths = () if scheme.as_object else codec.fields or scheme.names
            self._decode = attrs.evolve(codec, fields=[paths[at] for at in inner]).row_decoder()
        self._null = None if self._is_object else (None,) * len(inner)

    def rows(self, blocks: Iterable[ThriftBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        at = self._key_at
        for found, keys in self._found(blocks, on_bad):
            rows = [(one,) for one in found] if self._is_object else found
            if at is not None and keys is not None:
                rows = [(*row[:at], key, *row[at:]) for row, key in zip(rows, keys, strict=True)]
            if rows:
                yield rows

    def values(self, blocks: Iterable[ThriftBlock], on_bad: OnBad) -> Iterator[list[Any]]:
        """Yield records, or rows without keys, some at a time."""
        for found, _ in self._found(blocks, on_bad):
            yield found

    def _found(
        self, blocks: Iterable[ThriftBlock], on_bad: OnBad
    ) -> Iterator[tuple[list[Any], list[Any] | None]]:
        for block in blocks:
            for part in block_parts(block):
                yield thrift_values(part, self._decode, self._null, on_bad)


class _ThriftWriter(RowWriter):
    def __init__(
        self,
        fields: Fields,
        file: SequenceFileWriter,
        key_at: int | None,
        codec: ThriftCodec,
        types: list[Type] | None,
    ) -> None:
        self._fields = fields
        self._file = file
        self._key_at = key_at
        self._types = types
        self._codec = codec
        self._encode: Callable[[Sequence[Any]], list[bytes]] = (
            codec.encoder() if types is None else codec.row_encoder()
        )
        self._convert = [coercion(kind) for kind in types or ()]
        # Any value is true or false to the codecs, and the text "false" is not false to them.
        self._truths = [at for at, kind in enumerate(types or ()) if kind is Boolean]
        self._is_nullable = file.header.value_class != BytesWritable().class_name

    def start(self) -> bytes:
        return self._file.start()

    def encode(self, rows: Sequence[Row]) -> bytes:
        at = self._key_at
        keys: list[Any] = [None] * len(rows)
        inner: Sequence[Row] = rows
        if at is not None:
            keys = [row[at] for row in rows]
            inner = [(*row[:at], *row[at + 1 :]) for row in rows]
        values = self._values(inner)
        if values is None:
            values = [self._value(row, given) for row, given in zip(inner, rows, strict=True)]
        try:
            return self._file.encode(keys, values)
        except ValueError as refused:
            raise RunError(
                f"a key that LongWritable has no place for: {refused}",
                row=next(iter(rows)),
                fields=self._fields.print_(),
            ) from refused

    def finish(self) -> bytes:
        return self._file.finish()

    def _values(self, rows: Sequence[Row]) -> list[bytes] | None:
        """Return the structs of many rows; None when one of them needs a closer look."""
        try:
            if self._types is None:
                return self._structs([one for (one,) in rows])
            for at in self._truths:
                if not {row[at].__class__ for row in rows} <= _TRUTHS:
                    return None
            return self._encode(rows)
        except Cascade2SparkError:
            return None

    def _structs(self, records: list[Any]) -> list[bytes]:
        if not self._is_nullable or type(None) not in set(map(type, records)):
            return self._encode(records)
        return [b"" if one is None else self._codec.encode(one) for one in records]

    def _value(self, row: Row, given: Row) -> bytes:
        try:
            if self._types is None:
                if row[0] is None and self._is_nullable:
                    return b""
                return self._codec.encode(row[0])
            for at in self._truths:
                if row[at] is not None and row[at].__class__ is not bool:
                    return self._codec.encode_row(self._converted(row))
            try:
                return self._codec.encode_row(row)
            except BuildError as refused:
                try:
                    return self._codec.encode_row(self._converted(row))
                except Cascade2SparkError:
                    raise refused from None  # it names the field
        except Cascade2SparkError as refused:
            raise RunError(
                refused.headline,
                row=given,
                fields=self._fields.print_(),
                details=refused.details,
            ) from refused

    def _converted(self, row: Row) -> Row:
        return tuple([call(one) for call, one in zip(self._convert, row, strict=True)])


def _chosen(
    struct: ThriftStruct, fields: Any, as_object: bool
) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the names of fields, and the paths in the struct if they are not simply all."""
    if as_object:
        one = "record" if fields is None else fields
        if not isinstance(one, str):
            raise BuildError("with as_object, fields is the name of one field", asked=list(one))
        return (one,), None
    if fields is None:
        return struct.field_names, None
    if isinstance(fields, Mapping):
        names, paths = tuple(map(str, fields)), tuple(map(str, fields.values()))
    else:
        names = paths = (fields,) if isinstance(fields, str) else tuple(map(str, fields))
    if not paths:
        raise BuildError("ThriftSequenceFile was given no fields", available=struct.field_names)
    for path in paths:
        struct.path(path)
    return names, paths


def _kinds(scheme: ThriftSequenceFile) -> list[Type]:
    if scheme.as_object:
        return [Object]
    paths = scheme.codec.fields or scheme.names
    return [_type_of(scheme.struct.path(path)[-1].type) for path in paths]


def _type_of(kind: ThriftType) -> Type:
    return _TYPES.get(kind.kind, Object)


def _writable(name: str) -> Writable:
    known = ["BytesWritable", "ThriftWritable"]
    if name in ("BytesWritable", BytesWritable().class_name):
        return BytesWritable()
    if name == "ThriftWritable":
        return BytesWritable(THRIFT_WRITABLE)
    if not isinstance(name, str) or "." not in name:
        raise BuildError(
            "the values of a sequence file need a full class name", asked=name, available=known
        )
    if not is_struct_class(name):
        raise BuildError("values of this class are no structs", asked=name, available=known)
    return BytesWritable(name)
