"""Giving up on a function that takes too long."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import TimeoutError as TooLong
from typing import TypeVar

from cascade2spark.errors import BuildError, shown_value
from cascade2spark.scalding.dates_durations import AbsoluteDuration
from cascade2spark.scalding.threads import in_thread

__all__ = ["timeout"]

T = TypeVar("T")


def timeout(duration: AbsoluteDuration, call: Callable[[], T]) -> T | None:
    """Return what a function returns within a time; None if it takes longer.

    A function that takes longer is not stopped: it goes on in a thread of its own, and what it
    returns is lost. What it raises in time is raised here.

    Args:
        duration: how long it may take.
        call: the function, without arguments.
    Source:
        timeout of com.twitter.scalding.Job
    Example:
        >>> from cascade2spark.scalding.dates import Seconds
        >>> timeout(Seconds(5), lambda: 6 * 7)
        42
    """
    if not isinstance(duration, AbsoluteDuration):
        raise BuildError(
            "timeout takes a duration, then a function",
            asked=shown_value(duration),
            fix="write timeout(Seconds(5), lambda: ...)",
        )
    done = in_thread(call)
    try:
        return done.result(duration.millis / 1000)
    except TooLong:
        if done.done():  # its own
            raise
        return None
