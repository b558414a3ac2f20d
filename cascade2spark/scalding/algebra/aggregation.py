"""What an aggregator is made of, how it is run, and the combinators that keep its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self

import attrs

from cascade2spark.errors import (
    BuildError,
    Cascade2SparkError,
    OperationError,
    RunError,
    shown_value,
)
from cascade2spark.origin import Origin, capture_origin, failing_line
from cascade2spark.scalding.algebra.base import NOTHING, Semigroup, identity, shown
from cascade2spark.scalding.algebra.containers import FunctionMonoid
from cascade2spark.scalding.algebra.fold import Fold
from cascade2spark.scalding.algebra.products import tuple_of

__all__ = ["Aggregation", "EachOf", "SameForAll", "aggregator_failure", "told_with"]

_then = FunctionMonoid().plus


@attrs.frozen(repr=False)
class Aggregation:
    """The parts of an aggregator; users meet `Aggregator` and `MonoidAggregator`.

    Args:
        prepare: value to what is added.
        semigroup: how two prepared values are added.
        present: the sum to the answer.
        name: what messages call it.
        appender: a quicker ``plus(sum, prepare(value))``, of (sum, value), if there is one.
        origin: the user's line that made it.
    """

    prepare: Callable[[Any], Any]
    semigroup: Semigroup
    present: Callable[[Any], Any] = identity
    name: str = attrs.field(default="aggregator", eq=False, kw_only=True)
    appender: Callable[[Any, Any], Any] | None = attrs.field(default=None, kw_only=True)
    origin: Origin = attrs.field(factory=capture_origin, eq=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.semigroup, Semigroup):
            raise BuildError(
                f"An Aggregator adds by a semigroup, not by {shown(self.semigroup)}",
                fix="wrap a function of two values: FunctionSemigroup(function)"
                if callable(self.semigroup)
                else None,
            )
        for part in ("prepare", "present"):
            if not callable(getattr(self, part)):
                raise BuildError(
                    f"The {part} of an Aggregator must be a function, "
                    f"not {shown(getattr(self, part))}"
                )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    @property
    def place(self) -> tuple[str, str]:
        """What messages call it, and the user's line that made it."""
        return self.name, str(self.origin)

    # -- running -----------------------------------------------------------------------------

    def apply(self, values: Iterable[Any]) -> Any:
        """Return the answer for some values.

        Raises:
            OperationError: there are no values, and this aggregator has no zero.
        """
        total = self._total(values)
        if total is NOTHING:
            return self._of_nothing()
        return self.present(total)

    def __call__(self, values: Iterable[Any]) -> Any:
        """Return the answer for some values, as `apply` does."""
        return self.apply(values)

    def apply_option(self, values: Iterable[Any]) -> Any:
        """Return the answer for some values, None when there are none."""
        total = self._total(values)
        return None if total is NOTHING else self.present(total)

    def append(self, total: Any, value: Any) -> Any:
        """Return a sum of prepared values and one value more, which is prepared here."""
        if self.appender is not None:
            return self.appender(total, value)
        return self.semigroup.plus(total, self.prepare(value))

    def append_all(self, total: Any, values: Iterable[Any]) -> Any:
        """Return a sum of prepared values and some values more."""
        for value in values:
            total = self.append(total, value)
        return total

    def reduce(self, totals: Iterable[Any]) -> Any:
        """Return the sum of prepared values, of which there must be one.

        Raises:
            OperationError: there are none.
        """
        total = self.semigroup.sum_or(totals, NOTHING)
        if total is NOTHING:
            raise self._empty()
        return total

    def to_fold(self) -> Fold:
        """Return a fold that answers alike, and None for no values."""
        prepare, append, present = self.prepare, self.append, self.present
        return Fold(
            lambda: NOTHING,
            lambda total, one: prepare(one) if total is NOTHING else append(total, one),
            lambda total: None if total is NOTHING else present(total),
        )

    def _total(self, values: Iterable[Any]) -> Any:
        if isinstance(values, (str, bytes)):
            raise OperationError(
                f"The {self.name} aggregator applies to values, not to the text "
                f"{shown_value(values, 60)}",
                fix=f"pass a list: [{shown_value(values, 40)}]",
            )
        try:
            given = iter(values)
        except TypeError as broken:
            raise OperationError(
                f"The {self.name} aggregator applies to values, not to {shown_value(values, 60)}",
                fix="pass a list or another iterable",
            ) from broken
        if self.prepare is not identity:
            given = map(self.prepare, given)
        return self.semigroup.sum_or(given, NOTHING)

    def _of_nothing(self) -> Any:
        raise self._empty()

    def _empty(self) -> OperationError:
        return OperationError(
            f"The {self.name} of no values has no answer",
            fix="call apply_option, or lift() the aggregator: both answer None",
        )

    # -- combining ---------------------------------------------------------------------------

    def compose_prepare(self, function: Callable[[Any], Any]) -> Self:
        """Return an aggregator that sees `function` of each value."""
        return attrs.evolve(self, prepare=_then(function, self.prepare), appender=None)

    def and_then_present(self, function: Callable[[Any], Any]) -> Self:
        """Return an aggregator whose answer is `function` of this one's."""
        return attrs.evolve(self, present=_then(self.present, function))

    def _combined(self, other: Any, prepare: Callable[[Any], Any], how: str) -> Any:
        """Return the aggregator of pairs; it has a zero when both have."""
        if not isinstance(other, Aggregation):
            raise BuildError(f"Only aggregators {how} aggregators, not {shown(other)}")
        kind = type(self) if isinstance(other, type(self)) else type(other)
        return kind(
            prepare,
            tuple_of((self.semigroup, other.semigroup)),
            EachOf((self.present, other.present)),
            name=f"{self.name} and {other.name}",
        )

    def join(self, other: Any) -> Any:
        """Return an aggregator of the same values that answers the pair of both answers."""
        return self._combined(other, SameForAll((self.prepare, _prepare_of(other))), "join with")

    def zip(self, other: Any) -> Any:
        """Return an aggregator of pairs of values that answers the pair of both answers."""
        return self._combined(other, EachOf((self.prepare, _prepare_of(other))), "zip with")


def aggregator_failure(place: tuple[str, str], error: Exception) -> Cascade2SparkError:
    """Return what to raise for an error of a part of an aggregator, with where that was made.

    Args:
        place: as an aggregator tells it.
        error: keeps its class and what it says if it is one of ours, else becomes the cause.
    """
    name, made = place
    if isinstance(error, Cascade2SparkError):
        error.details.setdefault("aggregator", f"{name}, made at {made}")
        return error
    details = {"aggregator": f"{name}, made at {made}"}
    if line := failing_line(error):
        details["raised at"] = line
    first, *more = str(error).strip().splitlines() or [""]
    if more:
        details["message"] = str(error).strip()
    said = f"{type(error).__name__}: {first}" if first else type(error).__name__
    found = RunError(f"the {name} aggregator failed: {said}", details=details)
    found.__cause__ = error
    return found


def told_with(place: tuple[str, str], call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose errors name an aggregator, and where it was made."""

    def run(*values: Any) -> Any:
        try:
            return call(*values)
        except Exception as error:
            failed = aggregator_failure(place, error)
            raise failed from failed.__cause__

    return run


def _prepare_of(other: Any) -> Callable[[Any], Any]:
    return other.prepare if isinstance(other, Aggregation) else identity


@attrs.frozen
class SameForAll:
    """Gives the tuple of what several functions make of one value."""

    functions: tuple[Callable[[Any], Any], ...]

    def __call__(self, value: Any) -> tuple[Any, ...]:
        return tuple([function(value) for function in self.functions])


@attrs.frozen
class EachOf:
    """Gives the tuple of what each function makes of the value at its place."""

    functions: tuple[Callable[[Any], Any], ...]

    def __call__(self, values: Any) -> tuple[Any, ...]:
        return tuple(
            [function(value) for function, value in zip(self.functions, values, strict=True)]
        )
