"""Which kind of value may stand for which other, and at what price."""

from __future__ import annotations

from typing import Any

from cascade2spark.java_numbers import to_float32
from cascade2spark.operations.expressions.kinds import (
    BOXES,
    CHAR,
    FLOAT,
    NULL,
    OBJECT,
    VOID,
    Kind,
    box_of,
    promoted,
    unboxed,
)
from cascade2spark.operations.expressions.typed import Constant, Convert, TypedNode

__all__ = ["can_cast", "common_kind", "convert", "distance"]

_BOXING = 10


def convert(node: TypedNode, kind: Kind) -> TypedNode:
    """Return `node` as `kind`; the caller has made sure that Java allows it."""
    if node.kind is kind:
        return node
    if isinstance(node, Constant) and (node.value is None or kind in BOXES or kind is OBJECT):
        return Constant(node.value, kind=kind)
    if isinstance(node, Constant) and kind.is_primitive and _is_widening(node.kind, kind):
        return Constant(_widened(node.value, kind), kind=kind)
    if node.kind is OBJECT and kind.is_primitive:
        node = Convert(node, kind=box_of(kind))
    return Convert(node, kind=kind)


def distance(given: Kind, wanted: Kind) -> int | None:
    """Return how far `given` is from an argument of kind `wanted`, None when it cannot be one."""
    if given is wanted:
        return 0
    if given is NULL:
        return None if wanted.is_primitive else 1
    if given is VOID:
        return None
    if given.is_primitive:
        if wanted.is_primitive:
            widening = _is_widening(given, wanted)
            return (wanted.rank or 0) - (given.rank or 0) if widening else None
        if wanted is box_of(given):
            return _BOXING
        return _BOXING + 1 if wanted is OBJECT else None
    if wanted.is_primitive:
        further = distance(unboxed(given), wanted) if given in BOXES else None
        return None if further is None else _BOXING + further
    return 2 if wanted is OBJECT else None


def common_kind(left: Kind, right: Kind) -> Kind:
    """Return the kind of ``condition ? left : right``."""
    if left is right:
        return left
    if NULL in (left, right):
        return box_of(right if left is NULL else left)
    if unboxed(left) is unboxed(right):
        return unboxed(left)
    return promoted(left, right) or OBJECT


def can_cast(given: Kind, target: Kind) -> bool:
    """Tell whether Java may allow ``(target) value``; a class is looked at when there is a row."""
    if given is NULL:
        return not target.is_primitive
    if OBJECT in (given, target) or unboxed(given) is unboxed(target):
        return True
    return target.is_primitive and unboxed(given).rank is not None and target.rank is not None


def _is_widening(given: Kind, wanted: Kind) -> bool:
    if given.rank is None or wanted.rank is None or wanted is CHAR:
        return False
    return given.rank < wanted.rank


def _widened(value: Any, kind: Kind) -> Any:
    number = ord(value) if isinstance(value, str) else value
    if kind.is_whole:
        return number
    return to_float32(float(number)) if kind is FLOAT else float(number)
