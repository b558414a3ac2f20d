"""What pipes and groups share: a bag of typed values that may be grouped, merged and written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from cascade2spark.errors import BuildError
from cascade2spark.origin import capture_origin
from cascade2spark.pipes import Pipe
from cascade2spark.scalding.base import Source
from cascade2spark.scalding.execution import (
    Execution,
    forced_execution,
    iterable_execution,
    write_execution,
)
from cascade2spark.scalding.flow_state import current_state
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.broadcasts import Broadcasting
from cascade2spark.scalding.typed.calls import Call, check_call, unit
from cascade2spark.scalding.typed.lowering import lowered, written_pipe
from cascade2spark.scalding.typed.orderings import key_ordering
from cascade2spark.scalding.typed.rewrites import rewritten
from cascade2spark.scalding.typed.states import K, T, U, V, grouped, part_of, sketched, typed_pipe

if TYPE_CHECKING:
    from cascade2spark.scalding.typed.groups import Grouped, UnsortedGrouped
    from cascade2spark.scalding.typed.joins import Sketched
    from cascade2spark.scalding.typed.pipes import TypedPipe

__all__ = ["Elements"]


class Elements(Broadcasting[T]):
    """A bag of values of type T: what TypedPipe and the groups share."""

    # -- groups ----------------------------------------------------------------------------------

    def group(self: Elements[tuple[K, V]]) -> Grouped[K, V]:
        """Declare the first part of each pair its key. Alone it moves nothing."""
        return grouped(self.node)

    def group_with(self: Elements[tuple[K, V]], ordering: Any) -> Grouped[K, V]:
        """As group, with keys that an ordering finds equal in one group, called by the first one.

        Args:
            ordering: a function of a key to what of it is compared, as ``str.lower``; or a
                comparator with ``compare(left, right)`` and ``hash_code(key)``.
        """
        return grouped(self.node, last=Call("group_with"), order=key_ordering(ordering))

    def group_by(self, call: Callable[[T], K]) -> Grouped[K, T]:
        """Return the values by a key that a function gives."""
        check_call("group_by", call)
        return grouped(n.Keyed(self.node, call))

    def group_all(self) -> Grouped[tuple[()], T]:
        """Return all values under one key, ``()``, in one task."""
        return grouped(n.Keyed(self.node, unit), reducers=1)

    def group_randomly(self, partitions: int) -> Grouped[int, T]:
        """Return the values by a number drawn for each, from 0; a task run again draws alike."""
        if type(partitions) is not int or partitions < 1:
            raise BuildError(
                "group_randomly takes a number of partitions of at least 1", asked=repr(partitions)
            )
        return grouped(n.Numbered(self.node, partitions), reducers=partitions)

    def shard(self, partitions: int) -> TypedPipe[T]:
        """Return the values spread over so many partitions."""
        return part_of(self.group_randomly(partitions).force_to_reducers(), "values")

    def as_keys(self) -> Grouped[T, tuple[()]]:
        """Return the values as keys, with ``()`` for a value."""
        return grouped(self.with_value(()).node)

    def sum_by_key(self: Elements[tuple[K, V]], semigroup: Any = None) -> UnsortedGrouped[K, V]:
        """Return the sum of the values of each key."""
        return self.group().sum(semigroup)

    def distinct(self) -> TypedPipe[T]:
        """Return each value once."""
        return part_of(self.as_keys().head(), "keys")

    def distinct_by(self, call: Callable[[T], Any], reducers: int | None = None) -> TypedPipe[T]:
        """Return one value, whichever, for each result of a function."""
        grouped = self.group_by(call)
        if reducers is not None:
            grouped = grouped.with_reducers(reducers)
        return part_of(grouped.head(), "values")

    def sketch(
        self: Elements[tuple[K, V]],
        reducers: int,
        eps: float = 1e-5,
        delta: float = 0.01,
        seed: int = 12345,
    ) -> Sketched[K, V]:
        """Return the pairs ready for a join that spreads heavy keys over reducers."""
        return sketched(self, reducers, eps, delta, seed)

    # -- several pipes ---------------------------------------------------------------------------

    def __add__(self, that: Elements[U]) -> TypedPipe[T | U]:
        """Return all values of both; Scalding's ``++``."""
        if not isinstance(that, Elements):
            return NotImplemented
        return typed_pipe(n.Merged((self.node, that.node)))

    # -- out -------------------------------------------------------------------------------------

    def write(self, sink: Source) -> Self:
        """Have the values written by the job that is being built; return the same pipe."""
        current_state().add(self.pipe_for(sink), sink)
        return self

    def pipe_for(self, sink: Source) -> Pipe:
        """Return a pipe of the rows that a sink takes."""
        if not isinstance(sink, Source):
            raise BuildError(
                "a pipe is written to a source", asked=repr(sink), origin=capture_origin()
            )
        node = rewritten(self.node)
        return written_pipe(lowered(node), node, sink)

    def write_execution(self, sink: Source) -> Execution[None]:
        """Return the work of writing the values."""
        return write_execution(self, sink)

    def write_through(self, sink: Source) -> Execution[TypedPipe[T]]:
        """Return the work of writing the values; gives a pipe that reads the sink."""
        return write_execution(self, sink).map(lambda _: typed_pipe(n.Read(sink)))

    def make(self, sink: Source) -> Execution[TypedPipe[T]]:
        """Return the work of writing the values unless the sink is there; gives a pipe of it."""
        is_there = Execution.get_mode().map(lambda mode: mode.can_read(sink))
        there = Execution.value(typed_pipe(n.Read(sink)))
        return is_there.flat_map(lambda yes: there if yes else self.write_through(sink))

    def force_to_disk_execution(self) -> Execution[TypedPipe[T]]:
        """Return the work of evaluating the values; gives a pipe of them, for the same run."""
        return forced_execution(self).map(lambda made: typed_pipe(n.Read(made)))

    def to_iterable_execution(self) -> Execution[list[T]]:
        """Return the work of evaluating the values; gives them as a list."""
        return iterable_execution(self)
