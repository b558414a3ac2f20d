"""Partitions of plain RDDs: set up and cleaned up once, and counters that count once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pyspark import TaskContext

from cascade2spark.rdd import TaskCounters, map_partitions_with


def test_a_look_at_the_first_elements_does_not_count(sc) -> None:
    counters = TaskCounters(sc)

    def seen(elements: Any, count: Any) -> Any:
        for element in elements:
            count("seen", 2)
            yield element

    counted = counters.map_partitions(sc.parallelize(range(10_000), 2), seen)
    assert counted.take(1) == [0] and counters.value("seen") == 0 and not counters.is_complete
    assert (counted.count(), counted.count()) == (10_000, 10_000)
    assert counters.value("seen") == 20_000 and counters.value("other") == 0
    # Two actions, two evaluations: each view says which of them it counts.
    assert counters.as_dict("last") == {"seen": 20_000}
    assert list(counters.by_stage().values()) == [{"seen": 20_000}] * 2


@pytest.fixture
def notes(tmp_path):
    """A folder for notes of workers, and the function that reads them."""
    folder = tmp_path / "notes"
    folder.mkdir()

    def note(what: str) -> None:
        task = TaskContext.get()
        Path(folder, f"{what}-{task.partitionId()}-{os.urandom(4).hex()}").touch()

    def read() -> list[str]:
        return sorted(path.name.rpartition("-")[0] for path in folder.iterdir())

    return note, read


def test_a_partition_is_set_up_and_cleaned_up_once(sc, notes) -> None:
    note, read = notes
    rdd = sc.parallelize([1, 2], 3)

    def setup() -> dict:
        note("setup")
        return {"factor": 10}

    result = map_partitions_with(
        rdd,
        lambda rows, resource: (row * resource["factor"] for row in rows),
        setup=setup,
        cleanup=lambda resource: note("cleanup" if resource["factor"] == 10 else "lost"),
    )
    assert result.collect() == [10, 20]
    assert read() == [f"{what}-{n}" for what in ("cleanup", "setup") for n in range(3)]


@pytest.mark.parametrize("ending", ["fn", "before", "early"])
def test_a_partition_is_cleaned_up_however_it_ends(sc, notes, ending) -> None:
    note, read = notes

    def broken(row: int, at: str) -> int:
        if ending == at and row == 2:
            raise KeyError(f"broken {at}")
        return row

    rdd = sc.parallelize(range(10), 1).map(lambda row: broken(row, "before"))
    result = map_partitions_with(
        rdd,
        lambda rows, _: (broken(row, "fn") for row in rows),
        setup=lambda: None,
        cleanup=lambda _: note("cleanup"),
    )
    if ending == "early":
        stopped = result.mapPartitions(lambda rows: [next(rows)])
        assert stopped.collect() == [0]
    else:
        with pytest.raises(Exception, match=f"broken {ending}") as failed:
            result.collect()
        assert ("fn of map_partitions_with failed" in str(failed.value)) == (ending == "fn")
    assert read() == ["cleanup-0"]


def test_counters_have_names_and_whole_numbers(sc) -> None:
    counted = TaskCounters(sc).map_partitions(
        sc.parallelize([1], 1), lambda rows, count: [count("seen", "1")]
    )
    with pytest.raises(Exception, match=r"count takes the name of a counter") as failed:
        counted.collect()
    assert "('seen', '1')" in str(failed.value)
