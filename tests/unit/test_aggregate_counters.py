"""What aggregation before an exchange counts, on the local engine and over batches."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark.assemblies import AggregateBy, CountBy, FirstBy, SumBy, Unique
from cascade2spark.comparators import reverse_order
from cascade2spark.connectors import FlowConnector, LocalFlowConnector
from cascade2spark.counters import counter_name
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.operations import CompositeFunction, DirectMappedCache, LRUCache
from cascade2spark.operations.caches import cache_named
from cascade2spark.pipes import GroupBy, Pipe
from cascade2spark.taps import MemoryTap
from cascade2spark.types import Long
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine

ROWS = [("a", 1), ("b", 2), ("a", 3), ("c", None), ("b", 4), ("a", 5)]
Counted = tuple[int, int, int]


def counted(pipe: Pipe, connector: FlowConnector, group: Any) -> Counted:
    flow = connector.connect(
        FlowDef()
        .add_source("in", MemoryTap(Fields("k", "v"), ROWS))
        .add_tail_sink(pipe, MemoryTap())
    )
    flow.complete()
    stats = flow.get_stats()
    names = ("Num_Keys_Missed", "Num_Keys_Hit", "Num_Keys_Flushed")
    missed, hit, flushed = (stats.get_counter_value(group, name) for name in names)
    return missed, hit, flushed


def batched(form: str, capacity: int, partitions: int = 1) -> FlowConnector:
    engine = InProcessEngine(partitions, 2, capacity)
    return InProcessConnector({"cascade2spark.form": form}, engine)


ENGINES = [LocalFlowConnector({}), batched("rows", 100), batched("columns", 100)]
ENGINE_NAMES = ["local", "rows", "columns"]


@pytest.mark.parametrize("connector", ENGINES, ids=ENGINE_NAMES)
def test_rows_that_open_a_key_miss_and_all_others_hit(connector: FlowConnector) -> None:
    several = AggregateBy(Pipe("in"), Fields("k"), CountBy("n"), SumBy("v", "s", Long))
    assert (3, 3, 0) == counted(several, connector, "AggregateBy.Cache")
    assert (3, 3, 0) == counted(Unique(Pipe("in"), "k"), connector, "Unique.Cache")


def test_a_full_cache_flushes_keys_which_then_miss_again() -> None:
    pipe = CountBy(Pipe("in"), Fields("k"), Fields("n"))
    missed, hit, flushed = counted(pipe, batched("rows", 1), "AggregateBy.Cache")
    assert 6 == missed + hit
    assert 1 <= flushed <= missed
    assert missed > 3


def test_each_task_counts_for_itself() -> None:
    pipe = CountBy(Pipe("in"), Fields("k"), Fields("n"))
    missed, hit, flushed = counted(pipe, batched("rows", 100, 3), "AggregateBy.Cache")
    assert (6, 0) == (missed + hit, flushed)
    assert missed > 3


@pytest.mark.parametrize("connector", ENGINES, ids=ENGINE_NAMES)
def test_nothing_is_counted_where_nothing_is_aggregated_before_the_exchange(
    connector: FlowConnector,
) -> None:
    values = Fields("v")
    values.set_comparator("v", reverse_order())
    sorted_first = FirstBy(Pipe("in"), Fields("k"), values)
    assert (0, 0, 0) == counted(sorted_first, connector, "AggregateBy.Cache")
    assert (0, 0, 0) == counted(GroupBy(Pipe("in"), "k"), connector, "AggregateBy.Cache")


def test_members_of_the_enums_name_the_counters() -> None:
    for enum in (AggregateBy.Cache, Unique.Cache, CompositeFunction.Cache):
        names = [counter_name(member) for member in enum]
        group = f"{enum.__qualname__}"
        assert [(group, f"Num_Keys_{end}") for end in ("Flushed", "Hit", "Missed")] == names
    assert "AggregateBy.Cache" == CountBy.Cache.__qualname__ == CountBy.cache_counters
    assert "Unique.Cache" == Unique.cache_counters


# -- the caches themselves -------------------------------------------------------------------


def used(kind: Any, capacity: int, keys: str) -> tuple[list[str], list[str]]:
    """Return the entries that left early, and those that were left."""
    gone: list[str] = []
    cache = kind(capacity, gone.append)
    for key in keys:
        if cache.get(key) is None:
            cache.put(key, key)
    return gone, list(cache.drain())


def test_lru_lets_the_key_go_that_was_not_seen_for_longest() -> None:
    assert (["b"], ["a", "c"]) == used(LRUCache, 2, "abac")
    assert (["b", "a", "c"], ["b", "d"]) == used(LRUCache, 2, "abacbd")


def test_direct_mapped_lets_the_key_in_its_place_go() -> None:
    assert (list("aba"), ["b"]) == used(DirectMappedCache, 1, "aabbab")
    gone: list[int] = []
    cache = DirectMappedCache(4, gone.append)
    for key in (1, 2, 5):
        cache.put(key, key)
    assert [1] == gone
    assert None is cache.get(1)
    assert [2, 5] == sorted(cache.drain())


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, LRUCache),
        ("cascading.util.cache.LRUHashMapCacheFactory", LRUCache),
        ("DirectMappedCache", DirectMappedCache),
        (DirectMappedCache, DirectMappedCache),
    ],
)
def test_caches_are_named_by_a_property(value: Any, kind: Any) -> None:
    assert kind is cache_named(value)
