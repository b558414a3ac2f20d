"""What the typed API, the fields API and jobs share: sources, and the modes they are read in.

Which tap a source means is decided when the flow is made (`flow_state`), by its mode: a test puts
rows in a source's place.
"""

from __future__ import annotations

import contextvars
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from cascade2spark.connectors import FlowConnector, LocalFlowConnector, SparkFlowConnector
from cascade2spark.errors import TapError
from cascade2spark.fields import Fields
from cascade2spark.files import as_path_text
from cascade2spark.pipes import Pipe
from cascade2spark.taps.base import Tap

__all__ = [
    "BijectedSourceSink",
    "Mode",
    "PipeSource",
    "Source",
    "WrappedSource",
    "building_in",
    "building_mode",
]


@attrs.frozen(eq=False)
class Mode:
    """Where a flow runs, and what its sources stand for there.

    Args:
        connector: plans and runs the flows.
        is_strict: all inputs must be good; else those that are will do.
        in_place: for a test: what is read or written instead of a source that equals the key.
        class_path: Python files that the workers need.
        validates: whether `Job.validate` is called before a job runs.
        files: for a test: paths of the files that are there.
    """

    connector: FlowConnector
    is_strict: bool = True
    in_place: Mapping[Source, Tap] | None = None
    class_path: tuple[str, ...] = ()
    validates: bool = True
    files: frozenset[str] = frozenset()

    @classmethod
    def local(cls, properties: Mapping[str, Any] | None = None, is_strict: bool = True) -> Mode:
        """Return the mode without Spark: everything runs in this process, on local files."""
        return cls(LocalFlowConnector(properties), is_strict)

    @classmethod
    def spark(
        cls,
        spark: Any = None,
        properties: Mapping[str, Any] | None = None,
        is_strict: bool = True,
        class_path: tuple[str, ...] = (),
    ) -> Mode:
        """Return the mode on Spark; see SparkFlowConnector for what `spark` may be."""
        return cls(SparkFlowConnector(spark, properties), is_strict, class_path=class_path)

    @property
    def is_local(self) -> bool:
        """Whether files are read as plain local ones."""
        return isinstance(self.connector, LocalFlowConnector)

    def read_tap(self, source: Source) -> Tap:
        """Return what is read for a source.

        Raises:
            TapError: a test that did not say what the source holds, or input that is not good.
        """
        return self._tap(source, "read") or source.read_tap(self)

    def can_read(self, source: Source) -> bool:
        """Tell whether a source may be read: its input is there, and good."""
        try:
            return self.read_tap(source).resource_exists()
        except TapError:
            return False

    def matching_paths(self, path: str) -> list[str]:
        """Return all that a path or a glob matches where this mode reads it, hidden names too."""
        return self.connector.matching_paths(path)

    def file_exists(self, path: str | os.PathLike[str]) -> bool:
        """Tell whether a file or folder is there; in a test, whether the test says so."""
        text = as_path_text(path)
        if self.in_place is not None:
            return text in self.files
        return bool(self.matching_paths(text))

    def write_tap(self, source: Source) -> Tap:
        """Return what is written for a source."""
        return self._tap(source, "write") or source.write_tap(self)

    def _tap(self, source: Source, access: str) -> Tap | None:
        if self.in_place is None:
            return None
        found = self.in_place.get(source)
        if found is None and not source.is_literal:
            raise TapError(
                f"the test does not say what {source} holds",
                asked=f"{access} {source}",
                available=[str(known) for known in self.in_place],
            )
        return found


class Source(ABC):
    """Something that is read, written, or both. Sources are values: equal ones are one input.

    A subclass is a frozen attrs class. In the typed API a source is read as values and written
    from them; `to_value` and `to_row` lead from the rows of its fields to values and back.
    """

    is_literal = False
    """Whether the rows are in the source itself, so that a test need not give them."""

    is_encoded = False
    """Whether the rows are bytes that stand for values, also where the fields API reads them."""

    max_failures = 0
    """How many rows of a task may fail to become values; these are left out, and counted."""

    is_versioned = False
    """Whether one job may read and write it, because what is written is not what is read."""

    @property
    def tests_take_values(self) -> bool:
        """Whether a test gives values of the typed API even where a row looks like one."""
        return False

    @property
    @abstractmethod
    def source_fields(self) -> Fields:
        """Fields of the rows that are read; UNKNOWN if the data says."""

    @property
    def sink_fields(self) -> Fields:
        """Fields of the rows that are written; ALL if undeclared."""
        return Fields.ALL if self.source_fields.is_unknown() else self.source_fields

    @property
    def typed_source_fields(self) -> Fields:
        """Fields that `to_value` is given; the typed API reads no others."""
        return self.source_fields

    @property
    def typed_sink_fields(self) -> Fields:
        """Fields of the rows that `to_row` gives; ALL if their number is not known."""
        return self.sink_fields

    @property
    def flat_fields(self) -> Fields | None:
        """Typed fields that `to_value` only makes a tuple of; None if it does anything else.

        A primitive type makes its zero of a null. The typed API then leaves the values where they
        are, in fields of their own.
        """
        return None

    def read_tap(self, mode: Mode) -> Tap:
        """Return the tap to read, after a look whether its input is good."""
        raise TapError(f"{self} cannot be read")

    def write_tap(self, mode: Mode) -> Tap:
        """Return the tap to write."""
        raise TapError(f"{self} cannot be written")

    def to_value(self, row: tuple[Any, ...]) -> Any:
        """Return the value of a row of `typed_source_fields`: of one its value, else the row."""
        return row[0] if len(row) == 1 else row

    def to_row(self, value: Any) -> tuple[Any, ...]:
        """Return the row that a value of the typed API is written as."""
        fields = self.typed_sink_fields
        if fields.is_defined() and len(fields) == 1:
            return (value,)
        return value if type(value) is tuple else tuple(value)

    def and_then(self, call: Callable[[Any], Any]) -> BijectedSourceSink:
        """Return a source of what a function makes of each value; it can only be read."""
        return BijectedSourceSink(self, call)

    def contra_map(self, call: Callable[[Any], Any]) -> BijectedSourceSink:
        """Return a sink that writes what a function makes of each value; it can only be written."""
        return BijectedSourceSink(self, None, call)


@attrs.frozen(eq=False)
class PipeSource(Source):
    """The rows of a pipe where a source is wanted: how a flow goes on from one API to another.

    Args:
        pipe: its rows have just the fields.
        fields: the names of the values.
    """

    pipe: Pipe
    fields: Fields

    @property
    def source_fields(self) -> Fields:
        """Fields of the rows."""
        return self.fields

    def __str__(self) -> str:
        return self.pipe.name


class WrappedSource(Source):
    """A source that is read as another one: what it says of its rows, that one says."""

    @property
    @abstractmethod
    def inner(self) -> Source:
        """The other source."""

    @property
    def source_fields(self) -> Fields:
        return self.inner.source_fields

    @property
    def typed_source_fields(self) -> Fields:
        return self.inner.typed_source_fields

    @property
    def is_encoded(self) -> bool:  # type: ignore[override]
        """Whether the rows are bytes that stand for values."""
        return self.inner.is_encoded

    @property
    def max_failures(self) -> int:  # type: ignore[override]
        """How many rows of a task may fail to become values."""
        return self.inner.max_failures

    @property
    def tests_take_values(self) -> bool:
        return self.inner.tests_take_values

    def to_value(self, row: tuple[Any, ...]) -> Any:
        return self.inner.to_value(row)

    def to_row(self, value: Any) -> tuple[Any, ...]:
        return self.inner.to_row(value)


@attrs.frozen(repr=False)
class BijectedSourceSink(WrappedSource):
    """A source whose typed values are converted.

    Args:
        source: what is read and written.
        from_stored: makes a value of the source's own; None if it cannot be read.
        to_stored: makes the source's own value of a value; None if it cannot be written.
    """

    source: Source
    from_stored: Callable[[Any], Any] | None = None
    to_stored: Callable[[Any], Any] | None = None

    @property
    def inner(self) -> Source:
        return self.source

    @property
    def sink_fields(self) -> Fields:
        return self.source.sink_fields

    @property
    def typed_sink_fields(self) -> Fields:
        return self.source.typed_sink_fields

    @property
    def is_literal(self) -> bool:  # type: ignore[override]
        """Whether the rows are in the source itself."""
        return self.source.is_literal

    def read_tap(self, mode: Mode) -> Tap:
        if self.from_stored is None:
            raise TapError(f"{self} can only be written")
        return self.source.read_tap(mode)

    def write_tap(self, mode: Mode) -> Tap:
        if self.to_stored is None:
            raise TapError(f"{self} can only be read")
        return self.source.write_tap(mode)

    def to_value(self, row: tuple[Any, ...]) -> Any:
        value = self.source.to_value(row)
        return value if self.from_stored is None else self.from_stored(value)

    def to_row(self, value: Any) -> tuple[Any, ...]:
        return self.source.to_row(value if self.to_stored is None else self.to_stored(value))

    def __repr__(self) -> str:
        return f"{self.source} with a conversion"


_mode: contextvars.ContextVar[Mode] = contextvars.ContextVar("scalding_mode")


@contextmanager
def building_in(mode: Mode) -> Iterator[Mode]:
    """Say for a while in which mode the jobs that are built will run."""
    token = _mode.set(mode)
    try:
        yield mode
    finally:
        _mode.reset(token)


def building_mode() -> Mode:
    """Return the mode of the jobs that are being built; the one without Spark if nobody says."""
    return _mode.get(None) or Mode.local()
