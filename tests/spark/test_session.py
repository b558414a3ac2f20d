"""Contexts that are gone, masters that are not there (in processes of their own), and memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import cascade2spark
from cascade2spark.spark.session import worker_memory

MIB = 1 << 20

JOB = """
from cascade2spark.connectors import SparkFlowConnector
from cascade2spark.errors import FlowError
from cascade2spark.pipes import Pipe
from cascade2spark.taps import MemoryTap

def flow(*given):
    return SparkFlowConnector(*given).connect(MemoryTap("a", [(1,)]), MemoryTap(), Pipe("p"))

def refusal(call):
    try:
        call()
    except FlowError as error:
        print(error.headline)
"""
STOPPED = """
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
context = spark.sparkContext
planned = flow(spark)
spark.stop()
refusal(lambda: flow(spark).complete())
refusal(lambda: flow(context).complete())
refusal(planned.complete)

from cascade2spark.doctor import check_context
from pyspark import SparkContext

own = flow().engine.context
print(own.getConf().get("spark.python.unix.domain.socket.enabled"))
print(*(finding.name for finding in check_context(own)))
own.stop()
conf = own.getConf().set("spark.python.worker.reuse", "false")
given = SparkContext("local[1]", "given", conf=conf)
for finding in check_context(given):
    print(finding.name, "|", finding.found, "|", finding.fix)
flow(given).complete()
print(given.range(3).count())
"""
UNREACHABLE = "refusal(lambda: flow().complete())"


def said(program: str, **environ: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", JOB + program],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(cascade2spark.__file__).parents[1]),
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_a_stopped_context_is_refused_and_one_we_start_lacks_nothing() -> None:
    *refusals, settings, lacks, advice, left = said(STOPPED)
    assert ["the Spark context was stopped"] * 3 == refusals
    assert "true" == settings
    assert "Spark context" == lacks
    # A context that was given is left as it is, and running: its owner is told what it costs.
    name, cost, fix = advice.split(" | ")
    assert ("spark.python.worker.reuse", "set it to true") == (name, fix)
    assert "every task starts a Python of its own" in cost
    assert "3" == left


def test_a_master_that_is_none_is_named() -> None:
    words = "--master local[none] --conf spark.ui.enabled=false pyspark-shell"
    assert said(UNREACHABLE, PYSPARK_SUBMIT_ARGS=words) == [
        "Spark cannot be started on master local[none]"
    ]


@pytest.mark.slow  # Spark tries for a minute
def test_a_master_that_cannot_be_reached_is_named() -> None:
    master = "spark://localhost:1"
    words = f"--master {master} --conf spark.ui.enabled=false pyspark-shell"
    assert said(UNREACHABLE, PYSPARK_SUBMIT_ARGS=words) == [
        f"the Spark context on master {master} ended while the flow ran"
    ]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, 512 * MIB),
        ({"spark.python.worker.memory": "1g"}, 1024 * MIB),
        ({"spark.python.worker.memory": "1m"}, 16 * MIB),
        ({"spark.executor.pyspark.memory": "4g", "spark.executor.cores": "4"}, 512 * MIB),
        # The hard limit counts, not where PySpark's own aggregations spill.
        (
            {
                "spark.executor.pyspark.memory": "800",
                "spark.executor.cores": "2",
                "spark.python.worker.memory": "1g",
            },
            200 * MIB,
        ),
    ],
)
def test_a_tasks_memory_is_what_sparks_settings_grant(settings: Any, expected: int) -> None:
    context: Any = SimpleNamespace(_conf=settings)
    assert expected == worker_memory(context)
