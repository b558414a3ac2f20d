"""Reductions of a group to lists, tables of counts, and sketches; they can be combined as well."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cmp_to_key
from typing import Any, Self

from cascade2spark.errors import BuildError, OperationError, shown_value
from cascade2spark.fields import Fields
from cascade2spark.operations.callables import Fold, PlainAggregator
from cascade2spark.ordering import KeyOrder
from cascade2spark.origin import capture_origin
from cascade2spark.scalding.algebra import HyperLogLogMonoid
from cascade2spark.scalding.fields.base import argument_of, as_is, check_arity, listed
from cascade2spark.scalding.fields.histogram import Histogram, bin_of
from cascade2spark.scalding.fields.reducing import Reductions
from cascade2spark.types import coercion, double_, text_of

__all__ = ["Listings"]

_MANY = 1024  # values are put into a sketch so many at a time


class Listings(Reductions):
    """Lists and tables of the values of a group.

    Lists are in the order of `sort_by`; without it in the reverse of the order that rows arrive in,
    which is promised for no group. They leave out nulls.
    """

    def to_list(self, fields: Any, to: Any = None) -> Self:
        """List the values, or tuples of several fields."""
        return self._listed("to_list", fields, to, as_is)

    def map_list(self, fields: Any, to: Any, call: Callable[[list[Any]], Any]) -> Self:
        """Apply a function to the list of the values."""
        check_arity("map_list", Fields("values"), call)
        return self._listed("map_list", fields, to, call)

    def mk_string(
        self, fields: Any, to: Any = None, *, start: str = "", sep: str = "", end: str = ""
    ) -> Self:
        """Join the texts of the values, between `start` and `end`."""

        def joined(values: list[Any]) -> str:
            return start + sep.join(str(text_of(value)) for value in values) + end

        return self._listed("mk_string", fields, to, joined)

    def _listed(
        self, method: str, fields: Any, to: Any, present: Callable[[list[Any]], Any]
    ) -> Self:
        source, target = self._pair(method, fields, to)
        if to is None or method != "map_list":
            listed(method, target, 1)
        argument = argument_of(source)
        name, origin = f"{method} {', '.join(map(str, target))}", capture_origin()

        def step(held: list[Any], *row: Any) -> list[Any]:
            value = argument(row)
            if value is not None:
                held.append(value)
            return held

        def make(is_sorted: bool) -> PlainAggregator:
            finish = present if is_sorted else (lambda held: present(held[::-1]))
            return PlainAggregator(target, Fold(list, step, finish, _extended), name, origin)

        return self._aggregate(method, source, make)

    def sorted_take(self, fields: Any, to: Any, count: int) -> Self:
        """List the least values, ascending, `count` at most."""
        return self._taken("sorted_take", fields, to, count, lambda width: _ascending(width))

    def sorted_reverse_take(self, fields: Any, to: Any, count: int) -> Self:
        """List the greatest values, descending, `count` at most."""
        return self._taken(
            "sorted_reverse_take", fields, to, count, lambda width: _descending(width)
        )

    def sort_with_take(
        self, fields: Any, to: Any, count: int, less: Callable[[Any, Any], Any]
    ) -> Self:
        """List the first values, `count` at most, by an order of one's own.

        Args:
            less: tells whether one value comes before another; of several fields, whether one
                tuple does.
        """
        check_arity("sort_with_take", Fields("one", "other"), less)

        def compare(left: Any, right: Any) -> int:
            return -1 if less(left, right) else 1 if less(right, left) else 0

        def key(value: Any) -> Any:
            return cmp_to_key(compare)(value)  # made here: what it gives cannot travel to a task

        return self._taken("sort_with_take", fields, to, count, lambda width: key)

    def _taken(
        self,
        method: str,
        fields: Any,
        to: Any,
        count: int,
        order: Callable[[int], Callable[[Any], Any]],
    ) -> Self:
        source, target = self._pair(method, fields, to, 1)
        if count < 0:
            raise BuildError(f"{method} takes a count of rows", asked=count)
        key, argument = order(len(listed(method, source))), argument_of(source)
        most = 2 * count + 64  # so that it is cut seldom

        def cut(values: list[Any]) -> list[Any]:
            return sorted(values, key=key)[:count]

        def step(held: list[Any], *row: Any) -> list[Any]:
            held.append(argument(row))
            return cut(held) if len(held) > most else held

        return self._folded(
            method, source, target, Fold(list, step, cut, lambda left, right: cut(left + right))
        )

    # -- tables ----------------------------------------------------------------------------------

    def pivot(self, fields: Any, to: Any, default: Any = None) -> Self:
        """Make one field of each key that is named in `to`, with its value.

        Args:
            fields: the field of keys, and the field of values.
            to: the keys that become fields; others are left out.
            default: the value of a key that a group does not have.
        Raises:
            OperationError: (running) a group has a key twice.
        """
        source, target = self._pair("pivot", fields, to)
        listed("pivot", source, 2)
        names = [str(name) for name in target]

        def put(table: dict[str, Any], key: Any, value: Any) -> dict[str, Any]:
            name = str(text_of(key))
            if name in table:
                raise OperationError(
                    f"pivot found the key {name!r} twice in one group",
                    details={"values": f"{shown_value(table[name])} and {shown_value(value)}"},
                )
            table[name] = value
            return table

        def merge(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
            for key, value in right.items():
                put(left, key, value)
            return left

        def finish(table: dict[str, Any]) -> Any:
            row = tuple([table.get(name, default) for name in names])
            return row[0] if len(row) == 1 else row

        return self._folded("pivot", source, target, Fold(dict, put, finish, merge))

    def histogram(self, fields: Any, to: Any, bin_width: float = 1.0) -> Self:
        """Count values by bins of one width, and give a `Histogram`."""
        source, target = self._pair("histogram", fields, to, 1)
        listed("histogram", source, 1)
        if not bin_width > 0:
            raise BuildError("histogram needs a width of bins above 0", asked=bin_width)
        number = coercion(double_)

        def step(bins: dict[float, int], value: Any) -> dict[float, int]:
            place = bin_of(number(value), bin_width)
            bins[place] = bins.get(place, 0) + 1
            return bins

        def merge(left: dict[float, int], right: dict[float, int]) -> dict[float, int]:
            for place, count in right.items():
                left[place] = left.get(place, 0) + count
            return left

        fold = Fold(dict, step, lambda bins: Histogram(bins, bin_width), merge)
        return self._folded("histogram", source, target, fold)

    # -- sketches --------------------------------------------------------------------------------

    def hyper_log_log(self, fields: Any, to: Any, error_percent: float = 1.0) -> Self:
        """Give the `HLL` of the values, a sketch of how many different ones there are."""
        return self._sketched("hyper_log_log", fields, to, error_percent, as_is)

    def approximate_unique_count(self, fields: Any, to: Any, error_percent: float = 1.0) -> Self:
        """Estimate how many different values there are, as a double."""
        return self._sketched(
            "approximate_unique_count", fields, to, error_percent, lambda hll: hll.estimated_size
        )

    def _sketched(
        self, method: str, fields: Any, to: Any, error: float, present: Callable[[Any], Any]
    ) -> Self:
        source, target = self._pair(method, fields, to, 1)
        if not error > 0:
            raise BuildError(f"{method} needs an error above 0, in percent", asked=error)
        monoid = HyperLogLogMonoid(2 * math.ceil(math.log2(104) - math.log2(error)))
        argument = argument_of(source)

        def settled(held: list[Any]) -> list[Any]:
            """Put values into the sketch in front, which is made when there are enough."""
            sketch, *values = held
            made = monoid.build(values)
            return [made if sketch is None else monoid.plus(sketch, made)]

        def step(held: list[Any], *row: Any) -> list[Any]:
            held.append(argument(row))
            return settled(held) if len(held) > _MANY else held

        def merge(left: list[Any], right: list[Any]) -> list[Any]:
            one, other = settled(left)[0], settled(right)[0]
            return [monoid.plus(one, other)]

        fold = Fold(lambda: [None], step, lambda held: present(settled(held)[0]), merge)
        return self._folded(method, source, target, fold)


def _ascending(width: int) -> Callable[[Any], Any]:
    key = KeyOrder(width).sort_key()
    return (lambda value: key((value,))) if width == 1 else key


def _descending(width: int) -> Callable[[Any], Any]:
    key = KeyOrder(width, reverse=True).sort_key()
    return (lambda value: key((value,))) if width == 1 else key


def _extended(left: list[Any], right: Sequence[Any]) -> list[Any]:
    left.extend(right)
    return left
