"""What expressions may call, read from `method_tables`. Nothing else can be reached."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context
from typing import Any

import attrs

from cascade2spark.operations.expressions import hash_codes, runtime, script_runtime, text_runtime
from cascade2spark.operations.expressions.kinds import (
    BOXED_FLOAT,
    BOXES,
    BUILDER,
    KINDS,
    OBJECT,
    TEXTS,
    TUPLE,
    VOID,
    Kind,
)
from cascade2spark.operations.expressions.method_tables import (
    BOX,
    BOX_HASHES,
    CONSTRUCTORS,
    METHODS,
    REAL_BOX,
    STATICS,
)
from cascade2spark.operations.expressions.typed import Function
from cascade2spark.operations.java_format import compile_format, format_java

__all__ = ["constructors_of", "methods_of", "runtime_names", "statics_of"]


def _formatter(text: str) -> Callable[..., str]:
    write = compile_format(text)
    return lambda *values: write(values)


_LINE = re.compile(r"(\S+) (\w+)\(([^)]*)\) = (.+)")
# What can be prepared once when its first arguments are constants: how many, and by what.
_BOUND: dict[str, tuple[int, Callable[..., Callable[..., Any]]]] = {
    "matches": (1, text_runtime.matcher),
    "split": (1, text_runtime.splitter),
    "replaceAll": (2, text_runtime.replacer),
    "replaceFirst": (2, functools.partial(text_runtime.replacer, is_all=False)),
    "format": (1, _formatter),
}


def methods_of(kind: Kind) -> list[Function]:
    """Return the methods of a value of this kind."""
    if kind in BOXES and kind.rank is not None:
        table = BOX + (REAL_BOX if kind.bits is None else "")
        if kind is BOXED_FLOAT:
            table = table.replace("joined(", "joined_float(")
        code = BOX_HASHES.get(kind.name, "unboxed_value")
        table += f"int hashCode(BOX) = {code}({{0}})"
        return _functions(table.replace("BOX", kind.name), has_receiver=True)
    return _functions(METHODS.get(kind.name, ""), has_receiver=True)


def statics_of(name: str) -> list[Function] | None:
    """Return the functions of a class, None when there is no such class here."""
    table = STATICS.get(name)
    return None if table is None else _functions(table, has_receiver=False)


def constructors_of(name: str) -> list[Function] | None:
    """Return the constructors of a class, None when expressions cannot create one."""
    table = CONSTRUCTORS.get(name)
    return None if table is None else _functions(table, has_receiver=False)


def runtime_names() -> dict[str, Any]:
    """Return what generated code may call, by name."""
    modules = (runtime, text_runtime, script_runtime, hash_codes)
    names = {name: getattr(module, name) for module in modules for name in module.__all__}
    python = (float, str, int, bool, tuple, len, abs, min, max, ord, chr, Exception)
    return {
        "__builtins__": {},
        **names,
        **{call.__name__: call for call in python},
        "math": math,
        "format_java": format_java,
        "exact": Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX),
    }


@functools.cache
def _functions(table: str, *, has_receiver: bool) -> list[Function]:
    return [_function(line, has_receiver) for line in table.splitlines() if line]


def _function(line: str, has_receiver: bool) -> Function:
    found = _LINE.fullmatch(line)
    assert found is not None, line
    gives, name, takes, code = found.groups()
    kinds = {**KINDS, **{kind.name: kind for kind in (TEXTS, BUILDER, TUPLE, VOID)}}
    names = [taken for taken in takes.split(", ") if taken]
    rest = OBJECT if names and names[-1].endswith("...") else None
    function = Function(
        name,
        tuple(kinds[taken] for taken in names if not taken.endswith("...")),
        kinds[gives],
        code,
        rest,
        has_receiver=has_receiver,
    )
    if name in _BOUND:
        bound, bind = _BOUND[name]
        return attrs.evolve(function, bound=bound, bind=bind)
    return function
