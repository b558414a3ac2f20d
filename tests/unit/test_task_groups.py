"""Which partitions share a task, and that each is done as if it had one of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascade2spark.errors import TapError
from cascade2spark.spark.grouped import Grouped
from cascade2spark.spark.task_groups import TaskGroups
from cascade2spark.spark.travel import TaskFailed, error_of

MIB = 1 << 20


@given(st.integers(1, 3000), st.data())
def test_each_partition_has_one_task_and_neighbours_share(partitions: int, data: Any) -> None:
    groups = TaskGroups(partitions, data.draw(st.integers(1, partitions)))
    found = [groups.partitions_of(task) for task in range(groups.tasks)]
    assert [partition for some in found for partition in some] == list(range(partitions))
    assert all(some for some in found)
    assert max(map(len, found)) - min(map(len, found)) <= 1
    for task, some in enumerate(found):
        assert {groups.task_of(partition) for partition in some} == {task}


@pytest.mark.parametrize(
    ("partitions", "cores", "input_bytes", "tasks"),
    [
        (8, 4, 100, 8),
        (63, 4, 100, 63),
        (64, 4, 100, 32),
        (1000, 4, 100 * MIB, 33),
        (1000, 4, 2000 * MIB, 250),
        (1000, 4, 8000 * MIB, 1000),
        (1000, 400, 100 * MIB, 1000),
        (1000, 4, None, 1000),
        (1, 4, 0, 1),
    ],
)
def test_tasks_are_many_for_each_core_and_small(
    partitions: int, cores: int, input_bytes: int | None, tasks: int
) -> None:
    groups = TaskGroups.of(partitions, cores, input_bytes)
    assert groups.tasks == tasks
    assert groups.are_single == (tasks == partitions)


@pytest.mark.parametrize(
    ("partitions", "cores", "input_bytes", "tasks"),
    [
        (8, 4, 100 * MIB, 4),
        (9, 4, 100 * MIB, 4),
        (4, 8, 100 * MIB, 4),
        (8, 4, 129 * MIB, 8),
        (1000, 4, 100 * MIB, 4),
        (1000, 4, 2000 * MIB, 250),
        (8, 4, None, 8),
    ],
)
def test_what_is_quick_has_a_task_for_each_core(
    partitions: int, cores: int, input_bytes: int | None, tasks: int
) -> None:
    assert TaskGroups.of(partitions, cores, input_bytes, is_quick=True).tasks == tasks


def echoed(partition: int, pairs: Iterable[tuple[int, bytes]], spilled_bytes: int) -> Iterator[Any]:
    yield partition, list(pairs)


def grouped(function: Any, memory_bytes: int = MIB) -> Grouped:
    return Grouped(function, TaskGroups(6, 2), memory_bytes, list)


@pytest.mark.parametrize("memory_bytes", [MIB, 64])
def test_each_partition_gets_its_own_blocks_in_order_of_arrival(memory_bytes: int) -> None:
    blocks = [(number % 3 + 3, bytes([number]) * 5) for number in range(20) if number % 3 != 1]
    found = dict(grouped(echoed, memory_bytes)(1, iter(blocks)))
    assert list(found) == [3, 4, 5]
    assert found == {n: [pair for pair in blocks if pair[0] == n] for n in (3, 4, 5)}


@pytest.mark.parametrize("memory_bytes", [MIB, 160])
def test_each_partition_is_told_what_of_it_is_on_disk(memory_bytes: int) -> None:
    def telling(partition: int, pairs: Any, spilled_bytes: int) -> Iterator[Any]:
        yield partition, spilled_bytes

    blocks = [(number % 3, bytes(10)) for number in range(6)]
    told = dict(grouped(telling, memory_bytes)(0, iter(blocks)))
    assert told == ({0: 0, 1: 0, 2: 0} if memory_bytes == MIB else {0: 10, 1: 10, 2: 20})


def test_a_partition_begins_when_the_one_before_has_ended() -> None:
    seen: list[str] = []

    def noting(partition: int, pairs: Iterable[Any], spilled_bytes: int) -> Iterator[int]:
        seen.append(f"begin {partition}")
        try:
            yield from (len(block) for _, block in pairs)
        finally:
            seen.append(f"end {partition}")

    made = grouped(noting)(0, iter([(0, b"a"), (2, b"bb")]))
    assert next(made) == 1
    assert seen == ["begin 0"]
    assert list(made) == [2]
    assert seen == [f"{what} {number}" for number in range(3) for what in ("begin", "end")]


def test_who_stops_early_ends_the_partition_at_work() -> None:
    ended: list[int] = []

    def endless(partition: int, pairs: Iterable[Any], spilled_bytes: int) -> Iterator[int]:
        try:
            while True:
                yield partition
        finally:
            ended.append(partition)

    made = grouped(endless)(0, iter([]))
    next(made)
    made.close()
    assert ended == [0]


def test_a_failure_while_blocks_are_gathered_comes_home() -> None:
    def broken() -> Iterator[tuple[int, bytes]]:
        yield 0, b"a"
        raise TapError("no more blocks")

    with pytest.raises(TaskFailed) as failed:
        list(grouped(echoed)(0, broken()))
    error = error_of(failed.value)
    assert isinstance(error, TapError)
    assert "no more blocks" in str(error)


def test_a_failure_of_a_partition_is_told_once() -> None:
    def refusing(partition: int, pairs: Iterable[Any], spilled_bytes: int) -> Iterator[int]:
        raise TaskFailed(f"partition {partition}")
        yield partition

    with pytest.raises(TaskFailed, match=r"^partition 0$"):
        list(grouped(refusing)(0, iter([])))
