"""Elements over an exchange: ``(partition, block)`` pairs by the hash of `PythonKeyOrder`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import islice
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cascade2spark.batch.batches import Batch, Columns, Rows, is_within_column
from cascade2spark.batch.blocks import encode_block
from cascade2spark.batch.hashing import Hashes, column_hashes, python_column_hashes
from cascade2spark.batch.split import columns_by_partition, common_schema, united
from cascade2spark.errors import RunError
from cascade2spark.ordering_python import PythonKeyOrder, python_group_keys
from cascade2spark.rdd.cutting import Chunk
from cascade2spark.rdd.keys import CARRIED, RowShape, parts_at
from cascade2spark.rdd.tasks import Call

__all__ = ["Partitioner", "RowSender", "Sending"]

Numbers = npt.NDArray[np.int64]
# Gives the values of the keys of some rows, for each place of a key.
Keys = Callable[[], list[list[Any]]]

_BLOCK_BYTES = 256 << 10
_LEAST_BYTES = 1 << 16
# So many times what is cut up at once lies in memory meanwhile.
_DRAINS = 4
# Of a task's memory, for rows and blocks on the map side.
_MAP_SHARE = 4
_FIRST_ROWS, _MOST_ROWS = 64, 100_000
_COLUMN_ROWS = 4096
_MOST_REMEMBERED = 50_000
# For columns of these types the hash over columns is that of `PythonKeyOrder`.
_HASHED_ALIKE_TYPES = (pa.string(), pa.int64(), pa.binary(), pa.date32(), pa.null())


@attrs.frozen
class Sending:
    """The map side of an exchange of elements; what `mapPartitionsWithIndex` is given.

    Args:
        call: whose exchange it is.
        shape: how elements become rows.
        partitions: number of reduce partitions.
        source: which input of the exchange this is.
    """

    call: Call
    shape: RowShape
    partitions: int
    source: int = 0

    def __call__(self, index: int, elements: Iterable[Any]) -> Iterator[tuple[int, bytes]]:
        """Yield ``(partition, block)`` pairs."""
        with self.call.task():
            places = tuple(range(self.shape.key.width))
            sender = RowSender(self.call, places, self.partitions, self.source, index)
            columns = ColumnSender(sender, self.shape)
            given = iter(elements)
            while True:
                # Read outside of any `try`: an error of the RDD before is not ours.
                chunk = list(islice(given, columns.wanted_rows))
                if not chunk:
                    break
                yield from columns.send(Chunk(self.call, self.shape, chunk))
            yield from columns.finish()


class RowSender:
    """Turns rows of one map task into ``(partition, block)`` pairs.

    Rows of any size and class come, so the number that makes blocks of the right size is learnt
    from the blocks before.

    Args:
        call: whose exchange it is.
        places: where the key lies in a row.
        partitions: number of reduce partitions.
        source: which input of the exchange this is.
        map_partition: number of the map task.
    """

    def __init__(
        self, call: Call, places: tuple[int, ...], partitions: int, source: int, map_partition: int
    ) -> None:
        self._call, self._partitions = call, partitions
        self._source, self._map, self._sequence = source, map_partition, 0
        self._partitioner = Partitioner(places, partitions)
        self._places = places
        share = call.memory_bytes // _MAP_SHARE // _DRAINS
        self.limit_bytes = max(_LEAST_BYTES, min(_BLOCK_BYTES * partitions, share))
        self.wanted_rows = _FIRST_ROWS

    def send(self, rows: Rows) -> Iterator[tuple[int, bytes]]:
        """Yield a block of rows for each partition that gets some; learn from their sizes."""
        return self._sent(rows, lambda: parts_at(self._places, rows), ())

    def send_chunk(self, chunk: Chunk) -> Iterator[tuple[int, bytes]]:
        """Do the same for elements; a block of rows that carry them says so."""
        marks = (CARRIED,) if chunk.is_carried else ()
        try:
            rows = chunk.rows()
        except IndexError as error:
            raise self._call.failed(error, "the key", row=_shortest(chunk.elements)) from error
        return self._sent(rows, chunk.key_parts, marks)

    def _sent(
        self, rows: Rows, keys: Keys, marks: tuple[tuple[Any, ...], ...]
    ) -> Iterator[tuple[int, bytes]]:
        sent = 0
        for partition, part in self._split(rows, keys):
            block = self._encoded([*marks, *part] if marks else part)
            sent += len(block)
            yield partition, block
        fitting = self.limit_bytes * len(rows) // max(sent, 1)
        self.wanted_rows = max(1, min(fitting, 8 * self.wanted_rows, _MOST_ROWS))

    def send_columns(self, columns: Columns, numbers: Numbers) -> Iterator[tuple[int, bytes]]:
        """Yield a block of columns for each partition that gets some, given that of each row."""
        for partition, part in columns_by_partition(columns, numbers, self._partitions):
            yield partition, self._encoded(part)

    def numbers(self, rows: Rows, keys: Keys, columns: list[pa.Array] | None = None) -> Numbers:
        """Return the partition of each row.

        Args:
            rows: for the message.
            keys: gives the values of their keys, for each place of one.
            columns: the keys, if they were made columns already.
        Raises:
            RunError: a key has no hash, or a row has no key.
        """
        values: list[list[Any]] | None = None
        try:
            found = None if columns is None else self._partitioner.of_columns(columns)
            if found is None:
                values = keys()
                found = self._partitioner.of_values(values)
            return found
        except Exception as error:
            raise self._call.failed(error, "the key", row=self._bad(rows, values)) from error

    def _encoded(self, batch: Batch) -> bytes:
        try:
            block = encode_block(batch, self._source, self._map, self._sequence)
        except RunError as error:
            raise self._call.failed(error, "a value") from error.__cause__
        self._sequence += 1
        return block

    def _split(self, rows: Rows, keys: Keys) -> Iterator[tuple[int, Rows]]:
        if self._partitions == 1:
            yield 0, rows
            return
        buckets: list[Rows] = [[] for _ in range(self._partitions)]
        appends = [bucket.append for bucket in buckets]
        for row, partition in zip(rows, self.numbers(rows, keys).tolist(), strict=True):
            appends[partition](row)
        for partition, bucket in enumerate(buckets):
            if bucket:
                yield partition, bucket

    def _bad(self, rows: Rows, values: list[list[Any]] | None) -> Any:
        if values is None:
            return _shortest(rows)
        for row, *key in zip(rows, *values, strict=True):
            try:
                self._partitioner.of_values([[value] for value in key])
            except Exception:
                return row
        return None


def _shortest(rows: list[Any]) -> Any:
    return min(rows, key=len)


class ColumnSender:
    """Sends rows as columns as long as all of them have an exact column form, then as they are.

    A secondary sort of tuples of three plain values takes half as long as with rows.

    Args:
        sender: makes the blocks.
        shape: how elements became rows.
    """

    def __init__(self, sender: RowSender, shape: RowShape) -> None:
        self._sender, self._key_places = sender, shape.key_columns
        self._wanted_rows = _FIRST_ROWS
        self._held: list[tuple[Columns, Numbers]] = []
        self._schema: Any = None
        self._held_bytes = 0
        self._is_over = False

    @property
    def wanted_rows(self) -> int:
        """How many elements to send next."""
        return self._sender.wanted_rows if self._is_over else self._wanted_rows

    def send(self, chunk: Chunk) -> Iterator[tuple[int, bytes]]:
        """Take elements; yield the blocks that are full."""
        columns = None if self._is_over else chunk.columns()
        if columns is None:
            yield from self.finish()
            # From now on: one block of rows makes rows of a whole partition.
            self._is_over = True
            yield from self._sender.send_chunk(chunk)
            return
        schema = common_schema(self._schema, columns.schema) if self._held else columns.schema
        if schema is None or not is_within_column(self._held_bytes + columns.nbytes):
            yield from self.finish()
            schema = columns.schema
        self._schema = schema
        keys = [columns.column(place) for place in self._key_places]
        numbers = self._sender.numbers(chunk.elements, chunk.key_parts, keys)
        self._held.append((columns, numbers))
        self._held_bytes += columns.nbytes
        fitting = self._sender.limit_bytes * len(chunk.elements) // max(columns.nbytes, 1)
        self._wanted_rows = max(1, min(fitting, 8 * self._wanted_rows, _COLUMN_ROWS))
        if self._held_bytes >= self._sender.limit_bytes:
            yield from self.finish()

    def finish(self) -> Iterator[tuple[int, bytes]]:
        """Yield what is left."""
        held, self._held, self._held_bytes = self._held, [], 0
        if held:
            columns = united([one for one, _ in held], self._schema)
            yield from self._sender.send_columns(columns, np.concatenate([n for _, n in held]))


class Partitioner:
    """Finds the partitions of rows by the hash of their keys.

    Args:
        places: where the key lies in a row.
        partitions: their number.
    Laws:
        1. The number of each row is that of `PythonKeyOrder.partitioner`.
    """

    def __init__(self, places: tuple[int, ...], partitions: int) -> None:
        self._places, self._partitions = places, partitions
        self._order = PythonKeyOrder(len(places))
        self._hasher = self._order.hasher()
        self._remembered: dict[Hashable, int] = {}

    def numbers(self, rows: Rows) -> Numbers:
        """Return the partition of each row."""
        return self.of_values(parts_at(self._places, rows))

    def of_values(self, values: list[list[Any]]) -> Numbers:
        """Return the partitions of keys, given the values for each of their places.

        80 ns a row for keys of one plain class, 250 for tuples of such; of others 300 to 700 for
        those seen before, 1 to 2.5 us for new ones (CPython 3.11, one core of a busy machine).
        """
        if self._partitions == 1:
            return np.zeros(len(values[0]), dtype=np.int64)
        hashes = python_column_hashes(values)
        return self._by_key(values) if hashes is None else self._of_hashes(hashes)

    def of_columns(self, keys: list[pa.Array]) -> Numbers | None:
        """Return the same for columns; None for those whose values have to be looked at."""
        if self._partitions == 1:
            return np.zeros(len(keys[0]), dtype=np.int64)
        if not all(key.type in _HASHED_ALIKE_TYPES for key in keys):
            return None
        return self._of_hashes(column_hashes(keys, len(keys[0])))

    def _of_hashes(self, hashes: Hashes) -> Numbers:
        found: Numbers = (hashes % np.uint64(self._partitions)).astype(np.int64)
        return found

    def _by_key(self, columns: list[list[Any]]) -> Numbers:
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered = {}
        remembered, hasher, partitions = self._remembered, self._hasher, self._partitions
        keys = list(zip(*columns, strict=True))
        names = zip(*map(python_group_keys, columns), strict=True)
        found = []
        for name, key in zip(names, keys, strict=True):
            number = remembered.get(name)
            if number is None:
                number = remembered[name] = hasher(key) % partitions
            found.append(number)
        return np.array(found, dtype=np.int64)
