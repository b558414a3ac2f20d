"""Which form the batches of a run have at each step, decided before it runs.

Whatever can be read as columns is, also where a Python function comes first: rows of five values
made of columns cost 275 to 300 ns, rows made by splitting lines 920, and 1,310 with types. From
there on columns stay columns as far as operations, groups and sinks have a form for them. What is
persisted is kept in the form it comes in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.batch.column_aggregate import aggregate_kernels
from cascade2spark.batch.column_hash_join import can_join_columns
from cascade2spark.batch.forms import column_operators
from cascade2spark.batch.kernels.reading import reader_kernel
from cascade2spark.batch.kernels.writing import writer_kernel
from cascade2spark.planner.steps import (
    BroadcastJoin,
    CoGroup,
    Group,
    Map,
    Persist,
    Read,
    Step,
    StepPlan,
    Union,
    Write,
)
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.spark.grouping import reduce_of
from cascade2spark.spark.lineage import Exit, Lineage, Target, cut_tangled_joins
from cascade2spark.taps import MultiSourceTap
from cascade2spark.taps.partition_scheme import PartitionScheme
from cascade2spark.taps.paths import PathTap

__all__ = ["Forms", "groups_columns", "planned_forms"]


class Forms:
    """Where the batches of a run may be columns.

    Args:
        lineage: the chains of the run.
        form: the setting: `auto`, `rows` or `columns`.
        reads: tells of a source whether its records can be read as columns.
    """

    def __init__(self, lineage: Lineage, form: str, reads: Callable[[Read], bool]) -> None:
        self._lineage, self._form, self._reads = lineage, form, reads
        self._found: dict[int, bool] = {}

    def reads_columns(self, source: Read) -> bool:
        """Tell whether the records of a source are read as columns."""
        return self._form != "rows" and self._reads(source)

    def begins(self, source: Step, ways: list[Exit]) -> bool:
        """Tell whether the input of the chain that begins at a step may be columns."""
        if self._form == "rows":
            return False
        found = self._found.get(id(ways[0]))
        if found is None:
            found = self._found[id(ways[0])] = self._begins(source, ways)
        return found

    def way(self, way: Exit, is_columns: bool) -> tuple[dict[int, bool], bool]:
        """Return which sites on a way take columns, by key, and whether columns leave at its end.

        Args:
            is_columns: the input of the chain may be columns.
        """
        found: dict[int, bool] = {}
        for step in way.path:
            if isinstance(step, Map):
                first = column_operators(step.operators) if is_columns else 0
                for place, one in enumerate(step.operators):
                    found[one.site.key] = place < first
                is_columns = is_columns and first == len(step.operators)
            else:
                is_columns = is_columns and (isinstance(step, Union) or _joins_columns(step))
                found[step.site.key] = is_columns
        return found, is_columns

    def arrives(self, step: Step) -> bool:
        """Tell whether columns may reach a step."""
        for place in range(len(step.inputs)):
            for source, way in self._lineage.feeds(Target(step.number, place)):
                ways = self._lineage.chain_with(source, way)
                if self.way(way, self.begins(source, ways))[1]:
                    return True
        return False

    def _begins(self, source: Step, ways: list[Exit]) -> bool:
        if isinstance(source, Read):
            return self._form == "columns" or self.reads_columns(source)
        if isinstance(source, Persist):
            return self.arrives(source)
        assert isinstance(source, (Group, CoGroup))
        if not reduce_of(source).gives_columns:
            return False
        # Partial results leave their task in the form they were made in.
        return not isinstance(source, Group) or not source.is_partial or self.arrives(source)


def groups_columns(step: Group | CoGroup) -> bool:
    """Tell whether rows are sent to a group as columns, because it can bring them together so.

    Partial results leave their task in the form they were made in.
    """
    return reduce_of(step).takes_columns


def planned_forms(plan: StepPlan, form: str) -> dict[int, str]:
    """Return the form in which each pipe and tap is planned to work, by site key; no Spark needed.

    What runs may differ: values without an exact column form fall back to rows, and a file system
    that only Hadoop can read gives rows.

    Args:
        form: the setting: `auto`, `rows` or `columns`.
    """
    lineage = Lineage(cut_tangled_joins(plan))
    forms = Forms(lineage, form, _reads_columns)
    found: dict[int, bool] = {}
    for source in lineage.sources:
        found.update(_of_source(source, forms, form))
        for ways in lineage.chains_of(source):
            begins = forms.begins(source, ways)
            if isinstance(source, Read):
                found[source.site.key] = begins
            for way in ways:
                on_way, is_columns = forms.way(way, begins)
                found.update(on_way)
                if isinstance(way.step, Write):
                    writes = is_columns and _writes_columns(way.step)
                    found[way.step.site.key] = writes or found.get(way.step.site.key, False)
    return {key: "columns" if is_columns else "rows" for key, is_columns in found.items()}


def _of_source(source: Step, forms: Forms, form: str) -> dict[int, bool]:
    """Return which sites of a group, join or persist work on columns."""
    if isinstance(source, Persist):
        return {source.site.key: forms.arrives(source)}
    if not isinstance(source, (Group, CoGroup)):
        return {}
    if isinstance(source, Group) and source.is_partial:
        kernels = aggregate_kernels(source.everys, source.key, source.key_order)
        together = aggregated = kernels is not None and forms.arrives(source)
    else:
        reduce = reduce_of(source)
        together = form != "rows" and reduce.takes_columns
        aggregated = together and reduce.gives_columns
    return {source.site.key: together, **{one.site.key: aggregated for one in source.everys}}


def _joins_columns(step: Step) -> bool:
    return isinstance(step, BroadcastJoin) and can_join_columns(
        step.sides, step.key_order, step.joiner
    )


def _reads_columns(source: Read) -> bool:
    tap: Any = source.tap
    if not isinstance(tap, (PathTap, MultiSourceTap)):
        return False
    fields = source.fields if source.columns is None else tap.retrieve_source_fields()
    info = SourceInfo(fields, source.columns, tap.counts_lines, tap.get_identifier())
    return reader_kernel(tap.scheme, info) is not None


def _writes_columns(step: Write) -> bool:
    scheme: Any = getattr(step.tap, "_scheme", None)
    fields = step.fields
    if scheme is None or step.pick.positions is None:
        return False
    writer = scheme.writer(fields)
    if isinstance(scheme, PartitionScheme):
        scheme, fields = scheme.inner, scheme.file_fields(fields)
    return writer_kernel(scheme, fields, writer) is not None
