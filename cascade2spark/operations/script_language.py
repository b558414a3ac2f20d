"""The script language: what ported jobs wrote as blocks of Java statements, compiled safely.

A script is the body of a Java method over the fields of a row, and ends with ``return``::

    compile_script("int n = 0; for (int i = 0; i < s.length(); i++) n += 2; return n;",
                   [("s", String)], Object)

It has the expressions of `expression_language`, and on top of them

- local variables of the types there, of ``String[]`` (what ``split`` gives), ``StringBuilder`` and
  ``Tuple``, with ``final`` and ``var``;
- assignments, also ``+=`` and its kin, ``++`` and ``--``;
- blocks, ``if``, ``while``, ``do``, ``for``, ``for (String part : parts)``, ``break``,
  ``continue``, ``return``, and ``throw new …Exception(text)``, which fails the row.

It is compiled to one Python function that reaches nothing but the values of the row. Nothing bounds
a loop, however: one without an end holds its task for ever, as it does in Java.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cascade2spark.operations.expressions.kinds import TUPLE, kind_of
from cascade2spark.operations.expressions.runtime import failed
from cascade2spark.operations.expressions.statement_check import check_script
from cascade2spark.operations.expressions.statement_generate import make_script
from cascade2spark.operations.expressions.statement_names import free_names
from cascade2spark.operations.expressions.statement_parser import parse_script
from cascade2spark.types import CoercibleType, Type, as_type, coercion

__all__ = ["compile_script", "guess_script_names"]


def compile_script(
    text: str,
    parameters: Sequence[tuple[str, Type]],
    result: Type | str,
    declared: Mapping[str, Type | None] | None = None,
) -> Callable[..., Any]:
    """Compile a script over typed parameters.

    Args:
        text: the script.
        parameters: (name, type), a name being a field name or ``$0``. Values are coerced to the
            type before the call, so null is 0 for a primitive type.
        result: type of what it returns; ``Tuple`` as a text for a tuple of values.
        declared: types of the fields that the values come from, by parameter name.
    Returns:
        What takes the parameter values and returns the result; raises OperationError with the
        values when that fails.
    Raises:
        BuildError: not a script, or one that does not fit its parameters; marks the place.
    Example:
        >>> from cascade2spark.types import int_
        >>> sign = compile_script("if (n < 0) return -1; return 1;", [("n", int_)], int_)
        >>> sign(-5)
        -1
    """
    typed = tuple((name, as_type(kind)) for name, kind in parameters)
    names = tuple(name for name, _ in typed)
    kinds = [kind_of(kind) for _, kind in typed]
    given = TUPLE if result == TUPLE.name else kind_of(as_type(result))
    script, changed = check_script(
        parse_script(text), text, list(zip(names, kinds, strict=True)), given
    )
    sources = [(declared or {}).get(name) for name in names]
    call, _ = make_script(
        script,
        kinds,
        [
            (coercion(kind, source), not isinstance(source, CoercibleType))
            for (_, kind), source in zip(typed, sources, strict=True)
        ],
        lambda error, row: failed(error, text, names, row, "a script"),
        changed,
    )
    return call


@functools.lru_cache(maxsize=256)
def guess_script_names(text: str) -> tuple[str, ...]:
    """Return the names that a script needs as parameters, in the order of their first use.

    Raises:
        BuildError: not a script; marks the place.
    """
    return tuple(free_names(parse_script(text)))
