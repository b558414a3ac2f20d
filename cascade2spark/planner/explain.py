"""The plan as text, at any stage: what the user said, what it means in fields, what runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import singledispatch

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.origin import Origin
from cascade2spark.pipes import Pipe
from cascade2spark.planner.assembly import Assembly, label_of
from cascade2spark.planner.lower import runs_as_broadcast
from cascade2spark.planner.nodes import (
    CheckpointNode,
    EachNode,
    EveryNode,
    JoinNode,
    NameNode,
    Node,
)
from cascade2spark.planner.planned import Planned
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Persist,
    Project,
    Read,
    Step,
    Union,
    Write,
)

__all__ = ["STAGES", "explain_plan", "rdd_calls", "shown_names"]

_MOST_NAMES = 5


def explain_plan(
    planned: Planned, stage: str | None = None, forms: Mapping[int, str] | None = None
) -> str:
    """Return one stage of a plan as text, or the overall view.

    Args:
        stage: one of `STAGES`; None says of every pipe what it became.
        forms: ``rows`` or ``columns`` for each site key, from an engine that knows.
    """
    if stage is None:
        return _overall(planned, forms or {})
    if stage not in STAGES:
        raise BuildError("a plan has no such stage", asked=stage, available=list(STAGES))
    return STAGES[stage](planned)


def _pipes(planned: Planned) -> str:
    assembly = planned.assembly
    numbers = {id(pipe): number for number, pipe in enumerate(assembly.pipes)}
    rows = [
        [
            str(numbers[id(pipe)]),
            label_of(pipe),
            _arrow(numbers[id(before)] for before in pipe.previous),
            _assembly_of(pipe),
            _removed(assembly, pipe),
            _place(pipe.origin),
        ]
        for pipe in assembly.pipes
    ]
    return _titled(f"pipes of flow {planned.name!r}", _table(rows))


def _resolved(planned: Planned) -> str:
    rows = [
        [
            str(node.number),
            node.label,
            _arrow(before.number for before in node.inputs),
            _fields_in_and_out(node),
            _selectors(node),
            _place(node.origin),
        ]
        for node in planned.nodes
    ]
    return _titled(f"resolved plan of flow {planned.name!r}", _table(rows))


def _rewritten(planned: Planned) -> str:
    """Say what the rules did: the steps they shaped, and how many there were before."""
    lowered, final = planned.lowered.steps, planned.steps.steps
    title = f"rewritten plan of flow {planned.name!r}: {len(lowered)} steps became {len(final)}"
    rows = [
        [str(step.number), type(step).__name__, step.site.label, ", ".join(step.fired)]
        for step in final
        if step.fired
    ]
    rules = ", ".join(planned.fired) or "no rule had anything to do"
    return _titled(title, [f"  rules: {rules}", *_table(rows)])


def _steps(planned: Planned) -> str:
    lines: list[str] = []
    for step in planned.steps.steps:
        inputs = _arrow(before.number for before in step.inputs)
        lines.append(f"  {step.number:>2}  {type(step).__name__} {inputs}".rstrip())
        lines += [f"        {line}" for line in _details(step)]
        lines.append(f"        gives    {shown_names(step.fields)}")
        if step.fired:
            lines.append(f"        rules    {', '.join(step.fired)}")
    for trap in planned.steps.traps:
        lines.append(f"  trap {trap.number} of {', '.join(trap.names)}: {trap.tap!r}")
    return _titled(f"steps of flow {planned.name!r}", lines)


STAGES: dict[str, Callable[[Planned], str]] = {
    "pipes": _pipes,
    "resolved": _resolved,
    "rewritten": _rewritten,
    "steps": _steps,
}


def _overall(planned: Planned, forms: Mapping[int, str]) -> str:
    step_of: dict[int, Step] = {}
    for step in planned.steps.steps:
        for site in step.sites:
            step_of.setdefault(site.key, step)
    rows = [["pipe", "becomes", "fields", *(["form"] if forms else []), "built at"]]
    for node in planned.nodes:
        found = step_of.get(node.number)
        form = [forms.get(node.number, "")] if forms else []
        rows.append(
            [
                _shown_label(node),
                _became(node, found),
                _fields_in_and_out(node),
                *form,
                _place(node.origin),
            ]
        )
    steps = planned.steps.steps
    exchanges = sum(isinstance(step, (Group, CoGroup)) for step in steps)
    title = (
        f"flow {planned.name!r}: {len(steps)} steps, "
        f"{exchanges} exchange{'' if exchanges == 1 else 's'}"
    )
    rules = [f"  rules: {', '.join(planned.fired)}"] if planned.fired else []
    return _titled(title, [*rules, *_table(rows), *_notes(planned)])


def _became(node: Node, step: Step | None) -> str:
    if isinstance(node, NameNode):
        return "only a name"
    if step is None:
        return "nothing"
    if isinstance(node, EveryNode) or (isinstance(step, Map) and step.sites[0].key != node.number):
        return f"with step {step.number}"
    return f"{rdd_calls(step)} (step {step.number})"


def _notes(planned: Planned) -> list[str]:
    """Return what a reader of the plan would wonder about."""
    notes = []
    for node in planned.nodes:
        if isinstance(node, JoinNode) and node.kind == "HashJoin" and not runs_as_broadcast(node):
            notes.append(
                f"{node.label} runs as a CoGroup: its joiner may give rows of the other sides that "
                "nothing on the first side matches; rows come in key order"
            )
    for step in planned.steps.steps:
        if isinstance(step, Persist) and step.name is None:
            notes.append(f"the rows of {step.inputs[0].site.label} are persisted for a fork")
        if isinstance(step, Read) and step.columns is not None:
            notes.append(f"{step.site.label} reads only {shown_names(step.fields)}")
    removed = len(planned.assembly.removed)
    if removed:
        notes.append(f"{removed} assertion or debug pipes are left out at this flow's level")
    return ["", *(f"  note: {note}" for note in notes)] if notes else []


@singledispatch
def rdd_calls(step: Step) -> str:
    """Return the RDD transformations a step stands for, in short."""
    return type(step).__name__


@rdd_calls.register
def _(step: Read) -> str:
    return "read in tasks"


@rdd_calls.register
def _(step: Map) -> str:
    return "mapPartitions"


@rdd_calls.register
def _(step: Group) -> str:
    before = "partial mapPartitions + " if step.is_partial else ""
    return f"{before}partitionBy{_partitions(step)} + mapPartitions"


@rdd_calls.register
def _(step: CoGroup) -> str:
    return f"partitionBy{_partitions(step)} of {len(step.sides)} sides + mapPartitions"


@rdd_calls.register
def _(step: BroadcastJoin) -> str:
    return "broadcast + mapPartitions"


@rdd_calls.register
def _(step: Union) -> str:
    return "union"


@rdd_calls.register
def _(step: Persist) -> str:
    return "persist"


@rdd_calls.register
def _(step: Write) -> str:
    return "part files in tasks"


def _partitions(step: Group | CoGroup) -> str:
    if step.is_single:
        return "(1)"
    return "" if step.partitions is None else f"({step.partitions})"


@singledispatch
def _details(step: Step) -> list[str]:
    return []


@_details.register
def _(step: Read) -> list[str]:
    columns = "" if step.columns is None else f" columns {', '.join(map(str, step.columns))}"
    return [f"reads    {step.tap!r}{columns}{_trap(step.trap)}"]


@_details.register
def _(step: Map) -> list[str]:
    lines = []
    for one in step.operators:
        if isinstance(one, Project):
            lines.append(f"keeps    {shown_names(one.outgoing)}")
        else:
            arguments = shown_names(one.argument_fields)
            lines.append(f"applies  {one.site.label} to {arguments}{_trap(one.trap)}")
    return lines


@_details.register
def _(step: Group) -> list[str]:
    order = " descending" if step.key_order.reverse else ""
    key = f"by       {shown_names(step.group_fields)}{order}{_trap(step.trap)}"
    sort = [] if step.sort is None else [f"sorted   on {_positions_shown(step)}{order}"]
    capacity = "" if step.capacity is None else f" of {step.capacity} keys"
    partial = [f"partial  before the exchange{capacity}"] if step.is_partial else []
    return [key, *sort, *partial, *_every_lines(step)]


@_details.register
def _(step: CoGroup) -> list[str]:
    return [*_side_lines(step), *_every_lines(step)]


@_details.register
def _(step: BroadcastJoin) -> list[str]:
    return _side_lines(step)


@_details.register
def _(step: Persist) -> list[str]:
    return [f"keeps    {'a fork' if step.name is None else f'checkpoint {step.name!r}'}"]


@_details.register
def _(step: Write) -> list[str]:
    return [f"writes   {step.tap!r}{_trap(step.trap)}"]


def _side_lines(step: CoGroup | BroadcastJoin) -> list[str]:
    lines = [f"joins    {type(step.joiner).__name__}{_trap(step.trap)}"]
    for side in step.sides:
        number = step.inputs[side.source].number
        lines.append(f"side     step {number} on {shown_names(side.key_fields)}")
    return lines


def _every_lines(step: Group | CoGroup) -> list[str]:
    return [
        f"applies  {one.site.label} to {shown_names(one.argument_fields)}{_trap(one.trap)}"
        for one in step.everys
    ]


def _positions_shown(step: Group) -> str:
    if step.sort is None or step.sort.positions is None:
        return "places of each row"
    return ", ".join(str(step.incoming.get(place)) for place in step.sort.positions)


def _trap(number: int | None) -> str:
    return "" if number is None else f", trap {number}"


def shown_names(fields: Fields) -> str:
    """Return the names of fields, the first few and a count of the rest."""
    if not fields.is_defined() and not len(fields):
        return fields.kind.name
    names = [str(name) for name in fields]
    shown = ", ".join(names[:_MOST_NAMES])
    if fields.is_unknown():
        shown += ", UNKNOWN"
    more = len(names) - _MOST_NAMES
    return f"{shown} … {more} more" if more > 0 else shown


def _fields_in_and_out(node: Node) -> str:
    incoming = " + ".join(dict.fromkeys(shown_names(one.fields) for one in node.inputs))
    outgoing = shown_names(node.fields)
    if isinstance(node, EveryNode):
        incoming = shown_names(node.over.fields)
    if incoming == outgoing:
        return outgoing
    return f"{incoming} -> {outgoing}" if incoming else f"-> {outgoing}"


def _selectors(node: Node) -> str:
    if isinstance(node, (EachNode, EveryNode)):
        arguments = f"arguments {shown_names(node.arguments)}"
        if node.resolved is None:
            return arguments
        output = node.resolved.output
        selector = output.kind.name if not output.is_defined() else shown_names(output)
        return f"{arguments}; declares {shown_names(node.resolved.declared)}; output {selector}"
    if isinstance(node, JoinNode):
        return f"keys {' = '.join(shown_names(key) for key in node.keys)}"
    if isinstance(node, CheckpointNode):
        return "" if node.tap is None else f"into {node.tap!r}"
    return f"key {shown_names(key)}" if (key := getattr(node, "key", None)) is not None else ""


def _shown_label(node: Node) -> str:
    return node.label if node.made_by is None else f"{node.label} (of {node.made_by})"


def _assembly_of(pipe: Pipe) -> str:
    return "" if pipe.made_by is None else f"of {pipe.made_by}"


def _removed(assembly: Assembly, pipe: Pipe) -> str:
    return "left out" if id(pipe) in assembly.removed else ""


def _arrow(numbers: Iterable[int]) -> str:
    shown = ", ".join(str(number) for number in numbers)
    return f"<- {shown}" if shown else ""


def _place(origin: Origin | None) -> str:
    return "" if origin is None else str(origin)


def _titled(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *lines])


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as aligned lines, columns without any text left out."""
    if not rows:
        return []
    places = [place for place in range(len(rows[0])) if any(row[place] for row in rows)]
    widths = {place: max(len(row[place]) for row in rows) for place in places}
    return [
        ("  " + "  ".join(f"{row[place]:<{widths[place]}}" for place in places)).rstrip()
        for row in rows
    ]
