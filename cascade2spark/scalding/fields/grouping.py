"""How the body of a group is planned: combined before the exchange, or not; and what enters it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import attrs

from cascade2spark.comparators import ReverseOrder
from cascade2spark.counters import CACHE_COUNTERS, MAPSIDE_REDUCE
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.callables import FoldAggregator
from cascade2spark.operations.passing import Identity
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.pipes import Each, Every, GroupBy, Pipe
from cascade2spark.scalding.fields.base import fields_of, listed
from cascade2spark.scalding.fields.functions import Unsplit
from cascade2spark.scalding.fields.keys import key_fields

__all__ = ["Entry", "GroupBody"]

_CAPACITY = "cascade2spark.aggregate.capacity"


@attrs.frozen
class Entry:
    """One operation of a body.

    Args:
        method: the builder's method, for messages.
        arguments: fields that it works on.
        make: gives the aggregator or buffer, told whether the group is sorted.
        output: which fields leave.
        is_stream: it is a buffer, and takes the group for itself.
        every: instead of all that, the user's own way to put an Every onto a pipe.
    """

    method: str
    arguments: Fields = Fields.ALL
    make: Callable[[bool], Any] | None = None
    output: Fields = Fields.ALL
    is_stream: bool = False
    every: Callable[[Pipe], Pipe] | None = None
    origin: Origin = attrs.field(factory=capture_origin)


class GroupBody:
    """What a group body collects, and the pipes that it becomes.

    It is mutable: every call counts, whether or not its result is used.
    """

    def __init__(self, group: Fields) -> None:
        self._group = group
        self._entries: list[Entry] = []
        self._is_combined = True
        self._sort: Fields | None = None
        self._is_reversed = False
        self._reducers: int | None = None
        self._threshold = 0

    # -- how the group is made -------------------------------------------------------------------

    def reducers(self, count: int) -> Self:
        """Have as many partitions on the far side of the exchange; 0 and less is ignored."""
        if type(count) is not int:
            raise BuildError(
                "reducers takes a whole number", asked=repr(count), origin=capture_origin()
            )
        if count > 0:
            self._reducers = count
        return self

    def spill_threshold(self, keys: int) -> Self:
        """Hold so many keys before the exchange, a count, where the body is combined."""
        self._threshold = keys
        return self

    def force_to_reducers(self) -> Self:
        """Combine nothing before the exchange."""
        self._is_combined = False
        return self

    def sort_by(self, *fields: Any) -> Self:
        """Order the rows of each group. Combines nothing; without another operation all rows leave.

        A second `sort_by` is ignored, as in Scalding: name all fields in one.
        """
        wanted = fields_of(*fields)
        self._is_combined = False
        if self._sort is None:
            self._sort = wanted
        return self

    def reverse(self) -> Self:
        """Turn the order of `sort_by` round; the groups keep theirs.

        Raises:
            BuildError: nothing before it switched combining off, or it is there twice.
        """
        if self._is_combined:
            raise BuildError(
                "reverse comes before anything that gives the rows of a group an order",
                details={"in the body": self._methods()},
                origin=capture_origin(),
                fix="write sort_by(...).reverse()",
            )
        if self._is_reversed:
            raise BuildError("reverse is there twice in one group", origin=capture_origin())
        self._is_reversed = True
        return self

    # -- what the methods add --------------------------------------------------------------------

    def _aggregate(self, method: str, arguments: Fields, make: Callable[[bool], Any]) -> Self:
        """Add an aggregation, which can be combined."""
        self._entries.append(Entry(method, arguments, make))
        return self

    def _hold(self, entry: Entry) -> Self:
        """Add what cannot be combined."""
        self._is_combined = False
        self._entries.append(entry)
        return self

    # -- the pipes -------------------------------------------------------------------------------

    def schedule(self, pipe: Pipe) -> Pipe:
        """Return the pipe that the body makes of the rows of a pipe."""
        self._check()
        return self._body_on(self._grouped(pipe))

    def _body_on(self, grouped: Pipe) -> Pipe:
        is_kept_whole = not self._is_combined
        for entry in self._entries:
            if entry.every is not None:
                grouped = entry.every(grouped)
                if not isinstance(grouped, Every):
                    raise BuildError(
                        "every takes a function from a pipe to an Every on it",
                        asked=repr(grouped),
                        origin=entry.origin,
                    )
                continue
            assert entry.make is not None
            operation = entry.make(self._sort is not None)
            if is_kept_whole and isinstance(operation, FoldAggregator) and self._sort is None:
                operation = Unsplit(operation) if operation.is_algebraic() else operation
                is_kept_whole = False  # one of them is enough
            grouped = Every(grouped, entry.arguments, operation, entry.output)
            object.__setattr__(grouped, "origin", entry.origin)
        return grouped

    def _grouped(self, pipe: Pipe) -> Pipe:
        wanted = self._wanted()
        if wanted is not None:
            pipe = Each(pipe, wanted, Identity(), Fields.RESULTS)
        order = self._order()
        grouped = GroupBy(
            pipe, group=key_fields(self._group), sort=order, partitions=self._reducers
        )
        if self._is_combined:
            grouped.get_config_def().set_property(CACHE_COUNTERS, MAPSIDE_REDUCE)
        if self._threshold and self._is_combined:
            grouped.get_config_def().set_property(_CAPACITY, self._threshold)
        return grouped

    def _order(self) -> Fields | None:
        """Return the sort fields, each turned round for a reversed order."""
        if self._sort is None:
            return None
        sort = key_fields(self._sort)
        if not self._is_reversed:
            return sort
        order = Fields(*listed("reverse", sort))
        order.set_comparators(*map(ReverseOrder, sort.get_comparators()))
        return order

    def _wanted(self) -> Fields | None:
        """Return the fields that the body reads, None where all rows go through whole."""
        entries = self._entries
        if not entries or any(one.is_stream or one.every is not None for one in entries):
            return None
        used = [self._group, *(one.arguments for one in entries if not one.arguments.is_group())]
        if self._sort is not None:
            used.append(self._sort)
        named = [one for one in used if not one.is_none()]
        if not named or not all(one.is_defined() for one in named):
            return None
        if any(isinstance(name, int) for one in named for name in one):
            return None
        return Fields.merge(*named).un_apply_types()

    def _check(self) -> None:
        """Refuse a stream operation beside another."""
        stream = next((one for one in self._entries if one.is_stream), None)
        if stream is None or len(self._entries) == 1:
            return
        raise BuildError(
            f"{stream.method} takes the rows of a group for itself, and is not alone",
            details={"in the body": self._methods()},
            origin=stream.origin,
            fix="put the other operations into a group_by of their own",
        )

    def _methods(self) -> str:
        names = [entry.method for entry in self._entries]
        return ", ".join(names) or "nothing"
