"""Sources without files: rows in the plan, nothing at all, and input that may be missing."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable
from typing import Any

import attrs

from cascade2spark.errors import BuildError, TapError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.flows.listeners import FlowListener
from cascade2spark.scalding import base
from cascade2spark.scalding.base import Mode, WrappedSource
from cascade2spark.scalding.readable import Source
from cascade2spark.schemes.base import as_source_fields
from cascade2spark.schemes.null import NullScheme
from cascade2spark.taps.base import SinkMode, Tap
from cascade2spark.taps.hadoop_files import Hfs
from cascade2spark.taps.memory import MemoryTap

__all__ = [
    "EmptySource",
    "IterableSource",
    "NullSink",
    "NullSource",
    "OptionalSource",
    "positions",
    "temporary_path",
]


@attrs.frozen(eq=False, init=False, repr=False)
class IterableSource(Source):
    """Rows that stand in the plan itself. It can only be read, and is equal only to itself.

    Args:
        rows: tuples; anything else is a row of one value. Read once, at once.
        fields: names of the values. Default: positions.
    Example:
        >>> IterableSource([("ada", 3)], ("name", "visits"))
        IterableSource(1 row of ['name', 'visits'])
    """

    is_literal = True

    rows: tuple[tuple[Any, ...], ...]
    fields: Fields

    def __init__(self, rows: Iterable[Any], fields: Any = None) -> None:
        if isinstance(rows, (str, bytes)):
            raise BuildError("the rows of an IterableSource are a list", asked=repr(rows)[:100])
        taken = tuple(row if isinstance(row, tuple) else (row,) for row in rows)
        widths = {len(row) for row in taken}
        if len(widths) > 1:
            raise BuildError("the rows of an IterableSource differ in width", asked=sorted(widths))
        width = widths.pop() if widths else 1
        named = positions(width) if fields is None else as_fields(fields)
        if taken and named.is_defined() and len(named) != width:
            raise BuildError(
                f"rows of {width} values were given for {len(named)} fields", asked=taken[0]
            )
        self.__attrs_init__(taken, named)

    @property
    def source_fields(self) -> Fields:
        return self.fields

    def read_tap(self, mode: Mode) -> Tap:
        return MemoryTap(self.fields, self.rows)

    def write_tap(self, mode: Mode) -> Tap:
        raise TapError("an IterableSource can only be read")

    def __repr__(self) -> str:
        count = "1 row" if len(self.rows) == 1 else f"{len(self.rows)} rows"
        return f"IterableSource({count} of {self.fields.print_()})"


@attrs.frozen(repr=False)
class EmptySource(Source):
    """A source without rows; it can only be read.

    Args:
        fields: names of the values of the rows that never come.
    """

    is_literal = True

    fields: Fields = attrs.field(default=Fields.UNKNOWN, converter=as_fields)

    @property
    def source_fields(self) -> Fields:
        return as_source_fields(self.fields)

    def read_tap(self, mode: Mode) -> Tap:
        return MemoryTap(self.fields, [])

    def write_tap(self, mode: Mode) -> Tap:
        raise TapError("an EmptySource can only be read")

    def __repr__(self) -> str:
        return "EmptySource()"


@attrs.frozen(repr=False)
class OptionalSource(WrappedSource, Source):
    """Another source if its input is good when the flow is made, else no rows.

    Args:
        source: a source of files; it has fields of its own.
    """

    source: Source

    @property
    def inner(self) -> base.Source:
        return self.source

    def read_tap(self, mode: Mode) -> Tap:
        try:
            return self.source.read_tap(mode)
        except TapError:
            return MemoryTap(self.source.source_fields, [])

    def __repr__(self) -> str:
        return f"OptionalSource({self.source})"


@attrs.frozen(eq=False, repr=False)
class NullSource(Source):
    """Nothing to read, and a sink that keeps nothing; what stands before it runs all the same.

    Each one is equal only to itself, so that a job may throw away several pipes.
    """

    is_literal = True

    @property
    def source_fields(self) -> Fields:
        return Fields.UNKNOWN

    @property
    def sink_fields(self) -> Fields:
        return Fields.ALL

    def to_row(self, value: Any) -> tuple[Any, ...]:
        return (value,)

    def read_tap(self, mode: Mode) -> Tap:
        return MemoryTap(Fields.UNKNOWN, [])

    def write_tap(self, mode: Mode) -> Tap:
        if mode.is_local:
            return MemoryTap(Fields.ALL)  # its rows go with the tap
        # Tasks write empty files: rows need not travel to be thrown away.
        return _PassingFolder(NullScheme(), temporary_path(mode, "null"), SinkMode.REPLACE)

    def __repr__(self) -> str:
        return "NullSource()"


class _PassingFolder(Hfs, FlowListener):
    """A folder that goes when the flow has ended."""

    def on_completed(self, flow: Any) -> None:
        self.delete_resource()


NullSink = NullSource


def positions(width: int) -> Fields:
    """Return fields that are known by their place alone."""
    return Fields(*range(width))


def temporary_path(mode: Mode, what: str) -> str:
    """Return a new path for data that does not outlive the run, where tasks can write as well.

    It lies in ``hadoop.tmp.dir`` if that is set, else where temporary files of this machine go.
    """
    folder = mode.connector.properties.get("hadoop.tmp.dir") or tempfile.gettempdir()
    return f"{str(folder).rstrip('/')}/scalding/{what}-{uuid.uuid4().hex}"
