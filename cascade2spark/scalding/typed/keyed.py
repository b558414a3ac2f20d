"""Values by key: the operators that groups of all states share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, Generic, NoReturn

from cascade2spark.argument_checks import check_count
from cascade2spark.errors import BuildError
from cascade2spark.origin import capture_origin
from cascade2spark.scalding.typed import folds
from cascade2spark.scalding.typed.calls import Call, check_call, compared, itself
from cascade2spark.scalding.typed.elements import Elements
from cascade2spark.scalding.typed.nodes import Node
from cascade2spark.scalding.typed.states import K, U, V
from cascade2spark.scalding.typed.steps import ForEach, Step, Stream

if TYPE_CHECKING:
    from cascade2spark.scalding.typed.groups import UnsortedGrouped

__all__ = ["REGROUP", "KeyedList", "NotSortable", "refused_right_side"]


class KeyedList(Elements[tuple[K, V]], Generic[K, V]):
    """Values by key: the operators that all states share.

    A function is never called for a key without values; an iterator is read once.
    """

    _last: Call
    _order: Any = None

    @property
    def made_by(self) -> Call:
        """The call that made this state."""
        return self._last

    @property
    def order(self) -> Any:
        """The comparator of the keys; None for Python's ``==``."""
        return self._order

    def _then(self, step: Step) -> UnsortedGrouped[K, Any]:
        """Return the next state, after one more step; of whatever class."""
        raise NotImplementedError(f"{type(self).__name__} must define _then")

    # -- streams ---------------------------------------------------------------------------------

    def map_group(self, call: Callable[[K, Iterator[V]], Iterable[U]]) -> UnsortedGrouped[K, U]:
        """Return what a function makes of each key and the iterator of its values."""
        check_call("map_group", call, 2)
        return self._then(Stream("map_group", call))

    def map_value_stream(self, call: Callable[[Iterator[V]], Iterable[U]]) -> UnsortedGrouped[K, U]:
        """As map_group, without the key."""
        check_call("map_value_stream", call)
        return self._then(folds.stream("map_value_stream", call))

    def map_values(self, call: Callable[[V], U]) -> UnsortedGrouped[K, U]:
        """Return what a function makes of each value."""
        check_call("map_values", call)
        return self._then(ForEach("map_values", "map", call))

    def flat_map_values(self, call: Callable[[V], Iterable[U] | None]) -> UnsortedGrouped[K, U]:
        """Return any number of values for each one."""
        check_call("flat_map_values", call)
        return self._then(ForEach("flat_map_values", "flat_map", call))

    def flatten_values(self: KeyedList[K, Iterable[U]]) -> UnsortedGrouped[K, U]:
        """Return the elements of values that are iterables."""
        return self._then(ForEach("flatten_values", "flat_map", itself))

    def filter(self, call: Callable[[tuple[K, V]], Any]) -> UnsortedGrouped[K, V]:
        """Return the values for whose (key, value) pair a predicate holds."""
        check_call("filter", call)
        return self._then(ForEach("filter", "filter", call))

    def force_to_reducers(self) -> UnsortedGrouped[K, V]:
        """Bring the values together by key, as they are."""
        return self._then(folds.whole_stream("force_to_reducers"))

    def scan_left(self, zero: U, call: Callable[[U, V], U]) -> UnsortedGrouped[K, U]:
        """Return zero, then each step of a fold from the left."""
        check_call("scan_left", call, 2)
        return self._then(folds.whole_stream("scan_left", zero, call))

    def take(self, count: int) -> UnsortedGrouped[K, V]:
        """Return the first values of each key, so many at most."""
        count = check_count("take", count, None)
        return self._then(folds.head_fold() if count == 1 else folds.whole_stream("take", count))

    def take_while(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, V]:
        """Return the values of each key until a predicate fails."""
        check_call("take_while", call)
        return self._then(folds.whole_stream("take_while", call))

    def drop(self, count: int) -> UnsortedGrouped[K, V]:
        """Leave out the first values of each key."""
        return self._then(folds.whole_stream("drop", check_count("drop", count, None)))

    def drop_while(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, V]:
        """Leave out the values of each key until a predicate fails."""
        check_call("drop_while", call)
        return self._then(folds.whole_stream("drop_while", call))

    def buffered_take(self, count: int) -> UnsortedGrouped[K, V]:
        """Return some values of each key, so many at most; the first ones where they have order."""
        return self.take(count)

    # -- one value for each key ------------------------------------------------------------------

    def sum(self, semigroup: Any = None) -> UnsortedGrouped[K, V]:
        """Return the sum, by a semigroup or by the values' own types."""
        return self._then(folds.sum_fold(semigroup))

    def sum_left(self, semigroup: Any = None) -> UnsortedGrouped[K, V]:
        """Return the sum from left to right."""
        return self._then(folds.whole_stream("sum_left", semigroup))

    def product(self, ring: Any = None) -> UnsortedGrouped[K, V]:
        """Return the product, by a ring or by ``*``."""
        return self._then(folds.product_fold(ring))

    def reduce(self, call: Callable[[V, V], V]) -> UnsortedGrouped[K, V]:
        """Return what an associative and commutative function of two values makes of all."""
        check_call("reduce", call, 2)
        return self._then(folds.reduce_fold("reduce", call))

    def reduce_left(self, call: Callable[[V, V], V]) -> UnsortedGrouped[K, V]:
        """Return what a function of two values makes of all, from left to right."""
        check_call("reduce_left", call, 2)
        return self._then(folds.whole_stream("reduce_left", call))

    def size(self) -> UnsortedGrouped[K, int]:
        """Return the number of values."""
        return self._then(folds.size_fold())

    def count(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, int]:
        """Return the number of values for which a predicate holds; 0 when it holds for none."""
        check_call("count", call)
        return self._then(folds.count_fold(call))

    def for_all(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, bool]:
        """Return whether a predicate holds for all values."""
        check_call("for_all", call)
        return self._then(folds.for_all_fold(call))

    forall = for_all

    def head(self) -> UnsortedGrouped[K, V]:
        """Return the first value; without a sort whichever came first."""
        return self._then(folds.head_fold())

    def last(self) -> UnsortedGrouped[K, V]:
        """Return the last value."""
        return self._then(folds.last_fold())

    def max(self) -> UnsortedGrouped[K, V]:
        """Return the greatest value, the earlier one of two."""
        return self._then(folds.extreme_fold("max", None, is_max=True))

    def min(self) -> UnsortedGrouped[K, V]:
        """Return the least value, the later one of two."""
        return self._then(folds.extreme_fold("min", None, is_max=False))

    def max_by(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, V]:
        """Return the value for which a function is greatest, the earlier one of two."""
        check_call("max_by", call)
        return self._then(folds.extreme_fold("max_by", call, is_max=True))

    def min_by(self, call: Callable[[V], Any]) -> UnsortedGrouped[K, V]:
        """Return the value for which a function is least, the later one of two."""
        check_call("min_by", call)
        return self._then(folds.extreme_fold("min_by", call, is_max=False))

    def aggregate(self, aggregator: Any) -> UnsortedGrouped[K, Any]:
        """Return what an Aggregator makes of the values."""
        return self._then(folds.aggregate_fold(aggregator))

    def to_list(self) -> UnsortedGrouped[K, list[V]]:
        """Return the values in a list, in the order they come."""
        return self._then(folds.whole_stream("to_list"))

    def to_set(self) -> UnsortedGrouped[K, set[V]]:
        """Return the values in a set."""
        return self._then(folds.set_fold())

    def distinct_values(self) -> UnsortedGrouped[K, V]:
        """Return each value once."""
        return self._then(folds.distinct_fold())

    def distinct_size(self) -> UnsortedGrouped[K, int]:
        """Return the number of different values."""
        return self._then(folds.set_fold("distinct_size", len))

    def sorted_take(
        self, count: int, key: Callable[[V], Any] | None = None
    ) -> UnsortedGrouped[K, list[V]]:
        """Return a list of the least values, the least first."""
        return self._then(folds.least_fold("sorted_take", count, key))

    def sorted_reverse_take(
        self, count: int, key: Callable[[V], Any] | None = None
    ) -> UnsortedGrouped[K, list[V]]:
        """Return a list of the greatest values, the greatest first."""
        return self._then(folds.least_fold("sorted_reverse_take", count, key, is_reversed=True))

    def sort_with_take(
        self, count: int, less_than: Callable[[V, V], Any]
    ) -> UnsortedGrouped[K, list[V]]:
        """Return a list of the first values by a function that tells whether one comes before."""
        check_call("sort_with_take", less_than, 2)
        compare = compared(less_than)

        def key(value: V) -> Any:
            return cmp_to_key(compare)(value)  # made here: what it gives cannot travel to a task

        return self._then(folds.least_fold("sort_with_take", count, key))

    def fold_left(self, zero: U, call: Callable[[U, V], U]) -> UnsortedGrouped[K, U]:
        """Return a fold from the left; `zero` serves every key, so it must not be changed."""
        check_call("fold_left", call, 2)
        return self._then(folds.whole_stream("fold_left", zero, call))

    def fold(self, fold: Any) -> UnsortedGrouped[K, Any]:
        """Return what a Fold makes of the values."""
        return self._then(folds.whole_stream("fold", fold))

    def fold_with_key(self, call: Callable[[K], Any]) -> UnsortedGrouped[K, Any]:
        """Return what the Fold that a function gives for the key makes of the values."""
        check_call("fold_with_key", call)
        return self._then(folds.whole_stream("fold_with_key", call))

    def require_single_value_per_key(self) -> UnsortedGrouped[K, V]:
        """Fail when a key has more than one value."""
        return self._then(folds.whole_stream("require_single_value_per_key"))

    def as_right_side(self, name: str) -> Any:
        """Return the group itself: what was reduced is small."""
        if self.order is not None:
            raise BuildError(
                f"{name} compares keys by ==, its right side is grouped by an ordering",
                details={"group_with": str(self.order.origin), name: str(capture_origin())},
                fix="call to_typed_pipe() on it; or, to keep the ordering, group the left side by "
                "it as well: left.group_with(ordering).join(right)",
            )
        return self


class NotSortable(KeyedList[K, V]):
    """A state that can be sorted no more: says so, naming both calls."""

    _node: Node

    @property
    def node(self) -> Node:
        """The plan of the pairs."""
        return self._node

    def sort_by(self, call: Callable[[V], Any]) -> NoReturn:
        """Refuse."""
        self._refuse("sort_by")

    def sorted(self) -> NoReturn:
        """Refuse."""
        self._refuse("sorted")

    def sort_with(self, less_than: Callable[[V, V], Any]) -> NoReturn:
        """Refuse."""
        self._refuse("sort_with")

    def with_sort_ordering(self, ordering: Any) -> NoReturn:
        """Refuse."""
        self._refuse("with_sort_ordering")

    def reverse(self) -> NoReturn:
        """Refuse: only a sort can be turned round."""
        self._refuse("reverse")

    def _refuse(self, name: str) -> NoReturn:
        last = self.made_by
        is_value = last.name in ("map_values", "filter_keys")
        raise BuildError(
            f"{name} cannot follow {last.name}",
            details={last.name: str(last.origin), name: str(capture_origin())},
            fix=_FIXES.get(name) or (f"call {last.name} before group" if is_value else REGROUP),
        )


def refused_right_side(name: str, group: KeyedList[Any, Any]) -> NoReturn:
    """Say that an operator cannot have a sorted or joined group on its right side."""
    last = group.made_by
    raise BuildError(
        f"{name} cannot have what {last.name} made on its right side",
        details={last.name: str(last.origin), name: str(capture_origin())},
        fix="call to_typed_pipe() on it",
    )


REGROUP = "call to_typed_pipe().group() between them, which shuffles again"
_FIXES = {"reverse": "call reverse directly after a sort"}
