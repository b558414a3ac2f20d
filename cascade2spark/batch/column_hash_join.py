"""A join with held sides over columns: whole batches are looked up, and gathered, at a time.

Only where columns and rows cannot differ: a stock joiner that needs its first side, keys in natural
order, at known positions. Whatever turns up without an exact column form is joined as rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import (
    Batch,
    Columns,
    NotColumns,
    Row,
    column_names,
    in_parts,
    rows_of,
)
from cascade2spark.batch.column_table import ColumnTable, Found
from cascade2spark.batch.hash_join import HashJoin, HashJoinStage
from cascade2spark.batch.join import required_sides
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.batch.kernels.products import Places, Product
from cascade2spark.batch.key_types import has_column_keys, refuse_mixed_keys
from cascade2spark.batch.lifecycle import COLUMNS_TO_ROWS, TaskContext
from cascade2spark.batch.specs import SideSpec
from cascade2spark.joiners import Joiner
from cascade2spark.ordering import AnyKeyOrder

__all__ = ["ColumnHashJoin", "ColumnHashJoinStage", "can_join_columns"]

Numbers = npt.NDArray[np.int64]

# Joined rows handed on at a time: at most so many, of so many bytes on average.
_SLICE_ROWS = 65_536
_SLICE_BYTES = 8 << 20


def can_join_columns(sides: Sequence[SideSpec], order: AnyKeyOrder, joiner: Joiner) -> bool:
    """Tell whether a join with held sides can take columns."""
    required = required_sides(joiner, len(sides))
    if required is None or not required[0] or not has_column_keys(order):
        return False
    return all(side.key.positions is not None and side.fields.is_defined() for side in sides)


@attrs.frozen(eq=False)
class ColumnHashJoin:
    """A join with held sides as a stage that takes both forms; picklable.

    Args:
        by_rows: the row form of the same stage, of which `can_join_columns` is true.
    """

    by_rows: HashJoin

    @property
    def site_key(self) -> int:
        """The join's site, to which conversions are counted."""
        return self.by_rows.site_key

    @property
    def has_traps(self) -> bool:
        """Whether the join's branch has a trap."""
        return self.by_rows.has_traps

    @property
    def may_fail(self) -> bool:
        """Whether no trap of its own takes a row that cannot be joined."""
        return self.by_rows.may_fail

    def open(self, task: TaskContext, *, is_immediate: bool) -> ColumnHashJoinStage:
        """Return the stage at work."""
        return ColumnHashJoinStage(self.by_rows, task, is_immediate)


class ColumnHashJoinStage:
    """Joins batches of either form, in order; a table is fetched when the first one comes.

    No row can fail as columns: every value there has a key. Where a failure behind the join must
    be laid to one row, batches become rows.
    """

    def __init__(self, spec: HashJoin, task: TaskContext, is_immediate: bool) -> None:
        self._spec, self._task, self._is_immediate = spec, task, is_immediate
        self._required = required_sides(spec.joiner, len(spec.sides)) or ()
        self._places = spec.sides[0].key.positions or ()
        self._width = len(spec.sides[0].fields)
        self._tables: Sequence[ColumnTable] | None = None
        self._reason: NotColumns | None = None
        self._rows_stage: HashJoinStage | None = None
        task.report.count_rows(spec.site.key, 0, 0)

    def prepare(self) -> None:
        """Nothing to prepare: tasks without rows need no tables."""

    def columns(self, batch: Columns) -> Iterator[Batch]:
        """Yield the joined rows of a batch of columns."""
        site, report = self._spec.site.key, self._task.report
        if self._is_immediate:
            report.count_conversion(site, COLUMNS_TO_ROWS)
            yield from self._as_rows(batch)
            return
        try:
            tables = self._fetched()
            found = self._found(tables, batch)
        except NotColumns as reason:
            report.count_fallback(site, str(reason))
            yield from self._as_rows(batch)
            return
        report.forms[site] = "columns"
        report.count_rows(site, batch.num_rows, 0)
        for made in self._joined(batch, tables, found):
            report.count_rows(site, 0, made.num_rows)
            yield made

    def rows(self, batch: list[Row]) -> Iterator[Batch]:
        """Yield the joined rows of a batch of rows."""
        if self._rows_stage is None:
            self._rows_stage = self._spec.open(self._task, is_immediate=self._is_immediate)
            self._rows_stage.prepare()
        return self._rows_stage.rows(batch)

    def _as_rows(self, batch: Columns) -> Iterator[Batch]:
        # Rows want small batches: a block of columns may have a hundred thousand.
        for start in range(0, batch.num_rows, self._task.batch_rows):
            yield from self.rows(rows_of(batch.slice(start, self._task.batch_rows)))

    def flush(self) -> Iterator[Batch]:
        """Nothing is held back: joiners that wait for the end are not joined as columns."""
        return iter(())

    def cleanup(self, *, is_failing: bool = False) -> None:
        """End the row form, if there was one."""
        if self._rows_stage is not None:
            self._rows_stage.cleanup(is_failing=is_failing)

    def _fetched(self) -> Sequence[ColumnTable]:
        if self._reason is not None:
            raise self._reason
        if self._tables is None:
            try:
                self._tables = self._spec.source.column_tables(self._task)
            except NotColumns as reason:
                self._reason = NotColumns(f"held side: {reason}")
                raise self._reason from reason
        return self._tables

    def _found(self, tables: Sequence[ColumnTable], batch: Columns) -> list[Found]:
        if batch.num_columns != self._width:
            raise NotColumns("rows of another width")
        keys = [batch.column(place) for place in self._places]
        held = [[table.columns[at].type for at in table.places] for table in tables]
        refuse_mixed_keys(self._spec.key_order, [[key.type for key in keys], *held])
        hashes = tables[0].hashes(keys, batch.num_rows)
        return [table.find(keys, hashes) for table in tables]

    def _joined(
        self, batch: Columns, tables: Sequence[ColumnTable], found: Sequence[Found]
    ) -> Iterator[Columns]:
        rows, make = batch.num_rows, partial(self._met_once, batch, tables, found)
        if not all(table.is_unique for table in tables):
            own: Numbers = np.arange(rows, dtype=np.int64)
            product = Product(
                [np.ones(rows, dtype=np.int64), *(one.counts for one in found)],
                [own, *(one.starts for one in found)],
                self._required,
            )
            rows, make = product.rows, partial(self._multiplied, batch, tables, product)
        size = _slice_rows(batch, tables)
        for start in range(0, rows, size):
            # A long text that meets many rows may take more than a column holds.
            yield from in_parts(make, start, min(start + size, rows))

    def _multiplied(
        self, batch: Columns, tables: Sequence[ColumnTable], product: Product, start: int, stop: int
    ) -> Columns:
        """Join the rows at some positions of the output."""
        (rows, _), *places = product.places(start, stop)
        return self._gathered(batch, rows, tables, places)

    def _met_once(
        self,
        batch: Columns,
        tables: Sequence[ColumnTable],
        found: Sequence[Found],
        start: int,
        stop: int,
    ) -> Columns:
        """Join some rows, which meet at most one of each side: all that stay are as they were."""
        part = batch.slice(start, stop - start)
        starts = [one.starts[start:stop] for one in found]
        masks = [None if one.is_found is None else one.is_found[start:stop] for one in found]
        kept = None
        for is_found, must in zip(masks, self._required[1:], strict=True):
            if must and is_found is not None:
                kept = is_found if kept is None else kept & is_found
        if kept is None or kept.all():
            places = [
                (numbers, None if is_found is None else ~is_found)
                for numbers, is_found in zip(starts, masks, strict=True)
            ]
            return self._gathered(part, None, tables, places)
        rows = np.flatnonzero(kept)
        places = [
            (numbers[rows], None if is_found is None else ~is_found[rows])
            for numbers, is_found in zip(starts, masks, strict=True)
        ]
        return self._gathered(part, rows, tables, places)

    def _gathered(
        self,
        batch: Columns,
        rows: Numbers | None,
        tables: Sequence[ColumnTable],
        places: Sequence[Places],
    ) -> Columns:
        """Return joined rows: rows of the batch, None for all as they are, beside held ones."""
        own = batch.columns
        if rows is not None:
            at = place_array(rows)
            own = [column.take(at) for column in own]
        columns = list(own)
        keys = [own[place] for place in self._places]
        for table, (numbers, absent) in zip(tables, places, strict=True):
            columns += _side(table, keys, numbers, absent)
        return pa.record_batch(columns, column_names(len(columns)))


def _side(
    table: ColumnTable, keys: Sequence[pa.Array], numbers: Numbers, absent: object
) -> list[pa.Array]:
    """Return the columns of a held side; its key looks like that of the rows that met it."""
    is_missing = absent if isinstance(absent, np.ndarray) and absent.any() else None
    places = place_array(numbers, is_missing)
    own = dict(zip(table.places, keys, strict=True))
    columns = []
    for number, held in enumerate(table.columns):
        key = own.get(number)
        if key is None or key.type != held.type or pa.types.is_floating(held.type):
            columns.append(table.taken(number, places))
        elif is_missing is None:
            columns.append(key)
        else:
            columns.append(pc.if_else(pa.array(is_missing), pa.scalar(None, held.type), key))
    return columns


def _slice_rows(batch: Columns, tables: Sequence[ColumnTable]) -> int:
    row_bytes = batch.nbytes / max(batch.num_rows, 1)
    row_bytes += sum(table.size_bytes / max(table.rows, 1) for table in tables)
    return max(min(_SLICE_ROWS, int(_SLICE_BYTES / max(row_bytes, 1))), 1)
