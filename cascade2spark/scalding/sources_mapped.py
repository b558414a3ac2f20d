"""Sources with a conversion: what is read goes through a function, or what is written does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.errors import TapError
from cascade2spark.fields import Fields
from cascade2spark.scalding.base import Mode, Source
from cascade2spark.taps.base import Tap

__all__ = ["BijectedSourceSink", "and_then", "contra_map"]


@attrs.frozen(repr=False)
class BijectedSourceSink(Source):
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
    def source_fields(self) -> Fields:
        return self.source.source_fields

    @property
    def sink_fields(self) -> Fields:
        return self.source.sink_fields

    @property
    def typed_source_fields(self) -> Fields:
        return self.source.typed_source_fields

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


def and_then(source: Source, call: Callable[[Any], Any]) -> BijectedSourceSink:
    """Return a source of what a function makes of each value; it can only be read."""
    return BijectedSourceSink(source, call)


def contra_map(sink: Source, call: Callable[[Any], Any]) -> BijectedSourceSink:
    """Return a sink that writes what a function makes of each value; it can only be written."""
    return BijectedSourceSink(sink, None, call)
