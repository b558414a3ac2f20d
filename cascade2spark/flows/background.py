"""A run in a thread of its own, as flows and cascades have one each."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["INTERRUPT_WAIT_S", "BackgroundRun"]

# After Ctrl-C; a row that takes longer leaves its files to the next run's recovery.
INTERRUPT_WAIT_S = 60.0


class BackgroundRun:
    """Work that is done once, in the background.

    Args:
        name: of the thread.
        work: what to do.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        # Waited for in place of the thread: a join that Ctrl-C ended leaves it taken for dead.
        self._ended = threading.Event()

    def has_started(self) -> bool:
        """Tell whether it was started, be it over or not."""
        return self._thread is not None

    def start(self) -> None:
        """Start it, unless that was done before."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for its end; not for one that was never started, nor from within it."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._ended.wait(timeout_s)

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._ended.set()
