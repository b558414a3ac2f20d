"""prune_columns: columns that nobody reads on are not carried, down to what a source is asked for.

First a walk from the sinks says which columns of each step are needed, then one from the sources
narrows every step to them. A reader still checks what can fail in a column it leaves out
(`SourceInfo.wanted`), and operations still see every argument they selected, so that rows, trapped
rows and failures stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

import attrs

from cascade2spark.planner.rules.narrowing import (
    ALL_COLUMNS,
    Columns,
    is_nameable,
    narrow_step,
    needs_of,
    projected,
)
from cascade2spark.planner.rules.rebuilding import rebuilt, with_fired
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Persist,
    Project,
    Step,
    StepPlan,
    Union,
    Write,
)

__all__ = ["prune_columns"]

_NAME = "prune_columns"


def prune_columns(plan: StepPlan) -> StepPlan:
    """Narrow every step to the columns that are read further on."""
    readers = plan.readers()
    needed, asked = _needed_columns(plan, readers)
    keys = count(min([0, *(step.site.key for step in plan.steps)]) - 1, -1)
    pruning = _Pruning(readers, needed, asked, keys)
    after = rebuilt(plan, pruning.change)
    return after if pruning.is_changed else plan


class _Pruning:
    """The walk from the sources: what each old step keeps, as old positions in new order."""

    def __init__(
        self,
        readers: Mapping[int, list[Step]],
        needed: Mapping[int, Columns],
        asked: Mapping[int, list[Columns]],
        keys: Iterator[int],
    ) -> None:
        self._readers = readers
        self._needed = needed
        self._asked = asked
        self._keys = keys
        self._kept: dict[int, tuple[int, ...]] = {}
        self.is_changed = False

    def change(self, step: Step, inputs: tuple[Step, ...]) -> Step:
        """Return the narrowed step, with a Project before an exchange that would carry too much."""
        at_inputs = [self._kept[one.number] for one in step.inputs]
        new_inputs = list(inputs)
        for place, wanted in enumerate(self._asked[step.number]):
            if wanted is ALL_COLUMNS and not isinstance(step, Union):
                continue
            old = step.inputs[place]
            target = tuple(sorted(wanted)) if wanted is not None else _all_of(old)
            # Inputs of a union must agree; elsewhere more than is needed does no harm in a task.
            if at_inputs[place] != target and _is_sent(step, place):
                new_inputs[place] = self._projected(
                    old, new_inputs[place], at_inputs[place], target
                )
                at_inputs[place] = target
        narrowed, kept = narrow_step(step, tuple(new_inputs), at_inputs, self._needed[step.number])
        self._kept[step.number] = kept
        if len(narrowed.fields) < len(step.fields):
            self.is_changed = True
            return with_fired(narrowed, _NAME)
        return narrowed

    def _projected(
        self, old: Step, new: Step, kept: tuple[int, ...], target: tuple[int, ...]
    ) -> Step:
        self.is_changed = True
        key = next(self._keys)
        site = attrs.evolve(old.site, key=key, kind="project", label=f"columns of {old.site.label}")
        is_last = len(self._readers[old.number]) == 1
        return with_fired(projected(new, old.fields, kept, target, site, is_last), _NAME)


def _needed_columns(
    plan: StepPlan, readers: Mapping[int, list[Step]]
) -> tuple[dict[int, Columns], dict[int, list[Columns]]]:
    """Return for each step the columns that must leave it, and those it asks of each input."""
    needed: dict[int, Columns] = {step.number: frozenset() for step in plan.steps}
    asked: dict[int, list[Columns]] = {}
    for step in reversed(plan.steps):
        if not is_nameable(step.fields):
            needed[step.number] = ALL_COLUMNS
        at_inputs = needs_of(step, needed[step.number])
        if _may_trap_whole_rows(step, readers):
            at_inputs = [ALL_COLUMNS] * len(at_inputs)
        asked[step.number] = at_inputs
        for one, wanted in zip(step.inputs, at_inputs, strict=True):
            before = needed[one.number]
            is_all = wanted is ALL_COLUMNS or before is ALL_COLUMNS
            needed[one.number] = (
                ALL_COLUMNS if is_all else (before or frozenset()) | (wanted or frozenset())
            )
    return needed, asked


def _all_of(step: Step) -> tuple[int, ...]:
    return tuple(range(len(step.fields)))


def _is_sent(step: Step, place: int) -> bool:
    """Tell whether rows are stored or sent on the way to a step by its input at `place`."""
    if isinstance(step, Group):
        return not step.is_partial
    if isinstance(step, BroadcastJoin):
        return any(side.source == place for side in step.sides[1:])
    return isinstance(step, (CoGroup, Persist, Union))


def _may_trap_whole_rows(step: Step, readers: Mapping[int, list[Step]]) -> bool:
    """Tell whether a failure could put whole rows that reach this step into its trap.

    A comparator may fail on a row, a sink may, and what fails after a broadcast join, in the same
    task and without a trap of its own, travels up to the join. A source traps records, not rows.
    """
    if isinstance(step, Write):
        return step.trap is not None
    if isinstance(step, Group) and step.sort_order is not None and not step.sort_order.is_natural:
        return step.trap is not None
    if isinstance(step, (Group, CoGroup, BroadcastJoin)) and step.trap is not None:
        is_join = isinstance(step, BroadcastJoin)
        return not step.key_order.is_natural or (is_join and not _is_covered(step, readers))
    return False


def _is_covered(step: Step, readers: Mapping[int, list[Step]]) -> bool:
    """Tell whether every operation after `step` in its task has a trap of its own."""
    waiting = list(readers[step.number])
    while waiting:
        reader = waiting.pop()
        if isinstance(reader, Map):
            if any(not isinstance(one, Project) and one.trap is None for one in reader.operators):
                return False
        elif isinstance(reader, (Group, CoGroup, BroadcastJoin, Write)) and reader.trap is None:
            return False
        if isinstance(reader, (Map, BroadcastJoin, Union)):
            waiting += readers[reader.number]
    return True
