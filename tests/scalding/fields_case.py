"""What a case of the fields API is, and the rows that many of them read."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import attrs

from cascade2spark.scalding.fields import RichPipe
from tests.conformance.case import Case, Topic, rows

__all__ = [
    "AB",
    "CASES",
    "EMPTY",
    "KV",
    "KVS",
    "NULLS",
    "WORDS",
    "Bean",
    "Pair",
    "Point",
    "case",
    "statements",
]

_topic = Topic("fields")
CASES: list[Case] = _topic.cases


def case(name: str, source: str, build: Callable[..., Any], **parts: Any) -> None:
    """Add a case whose function is handed RichPipes and returns one, or several."""

    @functools.wraps(build)
    def wrapped(**heads: Any) -> Any:
        built = build(**{name: RichPipe(head) for name, head in heads.items()})
        return [one.pipe for one in built] if isinstance(built, list) else built.pipe

    _topic.add(name, source, wrapped, **parts, python_only=True)


@attrs.frozen
class Point:
    x: int
    y: int


class Pair(NamedTuple):
    left: Any
    right: Any


def statements(group: Any) -> None:
    """Reduce a group by calls whose results are thrown away."""
    group.size("n")
    group.max("v")


class Bean:
    """A class with setters, as Java's beans have."""

    def __init__(self) -> None:
        self.name = ""

    def set_name(self, name: str) -> None:
        self.name = name.upper()


AB = rows("a b", (1, 10), (2, 20))
KV = rows("k v", ("a", 1), ("b", 2), ("a", 3))
KVS = rows("k v", ("a", 3), ("b", 9), ("a", 1), ("a", 2), ("b", 7))
NULLS = rows("k v", ("a", 3), ("a", None), ("b", None))
EMPTY = rows("k v")
WORDS = rows("line", "a b a", "", "b a")
