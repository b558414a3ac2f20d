"""Outgoing rows of a Buffer: a result behind the row it stands on, and what of that is the key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cascade2spark.batch.specs import EverySpec
from cascade2spark.fields import Fields
from cascade2spark.operations.callables import Shape, checked_row, refuse_tuple_of_one
from cascade2spark.selection import Pick

__all__ = ["key_places", "places_by_name", "places_of_key", "result_layer"]

Row = tuple[Any, ...]


def result_layer(spec: EverySpec) -> Callable[[Row, Any], Row]:
    """Return the function from a row and one result of a plain Buffer to the outgoing row."""
    declared, operation, layout = spec.declared, spec.operation, spec.layout
    assert layout is not None
    build, origin = layout.build(), getattr(operation, "origin", None)

    def row_behind(row: Row, result: Any) -> Row:
        if result.__class__ is not tuple or len(result) != width:
            result = checked_row(result, width, declared, origin)
        return build(row, result)

    def value_behind(row: Row, value: Any) -> Row:
        if value.__class__ is tuple:
            refuse_tuple_of_one(value, declared, origin)
        return (*row, value)

    def value_laid(row: Row, value: Any) -> Row:
        if value.__class__ is tuple:
            refuse_tuple_of_one(value, declared, origin)
        return build(row, (value,))

    if getattr(operation, "shape", None) is Shape.VALUES:
        return value_behind if layout.is_all else value_laid
    width = None if declared.is_unknown() or declared.is_all() else declared.size()
    return row_behind


def key_places(
    passed: Fields, group_fields: Fields, key: Pick | None = None
) -> list[int | None] | None:
    """Return for each field that is passed which value of the key it is; None if rows differ.

    Args:
        key: where the values of the key lie; None where the names of `group_fields` say so.
    """
    if passed.is_unknown():
        return None
    if key is None or key.positions is None:
        return places_by_name(passed, group_fields, len(passed))
    return places_of_key(key.positions, len(passed))


def places_by_name(passed: Fields, group_fields: Fields, width: int) -> list[int | None]:
    """Return the same for rows of some width."""
    return places_of_key([passed.find(field) for field in group_fields], width)


def places_of_key(places: Sequence[int | None], width: int) -> list[int | None]:
    """Return the same where it is known at which place each value of the key lies."""
    found: list[int | None] = [None] * width
    for at, place in enumerate(places):
        if place is not None and place < width:
            found[place] = at
    return found
