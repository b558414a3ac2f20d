"""Operators made of others: joins of many pipes, joins by key functions, lookups in time, diffs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar

from cascade2spark.errors import BuildError, RunError, shown_value
from cascade2spark.ordering_python import PythonKeyOrder
from cascade2spark.scalding.algebra.products import field_names_of
from cascade2spark.scalding.algebra.resolving import as_semigroup
from cascade2spark.scalding.typed.calls import check_call, second
from cascade2spark.scalding.typed.elements import Elements
from cascade2spark.scalding.typed.groups import Grouped, UnsortedGrouped
from cascade2spark.scalding.typed.joins import CoGrouped, Joinable
from cascade2spark.scalding.typed.pipes import TypedPipe

__all__ = [
    "LookupJoin",
    "MultiJoin",
    "TypedPipeDiff",
    "cumulative_sum",
    "flatten_value_tuple",
    "join_by",
    "left_join_by",
    "outer_join_by",
    "right_join_by",
]

K = TypeVar("K")
T = TypeVar("T")
V = TypeVar("V")
W = TypeVar("W")
U = TypeVar("U")

_MOST_PIPES = 22


class MultiJoin:
    """Joins of 2 to 22 pipes of pairs, whose values are flat tuples: one exchange for all.

    Source:
        com.twitter.scalding.typed.MultiJoin
    Example:
        >>> ages, towns = TypedPipe.from_([("ann", 7)]), TypedPipe.from_([("ann", "Ulm")])
        >>> joined = MultiJoin.inner(ages, towns, ages)  # ("ann", (7, "Ulm", 7))
    """

    def __new__(cls, *pipes: Any) -> Any:
        """Return the inner join: ``MultiJoin(a, b, c)``."""
        return cls.inner(*pipes)

    @staticmethod
    def inner(*pipes: Elements[tuple[Any, Any]]) -> UnsortedGrouped[Any, tuple[Any, ...]]:
        """Return the values of keys that all have."""
        return _joined_all("join", pipes)

    @staticmethod
    def left(*pipes: Elements[tuple[Any, Any]]) -> UnsortedGrouped[Any, tuple[Any, ...]]:
        """Return the values of keys that the first has; None for what another one has not."""
        return _joined_all("left_join", pipes)

    @staticmethod
    def outer(*pipes: Elements[tuple[Any, Any]]) -> UnsortedGrouped[Any, tuple[Any, ...]]:
        """Return the values of all keys; None for what one has not."""
        return _joined_all("outer_join", pipes)


def flatten_value_tuple(
    pairs: CoGrouped[K, Any] | UnsortedGrouped[K, Any], sides: int
) -> UnsortedGrouped[K, tuple[Any, ...]]:
    """Return joined values ``(((a, b), c), d)`` as ``(a, b, c, d)``.

    Args:
        sides: number of pipes that were joined.
    """
    return pairs.map_values(partial(_flat, sides))


def join_by(
    left: Elements[T],
    smaller: Elements[U],
    left_key: Callable[[T], K],
    right_key: Callable[[U], K],
    reducers: int = -1,
) -> CoGrouped[K, tuple[T, U]]:
    """Return each pair of values whose keys, by the two functions, are equal."""
    return _keyed(left, left_key, reducers).join(_keyed(smaller, right_key, reducers))


def left_join_by(
    left: Elements[T],
    smaller: Elements[U],
    left_key: Callable[[T], K],
    right_key: Callable[[U], K],
    reducers: int = -1,
) -> CoGrouped[K, tuple[T, U | None]]:
    """As join_by; a value without a partner on the right comes with None."""
    return _keyed(left, left_key, reducers).left_join(_keyed(smaller, right_key, reducers))


def right_join_by(
    left: Elements[T],
    smaller: Elements[U],
    left_key: Callable[[T], K],
    right_key: Callable[[U], K],
    reducers: int = -1,
) -> CoGrouped[K, tuple[T | None, U]]:
    """As join_by; a value without a partner on the left comes with None."""
    return _keyed(left, left_key, reducers).right_join(_keyed(smaller, right_key, reducers))


def outer_join_by(
    left: Elements[T],
    smaller: Elements[U],
    left_key: Callable[[T], K],
    right_key: Callable[[U], K],
    reducers: int = -1,
) -> CoGrouped[K, tuple[T | None, U | None]]:
    """As join_by; a value without a partner comes with None."""
    return _keyed(left, left_key, reducers).outer_join(_keyed(smaller, right_key, reducers))


class LookupJoin:
    """What was known at a time: rows ``(time, (key, value))`` with the newest earlier value.

    A value on the right at the very time of a row on the left is not seen by it.

    Source:
        com.twitter.scalding.typed.LookupJoin
    """

    def __new__(cls, left: Any, right: Any, reducers: int = -1) -> Any:
        """Return ``(time, (key, (value, newest earlier value or None)))``."""
        return cls.with_window(left, right, _always, reducers)

    @staticmethod
    def with_window(
        left: Elements[Any],
        right: Elements[Any],
        gate: Callable[[Any, Any], Any],
        reducers: int = -1,
    ) -> TypedPipe[Any]:
        """Keep the looked-up value only where ``gate(time on the left, its time)`` holds."""
        return _looked_up(left, right, gate, None, reducers)

    @staticmethod
    def right_summing(
        left: Elements[Any], right: Elements[Any], semigroup: Any = None, reducers: int = -1
    ) -> TypedPipe[Any]:
        """Return the sum of all earlier values on the right in place of the newest."""
        return _looked_up(left, right, _always, as_semigroup(semigroup), reducers)

    @staticmethod
    def with_window_right_summing(
        left: Elements[Any],
        right: Elements[Any],
        gate: Callable[[Any, Any], Any],
        semigroup: Any = None,
        reducers: int = -1,
    ) -> TypedPipe[Any]:
        """As right_summing; the sum begins anew where ``gate(time, time before)`` fails."""
        return _looked_up(left, right, gate, as_semigroup(semigroup), reducers)


def cumulative_sum(
    pipe: Elements[tuple[K, tuple[U, V]]],
    semigroup: Any = None,
    reducers: int = -1,
    partition: Callable[[U], Any] | None = None,
) -> TypedPipe[tuple[K, tuple[U, V]]]:
    """Return rows ``(key, (place, value))`` with running sums of each key, in order of place.

    Args:
        pipe: the rows.
        semigroup: how two values are added. Default: by their own types.
        reducers: number of partitions; -1 for the default.
        partition: a function of the place that cuts the rows of a key into parts, which are summed
            side by side, in two passes: for keys with very many rows. A later place must have the
            same part or a greater one.
    """
    adding = as_semigroup(semigroup)
    if partition is None:
        grouped: Grouped[Any, Any] = Grouped(pipe.node).with_reducers(reducers)
        return grouped.sort_by(_first).map_group(_RunningSums(adding.plus)).to_typed_pipe()
    check_call("cumulative_sum", partition)
    parts = pipe.map(lambda row: ((row[0], partition(row[1][0])), row[1]))
    totals = parts.map_values(second).group().with_reducers(reducers).sum(adding)
    in_order = totals.map(_with_part).group().with_reducers(reducers).sort_by(_first)
    starts = in_order.map_group(_Starts(adding.plus)).map(_as_start)
    entries = parts.map_values(_as_entry) + starts
    summed = entries.group().with_reducers(reducers).sort_by(_place)
    return summed.map_group(_PartSums(adding.plus)).map(lambda pair: (pair[0][0], pair[1]))


class TypedPipeDiff:
    """What two pipes do not have alike: ``(value, (times on the left, times on the right))``."""

    @staticmethod
    def diff(
        left: Elements[T], right: Elements[T], reducers: int = -1
    ) -> TypedPipe[tuple[T, tuple[int, int]]]:
        """Return the values that are there unlike often; they must be hashable."""
        both = left.with_value((1, 0)) + right.with_value((0, 1))
        grouped: Grouped[Any, Any] = Grouped(both.node)
        counts = grouped.with_reducers(reducers).sum(_PAIR_OF_COUNTS)
        return counts.to_typed_pipe().filter(_differs)

    @staticmethod
    def diff_by_group(
        left: Elements[T],
        right: Elements[T],
        group_by: Callable[[T], Any],
        reducers: int = -1,
    ) -> TypedPipe[tuple[T, tuple[int, int]]]:
        """As diff, for values that are compared within groups, by ``==`` alone."""
        both = left.with_value(0) + right.with_value(1)
        grouped = both.group_by(lambda entry: group_by(entry[0])).with_reducers(reducers)
        return grouped.map_group(_counted).values().filter(_differs)

    @staticmethod
    def diff_by_hash_code(
        left: Elements[T], right: Elements[T], reducers: int = -1
    ) -> TypedPipe[tuple[T, tuple[int, int]]]:
        """As diff, for values that need not be hashable: they are compared by ``==``.

        Values are brought together by a hash of what they hold; those of classes of your own, but
        for records, all have the same one.
        """
        return TypedPipeDiff.diff_by_group(left, right, _hash_code, reducers)

    @staticmethod
    def diff_array_pipes(
        left: Elements[Iterable[T]], right: Elements[Iterable[T]], reducers: int = -1
    ) -> TypedPipe[tuple[list[T], tuple[int, int]]]:
        """As diff, for lists or arrays of values that are hashable; gives lists."""
        found = TypedPipeDiff.diff(left.map(tuple), right.map(tuple), reducers)
        return found.map(lambda row: (list(row[0]), row[1]))


_PAIR_OF_COUNTS = tuple[int, int]
_HASH = PythonKeyOrder(1).hasher()


def _hash_code(value: Any) -> int:
    """Return a hash that equal values share, in every process."""
    try:
        return _HASH((value,))
    except RunError:
        names = field_names_of(type(value))
        if names is None:
            return 0
        return _hash_code(tuple(_hash_code(getattr(value, name)) for name in names))


class _RunningSums:
    """The running sums of (place, value) rows."""

    def __init__(self, plus: Callable[[Any, Any], Any]) -> None:
        self.plus = plus

    def __call__(self, key: Any, rows: Iterator[Any]) -> Iterable[Any]:
        return accumulate(rows, lambda total, row: (row[0], self.plus(total[1], row[1])))


class _Starts(_RunningSums):
    """For all parts of a key but the first, what those before them come to."""

    def __call__(self, key: Any, rows: Iterator[Any]) -> Iterable[Any]:
        before = None
        for part, total in rows:
            if before is None:
                before = (total,)
                continue
            yield part, before[0]
            before = (self.plus(before[0], total),)


class _PartSums(_RunningSums):
    """The running sums of one part, from where the parts before it end."""

    def __call__(self, key: Any, rows: Iterator[Any]) -> Iterable[Any]:
        total = None
        for is_row, place, value in rows:
            total = (value,) if total is None else (self.plus(total[0], value),)
            if is_row:
                yield place, total[0]


def _with_part(row: Any) -> Any:
    (key, part), total = row
    return key, (part, total)


def _as_start(row: Any) -> Any:
    key, (part, before) = row
    return (key, part), (False, None, before)


def _as_entry(row: Any) -> Any:
    return True, row[0], row[1]


def _joined_all(name: str, pipes: tuple[Any, ...]) -> UnsortedGrouped[Any, Any]:
    if not 2 <= len(pipes) <= _MOST_PIPES:
        raise BuildError(f"MultiJoin takes 2 to {_MOST_PIPES} pipes", asked=f"{len(pipes)} pipes")
    for pipe in pipes:
        if not isinstance(pipe, Elements):
            raise BuildError("MultiJoin takes pipes of pairs", asked=shown_value(pipe))
    first = pipes[0]
    found: Any = first if isinstance(first, Joinable) else Grouped(first.node)
    for pipe in pipes[1:]:
        found = getattr(found, name)(pipe)
    return flatten_value_tuple(found, len(pipes))


def _flat(sides: int, value: Any) -> tuple[Any, ...]:
    last: list[Any] = []
    for _ in range(sides - 1):
        value, one = (None, None) if value is None else value
        last.append(one)
    return (value, *reversed(last))


def _keyed(pipe: Elements[Any], key: Callable[[Any], Any], reducers: int) -> Grouped[Any, Any]:
    return pipe.group_by(key).with_reducers(reducers) if reducers > 0 else pipe.group_by(key)


def _looked_up(
    left: Elements[Any],
    right: Elements[Any],
    gate: Callable[[Any, Any], Any],
    semigroup: Any,
    reducers: int,
) -> TypedPipe[Any]:
    # At one time rows of the left come first: they must not see what is written at that time.
    rows = left.map(partial(_marked, False)) + right.map(partial(_marked, True))
    plus = None if semigroup is None else semigroup.plus

    def look_up(key: Any, entries: Iterator[Any]) -> Iterator[Any]:
        known: Any = None
        for time, is_right, value in entries:
            if not is_right:
                is_seen = known is not None and gate(time, known[0])
                yield time, (key, (value, known[1] if is_seen else None))
            elif plus is not None and known is not None and gate(time, known[0]):
                known = time, plus(known[1], value)
            else:
                known = time, value

    grouped: Grouped[Any, Any] = Grouped(rows.node).with_reducers(reducers)
    return grouped.sort_by(_place).map_group(look_up).values()


def _marked(is_right: bool, row: Any) -> Any:
    time, (key, value) = row
    return key, (time, is_right, value)


def _place(entry: Any) -> Any:
    return entry[0], entry[1]


def _counted(key: Any, entries: Iterator[Any]) -> Iterator[Any]:
    values: list[Any] = []
    counts: list[list[int]] = []
    for value, side in entries:
        if value not in values:
            values.append(value)
            counts.append([0, 0])
        counts[values.index(value)][side] += 1
    for value, (left, right) in zip(values, counts, strict=True):
        yield value, (left, right)


def _differs(row: Any) -> bool:
    return bool(row[1][0] != row[1][1])


def _first(row: Any) -> Any:
    return row[0]


def _always(left: Any, right: Any) -> bool:
    return True
