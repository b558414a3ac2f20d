"""Where rows leave a task chain: the leaf of each way out, and the place of each trap."""

from __future__ import annotations

from typing import Any

from pyspark import SparkContext

from cascade2spark.batch.lifecycle import TrapColumns
from cascade2spark.batch.stages import Leaf
from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.planner.steps import CoGroup, Group, Persist, RunContext, Side, Step, Write
from cascade2spark.schemes.base import Scheme
from cascade2spark.selection import Pick
from cascade2spark.spark.exits import maker_of
from cascade2spark.spark.forms import groups_columns
from cascade2spark.spark.io import PartSink
from cascade2spark.spark.leaves import BlockLeaf, ExchangeLeaf, Maker, RowsSink
from cascade2spark.spark.lineage import Exit, Lineage
from cascade2spark.spark.partitioned import PartitionSink
from cascade2spark.spark.partitions import Partitions
from cascade2spark.spark.reading import is_hadoop
from cascade2spark.spark.shuffle import Exchange
from cascade2spark.spark.tasks import TrapPlace
from cascade2spark.taps import DataFrameTap, MemoryTap, RDDTap
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.paths import PathTap

__all__ = ["LeafLowering"]

_MAP_SHARE = 4


class LeafLowering:
    """The leaves of one run.

    Args:
        context: the Spark context.
        run: settings and outputs.
        lineage: says which chains lead where.
        partitions: says how many each chain has.
        memory_bytes: a task's limit.
    """

    def __init__(
        self,
        context: SparkContext,
        run: RunContext,
        lineage: Lineage,
        partitions: Partitions,
        memory_bytes: int,
    ) -> None:
        self._context = context
        self._run = run
        self._lineage = lineage
        self._partitions = partitions
        self._memory_bytes = memory_bytes

    def leaf(self, source: Step, way: Exit) -> Leaf:
        """Return what takes the rows of a way out of the chain that begins with a step."""
        step = way.step
        first = self._first_partition(source, way)
        if isinstance(step, Write):
            return self._sink(step, first, maker_of(source, way))
        if isinstance(step, (Group, CoGroup)):
            exchange, maker = self._exchange(step, way.place), maker_of(source, way)
            return ExchangeLeaf(
                exchange, first, step.site, step.trap, maker, _fields_at(step, way.place)
            )
        kept = step.site if isinstance(step, Persist) else None
        return BlockLeaf(first, maker_of(source, way), kept)

    def _sink(self, step: Write, first: int, maker: Maker) -> Leaf:
        tap = step.tap
        if not isinstance(tap, (PathTap, MemoryTap, RDDTap, DataFrameTap)):
            raise _no_sink(tap)
        if isinstance(tap, (MemoryTap, RDDTap, DataFrameTap)):
            return RowsSink(BlockLeaf(first, maker), step.pick, step.site, step.trap)
        self._check_target(tap)
        place = self._run.outputs[step.number]
        if isinstance(tap.scheme, PartitionScheme):
            return PartitionSink(
                tap.scheme, step.fields, step.pick, place, step.site, step.trap, first
            )
        return PartSink(tap.scheme, step.fields, step.pick, place, step.site, step.trap, first)

    def _check_target(self, tap: Any) -> None:
        """Refuse a path that Hadoop would put elsewhere than on the disk of this machine."""
        if is_hadoop(tap, tap.paths, self._context):
            raise Unsupported(
                "part files cannot be written through Hadoop's file system yet",
                asked=repr(tap),
                origin=tap.origin,
                fix="give the path its scheme, such as file:///shared/folder",
            )

    def _exchange(self, step: Group | CoGroup, place: int) -> Exchange:
        settings = self._run.settings
        if isinstance(step, Group):
            key = step.key
            if step.is_partial:
                key = Pick(tuple(range(step.key_order.width)))
        else:
            key = _side_at(step, place).key
        return Exchange(
            key=key,
            order=step.key_order,
            partitions=self._partitions.of(step),
            source=place,
            block_bytes=settings.block_bytes,
            map_bytes=self._memory_bytes // _MAP_SHARE,
            to_columns=settings.form != "rows" and groups_columns(step),
        )

    def _first_partition(self, source: Step, way: Exit) -> int:
        """Return how many map tasks come before those of this chain, in pipe order."""
        first = 0
        for other, other_way in self._lineage.feeds(way.target):
            if other_way is way:
                return first
            first += self._partitions.of(other)
        raise AssertionError(f"step {source.number} does not feed {way.target}")

    def trap_place(self, spec: Any) -> TrapPlace:
        """Return where tasks put what a trap takes."""
        columns = TrapColumns.of(spec.settings or self._run.settings)
        output = self._run.trap_outputs.get(spec.number)
        if isinstance(spec.tap, (MemoryTap, RDDTap, DataFrameTap)) or output is None:
            return TrapPlace(columns, takes=spec.takes)
        if not isinstance(spec.tap, PathTap):
            raise _no_sink(spec.tap)
        self._check_target(spec.tap)
        scheme: Scheme = spec.tap.scheme
        fields = spec.tap.sink_fields
        return TrapPlace(
            columns, scheme, fields if fields.is_defined() else Fields.UNKNOWN, output, spec.takes
        )


def _fields_at(step: Group | CoGroup, place: int) -> Fields:
    return step.incoming if isinstance(step, Group) else _side_at(step, place).fields


def _side_at(step: CoGroup, place: int) -> Side:
    """Return the first side that takes the rows of an input."""
    return next(side for side in step.sides if side.source == place)


def _no_sink(tap: Any) -> Unsupported:
    return Unsupported(
        f"Spark cannot write a {type(tap).__name__}", asked=repr(tap), origin=tap.origin
    )
