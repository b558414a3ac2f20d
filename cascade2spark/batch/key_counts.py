"""The heaviest keys of an exchange, counted while its rows are split.

A task counts the hashes of a sample of the rows it sends, and tells how often the heaviest came;
the driver adds up what the tasks told.

How exact it is, in shares of all rows of the exchange. The sample holds every row of the first
32,768 of a task and then one of 2, 4, 8 … rows, drawn by a seeded generator from each stretch of so
many, so that no pattern in the data meets a pattern in the sample: the standard error of a share
`p` within a task is at most ``sqrt(0.67 * p * (1 - p) / 32768)``, 0.1 % at 5 %, and less over
several tasks. The counters are those of Misra and Gries with 2,048 places: a count is never too
high, and too low by at most 0.05 %. A task keeps keys below 0.1 % of its rows to itself, so a sum
over tasks is too low by at most another 0.1 %. For a key of 5 % that is 3 % of its share at worst
and 2 % standard error.

Keys are told apart by the 64 bits of their hash, so a comparator's keys that hash alike count as
one: they go to one partition anyway.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from cascade2spark.batch.batches import Batch, Columns, Row, Rows, batch_rows, rows_of
from cascade2spark.batch.hashing import Hashes, batch_hashes
from cascade2spark.batch.kernels.places import place_array
from cascade2spark.batch.key_types import has_column_keys
from cascade2spark.errors import shown_value
from cascade2spark.ordering import AnyKeyOrder, KeyOrder
from cascade2spark.selection import Pick

__all__ = ["KeyCounter", "KeyShare", "heaviest_keys"]

Counts = npt.NDArray[np.int64]

_WHOLE_ROWS = 32_768  # counted one by one before the sample gets thinner
_PLACES = 2_048
_TOLD_SHARE = 0.001
_GATHERED = 16_384  # sampled rows between two rounds of counting, which costs 0.1 ms by itself
_SHOWN_CHARACTERS = 200
_SEED = 20080101
_KEPT_TYPES = frozenset(
    {
        type(None),
        bool,
        int,
        float,
        Decimal,
        datetime.date,
        datetime.datetime,
        datetime.time,
    }
)


@attrs.frozen
class KeyShare:
    """One key of an exchange.

    Args:
        key: its values; of what is neither number, text nor date, a text.
        share: its part of the rows, from 0 to 1.
        hash: the hash that decides its partition.
    """

    key: Row
    share: float
    hash: int


class KeyCounter:
    """Counts the keys of the rows that one task sends into an exchange.

    Args:
        key: cuts the key out of a row.
        order: whose hash tells keys apart; natural order's where a comparator has no hash.
    """

    def __init__(self, key: Pick, order: AnyKeyOrder) -> None:
        self._key, self._order = key, order
        self._takes_hashes = order.has_group_key
        if not self._takes_hashes:
            self._order = KeyOrder(order.width)
        self._places = key.positions if has_column_keys(self._order) else None
        # Python's own: numpy's are loaded when they are first asked for, which takes 17 ms.
        self._random = random.Random(_SEED)
        self._rows = 0
        self._weight = 0
        self._sampled: list[_Sample] = []
        self._sampled_rows = 0
        self._hashes: Hashes = np.empty(0, dtype=np.uint64)
        self._counts: Counts = np.empty(0, dtype=np.int64)
        self._names: dict[int, Row] = {}

    def add(self, batch: Batch, hashes: Hashes | None = None) -> None:
        """Count the rows of a batch.

        Args:
            hashes: of their keys by the order of the exchange, where somebody needed them.
        """
        size, done = batch_rows(batch), 0
        if not self._order.width:  # all rows have the one key
            self._rows, done = self._rows + size, size
        while done < size:
            seen = self._rows
            stride = 1 if seen < _WHOLE_ROWS else 1 << (seen // _WHOLE_ROWS).bit_length()
            # The stride doubles where the rows seen have.
            until = _WHOLE_ROWS if stride == 1 else _WHOLE_ROWS * stride
            some = min(size - done, until - seen)
            self._sample(batch, hashes, done, some, stride)
            done += some
            self._rows += some
        if self._sampled_rows >= _GATHERED:
            self._count()

    def record(self) -> dict[str, Any]:
        """Return what the task tells: plain values."""
        self._count()
        told = self._hashes[self._counts >= self._least()].tolist()
        counts = dict(zip(self._hashes.tolist(), self._counts.tolist(), strict=True))
        return {
            "rows": self._rows,
            "weight": self._weight,
            "keys": [(found, counts[found], self._names.get(found)) for found in told],
        }

    def _least(self) -> float:
        return max(1.0, self._weight * _TOLD_SHARE)

    def _sample(
        self, batch: Batch, hashes: Hashes | None, start: int, size: int, stride: int
    ) -> None:
        places = np.arange(start, start + size, stride)
        if stride > 1:
            places += self._drawn(stride, len(places))
            places = places[places < start + size]
        if not len(places):
            return
        rows = self._taken(batch, places)
        if hashes is not None and self._takes_hashes:
            found = hashes[places]
        else:
            try:
                found = self._own_hashes(rows)
            except Exception:  # a row without a key: whoever works on it will say so
                return
        self._weight += len(found) * stride
        self._sampled_rows += len(found)
        self._sampled.append(_Sample(rows, found, stride))

    def _drawn(self, stride: int, size: int) -> npt.NDArray[np.int64]:
        """Return numbers below a power of two, each as likely as any other."""
        drawn = np.frombuffer(self._random.randbytes(8 * size), dtype="<i8")
        return drawn & (stride - 1)

    def _taken(self, batch: Batch, places: npt.NDArray[np.int64]) -> Batch:
        if isinstance(batch, list):
            return [batch[place] for place in places.tolist()]
        kept = batch if self._places is None else batch.select(list(self._places))
        return kept.take(place_array(places))

    def _own_hashes(self, rows: Batch) -> Hashes:
        if isinstance(rows, list) or self._places is None:
            return batch_hashes(rows, self._key, self._order)
        return batch_hashes(rows, Pick(tuple(range(rows.num_columns))), self._order)

    def _count(self) -> None:
        """Add what was sampled to the counters; learn the keys of those that may be told."""
        sampled, self._sampled, self._sampled_rows = self._sampled, [], 0
        for weight in {one.weight: None for one in sampled}:
            hashes = np.concatenate([one.hashes for one in sampled if one.weight == weight])
            hashes.sort()
            starts = _starts(hashes)
            counts = np.diff(starts, append=len(hashes)) * weight
            # Thinned out before it is merged, or most of the work is on keys that came once.
            self._merge(*_thinned(hashes[starts], counts))
        known = self._names
        heavy = self._hashes[self._counts >= self._least()].tolist()
        unknown = np.array([one for one in heavy if one not in known], dtype=np.uint64)
        for one in sampled if len(unknown) else ():
            for place in np.flatnonzero(np.isin(one.hashes, unknown)).tolist():
                found = int(one.hashes[place])
                if found not in known:
                    known[found] = _shown(self._key_of(one.rows, place))

    def _merge(self, fresh: Hashes, counted: Counts) -> None:
        both, counts = (
            np.concatenate([self._hashes, fresh]),
            np.concatenate([self._counts, counted]),
        )
        order = np.argsort(both)
        both = both[order]
        starts = _starts(both)
        self._hashes, self._counts = _thinned(both[starts], np.add.reduceat(counts[order], starts))

    def _key_of(self, rows: Batch, place: int) -> Row:
        if isinstance(rows, list):
            return self._key.of()(rows[place])
        [row] = rows_of(rows.slice(place, 1))
        return row if self._places is not None else self._key.of()(row)


def _starts(arranged: Hashes) -> Counts:
    """Return where each distinct hash begins."""
    is_new = np.ones(len(arranged), dtype=bool)
    np.not_equal(arranged[1:], arranged[:-1], out=is_new[1:])
    return np.flatnonzero(is_new)


def _thinned(hashes: Hashes, counts: Counts) -> tuple[Hashes, Counts]:
    """Return at most so many counters as there are places, all lowered by what the others lose."""
    if len(hashes) <= _PLACES:
        return hashes, counts
    counts = counts - np.partition(counts, -_PLACES - 1)[-_PLACES - 1]
    kept = counts > 0
    return hashes[kept], counts[kept]


@attrs.frozen(eq=False)
class _Sample:
    """Rows, or the columns of their keys, each of which stands for `weight`."""

    rows: Rows | Columns
    hashes: Hashes
    weight: int


def heaviest_keys(
    records: Iterable[Mapping[str, Any]], order: AnyKeyOrder, most: int = 10
) -> tuple[int, list[KeyShare]]:
    """Return the rows of an exchange, and its heaviest keys, heaviest first.

    Args:
        records: what the tasks told, one for each.
        order: the exchange's; it unites keys that a comparator without a hash finds the same.
        most: keys to return, a count.
    """
    rows = 0
    weights: dict[int, float] = {}
    names: dict[int, Row] = {}
    for record in records:
        rows += record["rows"]
        for found, weight, name in record["keys"]:
            scaled = weight * record["rows"] / record["weight"]
            weights[found] = weights.get(found, 0.0) + scaled
            names.setdefault(found, name or ())
    if not order.has_group_key:
        _unite(weights, names, order)
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:most]
    return rows, [KeyShare(names[found], weight / rows, found) for found, weight in ranked]


def _unite(weights: dict[int, float], names: dict[int, Row], order: AnyKeyOrder) -> None:
    same = order.same()
    kept: list[int] = []
    for found in sorted(weights, key=lambda one: -weights[one]):
        try:
            known = next((one for one in kept if same(names[one], names[found])), None)
        except Exception:  # a comparator of the user's, over keys that may have been cut
            known = None
        if known is None:
            kept.append(found)
        else:
            weights[known] += weights.pop(found)


def _shown(key: Row) -> Row:
    """Return a key as it can travel: the report of a task must never fail to."""
    return tuple(map(_shown_value, key))


def _shown_value(value: Any) -> Any:
    kind = type(value)
    if kind in _KEPT_TYPES:
        return value
    if kind in (str, bytes):
        return value[:_SHOWN_CHARACTERS]
    return shown_value(value)
