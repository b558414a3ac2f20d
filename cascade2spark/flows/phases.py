"""Cutting a plan at its kept checkpoints into parts that run one after another.

A part is a plan of its own: it reads what earlier parts kept, and keeps every row that later parts
need. What a part does, and counts, is done once: not again by the parts behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set

import attrs

from cascade2spark.fields import Fields
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Persist,
    Read,
    Site,
    Step,
    StepPlan,
    Write,
)
from cascade2spark.selection import pick_for
from cascade2spark.taps.base import Tap

__all__ = ["Phase", "phases_of", "uncuttable"]

TapOf = Callable[[int, Fields], Tap]


@attrs.frozen(eq=False)
class Phase:
    """One part of a plan.

    Args:
        name: the checkpoint at its end, None for the last part.
        plan: what runs; steps are numbered anew.
        numbers: for each step of it that stands for one of the whole plan, the number of that.
        kept: for each Write that keeps rows for later parts, the number of their step there.
        done: numbers, in the whole plan, of the steps that this part does.
        inner: keys of sites that the whole plan has not.
        given: keys of the sites of Reads of what was kept.
    """

    name: str | None
    plan: StepPlan
    numbers: Mapping[int, int]
    kept: Mapping[int, int]
    done: tuple[int, ...]
    inner: frozenset[int]
    given: frozenset[int]


def phases_of(plan: StepPlan, tap_of: TapOf) -> list[Phase]:
    """Return the parts of a plan, in order.

    Args:
        tap_of: given the number of a step and its fields, returns the tap that keeps its rows.
    """
    readers = plan.readers()
    done: set[int] = set()
    phases: list[Phase] = []
    for step in plan.steps:
        if isinstance(step, Persist) and step.is_durable:
            own = plan.above([step.number]) - done
            phases.append(_phase(plan, step, own, readers, tap_of))
            done |= own
    rest = {step.number for step in plan.steps} - done
    return [*phases, _phase(plan, None, rest, readers, tap_of)]


def uncuttable(plan: StepPlan, checkpoint: Persist) -> Step | None:
    """Return a step whose rows go to a checkpoint and elsewhere, and that no cut may follow.

    A row that fails behind the step travels up to a trap in the same task; behind a cut it is in
    another.
    """
    readers = plan.readers()
    above = plan.above([checkpoint.number])
    for step in plan.steps:
        if step.number not in above or step is checkpoint:
            continue
        is_left = any(reader.number not in above for reader in readers[step.number])
        if is_left and _takes_failures(step):
            return step
    return None


def _takes_failures(step: Step) -> bool:
    """Tell whether a failure behind a step may end in a trap of the step or of those before it."""
    waiting, seen = [step], set()
    while waiting:
        at = waiting.pop()
        if at.number in seen or isinstance(at, Read):
            continue  # a source traps records, not rows
        seen.add(at.number)
        traps = [getattr(at, "trap", None)]
        if isinstance(at, Map):
            traps += [getattr(one, "trap", None) for one in at.operators]
        if isinstance(at, (Group, CoGroup)):
            traps += [one.trap for one in at.everys]
        if any(trap is not None for trap in traps):
            return True
        if isinstance(at, BroadcastJoin):
            waiting.append(at.inputs[at.sides[0].source])
        elif not isinstance(at, (Group, CoGroup)) and not _is_checkpoint(at):
            waiting += at.inputs
    return False


def _is_checkpoint(step: Step) -> bool:
    return isinstance(step, Persist) and step.name is not None


def _phase(
    plan: StepPlan,
    end: Persist | None,
    own: Set[int],
    readers: Mapping[int, Sequence[Step]],
    tap_of: TapOf,
) -> Phase:
    """Return the part of some steps: reads of kept rows, the steps, writes of what leaves."""
    ours = [step for step in plan.steps if step.number in own]
    part = _Part(plan, tap_of)
    for step in ours:
        for before in step.inputs:
            if before.number not in own:
                part.read_kept(before)
    for step in ours:
        part.add(step, is_end=step is end)
    for step in ours:
        if step is end or any(reader.number not in own for reader in readers[step.number]):
            part.keep(step, is_end=step is end)
    return Phase(
        None if end is None else end.name,
        attrs.evolve(plan, steps=tuple(part.steps)),
        part.numbers,
        part.kept,
        tuple(step.number for step in ours),
        frozenset(part.inner),
        frozenset(part.given),
    )


class _Part:
    """The steps of one phase while they are put together."""

    def __init__(self, plan: StepPlan, tap_of: TapOf) -> None:
        self.steps: list[Step] = []
        self.numbers: dict[int, int] = {}
        self.kept: dict[int, int] = {}
        self.inner: set[int] = set()
        self.given: set[int] = set()
        self._tap_of = tap_of
        self._lowest_key = min(-1, *(step.site.key for step in plan.steps)) - 1
        self._new_of: dict[int, Step] = {}  # by the number in the whole plan

    def read_kept(self, before: Step) -> None:
        """Add the read of the rows that an earlier phase kept of a step, once."""
        if before.number in self._new_of:
            return
        site = self._inner_site(before, "kept rows")
        self.given.add(site.key)
        read = Read(
            number=len(self.steps),
            inputs=(),
            fields=before.fields,
            site=site,
            sites=(site,),
            tap=self._tap_of(before.number, before.fields),
        )
        self.steps.append(read)
        self._new_of[before.number] = read
        self.numbers[read.number] = before.number  # its task is the one that goes on from there

    def add(self, step: Step, *, is_end: bool) -> None:
        """Add a step; of the checkpoint at the end only what it keeps is written, by `keep`."""
        inputs = tuple(self._new_of[one.number] for one in step.inputs)
        if is_end:
            self._new_of[step.number] = inputs[0]
            return
        new = attrs.evolve(step, number=len(self.steps), inputs=inputs)
        self.steps.append(new)
        self._new_of[step.number] = new
        self.numbers[new.number] = step.number

    def keep(self, step: Step, *, is_end: bool) -> None:
        """Add the write of the rows that later phases need of a step."""
        site = step.site if is_end else self._inner_site(step, "keeping")
        write = Write(
            number=len(self.steps),
            inputs=(self._new_of[step.number],),
            fields=step.fields,
            site=site,
            sites=(site,),
            tap=self._tap_of(step.number, step.fields),
            pick=pick_for(Fields.ALL, step.fields),
        )
        self.steps.append(write)
        self.kept[write.number] = step.number
        if is_end:
            self.numbers[write.number] = step.number

    def _inner_site(self, step: Step, what: str) -> Site:
        key = self._lowest_key - len(self.inner)
        self.inner.add(key)
        return attrs.evolve(step.site, key=key, kind="kept", label=f"{what} of {step.site.label}")
