"""The tree of stages between two exchanges: rows are pushed from its head to its leaves.

A chain is a tree because of forks: a stage with several children hands the same list to each of
them, and nobody changes a list. At the end every stage is flushed from head to tail, then the
leaves finish; whatever happens, every prepared operation is cleaned up once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import attrs

from cascade2spark.batch.batches import Batch, Columns, row_slices
from cascade2spark.batch.fuse import EachRun
from cascade2spark.batch.lifecycle import COLUMNS_TO_ROWS, TaskContext
from cascade2spark.batch.selected_rows import AnyBatch, gathered
from cascade2spark.batch.stages import (
    ColumnStage,
    Leaf,
    LeafWriter,
    Stage,
    StageSpec,
    TakesSelections,
)
from cascade2spark.errors import BuildError

__all__ = ["ChainNode", "ChainSpec", "run_chain"]

Row = tuple[Any, ...]


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
