"""ThriftSequenceFile: thrift structs in Hadoop sequence files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    PlanError,
)
from cascade2spark.fields import Fields
from cascade2spark.files import Split, route_of
from cascade2spark.files.lines import open_for_read
from cascade2spark.schemes.base import Scheme, SourceInfo
from cascade2spark.schemes.thrift_blocks import ThriftBlock, thrift_blocks
from cascade2spark.schemes.thrift_rows import ThriftReader, ThriftWriter
from cascade2spark.types import (
    Boolean,
    Double,
    Integer,
    Long,
    Object,
    Short,
    String,
    Type,
)

__all__ = ["ThriftBlock", "ThriftSequenceFile"]

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
_BITS = {"byte": 8, "i16": 16, "i32": 32, "enum": 32, "i64": 64}


@attrs.frozen(init=False)
class ThriftSequenceFile(Scheme):
    """Sequence files whose values are thrift structs: a struct is a row.

    Reading: the fields are those of the struct, with its types, or the ones chosen; only what a
    flow needs is decoded, the rest is passed over as bytes. An enum is its number, a `binary` is
    bytes, a list, set or map is Python's, a struct inside is an object with attributes. What is
    absent gives its default, or null; so does a path into a struct that is absent. A record must be
    a whole struct, whatever is read of it: one that is not is a bad record. Values may be of the
    class BytesWritable, or of any class that stores its length before its bytes, as ThriftWritable
    and its subclasses; one of length 0 is a null of theirs, and a row of nulls here. Of Cascading's
    own files the one value of bytes in a tuple is taken.

    Writing: by field name; null is not written. A value that its field has no place for is coerced
    as everywhere, and if that fails too, the row is bad. So it is where a number does not fit: it
    does not wrap.

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
        if key is not None and not (isinstance(key, str) and key):
            raise BuildError("key is the name of a field", asked=key)
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
        width = len(self.names) + (self.key is not None)
        wanted = tuple(range(width)) if source.wanted is None else source.wanted
        paths = () if self.as_object else self.codec.fields or self.names
        return ThriftReader(self.codec, paths, wanted, self.key is not None)

    def writer(self, fields: Fields) -> ThriftWriter:
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
            return ThriftWriter(fields, file, key_at, attrs.evolve(self.codec, fields=None), None)
        path_of = dict(zip(self.names, self.codec.fields or self.names, strict=True))
        paths = [path_of.get(name, name) for name in inner]
        known = [(field.name, field.type.label) for field in self.struct.fields]
        for path in paths:
            if "." in path and path not in self.struct.by_name:
                raise PlanError(
                    "a field inside of a struct cannot be written by itself",
                    asked=path,
                    available=known,
                    fix=f"write all of {path.partition('.')[0]!r}: a record, or a dict of fields",
                )
            if path not in self.struct.by_name:
                raise PlanError(
                    f"thrift {self.struct.kind} {self.struct.name} has no such field to write",
                    asked=path,
                    available=known,
                )
        codec = attrs.evolve(self.codec, fields=tuple(paths))
        kinds = [self.struct.field(path).type for path in paths]
        bits = [_BITS.get(kind.kind, 0) for kind in kinds]
        return ThriftWriter(fields, file, key_at, codec, [*map(_type_of, kinds)], bits)


def _chosen(
    struct: ThriftStruct, fields: Any, as_object: bool
) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the names of fields, and the paths in the struct if they are not simply all."""
    if as_object:
        named = ("record",) if fields is None else _listed(fields)
        if len(named) != 1 or isinstance(fields, Mapping):
            raise BuildError("with as_object, fields is the name of one field", asked=named)
        return named, None
    if fields is None:
        return struct.field_names, None
    names = paths = _listed(fields)
    if isinstance(fields, Mapping):
        paths = tuple(map(str, fields.values()))
    if not paths:
        raise BuildError("ThriftSequenceFile was given no fields", available=struct.field_names)
    for path in paths:
        struct.path(path)
    twice = [name for at, name in enumerate(names) if name in names[:at]]
    if twice:
        raise BuildError("a field is named twice", asked=names, details={"twice": twice[0]})
    return names, paths


def _listed(fields: Any) -> tuple[str, ...]:
    if isinstance(fields, str):
        return (fields,)
    if not isinstance(fields, Iterable):
        raise BuildError("fields are names, or paths such as 'user.city'", asked=fields)
    return tuple(map(str, fields))


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
