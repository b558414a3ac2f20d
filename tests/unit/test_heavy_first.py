"""The order in which reduce tasks begin."""

from __future__ import annotations

import pytest

pytest.importorskip("pyspark")

from cascade2spark.spark.heavy_first import Renumbered, in_order_of_size


def test_partitions_much_larger_than_the_mean_come_first() -> None:
    assert in_order_of_size([1, 1, 4, 1, 9, 1, 1, 1], 4) == ((4, 2, 0, 1, 3, 5, 6, 7), 2)


def test_partitions_of_about_one_size_stay_where_they_are() -> None:
    assert in_order_of_size([10, 11, 14, 9], 4) == ((0, 1, 2, 3), 0)


def test_what_lies_in_front_already_stays_there() -> None:
    assert in_order_of_size([9, 1, 1, 1], 4) == ((0, 1, 2, 3), 0)


def test_no_more_are_moved_than_begin_at_once() -> None:
    order, moved = in_order_of_size([1, 1, 1, 1, 1, 1, 9, 8, 7], 2)
    assert (order, moved) == ((6, 7, 0, 1, 2, 3, 4, 5, 8), 2)


def test_empty_partitions_are_no_trouble() -> None:
    assert in_order_of_size([0, 0], 4) == ((0, 1), 0)
    assert in_order_of_size([], 4) == ((), 0)


def test_each_place_does_the_work_of_the_partition_that_lies_there() -> None:
    def work(index: int, elements: object) -> object:
        return index, elements

    assert Renumbered(work, (2, 0, 1))(0, "elements") == (2, "elements")  # type: ignore[arg-type,comparison-overlap]
