"""Operations given by a Java expression: ExpressionFunction, ExpressionFilter, AssertExpression.

An expression names argument fields, or their positions as ``$0``, ``$1`` …; see
`expression_language`. A syntax error is found when the operation is built, a type that does not fit
when a task prepares, before the first row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import is_type, no_more, one_field, type_at
from cascade2spark.operations.assertions import RowAssertion
from cascade2spark.operations.callables import RowFilter, RowFunction
from cascade2spark.operations.expression_language import (
    Compiled,
    compile_expression,
    guess_names,
)
from cascade2spark.types import Boolean, Object, Type, as_type, boolean_

__all__ = ["AssertExpression", "ExpressionFilter", "ExpressionFunction"]

_FORMS = "(expression), (expression, type), (expression, names, types)"


class _Expression:
    """An expression and what was said of its parameters.

    Args:
        owner: class of the operation, for messages.
        given: the expression, then nothing, one type for all parameters, or names and types.
    """

    def __init__(self, owner: str, given: Sequence[Any]) -> None:
        text, *rest = given or (None,)
        if not isinstance(text, str):
            raise BuildError(f"{owner} needs an expression", details={"accepted": _FORMS})
        self.owner = owner
        self.text = text
        self.names = guess_names(self.text)
        self.types: tuple[Type, ...] = ()
        if len(rest) >= 2 and isinstance(rest[0], (list, tuple)):
            self.names = tuple(rest.pop(0))
            self.types = tuple(as_type(kind) for kind in rest.pop(0))
            if len(self.names) != len(self.types):
                raise BuildError(
                    f"{owner} needs one type for each parameter",
                    asked=[kind.name for kind in self.types],
                    details={"parameters": ", ".join(self.names), "expression": self.text},
                )
        elif rest and is_type(rest[0]):
            self.types = (as_type(rest.pop(0)),) * len(self.names)
        no_more(owner, rest, _FORMS)
        for name in guess_names(text):
            if name not in self.names:
                raise BuildError(
                    f"{owner} mentions a name that is not among its parameters",
                    asked=name,
                    available=list(self.names),
                    details={"expression": text},
                )

    def bind(self, arguments: Fields, *, is_test: bool = False) -> Callable[..., Any]:
        """Return the compiled expression as a callable of all argument values."""
        places = [self._place(name, arguments) for name in self.names]
        kinds = self.types or tuple(self._type(name, arguments) for name in self.names)
        width = len(arguments) if arguments.is_defined() else -1
        if len(set(places)) < len(places) or width < 0:
            compiled = self._compiled(list(zip(self.names, kinds, strict=True)), arguments, is_test)
            call = compiled.call
            return lambda *values: call(*[values[place] for place in places])
        # A parameter for every argument, mentioned or not, so that a row costs one call.
        parameters: list[tuple[str, Type]] = [(str(field), Object) for field in arguments]
        for name, place, kind in zip(self.names, places, kinds, strict=True):
            parameters[place] = (name, kind)
        return self._compiled(parameters, arguments, is_test).call

    def compiled(
        self, arguments: Fields, *, is_test: bool = False
    ) -> tuple[Compiled, tuple[int, ...]]:
        """Return the expression over its own parameters, and the argument that each one takes."""
        kinds = self.types or tuple(self._type(name, arguments) for name in self.names)
        parameters = list(zip(self.names, kinds, strict=True))
        places = tuple(self._place(name, arguments) for name in self.names)
        return self._compiled(parameters, arguments, is_test), places

    def _compiled(
        self, parameters: list[tuple[str, Type]], arguments: Fields, is_test: bool
    ) -> Compiled:
        declared = {name: type_at(arguments, self._place(name, arguments)) for name in self.names}
        compiled = compile_expression(self.text, parameters, declared)
        if is_test and compiled.result_type not in (boolean_, Boolean):
            raise BuildError(
                f"{self.owner} needs a boolean expression, this gives {compiled.result_type.name}",
                details={"expression": self.text},
            )
        return compiled

    def _place(self, name: str, arguments: Fields) -> int:
        is_position = name.startswith("$") and name[1:].isdecimal()
        element = int(name[1:]) if is_position else name
        if arguments.is_unknown() and is_position:
            return int(element)
        if element not in arguments:
            raise BuildError(
                f"{self.owner} mentions a field that is not among its arguments",
                asked=name,
                available=[str(field) for field in arguments],
                details={"expression": self.text},
            )
        place: int = arguments.get_pos(element)
        return place

    def _type(self, name: str, arguments: Fields) -> Type:
        found = type_at(arguments, self._place(name, arguments))
        if found is None:
            raise BuildError(
                f"{self.owner} needs the type of argument {name!r}, which has none",
                details={"expression": self.text},
                fix="give the type of the parameters, or names and types",
            )
        return found


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
        self._expression = _Expression("ExpressionFunction", expression)

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the compiled expression."""
        return self._expression.bind(argument_fields)

    def compiled(self, argument_fields: Fields) -> tuple[Compiled, tuple[int, ...]]:
        """Return the compiled expression and, for each of its parameters, the argument it takes."""
        return self._expression.compiled(argument_fields)


class ExpressionFilter(RowFilter):
    """Remove the rows for which a Java expression is true.

    Args:
        expression: its text, of a boolean.
        type: as of ExpressionFunction.
    Source:
        cascading.operation.expression.ExpressionFilter
    """

    def __init__(self, *expression: Any) -> None:
        super().__init__()
        self._expression = _Expression("ExpressionFilter", expression)

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the compiled expression."""
        return self._expression.bind(argument_fields, is_test=True)

    def compiled(self, argument_fields: Fields) -> tuple[Compiled, tuple[int, ...]]:
        """Return the compiled expression and, for each of its parameters, the argument it takes."""
        return self._expression.compiled(argument_fields, is_test=True)


class AssertExpression(RowAssertion):
    """Fail unless a Java expression is true.

    Args:
        expression: its text, of a boolean; Cascading's form with fields in front is accepted.
        type: as of ExpressionFunction.
    Source:
        cascading.operation.assertion.AssertExpression
    """

    def __init__(self, *given: Any) -> None:
        super().__init__()
        expression = given[1:] if given and isinstance(given[0], Fields) else given
        self._expression = _Expression("AssertExpression", expression)

    def bind(self, argument_fields: Fields) -> Callable[..., str | None]:
        """Return the check of one row."""
        test, text = self._expression.bind(argument_fields, is_test=True), self._expression.text
        return lambda *values: None if test(*values) else f"expression is false: {text}"

    def compiled(self, argument_fields: Fields) -> tuple[Compiled, tuple[int, ...]]:
        """Return the compiled expression and, for each of its parameters, the argument it takes."""
        return self._expression.compiled(argument_fields, is_test=True)
