"""Joins that memory holds but for one key: all others are joined at once, this one by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from cascade2spark.batch.batches import Columns, Row
from cascade2spark.batch.heavy_keys import Batches, HeavyKey
from cascade2spark.batch.join_parts import JoinPart, JoinPlan, matched_part
from cascade2spark.batch.join_tables import of_one_type
from cascade2spark.batch.join_windows import heavy_part
from cascade2spark.batch.spill import SpillSpace

__all__ = ["KeyApart", "key_apart"]


class KeyApart:
    """The streams of a join, with one key taken out of all of them.

    Args:
        keys: for each stream the key in it.
        streams: the rows of all other keys.
        kinds: the types of the columns of each stream.
    """

    def __init__(
        self,
        keys: Sequence[HeavyKey],
        streams: list[list[Columns]],
        kinds: Sequence[Sequence[pa.DataType]],
    ) -> None:
        self._keys, self._streams, self.kinds = keys, streams, kinds

    def parts(
        self, plan: JoinPlan, sort_key: Callable[[Row], Any], spill: SpillSpace
    ) -> Iterator[JoinPart]:
        """Yield the parts of the join, in key order; each is used up before the next.

        Args:
            sort_key: orders keys.
            spill: the memory limit, and where held sides of the key go.
        """
        whole = matched_part(plan, self._streams, self.kinds)
        self._streams.clear()  # the part has copies
        before, behind = whole.cut(sort_key(self._keys[0].key), sort_key)
        del whole
        yield before
        del before
        yield from heavy_part(plan, [key.rows for key in self._keys], self.kinds, spill)
        yield behind


def key_apart(
    found: Sequence[HeavyKey | None],
    inputs: Sequence[Batches],
    widths: Sequence[int],
    key_places: Sequence[Sequence[int]],
    sizes: Sequence[int],
    most_bytes: int,
) -> KeyApart | None:
    """Return a join without its heavy key, None where there is none, or the rest is too large.

    Args:
        found: the heavy key of each stream.
        inputs: give the rows of each stream.
        widths: of each stream, its number of columns.
        key_places: of each stream, the columns of its key.
        sizes: of each stream, its bytes.
        most_bytes: of all that is not of the key.
    Raises:
        NotColumns: the types of a column change.
    """
    heavy = next((key for key in found if key is not None), None)
    if heavy is None:
        return None
    keys: list[HeavyKey] = []
    for own, batches, places in zip(found, inputs, key_places, strict=True):
        is_same = own is not None and own.is_same(heavy)
        key = own if is_same else heavy.in_other(batches, places)
        if key is None:
            return None
        keys.append(key)
    about = sum(size * (1 - key.share) for size, key in zip(sizes, keys, strict=True))
    if about > most_bytes:
        return None
    streams: list[list[Columns]] = []
    left = most_bytes
    for key in keys:
        streams.append([])
        for batch in key.others():
            left -= batch.nbytes
            if left < 0:
                return None
            streams[-1].append(batch)
    loaded = [of_one_type(some, width) for some, width in zip(streams, widths, strict=True)]
    return KeyApart(keys, [some for some, _ in loaded], [kinds for _, kinds in loaded])
