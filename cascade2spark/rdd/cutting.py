"""Keys and sort values cut out of some elements at a time."""

from __future__ import annotations

from operator import length_hint
from typing import Any

import pyarrow as pa

from cascade2spark.batch.batches import Columns, NotColumns, array_of, column_names
from cascade2spark.errors import shown_value
from cascade2spark.rdd.keys import Cut, RowShape, parts_at
from cascade2spark.rdd.tasks import Call

__all__ = ["Chunk", "check_tuples", "cut_all"]

Parts = list[list[Any]]


class Chunk:
    """Some elements, with their keys and sort values.

    Args:
        call: whose they are.
        shape: how elements become rows.
        elements: one at least.
    Raises:
        RunError: a function of the user's fails, or an element has no positions.
    """

    def __init__(self, call: Call, shape: RowShape, elements: list[Any]) -> None:
        self._shape, self.elements = shape, elements
        is_plain = set(map(type, elements)) == {tuple}
        self._widths = set(map(len, elements)) if is_plain else set()
        self._call = call
        # None where they lie in the elements, at the positions that are known.
        self._key = self._called(shape.key, "the key function")
        self._sort = None if shape.sort is None else self._called(shape.sort, "the sort function")

    @property
    def is_carried(self) -> bool:
        """Whether rows carry their elements."""
        has_values = self._key is not None or self._sort is not None
        return has_values or not self._shape.has_positions

    def key_parts(self) -> Parts:
        """Return the values of the keys, for each of their places.

        Raises:
            IndexError: an element is too short.
        """
        return self._parts(self._shape.key, self._key)

    def rows(self) -> list[Any]:
        """Return the elements as rows."""
        if not self.is_carried:
            return self.elements
        sort = self._shape.sort
        parts = self.key_parts() + ([] if sort is None else self._parts(sort, self._sort))
        return list(zip(*parts, self.elements, strict=True))

    def columns(self) -> Columns | None:
        """Return the elements as columns, null where a part is never read; None if they are none.

        Those that are tuples of one width have an exact form if all that is sent of them has.
        """
        shape, elements = self._shape, self.elements
        called = ((shape.key, self._key), (shape.sort, self._sort))
        is_planned = all(
            cut is None or (cut.positions is None) == (values is not None) for cut, values in called
        )
        if len(self._widths) != 1 or not is_planned:
            return None
        (width,) = self._widths
        prefix = shape.prefix
        if width <= max(*shape.key_columns, *shape.sort_columns, prefix) - prefix:
            return None
        parts = (self._key or []) + (self._sort or [])
        try:
            arrays = list(map(array_of, parts))
            for place in range(width):
                if shape.is_sent(place):
                    (values,) = parts_at((place,), elements)
                    arrays.append(array_of(values))
                else:
                    arrays.append(pa.nulls(len(elements)))
        except NotColumns:
            return None
        return pa.record_batch(arrays, names=column_names(len(arrays)))

    def _parts(self, cut: Cut, called: Parts | None) -> Parts:
        return parts_at(cut.positions or (), self.elements) if called is None else called

    def _called(self, cut: Cut, what: str) -> Parts | None:
        if cut.is_strict:
            check_tuples(self._call, self.elements)
            return None
        if cut.taken is not None and self._widths and all(map(cut.taken.fits, self._widths)):
            return None
        values = cut_all(self._call, cut, self.elements, what)
        return [values] if cut.is_alone else parts_at(range(cut.width), values)


def cut_all(call: Call, cut: Cut, elements: list[Any], what: str) -> list[Any]:
    """Return what is cut out of each element.

    Raises:
        RunError: the user's function fails; it names the element.
    """
    if cut.is_strict:
        check_tuples(call, elements)
    given = iter(elements)
    try:
        return list(map(cut.call, given))
    except Exception as error:
        bad = elements[len(elements) - length_hint(given) - 1]
        raise call.failed(error, what, element=bad) from error


def check_tuples(call: Call, elements: list[Any]) -> None:
    """Refuse elements that have no positions.

    Raises:
        RunError: naming the first.
    """
    if set(map(type, elements)) == {tuple}:
        return
    for element in elements:
        if not isinstance(element, tuple):
            raise call.refusal(
                "a position was given for the key or sort, and an element is no tuple",
                details={"element": f"{shown_value(element)}, a {type(element).__name__}"},
                fix="give a function of an element",
            )
