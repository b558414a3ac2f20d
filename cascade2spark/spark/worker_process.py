"""What is done once in each worker process, before its first task: its garbage and its memory.

PySpark's daemon looks at every object of a worker after each task, and the slot's next task waits
for it: 40 ms, with pyarrow and all of this library loaded. What was loaded by importing never goes
away, so the collector is told to leave it alone; what tasks make is looked at as before.

The C library gives memory back to the system as soon as a large array is freed, and gets it again,
page by page, for the next one: a fifth of the time of a task that reads and sends columns.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys

__all__ = ["settle"]

# mallopt's names of what it sets.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
# A free end of the heap is kept up to this size, and larger arrays are not put on the heap.
_KEPT_BYTES = 32 << 20
_PAD_BYTES = 4 << 20

_settled: set[int] = set()


def settle() -> None:
    """Prepare this process; a second call in it does nothing."""
    if os.getpid() in _settled:
        return
    _settled.add(os.getpid())
    gc.freeze()
    if sys.platform == "linux" and not _is_told():
        # Another C library has no such function, and needs none.
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_MMAP_THRESHOLD, _KEPT_BYTES)
            library.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
            library.mallopt(_TOP_PAD, _PAD_BYTES)


def _is_told() -> bool:
    """Tell whether the user's environment says how memory is to be had."""
    names = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_")
    return any(name in os.environ for name in names)
