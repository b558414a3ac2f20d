"""Caches of a bounded number of keys: what holds the states of a CompositeFunction.

A cache is told what to do with an entry that has to leave. Two kinds are there, as in Cascading,
and a class of your own with the same methods can be a third.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from cascade2spark.errors import BuildError

__all__ = ["Cache", "DirectMappedCache", "LRUCache", "cache_named"]

Evict = Callable[[Any], None]


class Cache:
    """Base of caches; a subclass says which entry leaves.

    Args:
        capacity: most entries held, a count.
        evict: called with an entry that leaves before the end.
    Source:
        cascading.util.cache.CascadingCache
    Example:
        >>> cache: Cache = LRUCache(2, lambda key, entry: None)
        >>> cache.put("a", 1)
        >>> list(cache.drain())
        [1]
    """

    def __init__(self, capacity: int, evict: Evict) -> None:
        self.capacity = capacity
        self.evict = evict

    def get(self, key: Hashable) -> Any:
        """Return the entry of a key, None when there is none."""
        raise NotImplementedError(f"{type(self).__name__} must define get")

    def put(self, key: Hashable, entry: Any) -> None:
        """Hold the entry of a new key; another one may have to leave."""
        raise NotImplementedError(f"{type(self).__name__} must define put")

    def drain(self) -> Iterator[Any]:
        """Yield every entry that is left, and forget it."""
        raise NotImplementedError(f"{type(self).__name__} must define drain")


class LRUCache(Cache):
    """Lets the key go that was not seen for longest.

    Args:
        capacity: most entries held, a count.
        evict: called with an entry that leaves before the end.
    Source:
        cascading.util.cache.LRUHashMapCacheFactory
    Example:
        >>> gone = []
        >>> cache = LRUCache(1, gone.append)
        >>> cache.put("a", "first"), cache.put("b", "second"), gone
        (None, None, ['first'])
    """

    def __init__(self, capacity: int, evict: Evict) -> None:
        super().__init__(capacity, evict)
        self._held: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        """Return the entry of a key, which now counts as seen; None when there is none."""
        entry = self._held.get(key)
        if entry is not None:
            self._held.move_to_end(key)
        return entry

    def put(self, key: Hashable, entry: Any) -> None:
        """Hold the entry of a new key."""
        self._held[key] = entry
        if len(self._held) > self.capacity:
            self.evict(self._held.popitem(last=False)[1])

    def drain(self) -> Iterator[Any]:
        """Yield what is left, the one not seen for longest first."""
        while self._held:
            yield self._held.popitem(last=False)[1]


class DirectMappedCache(Cache):
    """Gives each key one place by its hash; a key that takes a place lets the other go.

    Faster than LRU by a little, and good where most keys come in runs.

    Args:
        capacity: number of places, a count.
        evict: called with an entry that leaves before the end.
    Source:
        cascading.util.cache.DirectMappedCacheFactory
    Example:
        >>> cache = DirectMappedCache(4, lambda key, entry: None)
        >>> cache.put("a", 1)
        >>> cache.get("a"), cache.get("b")
        (1, None)
    """

    def __init__(self, capacity: int, evict: Evict) -> None:
        super().__init__(capacity, evict)
        self._places: dict[int, tuple[Hashable, Any]] = {}

    def get(self, key: Hashable) -> Any:
        """Return the entry of a key, None when there is none."""
        found = self._places.get(self._place(key))
        return found[1] if found is not None and found[0] == key else None

    def put(self, key: Hashable, entry: Any) -> None:
        """Hold the entry of a new key."""
        place = self._place(key)
        found = self._places.pop(place, None)
        self._places[place] = key, entry
        if found is not None:
            self.evict(found[1])

    def drain(self) -> Iterator[Any]:
        """Yield what is left, in the order in which it came."""
        places, self._places = self._places, {}
        for _, entry in places.values():
            yield entry

    def _place(self, key: Hashable) -> int:
        return hash(key) % self.capacity


_NAMED: dict[str, type[Cache]] = {
    "LRUHashMapCacheFactory": LRUCache,
    "LRUCache": LRUCache,
    "DirectMappedCacheFactory": DirectMappedCache,
    "DirectMappedCache": DirectMappedCache,
}


def cache_named(value: Any) -> type[Cache]:
    """Return the kind of cache that a property names: a class, or a name with or without package.

    Raises:
        BuildError: there is no such kind.
    """
    if value is None:
        return LRUCache
    if isinstance(value, type) and issubclass(value, Cache):
        return value
    name = str(value).rsplit(".", 1)[-1]
    if name not in _NAMED:
        raise BuildError(
            "there is no such cache",
            asked=str(value),
            available=list(_NAMED),
            fix="give a subclass of Cache itself",
        )
    return _NAMED[name]
