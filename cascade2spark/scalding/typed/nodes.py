"""What a TypedPipe is made of: frozen nodes, equal to themselves only.

A node holds its inputs, what it does, and the user's line that built it. Using one node twice is
sharing it: it is planned once (see `lowering`). Nothing here knows pipes or engines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from cascade2spark.origin import Origin, capture_origin
from cascade2spark.scalding.base import Source
from cascade2spark.scalding.typed.steps import JoinTree, Sorting, Step

__all__ = [
    "Chained",
    "Cross",
    "Debugged",
    "Empty",
    "Filter",
    "FlatMap",
    "FlatMapValues",
    "Forced",
    "Fork",
    "HashJoined",
    "Joined",
    "Keyed",
    "LocalSum",
    "Map",
    "MapValues",
    "Merged",
    "Node",
    "Numbered",
    "OnComplete",
    "Part",
    "Read",
    "Reduced",
    "Sampled",
    "Tallied",
    "Trapped",
    "Written",
]


@attrs.define(eq=False)
class Notes:
    """What is known of a node besides what it says: how many read it, and what it became."""

    readers: int = 0
    rewritten: Any = None


@attrs.frozen(eq=False, kw_only=True)
class Node:
    """Base of the nodes.

    Args:
        origin: the user's line that built it.
    Attributes:
        notes: what `rewrites` remembers of it.
    """

    origin: Origin = attrs.field(factory=capture_origin, repr=False)
    notes: Notes = attrs.field(factory=lambda: Notes(), init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for one in self.inputs:
            one.notes.readers += 1

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes that this one reads."""
        return ()

    def with_inputs(self, inputs: tuple[Node, ...]) -> Node:
        """Return the same node over other inputs."""
        return self


@attrs.frozen(eq=False)
class Read(Node):
    """The values of a source."""

    source: Source


@attrs.frozen(eq=False)
class Empty(Node):
    """No values."""


@attrs.frozen(eq=False)
class _One(Node):
    """Base of nodes with one input."""

    previous: Node = attrs.field(repr=False)

    @property
    def inputs(self) -> tuple[Node, ...]:
        return (self.previous,)

    def with_inputs(self, inputs: tuple[Node, ...]) -> Node:
        return attrs.evolve(self, previous=inputs[0])


@attrs.frozen(eq=False)
class Map(_One):
    """A value for each value."""

    call: Callable[[Any], Any]


@attrs.frozen(eq=False)
class FlatMap(_One):
    """Any number of values for each value; `has_pairs` when they are known to be pairs."""

    call: Callable[[Any], Iterable[Any] | None]


@attrs.frozen(eq=False)
class Filter(_One):
    """The values for which a predicate holds, or does not.

    Args:
        of_key: the predicate is asked about the key of a pair.
    """

    call: Callable[[Any], Any]
    keeps: bool = True
    of_key: bool = False


@attrs.frozen(eq=False)
class Keyed(_One):
    """Pairs of a function's result and the value."""

    call: Callable[[Any], Any]


@attrs.frozen(eq=False)
class MapValues(_One):
    """Pairs with their values mapped."""

    call: Callable[[Any], Any]


@attrs.frozen(eq=False)
class FlatMapValues(_One):
    """Pairs, any number for each one."""

    call: Callable[[Any], Iterable[Any] | None]


@attrs.frozen(eq=False)
class Part(_One):
    """`keys`, `values` or `swap` of pairs: nothing is called."""

    which: str


@attrs.frozen(eq=False)
class LocalSum(_One):
    """Partial sums by key within a task."""

    plus: Callable[[Any, Any], Any] | None
    capacity: int | None = None


@attrs.frozen(eq=False)
class Sampled(_One):
    """About a fraction of the values."""

    fraction: float
    seed: int


@attrs.frozen(eq=False)
class Numbered(_One):
    """Pairs of a number from 0, drawn for each value, and the value."""

    numbers: int


@attrs.frozen(eq=False)
class Fork(_One):
    """A hint that several read this."""


@attrs.frozen(eq=False)
class Forced(_One):
    """A point whose rows are kept."""


@attrs.frozen(eq=False)
class Written(_One):
    """A description of all before it."""

    text: str


@attrs.frozen(eq=False)
class Debugged(_One):
    """Prints each value."""

    prefix: str = ""


@attrs.frozen(eq=False)
class OnComplete(_One):
    """Calls a function when a task has seen all of its values."""

    call: Callable[[], Any]


@attrs.frozen(eq=False)
class Tallied(_One):
    """Adds to counters.

    Args:
        call: value -> ((group, counter), amount) pairs.
    """

    call: Callable[[Any], Iterable[tuple[tuple[str, str], int]]]


@attrs.frozen(eq=False)
class Trapped(_One):
    """Values whose later functions fail go to a source."""

    trap: Source


@attrs.frozen(eq=False)
class Chained(_One):
    """Several functions as one: what a trap takes is the value that entered the first of them.

    Args:
        links: (`map`, `flat_map`, `keep` or `drop`; the function of the typed value).
    """

    links: tuple[tuple[str, Callable[[Any], Any]], ...]


@attrs.frozen(eq=False)
class Merged(Node):
    """All values of several pipes."""

    parts: tuple[Node, ...] = attrs.field(repr=False)

    @property
    def inputs(self) -> tuple[Node, ...]:
        return self.parts

    def with_inputs(self, inputs: tuple[Node, ...]) -> Node:
        return attrs.evolve(self, parts=inputs)


@attrs.frozen(eq=False)
class _Two(Node):
    left: Node = attrs.field(repr=False)
    right: Node = attrs.field(repr=False)

    @property
    def inputs(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    def with_inputs(self, inputs: tuple[Node, ...]) -> Node:
        return attrs.evolve(self, left=inputs[0], right=inputs[1])


@attrs.frozen(eq=False)
class HashJoined(_Two):
    """Pairs with each value of their key on the right, which every task holds.

    Args:
        is_inner: pairs without a match are left out.
    """

    is_inner: bool


@attrs.frozen(eq=False)
class Cross(_Two):
    """Each value on the left with each on the right, which every task holds."""

    is_inner: bool


@attrs.frozen(eq=False)
class Reduced(_One):
    """Pairs brought together by key.

    Args:
        sorting: the order of a group's values, None for the order of arrival.
        steps: what is done to the values of each key, one after another.
        reducers: number of partitions asked for.
        order: the comparator of the keys; None for Python's ``==``.
    """

    sorting: Sorting | None = None
    steps: tuple[Step, ...] = ()
    reducers: int | None = None
    order: Any = None


@attrs.frozen(eq=False)
class Joined(Node):
    """Several pipes of pairs brought together by key.

    Args:
        sides: the pipes.
        tree: how the values of their keys are joined, and what is done to the joined ones.
        reducers: number of partitions asked for.
        is_spread: spread heavy keys over several partitions.
        order: the comparator of the keys; None for Python's ``==``.
    """

    sides: tuple[Node, ...] = attrs.field(repr=False)
    tree: JoinTree = attrs.field()
    reducers: int | None = None
    is_spread: bool = False
    order: Any = None

    @property
    def inputs(self) -> tuple[Node, ...]:
        return self.sides

    def with_inputs(self, inputs: tuple[Node, ...]) -> Node:
        return attrs.evolve(self, sides=inputs)
