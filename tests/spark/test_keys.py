"""Rows that have no key, or one that cannot be hashed or compared: told, or trapped, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.connectors import LocalFlowConnector
from cascade2spark.errors import Cascade2SparkError
from cascade2spark.fields import Fields
from cascade2spark.operations import Count
from cascade2spark.pipes import CoGroup, Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap
from tests.spark.running import on_spark, run

KV = Fields("k", "v")
ROWS = [("a", 1), ("bad", 2), ("c", 3), ("dd", 4), ("bad", 5)]
RAGGED = [("a", 1, "x"), ("b", 2), ("c", 3, "y"), ("d",)]


class Picky:
    """Orders and hashes texts, but no bad ones."""

    def compare(self, left: Any, right: Any) -> int:
        if "bad" in (left, right):
            raise ValueError("a bad key")
        return (left > right) - (left < right)

    def hash_code(self, value: Any) -> int:
        if value == "bad":
            raise ValueError("a bad key")
        return len(value)


def picky() -> Fields:
    fields = Fields("k")
    fields.set_comparator("k", Picky())
    return fields


def grouped() -> Any:
    return Every(GroupBy(Pipe("p"), picky()), Fields("v"), Count(), Fields("k", "count"))


def joined() -> Any:
    declared = Fields("k", "v", "k2", "v2")
    return Pipe("p", CoGroup(Pipe("p"), picky(), Pipe("q"), picky(), declared))


def by_place() -> Any:
    return Every(GroupBy(Pipe("p"), Fields(2)), Fields(0), Count(), Fields("count"))


CASES = [
    (grouped, {"p": (KV, ROWS)}),
    (joined, {"p": (KV, ROWS), "q": (KV, [("c", 9), ("a", 8)])}),
    (by_place, {"p": (Fields.UNKNOWN, RAGGED)}),
]


@pytest.mark.parametrize(("build", "given"), CASES, ids=["group", "join", "short rows"])
def test_bad_keys_are_as_in_the_reference(sc: Any, build: Any, given: Any) -> None:
    def outcome(connector: Any, is_trapped: bool) -> Any:
        sink, trap = MemoryTap(), MemoryTap()
        sources = {name: MemoryTap(*parts) for name, parts in given.items()}
        traps = {"p": trap} if is_trapped else None
        try:
            run(connector, sources, {"p": sink}, build(), traps=traps)
        except Cascade2SparkError as error:
            return type(error), error.headline, getattr(error, "row", None), error.branch
        return sorted(map(repr, sink.rows)), sorted(map(repr, trap.rows))

    for is_trapped in (False, True):
        expected = outcome(LocalFlowConnector(), is_trapped)
        assert expected == outcome(on_spark(sc, partitions=2), is_trapped)
