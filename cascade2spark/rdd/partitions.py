"""map_partitions_with: what is set up once for a partition, and cleaned up whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs
from pyspark import RDD

from cascade2spark.rdd.tasks import Call, check_callable, check_rdd

__all__ = ["map_partitions_with"]


def map_partitions_with(
    rdd: RDD[Any],
    fn: Callable[[Iterator[Any], Any], Iterable[Any] | None],
    *,
    setup: Callable[[], Any],
    cleanup: Callable[[Any], Any] | None = None,
) -> RDD[Any]:
    """Run a function over each partition with something that is set up before and let go after.

    `setup` runs once for each partition that is evaluated, also for an empty one, and in the
    worker: what it returns need not be picklable. `cleanup` runs exactly once when `setup` has
    returned: after the last result was taken, when `fn` or what comes before it fails, and when
    whoever reads the results stops early. A killed process runs nothing.

    Args:
        rdd: any elements.
        fn: called with (elements, resource); returns an iterable of results, mostly by being a
            generator. None is no result.
        setup: makes the resource: a connection, a model, a compiled pattern.
        cleanup: called with the resource.
    Returns:
        An RDD of all results.
    Raises:
        BuildError: an argument is of the wrong kind.
        RunError: (in the tasks) `setup`, `fn` or `cleanup` failed; when `fn` and `cleanup` both do,
            it is the error of `fn`.
    Source:
        Cascading's prepare and cleanup; PySpark's mapPartitions
    Example:
        import io
        lines = sc.parallelize(["a", "b"], 1)
        numbered = lambda rows, log: [(log.write(row), row) for row in rows]
        map_partitions_with(lines, numbered, setup=io.StringIO, cleanup=io.StringIO.close).collect()
        # [(1, 'a'), (1, 'b')]
    """
    name = "map_partitions_with"
    check_rdd(name, "first argument", rdd)
    check_callable(name, "second argument, fn,", fn, ("elements", "resource"))
    check_callable(name, "setup", setup, ())
    if cleanup is not None:
        check_callable(name, "cleanup", cleanup, ("resource",))
    call = Call.of(name, rdd.context)
    return rdd.mapPartitions(_WithResource(call, fn, setup, cleanup))


@attrs.frozen
class _WithResource:
    call: Call
    fn: Callable[[Any, Any], Any]
    setup: Callable[[], Any]
    cleanup: Callable[[Any], Any] | None

    def __call__(self, elements: Iterable[Any]) -> Iterator[Any]:
        with self.call.task():
            try:
                resource = self.setup()
            except Exception as error:
                raise self.call.failed(error, "setup") from error
            try:
                yield from self.call.run(self.fn, elements, resource)
            except BaseException:
                self._cleaned(resource, is_failing=True)
                raise
            self._cleaned(resource, is_failing=False)

    def _cleaned(self, resource: Any, *, is_failing: bool) -> None:
        if self.cleanup is None:
            return
        try:
            self.cleanup(resource)
        except Exception as error:
            if not is_failing:
                raise self.call.failed(error, "cleanup") from error
