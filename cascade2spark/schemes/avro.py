"""Avro: object container files, a record is a row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import attrs

from cascade2spark.codecs import avro
from cascade2spark.codecs.avro_writer import RecordEncoder
from cascade2spark.errors import (
    BadRecord,
    BuildError,
    Cascade2SparkError,
    PlanError,
    RunError,
    TapError,
)
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files import Split
from cascade2spark.files.lines import open_for_read
from cascade2spark.schemes.base import (
    OnBad,
    Row,
    RowReader,
    RowWriter,
    Scheme,
    SourceFiles,
    SourceInfo,
    as_sink_fields,
    as_source_fields,
    as_typed,
    check_width,
)
from cascade2spark.schemes.lines import BATCH_ROWS
from cascade2spark.types import CoercibleType, Object, Type, char_, coercion

__all__ = ["Avro", "AvroBlock", "AvroScheme"]


@attrs.frozen(init=False)
class Avro(Scheme):
    """Avro container files, read and written by field names.

    Reading: the file's own schema says what its records hold; only the fields that a flow needs are
    decoded. Undeclared fields are all those of the first file, with their types. An array is a
    list, a map or a record inside is a dict, bytes are bytes, dates and times those of `datetime`.
    Declared types apply as everywhere; a value that cannot become its type makes the row a bad
    record, and so does each block whose data cannot be decoded. A range of a file has the blocks
    that begin in it.

    Writing: a record has the sink fields, by their types or by `schema`; a value is coerced to its
    field's. Fields of primitive types cannot be null, all others can.

    Needs the package fastavro: ``pip install "cascade2spark[avro]"``.

    Args:
        fields: declared fields; undeclared ones are those of the schema, else of the file, or of
            the stream.
        schema: for writing, the schema of a record: JSON text, or the object it stands for.
        types: a type for each field.
        compression: deflate (the default) or null, the codec inside of the files; what is read
            may have any that fastavro knows.
        num_sink_parts: part files to write; 0 for one a partition.
    Raises:
        BuildError: arguments that do not go together, or fastavro is missing.
    Source:
        cascading.avro.AvroScheme
    Example:
        >>> Avro(("user", "visits"), types=[str, int]).get_source_fields()
        Fields('user': String, 'visits': Long)
    """

    fields: Fields
    schema: Any = attrs.field(eq=lambda schema: json.dumps(schema, sort_keys=True))
    compression: str
    num_sink_parts: int

    def __init__(
        self,
        fields: Any = Fields.ALL,
        schema: Any = None,
        *,
        types: Sequence[Any] | None = None,
        compression: str = "deflate",
        num_sink_parts: int = 0,
    ) -> None:
        avro.fastavro()
        if compression not in avro.CODECS:
            raise BuildError("unknown compression", asked=compression, available=list(avro.CODECS))
        named = as_typed(as_fields(fields), types)
        record = None if schema is None else avro.as_record_schema(schema)
        if record is not None and not named.is_defined():
            found = avro.fields_of(record, "the schema")
            named = Fields(list(found), list(found.values()))
        self.__attrs_init__(named, record, compression, num_sink_parts)

    @property
    def source_fields(self) -> Fields:
        return as_source_fields(self.fields)

    @property
    def sink_fields(self) -> Fields:
        return as_sink_fields(self.fields)

    @property
    def extension(self) -> str:
        return "avro"

    @property
    def part_suffix(self) -> str:
        return ".avro"

    def can_split(self, source: SourceInfo) -> bool:
        return True

    def retrieve_source_fields(self, tap: SourceFiles) -> Fields:
        """Return the declared fields, or those of the first file's schema.

        Raises:
            TapError: the fields are undeclared, and there is no file.
        """
        if not self.source_fields.is_unknown():
            return self.source_fields
        why = "the fields are undeclared, so the schema of a file is read while planning"
        try:
            files = tap.list_files()
        except TapError as missing:
            missing.details.setdefault("needed now", why)
            raise
        if not files:
            raise TapError(f"{tap.get_identifier()} holds no file", details={"needed now": why})
        path = files[0].path
        with open_for_read(path) as opened:
            found = avro.fields_of(avro.read_header(opened, path).schema, path)
        try:
            return Fields(list(found), list(found.values()))
        except Cascade2SparkError as bad:
            raise TapError(
                f"the schema of {path} does not name fields",
                asked=list(found),
                details={"because": bad.headline},
            ) from bad

    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Iterator[AvroBlock]:
        with open_for_read(split.path) as opened:
            header = avro.read_header(opened, split.path)
            read = _wanted_of(source, avro.fields_of(header.schema, split.path), split.path)
            schema = avro.narrowed(header.schema, [name for name, _ in read.values()])
            for offset, blocks in avro.read_blocks(
                opened, header, split.start, split.end, block_bytes
            ):
                yield AvroBlock(header, offset, blocks, schema, read)

    def reader(self, source: SourceInfo) -> RowReader[AvroBlock]:
        return _AvroReader(source)

    def writer(self, fields: Fields) -> RowWriter:
        if not fields.is_defined():
            raise PlanError(
                "Avro needs to know its fields, and here rows of any width are written",
                asked=fields.print_(),
                fix="declare fields and types in the scheme, or use TextDelimited",
            )
        own = self.sink_fields
        typed = own if own.has_types() and len(own) == len(fields) else fields
        types = typed.get_types() or (None,) * len(fields)
        names = [str(name) for name in fields]
        schema = self.schema
        if schema is None:
            schema = avro.schema_of(names, types)
        found = avro.fields_of(schema, "the schema")
        for name in names:
            if name not in found:
                raise PlanError(
                    "the schema has no field for one that is written",
                    asked=name,
                    available=[(one, kind.label) for one, kind in found.items()],
                )
        converts = [
            _convert_of(declared or found[name], found[name])
            for name, declared in zip(names, types, strict=True)
        ]
        return _AvroWriter(fields, RecordEncoder(schema, self.compression), converts)


class AvroScheme(Avro):
    """Avro's own Cascading scheme by its name: (schema), (fields), or (fields, types).

    Args:
        args: in the order above.
        more: as of `Avro`.
    Raises:
        BuildError: arguments that do not go together, or fastavro is missing.
    Source:
        cascading.avro.AvroScheme
    Example:
        >>> AvroScheme(("user", "visits"), [str, int]).get_source_fields()
        Fields('user': String, 'visits': Long)
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        is_schema = args and (
            isinstance(args[0], dict)
            or (isinstance(args[0], str) and args[0].lstrip().startswith("{"))
        )
        if is_schema:
            super().__init__(Fields.ALL, *args, **more)
        elif len(args) == 2 and isinstance(args[1], (list, tuple)):
            super().__init__(args[0], types=args[1], **more)
        else:
            super().__init__(*args, **more)


Convert = Callable[[Any], Any]
# What is read of a record: (name, conversion) by position in the source fields.
Read = dict[int, tuple[str, Convert | None]]


@attrs.frozen(eq=False)
class AvroBlock:
    """Some neighbouring blocks of one file.

    Attributes:
        header: of the file.
        offset: where the first block begins.
        blocks: as they lie in the file.
        schema: what is decoded of the records, None for all.
        read: the fields that are, by position, and how they become their declared type.
    """

    header: avro.AvroHeader
    offset: int
    blocks: list[bytes]
    schema: Any
    read: Read


def _wanted_of(source: SourceInfo, kinds: dict[str, Type], path: str) -> Read:
    """Return what is read: the wanted positions, and those whose conversion may fail."""
    types = source.fields.get_types() or (None,) * len(source.fields)
    wanted = range(len(types)) if source.wanted is None else source.wanted
    found: Read = {}
    for place, (name, declared) in enumerate(zip(map(str, source.fields), types, strict=True)):
        if name not in kinds:
            raise TapError(
                f"{path} has no field of this name",
                asked=name,
                available=[(one, kind.label) for one, kind in kinds.items()],
            )
        own = kinds[name]
        is_same = declared in (None, Object, own) and not (declared and declared.is_primitive)
        convert = None if is_same else coercion(declared, None if own is Object else own)
        if place in wanted or convert is not None:
            found[place] = name, convert
    return found


class _AvroReader(RowReader[AvroBlock]):
    def __init__(self, source: SourceInfo) -> None:
        width = len(source.fields)
        self._wanted = tuple(range(width)) if source.wanted is None else source.wanted

    def rows(self, blocks: Iterable[AvroBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        for block in blocks:
            try:
                records = list(avro.records_of(block.header, block.blocks, block.schema))
            except Exception:  # fastavro raises what its decoding of damaged bytes leads to
                records = list(self._singly(block, on_bad))
            found = iter(records)
            while some := list(islice(found, BATCH_ROWS)):
                rows = self._rows(block, some, on_bad)
                if rows:
                    yield rows

    def _singly(self, block: AvroBlock, on_bad: OnBad) -> Iterator[dict[str, Any]]:
        offset = block.offset
        for one in block.blocks:
            try:
                records = list(avro.records_of(block.header, [one], block.schema))
            except Exception as failed:  # as above
                error = BadRecord(
                    f"a block of {block.header.path} cannot be decoded",
                    payload=(one,),
                    details={"offset": offset, "bytes": len(one), "because": repr(failed)},
                )
                error.__cause__ = failed
                on_bad(error)
            else:
                yield from records
            offset += len(one)

    def _rows(self, block: AvroBlock, records: list[dict[str, Any]], on_bad: OnBad) -> list[Row]:
        checks = [(name, convert) for name, convert in block.read.values() if convert is not None]
        if not checks:
            names = [block.read[place][0] for place in self._wanted]
            return [tuple([record[name] for name in names]) for record in records]
        found: list[Row] = []
        for record in records:
            try:
                values = {
                    place: record[name] if convert is None else convert(record[name])
                    for place, (name, convert) in block.read.items()
                }
            except Exception as failed:  # a user's own type may raise anything
                error = BadRecord(
                    f"a value cannot become its type: {failed}",
                    payload=tuple([record[name] for name, _ in block.read.values()]),
                    details={"file": block.header.path, "offset": f"at or after {block.offset}"},
                )
                error.__cause__ = failed
                on_bad(error)
                continue
            found.append(tuple([values[place] for place in self._wanted]))
        return found


class _AvroWriter(RowWriter):
    def __init__(
        self, fields: Fields, encoder: RecordEncoder, converts: Sequence[Convert | None]
    ) -> None:
        self._fields = fields
        self._names = [str(name) for name in fields]
        self._encoder = encoder
        self._converts = converts

    def start(self) -> bytes:
        return self._encoder.start()

    def encode(self, rows: Sequence[Row]) -> bytes:
        # All of them first: a row that cannot be written must leave nothing behind.
        return self._encoder.write([self._encoded(row) for row in rows])

    def finish(self) -> bytes:
        return self._encoder.finish()

    def _encoded(self, row: Row) -> bytes:
        check_width(row, self._fields)
        try:
            values = [
                value if convert is None else convert(value)
                for value, convert in zip(row, self._converts, strict=True)
            ]
            return self._encoder.encoded(dict(zip(self._names, values, strict=True)))
        except Exception as failed:
            raise RunError(
                f"a row cannot be written as Avro: {failed}",
                row=row,
                fields=self._fields.print_(),
            ) from failed


def _convert_of(declared: Type, own: Type) -> Convert | None:
    """Return what makes a value one of a field's type; None where Avro's library judges."""
    target = own if declared is Object else declared
    if target is Object:
        return None
    convert, kind, bits = coercion(target), target.python_type, target.bits
    if isinstance(target, CoercibleType) or target is char_:
        return convert
    if kind is not int or bits is None:
        return lambda value: value if value.__class__ is kind else convert(value)
    most = 1 << (bits - 1)

    def whole(value: Any) -> Any:
        if value.__class__ is not int:
            return convert(value)
        # A coercion would wrap it, as Java does; what a file says must be what was meant.
        if not -most <= value < most:
            raise ValueError(f"{value} does not fit {target.label}")
        return value

    return whole
