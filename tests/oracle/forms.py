"""The arguments of each pipe in the order of one of Java's constructors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cascade2spark.operations.base import Filter, GroupAssertion, ValueAssertion
from cascade2spark.pipes import (
    Checkpoint,
    CoGroup,
    Each,
    Every,
    GroupBy,
    HashJoin,
    Merge,
    Pipe,
)

__all__ = ["FORMS", "only"]


def _each(pipe: Each) -> list[Any]:
    head: Any = only(pipe.previous) if pipe.previous else pipe.name
    level = [] if pipe.level is None else [pipe.level]
    is_plain = isinstance(pipe.operation, (Filter, ValueAssertion)) and pipe.output is None
    return [head, pipe.arguments, *level, pipe.operation, *([] if is_plain else [pipe.output])]


def _every(pipe: Every) -> list[Any]:
    if isinstance(pipe.operation, GroupAssertion):
        return [only(pipe.previous), pipe.arguments, pipe.level, pipe.operation]
    return [only(pipe.previous), pipe.arguments, pipe.operation, pipe.output]


def _group_by(pipe: GroupBy) -> list[Any]:
    sort = [pipe.sort] if pipe.sort is not None or pipe.reverse else []
    reverse = [True] if pipe.reverse else []
    return [*_name(pipe, "+"), _one_or_all(pipe.previous), pipe.group, *sort, *reverse]


def _co_group(pipe: CoGroup) -> list[Any]:
    group = [] if pipe.result_group is None else [pipe.result_group]
    return [*_joined(pipe), *group, pipe.joiner]


def _joined(pipe: CoGroup | HashJoin) -> list[Any]:
    """Return what joins begin with: name, pipes, keys, declared fields."""
    is_declared = pipe.declared is not pipe.joiner.get_field_declaration()
    declared = [pipe.declared if is_declared else None]
    if pipe.self_joins:
        joins = [only(pipe.previous), pipe.keys[0], pipe.self_joins]
        return [*_name(pipe, "*"), *joins, *(declared if declared != [None] else [])]
    return [*_name(pipe, "*"), list(pipe.previous), list(pipe.keys), *declared]


def _hash_join(pipe: HashJoin) -> list[Any]:
    return [*_joined(pipe), pipe.joiner]


def _merge(pipe: Merge) -> list[Any]:
    return [*_name(pipe, "+"), *pipe.previous]


def _checkpoint(pipe: Checkpoint) -> list[Any]:
    return [*([pipe.name] if pipe.is_named else []), *pipe.previous]


def _plain_pipe(pipe: Pipe) -> list[Any]:
    return [pipe.name, *pipe.previous]


FORMS: Mapping[type, Callable[[Any], list[Any]]] = {
    Pipe: _plain_pipe,
    Each: _each,
    Every: _every,
    GroupBy: _group_by,
    CoGroup: _co_group,
    HashJoin: _hash_join,
    Merge: _merge,
    Checkpoint: _checkpoint,
}


def _name(pipe: Pipe, sign: str) -> list[str]:
    """Return the name of a splice if it was given one."""
    derived = sign.join(one.name for one in pipe.previous)
    return [] if pipe.name == derived else [pipe.name]


def _one_or_all(pipes: Sequence[Pipe]) -> Any:
    return pipes[0] if len(pipes) == 1 else list(pipes)


def only(pipes: Sequence[Pipe]) -> Pipe:
    """Return the one pipe of several that there is."""
    (pipe,) = pipes
    return pipe
