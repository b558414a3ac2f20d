"""Speculation, on a standalone master with two workers of different addresses: ``FOLDER``.

Of every map task and of every sink the attempt that came first waits until a copy of it, on the
other worker, is as good as done: both then have written what they write.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
from pyspark import SparkContext, TaskContext
from pyspark.find_spark_home import _find_spark_home

from tests.faults.cluster import Cluster
from tests.faults.jobs import context
from tests.faults.shapes import Trouble
from tests.jvm import JVM_OPTIONS

# On the way out of a map task, and when a part file is closed.
SLOW = ("map flush", "last cleanup")
SPECULATION = {
    "spark.speculation": "true",
    "spark.speculation.interval": "50ms",
    "spark.speculation.multiplier": "1.1",
    "spark.speculation.quantile": "0.3",
    "spark.speculation.minTaskRuntime": "100ms",
    "spark.speculation.efficiency.enabled": "false",
    "spark.executor.memory": "512m",
    "spark.cores.max": "4",
}


@attrs.frozen
class Slow(Trouble):
    """Lets the first attempt at partition 1 wait for the second, which says that it is there."""

    def __call__(self, place: str) -> None:
        task = TaskContext.get()
        if place not in SLOW or task is None or task.partitionId() != 1:
            return
        flag = Path(self.folder, f"{place} {task.stageId()} copied")
        if task.attemptNumber() > 0:
            flag.touch()
            return
        until = time.monotonic() + 15
        while not flag.exists() and time.monotonic() < until:
            time.sleep(0.005)


@contextmanager
def standalone(folder: Path) -> Iterator[str]:
    """Start a master and two workers; yield the master's address."""
    home = _find_spark_home()
    env = {
        **os.environ,
        "SPARK_HOME": home,
        "SPARK_LOCAL_DIRS": str(folder / "spark"),
        "SPARK_DAEMON_JAVA_OPTS": JVM_OPTIONS,
    }
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> Path:
        log = folder / f"log{len(started)}"
        command = [f"{home}/bin/spark-class", f"org.apache.spark.deploy.{words[0]}", *words[1:]]
        with log.open("wb") as out:
            started.append(subprocess.Popen(command, env=env, stdout=out, stderr=out))
        return log

    try:
        ports = ("--port", "0", "--webui-port", "0")
        log = start("master.Master", "--host", "127.0.0.1", *ports)
        master = found_in(log, r"spark://127\.0\.0\.1:\d+")
        for host in ("127.0.0.2", "127.0.0.3"):
            work = ("--work-dir", str(folder / host), "--cores", "2", "--memory", "600m")
            start("worker.Worker", "--host", host, *ports, *work, master)
        yield master
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def found_in(log: Path, pattern: str) -> str:
    """Wait until a log says something; return it."""
    for _ in range(300):
        found = re.search(pattern, log.read_text())
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def wait_for_executors(sc: SparkContext, count: int) -> None:
    """Wait until so many executors are there."""
    status = sc._jsc.sc()
    for _ in itertools.takewhile(
        lambda _: status.getExecutorMemoryStatus().size() <= count, range(300)
    ):
        time.sleep(0.1)


def main(folder: Path) -> None:
    """Run flows with tasks that get copied."""
    with standalone(folder) as master:
        sc = context(master, folder, SPECULATION)
        wait_for_executors(sc, 2)
        cluster = Cluster(sc, folder)
        for name in ("write", "partial", "fork", "skewed"):
            place = cluster.place()
            told = cluster.run(name, "copied", {}, Slow(str(place)))
            copies = sorted(path.name for path in place.iterdir())
            print(json.dumps({**told, "copies": len(copies)}), flush=True)
        sc.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
