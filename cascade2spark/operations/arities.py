"""How many values a callable takes, as far as its signature tells: asked when it is handed over."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from cascade2spark.errors import BuildError
from cascade2spark.origin import capture_origin, origin_of_callable

__all__ = ["accepted_arguments", "check_takes"]


def accepted_arguments(owner: str, call: Callable[..., Any]) -> tuple[int, int | None]:
    """Return the fewest and the most positional values a callable takes (None: no limit).

    Args:
        owner: what the callable is for, as a message begins.
    Raises:
        BuildError: it needs a value by name, and values are given by their places.
    """
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):  # built-ins without a signature
        return 0, None
    named = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    if named:
        raise BuildError(
            f"{owner} is given values by their places, and this callable needs one by its name",
            asked=_shown(call),
            details={"by name": ", ".join(named), **_place(call)},
        )
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    fewest = sum(p.default is p.empty for p in positional)
    unlimited = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return fewest, None if unlimited else len(positional)


def check_takes(owner: str, call: Callable[..., Any], given: Sequence[str]) -> None:
    """Refuse a callable that cannot be called with just these values.

    Args:
        owner: what the callable is for, as the message begins.
        given: what each value is, in words; with ``…`` behind the last one, more may follow.
    Raises:
        BuildError: it needs more values, or takes fewer.
    """
    fewest, most = accepted_arguments(owner, call)
    has_more = bool(given) and given[-1] == "…"
    count = len(given) - has_more
    if (fewest <= count or has_more) and (most is None or most >= count):
        return
    taken = fewest if fewest == most else f"{fewest} or more" if most is None else most
    raise BuildError(
        f"{owner} is called with ({', '.join(given)}), and this callable takes "
        f"{'no value' if taken == 0 else f'{taken} value' + 's' * (taken != 1)}",
        asked=_shown(call),
        details=_place(call),
    )


def _shown(call: Callable[..., Any]) -> str:
    name = getattr(call, "__qualname__", None) or type(call).__name__
    return name.replace("<locals>.", "") + str(inspect.signature(call))


def _place(call: Callable[..., Any]) -> dict[str, object]:
    place, here = origin_of_callable(call), capture_origin()
    is_here = place is None or (place.file, place.line) == (here.file, here.line)
    return {} if is_here else {"defined at": place}
