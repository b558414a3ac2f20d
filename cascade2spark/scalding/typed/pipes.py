"""TypedPipe, ValuePipe and the groups: what users of the typed API hold in their hands.

All of them are values: an operator returns another one and builds nothing else. A TypedPipe is a
bag of Python values; pairs, tuples of two, have the keyed operators, and keys are compared by
Python's ``==``. Groups are a state machine: ``Grouped`` may be sorted, joined and reduced; an
operation on values makes it ``UnsortedGrouped``, a sort ``SortedGrouped``, a join ``CoGrouped``.
What a state has no operator for is refused when the pipe is built, with both calls. Groups are also
pipes of (key, value) pairs: any other operator may follow, and the grouping is forgotten.

What they share is in `bag`, `broadcasts` and `elements`; groups are in `keyed`, `groups` and
`joins`. What an operator means is in `folds` and `steps`, how it becomes pipes in `lowering`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable
from typing import Any

from cascade2spark.argument_checks import check_count, check_number
from cascade2spark.errors import BuildError, shown_value
from cascade2spark.origin import capture_origin
from cascade2spark.scalding.algebra.containers import Left, Right
from cascade2spark.scalding.base import Source
from cascade2spark.scalding.typed import folds
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import NO_MATCH, check_call, itself
from cascade2spark.scalding.typed.elements import Elements
from cascade2spark.scalding.typed.literals import IterableSource
from cascade2spark.scalding.typed.states import K, T, U, V, state
from cascade2spark.scalding.typed.values import ComputedValue, ValuePipe

__all__ = ["NO_MATCH", "TypedPipe"]


@state
class TypedPipe(Elements[T]):
    """A bag of values of type T; see the module.

    Source:
        Scalding's TypedPipe.
    Example:
        >>> words = TypedPipe.from_(["a b", "b"]).flat_map(str.split)
        >>> counts = words.map(lambda word: (word, 1)).sum_by_key()
    """

    __slots__ = ("_node",)

    def __init__(self, node: n.Node) -> None:
        self._node = node

    @property
    def node(self) -> n.Node:
        """The plan of the values."""
        return self._node

    @staticmethod
    def from_(given: Source | Iterable[Any]) -> TypedPipe[Any]:
        """Return the values of a source, or of an iterable, which is read now."""
        if isinstance(given, Source):
            return TypedPipe(n.Read(given))
        path = os.fspath(given) if isinstance(given, (str, os.PathLike)) else None
        if path is not None or isinstance(given, bytes) or not isinstance(given, Iterable):
            lines = None if path is None else f"TypedPipe.from_(TextLine({path!r}))"
            raise BuildError(
                "TypedPipe.from_ takes a source or an iterable of values",
                asked=shown_value(given),
                origin=capture_origin(),
                fix=lines and f"write {lines} for the lines of a file, or give a list of values",
            )
        values = tuple(given)
        return TypedPipe(n.Read(IterableSource(values)) if values else n.Empty())

    @staticmethod
    def empty() -> TypedPipe[Any]:
        """Return no values."""
        return TypedPipe(n.Empty())

    @staticmethod
    def sum_all(pipes: Iterable[Elements[T]]) -> TypedPipe[T]:
        """Return all values of several pipes: Scalding's ``Monoid.sum(pipes)``."""
        parts = tuple(pipe.node for pipe in pipes)
        return TypedPipe(n.Merged(parts) if parts else n.Empty())

    def __repr__(self) -> str:
        return f"TypedPipe({type(self._node).__name__} at {self._node.origin})"

    # -- value by value --------------------------------------------------------------------------

    def filter(self, call: Callable[[T], Any]) -> TypedPipe[T]:
        """Return the values for which a predicate holds."""
        check_call("filter", call)
        return TypedPipe(n.Filter(self._node, call))

    def sample(self, fraction: float, seed: int | None = None) -> TypedPipe[T]:
        """Return about a fraction of the values, the same ones whenever a task runs.

        Args:
            fraction: from 0 to 1.
            seed: for the draws; without one it is drawn now.
        """
        fraction = check_number("sample", fraction, 0, 1)
        chosen = random.getrandbits(63) if seed is None else seed
        return TypedPipe(n.Sampled(self._node, fraction, chosen))

    def with_description(self, text: str) -> TypedPipe[T]:
        """Name the values in `explain` and the statistics."""
        return TypedPipe(n.Written(self._node, text))

    # -- pairs -----------------------------------------------------------------------------------

    def map_values(self: TypedPipe[tuple[K, V]], call: Callable[[V], U]) -> TypedPipe[tuple[K, U]]:
        """Return the pairs with their values mapped."""
        check_call("map_values", call)
        return TypedPipe(n.MapValues(self._node, call))

    def flat_map_values(
        self: TypedPipe[tuple[K, V]], call: Callable[[V], Iterable[U] | None]
    ) -> TypedPipe[tuple[K, U]]:
        """Return any number of pairs for each one, of its key."""
        check_call("flat_map_values", call)
        return TypedPipe(n.FlatMapValues(self._node, call))

    def flatten_values(
        self: TypedPipe[tuple[K, Iterable[U]]],
    ) -> TypedPipe[tuple[K, U]]:
        """Return a pair for each element of each value."""
        return TypedPipe(n.FlatMapValues(self._node, itself))

    def filter_keys(
        self: TypedPipe[tuple[K, V]], call: Callable[[K], Any]
    ) -> TypedPipe[tuple[K, V]]:
        """Return the pairs for whose keys a predicate holds."""
        check_call("filter_keys", call)
        return TypedPipe(n.Filter(self._node, call, of_key=True))

    def either_values(
        self: TypedPipe[tuple[K, V]], that: TypedPipe[tuple[K, U]]
    ) -> TypedPipe[tuple[K, Any]]:
        """Return the pairs of both, values of these as Left and of those as Right."""
        return self.map_values(Left) + that.map_values(Right)

    def sum_by_local_keys(
        self: TypedPipe[tuple[K, V]], semigroup: Any = None
    ) -> TypedPipe[tuple[K, V]]:
        """Return partial sums by key within each task; nothing crosses an exchange."""
        return TypedPipe(n.LocalSum(self._node, folds.plus_of(semigroup)))

    # -- totals ----------------------------------------------------------------------------------

    def sum(self, semigroup: Any = None) -> ValuePipe[T]:
        """Return the sum of all values; nothing when there are none.

        Args:
            semigroup: how two values are added; default: by their own types.
        """
        return self._total(self.group_all().sum(semigroup))

    def aggregate(self, aggregator: Any) -> ValuePipe[Any]:
        """Return what an Aggregator makes of all values; nothing when there are none."""
        return self._total(self.group_all().aggregate(aggregator))

    def _total(self, group: Elements[tuple[Any, Any]]) -> ValuePipe[Any]:
        return ComputedValue(group.values())

    def limit(self, count: int) -> TypedPipe[T]:
        """Return at most so many of the values, whichever."""
        if check_count("limit", count, None) < 1:
            return TypedPipe.empty()
        return self.group_all().buffered_take(count).values()
