"""Local rewrites of nodes, each a function from a node to a better one, or None.

They change neither values nor how often a function of the user's is called for a value, but for
those on values that nobody sees. The rest of what Scalding rewrites needs none here: neighbouring
functions run in one loop anyway, and groups that are not reduced never become pipes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.scalding.typed import nodes as n

__all__ = [
    "RULES",
    "drop_empty",
    "flatten_merges",
    "fuse_after_trap",
    "rewritten",
    "sink_filter_keys",
]


def sink_filter_keys(node: n.Node) -> n.Node | None:
    """Ask about keys before the exchange, on every side of a join."""
    if not (isinstance(node, n.Filter) and node.of_key):
        return None
    below = node.previous
    if getattr(below, "order", None) is not None:
        return None  # a group is called by its first key, which is not each row's

    def under(one: n.Node) -> n.Node:
        return attrs.evolve(node, previous=one)

    if isinstance(below, (n.Reduced, n.MapValues, n.FlatMapValues)):
        return attrs.evolve(below, previous=under(below.previous))
    if isinstance(below, n.HashJoined):
        return attrs.evolve(below, left=under(below.left))
    if isinstance(below, n.Joined):
        return attrs.evolve(below, sides=tuple(map(under, below.sides)))
    return None


def flatten_merges(node: n.Node) -> n.Node | None:
    """Make one merge of merges."""
    if not isinstance(node, n.Merged):
        return None
    parts = [
        part for one in node.parts for part in (one.parts if isinstance(one, n.Merged) else (one,))
    ]
    return attrs.evolve(node, parts=tuple(parts)) if len(parts) > len(node.parts) else None


def drop_empty(node: n.Node) -> n.Node | None:
    """Make nothing of nothing."""
    if isinstance(node, n.Merged):
        parts = tuple(part for part in node.parts if not isinstance(part, n.Empty))
        if len(parts) == len(node.parts):
            return None
        if len(parts) > 1:
            return attrs.evolve(node, parts=parts)
        return parts[0] if parts else n.Empty(origin=node.origin)
    return None


def fuse_after_trap(node: n.Node) -> n.Node | None:
    """Make one function of those behind a trap, so that it takes the value that passed it."""
    if not isinstance(node, _SINGLE) or not isinstance(node.previous, (n.Trapped, n.Chained)):
        return None
    before = node.previous
    links = before.links if isinstance(before, n.Chained) else ()
    start = before.previous if isinstance(before, n.Chained) else before
    return n.Chained(start, (*links, _link(node)), origin=node.origin)


_SINGLE = (n.Map, n.FlatMap, n.Filter, n.Keyed, n.MapValues, n.FlatMapValues)


def _link(node: Any) -> tuple[str, Callable[[Any], Any]]:
    call = node.call
    if isinstance(node, n.Map):
        return "map", call
    if isinstance(node, n.FlatMap):
        return "flat_map", call
    if isinstance(node, n.Filter):
        asked = (lambda pair: call(pair[0])) if node.of_key else call
        return ("keep" if node.keeps else "drop"), asked
    if isinstance(node, n.Keyed):
        return "map", lambda value: (call(value), value)
    if isinstance(node, n.MapValues):
        return "map", lambda pair: (pair[0], call(pair[1]))
    return "flat_map", lambda pair: [(pair[0], one) for one in call(pair[1]) or ()]


RULES: dict[str, Callable[[n.Node], n.Node | None]] = {
    one.__name__: one for one in (sink_filter_keys, flatten_merges, drop_empty, fuse_after_trap)
}


def rewritten(node: n.Node) -> n.Node:
    """Return a node after all rules, applied until none fits; the same one each time.

    What has several readers is never changed for one of them, so that it is still made once.
    """
    waiting = [node]
    while waiting:
        top = waiting[-1]
        missing = [one for one in top.inputs if one.notes.rewritten is None]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        if top.notes.rewritten is None:
            is_shared = any(one.notes.readers > 1 for one in top.inputs)
            inputs = tuple(one.notes.rewritten for one in top.inputs)
            same = all(one is other for one, other in zip(inputs, top.inputs, strict=True))
            made = top if same else top.with_inputs(inputs)
            top.notes.rewritten = made if is_shared else _settled(made)
    found: n.Node = node.notes.rewritten
    return found


def _settled(node: n.Node) -> n.Node:
    for rule in RULES.values():
        found = rule(node)
        if found is not None:
            # What moved down may move on.
            return _settled(found.with_inputs(tuple(map(_settled, found.inputs))))
    return node
