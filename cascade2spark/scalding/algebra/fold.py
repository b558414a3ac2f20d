"""Folds: one pass over values from the left, with a state of any kind, that can be combined.

A fold cannot be split over tasks and merged; what can is an `Aggregator`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from cascade2spark.errors import BuildError
from cascade2spark.scalding.algebra.base import NOTHING, identity, shown
from cascade2spark.scalding.algebra.containers import FunctionMonoid
from cascade2spark.scalding.algebra.resolving import as_monoid, as_ring, as_semigroup

__all__ = ["Fold"]


@attrs.frozen
class _Constant:
    """A start that gives the same value each time; the value must not be changed."""

    value: Any

    def __call__(self) -> Any:
        return self.value


@attrs.frozen
class Fold:
    """A left fold: a start, what each value does to the state, and the answer of the last state.

    Args:
        start: makes the state, called once for each run.
        add: state and value to the next state; may change and return a state that `start` made.
        end: the last state to the answer.
    Laws:
        1. ``f.join(g)`` answers the pair of both answers, in one pass.  2. ``f.map(g)`` answers
        g of the answer.  3. ``f.contramap(g)`` sees g of each value.
    Source:
        Algebird's Fold.
    Example:
        >>> mean = Fold.sum(int).join(Fold.size()).map(lambda both: both[0] / both[1])
        >>> mean.over_traversable([1, 2, 6])
        3.0
    """

    start: Callable[[], Any]
    add: Callable[[Any, Any], Any]
    end: Callable[[Any], Any] = identity

    def __attrs_post_init__(self) -> None:
        for part in ("start", "add", "end"):
            if not callable(getattr(self, part)):
                raise BuildError(
                    f"The {part} of a Fold must be a function, not {shown(getattr(self, part))}",
                    fix="Fold.fold_left(z, f) takes a value to start with",
                )

    # -- running -----------------------------------------------------------------------------

    def over_traversable(self, values: Iterable[Any]) -> Any:
        """Return the answer for the values."""
        state, add = self.start(), self.add
        for value in values:
            state = add(state, value)
        return self.end(state)

    def over_iterator(self, values: Iterable[Any]) -> Any:
        """Return the answer for the values of an iterator, which is used up."""
        return self.over_traversable(values)

    def over_empty(self) -> Any:
        """Return the answer for no values."""
        return self.end(self.start())

    def over_singleton(self, value: Any) -> Any:
        """Return the answer for one value."""
        return self.over_traversable((value,))

    # -- combining ---------------------------------------------------------------------------

    def join(self, other: Fold) -> Fold:
        """Return a fold that answers the pair of both answers, in one pass."""
        return _joined((self, other), tuple)

    def map(self, function: Callable[[Any], Any]) -> Fold:
        """Return a fold whose answer is `function` of this one's."""
        return attrs.evolve(self, end=FunctionMonoid().plus(self.end, function))

    def contramap(self, function: Callable[[Any], Any]) -> Fold:
        """Return a fold that sees `function` of each value."""
        add = self.add
        return attrs.evolve(self, add=lambda state, value: add(state, function(value)))

    # -- making ------------------------------------------------------------------------------

    @staticmethod
    def fold_left(z: Any, f: Callable[[Any, Any], Any]) -> Fold:
        """Return a fold from `z` by `f(state, value)`, which must not change z."""
        return Fold(_Constant(z), f)

    @staticmethod
    def fold(f: Callable[[Any, Any], Any], z: Any, end: Callable[[Any], Any]) -> Fold:
        """Return a fold from `z` by `f(state, value)`, and `end` of the last state."""
        return Fold(_Constant(z), f, end)

    @staticmethod
    def fold_mutable(
        f: Callable[[Any, Any], Any], start: Callable[[], Any], end: Callable[[Any], Any] = identity
    ) -> Fold:
        """Return a fold whose state is made by `start()` for each run, so that f may change it."""
        return Fold(start, f, end)

    @staticmethod
    def container(kind: Callable[[list[Any]], Any]) -> Fold:
        """Return a fold that collects all values into a container: list, set, tuple, ..."""
        return Fold(list, _appended, identity if kind is list else kind)

    @staticmethod
    def seq() -> Fold:
        """Return a fold that answers the list of all values."""
        return Fold.container(list)

    @staticmethod
    def sequence(folds: Iterable[Fold]) -> Fold:
        """Return a fold that answers the list of the answers of some folds, in one pass."""
        return _joined(tuple(folds), list)

    @staticmethod
    def const(value: Any) -> Fold:
        """Return a fold that answers `value` whatever it sees."""
        return Fold(_Constant(value), _kept)

    @staticmethod
    def first() -> Fold:
        """Return a fold that answers the first value, None when there is none."""
        return Fold(_Constant(NOTHING), _first, _option)

    @staticmethod
    def last() -> Fold:
        """Return a fold that answers the last value, None when there is none."""
        return Fold(_Constant(NOTHING), _last, _option)

    @staticmethod
    def max() -> Fold:
        """Return a fold that answers the largest value, of equal ones the earlier; or None."""
        return Fold(_Constant(NOTHING), _larger, _option)

    @staticmethod
    def min() -> Fold:
        """Return a fold that answers the smallest value, of equal ones the earlier; or None."""
        return Fold(_Constant(NOTHING), _smaller, _option)

    @staticmethod
    def sum(monoid: Any = None) -> Fold:
        """Return a fold that adds.

        Args:
            monoid: a monoid or a type with a zero. Default: by the values' own types, which
                answers None for no values.
        """
        structure = as_monoid(as_semigroup(monoid))
        return Fold(_Constant(structure.zero), structure.plus)

    @staticmethod
    def product(ring: Any = int) -> Fold:
        """Return a fold that multiplies.

        Args:
            ring: a ring or a type that has one. Default int, which does for all numbers.
        """
        structure = as_ring(ring)
        return Fold(_Constant(structure.one), structure.times)

    @staticmethod
    def size() -> Fold:
        """Return a fold that counts the values."""
        return Fold(_Constant(0), _counted)

    @staticmethod
    def count(p: Callable[[Any], Any]) -> Fold:
        """Return a fold that counts the values for which `p` holds."""
        return Fold(_Constant(0), lambda state, value: state + 1 if p(value) else state)

    @staticmethod
    def forall(p: Callable[[Any], Any]) -> Fold:
        """Return a fold that tells whether `p` holds for all values."""
        return Fold(_Constant(True), lambda state, value: state and bool(p(value)))

    @staticmethod
    def exists(p: Callable[[Any], Any]) -> Fold:
        """Return a fold that tells whether `p` holds for any value."""
        return Fold(_Constant(False), lambda state, value: state or bool(p(value)))


def _joined(folds: tuple[Any, ...], kind: Callable[[list[Any]], Any]) -> Fold:
    for fold in folds:
        if not isinstance(fold, Fold):
            raise BuildError(f"Only folds join with folds, not {shown(fold)}")
    adds = [fold.add for fold in folds]

    def add(states: list[Any], value: Any) -> list[Any]:
        return [add(state, value) for add, state in zip(adds, states, strict=True)]

    def end(states: list[Any]) -> Any:
        return kind([fold.end(state) for fold, state in zip(folds, states, strict=True)])

    return Fold(lambda: [fold.start() for fold in folds], add, end)


def _option(state: Any) -> Any:
    return None if state is NOTHING else state


def _appended(state: list[Any], value: Any) -> list[Any]:
    state.append(value)
    return state


def _kept(state: Any, value: Any) -> Any:
    return state


def _first(state: Any, value: Any) -> Any:
    return value if state is NOTHING else state


def _last(state: Any, value: Any) -> Any:
    return value


def _larger(state: Any, value: Any) -> Any:
    return value if state is NOTHING or operator.gt(value, state) else state


def _smaller(state: Any, value: Any) -> Any:
    return value if state is NOTHING or operator.lt(value, state) else state


def _counted(state: int, value: Any) -> int:
    return state + 1
