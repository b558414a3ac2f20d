"""Why a plan changes from columns to rows, and back, at the places where it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    EachOperator,
    EveryOperator,
    Group,
    Map,
    Project,
    Read,
    Site,
    Step,
    StepPlan,
    Write,
)
from cascade2spark.taps import MemoryTap

__all__ = ["form_reasons"]

_SETTING = "cascade2spark.form"
_OWN = "cascade2spark."
_CALLED = "cascade2spark.operations.callables"
_PACKED = "rows are packed into columns"


def form_reasons(plan: StepPlan, forms: Mapping[int, str], form: str) -> dict[int, str]:
    """Return why batches change their form at a site, by the key of each site where they do.

    Args:
        forms: `rows` or `columns` by site key, as `planned_forms` gives them.
        form: the setting: `auto`, `rows` or `columns`.
    """
    found: dict[int, str] = {}
    leaving: dict[int, set[str]] = {}
    for step in plan.steps:
        now = set().union(*(leaving[before.number] for before in step.inputs)) or {"columns"}
        for site, part in _parts(step):
            planned = forms.get(site.key)
            if planned == "rows" and "columns" in now:
                if form == "rows":
                    found[site.key] = f"{_SETTING} is 'rows'"
                elif not _is_of_driver(part):  # these are rows to begin with
                    found[site.key] = _reason(step, part)
            elif planned == "columns" and "rows" in now:
                found[site.key] = _PACKED
            now = now if planned is None else {planned}
        leaving[step.number] = now
    return found


def _parts(step: Step) -> Iterator[tuple[Site, Any]]:
    """Yield the sites of a step in the order in which rows pass them, with what works there."""
    if isinstance(step, Map):
        yield from ((one.site, one) for one in step.operators)
        return
    yield step.site, step
    if isinstance(step, (Group, CoGroup)):
        yield from ((one.site, one) for one in step.everys)


def _reason(step: Step, part: Any) -> str:
    if isinstance(part, Read):
        return f"{_format_of(part.tap)} is read as rows"
    if isinstance(part, Write):
        return f"{_format_of(part.tap)} is written as rows"
    if isinstance(part, (EachOperator, EveryOperator, Project)):
        return _of_operation(part)
    if isinstance(part, Group) and part.is_partial:
        return "its keys or its aggregators have no column form together"
    if isinstance(part, (Group, CoGroup)) and not _has_natural_order(part):
        return "a comparator of its own compares rows"
    if isinstance(part, (CoGroup, BroadcastJoin)):
        return f"{type(part.joiner).__name__} or its keys have no column form"
    return f"{type(step).__name__} takes its keys out of rows"


def _of_operation(part: EachOperator | EveryOperator | Project) -> str:
    if isinstance(part, Project):
        return "its fields have no fixed places"
    operation = type(part.operation)
    if part.trap is not None:
        return "its trap takes rows"
    if operation.__module__.startswith(_CALLED):
        return "a Python function takes rows"
    if operation.__module__.startswith(_OWN):
        return f"{operation.__name__} has no column form with these arguments"
    return f"the class {operation.__name__} takes rows"


def _has_natural_order(part: Group | CoGroup) -> bool:
    orders = [part.key_order, *([part.sort_order] if isinstance(part, Group) else [])]
    return all(order is None or order.descending is not None for order in orders)


def _is_of_driver(part: Any) -> bool:
    return isinstance(part, Read) and isinstance(part.tap, MemoryTap)


def _format_of(tap: Any) -> str:
    scheme = getattr(tap, "_scheme", None)
    return type(tap if scheme is None else scheme).__name__
