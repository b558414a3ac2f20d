"""The typed API on Spark: some of the cases, in one flow; functions that travel to the workers."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from cascade2spark.connectors import SparkFlowConnector
from cascade2spark.scalding.typed import TypedPipe
from tests.scalding.cases_typed import CASES
from tests.scalding.typed_case import collected, shown

if TYPE_CHECKING:
    from pyspark import SparkContext

SETTINGS = {"cascade2spark.partitions": 3, "cascade2spark.progress": "off"}
SOME = [case for case in CASES if not case.fails and zlib.crc32(case.name.encode()) % 40 == 1]
NAMED = {
    "a_sketched_join_is_the_plain_join",
    "an_ordering_makes_groups_of_a_fold",
    "groups_by_one_ordering_join",
    "sorted_rows_of_a_group_by_an_ordering_have_one_key",
}
OTHERS = [case for case in CASES if case.name in NAMED]


def test_some_cases_in_one_flow(sc: SparkContext) -> None:
    assert len(OTHERS) == len(NAMED)
    cases = [*SOME, *OTHERS]
    got = collected(SparkFlowConnector(sc, SETTINGS), *[case.pipe() for case in cases])
    for case, values in zip(cases, got, strict=True):
        assert shown(values) == shown(case.expected), case.name


def test_closures_and_keys_of_any_class_travel(sc: SparkContext) -> None:
    limit = 2
    words = TypedPipe.from_([("a", 1.5), (1, 2.5), (1.0, 1.0), (None, 4.0), ((1, "x"), 3.0)])
    summed = words.group().sum().filter(lambda pair: pair[1] > limit)
    [got] = collected(SparkFlowConnector(sc, SETTINGS), summed)
    assert shown(value for _, value in got) == ["3.0", "3.5", "4.0"]
