"""Operations given by a Java expression: ExpressionFunction, ExpressionFilter, AssertExpression.

An expression names argument fields, or their positions as ``$0``, ``$1`` …; see
`expression_language`. A syntax error is found when the operation is built, a type that does not fit
when a task prepares, before the first row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import one_field
from cascade2spark.operations.assertions import RowAssertion
from cascade2spark.operations.callables import RowFilter, RowFunction
from cascade2spark.operations.expression_language import Compiled
from cascade2spark.operations.inline import Inline
from cascade2spark.operations.java_source import JavaExpression

__all__ = ["AssertExpression", "ExpressionFilter", "ExpressionFunction"]


class ExpressionFunction(RowFunction):
    """Give the value of a Java expression.

    Args:
        fields: name of the result, one.
        expression: its text.
        type: one type for all parameters; or two arguments, a list of parameter names and a list
            of their types. Default: the types of the argument fields.
    Source:
        cascading.operation.expression.ExpressionFunction
    Example:
        >>> total = ExpressionFunction("total", "price * n", int)
        >>> total.bind(Fields("price", "n"), Fields("total"))(2, 3)
        6
    """

    def __init__(self, fields: Any, *expression: Any) -> None:
        super().__init__(one_field("ExpressionFunction", as_fields(fields)))
        self._expression = JavaExpression("ExpressionFunction", expression)

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the compiled expression."""
        return self._expression.bind(argument_fields)

    def inline(self, argument_fields: Fields, declared: Fields) -> Inline | None:
        """Return the expression as text."""
        return self._expression.inline(argument_fields)

    def compiled(self, argument_fields: Fields) -> tuple[Compiled, tuple[int, ...]]:
        """Return the compiled expression and, for each of its parameters, the argument it takes."""
        return self._expression.compiled(argument_fields)


class ExpressionFilter(RowFilter):
    """Remove the rows for which a Java expression is true.

    Args:
        expression: its text, of a boolean.
        type: as of ExpressionFunction.
    Raises:
        BuildError: the expression is none of Java's that are known; marks the place.
    Source:
        cascading.operation.expression.ExpressionFilter
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(ExpressionFilter("n > 3 && n % 2 == 0", int), [(3,), (4,), (5,)], "n")
        [(3,), (5,)]
    """

    def __init__(self, *expression: Any) -> None:
        super().__init__()
        self._expression = JavaExpression("ExpressionFilter", expression, is_test=True)

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the compiled expression."""
        return self._expression.bind(argument_fields)

    def inline(self, argument_fields: Fields) -> Inline | None:
        """Return the expression as text."""
        return self._expression.inline(argument_fields)

    def compiled(self, argument_fields: Fields) -> tuple[Compiled, tuple[int, ...]]:
        """Return the compiled expression and, for each of its parameters, the argument it takes."""
        return self._expression.compiled(argument_fields)


class AssertExpression(RowAssertion):
    """Fail unless a Java expression is true.

    Args:
        expression: its text, of a boolean; Cascading's form with fields in front is accepted.
        type: as of ExpressionFunction.
    Raises:
        BuildError: the expression is none of Java's that are known; marks the place.
        AssertionFailed: (running) it is false; with the row.
    Source:
        cascading.operation.assertion.AssertExpression
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(AssertExpression("n > 3", int), [(4,)], "n")
        [(4,)]
    """

    def __init__(self, *given: Any) -> None:
        super().__init__()
        expression = given[1:] if given and isinstance(given[0], Fields) else given
        self._expression = JavaExpression("AssertExpression", expression, is_test=True)

    def bind(self, argument_fields: Fields) -> Callable[..., str | None]:
        """Return the check of one row."""
        test, text = self._expression.bind(argument_fields), self._expression.text
        return lambda *values: None if test(*values) else f"expression is false: {text}"

    def compiled(self, argument_fields: Fields) -> tuple[Compiled, tuple[int, ...]]:
        """Return the compiled expression and, for each of its parameters, the argument it takes."""
        return self._expression.compiled(argument_fields)
