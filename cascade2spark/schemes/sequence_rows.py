"""Records of sequence files as rows, and rows as records."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs

from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.vints import FormatError
from cascade2spark.errors import BadRecord, CoercionError, RunError
from cascade2spark.fields import Fields
from cascade2spark.schemes.base import OnBad, Row, RowReader, RowWriter, SourceInfo, check_width
from cascade2spark.schemes.lines import BATCH_ROWS
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

__all__ = [
    "PairRowWriter",
    "SequenceBlock",
    "SequenceRowReader",
    "TupleRowWriter",
    "conversions",
    "is_plain",
    "types_of",
]

Convert = Callable[[Any], Any]


@attrs.frozen(eq=False)
class SequenceBlock:
    """Some neighbouring records of one file, as they are stored, in all source fields.

    Attributes:
        path: the file.
        offset: where the first of them, or the block that holds it, begins.
        tuples: rows; None where there are columns.
        columns: lists of as many values.
        damages: what the file holds instead of records, before or among these.
    """

    path: str
    offset: int
    tuples: list[Row] | None
    columns: tuple[list[Any], ...] = ()
    damages: list[BadRecord] = attrs.field(factory=list)

    def rows(self) -> list[Row]:
        """Return the records as rows."""
        return list(zip(*self.columns, strict=True)) if self.tuples is None else self.tuples


class SequenceRowReader(RowReader[SequenceBlock]):
    """Gives rows their declared width and types."""

    def __init__(self, source: SourceInfo, stored: tuple[Type | None, ...]) -> None:
        fields = source.fields
        self._width = len(fields) if fields.is_defined() else None
        self._wanted = source.wanted
        self._types = conversions(fields, stored) if fields.is_defined() else ()
        converts = [None if kind is None else coercion(kind) for kind in self._types]
        self._converts = converts if any(converts) else None

    def rows(self, blocks: Iterable[SequenceBlock], on_bad: OnBad) -> Iterator[list[Row]]:
        for block in blocks:
            for damage in block.damages:
                on_bad(damage)
            stored = block.rows()
            for start in range(0, len(stored), BATCH_ROWS):
                rows = stored[start : start + BATCH_ROWS]
                if self._width is not None:
                    rows = self._checked(block, rows, on_bad)
                if self._wanted is not None:
                    wanted = self._wanted
                    rows = [tuple([row[at] for at in wanted]) for row in rows]
                if rows:
                    yield rows

    def _checked(self, block: SequenceBlock, rows: list[Row], on_bad: OnBad) -> list[Row]:
        width = self._width
        if set(map(len, rows)) == {width} and (self._converts is None or self._are_plain(rows)):
            return rows
        found = []
        for row in rows:
            if len(row) != width:
                what = f"a row of {len(row)} values where {width} are declared"
                on_bad(_bad_row(block, row, what))
                continue
            try:
                found.append(self._converted(row))
            except Exception as failed:  # a user's own type may raise anything
                bad = _bad_row(block, row, f"a value cannot become its type: {failed}")
                bad.__cause__ = failed
                on_bad(bad)
        return found

    def _are_plain(self, rows: list[Row]) -> bool:
        return all(map(is_plain, self._types, zip(*rows, strict=True)))

    def _converted(self, row: Row) -> Row:
        converts = self._converts
        if converts is None:
            return row
        return tuple(
            [
                value if convert is None else convert(value)
                for convert, value in zip(converts, row, strict=True)
            ]
        )


# Python's classes of the values that a conversion to a type gives back as they are.
_PLAIN: dict[Type | None, frozenset[type]] = {
    String: frozenset({str, type(None)}),
    Long: frozenset({int, type(None)}),
    Integer: frozenset({int}),
    Short: frozenset({int}),
    Double: frozenset({float, type(None)}),
    Boolean: frozenset({bool, type(None)}),
}
_BITS: dict[Type | None, int] = {Integer: 32, Short: 16}


def conversions(fields: Fields, stored: tuple[Type | None, ...]) -> list[Type | None]:
    """Return the type that values of each field are made; None where they stay what they are.

    Args:
        fields: of the source.
        stored: the types that they are stored with, as far as that is known.
    """
    known = stored or (None,) * len(fields)
    return [
        None if kind in (None, Object, own) else kind
        for kind, own in zip(types_of(fields), known, strict=True)
    ]


def is_plain(kind: Type | None, column: Sequence[Any]) -> bool:
    """Whether a conversion to a type, None for none, gives back all values of a column."""
    if kind is None:
        return True
    classes = _PLAIN.get(kind, frozenset())
    if not set(map(type, column)) <= classes:
        return False
    # Whole numbers that were read fit 64 bits.
    bits = _BITS.get(kind)
    return bits is None or (-1 << bits - 1 <= min(column) and max(column) < 1 << bits - 1)


def types_of(fields: Fields) -> tuple[Type | None, ...]:
    """Return the type of each field, None for none."""
    return fields.get_types() or (None,) * len(fields)


def _bad_row(block: SequenceBlock, row: Row, what: str) -> BadRecord:
    where = {"file": block.path, "offset": f"at or after {block.offset}"}
    return BadRecord(what, payload=row, details=where)


class _RecordWriter(RowWriter):
    """Gives the file its keys and values, row by row when a batch holds something else."""

    def __init__(self, fields: Fields, file: SequenceFileWriter, types: Sequence[Any]) -> None:
        self._fields = fields
        self._file = file
        self._converts = [coercion(kind) for kind in types]

    def start(self) -> bytes:
        return self._file.start()

    def encode(self, rows: Sequence[Row]) -> bytes:
        for row in rows if self._fields.is_defined() else ():
            check_width(row, self._fields)
        try:
            return self._file.encode(*self._sides(rows))
        except FormatError:
            pass  # some value has to be coerced
        converted = [self._converted(row) for row in rows]
        return self._file.encode(*self._sides(converted))

    def finish(self) -> bytes:
        return self._file.finish()

    def _converted(self, row: Row) -> Row:
        """Return a row that can be written, or raise RunError."""
        try:
            self._check(row)
            return row
        except FormatError:
            pass
        try:
            made = tuple(map(_call, self._converts, row)) if self._converts else row
            self._check(made)
        except (FormatError, CoercionError) as refused:
            raise RunError(
                f"a row cannot be stored in a sequence file: {refused}",
                row=row,
                fields=self._fields.print_(),
            ) from refused
        return made

    def _check(self, row: Row) -> None:
        for writable, values in zip(self._file.types, self._sides([row]), strict=True):
            writable.encode(values[0])

    @abstractmethod
    def _sides(self, rows: Sequence[Row]) -> tuple[Sequence[Any], Sequence[Any]]:
        """Return the keys and the values of rows."""


class TupleRowWriter(_RecordWriter):
    """A row is the value, behind an empty key."""

    def _sides(self, rows: Sequence[Row]) -> tuple[Sequence[Any], Sequence[Any]]:
        return [()] * len(rows), rows


class PairRowWriter(_RecordWriter):
    """A row is key and value, or one of them."""

    def __init__(
        self,
        fields: Fields,
        file: SequenceFileWriter,
        types: Sequence[Any],
        has_key: bool,
        has_value: bool,
    ) -> None:
        super().__init__(fields, file, types)
        self._key_at = 0 if has_key else None
        self._value_at = int(has_key) if has_value else None

    def _sides(self, rows: Sequence[Row]) -> tuple[Sequence[Any], Sequence[Any]]:
        return _column(rows, self._key_at), _column(rows, self._value_at)


def _column(rows: Sequence[Row], at: int | None) -> list[Any]:
    return [None] * len(rows) if at is None else [row[at] for row in rows]


def _call(convert: Convert, value: Any) -> Any:
    return convert(value)
