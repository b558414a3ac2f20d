"""What a piece of an expression is for all rows of a batch: values, nulls and failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.batches import NotColumns
from cascade2spark.batch.kernels.conversion import converted
from cascade2spark.operations.expressions.kinds import (
    BOOLEAN,
    DOUBLE,
    FLOAT,
    OBJECT,
    TEXT,
    Kind,
    unboxed,
)
from cascade2spark.types import Type

__all__ = [
    "Evaluator",
    "Mask",
    "NoKernel",
    "Vector",
    "absent_of",
    "array_from",
    "constant_vector",
    "either",
    "has_vectors",
    "parameter_vector",
    "wrapped",
]

Mask = npt.NDArray[np.bool_]
_WIDTHS: dict[int, Any] = {8: np.int8, 16: np.int16, 32: np.int32}
_DTYPES: dict[Kind, Any] = {BOOLEAN: np.bool_, DOUBLE: np.float64, FLOAT: np.float64}


class NoKernel(Exception):
    """A piece of an expression that is only done as rows."""


@attrs.frozen(eq=False)
class Vector:
    """The value of a piece of an expression for each row.

    A row that fails may be one that a condition passes over, so failures are carried along; where
    one reaches the end, the rows tell which it is.

    Args:
        data: numbers and booleans as a numpy array (of int64, float64, bool), texts as an Arrow
            array with its nulls, anything else as the column it is.
        absent: where the value of a box is null; None for nowhere. `data` holds anything there.
        failed: where there is no value, because the expression fails; None for nowhere.
    """

    data: Any
    absent: Mask | None = None
    failed: Mask | None = None


# From the parameters and the number of rows.
Evaluator = Callable[[list[Vector], int], Vector]


def either(*masks: Mask | None) -> Mask | None:
    """Return where any of some masks is set, None for nowhere."""
    found: Mask | None = None
    for mask in masks:
        if mask is not None:
            found = mask if found is None else found | mask
    return found


def has_vectors(kind: Kind) -> bool:
    """Tell whether values of a kind are calculated with here."""
    primitive = unboxed(kind)
    return kind is TEXT or primitive.is_whole or primitive in _DTYPES


def absent_of(vector: Vector) -> Mask | None:
    """Return where a value is null, None for nowhere."""
    if isinstance(vector.data, pa.Array) and vector.absent is None and vector.data.null_count:
        nulls: Mask = vector.data.is_null().to_numpy(zero_copy_only=False)
        return nulls
    return vector.absent


def wrapped(numbers: Any, bits: int) -> Any:
    """Return 64-bit whole numbers as Java wraps them around at fewer bits."""
    if bits == 64:
        return numbers
    return numbers.astype(_WIDTHS[bits]).astype(np.int64)


def constant_vector(value: Any, kind: Kind, rows: int) -> Vector:
    """Return a constant for every row; null for a box or a text."""
    if kind is TEXT:
        return Vector(pa.repeat(pa.scalar(value, pa.string()), rows))
    dtype = _DTYPES.get(unboxed(kind), np.int64)
    if value is None:
        return Vector(np.zeros(rows, dtype), np.ones(rows, np.bool_))
    return Vector(np.full(rows, value, dtype))


def parameter_vector(column: pa.Array, given: Type, kind: Kind, declared: Type | None) -> Vector:
    """Return an argument as a parameter of an expression, coerced as rows are.

    Args:
        column: the argument.
        given: type of the parameter.
        kind: its kind.
        declared: type of the argument's field.
    Raises:
        NotColumns: a value cannot become one.
    """
    if kind is OBJECT:
        return Vector(column)
    primitive = unboxed(kind)
    if pa.types.is_null(column.type) and kind is not FLOAT:
        value = None if not kind.is_primitive else _DTYPES.get(primitive, int)(0)
        return constant_vector(value, kind, len(column))
    if not _is_of(column, primitive):
        column = converted(column, given, declared)
    if kind is TEXT:
        return Vector(column.cast(pa.string()))
    if pa.types.is_null(column.type):
        return constant_vector(None, kind, len(column))
    absent = None
    if column.null_count:
        nothing = False if primitive is BOOLEAN else 0
        # A null is zero for a primitive, and whatever for a box.
        absent = None if kind.is_primitive else column.is_null().to_numpy(zero_copy_only=False)
        column = pc.fill_null(column, nothing)
    return Vector(column.to_numpy(zero_copy_only=False), absent)


def array_from(vector: Vector, kind: Kind) -> pa.Array:
    """Return a result as a column.

    Raises:
        NotColumns: the expression fails for a row.
    """
    if vector.failed is not None and vector.failed.any():
        raise NotColumns("an expression that fails")
    if kind is TEXT:
        return vector.data
    return pa.array(vector.data, mask=vector.absent)


def _is_of(column: pa.Array, kind: Kind) -> bool:
    """Tell whether all values are of a kind already: rows too coerce only those that are not."""
    if kind.is_whole:
        if not pa.types.is_int64(column.type) or kind.bits == 64:
            return bool(pa.types.is_int64(column.type))
        ends: Any = pc.min_max(column).as_py()
        limit = 1 << ((kind.bits or 0) - 1)
        return ends["min"] is None or (-limit <= ends["min"] and ends["max"] < limit)
    tests = {TEXT: pa.types.is_string, DOUBLE: pa.types.is_float64, BOOLEAN: pa.types.is_boolean}
    test = tests.get(kind)
    return test is not None and bool(test(column.type))
