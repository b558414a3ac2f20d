"""The typed API: bags of Python values, as Scalding's TypedPipe."""

from __future__ import annotations

from cascade2spark.scalding.import_hints import unknown_name
from cascade2spark.scalding.typed.elements import Elements
from cascade2spark.scalding.typed.groups import Grouped, SortedGrouped, UnsortedGrouped
from cascade2spark.scalding.typed.joins import CoGrouped, Sketched
from cascade2spark.scalding.typed.keyed import KeyedList
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
from cascade2spark.scalding.typed.pipes import NO_MATCH, TypedPipe
from cascade2spark.scalding.typed.values import ValuePipe

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


def __getattr__(name: str) -> object:
    raise unknown_name(__name__, name)
