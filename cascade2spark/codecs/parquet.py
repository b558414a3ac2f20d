"""Parquet files through Arrow: row groups as record batches, types and schemas.

Only this module and `parquet_writer` know Arrow's Parquet library, which is imported when a file is
opened. A file is an object for seeking and reading; paths are for messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cascade2spark.codecs.parquet_filter import Condition, matching, may_match
from cascade2spark.codecs.parquet_message import parse_message
from cascade2spark.errors import BuildError, PlanError, TapError
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
    char_,
    coercion,
    double_,
    float_,
    int_,
    long_,
    short_,
)

__all__ = [
    "COMPRESSIONS",
    "REALS",
    "WHOLES",
    "ParquetFile",
    "as_schema",
    "canonical_reader",
    "chosen_of",
    "raw_value",
    "schema_of",
    "type_of",
    "values_of",
]

COMPRESSIONS = ("snappy", "gzip", "zstd", "lz4", "brotli", "none")
WHOLES = frozenset({Short, short_, Integer, int_, Long, long_})
REALS = frozenset({Float, float_, Double, double_})
# Java's decimals carry their scale, Parquet's columns have one: that of Spark's own default.
_DECIMAL = (38, 18)


class ParquetFile:
    """One file that is read.

    Args:
        file: seekable bytes.
        path: of the file, for messages.
    Raises:
        TapError: it is no Parquet file, or its footer is damaged.
    """

    def __init__(self, file: Any, path: str) -> None:
        import pyarrow.parquet as pq

        self.path = path
        with _naming(path):
            self._file = pq.ParquetFile(
                file, pre_buffer=False, buffer_size=1 << 20, coerce_int96_timestamp_unit="us"
            )
        self._groups = self._file.metadata

    @property
    def names(self) -> list[str]:
        """Names of the columns; what lies inside a nested one has none here."""
        return [str(name) for name in self._file.schema_arrow.names]

    @property
    def types(self) -> list[Any]:
        """Arrow types of the columns."""
        return list(self._file.schema_arrow.types)

    @property
    def group_starts(self) -> list[int]:
        """The first byte of each row group."""
        return [self._start(at) for at in range(self._groups.num_row_groups)]

    def batches(
        self,
        start: int,
        end: int,
        names: Sequence[str],
        batch_bytes: int,
        conditions: Sequence[Condition] = (),
    ) -> Iterator[tuple[int, Any]]:
        """Yield (number of the first row, record batch) of the row groups that begin in a range.

        Args:
            start: first byte of the range.
            end: byte after the last.
            names: the columns to read, each of them there; at least one.
            batch_bytes: about how large a batch is.
            conditions: what rows must meet; the number of a batch's first row is that of the first
                one before others were left out.
        Raises:
            TapError: a page is damaged or missing.
        """
        first = 0
        for at in range(self._groups.num_row_groups):
            group = self._groups.row_group(at)
            is_here = start <= self._start(at) < end and group.num_rows
            if is_here and may_match(conditions, group):
                row_bytes = max(group.total_byte_size // group.num_rows, 1)
                size = min(max(batch_bytes // row_bytes, 1000), 1 << 17)
                yield from self._group_batches(at, first, list(names), size, conditions)
            first += group.num_rows

    def _group_batches(
        self, at: int, first: int, names: list[str], size: int, conditions: Sequence[Condition]
    ) -> Iterator[tuple[int, Any]]:
        asked = list(dict.fromkeys([*names, *(one.name for one in conditions)]))
        with _naming(self.path, {"row group": at}):
            found = self._file.iter_batches(size, row_groups=[at], columns=asked, use_threads=False)
            for batch in found:
                kept = matching(conditions, batch, self.path) if conditions else batch
                if kept.num_rows:
                    yield first, kept.select(names)
                first += batch.num_rows

    def _start(self, at: int) -> int:
        column = self._groups.row_group(at).column(0)
        starts = [column.data_page_offset]
        if column.has_dictionary_page and column.dictionary_page_offset is not None:
            starts.append(column.dictionary_page_offset)
        return int(min(starts))


class _naming:
    """Turns what Arrow says of a damaged file into a TapError that names it."""

    def __init__(self, path: str, details: dict[str, object] | None = None) -> None:
        self._path, self._details = path, details or {}

    def __enter__(self) -> None:
        """Begin to read."""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        import pyarrow as pa

        if isinstance(error, (pa.ArrowException, OSError)):
            what = "is damaged" if self._details else "is no Parquet file, or is cut off"
            raise TapError(
                f"{self._path} {what}", details={**self._details, "because": error}
            ) from error


# -- types -----------------------------------------------------------------------------------------


def type_of(kind: Any) -> Type:
    """Return our type for an Arrow type; Object for bytes, dates, times and nested values."""
    import pyarrow.types as t

    if t.is_dictionary(kind):
        return type_of(kind.value_type)
    whole: list[tuple[Callable[[Any], bool], Type]] = [
        (lambda one: t.is_int8(one) or t.is_int16(one) or t.is_uint8(one), Short),
        (lambda one: t.is_int32(one) or t.is_uint16(one), Integer),
        (t.is_integer, Long),
        (lambda one: t.is_float16(one) or t.is_float32(one), Float),
        (t.is_floating, Double),
        (t.is_boolean, Boolean),
        (lambda one: t.is_string(one) or t.is_large_string(one) or t.is_string_view(one), String),
        (t.is_decimal, BigDecimal),
    ]
    return next((ours for is_one, ours in whole if is_one(kind)), Object)


def canonical_reader(kind: Any, declared: Type | None) -> Callable[[Any], Any] | None:
    """Return how values of an Arrow type become a declared type; None when they are of it."""
    own = type_of(kind)
    if declared is None or declared in (Object, own):
        return None
    if own in WHOLES and declared in (Long, Integer) and (own.bits or 0) <= (declared.bits or 0):
        return None
    if own is Float and declared is Double:
        return None
    # A Float's own digits would be its text; its value is a double's.
    return coercion(declared, None if own is Object else own)


def values_of(column: Any) -> list[Any]:
    """Return the values of an Arrow array: lists, and dicts for structs and maps."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        # Python's times end at microseconds.
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_nested(kind):
        found: list[Any] = column.to_pylist(maps_as_pydicts="strict")
    else:
        found = column.to_pylist()
    return found


def raw_value(column: Any) -> Any:
    """Return the only value of an Arrow array, as text where Python has nothing for it."""
    import pyarrow as pa

    try:
        return values_of(column)[0]
    except (ValueError, KeyError, OverflowError):  # a year beyond 9999, a map with a key twice
        if pa.types.is_string(column.type):  # bytes that are not UTF-8
            return column.cast(pa.binary())[0].as_py()
        is_nested = pa.types.is_nested(column.type)
        return str(column.to_pylist()[0]) if is_nested else column.cast(pa.string())[0].as_py()


def schema_of(names: Sequence[str], types: Sequence[Type | None]) -> Any:
    """Return the Arrow schema for fields of our types; a primitive's column is required.

    Raises:
        PlanError: a field has no type that Parquet has a column for.
    """
    import pyarrow as pa

    kinds = [_arrow_type(one) for one in types]
    missing = [name for name, kind in zip(names, kinds, strict=True) if kind is None]
    if missing:
        raise PlanError(
            "fields without a type cannot be written as Parquet",
            asked=missing,
            available=[
                (name, "no type" if one is None else one.label)
                for name, one in zip(names, types, strict=True)
            ],
            fix="declare types in the sink's scheme, as Parquet(fields, types=[...]), or a schema",
        )
    return pa.schema(
        [
            pa.field(name, kind, nullable=not (one is not None and one.is_primitive))
            for name, kind, one in zip(names, kinds, types, strict=True)
        ]
    )


def as_schema(given: Any) -> Any:
    """Return the Arrow schema for one, or for the text of a Parquet message.

    Raises:
        BuildError: it is neither.
    """
    if isinstance(given, str):
        return parse_message(given)
    if hasattr(given, "field") and hasattr(given, "to_string"):
        return given
    raise BuildError("a schema is a pyarrow.Schema or the text of a message", asked=repr(given))


def chosen_of(schema: Any, names: Sequence[str]) -> Any:
    """Return the columns of a schema that have some names, in their order."""
    import pyarrow as pa

    return pa.schema([schema.field(name) for name in names])


def _arrow_type(given: Type | None) -> Any:
    import pyarrow as pa

    if given is None:
        return None
    found: dict[Type, Any] = {
        Short: pa.int16(),
        Integer: pa.int32(),
        Long: pa.int64(),
        Float: pa.float32(),
        Double: pa.float64(),
        Boolean: pa.bool_(),
        String: pa.string(),
        char_: pa.string(),
        BigDecimal: pa.decimal128(*_DECIMAL),
    }
    return found.get(given) or found.get(given.canonical_type)
