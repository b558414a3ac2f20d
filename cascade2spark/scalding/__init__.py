"""Scalding in Python: the typed API, the fields API, jobs, sources, dates and algebra."""

from cascade2spark import errors as _errors
from cascade2spark.scalding.algebra.aggregator import (
    Aggregator,
    MonoidAggregator,
)
from cascade2spark.scalding.algebra.base import Group, Monoid, Ring, Semigroup
from cascade2spark.scalding.algebra.containers import Left, Right
from cascade2spark.scalding.algebra.extremes import First, Last, Max, Min
from cascade2spark.scalding.algebra.fold import Fold
from cascade2spark.scalding.algebra.multi_aggregator import MultiAggregator
from cascade2spark.scalding.import_hints import unknown_name as _unknown_name

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

_MATRICES = ("Matrix", "Matrix2", "MatrixProduct", "RowVector", "ColVector", "BlockMatrix")


def __getattr__(name: str) -> object:
    if name in _MATRICES:
        raise _errors.Unsupported(
            "Scalding's Matrix API is not there",
            asked=name,
            fix="make pipes of ((row, column), value): a product is a join and a sum; see "
            "docs/how-to/port-a-scalding-job.md",
        )
    raise _unknown_name(__name__, name)
