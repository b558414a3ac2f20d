"""RDDs put end to end: the same partitions as a union, in one Python process for each task."""

from __future__ import annotations

import os
from typing import Any

import pytest

from cascade2spark.spark.end_to_end import end_to_end
from cascade2spark.spark.shuffle import exchanged

pytestmark = pytest.mark.spark


def numbered(rdd: Any, name: str) -> Any:
    """Return an RDD that says for each partition which one it takes itself for."""
    return rdd.mapPartitionsWithIndex(lambda index, rows: [(name, index, sorted(rows))])


def kinds(sc: Any) -> dict[str, Any]:
    pairs = sc.parallelize([(1, "a"), (2, "b"), (3, "c")], 2)
    return {
        "given": sc.parallelize(range(7), 3),
        "one": sc.parallelize(["x"], 1),
        "empty": sc.parallelize([], 2),
        "moved": pairs.partitionBy(2, lambda key: key),
        "kept": sc.parallelize(range(4), 2).map(str).persist(),
        "below": sc.parallelize(range(4), 2).map(lambda n: n * n).filter(lambda n: n % 2 == 0),
    }


def test_partitions_and_their_numbers_are_those_of_a_union(sc: Any) -> None:
    rdds = [numbered(rdd, name) for name, rdd in kinds(sc).items()]
    expected = sc.union(rdds).glom().collect()
    assert end_to_end(sc, rdds).glom().collect() == expected
    assert end_to_end(sc, rdds[::-1]).glom().collect() == sc.union(rdds[::-1]).glom().collect()


def by_key(key: int) -> int:
    return key


def test_rdds_of_one_partitioner_are_not_laid_on_top_of_each_other(sc: Any) -> None:
    moved = [
        sc.parallelize([(n, name) for n in range(4)], 2).partitionBy(2, by_key) for name in "ab"
    ]
    rdds = [numbered(rdd, name) for rdd, name in zip(moved, "ab", strict=True)]
    assert end_to_end(sc, rdds).glom().collect() == sc.union(rdds).glom().collect()


def test_exchanges_have_partitioners_of_their_own(sc: Any) -> None:
    """So that what comes from two of them needs no second process."""
    pairs = sc.parallelize([(n, b"block") for n in range(4)], 2).map(lambda pair: pair)
    rdds = [exchanged(sc, [pairs], 2).mapPartitions(lambda rows: [len(list(rows))])] * 2
    rdds[1] = exchanged(sc, [pairs], 2).mapPartitions(lambda rows: [len(list(rows))])
    together = end_to_end(sc, rdds)
    assert together.glom().collect() == [[2], [2], [2], [2]]
    assert type(together) is type(rdds[0])  # a pipelined RDD, not Spark's union of two


def test_what_python_did_not_pickle_is_united_as_spark_does(sc: Any, tmp_path: Any) -> None:
    (tmp_path / "lines").write_text("a\nb\n")
    lines = numbered(sc.textFile(str(tmp_path / "lines"), 1), "lines")
    plain = sc.parallelize(range(3), 1)  # no Python function at all
    rdds = [lines, numbered(plain, "given"), plain]
    assert end_to_end(sc, rdds).glom().collect() == sc.union(rdds).glom().collect()


def test_one_process_does_what_lies_before_and_behind(sc: Any) -> None:
    """What `union` would give to a second worker."""
    rdds = [
        sc.parallelize(range(2), 2).mapPartitions(lambda rows: [(len(list(rows)), os.getpid())])
        for _ in range(2)
    ]
    behind = end_to_end(sc, rdds).map(lambda one: (one[1], os.getpid())).collect()
    assert [before for before, _ in behind] == [after for _, after in behind]
    behind = sc.union(rdds).map(lambda one: (one[1], os.getpid())).collect()
    assert [before for before, _ in behind] != [after for _, after in behind]  # the reason for it
