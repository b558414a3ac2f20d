"""Reductions of a group that work on parts of it too, so that they run before the exchange."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Self

from cascade2spark.errors import BuildError, OperationError, shown_value
from cascade2spark.fields import Fields
from cascade2spark.operations.aggregators import Average, Count, Sum
from cascade2spark.operations.callables import Fold
from cascade2spark.operations.extents import First, Last
from cascade2spark.operations.extremes import MaxValue
from cascade2spark.operations.folds import LeastValue
from cascade2spark.ordering import KeyOrder
from cascade2spark.origin import capture_origin
from cascade2spark.scalding.algebra import (
    ANY,
    NOTHING,
    Aggregator,
    as_ring,
    as_semigroup,
)
from cascade2spark.scalding.fields.base import (
    as_is,
    check_arity,
    fields_of,
    listed,
)
from cascade2spark.scalding.fields.folding import Folding, merged, nothing
from cascade2spark.types import Double, Type, as_type, coercion, double_, long_

__all__ = ["Reductions"]

Row = tuple[Any, ...]


class Reductions(Folding):
    """The reductions of a group body. Each reads fields and makes fields, of the same name if no
    other is given; a function takes the values of the fields as its arguments.
    """

    # -- counting --------------------------------------------------------------------------------

    def size(self, to: Any = "size") -> Self:
        """Count the rows, those with nulls too."""
        counted = Count(listed("size", fields_of(to), 1))
        return self._aggregate("size", Fields.GROUP, lambda is_sorted: counted)

    def count(self, fields: Any, to: Any, predicate: Callable[..., Any]) -> Self:
        """Count the rows for which a predicate holds."""
        source, target = self._pair("count", fields, to, 1)
        check_arity("count", source, predicate)
        return self._folded(
            "count",
            source,
            target,
            Fold(int, lambda n, *row: n + bool(predicate(*row)), as_is, operator.add),
        )

    def forall(self, fields: Any, to: Any, predicate: Callable[..., Any]) -> Self:
        """Tell whether a predicate holds for all rows."""
        source, target = self._pair("forall", fields, to, 1)
        check_arity("forall", source, predicate)
        return self._folded(
            "forall",
            source,
            target,
            Fold(
                _true,
                lambda so_far, *row: so_far and bool(predicate(*row)),
                as_is,
                lambda left, right: left and right,
            ),
        )

    # -- calculating -----------------------------------------------------------------------------

    def sum(self, fields: Any, to: Any = None, of: Any = None) -> Self:
        """Add values up.

        Args:
            fields: one field, or several that are added place by place.
            to: the results.
            of: as what. int, float or a type of fields converts first, as Scalding's ``sum[Int]``
                does, and a null is 0; another type, or a semigroup, says how its values are added.
                Default: by the types that the values have; texts are refused then, because the
                fields of text sources are texts. Where values are joined, as lists are, the later
                comes first: unless sorted, rows come in no promised order anyway.
        """
        source, target = self._pair("sum", fields, to)
        number = _number_type(of)
        types = target.get_types()
        if number is None and of is None and types is not None and len(types) == 1:
            number = types[0]
        if number is not None:
            _one_each("sum", source, target)
            for one, other in zip(source, target.un_apply_types(), strict=True):
                self._numbers_summed(Fields(one), Sum(Fields(other), number))
            return self
        prepare = _without_texts("sum") if of is None else as_is
        return self._added_up("sum", source, target, prepare, as_semigroup(of), is_reversed=True)

    def _numbers_summed(self, source: Fields, summed: Sum) -> Self:
        return self._aggregate("sum", source, lambda is_sorted: summed)

    def times(self, fields: Any, to: Any = None, of: Any = None) -> Self:
        """Multiply values; `of` as for `sum`."""
        source, target = self._pair("times", fields, to)
        prepare, times = _product_of("times", of)
        return self._reduced("times", source, target, prepare, times, as_is)

    def dot(self, left: Any, right: Any, to: Any, of: Any = None) -> Self:
        """Add up the products of two fields; `of` as for `sum`."""
        one, other = (listed("dot", fields_of(side), 1) for side in (left, right))
        both = Fields.merge(one, other)  # one field, for a sum of squares
        source, target = self._pair("dot", both, to, 1)
        prepare, times = _product_of("dot", of)
        plus = ANY.plus if of is None or _number_type(of) else as_ring(of).plus

        def multiplied(given: Any) -> Any:
            left, right = given if len(both) == 2 else (given, given)
            return times(prepare(left), prepare(right))

        return self._reduced(
            "dot",
            source,
            target,
            multiplied,
            lambda old, new: plus(new, old),
            as_is,
        )

    def average(self, fields: Any, to: Any = None) -> Self:
        """Average a field as doubles; a null counts as 0, and counts."""
        source, target = self._pair("average", fields, to, 1)
        averaged = Average(target.apply_types(Double))
        return self._aggregate("average", listed("average", source, 1), lambda is_sorted: averaged)

    def size_ave_stdev(self, fields: Any, to: Any) -> Self:
        """Give the count, the mean and the population's standard deviation of a field."""
        source, target = self._pair("size_ave_stdev", fields, to, 3)
        listed("size_ave_stdev", source, 1)
        number = coercion(double_)

        def step(state: tuple[int, float, float], value: Any) -> tuple[int, float, float]:
            count, mean, squares = state
            double = number(value)
            count += 1
            off = double - mean
            mean += off / count
            return count, mean, squares + off * (double - mean)

        def finish(state: tuple[int, float, float]) -> Row:
            count, mean, squares = state
            return count, mean, float((squares / count) ** 0.5)

        return self._folded(
            "size_ave_stdev", source, target, Fold(_no_moments, step, finish, _joined_moments)
        )

    # -- choosing --------------------------------------------------------------------------------

    def max(self, fields: Any, to: Any = None) -> Self:
        """Give the greatest value, or row of several fields; the earliest of equal ones.

        Null is the least. Texts compare as texts, also those that are digits.
        """
        source, target = self._pair("max", fields, to)
        _one_each("max", source, target)
        if len(target) == 1:
            found = MaxValue(target)
            return self._aggregate("max", source, lambda is_sorted: found)
        key = KeyOrder(len(target)).sort_key()
        return self._reduced(
            "max",
            source,
            target,
            as_is,
            lambda old, new: new if key(new) > key(old) else old,
            as_is,
        )

    def min(self, fields: Any, to: Any = None) -> Self:
        """Give the least value, or row of several fields; the earliest of equal ones."""
        source, target = self._pair("min", fields, to)
        _one_each("min", source, target)
        if len(target) == 1:
            found = LeastValue(target)
            return self._aggregate("min", source, lambda is_sorted: found)
        key = KeyOrder(len(target)).sort_key()
        return self._reduced(
            "min",
            source,
            target,
            as_is,
            lambda old, new: new if key(new) < key(old) else old,
            as_is,
        )

    def head(self, fields: Any, to: Any = None) -> Self:
        """Give the first values; which those are is sure after `sort_by` only."""
        source, target = self._pair("head", fields, to)
        _one_each("head", source, target)
        first = First(target)
        return self._aggregate("head", source, lambda is_sorted: first)

    first = head

    def last(self, fields: Any, to: Any = None) -> Self:
        """Give the last values; which those are is sure after `sort_by` only."""
        source, target = self._pair("last", fields, to)
        _one_each("last", source, target)
        last = Last(target)
        return self._aggregate("last", source, lambda is_sorted: last)

    # -- of one's own ----------------------------------------------------------------------------

    def reduce(self, fields: Any, *rest: Any) -> Self:
        """Reduce values by a function of two: ``reduce("x", fn)`` or ``reduce("x", "to", fn)``.

        Of several fields it takes two tuples and returns one. It must be associative; the value
        of earlier rows is the first.
        """
        if not 1 <= len(rest) <= 2:
            raise BuildError("reduce takes fields, the results, and a function of two values")
        *to, call = rest
        source, target = self._pair("reduce", fields, to[0] if to else None)
        check_arity("reduce", Fields("old", "new"), call)
        _one_each("reduce", source, target)
        return self._reduced("reduce", source, target, as_is, call, as_is)

    def map_reduce_map(
        self,
        fields: Any,
        to: Any,
        prepare: Callable[..., Any],
        reduce: Callable[[Any, Any], Any],
        present: Callable[[Any], Any] = as_is,
    ) -> Self:
        """Prepare the values of each row, reduce what that gives, and present the end of it."""
        source, target = self._pair("map_reduce_map", fields, to)
        check_arity("map_reduce_map", source, prepare)
        check_arity("map_reduce_map", Fields("old", "new"), reduce)
        check_arity("map_reduce_map", Fields("reduced"), present)

        def step(state: Any, *row: Any) -> Any:
            return prepare(*row) if state is NOTHING else reduce(state, prepare(*row))

        fold = Fold(nothing, step, present, merged(reduce))
        return self._folded("map_reduce_map", source, target, fold)

    def map_plus_map(
        self,
        fields: Any,
        to: Any,
        prepare: Callable[..., Any],
        present: Callable[[Any], Any] = as_is,
        of: Any = None,
    ) -> Self:
        """Prepare the values of each row, add up what that gives, and present the sum."""
        source, target = self._pair("map_plus_map", fields, to)
        check_arity("map_plus_map", source, prepare)
        check_arity("map_plus_map", Fields("sum"), present)
        return self._added_up(
            "map_plus_map",
            source,
            target,
            lambda row: prepare(*row),
            as_semigroup(of),
            present,
            is_reversed=True,
            takes_row=True,
        )

    def aggregate(self, fields: Any, to: Any, aggregator: Aggregator) -> Self:
        """Aggregate by an algebra's Aggregator, which prepares one value, or one tuple."""
        source, target = self._pair("aggregate", fields, to)
        if not isinstance(aggregator, Aggregator):
            raise BuildError(
                "aggregate takes an Aggregator",
                asked=shown_value(aggregator, 80),
                origin=capture_origin(),
            )
        return self._added_up(
            "aggregate",
            source,
            target,
            aggregator.prepare,
            aggregator.semigroup,
            aggregator.present,
            place=aggregator.place,
        )


def _number_type(of: Any) -> Type | None:
    if of is int:
        return long_
    if of is float:
        return double_
    return as_type(of) if isinstance(of, Type) else None


def _one_each(method: str, source: Fields, target: Fields) -> None:
    if len(target) != len(listed(method, source)):
        raise BuildError(
            f"{method} makes one field of each that it reads",
            details={"reads": source, "makes": target},
            origin=capture_origin(),
        )


def _without_texts(method: str) -> Callable[[Any], Any]:
    def prepare(value: Any) -> Any:
        for one in value if value.__class__ is tuple else (value,):
            if one.__class__ is str:
                raise OperationError(
                    f"{method} was given a text",
                    details={"value": shown_value(one)},
                    fix=f"say what it stands for: {method}(..., of=int), or of=str to join texts",
                )
        return value

    return prepare


def _product_of(method: str, of: Any) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
    """Return how a value becomes a factor, and how two are multiplied."""
    number = _number_type(of)
    if number is not None:
        return coercion(number), operator.mul
    if of is not None:
        return as_is, as_ring(of).times
    return _without_texts(method), operator.mul


def _no_moments() -> tuple[int, float, float]:
    return 0, 0.0, 0.0


def _joined_moments(left: Sequence[Any], right: Sequence[Any]) -> tuple[int, float, float]:
    if not left[0] or not right[0]:
        count, mean, squares = left if left[0] else right
        return count, mean, squares
    count = left[0] + right[0]
    off = right[1] - left[1]
    mean = left[1] + off * right[0] / count
    return count, mean, left[2] + right[2] + off * off * left[0] * right[0] / count


def _true() -> bool:
    return True
