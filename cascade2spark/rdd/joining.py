"""hash_join: pairs against pairs that every worker holds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Literal

import attrs
from pyspark import RDD, Broadcast

from cascade2spark.batch.batches import Row, rows_of
from cascade2spark.batch.blocks import arrival_order, decode_all, encode_block
from cascade2spark.batch.table_cache import TableCache
from cascade2spark.config import Settings
from cascade2spark.errors import BuildError, FlowError, RunError, Unsupported
from cascade2spark.ordering_python import python_group_keys
from cascade2spark.rdd.tasks import Call, check_count, check_rdd, chunks

__all__ = ["hash_join"]

_MIB = 1 << 20
# Python objects in a dict take so many times the bytes of their blocks.
_TABLE_FACTOR = 8
_cache = TableCache()
_MISSING = object()
# Keys of these classes are certain to be their own names.
_OWN_NAMES = frozenset({str, int, bytes})


def hash_join(
    large: RDD[tuple[Any, Any]],
    small: RDD[tuple[Any, Any]],
    how: Literal["inner", "left"] = "inner",
    *,
    max_bytes: int | None = None,
) -> RDD[tuple[Any, tuple[Any, Any]]]:
    """Join pairs with pairs that every worker process holds in a table; nothing is shuffled.

    The small side is computed, collected and broadcast by this very call; later changes of what it
    was made from are not seen. Each worker process builds one table, and keeps it as long as
    Spark keeps the broadcast there.

    Args:
        large: (key, value) pairs; they stay where they are, in their order.
        small: (key, value) pairs.
        how: ``inner`` drops pairs without a partner, ``left`` gives them the partner None.
        max_bytes: most serialised bytes of the small side. Default 256 MiB, the default of
            ``cascade2spark.broadcast.max.bytes``; in memory it takes about eight times as much.
    Returns:
        An RDD of (key, (left, right)), as PySpark's join; several partners of a pair come in the
        order of the small side, and the key is that of the large side.
    Raises:
        BuildError: an argument is of the wrong kind.
        Unsupported: a right or outer join: no task sees which pairs of the small side stay alone.
        FlowError: the small side is larger than `max_bytes`; nothing was collected then.
        RunError: (in the tasks) an element is no pair, a key is of a class that has no order.
    Laws:
        1. Keys that are ``==`` meet; so do Nones, and NaNs.
    Source:
        PySpark's join and leftOuterJoin; Cascading's HashJoin
    Example:
        visits = sc.parallelize([("ann", 7), ("bob", 2)])
        names = sc.parallelize([("ann", "Ann Lee")])
        sorted(hash_join(visits, names).collect())  # [('ann', (7, 'Ann Lee'))]
    """
    name = "hash_join"
    check_rdd(name, "first argument", large)
    check_rdd(name, "second argument", small)
    check_count(name, "max_bytes", max_bytes)
    call = Call.of(name, large.context)
    _check_how(call, how)
    limit = Settings.from_properties().broadcast_max_bytes if max_bytes is None else max_bytes
    blocks = _collected(call, small, limit)
    return large.mapPartitions(_Joining(call, large.context.broadcast(blocks), how == "left"))


def _check_how(call: Call, how: Any) -> None:
    if how in ("inner", "left"):
        return
    if how in ("right", "outer", "full", "fullouter", "rightouter"):
        raise Unsupported(
            f"hash_join cannot do a {how} join: no task sees which of the small side stay alone",
            asked=how,
            available=["inner", "left"],
            origin=call.origin,
            fix="use co_group",
        )
    raise BuildError(
        "hash_join knows no such join", asked=how, available=["inner", "left"], origin=call.origin
    )


def _collected(call: Call, small: RDD[Any], limit_bytes: int) -> list[bytes]:
    # Tasks send what is within their share at once: of a side that is too large, not more than the
    # limit comes here in all. Those of few large partitions are asked again.
    packing = _Packing(call, limit_bytes // max(small.getNumPartitions(), 1))
    packed = small.mapPartitionsWithIndex(packing).collect()
    size = sum(size for size, _ in packed)
    if size > limit_bytes:
        raise FlowError(
            "hash_join: the small side is too large to hold in every task",
            details={
                "size": f"{size / _MIB:.1f} MiB serialised",
                "limit": f"{limit_bytes / _MIB:.1f} MiB (max_bytes)",
            },
            origin=call.origin,
            fix="use co_group, which does the same with an exchange",
        )
    late = [index for index, (_, blocks) in enumerate(packed) if blocks is None]
    whole = small.mapPartitionsWithIndex(_Packing(call, limit_bytes))
    packed += small.context.runJob(whole, list, late) if late else []
    return arrival_order(block for _, blocks in packed for block in blocks or ())


@attrs.frozen
class _Packing:
    """Turns a partition of the small side into its size and its blocks.

    Args:
        most_bytes: of blocks; None stands for more.
    """

    call: Call
    most_bytes: int

    def __call__(
        self, index: int, elements: Iterable[Any]
    ) -> Iterator[tuple[int, list[bytes] | None]]:
        size, held = 0, []
        for block in self._blocks(index, elements):
            size += len(block)
            held.append(block)
            if size > self.most_bytes:
                held.clear()
        yield size, held if size <= self.most_bytes else None

    def _blocks(self, index: int, elements: Iterable[Any]) -> Iterator[bytes]:
        with self.call.task():
            for number, chunk in enumerate(chunks(elements)):
                _check_pairs(self.call, chunk)
                _names(self.call, chunk)
                try:
                    yield encode_block([tuple(pair) for pair in chunk], 0, index, number)
                except RunError as error:
                    raise self.call.failed(error, "a value") from error.__cause__


class _Task:
    """Stands for a task in the table cache, which must know when it is over."""


@attrs.frozen
class _Joining:
    """Looks the pairs of a partition of the large side up."""

    call: Call
    blocks: Broadcast[list[bytes]]
    is_left: bool

    def __call__(self, elements: Iterable[Any]) -> Iterator[tuple[Any, tuple[Any, Any]]]:
        with self.call.task():
            task: Any = _Task()
            limit = self.call.memory_bytes
            table = _cache.table(self.blocks, "pairs", self._built, task, limit)
            joined = self._among_several if table.has_several else self._among_single
            yield from joined(table, elements)

    # One frame for each pair is what these cost: 150 ns, where a list for each chunk takes 190.

    def _among_single(
        self, table: _Table, elements: Iterable[Any]
    ) -> Iterator[tuple[Any, tuple[Any, Any]]]:
        missing, alone = _MISSING, self.is_left
        for pair in elements:
            try:
                key, left = pair
                right = table[key] if pair.__class__ is tuple else self._found(table, pair)
            except Exception:
                key, left = self._pair(pair)
                right = self._found(table, pair)
            if right is not missing:
                yield key, (left, right)
            elif alone:
                yield key, (left, None)

    def _among_several(
        self, table: _Table, elements: Iterable[Any]
    ) -> Iterator[tuple[Any, tuple[Any, Any]]]:
        missing, alone = _MISSING, self.is_left
        for pair in elements:
            try:
                key, left = pair
                found = table[key] if pair.__class__ is tuple else self._found(table, pair)
            except Exception:
                key, left = self._pair(pair)
                found = self._found(table, pair)
            if found is not missing:
                for right in found:
                    yield key, (left, right)
            elif alone:
                yield key, (left, None)

    def _pair(self, element: Any) -> Any:
        _check_pairs(self.call, [element])
        return element

    def _found(self, table: _Table, element: Any) -> Any:
        return table.get(_names(self.call, [self._pair(element)])[0], _MISSING)

    def _built(self) -> tuple[_Table, int]:
        blocks = self.blocks.value
        batches = decode_all(blocks)
        rows = (batch if isinstance(batch, list) else rows_of(batch) for batch in batches)
        return _Table(rows), _TABLE_FACTOR * sum(map(len, blocks))


class _Table(dict[Hashable, Any]):
    """The values of the small side by the name of their key; no value where there is none.

    It is asked for keys: those that Python finds are the right ones, and only of others is the name
    made. Where no key has two values, which is mostly so, they stand here without a list around
    them: looking pairs up takes a quarter less.

    Args:
        batches: the pairs.

    Attributes:
        has_several: values are lists.
    """

    def __init__(self, batches: Iterable[list[Row]]) -> None:
        super().__init__()
        for rows in batches:
            for name, (_, value) in zip(python_group_keys([r[0] for r in rows]), rows, strict=True):
                self.setdefault(name, []).append(value)
        self.has_several = any(len(values) > 1 for values in self.values())
        if not self.has_several:
            self.update([(name, value) for name, (value,) in self.items()])

    def __missing__(self, key: Any) -> Any:
        if key.__class__ in _OWN_NAMES:
            return _MISSING
        return self.get(python_group_keys([key])[0], _MISSING)


def _names(call: Call, pairs: list[Row]) -> list[Any]:
    try:
        return python_group_keys([pair[0] for pair in pairs])
    except Exception as error:
        for pair in pairs:
            try:
                python_group_keys([pair[0]])
            except Exception:
                raise call.failed(error, "the key", element=pair) from error
        raise


def _check_pairs(call: Call, elements: list[Any]) -> None:
    if set(map(type, elements)) == {tuple} and set(map(len, elements)) == {2}:
        return
    for element in elements:
        if not isinstance(element, (tuple, list)) or len(element) != 2:
            raise call.refusal(
                "an element is no (key, value) pair",
                details={"element": f"{element!r:.200}, a {type(element).__name__}"},
                fix="make pairs first: rdd.keyBy(...)",
            )
