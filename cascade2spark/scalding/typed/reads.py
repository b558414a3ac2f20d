"""Which parts of a tuple a function reads: the others need not be read from anywhere, nor made.

``lambda row: row[3] * row[4]`` never looks at ``row[0]``. It is called with a tuple that has None
there. A function that does anything with the tuple itself, but for taking parts by whole numbers
and unpacking it, is given all of it.
"""

from __future__ import annotations

import dis
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

__all__ = ["parts_read"]

_LOADS = frozenset({"LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK"})
_WHOLE = frozenset({"LOAD_CONST", "LOAD_SMALL_INT"})
# With these a function may see its own variables.
_LOOKING = frozenset(
    {"locals", "vars", "dir", "eval", "exec", "breakpoint", "_getframe", "currentframe", "stack"}
)

Instructions = list[dis.Instruction]


def parts_read(call: Callable[..., Any], form: Any) -> Any:
    """Return a form with None in place of what a function never reads; else the form itself.

    Args:
        call: a function of one value.
        form: a tuple of names and tuples; what is of another class is read as a whole.
    Example:
        >>> parts_read(lambda row: row[1] + 1, ("a", "b", "c"))
        (None, 'b', None)
    """
    if type(call) is not FunctionType or type(form) is not tuple:
        return form
    code = call.__code__
    name = code.co_varnames[0] if code.co_argcount else None
    is_seen = name in code.co_cellvars or not _LOOKING.isdisjoint(code.co_names)
    if code.co_argcount != 1 or code.co_flags & 0x0C or code.co_kwonlyargcount or is_seen:
        return form
    done = [one for one in dis.get_instructions(code) if one.opname != "CACHE"]
    read: set[tuple[int, ...]] = set()
    for at, one in enumerate(done):
        if one.argval != name and not (isinstance(one.argval, tuple) and name in one.argval):
            continue
        paths = _paths(done, at, form, code) if one.opname in _LOADS else None
        if paths is None:
            return form
        read |= paths
    return _masked(form, (), read) if read else form


def _paths(
    done: Instructions, at: int, form: tuple[Any, ...], code: CodeType
) -> set[tuple[int, ...]] | None:
    """Return which parts are read where a tuple is loaded; None if it is read as a whole."""
    path: tuple[int, ...] = ()
    part: Any = form
    at += 1
    while type(part) is tuple and _takes_part(done, at):
        place = done[at].argval
        if not -len(part) <= place < len(part):
            return None
        place %= len(part)
        path, part, at = (*path, place), part[place], at + 2
    if type(part) is tuple and _unpacks(done, at, len(part)):
        stores = done[at + 1 : at + 1 + len(part)]
        return {
            (*path, place) for place, one in enumerate(stores) if _is_read(one.argval, done, code)
        }
    return {path} if path else None


def _takes_part(done: Instructions, at: int) -> bool:
    if at + 1 >= len(done):
        return False
    place, take = done[at], done[at + 1]
    is_take = take.opname == "BINARY_SUBSCR" or (
        take.opname == "BINARY_OP" and take.argrepr == "[]"
    )
    is_whole = place.opname in _WHOLE and type(place.argval) is int
    return is_whole and is_take and not (place.is_jump_target or take.is_jump_target)


def _unpacks(done: Instructions, at: int, width: int) -> bool:
    stores = done[at + 1 : at + 1 + width]
    return (
        len(stores) == width
        and done[at].opname == "UNPACK_SEQUENCE"
        and done[at].arg == width
        and all(one.opname == "STORE_FAST" and not one.is_jump_target for one in stores)
    )


def _is_read(name: str, done: Instructions, code: CodeType) -> bool:
    def is_other(one: dis.Instruction) -> bool:
        names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
        return name in names and one.opname != "STORE_FAST"

    return name in code.co_cellvars or any(map(is_other, done))


def _masked(form: Any, path: tuple[int, ...], read: set[tuple[int, ...]]) -> Any:
    if path in read:
        return form
    if type(form) is not tuple:
        return None
    parts = tuple(_masked(part, (*path, at), read) for at, part in enumerate(form))
    return None if path and all(part is None for part in parts) else parts
