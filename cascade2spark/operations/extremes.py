"""Aggregators that give the extreme value of an argument: MinValue, MaxValue, Min, Max."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.errors import OperationError, shown_value
from cascade2spark.fields import Fields, as_fields
from cascade2spark.kinds import is_same
from cascade2spark.operations.arguments import (
    one_field,
    type_at,
)
from cascade2spark.operations.callables import Fold, FoldAggregator
from cascade2spark.types import Double, coercion

__all__ = ["ExtremaValueBase", "Max", "MaxValue", "Min", "MinValue"]

Choose = Callable[[Any, Any], Any]


class ExtremaValueBase(FoldAggregator):
    """Base of aggregators that give one extreme value of one argument; nulls are ignored.

    A subclass says in `compare` when a value takes the place of the one that is held, and may have
    a `default_name` for its result. It runs behind the exchange alone, unless its `is_algebraic`
    says that the extreme of the parts' extremes is that of the whole.

    Args:
        fields: name of the result.
        ignore: values to leave out.
    Source:
        cascading.operation.aggregator.ExtremaValueBase
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> class Longest(ExtremaValueBase):
        ...     def compare(self, held, value):
        ...         return len(value) > len(held)
        >>> run_operation(Longest("longest"), [("a",), ("abc",), (None,)], "x")
        [('abc',)]
    """

    default_name = "extreme"

    def __init__(self, fields: Any = None, *ignore: Any) -> None:
        declared = Fields(self.default_name) if fields is None else as_fields(fields)
        super().__init__(1, one_field(type(self).__name__, declared))
        self.ignore = ignore

    def compare(self, held: Any, value: Any) -> bool:
        """Tell whether `value` takes the place of the one that is held; neither is null."""
        raise NotImplementedError(f"{type(self).__name__} must define compare")

    def choose(self, best: Any, value: Any) -> Any:
        """Return the better of two values that are not null, `best` on a tie."""
        return value if self.compare(best, value) else best

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the choice of the better value."""
        choose, ignore = self.choose, self.ignore

        def step(best: Any, value: Any, *_: Any) -> Any:
            if value is None:
                return best
            if ignore and any(is_same(value, one) for one in ignore):
                return best
            return value if best is None else choose(best, value)

        def merge(left: Any, right: Any) -> Any:
            return left if right is None else step(left, right)

        return Fold(_nothing, step, _same, merge)


class _NaturalExtreme(ExtremaValueBase):
    """The extreme by the natural order, in parts too."""

    def is_algebraic(self) -> bool:
        """Return True: the extreme of the parts' extremes is that of the whole."""
        return True


class MaxValue(_NaturalExtreme):
    """Give the largest value of one argument; the first one where several are equal.

    Values keep their type, so texts compare as texts; NaN is larger than any number. Null when
    there are only nulls.

    Args:
        fields: name of the result. Default ``max``.
        ignore: values to leave out.
    Raises:
        OperationError: (running) the values are of different kinds.
    Source:
        cascading.operation.aggregator.MaxValue
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(MaxValue(), [(3,), (None,), (11,)], "n")
        [(11,)]
    """

    default_name = "max"

    def choose(self, best: Any, value: Any) -> Any:
        """Return the larger of two values."""
        if best.__class__ is not value.__class__:
            _check_kinds(best, value)
        return value if value > best or (value != value and best == best) else best


class MinValue(_NaturalExtreme):
    """Give the smallest value of one argument; see MaxValue.

    Args:
        fields: name of the result. Default ``min``.
        ignore: values to leave out.
    Raises:
        OperationError: (running) the values are of different kinds.
    Source:
        cascading.operation.aggregator.MinValue
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(MinValue("least"), [(3,), (None,), (11,)], "n")
        [(3,)]
    """

    default_name = "min"

    def choose(self, best: Any, value: Any) -> Any:
        """Return the smaller of two values."""
        if best.__class__ is not value.__class__:
            _check_kinds(best, value)
        return value if value < best or (best != best and value == value) else best


class _Double(_NaturalExtreme):
    """The extreme of one argument as a double, as in Cascading before version 3."""

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the choice among doubles."""
        fold = super().bind(argument_fields, declared)
        number = coercion(Double, type_at(argument_fields, 0))
        result = coercion(type_at(declared, 0) or Double)
        return Fold(
            fold.zero, lambda best, value, *_: fold.step(best, number(value)), result, fold.merge
        )


class Max(_Double, MaxValue):
    """Give the largest value of one argument as a double, or as the type of a typed field.

    Args:
        fields: name of the result. Default ``max``, a double.
        ignore: values to leave out.
    Raises:
        CoercionError: (running) a value cannot become a double.
    Source:
        cascading.operation.aggregator.Max, gone since Cascading 3
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Max(), [(3,), ("11",)], "n")
        [(11.0,)]
    """


class Min(_Double, MinValue):
    """Give the smallest value of one argument as a double, or as the type of a typed field.

    Args:
        fields: name of the result. Default ``min``, a double.
        ignore: values to leave out.
    Raises:
        CoercionError: (running) a value cannot become a double.
    Source:
        cascading.operation.aggregator.Min, gone since Cascading 3
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Min(), [(3,), ("11",)], "n")
        [(3.0,)]
    """


def _check_kinds(best: Any, value: Any) -> None:
    """Java refuses to compare values of two classes; Python would call 1 and True equal."""
    has_boolean = isinstance(best, bool) or isinstance(value, bool)
    if has_boolean or not (isinstance(value, type(best)) or isinstance(best, type(value))):
        raise OperationError(
            f"values of type {type(best).__name__} and {type(value).__name__} cannot be compared",
            details={"values": f"{shown_value(best)} and {shown_value(value)}"},
        )


def _same(state: Any) -> Any:
    return state


def _nothing() -> None:
    return None
