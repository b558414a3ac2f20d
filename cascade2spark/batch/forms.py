"""Which stages a task chain is made of, given the form that batches may come in.

Every engine over batches builds its chains here, so that a run of operations, a passage and a
partial aggregation take columns in the same places everywhere. Stages for columns take rows too:
where columns *may* come is all that has to be known beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cascade2spark.batch.aggregate import PartialAggregate
from cascade2spark.batch.batches import Batch, NotColumns, column_parts
from cascade2spark.batch.chain import ChainNode, ChainSpec
from cascade2spark.batch.column_aggregate import ColumnAggregate, aggregate_kernels
from cascade2spark.batch.column_hash_join import ColumnHashJoin, can_join_columns
from cascade2spark.batch.column_run import ColumnRun, split_run
from cascade2spark.batch.column_watch import ColumnWatch
from cascade2spark.batch.hash_join import HashJoin
from cascade2spark.batch.kernels.each import each_kernel
from cascade2spark.batch.kernels.watching import can_watch
from cascade2spark.batch.lifecycle import ROWS_TO_COLUMNS, TaskContext
from cascade2spark.batch.specs import EachSpec, EverySpec, ProjectSpec, SiteSpec
from cascade2spark.batch.stages import Leaf, OperatorRun, Passage, StageSpec
from cascade2spark.fields import Fields
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.selection import Pick

__all__ = ["ChainBuilder", "can_aggregate_columns", "column_operators", "with_columns"]


class ChainBuilder:
    """Builds the tree of a chain, and keeps track of where its batches may be columns.

    Each method adds what its name says below a node — -1 is the input of the chain — and returns
    the number of the node whose batches leave it.

    Args:
        has_columns: the input may be columns.
    """

    def __init__(self, has_columns: bool) -> None:
        self._nodes: list[ChainNode] = []
        self._columnar = {-1} if has_columns else set()

    def run(self, parent: int, operators: tuple[EachSpec | ProjectSpec, ...]) -> int:
        """Add operations over single rows: as columns as far as that goes, the others as rows."""
        while operators and parent in self._columnar:
            head, operators = split_run(operators)
            if head:
                parent = self._add(parent, ColumnRun(head), gives_columns=True)
                continue
            first, *others = operators
            if not can_watch(first):
                break
            parent = self._add(parent, ColumnWatch(first), gives_columns=True)
            operators = tuple(others)
        return self._add(parent, OperatorRun(operators)) if operators else parent

    def passage(self, parent: int, site: SiteSpec) -> int:
        """Add a count of the rows that pass."""
        return self._add(parent, Passage(site), gives_columns=parent in self._columnar)

    def partial(self, parent: int, by_rows: PartialAggregate) -> int:
        """Add the partial aggregation in front of an exchange."""
        if parent in self._columnar and can_aggregate_columns(
            by_rows.everys, by_rows.key, by_rows.key_order
        ):
            return self._add(parent, ColumnAggregate(by_rows), gives_columns=True)
        return self._add(parent, by_rows)

    def hash_join(self, parent: int, join: HashJoin) -> int:
        """Add a join with held sides."""
        if parent in self._columnar and can_join_columns(join.sides, join.key_order, join.joiner):
            return self._add(parent, ColumnHashJoin(join), gives_columns=True)
        return self._add(parent, join)

    def stage(self, parent: int, stage: StageSpec) -> int:
        """Add a stage that gives rows."""
        return self._add(parent, stage)

    def leaf(self, parent: int, leaf: Leaf) -> None:
        """Add a place where rows leave."""
        self._nodes.append(ChainNode(parent, leaf=leaf))

    def spec(self) -> ChainSpec:
        """Return the tree."""
        return ChainSpec(tuple(self._nodes))

    def _add(self, parent: int, stage: StageSpec, gives_columns: bool = False) -> int:
        self._nodes.append(ChainNode(parent, stage=stage))
        number = len(self._nodes) - 1
        if gives_columns:
            self._columnar.add(number)
        return number


def column_operators(operators: tuple[EachSpec | ProjectSpec, ...]) -> int:
    """Return how many of some operations, from the first on, take columns."""
    for place, operator in enumerate(operators):
        if each_kernel(operator) is None and not can_watch(operator):
            return place
    return len(operators)


def can_aggregate_columns(everys: Sequence[EverySpec], key: Pick, order: AnyKeyOrder) -> bool:
    """Tell whether a partial aggregation, and its merging, takes columns."""
    return aggregate_kernels(everys, key, order) is not None


def with_columns(
    batches: Iterable[Batch], fields: Fields, site: SiteSpec, task: TaskContext
) -> Iterator[Batch]:
    """Yield the batches of a source as columns, those without an exact column form as they are.

    Args:
        batches: of rows or columns.
        fields: of the source.
        site: the source, to which fall-backs are counted.
    """
    width = len(fields) if fields.is_defined() else None
    for batch in batches:
        if not isinstance(batch, list):
            yield batch
            continue
        if not batch:
            continue
        try:
            made = column_parts(batch, len(batch[0]) if width is None else width)
        except NotColumns as reason:
            task.report.count_fallback(site.key, str(reason))
            yield batch
        else:
            task.report.forms[site.key] = "columns"
            task.report.count_conversion(site.key, ROWS_TO_COLUMNS)
            yield from made
