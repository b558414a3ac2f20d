"""Which parts of a tuple a function reads: the others need not be read from anywhere, nor made.

``lambda row: row[3] * row[4]`` never looks at ``row[0]``. It is called with a tuple that has None
there. A function that does anything with the tuple itself, but for taking parts by whole numbers
and unpacking it, is given all of it.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Sequence
from functools import partial
from types import CodeType, FunctionType
from typing import Any

__all__ = ["arguments_read", "attributes_read", "parts_read", "values_read"]

_LOADS = frozenset({"LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK"})
_WHOLE = frozenset({"LOAD_CONST", "LOAD_SMALL_INT"})
# With these a function may see its own variables, or show them. The last ones are of libraries
# that look up names in their caller: `frame.query("at > @limit")` of pandas, and its like.
_LOOKING = frozenset(
    {
        *("locals", "vars", "dir", "eval", "exec", "super", "breakpoint", "set_trace"),
        *("_getframe", "currentframe", "stack", "trace", "settrace"),
        *("query", "evaluate", "sql"),
    }
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
    for at in _mentions(done, name):
        paths = _paths(done, at, form, code) if done[at].opname in _LOADS else None
        if paths is None:
            return form
        read |= paths
    return _masked(form, (), read) if read else form


def arguments_read(call: Callable[..., Any], count: int, first: int = 0) -> frozenset[int]:
    """Return which of its arguments a function looks at, counted from the first that is asked for.

    Args:
        call: a function.
        count: how many arguments it is called with, by place, from `first` on.
        first: how many come before them.
    Example:
        >>> sorted(arguments_read(lambda user, at, page: at + 1, 3))
        [1]
    """
    everything = frozenset(range(count))
    if type(call) is not FunctionType or not _LOOKING.isdisjoint(call.__code__.co_names):
        return everything
    code = call.__code__
    mentioned = set(code.co_cellvars)
    for one in dis.get_instructions(code):
        mentioned.update(one.argval if isinstance(one.argval, tuple) else (one.argval,))
    # What goes beyond the parameters by name is gathered in one tuple.
    names = code.co_varnames[first : code.co_argcount]
    return everything - {at for at, name in enumerate(names) if name not in mentioned}


def values_read(call: Callable[..., Any], form: Any, argument: int) -> Any:
    """Return a form with None in place of what a function never reads of the values of an iterator.

    It has to go through them in plain loops: ``for _, at in values``, ``sum(1 for _ in values)``.

    Args:
        call: a function of several values, one of which is an iterator.
        form: of the values of the iterator.
        argument: which one that is, from 0.
    """
    if type(form) is not tuple:
        return form
    read = _read_in_loops(call, argument, partial(_element_read, form))
    return form if read is None else _masked(form, (), read)


def attributes_read(
    call: Callable[..., Any], names: Sequence[str], argument: int
) -> tuple[str, ...] | None:
    """Return the attributes that a function reads of the objects of an iterator, in their order.

    Args:
        call, argument: as for `values_read`.
        names: all that the objects have; None is returned when a function does more with them.
    """
    read = _read_in_loops(call, argument, partial(_attributes_of_element, frozenset(names)))
    return None if read is None else tuple(name for name in names if name in read)


# From the instructions, the place behind the one that puts an element on the stack, and the code.
_Reader = Callable[[Instructions, int, CodeType], "set[Any] | None"]


def _read_in_loops(call: Callable[..., Any], argument: int, reader: _Reader) -> set[Any] | None:
    if type(call) is not FunctionType:
        return None
    code = call.__code__
    if code.co_argcount <= argument or code.co_flags & 0x0C or code.co_kwonlyargcount:
        return None
    return _elements_read(code, code.co_varnames[argument], reader)


def _elements_read(code: CodeType, iterator: str, reader: _Reader) -> set[Any] | None:
    """Return what is read of the elements of an iterator; None if it is not known."""
    if iterator in code.co_cellvars or not _LOOKING.isdisjoint(code.co_names):
        return None
    done = [one for one in dis.get_instructions(code) if one.opname not in ("CACHE", "PRECALL")]
    read: set[Any] = set()
    for at in _mentions(done, iterator):
        found = None
        names = [after.opname for after in done[at + 1 : at + 3]]
        if done[at].opname not in _LOADS or len(names) < 2:
            return None
        if names == ["GET_ITER", "FOR_ITER"]:
            found = reader(done, at + 3, code)
        elif iterator == ".0" and names[0] == "FOR_ITER":
            found = reader(done, at + 2, code)
        elif names[0] == "GET_ITER" and names[1].startswith("CALL") and done[at + 2].arg == 0:
            made = [before.opname for before in done[at - 2 : at]]
            inner = done[at - 2].argval
            if made == ["LOAD_CONST", "MAKE_FUNCTION"] and isinstance(inner, CodeType):
                found = _elements_read(inner, ".0", reader)
        if found is None:
            return None
        read |= found
    return read


def _mentions(done: Instructions, name: str | None) -> list[int]:
    """Return the places of the instructions that have to do with a variable."""
    return [
        at
        for at, one in enumerate(done)
        if one.argval == name or (isinstance(one.argval, tuple) and name in one.argval)
    ]


def _element_read(
    form: tuple[Any, ...], done: Instructions, at: int, code: CodeType
) -> set[tuple[int, ...]] | None:
    """Return what is read of the element that is on the stack."""
    if _unpacks(done, at, len(form)):
        stores = done[at + 1 : at + 1 + len(form)]
        return {(place,) for place, one in enumerate(stores) if _is_read(one.argval, done, code)}
    read: set[tuple[int, ...]] = set()
    for place in _uses_of_element(done, at, code):
        paths = _paths(done, place, form, code) if place >= 0 else None
        if paths is None:
            return None
        read |= paths
    return read


def _attributes_of_element(
    names: frozenset[str], done: Instructions, at: int, code: CodeType
) -> set[str] | None:
    read: set[str] = set()
    for place in _uses_of_element(done, at, code):
        after = done[place + 1] if place >= 0 else None
        if after is None or after.opname != "LOAD_ATTR" or after.argval not in names:
            return None
        read.add(after.argval)
    return read


def _uses_of_element(done: Instructions, at: int, code: CodeType) -> list[int]:
    """Return where the variable is loaded that takes an element; -1 for what is none of that."""
    name = done[at].argval
    if done[at].opname != "STORE_FAST" or name in code.co_cellvars:
        return [-1]
    places = [place for place in _mentions(done, name) if place != at]
    return [place if done[place].opname in _LOADS else -1 for place in places]


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
