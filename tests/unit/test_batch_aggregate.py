"""Partial aggregation: parts of groups, and their merging."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.batch.aggregate import PartialAggregate
from cascade2spark.batch.batches import value_memory
from cascade2spark.batch.every import EveryRun, run_everys
from cascade2spark.batch.lifecycle import TaskContext
from cascade2spark.batch.sort import sorted_groups
from cascade2spark.batch.spill import SpillSpace
from cascade2spark.comparators import NullNotEquivalentComparator
from cascade2spark.errors import RunError, Unsupported
from cascade2spark.fields import Fields
from cascade2spark.operations import Count, First
from cascade2spark.operations.callables import aggregator
from cascade2spark.ordering import KeyOrder
from cascade2spark.selection import Pick
from tests.unit.batch_chains import everys

AB = Fields("a", "b")
TEXT = aggregator("t", zero="", step=lambda t, b: t + str(b), merge=lambda x, y: x + y)
FIRST = aggregator(
    "f",
    zero=[],
    step=lambda held, b: held or [b],
    merge=lambda left, right: left or right,
    finish=lambda held: held[0],
)


def parts(rows: list[Any], capacity: int, order: KeyOrder, task: TaskContext) -> list[Any]:
    specs = everys(AB, "a", (TEXT, "b", Fields.ALL), (FIRST, "b", Fields.ALL))
    spec = PartialAggregate(Pick((0,), width=2), order, specs, capacity)
    stage = spec.open(task, is_immediate=False)
    stage.prepare()
    batches = [batch for start in range(0, len(rows), 2) for batch in stage.rows(rows[start:][:2])]
    batches += list(stage.flush())
    stage.cleanup()
    return batches


ROWS = st.lists(st.tuples(st.sampled_from([None, 1, 1.0, "x", "y"]), st.integers(0, 9)))


@given(ROWS, st.sampled_from([1, 2, 100]), st.booleans(), st.sampled_from([100, 3_000, 10**8]))
def test_merged_parts_are_the_whole(rows, capacity, is_lonely, limit) -> None:
    order = KeyOrder(1, (NullNotEquivalentComparator(),) if is_lonely else ())
    specs = everys(AB, "a", (TEXT, "b", Fields.ALL), (FIRST, "b", Fields.ALL))
    task = TaskContext(spill=SpillSpace(limit))
    groups = sorted_groups(parts(rows, capacity, order, task), Pick((0,), width=3), order)
    merged = run_everys(EveryRun(specs, Fields("a"), merges=True), groups, task)
    whole = sorted_groups([rows], Pick((0,), width=2), order)
    direct = run_everys(EveryRun(specs, Fields("a")), whole, TaskContext())
    shown = [[repr(row) for batch in batches for row in batch] for batches in (merged, direct)]
    assert shown[1] == shown[0]
    for spec in specs:  # what entered is counted before the exchange, what left after it
        assert len(rows) == task.report.rows_in.get(spec.site.key, 0)
        assert len(shown[0]) == task.report.rows_out.get(spec.site.key, 0)


@pytest.mark.parametrize("odd", ["x", None, 1, True, 1.0, [1], b"x"])
@pytest.mark.parametrize("place", [0, 10, 40])
@pytest.mark.parametrize("counts", [True, False])
def test_a_key_that_is_no_text_among_texts(odd: Any, place: int, counts: bool) -> None:
    first = (First(Fields("f")), "b", Fields.ALL)
    specs = everys(AB, "a", *([(Count(), "b", Fields.ALL)] if counts else []), first)
    stage = PartialAggregate(Pick((0,), width=2), KeyOrder(1), specs).open(
        TaskContext(), is_immediate=False
    )
    stage.prepare()
    rows: list[Any] = [("xyz"[number % 3], number) for number in range(60)]
    rows[place] = (odd, 60)
    rows += [(odd, 61), (1, 62)]
    made = [part for start in (0, 20, 40, 60) for part in stage.rows(rows[start : start + 20])]
    found = [row for part in (*made, *stage.flush()) for row in part]
    kinds = list(dict.fromkeys(repr(row[0]) for row in rows))
    by_kind = {kind: [row[1] for row in rows if repr(row[0]) == kind] for kind in kinds}
    expected = [
        (kind, *([len(seen)] if counts else []), [(seen[0],)]) for kind, seen in by_kind.items()
    ]
    assert expected == [(repr(row[0]), *row[1:]) for row in found]


def test_the_oldest_keys_leave_first_and_parts_keep_their_order() -> None:
    rows = [("x", 1), ("y", 2), ("x", 3), ("z", 4), ("x", 5), ("y", 6)]
    found = parts(rows, 1, KeyOrder(1), TaskContext())
    left = [row[:2] for batch in found for row in batch]
    assert [("x", "1"), ("y", "2"), ("x", "3"), ("z", "4"), ("x", "5"), ("y", "6")] == left
    assert [("x", "135"), ("y", "26"), ("z", "4")] == [
        row[:2] for batch in parts(rows, 9, KeyOrder(1), TaskContext()) for row in batch
    ]


@pytest.mark.parametrize("keys", [1, 7, 5_000])
def test_states_leave_before_they_outgrow_their_share(keys) -> None:
    limit, rows = 2_000_000, 60_000
    extending = aggregator(
        "l",
        zero=list,
        step=lambda held, b: held.append(b) or held,
        merge=lambda left, right: left + right,
    )
    spec = PartialAggregate(
        Pick((0,), width=2), KeyOrder(1), everys(AB, "a", (extending, "b", Fields.ALL))
    )
    stage = spec.open(TaskContext(spill=SpillSpace(limit)), is_immediate=False)
    stage.prepare()
    largest = left = 0
    for start in range(0, rows, 500):
        batch = [(number % keys, f"text {number}") for number in range(start, start + 500)]
        left += sum(len(row[1]) for part in stage.rows(batch) for row in part)
        held = [row for entry in stage._held.values() for row in entry[1]]
        largest = max(largest, sum(map(value_memory, held)))
    assert 0 < largest < limit // 3
    left += sum(len(row[1]) for part in stage.flush() for row in part)
    assert rows == left
    stage.cleanup()


def test_a_failing_step_names_the_pipe_and_its_values() -> None:
    def step(total: int, b: int) -> int:
        return total + 1 // b

    total = aggregator("n", zero=0, step=step, merge=lambda x, y: x + y)
    spec = PartialAggregate(
        Pick((0,), width=2), KeyOrder(1), everys(AB, "a", (total, "b", Fields.ALL))
    )
    stage = spec.open(TaskContext(), is_immediate=False)
    stage.prepare()
    with pytest.raises(RunError, match="ZeroDivisionError") as caught:
        list(stage.rows([("x", 0)]))
    assert (0,) == caught.value.row


@pytest.mark.parametrize("trap", [None, 0])
def test_what_cannot_be_split_is_refused(trap) -> None:
    operation = TEXT if trap == 0 else aggregator("n", zero=0, step=lambda n, b: n)
    specs = everys(AB, "a", (operation, "b", Fields.ALL, trap))
    with pytest.raises(Unsupported, match="cannot be aggregated in parts"):
        PartialAggregate(Pick((0,), width=2), KeyOrder(1), specs)
