"""The tree of an expression after checking: every node has a kind, every conversion is explicit.

This is what is compiled; a kernel that calculates whole columns can be made from it as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cascade2spark.operations.expressions.kinds import BOOLEAN, TEXT, Kind

__all__ = [
    "Arithmetic",
    "Choose",
    "Comparison",
    "Constant",
    "Convert",
    "Function",
    "Invoke",
    "IsInstance",
    "IsNull",
    "Item",
    "Join",
    "Logic",
    "Negate",
    "Not",
    "Parameter",
    "Shift",
    "TypedNode",
]


@attrs.frozen
class Function:
    """A method that expressions may call.

    Attributes:
        name: as in Java.
        takes: kinds of the arguments, the receiver first where there is one.
        gives: kind of the result.
        code: Python for the call, ``{0}`` being the first argument.
        rest: kind of any number of further arguments, None for none.
        bind: makes a function of the arguments that are left once the `bound` first ones after the
            receiver are known to be constants.
        bound: number of arguments that `bind` takes.
        has_receiver: the first of `takes` is what stands before the dot.
    """

    name: str
    takes: tuple[Kind, ...]
    gives: Kind
    code: str
    rest: Kind | None = None
    bind: Callable[..., Callable[..., Any]] | None = None
    bound: int = 0
    has_receiver: bool = True


@attrs.frozen(kw_only=True)
class TypedNode:
    """A checked piece of an expression."""

    kind: Kind


@attrs.frozen
class Constant(TypedNode):
    value: Any


@attrs.frozen
class Parameter(TypedNode):
    """The value of the parameter at `index`, already of its kind."""

    index: int


@attrs.frozen
class Convert(TypedNode):
    """`operand` as `kind`: widening, narrowing, boxing, unboxing (null refused) or a class cast."""

    operand: TypedNode


@attrs.frozen
class Arithmetic(TypedNode):
    """``+ - * / % & | ^`` of two operands of `kind`."""

    operator: str
    left: TypedNode
    right: TypedNode


@attrs.frozen
class Shift(TypedNode):
    """``<< >> >>>``: `distance` is an int or a long."""

    operator: str
    operand: TypedNode
    distance: TypedNode


@attrs.frozen
class Negate(TypedNode):
    """``-`` or ``~`` of a number of `kind`."""

    operator: str
    operand: TypedNode


@attrs.frozen
class Comparison(TypedNode):
    """``< <= > >= == !=`` of two operands of one kind; equality also of references, by value."""

    operator: str
    left: TypedNode
    right: TypedNode
    kind: Kind = attrs.field(default=BOOLEAN, kw_only=True)


@attrs.frozen
class Logic(TypedNode):
    """``&&`` or ``||`` of two or more booleans, from left to right as far as needed."""

    operator: str
    parts: tuple[TypedNode, ...]
    kind: Kind = attrs.field(default=BOOLEAN, kw_only=True)


@attrs.frozen
class Not(TypedNode):
    operand: TypedNode
    kind: Kind = attrs.field(default=BOOLEAN, kw_only=True)


@attrs.frozen
class Choose(TypedNode):
    """The conditional operator."""

    condition: TypedNode
    when_true: TypedNode
    when_false: TypedNode


@attrs.frozen
class Join(TypedNode):
    """The texts of the parts, one after the other; null prints as ``null``."""

    parts: tuple[TypedNode, ...]
    kind: Kind = attrs.field(default=TEXT, kw_only=True)


@attrs.frozen
class IsNull(TypedNode):
    operand: TypedNode
    is_negated: bool
    kind: Kind = attrs.field(default=BOOLEAN, kw_only=True)


@attrs.frozen
class IsInstance(TypedNode):
    operand: TypedNode
    target: Kind
    kind: Kind = attrs.field(default=BOOLEAN, kw_only=True)


@attrs.frozen
class Item(TypedNode):
    """One of the texts that `split` gives."""

    texts: TypedNode
    index: TypedNode
    kind: Kind = attrs.field(default=TEXT, kw_only=True)


@attrs.frozen
class Invoke(TypedNode):
    function: Function
    arguments: tuple[TypedNode, ...]
