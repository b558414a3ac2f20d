"""What a number, or the properties, given to a constructor must be; each refusal is worded once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from cascade2spark.errors import BuildError

__all__ = ["check_count", "check_flag", "check_mapping", "check_number"]


def check_count(what: str, given: Any, least: int | None = 0) -> int:
    """Return a whole number of at least `least`.

    Args:
        what: what it is for, as the message begins: ``Limit``.
        given: what the user wrote.
        least: the smallest that is accepted; None accepts all.
    Raises:
        BuildError: it is none, or too small; a text is none.
    """
    try:
        count = operator.index(given)
    except TypeError:
        count = None
    if count is None or isinstance(given, bool) or (least is not None and count < least):
        beyond = "" if least is None else f" of at least {least}"
        raise _refusal(f"{what} takes a whole number{beyond}", given, int)
    return count


def check_flag(what: str, given: Any) -> bool:
    """Return True or False; arguments and errors as of `check_count`. A text is neither."""
    if not isinstance(given, bool):
        raise _refusal(f"{what} takes True or False", given, _flag)
    return given


def check_number(what: str, given: Any, least: float, most: float) -> float:
    """Return a number from `least` to `most`; arguments and errors as of `check_count`."""
    is_number = not isinstance(given, (bool, str)) and hasattr(given, "__float__")
    number = float(given) if is_number else None
    if number is None or not least <= number <= most:
        raise _refusal(f"{what} takes a number from {least:g} to {most:g}", given, float)
    return number


def check_mapping(what: str, given: Any) -> dict[str, Any]:
    """Return properties as a new dict; BuildError when they are no mapping."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise BuildError(
            f"{what} takes its properties as a mapping of names to values",
            asked=repr(given),
            fix='write {"cascading.app.name": "visits"}',
        )
    return dict(given)


def _flag(text: str) -> bool:
    return {"True": True, "False": False}[text.strip()]


def _refusal(headline: str, given: Any, kind: Callable[[str], object]) -> BuildError:
    fix = None
    if isinstance(given, str):
        try:
            kind(given)
            fix = f"write {given.strip()}, without quotes"
        except (ValueError, KeyError):
            pass
    return BuildError(
        headline, asked=given if isinstance(given, (str, int)) else repr(given), fix=fix
    )
