"""Heavy keys of a CoGroup spread over several partitions, where ``skewed=True`` asks for it.

The first side is cut into blocks once and kept; what its tasks counted says which keys are heavy.
The rows of such a key go in turn to as many partitions as they would fill, and the rows that the
other sides have of it are copied to all of these: every row of the first side still meets all rows
of the others, in their order. All other blocks stay as they are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cascade2spark.batch.batches import Batch
from cascade2spark.batch.blocks import decode_block, encode_block, read_header
from cascade2spark.batch.hashing import batch_hashes
from cascade2spark.batch.key_counts import heaviest_keys
from cascade2spark.ordering import AnyKeyOrder
from cascade2spark.selection import Pick

__all__ = ["Copied", "Spread", "heavy_targets"]

# Heavy is what fills this many partitions of average size: less is not worth the copies.
_HEAVY_PARTITIONS = 1.5

Pair = tuple[int, bytes]
Places = npt.NDArray[np.int64]


def heavy_targets(
    records: Iterable[Mapping[str, Any]], order: AnyKeyOrder, partitions: int
) -> dict[int, tuple[int, ...]]:
    """Return, for the hash of each heavy key, the partitions that its rows are spread over.

    Args:
        records: what the tasks of the first side counted: `KeyCounter.record()`.
        order: the join's.
        partitions: of its exchange.
    """
    _, shares = heaviest_keys(records, order, most=partitions)
    found = {}
    for one in shares:
        filled = one.share * partitions
        if filled > _HEAVY_PARTITIONS:
            home = one.hash % partitions
            many = min(partitions, int(np.ceil(filled)))
            found[one.hash] = tuple((home + step) % partitions for step in range(many))
    return found


@attrs.frozen
class _Moving(ABC):
    """What both directions share.

    Args:
        key, order: the side's key.
        targets: where the rows of each heavy key go, its own partition first.
    """

    key: Pick
    order: AnyKeyOrder
    targets: Mapping[int, tuple[int, ...]]

    def __call__(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Yield the pairs of one map task, those with heavy keys moved."""
        homes = {places[0] for places in self.targets.values()}
        for partition, block in pairs:
            if partition in homes:
                yield from self._moved(partition, block)
            else:
                yield partition, block

    @abstractmethod
    def _moved(self, partition: int, block: bytes) -> Iterator[Pair]:
        """Yield what becomes of a block of a partition that heavy keys belong to."""

    def _heavy_places(
        self, partition: int, batch: Batch
    ) -> Iterator[tuple[Places, tuple[int, ...]]]:
        """Yield the places of the rows of each heavy key of a partition, and where they go."""
        hashes = batch_hashes(batch, self.key, self.order)
        for found, targets in self.targets.items():
            if targets[0] == partition:
                places = np.flatnonzero(hashes == np.uint64(found))
                if len(places):
                    yield places, targets


class Spread(_Moving):
    """Sends the rows of heavy keys of the first side to their partitions in turn."""

    def _moved(self, partition: int, block: bytes) -> Iterator[Pair]:
        batch, header = decode_block(block), read_header(block)
        goes_to = np.full(header.rows, partition, dtype=np.int64)
        for places, targets in self._heavy_places(partition, batch):
            # By their position, so that a task that runs again sends every row the same way.
            turns = np.arange(len(places)) + header.partition + header.sequence
            goes_to[places] = np.array(targets)[turns % len(targets)]
        for target in np.unique(goes_to).tolist():
            yield target, _part(batch, np.flatnonzero(goes_to == target), block)


class Copied(_Moving):
    """Copies the rows of heavy keys of another side to all partitions these are spread over."""

    def _moved(self, partition: int, block: bytes) -> Iterator[Pair]:
        yield partition, block
        batch = decode_block(block)
        taken: dict[int, list[Places]] = {}
        for places, targets in self._heavy_places(partition, batch):
            for target in targets[1:]:
                taken.setdefault(target, []).append(places)
        for target, parts in sorted(taken.items()):
            yield target, _part(batch, np.sort(np.concatenate(parts)), block)


def _part(batch: Batch, places: Places, block: bytes) -> bytes:
    """Return some rows of a block as a block that takes its place in the order of arrival."""
    header = read_header(block)
    if isinstance(batch, list):
        kept: Batch = [batch[place] for place in places.tolist()]
    else:
        kept = batch.take(pa.array(places))
    return encode_block(kept, header.source, header.partition, header.sequence)
