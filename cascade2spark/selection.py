"""How rows are cut and built at run time: the small picklable specs that Fields algebra ends in.

The planner makes a `Pick` for arguments and keys and a `Layout` for outgoing rows; engines build
callables from them and never look at Fields. Where a stream is UNKNOWN the places depend on each
row's own width, and what cannot be found fails for that row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from cascade2spark.errors import FieldNotFound, TupleError
from cascade2spark.field_resolution import replaced_fields
from cascade2spark.fields import Fields, place_of, shown_fields
from cascade2spark.row_building import (
    Row,
    Side,
    counted,
    fail_missing,
    filled_getter,
    getter,
    guarded,
    place_in,
    replacing,
    selecting,
    static_builder,
    swapping,
    whole_row,
)

__all__ = ["NO_COLUMN", "Layout", "Pick", "Row", "check_width", "layout_for", "pick_for"]

# The position of a value that nobody looks at, and whose column was left out.
NO_COLUMN = -1


class _NotRead:
    """Stands in an error for a value that was not there, because nobody looks at it."""

    def __repr__(self) -> str:
        return "<not read>"


_NOT_READ = _NotRead()


@attrs.frozen
class Pick:
    """Which values of a row are wanted.

    Attributes:
        positions: where they are, when that is the same for every row; else None.
        width: the width of every row, None when rows differ.
        offsets: without positions: places by each row's own width, negative from the end;
            None is the whole row.
        is_inverted: whether `offsets` are what is left out rather than what is taken.
        missing: names that no row of this stream can have: any row fails.
        unread: the wanted values, by their places in `positions`, that are passed to somebody who
            never looks at them. They may be None, and are where the position is NO_COLUMN.
    Example:
        >>> pick_for(Fields("c", 0), Fields("a", "b", "c")).of()((1, 2, 3))
        (3, 1)
    """

    positions: tuple[int, ...] | None
    width: int | None = None
    offsets: tuple[int, ...] | None = None
    is_inverted: bool = False
    missing: tuple[str, ...] = ()
    unread: tuple[int, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether every row is taken whole and as it is."""
        if self.positions is None:
            return self.offsets is None and not self.missing
        return self.width is not None and self.positions == tuple(range(self.width))

    @property
    def is_dynamic(self) -> bool:
        """Whether the places depend on each row's own width."""
        return self.positions is None

    @property
    def read(self) -> tuple[int, ...] | None:
        """The positions without those of values that nobody looks at; None as for `positions`."""
        if self.positions is None or not self.unread:
            return self.positions
        return tuple(p for at, p in enumerate(self.positions) if at not in self.unread)

    def shown(self, values: Row) -> Row:
        """Return picked values as an error shows them: those that are not read say so."""
        if not self.unread or len(values) != len(self.positions or ()):
            return values
        return tuple(_NOT_READ if at in self.unread else value for at, value in enumerate(values))

    def of(self) -> Callable[[Row], Row]:
        """Return the function that cuts the values out of a row; fails with TupleError."""
        if self.is_all:
            return whole_row
        if self.positions is not None and NO_COLUMN in self.positions:
            return filled_getter(self.positions, NO_COLUMN)
        if self.positions is not None:
            return getter(self.positions)
        if self.missing or self.is_inverted:
            return lambda row: tuple(row[place] for place in self.places(row))
        return guarded(getter(self.offsets or ()))

    def places(self, row: Row) -> tuple[int, ...]:
        """Return the positions of the wanted values in this row.

        Raises:
            TupleError: a name nobody knows, or a position this row does not have.
        """
        if self.positions is not None:
            return self.positions
        if self.missing:
            fail_missing(self.missing, row)
        if self.offsets is None:
            return tuple(range(len(row)))
        found = tuple(place_in(offset, row) for offset in self.offsets)
        if not self.is_inverted:
            return found
        return tuple(place for place in range(len(row)) if place not in found)


@attrs.frozen
class Layout:
    """How an outgoing row is built from the incoming row and one row of results.

    Attributes:
        incoming_width, results_width: widths, None when rows differ.
        positions: the outgoing row as places in incoming + results, when they are the same for
            every row; else None, and `rule` says what to do.
        rule: RESULTS, ALL, REPLACE, SWAP, or SELECT for an explicit selector.
        pick: the arguments' places in the incoming row (SWAP), or those overwritten (REPLACE).
        chosen: (side, place) of each outgoing value (SELECT).
        missing: names that no row can have: any row fails.
    Laws:
        Where both widths are known, build()(row, results) is what picking by name would give.
    """

    incoming_width: int | None
    results_width: int | None
    positions: tuple[int, ...] | None
    rule: str = "SELECT"
    pick: Pick | None = None
    chosen: tuple[tuple[Side, int], ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_results(self) -> bool:
        """Whether the outgoing row is the results, and nothing else."""
        if self.positions is None or self.incoming_width is None or self.results_width is None:
            return self.rule == "RESULTS"
        start = self.incoming_width
        return self.positions == tuple(range(start, start + self.results_width))

    @property
    def is_all(self) -> bool:
        """Whether the outgoing row is the incoming row followed by the results."""
        if self.positions is None or self.incoming_width is None or self.results_width is None:
            return self.rule == "ALL"
        return self.positions == tuple(range(self.incoming_width + self.results_width))

    @property
    def is_identity(self) -> bool:
        """Whether the outgoing row is the incoming row, whatever the results."""
        if self.positions is None or self.incoming_width is None:
            return False
        return self.positions == tuple(range(self.incoming_width))

    def build(self) -> Callable[[Row, Row], Row]:
        """Return the function (incoming row, result row) -> outgoing row."""
        if self.is_results:
            return lambda row, results: results
        if self.is_identity:
            return lambda row, results: row
        if self.is_all:
            return lambda row, results: row + results
        if self.positions is not None and self.incoming_width is not None:
            return static_builder(self.positions, self.incoming_width, self.results_width or 0)
        if self.rule == "REPLACE" and self.pick is not None:
            return replacing(self.pick.places)
        if self.rule == "SWAP" and self.pick is not None:
            return swapping(self.pick.places)
        return selecting(self.chosen, self.missing)


def pick_for(selector: Fields, incoming: Fields, group: Fields | None = None) -> Pick:
    """Return the pick of a selector over rows of `incoming`.

    Args:
        selector: names, positions, ALL, NONE; GROUP and VALUES in an operation's arguments; or
            UNKNOWN, which is what ALL resolves to on an UNKNOWN stream.
        group: what GROUP stands for; without it GROUP is everything and VALUES nothing.
    Raises:
        FieldNotFound: the stream is known and a name or position is not there.
    """
    if selector.is_values() or selector.is_group():
        key = pick_for(Fields.ALL if group is None else group, incoming)
        return _inverted(key) if selector.is_values() else key
    if incoming.is_unknown():
        return _dynamic_pick(selector, incoming)
    return Pick(positions=incoming.get_pos(selector), width=len(incoming))


def layout_for(
    output: Fields,
    incoming: Fields,
    arguments_selector: Fields,
    arguments: Fields,
    declared: Fields,
    *,
    group: Fields | None = None,
    is_args: bool = True,
) -> Layout:
    """Return how the outgoing rows of an operation are built.

    Args:
        output: the output selector as `Resolved.output` gives it.
        incoming: the pass-through fields, `Resolved.passed`.
        arguments_selector: what the user selected; for an Aggregator the resolved arguments.
        arguments, declared: as resolved.
        group: what GROUP and VALUES in the arguments selector stand for.
        is_args: the operation declares ARGS: under REPLACE nameless results are for its arguments.
    """
    in_width, out_width = _width(incoming), _width(declared)
    if output.is_results() or output.is_all():
        if in_width is None or out_width is None:
            return Layout(in_width, out_width, None, output.kind.name)
        start = in_width if output.is_results() else 0
        return Layout(in_width, out_width, tuple(range(start, in_width + out_width)))
    if output.is_swap():
        gone = pick_for(arguments_selector, incoming, group)
        if gone.positions is None or in_width is None or out_width is None:
            return Layout(in_width, out_width, None, "SWAP", pick=gone)
        kept = [place for place in range(in_width) if place not in set(gone.positions)]
        return Layout(in_width, out_width, (*kept, *range(in_width, in_width + out_width)))
    if output.is_replace():
        return _replace_layout(incoming, arguments_selector, arguments, declared, group, is_args)
    return _select_layout(output, incoming, declared)


def check_width(values: Sequence[Any], declared: Fields) -> None:
    """Refuse a result that has another width than the operation declares.

    Raises:
        TupleError: naming the declared fields and showing the values.
    """
    if declared.is_unknown() or len(values) == len(declared):
        return
    raise TupleError(
        f"an operation declares {counted(len(declared), 'field')} "
        f"but gave {counted(len(values), 'value')}",
        fields=declared,
        row=tuple(values),
    )


def _replace_layout(
    incoming: Fields,
    arguments_selector: Fields,
    arguments: Fields,
    declared: Fields,
    group: Fields | None,
    is_args: bool,
) -> Layout:
    if arguments.is_unknown() and not any(isinstance(one, str) for one in declared):
        overwritten = pick_for(arguments_selector, incoming, group)
    elif declared.is_none():
        overwritten = pick_for(Fields.NONE, incoming)
    else:
        overwritten = pick_for(Fields(replaced_fields(arguments, declared, is_args)), incoming)
    in_width, out_width = _width(incoming), _width(declared)
    if overwritten.positions is None or in_width is None or out_width is None:
        return Layout(in_width, out_width, None, "REPLACE", pick=overwritten)
    places = list(range(in_width))
    for index, place in enumerate(overwritten.positions):
        places[place] = in_width + index
    return Layout(in_width, out_width, tuple(places))


def _select_layout(output: Fields, incoming: Fields, declared: Fields) -> Layout:
    chosen: list[tuple[Side, int]] = []
    missing: list[str] = []
    for element in output:
        if isinstance(element, int):
            chosen.append(("both", element))
            continue
        # The declared value first: both have the name only where the operation declares ARGS.
        place, passed = place_of(declared, element), place_of(incoming, element)
        if place is not None:
            chosen.append(("results", place))
        elif passed is not None:
            chosen.append(("incoming", passed))
        else:
            missing.append(element)
    in_width, out_width = _width(incoming), _width(declared)
    if in_width is None or out_width is None:
        return Layout(in_width, out_width, None, chosen=tuple(chosen), missing=tuple(missing))
    if missing:
        raise FieldNotFound(
            "output selector selects a field that is not there",
            asked=missing[0] if len(missing) == 1 else missing,
            available=shown_fields(incoming) + shown_fields(declared),
        )
    total = in_width + out_width
    starts = {"incoming": 0, "results": in_width, "both": 0}
    places = [starts[side] + (at if at >= 0 else at + total) for side, at in chosen]
    return Layout(in_width, out_width, tuple(places))


def _dynamic_pick(selector: Fields, incoming: Fields) -> Pick:
    if selector.is_all() or selector.is_unknown():
        return Pick(positions=None)
    offsets: list[int] = []
    missing: list[str] = []
    for element in selector:
        place = place_of(incoming, element) if isinstance(element, str) else element
        if place is None:
            missing.append(str(element))
        else:
            offsets.append(place)
    return Pick(positions=None, offsets=tuple(offsets), missing=tuple(missing))


def _inverted(pick: Pick) -> Pick:
    if pick.positions is not None and pick.width is not None:
        kept = tuple(place for place in range(pick.width) if place not in pick.positions)
        return Pick(positions=kept, width=pick.width)
    if pick.is_all:
        return Pick(positions=(), width=None)
    return attrs.evolve(pick, is_inverted=True)


def _width(fields: Fields) -> int | None:
    return None if fields.is_unknown() else len(fields)
