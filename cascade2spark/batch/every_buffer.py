"""One Buffer over one group after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from types import GeneratorType
from typing import Any

from cascade2spark.batch.buffer_rows import (
    key_places,
    places_by_name,
    places_of_key,
    result_layer,
)
from cascade2spark.batch.given_rows import GivenRows
from cascade2spark.batch.group_runs import GroupRun, group_runs
from cascade2spark.batch.held import HeldRows
from cascade2spark.batch.lifecycle import Operations, TaskContext, TrapFailed, row_view
from cascade2spark.batch.specs import EverySpec, SiteSpec
from cascade2spark.fields import Fields
from cascade2spark.joiners import JoinerClosure
from cascade2spark.operations.base import BufferCall, OutputCollector
from cascade2spark.operations.callables import (
    PlainBuffer,
    RowsBuffer,
    rows_of,
    wrong_shape,
)
from cascade2spark.operations.failures import located_error, refuse_result
from cascade2spark.selection import Pick
from cascade2spark.tuples import TupleEntry

__all__ = ["BufferDriver"]

Row = tuple[Any, ...]
# What is one key with a value of these is the same in every respect; -0.0 and 0.0 are not, and
# neither are bytes and a bytearray.
_EXACT = frozenset({str, int, bool, type(None)})


class BufferDriver:
    """Lets a Buffer iterate each group; each result is combined with the row it stands on.

    Before the first row is asked for, and after the last one, the Buffer stands on a row of the key
    and nulls; with `retain_values` it stays on the last row. The results of a generator made by
    `@buffer` stream; those that a class style Buffer emits are held until its `operate` returns, on
    disk when they are many.
    """

    def __init__(
        self,
        spec: EverySpec,
        group_fields: Fields,
        site: SiteSpec | None,
        task: TaskContext,
        operations: Operations,
        *,
        is_immediate: bool,
        passes_key: bool = False,
        key: Pick | None = None,
    ) -> None:
        self._spec, self._site, self._task = spec, site, task
        self._operations = operations
        self._process = operations.process_of(spec)
        self._is_immediate = is_immediate
        self._size = 1 if is_immediate else task.batch_rows
        self._group_fields = group_fields
        self._key, self._show_key = row_view(group_fields)
        self._view, self._show = row_view(spec.argument_fields)
        self._pick = spec.arguments.of()
        assert spec.layout is not None
        self._build = spec.layout.build()
        self._lay = result_layer(spec)
        self._key_pick = key
        self._key_at = key_places(spec.passed, group_fields, key)
        self._passes_key = passes_key
        self._needs_row = not (spec.layout.is_results or passes_key)
        self._needs_only_key = self._passes_only_key(spec)
        self._call = BufferCall(spec.argument_fields, spec.declared)
        self._call.group = self._key
        operate = type(spec.operation).operate
        self._is_plain = operate in (PlainBuffer.operate, RowsBuffer.operate)
        # Its results are rows as they leave: no call for each of them.
        self._is_exact = operate is RowsBuffer.operate and spec.layout.is_results
        self._is_quick = (
            self._is_plain
            and not (is_immediate or self._needs_row)
            and spec.trap is None
            and spec.arguments.is_all
        )
        self._stands_on: Row = (None,) * len(spec.passed)
        self._given: Row = ()
        self._group: Row = ()
        self._made: list[Row] = []
        # With each row, where it is handed on by itself, what was given for it (see `_drain`).
        self._emitted = HeldRows(task.spill)
        self._rows_out = 0
        self._entering = GivenRows()

    def prepare(self) -> None:
        """Hand out the collector, which stays until cleanup."""
        self._call.output_collector = OutputCollector(self._spec.declared, self._drain, capacity=1)
        self._operations.prepare(self._spec, self._call)

    def groups(self, groups: Iterable[tuple[Row, Any]]) -> Iterator[list[Row]]:
        """Let the buffer work on groups, one after another."""
        if not self._is_quick:
            for key, rows in groups:
                yield from self.group(key, rows)
            return
        for run in group_runs(groups):
            if run.sizes is None:
                yield from self.group(run.keys[0], run.rows)
            else:
                yield from self._extended(run) if self._is_exact else self._laid(run)

    # Short groups are most of them: with a generator over the rows of each, and another over its
    # results, one took 3.1 microseconds beside what the function does itself.

    def _laid(self, run: GroupRun) -> Iterator[list[Row]]:
        """Let a function of the user's work on the groups of a run."""
        call, lay, most = self._spec.operation.call, self._lay, self._size
        append, rows = self._made.append, iter(run.rows)
        values: Iterator[Row] = iter(())
        groups = zip(run.keys, run.sizes or (), strict=True)
        try:
            for key, size in groups:
                self._given = key
                values = islice(rows, size)
                results = call(key, values)
                if results.__class__ is not GeneratorType:
                    results = self._checked(results)
                for result in results:
                    append(lay(key, result))
                    if len(self._made) >= most:
                        yield from self.rest()
                        append = self._made.append
                for _ in values:
                    pass
        except Exception as error:
            self._fail(error, is_key=not self._found(run, sum(1 for _ in groups), values))
        self._entering.count += sum(run.sizes or ())

    def _extended(self, run: GroupRun) -> Iterator[list[Row]]:
        """Let a function whose results are rows as they leave work on the groups of a run."""
        call, most, made = self._spec.operation.call, self._size, self._made
        rows = iter(run.rows)
        values: Iterator[Row] = iter(())
        groups = zip(run.keys, run.sizes or (), strict=True)
        try:
            for key, size in groups:
                self._given = key
                values = islice(rows, size)
                results = iter(call(key, values))
                made.extend(islice(results, most))
                while len(made) >= most:
                    yield from self.rest()
                    made = self._made
                    made.extend(islice(results, most))
                for _ in values:
                    pass
        except Exception as error:
            self._fail(error, is_key=not self._found(run, sum(1 for _ in groups), values))
        self._entering.count += sum(run.sizes or ())

    def _found(self, run: GroupRun, behind: int, left: Iterator[Row]) -> bool:
        """Tell whether a row of the group at work was given, and note the last one.

        Args:
            run: where the group is.
            behind: groups after it, a count.
            left: its rows that were not given.
        """
        sizes = run.sizes or ()
        number = len(sizes) - behind - 1
        given = sizes[number] - sum(1 for _ in left)
        if given and run.again is not None:
            place = sum(sizes[:number]) + given - 1
            self._given = next(islice(run.again(), place, None))
        return bool(given)

    def group(self, key: Row, rows: Any) -> Iterator[list[Row]]:
        """Let the buffer work on one group; rows it leaves are skipped."""
        closure = rows if isinstance(rows, JoinerClosure) else None
        entering = self._entering.begun(() if closure else rows)
        self._show_key(key)
        self._given = self._group = key
        if self._passes_key:
            self._stands_on = key
        elif closure is not None or self._needs_row:
            entering = self._start_on(key, entering)
        try:
            if self._is_exact:
                yield from self._extend(key, closure or entering)
            elif self._is_plain:
                yield from self._stream(key, entering, self._follows(key))
            else:
                yield from self._drive(entering, closure)
        except Exception as error:
            if self._is_exact or (self._is_plain and not self._follows(key)):
                given = self._entering.last()
                self._given = key if given is None else self._pick(given)
            self._fail(error, is_key=self._given is key)
        for _ in entering:
            pass

    def _fail(self, error: Exception, *, is_key: bool) -> None:
        """Have a trap take what was given, or raise what the user is to see."""
        if isinstance(error, TrapFailed):
            raise error
        names = self._group_fields if is_key else self._spec.argument_fields
        given = self._given if is_key else self._spec.arguments.shown(self._given)
        located = located_error(error, self._spec.site, given, names)
        if self._spec.trap is None:
            raise located from located.__cause__
        self._task.trap(self._spec.trap, self._given, located, self._spec.site)

    def flush(self) -> Iterator[list[Row]]:
        """Flush the operation: it may emit, if it kept the collector."""
        self._operations.flush(self._spec, self._call)
        yield from self.rest()

    def rest(self) -> Iterator[list[Row]]:
        """Yield the rows made since the last batch; one by one where each may be thrown back."""
        if self._emitted:
            yield from self._one_by_one() if self._is_immediate else self._rest_of_emitted()
        made, self._made = self._made, []
        for start in range(0, len(made), self._size):
            piece = made[start : start + self._size]
            # Counted as they are handed on: a failure further down drops the rest.
            self._rows_out += len(piece)
            yield piece

    def report(self) -> None:
        """Say how many rows entered and left."""
        report = self._task.report
        rows_in = self._entering.count
        if self._site is not None:
            report.count_rows(self._site.key, 0, rows_in)
        report.count_rows(self._spec.site.key, rows_in, self._rows_out)

    def _extend(self, key: Row, given: Any) -> Iterator[list[Row]]:
        spec, size = self._spec, self._size
        if given.__class__ is not JoinerClosure and not spec.arguments.is_all:
            given = map(self._pick, given)
        results = iter(spec.operation.call(key, given))
        while len(piece := list(islice(results, size))) == size:
            yield from self.rest()
            self._made = piece
        self._made += piece
        if len(self._made) >= size:
            yield from self.rest()

    # -- plain generators ----------------------------------------------------------------------

    def _stream(self, key: Row, rows: Iterator[Row], follows: bool) -> Iterator[list[Row]]:
        operation, size = self._spec.operation, self._size
        if follows:
            values = self._followed(rows)
        else:
            values = rows if self._spec.arguments.is_all else map(self._pick, rows)
        results = rows_of(
            operation.shape,
            self._spec.declared,
            operation.call(key, values),
            operation.origin,
            is_plain=True,
        )
        build, made = self._build, self._made
        for result in results:
            made.append(build(self._stands_on, result))
            if len(made) >= size:
                yield from self.rest()
                made = self._made

    def _passes_only_key(self, spec: EverySpec) -> bool:
        """Tell whether of the row that the Buffer stands on only values of the key are passed."""
        layout = spec.layout
        assert layout is not None
        if layout.positions is None or layout.incoming_width is None or self._key_at is None:
            return False
        if any(isinstance(name, int) for name in spec.passed):
            return False  # a position in the key says nothing of one in the row
        passed = [place for place in layout.positions if place < layout.incoming_width]
        return all(self._key_at[place] is not None for place in passed)

    def _follows(self, key: Row) -> bool:
        """Tell whether it matters on which row of a group the Buffer stands: 240 ns a row if so."""
        if self._spec.trap is not None:
            return True
        if self._needs_only_key and _EXACT.issuperset(map(type, key)):
            return False  # every row of the group has the very values of the key
        return self._needs_row

    def _followed(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Yield argument values, noting which row the buffer stands on."""
        outside, pick = self._stands_on, self._pick
        for row in rows:
            self._stands_on = row
            self._given = given = pick(row)
            yield given
        self._stands_on = outside

    def _checked(self, results: Any) -> Iterable[Any]:
        """Return what a call gave that is no generator, if it can be gone through."""
        if results is None:
            return ()
        if isinstance(results, (str, bytes)) or not isinstance(results, Iterable):
            origin = self._spec.operation.origin
            raise wrong_shape(results, self._spec.declared, origin, "an iterable of results")
        return results

    # -- class style ---------------------------------------------------------------------------

    def _drive(self, rows: Iterator[Row], closure: JoinerClosure | None) -> Iterator[list[Row]]:
        call = self._call
        call.joiner_closure = closure
        call.arguments_iterator = None if closure else self._entries(rows)
        failure: Exception | None = None
        try:
            result = self._spec.operation.operate(self._process, call)
            if result is not None:
                refuse_result(self._spec.operation, "operate", result)
        except Exception as error:
            failure = error  # what was emitted before goes on
        if self._is_immediate or len(self._emitted) >= self._size:
            yield from self.rest()
        if failure is not None:
            raise failure

    def _entries(self, rows: Iterator[Row]) -> Iterator[TupleEntry]:
        outside, pick, show = self._stands_on, self._pick, self._show
        for row in rows:
            if not self._passes_key:
                self._stands_on = row
            self._given = given = pick(row)
            show(given)
            yield self._view
        if not self._call.retain_values:
            self._stands_on = outside

    def _drain(self, results: list[Row]) -> None:
        build, stands_on, append = self._build, self._stands_on, self._emitted.append
        if not self._is_immediate:
            for result in results:
                append(build(stands_on, result))
            return
        # The key is told apart by a mark: what comes back from disk is the same no longer.
        is_key = self._given is self._group
        for result in results:
            append((is_key, None if is_key else self._given, build(stands_on, result)))

    def _rest_of_emitted(self) -> Iterator[list[Row]]:
        for piece in self._taken(self._size):
            self._rows_out += len(piece)
            yield piece

    def _one_by_one(self) -> Iterator[list[Row]]:
        """Hand on each row; a failure that it meets is trapped with what was given for it."""
        latest = self._given
        for is_key, given, row in chain.from_iterable(self._taken(self._size)):
            self._given = self._group if is_key else given
            self._rows_out += 1
            yield [row]
        self._given = latest

    def _taken(self, size: int) -> Iterator[list[Row]]:
        """Yield what was emitted in lists, and hold it no longer."""
        emitted, self._emitted = self._emitted, HeldRows(self._task.spill)
        rows = iter(emitted)
        try:
            while piece := list(islice(rows, size)):
                yield piece
        finally:
            emitted.close()

    # -- parts ---------------------------------------------------------------------------------

    def _start_on(self, key: Row, rows: Iterator[Row]) -> Iterator[Row]:
        """Stand on the key and nulls, as wide as the rows of the group; return the same rows."""
        key_at = self._key_at
        if key_at is None:
            first = next(rows, None)
            passed = self._spec.passed
            width = len(passed)
            if first is not None:
                width, rows = len(first), _after(first, rows)
            if first is None or self._key_pick is None:
                key_at = places_by_name(passed, self._group_fields, width)
            else:
                key_at = places_of_key(self._key_pick.places(first), width)
        self._stands_on = tuple([None if at is None else key[at] for at in key_at])
        return rows


def _after(first: Row, rows: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rows
