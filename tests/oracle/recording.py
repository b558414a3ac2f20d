"""Remembers how objects were constructed while the cases are loaded and built.

Operations, joiners, comparators and assemblies keep what they need to run, not what they were
given; Java's constructors want what was given. So the cases are loaded afresh, from their files,
with the constructors of the library watched, and each object's own call is kept with it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs

from cascade2spark import assemblies, comparators, joiners, operations, schemes, taps, types
from cascade2spark.fields import Fields
from cascade2spark.operations.base import BaseOperation
from cascade2spark.pipes import Pipe
from tests.conformance import functions
from tests.conformance.case import Case

__all__ = ["Call", "Recorder", "load_cases"]

CASES = Path(functions.__file__).parent / "cases"


@attrs.frozen(eq=False)
class Call:
    """A constructor call: the object it made, and what it was given, in Java's order.

    Args:
        then: methods called on a specification since, with their arguments.
    """

    made: Any
    args: tuple[Any, ...]
    then: list[tuple[str, tuple[Any, ...]]] = attrs.field(factory=list)


@attrs.define
class Recorder:
    """The calls seen so far.

    Args:
        calls: by the identity of the object made, which the call keeps alive.
        failed: the outermost call that raised.
    """

    calls: dict[int, Call] = attrs.field(factory=dict)
    failed: Call | None = None
    depth: int = 0

    def call_of(self, made: Any) -> Call | None:
        """Return how an object was constructed."""
        return self.calls.get(id(made))

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Record constructor calls of the library's classes."""
        originals = [(cls, "__init__", cls.__dict__["__init__"]) for cls in _watched_classes()]
        originals += [
            (cls, name, method)
            for cls in (operations.BuildSpec, operations.CopySpec)
            for name, method in vars(cls).items()
            if inspect.isfunction(method) and not name.startswith("_")
        ]
        try:
            for cls, name, original in originals:
                watch = self._recording if name == "__init__" else self._noting
                setattr(cls, name, watch(original))
            yield
        finally:
            for cls, name, original in originals:
                setattr(cls, name, original)

    def _noting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Return a method of a specification that notes what the user calls on it."""

        @functools.wraps(original)
        def call(made: Any, *args: Any) -> Any:
            self.depth += 1
            try:
                result = original(made, *args)
            finally:
                self.depth -= 1
            if self.depth == 0 and result is made:
                self.calls[id(made)].then.append((original.__name__, args))
            return result

        return call

    def _recording(self, original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def construct(made: Any, *args: Any, **named: Any) -> None:
            if id(made) not in self.calls:
                self.calls[id(made)] = Call(made, _positional(type(made), args, named))
            self.depth += 1
            try:
                original(made, *args, **named)
            except Exception:
                if self.depth == 1:
                    self.failed = self.calls[id(made)]
                raise
            finally:
                self.depth -= 1

        return construct


def load_cases() -> list[Case]:
    """Load every file of cases afresh, in the order of `CASES`."""
    found: list[Case] = []
    for path in sorted(CASES.glob("[a-z]*.py")):
        spec = importlib.util.spec_from_file_location(f"oracle_cases_{path.stem}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found += module.case.cases
    return found


def _watched_classes() -> list[type]:
    doors = (operations, assemblies, joiners, comparators, schemes, types, functions)
    named = [getattr(door, name) for door in doors for name in door.__all__]
    roots = [one for one in named if isinstance(one, type)] + [BaseOperation, Pipe, Fields]
    roots += [taps.DelimitedPartition, taps.NamedPartition, taps.PartitionTap, taps.Hfs]
    found = dict.fromkeys(base for root in roots for base in root.__mro__ if _is_ours(base))
    waiting = [Pipe]
    while waiting:
        one = waiting.pop()
        found.update(dict.fromkeys([one] if _is_ours(one) else []))
        waiting += one.__subclasses__()
    return [cls for cls in found if inspect.isfunction(cls.__dict__.get("__init__"))]


def _is_ours(cls: type) -> bool:
    return cls.__module__.startswith(("cascade2spark.", functions.__name__))


def _positional(cls: type, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """Return all arguments in the order of the signature, as Java has them."""
    if not named:
        return args
    bound = inspect.signature(cls).bind(*args, **named)
    bound.apply_defaults()
    parameters = inspect.signature(cls).parameters
    placed: list[Any] = []
    for name, value in bound.arguments.items():
        if parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
            placed += value
        elif parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY or name in named:
            placed.append(value)
    return tuple(placed)
