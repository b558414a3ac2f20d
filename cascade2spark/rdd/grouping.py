"""group_sorted and co_group: groups of elements, handed to a function in the task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from types import GeneratorType
from typing import Any

import attrs
from pyspark import RDD

from cascade2spark.batch.block_store import BlockStore
from cascade2spark.batch.held import HeldRows
from cascade2spark.batch.spill import SpillShare, SpillSpace
from cascade2spark.errors import BuildError, shown_value
from cascade2spark.origin import capture_origin
from cascade2spark.rdd.exchange import Sending
from cascade2spark.rdd.groups import Refusal, groups_of
from cascade2spark.rdd.keys import ElementKey, RowShape, as_cut
from cascade2spark.rdd.meeting import meetings
from cascade2spark.rdd.recognised import places_read
from cascade2spark.rdd.tasks import Call, check_callable, check_rdd, partitions_for
from cascade2spark.spark.shuffle import exchanged

__all__ = ["co_group", "group_sorted"]

# What a function of the user's mostly returns: nothing has to be found out about it.
_LISTS = frozenset({list})
_ITERABLE = frozenset({list, GeneratorType})
# Of the function of a group.
_VALUES_ARGUMENT = 1


def group_sorted(
    rdd: RDD[Any],
    fn: Callable[[Any, Iterator[Any]], Iterable[Any] | None],
    *,
    key: ElementKey,
    sort: ElementKey | None = None,
    reverse: bool = False,
    partitions: int | None = None,
) -> RDD[Any]:
    """Group the elements of an RDD, sort each group, and hand the groups to a function.

    This is the secondary sort: no group is ever a list in memory that need not be. `values` can be
    read once; what is left unread is skipped. It is dead once `fn` is done: return what you made
    of it, never the iterator itself.

    Args:
        rdd: any elements that can be pickled.
        fn: called with (key, values) for each group; returns an iterable of results, mostly by
            being a generator. None is no result.
        key: a function of an element, a position in an element that is a tuple, or a tuple of
            positions. Positions are quicker: tuples then travel as they are.
        sort: the order of the values, in the same three ways; without it they come in the order of
            the RDD, as do equal ones.
        reverse: sort the values from the greatest to the least, None last.
        partitions: number of partitions of the result; by default what PySpark's shuffles take.
    Returns:
        An RDD of all results. Groups come in key order within a partition.
    Raises:
        BuildError: an argument is of the wrong kind.
        RunError: (in the tasks) a function of the user's failed, with the element or key; a key or
            sort value is of a class that has no order; a value cannot be pickled.
    Laws:
        1. Every element is in exactly one group. 2. Keys that are ``==`` are one group, as are
        NaNs and Nones; its key is that of its first element.
    Source:
        Hadoop's secondary sort; repartitionAndSortWithinPartitions followed by itertools.groupby
    Example:
        visits = sc.parallelize([("ann", 7), ("bob", 2), ("ann", 3)])
        first = group_sorted(visits, lambda who, rows: [next(rows)], key=0, sort=1)
        sorted(first.collect())  # [('ann', 3), ('bob', 2)]
    """
    name = "group_sorted"
    check_rdd(name, "first argument", rdd)
    check_callable(name, "second argument, fn,", fn, ("key", "values"))
    if not isinstance(reverse, bool):
        raise BuildError(
            f"{name} takes True or False as reverse",
            details={"given": shown_value(reverse)},
            origin=capture_origin(),
        )
    if sort is None and reverse:
        raise BuildError(f"{name}: reverse needs sort", origin=capture_origin())
    shape = _shape(name, key, sort, fn)
    count = partitions_for(name, partitions, [rdd])
    call = Call.of(name, rdd.context)
    pairs = rdd.mapPartitionsWithIndex(Sending(call, shape, count))
    reduced = exchanged(rdd.context, [pairs], count)
    return reduced.mapPartitions(_Grouping(call, fn, shape, reverse))


def co_group(
    rdds: list[RDD[Any]] | tuple[RDD[Any], ...],
    fn: Callable[[Any, tuple[Iterable[Any], ...]], Iterable[Any] | None],
    *,
    keys: ElementKey | list[ElementKey],
    partitions: int | None = None,
) -> RDD[Any]:
    """Bring the elements of several RDDs together by key, and hand them to a function.

    Args:
        rdds: one or more RDDs of elements that can be pickled.
        fn: called with (key, sides) for each key of any RDD; returns an iterable of results; None
            is no result. `sides` has for each RDD an iterable of its elements of that key, empty if
            there are none. The first can be read once; put the RDD with the largest groups there.
            The others can be read as often as one likes, and have a length.
        keys: how the key is cut out of an element, as in `group_sorted`: for all RDDs, or a list
            with one for each.
        partitions: number of partitions of the result; by default what PySpark's shuffles take.
    Returns:
        An RDD of all results. Keys come in order within a partition; the elements of a side in the
        order of its RDD.
    Raises:
        BuildError: an argument is of the wrong kind; keys of different widths.
        RunError: (in the tasks) as `group_sorted`.
    Source:
        PySpark's groupWith, Scalding's coGroup
    Example:
        left, right = sc.parallelize([(1, "a")]), sc.parallelize([(1, "x"), (2, "y")])
        sizes = lambda key, sides: [(key, [len(list(side)) for side in sides])]
        sorted(co_group([left, right], sizes, keys=0).collect())  # [(1, [1, 1]), (2, [0, 1])]
    """
    name = "co_group"
    if not isinstance(rdds, (list, tuple)) or not rdds:
        raise BuildError(
            f"{name} takes a list of RDDs",
            details={"given": "none" if rdds in ([], ()) else f"a {type(rdds).__name__}"},
            origin=capture_origin(),
        )
    for place, rdd in enumerate(rdds):
        check_rdd(name, f"RDD number {place + 1}", rdd)
    check_callable(name, "second argument, fn,", fn, ("key", "sides"))
    shapes = _shapes(name, keys, len(rdds))
    count = partitions_for(name, partitions, list(rdds))
    context = rdds[0].context
    call = Call.of(name, context)
    pairs = [
        rdd.mapPartitionsWithIndex(Sending(call, shape, count, source))
        for source, (rdd, shape) in enumerate(zip(rdds, shapes, strict=True))
    ]
    reduced = exchanged(context, pairs, count)
    return reduced.mapPartitions(_CoGrouping(call, fn, tuple(shapes)))


class _Values:
    """The values of one group as the user sees them: read once, refused after the group."""

    __slots__ = ("_call", "_rest")

    def __init__(self, values: Iterable[Any], call: Call) -> None:
        self._rest: Iterator[Any] | None = iter(values)
        self._call = call

    def __iter__(self) -> Iterator[Any]:
        # The inner iterator: a loop over it costs nothing more.
        return self._rest if self._rest is not None else self

    def __next__(self) -> Any:
        if self._rest is None:
            raise self._dead("the values of a group were read after its function was done")
        return next(self._rest)

    def __reduce__(self) -> Any:
        raise self._dead("a function returned the iterator of a group's values, or sent it away")

    def close(self) -> None:
        """Refuse to be read from now on."""
        self._rest = None

    def _dead(self, headline: str) -> Exception:
        return self._call.refusal(headline, fix="return a list of the values: list(values)")


@attrs.frozen
class _Grouping:
    """The reduce side of `group_sorted`."""

    call: Call
    fn: Callable[[Any, Any], Any]
    shape: RowShape
    reverse: bool

    def __call__(self, pairs: Iterable[tuple[int, bytes]]) -> Iterator[Any]:
        shape, call, fn = self.shape, self.call, self.fn
        is_alone = shape.key.is_alone
        with call.task() as spill:
            store = BlockStore((block for _, block in pairs), spill)
            refusal = _refusal(call)
            for key, elements in groups_of(store, 0, shape, self.reverse, spill, refusal):
                values, shown = _Values(elements, call), key[0] if is_alone else key
                try:
                    made = fn(shown, values)
                    if made.__class__ not in _ITERABLE:
                        made = call.results(made, "fn", key=shown)
                    yield from made
                except Exception as error:
                    raise call.failed(error, "fn", key=shown) from error
                values.close()


@attrs.frozen
class _CoGrouping:
    """The reduce side of `co_group`."""

    call: Call
    fn: Callable[[Any, Any], Any]
    shapes: tuple[RowShape, ...]

    def __call__(self, pairs: Iterable[tuple[int, bytes]]) -> Iterator[Any]:
        with self.call.task() as spill:
            store = BlockStore((block for _, block in pairs), spill)
            yield from self._joined(store, spill)

    def _joined(self, store: BlockStore, spill: SpillSpace) -> Iterator[Any]:
        first, size = self.shapes[0], len(self.shapes)
        call, fn, is_alone, refusal = self.call, self.fn, first.key.is_alone, _refusal(self.call)
        # Every side sorts with its part of the memory.
        share = SpillShare(spill, size)
        groups = [
            groups_of(store, source, shape, False, share, refusal)
            for source, shape in enumerate(self.shapes)
        ]
        held = [HeldRows(spill, size) for _ in self.shapes[1:]]
        for key, (streamed, *others) in meetings(groups, first.key_order):
            values, shown = _Values(streamed, call), key[0] if is_alone else key
            are_lists = _LISTS.issuperset(map(type, others))
            sides = others if are_lists else map(_side, others, held)
            try:
                made = fn(shown, (values, *sides))
                if made.__class__ not in _ITERABLE:
                    made = call.results(made, "fn", key=shown)
                yield from made
            except Exception as error:
                raise call.failed(error, "fn", key=shown) from error
            values.close()
            if not are_lists:
                for holder in held:
                    holder.close()


class _HeldElements(Sequence[Any]):
    """The elements of a side that were too many for a list; to be read as often as one likes."""

    def __init__(self, rows: HeldRows) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return (element for (element,) in self._rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return list(self)[place]
        return next(islice(self, range(len(self))[place], None))


def _side(elements: Iterable[Any], holder: HeldRows) -> Sequence[Any]:
    if isinstance(elements, list):
        return elements
    holder.extend((element,) for element in elements)
    return _HeldElements(holder)


def _refusal(call: Call) -> Refusal:
    return lambda error, row: call.failed(error, "the key or sort value", row=row)


def _shape(name: str, key: ElementKey, sort: ElementKey | None, fn: Callable[..., Any]) -> RowShape:
    cuts = as_cut(name, "key", key), None if sort is None else as_cut(name, "sort", sort)
    return RowShape(*cuts, places_read(fn, _VALUES_ARGUMENT))


def _shapes(name: str, keys: Any, size: int) -> list[RowShape]:
    given = keys if isinstance(keys, list) else [keys] * size
    if len(given) != size:
        raise BuildError(
            f"{name} takes one key for all RDDs, or a list with one for each",
            details={"given": f"{len(given)} keys for {size} RDDs"},
            origin=capture_origin(),
        )
    cuts = [as_cut(name, "keys", one) for one in given]
    if len({(cut.width, cut.is_alone) for cut in cuts}) == 1:
        return [RowShape(cut) for cut in cuts]
    # A key is one value everywhere, or rows of one key would lie in different partitions.
    return [RowShape(cut.whole()) for cut in cuts]
