"""What operators take: functions, checked while a pipe is built, and the small ones of our own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from cascade2spark.errors import BuildError, FlowError, OperationError, shown_value
from cascade2spark.origin import Origin, capture_origin

__all__ = [
    "NO_MATCH",
    "Call",
    "as_pair",
    "as_row",
    "at_most_one",
    "check_call",
    "cogrouped_call",
    "compared",
    "itself",
    "matched",
    "only",
    "reducers_asked",
    "second",
    "unit",
]


class _NoMatch:
    """What a function given to `collect` returns for a value that it has no answer for."""

    def __repr__(self) -> str:
        return "NO_MATCH"

    def __reduce__(self) -> str:
        return "NO_MATCH"


NO_MATCH = _NoMatch()


@attrs.frozen
class Call:
    """An operator the user called, and where."""

    name: str
    origin: Origin = attrs.field(factory=capture_origin)


def check_call(name: str, call: Any, count: int = 1) -> None:
    """Refuse what cannot be called with so many values, while the pipe is built."""
    if not callable(call):
        raise BuildError(f"{name} takes a function", asked=shown_value(call))
    try:
        wanted = inspect.signature(call)
    except (TypeError, ValueError):  # much of what is written in C does not say
        return
    try:
        wanted.bind(*[None] * count)
    except TypeError as wrong:
        values = "1 value" if count == 1 else f"{count} values"
        raise BuildError(
            f"{name} hands {values} to a function that takes others",
            asked=f"{getattr(call, '__name__', type(call).__name__)}{wanted}",
            origin=capture_origin(),
            fix=_UNPACK if count == 1 and len(wanted.parameters) == 2 else None,
        ) from wrong


_UNPACK = "a pair is one value: take it as one, and unpack it: lambda pair: pair[0]"


def compared(less_than: Callable[[Any, Any], Any]) -> Callable[[Any, Any], int]:
    """Return a comparison by a function that tells whether a value comes before another."""

    def compare(left: Any, right: Any) -> int:
        if less_than(left, right):
            return -1
        return 1 if less_than(right, left) else 0

    return compare


def reducers_asked(count: int) -> int | None:
    """Return the number of partitions that a user asked for, None for the default."""
    if type(count) is not int:
        raise BuildError(
            "with_reducers takes a whole number", asked=shown_value(count), origin=capture_origin()
        )
    return count if count > 0 else None


def cogrouped_call(call: Callable[[Any, Any, Any], Any]) -> Callable[[Any], Iterable[Any]]:
    """Return what calls a function for each pair joined with a list of others."""

    def cogroup(row: Any) -> Iterable[Any]:
        key, (value, others) = row
        return [(key, one) for one in call(key, value, others or ()) or ()]

    return cogroup


def matched(call: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """Return what gives no value where a partial function has no answer."""

    def collected(value: Any) -> list[Any]:
        found = call(value)
        return [] if found is NO_MATCH else [found]

    return collected


def as_pair(value: Any) -> Any:
    """Return a pair, which a keyed operator has asked for."""
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return value
    kind = type(value).__name__
    size = f" of {len(value)}" if isinstance(value, (tuple, list)) else ""
    raise OperationError(
        f"a keyed operator needs pairs, tuples of key and value, and was given {kind}{size}",
        details={"given": shown_value(value)},
        fix="make pairs before, map(lambda value: (key, value)), or use group_by(function)",
    )


def as_row(value: Any) -> Any:
    """Return the row of a value whose parts are those of the row."""
    return value if value.__class__ is tuple else tuple(value)


def itself(value: Any) -> Any:
    """Return the value."""
    return value


def unit(value: Any) -> tuple[()]:
    """Return the one key of all values."""
    return ()


def second(pair: Any) -> Any:
    """Return the value of a pair."""
    return pair[1]


def at_most_one(values: list[Any]) -> Any:
    """Return the value of a ValuePipe, or None."""
    if len(values) > 1:
        raise FlowError("a ValuePipe has one value at most", row=tuple(values[:5]))
    return values[0] if values else None


def only(values: list[Any]) -> Any:
    """Return the value of a ValuePipe."""
    if not values:
        raise FlowError("a ValuePipe has no value")
    return values[0]
