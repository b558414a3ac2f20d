"""Values that are in the plan itself."""

from __future__ import annotations

from typing import Any

import attrs

from cascade2spark.fields import Fields
from cascade2spark.scalding.base import Mode, Source
from cascade2spark.taps.base import Tap
from cascade2spark.taps.memory import MemoryTap

__all__ = ["IterableSource"]


@attrs.frozen(eq=False, repr=False)
class IterableSource(Source):
    """Values given when the pipe was built."""

    held: tuple[Any, ...]

    is_literal = True

    @property
    def source_fields(self) -> Fields:
        return Fields("value")

    def read_tap(self, mode: Mode) -> Tap:
        """Return the values as rows of one."""
        return MemoryTap("value", [(value,) for value in self.held])

    def __repr__(self) -> str:
        return "literal"
