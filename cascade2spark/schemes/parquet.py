"""Parquet: a row group is a table, read by the columns that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs

from cascade2spark.codecs import parquet
from cascade2spark.codecs.parquet_filter import Condition, as_conditions
from cascade2spark.codecs.parquet_writer import TableWriter
from cascade2spark.errors import (
    BadRecord,
    BuildError,
    Cascade2SparkError,
    PlanError,
    RunError,
    TapError,
)
from cascade2spark.fields import Fields, as_fields
from cascade2spark.files import FileInfo, Split
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
from cascade2spark.types import Type

__all__ = ["Parquet", "ParquetTupleScheme", "TableBlock", "TableRowWriter"]

_BATCH_ROWS = 1 << 16


@attrs.frozen(init=False)
class Parquet(Scheme):
    """Parquet files, read and written by field names.

    Reading: fields are columns of the file, in any order, and only those that a flow needs are
    read. Undeclared fields are all columns of the first file, with their types. Values are what
    Python has for them: a struct or a map is a dict, a list a list, bytes are bytes, dates and
    times those of `datetime`. Declared types apply as everywhere; a value that cannot become its
    type makes the row a bad record. A range of a file has the row groups that begin in it.

    Writing: columns are the sink fields, by their types or by `schema`; a value is coerced to its
    column's. Primitive types make required columns. Each part file is complete by itself.

    Args:
        fields: declared fields; undeclared ones are those of the file, or of the stream.
        sink_fields: what is written, where that differs from `fields`.
        schema: for writing, a pyarrow.Schema or the text of a Parquet message; its columns are
            those of the sink fields, by name.
        types: a type for each field.
        filter: for reading, conditions ``(column, operator, value)`` that rows must all meet, the
            operators being ``== != < <= > >= in``; row groups that cannot hold such rows are not
            read. Columns need not be fields. Null equals null alone, and is neither less nor
            greater than anything.
        compression: snappy (the default), gzip, zstd, lz4, brotli or none.
        num_sink_parts: part files to write; 0 for one a partition.
    Raises:
        BuildError: arguments that do not go together.
    Source:
        parquet.cascading.ParquetTupleScheme
    Example:
        >>> Parquet(("user", "visits"), types=[str, int]).get_source_fields()
        Fields('user': String, 'visits': Long)
    """

    fields: Fields
    declared_sink_fields: Fields | None
    schema: Any = attrs.field(eq=str)
    filter: tuple[Condition, ...]
    compression: str
    num_sink_parts: int

    def __init__(
        self,
        fields: Any = Fields.ALL,
        sink_fields: Any = None,
        schema: Any = None,
        *,
        types: Sequence[Any] | None = None,
        filter: Iterable[Any] | None = None,
        compression: str = "snappy",
        num_sink_parts: int = 0,
    ) -> None:
        if compression not in parquet.COMPRESSIONS:
            raise BuildError(
                "unknown compression", asked=compression, available=list(parquet.COMPRESSIONS)
            )
        self.__attrs_init__(
            as_typed(as_fields(fields), types),
            None if sink_fields is None else as_sink_fields(sink_fields),
            None if schema is None else parquet.as_schema(schema),
            as_conditions(filter),
            compression,
            num_sink_parts,
        )

    @property
    def source_fields(self) -> Fields:
        return as_source_fields(self.fields)

    @property
    def sink_fields(self) -> Fields:
        if self.declared_sink_fields is not None:
            return self.declared_sink_fields
        return as_sink_fields(self.fields)

    @property
    def extension(self) -> str:
        return "parquet"

    @property
    def part_suffix(self) -> str:
        return ".parquet"

    def can_split(self, source: SourceInfo) -> bool:
        return True

    def splits(self, file: FileInfo, target_bytes: int, source: SourceInfo) -> list[Split]:
        """Return ranges that begin with a row group, so that none has nothing to read."""
        if not 0 < target_bytes < file.size:
            return super().splits(file, 0, source)
        with open_for_read(file.path) as opened:
            starts = parquet.ParquetFile(opened, file.path).group_starts
        cuts = [0]
        for start in sorted(starts)[1:]:
            if start - cuts[-1] >= target_bytes:
                cuts.append(start)
        ends = [*cuts[1:], file.size]
        return [
            Split(file.path, start, end, file.size) for start, end in zip(cuts, ends, strict=True)
        ]

    def retrieve_source_fields(self, tap: SourceFiles) -> Fields:
        """Return the declared fields, or the columns of the first file.

        Raises:
            TapError: the fields are undeclared, and there is no file.
        """
        if not self.source_fields.is_unknown():
            return self.source_fields
        why = "the fields are undeclared, so the columns of a file are read while planning"
        try:
            files = tap.list_files()
        except TapError as missing:
            missing.details.setdefault("needed now", why)
            raise
        if not files:
            raise TapError(f"{tap.get_identifier()} holds no file", details={"needed now": why})
        with open_for_read(files[0].path) as opened:
            found = parquet.ParquetFile(opened, files[0].path)
            try:
                return Fields(found.names, [parquet.type_of(kind) for kind in found.types])
            except Cascade2SparkError as bad:
                raise TapError(
                    f"the columns of {files[0].path} do not name fields",
                    asked=found.names,
                    details={"because": bad.headline},
                ) from bad

    def blocks(self, split: Split, source: SourceInfo, block_bytes: int) -> Iterator[TableBlock]:
        with open_for_read(split.path) as opened:
            file = parquet.ParquetFile(opened, split.path)
            kinds = dict(zip(file.names, file.types, strict=True))
            conversions = _conversions(source, kinds, split.path)
            places = list(conversions)
            every = [str(name) for name in source.fields]
            names = [every[place] for place in places] or file.names[:1]
            _check_names((one.name for one in self.filter), kinds, split.path)
            for first, batch in file.batches(
                split.start, split.end, names, block_bytes, self.filter
            ):
                yield TableBlock(split.path, first, batch, conversions)

    def reader(self, source: SourceInfo) -> RowReader[TableBlock]:
        return _TableReader(source)

    def writer(self, fields: Fields) -> TableRowWriter:
        return TableRowWriter(fields, self._schema_for(fields), self._types_for(fields), self)

    def _types_for(self, fields: Fields) -> tuple[Type | None, ...]:
        own = self.sink_fields
        typed = own if own.has_types() and len(own) == len(fields) else fields
        return typed.get_types() or (None,) * len(fields)

    def _schema_for(self, fields: Fields) -> Any:
        if not fields.is_defined():
            raise PlanError(
                "Parquet needs to know its fields, and here rows of any width are written",
                asked=fields.print_(),
                fix="declare fields and types in the scheme, or use TextDelimited",
            )
        names = [str(name) for name in fields]
        if self.schema is None:
            return parquet.schema_of(names, self._types_for(fields))
        for name in names:
            if name not in self.schema.names:
                raise PlanError(
                    "the schema has no column for a field that is written",
                    asked=name,
                    available=list(self.schema.names),
                )
        return parquet.chosen_of(self.schema, names)


class ParquetTupleScheme(Parquet):
    """Cascading's name of `Parquet`, with its arguments in their order.

    Args:
        args: (fields), (filter) or (filter, fields), or (source fields, sink fields, message).
            A filter is a list of conditions.
        more: as of `Parquet`.
    Raises:
        BuildError: arguments that do not go together.
    Source:
        parquet.cascading.ParquetTupleScheme
    Example:
        >>> ParquetTupleScheme([("visits", ">", 3)], ("user", "visits")).get_source_fields()
        Fields('user', 'visits')
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        if args and isinstance(args[0], list) and args[0] and isinstance(args[0][0], (tuple, list)):
            super().__init__(*(args[1:] or (Fields.ALL,)), filter=args[0], **more)
        else:
            super().__init__(*args, **more)


@attrs.frozen(eq=False)
class TableBlock:
    """Some neighbouring rows of one row group.

    Attributes:
        path: the file, for messages.
        first: number of the first row in its file, rows that a filter left out counted too.
        table: a record batch with a column for each of `conversions`, in their order.
        conversions: for each position that is read, how its values become the declared type, None
            for values that have it.
    """

    path: str
    first: int
    table: Any
    conversions: dict[int, Callable[[Any], Any] | None]


def _conversions(
    source: SourceInfo, kinds: dict[str, Any], path: str
) -> dict[int, Callable[[Any], Any] | None]:
    """Return what is read: the wanted positions, and those whose conversion may fail."""
    types = source.fields.get_types() or (None,) * len(source.fields)
    wanted = range(len(types)) if source.wanted is None else source.wanted
    found: dict[int, Callable[[Any], Any] | None] = {}
    _check_names(map(str, source.fields), kinds, path)
    for place, (name, declared) in enumerate(zip(source.fields, types, strict=True)):
        convert = parquet.canonical_reader(kinds[str(name)], declared)
        if place in wanted or convert is not None:
            found[place] = convert
    return found


def _check_names(names: Iterable[str], kinds: dict[str, Any], path: str) -> None:
    for name in names:
        if name not in kinds:
            raise TapError(
                f"{path} has no column of this name",
                asked=name,
                available=[(one, parquet.type_of(kind).label) for one, kind in kinds.items()],
            )


class _TableReader(RowReader[TableBlock]):
    def __init__(self, source: SourceInfo) -> None:
        width = len(source.fields)
        self._wanted = tuple(range(width)) if source.wanted is None else source.wanted

    def rows(self, blocks: Iterable[TableBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        for block in blocks:
            for start in range(0, block.table.num_rows, BATCH_ROWS):
                rows = self._rows(block, start, on_bad)
                if rows:
                    yield rows

    def _rows(self, block: TableBlock, start: int, on_bad: OnBad) -> list[Row]:
        piece = block.table.slice(start, BATCH_ROWS)
        if not self._wanted and not block.conversions:
            return [()] * int(piece.num_rows)
        try:
            return self._converted(block, piece)
        except Exception:  # a user's own type may raise anything
            return self._singly(block, piece, block.first + start, on_bad)

    def _converted(self, block: TableBlock, piece: Any) -> list[Row]:
        values: dict[int, list[Any]] = {}
        for (place, convert), column in zip(block.conversions.items(), piece.columns, strict=True):
            found = parquet.values_of(column)
            values[place] = found if convert is None else list(map(convert, found))
        if not self._wanted:
            return [()] * int(piece.num_rows)
        return list(zip(*[values[place] for place in self._wanted], strict=True))

    def _singly(self, block: TableBlock, piece: Any, first: int, on_bad: OnBad) -> list[Row]:
        found: list[Row] = []
        for number in range(piece.num_rows):
            one = piece.slice(number, 1)
            try:
                found += self._converted(block, one)
            except Exception as failed:  # a user's own type may raise anything
                error = BadRecord(
                    f"a value cannot become its type: {failed}",
                    payload=tuple(map(parquet.raw_value, one.columns)),
                    details={"file": block.path, "row": first + number},
                )
                error.__cause__ = failed
                on_bad(error)
        return found


class TableRowWriter(RowWriter):
    """Writes rows, or batches that are columns already, into one file."""

    def __init__(
        self, fields: Fields, schema: Any, types: Sequence[Type | None], scheme: Parquet
    ) -> None:
        self._fields = fields
        self._width = len(fields)
        self.table = TableWriter(schema, types, scheme.compression)

    def encode(self, rows: Sequence[Row]) -> bytes:
        if not rows:
            return b""
        try:
            if set(map(len, rows)) != {self._width}:
                raise ValueError("rows of another width")
            # All of them first: a row that cannot be written must leave nothing behind.
            batches = [
                self.table.batch_of(rows[at : at + _BATCH_ROWS])
                for at in range(0, len(rows), _BATCH_ROWS)
            ]
        except Exception:
            # Which row it was is only looked for now.
            for row in rows:
                self._check_one(row)
            raise
        return b"".join(map(self.table.write, batches))

    def finish(self) -> bytes:
        return self.table.finish()

    def _check_one(self, row: Row) -> None:
        check_width(row, self._fields)
        try:
            self.table.batch_of([row])
        except Exception as failed:
            raise RunError(
                f"a row cannot be written: {failed}", row=row, fields=self._fields.print_()
            ) from failed
