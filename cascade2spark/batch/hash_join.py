"""Joining rows with sides that every task holds in memory.

The tables know no task, so that a worker process can keep them for all its tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import Any, Protocol

import attrs

from cascade2spark.batch.column_table import ColumnTable
from cascade2spark.batch.join import Joining
from cascade2spark.batch.key_names import key_namer
from cascade2spark.batch.lifecycle import TaskContext, TrapFailed
from cascade2spark.batch.specs import SideSpec, SiteSpec
from cascade2spark.errors import Unsupported
from cascade2spark.fields import Fields
from cascade2spark.joiners import Joiner
from cascade2spark.operations.failures import located_error
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.selection import Pick

__all__ = ["HashJoin", "HashJoinStage", "JoinTable", "TableSource"]

Row = tuple[Any, ...]
# From rows to their joined rows; None when these are too many to be made at once.
Extender = Callable[[list[Row]], "list[Row] | None"]
_NO_ROWS: list[Row] = []
# A batch whose joined rows are more than so many for each of its own is joined row by row.
_MOST_EACH = 8


class JoinTable:
    """The rows of one held side by key, in arrival order.

    Args:
        batches: the side's rows.
        key, key_order: their key. A key with a null under NullNotEquivalentComparator is never
            found; under a comparator without a hash every key is compared.
    Attributes:
        is_unique: no key has two rows.
    """

    def __init__(self, batches: Iterable[list[Row]], key: Pick, key_order: AnyKeyOrder) -> None:
        self._order, self._key_of = key_order, key.of()
        self._same = key_order.same()
        # By the name of a key its rows, or where no key has two, the row itself: a list around
        # each would take half as much memory again.
        self._lists: dict[Hashable, list[Row]] = {}
        self._singles: dict[Hashable, Row] = {}
        self._groups: list[tuple[Row, list[Row]]] = []
        self._name: Callable[[Row], Hashable] | None = None
        if key_order.has_group_key:
            self._name = key_order.group_key()
            self._add_all(batches, key)
        else:
            for batch in batches:
                for row in batch:
                    self._add(self._key_of(row), row)
        self.is_unique = bool(self._singles)
        # Of one key: where no key has many, no batch has to be asked how many rows it will make.
        self._most_rows = max(map(len, self._lists.values()), default=0)

    @property
    def groups(self) -> Iterator[tuple[Row, list[Row]]]:
        """Each key as it was first met, with its rows."""
        yield from self._groups
        for rows in self._lists.values():
            yield self._key_of(rows[0]), rows
        for row in self._singles.values():
            yield self._key_of(row), [row]

    def find(self, key: Row) -> list[Row]:
        """Return the rows of a key, an empty list for one that is not there."""
        if self._name is None:
            return next((rows for found, rows in self._groups if self._same(found, key)), _NO_ROWS)
        name = self._name(key)
        single = self._singles.get(name)
        return self._lists.get(name, _NO_ROWS) if single is None else [single]

    def extender(self, key: Pick, missing: Row | None) -> Extender:
        """Return the function from rows of another side to the rows joined with this side's.

        Args:
            key: cuts the key out of a row of the other side.
            missing: what a row gets that meets nothing; None drops it.
        """
        if self._name is None:
            return lambda rows: None
        names_of = key_namer(key, self._order)
        if self.is_unique:
            return _singly(names_of, self._singles.get, missing)
        is_bounded = self._most_rows <= _MOST_EACH
        return _severally(names_of, self._lists.get, missing, is_bounded=is_bounded)

    def _add_all(self, batches: Iterable[list[Row]], key: Pick) -> None:
        names_of = key_namer(key, self._order)
        for batch in batches:
            names = list(names_of(batch))
            is_new = len(set(names)) == len(names) and self._singles.keys().isdisjoint(names)
            if is_new and not self._lists:
                self._singles.update(zip(names, batch, strict=True))
                continue
            if self._singles:
                self._lists = {name: [row] for name, row in self._singles.items()}
                self._singles = {}
            get = self._lists.get
            for name, row in zip(names, batch, strict=True):
                rows = get(name)
                if rows is None:
                    self._lists[name] = [row]
                else:
                    rows.append(row)

    def _add(self, key: Row, row: Row) -> None:
        rows = next((held for found, held in self._groups if self._same(found, key)), None)
        if rows is None:
            rows = []
            self._groups.append((key, rows))
        rows.append(row)


def _singly(names_of: Any, get: Any, missing: Row | None) -> Extender:
    if missing is None:
        return lambda rows: [
            row + tail
            for row, tail in zip(rows, map(get, names_of(rows)), strict=True)
            if tail is not None
        ]
    return lambda rows: [
        row + tail
        for row, tail in zip(rows, map(get, names_of(rows), repeat(missing)), strict=False)
    ]


def _severally(names_of: Any, get: Any, missing: Row | None, *, is_bounded: bool) -> Extender:
    default = _NO_ROWS if missing is None else [missing]
    if is_bounded:
        return lambda rows: [
            row + tail
            for row, tails in zip(rows, map(get, names_of(rows), repeat(default)), strict=False)
            for tail in tails
        ]

    def extend(rows: list[Row]) -> list[Row] | None:
        found = list(map(get, names_of(rows), repeat(default)))
        if sum(map(len, found)) > _MOST_EACH * len(rows):
            return None
        return [row + tail for row, tails in zip(rows, found, strict=True) for tail in tails]

    return extend


class TableSource(Protocol):
    """Where a task gets the tables of the held sides from; picklable."""

    def tables(self, task: TaskContext) -> Sequence[JoinTable]:
        """Return a table for each side but the first."""
        ...

    def column_tables(self, task: TaskContext) -> Sequence[ColumnTable]:
        """Return the same as columns.

        Raises:
            NotColumns: a side has no exact column form.
        """
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
    key_order: AnyKeyOrder
    joiner: Joiner
    joined: Fields
    source: TableSource
    site: SiteSpec
    trap: int | None = None
    is_self_join: bool = False
    drains: bool = False

    @property
    def site_key(self) -> int:
        """The join's site, to which conversions are counted."""
        return self.site.key

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
        self._extenders: list[Extender] = []
        self._key_of = spec.sides[0].key.of()
        self._met: set[tuple[int, int]] = set()
        self._rows_in = self._rows_out = 0

    def prepare(self) -> None:
        """Fetch the tables."""
        spec, required = self._spec, self._joining.required
        self._tables = spec.source.tables(self._task)
        # Joined row by row: what may fail, or is told one by one, or leaves no first side.
        if self._size == 1 or spec.drains or required is None or not required[0]:
            return
        if len(self._tables) > 1 and spec.sides[0].key.positions is None:
            return  # the key is cut out of rows that grow to the right
        self._extenders = [
            table.extender(spec.sides[0].key, None if must else (None,) * width)
            for table, must, width in zip(
                self._tables, required[1:], self._joining.widths[1:], strict=True
            )
        ]

    def rows(self, batch: list[Row]) -> Iterator[list[Row]]:
        """Yield the joined rows of one batch."""
        self._rows_in += len(batch)
        for rows in self._made(batch):
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

    def _made(self, batch: list[Row]) -> Iterator[list[Row]]:
        whole = self._extended(batch)
        if whole is None:
            return self._batched(self._joined_one_by_one(batch))
        if len(whole) <= self._size:
            return iter([whole] if whole else [])
        return (whole[at : at + self._size] for at in range(0, len(whole), self._size))

    def _extended(self, batch: list[Row]) -> list[Row] | None:
        """Return the joined rows of a batch; None when that takes a row at a time."""
        found: list[Row] | None = batch if self._extenders else None
        for extend in self._extenders:
            # Stock joiners have no side effects: if this fails, the slow way finds the row.
            try:
                found = extend(found) if found is not None else None
            except MemoryError:
                raise
            except Exception:
                return None
        return found

    def _joined_one_by_one(self, batch: list[Row]) -> Iterator[Row]:
        spec = self._spec
        for row in batch:
            try:
                key = self._key_of(row)
                sides = [table.find(key) for table in self._tables]
                if spec.drains:
                    self._met.update(_names(sides))
                yield from self._joining.rows([[row], *sides])
            except Exception as error:
                if isinstance(error, TrapFailed):
                    raise
                located = located_error(error, spec.site, row, spec.sides[0].fields)
                if spec.trap is None:
                    raise located from located.__cause__
                self._task.trap(spec.trap, row, located, spec.site)

    def _unmet(self) -> Iterator[Row]:
        """Yield what held rows that were not met become, key by key as they first arrived."""
        done = self._met
        for own, table in enumerate(self._tables):
            for key, rows in table.groups:
                if (own, id(rows[0])) in done:
                    continue
                sides = [other.find(key) for other in self._tables]
                sides[own] = rows  # a lonely null does not even find itself
                done.update(_names(sides))
                yield from self._joining.rows([[], *sides])

    def _batched(self, rows: Iterator[Row]) -> Iterator[list[Row]]:
        while batch := list(islice(rows, self._size)):
            yield batch


def _names(sides: list[list[Row]]) -> Iterator[tuple[int, int]]:
    """Yield what tells the groups that were met: the side, and its first row's identity."""
    return ((side, id(rows[0])) for side, rows in enumerate(sides) if rows)
