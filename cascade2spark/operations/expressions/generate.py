"""Writing a typed expression as one Python function.

The text is made of our own names only: parameters are ``p0``, constants ``c0``, and what it may
call is in `methods.runtime_names`. Nothing of what the user wrote is ever part of it.

Whole numbers wrap around where their value is seen: sums and products are left to grow (the low
bits stay right) until something else than another sum or product needs them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

from cascade2spark.operations.expressions.kinds import (
    BOOLEAN,
    BOXED_FLOAT,
    BOXES,
    BUILDER,
    CHAR,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    OBJECT,
    SHORT,
    TEXT,
    TUPLE,
    Kind,
    unboxed,
)
from cascade2spark.operations.expressions.methods import runtime_names
from cascade2spark.operations.expressions.overloads import constants_for
from cascade2spark.operations.expressions.typed import (
    Arithmetic,
    Choose,
    Comparison,
    Constant,
    Convert,
    Invoke,
    IsInstance,
    IsNull,
    Item,
    Join,
    Logic,
    Negate,
    Not,
    Parameter,
    Shift,
    TypedNode,
)
from cascade2spark.types import Float, text_of

__all__ = ["EQUALS_TEXT", "Writer", "function_of", "make_function"]

_WRAPS = {8: "wrap_byte", 16: "wrap_short", 32: "wrap_int", 64: "wrap_long"}
_CLASSES = {"int": "int", "float": "float", "bool": "bool", "str": "str"}
EQUALS_TEXT = "equals_text({0}, {1})"


def make_function(
    tree: TypedNode,
    kinds: Sequence[Kind],
    coercions: Sequence[tuple[Callable[[Any], Any], bool]],
    failed: Callable[[Exception, Any], Exception],
) -> tuple[Callable[..., Any], str]:
    """Return the compiled function and its Python text.

    Args:
        tree: the typed expression.
        kinds: kinds of the parameters.
        coercions: what makes a value one of its parameter's kind, called when it is not; and
            whether a whole number is taken as the number it is (and not as a moment, say).
        failed: makes the error to raise of an exception and the parameter values.
    """
    writer = Writer()
    return function_of(writer, [f"return {writer.write(tree)}"], kinds, coercions, failed)


def function_of(
    writer: Writer,
    body: Sequence[str],
    kinds: Sequence[Kind],
    coercions: Sequence[tuple[Callable[[Any], Any], bool]],
    failed: Callable[[Exception, Any], Exception],
    changed: Collection[int] = (),
) -> tuple[Callable[..., Any], str]:
    """Return the function of lines of Python, and its text.

    Args:
        writer: wrote the lines, and knows their constants.
        body: the lines, each with its own indentation.
        kinds: as of `make_function`, like `coercions` and `failed`.
        changed: parameters that the lines assign; an error still shows what they were.
    """
    names = [f"p{index}" for index in range(len(kinds))]
    lines = [f"def expression({', '.join(names)}):"]
    lines += [f" r{index} = p{index}" for index in sorted(changed)]
    lines.append(" try:")
    for name, kind, (coercion, is_plain) in zip(names, kinds, coercions, strict=True):
        test = _needs_coercion(name, kind)
        if test:
            coerced = f"{writer.bound(coercion)}({name})"
            if unboxed(kind) is DOUBLE and is_plain:
                coerced = f"float({name}) if {name}.__class__ is int else {coerced}"
            lines.append(f"  if {test}: {name} = {coerced}")
    lines += [f"  {line}" for line in body]
    shown = [f"r{at}, " if at in changed else f"{name}, " for at, name in enumerate(names)]
    lines += [
        " except Exception as error:",
        f"  raise failed(error, ({''.join(shown)})) from error",
    ]
    text = "\n".join(lines)
    names_of_run = {**runtime_names(), **writer.constants, "failed": failed}
    exec(compile(text, "<expression>", "exec"), names_of_run)
    return names_of_run["expression"], text


def _needs_coercion(name: str, kind: Kind) -> str:
    """The test that finds a value that is not yet of its kind; "" when there is none."""
    primitive = unboxed(kind)
    if kind is OBJECT:
        return ""
    if primitive.bits is not None:
        low, high = _limits(primitive.bits)
        test = f"{name}.__class__ is not int or not {low} <= {name} <= {high}"
    elif primitive is FLOAT:
        return "True"  # any float may need rounding to 32 bits
    elif primitive is CHAR:
        test = f"{name}.__class__ is not str or len({name}) != 1"
    else:
        python = kind.type.python_type.__name__
        if python not in _CLASSES:
            return f"{name} is not None"
        test = f"{name}.__class__ is not {python}"
    return test if kind.is_primitive else f"{name} is not None and ({test})"


def _limits(bits: int) -> tuple[int, int]:
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _keeps_number(given: Kind, wanted: Kind) -> bool:
    """Tell whether each number of one primitive kind is itself as one of the other."""
    if given.is_whole and wanted.is_whole:
        return (wanted.bits or 0) > (given.bits or 0)
    return given is FLOAT and wanted is DOUBLE


class Writer:
    """Writes expressions of one function, and keeps the constants that they name."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self.temporaries = 0

    def bound(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def temporary(self) -> str:
        self.temporaries += 1
        return f"t{self.temporaries}"

    # -- how an operand is written ----------------------------------------------------------

    def growing(self, node: TypedNode) -> str:
        """Write a whole number that may lie outside its width; only its low bits are right."""
        if isinstance(node, Arithmetic) and node.operator in "+-*" and node.kind.is_whole:
            sides = self.growing(node.left), self.growing(node.right)
            return f"({sides[0]} {node.operator} {sides[1]})"
        if isinstance(node, Negate) and node.kind.is_whole:
            return f"({node.operator}{self.growing(node.operand)})"
        return self.lenient(node)

    def wrapped(self, text: str, kind: Kind) -> str:
        bits = kind.bits or 0
        low, high = _limits(bits)
        name = self.temporary()
        return f"({name} if {low} <= ({name} := {text}) <= {high} else {_WRAPS[bits]}({name}))"

    def lenient(self, node: TypedNode) -> str:
        """Write an operand of something that fails by itself when it meets null."""
        if isinstance(node, Convert):
            given = unboxed(node.operand.kind)
            if node.kind is given:
                return self.write(node.operand)
            if _keeps_number(given, node.kind):
                return self.lenient(node.operand)
        return self.write(node)

    def real(self, node: TypedNode, other: TypedNode) -> str:
        """Write an operand of arithmetic in doubles, where Python widens one side by itself."""
        if (
            isinstance(node, Convert)
            and unboxed(node.operand.kind).is_whole
            and not isinstance(other, Convert)
        ):
            return self.lenient(node.operand)
        return self.lenient(node)

    # -- one method for each kind of node ---------------------------------------------------

    @functools.singledispatchmethod
    def write(self, node: TypedNode) -> str:
        """Write `node` as a Python expression that is its exact value."""
        raise AssertionError(node)

    @write.register
    def _(self, node: Constant) -> str:
        value = node.value
        if value is None or isinstance(value, bool):
            return repr(value)
        if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
            return f"({value!r})" if value < 0 or isinstance(value, int) else repr(value)
        return self.bound(value)

    @write.register
    def _(self, node: Parameter) -> str:
        return f"p{node.index}"

    @write.register
    def _(self, node: Negate) -> str:
        if node.kind.is_whole:
            if node.operator == "~":
                return f"(~{self.lenient(node.operand)})"
            return self.wrapped(self.growing(node), node.kind)
        return f"(-{self.lenient(node.operand)})"

    @write.register
    def _(self, node: Arithmetic) -> str:
        if node.kind is BOOLEAN:
            return f"({self.write(node.left)} {node.operator} {self.write(node.right)})"
        if node.kind.is_whole:
            return self._whole(node)
        left, right = self.real(node.left, node.right), self.real(node.right, node.left)
        if node.kind is FLOAT:
            left, right = self.lenient(node.left), self.lenient(node.right)
        is_safe = isinstance(node.right, Constant) and node.right.value != 0
        if node.operator == "%":
            text = f"remainder_real({left}, {right})"
        elif node.operator == "/" and not is_safe:
            text = f"divide_real({left}, {right})"
        else:
            text = f"({left} {node.operator} {right})"
        return f"number_to_float({text})" if node.kind is FLOAT else text

    def _whole(self, node: Arithmetic) -> str:
        if node.operator in "+-*":
            return self.wrapped(self.growing(node), node.kind)
        left, right = self.lenient(node.left), self.lenient(node.right)
        if node.operator in "&|^":
            return f"({left} {node.operator} {right})"
        by = node.right.value if isinstance(node.right, Constant) else 0
        name = self.temporary()
        if node.operator == "%":
            if by > 0:
                return f"({name} % {by} if ({name} := {left}) >= 0 else -(-{name} % {by}))"
            return f"remainder_whole({left}, {right})"
        if by > 0:
            return f"({name} // {by} if ({name} := {left}) >= 0 else -(-{name} // {by}))"
        return self.wrapped(f"divide_whole({left}, {right})", node.kind)

    @write.register
    def _(self, node: Shift) -> str:
        bits = node.kind.bits or 0
        operand, by = self.lenient(node.operand), self.lenient(node.distance)
        by = f"({by} & {bits - 1})"
        if node.operator == ">>":
            return f"({operand} >> {by})"
        if node.operator == "<<":
            return self.wrapped(f"({operand} << {by})", node.kind)
        return self.wrapped(f"(({operand} & {(1 << bits) - 1}) >> {by})", node.kind)

    @write.register
    def _(self, node: Comparison) -> str:
        if node.left.kind is OBJECT:
            text = f"same_value({self.write(node.left)}, {self.write(node.right)})"
            return f"(not {text})" if node.operator == "!=" else text
        # Null fails by itself under < and >, under == it would pass for a value.
        write = self.write if node.operator in ("==", "!=") else self.lenient
        left, right = (self._compared(side, write) for side in (node.left, node.right))
        return f"({left} {node.operator} {right})"

    def _compared(self, node: TypedNode, write: Callable[[TypedNode], str]) -> str:
        # An int is exact as a double, and Python compares the two exactly; a long is rounded first.
        if isinstance(node, Convert) and node.kind is DOUBLE and node.operand.kind in (INT, SHORT):
            return write(node.operand)
        return write(node)

    @write.register
    def _(self, node: Logic) -> str:
        word = " and " if node.operator == "&&" else " or "
        return f"({word.join(self.write(part) for part in node.parts)})"

    @write.register
    def _(self, node: Not) -> str:
        return f"(not {self.write(node.operand)})"

    @write.register
    def _(self, node: Choose) -> str:
        parts = (self.write(p) for p in (node.when_true, node.condition, node.when_false))
        return "({} if {} else {})".format(*parts)

    @write.register
    def _(self, node: IsNull) -> str:
        return f"({self.write(node.operand)} is {'not ' if node.is_negated else ''}None)"

    @write.register
    def _(self, node: IsInstance) -> str:
        return f"is_a({self.write(node.operand)}, {node.target.name!r})"

    @write.register
    def _(self, node: Item) -> str:
        return f"item_of({self.write(node.texts)}, {self.lenient(node.index)})"

    @write.register
    def _(self, node: Join) -> str:
        texts = [self._joined(part) for part in node.parts]
        if len(texts) <= 3:
            return f"({' + '.join(texts)})"
        return f"{self.bound(''.join)}(({', '.join(texts)}))"

    def _joined(self, node: TypedNode) -> str:
        """Write the text of a part of a concatenation."""
        if isinstance(node, Constant):
            text = text_of(node.value, Float if node.kind is FLOAT else None)
            return self.bound("null" if text is None else text)
        text = self.write(node)
        if node.kind is BUILDER:
            return f"{text}.text()"
        if node.kind is TEXT:
            name = self.temporary()
            return f'("null" if ({name} := {text}) is None else {name})'
        if node.kind.is_whole and node.kind.is_primitive:
            return f"str({text})"
        if node.kind is BOOLEAN:
            return f'("true" if {text} else "false")'
        if node.kind is CHAR:
            return text
        return f"joined_float({text})" if node.kind in (FLOAT, BOXED_FLOAT) else f"joined({text})"

    @write.register
    def _(self, node: Invoke) -> str:
        function = node.function
        constants = constants_for(function, node.arguments)
        if constants is not None and function.bind is not None:
            start = int(function.has_receiver)
            left = (*node.arguments[:start], *node.arguments[start + function.bound :])
            call = self.bound(function.bind(*constants))
            return f"{call}({', '.join(self.write(part) for part in left)})"
        texts = [self.write(part) for part in node.arguments]
        if function.code == EQUALS_TEXT:
            receiver = node.arguments[0]
            if isinstance(receiver, Constant) and receiver.value is not None:
                return f"({texts[0]} == {texts[1]})"
            if isinstance(receiver, Parameter):
                return f"({texts[0]} == {texts[1]} if {texts[0]} is not None else null_failure())"
        fixed = len(function.takes)
        return function.code.format(*texts[:fixed], rest=", ".join(texts[fixed:]))

    @write.register
    def _(self, node: Convert) -> str:
        given, wanted = node.operand.kind, node.kind
        if given in (BUILDER, TUPLE):  # a value of a row is a text, a tuple
            text = self.write(node.operand)
            return f"{text}.text()" if given is BUILDER else f"tuple({text})"
        if given is OBJECT:
            return f"cast_object({self.write(node.operand)}, {wanted.name!r})"
        if wanted is OBJECT or wanted in BOXES:
            return self.write(node.operand)
        if unboxed(given) is wanted or _keeps_number(unboxed(given), wanted):
            text = self.write(node.operand)
            if given.is_primitive:
                return text
            if isinstance(node.operand, Parameter):
                return f"({text} if {text} is not None else null_failure())"
            return f"unboxed_value({text})"
        return self._number(node.operand, unboxed(given), wanted)

    def _number(self, operand: TypedNode, given: Kind, wanted: Kind) -> str:
        """Write a conversion between kinds of numbers that makes another value of some."""
        if wanted.is_whole and given.is_whole:
            return self.wrapped(self.growing(operand), wanted)
        text = self.lenient(operand)
        if given is CHAR:
            given, text = INT, f"ord({text})"
        if wanted is DOUBLE:
            return f"float({text})"
        if wanted is FLOAT:
            return f"number_to_float({text})"
        if not given.is_whole:
            bits = 64 if wanted is LONG else 32
            text = f"double_to_whole({text}, {bits})"
            if wanted in (INT, LONG):
                return text
        if wanted is CHAR:
            return f"chr({text} & 65535)"
        return text if wanted in (INT, LONG) else self.wrapped(text, wanted)
