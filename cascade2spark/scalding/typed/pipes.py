"""TypedPipe, ValuePipe and the groups: what users of the typed API hold in their hands.

All of them are values: an operator returns another one and builds nothing else. A TypedPipe is a
bag of Python values; pairs, tuples of two, have the keyed operators, and keys are compared by
Python's ``==``. Groups are a state machine: ``Grouped`` may be sorted, joined and reduced; an
operation on values makes it ``UnsortedGrouped``, a sort ``SortedGrouped``, a join ``CoGrouped``.
What a state has no operator for is refused when the pipe is built, with both calls. Groups are also
pipes of (key, value) pairs: any other operator may follow, and the grouping is forgotten.

This file is longer than others because the classes build one another. What an operator means is in
`folds` and `steps`, how it becomes pipes in `lowering`.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterable, Iterator
from functools import cmp_to_key
from typing import Any, Generic, NoReturn, Self, TypeVar, overload

import attrs

from cascade2spark.errors import BuildError, FlowError, shown_value
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.pipes import Pipe
from cascade2spark.scalding.algebra.containers import Left, Right
from cascade2spark.scalding.base import Source, current_state
from cascade2spark.scalding.execution import (
    Execution,
    forced_execution,
    iterable_execution,
    write_execution,
)
from cascade2spark.scalding.typed import folds
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.literals import IterableSource
from cascade2spark.scalding.typed.lowering import lowered, written_pipe
from cascade2spark.scalding.typed.rewrites import rewritten
from cascade2spark.scalding.typed.steps import (
    ForEach,
    Join,
    JoinTree,
    Side,
    Sorting,
    Step,
    Stream,
)

__all__ = [
    "NO_MATCH",
    "CoGrouped",
    "Elements",
    "Grouped",
    "Joinable",
    "KeyedList",
    "Sketched",
    "SortedGrouped",
    "TypedPipe",
    "UnsortedGrouped",
    "ValuePipe",
]

T = TypeVar("T")
U = TypeVar("U")
W = TypeVar("W")
K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R")


class _NoMatch:
    """What a function given to `collect` returns for a value that it has no answer for."""

    def __repr__(self) -> str:
        return "NO_MATCH"

    def __reduce__(self) -> str:
        return "NO_MATCH"


NO_MATCH = _NoMatch()


def check_call(name: str, call: Any, count: int = 1) -> None:
    """Refuse what cannot be called with so many values, while the pipe is built."""
    if not callable(call):
        raise BuildError(f"{name} takes a function", asked=shown_value(call))
    try:
        wanted = inspect.signature(call)
    except (TypeError, ValueError):  # much of what is written in C does not say
        return
    try:
        wanted.bind(*[None] * count)
    except TypeError as wrong:
        values = "1 value" if count == 1 else f"{count} values"
        raise BuildError(
            f"{name} hands {values} to a function that takes others",
            asked=f"{getattr(call, '__name__', type(call).__name__)}{wanted}",
            origin=capture_origin(),
            fix=_UNPACK if count == 1 and len(wanted.parameters) == 2 else None,
        ) from wrong


_UNPACK = "a pair is one value: take it as one, and unpack it: lambda pair: pair[0]"


class Elements(Generic[T]):
    """A bag of values of type T: what TypedPipe and the groups share."""

    @property
    def node(self) -> n.Node:
        """The plan of the values."""
        raise NotImplementedError(f"{type(self).__name__} must define node")

    def to_typed_pipe(self) -> TypedPipe[T]:
        """Return the values as a TypedPipe."""
        return TypedPipe(self.node)

    # -- value by value --------------------------------------------------------------------------

    def map(self, call: Callable[[T], U]) -> TypedPipe[U]:
        """Return a value for each value."""
        check_call("map", call)
        return TypedPipe(n.Map(self.node, call))

    def flat_map(self, call: Callable[[T], Iterable[U] | None]) -> TypedPipe[U]:
        """Return any number of values for each value; None is none."""
        check_call("flat_map", call)
        return TypedPipe(n.FlatMap(self.node, call))

    def flatten(self: Elements[Iterable[U]]) -> TypedPipe[U]:
        """Return the elements of values that are iterables."""
        return TypedPipe(n.FlatMap(self.node, _itself))

    def filter_not(self, call: Callable[[T], Any]) -> TypedPipe[T]:
        """Return the values for which a predicate does not hold."""
        check_call("filter_not", call)
        return TypedPipe(n.Filter(self.node, call, keeps=False))

    def with_filter(self, call: Callable[[T], Any]) -> TypedPipe[T]:
        """Return the values for which a predicate holds."""
        check_call("with_filter", call)
        return TypedPipe(n.Filter(self.node, call))

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
        return TypedPipe(n.FlatMap(self.node, _matched(call)))

    def partition(self, call: Callable[[T], Any]) -> tuple[TypedPipe[T], TypedPipe[T]]:
        """Return the values for which a predicate holds, and the others."""
        forked = self.fork()
        return forked.with_filter(call), forked.filter_not(call)

    def with_key(self, key: K) -> TypedPipe[tuple[K, T]]:
        """Return pairs of a constant and each value."""
        return TypedPipe(n.Keyed(self.node, lambda value: key))

    def with_value(self, value: U) -> TypedPipe[tuple[T, U]]:
        """Return pairs of each value and a constant."""
        return TypedPipe(n.Part(self.with_key(value).node, "swap"))

    def either(self, that: Elements[U]) -> TypedPipe[Any]:
        """Return the values of both, these as Left and those as Right."""
        return self.map(Left) + that.map(Right)

    # -- pairs -----------------------------------------------------------------------------------

    def keys(self: Elements[tuple[K, V]]) -> TypedPipe[K]:
        """Return the key of each pair, once for each value."""
        return TypedPipe(n.Part(self.node, "keys"))

    def values(self: Elements[tuple[K, V]]) -> TypedPipe[V]:
        """Return the value of each pair."""
        return TypedPipe(n.Part(self.node, "values"))

    def swap(self: Elements[tuple[K, V]]) -> TypedPipe[tuple[V, K]]:
        """Return pairs the other way round."""
        return TypedPipe(n.Part(self.node, "swap"))

    # -- several pipes ---------------------------------------------------------------------------

    def __add__(self, that: Elements[U]) -> TypedPipe[T | U]:
        """Return all values of both; Scalding's ``++``."""
        if not isinstance(that, Elements):
            return NotImplemented
        return TypedPipe(n.Merged((self.node, that.node)))

    # -- hints and side effects ------------------------------------------------------------------

    def fork(self) -> TypedPipe[T]:
        """Say that several branches follow."""
        return TypedPipe(n.Fork(self.node))

    def force_to_disk(self) -> TypedPipe[T]:
        """Keep the values here, so that they are made once."""
        return TypedPipe(n.Forced(self.node))

    def debug(self, prefix: str = "") -> TypedPipe[T]:
        """Print each value to standard error of its task."""
        return TypedPipe(n.Debugged(self.node, prefix))

    def on_complete(self, call: Callable[[], Any]) -> TypedPipe[T]:
        """Call a function once in each task, when it has seen its last value."""
        check_call("on_complete", call, 0)
        return TypedPipe(n.OnComplete(self.node, call))

    def tally_all(self, group: str, counter: str) -> TypedPipe[T]:
        """Add one to a counter for each value."""
        ones = (((group, counter), 1),)
        return TypedPipe(n.Tallied(self.node, lambda value: ones))

    def tally_by(self, group: str, call: Callable[[T], str]) -> TypedPipe[T]:
        """Add one, for each value, to the counter that a function names."""
        check_call("tally_by", call)
        return TypedPipe(n.Tallied(self.node, lambda value: (((group, call(value)), 1),)))

    def tally_left(self, group: str, call: Callable[[T], Any]) -> TypedPipe[Any]:
        """Count each Left(name) that a function gives, and go on with what is in each Right."""

        def counted(either: Any) -> Any:
            return (((group, either.value), 1),) if isinstance(either, Left) else ()

        def kept(either: Any) -> Any:
            return () if isinstance(either, Left) else (either.value,)

        return TypedPipe(n.FlatMap(n.Tallied(self.map(call).node, counted), kept))

    def tally(self: Elements[tuple[U, Iterable[Any]]]) -> TypedPipe[U]:
        """Add all ((group, counter), amount) of the second part of each pair; keep the first."""
        return TypedPipe(n.Part(n.Tallied(self.node, lambda pair: pair[1]), "keys"))

    def add_trap(self, trap: Source) -> TypedPipe[T]:
        """Send values whose later functions fail, up to the next shuffle, to a source."""
        return TypedPipe(n.Trapped(self.node, trap))

    # -- groups ----------------------------------------------------------------------------------

    def group(self: Elements[tuple[K, V]]) -> Grouped[K, V]:
        """Declare the first part of each pair its key. Alone it moves nothing."""
        return Grouped(self.node)

    def group_by(self, call: Callable[[T], K]) -> Grouped[K, T]:
        """Return the values by a key that a function gives."""
        check_call("group_by", call)
        return Grouped(n.Keyed(self.node, call))

    def group_all(self) -> Grouped[tuple[()], T]:
        """Return all values under one key, ``()``, in one task."""
        return Grouped(n.Keyed(self.node, _unit), reducers=1)

    def group_randomly(self, partitions: int) -> Grouped[int, T]:
        """Return the values by a number drawn for each, from 0; a task run again draws alike."""
        if type(partitions) is not int or partitions < 1:
            raise BuildError(
                "group_randomly takes a number of partitions of at least 1", asked=repr(partitions)
            )
        return Grouped(n.Numbered(self.node, partitions), reducers=partitions)

    def shard(self, partitions: int) -> TypedPipe[T]:
        """Return the values spread over so many partitions."""
        return _part(self.group_randomly(partitions).force_to_reducers(), "values")

    def as_keys(self) -> Grouped[T, tuple[()]]:
        """Return the values as keys, with ``()`` for a value."""
        return Grouped(self.with_value(()).node)

    def sum_by_key(self: Elements[tuple[K, V]], semigroup: Any = None) -> UnsortedGrouped[K, V]:
        """Return the sum of the values of each key."""
        return self.group().sum(semigroup)

    def distinct(self) -> TypedPipe[T]:
        """Return each value once."""
        return _part(self.as_keys().head(), "keys")

    def distinct_by(self, call: Callable[[T], Any], reducers: int | None = None) -> TypedPipe[T]:
        """Return one value, whichever, for each result of a function."""
        grouped = self.group_by(call)
        if reducers is not None:
            grouped = grouped.with_reducers(reducers)
        return _part(grouped.head(), "values")

    def sketch(
        self: Elements[tuple[K, V]],
        reducers: int,
        eps: float = 1e-5,
        delta: float = 0.01,
        seed: int = 12345,
    ) -> Sketched[K, V]:
        """Return the pairs ready for a join that spreads heavy keys over reducers."""
        return Sketched(self, reducers, eps, delta, seed)

    # -- broadcast sides -------------------------------------------------------------------------

    def hash_join(
        self: Elements[tuple[K, V]], smaller: Elements[tuple[K, W]]
    ) -> TypedPipe[tuple[K, tuple[V, W]]]:
        """Return each pair with each value of its key on the right, which every task holds."""
        right = _broadcast("hash_join", smaller)
        return TypedPipe(n.HashJoined(self.node, right, True))

    def hash_left_join(
        self: Elements[tuple[K, V]], smaller: Elements[tuple[K, W]]
    ) -> TypedPipe[tuple[K, tuple[V, W | None]]]:
        """As hash_join; a pair without a match comes once, with None."""
        right = _broadcast("hash_left_join", smaller)
        return TypedPipe(n.HashJoined(self.node, right, False))

    def hash_cogroup(
        self: Elements[tuple[K, V]],
        smaller: Elements[tuple[K, W]],
        call: Callable[[K, V, Iterable[W]], Iterable[U]],
    ) -> TypedPipe[tuple[K, U]]:
        """Call a function once for each pair, with the values of its key on the right.

        Args:
            smaller: the right side, which every task holds.
            call: (key, value, values of the key on the right, maybe none) -> results.
        """
        check_call("hash_cogroup", call, 3)
        lists = _group_of("hash_cogroup", smaller).to_list()
        joined = n.HashJoined(self.node, lists.node, False)
        return TypedPipe(n.FlatMap(joined, _cogrouped(call)))

    def hash_lookup(self, grouped: Elements[tuple[T, W]]) -> TypedPipe[tuple[T, W | None]]:
        """Return each value with each value of it as a key on the right; None if there is none."""
        right = _broadcast("hash_lookup", grouped)
        joined: TypedPipe[Any] = TypedPipe(n.HashJoined(self.with_value(()).node, right, False))
        return joined.map_values(_second)

    @overload
    def cross(self, tiny: ValuePipe[U]) -> TypedPipe[tuple[T, U]]: ...
    @overload
    def cross(self, tiny: Elements[U]) -> TypedPipe[tuple[T, U]]: ...
    def cross(self, tiny: Any) -> TypedPipe[Any]:
        """Return each value with each one of a small pipe, or with that of a ValuePipe."""
        return TypedPipe(n.Cross(self.node, _tiny("cross", tiny), True))

    @overload
    def left_cross(self, tiny: ValuePipe[U]) -> TypedPipe[tuple[T, U | None]]: ...
    @overload
    def left_cross(self, tiny: Elements[U]) -> TypedPipe[tuple[T, U | None]]: ...
    def left_cross(self, tiny: Any) -> TypedPipe[Any]:
        """As cross; where the right has no value, each one here comes with None."""
        return TypedPipe(n.Cross(self.node, _tiny("left_cross", tiny), False))

    def map_with_value(self, value: ValuePipe[U], call: Callable[[T, U | None], W]) -> TypedPipe[W]:
        """Return what a function makes of each value and that of a ValuePipe, None if absent."""
        check_call("map_with_value", call, 2)
        return self.left_cross(value).map(lambda both: call(both[0], both[1]))

    def flat_map_with_value(
        self, value: ValuePipe[U], call: Callable[[T, U | None], Iterable[W]]
    ) -> TypedPipe[W]:
        """As map_with_value, for any number of results."""
        check_call("flat_map_with_value", call, 2)
        return self.left_cross(value).flat_map(lambda both: call(both[0], both[1]))

    def filter_with_value(
        self, value: ValuePipe[U], call: Callable[[T, U | None], Any]
    ) -> TypedPipe[T]:
        """Return the values for which a predicate of them and a ValuePipe's value holds."""
        check_call("filter_with_value", call, 2)
        found = self.left_cross(value).filter(lambda both: call(both[0], both[1]))
        return _part(found, "keys")

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
        return write_execution(self, sink).map(lambda _: TypedPipe.from_(sink))

    def make(self, sink: Source) -> Execution[TypedPipe[T]]:
        """Return the work of writing the values unless the sink is there; gives a pipe of it."""
        is_there = Execution.get_mode().map(lambda mode: mode.can_read(sink))
        there = Execution.value(TypedPipe.from_(sink))
        return is_there.flat_map(lambda yes: there if yes else self.write_through(sink))

    def force_to_disk_execution(self) -> Execution[TypedPipe[T]]:
        """Return the work of evaluating the values; gives a pipe of them, for the same run."""
        return forced_execution(self).map(TypedPipe.from_)

    def to_iterable_execution(self) -> Execution[list[T]]:
        """Return the work of evaluating the values; gives them as a list."""
        return iterable_execution(self)


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
        if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
            raise BuildError(
                "TypedPipe.from_ takes a source or an iterable of values",
                asked=shown_value(given),
                fix="give a list of values" if isinstance(given, (str, bytes)) else None,
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
        if not 0 <= fraction <= 1:
            raise BuildError("sample takes a fraction from 0 to 1", asked=repr(fraction))
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
        return TypedPipe(n.FlatMapValues(self._node, _itself))

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
        if count < 1:
            return TypedPipe.empty()
        return self.group_all().buffered_take(count).values()


class ValuePipe(Generic[T]):
    """One value, or none: ``ValuePipe(value)``, ``ValuePipe.empty()``, or what a total makes.

    Source:
        Scalding's ValuePipe.
    """

    def __init__(self, *given: T) -> None:
        self._given = given[:1]

    @staticmethod
    def empty() -> ValuePipe[Any]:
        """Return no value."""
        return ValuePipe()

    @staticmethod
    def fold(left: ValuePipe[T], right: ValuePipe[U], call: Callable[[T, U], R]) -> ValuePipe[R]:
        """Return what a function makes of two values; none if either is absent."""
        check_call("fold", call, 2)
        crossed = left.to_typed_pipe().cross(right)
        return ComputedValue(crossed.map(lambda both: call(both[0], both[1])))

    def to_typed_pipe(self) -> TypedPipe[T]:
        """Return a pipe of the value, or of none."""
        return TypedPipe.from_(self._given)

    def map(self, call: Callable[[T], U]) -> ValuePipe[U]:
        """Return what a function makes of the value."""
        check_call("map", call)
        return ComputedValue(self.to_typed_pipe().map(call))

    def filter(self, call: Callable[[T], Any]) -> ValuePipe[T]:
        """Return the value if a predicate holds for it."""
        check_call("filter", call)
        return ComputedValue(self.to_typed_pipe().filter(call))

    def collect(self, call: Callable[[T], Any]) -> ValuePipe[Any]:
        """Return what a function makes of the value, unless that is NO_MATCH."""
        check_call("collect", call)
        return ComputedValue(self.to_typed_pipe().collect(call))

    def left_cross(self, that: ValuePipe[U]) -> ValuePipe[tuple[T, U | None]]:
        """Return the value with that of another, None if that is absent."""
        return ComputedValue(self.to_typed_pipe().left_cross(that))

    def debug(self) -> ValuePipe[T]:
        """Print the value to standard error of its task."""
        return ComputedValue(self.to_typed_pipe().debug())

    def to_option_execution(self) -> Execution[T | None]:
        """Return the work that gives the value, or None; more than one is an error."""
        return self.to_typed_pipe().to_iterable_execution().map(_at_most_one)

    def get_or_else_execution(self, default: T) -> Execution[T]:
        """Return the work that gives the value, or a default."""
        found = self.to_typed_pipe().to_iterable_execution()
        return found.map(lambda values: values[0] if values else default)

    def get_execution(self) -> Execution[T]:
        """Return the work that gives the value; that there is none is an error."""
        return self.to_typed_pipe().to_iterable_execution().map(_only)


class ComputedValue(ValuePipe[T]):
    """The value of a pipe that has one at most."""

    def __init__(self, pipe: TypedPipe[T]) -> None:
        super().__init__()
        self._pipe = pipe

    def to_typed_pipe(self) -> TypedPipe[T]:
        """Return the pipe."""
        return self._pipe


@attrs.frozen
class Call:
    """An operator the user called, and where."""

    name: str
    origin: Origin = attrs.field(factory=capture_origin)


class KeyedList(Elements[tuple[K, V]], Generic[K, V]):
    """Values by key: the operators that all states share.

    A function is never called for a key without values; an iterator is read once.
    """

    @property
    def made_by(self) -> Call:
        """The call that made this state."""
        raise NotImplementedError(f"{type(self).__name__} must define made_by")

    def _then(self, step: Step) -> UnsortedGrouped[K, Any]:
        """Return the next state, after one more step; of whatever class."""
        raise NotImplementedError(f"{type(self).__name__} must define _then")

    # -- streams ---------------------------------------------------------------------------------

    def map_group(self, call: Callable[[K, Iterator[V]], Iterable[U]]) -> UnsortedGrouped[K, U]:
        """Return what a function makes of each key and the iterator of its values."""
        check_call("map_group", call, 2)
        return self._then(Stream("map_group", call))

    def map_value_stream(self, call: Callable[[Iterator[V]], Iterable[U]]) -> UnsortedGrouped[K, U]:
        """As map_group, without the key."""
        check_call("map_value_stream", call)
        return self._then(folds.stream("map_value_stream", call))

    def map_values(self, call: Callable[[V], U]) -> UnsortedGrouped[K, U]:
        """Return what a function makes of each value."""
        check_call("map_values", call)
        return self._then(ForEach("map_values", "map", call))

    def flat_map_values(self, call: Callable[[V], Iterable[U] | None]) -> UnsortedGrouped[K, U]:
        """Return any number of values for each one."""
        check_call("flat_map_values", call)
        return self._then(ForEach("flat_map_values", "flat_map", call))

    def flatten_values(self: KeyedList[K, Iterable[U]]) -> UnsortedGrouped[K, U]:
        """Return the elements of values that are iterables."""
        return self._then(ForEach("flatten_values", "flat_map", _itself))

    def filter(self, call: Callable[[tuple[K, V]], Any]) -> UnsortedGrouped[K, V]:
        """Return the values for whose (key, value) pair a predicate holds."""
        check_call("filter", call)
        return self._then(ForEach("filter", "filter", call))

    def force_to_reducers(self) -> UnsortedGrouped[K, V]:
        """Bring the values together by key, as they are."""
        return self._then(folds.whole_stream("force_to_reducers"))

    def scan_left(self, zero: U, call: Callable[[U, V], U]) -> UnsortedGrouped[K, U]:
        """Return zero, then each step of a fold from the left."""
        check_call("scan_left", call, 2)
        return self._then(folds.whole_stream("scan_left", zero, call))

    def take(self, count: int) -> UnsortedGrouped[K, V]:
        """Return the first values of each key, so many at most."""
        return self._then(folds.head_fold() if count == 1 else folds.whole_stream("take", count))

    def take_while(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, V]:
        """Return the values of each key until a predicate fails."""
        check_call("take_while", call)
        return self._then(folds.whole_stream("take_while", call))

    def drop(self, count: int) -> UnsortedGrouped[K, V]:
        """Leave out the first values of each key."""
        return self._then(folds.whole_stream("drop", count))

    def drop_while(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, V]:
        """Leave out the values of each key until a predicate fails."""
        check_call("drop_while", call)
        return self._then(folds.whole_stream("drop_while", call))

    def buffered_take(self, count: int) -> UnsortedGrouped[K, V]:
        """Return some values of each key, so many at most; the first ones where they have order."""
        return self.take(count)

    # -- one value for each key ------------------------------------------------------------------

    def sum(self, semigroup: Any = None) -> UnsortedGrouped[K, V]:
        """Return the sum, by a semigroup or by the values' own types."""
        return self._then(folds.sum_fold(semigroup))

    def sum_left(self, semigroup: Any = None) -> UnsortedGrouped[K, V]:
        """Return the sum from left to right."""
        return self._then(folds.whole_stream("sum_left", semigroup))

    def product(self, ring: Any = None) -> UnsortedGrouped[K, V]:
        """Return the product, by a ring or by ``*``."""
        return self._then(folds.product_fold(ring))

    def reduce(self, call: Callable[[V, V], V]) -> UnsortedGrouped[K, V]:
        """Return what an associative and commutative function of two values makes of all."""
        check_call("reduce", call, 2)
        return self._then(folds.reduce_fold("reduce", call))

    def reduce_left(self, call: Callable[[V, V], V]) -> UnsortedGrouped[K, V]:
        """Return what a function of two values makes of all, from left to right."""
        check_call("reduce_left", call, 2)
        return self._then(folds.whole_stream("reduce_left", call))

    def size(self) -> UnsortedGrouped[K, int]:
        """Return the number of values."""
        return self._then(folds.size_fold())

    def count(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, int]:
        """Return the number of values for which a predicate holds; 0 when it holds for none."""
        check_call("count", call)
        return self._then(folds.count_fold(call))

    def for_all(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, bool]:
        """Return whether a predicate holds for all values."""
        check_call("for_all", call)
        return self._then(folds.for_all_fold(call))

    forall = for_all

    def head(self) -> UnsortedGrouped[K, V]:
        """Return the first value; without a sort whichever came first."""
        return self._then(folds.head_fold())

    def last(self) -> UnsortedGrouped[K, V]:
        """Return the last value."""
        return self._then(folds.last_fold())

    def max(self) -> UnsortedGrouped[K, V]:
        """Return the greatest value, the earlier one of two."""
        return self._then(folds.extreme_fold("max", None, is_max=True))

    def min(self) -> UnsortedGrouped[K, V]:
        """Return the least value, the later one of two."""
        return self._then(folds.extreme_fold("min", None, is_max=False))

    def max_by(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, V]:
        """Return the value for which a function is greatest, the earlier one of two."""
        check_call("max_by", call)
        return self._then(folds.extreme_fold("max_by", call, is_max=True))

    def min_by(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, V]:
        """Return the value for which a function is least, the later one of two."""
        check_call("min_by", call)
        return self._then(folds.extreme_fold("min_by", call, is_max=False))

    def aggregate(self, aggregator: Any) -> UnsortedGrouped[K, Any]:
        """Return what an Aggregator makes of the values."""
        return self._then(folds.aggregate_fold(aggregator))

    def to_list(self) -> UnsortedGrouped[K, list[V]]:
        """Return the values in a list, in the order they come."""
        return self._then(folds.whole_stream("to_list"))

    def to_set(self) -> UnsortedGrouped[K, set[V]]:
        """Return the values in a set."""
        return self._then(folds.set_fold())

    def distinct_values(self) -> UnsortedGrouped[K, V]:
        """Return each value once."""
        return self._then(folds.distinct_fold())

    def distinct_size(self) -> UnsortedGrouped[K, int]:
        """Return the number of different values."""
        return self._then(folds.set_fold("distinct_size", len))

    def sorted_take(
        self, count: int, key: Callable[[V], Any] | None = None
    ) -> UnsortedGrouped[K, list[V]]:
        """Return a list of the least values, the least first."""
        return self._then(folds.least_fold("sorted_take", count, key))

    def sorted_reverse_take(
        self, count: int, key: Callable[[V], Any] | None = None
    ) -> UnsortedGrouped[K, list[V]]:
        """Return a list of the greatest values, the greatest first."""
        return self._then(folds.least_fold("sorted_reverse_take", count, key, is_reversed=True))

    def sort_with_take(
        self, count: int, less_than: Callable[[V, V], Any]
    ) -> UnsortedGrouped[K, list[V]]:
        """Return a list of the first values by a function that tells whether one comes before."""
        check_call("sort_with_take", less_than, 2)
        key = cmp_to_key(compared(less_than))
        return self._then(folds.least_fold("sort_with_take", count, key))

    def fold_left(self, zero: U, call: Callable[[U, V], U]) -> UnsortedGrouped[K, U]:
        """Return a fold from the left; `zero` serves every key, so it must not be changed."""
        check_call("fold_left", call, 2)
        return self._then(folds.whole_stream("fold_left", zero, call))

    def fold(self, fold: Any) -> UnsortedGrouped[K, Any]:
        """Return what a Fold makes of the values."""
        return self._then(folds.whole_stream("fold", fold))

    def fold_with_key(self, call: Callable[[K], Any]) -> UnsortedGrouped[K, Any]:
        """Return what the Fold that a function gives for the key makes of the values."""
        check_call("fold_with_key", call)
        return self._then(folds.whole_stream("fold_with_key", call))

    def require_single_value_per_key(self) -> UnsortedGrouped[K, V]:
        """Fail when a key has more than one value."""
        return self._then(folds.whole_stream("require_single_value_per_key"))


class Joinable(KeyedList[K, V]):
    """A state that may be joined."""

    def _tree(self) -> tuple[tuple[n.Node, ...], JoinTree, int | None]:
        """Return the inputs, how they are joined, and the reducers asked for."""
        raise NotImplementedError(f"{type(self).__name__} must define _tree")

    def join(self, smaller: Elements[tuple[K, W]]) -> CoGrouped[K, tuple[V, W]]:
        """Return each pair of values of a key that both sides have."""
        return joined("join", self, smaller, "inner")

    def left_join(self, smaller: Elements[tuple[K, W]]) -> CoGrouped[K, tuple[V, W | None]]:
        """As join; a key that only this side has comes with None."""
        return joined("left_join", self, smaller, "left")

    def right_join(self, smaller: Elements[tuple[K, W]]) -> CoGrouped[K, tuple[V | None, W]]:
        """As join; a key that only the right side has comes with None."""
        return joined("right_join", self, smaller, "right")

    def outer_join(self, smaller: Elements[tuple[K, W]]) -> CoGrouped[K, tuple[V | None, W | None]]:
        """As join; a key that one side only has comes with None."""
        return joined("outer_join", self, smaller, "outer")

    def cogroup(
        self,
        smaller: Elements[tuple[K, W]],
        call: Callable[[K, Iterator[V], Iterable[W]], Iterable[U]],
    ) -> CoGrouped[K, U]:
        """Return what a function makes of each key of either side.

        Args:
            smaller: the side with fewer values for a key.
            call: (key, iterator of these values, iterable of those) -> results.
        """
        check_call("cogroup", call, 3)
        return joined("cogroup", self, smaller, "call", call)


class Grouped(Joinable[K, V]):
    """Pairs with a key, not yet reduced."""

    def __init__(
        self, pairs: n.Node, reducers: int | None = None, last: Call | None = None
    ) -> None:
        self._pairs, self._reducers = pairs, reducers
        self._last = last or Call("group")

    @property
    def node(self) -> n.Node:
        """The plan: the pairs, brought together only where reducers were asked for."""
        if self._reducers is None:
            return self._pairs
        return n.Reduced(self._pairs, reducers=self._reducers)

    @property
    def made_by(self) -> Call:
        """The call that made this state."""
        return self._last

    def _then(self, step: Step) -> UnsortedGrouped[K, Any]:
        last = Call(step.name)
        if isinstance(step, ForEach) and step.kind == "map":
            node = n.MapValues(self._pairs, step.call)
            return UnsortedGrouped(node, (), self._reducers, last)
        return UnsortedGrouped(self._pairs, (step,), self._reducers, last)

    def _tree(self) -> tuple[tuple[n.Node, ...], JoinTree, int | None]:
        return (self._pairs,), Side(0), self._reducers

    def with_reducers(self, count: int) -> Grouped[K, V]:
        """Ask for a number of partitions, and for the values to be brought together."""
        return Grouped(self._pairs, _reducers(count), self._last)

    def with_description(self, text: str) -> Grouped[K, V]:
        """Name the group in `explain` and the statistics."""
        return Grouped(n.Written(self._pairs, text), self._reducers, self._last)

    def filter_keys(self, call: Callable[[K], Any]) -> UnsortedGrouped[K, V]:
        """Return the pairs for whose keys a predicate holds; asked before the exchange."""
        check_call("filter_keys", call)
        node = n.Filter(self._pairs, call, of_key=True)
        return UnsortedGrouped(node, (), self._reducers, Call("filter_keys"))

    def buffered_take(self, count: int) -> UnsortedGrouped[K, V]:
        """Return some values of each key, so many at most."""
        if count <= 1:
            return self.take(count)
        return self._then(folds.first_values_fold(count))

    # -- sorting ---------------------------------------------------------------------------------

    def sort_by(self, call: Callable[[V], Any]) -> SortedGrouped[K, V]:
        """Let the values of each key come in the order of what a function gives."""
        check_call("sort_by", call)
        return self._sorted("sort_by", Sorting(key=call))

    def sorted(self) -> SortedGrouped[K, V]:
        """Let the values of each key come in order."""
        return self._sorted("sorted", Sorting())

    def sort_with(self, less_than: Callable[[V, V], Any]) -> SortedGrouped[K, V]:
        """Let the values come in an order: whether one value comes before another."""
        check_call("sort_with", less_than, 2)
        return self._sorted("sort_with", Sorting(compare=compared(less_than)))

    def with_sort_ordering(self, ordering: Any) -> SortedGrouped[K, V]:
        """Let the values come in the order of a comparator, or of a function of two values."""
        compare = getattr(ordering, "compare", ordering)
        check_call("with_sort_ordering", compare, 2)
        return self._sorted("with_sort_ordering", Sorting(compare=compare))

    def _sorted(self, name: str, sorting: Sorting) -> SortedGrouped[K, V]:
        return SortedGrouped(self._pairs, sorting, (), self._reducers, Call(name))


class _NotSortable(KeyedList[K, V]):
    """A state that can be sorted no more: says so, naming both calls."""

    def sort_by(self, call: Callable[[V], Any]) -> NoReturn:
        """Refuse."""
        self._refuse("sort_by")

    def sorted(self) -> NoReturn:
        """Refuse."""
        self._refuse("sorted")

    def sort_with(self, less_than: Callable[[V, V], Any]) -> NoReturn:
        """Refuse."""
        self._refuse("sort_with")

    def with_sort_ordering(self, ordering: Any) -> NoReturn:
        """Refuse."""
        self._refuse("with_sort_ordering")

    def reverse(self) -> NoReturn:
        """Refuse: only a sort can be turned round."""
        self._refuse("reverse")

    def _refuse(self, name: str) -> NoReturn:
        last = self.made_by
        is_value = last.name in ("map_values", "filter_keys")
        raise BuildError(
            f"{name} cannot follow {last.name}",
            details={last.name: str(last.origin), name: str(capture_origin())},
            fix=_FIXES.get(name) or (f"call {last.name} before group" if is_value else _REGROUP),
        )


_REGROUP = "call to_typed_pipe().group() between them, which shuffles again"
_FIXES = {"reverse": "call reverse directly after a sort"}


class UnsortedGrouped(Joinable[K, V], _NotSortable[K, V]):
    """A group after an operation on its values."""

    def __init__(
        self, pairs: n.Node, steps: tuple[Step, ...], reducers: int | None, last: Call
    ) -> None:
        self._pairs, self._steps, self._reducers, self._last = pairs, steps, reducers, last
        self._node = pairs
        if steps or reducers is not None:
            self._node = n.Reduced(pairs, None, steps, reducers)

    @property
    def node(self) -> n.Node:
        """The plan of the pairs."""
        return self._node

    @property
    def made_by(self) -> Call:
        """The call that made this state."""
        return self._last

    def _then(self, step: Step) -> UnsortedGrouped[K, Any]:
        last = Call(step.name)
        if not self._steps and isinstance(step, ForEach) and step.kind == "map":
            node = n.MapValues(self._pairs, step.call)
            return UnsortedGrouped(node, (), self._reducers, last)
        return UnsortedGrouped(self._pairs, (*self._steps, step), self._reducers, last)

    def _tree(self) -> tuple[tuple[n.Node, ...], JoinTree, int | None]:
        return (self._pairs,), Side(0, self._steps), self._reducers

    def with_reducers(self, count: int) -> UnsortedGrouped[K, V]:
        """Ask for a number of partitions."""
        return UnsortedGrouped(self._pairs, self._steps, _reducers(count), self._last)

    def with_description(self, text: str) -> UnsortedGrouped[K, V]:
        """Name the group in `explain` and the statistics."""
        pairs = n.Written(self._pairs, text)
        return UnsortedGrouped(pairs, self._steps, self._reducers, self._last)

    def filter_keys(self, call: Callable[[K], Any]) -> UnsortedGrouped[K, V]:
        """Return the pairs for whose keys a predicate holds; asked before the exchange."""
        check_call("filter_keys", call)
        node = n.Filter(self._pairs, call, of_key=True)
        return UnsortedGrouped(node, self._steps, self._reducers, Call("filter_keys"))

    def buffered_take(self, count: int) -> UnsortedGrouped[K, V]:
        """Return some values of each key, so many at most."""
        if count <= 1 or self._steps:
            return self.take(count)
        return self._then(folds.first_values_fold(count))


class SortedGrouped(_NotSortable[K, V]):
    """A group whose values come in order, and what is done to them in that order."""

    def __init__(
        self,
        pairs: n.Node,
        sorting: Sorting,
        steps: tuple[Step, ...],
        reducers: int | None,
        last: Call,
    ) -> None:
        self._pairs, self._sorting, self._steps = pairs, sorting, steps
        self._reducers, self._last = reducers, last
        self._node = n.Reduced(pairs, sorting, steps, reducers)

    @property
    def node(self) -> n.Node:
        """The plan of the pairs."""
        return self._node

    @property
    def made_by(self) -> Call:
        """The call that made this state."""
        return self._last

    def _then(self, step: Step) -> Any:  # a sorted group again
        return self._with(steps=(*self._steps, step), last=Call(step.name))

    def _with(self, **changes: Any) -> SortedGrouped[K, Any]:
        parts = {
            "pairs": self._pairs,
            "sorting": self._sorting,
            "steps": self._steps,
            "reducers": self._reducers,
            "last": self._last,
        }
        return SortedGrouped(**{**parts, **changes})

    def reverse(self) -> SortedGrouped[K, V]:  # type: ignore[override]
        """Turn the order of the values round; directly after a sort, once."""
        if self._steps or self._sorting.is_reversed:
            self._refuse("reverse")
        sorting = attrs.evolve(self._sorting, is_reversed=True)
        return self._with(sorting=sorting, last=Call("reverse"))

    def with_reducers(self, count: int) -> SortedGrouped[K, V]:
        """Ask for a number of partitions."""
        return self._with(reducers=_reducers(count))

    def with_description(self, text: str) -> SortedGrouped[K, V]:
        """Name the group in `explain` and the statistics."""
        return self._with(pairs=n.Written(self._pairs, text))

    def filter_keys(self, call: Callable[[K], Any]) -> SortedGrouped[K, V]:
        """Return the pairs for whose keys a predicate holds; asked before the exchange."""
        check_call("filter_keys", call)
        node = n.Filter(self._pairs, call, of_key=True)
        return self._with(pairs=node, last=Call("filter_keys"))

    def join(self, smaller: Any) -> NoReturn:
        """Refuse."""
        self._refuse("join")

    def left_join(self, smaller: Any) -> NoReturn:
        """Refuse."""
        self._refuse("left_join")

    def right_join(self, smaller: Any) -> NoReturn:
        """Refuse."""
        self._refuse("right_join")

    def outer_join(self, smaller: Any) -> NoReturn:
        """Refuse."""
        self._refuse("outer_join")

    def cogroup(self, smaller: Any, call: Any) -> NoReturn:
        """Refuse."""
        self._refuse("cogroup")


class CoGrouped(Joinable[K, V], _NotSortable[K, V]):
    """Joined values by key."""

    def __init__(
        self, sides: tuple[n.Node, ...], tree: Join, reducers: int | None, last: Call
    ) -> None:
        self._sides, self._join, self._reducers, self._last = sides, tree, reducers, last
        self._node = n.Joined(sides, tree, reducers)

    @property
    def node(self) -> n.Node:
        """The plan of the pairs."""
        return self._node

    @property
    def made_by(self) -> Call:
        """The call that made this state."""
        return self._last

    def _then(self, step: Step) -> Any:  # a join again
        tree = attrs.evolve(self._join, steps=(*self._join.steps, step))
        return CoGrouped(self._sides, tree, self._reducers, Call(step.name))

    def _tree(self) -> tuple[tuple[n.Node, ...], JoinTree, int | None]:
        return self._sides, self._join, self._reducers

    def with_reducers(self, count: int) -> CoGrouped[K, V]:
        """Ask for a number of partitions."""
        if type(count) is not int or count < -1 or count == 0:
            raise BuildError(
                "the number of reducers of a join must be positive, or -1 for the default",
                asked=repr(count),
            )
        return CoGrouped(self._sides, self._join, _reducers(count), self._last)

    def with_description(self, text: str) -> CoGrouped[K, V]:
        """Name the join in `explain` and the statistics."""
        sides = (n.Written(self._sides[0], text), *self._sides[1:])
        return CoGrouped(sides, self._join, self._reducers, self._last)

    def filter_keys(self, call: Callable[[K], Any]) -> CoGrouped[K, V]:
        """Return the pairs for whose keys a predicate holds; asked on all sides before."""
        check_call("filter_keys", call)
        sides = tuple(n.Filter(side, call, of_key=True) for side in self._sides)
        return CoGrouped(sides, self._join, self._reducers, Call("filter_keys"))


class Sketched(Generic[K, V]):
    """Pairs ready for a join whose heavy keys are spread over several partitions.

    The keys are counted where the rows lie, before the join, exactly; so `eps`, `delta` and `seed`
    of Scalding's Count-Min sketch have nothing to say, and the rows are those of the plain join.
    """

    def __init__(
        self,
        pairs: Elements[tuple[K, V]],
        reducers: int,
        eps: float,
        delta: float,
        seed: int,
    ) -> None:
        if type(reducers) is not int or reducers < 1:
            raise BuildError(
                "sketch takes a number of reducers of at least 1", asked=shown_value(reducers)
            )
        self._pairs, self._reducers = pairs, reducers

    def join(self, right: Elements[tuple[K, W]]) -> TypedPipe[tuple[K, tuple[V, W]]]:
        """Return each pair of values of a key that both sides have."""
        return self._joined("join", right, "inner")

    def left_join(self, right: Elements[tuple[K, W]]) -> TypedPipe[tuple[K, tuple[V, W | None]]]:
        """As join; a value whose key the right side has not comes with None."""
        return self._joined("left_join", right, "left")

    def cogroup(
        self,
        right: Elements[tuple[K, W]],
        call: Callable[[K, V, Iterable[W]], Iterable[U]],
    ) -> TypedPipe[tuple[K, U]]:
        """Call a function once for each value here, with the values of its key on the right."""
        check_call("cogroup", call, 3)
        lists = _group_of("cogroup", right).to_list()
        return self._joined("cogroup", lists.to_typed_pipe(), "left").flat_map(_cogrouped(call))

    def _joined(self, name: str, right: Any, kind: str) -> TypedPipe[Any]:
        sides = (self._pairs.node, _joinable(name, right).node)
        tree = Join(Side(0), Side(1), kind)
        return TypedPipe(n.Joined(sides, tree, self._reducers, is_spread=True))


def joined(
    name: str, left: Any, right: Any, kind: str, call: Callable[..., Any] | None = None
) -> CoGrouped[Any, Any]:
    """Return the join of two things that can be joined: one join of all their inputs."""
    right = _joinable(name, right)
    left_sides, left_tree, left_count = left._tree()
    right_sides, right_tree, right_count = right._tree()
    moved = _moved(right_tree, len(left_sides))
    counts = [count for count in (left_count, right_count) if count is not None]
    tree = Join(left_tree, moved, kind, call)
    sides = (*left_sides, *right_sides)
    return CoGrouped(sides, tree, max(counts, default=None), Call(name))


def compared(less_than: Callable[[Any, Any], Any]) -> Callable[[Any, Any], int]:
    """Return a comparison by a function that tells whether a value comes before another."""

    def compare(left: Any, right: Any) -> int:
        if less_than(left, right):
            return -1
        return 1 if less_than(right, left) else 0

    return compare


def _joinable(name: str, given: Any) -> Joinable[Any, Any]:
    if isinstance(given, Joinable):
        return given
    if isinstance(given, KeyedList):
        last = given.made_by
        raise BuildError(
            f"{name} cannot join what {last.name} made",
            details={last.name: str(last.origin), name: str(capture_origin())},
            fix=_REGROUP,
        )
    if not isinstance(given, Elements):
        raise BuildError(f"{name} takes a pipe of pairs, or a group", asked=shown_value(given))
    return Grouped(given.node)


def _moved(tree: JoinTree, by: int) -> JoinTree:
    if isinstance(tree, Side):
        return attrs.evolve(tree, number=tree.number + by)
    return attrs.evolve(tree, left=_moved(tree.left, by), right=_moved(tree.right, by))


def _reducers(count: int) -> int | None:
    if type(count) is not int:
        raise BuildError(
            "with_reducers takes a whole number", asked=shown_value(count), origin=capture_origin()
        )
    return count if count > 0 else None


def _group_of(name: str, given: Any) -> Any:
    if isinstance(given, (SortedGrouped, CoGrouped)):
        last = given.made_by
        raise BuildError(
            f"{name} cannot have what {last.name} made on its right side",
            details={last.name: str(last.origin)},
            origin=given.node.origin,
            fix="call to_typed_pipe() on it",
        )
    if isinstance(given, KeyedList):
        return given
    if not isinstance(given, Elements):
        raise BuildError(f"{name} takes a pipe of pairs", asked=shown_value(given))
    return Grouped(given.node)


def _broadcast(name: str, given: Any) -> n.Node:
    node: n.Node = _group_of(name, given).node
    return node


def _tiny(name: str, given: Any) -> n.Node:
    if isinstance(given, ValuePipe):
        return given.to_typed_pipe().node
    if not isinstance(given, Elements):
        raise BuildError(f"{name} takes a pipe or a ValuePipe", asked=shown_value(given))
    return given.node


def _cogrouped(call: Callable[[Any, Any, Any], Any]) -> Callable[[Any], Iterable[Any]]:
    def cogroup(row: Any) -> Iterable[Any]:
        key, (value, others) = row
        return [(key, one) for one in call(key, value, others or ()) or ()]

    return cogroup


def _unit(value: Any) -> tuple[()]:
    return ()


def _second(pair: Any) -> Any:
    return pair[1]


def _part(pairs: Elements[Any], which: str) -> TypedPipe[Any]:
    return TypedPipe(n.Part(pairs.node, which))


def _matched(call: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    def collected(value: Any) -> list[Any]:
        found = call(value)
        return [] if found is NO_MATCH else [found]

    return collected


def _itself(value: Any) -> Any:
    return value


def _at_most_one(values: list[Any]) -> Any:
    if len(values) > 1:
        raise FlowError("a ValuePipe has one value at most", row=tuple(values[:5]))
    return values[0] if values else None


def _only(values: list[Any]) -> Any:
    if not values:
        raise FlowError("a ValuePipe has no value")
    return values[0]
