"""Taps around things that are in memory already: lists of rows, RDDs, DataFrames."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cascade2spark.errors import BuildError, Unsupported
from cascade2spark.fields import Fields, as_fields
from cascade2spark.origin import capture_origin
from cascade2spark.schemes.base import as_sink_fields, as_source_fields
from cascade2spark.taps.base import SinkMode, Tap
from cascade2spark.taps.entries import Row, TupleEntryCollector

__all__ = ["DataFrameTap", "MemoryTap", "RDDTap"]


class _HeldTap(Tap):
    """A tap known by the thing it holds: equal only to itself."""

    def __init__(self, what: str, fields: Any, sink_mode: SinkMode) -> None:
        super().__init__(None, f"{what}-{id(self):x}", sink_mode)
        self._fields = as_fields(fields)
        self._source_fields = as_source_fields(self._fields)
        self._sink_fields = as_sink_fields(self._fields)
        self._changed_ms = int(time.time() * 1000)

    @property
    def source_fields(self) -> Fields:
        return self._source_fields

    @property
    def sink_fields(self) -> Fields:
        return self._sink_fields

    def create_resource(self) -> bool:
        return False

    def get_modified_time(self) -> int:
        return self._changed_ms if self.resource_exists() else 0

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


class MemoryTap(_HeldTap):
    """A list of rows: a source of given rows, or a sink whose `rows` are there after the run.

    Args:
        fields: names of the values; ALL for a sink that takes what arrives.
        rows: tuples, or anything that iterates over values.
        sink_mode: REPLACE by default, so that a run starts with an empty list.
    Raises:
        BuildError: a row has another number of values than there are fields.
    Source:
        none in Cascading: rows in memory, for tests and small sides.
    Example:
        >>> MemoryTap("word", [("a",), ["b"]]).rows
        [('a',), ('b',)]
    """

    def __init__(
        self,
        fields: Any = Fields.ALL,
        rows: Iterable[Iterable[Any]] | None = None,
        sink_mode: SinkMode = SinkMode.REPLACE,
    ) -> None:
        super().__init__("memory", fields, sink_mode)
        if isinstance(rows, (type, str)) or not isinstance(rows, Iterable | None):
            raise BuildError(
                "MemoryTap takes its fields, then rows", asked=[rows], origin=capture_origin()
            )
        self._rows: list[Row] = [] if rows is None else [self._as_row(row) for row in rows]
        self._is_filled = rows is not None
        self._is_copy = False

    @property
    def rows(self) -> list[Row]:
        """The rows."""
        return self._rows

    def write_rows(self, rows: Iterable[Row]) -> None:
        """Take the output of a run: added to the rows under UPDATE, else in their place."""
        kept = self._rows if self.is_update() else []
        self._rows = [*kept, *map(tuple, rows)]
        self._is_filled = True
        self._changed_ms = int(time.time() * 1000)

    def resource_exists(self) -> bool:
        return self._is_filled

    def delete_resource(self) -> bool:
        was_filled = self._is_filled
        self._rows, self._is_filled = [], False
        return was_filled

    def open_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return self._collector(self.sink_fields, flow_process)

    def open_trap_for_write(self, flow_process: Any = None) -> TupleEntryCollector:
        return self._collector(Fields.UNKNOWN, flow_process)

    def _collector(self, fields: Fields, flow_process: Any) -> TupleEntryCollector:
        if self._is_copy:
            raise Unsupported(
                "rows written to a MemoryTap inside a Spark task would stay in that task",
                asked=repr(self),
                origin=self._origin,
                fix="write to an Hfs tap, or emit the rows and make the tap a sink of the flow",
            )
        is_repeat = flow_process is not None and flow_process.is_repeat
        if self.is_replace() and not is_repeat:
            self.delete_resource()
        return _MemoryCollector(self, fields, is_repeat)

    def _added(self, rows: list[Row]) -> None:
        self._rows = [*self._rows, *rows]
        self._is_filled = True
        self._changed_ms = int(time.time() * 1000)

    def _rows_for(self, fields: Fields) -> Iterator[Row]:
        return iter(self._rows)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # What came out of a pickle is another list than the driver's.
        self.__dict__.update(state, _is_copy=True)

    def _as_row(self, row: Any) -> Row:
        if isinstance(row, Mapping):
            raise BuildError(
                "a row is a tuple of values",
                asked=repr(row)[:200],
                fix="write tuple(row.values()), with the values in the order of the fields",
            )
        if isinstance(row, (str, bytes)) or not isinstance(row, Iterable):
            raise BuildError("a row is a tuple of values", asked=repr(row), fix=f"write ({row!r},)")
        values = tuple(row)
        if self._fields.is_defined() and len(values) != len(self._fields):
            raise BuildError(
                f"a row of {len(values)} values for {len(self._fields)} fields",
                details={"row": repr(values)[:200], "fields": self._fields.print_()},
            )
        return values


class _MemoryCollector(TupleEntryCollector):
    """Adds its rows to a MemoryTap when it is closed."""

    def __init__(self, tap: MemoryTap, fields: Fields, is_repeat: bool) -> None:
        super().__init__(fields)
        self._tap = tap
        self._is_repeat = is_repeat
        self._taken: list[Row] = []

    def _write(self, rows: list[Row]) -> None:
        self._taken += rows

    def _finish(self) -> None:
        if not self._is_repeat:
            self._tap._added(self._taken)

    def _discard(self) -> None:
        self._taken = []


class RDDTap(_HeldTap):
    """An RDD of tuples: a source of a given one, or a sink whose `rdd` is there after the run.

    Args:
        rdd: the RDD; None for a sink.
        fields: names of the values.
        sink_mode: REPLACE by default.
    Raises:
        Unsupported: (running) the local engine.
    Source:
        none in Cascading: what Spark has already.
    Example:
        >>> RDDTap(None, ("user", "visits")).get_source_fields()
        Fields('user', 'visits')
    """

    def __init__(
        self, rdd: Any = None, fields: Any = Fields.ALL, sink_mode: SinkMode = SinkMode.REPLACE
    ) -> None:
        if isinstance(rdd, (str, int, Fields, list, tuple)):
            raise BuildError(
                "RDDTap takes an RDD, then its fields", asked=repr(rdd), origin=capture_origin()
            )
        super().__init__("rdd", fields, sink_mode)
        self.rdd = rdd
        self.kept: tuple[Any, ...] = ()  # what Spark keeps persisted for it

    def resource_exists(self) -> bool:
        return self.rdd is not None

    def delete_resource(self) -> bool:
        was_there, self.rdd = self.rdd is not None, None
        return was_there

    def release(self) -> None:
        """Have Spark let go of what it keeps for the RDD of a sink; it may be computed again.

        Without this Spark does so by itself, some time after nobody holds the RDD any more.
        """
        for kept in self.kept:
            kept.unpersist()
        self.kept = ()

    def _rows_for(self, fields: Fields) -> Iterator[Row]:
        return iter([] if self.rdd is None else self.rdd.toLocalIterator())


class DataFrameTap(_HeldTap):
    """A Spark DataFrame: a source of a given one, or a sink whose `df` is there after the run.

    Args:
        df: the DataFrame; None for a sink.
        fields: names of the values. Default: the DataFrame's columns.
        sink_mode: REPLACE by default.
    Raises:
        Unsupported: (running) the local engine.
    Source:
        none in Cascading: what Spark has already.
    Example:
        >>> DataFrameTap().is_source(), DataFrameTap().is_sink()
        (True, True)
    """

    def __init__(
        self, df: Any = None, fields: Any = None, sink_mode: SinkMode = SinkMode.REPLACE
    ) -> None:
        if df is not None and not hasattr(df, "columns"):
            raise BuildError(
                "DataFrameTap takes a DataFrame, then its fields",
                asked=repr(df),
                origin=capture_origin(),
            )
        if fields is None:
            fields = Fields.ALL if df is None else Fields(list(df.columns))
        super().__init__("dataframe", fields, sink_mode)
        self.df = df

    def resource_exists(self) -> bool:
        return self.df is not None

    def delete_resource(self) -> bool:
        was_there, self.df = self.df is not None, None
        return was_there

    def _rows_for(self, fields: Fields) -> Iterator[Row]:
        return iter([] if self.df is None else map(tuple, self.df.toLocalIterator()))
