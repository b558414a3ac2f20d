"""A run of operations over columns, and the way back to rows where a batch has no column form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import pyarrow as pa

from cascade2spark.batch.batches import (
    Batch,
    Columns,
    NotColumns,
    Row,
    TooLarge,
    parts_of,
    row_slices,
)
from cascade2spark.batch.kernels.each import EachKernel, each_kernel
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.selected_rows import AnyBatch, Selection, gathered
from cascade2spark.batch.specs import EachSpec, ProjectSpec
from cascade2spark.batch.stages import OperatorRun, Stage

__all__ = ["ColumnRun", "split_run"]

Operators = tuple[EachSpec | ProjectSpec, ...]


def split_run(operators: Operators) -> tuple[Operators, Operators]:
    """Return the operators at the beginning that have a column form, and the others."""
    for place, operator in enumerate(operators):
        if each_kernel(operator) is None:
            return operators[:place], operators[place:]
    return operators, ()


@attrs.frozen(eq=False)
class ColumnRun:
    """A run of operations that all have a column form; picklable.

    None of them has a trap, and none is the user's own, so that doing a batch over again as rows
    is harmless.
    """

    operators: Operators

    has_traps = False

    @property
    def may_fail(self) -> bool:
        """Whether the first operation has no trap."""
        return OperatorRun(self.operators).may_fail

    def open(self, task: TaskContext, *, is_immediate: bool) -> ColumnRunStage:
        """Return the run at work."""
        return ColumnRunStage(self.operators, task, is_immediate)


class ColumnRunStage:
    """Takes batches of both forms; the row form is only made when it is needed."""

    takes_selections = True

    def __init__(self, operators: Operators, task: TaskContext, is_immediate: bool) -> None:
        self._operators, self._task, self._is_immediate = operators, task, is_immediate
        self._kernels: Sequence[EachKernel | None] = [each_kernel(one) for one in operators]
        self._rows_stage: Stage | None = None
        for operator in operators:
            task.report.count_rows(operator.site.key, 0, 0)

    def prepare(self) -> None:
        """Nothing to prepare: the operations are stock ones."""

    def columns(self, batch: Columns | Selection) -> Iterator[AnyBatch]:
        """Yield what becomes of a batch of columns."""
        try:
            made, counts = self._applied(Selection.of(batch))
        except NotColumns as reason:
            batch = gathered(batch)
            if isinstance(reason, TooLarge) and batch.num_rows > 1:
                middle = batch.num_rows // 2
                yield from self.columns(batch.slice(0, middle))
                yield from self.columns(batch.slice(middle))
                return
            site = self._operators[0].site.key
            self._task.report.count_fallback(site, str(reason))
            for part in row_slices(batch, self._task.batch_rows):
                yield from self.rows(part)
            return
        for operator, (entered, left) in zip(self._operators, counts, strict=True):
            self._task.report.count_rows(operator.site.key, entered, left)
            self._task.report.forms[operator.site.key] = "columns"
        left_over = made.most()
        if isinstance(left_over, Selection):
            yield left_over
        else:
            yield from parts_of(left_over)

    def rows(self, batch: list[Row]) -> Iterator[Batch]:
        """Yield what becomes of a batch of rows."""
        if self._rows_stage is None:
            run = OperatorRun(self._operators)
            self._rows_stage = run.open(self._task, is_immediate=self._is_immediate)
            self._rows_stage.prepare()
        return self._rows_stage.rows(batch)

    def flush(self) -> Iterator[Batch]:
        """Yield what the row form holds back: nothing, with stock operations."""
        return iter(()) if self._rows_stage is None else self._rows_stage.flush()

    def cleanup(self, *, is_failing: bool = False) -> None:
        """End the row form, if there was one."""
        if self._rows_stage is not None:
            self._rows_stage.cleanup(is_failing=is_failing)

    def _applied(self, batch: Selection) -> tuple[Selection, list[tuple[int, int]]]:
        counts = []
        for kernel in self._kernels:
            assert kernel is not None
            entered = batch.num_rows
            try:
                batch = kernel(batch)
            except (pa.ArrowInvalid, pa.ArrowCapacityError) as refused:
                raise TooLarge("results that are too large") from refused
            counts.append((entered, batch.num_rows))
        return batch, counts
