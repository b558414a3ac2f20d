"""The steps behind the operators of a group: folds and streams, made of the user's functions."""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable, Iterable, Iterator
from functools import reduce as reduce_values
from itertools import accumulate, dropwhile, islice, takewhile
from typing import Any

from cascade2spark.errors import BuildError, RunError, shown_value
from cascade2spark.origin import capture_origin
from cascade2spark.scalding.algebra.aggregation import aggregator_failure
from cascade2spark.scalding.algebra.any_values import ANY
from cascade2spark.scalding.algebra.resolving import as_ring, as_semigroup
from cascade2spark.scalding.algebra.running import Running
from cascade2spark.scalding.typed.steps import Fold, Stream

__all__ = [
    "aggregate_fold",
    "count_fold",
    "distinct_fold",
    "extreme_fold",
    "first_values_fold",
    "for_all_fold",
    "head_fold",
    "last_fold",
    "least_fold",
    "plus_of",
    "product_fold",
    "reduce_fold",
    "semigroup_given",
    "set_fold",
    "size_fold",
    "stream",
    "sum_fold",
    "whole_stream",
]

_NUMBERS = frozenset({int, float, complex})


class _Absent(enum.Enum):
    """No value yet; a member, since those travel by name and are the same in every process."""

    ABSENT = enum.auto()


class _Nothing:
    """The sum of no values: numbers take its place at once, so that adding is one C call."""

    __slots__ = ()

    def __add__(self, value: Any) -> Any:
        if value.__class__ in _NUMBERS:
            return value
        return Running(ANY) + value

    def __reduce__(self) -> Any:
        return _nothing, ()


_NOTHING = _Nothing()
_ABSENT = _Absent.ABSENT
# Whole numbers are added in place: what `_added` does with them, without a call.
_SUM_LINE = "{state} = {state} + {value} if {value}.__class__ is int else {step}({state}{values})"


def _nothing() -> _Nothing:
    return _NOTHING


def _added(state: Any, value: Any) -> Any:
    """Return a sum and one value more; what a number cannot be added to is ANY's to add."""
    if value.__class__ is bool and state.__class__ in _NUMBERS:
        return ANY.plus(state, value)  # which refuses it, in whatever order they come
    try:
        return state + value
    except TypeError:
        if state.__class__ not in _NUMBERS:
            raise
    return ANY.plus(state, value)


def _total(state: Any) -> Any:
    return state.total() if state.__class__ is Running else state


def semigroup_given(name: str, given: Any) -> Any:
    """Return the semigroup that was given; ANY for none.

    Raises:
        BuildError: it is no semigroup.
    """
    if given is None:
        return ANY
    return as_semigroup(given)


def plus_of(given: Any) -> Callable[[Any, Any], Any]:
    """Return how two values are added."""
    plus: Callable[[Any, Any], Any] = semigroup_given("sum", given).plus
    return plus


def sum_fold(given: Any, name: str = "sum") -> Fold:
    """Return the sum by a semigroup, or by the values' own types."""
    if given is None:
        return Fold(name, _nothing, _added, _added, _total, alike="sum", line=_SUM_LINE)
    semigroup = semigroup_given(name, given)
    return Fold(name, lambda: Running(semigroup), operator.add, operator.add, _total)


def product_fold(given: Any) -> Fold:
    """Return the product by a ring, or by ``*``."""
    times = operator.mul if given is None else as_ring(given).times
    return reduce_fold("product", times)


def reduce_fold(name: str, call: Callable[[Any, Any], Any]) -> Fold:
    """Return the fold of a function of two values."""

    def add(state: Any, value: Any) -> Any:
        return value if state is _ABSENT else call(state, value)

    return Fold(name, _absent, add, call)


def size_fold() -> Fold:
    """Return the number of values."""
    count = "{state} += 1"
    return Fold("size", int, lambda n, value: n + 1, operator.add, alike="size", line=count)


def count_fold(call: Callable[[Any], Any]) -> Fold:
    """Return the number of values for which a predicate holds."""
    return Fold(
        "count", int, lambda count, value: count + 1 if call(value) else count, operator.add
    )


def for_all_fold(call: Callable[[Any], Any]) -> Fold:
    """Return whether a predicate holds for all values."""
    return Fold(
        "for_all",
        lambda: True,
        lambda holds, value: holds and bool(call(value)),
        lambda left, right: left and right,
    )


def head_fold() -> Fold:
    """Return the first value to arrive."""
    return Fold("head", _absent, _earlier, _left)


def last_fold() -> Fold:
    """Return the last value to arrive."""
    return Fold("last", _absent, _right, _right)


def extreme_fold(name: str, key: Callable[[Any], Any] | None, *, is_max: bool) -> Fold:
    """Return the greatest value, the earlier of two such; or the least, the later of two such."""
    if key is None:
        return reduce_fold(name, _greater if is_max else _smaller)

    def choose(left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
        if is_max:
            return right if left[0] < right[0] else left
        return left if left[0] < right[0] else right

    def add(state: Any, value: Any) -> Any:
        entry = (key(value), value)
        return entry if state is _ABSENT else choose(state, entry)

    return Fold(name, _absent, add, choose, operator.itemgetter(1))


def set_fold(name: str = "to_set", result: Callable[[Any], Any] | None = None) -> Fold:
    """Return the set of the values."""
    return Fold(name, set, _put, operator.or_, result)


def distinct_fold() -> Fold:
    """Return each value once."""
    return Fold("distinct_values", set, _put, operator.or_, is_many=True)


def first_values_fold(count: int) -> Fold:
    """Return some `count` of the values."""

    def add(held: list[Any], value: Any) -> list[Any]:
        if len(held) < count:
            held.append(value)
        return held

    return Fold(
        "buffered_take", list, add, lambda left, right: (left + right)[:count], is_many=True
    )


def least_fold(
    name: str, count: int, key: Callable[[Any], Any] | None, *, is_reversed: bool = False
) -> Fold:
    """Return a sorted list of the `count` least values, or the greatest ones."""
    if type(count) is not int or count < 1:
        raise BuildError(f"{name} takes a number of at least 1", asked=repr(count))
    most = max(4 * count, 64)

    def cut(held: list[Any]) -> list[Any]:
        held.sort(key=key, reverse=is_reversed)
        del held[count:]
        return held

    def add(held: list[Any], value: Any) -> list[Any]:
        held.append(value)
        return cut(held) if len(held) >= most else held

    def join(left: list[Any], right: list[Any]) -> list[Any]:
        return cut(left + right)

    return Fold(name, list, add, join, cut)


def aggregate_fold(aggregator: Any) -> Fold:
    """Return the fold of an Aggregator: prepare, add, present."""
    for wanted in ("prepare", "semigroup", "present"):
        if not hasattr(aggregator, wanted):
            raise BuildError(
                "aggregate takes an Aggregator",
                asked=shown_value(aggregator),
                fix="make one: Aggregator.prepare_monoid(...), or take one of the stock ones",
            )
    prepare, semigroup = aggregator.prepare, aggregator.semigroup
    present = aggregator.present
    # An aggregator of another make knows no place.
    place = getattr(aggregator, "place", (type(aggregator).__name__, str(capture_origin())))

    def add(state: Any, value: Any) -> Any:
        try:
            return state + prepare(value)
        except Exception as error:
            failed = aggregator_failure(place, error)
            raise failed from failed.__cause__

    def result(state: Any) -> Any:
        try:
            return present(state.total())
        except Exception as error:
            failed = aggregator_failure(place, error)
            raise failed from failed.__cause__

    return Fold("aggregate", lambda: Running(semigroup), add, operator.add, result)


# -- streams -------------------------------------------------------------------------------------


def stream(name: str, call: Callable[[Iterator[Any]], Any]) -> Stream:
    """Return a step that turns the values into others, whatever the key."""
    return Stream(name, lambda key, values: call(values))


def whole_stream(name: str, *given: Any) -> Stream:
    """Return one of the streams that are known by name."""
    return _STREAMS[name](*given)


def _single(name: str, call: Callable[[Iterator[Any]], Any]) -> Stream:
    return Stream(name, lambda key, values: (call(values),), is_single=True)


def _fold_left(zero: Any, call: Callable[[Any, Any], Any]) -> Stream:
    return _single("fold_left", lambda values: reduce_values(call, values, zero))


def _reduce_left(call: Callable[[Any, Any], Any]) -> Stream:
    return _single("reduce_left", lambda values: reduce_values(call, values))


def _sum_left(given: Any) -> Stream:
    semigroup = semigroup_given("sum_left", given)
    return _single("sum_left", lambda values: reduce_values(semigroup.plus, values))


def _scan_left(zero: Any, call: Callable[[Any, Any], Any]) -> Stream:
    return stream("scan_left", lambda values: accumulate(values, call, initial=zero))


def _take(count: int) -> Stream:
    return stream("take", lambda values: islice(values, max(count, 0)))


def _drop(count: int) -> Stream:
    return stream("drop", lambda values: islice(values, max(count, 0), None))


def _fold(fold: Any) -> Stream:
    return _single("fold", lambda values: _folded(fold, values))


def _fold_with_key(call: Callable[[Any], Any]) -> Stream:
    return Stream(
        "fold_with_key", lambda key, values: (_folded(call(key), values),), is_single=True
    )


def _folded(fold: Any, values: Iterable[Any]) -> Any:
    return fold.over_traversable(values)


def _require_single() -> Stream:
    def check(key: Any, values: Iterator[Any]) -> Iterable[Any]:
        first = next(values)
        for second in values:
            raise RunError(
                "require_single_value_per_key: a key has more than one value",
                details={
                    "key": shown_value(key),
                    "first": shown_value(first),
                    "second": shown_value(second),
                },
            )
        return (first,)

    return Stream("require_single_value_per_key", check, is_single=True)


_STREAMS: dict[str, Callable[..., Stream]] = {
    "to_list": lambda: _single("to_list", list),
    "force_to_reducers": lambda: stream("force_to_reducers", _same),
    "fold_left": _fold_left,
    "reduce_left": _reduce_left,
    "sum_left": _sum_left,
    "scan_left": _scan_left,
    "take": _take,
    "drop": _drop,
    "take_while": lambda call: stream("take_while", lambda values: takewhile(call, values)),
    "drop_while": lambda call: stream("drop_while", lambda values: dropwhile(call, values)),
    "fold": _fold,
    "fold_with_key": _fold_with_key,
    "require_single_value_per_key": _require_single,
}


def _same(values: Iterator[Any]) -> Iterator[Any]:
    return values


def _absent() -> Any:
    return _ABSENT


def _earlier(state: Any, value: Any) -> Any:
    return value if state is _ABSENT else state


def _left(left: Any, right: Any) -> Any:
    return left


def _right(left: Any, right: Any) -> Any:
    return right


def _greater(left: Any, right: Any) -> Any:
    return right if left < right else left


def _smaller(left: Any, right: Any) -> Any:
    return left if left < right else right


def _put(held: set[Any], value: Any) -> set[Any]:
    held.add(value)
    return held
