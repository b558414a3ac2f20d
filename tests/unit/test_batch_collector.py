"""The cyclic collector: away while a block is loaded, at work whenever a user's code is."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from cascade2spark.batch.batches import columns_of, rows_of
from cascade2spark.batch.blocks import decode_block, encode_block
from cascade2spark.batch.column_groups import column_groups
from cascade2spark.fields import Fields
from cascade2spark.flows.definition import FlowDef
from cascade2spark.joiners import BaseJoiner
from cascade2spark.operations.callables import aggregator, buffer, function, keep_if
from cascade2spark.ordering import KeyOrder
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, Pipe
from cascade2spark.taps import MemoryTap
from tests.conformance.engines import InProcessConnector
from tests.inprocess import InProcessEngine


@pytest.fixture
def collections() -> Iterator[list[str]]:
    """What the collector does meanwhile, eager as it can be."""
    seen: list[str] = []

    def note(phase: str, _: Any) -> None:
        seen.append(phase)

    thresholds, was_enabled = gc.get_threshold(), gc.isenabled()
    gc.callbacks.append(note)
    gc.set_threshold(50, 2, 2)
    yield seen
    gc.callbacks.remove(note)
    gc.set_threshold(*thresholds)
    (gc.enable if was_enabled else gc.disable)()


@pytest.mark.parametrize("odd", [[], [(1 + 2j,)]], ids=["marshal", "pickle"])
def test_loading_a_block_of_rows_is_not_interrupted(collections: list[str], odd: Any) -> None:
    rows = [([number], number) for number in range(20_000)] + odd
    block = encode_block(rows, 0, 0, 0)
    for was_enabled in (True, False):
        (gc.enable if was_enabled else gc.disable)()
        collections.clear()
        loaded = decode_block(block)
        # Once before it was paused, or once after it went on: loading itself makes thousands.
        assert len(collections) <= 4
        assert was_enabled == gc.isenabled()
        assert rows == loaded


@pytest.mark.parametrize("was_enabled", [True, False])
def test_making_rows_of_columns_is_not_interrupted(
    collections: list[str], was_enabled: bool
) -> None:
    rows = [(f"k{number}", number) for number in range(20_000)]
    columns = columns_of(rows, 2)
    (gc.enable if was_enabled else gc.disable)()
    collections.clear()
    made = rows_of(columns)
    assert len(collections) <= 4
    assert was_enabled == gc.isenabled()
    assert rows == made


def test_the_collector_is_at_work_between_the_groups_of_columns() -> None:
    columns = columns_of([(f"k{number // 3:04}", number) for number in range(9_000)], 2)
    groups = column_groups([columns], (0,), KeyOrder(1))
    assert {True} == {gc.isenabled() for _ in groups}


def test_a_block_that_cannot_be_loaded_leaves_the_collector_as_it_was() -> None:
    block = encode_block([(Gone(),)], 0, 0, 0)
    Gone.is_gone = True
    try:
        with pytest.raises(LookupError):
            decode_block(block)
    finally:
        Gone.is_gone = False
    assert gc.isenabled()


class Gone:
    """Something that can be sent, and not be received."""

    is_gone = False

    def __setstate__(self, state: Any) -> None:
        if Gone.is_gone:
            raise LookupError("gone")

    def __reduce__(self) -> Any:
        return Gone, (), {"a": 1}


SEEN: dict[str, set[bool]] = {}


def look(place: str) -> None:
    SEEN.setdefault(place, set()).add(gc.isenabled())


class Watched(BaseJoiner):
    """Joins as usual, and looks."""

    def get_iterator(self, closure: Any) -> Iterator[tuple[Any, ...]]:
        for left in closure.get_iterator(0):
            for right in closure.get_iterator(1):
                look("joiner")
                yield tuple(left) + tuple(right)


class ByValue:
    """Compares, and looks."""

    def compare(self, left: Any, right: Any) -> int:
        look("comparator")
        return (left > right) - (left < right)


# Complex numbers have no column form: all blocks are pickled rows then.
@pytest.mark.parametrize(("memory", "odd"), [("256m", 1j), ("1k", 1j), ("256m", 1)])
def test_no_code_of_the_users_runs_without_it(memory: str, odd: Any) -> None:
    @function("v")
    def mapped(value: Any) -> Any:
        look("function")
        return value

    @buffer("n")
    def read(key: Any, rows: Any) -> Any:
        look("buffer")
        yield sum(1 for _ in rows)

    def step(total: int, value: Any) -> int:
        look("aggregator")
        return total + 1

    def kept(value: Any) -> bool:
        look("filter")
        return True

    sort = Fields("v")
    sort.set_comparator("v", ByValue())
    rows = [(f"k{number % 3}", number, odd) for number in range(60)]
    source = Each(Pipe("p"), Fields("v"), mapped, Fields.REPLACE)
    source = Each(source, Fields("v"), keep_if(kept))
    counted = Every(GroupBy(Pipe("g", source), Fields("k"), sort), Fields("v"), read)
    total = aggregator("m", zero=0, step=step, merge=int.__add__)
    summed = Every(GroupBy(Pipe("s", source), "k"), Fields("v"), total)
    names = Fields("k", "v", "x", "n", "k2", "m")
    joined = CoGroup("j", counted, Fields("k"), summed, Fields("k"), names, Watched())
    SEEN.clear()
    sink = MemoryTap()
    definition = FlowDef().add_source("p", MemoryTap(Fields("k", "v", "x"), rows))
    properties = {"cascade2spark.memory.bytes": memory}
    InProcessConnector(properties, InProcessEngine(2)).connect(
        definition.add_tail_sink(joined, sink)
    ).complete()
    assert 3 == len(sink.rows)
    places = ("aggregator", "buffer", "comparator", "filter", "function", "joiner")
    assert {place: {True} for place in places} == SEEN
