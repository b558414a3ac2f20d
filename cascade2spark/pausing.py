"""The cyclic garbage collector is paused while blocks load and batches are built.

Each row is a container, and none of them is garbage: the collector would walk them all, again and
again. It is never paused around a user's code.
"""

from __future__ import annotations

import gc

__all__ = ["CollectorPaused"]


class CollectorPaused:
    """A block in which the collector does not run; after it, it is as it was before."""

    __slots__ = ("_was_enabled",)

    def __enter__(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was_enabled:
            gc.enable()
