"""Fields entering and leaving every pipe, found in one walk from the heads to the tails.

All that is wrong is collected; a pipe behind a faulty one is passed over in silence, since
whatever could be said of it would follow from the first fault.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from cascade2spark.errors import (
    Cascade2SparkError,
    FieldNotFound,
    PlanError,
    TapError,
    Unsupported,
)
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
from cascade2spark.planner.assembly import (
    Assembly,
    describe_operation,
    label_of,
    origin_of_tap,
    step_of,
)
from cascade2spark.planner.findings import located, lost_types
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
    SinkNode,
    SourceNode,
    group_fields_of,
)
from cascade2spark.planner.stock import fault_of_stock

__all__ = ["Walk", "resolve_assembly", "resolve_pipe"]


class Walk:
    """One walk over an assembly: the nodes made so far, and what was found to be wrong."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.nodes: list[Node] = []
        self.errors: list[PlanError] = []
        self._node_of: dict[int, Node | None] = {}

    def node_of(self, pipe: Pipe) -> Node | None:
        """Return the node of a pipe, None when it could not be planned."""
        return self._node_of[id(pipe)]

    def run(self, failed: set[int]) -> None:
        """Resolve every pipe but the failed ones and what comes after them."""
        for pipe in self.assembly.pipes:
            self._node_of[id(pipe)] = None if id(pipe) in failed else self._planned(pipe)
        for tail in self.assembly.tails:
            self._sink(tail)

    def parts(self, pipe: Pipe, inputs: tuple[Node, ...]) -> dict[str, Any]:
        """Return what every node of a pipe has."""
        return {
            "number": len(self.nodes),
            "name": pipe.name,
            "kind": type(pipe).__name__,
            "label": label_of(pipe),
            "inputs": inputs,
            "origin": pipe.origin,
            "path": self.assembly.paths[id(pipe)],
            "pipe": pipe,
            "made_by": pipe.made_by,
        }

    def _tap_parts(
        self, kind: str, pipe: Pipe, inputs: tuple[Node, ...], tap: Any
    ) -> dict[str, Any]:
        """Return what the node of a tap has: the name is the pipe's, the line the tap's own."""
        return self.parts(pipe, inputs) | {
            "kind": kind,
            "label": f"{kind} {pipe.name!r} {describe_operation(tap)}",
            "origin": origin_of_tap(tap) or pipe.origin,
            "made_by": None,
        }

    def located(
        self, error: Cascade2SparkError, pipe: Pipe, says: str, inputs: tuple[Node, ...]
    ) -> PlanError:
        """Return `error` as one of this pipe; `says` completes the sentence its label begins."""
        path = self.assembly.paths[id(pipe)]
        if len(pipe.previous) > 1 and len(inputs) == 1:
            path = inputs[0].path.plus(step_of(pipe))  # by the side that is at fault
        return located(error, f"{label_of(pipe)} {says}", pipe, path, inputs)

    def _planned(self, pipe: Pipe) -> Node | None:
        if not pipe.previous:
            source = self._source(pipe)
            if source is None or type(pipe) is Pipe or id(pipe) in self.assembly.removed:
                return source
            inputs: tuple[Node | None, ...] = (source,)
        else:
            inputs = tuple(self.node_of(before) for before in pipe.previous)
        known = tuple(node for node in inputs if node is not None)
        if len(known) < len(inputs):
            return None
        if id(pipe) in self.assembly.removed:
            return known[0]
        try:
            node = resolve_pipe(pipe, known, self)
        except Cascade2SparkError as error:
            if not isinstance(error, PlanError) or error.origin is None:
                error = self.located(error, pipe, f"cannot be planned: {error.headline}", known)
            self.errors.append(error)
            return None
        self.nodes.append(node)
        if isinstance(node, (EachNode, EveryNode)):
            self._check_operation(node, pipe)
        return node

    def _check_operation(self, node: EachNode | EveryNode, pipe: Pipe) -> None:
        """Report what a stock operation cannot work on; its fields are known all the same."""
        incoming = node.over.fields if isinstance(node, EveryNode) else node.incoming
        declared = node.fields if node.resolved is None else node.resolved.declared
        fault = fault_of_stock(node.operation, node.arguments, declared, incoming)
        if fault is not None:
            inputs = (node.over,) if isinstance(node, EveryNode) else node.inputs
            is_missing = isinstance(fault, FieldNotFound)
            says = "mentions a field that is not among its arguments"
            says = says if is_missing else "cannot work on its arguments"
            lost = lost_types(list(node.arguments), inputs) if "type" in fault.headline else None
            if lost is not None:
                fault.details["untyped by"] = lost
            self.errors.append(self.located(fault, pipe, says, inputs))

    def _source(self, pipe: Pipe) -> Node | None:
        tap = self.assembly.sources.get(pipe.name)
        if tap is None:
            return None
        try:
            fields = tap.retrieve_source_fields()
        except (TapError, Unsupported, OSError) as error:
            found = PlanError(
                f"source {pipe.name!r}: {getattr(error, 'headline', error)}",
                details=getattr(error, "details", None),
                origin=origin_of_tap(tap) or pipe.origin,
                fix=getattr(error, "fix", None),
            )
            found.__cause__ = error
            self.errors.append(found)
            return None
        node = SourceNode(
            **self._tap_parts("source", pipe, (), tap),
            fields=Fields.UNKNOWN if fields.is_all() else fields,
            tap=tap,
        )
        self.nodes.append(node)
        return node

    def _sink(self, tail: Pipe) -> None:
        node, tap = self.node_of(tail), self.assembly.sinks.get(tail.name)
        if node is None or tap is None:
            return
        declared = tap.get_sink_fields()
        selector = Fields.ALL if declared.is_unknown() else declared
        says = "leads to a sink that asks for a field that does not reach it"
        try:
            fields = resolve_selector(selector, node.fields, what="sink")
        except PlanError as error:
            self.errors.append(self.located(error, tail, says, (node,)))
            return
        if fields.is_none():
            fault = PlanError("no field is left", available=[])
            self.errors.append(self.located(fault, tail, "leads to a sink without fields", (node,)))
            return
        try:
            tap.present_sink_fields(fields)
        except PlanError as error:
            says = f"leads to a sink that cannot take its fields: {error.headline}"
            self.errors.append(self.located(error, tail, says, (node,)))
            return
        self.nodes.append(
            SinkNode(
                **self._tap_parts("sink", tail, (node,), tap),
                fields=fields,
                tap=tap,
            )
        )


def resolve_assembly(assembly: Assembly, failed: set[int]) -> tuple[list[Node], list[PlanError]]:
    """Return the resolved plan, inputs before users, and every error that was found.

    Args:
        failed: ids of pipes that are known to be unfit; nothing more is said of them.
    """
    walk = Walk(assembly)
    walk.run(failed)
    return walk.nodes, walk.errors


@singledispatch
def resolve_pipe(pipe: Pipe, inputs: tuple[Node, ...], walk: Walk) -> Node:
    """Return the node of a pipe whose inputs are resolved; registered for each kind of pipe."""
    if type(pipe) is not Pipe:
        raise Unsupported(
            f"{type(pipe).__name__} {pipe.name!r} is no pipe that can be planned",
            origin=pipe.origin,
        )
    return NameNode(**walk.parts(pipe, inputs), fields=inputs[0].fields)


@resolve_pipe.register
def _(pipe: Checkpoint, inputs: tuple[Node, ...], walk: Walk) -> Node:
    tap = walk.assembly.checkpoints.get(pipe.name)
    return CheckpointNode(**walk.parts(pipe, inputs), fields=inputs[0].fields, tap=tap)


@resolve_pipe.register
def _(pipe: Each, inputs: tuple[Node, ...], walk: Walk) -> Node:
    group = group_fields_of(inputs[0])
    operation: Any = pipe.operation
    incoming = inputs[0].fields
    arguments = _arguments(pipe, incoming, group, inputs, walk)
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
            raise walk.located(error, pipe, _output_fault(error), inputs) from error
    return EachNode(
        **walk.parts(pipe, inputs),
        fields=incoming if resolved is None else resolved.outgoing,
        operation=operation,
        arguments=arguments,
        resolved=resolved,
        group=group,
    )


@resolve_pipe.register
def _(pipe: Every, inputs: tuple[Node, ...], walk: Walk) -> Node:
    before = inputs[0]
    while isinstance(before, NameNode):
        before = before.inputs[0]
    over = before.over if isinstance(before, EveryNode) else before
    assert isinstance(over, (GroupByNode, JoinNode)), "check_every_follows_group lets others pass"
    group = over.key if isinstance(over, GroupByNode) else over.group
    passed = before.fields if isinstance(before, EveryNode) else Fields.as_declaration(group)
    try:
        arguments = _arguments(pipe, over.fields, group, (over,), walk)
    except PlanError as error:
        if isinstance(before, EveryNode) and error.asked in _names(before.fields):
            error.details["but"] = "it is a result of an Every before; arguments are of the group"
            error.fix = "work on it in an Each after the Every"
        raise
    resolved = None
    if isinstance(pipe.operation, (Aggregator, Buffer)):
        resolved = _resolved_every(pipe, over.fields, passed, group, walk)
    return EveryNode(
        **walk.parts(pipe, inputs),
        fields=passed if resolved is None else resolved.outgoing,
        operation=pipe.operation,
        arguments=arguments,
        over=over,
        resolved=resolved,
    )


@resolve_pipe.register
def _(pipe: GroupBy, inputs: tuple[Node, ...], walk: Walk) -> Node:
    incoming = check_same_fields(pipe, inputs, walk.assembly)
    key = _key(pipe, pipe.group, incoming, "groups on", inputs, walk)
    sort = None
    if pipe.sort is not None:
        sort = _key(pipe, pipe.sort, incoming, "sorts on", inputs, walk)
        sort = None if sort.is_none() else sort
    keys = [_key(pipe, pipe.group, one.fields, "groups on", inputs, walk) for one in inputs]
    check_key_types(pipe, keys, (pipe.group,) * len(keys), inputs, walk.assembly)
    return GroupByNode(
        **walk.parts(pipe, inputs),
        fields=incoming,
        key=key,
        sort=sort,
        key_selector=pipe.group,
        sort_selector=pipe.sort,
        reverse=pipe.reverse,
    )


@resolve_pipe.register(CoGroup)
@resolve_pipe.register(HashJoin)
def _(pipe: Any, inputs: tuple[Node, ...], walk: Walk) -> Node:
    is_self_join = pipe.is_self_join()
    if is_self_join:
        count = len(inputs) + pipe.self_joins
        inputs, selectors, sides = inputs[:1], (pipe.keys[0],) * count, (0,) * count
    else:
        unique = list({id(node): node for node in inputs}.values())
        sides = tuple(unique.index(node) for node in inputs)
        inputs, selectors = tuple(unique), pipe.keys
    keys = [
        _key(pipe, selector, inputs[side].fields, "joins on", (inputs[side],), walk)
        for selector, side in zip(selectors, sides, strict=True)
    ]
    check_key_types(pipe, keys, selectors, [inputs[side] for side in sides], walk.assembly)
    joined, group, is_buffer_join = resolve_join(pipe, inputs, sides, keys, walk.assembly)
    return JoinNode(
        **walk.parts(pipe, inputs),
        fields=joined,
        sides=sides,
        keys=tuple(keys),
        selectors=tuple(selectors),
        group=group,
        is_self_join=is_self_join,
        is_buffer_join=is_buffer_join,
    )


@resolve_pipe.register
def _(pipe: Merge, inputs: tuple[Node, ...], walk: Walk) -> Node:
    fields = check_same_fields(pipe, inputs, walk.assembly)
    if not fields.is_unknown() and len(fields):
        # Cascading looks at the types of the first column alone, as if it were a key.
        first = [one.fields.select(Fields.FIRST) for one in inputs]
        check_key_types(pipe, first, (Fields.FIRST,) * len(first), inputs, walk.assembly)
    return MergeNode(**walk.parts(pipe, inputs), fields=fields)


def _arguments(
    pipe: Any, incoming: Fields, group: Fields | None, inputs: tuple[Node, ...], walk: Walk
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
        raise walk.located(error, pipe, says, inputs) from error
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
        raise walk.located(fault, pipe, "gets more arguments than it accepts", inputs)
    return arguments


def _resolved_every(
    pipe: Any, incoming: Fields, passed: Fields, group: Fields, walk: Walk
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
        before = walk.node_of(pipe.previous[0])
        inputs = () if before is None else (before,)
        if isinstance(pipe.operation, Aggregator) and error.asked in _names(incoming):
            error.details["but"] = "it is a value of the group, and Aggregators pass on keys only"
        raise walk.located(error, pipe, _output_fault(error), inputs) from error


def _key(
    pipe: Pipe,
    selector: Fields,
    incoming: Fields,
    verb: str,
    inputs: tuple[Node, ...],
    walk: Walk,
) -> Fields:
    group = group_fields_of(inputs[0])
    try:
        key = resolve_selector(selector, incoming, group, what="key")
    except PlanError as error:
        says = f"{verb} a field that does not reach it"
        raise walk.located(error, pipe, says, inputs) from error
    if key.is_unknown():
        fault = PlanError("how many fields there are is not known", fix="name the fields")
        raise walk.located(fault, pipe, f"{verb} all fields of an UNKNOWN stream", inputs)
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
