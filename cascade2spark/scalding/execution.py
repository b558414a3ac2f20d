"""Execution: a value that describes work, flows among it; running it gives a result.

The kinds of work stand in one file with the class: they are what its methods return.
"""

from __future__ import annotations

import uuid
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeVar, cast

import attrs

from cascade2spark.errors import BuildError, FlowError
from cascade2spark.scalding.args import Args
from cascade2spark.scalding.base import FlowState, Mode, Source
from cascade2spark.scalding.cached_file import CachedFile
from cascade2spark.scalding.counting import ExecutionCounters, UniqueID
from cascade2spark.scalding.dates_durations import Duration
from cascade2spark.scalding.dates_ranges import DateRange
from cascade2spark.scalding.execution_run import (
    Cancelled,
    Config,
    Outcome,
    Run,
    side_by_side,
)
from cascade2spark.scalding.snapshots import Snapshot
from cascade2spark.scalding.threads import in_thread

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


@attrs.frozen
class Success(Generic[T]):
    """What came of work that succeeded."""

    value: T
    is_success = True

    def get(self) -> T:
        """Return the result."""
        return self.value


@attrs.frozen
class Failure:
    """What came of work that failed."""

    error: BaseException
    is_success = False

    def get(self) -> Any:
        """Raise the error."""
        raise self.error


Try = Success[T] | Failure


def _check_call(name: str, call: Any) -> None:
    if not callable(call):
        raise BuildError(f"{name} of an Execution takes a function", asked=repr(call)[:100])


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

    @abstractmethod
    def evaluate(self, run: Run) -> Outcome:
        """Return what it comes to; `Run.outcome_of` is what calls it."""

    # -- making ----------------------------------------------------------------------------------

    @staticmethod
    def from_(make: Callable[[], T]) -> Execution[T]:
        """Return the work of calling a function, at most once in a run."""
        if not callable(make):
            raise BuildError(
                "Execution.from_ takes a function", asked=repr(make), fix="write lambda: value"
            )
        return _From(make)

    @staticmethod
    def value(value: T) -> Execution[T]:
        """Return the work that gives a value."""
        return _From(lambda: value)

    @staticmethod
    def unit() -> Execution[None]:
        """Return the work that gives None."""
        return _From(lambda: None)

    @staticmethod
    def failed(error: BaseException) -> Execution[Any]:
        """Return the work that fails."""
        return _From(Failure(error).get)

    @staticmethod
    def from_try(made: Callable[[], Try[T]]) -> Execution[T]:
        """Return the work that gives or raises what a Success or Failure holds."""
        return _From(lambda: made().get())

    @staticmethod
    def from_future(begin: Callable[[], Future[T]]) -> Execution[T]:
        """Return the work of waiting for a future that a function returns."""
        return _From(lambda: begin().result())

    # -- one after the other ---------------------------------------------------------------------

    def map(self, call: Callable[[T], U]) -> Execution[U]:
        """Return the work that goes on with a function of the result."""
        _check_call("map", call)
        return _Map(self, call)

    def flat_map(self, call: Callable[[T], Execution[U]]) -> Execution[U]:
        """Return the work that goes on with the execution that a function of the result returns."""
        _check_call("flat_map", call)
        return _FlatMap(self, call)

    def flatten(self: Execution[Execution[U]]) -> Execution[U]:
        """Return the work that goes on with the execution that is the result."""
        return _FlatMap(self, _same)

    def filter(self, holds: Callable[[T], object]) -> Execution[T]:
        """Return the work that fails unless a function of the result is true."""
        return _Map(self, _Checked(holds))

    def unit_(self) -> Execution[None]:
        """Return the work without its result."""
        return self.map(lambda _: None)

    # -- side by side ----------------------------------------------------------------------------

    def zip(self, other: Execution[U]) -> Execution[tuple[T, U]]:
        """Return the work of both at the same time; one flow makes what both write.

        If one fails the other is stopped, and the zip fails at once.
        """
        return _Both((self, other), cast("Any", tuple))

    @staticmethod
    def sequence(parts: Iterable[Execution[T]]) -> Execution[list[T]]:
        """Return the work of all at the same time; the results are in their order."""
        return _Both(tuple(parts), cast("Any", list))

    @staticmethod
    def with_parallelism(parts: Iterable[Execution[T]], most: int) -> Execution[list[T]]:
        """Return the work of all, some at a time; the results are in their order.

        Args:
            parts: the executions.
            most: most of them at the same time.
        """
        if most < 1:
            raise BuildError("with_parallelism runs one execution or more at a time", asked=most)
        return _Both(tuple(parts), cast("Any", list), most)

    @staticmethod
    def run_dates_with_parallelism(
        dates: DateRange, span: Duration, most: int, call: Callable[[DateRange], Execution[T]]
    ) -> Execution[list[tuple[DateRange, T]]]:
        """Return the work of a function of each part of a date range, some at a time.

        Args:
            dates: the range.
            span: what cuts it into parts; see `DateRange.each`.
            most: most of the parts at the same time.
            call: returns the work of one part.
        """
        parts = list(dates.each(span))
        done = Execution.with_parallelism(map(call, parts), most)
        return done.map(lambda results: list(zip(parts, results, strict=True)))

    # -- failing ---------------------------------------------------------------------------------

    def recover_with(self, rescue: Callable[[BaseException], Execution[T] | None]) -> Execution[T]:
        """Return the work that goes on, where this fails, with what a function of the error says.

        Args:
            rescue: returns an execution, or None for an error that it does not know. It is not
                asked about a flow that was stopped.
        """
        return _Recover(self, rescue)

    def lift_to_try(self) -> Execution[Try[T]]:
        """Return the work that gives a Success or a Failure, and never fails."""
        return _Lift(self)

    def on_complete(self, call: Callable[[Try[T]], object]) -> Execution[T]:
        """Return the work that calls a function, when it is done, with a Success or a Failure."""
        return _OnComplete(self, call)

    # -- counters --------------------------------------------------------------------------------

    def get_counters(self) -> Execution[tuple[T, ExecutionCounters]]:
        """Return the work that gives the counters of its flows as well."""
        return _Counted(self, gives=True, keeps=True)

    def reset_counters(self) -> Execution[T]:
        """Return the work whose counters are forgotten."""
        return _Counted(self, gives=False, keeps=False)

    def get_and_reset_counters(self) -> Execution[tuple[T, ExecutionCounters]]:
        """Return the work that gives its counters, which are forgotten then."""
        return _Counted(self, gives=True, keeps=False)

    # -- surroundings ----------------------------------------------------------------------------

    @staticmethod
    def with_id(call: Callable[[UniqueID], Execution[T]]) -> Execution[T]:
        """Return the work that a function of a UniqueID returns."""
        return Execution.from_(lambda: UniqueID(uuid.uuid4().hex)).flat_map(call)

    @staticmethod
    def get_config() -> Execution[Config]:
        """Return the work that gives the config."""
        return _Ask(lambda run: run.config)

    @staticmethod
    def get_mode() -> Execution[Mode]:
        """Return the work that gives the mode."""
        return _Ask(lambda run: run.mode)

    @staticmethod
    def get_config_mode() -> Execution[tuple[Config, Mode]]:
        """Return the work that gives the config and the mode."""
        return _Ask(lambda run: (run.config, run.mode))

    @staticmethod
    def get_args() -> Execution[Args]:
        """Return the work that gives the arguments."""
        return _Ask(lambda run: run.config.args)

    @staticmethod
    def with_config(part: Execution[T]) -> Callable[[Callable[[Config], Config]], Execution[T]]:
        """Return a function that takes a change of the config, which holds for one part alone.

        Example:
            >>> names = Execution.get_config().map(lambda config: config.get("who"))
            >>> asked = Execution.with_config(names)(lambda config: config.set("who", "ada"))
            >>> asked.zip(names).wait_for(Config.default(), Mode.local())
            ('ada', None)
        """
        return lambda change: _Configured(part, change)

    @staticmethod
    def with_new_cache(part: Execution[T]) -> Execution[T]:
        """Return the work of a part that evaluates on its own what others may have evaluated."""
        return _NewCache(part)

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
            return run.outcome_of(self)
        finally:
            run.end()


@attrs.frozen(eq=False)
class _From(Execution[T]):
    make: Callable[[], T]

    def evaluate(self, run: Run) -> Outcome:
        return Outcome(self.make())


@attrs.frozen(eq=False)
class _Ask(Execution[T]):
    ask: Callable[[Run], T]

    def evaluate(self, run: Run) -> Outcome:
        return Outcome(self.ask(run))


@attrs.frozen(eq=False)
class _Map(Execution[U]):
    previous: Execution[Any]
    call: Callable[[Any], U]

    def evaluate(self, run: Run) -> Outcome:
        before = run.outcome_of(self.previous)
        return attrs.evolve(before, value=self.call(before.value))


@attrs.frozen(eq=False)
class _FlatMap(Execution[U]):
    previous: Execution[Any]
    call: Callable[[Any], Execution[U]]

    def evaluate(self, run: Run) -> Outcome:
        # A loop is an execution that returns the next one, and so on: it must not go deeper.
        counted: list[Any] = []
        claimed: list[tuple[Future[Outcome], int]] = []
        try:
            last = self._last(run, counted, claimed)
        except BaseException as error:
            for future, _ in claimed:
                future.set_exception(error)
            raise
        for future, place in claimed:
            future.set_result(Outcome(last.value, _merged([*counted[place:], last.counters])))
        return Outcome(last.value, _merged([*counted, last.counters]))

    def _last(self, run: Run, counted: list[Any], claimed: list[Any]) -> Outcome:
        node: Any = self
        while True:
            before = run.outcome_of(node.previous)
            counted.append(before.counters)
            node = node.call(before.value)
            if not isinstance(node, Execution):
                raise BuildError(
                    "a function of flat_map did not return an Execution", asked=repr(node)[:100]
                )
            if not isinstance(node, _FlatMap):
                return run.outcome_of(node)
            future, is_ours = run.claim(node)
            if not is_ours:
                return future.result()
            claimed.append((future, len(counted)))


@attrs.frozen(eq=False)
class _Both(Execution[T]):
    parts: tuple[Execution[Any], ...]
    gather: Callable[[Iterable[Any]], T]
    most: int | None = None

    def evaluate(self, run: Run) -> Outcome:
        writes = [] if self.most else list(dict.fromkeys(_writes_of(self)))
        outcomes = side_by_side(run, self.parts, writes, self.most)
        values = self.gather(outcome.value for outcome in outcomes)
        return Outcome(values, _merged([outcome.counters for outcome in outcomes]))


@attrs.frozen(eq=False)
class _Recover(Execution[T]):
    previous: Execution[T]
    rescue: Callable[[BaseException], Execution[T] | None]

    def evaluate(self, run: Run) -> Outcome:
        try:
            return run.outcome_of(self.previous)
        except Cancelled:
            raise
        except Exception as error:
            other = self.rescue(error)
            if other is None:
                raise
        return run.outcome_of(other)


@attrs.frozen(eq=False)
class _Lift(Execution[Any]):
    previous: Execution[Any]

    def evaluate(self, run: Run) -> Outcome:
        try:
            before = run.outcome_of(self.previous)
        except Cancelled:
            raise
        except Exception as error:
            return Outcome(Failure(error))
        return attrs.evolve(before, value=Success(before.value))


@attrs.frozen(eq=False)
class _OnComplete(Execution[T]):
    previous: Execution[T]
    call: Callable[[Any], object]

    def evaluate(self, run: Run) -> Outcome:
        try:
            before = run.outcome_of(self.previous)
        except Exception as error:
            self.call(Failure(error))
            raise
        self.call(Success(before.value))
        return before


@attrs.frozen(eq=False)
class _Counted(Execution[Any]):
    previous: Execution[Any]
    gives: bool
    keeps: bool

    def evaluate(self, run: Run) -> Outcome:
        before = run.outcome_of(self.previous)
        counters = ExecutionCounters(before.counters)
        value = (before.value, counters) if self.gives else before.value
        return Outcome(value, before.counters if self.keeps else {})


@attrs.frozen(eq=False)
class _Configured(Execution[T]):
    part: Execution[T]
    change: Callable[[Config], Config]

    def evaluate(self, run: Run) -> Outcome:
        return attrs.evolve(run, config=self.change(run.config)).outcome_of(self.part)


@attrs.frozen(eq=False)
class _NewCache(Execution[T]):
    part: Execution[T]

    def evaluate(self, run: Run) -> Outcome:
        return attrs.evolve(run, cache=object()).outcome_of(self.part)


@attrs.frozen
class _Write(Execution[Any]):
    """A pipe that is written; those of one pipe to one sink are one."""

    node: Any = attrs.field(eq=id)
    sink: Source
    pipe: Any = attrs.field(eq=False)

    def evaluate(self, run: Run) -> Outcome:
        return run.write([self])[0]

    def add_to(self, state: FlowState, run: Run) -> Callable[[], Any]:
        """Add what is written to a flow; return the function of the result when it has run."""
        state.add(_pipe_for(self.pipe, self.sink), self.sink)
        return lambda: None


@attrs.frozen
class _Held(Execution[Any]):
    """A pipe whose values are held for the run, or come to the driver."""

    node: Any = attrs.field(eq=id)
    is_list: bool
    pipe: Any = attrs.field(eq=False)

    def evaluate(self, run: Run) -> Outcome:
        return run.write([self])[0]

    def add_to(self, state: FlowState, run: Run) -> Callable[[], Any]:
        """Add what is held to a flow; return the function of the result when it has run."""
        snapshot = Snapshot(is_typed=hasattr(self.pipe, "pipe_for"), is_list=self.is_list)
        state.add(_pipe_for(self.pipe, snapshot), snapshot)
        run.shared.at_end.append(snapshot.release)
        return snapshot.values if self.is_list else lambda: snapshot


def write_execution(pipe: Any, sink: Source) -> Execution[None]:
    """Return the work of writing a pipe: a TypedPipe, or a plain one.

    Args:
        pipe: what is written.
        sink: where to.
    """
    if not isinstance(sink, Source):
        raise BuildError("a pipe is written to a source", asked=repr(sink))
    return _Write(getattr(pipe, "node", pipe), sink, pipe)


def forced_execution(pipe: Any) -> Execution[Source]:
    """Return the work of evaluating a pipe; gives a source of its values, for the same run only."""
    return _Held(getattr(pipe, "node", pipe), False, pipe)


def iterable_execution(pipe: Any) -> Execution[list[Any]]:
    """Return the work of evaluating a pipe; gives its values, in the driver's memory."""
    return _Held(getattr(pipe, "node", pipe), True, pipe)


def _pipe_for(pipe: Any, sink: Source) -> Any:
    return pipe.pipe_for(sink) if hasattr(pipe, "pipe_for") else pipe


def _writes_of(top: Execution[Any]) -> Iterable[Execution[Any]]:
    """Yield what is written for sure by an execution and can be so at once, in its own config."""
    stack = [top]
    while stack:
        node = stack.pop()
        if isinstance(node, (_Write, _Held)):
            yield node
        elif isinstance(node, _Both) and node.most is None:
            stack.extend(reversed(node.parts))
        elif isinstance(node, (_Map, _FlatMap)):
            stack.append(node.previous)


def _merged(counters: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in counters:
        found.update(one)
    return found


@attrs.frozen
class _Checked:
    holds: Callable[[Any], object]

    def __call__(self, value: Any) -> Any:
        if not self.holds(value):
            raise FlowError("the result of an execution does not pass its filter", row=value)
        return value


def _same(value: Any) -> Any:
    return value
