"""Unread records made by the hundred, each checked to be a struct.

What is looked at in many of them is read while the next ones are checked, by the same call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import repeat
from operator import attrgetter
from typing import Any

from cascade2spark.codecs.thrift_classes import CODEC, RAW, LookedFlat

__all__ = ["UnreadDecoder"]

# A field is read ahead when it was looked at in one of so many of the records before.
_OFTEN = 8
_MOST_AHEAD = 8

# Runs an iterator to its end, in C.
_do: Callable[[Iterable[Any]], None] = deque[Any](maxlen=0).extend

ReadMany = Callable[[list[bytes]], list[Any]]


class UnreadDecoder:
    """Makes records of bytes, for one thread.

    Args:
        codec: what reads them when somebody looks.
        kind: their class.
        reader_for: attributes -> the function that reads objects with these.
    """

    def __init__(self, codec: Any, kind: Any, reader_for: Callable[[list[str]], ReadMany]) -> None:
        self._codec = codec
        self._kind = kind
        self._new = kind.__new__
        self._set_raw = getattr(kind, RAW).__set__
        self._set_codec = getattr(kind, CODEC).__set__
        self._reader_for = reader_for
        self._looks = {name: one for name, one in vars(kind).items() if isinstance(one, LookedFlat)}
        self._missed = self._count()
        self._made = 0
        self._ahead: list[str] = []
        self._read = reader_for([])

    def __call__(self, values: list[bytes]) -> list[Any]:
        """Return the records.

        Raises:
            BadRecord: one of them is no such struct.
        """
        self._learn()
        read = self._read(values)
        records = list(map(self._new, repeat(self._kind, len(values))))
        _do(map(self._set_raw, records, values))
        _do(map(self._set_codec, records, repeat(self._codec)))
        for name in self._ahead:
            _do(map(object.__setattr__, records, repeat(name), map(attrgetter(name), read)))
        self._made = len(records)
        return records

    def _learn(self) -> None:
        """Read ahead what was looked at in the records made last."""
        missed = self._count()
        if missed == self._missed:
            return
        often = [
            name
            for name, now, before in zip(self._looks, missed, self._missed, strict=True)
            if (now - before) * _OFTEN > self._made and name not in self._ahead
        ]
        self._missed = missed
        if often and len(self._ahead) < _MOST_AHEAD:
            self._ahead = (self._ahead + often)[:_MOST_AHEAD]
            self._read = self._reader_for(self._ahead)

    def _count(self) -> list[int]:
        return [one.missed for one in self._looks.values()]
