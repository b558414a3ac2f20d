"""The eight step kinds, the small specs they carry, and what an engine must offer.

Steps are what runs: read, map, group, cogroup, broadcast join, union, persist, write. Fields are
resolved to positions (`Pick`, `Layout`), names stay only for messages, statistics and call
objects. A step refers to its inputs; the specs inside it (`EachOperator`, `EveryOperator` …) do
not, so that they can travel to workers without dragging the plan along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import attrs

from cascade2spark.config import Settings
from cascade2spark.counters import Counters
from cascade2spark.fields import Fields
from cascade2spark.joiners import Joiner
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.origin import Origin
from cascade2spark.selection import Layout, Pick

__all__ = [
    "BroadcastJoin",
    "CoGroup",
    "EachOperator",
    "Engine",
    "EveryOperator",
    "Group",
    "Map",
    "Persist",
    "Project",
    "Read",
    "RunContext",
    "RunResult",
    "Side",
    "Site",
    "Step",
    "StepPlan",
    "TrapSpec",
    "Union",
    "Write",
]


@attrs.frozen
class Site:
    """Who a piece of work belongs to: what errors and statistics say about a pipe or tap.

    Args:
        key: number of the pipe or tap within the flow, unique, in planning order.
        kind: `Each`, `GroupBy`, `source` …
        name: branch name.
        label: what to print, e.g. ``Each 'logs' ParseLine``.
        origin: the user's line.
        branch: path of labels from the source to here.
        is_repeat: another step does this work too, and reports it: here nothing is counted, and
            rows that fail here are not trapped a second time.
    """

    key: int
    kind: str
    name: str
    label: str
    origin: Origin | None = None
    branch: str | None = None
    is_repeat: bool = False


@attrs.frozen(eq=False)
class EachOperator:
    """One operation over single rows.

    Args:
        kind: `function`, `filter` or `assertion`.
        arguments: cuts the argument values out of a row.
        layout: builds the outgoing row from the incoming one and a result row; None for filters
            and assertions, which pass the row as it is.
        trap: number of the trap bound to the branch, None without one.
        properties: what the operation sees otherwise than the flow's properties say.
    """

    site: Site
    kind: str
    operation: Any
    incoming: Fields
    argument_fields: Fields
    declared: Fields
    outgoing: Fields
    arguments: Pick
    layout: Layout | None
    trap: int | None = None
    properties: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(eq=False)
class Project:
    """Keeps some columns; put in by a rewrite, never by the user."""

    site: Site
    pick: Pick
    outgoing: Fields


@attrs.frozen(eq=False)
class EveryOperator:
    """One operation over groups.

    Args:
        kind: `aggregator`, `buffer` or `assertion`.
        arguments: cuts the argument values out of a row of the group.
        passed: the fields that pass through: group fields and earlier results for an aggregator,
            the incoming fields for a buffer.
        layout: builds the outgoing row from the passed row and a result row; None for assertions.
        trap, properties: as of EachOperator.
    """

    site: Site
    kind: str
    operation: Any
    argument_fields: Fields
    declared: Fields
    passed: Fields
    outgoing: Fields
    arguments: Pick
    layout: Layout | None
    trap: int | None = None
    properties: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(eq=False)
class Side:
    """One side of a join: which input feeds it, its key, its fields.

    Args:
        source: index into the step's inputs; several sides may share one input (self join).
    """

    source: int
    key: Pick
    fields: Fields
    key_fields: Fields


@attrs.frozen(eq=False, kw_only=True)
class Step:
    """Base of the eight kinds.

    Args:
        number: position in the plan, from 0; inputs have smaller numbers.
        inputs: the steps whose rows this one takes.
        fields: fields of the rows that leave.
        site: who the step belongs to.
        sites: every pipe or tap that became part of this step, in order.
        fired: names of the rewrite rules that shaped it.
    """

    number: int
    inputs: tuple[Step, ...]
    fields: Fields
    site: Site
    sites: tuple[Site, ...] = ()
    fired: tuple[str, ...] = ()


@attrs.frozen(eq=False, kw_only=True)
class Read(Step):
    """Rows of a source tap.

    Args:
        columns: positions of the tap's source fields that are read, None for all.
    """

    tap: Any
    columns: tuple[int, ...] | None = None
    trap: int | None = None


@attrs.frozen(eq=False, kw_only=True)
class Map(Step):
    """A run of operations over single rows, fused."""

    operators: tuple[EachOperator | Project, ...]


@attrs.frozen(eq=False, kw_only=True)
class Group(Step):
    """Rows of equal keys brought together, and the Everys over them (none: rows pass in order).

    Args:
        key, sort: cut the key and the sort values out of a row; sort None keeps arrival order.
        group_fields: what the key is called, as the grouping selector resolved it.
        incoming: fields of the rows of a group.
        is_single: key NONE, one group of everything.
        is_partial: aggregators run before the exchange too (rewrite partial_aggregation).
        capacity: most keys held by partial aggregation, None for the flow's setting.
        cache: group of the counters of partial aggregation, None to count nothing.
        trap: trap of the group's own branch.
    """

    key: Pick
    sort: Pick | None
    key_order: AnyKeyOrder
    sort_order: AnyKeyOrder | None
    group_fields: Fields
    incoming: Fields
    everys: tuple[EveryOperator, ...] = ()
    is_single: bool = False
    is_partial: bool = False
    capacity: int | None = None
    cache: str | None = None
    partitions: int | None = None
    trap: int | None = None


@attrs.frozen(eq=False, kw_only=True)
class CoGroup(Step):
    """Branches joined on equal keys by sort-merge, and the Everys over the groups.

    Args:
        group_fields: names of the group tuple: the key of every side (once for a self join).
        joined: fields of the joined rows, before any Every; empty with BufferJoin.
        is_self_join: every side is the same stream; sides have one `source`.
        skewed: the rows of heavy keys of the first side may go to several partitions.
    """

    sides: tuple[Side, ...]
    key_order: AnyKeyOrder
    joiner: Joiner
    group_fields: Fields
    joined: Fields
    everys: tuple[EveryOperator, ...] = ()
    is_self_join: bool = False
    is_single: bool = False
    partitions: int | None = None
    trap: int | None = None
    skewed: bool = False


@attrs.frozen(eq=False, kw_only=True)
class BroadcastJoin(Step):
    """Rows of the first side joined with the others, which every task holds in memory."""

    sides: tuple[Side, ...]
    key_order: AnyKeyOrder
    joiner: Joiner
    joined: Fields
    is_self_join: bool = False
    trap: int | None = None


@attrs.frozen(eq=False, kw_only=True)
class Union(Step):
    """Rows of all inputs; equal fields in equal order."""


@attrs.frozen(eq=False, kw_only=True)
class Persist(Step):
    """Rows kept for several readers or for a restart.

    Args:
        name: the Checkpoint's name, None for a persist that a fork needs. A checkpoint bound to a
            tap is a Persist that a Write reads too.
        is_durable: kept in files under the flow's run id, from which a later run may go on.
    """

    name: str | None = None
    is_durable: bool = False


@attrs.frozen(eq=False, kw_only=True)
class Write(Step):
    """Rows into a sink tap.

    Args:
        pick: selects and orders the sink's fields out of a row.
    """

    tap: Any
    pick: Pick
    trap: int | None = None


@attrs.frozen(eq=False)
class TrapSpec:
    """A trap tap and the branch names bound to it; operators refer to it by its number.

    Args:
        takes: number of the trap whose rows it takes too, when it is not its own.
        settings: the flow's with those of the tap's own properties; None where it has none.
    """

    number: int
    names: tuple[str, ...]
    tap: Any
    takes: int | None = None
    settings: Settings | None = None

    @property
    def source(self) -> int:
        """Number of the trap whose rows it takes."""
        return self.number if self.takes is None else self.takes


@attrs.frozen(eq=False)
class StepPlan:
    """A whole flow as steps, inputs before users."""

    name: str
    steps: tuple[Step, ...]
    traps: tuple[TrapSpec, ...] = ()

    @property
    def writes(self) -> tuple[Write, ...]:
        """The steps that end the flow."""
        return tuple(step for step in self.steps if isinstance(step, Write))

    def readers(self) -> dict[int, list[Step]]:
        """Return, for each step number, the steps that take its rows."""
        found: dict[int, list[Step]] = {step.number: [] for step in self.steps}
        for step in self.steps:
            for source in step.inputs:
                found[source.number].append(step)
        return found

    def above(self, numbers: Iterable[int]) -> set[int]:
        """Return the numbers of some steps, and of all whose rows come to them."""
        found = set(numbers)
        for step in reversed(self.steps):
            if step.number in found:
                found.update(before.number for before in step.inputs)
        return found


@attrs.frozen(eq=False)
class RunContext:
    """What an engine is given besides the plan.

    Args:
        run_id: text unique to this run, safe in file names.
        settings: validated knobs.
        properties: every property of the flow, for operations.
        outputs: for each number of a Write step, where its part files go.
        trap_outputs: the same for each trap number.
        on_progress: called with (step number, what is happening, fraction or None).
        is_stopped: asked between units of work; True ends the run with FlowError.
        on_failed: called, when the run fails or is stopped, with what was counted until then: on
            Spark by the tasks that ended.
    """

    run_id: str
    settings: Settings
    properties: Mapping[str, Any]
    outputs: Mapping[int, Any]
    trap_outputs: Mapping[int, Any]
    on_progress: Callable[[int, str, float | None], None] = lambda step, text, part: None
    is_stopped: Callable[[], bool] = lambda: False
    on_failed: Callable[[RunResult], None] = lambda result: None


@attrs.define(eq=False)
class RunResult:
    """What an engine hands back.

    Args:
        counters: merged counters of the run.
        rows_in, rows_out: rows that entered and left each site, by `Site.key`.
        seconds: time of each step by its number, where the engine can tell; Spark's is that of
            all tasks of the chains that begin with the step, together.
        forms: `rows` or `columns` for each site key, where it ran.
        conversions: number of batches converted, by site key and direction.
        fallbacks: why columns became rows, with a count, by site key.
        manifests: part files written, by step number (traps: by ``-1 - trap number``).
        details: engine-specific facts for the statistics, by step number.
    """

    counters: Counters = attrs.field(factory=Counters)
    rows_in: dict[int, int] = attrs.field(factory=dict)
    rows_out: dict[int, int] = attrs.field(factory=dict)
    seconds: dict[int, float] = attrs.field(factory=dict)
    forms: dict[int, str] = attrs.field(factory=dict)
    conversions: dict[int, dict[str, int]] = attrs.field(factory=dict)
    fallbacks: dict[int, dict[str, int]] = attrs.field(factory=dict)
    manifests: dict[int, list[Any]] = attrs.field(factory=dict)
    details: dict[int, dict[str, Any]] = attrs.field(factory=dict)


class Engine(Protocol):
    """Runs a plan. An engine refuses by name (`Unsupported`) what it cannot honour."""

    name: str

    def run(self, plan: StepPlan, context: RunContext) -> RunResult:
        """Run every step; part files are left for the caller to publish."""
        ...

    def sample(
        self, plan: StepPlan, number: int, rows: int, context: RunContext
    ) -> Sequence[tuple[Any, ...]]:
        """Return up to `rows` rows leaving step `number`, computed from a sample of the input."""
        ...
