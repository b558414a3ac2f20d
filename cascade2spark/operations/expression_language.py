"""The expression language: what ported jobs wrote as Java expressions, compiled safely.

An expression is one Java expression over the fields of a row::

    compile_expression("user.trim() + '/' + (hits / 60)", [("user", String), ("hits", int_)])

It is read by a parser of its own, checked against the kinds of its parameters, and compiled to one
Python function. It has operators, casts, ``?:``, and the methods that `expressions.method_tables`
lists: those of String and of the boxes, and the functions of Math and its like. Arithmetic is
Java's: int and long wrap around, division truncates, ``/ 0`` fails for whole numbers and gives
Infinity for doubles, chars are numbers. Different from Java, on purpose:

- ``==`` between texts or boxes compares values, where Java compares references;
- there is no ``Math.random``: a row that is read again must give the same result;
- no loops, assignments or class loading, so an expression always ends and reaches nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from cascade2spark.operations.expressions.check import check_expression
from cascade2spark.operations.expressions.conversions import convert
from cascade2spark.operations.expressions.generate import make_function
from cascade2spark.operations.expressions.kinds import BOOLEAN, BOXED_BOOLEAN, kind_of
from cascade2spark.operations.expressions.names import names_in
from cascade2spark.operations.expressions.parser import parse_expression
from cascade2spark.operations.expressions.runtime import failed
from cascade2spark.operations.expressions.typed import TypedNode
from cascade2spark.types import CoercibleType, Type, as_type, coercion

__all__ = ["Compiled", "compile_expression", "guess_names"]


@attrs.frozen(eq=False)
class Compiled:
    """An expression ready to run.

    Attributes:
        text: the expression as written.
        parameters: (name, type) of each parameter, in the order in which `call` takes values.
        result_type: type of the results.
        names_used: parameters that the expression mentions.
        tree: the checked expression, for whoever compiles it to something else than rows.
        call: takes the parameter values, coerces each to its type, returns the result; raises
            OperationError with the values when that fails.
    """

    text: str
    parameters: tuple[tuple[str, Type], ...]
    result_type: Type
    names_used: tuple[str, ...]
    tree: TypedNode = attrs.field(repr=False)
    call: Callable[..., Any] = attrs.field(repr=False)
    _declared: tuple[Type | None, ...] = attrs.field(repr=False)
    _is_test: bool = attrs.field(repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        names = [name for name, _ in self.parameters]
        declared = dict(zip(names, self._declared, strict=True))
        compiler = functools.partial(compile_expression, is_test=self._is_test)
        return compiler, (self.text, self.parameters, declared)


def compile_expression(
    text: str,
    parameters: Sequence[tuple[str, Type]],
    declared: Mapping[str, Type | None] | None = None,
    *,
    is_test: bool = False,
) -> Compiled:
    """Compile an expression over typed parameters.

    Args:
        text: the expression.
        parameters: (name, type), a name being a field name or ``$0``. Values are coerced to the
            type before the call, so null is 0 for a primitive type.
        declared: types of the fields that the values come from, by parameter name; they matter to
            coercion where a value does not show its type (dates).
        is_test: a Boolean that is null fails, as it is neither true nor false.
    Raises:
        BuildError: not an expression, or one that does not fit its parameters; marks the place.
    Example:
        >>> ratio = compile_expression("hits / 2.0", [("hits", as_type(int))])
        >>> ratio.call(3), ratio.result_type
        (1.5, double_)
    """
    typed = tuple((name, as_type(kind)) for name, kind in parameters)
    sources = tuple((declared or {}).get(name) for name, _ in typed)
    syntax = parse_expression(text)
    kinds = [kind_of(kind) for _, kind in typed]
    tree = check_expression(
        syntax, text, list(zip([name for name, _ in typed], kinds, strict=True))
    )
    if is_test and tree.kind is BOXED_BOOLEAN:
        tree = convert(tree, BOOLEAN)
    names = tuple(name for name, _ in typed)
    call, _ = make_function(
        tree,
        kinds,
        [
            (coercion(kind, source), not isinstance(source, CoercibleType))
            for (_, kind), source in zip(typed, sources, strict=True)
        ],
        lambda error, row: failed(error, text, names, row),
    )
    used = set(names_in(syntax))
    return Compiled(
        text,
        typed,
        tree.kind.type,
        tuple(name for name in names if name in used),
        tree,
        call,
        sources,
        is_test,
    )


@functools.lru_cache(maxsize=256)
def guess_names(text: str) -> tuple[str, ...]:
    """Return the names that an expression needs as parameters, in the order of their first use.

    Raises:
        BuildError: not an expression; marks the place.
    """
    return tuple(names_in(parse_expression(text)))
