"""Joins with what every task holds: hash joins, crosses, and values beside values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, overload

from cascade2spark.errors import BuildError, shown_value
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.bag import Bag
from cascade2spark.scalding.typed.calls import check_call, cogrouped_call, second
from cascade2spark.scalding.typed.states import K, T, U, V, W, grouped, part_of, typed_pipe
from cascade2spark.scalding.typed.values import ValuePipe

if TYPE_CHECKING:
    from cascade2spark.scalding.typed.pipes import TypedPipe

__all__ = ["Broadcasting", "group_of"]


class Broadcasting(Bag[T]):
    """Values, and the operators whose other side every task holds."""

    def as_right_side(self, name: str) -> Any:
        """Return the group that an operator reads on its right side.

        Raises:
            BuildError: it is none that every task could hold.
        """
        return grouped(self.node)

    # -- broadcast sides -------------------------------------------------------------------------

    def hash_join(
        self: Broadcasting[tuple[K, V]], smaller: Bag[tuple[K, W]]
    ) -> TypedPipe[tuple[K, tuple[V, W]]]:
        """Return each pair with each value of its key on the right, which every task holds."""
        right = broadcast_side("hash_join", smaller)
        return typed_pipe(n.HashJoined(self.node, right, True))

    def hash_left_join(
        self: Broadcasting[tuple[K, V]], smaller: Bag[tuple[K, W]]
    ) -> TypedPipe[tuple[K, tuple[V, W | None]]]:
        """As hash_join; a pair without a match comes once, with None."""
        right = broadcast_side("hash_left_join", smaller)
        return typed_pipe(n.HashJoined(self.node, right, False))

    def hash_cogroup(
        self: Broadcasting[tuple[K, V]],
        smaller: Bag[tuple[K, W]],
        call: Callable[[K, V, Iterable[W]], Iterable[U]],
    ) -> TypedPipe[tuple[K, U]]:
        """Call a function once for each pair, with the values of its key on the right.

        Args:
            smaller: the right side, which every task holds.
            call: (key, value, values of the key on the right, maybe none) -> results.
        """
        check_call("hash_cogroup", call, 3)
        lists = group_of("hash_cogroup", smaller).to_list()
        joined = n.HashJoined(self.node, lists.node, False)
        return typed_pipe(n.FlatMap(joined, cogrouped_call(call)))

    def hash_lookup(self, grouped: Bag[tuple[T, W]]) -> TypedPipe[tuple[T, W | None]]:
        """Return each value with each value of it as a key on the right; None if there is none."""
        right = broadcast_side("hash_lookup", grouped)
        joined: TypedPipe[Any] = typed_pipe(n.HashJoined(self.with_value(()).node, right, False))
        return joined.map_values(second)

    @overload
    def cross(self, tiny: ValuePipe[U]) -> TypedPipe[tuple[T, U]]: ...
    @overload
    def cross(self, tiny: Bag[U]) -> TypedPipe[tuple[T, U]]: ...
    def cross(self, tiny: Any) -> TypedPipe[Any]:
        """Return each value with each one of a small pipe, or with that of a ValuePipe."""
        return typed_pipe(n.Cross(self.node, _tiny("cross", tiny), True))

    @overload
    def left_cross(self, tiny: ValuePipe[U]) -> TypedPipe[tuple[T, U | None]]: ...
    @overload
    def left_cross(self, tiny: Bag[U]) -> TypedPipe[tuple[T, U | None]]: ...
    def left_cross(self, tiny: Any) -> TypedPipe[Any]:
        """As cross; where the right has no value, each one here comes with None."""
        return typed_pipe(n.Cross(self.node, _tiny("left_cross", tiny), False))

    def map_with_value(self, value: ValuePipe[U], call: Callable[[T, U | None], W]) -> TypedPipe[W]:
        """Return what a function makes of each value and that of a ValuePipe, None if absent."""
        check_call("map_with_value", call, 2)
        return self.left_cross(value).map(lambda both: call(both[0], both[1]))

    def flat_map_with_value(
        self, value: ValuePipe[U], call: Callable[[T, U | None], Iterable[W]]
    ) -> TypedPipe[W]:
        """As map_with_value, for any number of results."""
        check_call("flat_map_with_value", call, 2)
        return self.left_cross(value).flat_map(lambda both: call(both[0], both[1]))

    def filter_with_value(
        self, value: ValuePipe[U], call: Callable[[T, U | None], Any]
    ) -> TypedPipe[T]:
        """Return the values for which a predicate of them and a ValuePipe's value holds."""
        check_call("filter_with_value", call, 2)
        found = self.left_cross(value).filter(lambda both: call(both[0], both[1]))
        return part_of(found, "keys")


def group_of(name: str, given: Any) -> Any:
    """Return what an operator was given for its right side, as a group."""
    if not isinstance(given, Broadcasting):
        raise BuildError(f"{name} takes a pipe of pairs", asked=shown_value(given))
    return given.as_right_side(name)


def broadcast_side(name: str, given: Any) -> n.Node:
    node: n.Node = group_of(name, given).node
    return node


def _tiny(name: str, given: Any) -> n.Node:
    if isinstance(given, ValuePipe):
        return given.to_typed_pipe().node
    if not isinstance(given, Bag):
        raise BuildError(f"{name} takes a pipe or a ValuePipe", asked=shown_value(given))
    return given.node
