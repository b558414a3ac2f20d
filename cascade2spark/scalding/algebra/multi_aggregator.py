"""MultiAggregator: several aggregators over the same values, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.scalding.algebra.aggregation import EachOf, SameForAll
from cascade2spark.scalding.algebra.aggregator import Aggregator, MonoidAggregator
from cascade2spark.scalding.algebra.base import shown
from cascade2spark.scalding.algebra.products import tuple_of

__all__ = ["MultiAggregator"]


def MultiAggregator(
    *aggregators: Aggregator | Mapping[Any, Aggregator],
) -> Aggregator:
    """Return one aggregator of several, over the same values, in one pass.

    Args:
        aggregators: any number of them, to answer a tuple; or one map, to answer a map of the
            same keys.
    Example:
        >>> MultiAggregator(Aggregator.min(), Aggregator.max(), Aggregator.size()).apply([3, 1, 2])
        (1, 3, 3)
    """
    if len(aggregators) == 1 and isinstance(aggregators[0], Mapping):
        named = aggregators[0]
        keys = tuple(named)
        whole = _multiple(tuple(named.values()))
        return whole.and_then_present(lambda answers: dict(zip(keys, answers, strict=True)))
    return _multiple(aggregators)


def _multiple(aggregators: Iterable[Any]) -> Aggregator:
    parts = tuple(aggregators)
    wrong = [part for part in parts if not isinstance(part, Aggregator)]
    if wrong or not parts:
        what = shown(wrong[0]) if wrong else "nothing"
        raise BuildError(
            f"MultiAggregator needs aggregators, or one map of them, not {what}",
            fix="call it: Aggregator.size()" if wrong and callable(wrong[0]) else None,
        )
    has_zero = all(isinstance(part, MonoidAggregator) for part in parts)
    return (MonoidAggregator if has_zero else Aggregator)(
        SameForAll(tuple(part.prepare for part in parts)),
        tuple_of(part.semigroup for part in parts),
        EachOf(tuple(part.present for part in parts)),
        name=" and ".join(part.name for part in parts),
    )
