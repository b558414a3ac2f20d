"""Wording what is wrong with an assembly: every finding names the pipe, its line and the way to it.

The resolver of fields knows no pipes; here its errors get the place, and for a name that was lost
on the way, the pipe that lost it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeGuard

from cascade2spark.errors import Cascade2SparkError, FieldNotFound, PlanError
from cascade2spark.fields import Fields
from cascade2spark.operations.passing import Identity
from cascade2spark.pipes import Pipe
from cascade2spark.planner.assembly import Assembly, label_of
from cascade2spark.planner.nodes import (
    EachNode,
    EveryNode,
    JoinNode,
    Node,
    SourceNode,
    upstream_of,
)

__all__ = ["located", "lost_fields", "lost_types", "problem_at", "raise_all", "shown_all"]


def problem_at(assembly: Assembly, pipe: Pipe, headline: str, **parts: Any) -> PlanError:
    """Return a PlanError about a pipe: `headline` is said of it, e.g. ``follows no group``."""
    return PlanError(
        f"{label_of(pipe)} {headline}",
        origin=pipe.origin,
        branch=str(assembly.paths[id(pipe)]),
        **parts,
    )


def located(
    error: Cascade2SparkError,
    headline: str,
    pipe: Pipe,
    path: object,
    inputs: Sequence[Node] = (),
) -> PlanError:
    """Return an error of the fields algebra as one about a pipe.

    Args:
        error: what the algebra said; its parts are kept.
        headline: what the pipe cannot do; the algebra's own words are the detail of it.
        inputs: where to look for the pipe that lost a missing field.
    """
    kind = FieldNotFound if isinstance(error, FieldNotFound) else PlanError
    details = dict(error.details)
    if kind is FieldNotFound:
        details.update(_histories(error.asked, inputs))
    elif error.headline not in headline:
        details = {"because": error.headline, **details}
    found = kind(
        headline,
        asked=error.asked,
        available=error.available,
        nearest=error.nearest,
        details=details,
        origin=pipe.origin,
        branch=str(path),
        fix=error.fix,
    )
    # Ported tests look for the resolver's exception one or two causes down.
    found.__cause__ = error
    return found


def lost_fields(name: str, inputs: Sequence[Node]) -> tuple[str, str] | None:
    """Return (label, text) on the nearest pipe upstream that took `name` away, None if none did."""
    for first in inputs:
        for node in upstream_of(first):
            if name in node.fields or not any(name in one.fields for one in node.inputs):
                continue
            new_name = _renamed_to(name, node)
            where = f"{node.label} at {node.origin}"
            if new_name is not None:
                return "renamed", f"to {new_name!r} by {where}"
            return "dropped by", f"{where}{_reason(node)}"
    return None


def lost_types(names: Sequence[object], inputs: Sequence[Node]) -> str | None:
    """Return the nearest pipe upstream behind which named fields have no types any more.

    None when they never had any, or when there is nothing to lose.
    """
    for first in inputs:
        for node in upstream_of(first):
            own = [name for name in names if _is_there(name, node) and not _is_typed(name, node)]
            if any(_is_typed(name, one) for name in own for one in node.inputs):
                untyped = isinstance(node, EachNode) and node.resolved is not None
                hint = ": declare its fields with types" if untyped else ""
                return f"{node.label} at {node.origin}{_reason(node)}{hint}"
    return None


def _is_there(name: object, node: Node) -> TypeGuard[str]:
    return isinstance(name, str) and name in node.fields


def _is_typed(name: object, node: Node) -> bool:
    return _is_there(name, node) and node.fields.get_type(name) is not None


def raise_all(errors: Sequence[PlanError], flow: str) -> None:
    """Raise one error as itself, several as one PlanError that lists them; return when none."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise PlanError(
            f"flow {flow!r} cannot be planned, for {len(errors)} reasons", errors=errors
        )


def _histories(asked: object, inputs: Sequence[Node]) -> dict[str, str]:
    """Return the history of each missing name, as detail lines."""
    names = asked if isinstance(asked, (list, tuple)) else [asked]
    found: dict[str, str] = {}
    for name in names:
        lost = lost_fields(name, inputs) if isinstance(name, str) else None
        if lost is None and isinstance(name, str):
            lost = _unsplit_header(name, inputs)
        if lost is not None:
            label, text = lost
            found[label] = f"{found[label]}\n{text}" if label in found else text
    return found


def _unsplit_header(name: str, inputs: Sequence[Node]) -> tuple[str, str] | None:
    """Return (label, text) on a source whose header was read as one name that holds `name`."""
    for first in inputs:
        for node in upstream_of(first):
            if isinstance(node, SourceNode) and len(node.fields) == 1:
                header = str(node.fields.get(0))
                if name != header and name in re.split(r"\W+", header):
                    return "one field", f"{node.label} is read as such: by another delimiter?"
    return None


def _renamed_to(name: str, node: Node) -> object:
    """Return the new name a field got, for operations that pass arguments on under new names."""
    if not isinstance(node, EachNode) or node.resolved is None:
        return None
    if not isinstance(node.operation, Identity):
        return None
    arguments, declared = list(node.resolved.arguments), list(node.resolved.declared)
    if name not in arguments or len(arguments) != len(declared):
        return None
    return declared[arguments.index(name)]


def _reason(node: Node) -> str:
    if isinstance(node, (EachNode, EveryNode)) and node.resolved is not None:
        output = node.resolved.output
        shown = output.kind.name if not output.is_defined() else str(output)
        if isinstance(node, EveryNode) and node.resolved.passed is not node.incoming:
            return f" (output {shown}: an Aggregator passes on the group fields only)"
        return f" (output {shown})"
    if isinstance(node, JoinNode):
        return " (declared fields)"
    return ""


def shown_all(fields: Sequence[Fields]) -> str:
    """Return several Fields, one under the other, for a detail line."""
    return "\n".join(one.print_() for one in fields)
