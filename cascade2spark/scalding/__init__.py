"""Scalding in Python: the typed API, the fields API, jobs, sources, dates and algebra."""

from cascade2spark.scalding.algebra.aggregator import (
    Aggregator,
    MonoidAggregator,
    MultiAggregator,
)
from cascade2spark.scalding.algebra.base import Group, Monoid, Ring, Semigroup
from cascade2spark.scalding.algebra.containers import Left, Right
from cascade2spark.scalding.algebra.extremes import First, Last, Max, Min
from cascade2spark.scalding.algebra.fold import Fold

__all__ = [
    "Aggregator",
    "First",
    "Fold",
    "Group",
    "Last",
    "Left",
    "Max",
    "Min",
    "Monoid",
    "MonoidAggregator",
    "MultiAggregator",
    "Right",
    "Ring",
    "Semigroup",
]
