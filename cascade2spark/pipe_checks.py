"""What the constructors of pipes refuse: operations, selectors and joins that cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cascade2spark.argument_checks import check_count
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.joiners import Joiner
from cascade2spark.operations.arities import check_takes

__all__ = [
    "check_join",
    "check_level",
    "check_methods",
    "check_partitions",
    "check_result_group",
    "check_selectors",
    "refuse_operation",
]

_NOT_AN_ARGUMENT = ("ARGS", "RESULTS", "REPLACE", "SWAP", "UNKNOWN")
_NOT_A_DECLARATION = ("RESULTS", "REPLACE", "SWAP")
_NOT_AN_OUTPUT = ("NONE", "ARGS", "GROUP", "VALUES", "UNKNOWN")


def refuse_operation(pipe: Any, kind: str, wanted: str) -> None:
    """Say what to do about something that is no operation of this kind of pipe."""
    operation: Any = pipe.operation
    if callable(operation) and not isinstance(operation, type):
        advice = (
            "decorate it: function(...), keep_if or remove_if"
            if kind == "Each"
            else "decorate it: aggregator(...) or buffer(...)"
        )
    elif isinstance(operation, type):
        advice = f"pass an instance: {operation.__name__}()"
    else:
        advice = None
    raise BuildError(
        f"{kind} {pipe.name!r} needs {wanted}",
        asked=repr(operation),
        origin=pipe.origin,
        fix=advice,
    )


def check_methods(pipe: Any, kinds: Sequence[type]) -> None:
    """Refuse an operation that does not define what it would be called with."""
    kind = type(pipe.operation)
    wanted = {
        name: method
        for base in kinds
        if isinstance(pipe.operation, base)
        for name, method in vars(base).items()
        if callable(method) and not name.startswith("_")
    }
    missing = [name for name, method in wanted.items() if getattr(kind, name) is method]
    if not missing:
        _check_parameters(pipe.operation, [*wanted, "prepare", "flush", "cleanup"])
        return
    own = [name for one in kind.__mro__ if one.__module__ == kind.__module__ for name in vars(one)]
    raise BuildError(
        f"{kind.__name__} does not define {' and '.join(missing)}",
        asked=missing[0],
        available=sorted({name for name in own if not name.startswith("_")}),
        origin=pipe.origin,
        fix=f"def {missing[0]}(self, flow_process, call): ...",
    )


def _check_parameters(operation: Any, names: Sequence[str]) -> None:
    """Refuse methods of the user's that do not take what every method of an operation is given."""
    for name in names:
        method = getattr(operation, name, None)
        module = str(getattr(method, "__module__", ""))
        if callable(method) and not module.startswith("cascade2spark."):
            owner = f"{type(operation).__name__}.{name}"
            check_takes(owner, method, ("flow_process", "call"))


def check_level(pipe: Any, none: Any) -> None:
    """Refuse an assertion without the level at which it is kept."""
    if pipe.level in (None, none):
        raise BuildError(
            "an assertion needs the level at which it is kept",
            asked=f"{type(pipe).__name__} {pipe.name!r} with {type(pipe.operation).__name__}",
            available=["AssertionLevel.VALID", "AssertionLevel.STRICT"],
            origin=pipe.origin,
        )


def check_selectors(pipe: Any) -> None:
    """Refuse selectors that mean nothing where they stand in an Each."""
    places: list[tuple[str, Fields | None, Sequence[str]]] = [
        ("argument selector", pipe.arguments, _NOT_AN_ARGUMENT),
        ("declaration of an operation", pipe.operation.field_declaration, _NOT_A_DECLARATION),
        ("output selector", pipe.output, _NOT_AN_OUTPUT),
    ]
    for role, selector, refused in places:
        if selector is not None and selector.kind.name in refused:
            raise BuildError(
                f"{type(pipe).__name__} {pipe.name!r}: {selector.kind.name} cannot be the {role}",
                asked=f"Fields.{selector.kind.name}",
                origin=pipe.origin,
            )


def check_join(pipe: Any, kind: str, inputs: Sequence[Any]) -> None:
    """Refuse a join whose sides do not go together."""
    sizes = {key.size() for key in pipe.keys}
    if len(sizes) > 1:
        raise BuildError(
            f"{kind} {pipe.name!r} joins on keys of different sizes",
            asked=[str(key) for key in pipe.keys],
            origin=pipe.origin,
        )
    sides = len(inputs) + pipe.self_joins
    if sides < 2:
        raise BuildError(f"{kind} {pipe.name!r} needs at least two sides", origin=pipe.origin)
    wanted = pipe.joiner.num_joins()
    if wanted != Joiner.ANY and wanted != sides - 1:
        raise BuildError(
            f"{kind} {pipe.name!r} has {sides} sides, {pipe.joiner!r} joins {wanted + 1}",
            origin=pipe.origin,
        )
    if pipe.is_self_join():
        if any(key != pipe.keys[0] for key in pipe.keys):
            raise BuildError(
                f"{kind} {pipe.name!r} joins a stream with itself on different keys",
                asked=[str(key) for key in pipe.keys],
                origin=pipe.origin,
            )
        return
    names = [one.name for one in inputs]
    if len(set(names)) < len(names):
        raise BuildError(
            f"{kind} {pipe.name!r} joins branches of one name: traps cannot tell them apart",
            asked=names,
            origin=pipe.origin,
            fix='name the branches: Pipe("name", pipe)',
        )


def check_result_group(pipe: Any, sides: int) -> None:
    """Refuse a result group that does not name the key fields of every side."""
    size = pipe.keys[0].size()
    # The group of a self join is its key once: all sides have the same.
    groups = 1 if pipe.is_self_join() else sides
    if pipe.result_group is not None and pipe.result_group.size() != size * groups:
        raise BuildError(
            f"CoGroup {pipe.name!r} has {groups} key(s) of {size} fields, "
            f"so result_group must name {size * groups}",
            asked=str(pipe.result_group),
            origin=pipe.origin,
        )


def check_partitions(kind: str, partitions: int | None) -> int | None:
    """Return the number of partitions, unless it is less than one."""
    return None if partitions is None else check_count(f"{kind}(partitions=…)", partitions, 1)
