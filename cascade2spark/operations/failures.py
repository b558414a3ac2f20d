"""What is said when an operation fails on a row: whose pipe, which row, which user line."""

from __future__ import annotations

import traceback
from types import GeneratorType
from typing import Any, NoReturn, Protocol

from cascade2spark.errors import (
    Cascade2SparkError,
    RunError,
    TupleError,
    nearest_match,
    shown_value,
)
from cascade2spark.origin import Origin, failing_line, origin_of_callable

__all__ = ["Place", "located_error", "refuse_result", "trap_columns"]


class Place(Protocol):
    """The pipe or tap that an operation belongs to."""

    @property
    def label(self) -> str: ...
    @property
    def is_repeat(self) -> bool: ...
    @property
    def origin(self) -> Origin | None: ...
    @property
    def branch(self) -> str | None: ...


def located_error(
    error: Exception, place: Place, row: tuple[Any, ...] | None, fields: Any
) -> Cascade2SparkError:
    """Return the error to raise for `error`, with the pipe, the user's line and the row in it.

    An error of ours keeps its class and what it says already, and is completed; any other becomes
    the cause of a RunError.

    Args:
        error: what the operation raised.
        place: whose operation it was.
        row: the values in hand, None outside a row.
        fields: their names.
    """
    if isinstance(error, Cascade2SparkError):
        if error.is_repeat is None:  # else it names its place already
            error.details.setdefault("in", place.label)
            error.is_repeat = place.is_repeat
        error.locate(place.origin)
        error.branch = error.branch or place.branch
        if isinstance(error, RunError) and error.row is None and row is not None:
            error.row, error.fields = row, fields
        return error
    line = failing_line(error)
    first, *more = str(error).strip().splitlines() or [""]
    details = {} if line is None else {"raised at": line}
    if more:
        details["message"] = "\n".join([first, *more])
    said = f"{type(error).__name__}: {first}" if first else type(error).__name__
    located = RunError(
        f"{place.label} failed: {said}",
        row=row,
        fields=None if row is None else fields,
        nearest=_meant(error),
        details=details,
        origin=place.origin,
        branch=place.branch,
    )
    located.__cause__ = error
    located.is_repeat = place.is_repeat
    return located


def _meant(error: Exception) -> str | None:
    """Return the attribute that was meant where one is missing: Java's name of it, for one."""
    if not isinstance(error, AttributeError) or not error.name or error.obj is None:
        return None
    names = [name for name in dir(error.obj) if not name.startswith("_")]
    return nearest_match(error.name, names)


_COLLECTS = "give each row to call.get_output_collector().add(row), and return nothing"
_NOT_VOID = {
    "operate": ("only what its collector is given counts", _COLLECTS),
    "complete": ("only what its collector is given counts", _COLLECTS),
    "flush": (
        "only what its collector is given counts",
        "keep the collector, and give it the rows",
    ),
    "do_assert": ("an assertion raises when it does not hold", "raise AssertionFailed, or assert"),
    "start": (
        "what a group begins with is kept in the context",
        "keep it with call.set_context(...), and return nothing",
    ),
    "aggregate": (
        "what a row adds is kept in the context",
        "keep it with call.set_context(...), and return nothing",
    ),
}


def refuse_result(operation: object, method: str, result: object) -> NoReturn:
    """Raise for a method of a class-style operation that returns what nobody would look at.

    Args:
        operation: the user's.
        method: the name of its method, one of those that return nothing.
        result: what came back, anything but None.
    Raises:
        TupleError: names the class and the user's line.
    """
    name = f"{type(operation).__name__}.{method}"
    why, fix = _NOT_VOID[method]
    returned = "is a generator, which nobody runs" if _is_generator(result) else "returned a value"
    details = {} if _is_generator(result) else {"returned": shown_value(result)}
    place = origin_of_callable(getattr(type(operation), method))
    if place is not None:
        details["defined at"] = str(place)
    raise TupleError(f"{name} {returned}; {why}", details=details, fix=fix)


def _is_generator(result: object) -> bool:
    return isinstance(result, GeneratorType)


def trap_columns(
    error: Exception, *, trace: bool, message: bool, stack: bool, trim: bool, delimiter: str
) -> tuple[str, ...]:
    """Return the columns that TrapProps puts before a trapped row, in Cascading's order."""
    shown = error.__cause__ if type(error) is RunError and error.__cause__ else error
    columns: list[str] = []
    if trace:
        origin = getattr(error, "origin", None)
        columns.append("" if origin is None else str(origin))
    if message:
        columns.append(str(getattr(shown, "headline", shown)))
    if stack:
        lines = "".join(traceback.format_exception(shown)).splitlines()
        columns.append(delimiter.join(line.strip() if trim else line for line in lines))
    return tuple(columns)
