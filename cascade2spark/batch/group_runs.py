"""Groups as they are made of columns: runs of short ones over one iterator of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple

from cascade2spark.pausing import CollectorPaused

__all__ = ["GroupRun", "GroupRuns", "group_runs"]

Row = tuple[Any, ...]
# Rows of short groups that are put together.
_RUN_ROWS = 2048


class GroupRun(NamedTuple):
    """Some groups in their order.

    Attributes:
        keys: the key of each.
        sizes: how many of the rows each has; None for a single group that has them all.
        rows: the rows of all, to be read once.
        again: the same rows once more; None for a single group that has them all.
    """

    keys: Sequence[Row]
    sizes: Sequence[int] | None
    rows: Iterable[Row]
    again: Callable[[], Iterable[Row]] | None = None


class GroupRuns:
    """Groups that come in runs; who iterates over it sees (key, rows of the group).

    The rows are a list, or the `RowLists` of a large group.

    Args:
        runs: an iterator, so that the rows of only one run are held at a time. The rows of a run
            with `sizes` are an iterator, which has to be taken that far before the next run.
    """

    __slots__ = ("runs",)

    def __init__(self, runs: Iterator[GroupRun]) -> None:
        self.runs = runs

    def __iter__(self) -> Iterator[tuple[Row, Iterable[Row]]]:
        for keys, sizes, rows, _ in self.runs:
            if sizes is None:
                yield keys[0], rows
                continue
            with CollectorPaused():
                made = list(islice(rows, sum(sizes)))
            start = 0
            for key, size in zip(keys, sizes, strict=True):
                yield key, made[start : start + size]
                start += size


def group_runs(groups: Iterable[tuple[Row, Any]]) -> Iterator[GroupRun]:
    """Return groups in runs: as they were made, or put together where their rows are lists."""
    return groups.runs if isinstance(groups, GroupRuns) else _put_together(groups)


def _put_together(groups: Iterable[tuple[Row, Any]]) -> Iterator[GroupRun]:
    keys: list[Row] = []
    lists: list[list[Row]] = []
    held = 0
    for key, rows in groups:
        is_list = isinstance(rows, list)
        if is_list:
            keys.append(key)
            lists.append(rows)
            held += len(rows)
        if keys and (held >= _RUN_ROWS or not is_list):
            yield _run_of(keys, lists)
            keys, lists, held = [], [], 0
        if not is_list:
            yield GroupRun((key,), None, rows)
    if keys:
        yield _run_of(keys, lists)


def _run_of(keys: list[Row], lists: list[list[Row]]) -> GroupRun:
    again = partial(chain.from_iterable, lists)
    return GroupRun(keys, [*map(len, lists)], again(), again)
