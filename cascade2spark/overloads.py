"""The one resolver of constructor overloads: arguments are told apart by their type alone.

A pipe is a pipe; a text before the first pipe is the name, after it a field; Fields, text, whole
number or a tuple of them stand for fields; anything with the operation contract is the operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.joiners import Joiner
from cascade2spark.operations.base import (
    Aggregator,
    AssertionLevel,
    BaseOperation,
    Buffer,
    DebugLevel,
    Filter,
    Function,
    GroupAssertion,
    ValueAssertion,
)

__all__ = [
    "OperatorForm",
    "SpliceForm",
    "is_fields_like",
    "parse_operator",
    "parse_splice",
    "split_name",
]

_OPERATION_KINDS = (Function, Filter, Aggregator, Buffer, ValueAssertion, GroupAssertion)
_OPERATOR_FORMS = (
    "{kind}(pipe, operation), {kind}(pipe, arguments, operation), "
    "{kind}(pipe, arguments, operation, output), {kind}(pipe, arguments, level, operation)"
)
_SPLICE_FORMS = {
    "GroupBy": "GroupBy(pipe, group), GroupBy(pipe, group, sort), "
    "GroupBy(pipe, group, sort, reverse), GroupBy([pipes], group, …)",
    "CoGroup": "CoGroup(lhs, keys, rhs, keys), … declared, … declared, result_group, … joiner,"
    " CoGroup([pipes], [keys], …), CoGroup(pipe, keys, num_self_joins, …)",
    "HashJoin": "HashJoin(lhs, keys, rhs, keys), … declared, … joiner, "
    "HashJoin([pipes], [keys], …)",
    "Merge": "Merge(pipe, pipe, …), Merge('name', pipe, …), Merge([pipes])",
}


@attrs.frozen
class OperatorForm:
    """What the arguments of an Each or Every turned out to be."""

    name: str | None
    pipe: Any
    arguments: Fields | None
    level: AssertionLevel | DebugLevel | None
    operation: Any
    output: Fields | None


@attrs.frozen
class SpliceForm:
    """What the arguments of a GroupBy, CoGroup, HashJoin or Merge turned out to be."""

    name: str | None
    pipes: tuple[Any, ...]
    keys: tuple[Fields, ...]
    fields: tuple[Fields, ...]
    joiner: Joiner | None
    self_joins: int
    reverse: bool
    is_array: bool


def is_fields_like(value: Any) -> bool:
    """Tell whether a value can stand for fields."""
    if isinstance(value, (Fields, str)):
        return True
    if isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, (tuple, list)) and all(
        isinstance(entry, (str, int)) and not isinstance(entry, bool) for entry in value
    )


def split_name(kind: str, given: Sequence[Any], pipe_class: type) -> tuple[str | None, list[Any]]:
    """Return the leading name, if any, and the other arguments."""
    rest = list(given)
    if rest and isinstance(rest[0], str):
        return rest[0], rest[1:]
    return None, rest


def parse_operator(
    kind: str,
    given: Sequence[Any],
    pipe_class: type,
    arguments: Any,
    operation: Any,
    output: Any,
) -> OperatorForm:
    """Sort out the arguments of Each and Every.

    Raises:
        BuildError: an argument that fits no place; the accepted forms are printed.
    """
    rest = list(given)
    name = rest.pop(0) if rest and isinstance(rest[0], str) else None
    pipe = rest.pop(0) if rest and isinstance(rest[0], pipe_class) else None
    if name is None and pipe is None:
        raise _refusal(kind, given, "the first argument must be a pipe")
    level = None
    selected = None if arguments is None else as_fields(arguments)
    shown = None if output is None else as_fields(output)
    found = operation
    is_behind = False  # what comes behind the operation selects the output
    for argument in rest:
        if isinstance(argument, (AssertionLevel, DebugLevel)) and level is None:
            level = argument
        elif is_fields_like(argument) and not is_behind and selected is None:
            selected = as_fields(argument)
        elif is_fields_like(argument) and found is not None and shown is None:
            shown = as_fields(argument)
        elif found is None and _may_be_operation(argument):
            found, is_behind = argument, True
        else:
            raise _refusal(kind, given, f"{argument!r} has no place", _base_missing(argument))
    if found is None:
        raise _refusal(kind, given, "there is no operation")
    return OperatorForm(name, pipe, selected, level, found, shown)


def parse_splice(
    kind: str,
    given: Sequence[Any],
    pipe_class: type,
    *,
    fields_after: int,
    takes_keys: bool = False,
    takes_reverse: bool = False,
    pipes: Sequence[Any] | None = None,
    keys: Sequence[Any] | None = None,
) -> SpliceForm:
    """Sort out the arguments of GroupBy, CoGroup, HashJoin and Merge.

    Args:
        fields_after: how many selectors may follow the pipes (and their keys).
        takes_keys: each pipe is followed by its key selector, or one list of them follows a list.
        takes_reverse: a boolean may end the call.
        pipes, keys: what was given by keyword.
    Raises:
        BuildError: an argument that fits no place; the accepted forms are printed.
    """
    rest = list(given)
    name = rest.pop(0) if rest and isinstance(rest[0], str) else None
    found: list[Any] = list(pipes or ())
    key_list: list[Fields] = [as_fields(key) for key in keys or ()]
    is_array = bool(pipes) and len(found) > 1
    if rest and _is_pipe_list(rest[0], pipe_class):
        found, is_array = list(rest.pop(0)), True
        if takes_keys and rest and isinstance(rest[0], (list, tuple)) and not key_list:
            key_list = [as_fields(key) for key in rest.pop(0)]
    else:
        while rest and isinstance(rest[0], pipe_class):
            found.append(rest.pop(0))
            if takes_keys and rest and is_fields_like(rest[0]) and len(key_list) < len(found):
                key_list.append(as_fields(rest.pop(0)))
    if not found:
        raise _refusal(kind, given, "there is no pipe")
    self_joins = 0
    if takes_keys and len(found) == 1 and rest and _is_count(rest[0]):
        self_joins = rest.pop(0)
    end = _SpliceEnd.of(rest, fields_after, takes_keys, takes_reverse)
    if end.misfit is not None:
        raise _refusal(kind, given, f"{end.misfit} has no place")
    if takes_keys and not key_list:
        key_list = [Fields.FIRST] * len(found)
    elif takes_keys and len(key_list) != len(found):
        raise _refusal(kind, given, f"{len(found)} pipes have {len(key_list)} key selectors")
    return SpliceForm(
        name,
        tuple(found),
        tuple(key_list),
        tuple(end.fields),
        end.joiner,
        self_joins,
        end.reverse,
        is_array or len(found) > 1,
    )


@attrs.define
class _SpliceEnd:
    """What follows the pipes and their keys."""

    fields: list[Fields] = attrs.field(factory=list)
    joiner: Joiner | None = None
    reverse: bool = False
    misfit: str | None = None

    @classmethod
    def of(
        cls, rest: Sequence[Any], most_fields: int, takes_joiner: bool, takes_reverse: bool
    ) -> _SpliceEnd:
        """Sort out the arguments, as far as each fits."""
        end = cls()
        for argument in rest:
            has_room = len(end.fields) < most_fields
            if isinstance(argument, bool) and takes_reverse:
                end.reverse = argument
            elif isinstance(argument, Joiner) and end.joiner is None and takes_joiner:
                end.joiner = argument
            elif has_room and is_fields_like(argument):
                end.fields.append(as_fields(argument))
            elif argument is not None or not has_room:
                end.misfit = repr(argument)
                break
        return end


def _may_be_operation(argument: Any) -> bool:
    return isinstance(argument, BaseOperation) or callable(argument)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_pipe_list(value: Any, pipe_class: type) -> bool:
    return (
        isinstance(value, (list, tuple))
        and bool(value)
        and all(isinstance(entry, pipe_class) for entry in value)
    )


def _base_missing(argument: Any) -> str | None:
    """Return what to do about an operation of which only half the bases are there."""
    kinds = [base for base in type(argument).__mro__ if base in _OPERATION_KINDS]
    if not kinds:
        return None
    name = type(argument).__name__
    return f"derive it from both: class {name}(BaseOperation, {kinds[0].__name__})"


def _refusal(kind: str, given: Sequence[Any], why: str, fix: str | None = None) -> BuildError:
    forms = _SPLICE_FORMS.get(kind) or _OPERATOR_FORMS.format(kind=kind)
    return BuildError(
        f"{kind} cannot be built: {why}",
        asked=f"{kind}({', '.join(_shown(argument) for argument in given)})",
        details={"accepted": forms},
        fix=fix,
    )


def _shown(argument: Any) -> str:
    return repr(argument) if isinstance(argument, (str, int)) else type(argument).__name__
