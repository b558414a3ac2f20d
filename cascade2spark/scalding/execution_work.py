"""The kinds of work that executions are made of. `Execution` wraps one of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import attrs

from cascade2spark.errors import BuildError, FlowError, shown_value
from cascade2spark.scalding.base import Source
from cascade2spark.scalding.counting import ExecutionCounters
from cascade2spark.scalding.execution_run import Cancelled, Config, Outcome, Run, side_by_side
from cascade2spark.scalding.flow_state import FlowState
from cascade2spark.scalding.snapshots import Snapshot
from cascade2spark.scalding.tries import Failure, Success

__all__ = [
    "Ask",
    "Both",
    "Checked",
    "Configured",
    "Counted",
    "FlatMap",
    "From",
    "Held",
    "Lift",
    "Map",
    "NewCache",
    "OnComplete",
    "Recover",
    "Work",
    "Write",
    "same",
    "work_of",
    "work_returned",
]


class Work(ABC):
    """Something to do, which comes to a value. In one run each is evaluated once."""

    @abstractmethod
    def evaluate(self, run: Run) -> Outcome:
        """Return what it comes to; `Run.outcome_of` is what calls it."""


def work_of(name: str, given: Any) -> Work:
    """Return the work of an Execution that an operator was given."""
    return _work(given, f"{name} takes an Execution")


def work_returned(name: str, given: Any) -> Work:
    """Return the work of an Execution that the function of an operator has returned."""
    return _work(given, f"a function of {name} did not return an Execution")


def _work(given: Any, said: str) -> Work:
    found = getattr(given, "work", None)
    if not isinstance(found, Work):
        raise BuildError(said, asked=shown_value(given))
    return found


@attrs.frozen(eq=False)
class From(Work):
    """What a function returns."""

    make: Callable[[], Any]

    def evaluate(self, run: Run) -> Outcome:
        return Outcome(self.make())


@attrs.frozen(eq=False)
class Ask(Work):
    """What a function says of the run."""

    ask: Callable[[Run], Any]

    def evaluate(self, run: Run) -> Outcome:
        return Outcome(self.ask(run))


@attrs.frozen(eq=False)
class Map(Work):
    """A function of the result of another."""

    previous: Work
    call: Callable[[Any], Any]

    def evaluate(self, run: Run) -> Outcome:
        before = run.outcome_of(self.previous)
        return attrs.evolve(before, value=self.call(before.value))


@attrs.frozen(eq=False)
class FlatMap(Work):
    """The work that a function of the result of another returns."""

    previous: Work
    call: Callable[[Any], Any]

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
            node = work_returned("flat_map", node.call(before.value))
            if not isinstance(node, FlatMap):
                return run.outcome_of(node)
            future, is_ours = run.claim(node)
            if not is_ours:
                return future.result()
            claimed.append((future, len(counted)))


@attrs.frozen(eq=False)
class Both(Work):
    """Several at the same time; one flow makes what they write for sure."""

    parts: tuple[Work, ...]
    gather: Callable[[Iterable[Any]], Any]
    most: int | None = None

    def evaluate(self, run: Run) -> Outcome:
        writes = [] if self.most else list(dict.fromkeys(writes_of(self)))
        outcomes = side_by_side(run, self.parts, writes, self.most)
        values = self.gather(outcome.value for outcome in outcomes)
        return Outcome(values, _merged([outcome.counters for outcome in outcomes]))


@attrs.frozen(eq=False)
class Recover(Work):
    """Another work where one fails."""

    previous: Work
    rescue: Callable[[BaseException], Any]

    def evaluate(self, run: Run) -> Outcome:
        try:
            return run.outcome_of(self.previous)
        except Cancelled:
            raise
        except Exception as error:
            other = self.rescue(error)
            if other is None:
                raise
        return run.outcome_of(work_returned("recover_with", other))


@attrs.frozen(eq=False)
class Lift(Work):
    """A Success or a Failure of what another comes to."""

    previous: Work

    def evaluate(self, run: Run) -> Outcome:
        try:
            before = run.outcome_of(self.previous)
        except Cancelled:
            raise
        except Exception as error:
            return Outcome(Failure(error))
        return attrs.evolve(before, value=Success(before.value))


@attrs.frozen(eq=False)
class OnComplete(Work):
    """A function told of what another comes to."""

    previous: Work
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
class Counted(Work):
    """The counters of another, given or forgotten."""

    previous: Work
    gives: bool
    keeps: bool

    def evaluate(self, run: Run) -> Outcome:
        before = run.outcome_of(self.previous)
        counters = ExecutionCounters(before.counters)
        value = (before.value, counters) if self.gives else before.value
        return Outcome(value, before.counters if self.keeps else {})


@attrs.frozen(eq=False)
class Configured(Work):
    """Another under a changed config."""

    part: Work
    change: Callable[[Config], Config]

    def evaluate(self, run: Run) -> Outcome:
        return attrs.evolve(run, config=self.change(run.config)).outcome_of(self.part)


@attrs.frozen(eq=False)
class NewCache(Work):
    """Another that evaluates on its own what others may have evaluated."""

    part: Work

    def evaluate(self, run: Run) -> Outcome:
        return attrs.evolve(run, cache=object()).outcome_of(self.part)


@attrs.frozen
class Write(Work):
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
class Held(Work):
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


def _pipe_for(pipe: Any, sink: Source) -> Any:
    return pipe.pipe_for(sink) if hasattr(pipe, "pipe_for") else pipe


def writes_of(top: Work) -> Iterable[Work]:
    """Yield what is written for sure by an execution and can be so at once, in its own config."""
    stack = [top]
    while stack:
        node = stack.pop()
        if isinstance(node, (Write, Held)):
            yield node
        elif isinstance(node, Both) and node.most is None:
            stack.extend(reversed(node.parts))
        elif isinstance(node, (Map, FlatMap)):
            stack.append(node.previous)


def _merged(counters: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in counters:
        found.update(one)
    return found


@attrs.frozen
class Checked:
    """Raises where a predicate of a result does not hold."""

    holds: Callable[[Any], object]

    def __call__(self, value: Any) -> Any:
        if not self.holds(value):
            raise FlowError("the result of an execution does not pass its filter", row=value)
        return value


def same(value: Any) -> Any:
    """Return the value."""
    return value
