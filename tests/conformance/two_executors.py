"""Runs cases, named in arguments, on a cluster of two executors; prints what failed as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pyspark import SparkContext

from tests.conformance.cases import CASES
from tests.conformance.engines import check_case, on_spark
from tests.faults.jobs import context

PARTITIONS = 5


def main(folder: Path, names: list[str]) -> None:
    settings = {
        "spark.python.worker.reuse": "false",
        "spark.executor.memory": "512m",
        "spark.default.parallelism": "4",
    }
    sc = context("local-cluster[2,1,1024]", folder, settings)
    failed: dict[str, str] = {}
    cases = [case for case in CASES if case.name in names]
    for number, case in enumerate(cases):
        place = folder / str(number)
        place.mkdir()
        try:
            check_case(case, on_spark(sc, PARTITIONS, batch_rows=2), place)
        except BaseException as error:
            failed[case.name] = f"{type(error).__name__}: {error}"[:2000]
    told = {
        "failed": failed,
        "passed": len(cases) - len(failed),
        "executors": executors_of(sc),
    }
    sc.stop()
    print(json.dumps(told))


def executors_of(sc: SparkContext) -> int:
    """Return how many executors there are beside the driver."""
    java: Any = sc._jsc
    return int(java.sc().getExecutorMemoryStatus().size()) - 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
