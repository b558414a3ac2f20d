"""The map side of an exchange as a job of its own, and reduce tasks with most to do first.

The map side can begin before the driver has made what comes behind the exchange.

Spark starts the tasks of a stage by number. Where one key has a quarter of all rows, its task may
be the last to start, and all cores but one wait for it to end. So the map side runs by itself
first; then Spark knows how large each partition became, and the partitions that are much larger
than the others are put in front. Each keeps its number: only the time of its task changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import attrs
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import RDD, SparkContext

__all__ = ["LEAST_BYTES", "Renumbered", "begun", "heavy_first", "in_order_of_size"]

# With less to read, the second job that this takes costs as much as it saves.
LEAST_BYTES = 32 << 20
# What is so many times the mean is put in front.
_HEAVY = 1.5


@attrs.frozen
class Renumbered:
    """Calls a function with the numbers that partitions had before they were put in order.

    Args:
        function: what `mapPartitionsWithIndex` was to be given.
        order: for each place the partition that lies there.
    """

    function: Callable[[int, Iterable[Any]], Iterator[Any]]
    order: tuple[int, ...]

    def __call__(self, index: int, elements: Iterable[Any]) -> Iterator[Any]:
        """Do the work of the partition that lies at `index`."""
        return self.function(self.order[index], elements)


def begun(context: SparkContext, exchanged: RDD[Any]) -> Any:
    """Let the map side of an exchange begin; return Spark's future of it.

    A job that needs the map side then waits for it, and fails if it does. With it the first tasks
    begin 25 ms earlier: pickling what is behind the exchange, and Spark's looking through the code
    of what collects it, take that long while the JVM is young.

    Args:
        exchanged: what `shuffle.exchanged` returned.
    Returns:
        None with another Spark inside, or another RDD.
    """
    try:
        values = cast(Any, exchanged._jrdd).rdd()
        shuffled = values.dependencies().head().rdd()
        dependency = shuffled.dependencies().head()
        return cast(Any, context._jsc).sc().submitMapStage(dependency)
    except (AttributeError, TypeError, Py4JError):
        return None


def heavy_first(
    context: SparkContext, exchanged: RDD[Any], cores: int, running: Any = None
) -> tuple[RDD[Any], tuple[int, ...] | None]:
    """Run the map side of an exchange; return its partitions with the heaviest in front.

    Args:
        exchanged: what `shuffle.exchanged` returned.
        cores: tasks that run at once: so many at most are put in front.
        running: what `begun` returned; None lets it begin here.
    Returns:
        The partitions, and for each place which one lies there; None where it is the same RDD.
    Raises:
        Py4JJavaError: a task of the map side failed.
    """
    try:
        sizes = _sizes(context, running or begun(context, exchanged))
        order, heavy = in_order_of_size(sizes, cores)
        if not heavy:
            return exchanged, None
        parts = [[number] for number in order[:heavy]]
        parts += [sorted(order[heavy:])] if heavy < len(order) else []
        return context.union([_only(context, exchanged, part) for part in parts]), order
    except Py4JJavaError:
        raise
    except (AttributeError, TypeError, Py4JError):  # another Spark inside, or another RDD
        return exchanged, None


def in_order_of_size(sizes: Sequence[int], most: int) -> tuple[tuple[int, ...], int]:
    """Return the numbers of partitions, the heavy ones first, and how many of these there are.

    Args:
        sizes: of the partitions.
        most: heavy ones to be put in front, a count.
    """
    least = _HEAVY * sum(sizes) / max(len(sizes), 1)
    heavy = sorted(
        (number for number, size in enumerate(sizes) if size > least), key=lambda n: -sizes[n]
    )
    front = heavy[:most]
    if front == list(range(len(front))):
        return tuple(range(len(sizes))), 0  # as they lie
    rest = [number for number in range(len(sizes)) if number not in front]
    return (*front, *rest), len(front)


def _sizes(context: SparkContext, running: Any) -> list[int]:
    """Wait for a map side; return the bytes that each partition gets, about."""
    sizes = running.get().bytesByPartitionId()
    # As one text: numbers that are asked for one by one take 0.2 ms each.
    told = cast(Any, context._jvm).java.util.Arrays.toString(sizes)
    return list(map(int, told[1:-1].split(",")))


def _only(context: SparkContext, exchanged: RDD[Any], numbers: list[int]) -> RDD[Any]:
    """Return some of the partitions."""
    jvm: Any = context._jvm
    # A set of Scala's is a function that tells whether something is in it.
    wanted = jvm.PythonUtils.toSeq(numbers).toSet()
    values = cast(Any, exchanged._jrdd)
    pruned = jvm.org.apache.spark.rdd.PartitionPruningRDD.create(values.rdd(), wanted)
    return RDD(pruned.toJavaRDD(), context, exchanged._jrdd_deserializer)
