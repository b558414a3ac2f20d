"""Functions that make one text of the arguments: FieldJoiner, FieldFormatter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields
from cascade2spark.operations.arguments import joined_text, no_more, one_field, split_declaration
from cascade2spark.operations.callables import RowFunction
from cascade2spark.operations.java_format import compile_format

__all__ = ["FieldFormatter", "FieldJoiner"]


class FieldJoiner(RowFunction):
    """Join the texts of the arguments; null is the empty text.

    Args:
        fields: name of the result. Default ``joined``.
        delim: what stands between them; one text alone is this. Default a tab.
    Source:
        cascading.operation.text.FieldJoiner
    Example:
        >>> FieldJoiner(",").bind(Fields("a", "b"), Fields("joined"))(1, None)
        '1,'
    """

    def __init__(self, *given: Any) -> None:
        declared, rest = split_declaration(given, Fields("joined"))
        self.delim = rest.pop(0) if rest and isinstance(rest[0], str) else "\t"
        no_more("FieldJoiner", rest, "(delim), (field), (field, delim)")
        super().__init__(one_field("FieldJoiner", declared))

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what joins one row."""
        joined = joined_text(argument_fields, self.delim)
        return lambda *values: joined(values)


class FieldFormatter(RowFunction):
    """Write the arguments by a Java format; null prints ``null``.

    Args:
        fields: name of the result. Default ``formatted``.
        format: as of ``String.format``.
    Source:
        cascading.operation.text.FieldFormatter
    Example:
        >>> FieldFormatter("%s-%03d").bind(Fields("a", "b"), Fields("formatted"))("x", 7)
        'x-007'
    """

    def __init__(self, *given: Any) -> None:
        declared, rest = split_declaration(given, Fields("formatted"))
        forms = "(format), (field, format)"
        if not rest or not isinstance(rest[0], str):
            raise BuildError("FieldFormatter needs a format", details={"accepted": forms})
        self.format: str = rest.pop(0)
        no_more("FieldFormatter", rest, forms)
        super().__init__(one_field("FieldFormatter", declared))
        compile_format(self.format)

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return what writes one row."""
        write = compile_format(self.format)
        return lambda *values: write(values)
