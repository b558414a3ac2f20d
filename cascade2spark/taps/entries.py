"""Rows as entries, read from a tap or written to one that is opened by itself, beside any flow.

An operation that needs a side file does that, or whoever wants to look at the rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from cascade2spark.errors import TapError, TupleError
from cascade2spark.fields import Fields
from cascade2spark.tuples import Tuple, TupleEntry

__all__ = ["Row", "TupleEntryCollector", "TupleEntryIterator"]

Row = tuple[Any, ...]

_HELD_ROWS = 1_000


class TupleEntryIterator(Iterator[TupleEntry]):
    """The rows of a tap as entries, each a new one; may be closed early, or used in a with.

    Args:
        fields: names of the values.
        rows: the rows, one pass.
    Source:
        cascading.tuple.TupleEntryIterator
    Example:
        >>> from cascade2spark.taps import MemoryTap
        >>> with MemoryTap("word", [("a",), ("b",)]).open_for_read() as entries:
        ...     print([entry["word"] for entry in entries])
        ['a', 'b']
    """

    def __init__(self, fields: Fields, rows: Iterator[Row]) -> None:
        self._fields = fields
        self._rows = rows

    def __next__(self) -> TupleEntry:
        return TupleEntry(self._fields, next(self._rows))

    def get_fields(self) -> Fields:
        """Return the fields of the entries."""
        return self._fields

    def close(self) -> None:
        """Stop reading."""
        self._rows = iter(())

    def __enter__(self) -> TupleEntryIterator:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class TupleEntryCollector(ABC):
    """Takes rows for a tap. What was added is there for others once it is closed, not before.

    Args:
        fields: the tap's sink fields; unless they are defined, rows may have any width.
    Raises:
        TupleError: a row has another width than the fields.
    Source:
        cascading.tuple.TupleEntryCollector
    Example:
        >>> from cascade2spark.taps import MemoryTap
        >>> tap = MemoryTap("word")
        >>> with tap.open_for_write() as out:
        ...     out.add(("a",))
        >>> tap.rows
        [('a',)]
    """

    def __init__(self, fields: Fields) -> None:
        self._declared = fields if fields.is_defined() else None
        self._held: list[Row] = []
        self._is_closed = False

    def add(self, result: Tuple | TupleEntry | Row | list[Any]) -> None:
        """Write one row.

        Args:
            result: as many values as the tap has sink fields, in their order; out of an entry they
                are selected by name.
        Raises:
            TupleError: wrong number of values, or no row.
            FieldNotFound: an entry lacks a sink field.
            TapError: the collector is closed.
        """
        if self._is_closed:
            raise TapError("a collector that is closed cannot take a row")
        self._held.append(self._row_of(result))
        if len(self._held) >= _HELD_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is held and show all of it; harmless when it is closed."""
        if self._is_closed:
            return
        try:
            self._flush()
        except BaseException:
            self.abort()
            raise
        self._is_closed = True
        self._finish()

    def abort(self) -> None:
        """Throw away all that was added; harmless when it is closed."""
        if not self._is_closed:
            self._is_closed, self._held = True, []
            self._discard()

    def __enter__(self) -> TupleEntryCollector:
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    @abstractmethod
    def _write(self, rows: list[Row]) -> None:
        """Write some rows; a list that is handed over."""

    @abstractmethod
    def _finish(self) -> None:
        """Show what was written."""

    @abstractmethod
    def _discard(self) -> None:
        """Throw away what was written."""

    def _flush(self) -> None:
        held, self._held = self._held, []
        if held:
            self._write(held)

    def _row_of(self, result: Any) -> Row:
        if isinstance(result, TupleEntry):
            is_as_declared = self._declared is None or result.get_fields().equals_fields(
                self._declared
            )
            return tuple(
                result.get_tuple() if is_as_declared else result.select_tuple(self._declared)
            )
        if not isinstance(result, (Tuple, tuple, list)):
            raise TupleError(
                f"a value of type {type(result).__name__} was written where a row is expected",
                row=result,
            )
        row = tuple(result)
        if self._declared is not None and len(row) != len(self._declared):
            raise TupleError(
                f"a row of {len(row)} values was written to {len(self._declared)} fields",
                row=row,
                fields=self._declared,
            )
        return row
