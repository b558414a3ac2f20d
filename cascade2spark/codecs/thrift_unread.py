"""Unread records made by the hundred, each checked to be a struct.

What is looked at in many of them is read while the next ones are checked, by the same call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import repeat, starmap
from operator import attrgetter
from typing import Any

import attrs

from cascade2spark.codecs.thrift_batch import batches
from cascade2spark.codecs.thrift_classes import AHEAD, RAW, LookedFlat

__all__ = ["Makers", "UnreadDecoder"]

# A field is read ahead when it was looked at in one of so many of the records before.
_OFTEN = 8
_MOST_AHEAD = 8

# Runs an iterator to its end, in C.
_do: Callable[[Iterable[Any]], None] = deque[Any](maxlen=0).extend

ReadMany = Callable[[list[bytes]], list[Any]]


@attrs.frozen(eq=False)
class Makers:
    """What makes records with some attributes read ahead.

    Attributes:
        kind: their class.
        check: gives objects with these attributes, or raises ValueError; None where it cannot.
        read: the same by other means; raises BadRecord.
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
        self._fills = [getattr(base, place).__set__ for place in AHEAD]
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
        read: list[Any] = []
        for some in batches(values):
            try:
                if check is None or len(some) == 1:
                    raise ValueError("these are read one by one")
                read += check(some)
            except ValueError:
                read += self._makers.read(some)
        # Neither a constructor nor a dict: half of the time.
        records = list(starmap(kind, repeat((), len(values))))
        _do(map(self._set_raw, records, values))
        for name, fill in zip(self._ahead, self._fills, strict=False):
            _do(map(fill, records, map(attrgetter(name), read)))
        for name in self._ahead[len(self._fills) :]:
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
            self._ahead = tuple([*self._ahead, *often][:_MOST_AHEAD])
            self._makers = self._makers_for(self._ahead)

    def _count(self) -> list[int]:
        return [one.missed for one in self._looks.values()]
