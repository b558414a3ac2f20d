"""The reference engine: runs a plan over lists of tuples, in one thread, without Spark.

What every step means is in `stages`, of operations in `operators` and `groups`. This file decides
only which task runs when, and that every prepared operation is cleaned up.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch

from cascade2spark.errors import Unsupported
from cascade2spark.files import matching_paths
from cascade2spark.local.inout import write_trap
from cascade2spark.local.joins import BroadcastJoinStage, CoGroupStage
from cascade2spark.local.run import Run
from cascade2spark.local.stages import (
    GroupStage,
    Held,
    MapStage,
    PersistStage,
    ReadStage,
    Stage,
    UnionStage,
    WriteStage,
)
from cascade2spark.operations.base import Row
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Persist,
    Read,
    RunContext,
    RunResult,
    Step,
    StepPlan,
    Union,
    Write,
)

__all__ = ["LocalEngine"]

_log = logging.getLogger("cascade2spark.settings")


class LocalEngine:
    """Runs plans in this process: the oracle for other engines, and for unit tests."""

    name = "local"

    def add_code(self, paths: Sequence[str]) -> None:
        """Warn of files that are to be shipped: nothing leaves this process."""
        what = "the class path has no effect in the local engine, which imports as you do: %s"
        _log.warning(what, ", ".join(paths))

    def run(self, plan: StepPlan, context: RunContext) -> RunResult:
        """Run every step; part files are left for the caller to publish.

        Raises:
            Cascade2SparkError: a step cannot run here, or a row failed and nothing trapped it.
        """
        run = Run(plan, context)
        try:
            self._run_steps(run, plan.steps)
            for spec in plan.traps:
                rows = run.trapped.get(spec.source)
                if rows:
                    write_trap(run, spec, rows)
        except BaseException:
            context.on_failed(run.result)
            raise
        return run.result

    def matching_paths(self, path: str) -> list[str]:
        """Return all that a path or a glob matches, hidden names as well."""
        return matching_paths(path)

    def sample(self, plan: StepPlan, number: int, rows: int, context: RunContext) -> Sequence[Row]:
        """Return up to `rows` rows leaving step `number`; the whole input is read for it.

        Only the steps it needs are run, nothing is written, and trapped rows are left out.
        """
        run = Run(plan, context)
        asked = plan.steps[number]
        taken = TakingStage(asked, run)
        self._run_steps(run, steps_before(asked), taken)
        return taken.rows[:rows]

    def _run_steps(self, run: Run, steps: Sequence[Step], taken: TakingStage | None = None) -> None:
        stages = {step.number: stage_of(step, run) for step in steps}
        for step in steps:
            for position, source in enumerate(step.inputs):
                stages[source.number].readers.append((stages[step.number], position))
        if taken is not None:
            stages[taken.step.number].readers.append((taken, 0))
        try:
            for stage in heads_in_order(steps, stages):
                self._run_task(run, stage, stages.values())
        except BaseException:
            for stage in stages.values():
                stage.clean_up(is_failing=True)
            raise

    def _run_task(self, run: Run, head: Stage, stages: Iterable[Stage]) -> None:
        number = head.step.number
        run.check_stopped()
        run.context.on_progress(number, "running", None)
        begun_s = time.perf_counter()
        head.run_task()
        for stage in stages:
            if stage.is_closed:
                stage.clean_up()
        run.result.seconds[number] = time.perf_counter() - begun_s
        run.context.on_progress(number, "done", 1.0)


@singledispatch
def stage_of(step: Step, run: Run) -> Stage:
    """Return the stage of a step."""
    raise Unsupported(
        f"the local engine cannot run a {type(step).__name__}", origin=step.site.origin
    )


stage_of.register(Read, ReadStage)
stage_of.register(Map, MapStage)
stage_of.register(Group, GroupStage)
stage_of.register(CoGroup, CoGroupStage)
stage_of.register(BroadcastJoin, BroadcastJoinStage)
stage_of.register(Union, UnionStage)
stage_of.register(Persist, PersistStage)
stage_of.register(Write, WriteStage)


class TakingStage(Stage):
    """Keeps the rows that leave another stage."""

    def __init__(self, step: Step, run: Run) -> None:
        super().__init__(step, run)
        self._held = Held(run)

    def receive(self, position: int, row: Row) -> None:
        """Keep a row."""
        self._held.add(row)

    @property
    def rows(self) -> list[Row]:
        """The rows kept, in order."""
        return self._held.in_order()


def steps_before(step: Step) -> list[Step]:
    """Return a step and all it needs, inputs before users."""
    found = {step.number: step}
    waiting = [step]
    while waiting:
        for source in waiting.pop().inputs:
            if source.number not in found:
                found[source.number] = source
                waiting.append(source)
    return [found[number] for number in sorted(found)]


def heads_in_order(steps: Sequence[Step], stages: Mapping[int, Stage]) -> list[Stage]:
    """Return the heads of tasks, each after the heads it waits for.

    A group waits for every task that pushes into it. A task that streams into a join in memory runs
    after those that fill the held sides, unless these need it themselves: then its rows wait.
    """
    fed_by: dict[int, set[int]] = {}
    waits: dict[int, set[int]] = {}
    for step in steps:
        sources = {head for source in step.inputs for head in fed_by[source.number]}
        if stages[step.number].is_head:
            waits[step.number] = sources
        fed_by[step.number] = {step.number} if stages[step.number].is_head else sources
    for step in steps:
        if isinstance(step, BroadcastJoin):
            streamed, *held = [fed_by[step.inputs[side.source].number] for side in step.sides]
            for head in sorted(streamed):
                for other in sorted(set().union(*held) - streamed):
                    if head not in all_waited_for(other, waits):
                        waits[head].add(other)
    ordered: dict[int, Stage] = {}
    for head in waits:
        for number in [*all_waited_for(head, waits), head]:
            ordered.setdefault(number, stages[number])
    return list(ordered.values())


def all_waited_for(head: int, waits: Mapping[int, set[int]]) -> list[int]:
    """Return every head that must run before `head`, each after those it waits for itself."""
    ordered: dict[int, None] = {}
    waiting = [(head, False)]
    while waiting:
        number, is_left = waiting.pop()
        if is_left:
            ordered.setdefault(number)
        elif number not in ordered:
            waiting.append((number, True))
            waiting += [(other, False) for other in sorted(waits[number], reverse=True)]
    ordered.pop(head)
    return list(ordered)
