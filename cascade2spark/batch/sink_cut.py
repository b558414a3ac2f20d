"""What a sink takes of the rows that reach it."""

from __future__ import annotations

from cascade2spark.batch.batches import Row, Rows
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.specs import SiteSpec
from cascade2spark.errors import TupleError
from cascade2spark.fields import Fields
from cascade2spark.operations.failures import located_error
from cascade2spark.selection import Pick

__all__ = ["SinkCut"]


class SinkCut:
    """Cuts the sink's values out of rows; a row that lacks one goes to the trap of the tail.

    Args:
        pick: selects and orders the values.
        site: the sink.
        trap: number of its trap, None without one.
    """

    def __init__(self, pick: Pick, site: SiteSpec, trap: int | None, task: TaskContext) -> None:
        self.is_all = pick.is_all
        self._cut = pick.of()
        self._site = site
        self._trap = trap
        self._task = task

    def rows(self, rows: Rows) -> Rows:
        """Return the cut rows, without those that were trapped.

        Raises:
            TupleError: a row lacks a value, and there is no trap.
        """
        if self.is_all:
            return rows
        try:
            return list(map(self._cut, rows))
        except TupleError:
            return self._one_by_one(rows)

    def refuse(self, error: Exception, row: Row, fields: Fields) -> None:
        """Have the trap take a row that cannot be written, or raise what the user is to see."""
        if self._trap is not None:
            self._task.trap(self._trap, row, error, self._site)
            return
        located = located_error(error, self._site, row, fields)
        raise located from located.__cause__

    def _one_by_one(self, rows: Rows) -> Rows:
        found: Rows = []
        for row in rows:
            try:
                found.append(self._cut(row))
            except TupleError as error:
                located = located_error(error, self._site, row, None)
                if self._trap is None:
                    raise located from error.__cause__
                self._task.trap(self._trap, row, located, self._site)
        return found
