"""The tree of stages between two exchanges: rows are pushed from its head to its leaves.

A chain is a tree because of forks: a stage with several children hands the same list to each of
them, and nobody changes a list. At the end every stage is flushed from head to tail, then the
leaves finish; whatever happens, every prepared operation is cleaned up once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, runtime_checkable

import attrs

from cascade2spark.batch.batches import Batch, Columns, row_slices
from cascade2spark.batch.fuse import EachRun
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.selected_rows import AnyBatch, Selection, gathered
from cascade2spark.batch.specs import EachSpec, ProjectSpec, SiteSpec, is_each
from cascade2spark.errors import BuildError

__all__ = [
    "ChainNode",
    "ChainSpec",
    "Leaf",
    "LeafWriter",
    "OperatorRun",
    "Passage",
    "Stage",
    "StageSpec",
    "TakesSelections",
    "run_chain",
]

Row = tuple[Any, ...]
COLUMNS_TO_ROWS = "columns to rows"
ROWS_TO_COLUMNS = "rows to columns"


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


@attrs.frozen(eq=False)
class ChainNode:
    """One node of the tree: a stage, or a leaf.

    Args:
        parent: number of the node whose rows it takes, -1 for the input of the chain.
        stage: what it does to rows; None for a leaf.
        leaf: where rows leave; None for a stage.
    """

    parent: int
    stage: StageSpec | None = None
    leaf: Leaf | None = None


@attrs.frozen(eq=False)
class ChainSpec:
    """The stages of a task chain; parents before children.

    Args:
        nodes: the tree. Leaves are numbered from 0 in this order.
    Raises:
        BuildError: a parent comes after its child, or is a leaf.
    """

    nodes: tuple[ChainNode, ...]

    def __attrs_post_init__(self) -> None:
        for number, node in enumerate(self.nodes):
            if not -1 <= node.parent < number:
                raise BuildError(f"node {number} of a chain must come after its parent")
            if node.parent >= 0 and self.nodes[node.parent].stage is None:
                raise BuildError(f"node {number} of a chain has a leaf as its parent")
            if (node.stage is None) == (node.leaf is None):
                raise BuildError(f"node {number} of a chain must be a stage or a leaf")

    def children(self, parent: int) -> list[int]:
        """Return the numbers of the nodes that take the rows of one node."""
        return [number for number, node in enumerate(self.nodes) if node.parent == parent]

    def may_fail_below(self, parent: int = -1) -> bool:
        """Tell whether a stage below `parent` can fail outside its own traps.

        When an operation before it in the same task has a trap, that one must take the failure: it
        has to hand on its rows one by one.
        """
        below = set(self.children(parent))
        for number, node in enumerate(self.nodes):
            if node.parent in below:
                below.add(number)
        stages = [self.nodes[number].stage for number in below]
        return any(stage is not None and stage.may_fail for stage in stages)


def run_chain(
    spec: ChainSpec,
    batches: Iterable[Batch],
    task: TaskContext,
    *,
    has_traps_above: bool = False,
    may_end_early: bool = False,
) -> Iterator[tuple[int, Any]]:
    """Push batches through a chain; what `mapPartitions` runs.

    Args:
        spec: the tree of stages.
        batches: the input. A generator is closed when the chain ends, so that its `finally` runs.
        task: the task at work.
        has_traps_above: `batches` is a generator that yields rows one by one because operations
            of its own have traps: a failure is thrown into it.
        may_end_early: `batches` are read from a source: a Stop filter ends the reading.
    Yields:
        (number of a leaf, item), when a leaf hands one out.
    Raises:
        RunError: an operation failed and no trap covers it.
    Laws:
        1. Every operation is prepared once, also without input, and cleaned up once, also after an
           error or when the consumer stops early.  2. Flush runs once, after complete input only.
    """
    chain = _Chain(spec, task, has_traps_above, may_end_early)
    is_failing = True
    try:
        chain.prepare()
        yield from chain.push(batches)
        yield from chain.flush()
        is_failing = False
    finally:
        chain.close(batches, is_failing)


class _Chain:
    def __init__(
        self, spec: ChainSpec, task: TaskContext, has_traps_above: bool, may_end_early: bool
    ) -> None:
        self._spec = spec
        self._children: dict[int, Sequence[int]] = {
            number: spec.children(number) for number in range(-1, len(spec.nodes))
        }
        self._immediate = _immediate_nodes(spec, has_traps_above)
        self._stages: dict[int, Stage] = {}
        self._leaves: dict[int, tuple[int, LeafWriter]] = {}
        self._selecting: set[int] = set()  # the nodes that take selections
        self._task = task
        self._task_error: Exception | None = None
        self._may_end_early = may_end_early
        self._ending: list[EachRun] = []

    def prepare(self) -> None:
        for number, node in enumerate(self._spec.nodes):
            made: Stage | LeafWriter | None = None
            if node.leaf is not None:
                made = node.leaf.open(self._task)
                self._leaves[number] = len(self._leaves), made
            elif node.stage is not None:
                is_immediate = number in self._immediate
                made = node.stage.open(self._task, is_immediate=is_immediate)
                self._stages[number] = made
                made.prepare()
            if _takes_selections(made):
                self._selecting.add(number)
        if self._may_end_early:
            self._ending = self._common()

    def push(self, batches: Iterable[Batch]) -> Iterator[tuple[int, Any]]:
        source = iter(batches)
        if self._ending:
            source = self._until_finished(source)
        yield from self._through(-1, source)

    def _common(self) -> list[EachRun]:
        """Return the runs that every row passes before the chain forks, if they can end it."""
        found: list[EachRun] = []
        number = -1
        while len(self._children[number]) == 1:
            (number,) = self._children[number]
            stage = self._stages.get(number)
            if isinstance(stage, EachRun) and stage.has_stop:
                found.append(stage)
        return found

    def _until_finished(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            yield batch
            if any(run.is_finished for run in self._ending):
                return

    def flush(self) -> Iterator[tuple[int, Any]]:
        for number, stage in self._stages.items():
            yield from self._through(number, stage.flush())
        for number, leaf in self._leaves.values():
            for item in leaf.finish():
                yield number, item

    def close(self, batches: Iterable[Batch], is_failing: bool) -> None:
        """End everything, whatever fails on the way; raise the first failure, unless one is up."""
        first: Exception | None = None
        endings: list[Callable[..., None]] = [getattr(batches, "close", _nothing)]
        endings += [
            partial(stage.cleanup, is_failing=is_failing) for stage in self._stages.values()
        ]
        endings += [partial(leaf.close, is_failing=is_failing) for _, leaf in self._leaves.values()]
        for end in endings:
            try:
                end()
            except Exception as error:
                first = first or error
        if first is not None and not is_failing:
            raise first

    def _through(self, number: int, made: Iterator[AnyBatch]) -> Iterator[tuple[int, Any]]:
        """Hand on what a node makes to all its children."""
        if number not in self._immediate:
            for whole in made:
                yield from self._feed(number, whole)
            return
        batch: AnyBatch | None = next(made, None)
        while batch is not None:
            try:
                yield from self._feed(number, batch)
            except Exception as error:
                if error is self._task_error:
                    raise  # the task's own failure, not one row's
                batch = _thrown_back(made, error)
            else:
                batch = next(made, None)

    def _feed(self, parent: int, batch: AnyBatch) -> Iterator[tuple[int, Any]]:
        for number in self._children[parent]:
            given = batch if number in self._selecting else gathered(batch)
            leaf = self._leaves.get(number)
            if leaf is None:
                yield from self._through(number, self._made(number, given))
                continue
            for item in self._pushed(leaf[1], given):
                yield leaf[0], item

    def _made(self, number: int, batch: AnyBatch) -> Iterator[AnyBatch]:
        stage, spec = self._stages[number], self._spec.nodes[number].stage
        if isinstance(batch, list):
            made = stage.rows(batch)
        elif isinstance(stage, ColumnStage):
            made = stage.columns(batch)
        else:
            site = getattr(spec, "site_key", None)
            if site is not None:
                self._task.report.count_conversion(site, COLUMNS_TO_ROWS)
            made = self._sliced(stage, batch)
        return self._untrapped(made) if getattr(spec, "is_untrapped", False) else made

    def _sliced(self, stage: Stage, batch: Columns) -> Iterator[Batch]:
        """Hand columns over as rows, in batches of the size that rows want."""
        for rows in row_slices(batch, self._task.batch_rows):
            yield from stage.rows(rows)

    def _untrapped(self, made: Iterator[AnyBatch]) -> Iterator[AnyBatch]:
        try:
            yield from made
        except Exception as error:
            self._task_error = error
            raise

    def _pushed(self, leaf: LeafWriter, batch: AnyBatch) -> Iterable[Any]:
        try:
            return leaf.push(batch) or ()
        except Exception as error:
            self._task_error = error
            raise


def _takes_selections(taker: object) -> bool:
    return isinstance(taker, TakesSelections)


def _immediate_nodes(spec: ChainSpec, has_traps_above: bool) -> set[int]:
    """Return the nodes that hand on rows one by one: a trap above may have to take a failure."""
    found = {-1} if has_traps_above else set()
    for number, node in enumerate(spec.nodes):
        if node.stage is None:
            continue
        is_needed = node.stage.has_traps and spec.may_fail_below(number)
        if node.parent in found or is_needed:
            found.add(number)
    return found


def _thrown_back(made: Iterator[AnyBatch], error: Exception) -> AnyBatch | None:
    """Let the node that made a row see what became of it; return the next batch it makes.

    Raises:
        Exception: the same error, when no trap takes it.
    """
    throw = getattr(made, "throw", None)
    if throw is None:
        raise error
    try:
        batch: AnyBatch = throw(error)
    except StopIteration:
        return None
    return batch


def _nothing() -> None:
    return None
