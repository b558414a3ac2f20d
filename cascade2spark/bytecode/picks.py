"""Functions that only take a tuple apart: what they give is known without calling them.

``lambda row: (row[0], row[4])`` and ``itemgetter(1)`` look at no value and have no effect, so the
values they return are fields that are there already. Which ones is found by running the function's
instructions on names in place of values. Every instruction that may run code of somebody else's
ends that, and so does one that could fail: such a function is called for each value, as any other.
"""

from __future__ import annotations

import dis
from collections.abc import Callable
from operator import itemgetter
from types import CodeType, FunctionType
from typing import Any, TypeAlias

import attrs

__all__ = ["Constant", "Picked", "ends_with_argument", "made_shape", "picked", "splits_words"]


@attrs.frozen
class Constant:
    """A plain value that stands in a function's text."""

    value: Any


# A field or fields that are one value, a constant, or a tuple of such.
Picked: TypeAlias = "str | Constant | tuple[Picked, ...]"
Shape: TypeAlias = "int | tuple[Shape, ...]"

_PLAIN = (int, float, str, bytes, bool, type(None))
_MOST_INSTRUCTIONS = 400
_MOST_PARTS = 200


def picked(call: Callable[..., Any], value: Any) -> Picked | None:
    """Return the parts of a value that a function gives, or None if it has to be called.

    Args:
        call: the function.
        value: a tuple whose parts are names of fields, or tuples of such; a name alone is a value
            of which nothing is known.
    Example:
        >>> picked(lambda row: (row[2], row[:2]), ("a", "b", "c"))
        ('c', ('a', 'b'))
    """
    try:
        found = _got(call, value) if type(call) is itemgetter else _returned(call, value)
    except _Unknown:
        return None
    return found if _is_made(found) and len(_parts(found)) <= _MOST_PARTS else None


def made_shape(call: Callable[..., Any]) -> Shape:
    """Return how a function's results are surely built: a tuple has a shape for each part, else 0.

    Of a tuple in a tuple only the last part is looked at: ``(key, (left, right))``.
    """
    if type(call) is not FunctionType or call.__code__.co_flags & _NOT_CALLED:
        return 0
    shapes: set[Shape] = set()
    done: list[dis.Instruction] = []
    for one in dis.get_instructions(call.__code__):
        if one.opname == "RETURN_VALUE":
            shapes.add(0 if one.is_jump_target else _built(done))
        elif one.opname == "RETURN_CONST":
            shapes.add(0)
        done.append(one)
    return shapes.pop() if len(shapes) == 1 else 0


def _built(done: list[dis.Instruction]) -> Shape:
    """Return the shape of what the last of some instructions leaves on the stack."""
    last = done[-1] if done else None
    if last is None or last.opname != "BUILD_TUPLE" or not last.arg:
        return 0
    inner = 0 if last.is_jump_target else _built(done[:-1])
    return (*[0] * (last.arg - 1), inner)


def ends_with_argument(call: Callable[..., Any]) -> bool:
    """Tell whether the tuple that a function makes seems to have what it was given for its end."""
    if type(call) is not FunctionType or not _takes_one(call.__code__):
        return False
    done = list(dis.get_instructions(call.__code__))
    own = [one for one in done if one.argval == call.__code__.co_varnames[0]]
    names = [one.opname for one in done]
    return (
        names[-2:] == ["BUILD_TUPLE", "RETURN_VALUE"]
        and done[-3] in own
        and all(one.opname.startswith("LOAD_FAST") for one in own)
    )


def splits_words(call: Callable[..., Any]) -> bool:
    """Tell whether a function does to a text what ``str.split`` does without a separator."""
    if type(call) is not FunctionType:
        return call is str.split
    code, model = call.__code__, _split.__code__
    return _takes_one(code) and (code.co_code, code.co_names) == (model.co_code, model.co_names)


def _split(text: str) -> list[str]:
    return text.split()


class _Unknown(Exception):
    """A function does something that has to be done with values."""


# Generators and coroutines; functions that take any number of values.
_NOT_CALLED = 0x20 | 0x80 | 0x200
_VARYING = 0x04 | 0x08


def _got(call: Any, value: Any) -> Any:
    places = call.__reduce__()[1]
    found = tuple(_item(value, place) for place in places)
    return found[0] if len(found) == 1 else found


def _returned(call: Any, value: Any) -> Any:
    if type(call) is not FunctionType:
        raise _Unknown
    if not _takes_one(call.__code__):
        raise _Unknown
    return _run(call.__code__, value)


def _takes_one(code: CodeType) -> bool:
    """Tell whether a function takes one value, and nothing else from where it was made."""
    is_varying = code.co_flags & (_NOT_CALLED | _VARYING) or code.co_freevars or code.co_cellvars
    return not is_varying and code.co_argcount == 1 and not code.co_kwonlyargcount


def _run(code: CodeType, value: Any) -> Any:
    names: dict[Any, Any] = {code.co_varnames[0]: value}
    stack: list[Any] = []
    for number, one in enumerate(dis.get_instructions(code)):
        if one.opname == "RETURN_VALUE":
            return stack.pop()
        step = _STEPS.get(one.opname)
        if step is None or number > _MOST_INSTRUCTIONS:
            raise _Unknown
        step(one, stack, names)
    raise _Unknown


def _item(whole: Any, at: Any) -> Any:
    at = at.value if type(at) is Constant else at
    if type(whole) is not tuple or type(at) not in (int, slice):
        raise _Unknown
    try:
        return whole[at]
    except IndexError:  # the call fails, and says so
        raise _Unknown from None


def _load(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    wanted = one.argval if isinstance(one.argval, tuple) else (one.argval,)
    for name in wanted:
        if name not in names:
            raise _Unknown
        stack.append(names[name])


def _store(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    if isinstance(one.argval, tuple):
        raise _Unknown
    names[one.argval] = stack.pop()


def _constant(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    stack.append(_known(one.argval))


def _known(value: Any) -> Any:
    if type(value) is tuple:
        return tuple(map(_known, value))
    if type(value) is slice:
        return value
    if type(value) not in _PLAIN:
        raise _Unknown
    return Constant(value)


def _build(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    stack[len(stack) - (one.arg or 0) :] = [tuple(stack[len(stack) - (one.arg or 0) :])]


def _build_list(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    stack[len(stack) - (one.arg or 0) :] = [list(stack[len(stack) - (one.arg or 0) :])]


def _extend(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    more = stack.pop()
    if type(more) is not tuple:
        raise _Unknown
    _list_at(one, stack).extend(more)


def _append(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    more = stack.pop()
    _list_at(one, stack).append(more)


def _list_at(one: dis.Instruction, stack: list[Any]) -> list[Any]:
    held = stack[-(one.arg or 1)]
    if type(held) is not list:
        raise _Unknown
    return held


def _to_tuple(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    held = stack.pop()
    if type(held) is not list:
        raise _Unknown
    stack.append(tuple(held))


def _intrinsic(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    if "LIST_TO_TUPLE" not in one.argrepr:
        raise _Unknown
    _to_tuple(one, stack, names)


def _slice_of(parts: list[Any]) -> slice:
    bounds = [part.value if type(part) is Constant else part for part in parts]
    if any(type(bound) not in (int, type(None)) for bound in bounds):
        raise _Unknown
    if len(bounds) == 3 and bounds[2] == 0:
        raise _Unknown
    return slice(*bounds)


def _build_slice(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    count = one.arg or 0
    stack[len(stack) - count :] = [_slice_of(stack[len(stack) - count :])]


def _binary_slice(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    whole, *bounds = stack[-3:]
    stack[-3:] = [_item(whole, _slice_of(bounds))]


def _subscript(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    at, whole = stack.pop(), stack.pop()
    stack.append(_item(whole, at))


def _binary(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    if one.argrepr == "[]":
        _subscript(one, stack, names)
        return
    right, left = stack.pop(), stack.pop()
    if one.argrepr != "+" or type(left) is not tuple or type(right) is not tuple:
        raise _Unknown
    stack.append(left + right)


def _unpack(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    whole = stack.pop()
    if type(whole) is not tuple or len(whole) != one.arg:
        raise _Unknown
    stack.extend(reversed(whole))


def _swap(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    at = -(one.arg or 1)
    stack[at], stack[-1] = stack[-1], stack[at]


def _nothing(one: dis.Instruction, stack: list[Any], names: dict[Any, Any]) -> None:
    """An instruction without meaning here."""


# By the names that CPython 3.10 to 3.14 give them.
_STEPS: dict[str, Callable[[dis.Instruction, list[Any], dict[Any, Any]], None]] = {
    **dict.fromkeys(("RESUME", "NOP", "CACHE", "NOT_TAKEN"), _nothing),
    **dict.fromkeys(
        ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_FAST_LOAD_FAST"), _load
    ),
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW": _load,
    "STORE_FAST": _store,
    "LOAD_CONST": _constant,
    "LOAD_SMALL_INT": _constant,
    "BUILD_TUPLE": _build,
    "BUILD_LIST": _build_list,
    "LIST_EXTEND": _extend,
    "LIST_APPEND": _append,
    "LIST_TO_TUPLE": _to_tuple,
    "CALL_INTRINSIC_1": _intrinsic,
    "BUILD_SLICE": _build_slice,
    "BINARY_SLICE": _binary_slice,
    "BINARY_SUBSCR": _subscript,
    "BINARY_OP": _binary,
    "BINARY_ADD": lambda one, stack, names: _binary(one._replace(argrepr="+"), stack, names),
    "UNPACK_SEQUENCE": _unpack,
    "SWAP": _swap,
}


def _is_made(found: Any) -> bool:
    """Tell whether a result is made of fields and constants, with one at least in each tuple."""
    if type(found) is tuple:
        return bool(found) and all(map(_is_made, found))
    return isinstance(found, (str, Constant, tuple))  # a tuple of a class of its own is whole


def _parts(found: Any) -> list[Any]:
    if type(found) is not tuple:
        return [found]
    return [part for one in found for part in _parts(one)]
