"""Assemblies: forms made only of pipes. Public door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cascade2spark.assemblies.aggregating import (
    AggregateBy,
    AverageBy,
    CountBy,
    FirstBy,
    MaxBy,
    MinBy,
    SumBy,
)
from cascade2spark.assemblies.local_aggregating import (
    AggregateByLocally,
    AverageByLocally,
    CountByLocally,
    MaxByLocally,
    MinByLocally,
    SumByLocally,
)
from cascade2spark.assemblies.shaping import Coerce, Copy, Discard, Rename, Retain
from cascade2spark.assemblies.unique import Unique
from cascade2spark.name_hints import unknown_name as _unknown_name
from cascade2spark.operations.folds import Include

__all__ = [
    "AggregateBy",
    "AggregateByLocally",
    "AverageBy",
    "AverageByLocally",
    "Coerce",
    "Copy",
    "CountBy",
    "CountByLocally",
    "Discard",
    "FirstBy",
    "Include",
    "MaxBy",
    "MaxByLocally",
    "MinBy",
    "MinByLocally",
    "Rename",
    "Retain",
    "SumBy",
    "SumByLocally",
    "Unique",
]


if not TYPE_CHECKING:  # who checks types is to see what is not here

    def __getattr__(name: str) -> object:
        raise _unknown_name(__name__, name)
