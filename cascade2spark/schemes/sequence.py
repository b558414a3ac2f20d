"""SequenceFile and WritableSequenceFile: tuples and Writables in Hadoop sequence files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from cascade2spark.codecs import cascading_tuples as tuples
from cascade2spark.codecs.cascading_tuples import CascadingTuple
from cascade2spark.codecs.sequence_header import Compression, SequenceHeader
from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.sequencefile import SequenceFileReader
from cascade2spark.codecs.writable_types import writable_of
from cascade2spark.codecs.writables import NULL, RawWritable, Writable
from cascade2spark.errors import BadRecord, BuildError, PlanError, TapError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files import Split, route_of
from cascade2spark.files.lines import open_for_read
from cascade2spark.schemes.base import (
    RowReader,
    RowWriter,
    Scheme,
    SourceInfo,
    as_sink_fields,
    as_source_fields,
    as_typed,
)
from cascade2spark.schemes.sequence_rows import (
    PairRowWriter,
    SequenceBlock,
    SequenceRowReader,
    TupleRowWriter,
    types_of,
)
from cascade2spark.types import (
    BigDecimal,
    Boolean,
    Double,
    Float,
    Integer,
    Long,
    Object,
    Short,
    String,
    Type,
    boolean_,
    double_,
    float_,
    int_,
    long_,
    short_,
)

__all__ = ["SequenceFile", "WritableSequenceFile"]

_LOCAL_BYTES = 1 << 20
_STORE_BYTES = 8 << 20  # a request to a store costs 20-100 ms
_TOKENS: dict[Type | None, int] = {
    String: tuples.STRING,
    Integer: tuples.INT,
    int_: tuples.INT,
    Long: tuples.LONG,
    long_: tuples.LONG,
    Short: tuples.SHORT,
    short_: tuples.SHORT,
    Float: tuples.FLOAT,
    float_: tuples.FLOAT,
    Double: tuples.DOUBLE,
    double_: tuples.DOUBLE,
    Boolean: tuples.BOOLEAN,
    boolean_: tuples.BOOLEAN,
    BigDecimal: tuples.DECIMAL,
}
# The type of a field that a class of Hadoop's fills.
_TYPES_BY_CLASS: dict[str, Type] = {
    "IntWritable": Integer,
    "VIntWritable": Integer,
    "LongWritable": Long,
    "VLongWritable": Long,
    "ShortWritable": Short,
    "ByteWritable": Short,
    "FloatWritable": Float,
    "DoubleWritable": Double,
    "BooleanWritable": Boolean,
    "Text": String,
}


class _SequenceScheme(Scheme):
    """What both have in common."""

    compression: Compression
    codec: str

    @property
    def extension(self) -> str:
        return "seq"

    def can_split(self, source: SourceInfo) -> bool:
        return True

    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Iterator[SequenceBlock]:
        damages: list[BadRecord] = []
        with open_for_read(split.path) as opened:
            reader = SequenceFileReader(
                opened,
                split.path,
                start=split.start,
                end=split.end,
                on_bad=damages.append,
                piece_bytes=_LOCAL_BYTES if route_of(split.path) == "local" else _STORE_BYTES,
            )
            self._check_classes(reader.header, split.path)
            self._take_types(reader)
            for block in self._stored_blocks(reader):
                found, damages[:] = list(damages), []
                yield attrs.evolve(block, damages=found)
            if damages:
                yield SequenceBlock(split.path, split.end, [], damages=damages)

    def reader(self, source: SourceInfo) -> RowReader[SequenceBlock]:
        return SequenceRowReader(source, self.stored_types())

    def stored_types(self) -> tuple[Type | None, ...]:
        """Return the types that values have as they are stored, as far as that is known."""
        return ()

    @abstractmethod
    def _check_classes(self, header: SequenceHeader, path: str) -> None:
        """Raise TapError when a file holds something else."""

    def _take_types(self, reader: SequenceFileReader) -> None:
        """Give the reader the classes that are declared, where a file cannot tell."""

    @abstractmethod
    def _stored_blocks(self, reader: SequenceFileReader) -> Iterator[SequenceBlock]:
        """Yield the records of a range."""

    def _writer_of(self, key_type: Writable, value_type: Writable) -> SequenceFileWriter:
        return SequenceFileWriter(
            key_type, value_type, compression=self.compression, codec=self.codec
        )


@attrs.frozen(init=False)
class SequenceFile(_SequenceScheme):
    """Rows as Cascading stores them between its own flows: Cascading reads these files.

    Reading: a value is what its Java type is in Python; null, texts, numbers, booleans, BigDecimal,
    bytes, tuples inside, and Writables of Hadoop's are known. Undeclared fields are as many as a
    row has. Declared types are applied. A row of another width than the declared fields, or with a
    value of a class that is not known, is a bad record.

    Writing: a value has the Java type of its field's type; where none is declared, an int is a
    Long, a float a Double and bytes are a BytesWritable. A value that does not fit is coerced.

    Args:
        fields: declared fields; ALL and UNKNOWN are whatever there is.
        types: a type for each field.
        compression: of files that are written: none, record or block.
        codec: zlib, gzip, bzip2 or, with the extra [codecs], snappy, lz4, zstd.
        num_sink_parts: part files to write; 0 for one a partition.
    Raises:
        BuildError: arguments that do not go together.
    Source:
        Cascading's SequenceFile and TupleSerialization
    Example:
        >>> rows = SequenceFile(("user", "visits"), types=[str, int])
        >>> rows.writer(rows.sink_fields).start()[:3]
        b'SEQ'
    """

    fields: Fields
    compression: Compression
    codec: str
    num_sink_parts: int

    def __init__(
        self,
        fields: Any = Fields.ALL,
        *,
        types: Sequence[Any] | None = None,
        compression: Compression = "none",
        codec: str = "zlib",
        num_sink_parts: int = 0,
    ) -> None:
        # What is wrong with the last two is said here, not in a task.
        SequenceFileWriter(NULL, NULL, compression=compression, codec=codec)
        named = as_typed(as_fields(fields), types)
        self.__attrs_init__(named, compression, codec, num_sink_parts)

    @property
    def source_fields(self) -> Fields:
        return as_source_fields(self.fields)

    @property
    def sink_fields(self) -> Fields:
        return as_sink_fields(self.fields)

    def writer(self, fields: Fields) -> RowWriter:
        own = self.sink_fields
        typed = own if own.has_types() and len(own) == len(fields) else fields
        types = types_of(typed) if fields.is_defined() else ()
        tokens = tuple([_TOKENS.get(kind) for kind in types])
        file = self._writer_of(CascadingTuple(), CascadingTuple(tokens))
        return TupleRowWriter(fields, file, types)

    def _check_classes(self, header: SequenceHeader, path: str) -> None:
        found = [header.key_class, header.value_class]
        if found != [tuples.CASCADING_TUPLE_CLASS] * 2:
            raise TapError(
                f"{path} does not hold Cascading's tuples",
                asked=[tuples.CASCADING_TUPLE_CLASS],
                available=found,
                fix="read it by WritableSequenceFile(fields, key type, value type)",
            )

    def _stored_blocks(self, reader: SequenceFileReader) -> Iterator[SequenceBlock]:
        # The keys are empty tuples.
        for chunk in reader.chunks(keys=False):
            yield SequenceBlock(reader.path, chunk.offset, chunk.values or [])


@attrs.frozen(init=False)
class WritableSequenceFile(_SequenceScheme):
    """Sequence files of any Writables: the key, the value or both are the fields of a row.

    The classes are given by their names, as "LongWritable", or by objects of
    `cascade2spark.codecs.writables`; one field is the value unless only `key_type` is given. Values
    are Python's: bytes of BytesWritable, a list of ArrayWritable, a dict of MapWritable. A class of
    one's own gives its bytes as they are stored; where they are those of a class that is known, say
    so: "com.example.Event as BytesWritable". Arrays name what they hold: "ArrayWritable<Text>".

    Args:
        fields: one or two fields; without types of their own they have those of the classes.
        types: as in Java, (value type) or (key type, value type); None leaves a side out.
        key_type: class of the keys.
        value_type: class of the values.
        compression: of files that are written: none, record or block.
        codec: zlib, gzip, bzip2 or, with the extra [codecs], snappy, lz4, zstd.
        num_sink_parts: part files to write; 0 for one a partition.
    Raises:
        BuildError: arguments that do not go together.
    Source:
        Cascading's WritableSequenceFile
    Example:
        >>> scheme = WritableSequenceFile(Fields("ms", "line"), "LongWritable", "Text")
        >>> scheme.source_fields.get_types()
        (Long, String)
    """

    fields: Fields
    key_type: Writable | None
    value_type: Writable | None
    compression: Compression
    codec: str
    num_sink_parts: int

    def __init__(
        self,
        fields: Any,
        *types: Any,
        key_type: Any = None,
        value_type: Any = None,
        compression: Compression = "none",
        codec: str = "zlib",
        num_sink_parts: int = 0,
    ) -> None:
        if len(types) > 2 or (types and (key_type or value_type)):
            raise BuildError(
                "WritableSequenceFile takes a value type, or a key type and a value type",
                asked=[str(one) for one in types],
            )
        if types:
            key_type, value_type = types if len(types) == 2 else (None, types[0])
        key, value = _as_writable(key_type), _as_writable(value_type)
        sides = [side for side in (key, value) if side is not None]
        named = as_fields(fields)
        if not sides:
            raise BuildError(
                "WritableSequenceFile needs a key type, a value type or both",
                asked=named,
                fix='say what the files hold, as WritableSequenceFile(fields, "LongWritable", '
                '"Text")',
            )
        if not named.is_defined() or len(named) != len(sides):
            raise BuildError(
                f"WritableSequenceFile needs {len(sides)} fields for its types",
                asked=named,
                available=[side.class_name for side in sides],
            )
        if not named.has_types():
            named = named.apply_types(*map(_type_of, sides))
        SequenceFileWriter(NULL, NULL, compression=compression, codec=codec)
        self.__attrs_init__(named, key, value, compression, codec, num_sink_parts)

    @property
    def source_fields(self) -> Fields:
        return self.fields

    @property
    def sink_fields(self) -> Fields:
        return self.fields

    def writer(self, fields: Fields) -> RowWriter:
        if not fields.is_defined() or len(fields) != len(self.fields):
            raise PlanError(
                f"WritableSequenceFile writes {len(self.fields)} fields",
                asked=fields.print_(),
                available=[str(name) for name in self.fields],
            )
        file = self._writer_of(self.key_type or NULL, self.value_type or NULL)
        return PairRowWriter(
            fields, file, types_of(self.fields), self.key_type is not None, bool(self.value_type)
        )

    def _check_classes(self, header: SequenceHeader, path: str) -> None:
        for what, declared, found in (
            ("keys", self.key_type, header.key_class),
            ("values", self.value_type, header.value_class),
        ):
            if declared is not None and declared.class_name != found:
                raise TapError(
                    f"the {what} of {path} are of another class",
                    asked=[declared.class_name],
                    available=[found],
                )

    def _take_types(self, reader: SequenceFileReader) -> None:
        reader.key_type = self.key_type or reader.key_type
        reader.value_type = self.value_type or reader.value_type

    def stored_types(self) -> tuple[Type | None, ...]:
        sides = (self.key_type, self.value_type)
        return tuple([_type_of(side) for side in sides if side is not None])

    def _stored_blocks(self, reader: SequenceFileReader) -> Iterator[SequenceBlock]:
        has_key, has_value = self.key_type is not None, self.value_type is not None
        for chunk in reader.chunks(keys=has_key, values=has_value):
            sides = tuple([side for side in (chunk.keys, chunk.values) if side is not None])
            yield SequenceBlock(reader.path, chunk.offset, None, sides)


def _as_writable(given: Any) -> Writable | None:
    if given is None or isinstance(given, Writable):
        return given
    if isinstance(given, type) and issubclass(given, Writable) and given is not RawWritable:
        try:
            return given()
        except TypeError:
            pass  # an array that does not say of what
    if isinstance(given, str) and given.strip():
        made = writable_of(given)
        if not isinstance(made, RawWritable) or "." in made.class_name:
            return made
    raise BuildError(
        "a sequence file needs the names of Hadoop's classes, or full names",
        asked=given if isinstance(given, str) else repr(given),
        available=[
            *("NullWritable", "BytesWritable", *_TYPES_BY_CLASS),
            *("MapWritable", "ArrayWritable<Text>"),
        ],
    )


def _type_of(writable: Writable) -> Type:
    return _TYPES_BY_CLASS.get(type(writable).__name__, Object)
