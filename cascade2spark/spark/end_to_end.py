"""RDDs of one kind put end to end without a second Python process for each task.

`SparkContext.union` of RDDs that Python computes is read by Python again: what comes next runs in
another worker, which costs 20 ms and 100 MB for each task. Here what lies below the Python
functions is put together instead, and one function does for each partition what its own RDD would
have done.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Any

import attrs
from pyspark import RDD, SparkContext
from pyspark.core.rdd import PipelinedRDD
from pyspark.serializers import BatchedSerializer

__all__ = ["end_to_end"]

Function = Callable[[int, Iterable[Any]], Iterable[Any]]


def end_to_end(context: SparkContext, rdds: Sequence[RDD[Any]]) -> RDD[Any]:
    """Return one RDD with the partitions of all, in order.

    It looks below PySpark's pipelined RDDs, at attributes that are not public; where these are
    not as expected the public union does the same at its price.
    """
    if len(rdds) == 1:
        return rdds[0]
    if not all(map(_can_look_below, rdds)):
        return context.union(list(rdds))
    below: list[RDD[Any]] = [_below(rdd, rdds[0]) for rdd in rdds]
    sizes = [rdd.getNumPartitions() for rdd in below]
    starts = tuple(accumulate(sizes, initial=0))[:-1]
    functions = tuple(rdd.func for rdd in rdds)  # type: ignore[attr-defined]
    together = context.union(below)
    if together.getNumPartitions() != sum(sizes):
        # Spark lays RDDs of one partitioner on top of each other, not end to end.
        return context.union(list(rdds))
    return together.mapPartitionsWithIndex(_Switch(starts, functions))


@attrs.frozen
class _Switch:
    """Does for each partition what its RDD would have done.

    Args:
        starts: number of the first partition of each RDD.
        functions: what each computes, from its own partition number and elements.
    """

    starts: tuple[int, ...]
    functions: tuple[Function, ...]

    def __call__(self, index: int, elements: Iterable[Any]) -> Iterable[Any]:
        number = bisect_right(self.starts, index) - 1
        # An RDD without partitions starts where the next one does, which comes later.
        return self.functions[number](index - self.starts[number], elements)


def _can_look_below(rdd: RDD[Any]) -> bool:
    """Tell whether an RDD is a Python function over elements that PySpark pickled in lists."""
    return (
        isinstance(rdd, PipelinedRDD)
        and not rdd.is_cached
        and not rdd.is_checkpointed
        and not getattr(rdd, "is_barrier", False)
        and all(hasattr(rdd, name) for name in ("func", "_prev_jrdd", "_prev_jrdd_deserializer"))
        and isinstance(rdd._prev_jrdd_deserializer, BatchedSerializer)
    )


def _below(rdd: RDD[Any], first: RDD[Any]) -> RDD[Any]:
    """Return what lies below the function; lists of any length are read alike."""
    return RDD(
        rdd._prev_jrdd,  # type: ignore[attr-defined]
        rdd.context,
        first._prev_jrdd_deserializer,  # type: ignore[attr-defined]
    )
