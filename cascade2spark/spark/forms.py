"""Which form the batches of a task chain begin in, decided before it runs.

Columns pay where something can go on with them: an operation with a column form, partial
aggregation, a sink that writes them, an exchange that splits them. A chain whose first operation is
a Python function begins with rows at once, because turning columns into rows costs as much as
splitting lines.
"""

from __future__ import annotations

from cascade2spark.batch.forms import can_aggregate_columns, can_run_columns
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.batch.kernels.writing import writer_kernel
from cascade2spark.planner.steps import CoGroup, Group, Map, Step, Union, Write
from cascade2spark.schemes.base import Scheme, SourceInfo
from cascade2spark.spark.lineage import Exit

__all__ = ["begins_with_columns", "group_gives_columns", "takes_columns"]


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
    """Tell whether a group's results are made as columns: partial results merged by kernels."""
    if form == "rows" or not isinstance(step, Group) or not step.is_partial:
        return False
    return can_aggregate_columns(step.everys, step.key, step.key_order)


def takes_columns(way: Exit) -> bool:
    """Tell whether the first thing on a way out of a chain goes on with columns."""
    for step in way.path:
        if isinstance(step, Map):
            return can_run_columns(step.operators)
        if not isinstance(step, Union):
            return False
    step = way.step
    if isinstance(step, Group):
        if step.is_partial:
            return can_aggregate_columns(step.everys, step.key, step.key_order)
        return step.key_order.is_natural and step.key.positions is not None
    if isinstance(step, CoGroup):
        return step.key_order.is_natural
    if isinstance(step, Write):
        scheme = getattr(step.tap, "_scheme", None)
        return scheme is not None and writer_kernel(scheme, step.fields) is not None
    return False
