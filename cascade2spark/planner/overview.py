"""The overall view of a plan: which pipe became which RDD transformation, in a table that fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import singledispatch

import attrs

from cascade2spark.origin import Origin
from cascade2spark.planner.layout import (
    Column,
    all_names,
    cut_names,
    cut_start,
    fitted_table,
    wrapped,
)
from cascade2spark.planner.lower import runs_as_broadcast
from cascade2spark.planner.nodes import JoinNode, NameNode, Node, SinkNode, SourceNode
from cascade2spark.planner.planned import Planned
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Persist,
    Read,
    Step,
    Union,
    Write,
)
from cascade2spark.taps import MemoryTap

__all__ = ["PlanRow", "overall", "plan_rows", "rdd_calls"]

_COLUMNS = (
    Column("step"),
    Column("pipe"),
    Column("becomes"),
    Column("form"),
    Column("fields", cut_names),
    Column("built at", cut_start),
)
_GIVES_WAY = (
    ("becomes", 24),
    ("pipe", 30),
    ("fields", 24),
    ("pipe", 26),
    ("fields", 18),
    ("built at", 15),
    ("fields", 12),
)


@attrs.frozen
class PlanRow:
    """What became of one pipe or tap.

    Args:
        step: number of the step that does its work, None when nothing is left to do.
        pipe: its label, a tap with the end of its path.
        becomes: the RDD transformations it stands for.
        is_first: the step begins with it; otherwise it shares the step of a pipe before it.
        form: ``rows`` or ``columns`` where the engine can tell, else empty.
        fields: names of the fields that leave, empty where they are those that came in.
        place: file and line.
        made_by: name of the assembly that built it, None for the user's own.
    """

    step: int | None
    pipe: str
    becomes: str
    is_first: bool
    form: str
    fields: str
    place: str
    made_by: str | None


def plan_rows(planned: Planned, forms: Mapping[int, str] | None = None) -> list[PlanRow]:
    """Return what became of every pipe and tap, in planning order.

    Args:
        forms: ``rows`` or ``columns`` for each site key, from an engine that knows.
    """
    step_of: dict[int, Step] = {}
    for step in planned.steps.steps:
        for site in step.sites:
            step_of.setdefault(site.key, step)
    rows = []
    for node in planned.nodes:
        found = step_of.get(node.number)
        rows.append(
            PlanRow(
                step=None if found is None else found.number,
                pipe=_short_label(node),
                becomes=_became(node, found),
                is_first=found is not None and found.sites[0].key == node.number,
                form=(forms or {}).get(node.number, ""),
                fields=_fields(node),
                place=_place(node.origin),
                made_by=node.made_by,
            )
        )
    return rows


def overall(planned: Planned, forms: Mapping[int, str], reasons: Mapping[int, str]) -> str:
    """Return the overall view as text of at most `WIDTH` columns.

    Args:
        forms: as of `plan_rows`.
        reasons: why the form changes, for each site key where it does.
    """
    steps = planned.steps.steps
    cells = [
        [
            "" if row.step is None else str(row.step),
            row.pipe if row.made_by is None else f"{row.pipe} (of {row.made_by})",
            row.becomes,
            row.form,
            row.fields,
            row.place,
        ]
        for row in plan_rows(planned, forms)
    ]
    exchanges = sum(isinstance(step, (Group, CoGroup)) for step in steps)
    title = f"flow {planned.name!r}: {_count(len(steps), 'step')}, {_count(exchanges, 'exchange')}"
    lines = [*wrapped("", title), *fitted_table(_COLUMNS, cells, _GIVES_WAY)]
    notes = _notes(planned)
    changes = _changes(planned, reasons)
    if planned.fired or notes or changes:
        lines.append("")
    for rule in planned.fired:
        lines += wrapped("  rule: ", f"{rule}{_steps_with(rule, steps)}")
    for change in changes:
        lines += wrapped("  form: ", change)
    for note in notes:
        lines += wrapped("  note: ", note)
    return "\n".join(lines)


def _changes(planned: Planned, reasons: Mapping[int, str]) -> list[str]:
    """Return how often batches change their form on their way, and where and why they do."""
    sources = [node.number for node in planned.nodes if isinstance(node, SourceNode)]
    conversions = [key for key in reasons if key not in sources]
    labels = {node.number: _short_label(node) for node in planned.nodes}
    found = [_count(len(conversions), "conversion") + " planned"] if conversions else []
    return found + [f"{labels[key]}: {reason}" for key, reason in reasons.items() if key in labels]


def _became(node: Node, step: Step | None) -> str:
    if isinstance(node, NameNode):
        return "only a name"
    if step is None:
        return "nothing"
    return rdd_calls(step) if step.sites[0].key == node.number else "the same step"


def _fields(node: Node) -> str:
    """Return the fields that leave a node, nothing where they are those that came in."""
    outgoing = all_names(node.fields)
    same = len(node.inputs) == 1 and all_names(node.inputs[0].fields) == outgoing
    return "" if same else outgoing


def _short_label(node: Node) -> str:
    """Return a label with the end of a tap's path only, so that the tap can be told in a table."""
    if not isinstance(node, (SourceNode, SinkNode)):
        return node.label
    identifier = str(node.tap.get_identifier())
    if not identifier or identifier not in node.label:
        return node.label
    label = f"{node.kind} {node.name!r} {type(node.tap).__name__}"
    if identifier.endswith(f"-{id(node.tap):x}"):
        return label  # data of this process, which has no place
    return f"{label} {identifier.rstrip('/').rpartition('/')[2]}"


def _steps_with(rule: str, steps: Iterable[Step]) -> str:
    numbers = [str(step.number) for step in steps if rule in step.fired]
    if not numbers:
        return ""  # it removed steps, and left no mark on others
    return f" on step{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}"


def _notes(planned: Planned) -> list[str]:
    """Return what a reader of the plan would wonder about."""
    notes = []
    for node in planned.nodes:
        if isinstance(node, JoinNode) and node.kind == "HashJoin" and not runs_as_broadcast(node):
            notes.append(
                f"{node.label} runs as a CoGroup: its joiner may give rows of the other sides that "
                "nothing on the first side matches; rows come in key order"
            )
    names = {node.number: _short_label(node) for node in planned.nodes}
    for step in planned.steps.steps:
        if isinstance(step, Persist) and step.name is None:
            notes.append(f"the rows of {step.inputs[0].site.label} are persisted for a fork")
        if isinstance(step, Read) and step.columns is not None:
            label = names.get(step.site.key, step.site.label)
            notes.append(f"{label} reads only {all_names(step.fields)}")
        if isinstance(step, CoGroup) and step.skewed:
            notes.append(
                f"{step.site.label} spreads heavy keys: its first side is persisted to find them, "
                "their rows go to several partitions, and the other sides' rows of them are copied"
            )
        if isinstance(step, (Group, CoGroup)) and step.site.is_repeat:
            notes.append(
                f"{step.site.label} runs again in step {step.number}: its groups go on to several "
                "places; rows, counters and traps are told once"
            )
    removed = len(planned.assembly.removed)
    if removed:
        notes.append(f"{removed} assertion or debug pipes are left out at this flow's level")
    return notes


@singledispatch
def rdd_calls(step: Step) -> str:
    """Return the RDD transformations a step stands for, in short."""
    return type(step).__name__


@rdd_calls.register
def _(step: Read) -> str:
    return "rows of the driver" if isinstance(step.tap, MemoryTap) else "read in tasks"


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
    return "rows to the driver" if isinstance(step.tap, MemoryTap) else "part files in tasks"


def _partitions(step: Group | CoGroup) -> str:
    if step.is_single:
        return "(1)"
    return "" if step.partitions is None else f"({step.partitions})"


def _place(origin: Origin | None) -> str:
    """Return file and line, without the folders."""
    return "" if origin is None else str(origin).partition(" in ")[0].rpartition("/")[2]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
