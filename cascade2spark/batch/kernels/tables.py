"""Tables of Parquet files as columns, and columns as tables, where that is exact."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import Columns, NotColumns, column_names
from cascade2spark.fields import Fields
from cascade2spark.schemes.base import RowWriter, SourceInfo
from cascade2spark.schemes.parquet import Parquet, TableBlock, TableRowWriter
from cascade2spark.types import BigDecimal, CoercibleType, Type

__all__ = ["table_reader", "table_writer"]

# The first and the last date of Python, in days since 1970.
_DAYS = (-719_162, 2_932_896)


def table_reader(scheme: Parquet, info: SourceInfo) -> Callable[[TableBlock], Columns] | None:
    """Return the function that gives a table in the types that columns have."""
    if not info.fields.is_defined():
        return None
    width = len(info.fields)
    types: tuple[Type | None, ...] = info.fields.get_types() or (None,) * width
    wanted = tuple(range(width)) if info.wanted is None else info.wanted
    if not wanted or any(
        types[at] is BigDecimal or isinstance(types[at], CoercibleType) for at in wanted
    ):
        return None
    names = column_names(len(wanted))

    def read(block: TableBlock) -> Columns:
        if any(convert is not None for convert in block.conversions.values()):
            raise NotColumns("values of another type than declared")
        places = {place: at for at, place in enumerate(block.conversions)}
        columns = [_as_column(block.table.column(places[place])) for place in wanted]
        return pa.record_batch(columns, names)

    return read


def table_writer(
    scheme: Parquet, fields: Fields, writer: RowWriter
) -> Callable[[Columns], bytes] | None:
    """Return the function that adds columns to the file of a writer."""
    if not isinstance(writer, TableRowWriter):
        return None
    table = writer.table

    def write(columns: Columns) -> bytes:
        if columns.num_columns != len(table.schema):
            raise NotColumns("rows of another width")
        if not columns.num_rows:
            return b""
        arrays = [
            _as_declared(column, field)
            for column, field in zip(columns.columns, table.schema, strict=True)
        ]
        return table.write(pa.record_batch(arrays, schema=table.schema))

    return write


def _as_column(column: pa.Array) -> pa.Array:
    """Return an array in the one type that columns have for its values."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_column(column.cast(kind.value_type))
    if pa.types.is_integer(kind):
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid as refused:
            raise NotColumns("whole number beyond 64 bits") from refused
    if pa.types.is_floating(kind):
        return column.cast(pa.float64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _checked_text(column.cast(pa.string()))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return column.cast(pa.binary())
    if pa.types.is_date32(kind):
        days = pc.min_max(column.cast(pa.int32())).as_py()
        if days["min"] is not None and (days["min"] < _DAYS[0] or days["max"] > _DAYS[1]):
            raise NotColumns("a year that Python has no date for")
        return column
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return column
    raise NotColumns(f"no column type for {kind}")


def _checked_text(column: pa.Array) -> pa.Array:
    """Return a column of texts; files by others may hold bytes that are none."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as refused:
        raise NotColumns("bytes that are not UTF-8") from refused
    return column


def _as_declared(column: pa.Array, field: pa.Field) -> pa.Array:
    """Return a column in the type it has in the file; what needs coercion is the rows'."""
    own, kind = column.type, field.type
    if column.null_count and not field.nullable:
        raise NotColumns("null in a required column")
    if own == kind:
        return column
    is_whole = pa.types.is_int64(own) and pa.types.is_integer(kind)
    is_real = pa.types.is_float64(own) and pa.types.is_float32(kind)
    if not (is_whole or is_real or pa.types.is_null(own)):
        raise NotColumns("values of another type than the file's")
    try:
        return column.cast(kind)
    except pa.ArrowInvalid as refused:
        raise NotColumns("a number that its type cannot hold") from refused
