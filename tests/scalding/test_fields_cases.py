"""The cases of the fields API: on the local engine, over `batch/` in process, a few on Spark."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark import cloudpickle

from cascade2spark.pipes import Each, Every
from tests.conformance.case import Case
from tests.conformance.engines import ALL_RULES_OFF, build, check_case, in_process, local, on_spark
from tests.scalding.cases_fields import CASES

if TYPE_CHECKING:
    from pyspark import SparkContext

every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])

# Three tasks that combine before the exchange, as columns where they can; three that do not. One
# task for what is promised for one task only, and for what fails.
CORNERS = {
    "1-rows": (1, "", "rows"),
    "3-columns": (3, "", "columns"),
    "3-plain": (3, ALL_RULES_OFF, "rows"),
}


def corners_of(case: Case) -> list[str]:
    if case.partitions == 1 or case.fails is not None:
        return ["1-rows"]
    return [*CORNERS] if case.ordered else ["3-columns", "3-plain"]


IN_PROCESS = [(case, corner) for case in CASES for corner in corners_of(case)]
THAT_RUN = [case for case in CASES if case.fails is None]
# Every case runs on two engines above; on Spark those whose name draws a lot: every second.
ON_SPARK = [
    case
    for case in CASES
    if case.fails is None and case.partitions is None and zlib.crc32(case.name.encode()) % 2 == 0
]


def test_no_two_cases_have_one_name() -> None:
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("case", THAT_RUN, ids=[case.name for case in THAT_RUN])
def test_operations_can_travel_to_tasks(case: Case) -> None:
    waiting, seen = list(build(case)), set()
    while waiting:
        pipe = waiting.pop()
        if id(pipe) not in seen:
            seen.add(id(pipe))
            waiting += pipe.previous
            if isinstance(pipe, (Each, Every)):
                assert cloudpickle.loads(cloudpickle.dumps(pipe.operation)) is not None


@every_case
def test_local(case: Case, tmp_path: Path) -> None:
    check_case(case, local(), tmp_path)


@pytest.mark.parametrize(
    ("case", "corner"), IN_PROCESS, ids=[f"{case.name}-{corner}" for case, corner in IN_PROCESS]
)
def test_in_process(case: Case, corner: str, tmp_path: Path) -> None:
    partitions, rules_off, form = CORNERS[corner]
    check_case(case, in_process(partitions, rules_off=rules_off, form=form), tmp_path)


@pytest.mark.parametrize("case", ON_SPARK, ids=[case.name for case in ON_SPARK])
def test_spark(case: Case, sc: SparkContext, tmp_path: Path) -> None:
    check_case(case, on_spark(sc, 1 + zlib.crc32(case.name.encode()) % 3), tmp_path)
