"""What a task chain is made of: stages, and leaves where rows leave; the plainest stages.

Protocols, since many modules define stages: runs of operations, joins, groups, the engine's leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

import attrs

from cascade2spark.batch.batches import Batch, Columns
from cascade2spark.batch.fuse import EachRun
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.selected_rows import AnyBatch, Selection
from cascade2spark.batch.specs import EachSpec, ProjectSpec, SiteSpec, is_each

__all__ = [
    "ColumnStage",
    "Leaf",
    "LeafWriter",
    "OperatorRun",
    "Passage",
    "Stage",
    "StageSpec",
    "TakesSelections",
]

Row = tuple[Any, ...]


class Stage(Protocol):
    """One stage of a task at work."""

    def prepare(self) -> None:
        """Begin, also when no rows will come."""

    def rows(self, batch: list[Row]) -> Iterator[Batch]:
        """Yield what becomes of one batch, as batches that are not empty."""

    def flush(self) -> Iterator[Batch]:
        """Input is complete: yield what is left."""

    def cleanup(self, *, is_failing: bool = False) -> None:
        """End, however the task ended; called once."""


@runtime_checkable
class ColumnStage(Protocol):
    """A stage that takes columns too; the others are given rows."""

    def columns(self, batch: Columns) -> Iterator[AnyBatch]:
        """Yield what becomes of one batch of columns."""
        ...


@runtime_checkable
class TakesSelections(Protocol):
    """A stage or the writer of a leaf that takes selections as columns; others get them gathered.

    It must not hold one for longer than it would hold the columns it was made of.
    """

    takes_selections: bool


class StageSpec(Protocol):
    """What a stage is made from; picklable.

    Attributes:
        has_traps: an operation of the stage has a trap.
        may_fail: an operation can fail before any of the stage's own traps covers it.

    A stage whose failures no trap before it may take says `is_untrapped = True`.
    """

    @property
    def has_traps(self) -> bool: ...
    @property
    def may_fail(self) -> bool: ...

    def open(self, task: TaskContext, *, is_immediate: bool) -> Stage:
        """Return the stage of one task."""
        ...


class LeafWriter(Protocol):
    """Where rows leave a chain, in one task."""

    def push(self, batch: Any) -> Iterable[Any] | None:
        """Take a batch; return the items that are ready to leave the task, if any."""

    def finish(self) -> Iterable[Any]:
        """Input is complete: return the last items."""
        ...

    def close(self, *, is_failing: bool) -> None:
        """Let go of files and the like; called once, however the task ended."""


class Leaf(Protocol):
    """What a leaf is made from; picklable. The engine defines them: exchange, sink, persist."""

    def open(self, task: TaskContext) -> LeafWriter:
        """Return the leaf of one task."""
        ...


@attrs.frozen(eq=False)
class OperatorRun:
    """A run of operations over single rows, fused."""

    operators: tuple[EachSpec | ProjectSpec, ...]

    @property
    def site_key(self) -> int:
        """The first operation's site, to which conversions are counted."""
        return self.operators[0].site.key

    @property
    def has_traps(self) -> bool:
        """Whether an operation has a trap."""
        return any(is_each(one) and one.trap is not None for one in self.operators)

    @property
    def may_fail(self) -> bool:
        """Whether the first operation has no trap."""
        first = next((one for one in self.operators if is_each(one)), None)
        return first is not None and is_each(first) and first.trap is None

    def open(self, task: TaskContext, *, is_immediate: bool) -> EachRun:
        """Return the run at work."""
        return EachRun(self.operators, task, is_immediate=is_immediate)


@attrs.frozen(eq=False)
class Passage:
    """A stage that only counts: rows pass a Union, a Merge or a source."""

    site: SiteSpec

    has_traps = False
    may_fail = False

    def open(self, task: TaskContext, *, is_immediate: bool) -> _PassageStage:
        """Return the passage at work."""
        return _PassageStage(self.site, task)


class _PassageStage:
    takes_selections = True

    def __init__(self, site: SiteSpec, task: TaskContext) -> None:
        self._site, self._task = site, task

    def prepare(self) -> None:
        """Nothing to prepare."""

    def rows(self, batch: list[Row]) -> Iterator[list[Row]]:
        """Count a batch and hand it on."""
        self._task.report.count_rows(self._site.key, len(batch), len(batch))
        yield batch

    def columns(self, batch: Columns | Selection) -> Iterator[AnyBatch]:
        """Count a batch and hand it on."""
        self._task.report.count_rows(self._site.key, batch.num_rows, batch.num_rows)
        self._task.report.forms[self._site.key] = "columns"
        yield batch

    def flush(self) -> Iterator[list[Row]]:
        """Nothing is held back."""
        return iter(())

    def cleanup(self, *, is_failing: bool = False) -> None:
        """Nothing to clean up."""
