"""What is done to the values of one key: steps after a group, sorting, and the tree of a join.

All of it travels to the tasks. A step turns the iterator of a key's values into another one; it is
never given an empty iterator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeAlias

import attrs

from cascade2spark.operations.callables import STEP_LINE

__all__ = [
    "Fold",
    "ForEach",
    "Join",
    "JoinTree",
    "Side",
    "Sorting",
    "Step",
    "Stream",
    "joined_values",
    "run_steps",
]

Values = Iterator[Any]
StreamCall = Callable[[Any, Values], Iterable[Any] | None]


@attrs.frozen(eq=False)
class Sorting:
    """The order of the values of a key.

    Args:
        key: what values are ordered by; None for themselves.
        compare: a comparison of two values by which they are ordered instead.
        is_reversed: from the greatest to the least.
    """

    key: Callable[[Any], Any] | None = None
    compare: Callable[[Any, Any], int] | None = None
    is_reversed: bool = False


@attrs.frozen(eq=False)
class Stream:
    """A function of the key and the iterator of its values, to an iterable of others.

    Args:
        is_single: it gives at most one value.
    """

    name: str
    call: StreamCall
    is_single: bool = False


@attrs.frozen(eq=False)
class ForEach:
    """What each value becomes by itself: `map`, `flat_map`, or `filter` (asked about the pair)."""

    name: str
    kind: str
    call: Callable[[Any], Any]

    is_single = False


@attrs.frozen(eq=False)
class Fold:
    """A fold that may begin before the exchange: parts of the values of a key, joined later.

    Args:
        zero: makes the state of no values.
        add: (state, value) -> state.
        join: (state, state) -> state, earlier values first; None: it may not begin earlier.
        result: state -> the one value, or with `is_many` an iterable of values.
        alike: what an engine may do its own way instead: ``sum`` of plain numbers, or ``size``.
        line: `add` as text, for generated loops; see `operations.callables.Fold`.
    """

    name: str
    zero: Callable[[], Any]
    add: Callable[[Any, Any], Any]
    join: Callable[[Any, Any], Any] | None
    result: Callable[[Any], Any] | None = None
    is_many: bool = False
    alike: str | None = None
    line: str = STEP_LINE

    @property
    def is_single(self) -> bool:
        """Whether it gives one value."""
        return not self.is_many


Step: TypeAlias = Stream | ForEach | Fold


@attrs.frozen(eq=False)
class Side:
    """One input of a join, and what is done to its values first."""

    number: int
    steps: tuple[Step, ...] = ()


@attrs.frozen(eq=False)
class Join:
    """Two inputs of a join joined, and what is done to the result.

    Args:
        kind: `inner`, `left`, `right` or `outer`; else `call` is the user's.
        call: (key, iterator of the left, iterable of the right) -> iterable.
    """

    left: JoinTree
    right: JoinTree
    kind: str
    call: Callable[[Any, Values, Iterable[Any]], Iterable[Any] | None] | None = None
    steps: tuple[Step, ...] = ()


JoinTree: TypeAlias = Side | Join


def run_steps(steps: Sequence[Step], key: Any, values: Values) -> Values:
    """Return the values of a key after all steps, lazily."""
    for step in steps:
        values = _stepped(step, key, values)
    return values


def _stepped(step: Step, key: Any, values: Values) -> Values:
    if isinstance(step, ForEach):
        call = step.call
        if step.kind == "map":
            return map(call, values)
        if step.kind == "filter":
            return (value for value in values if call((key, value)))
        return chain.from_iterable(_listed(call(value)) for value in values)
    return _of_group(step, key, values)


def _of_group(step: Stream | Fold, key: Any, values: Values) -> Values:
    first = next(values, _NOTHING)
    if first is _NOTHING:
        return  # never called without values
    values = chain((first,), values)
    if isinstance(step, Stream):
        yield from _listed(step.call(key, values))
        return
    state, add = step.zero(), step.add
    for value in values:
        state = add(state, value)
    if step.result is not None:
        state = step.result(state)
    if step.is_many:
        yield from state
    else:
        yield state


def _listed(results: Iterable[Any] | None) -> Iterable[Any]:
    return () if results is None else results


class _Again:
    """An iterable that makes its values anew for each pass."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Values]) -> None:
        self._make = make

    def __iter__(self) -> Values:
        return self._make()


def joined_values(tree: JoinTree, key: Any, sides: Sequence[Callable[[], Values]]) -> Values:
    """Return the joined values of a key.

    Args:
        sides: for each input what makes a fresh iterator of its values.
    """
    if isinstance(tree, Side):
        return run_steps(tree.steps, key, sides[tree.number]())
    return run_steps(tree.steps, key, _joined(tree, key, sides))


def _joined(tree: Join, key: Any, sides: Sequence[Callable[[], Values]]) -> Values:
    left = joined_values(tree.left, key, sides)
    right = _right_side(tree.right, key, sides)
    first = next(left, _NOTHING)
    has_right = next(iter(right), _NOTHING) is not _NOTHING
    if first is _NOTHING and not has_right:
        return
    given: Values = iter(()) if first is _NOTHING else chain((first,), left)
    if tree.call is not None:
        yield from _listed(tree.call(key, given, right))
    elif has_right and first is not _NOTHING:
        for value in given:
            for other in right:
                yield value, other
    elif has_right:
        if tree.kind in ("right", "outer"):
            for other in right:
                yield None, other
    elif tree.kind in ("left", "outer"):
        for value in given:
            yield value, None


def _right_side(tree: JoinTree, key: Any, sides: Sequence[Callable[[], Values]]) -> Iterable[Any]:
    # What gives one value at most is made once and kept, all else is made for each pass.
    if _is_single(tree):
        return list(joined_values(tree, key, sides))
    return _Again(lambda: joined_values(tree, key, sides))


def _is_single(tree: JoinTree) -> bool:
    if tree.steps:
        kept = [step for step in tree.steps if not _is_one_to_one(step)]
        if kept:
            return kept[-1].is_single
    if isinstance(tree, Side):
        return False
    return tree.call is None and _is_single(tree.left) and _is_single(tree.right)


def _is_one_to_one(step: Step) -> bool:
    return isinstance(step, ForEach) and step.kind in ("map", "filter")


_NOTHING = object()
