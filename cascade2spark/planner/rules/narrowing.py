"""One step with fewer columns: what it needs of its inputs, and what it becomes without the rest.

Columns are named by their positions before any pruning. Only streams whose fields all have names
are narrowed: a position would mean another value afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

import attrs

from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import InnerJoin, LeftJoin, MixedJoin, OuterJoin, RightJoin
from cascade2spark.operations.aggregators import Count
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    EachOperator,
    EveryOperator,
    Group,
    Map,
    Persist,
    Project,
    Read,
    Site,
    Step,
    Union,
    Write,
)
from cascade2spark.selection import NO_COLUMN, Layout, Pick

__all__ = ["ALL_COLUMNS", "Columns", "is_nameable", "narrow_step", "needs_of", "projected"]

Columns = frozenset[int] | None
Kept = tuple[int, ...]
ALL_COLUMNS: Columns = None

_STOCK_JOINERS = (InnerJoin, LeftJoin, RightJoin, OuterJoin, MixedJoin)


def is_nameable(fields: Fields) -> bool:
    """Tell whether every field has a name, so that the others may go."""
    return fields.is_defined() and all(isinstance(name, str) for name in fields)


def needs_of(step: Step, needed: Columns) -> list[Columns]:
    """Return the columns a step needs of each input so that `needed` can leave it."""
    # A row without any value is a special case nobody wants: keep one column.
    return [
        frozenset({0}) if one is not None and not one else one for one in _needs_of(step, needed)
    ]


@singledispatch
def _needs_of(step: Step, needed: Columns) -> list[Columns]:
    raise Unsupported(f"a {type(step).__name__} step cannot be pruned")


@singledispatch
def narrow_step(
    step: Step, inputs: tuple[Step, ...], at_inputs: Sequence[Kept], needed: Columns
) -> tuple[Step, Kept]:
    """Return the step over narrowed inputs, and the columns that leave it in their new order."""
    raise Unsupported(f"a {type(step).__name__} step cannot be narrowed")


def projected(
    step: Step, fields: Fields, kept: Kept, target: Kept, site: Site, is_last: bool
) -> Step:
    """Return `step` followed by a Project from the `kept` columns of `fields` to `target`.

    Args:
        is_last: nobody else reads the step, so a Map may take the Project in.
    """
    index = {old: new for new, old in enumerate(kept)}
    outgoing = _fields_at(fields, target)
    pick = Pick(positions=tuple(index[old] for old in target), width=len(kept))
    project = Project(site=site, pick=pick, outgoing=outgoing)
    if is_last and isinstance(step, Map):
        return attrs.evolve(step, operators=(*step.operators, project), fields=outgoing)
    return Map(number=0, inputs=(step,), fields=outgoing, site=site, sites=(), operators=(project,))


@_needs_of.register
def _(step: Read, needed: Columns) -> list[Columns]:
    return []


@narrow_step.register
def _(
    step: Read, inputs: tuple[Step, ...], at_inputs: Sequence[Kept], needed: Columns
) -> tuple[Step, Kept]:
    kept = _all_or_sorted(needed, step.fields)
    if len(kept) == len(step.fields):
        return step, kept
    before = step.columns or tuple(range(len(step.fields)))
    columns = tuple(before[old] for old in kept)
    return attrs.evolve(step, columns=columns, fields=_fields_at(step.fields, kept)), kept


@_needs_of.register
def _(step: Write, needed: Columns) -> list[Columns]:
    return [_places(step.pick)]


@narrow_step.register
def _(
    step: Write, inputs: tuple[Step, ...], at_inputs: Sequence[Kept], needed: Columns
) -> tuple[Step, Kept]:
    pick = _moved(step.pick, at_inputs[0])
    return attrs.evolve(step, inputs=inputs, pick=pick), _everything(step.fields)


@_needs_of.register(Union)
def _(step: Step, needed: Columns) -> list[Columns]:
    return [needed] * len(step.inputs)


@_needs_of.register
def _(step: Persist, needed: Columns) -> list[Columns]:
    # A run that goes on from it may have been given pipes that need other columns.
    return [ALL_COLUMNS if step.is_durable else needed]


@narrow_step.register(Persist)
@narrow_step.register(Union)
def _(
    step: Step, inputs: tuple[Step, ...], at_inputs: Sequence[Kept], needed: Columns
) -> tuple[Step, Kept]:
    kept = at_inputs[0]
    return attrs.evolve(step, inputs=inputs, fields=_fields_at(step.fields, kept)), kept


@_needs_of.register
def _(step: Map, needed: Columns) -> list[Columns]:
    needs = _operator_needs(step, needed)
    return [ALL_COLUMNS if needs is None else needs[0]]


@narrow_step.register
def _(
    step: Map, inputs: tuple[Step, ...], at_inputs: Sequence[Kept], needed: Columns
) -> tuple[Step, Kept]:
    needs = _operator_needs(step, needed)
    if needs is None:
        return attrs.evolve(step, inputs=inputs), _everything(step.fields)
    kept = at_inputs[0]
    operators = []
    for operator, after in zip(step.operators, needs[1:], strict=True):
        narrowed, kept = _narrow_operator(operator, kept, after)
        operators.append(narrowed)
    fields = operators[-1].outgoing
    return attrs.evolve(step, inputs=inputs, operators=tuple(operators), fields=fields), kept


@_needs_of.register
def _(step: Group, needed: Columns) -> list[Columns]:
    own = _joined(_places(step.key), _places(step.sort) if step.sort else frozenset())
    if not step.everys:
        return [_joined(own, needed)]
    return [_joined(own, _every_needs(step.everys, needed))]


@narrow_step.register
def _(
    step: Group, inputs: tuple[Step, ...], at_inputs: Sequence[Kept], needed: Columns
) -> tuple[Step, Kept]:
    kept = at_inputs[0]
    if len(kept) == len(step.incoming) or step.incoming.is_unknown():
        return attrs.evolve(step, inputs=inputs), _everything(step.fields)
    everys, fields, leaving = _narrow_everys(step.everys, step.fields, step.incoming, kept, needed)
    group = attrs.evolve(
        step,
        inputs=inputs,
        key=_moved(step.key, kept),
        sort=None if step.sort is None else _moved(step.sort, kept),
        incoming=_fields_at(step.incoming, kept),
        everys=everys,
        fields=fields,
    )
    return group, leaving


@_needs_of.register(CoGroup)
@_needs_of.register(BroadcastJoin)
def _(step: CoGroup | BroadcastJoin, needed: Columns) -> list[Columns]:
    everys = step.everys if isinstance(step, CoGroup) else ()
    joined = _every_needs(everys, needed) if everys else needed
    found: list[Columns] = [frozenset()] * len(step.inputs)
    is_known = not step.joined.is_unknown() and all(
        not one.fields.is_unknown() for one in step.sides
    )
    if joined is None or not is_known or type(step.joiner) not in _STOCK_JOINERS:
        return [ALL_COLUMNS] * len(step.inputs)
    offset = 0
    for side in step.sides:
        width = len(side.fields)
        own = frozenset(place - offset for place in joined if 0 <= place - offset < width)
        wanted = _joined(own, _places(side.key))
        found[side.source] = _joined(found[side.source], wanted)
        offset += width
    return found


@narrow_step.register(CoGroup)
@narrow_step.register(BroadcastJoin)
def _(
    step: CoGroup | BroadcastJoin,
    inputs: tuple[Step, ...],
    at_inputs: Sequence[Kept],
    needed: Columns,
) -> tuple[Step, Kept]:
    if all(
        len(at_inputs[side.source]) == len(side.fields) or side.fields.is_unknown()
        for side in step.sides
    ):
        return attrs.evolve(step, inputs=inputs), _everything(step.fields)
    sides = []
    joined: list[int] = []
    offset = 0
    for side in step.sides:
        kept = at_inputs[side.source]
        fields = _fields_at(side.fields, kept)
        sides.append(attrs.evolve(side, key=_moved(side.key, kept), fields=fields))
        joined += [offset + place for place in kept]
        offset += len(side.fields)
    rows = _fields_at(step.joined, tuple(joined))
    if isinstance(step, BroadcastJoin):
        changed: Step = attrs.evolve(
            step, inputs=inputs, sides=tuple(sides), joined=rows, fields=rows
        )
        return changed, tuple(joined)
    everys, fields, leaving = _narrow_everys(
        step.everys, step.fields, step.joined, tuple(joined), needed
    )
    changed = attrs.evolve(
        step, inputs=inputs, sides=tuple(sides), joined=rows, everys=everys, fields=fields
    )
    return changed, leaving


def _operator_needs(step: Map, needed: Columns) -> list[frozenset[int]] | None:
    """Return the columns needed before each operator and after the last; None: all, untouched."""
    after = frozenset(_all_or_sorted(needed, step.fields))
    needs = [after]
    for operator in reversed(step.operators):
        before = _before_operator(operator, after)
        if before is None:
            return None
        # Positions of nameless fields would shift; the row then stays whole.
        if isinstance(operator, EachOperator) and not is_nameable(operator.incoming):
            before = frozenset(range(len(operator.incoming)))
        after = before or frozenset({0})
        needs.insert(0, after)
    return needs


def _before_operator(operator: EachOperator | Project, after: frozenset[int]) -> Columns:
    if isinstance(operator, Project):
        positions = operator.pick.positions
        return None if positions is None else frozenset(positions[place] for place in after)
    arguments = _places(operator.arguments)
    if operator.layout is None:
        return _joined(after, arguments)
    if not is_nameable(operator.outgoing) and len(after) < len(operator.outgoing):
        return None
    return _joined(arguments, _from_incoming(operator.layout, after))


def _narrow_operator(
    operator: EachOperator | Project, kept: Kept, after: frozenset[int]
) -> tuple[EachOperator | Project, Kept]:
    if isinstance(operator, Project):
        leaving = tuple(sorted(after))
        positions = operator.pick.positions or ()
        index = {old: new for new, old in enumerate(kept)}
        pick = Pick(tuple(index[positions[place]] for place in leaving), len(kept))
        outgoing = _fields_at(operator.outgoing, leaving)
        return attrs.evolve(operator, pick=pick, outgoing=outgoing), leaving
    incoming = _fields_at(operator.incoming, kept)
    arguments = _moved(operator.arguments, kept)
    if operator.layout is None:
        return (
            attrs.evolve(operator, incoming=incoming, outgoing=incoming, arguments=arguments),
            kept,
        )
    layout, leaving = _narrow_layout(operator.layout, kept, after, len(operator.outgoing))
    outgoing = _fields_at(operator.outgoing, leaving)
    narrowed = attrs.evolve(
        operator, incoming=incoming, outgoing=outgoing, arguments=arguments, layout=layout
    )
    return narrowed, leaving


def _every_needs(everys: Sequence[EveryOperator], needed: Columns) -> Columns:
    """Return the columns of the grouped rows that the Everys read or pass on."""
    found: Columns = frozenset()
    for every in everys:
        if not _is_blind(every):
            found = _joined(found, _places(every.arguments))
        if every.kind == "buffer" and every.layout is not None:
            after = frozenset(_all_or_sorted(needed, every.outgoing))
            found = _joined(found, _from_incoming(every.layout, after))
    return found


def _is_blind(every: EveryOperator) -> bool:
    """Tell whether an Every looks at no argument, though it selects some, and nobody shows them."""
    return type(every.operation) is Count and every.trap is None


def _narrow_arguments(every: EveryOperator, incoming: Fields, kept: Kept) -> EveryOperator:
    if _is_blind(every):
        some = Pick((0,), len(kept))
        return attrs.evolve(every, arguments=some, argument_fields=_fields_at(incoming, kept[:1]))
    return attrs.evolve(every, arguments=_moved(every.arguments, kept))


def _narrow_everys(
    everys: Sequence[EveryOperator], fields: Fields, incoming: Fields, kept: Kept, needed: Columns
) -> tuple[tuple[EveryOperator, ...], Fields, Kept]:
    """Return the Everys over narrowed rows, with the fields and columns that leave the last one."""
    if not everys:
        return (), _fields_at(fields, kept), kept
    narrowed = []
    leaving = _everything(fields)
    for every in everys:
        one = _narrow_arguments(every, incoming, kept)
        if every.kind == "buffer" and every.layout is not None:
            after = frozenset(_all_or_sorted(needed, every.outgoing))
            layout, leaving = _narrow_layout(every.layout, kept, after, len(every.outgoing))
            one = attrs.evolve(
                one,
                layout=layout,
                passed=_fields_at(every.passed, kept),
                outgoing=_fields_at(every.outgoing, leaving),
            )
        narrowed.append(one)
    return tuple(narrowed), narrowed[-1].outgoing, leaving


def _narrow_layout(
    layout: Layout, kept: Kept, after: frozenset[int], width: int
) -> tuple[Layout, Kept]:
    """Return the layout over the kept columns that gives the columns in `after` only."""
    if layout.positions is None or layout.incoming_width is None:
        return attrs.evolve(layout, incoming_width=len(kept)), tuple(range(width))
    index = {old: new for new, old in enumerate(kept)}
    shift = len(kept) - layout.incoming_width
    leaving = tuple(sorted(after))
    chosen = [layout.positions[place] for place in leaving]
    positions = tuple(index[old] if old < layout.incoming_width else old + shift for old in chosen)
    return attrs.evolve(layout, incoming_width=len(kept), positions=positions), leaving


def _from_incoming(layout: Layout, after: frozenset[int]) -> Columns:
    """Return which places of the incoming row the outgoing places `after` come from."""
    if layout.positions is None or layout.incoming_width is None:
        return frozenset() if layout.rule == "RESULTS" else ALL_COLUMNS
    found = (layout.positions[place] for place in after)
    return frozenset(place for place in found if place < layout.incoming_width)


def _places(pick: Pick) -> Columns:
    return ALL_COLUMNS if pick.read is None else frozenset(pick.read)


def _moved(pick: Pick, kept: Kept) -> Pick:
    if pick.positions is None or pick.width == len(kept):
        return pick
    index = {old: new for new, old in enumerate(kept)}
    positions = [
        index.get(old, NO_COLUMN) if at in pick.unread else index[old]
        for at, old in enumerate(pick.positions)
    ]
    return attrs.evolve(pick, positions=tuple(positions), width=len(kept))


def _joined(left: Columns, right: Columns) -> Columns:
    return ALL_COLUMNS if left is None or right is None else left | right


def _everything(fields: Fields) -> Kept:
    return tuple(range(len(fields)))


def _all_or_sorted(needed: Columns, fields: Fields) -> Kept:
    return _everything(fields) if needed is None else tuple(sorted(needed)) or (0,)


def _fields_at(fields: Fields, kept: Kept) -> Fields:
    if len(kept) == len(fields) or fields.is_unknown():
        return fields
    return fields.select(Fields([fields.get(place) for place in kept]))
