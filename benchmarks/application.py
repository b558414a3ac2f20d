"""The Spark application of a contestant in Python: all start Spark alike and warm up alike."""

from __future__ import annotations

import json
import os
import shutil
import sys
from types import ModuleType

from pyspark import SparkConf, SparkContext

from benchmarks.asked import WARM_UP, answer

__all__ = ["CONF", "PARTITIONS", "serve"]

PARTITIONS = int(os.environ.get("BENCH_PARTITIONS", "8"))
CONF = {
    "spark.python.unix.domain.socket.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "6g",
    "spark.sql.shuffle.partitions": str(PARTITIONS),
}


def serve(jobs: ModuleType, warm_up: str = WARM_UP) -> None:
    """Run the job named on the command line: job, cores, inputs, warm-up inputs, output."""
    name, cores, inputs, few, output = sys.argv[1:6]
    os.environ["PYSPARK_PYTHON"] = sys.executable
    conf = SparkConf().setMaster(f"local[{cores}]").setAppName(f"bench {name}")
    conf.setAll(list(CONF.items()))
    context = SparkContext(conf=conf)
    context.setLogLevel("ERROR")
    aside = f"{output}-warm-up"
    shutil.rmtree(aside, ignore_errors=True)
    getattr(jobs, warm_up)(context, json.loads(few), aside)
    job, paths = getattr(jobs, name), json.loads(inputs)
    answer(lambda: job(context, paths, output))
    context.stop()
