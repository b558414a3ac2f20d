"""Everys over just those columns of a group's rows that they read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, cast

import attrs

from cascade2spark.batch.every import EveryRun
from cascade2spark.batch.specs import EverySpec
from cascade2spark.fields import Fields
from cascade2spark.selection import Layout, Pick

__all__ = ["narrowed_run"]


def narrowed_run(run: EveryRun) -> tuple[tuple[int, ...], EveryRun] | None:
    """Return the columns that the Everys of a group read, and the Everys over just these.

    Rows made of these columns give the same results, errors and trapped rows. A single Every then
    takes its arguments as the rows are.

    Returns:
        None when all columns are read, or which ones depends on each row.
    """
    if run.merges or not run.everys:
        return None
    reads = [_read_places(every) for every in run.everys]
    if any(one is None for one in reads):
        return None
    places = tuple(dict.fromkeys(chain.from_iterable(one or () for one in reads)))
    width = run.everys[0].arguments.width
    if width is not None and places == tuple(range(width)):
        return None
    everys = tuple(_narrowed(every, places) for every in run.everys)
    return places, attrs.evolve(run, everys=everys)


def _read_places(every: EverySpec) -> tuple[int, ...] | None:
    """Return the places of a group's rows that an Every reads; None where they vary."""
    arguments, layout = every.arguments.positions, every.layout
    if arguments is None:
        return None
    if every.kind != "buffer" or layout is None or layout.is_results:
        return arguments  # what passes an aggregator is the group tuple, no row
    if layout.positions is None or layout.incoming_width is None:
        return None
    passed = (place for place in layout.positions if place < layout.incoming_width)
    return (*arguments, *passed)


def _narrowed(every: EverySpec, places: tuple[int, ...]) -> EverySpec:
    at = {place: number for number, place in enumerate(places)}
    arguments = Pick(tuple(at[place] for place in every.arguments.positions or ()), len(places))
    spec = cast(Any, every)  # any attrs class with the parts of an EverySpec
    if every.kind != "buffer" or every.layout is None or every.layout.is_results:
        return cast(EverySpec, attrs.evolve(spec, arguments=arguments))
    passed = every.passed.select(Fields(*places))
    layout = _narrowed_layout(every.layout, at)
    return cast(EverySpec, attrs.evolve(spec, arguments=arguments, passed=passed, layout=layout))


def _narrowed_layout(layout: Layout, at: Mapping[int, int]) -> Layout:
    width = layout.incoming_width or 0
    positions = tuple(
        at[place] if place < width else place - width + len(at) for place in layout.positions or ()
    )
    return attrs.evolve(layout, incoming_width=len(at), positions=positions)
