"""What every contestant's application does: start Spark alike, repeat the job, print seconds."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark import SparkConf, SparkContext

__all__ = ["CONF", "PARTITIONS", "run_application"]

PARTITIONS = 8
CONF = {
    "spark.python.unix.domain.socket.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "6g",
    "spark.sql.shuffle.partitions": str(PARTITIONS),
}


def run_application(jobs: dict[str, Callable[[SparkContext, dict[str, str], str], Any]]) -> None:
    """Run the job named on the command line: job, inputs as JSON, output, cores, repeats."""
    name, inputs, output, cores, repeat = sys.argv[1:6]
    os.environ["PYSPARK_PYTHON"] = sys.executable
    conf = SparkConf().setMaster(f"local[{cores}]").setAppName(f"bench {name}")
    for key, value in CONF.items():
        conf.set(key, value)
    context = SparkContext(conf=conf)
    context.setLogLevel("ERROR")
    seconds = []
    with PeakMemory() as peak:
        for _ in range(int(repeat)):
            shutil.rmtree(output, ignore_errors=True)
            began = time.perf_counter()
            jobs[name](context, json.loads(inputs), output)
            seconds.append(round(time.perf_counter() - began, 3))
    print("BENCH " + json.dumps({"seconds": seconds, "peak_mb": peak.mb}), flush=True)
    context.stop()


class PeakMemory:
    """Samples the memory of this process and everything below it, shared pages counted once."""

    def __init__(self) -> None:
        self.mb = 0
        self._is_over = threading.Event()

    def __enter__(self) -> PeakMemory:
        threading.Thread(target=self._sample, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()

    def _sample(self) -> None:
        while not self._is_over.wait(0.2):
            self.mb = max(self.mb, sum(map(_proportional_kb, _descendants(os.getpid()))) // 1024)


def _descendants(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(text.rpartition(")")[2].split()[1])
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def _proportional_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
