"""Operations given by Java statements: ScriptFunction, ScriptFilter, ScriptTupleFunction.

A script names argument fields, or their positions as ``$0``, ``$1`` …, and ends with ``return``;
see `script_language`. A syntax error is found when the operation is built, a type that does not fit
while planning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import one_field, type_at
from cascade2spark.operations.callables import RowFilter, RowFunction, Shape
from cascade2spark.operations.java_source import JavaScript
from cascade2spark.types import Object, boolean_

__all__ = ["ScriptFilter", "ScriptFunction", "ScriptTupleFunction"]


class ScriptFunction(RowFunction):
    """Give what a block of Java statements returns.

    Args:
        fields: name of the result, one. When it has a type, the script must return that type.
        script: its text.
        result_type: what it returns. Default: the type of the field, or any.
        types: of all arguments, a list; or two arguments, a list of parameter names and a list of
            their types. Default: the types of the argument fields.
    Source:
        cascading.operation.expression.ScriptFunction
    Example:
        >>> size = ScriptFunction("size", "if (n > 9) return 'L'; return 'S';", [int])
        >>> size.bind(Fields("n"), Fields("size"))(12)
        'L'
    """

    def __init__(self, fields: Any, *script: Any) -> None:
        declared = one_field("ScriptFunction", as_fields(fields))
        super().__init__(declared)
        self._script = JavaScript(
            "ScriptFunction", script, type_at(declared, 0) or Object, takes_result=True
        )

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the compiled script."""
        return self._script.bind(argument_fields)


class ScriptFilter(RowFilter):
    """Remove the rows for which a block of Java statements returns true.

    Args:
        script: its text.
        types: as of ScriptFunction; or one type for all parameters.
    Raises:
        BuildError: the script is none of Java's that are known; marks the place.
    Source:
        cascading.operation.expression.ScriptFilter
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> big = ScriptFilter("if (n > 3) return true; return false;", [int])
        >>> run_operation(big, [(3,), (4,)], "n")
        [(3,)]
    """

    def __init__(self, *script: Any) -> None:
        super().__init__()
        self._script = JavaScript("ScriptFilter", script, boolean_)

    def bind(self, argument_fields: Fields) -> Callable[..., bool]:
        """Return the compiled script."""
        return self._script.bind(argument_fields)


class ScriptTupleFunction(RowFunction):
    """Give the row that a block of Java statements returns, ``return new Tuple(a, b);``.

    Args:
        fields: names of the results; UNKNOWN accepts a tuple of any size.
        script: its text.
        types: as of ScriptFunction; or one type for all parameters.
    Raises:
        TupleError: (running) the tuple has not as many values as there are fields.
    Source:
        cascading.operation.expression.ScriptTupleFunction
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> pair = ScriptTupleFunction(("n", "twice"), "return new Tuple(n, n * 2);", [int])
        >>> run_operation(pair, [(3,)], "n")
        [(3, 6)]
    """

    shape = Shape.ROW

    def __init__(self, fields: Any, *script: Any) -> None:
        super().__init__(as_fields(fields))
        self._script = JavaScript("ScriptTupleFunction", script, "Tuple")

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the compiled script."""
        return self._script.bind(argument_fields)
