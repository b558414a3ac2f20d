"""Steps to RDDs: each task chain becomes one `mapPartitions`, each hand-over one RDD operation.

=================  ================================================================================
read               `parallelize` of byte ranges that tasks open (or the RDD that was given)
map, union,        part of the task chain they lie in
broadcast join
group, cogroup     `(partition, block)` pairs through Spark's `partitionBy`, then `mapPartitions`
persist            blocks, `persist(MEMORY_AND_DISK)`
write              part files made in the task; `collect` of their manifests
=================  ================================================================================
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import attrs
from pyspark import RDD, SparkContext, StorageLevel

from cascade2spark.batch.chain import ChainSpec
from cascade2spark.batch.forms import ChainBuilder
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.errors import Unsupported
from cascade2spark.files.s3 import environment_access, s3_access
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Persist,
    Read,
    RunContext,
    Step,
    StepPlan,
    Union,
    Write,
)
from cascade2spark.spark.counters import TaskReports
from cascade2spark.spark.end_to_end import end_to_end
from cascade2spark.spark.exits import OnlyExit, OnlySinks, keeping_of
from cascade2spark.spark.forms import Forms
from cascade2spark.spark.grouped import Grouped
from cascade2spark.spark.grouping import ReduceSource, partial_of, reduce_of
from cascade2spark.spark.heavy_first import LEAST_BYTES, Renumbered, begun, heavy_first
from cascade2spark.spark.held_sides import HeldSides
from cascade2spark.spark.io import BlockSource, ColumnSource, FileSource
from cascade2spark.spark.lineage import Exit, Lineage, Target, cut_tangled_joins
from cascade2spark.spark.lower_leaves import LeafLowering
from cascade2spark.spark.made_here import blocks_made_here, can_make_here
from cascade2spark.spark.partitions import Partitions
from cascade2spark.spark.reading import Reading, are_local, reading_of
from cascade2spark.spark.session import cores_of, driver_versions, worker_memory
from cascade2spark.spark.shuffle import exchanged
from cascade2spark.spark.skew import Copied, Spread, heavy_targets
from cascade2spark.spark.task_groups import TaskGroups
from cascade2spark.spark.tasks import TaskFunction, TaskSource, local_folders

__all__ = ["Lowering", "SinkItems"]


@attrs.frozen(eq=False)
class SinkItems:
    """What a chain with sinks hands to the driver.

    Args:
        source: number of the step that the chain begins with.
        writes: numbers of its Write steps.
        make: returns them: (number of the Write step, manifest or block). It may run jobs.
    """

    source: int
    writes: tuple[int, ...]
    make: Callable[[], RDD[Any]]


@attrs.frozen(eq=False)
class _Chain:
    """A task chain as an RDD of (exit number, item), and its ways out."""

    rdd: RDD[Any]
    ways: list[Exit]


class Lowering:
    """One run's RDDs, made as they are asked for.

    Args:
        context: the Spark context.
        plan: what runs.
        run: settings, outputs, properties.
        reports: takes what tasks report.
        sample_bytes: read no more than the first so many bytes of each source; None reads all.
    """

    def __init__(
        self,
        context: SparkContext,
        plan: StepPlan,
        run: RunContext,
        reports: TaskReports,
        sample_bytes: int | None = None,
    ) -> None:
        plan = cut_tangled_joins(plan)
        self.context = context
        self.plan = plan
        self.run = run
        self.reports = reports
        self.lineage = Lineage(plan)
        self._forms = Forms(self.lineage, run.settings.form, self._reads_columns)
        self._sample_bytes = sample_bytes
        self.persisted: list[RDD[Any]] = []
        self.handed_out: list[RDD[Any]] = []  # persisted for as long as a result is held
        self._steps = {step.number: step for step in plan.steps}
        self._readings: dict[int, Reading] = {}
        self._memory_bytes = run.settings.memory_bytes or worker_memory(context)
        self._partitions = Partitions(
            self.lineage, self._reading, context, run.settings, self._memory_bytes
        )
        self._leaves = LeafLowering(
            context, run, self.lineage, self._partitions, self._memory_bytes
        )
        self._chains: dict[int, _Chain] = {}
        self._blocks: dict[Target, RDD[Any]] = {}
        self._held = HeldSides(
            context, self._memory_bytes, run.settings.broadcast_max_bytes, self._held_blocks
        )
        self._numbered = 0
        self._versions = driver_versions()
        taps = [step.tap for step in plan.steps if isinstance(step, (Read, Write))]
        # Asking the context takes 10 ms in a first run, and workers may never open such a path.
        is_here = are_local([*taps, *(spec.tap for spec in plan.traps)])
        self._s3 = environment_access() if is_here else s3_access()
        self._traps = {spec.number: self._leaves.trap_place(spec) for spec in plan.traps}

    @functools.cached_property
    def _cores(self) -> int:
        return cores_of(self.context)

    @property
    def partitions(self) -> Mapping[int, int]:
        """Partitions of each chain made so far, by the number of the step it begins with."""
        return self._partitions.chosen

    def sinks(self) -> Iterator[SinkItems]:
        """Yield the chains that end in sinks, each of which is one job."""
        for source, ways in self._all_chains():
            numbers = {
                leaf: way.step.number
                for leaf, way in enumerate(ways)
                if isinstance(way.step, Write)
            }
            if not numbers:
                continue
            writes = tuple(dict.fromkeys(numbers.values()))
            yield SinkItems(source.number, writes, partial(self._sunk, source, ways, numbers))

    def _sunk(self, source: Step, ways: list[Exit], numbers: Mapping[int, int]) -> RDD[Any]:
        only = OnlySinks(numbers, self.reports.accumulator)
        return self._chain(source, ways).rdd.mapPartitions(only)

    def held_rows(self) -> dict[int, int]:
        """Return the rows of the held sides of each HashJoin, by its site's key."""
        return self._held.rows(step for step in self.plan.steps if isinstance(step, BroadcastJoin))

    def release(self, *, keeps_results: bool = False) -> None:
        """Let go of everything persisted or broadcast.

        Args:
            keeps_results: RDDs were handed out, which stay, and may be computed again: the driver
                keeps what it needs for that.
        """
        for rdd in self.persisted if keeps_results else (*self.persisted, *self.handed_out):
            rdd.unpersist()
        self._held.release(is_final=not keeps_results)

    # -- task chains -------------------------------------------------------------------------------

    def _all_chains(self) -> Iterator[tuple[Step, list[Exit]]]:
        for source in self.lineage.sources:
            for ways in self.lineage.chains_of(source):
                yield source, ways

    def _chain(self, source: Step, ways: list[Exit]) -> _Chain:
        found = self._chains.get(id(ways[0]))
        if found is None:
            found = self._chains[id(ways[0])] = self._made_chain(source, ways)
        return found

    def _made_chain(self, source: Step, ways: list[Exit]) -> _Chain:
        groups = self._task_groups(source, ways)
        elements, task_source = self._input(source, groups)
        keeping = keeping_of(ways)
        task: Any = self._task(source, ways, task_source, is_kept=keeping is not None)
        if groups is not None:
            task = Grouped(task, groups, self._memory_bytes, local_folders)
        order = running = None
        if self._may_begin(source, ways):
            running = begun(self.context, elements)
        if self._may_reorder(source, ways, elements):
            elements, order = heavy_first(self.context, elements, self._cores, running)
        rdd = elements.mapPartitionsWithIndex(Renumbered(task, order) if order else task)
        if keeping is not None:
            rdd = rdd.persist(StorageLevel.MEMORY_AND_DISK)
        if keeping is not None:
            (self.persisted if keeping == "run" else self.handed_out).append(rdd)
        return _Chain(rdd, ways)

    def _task(
        self, source: Step, ways: list[Exit], task_source: TaskSource, *, is_kept: bool
    ) -> TaskFunction:
        """Return what runs each partition of a chain."""
        if isinstance(source, Read):
            reads_columns = self._forms.reads_columns(source)
            if isinstance(task_source, FileSource):
                task_source = attrs.evolve(task_source, as_columns=reads_columns)
            if self.run.settings.form == "columns" and not reads_columns:
                task_source = ColumnSource(task_source, source.fields, source.site)
        spec = self._spec(source, ways, self._forms.begins(source, ways))
        self._numbered += 1
        return TaskFunction(
            run_id=self.run.run_id,
            step=source.number,
            chain_number=self._numbered,
            slices=self._partitions.of(source),
            source=task_source,
            chain=spec,
            properties=dict(self.run.properties),
            traps=self._traps,
            reports=self.reports.accumulator,
            versions=self._versions,
            s3=self._s3,
            batch_rows=self.run.settings.rows_batch,
            memory_bytes=self._memory_bytes,
            is_kept=is_kept,
        )

    def _task_groups(self, source: Step, ways: list[Exit]) -> TaskGroups | None:
        """Return which partitions behind an exchange share a task; None where none do.

        What is persisted or handed out stays as it is: there each is a partition of Spark's too.
        """
        if not isinstance(source, (Group, CoGroup)) or keeping_of(ways) is not None:
            return None
        whole_bytes = self._partitions.whole_bytes(source)
        partitions, is_quick = self._partitions.of(source), self._is_quick(source, ways)
        groups = TaskGroups.of(partitions, self._cores, whole_bytes, is_quick=is_quick)
        return None if groups.are_single else groups

    def _is_quick(self, source: Step, ways: list[Exit]) -> bool:
        """Tell whether a chain is worked on by columns from its beginning to all its ends."""
        return self._forms.begins(source, ways) and all(
            self._forms.way(way, True)[1] for way in ways
        )

    def _may_reorder(self, source: Step, ways: list[Exit], elements: RDD[Any]) -> bool:
        """Tell whether nobody sees where partitions lie, and it may be worth to move them.

        What leads to a file, to memory or to another exchange carries its partition's number.
        """
        if not self._may_begin(source, ways) or elements.getNumPartitions() <= self._cores:
            return False
        return self._partitions.known_bytes(source) >= LEAST_BYTES

    def _may_begin(self, source: Step, ways: list[Exit]) -> bool:
        """Tell whether the map side of an exchange may run before what is behind it is asked for.

        What is persisted or handed out is made when somebody reads it.
        """
        is_exchanged = isinstance(source, (Group, CoGroup)) and self._sample_bytes is None
        return is_exchanged and keeping_of(ways) is None

    def _spec(self, source: Step, ways: list[Exit], has_columns: bool) -> ChainSpec:
        chain = ChainBuilder(has_columns)
        placed: dict[tuple[tuple[int, int], ...], int] = {(): -1}
        for way in ways:
            parent = -1
            key: tuple[tuple[int, int], ...] = ()
            for step, entry in zip(way.path, way.entries, strict=True):
                key = (*key, (step.number, entry))
                if key not in placed:
                    placed[key] = self._add_stage(chain, step, parent)
                parent = placed[key]
            if isinstance(way.step, Group) and way.step.is_partial:
                capacity = self.run.settings.aggregate_capacity
                parent = chain.partial(parent, partial_of(way.step, capacity))
            chain.leaf(parent, self._leaves.leaf(source, way))
        return chain.spec()

    def _add_stage(self, chain: ChainBuilder, step: Step, parent: int) -> int:
        if isinstance(step, Union):
            return chain.passage(parent, step.site)
        if isinstance(step, Map):
            return chain.run(parent, step.operators)
        if isinstance(step, BroadcastJoin):
            return chain.hash_join(parent, self._held.probe(step))
        raise Unsupported(f"Spark has no stage for {type(step).__name__}")

    # -- where rows come from ----------------------------------------------------------------------

    def _input(self, source: Step, groups: TaskGroups | None) -> tuple[RDD[Any], TaskSource]:
        if isinstance(source, Read):
            reading = self._reading(source)
            if reading.rdd is not None:
                return reading.rdd, reading.source
            elements = list(reading.elements or [()])
            return self.context.parallelize(elements, len(elements)), reading.source
        if isinstance(source, Persist):
            return self._handed_over(Target(source.number)), BlockSource()
        assert isinstance(source, (Group, CoGroup))
        if isinstance(source, CoGroup) and source.skewed:
            pairs = self._spread(source)
        else:
            pairs = [
                rdd
                for place in range(len(source.inputs))
                for rdd in self._items(Target(source.number, place))
            ]
        blocks = exchanged(self.context, pairs, self._partitions.of(source), groups)
        return blocks, ReduceSource(reduce_of(source))

    def _spread(self, step: CoGroup) -> list[RDD[Any]]:
        """Return the sides of a join whose heavy keys are spread over several partitions."""
        first = step.sides[0]
        blocks = self._items(Target(step.number, first.source))
        for rdd in blocks:
            rdd.count()  # only now is it known which keys are heavy
        counted = [
            record
            for task in self.reports.first_complete().values()
            for record in task.report["keys"].get((step.site.key, first.source), ())
        ]
        targets = heavy_targets(counted, step.key_order, self._partitions.of(step))
        pairs = []
        for place in range(len(step.inputs)):
            key = next(side.key for side in step.sides if side.source == place)
            is_first = place == first.source
            moving = (Spread if is_first else Copied)(key, step.key_order, targets)
            rdds = blocks if is_first else self._items(Target(step.number, place))
            pairs += [rdd.mapPartitions(moving) if targets else rdd for rdd in rdds]
        return pairs

    def _reads_columns(self, step: Read) -> bool:
        source = self._reading(step).source
        return (
            isinstance(source, FileSource) and reader_kernel(source.scheme, source.info) is not None
        )

    def _reading(self, step: Read) -> Reading:
        found = self._readings.get(step.number)
        if found is None:
            settings = self.run.settings
            found = reading_of(step, self.context, settings.split_bytes, settings.rows_batch)
            if self._sample_bytes is not None:
                found = found.sampled(self._sample_bytes)
            self._readings[step.number] = found
        return found

    def _items(self, target: Target) -> list[RDD[Any]]:
        """Return the RDDs of what leaves towards a target, one for each chain that leads there."""
        found: list[RDD[Any]] = []
        for source, way in self.lineage.feeds(target):
            ways = self.lineage.chain_with(source, way)
            chain = self._chain(source, ways)
            number = chain.ways.index(way)
            found.append(chain.rdd.mapPartitions(OnlyExit(number, self.reports.accumulator)))
        return found

    def _handed_over(self, target: Target) -> RDD[Any]:
        """Return the persisted blocks that reach a target."""
        found = self._blocks.get(target)
        if found is None:
            parts = self._items(target)
            found = end_to_end(self.context, parts)
            self._blocks[target] = found
        return found

    def _held_blocks(self, target: Target) -> RDD[Any] | list[bytes]:
        """Return what reaches the held side of a HashJoin."""
        made = self._made_here(target)
        return self._handed_over(target) if made is None else made

    def _made_here(self, target: Target) -> list[bytes] | None:
        """Return the blocks of a held side that the driver makes by itself, None for others."""
        feeds = self.lineage.feeds(target)
        source, way = feeds[0]
        ways = self.lineage.chain_with(source, way)
        if len(feeds) > 1 or not isinstance(source, Read):
            return None
        reading = self._reading(source)
        if not can_make_here(source, ways, reading, self._forms):
            return None
        task = self._task(source, ways, reading.source, is_kept=False)
        most_bytes = self.run.settings.broadcast_max_bytes
        return blocks_made_here(task, reading.elements or (), most_bytes)
