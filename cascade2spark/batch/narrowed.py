"""Everys over just those columns of a group's rows that they read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, cast

import attrs

from cascade2spark.batch.every import EveryRun
from cascade2spark.batch.specs import EverySpec
from cascade2spark.fields import Fields
from cascade2spark.selection import NO_COLUMN, Layout, Pick

__all__ = ["narrowed_run"]

Places = tuple[int, ...]


def narrowed_run(run: EveryRun, key_places: Places = ()) -> tuple[Places, EveryRun] | None:
    """Return the columns that the Everys of a group read, and the Everys over just these.

    Rows made of these columns give the same results, errors and trapped rows. A single Every then
    takes its arguments as the rows are: where it does not look at one, its place is NO_COLUMN, and
    the row has None there.

    Args:
        run: the Everys.
        key_places: the columns of the key, if all rows of a group have the very same values there:
            what passes a Buffer is then taken from the key, once for a group.
    Returns:
        None when all columns are read, or which ones depends on each row.
    """
    if run.merges or not run.everys:
        return None
    if len(run.everys) == 1:
        return _narrowed_single(run, run.everys[0], key_places)
    reads = [every.arguments.read for every in run.everys]
    if any(one is None for one in reads):
        return None
    places = tuple(dict.fromkeys(chain.from_iterable(one or () for one in reads)))
    width = run.everys[0].arguments.width
    if width is not None and places == tuple(range(width)):
        return None
    at = {place: number for number, place in enumerate(places)}
    narrow = tuple(_narrowed(every, at) for every in run.everys)
    return places, attrs.evolve(run, everys=narrow, key=None)


def _narrowed_single(
    run: EveryRun, every: EverySpec, key_places: Places
) -> tuple[Places, EveryRun] | None:
    arguments, passed = every.arguments, _passed_places(every)
    if arguments.positions is None or passed is None:
        return None
    unread = arguments.unread
    taken = tuple(NO_COLUMN if at in unread else p for at, p in enumerate(arguments.positions))
    by_key = _passing_key(run, every, key_places) if passed else None
    if passed and not by_key and any(isinstance(name, int) for name in every.passed):
        return None  # what a Buffer stands on goes by names, and these say where the others lie
    extra = () if by_key else tuple(p for p in dict.fromkeys(passed) if p not in taken)
    places = taken + extra
    if not by_key and places == tuple(range(arguments.width or 0)):
        return None
    pick = Pick(tuple(range(len(taken))), len(places), unread=unread)
    if by_key:
        narrow = attrs.evolve(cast(Any, by_key), arguments=pick)
        return places, attrs.evolve(run, everys=(narrow,), passes_key=True, key=None)
    if not passed:
        narrow = attrs.evolve(cast(Any, every), arguments=pick)
    else:
        at = {place: number for number, place in reversed(list(enumerate(places)))}
        narrow = _with_layout(every, pick, at, places)
    return places, attrs.evolve(run, everys=(narrow,), key=None)


def _passed_places(every: EverySpec) -> Places | None:
    """Return the places of a group's rows that an Every hands on; None where they vary."""
    layout = every.layout
    if every.kind != "buffer" or layout is None or layout.is_results:
        return ()  # what passes an aggregator is the group tuple, no row
    if layout.positions is None or layout.incoming_width is None:
        return None
    return tuple(place for place in layout.positions if place < layout.incoming_width)


def _passing_key(run: EveryRun, every: EverySpec, key_places: Places) -> EverySpec | None:
    """Return a Buffer whose results are laid out with the key, if all that passes is of it."""
    layout, key, at = every.layout, run.group_fields, {p: n for n, p in enumerate(key_places)}
    # What is trapped, and what a Buffer stands on before and after its rows, goes by names.
    if every.trap is not None or layout is None or len(at) != len(key):
        return None
    if any(every.passed.find(name) != p for name, p in zip(key, key_places, strict=True)):
        return None
    width = layout.incoming_width or 0
    positions = layout.positions or ()
    if not at.keys() >= {place for place in positions if place < width}:
        return None
    moved = _moved_layout(layout, at, len(key))
    return cast(EverySpec, attrs.evolve(cast(Any, every), passed=key, layout=moved))


def _narrowed(every: EverySpec, at: Mapping[int, int]) -> EverySpec:
    old = every.arguments
    positions = [
        NO_COLUMN if number in old.unread else at[place]
        for number, place in enumerate(old.positions or ())
    ]
    arguments = Pick(tuple(positions), len(at), unread=old.unread)
    return cast(EverySpec, attrs.evolve(cast(Any, every), arguments=arguments))


def _with_layout(
    every: EverySpec, arguments: Pick, at: Mapping[int, int], places: Places
) -> EverySpec:
    assert every.layout is not None
    changed = {
        "arguments": arguments,
        "passed": _fields_at(every.passed, places),
        "layout": _moved_layout(every.layout, at, len(places)),
    }
    return cast(EverySpec, attrs.evolve(cast(Any, every), **changed))


def _fields_at(fields: Fields, places: Places) -> Fields:
    """Return the fields at some places; a position stands for one that is not there."""
    firsts = {place: at for at, place in reversed(list(enumerate(places)))}
    is_named = [p != NO_COLUMN and firsts[p] == at for at, p in enumerate(places)]
    return Fields(*[fields.get(p) if is_named[at] else at for at, p in enumerate(places)])


def _moved_layout(layout: Layout, at: Mapping[int, int], width: int) -> Layout:
    old = layout.incoming_width or 0
    positions = tuple(
        at[place] if place < old else place - old + width for place in layout.positions or ()
    )
    return attrs.evolve(layout, incoming_width=width, positions=positions)
