"""Tables that the tasks of a process share, and when they go."""

from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import attrs
import pyarrow as pa

from cascade2spark.batch.lifecycle import TaskContext

__all__ = ["TableCache"]

_IDLE_S = 2.0


@attrs.define(eq=False)
class _Kept:
    table: Any
    size_bytes: int
    user: weakref.ref[TaskContext]


class TableCache:
    """Tables of this process, each kept no longer than the broadcast it was made from.

    Beyond the limit the least recently used go first, but for those of the task at work, which
    holds them anyway. All go when no task has used one for a while: a flow that is over tells its
    workers nothing, and one that waits for its next task holds what nobody may ever ask for.

    Args:
        idle_s: how long that is, in seconds.

    Attributes:
        built: number of tables that were ever built here.
        size_bytes: bytes of those that are kept.
    """

    def __init__(self, idle_s: float = _IDLE_S) -> None:
        self.built = 0
        self._idle_s = idle_s
        self._kept: OrderedDict[tuple[int, Hashable], _Kept] = OrderedDict()
        self._known: set[int] = set()
        # A broadcast may end, and forget its tables, while this thread is in the middle of one.
        self._lock = threading.RLock()
        self._used_at = 0.0
        self._watcher: threading.Thread | None = None

    @property
    def size_bytes(self) -> int:
        """Return the bytes of the tables that are kept."""
        with self._lock:
            return sum(kept.size_bytes for kept in self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)

    def table(
        self,
        source: Any,
        name: Hashable,
        build: Callable[[], tuple[Any, int]],
        task: TaskContext,
        limit_bytes: int,
    ) -> Any:
        """Return a table, built if it is not there.

        Args:
            source: the broadcast with whose life it goes.
            name: which table of the broadcast.
            build: returns the table and its size in bytes.
            task: the task at work.
            limit_bytes: most bytes that tables no task works with may take.
        """
        key = id(source), name
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                table, size = build()
                self.built += 1
                kept = self._kept[key] = _Kept(table, size, weakref.ref(task))
                if id(source) not in self._known:
                    self._known.add(id(source))
                    weakref.finalize(source, self._forget, id(source)).atexit = False
            kept.user = weakref.ref(task)
            self._kept.move_to_end(key)
            self._shrink(limit_bytes, task)
            self._watch()
            return kept.table

    def _shrink(self, limit_bytes: int, task: TaskContext) -> None:
        size = self.size_bytes
        for key, kept in list(self._kept.items()):
            if size <= limit_bytes:
                return
            if kept.user() is not task:
                size -= kept.size_bytes
                del self._kept[key]

    def _forget(self, source: int) -> None:
        with self._lock:
            self._known.discard(source)
            for key in [key for key in self._kept if key[0] == source]:
                del self._kept[key]

    def _watch(self) -> None:
        self._used_at = time.monotonic()
        if self._watcher is None:
            self._watcher = threading.Thread(
                target=self._drop_when_idle, name="cascade2spark tables", daemon=True
            )
            self._watcher.start()

    def _drop_when_idle(self) -> None:
        while True:
            time.sleep(self._idle_s / 4)
            with self._lock:
                if any(kept.user() is not None for kept in self._kept.values()):
                    self._used_at = time.monotonic()
                elif time.monotonic() - self._used_at >= self._idle_s:
                    self._kept.clear()
                    pa.default_memory_pool().release_unused()
                if not self._kept:
                    self._watcher = None
                    return
