"""The typed API: bags of Python values, as Scalding's TypedPipe."""

from __future__ import annotations

from cascade2spark.scalding.typed.library import (
    LookupJoin,
    MultiJoin,
    TypedPipeDiff,
    cumulative_sum,
    flatten_value_tuple,
    join_by,
    left_join_by,
    outer_join_by,
    right_join_by,
)
from cascade2spark.scalding.typed.pipes import (
    NO_MATCH,
    CoGrouped,
    Elements,
    Grouped,
    KeyedList,
    Sketched,
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
    "LookupJoin",
    "MultiJoin",
    "Sketched",
    "SortedGrouped",
    "TypedPipe",
    "TypedPipeDiff",
    "UnsortedGrouped",
    "ValuePipe",
    "cumulative_sum",
    "flatten_value_tuple",
    "join_by",
    "left_join_by",
    "outer_join_by",
    "right_join_by",
]
