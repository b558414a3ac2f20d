"""The resolved plan: the pipes again, each with its fields, and a node for every tap.

Nodes are frozen, know their inputs only, and are equal to themselves alone, as pipes are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from cascade2spark.field_resolution import Resolved
from cascade2spark.fields import Fields
from cascade2spark.origin import Origin
from cascade2spark.pipes import Pipe
from cascade2spark.planner.assembly import Path

__all__ = [
    "CheckpointNode",
    "EachNode",
    "EveryNode",
    "GroupByNode",
    "JoinNode",
    "MergeNode",
    "NameNode",
    "Node",
    "SinkNode",
    "SourceNode",
    "group_fields_of",
    "upstream_of",
]


@attrs.frozen(eq=False, kw_only=True)
class Node:
    """Base of the resolved plan's nodes.

    Args:
        number: position in planning order; inputs have smaller numbers.
        name: branch name, which binds traps.
        label: what messages print, e.g. ``Each 'logs' ParseLine``.
        fields: fields of the rows that leave.
        made_by: name of the assembly that built the pipe, None for the user's own.
    """

    number: int
    name: str
    kind: str
    label: str
    inputs: tuple[Node, ...]
    fields: Fields
    origin: Origin | None
    path: Path
    pipe: Pipe | None = None
    made_by: str | None = None

    @property
    def incoming(self) -> Fields:
        """Fields of the first input, NONE for a source."""
        return self.inputs[0].fields if self.inputs else Fields.NONE


@attrs.frozen(eq=False, kw_only=True)
class SourceNode(Node):
    """A source tap at its head."""

    tap: Any


@attrs.frozen(eq=False, kw_only=True)
class NameNode(Node):
    """A pipe that only renames its branch."""


@attrs.frozen(eq=False, kw_only=True)
class CheckpointNode(Node):
    """Rows that are persisted, into `tap` if one is bound."""

    tap: Any = None


@attrs.frozen(eq=False, kw_only=True)
class MergeNode(Node):
    """The union of its inputs."""


@attrs.frozen(eq=False, kw_only=True)
class EachNode(Node):
    """An operation over single rows; `resolved` is None for filters and assertions.

    Args:
        group: what GROUP stands for in the arguments, None when no grouping comes just before.
    """

    operation: Any
    arguments: Fields
    resolved: Resolved | None = None
    group: Fields | None = None


@attrs.frozen(eq=False, kw_only=True)
class GroupByNode(Node):
    """Rows of equal keys together.

    Args:
        key, sort: as resolved against the incoming fields; sort None keeps arrival order.
        key_selector, sort_selector: as the user gave them, with their comparators.
    """

    key: Fields
    sort: Fields | None
    key_selector: Fields
    sort_selector: Fields | None
    reverse: bool


@attrs.frozen(eq=False, kw_only=True)
class JoinNode(Node):
    """A CoGroup or HashJoin.

    Args:
        sides: for each side the index of its input; a self join has one input.
        keys: for each side its key as resolved, `selectors` as the user gave them.
        group: fields of the group tuple.
    """

    sides: tuple[int, ...]
    keys: tuple[Fields, ...]
    selectors: tuple[Fields, ...]
    group: Fields
    is_self_join: bool
    is_buffer_join: bool


@attrs.frozen(eq=False, kw_only=True)
class EveryNode(Node):
    """An operation over groups; `resolved` is None for assertions.

    Args:
        over: the GroupBy or CoGroup whose groups these are.
    """

    operation: Any
    arguments: Fields
    over: GroupByNode | JoinNode
    resolved: Resolved | None = None


@attrs.frozen(eq=False, kw_only=True)
class SinkNode(Node):
    """A sink tap at its tail; `fields` are those it selects."""

    tap: Any


def group_fields_of(node: Node) -> Fields | None:
    """Return what GROUP means to a pipe after `node`: the keys if it groups, else None."""
    while isinstance(node, NameNode):
        node = node.inputs[0]
    if isinstance(node, GroupByNode):
        return node.key
    return node.group if isinstance(node, JoinNode) and node.kind == "CoGroup" else None


def upstream_of(node: Node) -> Iterator[Node]:
    """Yield `node` and everything before it, nearest first, each once."""
    seen = {id(node)}
    level = [node]
    while level:
        yield from level
        following = []
        for one in level:
            for before in one.inputs:
                if id(before) not in seen:
                    seen.add(id(before))
                    following.append(before)
        level = following
