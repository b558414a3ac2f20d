"""The functions that cut rows, and build them of a row and its results, by positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Literal, NoReturn

from cascade2spark.errors import FieldNotFound, TupleError

__all__ = [
    "Row",
    "Side",
    "counted",
    "fail_missing",
    "filled_getter",
    "getter",
    "guarded",
    "place_in",
    "replacing",
    "selecting",
    "static_builder",
    "swapping",
    "whole_row",
]

Row = tuple[Any, ...]
Places = Callable[[Row], tuple[int, ...]]
Side = Literal["incoming", "results", "both"]


def getter(positions: Sequence[int]) -> Callable[[Row], Row]:
    """Return the function that takes the values at some positions."""
    if not positions:
        return lambda row: ()
    if len(positions) == 1:
        only = positions[0]
        return lambda row: (row[only],)
    return itemgetter(*positions)


def filled_getter(positions: Sequence[int], gap: int) -> Callable[[Row], Row]:
    """Return the function that takes the values at some positions, and None for those at `gap`."""
    # Text of our own, of places only: half the time of picking from a row with None behind it.
    values = ["None" if place == gap else f"row[{place}]" for place in positions]
    found: Callable[[Row], Row] = eval(f"lambda row: ({', '.join(values)},)", {"__builtins__": {}})
    return found


def whole_row(row: Row) -> Row:
    """Return the row."""
    return row


def static_builder(
    positions: tuple[int, ...], in_width: int, out_width: int
) -> Callable[[Row, Row], Row]:
    """Take values from one side only where that is enough; else from both rows put together."""
    if all(place < in_width for place in positions):
        of_row = getter(positions)
        return lambda row, results: of_row(row)
    if all(place >= in_width for place in positions):
        of_results = getter([place - in_width for place in positions])
        return lambda row, results: of_results(results)
    kept = len(positions) - out_width
    if kept > 0 and positions[kept:] == tuple(range(in_width, in_width + out_width)):
        of_kept = getter(positions[:kept])
        return lambda row, results: of_kept(row) + results
    of_both = getter(positions)
    return lambda row, results: of_both(row + results)


def replacing(places_of: Places) -> Callable[[Row, Row], Row]:
    """Return the function that puts results in the places of what they were made of."""

    def replace(row: Row, results: Row) -> Row:
        places = places_of(row)
        if len(places) != len(results):
            raise TupleError(
                f"REPLACE has {counted(len(places), 'field')} to overwrite "
                f"but {counted(len(results), 'value')}",
                row=results,
            )
        values = list(row)
        for place, value in zip(places, results, strict=True):
            values[place] = value
        return tuple(values)

    return replace


def swapping(places_of: Places) -> Callable[[Row, Row], Row]:
    """Return the function that takes values out of a row and puts the results behind it."""

    def swap(row: Row, results: Row) -> Row:
        away = set(places_of(row))
        return tuple(value for at, value in enumerate(row) if at not in away) + results

    return swap


def selecting(
    chosen: tuple[tuple[Side, int], ...], missing: tuple[str, ...]
) -> Callable[[Row, Row], Row]:
    """Return the function that takes values from either side, or from both as one row."""

    def select(row: Row, results: Row) -> Row:
        both = row + results
        if missing:
            fail_missing(missing, both)
        sides = {"incoming": row, "results": results, "both": both}
        return tuple(sides[side][place_in(at, sides[side])] for side, at in chosen)

    return select


def guarded(pick: Callable[[Row], Row]) -> Callable[[Row], Row]:
    """Return the same function for rows that may be too short."""

    def picked(row: Row) -> Row:
        try:
            return pick(row)
        except IndexError as error:
            raise _too_short(row) from error

    return picked


def place_in(offset: int, row: Row) -> int:
    """Return the position that an offset means in a row."""
    place = offset if offset >= 0 else offset + len(row)
    if not 0 <= place < len(row):
        raise _too_short(row, offset)
    return place


def _too_short(row: Row, offset: int | None = None) -> TupleError:
    return TupleError(
        f"a row of {counted(len(row), 'value')} has no value at a selected position",
        asked=offset,
        row=row,
    )


def fail_missing(missing: tuple[str, ...], row: Row) -> NoReturn:
    """Fail as Cascading does: a tuple error whose cause says what could not be resolved."""
    asked = missing[0] if len(missing) == 1 else list(missing)
    cause = FieldNotFound("no field of this name is known in an UNKNOWN stream", asked=asked)
    raise TupleError(cause.headline, asked=asked, row=row) from cause


def counted(count: int, thing: str) -> str:
    """Return a number with its noun."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
