"""Groups: pairs with a key as they are, after an operation on their values, and sorted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, Self

import attrs

from cascade2spark.argument_checks import check_count
from cascade2spark.scalding.typed import folds
from cascade2spark.scalding.typed import nodes as n
from cascade2spark.scalding.typed.calls import Call, check_call, compared, reducers_asked
from cascade2spark.scalding.typed.joins import Joinable
from cascade2spark.scalding.typed.keyed import NotSortable, refused_right_side
from cascade2spark.scalding.typed.states import K, V, state
from cascade2spark.scalding.typed.steps import ForEach, JoinTree, Side, Sorting, Step

__all__ = ["Grouped", "SortedGrouped", "UnsortedGrouped"]


@state
class Grouped(Joinable[K, V]):
    """Pairs with a key, not yet reduced."""

    def __init__(
        self,
        pairs: n.Node,
        reducers: int | None = None,
        last: Call | None = None,
        order: Any = None,
    ) -> None:
        self._pairs, self._reducers, self._order = pairs, reducers, order
        self._last = last or Call("group")

    @property
    def node(self) -> n.Node:
        """The plan: the pairs, brought together only where reducers were asked for."""
        if self._reducers is None:
            return self._pairs
        return n.Reduced(self._pairs, reducers=self._reducers, order=self._order)

    def _then(self, step: Step) -> UnsortedGrouped[K, Any]:
        last = Call(step.name)
        if isinstance(step, ForEach) and step.kind == "map":
            node = n.MapValues(self._pairs, step.call)
            return UnsortedGrouped(node, (), self._reducers, last, self._order)
        return UnsortedGrouped(self._pairs, (step,), self._reducers, last, self._order)

    def _tree(self) -> tuple[tuple[n.Node, ...], JoinTree, int | None]:
        return (self._pairs,), Side(0), self._reducers

    def with_reducers(self, count: int) -> Grouped[K, V]:
        """Ask for a number of partitions, and for the values to be brought together."""
        return Grouped(self._pairs, reducers_asked(count), self._last, self._order)

    def with_description(self, text: str) -> Grouped[K, V]:
        """Name the group in `explain` and the statistics."""
        return Grouped(n.Written(self._pairs, text), self._reducers, self._last, self._order)

    def filter_keys(self, call: Callable[[K], Any]) -> UnsortedGrouped[K, V]:
        """Return the pairs for whose keys a predicate holds; asked before the exchange."""
        check_call("filter_keys", call)
        node = n.Filter(self._pairs, call, of_key=True)
        return UnsortedGrouped(node, (), self._reducers, Call("filter_keys"), self._order)

    def buffered_take(self, count: int) -> UnsortedGrouped[K, V]:
        """Return some values of each key, so many at most."""
        if check_count("buffered_take", count, None) <= 1:
            return self.take(count)
        return self._then(folds.first_values_fold(count))

    # -- sorting ---------------------------------------------------------------------------------

    def sort_by(self, call: Callable[[V], Any]) -> SortedGrouped[K, V]:
        """Let the values of each key come in the order of what a function gives."""
        check_call("sort_by", call)
        return self._sorted("sort_by", Sorting(key=call))

    def sorted(self) -> SortedGrouped[K, V]:
        """Let the values of each key come in order."""
        return self._sorted("sorted", Sorting())

    def sort_with(self, less_than: Callable[[V, V], Any]) -> SortedGrouped[K, V]:
        """Let the values come in an order: whether one value comes before another."""
        check_call("sort_with", less_than, 2)
        return self._sorted("sort_with", Sorting(compare=compared(less_than)))

    def with_sort_ordering(self, ordering: Any) -> SortedGrouped[K, V]:
        """Let the values come in the order of a comparator, or of a function of two values."""
        compare = getattr(ordering, "compare", ordering)
        check_call("with_sort_ordering", compare, 2)
        return self._sorted("with_sort_ordering", Sorting(compare=compare))

    def _sorted(self, name: str, sorting: Sorting) -> SortedGrouped[K, V]:
        return SortedGrouped(self._pairs, sorting, (), self._reducers, Call(name), self._order)


class _WithSteps(NotSortable[K, V]):
    """A group and what is done to its values: the operators that sorted ones have as well."""

    _parts: ClassVar[tuple[str, ...]] = ("pairs", "steps", "reducers", "last", "order")
    _pairs: n.Node

    def _with(self, **changes: Any) -> Self:
        """Return this state with other parts, by the names its class is made with."""
        return type(self)(**{part: getattr(self, f"_{part}") for part in self._parts} | changes)

    def with_reducers(self, count: int) -> Self:
        """Ask for a number of partitions."""
        return self._with(reducers=reducers_asked(count))

    def with_description(self, text: str) -> Self:
        """Name the group in `explain` and the statistics."""
        return self._with(pairs=n.Written(self._pairs, text))

    def filter_keys(self, call: Callable[[K], Any]) -> Self:
        """Return the pairs for whose keys a predicate holds; asked before the exchange."""
        check_call("filter_keys", call)
        node = n.Filter(self._pairs, call, of_key=True)
        return self._with(pairs=node, last=Call("filter_keys"))


class UnsortedGrouped(Joinable[K, V], _WithSteps[K, V]):
    """A group after an operation on its values."""

    def __init__(
        self,
        pairs: n.Node,
        steps: tuple[Step, ...],
        reducers: int | None,
        last: Call,
        order: Any = None,
    ) -> None:
        self._pairs, self._steps, self._reducers, self._last = pairs, steps, reducers, last
        self._order = order
        self._node = pairs
        if steps or reducers is not None:
            self._node = n.Reduced(pairs, None, steps, reducers, order)

    def _then(self, step: Step) -> UnsortedGrouped[K, Any]:
        last = Call(step.name)
        if not self._steps and isinstance(step, ForEach) and step.kind == "map":
            node = n.MapValues(self._pairs, step.call)
            return self._with(pairs=node, last=last)
        return self._with(steps=(*self._steps, step), last=last)

    def _tree(self) -> tuple[tuple[n.Node, ...], JoinTree, int | None]:
        return (self._pairs,), Side(0, self._steps), self._reducers

    def buffered_take(self, count: int) -> UnsortedGrouped[K, V]:
        """Return some values of each key, so many at most."""
        if check_count("buffered_take", count, None) <= 1 or self._steps:
            return self.take(count)
        return self._then(folds.first_values_fold(count))


class SortedGrouped(_WithSteps[K, V]):
    """A group whose values come in order, and what is done to them in that order."""

    _parts = ("sorting", *_WithSteps._parts)

    def __init__(
        self,
        pairs: n.Node,
        sorting: Sorting,
        steps: tuple[Step, ...],
        reducers: int | None,
        last: Call,
        order: Any = None,
    ) -> None:
        self._pairs, self._sorting, self._steps = pairs, sorting, steps
        self._reducers, self._last, self._order = reducers, last, order
        self._node = n.Reduced(pairs, sorting, steps, reducers, order)

    def _then(self, step: Step) -> Any:  # a sorted group again
        return self._with(steps=(*self._steps, step), last=Call(step.name))

    def reverse(self) -> SortedGrouped[K, V]:  # type: ignore[override]
        """Turn the order of the values round; directly after a sort, once."""
        if self._steps or self._sorting.is_reversed:
            self._refuse("reverse")
        sorting = attrs.evolve(self._sorting, is_reversed=True)
        return self._with(sorting=sorting, last=Call("reverse"))

    def join(self, smaller: Any) -> NoReturn:
        """Refuse."""
        self._refuse("join")

    def left_join(self, smaller: Any) -> NoReturn:
        """Refuse."""
        self._refuse("left_join")

    def right_join(self, smaller: Any) -> NoReturn:
        """Refuse."""
        self._refuse("right_join")

    def outer_join(self, smaller: Any) -> NoReturn:
        """Refuse."""
        self._refuse("outer_join")

    def cogroup(self, smaller: Any, call: Any) -> NoReturn:
        """Refuse."""
        self._refuse("cogroup")

    def as_right_side(self, name: str) -> NoReturn:
        """Refuse."""
        refused_right_side(name, self)
