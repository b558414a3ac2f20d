"""What one call of a plain callable takes and returns: declared, and checked against that."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any, TypeAlias

import attrs

from cascade2spark.errors import TupleError, shown_value
from cascade2spark.fields import Fields
from cascade2spark.origin import Origin
from cascade2spark.tuples import Tuple

__all__ = [
    "Built",
    "Nesting",
    "Shape",
    "checked_row",
    "nester",
    "refuse_tuple_of_one",
    "rows_of",
    "shape_of",
    "wrong_shape",
]

Row = tuple[Any, ...]
# How the one argument of a callable is made of argument values: a place, an object, or a tuple.
# None stands for what is not there, and reads as None.
Nesting: TypeAlias = "int | Built | tuple[Nesting, ...] | None"


@attrs.frozen
class Built:
    """An object that is made of values.

    Args:
        record: `record.maker()` gives the function from a tuple of the values to the object.
        parts: where the values are.
    """

    record: Any
    parts: tuple[Nesting, ...]


def nester(nesting: Nesting) -> Callable[[Row], Any]:
    """Return the function from argument values to the one argument that a callable takes."""
    if isinstance(nesting, int):
        return itemgetter(nesting)
    is_flat = isinstance(nesting, tuple) and all(isinstance(one, int) for one in nesting)
    if is_flat and isinstance(nesting, tuple) and len(nesting) > 1:
        return itemgetter(*nesting)
    # Text of our own, of places only: a pair in a pair costs 70 ns, by calls 350.
    makers: dict[str, Any] = {"__builtins__": {}}
    found: Callable[[Row], Any] = eval(f"lambda values: {_nested_text(nesting, makers)}", makers)
    return found


def _nested_text(nesting: Nesting, makers: dict[str, Any]) -> str:
    if nesting is None or isinstance(nesting, int):
        return "None" if nesting is None else f"values[{nesting}]"
    if isinstance(nesting, Built):
        name = f"make{len(makers)}"
        makers[name] = nesting.record.maker()
        return f"{name}({_nested_text(nesting.parts, makers)})"
    return "".join(["(", *(f"{_nested_text(one, makers)}, " for one in nesting), ")"])


class Shape(enum.Enum):
    """What one call of a plain callable returns."""

    VALUE = "one value"
    ROW = "one tuple"
    VALUES = "an iterable of values"
    ROWS = "an iterable of tuples"

    @property
    def is_many(self) -> bool:
        """Tell whether one call may give no row or several."""
        return self in (Shape.VALUES, Shape.ROWS)


def shape_of(fields: Fields, many: bool) -> Shape:
    """Return the shape that `fields` and `many` declare."""
    if fields.is_defined() and fields.size() == 1:
        return Shape.VALUES if many else Shape.VALUE
    return Shape.ROWS if many else Shape.ROW


def rows_of(
    shape: Shape,
    declared: Fields,
    result: Any,
    origin: Origin | None,
    *,
    is_plain: bool = False,
) -> Iterator[Row]:
    """Yield the rows that one call's result stands for.

    Args:
        shape: what the callable declared.
        declared: fields of the results; UNKNOWN checks no width.
        result: what the callable returned.
        origin: where the callable was defined, for the message.
        is_plain: a user wrote the callable, so that a tuple of one is a slip, not a value.
    Raises:
        TupleError: the result does not have the declared shape.
    """
    if shape is Shape.VALUE:
        if is_plain and type(result) is tuple:
            refuse_tuple_of_one(result, declared, origin)
        yield (result,)
        return
    width = None if declared.is_unknown() or declared.is_all() else declared.size()
    if shape is Shape.ROW:
        yield checked_row(result, width, declared, origin)
        return
    if result is None:
        return
    if isinstance(result, (str, bytes)) or not isinstance(result, Iterable):
        raise wrong_shape(result, declared, origin, "an iterable of results")
    if shape is Shape.VALUES:
        for value in result:
            if is_plain and type(value) is tuple:
                refuse_tuple_of_one(value, declared, origin)
            yield (value,)
    else:
        for row in result:
            yield checked_row(row, width, declared, origin)


def checked_row(result: Any, width: int | None, declared: Fields, origin: Origin | None) -> Row:
    """Return `result` as a plain tuple of `width` values, or raise TupleError."""
    if not isinstance(result, (tuple, list, Tuple)):
        raise wrong_shape(result, declared, origin, "a tuple")
    row: Row = result if type(result) is tuple else tuple(result)
    if width is not None and len(row) != width:
        raise wrong_shape(result, declared, origin, f"a tuple of {width}")
    return row


def refuse_tuple_of_one(value: Any, declared: Fields, origin: Origin | None) -> None:
    """Raise TupleError for a tuple of one where one value is declared; any other is a value."""
    if type(value) is tuple and len(value) == 1:
        fix = "return the value itself"
        raise wrong_shape(value, declared, origin, "one value", fix)


def wrong_shape(
    result: Any, declared: Fields, origin: Origin | None, wanted: str, fix: str | None = None
) -> TupleError:
    """Return the error for a result that does not have the declared shape."""
    kind = type(result).__name__
    is_row = isinstance(result, (tuple, list, Tuple))
    what = f"a {kind} of {len(result)}" if is_row else f"a value of type {kind}"
    return TupleError(
        f"a function returned {what} where {wanted} is declared",
        details={"declared": declared, "returned": shown_value(result)},
        origin=origin,
        fix=fix,
    )
