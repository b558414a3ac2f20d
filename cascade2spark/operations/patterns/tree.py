"""What a Java pattern says, as a small tree; independent of the engine that will run it."""

from __future__ import annotations

import attrs

from cascade2spark.operations.patterns.charsets import CharSet

__all__ = [
    "Anchor",
    "Backreference",
    "Choice",
    "Grapheme",
    "Group",
    "Literal",
    "Members",
    "Node",
    "Repeat",
    "Sequence",
    "can_be_empty",
    "has_optional_group",
]


@attrs.frozen
class Node:
    """One piece of a pattern."""


@attrs.frozen
class Literal(Node):
    """One character, exactly."""

    text: str


@attrs.frozen
class Members(Node):
    """One character out of a set."""

    members: CharSet


@attrs.frozen
class Anchor(Node):
    """A place without width.

    Kinds: start, end, end_terminated (``\\Z``), end_unix, line_start, line_end, line_start_unix,
    line_end_unix, word, not_word, search_start.
    """

    kind: str


@attrs.frozen
class Grapheme(Node):
    """``\\X``: one extended grapheme cluster."""


@attrs.frozen
class Backreference(Node):
    """What group `number` matched; `fold` is "", "ascii" or "unicode"."""

    number: int
    fold: str


@attrs.frozen
class Sequence(Node):
    """One piece after the other."""

    items: tuple[Node, ...]


@attrs.frozen
class Choice(Node):
    """The first option that leads to a match."""

    options: tuple[Node, ...]


@attrs.frozen
class Group(Node):
    """A bracketed piece.

    Kinds: capture, plain, atomic, ahead, not_ahead, behind, not_behind.
    """

    kind: str
    body: Node
    name: str | None = None


@attrs.frozen
class Repeat(Node):
    """`body` from `least` to `most` times (None: no limit); `manner` is "", "?" or "+"."""

    body: Node
    least: int
    most: int | None
    manner: str


def can_be_empty(node: Node) -> bool:
    """Return whether `node` might match the empty text (True when in doubt)."""
    match node:
        case Literal() | Members() | Grapheme():
            return False
        case Sequence(items):
            return all(can_be_empty(item) for item in items)
        case Choice(options):
            return any(can_be_empty(option) for option in options)
        case Group(kind, body, _):
            return kind not in ("capture", "plain", "atomic") or can_be_empty(body)
        case Repeat(body, least, _, _):
            return least == 0 or can_be_empty(body)
        case _:
            return True


def has_optional_group(node: Node, is_optional: bool = False) -> bool:
    """Return whether a capture group may take no part in a match of `node`.

    Args:
        is_optional: `node` itself may take no part.
    """
    match node:
        case Sequence(items):
            return any(has_optional_group(item, is_optional) for item in items)
        case Choice(options):
            return any(has_optional_group(option, True) for option in options)
        case Group(kind, body, _):
            return (kind == "capture" and is_optional) or has_optional_group(body, is_optional)
        case Repeat(body, least, _, _):
            return has_optional_group(body, is_optional or least == 0)
        case _:
            return False
