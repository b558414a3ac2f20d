"""Joining rows with sides that every task holds in memory.

The tables know no task, so that a worker process can keep them for all its tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

import attrs

from cascade2spark.batch.join import Joining
from cascade2spark.batch.key_names import key_namer
from cascade2spark.batch.lifecycle import TaskContext, TrapFailed
from cascade2spark.batch.specs import SideSpec, SiteSpec
from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import Joiner
from cascade2spark.operations.failures import located_error
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick

__all__ = ["HashJoin", "HashJoinStage", "JoinTable", "TableSource"]

Row = tuple[Any, ...]
_NO_ROWS: list[Row] = []


class JoinTable:
    """The rows of one held side by key, in arrival order.

    Args:
        batches: the side's rows.
        key, key_order: their key. A key with a null under NullNotEquivalentComparator is never
            found; under a comparator without a hash every key is compared.
    """

    def __init__(self, batches: Iterable[list[Row]], key: Pick, key_order: KeyOrder) -> None:
        self._order = key_order
        self._same = key_order.same()
        self._name: Callable[[Row], Hashable] | None = None
        if key_order.has_group_key:
            self._name = key_order.group_key()
        self._by_name: dict[Hashable, list[Row]] = {}
        self.groups: list[tuple[Row, list[Row]]] = []
        key_of = key.of()
        for batch in batches:
            for row in batch:
                self._add(key_of(row), row)

    def find(self, key: Row) -> list[Row]:
        """Return the rows of a key, an empty list for one that is not there."""
        if self._name is not None:
            return self._by_name.get(self._name(key), _NO_ROWS)
        return next((rows for found, rows in self.groups if self._same(found, key)), _NO_ROWS)

    def finder(self, key: Pick) -> Callable[[list[Row]], list[list[Row]]]:
        """Return the function from rows of another side to this side's rows of each one's key."""
        if self._name is None:
            key_of = key.of()
            return lambda rows: [self.find(key_of(row)) for row in rows]
        names_of, get = key_namer(key, self._order), self._by_name.get
        return lambda rows: [get(name, _NO_ROWS) for name in names_of(rows)]

    def _add(self, key: Row, row: Row) -> None:
        if self._name is not None:
            name = self._name(key)
            rows = self._by_name.get(name)
            if rows is None:
                rows = self._by_name[name] = []
                self.groups.append((key, rows))
        else:
            rows = next((held for found, held in self.groups if self._same(found, key)), None)
            if rows is None:
                rows = []
                self.groups.append((key, rows))
        rows.append(row)


class TableSource(Protocol):
    """Where a task gets the tables of the held sides from; picklable."""

    def tables(self, task: TaskContext) -> Sequence[JoinTable]:
        """Return a table for each side but the first."""
        ...


@attrs.frozen(eq=False)
class HashJoin:
    """A join with held sides, as a stage of a chain; picklable.

    Args:
        sides: in order; rows of the first one come in batches.
        joined: fields of the joined rows.
        source: gives the tables of the other sides.
        trap: trap of the join's own branch.
        drains: this one task sees all rows of the first side, so that held rows that none of them
            met are known at its end, and joined as the joiner says.
    """

    sides: tuple[SideSpec, ...]
    key_order: KeyOrder
    joiner: Joiner
    joined: Fields
    source: TableSource
    site: SiteSpec
    trap: int | None = None
    is_self_join: bool = False
    drains: bool = False

    @property
    def has_traps(self) -> bool:
        """Whether the join's branch has a trap."""
        return self.trap is not None

    @property
    def may_fail(self) -> bool:
        """Whether no trap of its own takes a row that cannot be joined."""
        return self.trap is None

    def open(self, task: TaskContext, *, is_immediate: bool) -> HashJoinStage:
        """Return the stage at work.

        Raises:
            Unsupported: the joiner fills the first side with nulls and this is one task of several.
        """
        return HashJoinStage(self, task, is_immediate)


class HashJoinStage:
    """Joins each row of the first side, in order, with the held rows of its key."""

    def __init__(self, spec: HashJoin, task: TaskContext, is_immediate: bool) -> None:
        self._spec, self._task = spec, task
        self._size = 1 if is_immediate else task.batch_rows
        self._joining = Joining(
            spec.joiner,
            spec.sides,
            spec.joined,
            is_self_join=spec.is_self_join,
            flow_process=task.flow_process,
        )
        required = self._joining.required
        if required is not None and not required[0] and not spec.drains:
            raise Unsupported(
                f"{spec.site.label} fills its first side with nulls: no task sees all of it",
                asked=repr(spec.joiner),
                fix="run it as a CoGroup",
            )
        self._tables: Sequence[JoinTable] = ()
        self._finders: list[Callable[[list[Row]], list[list[Row]]]] = []
        self._met: set[int] = set()
        self._rows_in = self._rows_out = 0

    def prepare(self) -> None:
        """Fetch the tables."""
        self._tables = self._spec.source.tables(self._task)
        first = self._spec.sides[0].key
        self._finders = [table.finder(first) for table in self._tables]

    def rows(self, batch: list[Row]) -> Iterator[list[Row]]:
        """Yield the joined rows of one batch."""
        self._rows_in += len(batch)
        for rows in self._batched(self._joined(batch)):
            self._rows_out += len(rows)
            yield rows

    def flush(self) -> Iterator[list[Row]]:
        """Join the held rows that no row met, where all rows were seen."""
        if self._spec.drains and (self._joining.required or (False,))[0] is False:
            for rows in self._batched(self._unmet()):
                self._rows_out += len(rows)
                yield rows

    def cleanup(self, *, is_failing: bool = False) -> None:
        """Count what came and went."""
        report = self._task.report
        report.count_rows(self._spec.site.key, self._rows_in, self._rows_out)

    def _joined(self, batch: list[Row]) -> Iterator[Row]:
        required = self._joining.required
        can_be_quick = len(self._finders) == 1 and required is not None and self._size > 1
        if can_be_quick and not self._spec.drains and self._spec.trap is None:
            # Stock joiners have no side effects: if this fails, the slow way finds the row.
            try:
                found = self._finders[0](batch)
            except Exception:
                return self._joined_one_by_one(batch)
            if required is not None and required[1]:
                pairs = zip(batch, found, strict=True)
                return (row + tail for row, tails in pairs for tail in tails)
            missing = [(None,) * self._joining.widths[1]]
            pairs = zip(batch, found, strict=True)
            return (row + tail for row, tails in pairs for tail in tails or missing)
        return self._joined_one_by_one(batch)

    def _joined_one_by_one(self, batch: list[Row]) -> Iterator[Row]:
        spec = self._spec
        for row in batch:
            try:
                sides = [find([row])[0] for find in self._finders]
                if spec.drains:
                    self._met.update(map(id, sides))
                yield from self._joining.rows([[row], *sides])
            except Exception as error:
                if isinstance(error, (MemoryError, TrapFailed)):
                    raise
                located = located_error(error, spec.site, row, spec.sides[0].fields)
                if spec.trap is None:
                    raise located from located.__cause__
                self._task.trap(spec.trap, row, located, spec.site)

    def _unmet(self) -> Iterator[Row]:
        """Yield what held rows that were not met become, key by key as they first arrived."""
        done: set[int] = set()
        for table in self._tables:
            for key, rows in table.groups:
                if id(rows) in self._met or id(rows) in done:
                    continue
                sides = [other.find(key) for other in self._tables]
                own = self._tables.index(table)
                sides[own] = rows  # a lonely null does not even find itself
                done.update(map(id, sides))
                yield from self._joining.rows([[], *sides])

    def _batched(self, rows: Iterator[Row]) -> Iterator[list[Row]]:
        while batch := list(islice(rows, self._size)):
            yield batch
