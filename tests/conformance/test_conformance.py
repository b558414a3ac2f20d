"""Every case on every engine: local, over `batch/` in process as a matrix, and once on Spark."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import Case
from tests.conformance.cases import CASES
from tests.conformance.engines import ALL_RULES_OFF, check_case, in_process, local, on_spark

if TYPE_CHECKING:
    from pyspark import SparkContext

every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
MATRIX = {
    f"{partitions}-{'plain' if rules_off else 'rules'}-{form}": (partitions, rules_off, form)
    for partitions in (1, 3)
    for rules_off in ("", ALL_RULES_OFF)
    for form in ("rows", "columns")
}


@every_case
def test_local(case: Case, tmp_path: Path) -> None:
    check_case(case, local(), tmp_path)


@pytest.mark.parametrize("corner", MATRIX)
@every_case
def test_in_process(case: Case, corner: str, tmp_path: Path) -> None:
    partitions, rules_off, form = MATRIX[corner]
    if case.partitions not in (None, partitions):
        pytest.skip(f"runs on {case.partitions} partition")
    check_case(case, in_process(partitions, rules_off=rules_off, form=form), tmp_path)


@every_case
def test_spark(case: Case, sc: SparkContext, tmp_path: Path) -> None:
    # The settings are as good as random, but the same on every run.
    drawn = zlib.crc32(case.name.encode())
    partitions = case.partitions or (1, 2, 3, 5)[drawn % 4]
    rules_off = ALL_RULES_OFF if drawn >> 2 & 1 else ""
    batch_rows = (1, 2, 1500)[(drawn >> 3) % 3]
    form = ("auto", "rows", "columns")[(drawn >> 5) % 3]
    run = on_spark(sc, partitions, rules_off=rules_off, batch_rows=batch_rows, form=form)
    check_case(case, run, tmp_path)
