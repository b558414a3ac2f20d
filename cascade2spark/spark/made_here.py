"""Held sides of joins that the driver makes by itself: small files of text, stock operations.

A Spark job for a table of a few megabytes costs 100 to 150 ms, and the first of an application 600,
nearly all of it in Spark; its work is 5 ms a megabyte.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import attrs

from cascade2spark.batch.blocks import read_header
from cascade2spark.batch.kernels.each import each_kernel
from cascade2spark.files import route_of
from cascade2spark.files.s3 import use_s3
from cascade2spark.planner.steps import Map, Read, Step, Union
from cascade2spark.schemes.lines import LineScheme
from cascade2spark.spark.counters import TaskRecord
from cascade2spark.spark.forms import Forms
from cascade2spark.spark.io import FileSource
from cascade2spark.spark.lineage import Exit
from cascade2spark.spark.reading import Reading
from cascade2spark.spark.tasks import TaskFunction

__all__ = ["blocks_made_here", "can_make_here"]

# A Spark job over more than this, in several tasks, is as quick as the driver alone.
_MOST_BYTES = 8 << 20


def can_make_here(source: Step, ways: Sequence[Exit], reading: Reading, forms: Forms) -> bool:
    """Tell whether the driver may run a chain that only fills one held side of a join.

    The user's own functions run in workers, and so does whatever may take long: rows, and what
    unpacks to no one knows how many bytes.
    """
    if not isinstance(source, Read) or source.trap is not None or len(ways) != 1:
        return False
    (way,) = ways
    return (
        all(map(_is_stock, way.path))
        and isinstance(reading.source, FileSource)
        and isinstance(reading.source.scheme, LineScheme)
        and reading.elements is not None
        and reading.size_bytes is not None
        and reading.size_bytes <= _MOST_BYTES
        and all(_is_plain(part) for pack in reading.elements for part in pack)
        and forms.reads_columns(source)
    )


def blocks_made_here(
    task: TaskFunction, elements: Sequence[Any], most_bytes: int
) -> list[bytes] | None:
    """Return the blocks that a task makes of its elements; None where it fails.

    Whoever gets None lets workers do it: they fail too, and say so as they always do.

    Args:
        task: makes them.
        elements: what it reads, for each of Spark's tasks.
        most_bytes: None is returned for more: a text may become many rows, and what cannot be held
            is better weighed where it can go to disk.
    """
    records = _Records()
    # A task says for its whole process how S3 is reached.
    before = use_s3(lambda: task.s3)
    try:
        own = attrs.evolve(task, reports=cast(Any, records))
        made: list[bytes] = []
        size = 0
        for index, one in enumerate(elements):
            for _, block in own(index, [one]):
                size += read_header(block).size
                if size > most_bytes:
                    return None
                made.append(block)
    except Exception:
        return None
    finally:
        use_s3(before)
    task.reports.add(records.found)
    return made


class _Records:
    """Keeps what tasks report until all of them are complete."""

    def __init__(self) -> None:
        self.found: list[TaskRecord] = []

    def add(self, records: list[TaskRecord]) -> None:
        """Take records, as an accumulator does."""
        self.found += records


def _is_plain(part: Any) -> bool:
    return part.compression is None and route_of(part.path) == "local"


def _is_stock(step: Step) -> bool:
    """Tell whether a step passes rows, or works on columns by operations of this library."""
    if isinstance(step, Map):
        return all(each_kernel(operator) is not None for operator in step.operators)
    return isinstance(step, Union)
