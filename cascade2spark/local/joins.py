"""The stages of joins: by sorting all sides, and by holding all sides but the first in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cascade2spark.joiners import BufferJoin, JoinerClosure
from cascade2spark.local.groups import group_driver
from cascade2spark.local.keys import Keyed, KeyTable, groups_of, sorted_rows
from cascade2spark.local.operators import nulls
from cascade2spark.local.run import Run
from cascade2spark.local.stages import Held, Stage
from cascade2spark.operations.base import Row
from cascade2spark.planner.steps import BroadcastJoin, CoGroup
from cascade2spark.selection import check_width

__all__ = ["BroadcastJoinStage", "CoGroupStage"]


class CoGroupStage(Stage):
    """The sides of each key joined; its Everys run over the joined rows."""

    is_head = True
    step: CoGroup

    def __init__(self, step: CoGroup, run: Run) -> None:
        super().__init__(step, run)
        self._keys = [side.key.of() for side in step.sides]
        self._held = [Held(run) for _ in step.sides]
        self._is_joined = not isinstance(step.joiner, BufferJoin)
        self._driver = group_driver(run, step.everys, step.group_fields, self.emit)
        self.operations = self._driver.operations

    def receive(self, position: int, row: Row) -> None:
        """Hold a row on each side that its input feeds."""
        self.run.count_in(self.step.site)
        for number, side in enumerate(self.step.sides):
            if side.source == position:
                try:
                    self._held[number].add(Keyed(self._keys[number](row), row, number))
                except Exception as error:
                    self._failed(error, Keyed((), row, number))

    def push_rows(self) -> None:
        """Join key by key and run the Everys over the joined rows."""
        key_of = self.step.key_order.sort_key()
        entries = [keyed for held in self._held for keyed in held.in_order()]
        rows = sorted_rows(entries, lambda keyed: key_of(keyed.key), self._failed)
        for group in groups_of(rows, self.step.key_order):
            self.run.check_stopped()
            self._push_group(group)

    def _push_group(self, group: Sequence[Keyed]) -> None:
        sides: list[list[Row]] = [[] for _ in self.step.sides]
        for keyed in group:
            sides[keyed.side].append(keyed.row)
        key = self._group_tuple(sides)
        closure = closure_of(self.run, self.step, sides, lambda _: key)
        if not self._is_joined:
            self._driver.group(key, (), closure)
            return
        joined: list[Row] = []
        try:
            joined.extend(joined_rows(self.run, self.step, closure))
        except Exception as error:
            # As where a Buffer fails: what was made before stays, the rest of the key is lost.
            site, trap = self.step.site, self.step.trap
            self.run.failed(error, site, trap, key, self.step.group_fields)
        if joined:
            self.run.count_out(self.step.site, len(joined))
            self._driver.group(key, joined, None)

    def _group_tuple(self, sides: Sequence[Sequence[Row]]) -> Row:
        """Return the key of each side, nulls for a side without rows; a self join may have one."""
        key: Row = ()
        for rows, side, key_of in zip(sides, self.step.sides, self._keys, strict=True):
            key += key_of(rows[0]) if rows else nulls(side.key_fields)
        return key[: len(self.step.group_fields)]

    def _failed(self, error: Exception, bad: Keyed) -> None:
        fields = self.step.sides[bad.side].fields
        self.run.failed(error, self.step.site, self.step.trap, bad.row, fields)


class BroadcastJoinStage(Stage):
    """Each row of the first side joined with the held rows of its key on the other sides.

    Held rows that no streamed row met come last, for joiners that fill the first side with nulls.
    """

    step: BroadcastJoin

    def __init__(self, step: BroadcastJoin, run: Run) -> None:
        super().__init__(step, run)
        self._keys = [side.key.of() for side in step.sides]
        self._table = KeyTable(step.key_order, len(step.sides))
        self._held = [Held(run) for _ in step.sides]  # the first: streamed rows that came too early
        self._held_inputs = {side.source for side in step.sides[1:]}

    def receive(self, position: int, row: Row) -> None:
        """Hold a row, or join it if the held sides are complete; else it waits."""
        self.run.count_in(self.step.site)
        for number, side in enumerate(self.step.sides):
            if side.source == position:
                if number == 0 and not self._held_inputs & self._open_inputs:
                    self._join(row)
                else:
                    self._held[number].add(row)

    def finish(self, position: int) -> None:
        """Fill the table once all held sides are complete, and join what waited for it."""
        self._open_inputs.discard(position)
        if position in self._held_inputs and not self._held_inputs & self._open_inputs:
            for number in range(1, len(self.step.sides)):
                for row in self._held[number].in_order():
                    self._guarded(row, number, partial(self._hold, number))
            for row in self._held[0].on_their_paths():
                self._join(row)
        super().finish(position)

    def drain(self) -> None:
        """Push what nothing met."""
        for entry in self._table.entries:
            if not entry.is_matched:
                self._push(entry.sides)

    def _hold(self, number: int, row: Row) -> None:
        self._table.add(number, self._keys[number](row), row)

    def _join(self, row: Row) -> None:
        self._guarded(row, 0, self._join_unguarded)

    def _join_unguarded(self, row: Row) -> None:
        entry = self._table.find(self._keys[0](row))
        sides: list[list[Row]] = [[] for _ in self.step.sides]
        if entry is not None:
            entry.is_matched = True
            sides = list(entry.sides)
        sides[0] = [row]
        self._push(sides)

    def _guarded(self, row: Row, side: int, work: Callable[[Row], None]) -> None:
        try:
            work(row)
        except Exception as error:
            fields = self.step.sides[side].fields
            self.run.failed(error, self.step.site, self.step.trap, row, fields)

    def _push(self, sides: Sequence[Sequence[Row]]) -> None:
        closure = closure_of(self.run, self.step, sides, None)
        for row in joined_rows(self.run, self.step, closure):
            self.run.count_out(self.step.site)
            self.emit(row)


def closure_of(
    run: Run,
    step: CoGroup | BroadcastJoin,
    sides: Sequence[Sequence[Row]],
    group_tuple: Callable[[Row], Row] | None,
) -> JoinerClosure:
    """Return the sides of one key as joiners and Buffers see them."""
    return JoinerClosure(
        [_again(rows) for rows in sides],
        [side.fields for side in step.sides],
        [side.key_fields for side in step.sides],
        is_self_join=step.is_self_join,
        flow_process=run.flow_process,
        group_tuple=group_tuple,
    )


def joined_rows(run: Run, step: CoGroup | BroadcastJoin, closure: JoinerClosure) -> Iterator[Row]:
    """Yield what the joiner makes of one key, each row as wide as the step says."""
    for joined in step.joiner.get_iterator(closure):
        row = tuple(joined)
        check_width(row, step.joined)
        yield row


def _again(rows: Sequence[Row]) -> Callable[[], Iterator[Row]]:
    return lambda: iter(rows)
