"""The kinds of keys on two worker processes that never serve two tasks.

Inside one process equal values hash alike by accident: None and NaN by their address, text by the
process's seed. So the table of keys runs once where every task has a Python of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cascade2spark.environment import java_problem

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 240
# The table of keys through every exchange, and the comparators.
NAMES = (
    "key_kinds/the_table_grouped",
    "key_kinds/the_table_aggregated",
    "key_kinds/the_table_co_grouped",
    "key_kinds/the_table_hash_joined",
    "key_kinds/the_table_hash_joined_in_memory",
    "group_by/insensitive_keys_are_one_group_under_the_first_key",
    "group_by/null_not_equivalent_gives_each_null_its_own_group",
    "hash_join/a_comparator_with_a_hasher",
)


@pytest.mark.spark
def test_kinds_of_keys_on_two_executors(tmp_path: Path) -> None:
    problem = java_problem(os.environ)
    if problem is not None:
        pytest.fail(problem, pytrace=False)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }
    environment.pop("PYTHONHASHSEED", None)  # each worker draws its own
    ran = subprocess.run(
        [sys.executable, "-m", "tests.conformance.two_executors", str(tmp_path), *NAMES],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["failed"] == {}
    assert told["passed"] == len(NAMES)
    assert told["executors"] == 2
