"""Column forms of operations that join texts, and what operations on texts have in common."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.kernels.conversion import by_value, texts_of, trusted
from cascade2spark.batch.kernels.results import FunctionKernel, Results
from cascade2spark.batch.specs import EachSpec
from cascade2spark.operations.arguments import type_at
from cascade2spark.operations.java_format import compile_format
from cascade2spark.operations.text_operations import FieldFormatter, FieldJoiner

__all__ = ["argument_texts", "field_formatter", "field_joiner", "joined_texts"]


def argument_texts(spec: EachSpec) -> Callable[[list[pa.Array]], list[pa.Array]] | None:
    """Return what gives the texts of all arguments, empty for null; None where only rows can."""
    fields = spec.argument_fields
    if not fields.is_defined() or not len(fields):
        return None
    kinds = [type_at(fields, place) for place in range(len(fields))]
    if not all(map(trusted, kinds)):
        return None

    def texts(arguments: list[pa.Array]) -> list[pa.Array]:
        found = [texts_of(column, kind) for column, kind in zip(arguments, kinds, strict=True)]
        return [pc.fill_null(text, "") if text.null_count else text for text in found]

    return texts


def joined_texts(spec: EachSpec, delim: str) -> Callable[[list[pa.Array]], pa.Array] | None:
    """Return what joins the texts of all arguments; None where only rows can."""
    texts = argument_texts(spec)
    if texts is None:
        return None
    if len(spec.argument_fields) == 1:
        return lambda arguments: texts(arguments)[0]
    return lambda arguments: pc.binary_join_element_wise(*texts(arguments), delim)


def field_joiner(operation: FieldJoiner, spec: EachSpec) -> FunctionKernel | None:
    """Return the texts of the arguments as one."""
    joined = joined_texts(spec, operation.delim)
    return None if joined is None else lambda arguments, rows: Results([joined(arguments)])


def field_formatter(operation: FieldFormatter, spec: EachSpec) -> FunctionKernel | None:
    """Return the arguments in a Java format, row by row: only the other columns are spared."""
    if not spec.arguments.positions:
        return None
    write = compile_format(operation.format)

    def formatted(arguments: list[pa.Array], rows: int) -> Results:
        return Results([by_value(lambda *values: write(values), pa.string(), *arguments)])

    return formatted
