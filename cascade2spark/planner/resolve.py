"""Fields entering and leaving every pipe, found in one walk from the heads to the tails.

All that is wrong is collected; a pipe behind a faulty one is passed over in silence, since
whatever could be said of it would follow from the first fault.
"""

from __future__ import annotations

from typing import Any

from cascade2spark.errors import Cascade2SparkError, FieldNotFound, PlanError, TapError, Unsupported
from cascade2spark.field_resolution import resolve_selector
from cascade2spark.fields import Fields
from cascade2spark.pipes import Pipe
from cascade2spark.planner.assembly import Assembly, describe_operation, origin_of_tap
from cascade2spark.planner.findings import lost_types
from cascade2spark.planner.nodes import EachNode, EveryNode, Node, SinkNode, SourceNode
from cascade2spark.planner.resolution import Resolution
from cascade2spark.planner.resolve_pipes import resolve_pipe
from cascade2spark.planner.stock import fault_of_stock

__all__ = ["resolve_assembly"]


class _Walk(Resolution):
    """One walk over an assembly."""

    def run(self, failed: set[int]) -> None:
        """Resolve every pipe but the failed ones and what comes after them."""
        for pipe in self.assembly.pipes:
            self._node_of[id(pipe)] = None if id(pipe) in failed else self._planned(pipe)
        for tail in self.assembly.tails:
            self._sink(tail)

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
    walk = _Walk(assembly)
    walk.run(failed)
    return walk.nodes, walk.errors
