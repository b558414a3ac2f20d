"""How many partitions an exchange gets when nobody says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cascade2spark.fields import Fields
from cascade2spark.operations import Count
from cascade2spark.operations.callables import keep_if
from cascade2spark.pipes import CoGroup, Each, Every, GroupBy, Pipe
from cascade2spark.schemes import TextLine
from cascade2spark.spark.session import cores_of
from cascade2spark.spark.shuffle import reduce_partitions
from cascade2spark.taps import Hfs, MemoryTap, RDDTap
from tests.spark.running import on_spark, run

MIB = 1 << 20


@pytest.mark.parametrize(
    ("size", "cores", "unknown", "expected"),
    [
        (0, 8, 0, 1),
        (4 * MIB, 8, 0, 1),
        (20 * MIB, 8, 0, 3),
        (500 * MIB, 8, 0, 8),
        (10_240 * MIB, 8, 0, 101),
        # What nobody can measure stays in as many pieces as it came in.
        (0, 8, 2, 8),
        (0, 8, 200, 200),
        (0, 8, 50_000, 1000),
        (10_240 * MIB, 8, 20, 101),
        (512_000 * MIB, 8, 50_000, 2000),
    ],
)
def test_partitions_follow_the_size_or_what_came_in(size, cores, unknown, expected) -> None:
    assert expected == reduce_partitions(size, cores, unknown)


def test_partitions_of_large_data_fit_the_memory_of_a_task() -> None:
    assert 52 == reduce_partitions(10_240 * MIB, 8, 0, 1000 * MIB)


@pytest.mark.spark
def test_an_rdd_of_unknown_size_keeps_its_number_of_partitions(sc: Any) -> None:
    rows = [(f"k{number % 50}", number) for number in range(500)]
    few = MemoryTap(Fields("k2", "w"), rows[:20])
    many = RDDTap(sc.parallelize(rows, 12), Fields("k", "v"))
    one = RDDTap(sc.parallelize(rows, 1), Fields("k", "v"))

    def partitions(source: Any, **asked: Any) -> list[int]:
        """Return the partitions of a join of a filtered input, and of the group behind it."""
        kept = Each(Pipe("p"), Fields("v"), keep_if(lambda v: v % 2 == 0))
        joined = CoGroup(kept, Fields("k"), Pipe("few"), Fields("k2"), **asked)
        tail = Every(GroupBy(joined, Fields("k")), Count())
        sink = MemoryTap()
        flow = run(on_spark(sc), {"p": source, "few": few}, {tail.get_name(): sink}, tail)
        steps = flow.get_stats().to_dict()["steps"]
        return [s["details"]["partitions"] for s in steps if "Group" in s["kind"]]

    assert [12, 12] == partitions(many)
    assert [3, 12] == partitions(many, partitions=3)
    assert [sc.defaultParallelism] * 2 == partitions(one)


@pytest.mark.spark
def test_cores_are_those_of_the_executors_whatever_the_default_parallelism_is(sc: Any) -> None:
    asked = sc._conf.get("spark.default.parallelism")
    assert asked is not None  # else Spark says it by itself
    sc._conf.set("spark.default.parallelism", "200")
    try:
        assert int(sc.master.removeprefix("local[").removesuffix("]")) == cores_of(sc)
    finally:
        sc._conf.set("spark.default.parallelism", asked)


@pytest.mark.spark
def test_a_scheme_says_how_many_part_files_a_group_writes(sc: Any, tmp_path: Path) -> None:
    def parts(name: str, number: int, **asked: Any) -> int:
        """Return the number of part files that a group writes."""
        tail = Every(GroupBy(Pipe("p"), Fields("k"), **asked), Count())
        sink = Hfs(TextLine(num_sink_parts=number), tmp_path / name)
        source = MemoryTap(Fields("k"), [(number,) for number in range(20)])
        run(on_spark(sc, partitions=4), {"p": source}, {tail.get_name(): sink}, tail)
        return len(list((tmp_path / name).glob("part-*")))

    assert [3, 1, 4, 2] == [
        parts("three", 3),
        parts("one", 1),
        parts("default", 0),
        parts("pipe", 3, partitions=2),
    ]
