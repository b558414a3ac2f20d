"""The checked tree of an expression, calculated a whole column at a time.

Arithmetic is the rows': numpy's 32 and 64 bits wrap around as Java's do, its doubles are the same
doubles. Where a row would fail — a null taken out of its box, a division by zero — it is marked, as
a condition may yet pass over it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cascade2spark.batch.kernels.conversion import cut_to_whole, texts_of
from cascade2spark.batch.kernels.expression_calls import call_of
from cascade2spark.batch.kernels.vectors import (
    Evaluator,
    NoKernel,
    Vector,
    absent_of,
    constant_vector,
    either,
    has_vectors,
    wrapped,
)
from cascade2spark.operations.expressions.kinds import (
    BOXES,
    FLOAT,
    LONG,
    OBJECT,
    TEXT,
    Kind,
    unboxed,
)
from cascade2spark.operations.expressions.typed import (
    Arithmetic,
    Choose,
    Comparison,
    Constant,
    Convert,
    Invoke,
    IsNull,
    Join,
    Logic,
    Negate,
    Not,
    Parameter,
    Shift,
    TypedNode,
)
from cascade2spark.types import Float, text_of

__all__ = ["evaluator"]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "&": np.bitwise_and,
    "|": np.bitwise_or,
    "^": np.bitwise_xor,
}
_RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


@functools.singledispatch
def evaluator(node: TypedNode) -> Evaluator:
    """Return what calculates a piece of an expression.

    Raises:
        NoKernel: it is only done as rows.
    """
    raise NoKernel


@evaluator.register
def _(node: Constant) -> Evaluator:
    if not has_vectors(node.kind):
        raise NoKernel
    return lambda parameters, rows: constant_vector(node.value, node.kind, rows)


@evaluator.register
def _(node: Parameter) -> Evaluator:
    return lambda parameters, rows: parameters[node.index]


@evaluator.register
def _(node: Arithmetic) -> Evaluator:
    sides = evaluator(node.left), evaluator(node.right)
    if node.operator in "/%" and node.kind.is_whole:
        return _division(node, *sides)
    calculate = _OPERATORS.get(node.operator, np.fmod if node.operator == "%" else np.divide)

    def run(parameters: list[Vector], rows: int) -> Vector:
        left, right = (side(parameters, rows) for side in sides)
        result = _fitted(calculate(left.data, right.data), node.kind)
        return Vector(result, None, either(left.failed, right.failed))

    return run


def _division(node: Arithmetic, first: Evaluator, second: Evaluator) -> Evaluator:
    def run(parameters: list[Vector], rows: int) -> Vector:
        left, right = first(parameters, rows), second(parameters, rows)
        divisor, failed = right.data, either(left.failed, right.failed)
        is_zero = divisor == 0
        if is_zero.any():
            divisor, failed = np.where(is_zero, 1, divisor), either(failed, is_zero)
        result = np.fmod(left.data, divisor)
        if node.operator == "/":
            # Without the remainder it divides evenly, towards zero and otherwise alike.
            result = _fitted(np.floor_divide(left.data - result, divisor), node.kind)
        return Vector(result, None, failed)

    return run


@evaluator.register
def _(node: Shift) -> Evaluator:
    first, second = evaluator(node.operand), evaluator(node.distance)
    bits = node.kind.bits or 0

    def run(parameters: list[Vector], rows: int) -> Vector:
        operand, by = first(parameters, rows), second(parameters, rows)
        numbers, distance = operand.data, by.data & (bits - 1)
        if node.operator == ">>":
            result = numbers >> distance
        elif node.operator == "<<":
            result = wrapped(numbers << distance, bits)
        else:
            unsigned = numbers.astype(np.uint32 if bits == 32 else np.uint64)
            shifted = unsigned >> distance.astype(unsigned.dtype)
            result = wrapped(shifted.astype(np.int64), bits)
        return Vector(result, None, either(operand.failed, by.failed))

    return run


@evaluator.register
def _(node: Negate) -> Evaluator:
    operand = evaluator(node.operand)
    calculate = np.invert if node.operator == "~" else np.negative

    def run(parameters: list[Vector], rows: int) -> Vector:
        value = operand(parameters, rows)
        return Vector(_fitted(calculate(value.data), node.kind), None, value.failed)

    return run


@evaluator.register
def _(node: Comparison) -> Evaluator:
    if not has_vectors(node.left.kind):
        raise NoKernel
    sides = evaluator(node.left), evaluator(node.right)
    is_text, relation = node.left.kind is TEXT, _RELATIONS[node.operator]

    def run(parameters: list[Vector], rows: int) -> Vector:
        left, right = (side(parameters, rows) for side in sides)
        failed = either(left.failed, right.failed)
        if is_text:
            same = pc.fill_null(pc.equal(left.data, right.data), False)
            result = same.to_numpy(zero_copy_only=False)
            result = ~result if node.operator == "!=" else result
        else:
            result = relation(left.data, right.data)
        nulls = absent_of(left), absent_of(right)
        is_null = either(*nulls)
        if is_null is not None:
            # Only == and != see nulls: two of them are equal.
            left_null, right_null = nulls
            both: Any = False
            if left_null is not None and right_null is not None:
                both = left_null & right_null
            result = np.where(is_null, both == (node.operator == "=="), result)
        return Vector(result, None, failed)

    return run


@evaluator.register
def _(node: Logic) -> Evaluator:
    parts = [evaluator(part) for part in node.parts]
    is_and = node.operator == "&&"

    def run(parameters: list[Vector], rows: int) -> Vector:
        result = parts[0](parameters, rows)
        for part in parts[1:]:
            right = part(parameters, rows)
            asked = result.data if is_and else ~result.data
            failed = right.failed if right.failed is None else asked & right.failed
            data = result.data & right.data if is_and else result.data | right.data
            result = Vector(data, None, either(result.failed, failed))
        return result

    return run


@evaluator.register
def _(node: Not) -> Evaluator:
    operand = evaluator(node.operand)

    def run(parameters: list[Vector], rows: int) -> Vector:
        value = operand(parameters, rows)
        return attrs.evolve(value, data=~value.data)

    return run


@evaluator.register
def _(node: Choose) -> Evaluator:
    if not has_vectors(node.kind):
        raise NoKernel
    condition = evaluator(node.condition)
    sides = evaluator(node.when_true), evaluator(node.when_false)

    def run(parameters: list[Vector], rows: int) -> Vector:
        chosen = condition(parameters, rows)
        left, right = (side(parameters, rows) for side in sides)
        is_left = chosen.data
        if node.kind is TEXT:
            data = pc.if_else(pa.array(is_left), left.data, right.data)
        else:
            data = np.where(is_left, left.data, right.data)
        absent = _chosen(is_left, left.absent, right.absent)
        failed = either(chosen.failed, _chosen(is_left, left.failed, right.failed))
        return Vector(data, absent, failed)

    return run


def _chosen(is_left: Any, left: Any, right: Any) -> Any:
    if left is None and right is None:
        return None
    return np.where(is_left, False if left is None else left, False if right is None else right)


@evaluator.register
def _(node: IsNull) -> Evaluator:
    if node.operand.kind is OBJECT and not isinstance(node.operand, Parameter):
        raise NoKernel
    operand = evaluator(node.operand)

    def run(parameters: list[Vector], rows: int) -> Vector:
        value = operand(parameters, rows)
        absent = absent_of(value)
        nulls = np.zeros(rows, np.bool_) if absent is None else absent
        return Vector(~nulls if node.is_negated else nulls, None, value.failed)

    return run


@evaluator.register
def _(node: Join) -> Evaluator:
    parts = [_text_part(part) for part in node.parts]

    def run(parameters: list[Vector], rows: int) -> Vector:
        made = [part(parameters, rows) for part in parts]
        texts = [one.data for one in made]
        failed = either(*(one.failed for one in made))
        return Vector(pc.binary_join_element_wise(*texts, ""), None, failed)

    return run


def _text_part(node: TypedNode) -> Evaluator:
    """Return the text of a part of a concatenation, in which null is a word."""
    if isinstance(node, Constant):
        text = text_of(node.value, Float if node.kind is FLOAT else None)
        return lambda parameters, rows: constant_vector(
            "null" if text is None else text, TEXT, rows
        )
    if not has_vectors(node.kind):
        raise NoKernel
    operand = evaluator(node)

    def run(parameters: list[Vector], rows: int) -> Vector:
        value = operand(parameters, rows)
        texts = value.data
        if node.kind is not TEXT:
            numbers = pa.array(value.data, mask=value.absent)
            texts = texts_of(numbers, Float if unboxed(node.kind) is FLOAT else None)
        return Vector(pc.fill_null(texts, "null"), None, value.failed)

    return run


@evaluator.register
def _(node: Invoke) -> Evaluator:
    call = call_of(node)
    arguments = [evaluator(argument) for argument in call.taken(node)]

    def run(parameters: list[Vector], rows: int) -> Vector:
        return call.run([argument(parameters, rows) for argument in arguments], rows)

    return run


@evaluator.register
def _(node: Convert) -> Evaluator:
    given, wanted = node.operand.kind, node.kind
    if not (has_vectors(given) and has_vectors(wanted)):
        raise NoKernel
    operand = evaluator(node.operand)
    if wanted in BOXES:
        return operand
    number = unboxed(given)

    def run(parameters: list[Vector], rows: int) -> Vector:
        value = operand(parameters, rows)
        data = value.data if number is wanted else _as_number(value.data, number, wanted)
        return Vector(data, None, either(value.failed, absent_of(value)))

    return run


def _as_number(numbers: Any, given: Kind, wanted: Kind) -> Any:
    """Return numbers as another kind of numbers, as Java's casts do."""
    if not wanted.is_whole:
        return _fitted(numbers.astype(np.float64), wanted)
    if not given.is_whole:
        numbers = cut_to_whole(numbers, 64 if wanted is LONG else 32)
    return _fitted(numbers, wanted)


def _fitted(numbers: Any, kind: Kind) -> Any:
    """Return what came of a calculation in the width of its kind."""
    if kind is FLOAT:
        return numbers.astype(np.float32).astype(np.float64)
    return wrapped(numbers, kind.bits) if kind.bits is not None else numbers
