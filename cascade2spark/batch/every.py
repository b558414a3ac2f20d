"""Everys over groups: chained aggregators with nested completes, or one Buffer.

Aggregators and group assertions each see every row. At the end of a group the first one's results
each complete the next one, so that results multiply, and an aggregator without a result suppresses
the group. Plain folds without traps take a generated loop; everything else is driven through call
objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import attrs

from cascade2spark.batch.every_buffer import BufferDriver
from cascade2spark.batch.every_folds import FoldDriver, is_plain_fold
from cascade2spark.batch.lifecycle import Operations, TaskContext, TrapFailed, row_view
from cascade2spark.batch.specs import EverySpec, SiteSpec
from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import JoinerClosure
from cascade2spark.operations.base import (
    AggregatorCall,
    FlowProcess,
    GroupAssertionCall,
    OutputCollector,
)
from cascade2spark.operations.failures import located_error, refuse_result
from cascade2spark.selection import Pick

__all__ = ["EveryRun", "GroupRows", "run_everys"]

Row = tuple[Any, ...]
# The rows of a group, or the sides of a BufferJoin.
GroupRows = Iterable[Row] | JoinerClosure


@attrs.frozen(eq=False)
class EveryRun:
    """The Everys of one Group or CoGroup; picklable.

    Args:
        everys: in order; none: rows pass.
        group_fields: names of the group tuple.
        site: the Group's, for its rows out; None when another counts them.
        merges: rows are partial results (see `aggregate`), not rows of the group.
        passes_key: the results of a Buffer are laid out with the key, not with rows.
        key: where the values of the key lie in the rows; None where its names say so.
    """

    everys: tuple[EverySpec, ...]
    group_fields: Fields
    site: SiteSpec | None = None
    merges: bool = False
    passes_key: bool = False
    key: Pick | None = None

    @property
    def has_traps(self) -> bool:
        """Whether an operation has a trap."""
        return any(every.trap is not None for every in self.everys)


class _Driver(Protocol):
    def prepare(self) -> None: ...
    def group(self, key: Row, rows: Any) -> Iterator[list[Row]]: ...
    def flush(self) -> Iterator[list[Row]]: ...
    def rest(self) -> Iterator[list[Row]]: ...
    def report(self) -> None: ...


def run_everys(
    spec: EveryRun,
    groups: Iterable[tuple[Row, GroupRows]],
    task: TaskContext,
    *,
    is_immediate: bool = False,
) -> Iterator[list[Row]]:
    """Yield what the Everys make of groups, in batches.

    Args:
        groups: (group tuple, rows) in key order; the rows of a group are read once, and skipped
            where an operation leaves them.
        is_immediate: hand on every row by itself: a failure further down the task, thrown back in,
            finds the trap of the Every that made the row.
    Raises:
        RunError: an operation failed and no trap covers it.
    """
    operations = Operations(task)
    driver = _driver(spec, task, operations, is_immediate)
    is_failing = True
    try:
        driver.prepare()
        if isinstance(driver, (FoldDriver, BufferDriver)):
            yield from driver.groups(groups)
        else:
            for key, rows in groups:
                yield from driver.group(key, rows)
        yield from driver.rest()
        yield from driver.flush()
        yield from driver.rest()
        is_failing = False
    finally:
        driver.report()
        operations.cleanup(is_failing=is_failing)


def _driver(
    spec: EveryRun, task: TaskContext, operations: Operations, is_immediate: bool
) -> _Driver | FoldDriver:
    everys = spec.everys
    kinds = {every.kind for every in everys}
    if not everys:
        return _PassingDriver(spec, task)
    if spec.merges or (not is_immediate and all(map(is_plain_fold, everys))):
        return FoldDriver(everys, spec.site, task, operations, merges=spec.merges)
    if kinds == {"buffer"} and len(everys) == 1:
        return BufferDriver(
            everys[0],
            spec.group_fields,
            spec.site,
            task,
            operations,
            is_immediate=is_immediate,
            passes_key=spec.passes_key,
            key=spec.key,
        )
    if kinds <= {"aggregator", "assertion"}:
        return _ChainDriver(spec, task, operations, is_immediate)
    raise Unsupported(
        "a group takes one Buffer, or aggregators and assertions",
        asked=[every.kind for every in everys],
    )


class _PassingDriver:
    """A group without Everys: its rows pass."""

    def __init__(self, spec: EveryRun, task: TaskContext) -> None:
        self._site, self._task = spec.site, task
        self._rows: list[Row] = []
        self._passed = 0

    def prepare(self) -> None:
        """Nothing to prepare."""

    def group(self, key: Row, rows: Iterable[Row]) -> Iterator[list[Row]]:
        """Gather rows; a batch is cut from a huge group too."""
        size = self._task.batch_rows
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= size:
                yield from self.rest()

    def flush(self) -> Iterator[list[Row]]:
        """Nothing to flush."""
        return iter(())

    def rest(self) -> Iterator[list[Row]]:
        """Yield what is gathered."""
        if self._rows:
            held, self._rows = self._rows, []
            self._passed += len(held)
            yield held

    def report(self) -> None:
        """Say how many rows the group handed on."""
        if self._site is not None:
            self._task.report.count_rows(self._site.key, 0, self._passed)


class _Link:
    """One aggregator or group assertion of a chain, driven through its call object."""

    def __init__(self, spec: EverySpec, group: Any, process: FlowProcess) -> None:
        self.spec = spec
        self.process = process
        self.trap: int | None = spec.trap
        self.operation = spec.operation
        self.is_aggregator = spec.kind == "aggregator"
        kind = AggregatorCall if self.is_aggregator else GroupAssertionCall
        self.call: Any = kind(spec.argument_fields, spec.declared)
        self.call.group = group
        self.pick = spec.arguments.of()
        self.view, self.show = row_view(spec.argument_fields)
        self.collector = OutputCollector(spec.declared)
        self.build = spec.layout.build() if spec.layout is not None else None
        self.rows_out = 0


class _ChainDriver:
    """A chain of aggregators and group assertions over one group after another."""

    def __init__(
        self, spec: EveryRun, task: TaskContext, operations: Operations, is_immediate: bool
    ) -> None:
        self._task, self._operations, self._site = task, operations, spec.site
        self._group_fields = spec.group_fields
        self._is_immediate = is_immediate
        self._key, self._show_key = row_view(spec.group_fields)
        process_of = operations.process_of
        self._links = [_Link(every, self._key, process_of(every)) for every in spec.everys]
        self._rows_in = 0
        self._made: list[Row] = []

    def prepare(self) -> None:
        """Prepare every operation."""
        for link in self._links:
            self._operations.prepare(link.spec, link.call)

    def group(self, key: Row, rows: Iterable[Row]) -> Iterator[list[Row]]:
        """Show the group to the whole chain, then complete it from the first one on.

        A start that fails is trapped alone: its group still aggregates and completes.
        """
        self._show_key(key)
        for place, link in enumerate(self._links):
            try:
                result = link.operation.start(link.process, link.call)
                if result is not None:
                    refuse_result(link.operation, "start", result)
            except Exception as error:
                self._failed(error, place, key, is_row=False)
        steps = [(link.pick, link.show, link.operation.aggregate, link) for link in self._links]
        for row in rows:
            self._rows_in += 1
            for place, (pick, show, aggregate, link) in enumerate(steps):
                call = link.call
                try:
                    show(pick(row))
                    call.arguments = link.view
                    result = aggregate(link.process, call)
                    if result is not None:
                        refuse_result(link.operation, "aggregate", result)
                except Exception as error:
                    self._failed(error, place, row, is_row=True)
        for link in self._links:
            link.call.arguments = None
        yield from self._complete(0, key)

    def flush(self) -> Iterator[list[Row]]:
        """Flush every operation; aggregators have no collector then."""
        for link in self._links:
            self._operations.flush(link.spec, link.call)
        return iter(())

    def rest(self) -> Iterator[list[Row]]:
        """Yield the rows made since the last batch."""
        if self._made:
            made, self._made = self._made, []
            yield made

    def report(self) -> None:
        """Say how many rows entered and left."""
        report = self._task.report
        if self._site is not None:
            report.count_rows(self._site.key, 0, self._rows_in)
        for link in self._links:
            report.count_rows(link.spec.site.key, self._rows_in, link.rows_out)

    def _complete(self, place: int, passed: Row) -> Iterator[list[Row]]:
        """Complete from one operation on; each of its results completes the next."""
        if place == len(self._links):
            if self._is_immediate:
                yield [passed]
                return
            self._made.append(passed)
            if len(self._made) >= self._task.batch_rows:
                yield from self.rest()
            return
        link = self._links[place]
        try:
            failure: Exception | None = None
            try:
                results = self._results(link, passed)
            except Exception as error:
                # What was emitted before goes on; then the failure meets its trap.
                failure, results = error, self._laid(link, passed)
            for row in results:
                link.rows_out += 1
                yield from self._complete(place + 1, row)
            if failure is not None:
                raise failure
        except Exception as error:
            located = located_error(error, link.spec.site, passed, link.spec.passed)
            self._trap_or_raise(error, located, link, passed)

    def _results(self, link: _Link, passed: Row) -> list[Row]:
        if not link.is_aggregator:
            result = link.operation.do_assert(link.process, link.call)
            if result is not None:
                refuse_result(link.operation, "do_assert", result)
            return [passed]
        link.call.output_collector = link.collector
        try:
            result = link.operation.complete(link.process, link.call)
            if result is not None:
                refuse_result(link.operation, "complete", result)
        finally:
            link.call.output_collector = None
        return self._laid(link, passed)

    def _laid(self, link: _Link, passed: Row) -> list[Row]:
        build = link.build
        return [] if build is None else [build(passed, row) for row in link.collector.take()]

    def _failed(self, error: Exception, place: int, given: Row, *, is_row: bool) -> None:
        """Trap at the failing operation, else at the nearest one before it: its own arguments."""
        failing = self._links[place]
        failing.call.arguments = None
        earlier = reversed(self._links[: place + 1])
        catching = next((link for link in earlier if link.trap is not None), failing)
        recorded = catching.spec.arguments.shown(catching.pick(given)) if is_row else given
        fields = failing.spec.argument_fields if is_row else self._group_fields
        located = located_error(error, failing.spec.site, recorded, fields)
        self._trap_or_raise(error, located, catching, recorded)

    def _trap_or_raise(self, error: Exception, located: Exception, link: _Link, row: Row) -> None:
        if isinstance(error, TrapFailed):
            raise error
        if link.trap is None:
            raise located from located.__cause__
        self._task.trap(link.trap, row, located, link.spec.site)
