"""What functions of the user's do with tuples, as far as their instructions tell it for certain.

``lambda event: (event[0], event[2])`` as a key is positions 0 and 2, so that nothing has to be
called; ``for _, at, _ in rows`` in the function of a group reads position 1, so that nothing else
has to travel. How wide the tuples are is known in the tasks only.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator
from operator import itemgetter
from types import CodeType, FunctionType
from typing import Any

import attrs

from cascade2spark.bytecode.picks import picked
from cascade2spark.bytecode.reads import values_read

__all__ = ["Reads", "Taken", "places_read", "places_taken"]

# Places beyond are not looked for. Tuples twice as wide show how any wider one is treated.
_MOST_PLACES = 32
_WIDE = 2 * _MOST_PLACES


@attrs.frozen
class Taken:
    """The parts that a function takes of plain tuples.

    Args:
        positions: where they lie.
        is_alone: whether it gives the one part itself, not a tuple.
        least_width: of the tuples for which this is so.
        most_width: likewise; None if there is none.
    """

    positions: tuple[int, ...]
    is_alone: bool
    least_width: int
    most_width: int | None

    def fits(self, width: int) -> bool:
        """Tell whether this is so for tuples of a width."""
        return self.least_width <= width and (self.most_width is None or width <= self.most_width)


@attrs.frozen
class Reads:
    """The parts that a function reads of the tuples it goes through.

    Args:
        places: where they lie.
        is_unpacking: whether it sees how many parts there are.
    """

    places: tuple[int, ...]
    is_unpacking: bool


def places_taken(call: Callable[..., Any]) -> Taken | None:
    """Return the parts that a function takes of a tuple; None if it has to be called.

    Its instructions are those of a choice of parts whatever the value is, so that it gives a tuple
    of as many parts for any other value too, or fails.

    Example:
        >>> places_taken(lambda event: (event[0], event[2])).positions
        (0, 2)
    """
    if not _takes_by_place_only(call):
        return None
    tried = (_picked(call, width) for width in _widths(call))
    found = next((one for one in tried if one is not None), None)
    if found is None:
        return None
    # Now it is certain that to call it does nothing but give such parts.
    fitting = [width for width in range(_WIDE + 1) if _given(call, width) == found]
    least, most = fitting[0], fitting[-1]
    if fitting != list(range(least, most + 1)) or (most < _WIDE and most != least):
        return None
    limit = None if most == _WIDE else most
    if isinstance(found, int):
        return Taken((found,), True, least, limit)
    return Taken(found, False, least, limit)


def places_read(fn: Callable[..., Any], argument: int) -> Reads | None:
    """Return the parts that a function reads of the tuples of an iterator; None if it reads all.

    Args:
        fn: a function of several values.
        argument: which of them is the iterator, from 0.
    Example:
        >>> places_read(lambda key, rows: [sum(at for _, at, _ in rows)], 1).places
        (1,)
    """
    if type(fn) is not FunctionType:
        return None
    wide, wider = (_read(fn, width, argument) for width in (_WIDE, _WIDE + 1))
    if wide is not None and wide == wider:
        return Reads(wide, is_unpacking=False)
    for width in _unpacked(fn.__code__):
        places = _read(fn, width, argument)
        if places is not None:
            return Reads(places, is_unpacking=True)
    return None


def _takes_by_place_only(call: Callable[..., Any]) -> bool:
    """Tell whether a function has no slice and no sum: what is before them depends on the width."""
    if type(call) is itemgetter:
        numbers = call.__reduce__()[1]
    elif type(call) is FunctionType:
        done = list(dis.get_instructions(call.__code__))
        if any("SLICE" in one.opname or "LIST" in one.opname or _is_sum(one) for one in done):
            return False
        numbers = [one.argval for one in done if one.opname in _CONSTANTS]
    else:
        return False
    return all(number is None or _is_place(number) for number in numbers)


_CONSTANTS = ("LOAD_CONST", "LOAD_SMALL_INT", "RETURN_CONST")


def _is_place(number: Any) -> bool:
    return type(number) is int and 0 <= number < _MOST_PLACES


def _is_sum(one: dis.Instruction) -> bool:
    return one.opname == "BINARY_ADD" or (one.opname == "BINARY_OP" and one.argrepr != "[]")


def _widths(call: Any) -> Iterator[int]:
    yield _WIDE
    if type(call) is FunctionType:
        yield from _unpacked(call.__code__)


def _picked(call: Callable[..., Any], width: int) -> int | tuple[int, ...] | None:
    form = tuple(map(str, range(width)))
    found = picked(call, form)
    if isinstance(found, str):
        return int(found)
    if type(found) is not tuple or found is form:
        return None
    places = [int(part) for part in found if isinstance(part, str)]
    return tuple(places) if len(places) == len(found) else None


def _given(call: Callable[..., Any], width: int) -> Any:
    try:
        return call(tuple(range(width)))
    except Exception:  # a tuple that is too short, or no partner of an unpacking
        return None


def _unpacked(code: CodeType) -> Iterator[int]:
    """Yield into how many parts a function, or one inside it, takes something apart."""
    found = dict.fromkeys(
        one.arg for one in dis.get_instructions(code) if one.opname == "UNPACK_SEQUENCE"
    )
    yield from (width for width in found if width is not None and width < _MOST_PLACES)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _unpacked(inner)


def _read(fn: Callable[..., Any], width: int, argument: int) -> tuple[int, ...] | None:
    form = tuple(map(str, range(width)))
    masked = values_read(fn, form, argument)
    if masked is form:
        return None
    return tuple(place for place, name in enumerate(masked) if name is not None)
