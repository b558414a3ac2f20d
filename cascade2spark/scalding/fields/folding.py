"""How reductions of a group body are made of folds, sums and functions of two values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any, Self

from cascade2spark.fields import Fields
from cascade2spark.operations.callables import Fold, PlainAggregator
from cascade2spark.origin import capture_origin
from cascade2spark.scalding.algebra import (
    NOTHING,
    Semigroup,
)
from cascade2spark.scalding.algebra.aggregation import told_with
from cascade2spark.scalding.algebra.running import Running
from cascade2spark.scalding.fields.base import (
    argument_of,
    as_is,
    fields_of,
    listed,
)
from cascade2spark.scalding.fields.grouping import GroupBody

__all__ = ["Folding", "merged", "nothing"]


class Folding(GroupBody):
    """A group body that reductions are added to."""

    def _pair(
        self, method: str, fields: Any, to: Any, count: int | None = None
    ) -> tuple[Fields, Fields]:
        source = fields_of(fields)
        target = source if to is None else fields_of(to)
        return source, listed(method, target, count)

    def _folded(self, method: str, source: Fields, target: Fields, fold: Fold) -> Self:
        """Add a fold of the values of each row."""
        name = f"{method} {', '.join(map(str, target))}"
        made = PlainAggregator(target, fold, name, capture_origin())
        return self._aggregate(method, source, lambda is_sorted: made)

    def _added_up(
        self,
        method: str,
        source: Fields,
        target: Fields,
        prepare: Callable[[Any], Any],
        semigroup: Semigroup,
        present: Callable[[Any], Any] = as_is,
        *,
        is_reversed: bool = False,
        takes_row: bool = False,
        place: tuple[str, str] | None = None,
    ) -> Self:
        """Add up one value, or tuple, for each row; many at a time, as lists and sketches like.

        Args:
            place: of the aggregator whose parts they are.
        """
        argument = as_is if takes_row else argument_of(source)

        def step(state: Any, *row: Any) -> Any:
            return state + prepare(argument(row))

        def result(state: Any) -> Any:
            return present(state.total())

        told: Callable[..., Any] = as_is if place is None else partial(told_with, place)
        fold = Fold(
            lambda: Running(semigroup, None, is_reversed), told(step), told(result), operator.add
        )
        return self._folded(method, source, target, fold)

    def _reduced(
        self,
        method: str,
        source: Fields,
        target: Fields,
        prepare: Callable[[Any], Any],
        reduce: Callable[[Any, Any], Any],
        present: Callable[[Any], Any],
    ) -> Self:
        """Add a reduction of one value, or tuple, for each row."""
        argument = argument_of(source)

        def step(state: Any, *row: Any) -> Any:
            value = prepare(argument(row))
            return value if state is NOTHING else reduce(state, value)

        fold = Fold(nothing, step, present, merged(reduce))
        return self._folded(method, source, target, fold)


def merged(reduce: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return how the states of two parts are joined, either of which may have none."""

    def merge(left: Any, right: Any) -> Any:
        if left is NOTHING or right is NOTHING:
            return right if left is NOTHING else left
        return reduce(left, right)

    return merge


def nothing() -> Any:
    """Return the state of no values."""
    return NOTHING
