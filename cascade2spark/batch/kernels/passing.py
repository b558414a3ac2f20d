"""Column forms of the functions that pass values on."""

from __future__ import annotations

import pyarrow as pa

from cascade2spark.batch.batches import NotColumns, array_of
from cascade2spark.batch.kernels.conversion import converted, trusted
from cascade2spark.batch.kernels.results import FunctionKernel, Results
from cascade2spark.batch.specs import EachSpec
from cascade2spark.operations.arguments import type_at
from cascade2spark.operations.passing import Identity, Insert, NoOp

__all__ = ["identity", "insert", "no_op"]


def identity(operation: Identity, spec: EachSpec) -> FunctionKernel | None:
    """Return the arguments, as other types where there are some."""
    if not operation.types:
        return lambda arguments, rows: Results(arguments)
    if len(operation.types) != len(spec.argument_fields):
        return None
    kinds = [(to, type_at(spec.argument_fields, place)) for place, to in enumerate(operation.types)]
    if not all(trusted(kind) for pair in kinds for kind in pair):
        return None
    return lambda arguments, rows: Results(
        [converted(column, *pair) for column, pair in zip(arguments, kinds, strict=True)]
    )


def no_op(operation: NoOp, spec: EachSpec) -> FunctionKernel | None:
    """Return no columns."""
    return lambda arguments, rows: Results([])


def insert(operation: Insert, spec: EachSpec) -> FunctionKernel | None:
    """Return the constants, for every row."""
    try:
        constants = [array_of([value]) for value in operation.values]
    except NotColumns:
        return None
    return lambda arguments, rows: Results([pa.repeat(constant[0], rows) for constant in constants])
