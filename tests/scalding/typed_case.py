"""What a case of the typed API is: data, and a function from pipes to a pipe."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.connectors import FlowConnector
from cascade2spark.fields import Fields
from cascade2spark.scalding.base import Mode, Source
from cascade2spark.scalding.flow_state import FlowState, state_of
from cascade2spark.scalding.typed import TypedPipe, ValuePipe
from cascade2spark.taps import MemoryTap

__all__ = [
    "CASES",
    "LEFT",
    "NUMBERS",
    "PAIRS",
    "RIGHT",
    "Collected",
    "TypedCase",
    "case",
    "collected",
    "shown",
]

NUMBERS = [3, 1, 2, 3]
PAIRS = [("a", 3), ("b", 2), ("a", 1), ("a", 2), ("b", 5)]
LEFT = [("a", 1), ("a", 2), ("b", 3), ("c", 4)]
RIGHT = [("a", "x"), ("b", "y"), ("b", "z"), ("d", "w")]


@attrs.frozen
class TypedCase:
    """One behaviour.

    Args:
        name: unique.
        source: section of the Scalding reference, or the test that pins it.
        build: called with a pipe for each input, by name; returns a pipe, a group or a ValuePipe.
        inputs: values by the names of `build`'s parameters.
        expected: the values, in any order.
        fails: class of the error and texts of its message, instead of values.
    """

    name: str
    source: str
    build: Callable[..., Any]
    inputs: Mapping[str, Sequence[Any]]
    expected: Sequence[Any] = ()
    fails: tuple[Any, ...] = ()

    def pipe(self) -> Any:
        """Return what the case builds."""
        found = self.build(**{name: TypedPipe.from_(held) for name, held in self.inputs.items()})
        return found.to_typed_pipe() if isinstance(found, ValuePipe) else found


CASES: list[TypedCase] = []


def case(source: str, expected: Sequence[Any] = (), fails: tuple[Any, ...] = (), **inputs: Any):
    """Return a decorator that makes a case of a building function."""

    def decorate(build: Callable[..., Any]) -> Callable[..., Any]:
        assert set(inputs) == set(inspect.signature(build).parameters), build.__name__
        assert build.__name__ not in {one.name for one in CASES}, build.__name__
        CASES.append(TypedCase(build.__name__, source, build, inputs, expected, fails))
        return build

    return decorate


@attrs.frozen(eq=False, repr=False)
class Collected(Source):
    """A sink whose values are there after the run."""

    tap: MemoryTap = attrs.field(factory=lambda: MemoryTap(Fields("value")))

    @property
    def source_fields(self) -> Fields:
        return Fields("value")

    def write_tap(self, mode: Mode) -> MemoryTap:
        return self.tap

    @property
    def values(self) -> list[Any]:
        """The values that were written."""
        return [value for (value,) in self.tap.rows]

    def __repr__(self) -> str:
        return "collected"


def collected(connector: FlowConnector, *pipes: Any) -> list[list[Any]]:
    """Run pipes in one flow and return the values of each."""
    state = FlowState()
    sinks = [Collected() for _ in pipes]
    with state_of(state):
        for pipe, sink in zip(pipes, sinks, strict=True):
            pipe.write(sink)
    state.connect(Mode(connector), "cases").complete()
    return [sink.values for sink in sinks]


def shown(values: Sequence[Any]) -> list[str]:
    """Return the texts of values in a fixed order: 1 is not 1.0; sets and dicts by their text."""
    return sorted(map(_text, values))


def _text(value: Any) -> str:
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(map(_text, value)))}}}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_text, value))})"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return repr(value)
