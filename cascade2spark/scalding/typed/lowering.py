"""From nodes to ordinary pipes: `lowered`, and `written_pipe` for what a sink takes.

What becomes of each kind of node is in `lowering_values`, `lowering_groups` and `lowering_joins`.
"""

from __future__ import annotations

from cascade2spark.fields import Fields
from cascade2spark.operations import Identity
from cascade2spark.operations.callables import Shape
from cascade2spark.pipes import Each, Pipe
from cascade2spark.scalding.base import Source
from cascade2spark.scalding.typed import (
    lowering_groups,
    lowering_joins,
    lowering_values,
)
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import as_row
from cascade2spark.scalding.typed.forms import (
    Form,
    Lowered,
    nesting_of,
    placed,
    shape_of,
)
from cascade2spark.scalding.typed.lowering_base import known, lower_node
from cascade2spark.scalding.typed.moves import (
    pair_of,
    with_fields,
    with_own_fields,
)
from cascade2spark.scalding.typed.operations import (
    TypedFunction,
)

__all__ = ["Form", "Lowered", "lowered", "pair_of", "with_fields", "written_pipe"]

# Loading them says how each kind of node is lowered.
KINDS = (lowering_groups, lowering_joins, lowering_values)
_PAIRED = (n.Keyed, n.MapValues, n.FlatMapValues, n.LocalSum, n.HashJoined, n.Reduced, n.Joined)
_PASSING = (n.Fork, n.Forced, n.Written, n.Debugged, n.OnComplete, n.Merged, n.Trapped, n.Filter)


def lowered(node: n.Node, *, as_pair: bool = False) -> Lowered:
    """Return the pipe of a node.

    Args:
        as_pair: its values are pairs, and are wanted in a field for each part.
    """
    waiting: list[tuple[n.Node, bool]] = [(node, as_pair)]
    while waiting:
        top, wants_pair = waiting[-1]
        if top in known:
            waiting.pop()
            continue
        missing = [(one, _wants_pair(top, wants_pair)) for one in top.inputs if one not in known]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        known[top] = lower_node(top, wants_pair)
    found = known[node]
    return pair_of(found, node) if as_pair else found


def written_pipe(found: Lowered, node: n.Node, sink: Source) -> Pipe:
    """Return a pipe of the rows that a sink takes."""
    found = with_own_fields(found, node)
    fields = sink.typed_sink_fields
    is_plain = type(sink).to_row is Source.to_row
    if (is_plain or sink.flat_fields is not None) and fields.is_defined():
        names = tuple(fields)
        if len(names) == 1:
            return with_fields(found, node, str(names[0])).pipe
        if shape_of(found.form) == (0,) * len(names):
            untyped = Identity(Fields(*names))  # a sink's types do not change what is written
            each = Each(found.pipe, Fields(*found.leaves), untyped, Fields.RESULTS)
            return placed(each, node)
    declared = fields if fields.is_defined() else Fields.UNKNOWN
    call = TypedFunction(
        "to_row",
        sink.to_row if sink.flat_fields is None else as_row,
        nesting_of(found.form, found.leaves),
        declared,
        shape=Shape.ROW,
        origin=node.origin,
    )
    return placed(Each(found.pipe, Fields(*found.leaves), call, Fields.RESULTS), node)


def _wants_pair(node: n.Node, is_wanted: bool) -> bool:
    """Tell whether the inputs of a node are pairs, as far as the node tells."""
    if isinstance(node, n.Keyed):
        return False
    if isinstance(node, (*_PAIRED, n.Part)):
        return True
    if isinstance(node, n.Filter) and node.of_key:
        return True
    return is_wanted and isinstance(node, _PASSING)
