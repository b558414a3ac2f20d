"""Column forms of ExpressionFunction, ExpressionFilter and AssertExpression.

What is not known to give the same bits as the rows' expression has no column form.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.kernels.conversion import trusted
from cascade2spark.batch.kernels.expression_tree import evaluator
from cascade2spark.batch.kernels.results import FilterKernel, FunctionKernel, Results
from cascade2spark.batch.kernels.vectors import (
    NoKernel,
    array_from,
    has_vectors,
    parameter_vector,
)
from cascade2spark.batch.specs import EachSpec
from cascade2spark.errors import BuildError
from cascade2spark.operations.arguments import type_at
from cascade2spark.operations.expression_operations import (
    AssertExpression,
    ExpressionFilter,
    ExpressionFunction,
)
from cascade2spark.operations.expressions.kinds import OBJECT, kind_of

__all__ = ["expression_check", "expression_filter", "expression_function"]

Expression = ExpressionFunction | ExpressionFilter | AssertExpression


def expression_function(operation: ExpressionFunction, spec: EachSpec) -> FunctionKernel | None:
    """Return the value of the expression."""
    run = _compiled(operation, spec)
    return None if run is None else lambda arguments, rows: Results([run(arguments, rows)])


def expression_filter(operation: ExpressionFilter, spec: EachSpec) -> FilterKernel | None:
    """Keep the rows for which the expression is not true."""
    run = _compiled(operation, spec)
    if run is None or not spec.arguments.positions:
        return None
    return lambda arguments: pc.invert(pc.fill_null(run(arguments, len(arguments[0])), False))


def expression_check(operation: AssertExpression, spec: EachSpec) -> FilterKernel | None:
    """Tell for which rows the expression is true."""
    run = _compiled(operation, spec)
    if run is None or not spec.arguments.positions:
        return None
    return lambda arguments: pc.fill_null(run(arguments, len(arguments[0])), False)


def _compiled(
    operation: Expression, spec: EachSpec
) -> Callable[[list[pa.Array], int], pa.Array] | None:
    """Return what calculates an expression for a batch, None where only rows will do."""
    fields = spec.argument_fields
    if not fields.is_defined() or not all(map(trusted, fields.get_types() or ())):
        return None
    try:
        compiled, places = operation.compiled(fields)
        evaluate = evaluator(compiled.tree)
    except (BuildError, NoKernel):
        return None  # the first is said when the rows prepare
    kinds = [kind_of(given) for _, given in compiled.parameters]
    if not all(kind is OBJECT or has_vectors(kind) for kind in kinds):
        return None
    if not has_vectors(compiled.tree.kind) or not all(trusted(g) for _, g in compiled.parameters):
        return None
    parameters = [
        (place, given, kind, type_at(fields, place))
        for place, kind, (_, given) in zip(places, kinds, compiled.parameters, strict=True)
    ]

    def run(arguments: list[pa.Array], rows: int) -> pa.Array:
        vectors = [
            parameter_vector(arguments[place], given, kind, declared)
            for place, given, kind, declared in parameters
        ]
        with np.errstate(all="ignore"):
            return array_from(evaluate(vectors, rows), compiled.tree.kind)

    return run
