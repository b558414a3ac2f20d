"""Assemblies: forms made only of pipes. Public door."""

from __future__ import annotations

from cascade2spark.assemblies.aggregating import (
    AggregateBy,
    AverageBy,
    CountBy,
    FirstBy,
    MaxBy,
    MinBy,
    SumBy,
    Unique,
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
