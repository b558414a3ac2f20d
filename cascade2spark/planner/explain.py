"""The plan as text, at any stage: what the user said, what it means in fields, what runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import singledispatch

from cascade2spark.errors import BuildError
from cascade2spark.origin import Origin
from cascade2spark.pipes import Pipe
from cascade2spark.planner.assembly import Assembly, label_of
from cascade2spark.planner.layout import all_names, table, wrapped
from cascade2spark.planner.nodes import (
    CheckpointNode,
    EachNode,
    EveryNode,
    GroupByNode,
    JoinNode,
    Node,
)
from cascade2spark.planner.overview import overall
from cascade2spark.planner.planned import Planned
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
    Write,
)

__all__ = ["STAGES", "explain_plan"]


def explain_plan(
    planned: Planned,
    stage: str | None = None,
    forms: Mapping[int, str] | None = None,
    reasons: Mapping[int, str] | None = None,
) -> str:
    """Return one stage of a plan as text, or the overall view.

    Args:
        stage: one of `STAGES`; None says of every pipe what it became.
        forms: ``rows`` or ``columns`` for each site key, from an engine that knows.
        reasons: why the form changes, for each site key where it does.
    """
    if stage is None:
        return overall(planned, forms or {}, reasons or {})
    if stage not in STAGES:
        raise BuildError("a plan has no such stage", asked=stage, available=list(STAGES))
    if stage == "steps":
        return _steps(planned, forms, reasons)
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
    return _titled(f"pipes of flow {planned.name!r}", table(rows))


def _resolved(planned: Planned) -> str:
    lines: list[str] = []
    for node in planned.nodes:
        inputs = _arrow(before.number for before in node.inputs)
        lines.append(f"  {node.number:>2}  {node.label} {inputs}".rstrip())
        before = (node.over,) if isinstance(node, EveryNode) else node.inputs
        takes = dict.fromkeys(all_names(one.fields) for one in before)
        for names in takes if list(takes) != [all_names(node.fields)] else ():
            lines += _line("takes", names)
        for word, text in _selectors(node):
            lines += _line(word, text)
        lines += _line("gives", all_names(node.fields))
        if node.origin is not None:
            lines += _line("built at", str(node.origin))
    return _titled(f"resolved plan of flow {planned.name!r}", lines)


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
    return _titled(title, [f"  rules: {rules}", *table(rows)])


def _steps(
    planned: Planned,
    forms: Mapping[int, str] | None = None,
    reasons: Mapping[int, str] | None = None,
) -> str:
    lines: list[str] = []
    for step in planned.steps.steps:
        inputs = _arrow(before.number for before in step.inputs)
        lines.append(f"  {step.number:>2}  {type(step).__name__} {inputs}".rstrip())
        lines += _line("form", _form(step, forms)) if forms else []
        for site in _sites_of(step):
            if reasons and site.key in reasons:
                lines += _line("because", f"{site.label}: {reasons[site.key]}")
        for line in _details(step):
            lines += _line(line[:9].strip(), line[9:])
        lines += _line("gives", all_names(step.fields))
        if step.fired:
            lines += _line("rules", ", ".join(step.fired))
    for trap in planned.steps.traps:
        lines.append(f"  trap {trap.number} of {', '.join(trap.names)}: {trap.tap!r}")
    return _titled(f"steps of flow {planned.name!r}", lines)


def _form(step: Step, forms: Mapping[int, str]) -> str:
    """Return the form a step works in, and from where on another one."""
    found = [(site.label, forms[site.key]) for site in _sites_of(step) if site.key in forms]
    changes = [
        (label, form)
        for place, (label, form) in enumerate(found)
        if place == 0 or form != found[place - 1][1]
    ]
    if not changes:
        return "rows"
    first, *others = changes
    return ", ".join([first[1], *(f"{form} from {label} on" for label, form in others)])


def _sites_of(step: Step) -> Sequence[Site]:
    if isinstance(step, Map):
        return [one.site for one in step.operators]
    return step.sites or (step.site,)


STAGES: dict[str, Callable[[Planned], str]] = {
    "pipes": _pipes,
    "resolved": _resolved,
    "rewritten": _rewritten,
    "steps": _steps,
}


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
            lines.append(f"keeps    {all_names(one.outgoing)}")
        else:
            lines.append(_applies(one))
    return lines


@_details.register
def _(step: Group) -> list[str]:
    order = " descending" if step.key_order.reverse else ""
    key = f"by       {all_names(step.group_fields)}{order}{_trap(step.trap)}"
    sort = [] if step.sort is None else [f"sorted   on {_positions_shown(step)}{order}"]
    capacity = "" if step.capacity is None else f" of {step.capacity} keys"
    partial = [f"partial  before the exchange{capacity}"] if step.is_partial else []
    return [key, *sort, *partial, *_every_lines(step)]


@_details.register
def _(step: CoGroup) -> list[str]:
    spread = ["spreads  the heavy keys of the first side over partitions"] if step.skewed else []
    return [*_side_lines(step), *spread, *_every_lines(step)]


@_details.register
def _(step: BroadcastJoin) -> list[str]:
    return _side_lines(step)


@_details.register
def _(step: Persist) -> list[str]:
    where = " in files, for a restart" if step.is_durable else ""
    return [f"keeps    {'a fork' if step.name is None else f'checkpoint {step.name!r}'}{where}"]


@_details.register
def _(step: Write) -> list[str]:
    return [f"writes   {step.tap!r}{_trap(step.trap)}"]


def _side_lines(step: CoGroup | BroadcastJoin) -> list[str]:
    lines = [f"joins    {type(step.joiner).__name__}{_trap(step.trap)}"]
    for side in step.sides:
        number = step.inputs[side.source].number
        lines.append(f"side     step {number} on {all_names(side.key_fields)}")
    return lines


def _every_lines(step: Group | CoGroup) -> list[str]:
    return [_applies(one) for one in step.everys]


def _applies(one: EachOperator | EveryOperator) -> str:
    unread = one.arguments.unread
    names = [str(name) for at, name in enumerate(one.argument_fields) if at not in unread]
    reads = f", reads {', '.join(names) or 'none'}" if unread else ""
    return f"applies  {one.site.label} to {all_names(one.argument_fields)}{reads}{_trap(one.trap)}"


def _positions_shown(step: Group) -> str:
    if step.sort is None or step.sort.positions is None:
        return "places of each row"
    return ", ".join(str(step.incoming.get(place)) for place in step.sort.positions)


def _trap(number: int | None) -> str:
    return "" if number is None else f", trap {number}"


def _selectors(node: Node) -> list[tuple[str, str]]:
    """Return what a node does with its fields, as (word, text)."""
    if isinstance(node, (EachNode, EveryNode)):
        arguments = ("applies", f"its operation to {all_names(node.arguments)}")
        if node.resolved is None:
            return [arguments]
        output = node.resolved.output
        selector = all_names(output) if output.is_defined() else output.kind.name
        declared = ("declares", all_names(node.resolved.declared))
        return [arguments, declared, ("output", selector)]
    if isinstance(node, JoinNode):
        return [("keys", " = ".join(all_names(key) for key in node.keys))]
    if isinstance(node, CheckpointNode) and node.tap is not None:
        return [("into", repr(node.tap))]
    if isinstance(node, GroupByNode):
        sort = [] if node.sort is None else [("sorted", f"on {all_names(node.sort)}")]
        return [("key", all_names(node.key)), *sort]
    return []


def _assembly_of(pipe: Pipe) -> str:
    return "" if pipe.made_by is None else f"of {pipe.made_by}"


def _removed(assembly: Assembly, pipe: Pipe) -> str:
    return "left out" if id(pipe) in assembly.removed else ""


def _arrow(numbers: Iterable[int]) -> str:
    shown = ", ".join(str(number) for number in numbers)
    return f"<- {shown}" if shown else ""


def _place(origin: Origin | None) -> str:
    return "" if origin is None else str(origin)


def _line(word: str, text: str) -> list[str]:
    return wrapped(f"        {word:<9}", text)


def _titled(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *lines])
