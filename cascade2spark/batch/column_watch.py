"""An operation that remembers what it saw — a count, a draw, a line printed — over both forms.

It is a stage of its own: a run of operations may do a batch over again as rows, and would count it
twice. Here a batch of columns is never refused.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from cascade2spark.batch.batches import Batch, Columns, Row
from cascade2spark.batch.fuse import EachRun
from cascade2spark.batch.kernels.watching import watch_of
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.selected_rows import AnyBatch, Selection
from cascade2spark.batch.specs import EachSpec
from cascade2spark.batch.stages import OperatorRun
from cascade2spark.operations.failures import located_error

__all__ = ["ColumnWatch"]


@attrs.frozen(eq=False)
class ColumnWatch:
    """One operation of which `can_watch` is true; picklable."""

    operator: EachSpec

    has_traps = False

    @property
    def may_fail(self) -> bool:
        """Whether the operation has no trap."""
        return OperatorRun((self.operator,)).may_fail

    def open(self, task: TaskContext, *, is_immediate: bool) -> ColumnWatchStage:
        """Return the operation at work."""
        return ColumnWatchStage(self.operator, task, is_immediate)


class ColumnWatchStage:
    """Takes batches of both forms in turn; the row form prepares, remembers and cleans up."""

    takes_selections = True

    def __init__(self, operator: EachSpec, task: TaskContext, is_immediate: bool) -> None:
        watch = watch_of(operator)
        self._site, self._report = operator.site, task.report
        self._columns = watch.columns
        self._run = EachRun((watch.spec,), task, is_immediate=is_immediate)

    def prepare(self) -> None:
        """Prepare the operation."""
        self._run.prepare()

    def columns(self, batch: Columns | Selection) -> Iterator[AnyBatch]:
        """Yield what stays of a batch of columns."""
        process, call = self._run.bound(0)
        try:
            made = self._columns(batch, process, call)
        except Exception as error:
            located = located_error(error, self._site, None, None)
            raise located from located.__cause__
        self._report.count_rows(self._site.key, batch.num_rows, made.num_rows)
        self._report.forms[self._site.key] = "columns"
        left_over = made.most() if isinstance(made, Selection) else made
        if left_over.num_rows:
            yield left_over

    def rows(self, batch: list[Row]) -> Iterator[Batch]:
        """Yield what stays of a batch of rows."""
        return self._run.rows(batch)

    def flush(self) -> Iterator[Batch]:
        """Flush the operation."""
        return self._run.flush()

    def cleanup(self, *, is_failing: bool = False) -> None:
        """Clean up the operation."""
        self._run.cleanup(is_failing=is_failing)
