"""Partial results of many batches of columns are those of the row form, whatever the keys are."""

from __future__ import annotations

from typing import Any

import pytest

from cascade2spark import Every, Fields, GroupBy, Pipe
from cascade2spark.batch.aggregate import PartialAggregate
from cascade2spark.batch.batches import columns_of, rows_of
from cascade2spark.batch.column_aggregate import ColumnAggregate
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.operations import Count, First, Sum
from cascade2spark.planner.build import plan_flow
from cascade2spark.planner.steps import Group
from cascade2spark.taps import MemoryTap

Row = tuple[Any, ...]


def part(first: int, keys: int, rows: int = 800, key: str = "k{}") -> list[Row]:
    return [(key.format(first + n % keys), n * first) for n in range(rows)]


BATCHES = {
    "the same keys": [part(1, 9), part(1, 9), part(1, 9)],
    "others each time": [part(1, 9), part(5, 9), part(9, 2), part(1, 20)],
    "too many to look up": [part(1, 700), part(1, 9), part(1, 900)],
    "long ones between": [part(1, 9), part(5, 9, key="a long key {}"), part(1, 20)],
    "null between": [part(1, 9), [*part(5, 9), (None, 1)], part(1, 20)],
    "few rows between": [part(1, 9), part(5, 9, 20), part(1, 20)],
    "sums beyond 64 bits": [part(1, 9), [*part(5, 9), ("k99", 1 << 62)], part(1, 20)],
    "at once beyond 64 bits": [[*part(5, 9), ("k99", 1 << 62)], part(1, 20), part(1, 9)],
}


@pytest.mark.parametrize("batches", BATCHES.values(), ids=BATCHES)
@pytest.mark.parametrize("limit", [50, 100_000])
@pytest.mark.parametrize("operation", [First(Fields("x")), Count(), Sum(Fields("x"), int)], ids=str)
def test_parts_are_those_of_rows(
    operation: Any, limit: int, batches: list[list[Row]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cascade2spark.batch.column_aggregate._HELD_ROWS", limit)
    source = MemoryTap(Fields("key", "n").apply_types(str, int), [])
    tail = Every(GroupBy(Pipe("rows"), "key"), Fields("n"), operation)
    plan = plan_flow("parts", {"rows": source}, {"rows": MemoryTap()}, [tail])
    step = next(step for step in plan.steps.steps if isinstance(step, Group))
    stage = ColumnAggregate(PartialAggregate(step.key, step.key_order, step.everys)).open(
        TaskContext(), is_immediate=False
    )
    stage.prepare()
    made = [found for rows in batches for found in stage.columns(columns_of(rows, 2))]
    made += stage.flush()
    stage.cleanup()
    states: dict[Any, list[Any]] = {}
    for found in made:
        for key, state in found if isinstance(found, list) else rows_of(found):
            states.setdefault(key, []).append(state)
    wanted: dict[Any, list[int]] = {}
    for key, n in [row for rows in batches for row in rows]:
        wanted.setdefault(key, []).append(n)
    assert list(states) == list(wanted)
    if batches is BATCHES["sums beyond 64 bits"] and limit > 50 and isinstance(operation, Sum):
        assert len(states["k99"]) == 1  # no part tells of the batch that went by rows
    for key, numbers in wanted.items():
        if isinstance(operation, First):
            first = states[key][0]
            assert (first[0][0] if isinstance(first, list) else first) == numbers[0]
        else:
            assert sum(states[key]) == (
                len(numbers) if isinstance(operation, Count) else sum(numbers)
            )
