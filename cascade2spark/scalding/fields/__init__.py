"""Scalding's fields API: rows with named fields, chained operators, and groups with a body."""

from cascade2spark.scalding.fields.base import InvalidJoinMode
from cascade2spark.scalding.fields.group import (
    CoGroupBuilder,
    GroupBuilder,
    InnerJoinMode,
    JoinMode,
    OuterJoinMode,
)
from cascade2spark.scalding.fields.histogram import Histogram
from cascade2spark.scalding.fields.joining import SkewReplicationA, SkewReplicationB
from cascade2spark.scalding.fields.rich_pipe import RichPipe, from_typed, read
from cascade2spark.scalding.import_hints import unknown_name
from cascade2spark.scalding.typed.pipes import NO_MATCH

__all__ = [
    "NO_MATCH",
    "CoGroupBuilder",
    "GroupBuilder",
    "Histogram",
    "InnerJoinMode",
    "InvalidJoinMode",
    "JoinMode",
    "OuterJoinMode",
    "RichPipe",
    "SkewReplicationA",
    "SkewReplicationB",
    "from_typed",
    "read",
]


def __getattr__(name: str) -> object:
    raise unknown_name(__name__, name)
