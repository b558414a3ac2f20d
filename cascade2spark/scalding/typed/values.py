"""One value, or none: ValuePipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic

from cascade2spark.scalding.execution import Execution
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import at_most_one, check_call, only
from cascade2spark.scalding.typed.literals import IterableSource
from cascade2spark.scalding.typed.states import R, T, U, typed_pipe

if TYPE_CHECKING:
    from cascade2spark.scalding.typed.pipes import TypedPipe

__all__ = ["ComputedValue", "ValuePipe"]


class ValuePipe(Generic[T]):
    """One value, or none: ``ValuePipe(value)``, ``ValuePipe.empty()``, or what a total makes.

    Source:
        Scalding's ValuePipe.
    """

    def __init__(self, *given: T) -> None:
        self._given = given[:1]

    @staticmethod
    def empty() -> ValuePipe[Any]:
        """Return no value."""
        return ValuePipe()

    @staticmethod
    def fold(left: ValuePipe[T], right: ValuePipe[U], call: Callable[[T, U], R]) -> ValuePipe[R]:
        """Return what a function makes of two values; none if either is absent."""
        check_call("fold", call, 2)
        crossed = left.to_typed_pipe().cross(right)
        return ComputedValue(crossed.map(lambda both: call(both[0], both[1])))

    def to_typed_pipe(self) -> TypedPipe[T]:
        """Return a pipe of the value, or of none."""
        given = self._given
        return typed_pipe(n.Read(IterableSource(given)) if given else n.Empty())

    def map(self, call: Callable[[T], U]) -> ValuePipe[U]:
        """Return what a function makes of the value."""
        check_call("map", call)
        return ComputedValue(self.to_typed_pipe().map(call))

    def filter(self, call: Callable[[T], Any]) -> ValuePipe[T]:
        """Return the value if a predicate holds for it."""
        check_call("filter", call)
        return ComputedValue(self.to_typed_pipe().filter(call))

    def collect(self, call: Callable[[T], Any]) -> ValuePipe[Any]:
        """Return what a function makes of the value, unless that is NO_MATCH."""
        check_call("collect", call)
        return ComputedValue(self.to_typed_pipe().collect(call))

    def left_cross(self, that: ValuePipe[U]) -> ValuePipe[tuple[T, U | None]]:
        """Return the value with that of another, None if that is absent."""
        return ComputedValue(self.to_typed_pipe().left_cross(that))

    def debug(self) -> ValuePipe[T]:
        """Print the value to standard error of its task."""
        return ComputedValue(self.to_typed_pipe().debug())

    def to_option_execution(self) -> Execution[T | None]:
        """Return the work that gives the value, or None; more than one is an error."""
        return self.to_typed_pipe().to_iterable_execution().map(at_most_one)

    def get_or_else_execution(self, default: T) -> Execution[T]:
        """Return the work that gives the value, or a default."""
        found = self.to_typed_pipe().to_iterable_execution()
        return found.map(lambda values: values[0] if values else default)

    def get_execution(self) -> Execution[T]:
        """Return the work that gives the value; that there is none is an error."""
        return self.to_typed_pipe().to_iterable_execution().map(only)


class ComputedValue(ValuePipe[T]):
    """The value of a pipe that has one at most."""

    def __init__(self, pipe: TypedPipe[T]) -> None:
        super().__init__()
        self._pipe = pipe

    def to_typed_pipe(self) -> TypedPipe[T]:
        """Return the pipe."""
        return self._pipe
