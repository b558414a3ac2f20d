"""What every function of the toolkit does around its work: in the driver, and in each task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import attrs
from pyspark import RDD, SparkContext, TaskContext

from cascade2spark.batch.spill import SpillSpace
from cascade2spark.errors import (
    BuildError,
    Cascade2SparkError,
    FlowError,
    RunError,
    Unsupported,
    shown_value,
)
from cascade2spark.operations.failures import located_error
from cascade2spark.origin import Origin, capture_origin
from cascade2spark.spark.session import (
    Versions,
    check_running,
    check_versions,
    driver_versions,
    worker_memory,
)
from cascade2spark.spark.tasks import local_folders
from cascade2spark.spark.worker_process import settle

__all__ = [
    "Call",
    "Watched",
    "check_callable",
    "check_context",
    "check_count",
    "check_rdd",
    "chunks",
    "partitions_for",
]

# Elements may be of any size: few enough that large ones do no harm, many enough to be quick.
_CHUNK = 200


@attrs.frozen
class Call:
    """One call of a toolkit function: what its tasks need to know, and its messages; picklable.

    Args:
        name: of the toolkit's function.
        origin: the user's line that called it.
        versions: what the driver runs.
        memory_bytes: most bytes of data that a task may hold before it spills.
    """

    name: str
    origin: Origin
    versions: Versions
    memory_bytes: int

    # What `located_error` asks of a place.
    is_repeat = False
    branch = None

    @classmethod
    def of(cls, name: str, context: SparkContext) -> Call:
        """Return the call that the user's code makes right now."""
        origin = capture_origin()
        try:
            check_running(context)
        except FlowError as stopped:
            raise FlowError(
                f"{name}: {stopped.headline}",
                origin=origin,
                fix="make a new one, and its RDDs anew",
            ) from None
        return cls(name, origin, driver_versions(), worker_memory(context))

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.name

    @contextmanager
    def task(self) -> Iterator[SpillSpace]:
        """Check this worker, and give the task its memory limit and its files beyond it."""
        check_versions(self.versions)
        if TaskContext.get() is not None:
            settle()
        spill = SpillSpace(self.memory_bytes, local_folders())
        try:
            yield spill
        finally:
            spill.close()

    def failed(self, error: Exception, what: str, **details: object) -> Cascade2SparkError:
        """Return the error for one that was raised while the user's functions were at work.

        Args:
            what: whose it was: "the key", "fn".
            details: label -> value that was in hand, shown cut.
        """
        shown = {label: shown_value(value) for label, value in details.items()}
        if not isinstance(error, Cascade2SparkError):
            place = attrs.evolve(self, name=f"{what} of {self.name}")
            located = located_error(error, place, None, None)
        else:
            located = located_error(error, self, None, None)
        for label, text in shown.items():
            located.details.setdefault(label, text)
        return located

    def refusal(self, headline: str, **parts: Any) -> RunError:
        """Return the error for something the library itself refuses in a task."""
        return RunError(f"{self.name}: {headline}", origin=self.origin, **parts)

    def run(
        self, fn: Callable[[Iterator[Any], Any], Any], elements: Iterable[Any], given: Any
    ) -> Iterator[Any]:
        """Yield what a function of the user's makes of the elements of a partition.

        Raises:
            RunError: it failed, or returned no iterable. What reading the elements raises is not
                its fault, and stays as it is.
        """
        watched = Watched(elements)
        try:
            yield from self.results(fn(iter(watched), given), "fn")
        except Exception as error:
            if error is watched.error:
                raise
            raise self.failed(error, "fn") from error

    def results(self, made: Any, what: str, **details: object) -> Iterable[Any]:
        """Return what a function gave as an iterable; None is nothing.

        Raises:
            RunError: it is no iterable, or a text, whose letters nobody wants one by one.
        """
        if made is None:
            return ()
        if isinstance(made, (str, bytes)) or not hasattr(made, "__iter__"):
            shown = {label: shown_value(value) for label, value in details.items()}
            raise self.refusal(
                f"{what} returned no iterable of results",
                details={"returned": f"{shown_value(made)}, a {type(made).__name__}", **shown},
                fix="yield each result, or return a list of them",
            )
        results: Iterable[Any] = made
        return results


class Watched:
    """Elements that remember what reading them raised."""

    def __init__(self, elements: Iterable[Any]) -> None:
        self._elements = elements
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._elements
        except Exception as error:
            self.error = error
            raise

    def chunks(self, size: int) -> Iterator[list[Any]]:
        """Yield the elements in lists."""
        source = iter(self._elements)
        while True:
            try:
                chunk = list(islice(source, size))
            except Exception as error:
                self.error = error
                raise
            if not chunk:
                return
            yield chunk


def chunks(elements: Iterable[Any], size: int = _CHUNK) -> Iterator[list[Any]]:
    """Yield the elements in lists, so that an error of theirs is not taken for one of ours."""
    source = iter(elements)
    while chunk := list(islice(source, size)):
        yield chunk


def check_rdd(name: str, argument: str, given: Any) -> RDD[Any]:
    """Return what was given if it is an RDD.

    Raises:
        BuildError: it is something else.
    """
    if isinstance(given, RDD):
        return given
    _check_connect(name, given)
    has_rdd = isinstance(getattr(type(given), "rdd", None), property)
    raise BuildError(
        f"{name} takes an RDD as its {argument}",
        details={"given": f"a {type(given).__name__}"},
        origin=capture_origin(),
        fix="give its .rdd" if has_rdd else None,
    )


def check_callable(
    name: str, argument: str, given: object, called_with: Sequence[str] | None = None
) -> Callable[..., Any]:
    """Return what was given if it can be called.

    Args:
        called_with: what it will be called with, by place; None is not checked.
    Raises:
        BuildError: it cannot, or not with so many values.
    """
    if not callable(given):
        raise BuildError(
            f"{name} takes a function as its {argument}",
            details={"given": f"{shown_value(given)}, a {type(given).__name__}"},
            origin=capture_origin(),
        )
    signature = None if called_with is None else _signature(given)
    if signature is not None and called_with is not None:
        try:
            signature.bind(*called_with)
        except TypeError as refused:
            raise BuildError(
                f"the {argument} of {name} cannot be called with what it gets",
                details={
                    "is given": f"({', '.join(called_with)})",
                    "takes": str(signature),
                    "because": refused,
                },
                origin=capture_origin(),
            ) from None
    return given


def _signature(call: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(call)
    except (ValueError, TypeError):  # some functions written in C do not tell
        return None


def check_context(name: str, given: Any) -> SparkContext:
    """Return what was given if it is a SparkContext.

    Raises:
        BuildError: it is something else.
        Unsupported: it is a Spark Connect session.
    """
    if isinstance(given, SparkContext):
        return given
    _check_connect(name, given)
    is_session = hasattr(type(given), "sparkContext")
    raise BuildError(
        f"{name} takes a SparkContext first",
        details={"given": f"a {type(given).__name__}"},
        origin=capture_origin(),
        fix="give its .sparkContext" if is_session else None,
    )


def _check_connect(name: str, given: Any) -> None:
    if type(given).__module__.startswith("pyspark.sql.connect"):
        raise Unsupported(
            f"{name} works with RDDs, which Spark Connect does not have",
            details={"given": f"a {type(given).__name__} of Spark Connect"},
            origin=capture_origin(),
            fix="use a session of the classic kind: one without a remote",
        )


def check_count(name: str, argument: str, given: Any) -> int | None:
    """Return what was given if it is None or a whole number from 1.

    Raises:
        BuildError: it is not.
    """
    if given is None or (type(given) is int and given > 0):
        return given
    raise BuildError(
        f"{name} takes a whole number from 1 as {argument}",
        details={"given": shown_value(given)},
        origin=capture_origin(),
    )


def partitions_for(name: str, given: int | None, rdds: list[RDD[Any]]) -> int:
    """Return the number of reduce partitions: by default what PySpark's own shuffles take."""
    if check_count(name, "partitions", given) is not None:
        return int(given or 1)
    context = rdds[0].context
    if context.getConf().contains("spark.default.parallelism"):
        return context.defaultParallelism
    return max(1, *(rdd.getNumPartitions() for rdd in rdds))
