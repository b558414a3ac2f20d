"""Which form the batches of a task chain begin in, decided before it runs.

Columns pay where something can go on with them: an operation with a column form, partial
aggregation, a sink that writes them, an exchange that splits them. A chain whose first operation is
a Python function begins with rows at once, because turning columns into rows costs as much as
splitting lines.
"""

from __future__ import annotations

from typing import Any

from cascade2spark.batch.column_hash_join import can_join_columns
from cascade2spark.batch.column_run import split_run
from cascade2spark.batch.forms import can_aggregate_columns, can_run_columns
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.batch.kernels.writing import writer_kernel
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Read,
    Step,
    StepPlan,
    Union,
    Write,
)
from cascade2spark.schemes.base import Scheme, SourceInfo
from cascade2spark.spark.grouping import reduce_of
from cascade2spark.spark.lineage import Exit, Lineage, persist_tangled_forks
from cascade2spark.taps import MultiSourceTap
from cascade2spark.taps.paths import PathTap

__all__ = [
    "begins_with_columns",
    "group_gives_columns",
    "groups_columns",
    "planned_forms",
    "takes_columns",
]


def begins_with_columns(scheme: Scheme, info: SourceInfo, ways: list[Exit], form: str) -> bool:
    """Tell whether a source of files is read as columns.

    Args:
        scheme, info: the source.
        ways: where its rows go.
        form: the setting: `auto`, `rows` or `columns`.
    """
    if form == "rows" or reader_kernel(scheme, info) is None:
        return False
    return form == "columns" or all(map(takes_columns, ways))


def group_gives_columns(step: Step, form: str) -> bool:
    """Tell whether the results of a group or join may be columns."""
    if form == "rows" or not isinstance(step, (Group, CoGroup)):
        return False
    return reduce_of(step).gives_columns


def groups_columns(step: Group | CoGroup) -> bool:
    """Tell whether rows are sent to a group as columns, because it can bring them together so.

    Partial results leave their task in the form they were made in.
    """
    return reduce_of(step).takes_columns


def takes_columns(way: Exit) -> bool:
    """Tell whether the first thing on a way out of a chain goes on with columns."""
    for step in way.path:
        if isinstance(step, Map):
            return can_run_columns(step.operators)
        if not isinstance(step, Union):
            return _joins_columns(step)
    step = way.step
    if isinstance(step, Group):
        if step.is_partial:
            return can_aggregate_columns(step.everys, step.key, step.key_order)
        return groups_columns(step)
    if isinstance(step, CoGroup):
        return groups_columns(step)
    return (isinstance(step, Write) and _writes_columns(step)) or _joins_columns(step)


def planned_forms(plan: StepPlan, form: str) -> dict[int, str]:
    """Return the form in which each pipe and tap is planned to work, by site key; no Spark needed.

    What runs may differ: values without an exact column form fall back to rows, and a file system
    that only Hadoop can read gives rows.

    Args:
        form: the setting: `auto`, `rows` or `columns`.
    """
    found: dict[int, str] = {}
    lineage = Lineage(persist_tangled_forks(plan))
    for source in lineage.sources:
        for ways in lineage.chains_of(source):
            begins = form == "columns" or _reads_columns(source, ways, form)
            begins = begins or group_gives_columns(source, form)
            _note(found, source, begins)
            for way in ways:
                _note_way(found, way, begins)
    return found


def _note_way(found: dict[int, str], way: Exit, is_columns: bool) -> None:
    for step in way.path:
        if isinstance(step, Map):
            head, tail = split_run(step.operators) if is_columns else ((), step.operators)
            for one in step.operators:
                found[one.site.key] = "columns" if one in head else "rows"
            is_columns = not tail
        else:
            is_columns = is_columns and (isinstance(step, Union) or _joins_columns(step))
            _note(found, step, is_columns)
    if isinstance(way.step, Write):
        _note(found, way.step, is_columns and _writes_columns(way.step))


def _note(found: dict[int, str], step: Step, is_columns: bool) -> None:
    for site in (step.site, *step.sites):
        found[site.key] = "columns" if is_columns else "rows"


def _joins_columns(step: Step) -> bool:
    return isinstance(step, BroadcastJoin) and can_join_columns(
        step.sides, step.key_order, step.joiner
    )


def _reads_columns(source: Step, ways: list[Exit], form: str) -> bool:
    tap: Any = getattr(source, "tap", None)
    if not isinstance(source, Read) or not isinstance(tap, (PathTap, MultiSourceTap)):
        return False
    fields = source.fields if source.columns is None else tap.retrieve_source_fields()
    info = SourceInfo(fields, source.columns, tap.counts_lines, tap.get_identifier())
    return begins_with_columns(tap.scheme, info, ways, form)


def _writes_columns(step: Write) -> bool:
    scheme = getattr(step.tap, "_scheme", None)
    return scheme is not None and writer_kernel(scheme, step.fields) is not None
