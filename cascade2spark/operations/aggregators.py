"""Aggregators that calculate: Count, Sum, Average."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from cascade2spark.errors import CoercionError, OperationError, shown_value
from cascade2spark.fields import Fields, as_fields
from cascade2spark.java_numbers import parse_whole
from cascade2spark.operations.arguments import no_more, one_field, type_at
from cascade2spark.operations.callables import Fold, FoldAggregator
from cascade2spark.types import Double, Long, Type, as_type, coercion, double_

__all__ = ["Average", "Count", "Sum", "sum_of_numbers"]


class Count(FoldAggregator):
    """Count the rows of a group, those with nulls too.

    Args:
        fields: name of the result. Default ``count``, a long.
    Raises:
        BuildError: other than one result field.
    Source:
        cascading.operation.aggregator.Count
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Count(), [("x",), (None,)], "a")
        [(2,)]
    """

    def __init__(self, fields: Any = None) -> None:
        declared = Fields("count", Long) if fields is None else as_fields(fields)
        super().__init__(one_field("Count", declared))

    def is_algebraic(self) -> bool:
        """Return True: parts of a group may be counted apart."""
        return True

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the count."""
        return Fold(int, lambda count, *_: count + 1, _same, operator.add, "{state} += 1")


class Sum(FoldAggregator):
    """Add up the values of one argument, without its nulls; null when there is nothing else.

    An empty text counts as 0. Sums are calculated in doubles, except where the result is a whole
    number: that is exact, and a sum that does not fit its type is an error.

    Args:
        fields: name of the result. Default ``sum``, a double.
        type: type of the result; a typed field says the same. Default double.
    Raises:
        BuildError: other than one result field.
        OperationError: (running) a whole sum does not fit its type.
    Source:
        cascading.operation.aggregator.Sum; exact whole numbers are ours.
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Sum("total", int), [(1,), (None,), (4,)], "n")
        [(5,)]
    """

    skips_empty = False

    def __init__(self, fields: Any = None, *type: Any) -> None:
        declared = Fields("sum", Double) if fields is None else as_fields(fields)
        one_field("Sum", declared)
        if type:
            declared = declared.apply_types(as_type(type[0]))
        no_more("Sum", type[1:], "(), (field), (field, type)")
        super().__init__(1, declared)
        self.type = type_at(declared, 0) or Double

    def is_algebraic(self) -> bool:
        """Return True: parts of a group may be added up apart."""
        return True

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return the sum in doubles, or exact in whole numbers."""
        source = type_at(argument_fields, 0)
        number = _adding(self.type, source, skips_empty=self.skips_empty)
        box = self.type.canonical_type
        if box.bits is not None and box.python_type is int:
            result = _whole_result(self.type)
            step = _whole_step(number)
            return Fold(_nothing, step, result, _joined, _step_line("int"))
        result = coercion(self.type)
        step = _real_step(number)
        return Fold(_nothing, step, result, _joined, _step_line("float"))


class Average(FoldAggregator):
    """Average the values of one argument; a null counts as 0, and counts.

    Args:
        fields: name of the result. Default ``average``, a double.
    Raises:
        BuildError: other than one result field.
    Source:
        cascading.operation.aggregator.Average
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Average(), [(1,), (None,), (5,)], "n")
        [(2.0,)]
    """

    def __init__(self, fields: Any = None) -> None:
        declared = Fields("average", Double) if fields is None else as_fields(fields)
        super().__init__(1, one_field("Average", declared))

    def is_algebraic(self) -> bool:
        """Return True: sums and counts of parts may be joined."""
        return True

    def bind(self, argument_fields: Fields, declared: Fields) -> Fold:
        """Return sum and count, divided at the end."""
        number = coercion(double_, type_at(argument_fields, 0))
        result = coercion(type_at(declared, 0) or Double)

        def step(state: tuple[float, int], value: Any, *_: Any) -> tuple[float, int]:
            total, count = state
            return total + (value if value.__class__ is float else number(value)), count + 1

        def finish(state: tuple[float, int]) -> Any:
            total, count = state
            return result(total / count if count else math.nan)

        return Fold(
            lambda: (0.0, 0),
            step,
            finish,
            lambda left, right: (left[0] + right[0], left[1] + right[1]),
        )


def _same(state: Any) -> Any:
    return state


def _nothing() -> None:
    return None


def _joined(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return right if left is None else left
    return left + right


def _step_line(kind: str) -> str:
    """Return a line that adds a value of the kind to a sum itself, and asks the step otherwise."""
    is_added = f"{{value}}.__class__ is {kind} and {{state}} is not None"
    return f"{{state}} = {{state}} + {{value}} if {is_added} else {{step}}({{state}}{{values}})"


def sum_of_numbers(fields: Fields, kind: Type) -> Sum:
    """Return the sum of what is a number: an empty text is none, as SumBy has it."""
    made = Sum(fields, kind)
    made.skips_empty = True
    return made


def _adding(kind: Type, source: Type | None, *, skips_empty: bool) -> Callable[[Any], Any]:
    """Return the function from values to numbers; its error names the type of the sum."""
    convert, of_empty = coercion(Double, source), None if skips_empty else 0

    def number(value: Any) -> Any:
        if value == "":
            return of_empty
        try:
            return convert(value)
        except CoercionError as error:
            raise CoercionError(
                f"{type(value).__name__} {shown_value(value)} cannot be added to a sum",
                details={**error.details, "type": kind.name},
            ) from None

    return number


def _real_step(number: Callable[[Any], Any]) -> Callable[..., Any]:
    def step(total: Any, value: Any, *_: Any) -> Any:
        if value.__class__ is not float:
            value = number(value)
            if value is None:
                return total
        return (0.0 if total is None else total) + value

    return step


def _whole_step(number: Callable[[Any], Any]) -> Callable[..., Any]:
    def step(total: Any, value: Any, *_: Any) -> Any:
        if value.__class__ is not int:
            value = _exact(value, number)
            if value is None:
                return total
        return value if total is None else total + value

    return step


def _exact(value: Any, number: Callable[[Any], Any]) -> Any:
    """Return a value as a number, a whole one where its text is one."""
    if isinstance(value, str):
        try:
            return parse_whole(value)
        except ValueError:
            pass  # a text with a fraction, or none
    return number(value)


def _whole_result(kind: Type) -> Callable[[Any], Any]:
    result = coercion(kind)
    limit = 1 << ((kind.canonical_type.bits or 64) - 1)

    def finish(total: Any) -> Any:
        if total is not None and not -limit <= total < limit:
            raise OperationError(
                f"a sum does not fit {kind.name}",
                details={"sum": total},
                fix="declare a wider type" if limit < 1 << 63 else None,
            )
        return result(total)

    return finish
