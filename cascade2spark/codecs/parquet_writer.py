"""Rows and record batches to Parquet files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import attrs

from cascade2spark.codecs.parquet import REALS, WHOLES, type_of
from cascade2spark.types import BigDecimal, Boolean, Object, String, Type, coercion

__all__ = ["TableWriter"]

# Held for each file that is open: a sink that spreads rows over folders has many of them.
_GROUP_BYTES = 32 << 20
_GROUP_ROWS = 1 << 20


@attrs.frozen(eq=False)
class _Column:
    """How values of one column become an array.

    Args:
        field: Arrow's field.
        plain: the classes of values that need no conversion.
        convert: makes others so.
    """

    field: Any
    plain: frozenset[type]
    convert: Callable[[Any], Any] | None

    @classmethod
    def of(cls, field: Any, declared: Type | None) -> _Column:
        own = type_of(field.type)
        target = declared if declared is not None and declared is not Object else own
        plain: dict[Type, type] = {Boolean: bool, String: str, BigDecimal: Decimal}
        if own in WHOLES:
            kind: type | None = int
        elif own in REALS:
            kind = float
        else:
            kind = plain.get(own)
        if kind is None:
            return cls(field, frozenset(), None)
        if target.canonical_type is not own.canonical_type and own is not String:
            target = own
        return cls(field, frozenset({kind, type(None)}), coercion(target))

    def array(self, values: Sequence[Any]) -> Any:
        """Return the values as an array.

        Raises:
            Exception: of Arrow, or of the conversion: a value does not fit.
        """
        import pyarrow as pa

        if self.convert is not None and not self.plain.issuperset(map(type, values)):
            values = list(map(self.convert, values))
        if not self.field.nullable and None in values:
            if self.convert is None:
                raise ValueError(f"null in {self.field.name!r}, which is required")
            values = [self.convert(value) for value in values]
            if None in values:
                raise ValueError(f"null in {self.field.name!r}, which is required")
        try:
            return pa.array(values, self.field.type)
        except (pa.ArrowInvalid, OverflowError) as error:
            raise ValueError(self._misfit(values)) from error

    def _misfit(self, values: Sequence[Any]) -> str:
        """Tell which value it is that the column cannot hold."""
        import pyarrow as pa

        for value in values:
            try:
                pa.array([value], self.field.type)
            except (pa.ArrowInvalid, OverflowError):
                return f"{value!r} does not fit {self.field.name!r}, a column of {self.field.type}"
        return f"the values of {self.field.name!r} do not fit a column of {self.field.type}"


class TableWriter:
    """Writes record batches as one file, and gives its bytes as they come.

    Rows are held until they make a row group.

    Args:
        schema: Arrow's schema.
        types: our types of the fields, None where the column's own is meant.
        compression: a name of `COMPRESSIONS`.
    """

    def __init__(self, schema: Any, types: Sequence[Type | None], compression: str) -> None:
        self.schema = schema
        self._compression = compression
        self._columns = [
            _Column.of(field, declared) for field, declared in zip(schema, types, strict=True)
        ]
        self._bytes = _Bytes()
        self._writer: Any = None
        self._held: list[Any] = []
        self._held_rows = self._held_bytes = 0

    def batch_of(self, rows: Sequence[tuple[Any, ...]]) -> Any:
        """Return rows as a record batch.

        Raises:
            Exception: of any kind: a value does not fit its column.
        """
        import pyarrow as pa

        columns = zip(*rows, strict=True) if rows else [()] * len(self._columns)
        arrays = [one.array(values) for one, values in zip(self._columns, columns, strict=True)]
        return pa.record_batch(arrays, schema=self.schema)

    def write(self, batch: Any) -> bytes:
        """Take a record batch of the schema; return the bytes that are ready."""
        self._opened()
        self._held.append(batch)
        self._held_rows += batch.num_rows
        self._held_bytes += batch.nbytes
        if self._held_rows >= _GROUP_ROWS or self._held_bytes >= _GROUP_BYTES:
            self._flush()
        return self._bytes.taken()

    def finish(self) -> bytes:
        """Return the rest of the file."""
        self._opened()
        self._flush()
        self._writer.close()
        return self._bytes.taken()

    def _opened(self) -> None:
        import pyarrow.parquet as pq

        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._bytes, self.schema, compression=self._compression, store_schema=False
            )

    def _flush(self) -> None:
        import pyarrow as pa

        if self._held_rows:
            table = pa.Table.from_batches(self._held, self.schema)
            self._writer.write_table(table, row_group_size=_GROUP_ROWS)
        self._held, self._held_rows, self._held_bytes = [], 0, 0


class _Bytes:
    """A file to Arrow: keeps what is written until it is taken."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """Nothing waits here for longer than `taken` does."""

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
