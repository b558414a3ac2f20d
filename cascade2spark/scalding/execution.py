"""Execution: a value that describes work, flows among it; running it gives a result."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.scalding.args import Args
from cascade2spark.scalding.base import Mode, Source
from cascade2spark.scalding.cached_file import CachedFile
from cascade2spark.scalding.counting import ExecutionCounters, UniqueID
from cascade2spark.scalding.execution_run import Cancelled, Config, Outcome, Run
from cascade2spark.scalding.execution_work import (
    Ask,
    Both,
    Checked,
    Configured,
    Counted,
    FlatMap,
    From,
    Held,
    Lift,
    Map,
    NewCache,
    OnComplete,
    Recover,
    Work,
    Write,
    same,
    work_of,
)
from cascade2spark.scalding.threads import in_thread
from cascade2spark.scalding.tries import Failure, Success, Try

__all__ = [
    "Cancelled",
    "Config",
    "Execution",
    "Failure",
    "Success",
    "Try",
    "forced_execution",
    "iterable_execution",
    "write_execution",
]

T = TypeVar("T")
U = TypeVar("U")


def _check_call(name: str, call: Any) -> None:
    if not callable(call):
        raise BuildError(f"{name} of an Execution takes a function", asked=repr(call)[:100])


@attrs.frozen(eq=False)
class Execution(Generic[T]):
    """Work that gives a T when it is run; nothing happens before.

    In one run each execution is evaluated once, however many others are made of it, and each pipe
    is written once to a sink. Nothing is kept between runs.

    Source:
        com.twitter.scalding.Execution
    Example:
        >>> both = Execution.from_(lambda: 20).zip(Execution.from_(lambda: 22))
        >>> both.map(sum).wait_for(Config.default(), Mode.local())
        42
    """

    work: Work

    # -- making ----------------------------------------------------------------------------------

    @staticmethod
    def from_(make: Callable[[], T]) -> Execution[T]:
        """Return the work of calling a function, at most once in a run."""
        if not callable(make):
            raise BuildError(
                "Execution.from_ takes a function", asked=repr(make), fix="write lambda: value"
            )
        return Execution(From(make))

    @staticmethod
    def value(value: T) -> Execution[T]:
        """Return the work that gives a value."""
        return Execution(From(lambda: value))

    @staticmethod
    def unit() -> Execution[None]:
        """Return the work that gives None."""
        return Execution(From(lambda: None))

    @staticmethod
    def failed(error: BaseException) -> Execution[Any]:
        """Return the work that fails."""
        return Execution(From(Failure(error).get))

    @staticmethod
    def from_try(made: Callable[[], Try[T]]) -> Execution[T]:
        """Return the work that gives or raises what a Success or Failure holds."""
        return Execution(From(lambda: made().get()))

    @staticmethod
    def from_future(begin: Callable[[], Future[T]]) -> Execution[T]:
        """Return the work of waiting for a future that a function returns."""
        return Execution(From(lambda: begin().result()))

    # -- one after the other ---------------------------------------------------------------------

    def map(self, call: Callable[[T], U]) -> Execution[U]:
        """Return the work that goes on with a function of the result."""
        _check_call("map", call)
        return Execution(Map(self.work, call))

    def flat_map(self, call: Callable[[T], Execution[U]]) -> Execution[U]:
        """Return the work that goes on with the execution that a function of the result returns."""
        _check_call("flat_map", call)
        return Execution(FlatMap(self.work, call))

    def flatten(self: Execution[Execution[U]]) -> Execution[U]:
        """Return the work that goes on with the execution that is the result."""
        return Execution(FlatMap(self.work, same))

    def filter(self, holds: Callable[[T], object]) -> Execution[T]:
        """Return the work that fails unless a function of the result is true."""
        return Execution(Map(self.work, Checked(holds)))

    def unit_(self) -> Execution[None]:
        """Return the work without its result."""
        return self.map(lambda _: None)

    # -- side by side ----------------------------------------------------------------------------

    def zip(self, other: Execution[U]) -> Execution[tuple[T, U]]:
        """Return the work of both at the same time; one flow makes what both write.

        If one fails the other is stopped, and the zip fails at once.
        """
        return Execution(Both((self.work, work_of("zip", other)), tuple))

    @staticmethod
    def sequence(parts: Iterable[Execution[T]]) -> Execution[list[T]]:
        """Return the work of all at the same time; the results are in their order."""
        return Execution(Both(_works("sequence", parts), list))

    @staticmethod
    def with_parallelism(parts: Iterable[Execution[T]], most: int) -> Execution[list[T]]:
        """Return the work of all, some at a time; the results are in their order.

        Args:
            parts: the executions.
            most: most of them at the same time.
        """
        if most < 1:
            raise BuildError("with_parallelism runs one execution or more at a time", asked=most)
        return Execution(Both(_works("with_parallelism", parts), list, most))

    # -- failing ---------------------------------------------------------------------------------

    def recover_with(self, rescue: Callable[[BaseException], Execution[T] | None]) -> Execution[T]:
        """Return the work that goes on, where this fails, with what a function of the error says.

        Args:
            rescue: returns an execution, or None for an error that it does not know. It is not
                asked about a flow that was stopped.
        """
        return Execution(Recover(self.work, rescue))

    def lift_to_try(self) -> Execution[Try[T]]:
        """Return the work that gives a Success or a Failure, and never fails."""
        return Execution(Lift(self.work))

    def on_complete(self, call: Callable[[Try[T]], object]) -> Execution[T]:
        """Return the work that calls a function, when it is done, with a Success or a Failure."""
        return Execution(OnComplete(self.work, call))

    # -- counters --------------------------------------------------------------------------------

    def get_counters(self) -> Execution[tuple[T, ExecutionCounters]]:
        """Return the work that gives the counters of its flows as well."""
        return Execution(Counted(self.work, gives=True, keeps=True))

    def reset_counters(self) -> Execution[T]:
        """Return the work whose counters are forgotten."""
        return Execution(Counted(self.work, gives=False, keeps=False))

    def get_and_reset_counters(self) -> Execution[tuple[T, ExecutionCounters]]:
        """Return the work that gives its counters, which are forgotten then."""
        return Execution(Counted(self.work, gives=True, keeps=False))

    # -- surroundings ----------------------------------------------------------------------------

    @staticmethod
    def with_id(call: Callable[[UniqueID], Execution[T]]) -> Execution[T]:
        """Return the work that a function of a UniqueID returns."""
        return Execution.from_(lambda: UniqueID(uuid.uuid4().hex)).flat_map(call)

    @staticmethod
    def get_config() -> Execution[Config]:
        """Return the work that gives the config."""
        return Execution(Ask(lambda run: run.config))

    @staticmethod
    def get_mode() -> Execution[Mode]:
        """Return the work that gives the mode."""
        return Execution(Ask(lambda run: run.mode))

    @staticmethod
    def get_config_mode() -> Execution[tuple[Config, Mode]]:
        """Return the work that gives the config and the mode."""
        return Execution(Ask(lambda run: (run.config, run.mode)))

    @staticmethod
    def get_args() -> Execution[Args]:
        """Return the work that gives the arguments."""
        return Execution(Ask(lambda run: run.config.args))

    @staticmethod
    def with_config(part: Execution[T]) -> Callable[[Callable[[Config], Config]], Execution[T]]:
        """Return a function that takes a change of the config, which holds for one part alone.

        Example:
            >>> names = Execution.get_config().map(lambda config: config.get("who"))
            >>> asked = Execution.with_config(names)(lambda config: config.set("who", "ada"))
            >>> asked.zip(names).wait_for(Config.default(), Mode.local())
            ('ada', None)
        """
        return lambda change: Execution(Configured(part.work, change))

    @staticmethod
    def with_new_cache(part: Execution[T]) -> Execution[T]:
        """Return the work of a part that evaluates on its own what others may have evaluated."""
        return Execution(NewCache(part.work))

    @staticmethod
    def with_cached_file(path: str, call: Callable[[CachedFile], Execution[T]]) -> Execution[T]:
        """Return the work of a function of a file that travels with the functions that use it."""
        return Execution.from_(lambda: CachedFile(path)).flat_map(call)

    # -- running ---------------------------------------------------------------------------------

    def wait_for(self, config: Config | None = None, mode: Mode | None = None) -> T:
        """Run it and return the result.

        Args:
            config: properties and arguments. Default: none.
            mode: where its flows run. Default: in this process.
        Raises:
            Exception: what the work failed with.
        """
        value: T = self.outcome(config, mode).value
        return value

    def run(self, config: Config | None = None, mode: Mode | None = None) -> Future[T]:
        """Begin to run it and return the future of the result."""
        return in_thread(lambda: self.wait_for(config, mode))

    def outcome(self, config: Config | None = None, mode: Mode | None = None) -> Outcome:
        """Run it and return the result with the counters of its flows."""
        run = Run(mode or Mode.local(), config or Config.default())
        try:
            return run.outcome_of(self.work)
        finally:
            run.end()


def write_execution(pipe: Any, sink: Source) -> Execution[None]:
    """Return the work of writing a pipe: a TypedPipe, or a plain one.

    Args:
        pipe: what is written.
        sink: where to.
    """
    if not isinstance(sink, Source):
        raise BuildError("a pipe is written to a source", asked=repr(sink))
    return Execution(Write(getattr(pipe, "node", pipe), sink, pipe))


def forced_execution(pipe: Any) -> Execution[Source]:
    """Return the work of evaluating a pipe; gives a source of its values, for the same run only."""
    return Execution(Held(getattr(pipe, "node", pipe), False, pipe))


def iterable_execution(pipe: Any) -> Execution[list[Any]]:
    """Return the work of evaluating a pipe; gives its values, in the driver's memory."""
    return Execution(Held(getattr(pipe, "node", pipe), True, pipe))


def _works(name: str, parts: Iterable[Execution[Any]]) -> tuple[Work, ...]:
    return tuple(work_of(name, part) for part in parts)
