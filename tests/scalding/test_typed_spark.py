"""The typed API on Spark: the cases, many in a flow; functions that travel to the workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cascade2spark.connectors import SparkFlowConnector
from cascade2spark.scalding.typed import TypedPipe
from tests.scalding.cases_typed import CASES
from tests.scalding.typed_case import collected, shown

if TYPE_CHECKING:
    from pyspark import SparkContext

SETTINGS = {"cascade2spark.partitions": 3, "cascade2spark.progress": "off"}
WORKING = [case for case in CASES if not case.fails]
AT_ONCE = 25


@pytest.mark.parametrize("first", range(0, len(WORKING), AT_ONCE))
def test_cases_in_some_flows(sc: SparkContext, first: int) -> None:
    cases = WORKING[first : first + AT_ONCE]
    got = collected(SparkFlowConnector(sc, SETTINGS), *[case.pipe() for case in cases])
    for case, values in zip(cases, got, strict=True):
        assert shown(values) == shown(case.expected), case.name


def test_closures_and_keys_of_any_class_travel(sc: SparkContext) -> None:
    limit = 2
    words = TypedPipe.from_([("a", 1.5), (1, 2.5), (1.0, 1.0), (None, 4.0), ((1, "x"), 3.0)])
    summed = words.group().sum().filter(lambda pair: pair[1] > limit)
    [got] = collected(SparkFlowConnector(sc, SETTINGS), summed)
    assert shown(value for _, value in got) == ["3.0", "3.5", "4.0"]
