"""Expressions as text in a loop, for the values that nearly all rows have.

The compiled function asks every parameter for its class and width and wraps around every sum. Where
a value is an `int` of moderate size, a `str`, a `float` or a `bool`, most of that is known not to
be needed: here only as much is asked as decides whether that is so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from cascade2spark.operations.expressions.generate import EQUALS_TEXT, Writer
from cascade2spark.operations.expressions.kinds import (
    BOOLEAN,
    DOUBLE,
    LONG,
    OBJECT,
    TEXT,
    Kind,
    unboxed,
)
from cascade2spark.operations.expressions.runtime import wrap_byte, wrap_int, wrap_long, wrap_short
from cascade2spark.operations.expressions.typed import (
    Arithmetic,
    Choose,
    Comparison,
    Constant,
    Convert,
    Invoke,
    Logic,
    Negate,
    Not,
    Parameter,
    TypedNode,
)
from cascade2spark.operations.inline import Inline, unsure

__all__ = ["inline_expression"]

Range: TypeAlias = "tuple[int, int]"

_MODERATE = 1 << 53
# CPython compares whole numbers of less than 30 bits in a third of the time of others.
_SMALL = (1 << 30) - 1
_WRAPS = {8: wrap_byte, 16: wrap_short, 32: wrap_int, 64: wrap_long}
_CLASSES = {TEXT: "str", DOUBLE: "float", BOOLEAN: "bool"}
_ORDERS = frozenset({"<", "<=", ">", ">="})


def inline_expression(
    tree: TypedNode, kinds: Sequence[Kind], places: Sequence[int]
) -> Inline | None:
    """Return the text of an expression, None where it has to be called.

    Args:
        tree: the checked expression.
        kinds: of its parameters.
        places: which argument each parameter takes.
    """
    try:
        writer = _QuickWriter(tree, kinds, places)
        text = writer.guarded(tree)
        quick = writer.decided(tree) if tree.kind is BOOLEAN else writer.calculated(tree)
    except _NotQuick:
        return None
    return Inline(text, writer.names, quick, always=frozenset(writer.always))


class _NotQuick(Exception):
    """A piece that may fail, or is rarely met."""


class _QuickWriter(Writer):
    """Writes expressions over arguments of which `guard` is true."""

    def __init__(self, tree: TypedNode, kinds: Sequence[Kind], places: Sequence[int]) -> None:
        super().__init__()
        self.names: dict[str, Any] = {"unsure": unsure}
        self._kinds, self._places = kinds, places
        self.always: set[int] = set()
        self._loose: set[int] = set()
        self._divided = set(_divided(tree))
        for kind in kinds:
            if kind is not OBJECT and not _is_quick(kind):
                raise _NotQuick

    # -- the whole -----------------------------------------------------------------------------

    def guarded(self, tree: TypedNode) -> str:
        """Write the expression for arguments as they mostly are, the call for others."""
        guards = [guard for at in range(len(self._kinds)) for guard in [self.guard(at)] if guard]
        text = self.write(tree)
        return f"({text} if {' and '.join(guards)} else {{call}})" if guards else text

    def decided(self, tree: TypedNode) -> str:
        """Write a condition that asks what an argument is only where that could matter.

        A number that the first comparison refuses needs no look, whatever its class; what cannot
        be compared raises.
        """
        first = _first_parameter(tree)
        self._loose = set() if first is None else {first}
        asked = [
            at
            for at, kind in enumerate(self._kinds)
            if kind is not OBJECT and kind is not TEXT and at not in self._loose
        ]
        self.always = {self._places[at] for at in (*self._loose, *asked)}
        eager = [f"({self.guard(at)} or {{unsure}}())" for at in asked]
        return f"({' and '.join([*eager, self._sure(tree)])})"

    def calculated(self, tree: TypedNode) -> str | None:
        """Write a whole number that is one only if all its operands are; None for other values.

        Of a float, or a decimal, comes another; what is neither raises. True counts as 1.
        """
        used = _parameters(tree)
        is_plain = all(kind is OBJECT or at in used for at, kind in enumerate(self._kinds))
        if not is_plain or not _is_calculation(tree):
            return None
        tests = " and ".join([self._range_test(at) for at in sorted(used)])
        self.always = {self._places[at] for at in used}
        value = f"({{q}}r := {self.write(tree)}).__class__ is int"
        return f"({{q}}r if {tests} and {value} else {{unsure}}())" if used else None

    def guard(self, at: int) -> str:
        """Write the test that a parameter is as mostly; nothing for one that is not used."""
        kind, name = self._kinds[at], self._name(at)
        if kind is OBJECT:
            return ""
        if not unboxed(kind).is_whole:
            return f"{name}.__class__ is {_CLASSES[unboxed(kind)]}"
        return f"{name}.__class__ is int and {self._range_test(at)}"

    def _range_test(self, at: int) -> str:
        name, (low, high) = self._name(at), self._range(at)
        # Two comparisons of a name cost less than a chain, which copies the value first.
        test = f"{low} <= {name} and {name} <= {high}"
        if low < -_SMALL and high > _SMALL:
            test = f"(-{_SMALL} <= {name} and {name} <= {_SMALL} or {test})"
        return test

    # -- conditions ----------------------------------------------------------------------------

    def _sure(self, node: TypedNode) -> str:
        test, proofs = self._refuted(node)
        return f"({' and '.join([test, *proofs])})" if proofs else test

    def _refuted(self, node: TypedNode) -> tuple[str, list[str]]:
        """Return a test that is certain when it is false, and what makes it certain when true."""
        match node:
            case Logic("&&", parts):
                found = [self._refuted(part) for part in parts]
                tests = " and ".join(test for test, _ in found)
                return f"({tests})", [proof for _, proofs in found for proof in proofs]
            case Logic(_, parts):
                return f"({' or '.join(map(self._sure, parts))})", []
            case Not(operand):
                return f"(not {self._sure(operand)})", []
            case Comparison("<" | "<=" | ">" | ">=" as operator, left, right):
                plain = _plain(left)
                if isinstance(plain, Parameter) and plain.index in self._loose:
                    found_one = self._compared_loosely(plain.index, operator, right)
                    if found_one is not None:
                        return found_one
            case Invoke(function, (receiver, Constant(str() as value))) if (
                function.code == EQUALS_TEXT and isinstance(receiver, Parameter)
            ):
                name = self._name(receiver.index)
                is_text = f"({name}.__class__ is str or {{unsure}}())"
                return f"({is_text} and {name} == {self.bound(value)})", []
            case Invoke(function, (Constant(str() as value), argument)) if (
                function.code == EQUALS_TEXT and isinstance(argument, Parameter)
            ):
                name = self._name(argument.index)
                same, other = f"{name} == {self.bound(value)}", f"{name} is not None"
                return f"({same} if {name}.__class__ is str else {other} and {{unsure}}())", []
        guards = [self.guard(at) for at in sorted(_parameters(node))]
        text = self.write(node)
        tests = " and ".join(guards)
        return (f"({text} if {tests} else {{unsure}}())" if guards else text), []

    def _compared_loosely(
        self, at: int, operator: str, right: TypedNode
    ) -> tuple[str, list[str]] | None:
        right = _plain(right)
        if not isinstance(right, Constant) or not isinstance(right.value, int):
            return None
        # Cut to a whole number, a real one is on the same side of a whole bound as before.
        bound = right.value + {">=": -1, "<=": 1}.get(operator, 0)
        if not -_SMALL < bound < _SMALL:
            return None
        name, kind = self._name(at), unboxed(self._kinds[at])
        low, high = _limits(kind)
        least, most = max(low, -_SMALL), min(high, _SMALL)
        # What is compared first decides most rows. Between two whole numbers only the class tells.
        if operator in (">", ">="):
            test = f"not ({name} <= {bound} and {least} <= {name})"
            proof = f"{bound + 1} <= {name} and {name} <= {most}"
            rest = f"{bound} < {name} <= {high}"
        else:
            test = f"not ({name} >= {bound} and {name} <= {most})"
            proof = f"{name} <= {bound - 1} and {least} <= {name}"
            rest = f"{low} <= {name} < {bound}"
        return test, [f"({proof} or {name}.__class__ is int and {rest} or {{unsure}}())"]

    # -- values --------------------------------------------------------------------------------

    def bound(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return f"{{{name}}}"

    def temporary(self) -> str:
        self.temporaries += 1
        return f"{{q}}{self.temporaries}"

    def wrapped(self, text: str, kind: Kind) -> str:
        bits = kind.bits or 0
        name, wrap = self.temporary(), f"wrap{bits}"
        self.names[wrap] = _WRAPS[bits]
        low, high = _limits(kind)
        return f"({name} if {low} <= ({name} := {text}) <= {high} else {{{wrap}}}({name}))"

    def write(self, node: TypedNode) -> str:
        """Write a piece that cannot fail."""
        match node:
            case Parameter(index):
                return self._name(index)
            case Arithmetic("/" | "%", _, Constant(value)) if node.kind.is_whole and value > 0:
                return self._divided_text(node, value)
            case Arithmetic("+" | "-" | "*", left, right) if node.kind.is_whole:
                if self._fits(node):
                    return f"({self.write(left)} {node.operator} {self.write(right)})"
            case Arithmetic("+" | "-" | "*", _, _) if node.kind is DOUBLE:
                pass
            case Negate("-", _) if node.kind.is_whole or node.kind is DOUBLE:
                pass
            case Constant() | Logic() | Not():
                pass
            case Choose() if _is_quick(node.kind):
                pass
            case Comparison() if _is_quick(node.left.kind):
                pass
            case Convert(operand) if _is_quick(node.kind) and _is_quick(operand.kind):
                if _keeps_value(node):
                    return self.write(operand)
                if not _widens(unboxed(operand.kind), unboxed(node.kind)):
                    raise _NotQuick
            case Invoke(function, (left, right)) if function.code == EQUALS_TEXT:
                for side in (left, right):
                    if not isinstance(side, Parameter) and _text_of(side) is None:
                        raise _NotQuick
                return f"({self.write(left)} == {self.write(right)})"
            case _:
                raise _NotQuick
        return super().write(node)

    def _divided_text(self, node: Arithmetic, by: int) -> str:
        low, _ = self._ends(node.left)
        if low >= 0:
            sign = "//" if node.operator == "/" else "%"
            return f"({self.write(node.left)} {sign} {by})"
        return super().write(node)

    def _name(self, at: int) -> str:
        return f"{{{self._places[at]}}}"

    # -- how large values can get --------------------------------------------------------------

    def _range(self, at: int) -> Range:
        kind = unboxed(self._kinds[at])
        low, high = (-_MODERATE, _MODERATE) if kind is LONG else _limits(kind)
        return (0, high) if at in self._divided else (low, high)

    def _fits(self, node: TypedNode) -> bool:
        low, high = self._grown(node)
        least, most = _limits(node.kind)
        return least <= low and high <= most

    def _ends(self, node: TypedNode) -> Range:
        """Return the least and the greatest value that a whole number can have."""
        return self._grown(node) if self._fits(node) else _limits(node.kind)

    def _grown(self, node: TypedNode) -> Range:
        """Return them before they are wrapped around."""
        match node:
            case Constant(int() as value):
                return value, value
            case Parameter(index):
                return self._range(index)
            case Convert(operand) if unboxed(operand.kind).is_whole:
                return self._ends(operand)
            case Negate("-", operand):
                low, high = self._ends(operand)
                return -high, -low
            case Arithmetic("%", left, Constant(int() as by)) if by > 0:
                return (0 if self._ends(left)[0] >= 0 else 1 - by), by - 1
            case Arithmetic("+" | "-" | "*" as operator, left, right):
                return _combined(operator, self._ends(left), self._ends(right))
        return _limits(node.kind)


def _combined(operator: str, left: Range, right: Range) -> Range:
    if operator == "+":
        return left[0] + right[0], left[1] + right[1]
    if operator == "-":
        return left[0] - right[1], left[1] - right[0]
    products = [one * other for one in left for other in right]
    return min(products), max(products)


def _limits(kind: Kind) -> Range:
    bits = kind.bits or 64
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _is_quick(kind: Kind) -> bool:
    primitive = unboxed(kind)
    return primitive.is_whole or primitive in _CLASSES


def _widens(given: Kind, wanted: Kind) -> bool:
    return given.is_whole and (
        wanted is DOUBLE or (wanted.is_whole and (wanted.bits or 0) >= (given.bits or 0))
    )


def _plain(node: TypedNode) -> TypedNode:
    """Return what a conversion that changes no value is made of."""
    while isinstance(node, Convert) and _keeps_value(node):
        node = node.operand
    return node


def _keeps_value(node: Convert) -> bool:
    given, wanted = unboxed(node.operand.kind), unboxed(node.kind)
    return given is wanted or (wanted.is_whole and _widens(given, wanted))


def _text_of(node: TypedNode) -> str | None:
    return node.value if isinstance(node, Constant) and isinstance(node.value, str) else None


def _first_parameter(node: TypedNode) -> int | None:
    """Return the whole number with whose comparison a condition begins, if it does."""
    while isinstance(node, (Logic, Not)):
        node = node.parts[0] if isinstance(node, Logic) else node.operand
    if not isinstance(node, Comparison) or node.operator not in _ORDERS:
        return None
    left = _plain(node.left)
    is_whole = isinstance(left, Parameter) and unboxed(left.kind).is_whole
    return left.index if is_whole and isinstance(left, Parameter) else None


def _parameters(node: TypedNode) -> set[int]:
    if isinstance(node, Parameter):
        return {node.index}
    return {index for part in _parts(node) for index in _parameters(part)}


def _is_calculation(node: TypedNode) -> bool:
    """Tell whether a whole number is made of whole numbers by arithmetic alone."""
    if isinstance(node, (Parameter, Constant)):
        return unboxed(node.kind).is_whole
    is_one = isinstance(node, (Arithmetic, Negate, Convert)) and unboxed(node.kind).is_whole
    return is_one and all(map(_is_calculation, _parts(node)))


def _parts(node: TypedNode) -> tuple[TypedNode, ...]:
    match node:
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            return left, right
        case Logic(_, parts) | Invoke(_, parts):
            return parts
        case Not(operand) | Convert(operand) | Negate(_, operand):
            return (operand,)
        case Choose(condition, when_true, when_false):
            return condition, when_true, when_false
    return ()


def _divided(node: TypedNode) -> list[int]:
    """Return the parameters that are divided by something as they are."""
    found = [index for part in _parts(node) for index in _divided(part)]
    if isinstance(node, Arithmetic) and node.operator in "/%":
        left = _plain(node.left)
        if isinstance(left, Parameter):
            found.append(left.index)
    return found
