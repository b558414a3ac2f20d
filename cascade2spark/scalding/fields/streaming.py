"""What works on the rows of a group one after another, and so never before the exchange."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

from cascade2spark.argument_checks import check_count
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.base import Buffer
from cascade2spark.operations.callables import Fold, PlainAggregator, PlainBuffer, RowsBuffer
from cascade2spark.origin import capture_origin, origin_of_callable
from cascade2spark.pipes import Pipe
from cascade2spark.scalding.fields.base import (
    argument_of,
    as_is,
    check_arity,
    default_mode,
    fields_of,
    listed,
)
from cascade2spark.scalding.fields.functions import UsingBuffer, WhileBuffer, check_resource
from cascade2spark.scalding.fields.grouping import Entry
from cascade2spark.scalding.fields.listing import Listings

__all__ = ["GroupUsing", "Streams"]

Row = tuple[Any, ...]
Take = Callable[[Iterator[Row]], Iterable[Row]]


class Streams(Listings):
    """What works on the rows of a group in their order. Any of it switches combining off for the
    whole body; all but `fold_left` take the group for themselves.
    """

    def fold_left(self, fields: Any, to: Any, start: Any, call: Callable[..., Any]) -> Self:
        """Fold rows from the first to the last: ``call(so_far, *values)``.

        Args:
            start: copied, deep, for each group.
        """
        source, target = self._pair("fold_left", fields, to)
        check_arity("fold_left", source, call, before=1)
        fold = Fold(lambda: copy.deepcopy(start), call, as_is)
        name = f"fold_left {', '.join(map(str, target))}"
        made = PlainAggregator(target, fold, name, origin_of_callable(call))
        return self._hold(Entry("fold_left", source, lambda is_sorted: made))

    def scan_left(self, fields: Any, to: Any, start: Any, call: Callable[..., Any]) -> Self:
        """Give a row for the start and for each step of a fold.

        In the row of the start the other columns, but for those of the group, are null.

        Args:
            start: copied, deep, for each group.
        """
        source = fields_of(fields)
        check_arity("scan_left", source, call, before=1)
        is_one = source.is_defined() and len(source) == 1

        def scan(values: Iterator[Any]) -> Iterator[Any]:
            state = copy.deepcopy(start)
            yield state
            for value in values:
                state = call(state, value) if is_one else call(state, *value)
                yield state

        return self._streamed("scan_left", source, to, scan)

    def map_stream(
        self, fields: Any, to: Any, call: Callable[[Iterator[Any]], Iterable[Any]]
    ) -> Self:
        """Apply a function to the one-pass iterator of a group's values, or tuples of them.

        Where other columns stay, each result has those of the row last taken from the iterator:
        `project` before, to be sure.
        """
        source = fields_of(fields)
        check_arity("map_stream", Fields("values"), call)
        return self._streamed("map_stream", source, to, call)

    def take(self, count: int) -> Self:
        """Keep the first rows of each group, whole."""
        most = max(check_count("take", count, None), 0)
        return self._rows("take", lambda rows: itertools.islice(rows, most))

    def drop(self, count: int) -> Self:
        """Keep all but the first rows of each group, whole."""
        least = max(check_count("drop", count, None), 0)
        return self._rows("drop", lambda rows: itertools.islice(rows, least, None))

    def take_while(self, fields: Any, predicate: Callable[..., Any]) -> Self:
        """Keep the rows before the first one for which a predicate does not hold."""
        return self._while("take_while", fields, predicate, is_taken=True)

    def drop_while(self, fields: Any, predicate: Callable[..., Any]) -> Self:
        """Keep the rows from the first one on for which a predicate does not hold."""
        return self._while("drop_while", fields, predicate, is_taken=False)

    def pass_(self) -> Self:
        """Let all rows through, brought together."""
        return self._rows("pass_", as_is)

    def every(self, put: Callable[[Pipe], Pipe]) -> Self:
        """Put an Every of one's own onto the group: ``every(lambda pipe: Every(pipe, ...))``."""
        if not callable(put):
            raise BuildError(
                "every takes a function from a pipe to an Every on it",
                asked=repr(put),
                origin=capture_origin(),
            )
        return self._hold(Entry("every", every=put))

    def buffer(self, fields: Any, operation: Buffer) -> Self:
        """Apply a Buffer to each group."""
        if not isinstance(operation, Buffer):
            raise BuildError("buffer takes a Buffer", asked=repr(operation))
        entry = Entry("buffer", fields_of(fields), lambda is_sorted: operation, is_stream=True)
        return self._hold(entry)

    def using(self, make: Callable[[], Any]) -> GroupUsing:
        """Have a resource made in each task, and released at its end, for what follows.

        Args:
            make: makes it; its `release`, or else `close`, is called.
        """
        check_resource(make)
        return GroupUsing(self, make)

    # -- what the methods share ------------------------------------------------------------------

    def _streamed(
        self, method: str, source: Fields, to: Any, call: Callable[[Iterator[Any]], Iterable[Any]]
    ) -> Self:
        target = fields_of(to)
        argument = argument_of(source)
        declared = Fields.ARGS if target.is_all() else target
        if argument is as_is:
            made = PlainBuffer(lambda key, rows: call(rows), declared)
        else:
            made = PlainBuffer(lambda key, rows: call(map(argument, rows)), declared)
        made.origin = origin_of_callable(call)
        output = default_mode(method, source, target)
        entry = Entry(method, source, lambda is_sorted: made, output, is_stream=True)
        return self._hold(entry)

    def _rows(self, method: str, take: Take) -> Self:
        made = RowsBuffer(lambda key, rows: take(rows), Fields.ARGS, capture_origin())
        entry = Entry(
            method, Fields.ALL, lambda is_sorted: made, output=Fields.RESULTS, is_stream=True
        )
        return self._hold(entry)

    def _while(
        self, method: str, fields: Any, predicate: Callable[..., Any], *, is_taken: bool
    ) -> Self:
        source = fields_of(fields)
        check_arity(method, source, predicate)
        made = WhileBuffer(source, predicate, is_taken)
        entry = Entry(
            method, Fields.ALL, lambda is_sorted: made, output=Fields.RESULTS, is_stream=True
        )
        return self._hold(entry)


class GroupUsing:
    """A group body with a resource, which the function of `map_stream` is given first."""

    def __init__(self, body: Streams, make: Callable[[], Any]) -> None:
        self._body, self._make = body, make

    def map_stream(
        self, fields: Any, to: Any, call: Callable[[Any, Iterator[Any]], Iterable[Any]]
    ) -> Streams:
        """Apply a function of the resource and the iterator of a group's values."""
        source, target = fields_of(fields), listed("map_stream", fields_of(to))
        check_arity("map_stream", Fields("values"), call, before=1)
        made = UsingBuffer(self._make, call, target, argument_of(source))
        output = default_mode("map_stream", source, target)
        entry = Entry("map_stream", source, lambda is_sorted: made, output, is_stream=True)
        return self._body._hold(entry)
