"""The tasks of the RDD toolkit run in this process: elements in, blocks, results out."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from cascade2spark.origin import Origin
from cascade2spark.rdd.exchange import Sending
from cascade2spark.rdd.grouping import _Grouping
from cascade2spark.rdd.keys import RowShape, as_cut
from cascade2spark.rdd.tasks import Call
from cascade2spark.spark.session import driver_versions

__all__ = ["call_with", "grouped", "listed", "sent", "shape_of"]

HERE = Origin("job.py", 7, "main")


def call_with(memory_bytes: int = 1 << 24) -> Call:
    return Call("toolkit", HERE, driver_versions(), memory_bytes)


def listed(key: Any, values: Any) -> Any:
    return [(key, list(values))]


def shape_of(key: Any, sort: Any = None) -> RowShape:
    return RowShape(as_cut("t", "key", key), None if sort is None else as_cut("t", "sort", sort))


def sent(mapping: Any, parts: list[list[Any]]) -> dict[int, list[tuple[int, bytes]]]:
    """The blocks of each reduce partition, the last to be made first: order is not promised."""
    found = defaultdict(list)
    for index, elements in enumerate(parts):
        for partition, block in mapping(index, iter(elements)):
            found[partition].insert(0, (partition, block))
    return found


def grouped(parts, shape, fn=listed, *, reverse=False, memory=1 << 24, partitions=3) -> list[Any]:
    call = call_with(memory)
    blocks = sent(Sending(call, shape, partitions), parts)
    work = _Grouping(call, fn, shape, reverse)
    return [result for partition in sorted(blocks) for result in work(blocks[partition])]
