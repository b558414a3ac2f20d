"""Joins: sorted sides by merging, or rows against tables held in memory.

Both end in `Joining`, which knows the joiner: the stock ones are products of sides, some of which
are filled with nulls; any other is driven through a `JoinerClosure`. Of a key with many rows the
first side streams and the others are held, on disk where they are large: it costs time, not memory.
A joiner of the user's own and a Buffer read any side again and again, so for them all are held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs

from cascade2spark.batch.held import HeldRows
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.specs import SideSpec, SiteSpec
from cascade2spark.fields import Fields
from cascade2spark.joiners import BufferJoin, InnerJoin, Joiner, JoinerClosure, join_rows
from cascade2spark.operations.failures import located_error
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.selection import check_width

__all__ = ["CoGroupRun", "Joining", "co_groups", "joined_groups"]

Row = tuple[Any, ...]
Groups = Iterator[tuple[Row, Iterable[Row]]]
# The rows of one side of one key; an iterator is read once.
SideRows = list[Row] | HeldRows | Iterable[Row]

# A product up to this size is made at once; a larger one streams.
_MOST_AT_ONCE = 10_000


@attrs.frozen(eq=False)
class CoGroupRun:
    """A join of sides sorted by key; picklable.

    Args:
        sides: in order; the first one streams, the others are held per key.
        group_fields: names of the group tuple: the key of every side (once for a self join).
        joined: fields of the joined rows.
        site: the join's, for errors and for rows out.
        trap: for the keys at which a joiner of the user's own fails.
    """

    sides: tuple[SideSpec, ...]
    key_order: AnyKeyOrder
    joiner: Joiner
    group_fields: Fields
    joined: Fields
    site: SiteSpec
    is_self_join: bool = False
    trap: int | None = None

    def on_failed(self, task: TaskContext) -> Callable[[Exception, Row | None], None]:
        """Return what traps a key at which the joiner failed, or raises."""

        def handle(error: Exception, key: Row | None) -> None:
            located = located_error(error, self.site, key, self.group_fields)
            if self.trap is None or key is None:
                raise located from located.__cause__
            task.trap(self.trap, key, located, self.site)

        return handle


class Joining:
    """Makes the joined rows of one key from its sides.

    Args:
        on_failed: what to do with the failure of a CoGroup's joiner and the key it was at; raises,
            or the rest of the key is left out.
    """

    def __init__(
        self,
        joiner: Joiner,
        sides: Sequence[SideSpec],
        joined: Fields,
        *,
        is_self_join: bool,
        flow_process: Any,
        on_failed: Callable[[Exception, Row | None], None] | None = None,
    ) -> None:
        self._on_failed = on_failed
        self._joiner = joiner
        self._joined = joined
        self._fields = [side.fields for side in sides]
        self._key_fields = [side.key_fields for side in sides]
        self._is_self_join = is_self_join
        self._process = flow_process
        self.widths = [len(side.fields) for side in sides]
        self.required = required_sides(joiner, len(sides))

    def rows(self, sides: Sequence[SideRows], key: Row | None = None) -> Iterable[Row]:
        """Return the joined rows: a list, or an iterator when there are or may be very many.

        Args:
            sides: the rows of each side; only that of a stock joiner's first side may be an
                iterator, which then has rows.
        """
        required = self.required
        if required is None:
            return self._driven(sides, key)
        size = 1
        for rows, must in zip(sides, required, strict=True):
            if must and not rows:
                return []
            size *= (len(rows) or 1) if isinstance(rows, list) else _MOST_AT_ONCE + 1
        if size > _MOST_AT_ONCE:
            return join_rows([_again(rows) for rows in sides], required, self.widths)
        found: Iterable[Row] = sides[0] or [(None,) * self.widths[0]]
        for rows, width in zip(sides[1:], self.widths[1:], strict=True):
            right = rows or [(None,) * width]
            found = [left + tail for left in found for tail in right]
        return found

    def closure(self, sides: Sequence[SideRows], key: Row | None) -> JoinerClosure:
        """Return the sides as a joiner of the user's, or a Buffer, sees them."""
        return JoinerClosure(
            [_again(rows) for rows in sides],
            self._fields,
            self._key_fields,
            is_self_join=self._is_self_join,
            flow_process=self._process,
            group_tuple=None if key is None else (lambda _: key),
        )

    def _driven(self, sides: Sequence[SideRows], key: Row | None) -> Iterator[Row]:
        rows = self._checked(sides, key)
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except Exception as error:
                if self._on_failed is None or isinstance(error, MemoryError):
                    raise
                self._on_failed(error, key)
                return
            yield row  # outside: what fails further down is not the joiner's

    def _checked(self, sides: Sequence[SideRows], key: Row | None) -> Iterator[Row]:
        for joined in self._joiner.get_iterator(self.closure(sides, key)):
            row = tuple(joined)
            check_width(row, self._joined)
            yield row


def required_sides(joiner: Joiner, size: int) -> tuple[bool, ...] | None:
    """Return which sides must have rows; None for a joiner that only its own iterator knows."""
    is_stock = type(joiner).get_iterator is InnerJoin.get_iterator
    return joiner.required_sides(size) if is_stock else None


def co_groups(
    sides: Sequence[Groups], key_order: AnyKeyOrder
) -> Iterator[tuple[list[Row | None], list[Iterable[Row]]]]:
    """Yield the groups of several sorted sides, key by key.

    Args:
        sides: for each side its (key, rows), in key order; rows may be an iterator, which is read
            before the next key is asked for.
    Yields:
        (the key of each side, None where it has no rows; the rows of each side).
    """
    same, sort_key = key_order.same(), key_order.sort_key()
    heads = [next(side, None) for side in sides]
    places: list[Any] = [None if head is None else sort_key(head[0]) for head in heads]
    while True:
        least: int | None = None
        for number, head in enumerate(heads):
            if head is not None and (least is None or places[number] < places[least]):
                least = number
        if least is None:
            return
        first = heads[least]
        assert first is not None
        keys: list[Row | None] = [None] * len(sides)
        rows: list[Iterable[Row]] = [[] for _ in sides]
        for number, head in enumerate(heads):
            # A lonely null is not even the same as itself.
            if head is not None and (number == least or same(first[0], head[0])):
                keys[number], rows[number] = head
        yield keys, rows
        for number, key in enumerate(keys):
            if key is not None:
                heads[number] = advanced = next(sides[number], None)
                places[number] = None if advanced is None else sort_key(advanced[0])


def joined_groups(
    spec: CoGroupRun, sides: Sequence[Groups], task: TaskContext
) -> Iterator[tuple[Row, Any]]:
    """Yield (group tuple, joined rows) for each key that has joined rows.

    With BufferJoin every key is yielded, and its JoinerClosure in place of rows. Both may be read
    until the next key is asked for.

    Args:
        sides: for each side of the join its sorted groups.
    """
    joining = Joining(
        spec.joiner,
        spec.sides,
        spec.joined,
        is_self_join=spec.is_self_join,
        flow_process=task.flow_process,
        on_failed=spec.on_failed(task),
    )
    is_joined = not isinstance(spec.joiner, BufferJoin)
    holding = _Holding(task, len(sides), joining.required)
    nulls = [(None,) * len(side.key_fields) for side in spec.sides]
    size = len(spec.group_fields)
    left = 0
    try:
        for keys, given in co_groups(sides, spec.key_order):
            group: Row = ()
            for key, null in zip(keys, nulls, strict=True):
                group += null if key is None else key
            group = group[:size]
            rows = holding.held(given)
            if not is_joined:
                yield group, joining.closure(rows, group)
                holding.release()
                continue
            joined = joining.rows(rows, group)
            if isinstance(joined, list):
                left += len(joined)
                if joined:
                    yield group, joined
                holding.release()
                continue
            counted = _Counted(joined, spec.site)
            if counted.has_rows():
                yield group, counted
            left += counted.finish()
            holding.release()
    finally:
        holding.release()
        task.report.count_rows(spec.site.key, 0, left)


class _Holding:
    """Holds the sides of one key that come as iterators, as far as the joiner needs it."""

    def __init__(self, task: TaskContext, sides: int, required: Sequence[bool] | None) -> None:
        self._spill, self._sides, self._required = task.spill, sides, required
        self._held: list[HeldRows] = []

    def held(self, sides: Sequence[Iterable[Row]]) -> Sequence[SideRows]:
        """Return the sides such that those may be read again that will be."""
        if {list}.issuperset(map(type, sides)):
            return sides
        required = self._required
        if required is not None:
            if any(must and not rows for must, rows in zip(required, sides, strict=True)):
                return [[]] * len(sides)  # nothing will be joined
            return [sides[0], *map(self._hold, sides[1:])]
        return list(map(self._hold, sides))

    def release(self) -> None:
        """Give back what was held."""
        while self._held:
            self._held.pop().close()

    def _hold(self, rows: Iterable[Row]) -> SideRows:
        if isinstance(rows, list):
            return rows
        held = HeldRows(self._spill, self._sides)
        self._held.append(held)
        held.extend(rows)
        whole = held.in_memory()
        return held if whole is None else whole


class _Counted:
    """The rows of a joiner as they stream: counted, and a failure told from that of an Every."""

    def __init__(self, rows: Iterable[Row], site: SiteSpec) -> None:
        self._rows = self._located(iter(rows))
        self._site = site
        self._count = 0
        self._first: Row | None = None

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._rows)

    def has_rows(self) -> bool:
        self._first = next(self._rows, None)
        return self._first is not None

    def finish(self) -> int:
        """Skip what nobody read; return the number of rows in all."""
        for _ in self._rows:
            pass
        return self._count

    def _located(self, rows: Iterator[Row]) -> Iterator[Row]:
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except Exception as error:
                located = located_error(error, self._site, None, None)
                raise located from located.__cause__
            self._count += 1
            yield row


def _again(rows: Iterable[Row]) -> Callable[[], Iterator[Row]]:
    return lambda: iter(rows)
