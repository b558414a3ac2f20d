"""How fields, functions and the columns of the result are said in the fields API.

Everywhere the fields that are read come first, those that are made second, the function last:
``map("line", "word", fn)``, ``map(("a", "b"), "sum", fn)``.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Any, Self

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.callables import PlainFunction, Shape, function
from cascade2spark.origin import capture_origin, origin_of_callable
from cascade2spark.pipes import Pipe

__all__ = [
    "InvalidJoinMode",
    "PipeHolder",
    "argument_of",
    "as_is",
    "check_arity",
    "default_mode",
    "fields_of",
    "function_for",
    "listed",
    "name_of",
    "named_apart",
    "pipe_of",
    "root_of",
]


class InvalidJoinMode(BuildError):
    """A joiner that a kind of join cannot keep its promise for."""


def pipe_of(given: Any) -> Pipe:
    """Return the pipe that something is, or wraps.

    Raises:
        BuildError: it is neither.
    """
    if isinstance(given, PipeHolder):
        return given.pipe
    if isinstance(given, Pipe):
        return given
    raise BuildError("a pipe is needed", asked=repr(given), origin=capture_origin())


@attrs.frozen(eq=False, repr=False, slots=False)
class PipeHolder:
    """A thin, immutable wrapper of a pipe: its methods make new ones."""

    pipe: Pipe = attrs.field(converter=pipe_of)

    def _on(self, pipe: Pipe) -> Self:
        return type(self)(pipe)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pipe!r})"


def root_of(pipe: Pipe) -> Pipe:
    """Return the pipe that a pipe is another name of."""
    while type(pipe) is Pipe and pipe.previous:
        pipe = pipe.previous[0]
    return pipe


def named_apart(pipe: Pipe, *others: Pipe) -> Pipe:
    """Return the last pipe under a name that none of those before it has."""
    *before, last = (pipe, *others)
    taken = {one.name for one in before}
    if last.name not in taken:
        return last
    names = (f"{last.name} {number}" for number in itertools.count(2))
    return Pipe(next(name for name in names if name not in taken), last)


def fields_of(*given: Any) -> Fields:
    """Return the fields that a user names: names, positions, ``"*"`` for all, ``()`` for none."""
    value = given[0] if len(given) == 1 else given
    if isinstance(value, str) and value == "*":
        return Fields.ALL
    if isinstance(value, (list, tuple)) and not value:
        return Fields.NONE
    return as_fields(value)


def listed(method: str, fields: Fields, count: int | None = None) -> Fields:
    """Return fields that must be named one by one, and as many as said.

    Raises:
        BuildError: they are a set such as ALL, or more or fewer.
    """
    if not fields.is_defined() or (count is not None and len(fields) != count):
        wanted = "named fields" if count is None else _counted(count, "named field")
        raise BuildError(f"{method} needs {wanted}", asked=str(fields), origin=capture_origin())
    return fields


def default_mode(method: str, source: Fields, target: Fields) -> Fields:
    """Return which columns leave: the relation of what is read to what is made decides.

    Equal sets replace; where one contains the other, what was read is removed and what is made
    comes last; otherwise all columns stay and what is made comes last.

    Raises:
        BuildError: they overlap in part, so that a name would be there twice.
    Source:
        Scalding's defaultMode.
    """
    if target.is_arguments() or (source.is_all() and target.is_all()):
        return Fields.REPLACE
    if not source.is_defined() or not target.is_defined():
        return Fields.ALL
    read, made = set(source), set(target)
    if read == made:
        return Fields.REPLACE
    if read < made or made < read:
        return Fields.SWAP
    if read & made:
        raise BuildError(
            f"{method} reads and makes fields that overlap in part",
            details={
                "reads": source,
                "makes": target,
                "in both": ", ".join(repr(name) for name in source if name in made),
            },
            origin=capture_origin(),
            fix=f"make all that is read and more, or less, or use {method}_to",
        )
    return Fields.ALL


def function_for(
    method: str, source: Fields, target: Fields, call: Any, *, many: bool = False
) -> PlainFunction:
    """Return the function of a row, once it is sure that it takes the fields.

    Raises:
        BuildError: it takes another number of values; or it is a generator where one result is
            wanted.
    """
    check_arity(method, source, call)
    if not many and inspect.isgeneratorfunction(call):
        raise BuildError(
            f"{method} takes a function of one result, and was given a generator",
            asked=name_of(call),
            origin=origin_of_callable(call),
            fix=f"use flat_{method}",
        )
    if target.is_all() or target.is_arguments():  # what is made has the names of what is read
        target = source.un_apply_types() if source.is_defined() else Fields.ARGS
    return function(target, many=many)(call)


def check_arity(method: str, fields: Fields, call: Any, before: int = 0) -> None:
    """Refuse a function that cannot take one value for each field.

    Args:
        before: number of further values that it is given first.
    """
    if not callable(call):
        raise BuildError(
            f"{method} needs a function, after the fields",
            asked=repr(call),
            origin=capture_origin(),
        )
    if not fields.is_defined() and not fields.is_none():
        return
    taken = PlainFunction(call, Fields.ARGS, Shape.VALUE)
    count = before + len(fields)
    if count < taken.fewest or (taken.most is not None and count > taken.most):
        place = origin_of_callable(call)
        raise BuildError(
            f"{method} hands {_counted(count, 'value')} to a function that takes {_taken(taken)}",
            asked=name_of(call),
            details={
                "fields": fields,
                **({"given first": before} if before else {}),
                **({"defined at": place} if place else {}),
            },
            origin=capture_origin(),
        )


def argument_of(fields: Fields) -> Callable[[tuple[Any, ...]], Any]:
    """Return the function from the values of fields to one argument: the value, or the tuple."""
    return _first if fields.is_defined() and len(fields) == 1 else as_is


def as_is(value: Any) -> Any:
    """Return the value."""
    return value


def name_of(call: Any) -> str:
    """Return how a function is called in messages."""
    name = getattr(call, "__qualname__", None) or type(call).__name__
    return str(name).replace("<locals>.", "")


def _first(values: tuple[Any, ...]) -> Any:
    return values[0]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _taken(taken: PlainFunction) -> str:
    fewest, most = taken.fewest, taken.most
    if most is None:
        return f"at least {fewest}"
    return str(most) if fewest == most else f"{fewest} to {most}"
