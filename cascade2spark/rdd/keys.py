"""Keys of elements: a function, or positions in a tuple."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, TypeAlias

import attrs

from cascade2spark.errors import BuildError, shown_value
from cascade2spark.ordering_python import PythonKeyOrder
from cascade2spark.origin import capture_origin
from cascade2spark.selection import Pick

__all__ = ["Cut", "ElementKey", "RowShape", "as_cut"]

ElementKey: TypeAlias = Callable[[Any], Any] | int | tuple[int, ...]


@attrs.frozen
class Cut:
    """How a value is cut out of an element; picklable.

    Args:
        call: the function from an element to the value.
        positions: where it lies in a tuple; None for a function of the user's.
    """

    call: Callable[[Any], Any]
    positions: tuple[int, ...] | None = None

    @property
    def width(self) -> int:
        """Number of values."""
        return 1 if self.positions is None else len(self.positions)


def as_cut(name: str, argument: str, given: Any) -> Cut:
    """Return what was given as a key.

    Raises:
        BuildError: it is neither a function nor a position nor a tuple of positions.
    """
    places = given if isinstance(given, tuple) else (given,)
    if places and all(type(place) is int for place in places):
        # One position is the value there, a tuple of one a tuple of one.
        call = _all_at(places) if isinstance(given, tuple) else itemgetter(given)
        # From the end they depend on the tuple.
        is_fixed = min(places) >= 0 and not (isinstance(given, tuple) and len(given) == 1)
        return Cut(call, places if is_fixed else None)
    if callable(given):
        return Cut(given)
    raise BuildError(
        f"{name} takes as {argument} a function of an element, a position in a tuple, or a tuple "
        "of positions",
        details={"given": shown_value(given)},
        origin=capture_origin(),
        fix="elements of an RDD have no field names: give the position, or a function"
        if any(isinstance(place, str) for place in places)
        else None,
    )


@attrs.frozen
class RowShape:
    """How elements become rows, whose values can be compared, and back; picklable.

    With positions only, an element is its own row. Else a row is (key, element), or (key, sort
    value, element): a function of the user's is called once for each element.

    Args:
        key, sort: what is cut out of an element.
    """

    key: Cut
    sort: Cut | None = None

    @property
    def is_element(self) -> bool:
        """Whether elements are rows as they are."""
        return self.key.positions is not None and (
            self.sort is None or self.sort.positions is not None
        )

    @property
    def key_pick(self) -> Pick:
        """Where the key lies in a row."""
        return Pick(self.key.positions if self.is_element else (0,))

    @property
    def sort_pick(self) -> Pick | None:
        """Where the sort values lie in a row."""
        if self.sort is None:
            return None
        return Pick(self.sort.positions if self.is_element else (1,))

    @property
    def key_order(self) -> PythonKeyOrder:
        """What a key means."""
        return PythonKeyOrder(self.key.width if self.is_element else 1)

    def sort_order(self, reverse: bool) -> PythonKeyOrder | None:
        """Return what the sort values mean."""
        if self.sort is None:
            return None
        return PythonKeyOrder(self.sort.width if self.is_element else 1, reverse)

    @property
    def is_key_alone(self) -> bool:
        """Whether the key that the user knows is the only value of a row's key."""
        return not self.is_element or self.key.width == 1

    @property
    def prefix(self) -> int:
        """Number of values that stand before the element in a row."""
        return 0 if self.is_element else 1 + (self.sort is not None)

    def flat(self, rows: list[Any]) -> list[tuple[Any, ...]] | None:
        """Return rows with the values of elements that are tuples in the row itself.

        This is how they become columns. None when some element is no plain tuple.
        """
        if self.is_element:
            return rows if set(map(type, rows)) == {tuple} else None
        if set(map(type, map(_LAST, rows))) != {tuple}:
            return None
        return [row[:-1] + row[-1] for row in rows]

    def folded(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return what `flat` was given."""
        prefix = self.prefix
        return rows if not prefix else [(*row[:prefix], row[prefix:]) for row in rows]

    def elements(self, rows: Any) -> Any:
        """Return the elements of rows: a list for a list, else an iterator."""
        if self.is_element:
            return rows
        if isinstance(rows, list):
            return [row[-1] for row in rows]
        return map(_LAST, rows)


_LAST = itemgetter(-1)


def _all_at(places: tuple[int, ...]) -> Callable[[Any], Any]:
    if len(places) > 1:
        return itemgetter(*places)
    return _one_at(places[0])


def _one_at(place: int) -> Callable[[Any], Any]:
    return lambda element: (element[place],)
