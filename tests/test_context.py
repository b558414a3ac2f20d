"""The one Spark context of a test run is set up as conftest.py promises."""

from __future__ import annotations

import sys


def where_it_runs(_: object) -> tuple[str, str]:
    """Return the interpreter of a worker, and the module this function was found in."""
    return sys.executable, where_it_runs.__module__


def test_workers_run_this_python_and_find_the_functions_of_tests(sc) -> None:
    assert sc.parallelize([1], 1).map(where_it_runs).collect() == [(sys.executable, __name__)]


def test_exchanges_have_four_partitions(sc) -> None:
    assert sc.parallelize([(1, 1)], 1).reduceByKey(max, 4).getNumPartitions() == 4
    assert sc.defaultParallelism == 4


def test_workers_are_reached_over_unix_sockets_and_the_ui_is_off(sc) -> None:
    assert sc.getConf().get("spark.python.unix.domain.socket.enabled") == "true"
    assert sc.uiWebUrl is None
