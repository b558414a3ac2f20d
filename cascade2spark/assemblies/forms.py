"""The arguments of the aggregating assemblies, sorted out by their types; and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.field_elements import is_type
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.base import Aggregator
from cascade2spark.operations.composite import CoFunction
from cascade2spark.operations.folds import Include
from cascade2spark.overloads import is_fields_like
from cascade2spark.pipes import Pipe, SubAssembly

__all__ = [
    "CAPACITY",
    "Aggregation",
    "Form",
    "Part",
    "group_and_fields",
    "one_of",
    "parsed",
    "refusal",
]

# How many keys a task holds before the exchange.
CAPACITY = "cascade2spark.aggregate.capacity"


@attrs.frozen
class Part:
    """One aggregation: which values, and what is done with them.

    Attributes:
        values: its arguments.
        operation: the aggregator over the rows of a group; of one with a functor, over the rows
            that this gave.
        functor: works on the rows of a task before; None where the aggregator is algebraic.
    """

    values: Fields
    operation: Any
    functor: CoFunction | None = None


@attrs.define
class Form:
    """The arguments of an assembly, sorted out by their types."""

    name: str | None
    pipes: list[Pipe]
    fields: list[Fields]
    parts: list[Aggregation]
    functors: list[CoFunction] = attrs.Factory(list)
    aggregators: list[Aggregator] = attrs.Factory(list)
    include: Include | None = None
    type: Any = None
    capacity: int = 0


class Aggregation(SubAssembly):
    """An assembly that can be a part of another: it knows its parts, if not its pipes."""

    parts: tuple[Part, ...] = ()


def parsed(owner: SubAssembly, given: Sequence[Any]) -> Form:
    """Sort arguments by type; a whole number after the first fields is the capacity."""
    rest = list(given)
    form = Form(None, [], [], [])
    if len(rest) > 1 and isinstance(rest[0], str) and _pipes_of(rest[1]):
        form.name = rest.pop(0)
    if rest and _pipes_of(rest[0]):
        form.pipes = _pipes_of(rest.pop(0))
    for argument in rest:
        is_count = isinstance(argument, int) and not isinstance(argument, bool)
        if isinstance(argument, Aggregation):
            form.parts.append(argument)
        elif isinstance(argument, CoFunction):
            form.functors.append(argument)
        elif isinstance(argument, Aggregator):
            form.aggregators.append(argument)
        elif isinstance(argument, Include) and form.include is None:
            form.include = argument
        elif is_type(argument) and form.type is None:
            form.type = argument
        elif is_count and form.fields:
            form.capacity = argument
        elif is_fields_like(argument):
            form.fields.append(as_fields(argument))
        elif isinstance(argument, (list, tuple)) and all(
            isinstance(one, Aggregation) for one in argument
        ):
            form.parts += argument
        elif isinstance(argument, (list, tuple)) and not is_fields_like(argument):
            inside = parsed(owner, list(argument))
            form.functors += inside.functors
            form.aggregators += inside.aggregators
            form.fields += inside.fields
        else:
            raise refusal(owner, given, f"{argument!r} has no place")
    return form


def _pipes_of(value: Any) -> list[Pipe]:
    if isinstance(value, Aggregation) and value.parts and not value.previous:
        return []  # a part is a pipe only in name
    if isinstance(value, Pipe):
        return [value]
    if isinstance(value, (list, tuple)) and value and all(_pipes_of(one) for one in value):
        return list(value)
    return []


def group_and_fields(
    owner: SubAssembly, given: Sequence[Any], form: Form, fewest: int, most: int
) -> tuple[Fields | None, list[Fields]]:
    """Return the group, None of a part, and the other fields, `fewest` to `most` of them."""
    fields = list(form.fields)
    group = fields.pop(0) if form.pipes and fields else None
    if form.parts or not fewest <= len(fields) <= most:
        raise refusal(owner, given, "the fields do not fit")
    return group, fields


def one_of(owner: SubAssembly, fields: Fields) -> Fields:
    """Return fields that must be one."""
    if len(fields) != 1:
        raise BuildError(f"{type(owner).__name__} takes one field here", asked=str(fields))
    return fields


def refusal(owner: SubAssembly, given: Sequence[Any], why: str) -> BuildError:
    """Return the error for arguments that do not fit, with the accepted forms of the class."""
    shown = ", ".join(repr(one) for one in given)
    accepted = (type(owner).__doc__ or "").partition("Java's orders: ")[2].partition(".")[0]
    details = {"accepted": " ".join(accepted.replace("``", "").split())} if accepted else None
    return BuildError(
        f"{type(owner).__name__} cannot be built: {why}", asked=shown, details=details
    )
