"""Joins by key: states that may be joined, joined values, and joins that spread heavy keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NoReturn

import attrs

from cascade2spark.errors import BuildError, shown_value
from cascade2spark.origin import capture_origin
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.broadcasts import group_of
from cascade2spark.scalding.typed.calls import Call, check_call, cogrouped_call, reducers_asked
from cascade2spark.scalding.typed.elements import Elements
from cascade2spark.scalding.typed.keyed import REGROUP, KeyedList, NotSortable, refused_right_side
from cascade2spark.scalding.typed.orderings import check_same_order
from cascade2spark.scalding.typed.pipes import TypedPipe
from cascade2spark.scalding.typed.states import K, U, V, W, grouped, state
from cascade2spark.scalding.typed.steps import Join, JoinTree, Side, Step

__all__ = ["CoGrouped", "Joinable", "Sketched", "joined"]


class Joinable(KeyedList[K, V]):
    """A state that may be joined."""

    def _tree(self) -> tuple[tuple[n.Node, ...], JoinTree, int | None]:
        """Return the inputs, how they are joined, and the reducers asked for."""
        raise NotImplementedError(f"{type(self).__name__} must define _tree")

    def join(self, smaller: Elements[tuple[K, W]]) -> CoGrouped[K, tuple[V, W]]:
        """Return each pair of values of a key that both sides have."""
        return joined("join", self, smaller, "inner")

    def left_join(self, smaller: Elements[tuple[K, W]]) -> CoGrouped[K, tuple[V, W | None]]:
        """As join; a key that only this side has comes with None."""
        return joined("left_join", self, smaller, "left")

    def right_join(self, smaller: Elements[tuple[K, W]]) -> CoGrouped[K, tuple[V | None, W]]:
        """As join; a key that only the right side has comes with None."""
        return joined("right_join", self, smaller, "right")

    def outer_join(self, smaller: Elements[tuple[K, W]]) -> CoGrouped[K, tuple[V | None, W | None]]:
        """As join; a key that one side only has comes with None."""
        return joined("outer_join", self, smaller, "outer")

    def cogroup(
        self,
        smaller: Elements[tuple[K, W]],
        call: Callable[[K, Iterator[V], Iterable[W]], Iterable[U]],
    ) -> CoGrouped[K, U]:
        """Return what a function makes of each key of either side.

        Args:
            smaller: the side with fewer values for a key.
            call: (key, iterator of these values, iterable of those) -> results.
        """
        check_call("cogroup", call, 3)
        return joined("cogroup", self, smaller, "call", call)


class CoGrouped(Joinable[K, V], NotSortable[K, V]):
    """Joined values by key."""

    def __init__(
        self,
        sides: tuple[n.Node, ...],
        tree: Join,
        reducers: int | None,
        last: Call,
        order: Any = None,
    ) -> None:
        self._sides, self._join, self._reducers, self._last = sides, tree, reducers, last
        self._order = order
        self._node = n.Joined(sides, tree, reducers, order=order)

    def _then(self, step: Step) -> Any:  # a join again
        tree = attrs.evolve(self._join, steps=(*self._join.steps, step))
        return CoGrouped(self._sides, tree, self._reducers, Call(step.name), self._order)

    def _tree(self) -> tuple[tuple[n.Node, ...], JoinTree, int | None]:
        return self._sides, self._join, self._reducers

    def with_reducers(self, count: int) -> CoGrouped[K, V]:
        """Ask for a number of partitions."""
        if type(count) is not int or count < -1 or count == 0:
            raise BuildError(
                "the number of reducers of a join must be positive, or -1 for the default",
                asked=repr(count),
            )
        reducers = reducers_asked(count)
        return CoGrouped(self._sides, self._join, reducers, self._last, self._order)

    def with_description(self, text: str) -> CoGrouped[K, V]:
        """Name the join in `explain` and the statistics."""
        sides = (n.Written(self._sides[0], text), *self._sides[1:])
        return CoGrouped(sides, self._join, self._reducers, self._last, self._order)

    def filter_keys(self, call: Callable[[K], Any]) -> CoGrouped[K, V]:
        """Return the pairs for whose keys a predicate holds; asked on all sides before."""
        check_call("filter_keys", call)
        sides = tuple(n.Filter(side, call, of_key=True) for side in self._sides)
        last = Call("filter_keys")
        return CoGrouped(sides, self._join, self._reducers, last, self._order)

    def as_right_side(self, name: str) -> NoReturn:
        """Refuse."""
        refused_right_side(name, self)


@state
class Sketched(Generic[K, V]):
    """Pairs ready for a join whose heavy keys are spread over several partitions.

    The keys are counted where the rows lie, before the join, exactly; so `eps`, `delta` and `seed`
    of Scalding's Count-Min sketch have nothing to say, and the rows are those of the plain join.
    """

    def __init__(
        self,
        pairs: Elements[tuple[K, V]],
        reducers: int,
        eps: float,
        delta: float,
        seed: int,
    ) -> None:
        if type(reducers) is not int or reducers < 1:
            raise BuildError(
                "sketch takes a number of reducers of at least 1", asked=shown_value(reducers)
            )
        self._pairs, self._reducers = pairs, reducers

    def join(self, right: Elements[tuple[K, W]]) -> TypedPipe[tuple[K, tuple[V, W]]]:
        """Return each pair of values of a key that both sides have."""
        return self._joined("join", right, "inner")

    def left_join(self, right: Elements[tuple[K, W]]) -> TypedPipe[tuple[K, tuple[V, W | None]]]:
        """As join; a value whose key the right side has not comes with None."""
        return self._joined("left_join", right, "left")

    def cogroup(
        self,
        right: Elements[tuple[K, W]],
        call: Callable[[K, V, Iterable[W]], Iterable[U]],
    ) -> TypedPipe[tuple[K, U]]:
        """Call a function once for each value here, with the values of its key on the right."""
        check_call("cogroup", call, 3)
        lists = group_of("cogroup", right).to_list()
        return self._joined("cogroup", lists.to_typed_pipe(), "left").flat_map(cogrouped_call(call))

    def _joined(self, name: str, right: Any, kind: str) -> TypedPipe[Any]:
        given = _joinable(name, right)
        check_same_order(name, None, given)
        sides = (self._pairs.node, given.node)
        tree = Join(Side(0), Side(1), kind)
        return TypedPipe(n.Joined(sides, tree, self._reducers, is_spread=True))


def joined(
    name: str, left: Any, right: Any, kind: str, call: Callable[..., Any] | None = None
) -> CoGrouped[Any, Any]:
    """Return the join of two things that can be joined: one join of all their inputs."""
    right = _joinable(name, right, left)
    check_same_order(name, left, right)
    left_sides, left_tree, left_count = left._tree()
    right_sides, right_tree, right_count = right._tree()
    moved = _moved(right_tree, len(left_sides))
    counts = [count for count in (left_count, right_count) if count is not None]
    tree = Join(left_tree, moved, kind, call)
    sides = (*left_sides, *right_sides)
    return CoGrouped(sides, tree, max(counts, default=None), Call(name), left.order)


def _joinable(name: str, given: Any, left: Any = None) -> Joinable[Any, Any]:
    if isinstance(given, Joinable):
        return given
    if isinstance(given, KeyedList):
        last = given.made_by
        raise BuildError(
            f"{name} cannot join what {last.name} made",
            details={last.name: str(last.origin), name: str(capture_origin())},
            fix=REGROUP,
        )
    if not isinstance(given, Elements):
        raise BuildError(f"{name} takes a pipe of pairs, or a group", asked=shown_value(given))
    return grouped(given.node, order=left and left.order)


def _moved(tree: JoinTree, by: int) -> JoinTree:
    if isinstance(tree, Side):
        return attrs.evolve(tree, number=tree.number + by)
    return attrs.evolve(tree, left=_moved(tree.left, by), right=_moved(tree.right, by))
