"""Where batches leave a task of `tests.inprocess`, and where they wait for the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import attrs

from cascade2spark.batch.batches import Batch, NotColumns, batch_rows, columns_of, rows_of
from cascade2spark.batch.column_table import ColumnTable
from cascade2spark.batch.hash_join import JoinTable
from cascade2spark.batch.kernels.each import selected
from cascade2spark.batch.kernels.writing import writer_kernel
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.packing import unpacked
from cascade2spark.batch.selected_rows import AnyBatch, gathered
from cascade2spark.batch.split import split_batch
from cascade2spark.fields import Fields
from cascade2spark.operations.failures import located_error
from cascade2spark.ordering import KeyOrder
from cascade2spark.planner.steps import BroadcastJoin, Side, Site, Write
from cascade2spark.selection import Pick

__all__ = [
    "Exchange",
    "ExchangeLeaf",
    "HeldTables",
    "Leaf",
    "Path",
    "SinkLeaf",
    "TakenLeaf",
    "bad_row",
]

Row = tuple[Any, ...]
Rows = list[Row]
Path = tuple[int, ...]  # the inputs of the Unions that a row came by, nearest to its end first


@attrs.define
class Exchange:
    """What reached one input of one step: batches with the order they arrive in."""

    batches: dict[int, list[tuple[Path, int, int, Batch]]] = attrs.field(
        factory=lambda: defaultdict(list)
    )

    def add(self, target: int, path: Path, source: int, batch: Batch) -> None:
        held = self.batches[target]
        held.append((path, source, len(held), batch))

    def taken(self, target: int) -> list[Batch]:
        """Return one partition's batches in (path, source partition, sequence) order."""
        return [batch for *_, batch in sorted(self.batches[target], key=lambda held: held[:3])]

    def taken_rows(self, target: int) -> list[Rows]:
        """Return the same batches as rows."""
        return list(map(as_rows, self.taken(target)))


class Leaf:
    """Where batches leave a task. It is its own writer: nothing travels here."""

    def open(self, task: TaskContext) -> Any:
        opened = self.__class__.__new__(self.__class__)
        opened.__dict__.update(self.__dict__, task=task)
        return opened

    def finish(self) -> Iterable[Any]:
        return ()

    def close(self, *, is_failing: bool) -> None:
        pass


class ExchangeLeaf(Leaf):
    """Batches on their way to an input of a step."""

    takes_selections = True

    def __init__(
        self,
        run: Any,
        step: Any,
        position: int,
        path: Path,
        key: Pick | None,
        site: Site | None = None,
        trap: int | None = None,
        fields: Fields | None = None,
    ) -> None:
        self.run, self.step, self.position, self.path = run, step, position, path
        self.site, self.fields = site, fields
        self.trap, self.key = trap, key
        self.order: KeyOrder | None = getattr(step, "key_order", None)

    def push(self, batch: AnyBatch) -> None:
        exchange = self.run.exchanges[self.step.number, self.position]
        source = self.task.flow_process.get_current_slice_num()
        if self.site is not None:
            self.task.report.count_rows(self.site.key, batch_rows(batch), 0)
        if self.key is None or self.order is None:
            target = 0 if self.is_held_side() else source
            exchange.add(target, self.path, source, gathered(batch))
            return

        def on_bad(error: Exception, row: Row) -> None:
            bad_row(self.task, self.step, error, row, self.fields)
            self.task.report.count_rows(self.step.site.key, 1, 0)  # the group counts the others

        partitions = self.run.engine.partitions
        batch = self.as_sent(batch)
        for target, part in split_batch(batch, self.key, self.order, partitions, on_bad):
            arrived = part if isinstance(part, list) else unpacked(part)
            exchange.add(target, self.path, source, arrived)

    def as_sent(self, batch: AnyBatch) -> AnyBatch:
        """Return rows as columns where the group can bring columns together."""
        step = self.step
        if not isinstance(batch, list) or not batch or not self.run.as_columns:
            return batch
        if isinstance(step, BroadcastJoin) or not self.run.reduce_of(step).takes_columns:
            return batch
        try:
            return columns_of(batch, len(batch[0]))
        except NotColumns as reason:
            self.task.report.count_fallback(step.site.key, str(reason))
            return batch

    def is_held_side(self) -> bool:
        return isinstance(self.step, BroadcastJoin) and any(
            side.source == self.position for side in self.step.sides[1:]
        )


class SinkLeaf(Leaf):
    """Rows on their way to a tap."""

    def __init__(self, run: Any, step: Write, path: Path) -> None:
        self.run, self.step, self.path = run, step, path
        self.pick = step.pick.of()

    def push(self, batch: Batch) -> None:
        self.task.report.count_rows(self.step.site.key, batch_rows(batch), 0)
        picked: Rows = []
        for row in as_rows(batch):
            try:
                picked.append(self.pick(row))
            except Exception as error:
                bad_row(self.task, self.step, error, row, self.step.fields)
        if not isinstance(batch, list):
            self.check_written(batch, picked)
        source = self.task.flow_process.get_current_slice_num()
        self.run.exchanges[self.step.number, 0].add(0, self.path, source, picked)

    def check_written(self, columns: Batch, picked: Rows) -> None:
        """Assert that a file of columns has the same bytes as one of their rows."""
        scheme, fields = getattr(self.step.tap, "_scheme", None), self.step.fields
        positions = self.step.pick.positions
        if scheme is None or positions is None:
            return
        by_rows, by_columns = scheme.writer(fields), scheme.writer(fields)
        kernel = writer_kernel(scheme, fields, by_columns)
        if kernel is None:
            return
        try:
            written = kernel(selected(columns, positions)) + by_columns.finish()
        except NotColumns as reason:
            self.task.report.count_fallback(self.step.site.key, str(reason))
            return
        assert written == by_rows.encode(picked) + by_rows.finish()
        self.task.report.forms[self.step.site.key] = "columns"


class TakenLeaf(Leaf):
    """Rows that a sample is taken of."""

    def __init__(self, run: Any) -> None:
        self.run = run

    def push(self, batch: Batch) -> None:
        self.run.sampled.append(list(as_rows(batch)))


@attrs.frozen(eq=False)
class HeldTables:
    """The tables of the held sides of a join in memory."""

    run: Any
    step: BroadcastJoin

    def tables(self, task: TaskContext) -> list[JoinTable]:
        step = self.step
        return [JoinTable(self._rows(s), s.key, step.key_order) for s in step.sides[1:]]

    def column_tables(self, task: TaskContext) -> list[ColumnTable]:
        exchanges, number = self.run.exchanges, self.step.number
        return [
            ColumnTable(
                exchanges[number, side.source].taken(0), len(side.fields), side.key.positions or ()
            )
            for side in self.step.sides[1:]
        ]

    def _rows(self, side: Side) -> list[Rows]:
        return self.run.exchanges[self.step.number, side.source].taken_rows(0)


def as_rows(batch: Batch) -> Rows:
    return batch if isinstance(batch, list) else rows_of(batch)


def bad_row(task: TaskContext, step: Any, error: Exception, row: Row, fields: Any) -> None:
    """Give a row to the trap of a step, or fail where it has none."""
    located = located_error(error, step.site, row, fields)
    if step.trap is None:
        raise located from located.__cause__
    task.trap(step.trap, row, located, step.site)
