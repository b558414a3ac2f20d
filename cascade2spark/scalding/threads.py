"""Calling functions in threads of their own, which see what their caller sees."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["fill", "in_thread"]

T = TypeVar("T")


def fill(future: Future[Any], make: Callable[[], Any]) -> None:
    """Put into a future what a function returns or raises."""
    try:
        future.set_result(make())
    except BaseException as error:
        future.set_exception(error)


def in_thread(make: Callable[[], T]) -> Future[T]:
    """Return the future of what a function returns in a thread of its own."""
    future: Future[T] = Future()
    context = contextvars.copy_context()
    thread = threading.Thread(
        target=lambda: context.run(fill, future, make), name="execution", daemon=True
    )
    thread.start()
    return future
