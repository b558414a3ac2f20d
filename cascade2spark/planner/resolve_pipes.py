"""The node of each kind of pipe: which fields it takes, works on and gives."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from cascade2spark.errors import FieldNotFound, PlanError, Unsupported
from cascade2spark.field_resolution import (
    Resolved,
    resolve_aggregator,
    resolve_arguments,
    resolve_buffer,
    resolve_each,
    resolve_selector,
)
from cascade2spark.fields import Fields, shown_fields
from cascade2spark.operations.base import Aggregator, Buffer, Function
from cascade2spark.operations.callables import PlainAggregator, PlainFilter, PlainFunction
from cascade2spark.pipes import Checkpoint, CoGroup, Each, Every, GroupBy, HashJoin, Merge, Pipe
from cascade2spark.planner.joining import check_key_types, check_same_fields, resolve_join
from cascade2spark.planner.nodes import (
    CheckpointNode,
    EachNode,
    EveryNode,
    GroupByNode,
    JoinNode,
    MergeNode,
    NameNode,
    Node,
    group_fields_of,
)
from cascade2spark.planner.resolution import Resolution

__all__ = ["resolve_pipe"]


@singledispatch
def resolve_pipe(pipe: Pipe, inputs: tuple[Node, ...], known: Resolution) -> Node:
    """Return the node of a pipe whose inputs are resolved; registered for each kind of pipe."""
    if type(pipe) is not Pipe:
        raise Unsupported(
            f"{type(pipe).__name__} {pipe.name!r} is no pipe that can be planned",
            origin=pipe.origin,
        )
    return NameNode(**known.parts(pipe, inputs), fields=inputs[0].fields)


@resolve_pipe.register
def _(pipe: Checkpoint, inputs: tuple[Node, ...], known: Resolution) -> Node:
    tap = known.assembly.checkpoints.get(pipe.name)
    return CheckpointNode(**known.parts(pipe, inputs), fields=inputs[0].fields, tap=tap)


@resolve_pipe.register
def _(pipe: Each, inputs: tuple[Node, ...], known: Resolution) -> Node:
    group = group_fields_of(inputs[0])
    operation: Any = pipe.operation
    incoming = inputs[0].fields
    arguments = _arguments(pipe, incoming, group, inputs, known)
    declaration, num_args = operation.get_field_declaration(), operation.get_num_args()
    resolved = None
    if isinstance(operation, Function):
        output = Fields.RESULTS if pipe.output is None else pipe.output
        try:
            resolved = resolve_each(
                pipe.arguments,
                declaration,
                output,
                incoming,
                num_args=num_args,
                group=group,
            )
        except PlanError as error:
            raise known.located(error, pipe, _output_fault(error), inputs) from error
    return EachNode(
        **known.parts(pipe, inputs),
        fields=incoming if resolved is None else resolved.outgoing,
        operation=operation,
        arguments=arguments,
        resolved=resolved,
        group=group,
    )


@resolve_pipe.register
def _(pipe: Every, inputs: tuple[Node, ...], known: Resolution) -> Node:
    before = inputs[0]
    while isinstance(before, NameNode):
        before = before.inputs[0]
    over = before.over if isinstance(before, EveryNode) else before
    assert isinstance(over, (GroupByNode, JoinNode)), "check_every_follows_group lets others pass"
    group = over.key if isinstance(over, GroupByNode) else over.group
    passed = before.fields if isinstance(before, EveryNode) else Fields.as_declaration(group)
    try:
        arguments = _arguments(pipe, over.fields, group, (over,), known)
    except PlanError as error:
        if isinstance(before, EveryNode) and error.asked in _names(before.fields):
            error.details["but"] = "it is a result of an Every before; arguments are of the group"
            error.fix = "work on it in an Each after the Every"
        raise
    resolved = None
    if isinstance(pipe.operation, (Aggregator, Buffer)):
        resolved = _resolved_every(pipe, over.fields, passed, group, known)
    return EveryNode(
        **known.parts(pipe, inputs),
        fields=passed if resolved is None else resolved.outgoing,
        operation=pipe.operation,
        arguments=arguments,
        over=over,
        resolved=resolved,
    )


@resolve_pipe.register
def _(pipe: GroupBy, inputs: tuple[Node, ...], known: Resolution) -> Node:
    incoming = check_same_fields(pipe, inputs, known.assembly)
    key = _key(pipe, pipe.group, incoming, "groups on", inputs, known)
    sort = None
    if pipe.sort is not None:
        sort = _key(pipe, pipe.sort, incoming, "sorts on", inputs, known)
        sort = None if sort.is_none() else sort
    keys = [_key(pipe, pipe.group, one.fields, "groups on", inputs, known) for one in inputs]
    check_key_types(pipe, keys, (pipe.group,) * len(keys), inputs, known.assembly)
    return GroupByNode(
        **known.parts(pipe, inputs),
        fields=incoming,
        key=key,
        sort=sort,
        key_selector=pipe.group,
        sort_selector=pipe.sort,
        reverse=pipe.reverse,
    )


@resolve_pipe.register(CoGroup)
@resolve_pipe.register(HashJoin)
def _(pipe: Any, inputs: tuple[Node, ...], known: Resolution) -> Node:
    is_self_join = pipe.is_self_join()
    if is_self_join:
        count = len(inputs) + pipe.self_joins
        inputs, selectors, sides = inputs[:1], (pipe.keys[0],) * count, (0,) * count
    else:
        unique = list({id(node): node for node in inputs}.values())
        sides = tuple(unique.index(node) for node in inputs)
        inputs, selectors = tuple(unique), pipe.keys
    keys = [
        _key(pipe, selector, inputs[side].fields, "joins on", (inputs[side],), known)
        for selector, side in zip(selectors, sides, strict=True)
    ]
    check_key_types(pipe, keys, selectors, [inputs[side] for side in sides], known.assembly)
    joined, group, is_buffer_join = resolve_join(pipe, inputs, sides, keys, known.assembly)
    return JoinNode(
        **known.parts(pipe, inputs),
        fields=joined,
        sides=sides,
        keys=tuple(keys),
        selectors=tuple(selectors),
        group=group,
        is_self_join=is_self_join,
        is_buffer_join=is_buffer_join,
    )


@resolve_pipe.register
def _(pipe: Merge, inputs: tuple[Node, ...], known: Resolution) -> Node:
    fields = check_same_fields(pipe, inputs, known.assembly)
    if not fields.is_unknown() and len(fields):
        # Cascading looks at the types of the first column alone, as if it were a key.
        first = [one.fields.select(Fields.FIRST) for one in inputs]
        check_key_types(pipe, first, (Fields.FIRST,) * len(first), inputs, known.assembly)
    return MergeNode(**known.parts(pipe, inputs), fields=fields)


def _arguments(
    pipe: Any, incoming: Fields, group: Fields | None, inputs: tuple[Node, ...], known: Resolution
) -> Fields:
    """Return the argument fields of an operator, and refuse more than a callable accepts."""
    operation = pipe.operation
    try:
        arguments = resolve_arguments(
            pipe.arguments, incoming, num_args=operation.get_num_args(), group=group
        )
    except PlanError as error:
        is_missing = _is_missing(error)
        says = "takes an argument that does not reach it" if is_missing else "lacks arguments"
        raise known.located(error, pipe, says, inputs) from error
    # Only plain callables say how many they take; an operation may have a `most` of its own.
    is_plain = isinstance(operation, (PlainFunction, PlainFilter, PlainAggregator))
    most = operation.most if is_plain else None
    if most is not None and not arguments.is_unknown() and len(arguments) > most:
        beside = " beside the state" if isinstance(operation, PlainAggregator) else ""
        fault = PlanError(
            f"it takes {most} value{'' if most == 1 else 's'}{beside} and gets {len(arguments)}",
            asked=list(arguments),
            available=shown_fields(incoming),
        )
        raise known.located(fault, pipe, "gets more arguments than it accepts", inputs)
    return arguments


def _resolved_every(
    pipe: Any, incoming: Fields, passed: Fields, group: Fields, known: Resolution
) -> Resolved:
    declaration = pipe.operation.get_field_declaration()
    output = Fields.ALL if pipe.output is None else pipe.output
    num_args = pipe.operation.get_num_args()
    try:
        if isinstance(pipe.operation, Buffer):
            return resolve_buffer(
                pipe.arguments, declaration, output, incoming, group, num_args=num_args
            )
        return resolve_aggregator(
            pipe.arguments, declaration, output, incoming, passed, group, num_args=num_args
        )
    except PlanError as error:
        before = known.node_of(pipe.previous[0])
        inputs = () if before is None else (before,)
        if isinstance(pipe.operation, Aggregator) and error.asked in _names(incoming):
            error.details["but"] = "it is a value of the group, and Aggregators pass on keys only"
        raise known.located(error, pipe, _output_fault(error), inputs) from error


def _key(
    pipe: Pipe,
    selector: Fields,
    incoming: Fields,
    verb: str,
    inputs: tuple[Node, ...],
    known: Resolution,
) -> Fields:
    group = group_fields_of(inputs[0])
    try:
        key = resolve_selector(selector, incoming, group, what="key")
    except PlanError as error:
        says = f"{verb} a field that does not reach it"
        raise known.located(error, pipe, says, inputs) from error
    if key.is_unknown():
        fault = PlanError("how many fields there are is not known", fix="name the fields")
        raise known.located(fault, pipe, f"{verb} all fields of an UNKNOWN stream", inputs)
    return key


def _output_fault(error: PlanError) -> str:
    if not _is_missing(error):
        return f"cannot give its fields: {error.headline}"
    if error.headline.startswith("REPLACE"):
        return "replaces a field that does not reach it"
    return "selects an output field that neither reaches it nor is declared"


def _names(fields: Fields) -> list[object]:
    return [name for name in fields if isinstance(name, str)]


def _is_missing(error: PlanError) -> bool:
    return isinstance(error, FieldNotFound)
