"""Keys of elements: a function, or positions in a tuple; and the rows that elements become."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, TypeAlias

import attrs

from cascade2spark.bytecode.picks import made_shape
from cascade2spark.errors import BuildError, shown_value
from cascade2spark.ordering_python import PythonKeyOrder
from cascade2spark.origin import capture_origin
from cascade2spark.rdd.recognised import Reads, Taken, places_taken
from cascade2spark.rdd.tasks import check_callable
from cascade2spark.selection import Pick

__all__ = ["CARRIED", "Cut", "ElementKey", "RowShape", "as_cut", "parts_at"]

ElementKey: TypeAlias = Callable[[Any], Any] | int | tuple[int, ...]

# Stands before the rows of a block that carry their elements: no element is a row that has none of
# the positions of a key.
CARRIED: tuple[Any, ...] = ()


@attrs.frozen
class Cut:
    """How a value is cut out of an element; picklable.

    Args:
        call: the function from an element to the value.
        positions: where it lies in a tuple; None where it has to be called for.
        is_alone: whether it is one value, not a tuple of `width` ones.
        width: number of values.
        taken: which tuples have the positions, when they were seen in a function of the user's.
            Then it is called for other elements; positions that the user gave need tuples.
    """

    call: Callable[[Any], Any]
    positions: tuple[int, ...] | None = None
    is_alone: bool = True
    width: int = 1
    taken: Taken | None = None

    @property
    def is_strict(self) -> bool:
        """Whether every element has to be a tuple."""
        return self.positions is not None and self.taken is None

    def whole(self) -> Cut:
        """Return the same as one value, whatever it is made of."""
        return Cut(self.call)


def as_cut(name: str, argument: str, given: Any) -> Cut:
    """Return what was given as a key.

    Raises:
        BuildError: it is neither a function nor a position nor a tuple of positions.
    """
    places = given if isinstance(given, tuple) else (given,)
    if places and all(type(place) is int for place in places):
        is_alone = not isinstance(given, tuple)
        # One position is the value there, a tuple of one a tuple of one.
        call = itemgetter(given) if is_alone else _all_at(places)
        # From the end they depend on the tuple.
        return Cut(call, places if min(places) >= 0 else None, is_alone, len(places))
    if callable(given):
        return _cut_by(check_callable(name, argument, given, ("element",)))
    raise BuildError(
        f"{name} takes as {argument} a function of an element, a position in a tuple, or a tuple "
        "of positions",
        details={"given": shown_value(given)},
        origin=capture_origin(),
        fix=_advice(places),
    )


def _advice(places: tuple[Any, ...]) -> str | None:
    if any(isinstance(place, str) for place in places):
        return "elements of an RDD have no field names: give the position, or a function"
    if places and all(callable(place) or type(place) is int for place in places):
        return "for one key of several values, give one function; for several RDDs, a list of keys"
    return None


def _cut_by(call: Callable[[Any], Any]) -> Cut:
    taken = places_taken(call)
    if taken is not None:
        return Cut(call, taken.positions, taken.is_alone, len(taken.positions), taken)
    shape = made_shape(call)
    return Cut(call) if isinstance(shape, int) else Cut(call, None, False, len(shape))


def parts_at(places: Iterable[int], rows: list[Any]) -> list[list[Any]]:
    """Return the values at each place: 11 ns for each, where ``zip(*rows)`` takes 100 and more."""
    return [list(map(itemgetter(place), rows)) for place in places]


@attrs.frozen
class RowShape:
    """How elements become rows, whose values can be compared, and back; picklable.

    A row is *carried* when it has the key, the sort values and the element itself, in this order.
    With positions only, an element that is a tuple is its own row. As columns, values that a
    function gave stand before the parts of the element.

    Args:
        key, sort: what is cut out of an element.
        reads: the parts of elements that are looked at, besides key and sort values.
    """

    key: Cut
    sort: Cut | None = None
    reads: Reads | None = None

    @property
    def is_strict(self) -> bool:
        """Whether elements are rows as they are, all of them."""
        return all(cut.is_strict for cut in self._cuts)

    @property
    def has_positions(self) -> bool:
        """Whether elements that are tuples can be rows as they are."""
        return all(cut.positions is not None for cut in self._cuts)

    @property
    def key_pick(self) -> Pick:
        """Where the key lies in a row."""
        return Pick(self.key.positions if self.is_strict else tuple(range(self.key.width)))

    @property
    def sort_pick(self) -> Pick | None:
        """Where the sort values lie in a row."""
        if self.sort is None:
            return None
        if self.is_strict:
            return Pick(self.sort.positions)
        return Pick(tuple(range(self.key.width, self.key.width + self.sort.width)))

    @property
    def key_columns(self) -> tuple[int, ...]:
        """Where the key lies in columns."""
        return self._columns_of(self.key, 0)

    @property
    def sort_columns(self) -> tuple[int, ...]:
        """Where the sort values lie in columns."""
        if self.sort is None:
            return ()
        return self._columns_of(self.sort, 0 if self.key.positions is not None else self.key.width)

    @property
    def key_order(self) -> PythonKeyOrder:
        """What a key means."""
        return PythonKeyOrder(self.key.width)

    def sort_order(self, reverse: bool) -> PythonKeyOrder | None:
        """Return what the sort values mean."""
        return None if self.sort is None else PythonKeyOrder(self.sort.width, reverse)

    @property
    def prefix(self) -> int:
        """Number of columns before those of the element."""
        return sum(cut.width for cut in self._cuts if cut.positions is None)

    @property
    def _cuts(self) -> tuple[Cut, ...]:
        return (self.key,) if self.sort is None else (self.key, self.sort)

    def _columns_of(self, cut: Cut, start: int) -> tuple[int, ...]:
        if cut.positions is None:
            return tuple(range(start, start + cut.width))
        return tuple(self.prefix + place for place in cut.positions)

    def is_sent(self, place: int) -> bool:
        """Tell whether a part of an element has to be there on the other side."""
        if self.reads is None or place in self.reads.places:
            return True
        return any(place in (cut.positions or ()) for cut in self._cuts)

    def carried(self, flat: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return rows that carry elements, given them with the parts of the element in the row."""
        prefix = self.prefix
        elements = [row[prefix:] for row in flat] if prefix else flat
        places = (*self.key_columns, *self.sort_columns)
        return list(zip(*parts_at(places, flat), elements, strict=True))

    def elements(self, rows: Any) -> Any:
        """Return the elements of rows: a list for a list, else an iterator."""
        if self.is_strict:
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
