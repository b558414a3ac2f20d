"""Runs a whole plan over `batch/`, with lists of batches as exchanges: what Spark does, in memory.

Every task is run as Spark would run it — its own `TaskContext`, a chain through `run_chain`, its
report merged at the end — but one after another in this process. With the setting
`cascade2spark.form` at `columns`, batches are columns wherever they have an exact column form, from
the sources on; otherwise all of them are rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import attrs

from cascade2spark.batch.aggregate import can_aggregate_parts
from cascade2spark.batch.batches import Batch, NotColumns, batch_rows
from cascade2spark.batch.block_store import BlockStore
from cascade2spark.batch.blocks import encode_block
from cascade2spark.batch.chain import ChainSpec, run_chain
from cascade2spark.batch.every import EveryRun
from cascade2spark.batch.forms import ChainBuilder, with_columns
from cascade2spark.batch.grouping import GroupReduce, JoinReduce
from cascade2spark.batch.hash_join import HashJoin
from cascade2spark.batch.join import CoGroupRun, required_sides
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.batch.lifecycle import TaskContext, TaskReport, TrapColumns
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.counters import StepCounters
from cascade2spark.errors import BadRecord, FlowError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.files import matching_paths
from cascade2spark.local.inout import rows_of_tap, written_rows
from cascade2spark.operations.failures import located_error
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
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.selection import Pick
from cascade2spark.spark.grouping import partial_of, reduce_of
from cascade2spark.taps.paths import PathTap
from tests.inprocess_leaves import (
    Exchange,
    ExchangeLeaf,
    HeldTables,
    Leaf,
    Path,
    SinkLeaf,
    TakenLeaf,
    bad_row,
)

Row = tuple[Any, ...]
Rows = list[Row]
OnBad = Callable[[BadRecord], None]
_MEMORY_BYTES = 1 << 28
Place = tuple[int, int]  # step number and position of one of its inputs


class InProcessEngine:
    """Runs plans over `batch/` without Spark.

    Args:
        partitions: of sources and exchanges, a count.
        batch_rows: rows handed on at a time.
        capacity: most keys held by a partial aggregation whose step names none.
    """

    name = "inprocess"

    def __init__(self, partitions: int = 1, batch_rows: int = 4, capacity: int = 2) -> None:
        self.partitions, self.batch_rows, self.capacity = partitions, batch_rows, capacity

    def run(self, plan: StepPlan, context: RunContext) -> RunResult:
        return _Run(self, plan, context).run()

    def matching_paths(self, path: str) -> list[str]:
        return matching_paths(path)

    def sample(self, plan: StepPlan, number: int, rows: int, context: RunContext) -> Sequence[Row]:
        run = _Run(self, plan, context)
        run.taken = number
        run.run()
        return [row for batch in run.sampled for row in batch][:rows]


class _Run:
    def __init__(self, engine: InProcessEngine, plan: StepPlan, context: RunContext) -> None:
        self.engine, self.plan, self.context = engine, plan, context
        self.report = TaskReport()
        self.result = RunResult(counters=self.report.counters)
        self.exchanges: dict[Place, Exchange] = defaultdict(Exchange)
        self.as_columns = context.settings.form == "columns"
        self.trapped: dict[int, Rows] = {}
        self.taken: int | None = None
        self.sampled: list[Rows] = []
        self.readers: dict[int, list[tuple[Step, int]]] = defaultdict(list)
        for step in plan.steps:
            for position, source in enumerate(step.inputs):
                self.readers[source.number].append((step, position))
        self.cut: set[int] = set()  # joins in memory that begin a task
        self._choose_cuts()

    # -- which task runs when --------------------------------------------------------------------

    def run(self) -> RunResult:
        done: set[int] = set()
        waits = self._waits()
        while len(done) < len(waits):
            ready = [head for head in waits if head not in done and waits[head] <= done]
            self._run_head(self.plan.steps[ready[0]])
            done.add(ready[0])
        for step in self.plan.writes:
            if self.taken is None:
                self._write(step)
        for spec in self.plan.traps:
            if self.trapped.get(spec.source) and self.taken is None:
                output = self.context.trap_outputs.get(spec.number)
                rows = self.trapped[spec.source]
                fields = spec.tap.sink_fields
                fields = fields if fields.is_defined() else Fields.UNKNOWN
                manifests, _ = written_rows(spec.tap, fields, output, rows, _trap_failed)
                self.result.manifests[-1 - spec.number] = manifests
        report = self.report
        self.result.rows_in, self.result.rows_out = report.rows_in, report.rows_out
        self.result.forms, self.result.conversions = report.forms, report.conversions
        self.result.fallbacks = report.fallbacks
        return self.result

    def is_head(self, step: Step) -> bool:
        return isinstance(step, (Read, Group, CoGroup, Persist)) or step.number in self.cut

    def _heads(self, step: Step) -> set[int]:
        """Return the heads of the tasks that a step's rows are made in."""
        if self.is_head(step):
            return {step.number}
        streamed = step.inputs
        if isinstance(step, BroadcastJoin):
            streamed = (step.inputs[step.sides[0].source],)
        return set().union(*(self._heads(source) for source in streamed))

    def _waits(self) -> dict[int, set[int]]:
        waits: dict[int, set[int]] = {s.number: set() for s in self.plan.steps if self.is_head(s)}
        for step in self.plan.steps:
            if self.is_head(step):
                for source in step.inputs:
                    waits[step.number] |= self._heads(source)
            elif isinstance(step, BroadcastJoin):
                for side in step.sides[1:]:
                    for head in self._heads(step):
                        waits[head] |= self._heads(step.inputs[side.source])
        return waits

    def _choose_cuts(self) -> None:
        """Let a join begin a task where its streamed rows would have to wait for themselves."""
        joins = [step for step in self.plan.steps if isinstance(step, BroadcastJoin)]
        self.cut = {step.number for step in joins}
        for step in joins:
            self.cut.discard(step.number)
            if self.runs_as_co_group(step) or not _can_be_ordered(self._waits()):
                self.cut.add(step.number)

    def runs_as_co_group(self, step: BroadcastJoin) -> bool:
        required = required_sides(step.joiner, len(step.sides))
        return self.engine.partitions > 1 and (required is None or not required[0])

    # -- the tree of a task ----------------------------------------------------------------------

    def _chain(self, head: Step) -> tuple[ChainSpec, list[Leaf]]:
        chain = ChainBuilder(self.as_columns)
        leaves: list[Leaf] = []

        def end(parent: int, leaf: Leaf) -> None:
            chain.leaf(parent, leaf)
            leaves.append(leaf)

        def grow(parent: int, step: Step, path: Path) -> None:
            if step.number == self.taken:
                end(parent, TakenLeaf(self))
            for reader, position in self.readers[step.number]:
                if isinstance(reader, Map):
                    grow(chain.run(parent, reader.operators), reader, path)
                elif isinstance(reader, Union):
                    grow(chain.passage(parent, reader.site), reader, (position, *path))
                elif isinstance(reader, BroadcastJoin) and reader.number not in self.cut:
                    if any(side.source == position for side in reader.sides[1:]):
                        end(parent, self._exchange(reader, position, path))
                    if reader.sides[0].source == position:
                        grow(chain.hash_join(parent, self._hash_join(reader)), reader, path)
                elif isinstance(reader, Write):
                    end(parent, SinkLeaf(self, reader, path))
                elif not isinstance(reader, (Group, CoGroup, BroadcastJoin, Persist)):
                    raise Unsupported(f"no stage for {reader.site.label}", asked=type(reader))
                else:
                    before = parent
                    if isinstance(reader, Group) and self._is_partial(reader):
                        stage = partial_of(reader, self.engine.capacity)
                        before = chain.partial(parent, stage)
                    end(before, self._exchange(reader, position, path))

        if isinstance(head, (Read, Persist)):
            grow(chain.passage(-1, head.site), head, ())
        elif isinstance(head, BroadcastJoin) and not self.runs_as_co_group(head):
            grow(chain.hash_join(-1, self._hash_join(head)), head, ())
        else:
            grow(-1, head, ())
        return chain.spec(), leaves

    def _is_partial(self, step: Group) -> bool:
        return step.is_partial and all(map(can_aggregate_parts, step.everys))

    def _exchange(self, step: Step, position: int, path: Path) -> ExchangeLeaf:
        if isinstance(step, Group):
            width = step.key_order.width
            is_partial = self._is_partial(step)
            key = Pick(tuple(range(width))) if is_partial else step.key
            return ExchangeLeaf(self, step, position, path, key, None, step.trap, step.incoming)
        if isinstance(step, CoGroup) or (
            isinstance(step, BroadcastJoin) and self.runs_as_co_group(step)
        ):
            side = next(side for side in step.sides if side.source == position)
            fields = side.fields
            return ExchangeLeaf(self, step, position, path, side.key, None, step.trap, fields)
        if not isinstance(step, BroadcastJoin):
            return ExchangeLeaf(self, step, position, path, None, step.site)
        # The join itself counts what streams.
        site = None if step.sides[0].source == position else step.site
        return ExchangeLeaf(self, step, position, path, None, site)

    def _hash_join(self, step: BroadcastJoin) -> HashJoin:
        return HashJoin(
            sides=step.sides,
            key_order=step.key_order,
            joiner=step.joiner,
            joined=step.joined,
            source=HeldTables(self, step),
            site=step.site,
            trap=step.trap,
            is_self_join=step.is_self_join,
            drains=self.engine.partitions == 1,
        )

    # -- running ---------------------------------------------------------------------------------

    def task(self, partition: int) -> TaskContext:
        return TaskContext(
            self.context.properties,
            partition,
            self.engine.partitions,
            self.context.run_id,
            trap_sink=lambda number, row: self.trapped.setdefault(number, []).append(row),
            trap_columns={
                spec.number: TrapColumns.of(spec.settings)
                for spec in self.plan.traps
                if spec.settings is not None
            },
            default_columns=TrapColumns.of(self.context.settings),
            batch_rows=-(-self.engine.batch_rows // 2),  # so that rows are cut out of columns
            spill=SpillSpace(self.context.settings.memory_bytes or _MEMORY_BYTES),
        )

    def _run_head(self, head: Step) -> None:
        if self.context.is_stopped():
            raise FlowError(f"flow {self.plan.name!r} was stopped")
        spec, _ = self._chain(head)
        self.context.on_progress(head.number, "running", None)
        for partition in range(self.engine.partitions):
            task = self.task(partition)
            is_covered = False
            if isinstance(head, (Group, CoGroup)):
                run = EveryRun(head.everys, head.group_fields)
                is_covered = run.has_traps and spec.may_fail_below()
            batches = self._input(head, partition, task, is_covered)
            try:
                for leaf, item in run_chain(
                    spec,
                    batches,
                    task,
                    has_traps_above=is_covered,
                    may_end_early=isinstance(head, Read),
                ):
                    raise AssertionError(f"leaf {leaf} handed out {item!r}")
            finally:
                task.spill.close()
            self.report.add_record(task.report.as_record())
        self.context.on_progress(head.number, "done", 1.0)

    def _input(
        self, head: Step, partition: int, task: TaskContext, is_covered: bool
    ) -> Iterable[Batch]:
        if isinstance(head, Read):
            return self._read(head, partition, task)
        if isinstance(head, Group):
            return self._reduced(head, partition, task, is_covered)
        if isinstance(head, CoGroup):
            return self._reduced(head, partition, task, is_covered)
        if isinstance(head, BroadcastJoin):
            if self.runs_as_co_group(head):
                return self._reduced(head, partition, task, False)
            return self.exchanges[head.number, head.sides[0].source].taken(partition)
        return self.exchanges[head.number, 0].taken(partition)

    def _read(self, step: Read, partition: int, task: TaskContext) -> Iterator[Batch]:
        reports_here = partition == 0  # a bad record is met by one task only

        def on_bad(error: BadRecord) -> None:
            if reports_here:
                bad_row(task, step, error, error.payload, step.fields)

        try:
            seen = list(self._all_of(step, task, on_bad))
        except Exception as error:
            raise located_error(error, step.site, None, None) from error.__cause__
        total = sum(map(batch_rows, seen))
        share = -(-total // self.engine.partitions) or 1
        mine = list(self.batched(seen, partition * share, (partition + 1) * share))
        task.flow_process.increment(StepCounters.Tuples_Read, 0)
        for batch in with_columns(mine, step.fields, step.site, task) if self.as_columns else mine:
            task.flow_process.increment(StepCounters.Tuples_Read, batch_rows(batch))
            yield batch

    def _all_of(self, step: Read, task: TaskContext, on_bad: OnBad) -> Iterator[Batch]:
        tap = step.tap
        if isinstance(tap, PathTap) and self.as_columns:
            fields = step.fields if step.columns is None else tap.retrieve_source_fields()
            info = SourceInfo(fields, step.columns, tap.counts_lines, tap.get_identifier())
            kernel = reader_kernel(tap.scheme, info)
            if kernel is not None:
                reader, size = tap.scheme.reader(info), self.context.settings.block_bytes
                files = tap.list_files()
                for split in (part for file in files for part in tap.scheme.splits(file, 0, info)):
                    for block in tap.scheme.blocks(split, info, size):
                        try:
                            yield kernel(block)
                        except NotColumns as reason:
                            task.report.count_fallback(step.site.key, str(reason))
                            yield from reader.rows([block], on_bad)
                return
        yield list(rows_of_tap(tap, step, SimpleNamespace(context=self.context), on_bad))

    def batched(self, batches: Iterable[Batch], start: int, end: int) -> Iterator[Batch]:
        """Yield the rows from `start` to `end` of all batches, in batches of the usual size."""
        first = 0
        for batch in batches:
            size = batch_rows(batch)
            stop = min(end - first, size)
            for at in range(max(start - first, 0), stop, self.engine.batch_rows):
                yield batch[at : min(at + self.engine.batch_rows, stop)]
            first += size

    def _reduced(
        self,
        step: Group | CoGroup | BroadcastJoin,
        partition: int,
        task: TaskContext,
        is_covered: bool,
    ) -> Iterator[Batch]:
        store = BlockStore(self._blocks(step, partition), task.spill)
        reduce = self.reduce_of(step)
        yield from _closing(reduce.batches(store, task, is_immediate=is_covered))

    def _blocks(self, step: Step, partition: int) -> Iterator[bytes]:
        for source in range(len(step.inputs)):
            batches = self.exchanges[step.number, source].taken(partition)
            for number, batch in enumerate(batches):
                yield encode_block(batch, source, 0, number)

    def reduce_of(self, step: Group | CoGroup | BroadcastJoin) -> GroupReduce | JoinReduce:
        if isinstance(step, Group):
            return reduce_of(attrs.evolve(step, is_partial=self._is_partial(step)))
        if isinstance(step, CoGroup):
            return reduce_of(step)
        sides, group_fields = step.sides, step.sides[0].key_fields
        order, joiner, is_self_join = step.key_order, step.joiner, step.is_self_join
        joined = CoGroupRun(
            sides, order, joiner, group_fields, step.joined, step.site, is_self_join
        )
        return JoinReduce(joined, EveryRun((), group_fields), step.trap)

    def _write(self, step: Write) -> None:
        task = self.task(0)
        rows = [row for batch in self.exchanges[step.number, 0].taken_rows(0) for row in batch]
        manifests, written = written_rows(
            step.tap,
            step.fields,
            self.context.outputs.get(step.number),
            rows,
            lambda error, row: bad_row(task, step, error, row, step.fields),
        )
        self.result.manifests[step.number] = manifests
        task.report.count_rows(step.site.key, 0, written)
        task.flow_process.increment(StepCounters.Tuples_Written, written)
        self.report.add_record(task.report.as_record())


def _trap_failed(error: Exception, row: Row) -> None:
    raise FlowError("a trap cannot take a row", row=row) from error


def _closing(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Hand on batches, and what is thrown in."""
    yield from batches


def _can_be_ordered(waits: Mapping[int, set[int]]) -> bool:
    done: set[int] = set()
    while len(done) < len(waits):
        ready = {head for head in waits if head not in done and waits[head] <= done}
        if not ready:
            return False
        done |= ready
    return True
