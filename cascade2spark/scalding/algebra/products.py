"""Tuples and records add place by place; each place has a structure of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from cascade2spark.errors import OperationError, shown_value
from cascade2spark.scalding.algebra.base import (
    Group,
    Monoid,
    Ring,
    Semigroup,
    name_of,
    refused,
    summed_in_chunks,
)

__all__ = [
    "RecordGroup",
    "RecordMonoid",
    "RecordRing",
    "RecordSemigroup",
    "TupleGroup",
    "TupleMonoid",
    "TupleRing",
    "TupleSemigroup",
    "field_names_of",
    "record_of",
    "tuple_of",
]


def field_names_of(kind: type) -> tuple[str, ...] | None:
    """Return the names of a record class's fields in order; None for a class that is no record."""
    if attrs.has(kind):
        return tuple(field.name for field in attrs.fields(kind))
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return getattr(kind, "_fields", None) if issubclass(kind, tuple) else None


class _Product(Semigroup):
    """What tuples and records share: `items`, and taking a value apart and together."""

    items: tuple[Semigroup, ...]

    def _parts(self, value: Any) -> Sequence[Any]:
        if not isinstance(value, tuple):
            raise refused(self, value)
        return value

    def _whole(self, parts: Iterable[Any]) -> Any:
        return tuple(parts)

    def _each(self, *values: Any) -> Iterable[tuple[Any, ...]]:
        """Return for each place its structure and the values' parts."""
        parts = [self._parts(value) for value in values]
        for value, one in zip(values, parts, strict=True):
            if len(one) != len(self.items):
                raise OperationError(
                    f"A sum of tuples of {len(self.items)} values met one of {len(one)}",
                    details={"value": shown_value(value)},
                )
        return zip(self.items, *parts, strict=True)

    def plus(self, left: Any, right: Any) -> Any:
        return self._whole(item.plus(a, b) for item, a, b in self._each(left, right))

    def sum_or(self, values: Iterable[Any], default: Any) -> Any:
        return summed_in_chunks(values, default, self._sum_chunk)

    def _sum_chunk(self, values: list[Any]) -> Any:
        if not self.items:
            return self.plus(values[0], values[-1])
        try:
            columns = list(zip(*map(self._parts, values), strict=True))
        except ValueError:
            columns = []
        if len(columns) != len(self.items):
            list(map(self._each, values))  # names the one that is of another length
        summed = (
            item.sum_or(column, None) for item, column in zip(self.items, columns, strict=True)
        )
        return self._whole(summed)


class _MonoidProduct(_Product, Monoid):
    @property
    def zero(self) -> Any:
        return self._whole(item.zero for item in _monoids(self.items))

    def is_non_zero(self, value: Any) -> bool:
        return any(item.is_non_zero(one) for item, one in self._each(value))


class _GroupProduct(_MonoidProduct, Group):
    def negate(self, value: Any) -> Any:
        return self._whole(item.negate(one) for item, one in self._each(value))


class _RingProduct(_GroupProduct, Ring):
    @property
    def one(self) -> Any:
        return self._whole(item.one for item in self.items if isinstance(item, Ring))

    def times(self, left: Any, right: Any) -> Any:
        return self._whole(item.times(a, b) for item, a, b in self._each(left, right))


def _monoids(items: Iterable[Semigroup]) -> Iterable[Monoid]:
    return (item for item in items if isinstance(item, Monoid))


@attrs.frozen
class TupleSemigroup(_Product):
    """Tuples of a fixed length, place by place; Python's own + would concatenate.

    Args:
        items: a structure for each place.
    """

    items: tuple[Semigroup, ...]


@attrs.frozen
class TupleMonoid(_MonoidProduct, TupleSemigroup):
    """Tuples each of whose places has a zero."""


@attrs.frozen
class TupleGroup(_GroupProduct, TupleMonoid):
    """Tuples each of whose places forms a group."""


@attrs.frozen
class TupleRing(_RingProduct, TupleGroup):
    """Tuples each of whose places forms a ring."""


@attrs.frozen
class RecordSemigroup(_Product):
    """Records (attrs classes, dataclasses, named tuples), field by field.

    Args:
        kind: the class; a sum is made by calling it with all fields in order.
        items: a structure for each field.
    """

    kind: type
    items: tuple[Semigroup, ...]

    def _parts(self, value: Any) -> Sequence[Any]:
        if not isinstance(value, self.kind):
            raise refused(self, value)
        if isinstance(value, tuple):
            return value
        return tuple(getattr(value, name) for name in field_names_of(self.kind) or ())

    def _whole(self, parts: Iterable[Any]) -> Any:
        try:
            return self.kind(*parts)
        except TypeError as broken:
            raise OperationError(
                f"A sum of {name_of(self.kind)} cannot be made by calling the class "
                "with its fields in order",
                fix="give the class a plus method, or pass a semigroup",
            ) from broken


@attrs.frozen
class RecordMonoid(_MonoidProduct, RecordSemigroup):
    """Records each of whose fields has a zero."""


@attrs.frozen
class RecordGroup(_GroupProduct, RecordMonoid):
    """Records each of whose fields forms a group."""


@attrs.frozen
class RecordRing(_RingProduct, RecordGroup):
    """Records each of whose fields forms a ring."""


def _strength(items: Iterable[Semigroup]) -> int:
    return min(
        (3 if isinstance(i, Ring) else 2 if isinstance(i, Group) else isinstance(i, Monoid))
        for i in (*items, _Strongest())
    )


class _Strongest(Ring):
    """What an empty product is: everything."""

    zero = one = ()

    def plus(self, left: Any, right: Any) -> Any:
        return ()

    def negate(self, value: Any) -> Any:
        return ()

    def times(self, left: Any, right: Any) -> Any:
        return ()


def tuple_of(items: Iterable[Semigroup]) -> TupleSemigroup:
    """Return the strongest structure of tuples with such places."""
    places = tuple(items)
    kinds = (TupleSemigroup, TupleMonoid, TupleGroup, TupleRing)
    return kinds[_strength(places)](places)


def record_of(kind: type, items: Iterable[Semigroup]) -> RecordSemigroup:
    """Return the strongest structure of records of a class with such fields."""
    places = tuple(items)
    kinds = (RecordSemigroup, RecordMonoid, RecordGroup, RecordRing)
    return kinds[_strength(places)](kind, places)
