"""What is done to typed values one by one, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic

from cascade2spark.scalding.algebra.containers import Left, Right
from cascade2spark.scalding.base import Source
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import check_call, itself, matched
from cascade2spark.scalding.typed.states import K, T, U, V, typed_pipe

if TYPE_CHECKING:
    from cascade2spark.scalding.typed.pipes import TypedPipe

__all__ = ["Bag"]


class Bag(Generic[T]):
    """A bag of values of type T, and the operators that look at one value at a time."""

    @property
    def node(self) -> n.Node:
        """The plan of the values."""
        raise NotImplementedError(f"{type(self).__name__} must define node")

    def to_typed_pipe(self) -> TypedPipe[T]:
        """Return the values as a TypedPipe."""
        return typed_pipe(self.node)

    # -- value by value --------------------------------------------------------------------------

    def map(self, call: Callable[[T], U]) -> TypedPipe[U]:
        """Return a value for each value."""
        check_call("map", call)
        return typed_pipe(n.Map(self.node, call))

    def flat_map(self, call: Callable[[T], Iterable[U] | None]) -> TypedPipe[U]:
        """Return any number of values for each value; None is none."""
        check_call("flat_map", call)
        return typed_pipe(n.FlatMap(self.node, call))

    def flatten(self: Bag[Iterable[U]]) -> TypedPipe[U]:
        """Return the elements of values that are iterables."""
        return typed_pipe(n.FlatMap(self.node, itself))

    def filter_not(self, call: Callable[[T], Any]) -> TypedPipe[T]:
        """Return the values for which a predicate does not hold."""
        check_call("filter_not", call)
        return typed_pipe(n.Filter(self.node, call, keeps=False))

    def with_filter(self, call: Callable[[T], Any]) -> TypedPipe[T]:
        """Return the values for which a predicate holds."""
        check_call("with_filter", call)
        return typed_pipe(n.Filter(self.node, call))

    def collect(
        self, call: Callable[[T], Any], then: Callable[[T], Any] | None = None
    ) -> TypedPipe[Any]:
        """Return what a partial function gives.

        Args:
            call: a function that returns NO_MATCH where it has no answer; or, with `then`, a guard.
            then: applied to the values for which the guard holds.
        """
        check_call("collect", call)
        if then is not None:
            check_call("collect", then)
            return self.with_filter(call).map(then)
        return typed_pipe(n.FlatMap(self.node, matched(call)))

    def partition(self, call: Callable[[T], Any]) -> tuple[TypedPipe[T], TypedPipe[T]]:
        """Return the values for which a predicate holds, and the others."""
        forked = self.fork()
        return forked.with_filter(call), forked.filter_not(call)

    def with_key(self, key: K) -> TypedPipe[tuple[K, T]]:
        """Return pairs of a constant and each value."""
        return typed_pipe(n.Keyed(self.node, lambda value: key))

    def with_value(self, value: U) -> TypedPipe[tuple[T, U]]:
        """Return pairs of each value and a constant."""
        return typed_pipe(n.Part(self.with_key(value).node, "swap"))

    def either(self, that: Bag[U]) -> TypedPipe[Any]:
        """Return the values of both, these as Left and those as Right."""
        return self.map(Left) + that.map(Right)

    # -- pairs -----------------------------------------------------------------------------------

    def keys(self: Bag[tuple[K, V]]) -> TypedPipe[K]:
        """Return the key of each pair, once for each value."""
        return typed_pipe(n.Part(self.node, "keys"))

    def values(self: Bag[tuple[K, V]]) -> TypedPipe[V]:
        """Return the value of each pair."""
        return typed_pipe(n.Part(self.node, "values"))

    def swap(self: Bag[tuple[K, V]]) -> TypedPipe[tuple[V, K]]:
        """Return pairs the other way round."""
        return typed_pipe(n.Part(self.node, "swap"))

    # -- hints and side effects ------------------------------------------------------------------

    def fork(self) -> TypedPipe[T]:
        """Say that several branches follow."""
        return typed_pipe(n.Fork(self.node))

    def force_to_disk(self) -> TypedPipe[T]:
        """Keep the values here, so that they are made once."""
        return typed_pipe(n.Forced(self.node))

    def debug(self, prefix: str = "") -> TypedPipe[T]:
        """Print each value to standard error of its task."""
        return typed_pipe(n.Debugged(self.node, prefix))

    def on_complete(self, call: Callable[[], Any]) -> TypedPipe[T]:
        """Call a function once in each task, when it has seen its last value."""
        check_call("on_complete", call, 0)
        return typed_pipe(n.OnComplete(self.node, call))

    def tally_all(self, group: str, counter: str) -> TypedPipe[T]:
        """Add one to a counter for each value."""
        ones = (((group, counter), 1),)
        return typed_pipe(n.Tallied(self.node, lambda value: ones))

    def tally_by(self, group: str, call: Callable[[T], str]) -> TypedPipe[T]:
        """Add one, for each value, to the counter that a function names."""
        check_call("tally_by", call)
        return typed_pipe(n.Tallied(self.node, lambda value: (((group, call(value)), 1),)))

    def tally_left(self, group: str, call: Callable[[T], Any]) -> TypedPipe[Any]:
        """Count each Left(name) that a function gives, and go on with what is in each Right."""

        def counted(either: Any) -> Any:
            return (((group, either.value), 1),) if isinstance(either, Left) else ()

        def kept(either: Any) -> Any:
            return () if isinstance(either, Left) else (either.value,)

        return typed_pipe(n.FlatMap(n.Tallied(self.map(call).node, counted), kept))

    def tally(self: Bag[tuple[U, Iterable[Any]]]) -> TypedPipe[U]:
        """Add all ((group, counter), amount) of the second part of each pair; keep the first."""
        return typed_pipe(n.Part(n.Tallied(self.node, lambda pair: pair[1]), "keys"))

    def add_trap(self, trap: Source) -> TypedPipe[T]:
        """Send values whose later functions fail, up to the next shuffle, to a source."""
        return typed_pipe(n.Trapped(self.node, trap))
