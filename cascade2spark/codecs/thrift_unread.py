"""Unread records made by the hundred, each checked to be a struct.

What is looked at in many of them is read while the next ones are checked, by the same call. That
call makes the records too, of a class whose attributes C can set; then they change their class.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import repeat
from operator import attrgetter
from typing import Any

import attrs

from cascade2spark.codecs.thrift_batch import batches
from cascade2spark.codecs.thrift_classes import RAW, LookedFlat

__all__ = ["Makers", "UnreadDecoder"]

# A field is read ahead when it was looked at in one of so many of the records before.
_OFTEN = 8
_MOST_AHEAD = 8

# Runs an iterator to its end, in C.
_do: Callable[[Iterable[Any]], None] = deque[Any](maxlen=0).extend
_set_class = vars(object)["__class__"].__set__

ReadMany = Callable[[list[bytes]], list[Any]]


@attrs.frozen(eq=False)
class Makers:
    """What makes records with some attributes read ahead.

    Attributes:
        kind: their class.
        check: makes records of another class, or raises ValueError; None where there is no such.
        read: objects with these attributes; raises BadRecord.
    """

    kind: Any
    check: ReadMany | None
    read: ReadMany


class UnreadDecoder:
    """Makes records of bytes, for one thread.

    Args:
        base: what the classes of such records have in common.
        makers_for: attributes -> what makes records with these read ahead.
    """

    def __init__(self, base: Any, makers_for: Callable[[tuple[str, ...]], Makers]) -> None:
        self._set_raw = getattr(base, RAW).__set__
        self._makers_for = makers_for
        self._looks = {name: one for name, one in vars(base).items() if isinstance(one, LookedFlat)}
        self._missed = self._count()
        self._made = 0
        self._ahead: tuple[str, ...] = ()
        self._makers = makers_for(())

    def __call__(self, values: list[bytes]) -> list[Any]:
        """Return the records.

        Raises:
            BadRecord: one of them is no such struct.
        """
        self._learn()
        check, kind = self._makers.check, self._makers.kind
        records: list[Any] = []
        for some in batches(values):
            try:
                if check is None or len(some) == 1:
                    raise ValueError("these are made one by one")
                made = check(some)
                _do(map(_set_class, made, repeat(kind)))
            except ValueError:
                made = self._made_slowly(some)
            records += made
        _do(map(self._set_raw, records, values))
        self._made = len(records)
        return records

    def _made_slowly(self, values: list[bytes]) -> list[Any]:
        """Return records of objects that were read; who reads them says which is bad."""
        read, kind = self._makers.read(values), self._makers.kind
        made = list(map(kind.__new__, repeat(kind, len(values))))
        for name in self._ahead:
            _do(map(object.__setattr__, made, repeat(name), map(attrgetter(name), read)))
        return made

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
            self._ahead = tuple([*self._ahead, *often][:_MOST_AHEAD])
            self._makers = self._makers_for(self._ahead)

    def _count(self) -> list[int]:
        return [one.missed for one in self._looks.values()]
