"""aggregate_by: one state for each key, folded before the exchange and merged behind it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import islice
from typing import Any

import attrs
from pyspark import RDD

from cascade2spark.batch.batches import Rows, rows_memory
from cascade2spark.batch.block_store import BlockStore
from cascade2spark.batch.sort import sorted_groups
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.errors import BuildError, shown_value
from cascade2spark.ordering_python import PythonKeyOrder, python_group_keys
from cascade2spark.origin import capture_origin
from cascade2spark.rdd.cutting import cut_all
from cascade2spark.rdd.exchange import RowSender
from cascade2spark.rdd.keys import Cut, ElementKey, as_cut
from cascade2spark.rdd.tasks import Call, check_callable, check_rdd, chunks, partitions_for
from cascade2spark.selection import Pick
from cascade2spark.spark.shuffle import exchanged

__all__ = ["aggregate_by"]

_MOST_KEYS = 100_000
# The share of the held keys that leaves at a time.
_LEAVING_SHARE = 8
# States may grow: their memory is estimated after so many chunks of elements, from so many of them.
_CHUNKS_A_LOOK = 80
_SAMPLED_STATES = 32
_HELD_SHARE = 4
_KEY, _ORDER = Pick((0,)), PythonKeyOrder(1)


def aggregate_by(
    rdd: RDD[Any],
    *,
    key: ElementKey,
    zero: Any,
    step: Callable[[Any, Any], Any],
    merge: Callable[[Any, Any], Any],
    finish: Callable[[Any], Any] | None = None,
    partitions: int | None = None,
) -> RDD[tuple[Any, Any]]:
    """Fold the elements of each key into one state, most of it before anything is sent.

    Each task keeps the states of up to 100,000 keys, fewer when they grow large; beyond that the
    oldest travel early, and a key may be sent in several parts.

    Args:
        rdd: any elements.
        key: a function of an element, a position in an element that is a tuple, or a tuple of
            positions.
        zero: the state before the first element: a function that makes it, or a value; one that can
            change, such as a list, is copied for every key.
        step: (state, element) -> the next state; it may change the state it is given.
        merge: (state, state of later elements) -> the state of both. The result must not depend on
            where the elements of a key are cut.
        finish: last state -> result; without it the state is the result.
        partitions: number of partitions of the result; by default what PySpark's shuffles take.
    Returns:
        An RDD of (key, result), in key order within a partition.
    Raises:
        BuildError: an argument is of the wrong kind.
        RunError: (in the tasks) a function of the user's failed, with the element or key; a key is
            of a class that has no order; a state cannot be pickled.
    Laws:
        1. Keys that are ``==`` are one, called as their first element calls it; so are NaNs.
        2. Elements are folded, and parts merged, in the order of the RDD.
    Source:
        PySpark's aggregateByKey, whose elements have to be pairs; Scalding's aggregate
    Example:
        sales = sc.parallelize([("ann", 7), ("bob", 2), ("ann", 3)])
        add = lambda left, right: left + right
        sums = aggregate_by(sales, key=0, zero=0, step=lambda total, row: total + row[1], merge=add)
        sorted(sums.collect())  # [('ann', 10), ('bob', 2)]
    """
    name = "aggregate_by"
    check_rdd(name, "first argument", rdd)
    cut = as_cut(name, "key", key)
    _check_zero(name, zero)
    check_callable(name, "step", step, ("state", "element"))
    check_callable(name, "merge", merge, ("state", "later state"))
    if finish is not None:
        check_callable(name, "finish", finish, ("state",))
    count = partitions_for(name, partitions, [rdd])
    call = Call.of(name, rdd.context)
    folding = _Folding(call, cut, zero, step, count)
    reduced = exchanged(rdd.context, [rdd.mapPartitionsWithIndex(folding)], count)
    return reduced.mapPartitions(_Merging(call, merge, finish))


def _check_zero(name: str, zero: Any) -> None:
    if callable(zero):
        check_callable(name, "zero", zero, ())
        return
    try:
        copy.deepcopy(zero)
    except Exception as error:
        raise BuildError(
            f"{name} cannot copy its zero, which each key needs for itself",
            details={"given": shown_value(zero), "because": error},
            origin=capture_origin(),
            fix="give a function that makes it",
        ) from error


@attrs.frozen
class _Folding:
    """The map side: states by key."""

    call: Call
    key: Cut
    zero: Any
    step: Callable[[Any, Any], Any]
    partitions: int

    def __call__(self, index: int, elements: Iterable[Any]) -> Iterator[tuple[int, bytes]]:
        held = _States(self.call, self.zero, self.step)
        with self.call.task():
            sender = RowSender(self.call, (0,), self.partitions, 0, index)
            for number, chunk in enumerate(chunks(elements), start=1):
                held.absorb(cut_all(self.call, self.key, chunk, "the key function"), chunk)
                excess = len(held) - _MOST_KEYS
                if excess > 0:
                    yield from held.leaving(max(excess, _MOST_KEYS // _LEAVING_SHARE), sender)
                elif number % _CHUNKS_A_LOOK == 0 and held.is_heavy():
                    yield from held.leaving(len(held), sender)
            yield from held.leaving(len(held), sender)


class _States:
    """One state for each key, by the name of the key."""

    def __init__(self, call: Call, zero: Any, step: Callable[[Any, Any], Any]) -> None:
        self._call, self._start, self._step = call, _starter(zero), step
        self._by_name: dict[Hashable, Any] = {}
        # What a key is called, where that is not its name.
        self._called: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self._by_name)

    def absorb(self, keys: list[Any], elements: list[Any]) -> None:
        """Fold elements into the states of their keys.

        Raises:
            RunError: a function of the user's fails, or a key has no name; it has the element.
        """
        names = self._names(keys, elements)
        held, step, start, element = self._by_name, self._step, self._start, None
        if names is not keys:
            for name, key in zip(names, keys, strict=True):
                if name not in held:
                    self._called.setdefault(name, key)
        try:
            for name, element in zip(names, elements, strict=True):
                if name in held:
                    held[name] = step(held[name], element)
                else:
                    held[name] = step(start(), element)
        except Exception as error:
            raise self._call.failed(error, "zero or step", element=element) from error

    def is_heavy(self) -> bool:
        """Tell whether the states take more than their share of the memory."""
        some: Any = [(state,) for state in islice(self._by_name.values(), _SAMPLED_STATES)]
        held_bytes = rows_memory(some) * len(self) // max(len(some), 1)
        return held_bytes > self._call.memory_bytes // _HELD_SHARE

    def leaving(self, keys: int, sender: RowSender) -> Iterator[tuple[int, bytes]]:
        """Send the oldest states, and hold them no longer."""
        oldest = list(islice(self._by_name, keys))
        take, called = self._by_name.pop, self._called.pop
        start = 0
        while start < len(oldest):
            names = oldest[start : start + sender.wanted_rows]
            start += len(names)
            rows: Rows = [(called(name, name), take(name)) for name in names]
            yield from sender.send(rows)

    def _names(self, keys: list[Any], elements: list[Any]) -> list[Any]:
        try:
            return python_group_keys(keys)
        except Exception as error:
            for key, element in zip(keys, elements, strict=True):
                try:
                    python_group_keys([key])
                except Exception:
                    raise self._call.failed(error, "the key", element=element) from error
            raise


@attrs.frozen
class _Merging:
    """The reduce side: parts of a key merged in arrival order."""

    call: Call
    merge: Callable[[Any, Any], Any]
    finish: Callable[[Any], Any] | None

    def __call__(self, pairs: Iterable[tuple[int, bytes]]) -> Iterator[tuple[Any, Any]]:
        with self.call.task() as spill:
            store = BlockStore((block for _, block in pairs), spill)
            merged = self._spilled(store, spill) if store.is_spilled else self._held(store)
            for key, state in merged:
                yield key, self._finished(key, state)

    def _held(self, store: BlockStore) -> Iterator[tuple[Any, Any]]:
        held: dict[Hashable, list[Any]] = {}
        find, merge, key = held.get, self.merge, None
        for rows in store.row_batches():
            names = python_group_keys([row[0] for row in rows])
            try:
                for name, (key, state) in zip(names, rows, strict=True):
                    entry = find(name)
                    if entry is None:
                        held[name] = [key, state]
                    else:
                        entry[1] = merge(entry[1], state)
            except Exception as error:
                raise self.call.failed(error, "merge", key=key) from error
        entries: Any = list(held.values())
        sort_key = _ORDER.sort_key_among(entries)
        for key, state in sorted(entries, key=sort_key):
            yield key, state

    def _spilled(self, store: BlockStore, spill: SpillSpace) -> Iterator[tuple[Any, Any]]:
        for (key,), rows in sorted_groups(store.row_batches(), _KEY, _ORDER, spill=spill):
            states = (state for _, state in rows)
            state = next(states)
            try:
                for other in states:
                    state = self.merge(state, other)
            except Exception as error:
                raise self.call.failed(error, "merge", key=key) from error
            yield key, state

    def _finished(self, key: Any, state: Any) -> Any:
        if self.finish is None:
            return state
        try:
            return self.finish(state)
        except Exception as error:
            raise self.call.failed(error, "finish", key=key) from error


def _starter(zero: object) -> Callable[[], Any]:
    if callable(zero):
        return zero
    # What cannot change is its own copy, as are tuples of such.
    return (lambda: zero) if copy.deepcopy(zero) is zero else (lambda: copy.deepcopy(zero))
