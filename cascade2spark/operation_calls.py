"""The call objects that operations are handed, and the collector that takes their results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cascade2spark.errors import FieldNotFound, TupleError
from cascade2spark.fields import Fields
from cascade2spark.selection import check_width
from cascade2spark.tuples import Tuple, TupleEntry

__all__ = [
    "AggregatorCall",
    "BufferCall",
    "FilterCall",
    "FunctionCall",
    "GroupAssertionCall",
    "OperationCall",
    "OutputCollector",
    "ValueAssertionCall",
]

Row = tuple[Any, ...]


class OutputCollector:
    """Takes the results of one operation: rows, `Tuple`s, lists or `TupleEntry`s.

    Args:
        declared: the operation's declared fields; UNKNOWN accepts any width.
        drain: called with the list of rows when `capacity` of them are held; the list is
            handed over, never reused.
        capacity: most rows held before `drain` is called, a count.
    Raises:
        TupleError: a result has another width than was declared.
    Source:
        cascading.tuple.TupleEntryCollector, as the calls give it
    Example:
        >>> rows = []
        >>> collector = OutputCollector(Fields("n"), rows.extend, capacity=1)
        >>> collector.add((3,))
        >>> rows
        [(3,)]
    """

    __slots__ = ("_capacity", "_declared", "_drain", "_width", "rows")

    def __init__(
        self,
        declared: Fields,
        drain: Callable[[list[Row]], None] | None = None,
        capacity: int = 1024,
    ) -> None:
        self._declared = declared
        self._width = None if declared.is_unknown() or declared.is_all() else declared.size()
        self._drain = drain
        self._capacity = capacity
        self.rows: list[Row] = []

    def add(self, result: Tuple | TupleEntry | Row | list[Any]) -> None:
        """Emit one row.

        Args:
            result: as many values as there are declared fields, in their order; an entry with
                other fields is selected by name.
        Raises:
            TupleError: wrong number of values, or an entry without a declared field.
        """
        if isinstance(result, TupleEntry):
            row = self._from_entry(result)
        elif isinstance(result, (Tuple, tuple, list)):
            row = tuple(result)
        else:
            raise TupleError(
                f"an operation emitted a value of type {type(result).__name__} "
                "where a row is expected",
                row=result,
                fields=self._declared,
            )
        if self._width is not None and len(row) != self._width:
            check_width(row, self._declared)
        self.rows.append(row)
        if self._drain is not None and len(self.rows) >= self._capacity:
            held, self.rows = self.rows, []
            self._drain(held)

    def take(self) -> list[Row]:
        """Return the rows held and forget them."""
        held, self.rows = self.rows, []
        return held

    def _from_entry(self, entry: TupleEntry) -> Row:
        fields = entry.get_fields()
        if self._width is None or fields.equals_fields(self._declared):
            return tuple(entry.get_tuple())
        try:
            return tuple(entry.select_tuple(self._declared))
        except FieldNotFound as missing:
            raise TupleError(
                "an operation emitted an entry without a field that it declares",
                asked=missing.asked,
                available=missing.available,
                row=tuple(entry.get_tuple()),
                fields=fields,
            ) from missing


class OperationCall:
    """What every call carries: a context of the operation's own, and the resolved fields.

    Source:
        cascading.operation.OperationCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        self._argument_fields = argument_fields
        self._declared_fields = declared_fields
        self._context: Any = None

    def get_context(self) -> Any:
        """Return what `set_context` was given, None before."""
        return self._context

    def set_context(self, context: Any) -> None:
        """Keep any object for this pipe and this task."""
        self._context = context

    def get_argument_fields(self) -> Fields:
        """Return the resolved argument fields."""
        return self._argument_fields

    def get_declared_fields(self) -> Fields:
        """Return the resolved declared fields."""
        return self._declared_fields


# `| Any` below is None where Java has null: arguments outside of `operate`, a group outside of
# groups, rows after a BufferJoin, a collector in `cleanup`.


class _ArgumentsCall(OperationCall):
    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.arguments: TupleEntry | Any = None

    def get_arguments(self) -> TupleEntry:
        """Return the argument values of the current row, read-only and reused between rows."""
        return self.arguments


class FunctionCall(_ArgumentsCall):
    """Handed to a Function.

    Source:
        cascading.operation.FunctionCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.output_collector: OutputCollector | Any = None

    def get_output_collector(self) -> OutputCollector:
        """Return the collector; None in cleanup."""
        return self.output_collector


class FilterCall(_ArgumentsCall):
    """Handed to a Filter.

    Source:
        cascading.operation.FilterCall
    """


class ValueAssertionCall(_ArgumentsCall):
    """Handed to a ValueAssertion.

    Source:
        cascading.operation.ValueAssertionCall
    """


class GroupAssertionCall(_ArgumentsCall):
    """Handed to a GroupAssertion.

    Source:
        cascading.operation.GroupAssertionCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.group: TupleEntry | Any = None

    def get_group(self) -> TupleEntry:
        """Return the key of the current group, read-only."""
        return self.group


class AggregatorCall(FunctionCall):
    """Handed to an Aggregator; the collector is None except in `complete`.

    Source:
        cascading.operation.AggregatorCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.group: TupleEntry | Any = None

    def get_group(self) -> TupleEntry:
        """Return the key of the current group, read-only."""
        return self.group


class BufferCall(OperationCall):
    """Handed to a Buffer, once per group.

    Source:
        cascading.operation.BufferCall
    """

    def __init__(self, argument_fields: Fields, declared_fields: Fields) -> None:
        super().__init__(argument_fields, declared_fields)
        self.group: TupleEntry | Any = None
        self.arguments_iterator: Iterator[TupleEntry] | Any = None
        self.output_collector: OutputCollector | Any = None
        self.joiner_closure: Any = None
        self.retain_values = False

    def get_group(self) -> TupleEntry:
        """Return the key of the current group, read-only."""
        return self.group

    def get_arguments_iterator(self) -> Iterator[TupleEntry]:
        """Return the group's rows: one pass, one reused read-only entry."""
        return self.arguments_iterator

    def get_output_collector(self) -> OutputCollector:
        """Return the collector."""
        return self.output_collector

    def get_joiner_closure(self) -> Any:
        """Return the sides of a CoGroup with BufferJoin, None after anything else."""
        return self.joiner_closure

    def set_retain_values(self, retain: bool) -> None:
        """Keep the last row's values for results emitted after the iterator ended."""
        self.retain_values = retain
