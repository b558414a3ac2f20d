"""The typed API: bags of Python values, as Scalding's TypedPipe."""

from __future__ import annotations

from cascade2spark.scalding.typed.pipes import (
    NO_MATCH,
    CoGrouped,
    Elements,
    Grouped,
    KeyedList,
    SortedGrouped,
    TypedPipe,
    UnsortedGrouped,
    ValuePipe,
)

__all__ = [
    "NO_MATCH",
    "CoGrouped",
    "Elements",
    "Grouped",
    "KeyedList",
    "SortedGrouped",
    "TypedPipe",
    "UnsortedGrouped",
    "ValuePipe",
]
