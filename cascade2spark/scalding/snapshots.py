"""Snapshots: values of a pipe that were evaluated and are held until a run of executions ends."""

from __future__ import annotations

from typing import Any

import attrs

from cascade2spark.errors import TapError
from cascade2spark.fields import Fields
from cascade2spark.scalding.base import Mode, Source
from cascade2spark.taps.base import Tap
from cascade2spark.taps.memory import MemoryTap, RDDTap

__all__ = ["Snapshot"]


@attrs.define(eq=False, repr=False)
class Snapshot(Source):
    """Values that are held: lists in this process, else an RDD that Spark keeps.

    Args:
        is_typed: whether a row is one value; else rows are as they come.
        is_list: whether the rows come to the driver.
    """

    is_literal = True

    is_typed: bool = True
    is_list: bool = False
    tap: Any = None

    @property
    def source_fields(self) -> Fields:
        return Fields("value") if self.is_typed else Fields.UNKNOWN

    def write_tap(self, mode: Mode) -> Tap:
        fields = self.sink_fields
        is_here = self.is_list or mode.is_local
        self.tap = MemoryTap(fields) if is_here else RDDTap(None, fields)
        found: Tap = self.tap
        return found

    def read_tap(self, mode: Mode) -> Tap:
        if self.tap is None:
            raise TapError(
                "values that an execution held are gone when its run has ended",
                fix="use what force_to_disk_execution gives inside of the same execution",
            )
        found: Tap = self.tap
        return found

    def values(self) -> list[Any]:
        """Return the values, in this process."""
        return [row[0] if self.is_typed else row for row in self.tap.rows]

    def release(self) -> None:
        """Let go of the values."""
        tap, self.tap = self.tap, None
        if isinstance(tap, RDDTap):
            tap.release()

    def __repr__(self) -> str:
        return "held values"
